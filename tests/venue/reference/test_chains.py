"""Option chains and futures curves: days, strikes, symbols and numbers, by rule and back."""

from datetime import UTC, date, datetime
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import thinned
from papertape.model import Contract
from papertape.venue.reference import numbers
from papertape.venue.reference.calendars import calendar
from papertape.venue.reference.curves import future_of
from papertape.venue.reference.expiries import yyyymm
from papertape.venue.reference.instruments import Listing, Purpose, Refusal
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.option_classes import future_classes, index_classes
from papertape.venue.reference.roots import public_ids, roots
from papertape.venue.reference.securities import Dated, Future, OptionContract, day_number, day_text
from papertape.venue.reference.series import Series
from papertape.venue.reference.strikes import BROAD, COARSE, FUND, LARGE, SMALL, STOCK, VOLATILITY
from walks import walk

CHAINS = CATALOGUE.chains
assert CHAINS is not None
NOW = int(datetime(2026, 4, 6, 15, tzinfo=UTC).timestamp()) * 1_000_000_000
TODAY = date(2026, 4, 6).toordinal()
GRIDS = [STOCK, FUND, COARSE, BROAD, LARGE, SMALL, VOLATILITY]

# class, month -> last day of trading. CME, CBOT, NYMEX, COMEX, Cboe and Eurex publish them.
LAST_DAYS = """
ES   202606 20260618
ES   202609 20260918
ES   202612 20261218
MES  202606 20260618
CL   202605 20260421
CL   202606 20260519
CL   202701 20261221
NG   202606 20260527
GC   202606 20260626
SI   202605 20260527
ZN   202606 20260618
ZB   202609 20260921
ZF   202606 20260630
ZC   202605 20260514
ZS   202607 20260714
6E   202606 20260615
6C   202606 20260616
VX   202604 20260415
VX   202605 20260519
BTC  202604 20260424
LE   202606 20260630
RB   202605 20260430
FDAX 202606 20260619
"""


@walk("row", LAST_DAYS.strip().splitlines())
def test_futures_end_on_the_days_of_their_exchanges(row: str) -> None:
    name, month, day = row.split()
    made = future_of(roots()[name], int(month[:4]) * 12 + int(month[4:]) - 1)
    assert (day_text(made.expires), made.month) == (day, int(month))


LOCAL = {
    "ESM6": ("ES", "FUT", "20260618", 649180678), "MESM6": ("MES", "FUT", "20260618", 770561194),
    "CLK6": ("CL", "FUT", "20260421", None), "6EM6": ("EUR", "FUT", "20260615", None),
    "FGBL JUN 26": ("GBL", "FUT", "20260608", None),
    "AAPL  260618C00100000": ("AAPL", "OPT", "20260618", 675811965),
    "SPY   260417C00500000": ("SPY", "OPT", "20260417", None),
    "SPXW  260417P06000000": ("SPX", "OPT", "20260417", None),
    "SPX   260417P06000000": ("SPX", "OPT", "20260416", None),
    "VIX   260415C00020000": ("VIX", "OPT", "20260414", None),
    "BRKB  260515C00500000": ("BRK B", "OPT", "20260515", None),
    "LOM6 C6000": ("CL", "FOP", "20260514", None), "ESM6 C6800": ("ES", "FOP", "20260618", None),
    "EW2J6 P6500": ("ES", "FOP", "20260410", None),
    "EUUM6 C11500": ("EUR", "FOP", "20260605", None),
    "C OGBL 20260522 129 M": ("GBL", "FOP", "20260522", None),
    "P OGBS 20260522 107.2 M": ("GBS", "FOP", "20260522", None),
    "OZFM6 C10950": ("ZF", "FOP", "20260522", None),
    "JPUM6 C6500": ("JPY", "FOP", "20260605", None),
    "MESM6 C6800": ("MES", "FOP", "20260618", None),
}  # fmt: skip


