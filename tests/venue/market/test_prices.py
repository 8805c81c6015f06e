"""Every kind of contract has a believable price on the tape, and costs nothing before."""

from datetime import date

import pytest
from msgspec.structs import asdict, replace

from papertape.model import Contract
from papertape.venue.market.prices import Calendars, Prices
from papertape.venue.market.tape import Market, open_market
from papertape.venue.reference.instruments import Instruments, Listing, Purpose
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.roots import roots
from papertape.venue.reference.securities import Instrument, OptionContract
from papertape.venue.reference.series import Series
from papertape.venue.units import MINUTE, Nanos
from venue.scenario import START
from walks import walk

NOW: Nanos = START
SPECS = Prices(CATALOGUE)
TODAY = date(2026, 4, 13).toordinal()


def market(*, exchange: bool) -> Market:
    return open_market(
        NOW - 60 * MINUTE,
        synthetic=SPECS,
        seed=7,
        calendars=Calendars(CATALOGUE, SPECS) if exchange else {},
    )


ALWAYS, HOURS = market(exchange=False), market(exchange=True)

# a contract -> the least and the most that it may cost
PRICES = [
    (Contract(symbol="BRK B", secType="STK", exchange="SMART", currency="USD"), 300, 800),
    (Contract(symbol="SIE", secType="STK", exchange="IBIS", currency="EUR"), 150, 330),
    (Contract(symbol="7203", secType="STK", exchange="TSEJ", currency="JPY"), 2000, 4500),
    (Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD"), 5000, 9000),
    (Contract(symbol="USD", secType="CASH", exchange="IDEALPRO", currency="JPY"), 120, 190),
    (Contract(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD"), 60_000, 140_000),
    (Contract(symbol="XAUUSD", secType="CMDTY", exchange="SMART", currency="USD"), 3000, 5500),
    (Contract(conId=236491195, exchange="SMART"), 85, 110),
    (Contract(localSymbol="ESM6", secType="FUT", exchange="CME"), 5000, 9000),
    (Contract(localSymbol="CLM6", secType="FUT", exchange="NYMEX"), 35, 95),
    (Contract(localSymbol="ZNM6", secType="FUT", exchange="CBOT"), 85, 140),
    (Contract(localSymbol="SPY   260618C00680000", secType="OPT", exchange="SMART"), 5, 60),
    (Contract(localSymbol="SPX   260618P06800000", secType="OPT", exchange="SMART"), 40, 700),
    (Contract(localSymbol="ESM6 C6800", secType="FOP", exchange="CME"), 20, 900),
    (Contract(localSymbol="6EM6", secType="FUT", exchange="CME"), 1.0, 1.35),
    (Contract(localSymbol="M6EM6", secType="FUT", exchange="CME"), 1.0, 1.35),
    (Contract(localSymbol="GCM6", secType="FUT", exchange="COMEX"), 3000, 5600),
    (Contract(localSymbol="MBTK6", secType="FUT", exchange="CME"), 60_000, 140_000),
    (Contract(localSymbol="FGBL JUN 26", secType="FUT", exchange="EUREX"), 110, 150),
    (Contract(symbol="DAX", secType="IND", exchange="EUREX"), 18_000, 30_000),
    (Contract(symbol="VIX", secType="IND", exchange="CBOE"), 9, 40),
    (Contract(symbol="ES", secType="IND", exchange="CME"), 5000, 9000),
    (Contract(symbol="VINIX", secType="FUND", exchange="FUNDSERV", currency="USD"), 400, 720),
    (Contract(symbol="AAPL", secType="CFD", exchange="SMART", currency="USD"), 200, 340),
    (Contract(symbol="XAUUSD", secType="CFD", exchange="SMART", currency="USD"), 3000, 5500),
    (Contract(conId=2109050019, exchange="FWB"), 20, 90),
    (Contract(symbol="IBUS500", secType="CFD", exchange="SMART", currency="USD"), 5000, 9000),
]  # fmt: skip


@walk("tape", [ALWAYS, HOURS], ids=["always", "exchange"])
@walk(("wanted", "least", "most"), PRICES)
def test_a_price_of_the_right_size(
    wanted: Contract, least: float, most: float, tape: Market
) -> None:
    found = CATALOGUE.resolve(wanted, Purpose.DETAILS, NOW)
    assert isinstance(found, Listing), found
    entry = found.instrument
    assert entry.conId in tape
    quote = tape.quote(entry.conId, NOW + 5 * MINUTE)
    assert least * entry.scale <= quote.bid <= quote.ask <= most * entry.scale, quote
    assert quote.bid % entry.tick == quote.ask % entry.tick == 0


def entry_of(**wanted: object) -> Instrument:
    found = CATALOGUE.resolve(Contract(**wanted), Purpose.DETAILS, NOW)  # type: ignore[arg-type]
    assert isinstance(found, Listing), found
    return found.instrument


def middle(entry: Instrument, tape: Market) -> float:
    quote = tape.quote(entry.conId, NOW + 30 * MINUTE)
    return (quote.bid + quote.ask) / 2 / entry.scale


SPX = entry_of(symbol="SPX", secType="IND", exchange="CBOE")
SPY = entry_of(symbol="SPY", secType="STK", exchange="SMART", currency="USD")


@pytest.mark.parametrize("tape", [ALWAYS, HOURS], ids=["always", "exchange"])
def test_what_belongs_together_moves_together(tape: Market) -> None:
    spx = middle(SPX, tape)
    assert middle(SPY, tape) * 10 == pytest.approx(spx, rel=2e-4)
    future = entry_of(localSymbol="ESM6", secType="FUT", exchange="CME")
    micro = entry_of(localSymbol="MESM6", secType="FUT", exchange="CME")
    assert middle(micro, tape) == pytest.approx(middle(future, tape), abs=0.26)
    assert 1.002 < middle(future, tape) / spx < 1.008  # two months of carry
    cfd = entry_of(symbol="IBUS500", secType="CFD", exchange="SMART", currency="USD")
    assert middle(cfd, tape) == pytest.approx(spx, rel=2e-4)
    euro = entry_of(localSymbol="EUR.USD", secType="CASH", exchange="IDEALPRO")
    june = entry_of(localSymbol="6EM6", secType="FUT", exchange="CME")
    assert 1.002 < middle(june, tape) / middle(euro, tape) < 1.006
    gold = entry_of(symbol="XAUUSD", secType="CMDTY", exchange="SMART")
    ounce = entry_of(localSymbol="GCM6", secType="FUT", exchange="COMEX")
    assert 1.0 < middle(ounce, tape) / middle(gold, tape) < 1.015


def test_calls_and_puts_of_a_strike_have_one_forward() -> None:
    terms = {"secType": "OPT", "symbol": "SPX", "exchange": "SMART", "tradingClass": "SPX"}
    call, put = (
        middle(
            entry_of(**terms, lastTradeDateOrContractMonth="202606", strike=6800.0, right=right),
            ALWAYS,
        )
        for right in "CP"
    )
    assert call - put == pytest.approx(middle(SPX, ALWAYS) - 6800.0, abs=60.0)


@pytest.mark.long
def test_all_of_the_catalogue_has_a_price_but_for_what_is_refused() -> None:
    catalogue = CATALOGUE._catalogue
    assert catalogue is not None
    none = {(e.secType, e.symbol) for e in catalogue if e.conId not in SPECS}
    assert {symbol for kind, symbol in none if kind != "NEWS"} == {
        "TICK-NYSE", "AD-NYSE", "VOL-NYSE",
    }  # fmt: skip
    assert len([kind for kind, _ in none if kind == "NEWS"]) == 5


@pytest.mark.long
def test_every_root_has_a_price_by_its_ticks() -> None:
    for root in roots().values():
        for made in CATALOGUE.chains.futures(Series(root.symbol, root.tradingClass), TODAY):  # type: ignore[union-attr]
            quote = ALWAYS.quote(made.conId, NOW + MINUTE)
            assert 0 < quote.bid < quote.ask < made.reference * 1.6, made.localSymbol
            assert quote.ask - quote.bid <= max(4 * made.tick, made.reference // 2000)
            break


def test_the_same_seed_has_the_same_prices_whoever_asks_first() -> None:
    entries = [
        entry_of(localSymbol="SPY   260618C00680000", secType="OPT", exchange="SMART"),
        SPX,
        entry_of(localSymbol="ESM6", secType="FUT", exchange="CME"),
        entry_of(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD"),
    ]
    quotes = {entry.conId: ALWAYS.quote(entry.conId, NOW) for entry in entries}
    other = open_market(NOW - 60 * MINUTE, synthetic=Prices(CATALOGUE), seed=7)
    for entry in reversed(entries):
        assert other.quote(entry.conId, NOW) == quotes[entry.conId]


def test_a_pair_does_not_depend_on_a_future_of_other_ticks_that_was_asked_for() -> None:
    euro = entry_of(localSymbol="EUR.USD", secType="CASH", exchange="IDEALPRO")
    june = entry_of(localSymbol="M6EM6", secType="FUT", exchange="CME")
    fresh = open_market(NOW - 60 * MINUTE, synthetic=SPECS, seed=7)
    fresh.quote(june.conId, NOW)
    assert fresh.quote(euro.conId, NOW) == ALWAYS.quote(euro.conId, NOW)


def test_options_on_what_is_recorded() -> None:
    stock = replace(SPY, conId=77, symbol="QQQX", reference=0)
    option = OptionContract(**asdict(entry_of(
        localSymbol="SPY   260618C00680000", secType="OPT", exchange="SMART"
    )) | {"conId": 78, "under": 77})  # fmt: skip
    instruments = CATALOGUE.extended([stock, option])
    assert 77 not in Prices(instruments) and 78 not in Prices(instruments)
    assert 78 in Prices(instruments, recorded={77})


def test_nothing_is_looked_up_before_somebody_asks() -> None:
    class Untouched(Instruments):
        def get(self, con_id: int) -> None:
            raise AssertionError(con_id)

    quiet = Prices(Untouched([*CATALOGUE]))
    tape = open_market(NOW, synthetic=quiet)
    with pytest.raises(AssertionError):
        _ = 1 in tape
    assert 5 not in ALWAYS
    with pytest.raises(KeyError):
        ALWAYS.quote(5, NOW)


def test_what_is_listed_is_what_is_held() -> None:
    ids = list(ALWAYS.con_ids())
    assert set(ids) <= {entry.conId for entry in CATALOGUE}
    assert 265598 in ids and 38708077 in ids
