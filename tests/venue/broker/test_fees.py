"""Commissions, to the last digit of captured paper executions."""

from random import Random

import msgspec
import pytest

from papertape.venue.broker.fees import commission
from papertape.venue.broker.schedules import FEE_PLANS, StockRates
from papertape.venue.reference.listings import CATALOGUE, EURUSD
from papertape.venue.units import notional, price_units, scaled, size_units
from walks import walk

AAPL = CATALOGUE[265598]
APPLE_IN_SWITZERLAND = CATALOGUE[273982664]

# side, fills as (shares, price), commission of each fill in micro-units
CAPTURED = [
    (1, [(100, 309.00)], [1_000_300]),
    (-1, [(1, 309.15)], [1_006_566]),
    (-1, [(59, 292.20), (41, 292.20)], [1_366_822, 254_910]),
]


def charge(entry, side: int, fills: list[tuple[int, float]]) -> list[int]:
    charged = []
    before = (0, 0)
    for shares, price in fills:
        size = size_units(shares)
        value = notional(price_units(price, entry.scale), size, entry.scale)
        charged.append(commission(entry, side, before=before, fill=(size, value)))
        before = (before[0] + size, before[1] + value)
    return charged


@walk(("side", "fills", "expected"), CAPTURED)
def test_captured(side: int, fills: list[tuple[int, float]], expected: list[int]) -> None:
    assert charge(AAPL, side, fills) == expected


FOREIGN = {
    # currency: shares and price, and the commission
    "AUD": (400, 50.0, 16.0), "HKD": (100, 50.0, 18.0), "EUR": (100, 40.0, 3.0),
    "MXN": (10, 100.0, 60.0), "CAD": (1_000, 25.0, 10.0), "JPY": (100, 400.0, 20.0),
}  # fmt: skip
"""The first four as the examples on IBKR's pages of commissions go."""


@walk("currency", FOREIGN)
def test_stocks_pay_by_their_currency(currency: str) -> None:
    shares, price, fee = FOREIGN[currency]
    entry = msgspec.structs.replace(AAPL, currency=currency)
    assert charge(entry, -1, [(shares, price)]) == [round(fee * 10**6)]


def test_a_cheap_canadian_stock_pays_a_part_of_its_value() -> None:
    entry = msgspec.structs.replace(AAPL, currency="CAD")
    assert charge(entry, 1, [(1_000, 0.2)]) == [1_000_000]
    assert charge(entry, 1, [(10_000, 0.2)]) == [10_000_000]
    assert sum(charge(entry, 1, [(100, 25.0), (900, 25.0)])) == 10_000_000


BONDS = {
    # bonds of 1,000, their price in percent, and the commission of IBKR's examples
    "corporate": ("CORP", 20, 100.0, 10.0 + 2.5),
    "a small one": ("CORP", 5, 100.0, 5.0),
    "the least": ("CORP", 1, 100.0, 1.0),
    "one that is worth little": ("CORP", 20, 1.0, 2.0),
    "a large one": ("CORP", 2_000, 100.0, 250.0),
    "treasury": ("GOVT", 1_000, 100.0, 20.0),
    "twice as many": ("GOVT", 2_000, 100.0, 21.0),
    "a few": ("GOVT", 5, 100.0, 5.0),
}


@walk("name", BONDS)
def test_bonds_pay_by_their_face_value(name: str) -> None:
    kind, bonds, price, fee = BONDS[name]
    entry = msgspec.structs.replace(CATALOGUE[236491195], bondType=kind)
    half = size_units(bonds) // 2
    rest = size_units(bonds) - half

    def worth(size: int) -> int:
        return notional(price_units(price, entry.scale), size, entry.money_scale)

    first = commission(entry, 1, before=(0, 0), fill=(half, worth(half)))
    second = commission(entry, 1, before=(half, worth(half)), fill=(rest, worth(rest)))
    whole = commission(entry, 1, before=(0, 0), fill=(half + rest, worth(half + rest)))
    assert whole == round(fee * 10**6) == first + second


def test_per_share_above_the_minimum() -> None:
    assert charge(AAPL, 1, [(1000, 100.0)]) == [5_003_000]


def test_parts_of_an_order_cost_what_the_whole_costs() -> None:
    whole = charge(AAPL, 1, [(1000, 100.0)])
    parts = charge(AAPL, 1, [(150, 100.0), (350, 100.0), (500, 100.0)])
    assert sum(parts) == sum(whole)


def test_cap_of_one_percent_beats_the_minimum() -> None:
    # 10 shares at 0.50: one percent of 5.00, and the audit trail.
    assert charge(AAPL, 1, [(10, 0.50)]) == [50_030]


def test_currency_pairs_pay_a_fifth_of_a_basis_point_and_at_least_two() -> None:
    assert charge(EURUSD, 1, [(100_000, 1.10)]) == [2_200_000]
    assert charge(EURUSD, -1, [(20_000, 1.10)]) == [2_000_000]


def test_foreign_listings_pay_no_american_fees() -> None:
    assert charge(APPLE_IN_SWITZERLAND, -1, [(100, 200.0)]) == [10_000_000]


@walk(
    ("premium", "expected"),
    [(8.90, 768_250), (0.10, 768_250), (0.09, 618_250), (0.05, 618_250), (0.04, 368_250)],
)
def test_options_pay_by_the_contract_and_less_for_a_low_premium(
    premium: float, expected: int
) -> None:
    option = msgspec.structs.replace(AAPL, secType="OPT", multiplier=100)
    for side in (1, -1):
        for contracts in (1, 3):
            size = size_units(contracts)
            value = notional(price_units(premium, option.scale), size, option.scale, 100)
            fee = commission(option, side, before=(0, 0), fill=(size, value))
            assert fee == contracts * expected


@pytest.mark.parametrize("plan", ["fixed", "tiered"])
def test_commissions_by_size_are_those_of_the_plain_formula(plan: str) -> None:
    """Each amount is rounded, the cap comes last; an order pays for what it has filled so far."""
    random, rates = Random(plan), FEE_PLANS[plan].us_stock
    assert isinstance(rates, StockRates)

    def whole(size: int, value: int) -> int:
        by_size = scaled(size * 100, rates.per_share)
        return min(max(rates.minimum, by_size), scaled(value, rates.cap)) if size else 0

    capped = least = 0
    for _ in range(3000):
        size, price = random.choice((1, 10**4, 10**6)) * random.randint(1, 900), random.random()
        value = int(size * price * random.choice((1, 100, 10_000)))
        before = (0, 0) if random.random() < 0.5 else (random.randint(1, 10**6), value // 3)
        side, taken = random.choice((1, -1)), random.random() < 0.5
        fee = whole(before[0] + size, before[1] + value) - whole(*before)
        fixed = size * 100 * rates.audit_per_share
        if side < 0:
            fixed += size * 100 * rates.taf_per_share + value * rates.sec_per_proceeds
        each = rates.clearing_per_share + (rates.taken_per_share if taken else 0)
        tiered = scaled(size * 100, each) + scaled(fee, rates.of_commission) if each else 0
        found = commission(
            AAPL, side, before=before, fill=(size, value), plan=plan, taken=taken
        )  # fmt: skip
        assert found == fee + scaled(fixed, 1) + tiered
        capped += whole(size, value) == scaled(value, rates.cap)
        least += whole(size, value) == rates.minimum
    assert capped > 100
    assert least > 20
