"""Interest on cash, loans and the proceeds of short sales: data; the logic is in ``accruals``.

Rates are those of IBKR Pro. Benchmarks: IBKR's page of reference benchmark rates of 19 September
2025; the settings of a station may have others. Credit: IBKR's page on interest paid, the same for
every account, but in proportion where it is worth less than 100,000 dollars. Debit: its page on
margin rates, whose tiers of dollars, pounds, Australian and Canadian dollars stand here; with its
surcharge on the highest tier of dollars. Short sales: the example on its page on interest paid on
short sale proceeds, in dollars. Tiers of other currencies for loans and short sales are stand-ins:
those of dollars, at about the rate of exchange. Days of a year: IBKR conforms to the market's
standards, 360 for most and 365 for some, which are the ones of money markets in that currency.
"""

from typing import Final, NamedTuple

from ..units import CASH_SCALE, CashMicros, Rate, rate


class Tier(NamedTuple):
    """What the part of a balance above a bound earns or costs, up to the next tier's."""

    above: CashMicros
    spread: Rate | None
    """Added to the benchmark; None for no interest."""


Tiers = tuple[Tier, ...]


class CurrencyInterest(NamedTuple):
    """What balances of a currency earn and cost in a year."""

    benchmark: Rate
    year: int
    """Days of a year."""
    credit: Tiers
    debit: Tiers
    short: Tiers
    """On what secures borrowed shares."""


FULL_RATE: Final[CashMicros] = 100_000 * CASH_SCALE
"""Net liquidation value, in dollars, from which on an account earns the full rates."""
SECURED: Final = 102
"""Percent of the price of a borrowed share that secure it, in whole units of the currency."""


def _tiers(*rows: tuple[int, str | None]) -> Tiers:
    return tuple(
        Tier(above * CASH_SCALE, None if spread is None else _percent(spread))
        for above, spread in rows
    )


def _percent(text: str) -> Rate:
    return rate(text) // 100


def _debit(first: int, second: int, third: int, fourth: int = 0) -> Tiers:
    last: tuple[tuple[int, str], ...] = ((fourth, "1.50"),) if fourth else ()
    return _tiers((0, "1.50"), (first, "1.00"), (second, "0.75"), (third, "0.50"), *last)


def _short(first: int) -> Tiers:
    return _tiers((0, None), (first, "-1.25"), (10 * first, "-0.50"), (30 * first, "-0.25"))


def _credit(free: int, spread: str) -> Tiers:
    return _tiers((0, None), (free, spread))


INTEREST_RATES: Final[dict[str, CurrencyInterest]] = {
    "USD": CurrencyInterest(
        _percent("4.08"), 360, _credit(10_000, "-0.50"),
        _debit(100_000, 1_000_000, 50_000_000, 200_000_000), _short(100_000),
    ),
    "AUD": CurrencyInterest(
        _percent("3.961"), 365, _tiers((0, None), (15_000, "-0.50"), (150_000, "-0.25")),
        _debit(150_000, 1_500_000, 75_000_000), _short(150_000),
    ),
    "CAD": CurrencyInterest(
        _percent("2.62"), 365, _credit(13_000, "-0.50"),
        _debit(130_000, 1_300_000, 64_000_000), _short(130_000),
    ),
    "CHF": CurrencyInterest(
        _percent("0.032"), 360, _credit(10_000, "-0.50"),
        _debit(90_000, 900_000, 45_000_000), _short(90_000),
    ),
    "EUR": CurrencyInterest(
        _percent("2.174"), 360, _credit(10_000, "-0.50"),
        _debit(90_000, 900_000, 45_000_000), _short(90_000),
    ),
    "GBP": CurrencyInterest(
        _percent("4.194"), 365, _credit(8_000, "-0.50"),
        _debit(80_000, 800_000, 38_000_000), _short(80_000),
    ),
    "HKD": CurrencyInterest(
        _percent("3.445"), 365, _credit(78_000, "-0.75"),
        _debit(780_000, 7_800_000, 390_000_000), _short(780_000),
    ),
    "JPY": CurrencyInterest(
        _percent("0.555"), 360, _credit(5_000_000, "-0.25"),
        _debit(15_000_000, 150_000_000, 7_500_000_000), _short(15_000_000),
    ),
    "KRW": CurrencyInterest(
        _percent("2.5"), 365, _credit(12_000_000, "-1.50"),
        _debit(140_000_000, 1_400_000_000, 70_000_000_000), _short(140_000_000),
    ),
    "MXN": CurrencyInterest(
        _percent("8.167"), 360, _credit(200_000, "-4.00"),
        _debit(1_800_000, 18_000_000, 900_000_000), _short(1_800_000),
    ),
}  # fmt: skip