@pytest.mark.long
@walk("local", LOCAL)
def test_a_local_symbol_is_enough(local: str) -> None:
    symbol, kind, expiry, con_id = LOCAL[local]
    found = CATALOGUE.resolve(
        Contract(localSymbol=local, secType=kind, exchange="", currency=""), Purpose.DETAILS, NOW
    )
    assert isinstance(found, Listing), found
    entry = found.instrument
    assert isinstance(entry, Dated)
    assert (entry.symbol, entry.secType, entry.localSymbol) == (symbol, kind, local)
    assert day_text(entry.expires) == expiry
    if con_id is not None:
        assert entry.conId == con_id
    assert CATALOGUE.get(entry.conId) == entry


@pytest.mark.further
@pytest.mark.long
def test_a_number_alone_is_enough_and_every_number_is_of_one_contract() -> None:
    wanted = [
        ("OPT", "OBDC"), ("OPT", "SPX"), ("OPT", "AAPL"), ("OPT", "GOOG"), ("OPT", "VIX"),
        ("OPT", "SPY"), ("OPT", "RUT"), ("FOP", "ES"), ("FOP", "CL"), ("FOP", "EUR"),
        ("FOP", "ZN"), ("FOP", "GBL"), ("FOP", "GBS"), ("FOP", "UB"), ("FOP", "ZL"),
        ("FOP", "HG"), ("FOP", "RB"), ("FOP", "JPY"), ("FOP", "MNQ"), ("FOP", "GF"),
        ("FUT", "ES"), ("FUT", "SI"), ("FUT", "DAX"), ("FUT", "CL"),
    ]  # fmt: skip
    seen: dict[int, str] = {}
    for kind, symbol in thinned(wanted, check=1, test=3):
        rows = CATALOGUE.rows(Contract(symbol=symbol, secType=kind, currency=""), now=NOW)
        assert not isinstance(rows, Refusal), symbol
        entries = {row.instrument.conId: row.instrument for row in islice(rows, 0, None, 7)}
        assert len(entries) > 1, symbol
        for number, entry in list(entries.items())[::5]:
            assert seen.setdefault(number, entry.localSymbol) == entry.localSymbol
            assert CHAINS.get(number) == entry, entry


def test_public_numbers_are_those_of_interactive_brokers() -> None:
    for (name, month), number in public_ids().items():
        found = CHAINS.get(number)
        assert isinstance(found, Future)
        assert (found.tradingClass, found.month, found.conId) == (name, yyyymm(month), number)
        ours = numbers.future(roots()[name].slot, month)
        assert ours is not None
        assert CHAINS.get(ours) is None


@given(st.integers(numbers.OURS_FROM, numbers.HIGHEST))
def test_any_number_is_that_of_its_contract_or_of_none(number: int) -> None:
    found = CATALOGUE.get(number)
    assert found is None or found.conId == number


def test_regions_do_not_touch_and_lists_fit() -> None:
    assert len(numbers.DENSE) == len(set(numbers.DENSE)) <= 32
    assert len(numbers.WEEKLY) == len(set(numbers.WEEKLY)) <= 128
    assert not set(numbers.DENSE) & set(numbers.WEEKLY)
    assert numbers.MONTHLY_FROM + (numbers.MONTHLY_SLOTS << 16) <= numbers.FUTURES_FROM
    assert len(numbers.FUTURE_OPTIONS) == len(set(numbers.FUTURE_OPTIONS)) <= 47
    assert numbers.FUTURE_OPTIONS_FROM + (47 << 17) <= numbers.FUTURES_FROM
    assert numbers.FUTURES_FROM + (len(roots()) << 12) <= numbers.CATALOGUE_FROM
    named = {one.tradingClass for row in index_classes().values() for one in row}
    dense = [one for one in future_classes().values() if one.symbol]
    named |= {one.symbol for one in dense}
    assert named <= set(numbers.DENSE)
    assert all(grid.size <= 2048 for grid in GRIDS)
    assert COARSE.size <= 256
    assert all(one.grid.size <= 2048 for one in dense)
    monthly = [one for one in future_classes().values() if not one.symbol]
    assert {one.monthly for one in monthly} == set(numbers.FUTURE_OPTIONS)
    assert all(one.grid.size <= 512 for one in monthly)


def test_an_option_on_the_bund_ends_on_the_day_of_the_sample_of_the_documentation() -> None:
    """GBL, EUREX, 20230224: the last Friday that two business days of its month follow."""
    bund = future_classes()["FGBL"]
    assert day_text(bund.rule(bund.days, 2023 * 12 + 2)) == "20230224"


@walk("name", [name for name, one in future_classes().items()])
def test_strikes_of_options_on_futures_lie_around_their_price(name: str) -> None:
    one, root = future_classes()[name], roots()[name]
    rungs = list(one.grid.ladder(root.reference, 10, 50))
    strikes = [one.grid.strike(rung) for rung in rungs]
    assert sum(abs(strike / root.reference - 1) < 0.1 for strike in strikes) >= 10
    assert strikes[0] < 0.92 * root.reference < 1.08 * root.reference < strikes[-1]


@walk("grid", GRIDS)
def test_a_grid_numbers_its_strikes(grid: object) -> None:
    assert isinstance(grid, type(STOCK))
    strikes = [grid.strike(rung) for rung in range(grid.size)]
    assert strikes == sorted(set(strikes))
    assert [grid.rung(strike) for strike in strikes] == list(range(grid.size))
    assert grid.rung(strikes[3] + 1) is None
    assert grid.rung(0) is None
    assert grid.rung(strikes[-1] * 2) is None
    with pytest.raises(IndexError):
        grid.strike(grid.size)


def expiries_of(symbol: str, trading_class: str) -> list[str]:
    (entry,) = (e for e in CATALOGUE.of(symbol) if CHAINS.classes(e))
    (one,) = (c for c in CHAINS.classes(entry) if c.tradingClass == trading_class)
    return [day_text(day) for day in one.expiries(TODAY)]


def test_expiries_are_those_of_the_class() -> None:
    spxw, spx = expiries_of("SPX", "SPXW"), expiries_of("SPX", "SPX")
    assert spxw[:6] == ["20260406", "20260407", "20260408", "20260409", "20260410", "20260413"]
    assert "20260430" in spxw  # the end of the month
    assert spx[:3] == ["20260416", "20260514", "20260617"]  # before Juneteenth
    google = expiries_of("GOOG", "GOOG")
    assert google[:4] == ["20260410", "20260417", "20260424", "20260501"]
    assert "20270115" in google
    assert expiries_of("OBDC", "OBDC")[:2] == ["20260417", "20260515"]
    assert expiries_of("VIX", "VIX")[:2] == ["20260414", "20260518"]
    # Good Friday 2027 is no day of trading: the expiry of the week is Thursday.
    (entry,) = (e for e in CATALOGUE.of("GOOG") if e.currency == "USD" and e.secType == "STK")
    (one,) = CHAINS.classes(entry)
    assert day_number("20270325") in one.cycle.listed(date(2027, 3, 20).toordinal())
    for day in one.expiries(TODAY):
        assert calendar("US").on(day) is not None
        assert one.cycle.possible(day)


def test_what_has_ended_is_not_there_but_futures_are_remembered() -> None:
    gone = Contract(symbol="ES", secType="FUT", lastTradeDateOrContractMonth="202512",
                    exchange="CME")  # fmt: skip
    assert CATALOGUE.match(gone, now=NOW) == Refusal(200)
    gone.includeExpired = True
    rows = CATALOGUE.match(gone, now=NOW)
    assert isinstance(rows, tuple)
    assert [row.instrument.conId for row in rows] == [495512563]
    assert CATALOGUE.match(Contract(conId=495512563), now=NOW) == Refusal(200)
    assert isinstance(
        CATALOGUE.match(Contract(conId=495512563, includeExpired=True), now=NOW), tuple
    )
    old = Contract(symbol="ES", secType="FUT", exchange="CME", includeExpired=True)
    rows = CATALOGUE.match(old, now=NOW)
    assert isinstance(rows, tuple)
    assert [row.instrument.localSymbol for row in rows][:2] == ["ESM4", "ESU4"]
    option = Contract(localSymbol="SPY   260402C00650000", secType="OPT", includeExpired=True)
    assert CATALOGUE.match(option, now=NOW) == Refusal(200)


def test_a_remembered_contract_ends() -> None:
    wanted = Contract(symbol="ES", secType="FUT", exchange="CME", currency="USD",
                      lastTradeDateOrContractMonth="202606")  # fmt: skip
    assert isinstance(CATALOGUE.resolve(wanted, now=NOW), Listing)
    later = int(datetime(2026, 6, 22, tzinfo=UTC).timestamp()) * 1_000_000_000
    assert CATALOGUE.resolve(wanted, now=later) == Refusal(200)


OPTION = {"symbol": "SPY", "secType": "OPT", "exchange": "SMART", "currency": "USD"}
# description -> how many rows, at least and at most
COUNTS = [
    (Contract(**OPTION, lastTradeDateOrContractMonth="20260417"), 200, 1500),
    (Contract(**OPTION), 5_000, 40_000),  # the longest is not the first: `check` takes that one
    (Contract(**OPTION, lastTradeDateOrContractMonth="20260417", right="C"), 100, 750),
    (Contract(**OPTION, lastTradeDateOrContractMonth="20260417", right="CALL", strike=690), 1, 1),
    (Contract(**OPTION, lastTradeDateOrContractMonth="202604", right="P", strike=690.0), 8, 20),
    (Contract(**OPTION, strike=690.0, right="P"), 20, 60),
    (Contract(**OPTION, lastTradeDateOrContractMonth="20260418"), 0, 0),
    (Contract(**OPTION, lastTradeDateOrContractMonth="20260417", strike=690.3), 0, 0),
    (Contract(**OPTION, lastTradeDateOrContractMonth="20260417", strike=float("nan")), 0, 0),
    (Contract(**OPTION, lastTradeDateOrContractMonth="20260417", strike=float("inf")), 0, 0),
    (Contract(**OPTION, lastTradeDateOrContractMonth="20260417", strike=-690.0), 0, 0),
    (Contract(**OPTION, lastTradeDateOrContractMonth="2026041"), 0, 0),
    (Contract(**OPTION, lastTradeDateOrContractMonth="20261399"), 0, 0),
    (Contract(**OPTION, multiplier="10"), 0, 0),
    (Contract(**OPTION, multiplier="hundred"), 0, 0),
    (Contract(**OPTION, right="X"), 0, 0),
    (Contract(**OPTION | {"currency": "EUR"}), 0, 0),
    (Contract(**OPTION | {"exchange": "CME"}), 0, 0),
    (Contract(symbol="SI", secType="FUT", exchange="COMEX",
              lastTradeDateOrContractMonth="202605"), 2, 2),
    (Contract(symbol="SI", secType="FUT", exchange="COMEX", multiplier="1000",
              lastTradeDateOrContractMonth="202605"), 1, 1),
    (Contract(symbol="ES", secType="FUT+CONTFUT", exchange="CME"), 10, 10),
    (Contract(symbol="ES", secType="CONTFUT", exchange="CME"), 1, 1),
    (Contract(symbol="ES", secType="IND", exchange="CME"), 1, 1),
    (Contract(symbol="MYM", secType="FUT", exchange="CBOT", multiplier="0.5",
              lastTradeDateOrContractMonth="20260618"), 1, 1),
]  # fmt: skip


@walk(("wanted", "least", "most"), COUNTS, check=29)
def test_partial_descriptions_have_as_many_rows_as_fit(
    wanted: Contract, least: int, most: int
) -> None:
    rows = CATALOGUE.match(wanted, now=NOW)
    assert least <= (0 if isinstance(rows, Refusal) else len(rows)) <= most


# description -> the variant of 200 when one contract is wanted
AMBIGUOUS = [
    (Contract(**OPTION, lastTradeDateOrContractMonth="202604", strike=690, right="C"), "ambiguous"),
    (Contract(symbol="SI", secType="FUT", exchange="COMEX", currency="USD",
              lastTradeDateOrContractMonth="202605"), "ambiguous_class"),
    (Contract(symbol="DAX", secType="FUT", exchange="EUREX",
              lastTradeDateOrContractMonth="202606"), "ambiguous_class"),
    (Contract(symbol="SPX", secType="OPT", exchange="SMART", currency="USD", strike=6800.0,
              right="C", lastTradeDateOrContractMonth="20260416"), "ambiguous_class"),
]  # fmt: skip


@walk(("wanted", "variant"), AMBIGUOUS)
def test_several_contracts_are_ambiguous(wanted: Contract, variant: str) -> None:
    found = CATALOGUE.resolve(wanted, now=NOW)
    assert isinstance(found, Refusal)
    assert (found.code, found.variant) == (200, variant)


CONFLICTS = [
    ({"lastTradeDateOrContractMonth": "202609"}, "expiry"),
    ({"multiplier": "5"}, "multiplier"),
    ({"symbol": "NQ"}, "symbol"),
    ({"localSymbol": "ESU6"}, "localSymbol"),
    ({"secType": "OPT"}, "secType"),
    ({"lastTradeDateOrContractMonth": "20260618", "multiplier": "50", "right": "?"}, None),
    ({"lastTradeDateOrContractMonth": "202606", "secType": "FUT", "strike": 0.0}, None),
]


@walk(("said", "field"), CONFLICTS)
def test_what_contradicts_the_number(said: dict[str, object], field: str | None) -> None:
    found = CATALOGUE.match(Contract(conId=649180678, exchange="CME", **said), now=NOW)
    if field is None:
        assert isinstance(found, tuple)
    else:
        assert isinstance(found, Refusal)
        assert (found.code, found.facts["field"]) == (478, field)


def test_the_continuous_future_has_the_number_of_the_nearest() -> None:
    wanted = Contract(symbol="ES", secType="CONTFUT", exchange="CME")
    rows = CATALOGUE.match(wanted, now=NOW)
    assert isinstance(rows, tuple)
    (row,) = rows
    assert (row.instrument.secType, row.instrument.conId) == ("CONTFUT", 649180678)
    again = CATALOGUE.match(Contract(conId=649180678, secType="CONTFUT", exchange="CME"), now=NOW)
    assert isinstance(again, tuple)
    assert again[0].instrument == row.instrument


@pytest.mark.long
def test_options_on_futures_are_on_the_future_that_outlives_them() -> None:
    for symbol in ("ES", "CL", "GC", "ZN", "EUR"):
        for made in islice(CHAINS.future_options(Series(symbol), TODAY), 0, None, 97):
            under = CHAINS.get(made.under)
            assert isinstance(under, Future)
            assert under.expires >= made.expires
            assert under.month >= made.month
            assert made.underSymbol == under.localSymbol


def test_numbers_do_not_depend_on_the_day() -> None:
    wanted = Series(localSymbol="SPY   261218C00690000")
    found = {
        made.conId
        for today in range(TODAY, TODAY + 250, 25)
        for made in CHAINS.options(wanted, today)
    }
    assert len(found) == 1


@pytest.mark.long
def test_an_option_has_a_price_of_its_own_size() -> None:
    for made in islice(CHAINS.options(Series("SPY"), TODAY), 0, None, 211):
        assert isinstance(made, OptionContract)
        inside = max((6_800_000 - made.strike) * (1 if made.call else -1), 0)
        assert inside <= made.reference <= inside + 250_000
        assert made.reference % made.tick == 0
