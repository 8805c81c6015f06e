"""Shares under another symbol: what finds them, what stays, and what is refused."""

import msgspec
import pytest

from papertape.model import Contract
from papertape.server.present import events as e
from papertape.venue.broker.accounts_refused import AccountRefused
from papertape.venue.commands import MergeShares, RenameShares, SetFeePlan
from papertape.venue.engine import Engine
from papertape.venue.invariants import check
from papertape.venue.reference import numbers
from papertape.venue.reference.answers import matching_symbols, option_parameters
from papertape.venue.reference.instruments import Purpose, Refusal
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.securities import Cfd, Instrument, Stock
from venue.scenario import ScriptedMarket, Stage, shown
from venue.test_contract_ends import AAPL, CALL, TODAY, quote, trade

ACCOUNT = "DU1234567"
CFD = Cfd(
    700_000_061, "AAPL", "CFD", "USD", "", "AAPL CFD", "AAPL", ("SMART",), "AAPL", 10_000, 100,
    under=AAPL.conId,
)  # fmt: skip
LATER_CALL = msgspec.structs.replace(CALL, conId=700_000_062, expires=TODAY + 30)
META = Stock(
    700_000_063, "FB", "STK", "USD", "NASDAQ", "FB", "FB", AAPL.exchanges, "META PLATFORMS",
    10_000, 100, marketName="FB", stockType="COMMON",
)  # fmt: skip
INSTRUMENTS = CATALOGUE.extended([CFD, LATER_CALL, META])
NEW = "APLX"
PUBLIC_OPTION = 675811965
"""AAPL  260618C00100000, whose number is Interactive Brokers'."""


@pytest.fixture
def stage() -> Stage:
    stage = Stage(None, INSTRUMENTS, ScriptedMarket(INSTRUMENTS))
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    for entry, price in ((AAPL, 100), (CFD, 100), (LATER_CALL, 6), (META, 300)):
        quote(stage, entry, price)
    return stage


def rename(stage: Stage, symbol: str = NEW, entry: Instrument = AAPL) -> tuple[e.Event, ...]:
    return stage.submit(RenameShares(entry.conId, symbol))


def again(stage: Stage) -> Engine:
    """The station as it is after a stop."""
    stage.journal += stage.engine.drain_journal()
    engine = Engine(stage.market, None, INSTRUMENTS)
    engine.replay(stage.journal)
    return engine


def finished(stage: Stage) -> None:
    check(stage.engine)
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


def found(engine: Engine, **terms: object) -> tuple[int, str, str, str] | int:
    """What a description finds: number, symbol, local symbol, class; or the code of a refusal."""
    wanted = Contract(exchange="SMART", **terms)  # type: ignore[arg-type]
    listing = engine.instruments.resolve(wanted, Purpose.ORDER, engine.clock)
    if isinstance(listing, Refusal):
        return listing.code
    one = listing.instrument
    return one.conId, one.symbol, one.localSymbol, one.tradingClass


# -- what finds them ------------------------------------------------------------------------------


def test_the_new_symbol_finds_them_under_the_same_number_and_the_old_one_nothing(
    stage: Stage,
) -> None:
    share = AAPL.conId, NEW, NEW, "NMS"
    assert found(stage.engine, symbol="AAPL", secType="STK", currency="USD") == (
        AAPL.conId, "AAPL", "AAPL", "NMS",
    )  # fmt: skip
    rename(stage)
    for engine in (stage.engine, again(stage)):
        assert found(engine, symbol=NEW, secType="STK", currency="USD") == share
        assert found(engine, symbol="AAPL", secType="STK", currency="USD") == 200
        assert found(engine, localSymbol=NEW, secType="STK", currency="USD") == share
        assert found(engine, localSymbol="AAPL", secType="STK", currency="USD") == 200
        assert found(engine, conId=AAPL.conId) == share
        assert found(engine, conId=AAPL.conId, symbol=NEW) == share
        assert found(engine, conId=AAPL.conId, symbol="AAPL") == 478
        isin = {"secIdType": "ISIN", "secId": AAPL.isin}
        assert found(engine, secType="STK", currency="USD", **isin) == share
        assert engine.instruments[AAPL.conId].symbol == NEW
        assert engine.instruments[AAPL.conId].longName == AAPL.longName
        search = [one.contract.symbol for one in matching_symbols(engine.instruments, NEW)]
        assert search[0] == NEW
        by_old = [one.contract.conId for one in matching_symbols(engine.instruments, "AAPL")]
        assert AAPL.conId not in by_old
        by_name = matching_symbols(engine.instruments, "APPLE INC")
        assert (AAPL.conId, NEW) in [(one.contract.conId, one.contract.symbol) for one in by_name]
        every = {one.conId: one.symbol for one in engine.instruments.everything()}
        assert every[AAPL.conId] == NEW
    other = Engine(None, None, INSTRUMENTS)
    assert found(other, symbol="AAPL", secType="STK", currency="USD") != 200, "another station's"
    finished(stage)


def test_what_is_derived_from_them_is_renamed_with_them(stage: Stage) -> None:
    terms = {
        "secType": "OPT", "currency": "USD", "right": "C", "strike": 250.0,
        "lastTradeDateOrContractMonth": "20260618",
    }  # fmt: skip
    before = found(stage.engine, symbol="AAPL", **terms)
    assert isinstance(before, tuple) and before[2] == "AAPL  260618C00250000"
    number = numbers.flex(0, 2026 * 12 + 5, call=True)
    flex = found(stage.engine, conId=number)
    assert isinstance(flex, tuple) and flex[2] == "2AAPL 260618C00291000"
    public = stage.engine.instruments[PUBLIC_OPTION]
    assert public.localSymbol == "AAPL  260618C00100000"
    rename(stage)
    for engine in (stage.engine, again(stage)):
        after = found(engine, symbol=NEW, **terms)
        assert after == (before[0], NEW, "APLX  260618C00250000", NEW)
        assert found(engine, conId=before[0]) == after
        assert found(engine, localSymbol="APLX  260618C00250000", secType="OPT") == after
        assert found(engine, symbol="AAPL", **terms) == 200
        assert engine.instruments[PUBLIC_OPTION].localSymbol == "APLX  260618C00100000"
        wanted = {**terms, "strike": 100.0}
        assert found(engine, symbol=NEW, **wanted) == (
            PUBLIC_OPTION, NEW, "APLX  260618C00100000", NEW,
        )  # fmt: skip
        assert found(engine, conId=CFD.conId) == (CFD.conId, NEW, "APLX CFD", NEW)
        assert found(engine, symbol=NEW, localSymbol="APLX CFD", secType="CFD") != 200
        assert found(engine, symbol="AAPL", secType="CFD") == 200
        classes = option_parameters(engine.instruments, AAPL.conId, "", engine.clock)
        assert {row.tradingClass for row in classes or ()} == {NEW, f"2{NEW}"}
        assert found(engine, conId=flex[0]) == (flex[0], NEW, "2APLX 260618C00291000", f"2{NEW}")
        wanted = {"symbol": NEW, "tradingClass": f"2{NEW}", "secType": "OPT", "exchange": "SMART"}
        rows = engine.instruments.match(Contract(**wanted), now=engine.clock)
        assert not isinstance(rows, Refusal)
        (call, _) = (row.instrument for row in rows)
        assert found(engine, localSymbol=call.localSymbol, secType="OPT") == (
            call.conId, NEW, call.localSymbol, f"2{NEW}",
        )  # fmt: skip


def test_a_second_change_and_the_way_back(stage: Stage) -> None:
    rename(stage)
    rename(stage, "NEWER")
    assert found(stage.engine, symbol=NEW, secType="STK") == 200
    assert found(stage.engine, symbol="NEWER", secType="STK") == (
        AAPL.conId, "NEWER", "NEWER", "NMS",
    )  # fmt: skip
    rename(stage, "AAPL")
    for engine in (stage.engine, again(stage)):
        assert found(engine, symbol="AAPL", secType="STK", currency="USD") == (
            AAPL.conId, "AAPL", "AAPL", "NMS",
        )  # fmt: skip
        assert found(engine, symbol="NEWER", secType="STK") == 200
    finished(stage)


def test_a_symbol_that_became_free_may_be_anothers(stage: Stage) -> None:
    rename(stage, "METAX", META)
    rename(stage, "FB")
    assert found(stage.engine, symbol="FB", secType="STK") == (AAPL.conId, "FB", "FB", "NMS")
    assert found(stage.engine, symbol="METAX", secType="STK") == (
        META.conId, "METAX", "METAX", "METAX",
    )  # fmt: skip
    assert found(again(stage), symbol="FB", secType="STK") == (AAPL.conId, "FB", "FB", "NMS")


# -- what stays -----------------------------------------------------------------------------------


def test_holdings_and_orders_carry_on_under_the_new_symbol(stage: Stage) -> None:
    trade(stage, AAPL, 30)
    trade(stage, LATER_CALL, 1)
    trade(stage, AAPL, 10, orderType="LMT", lmtPrice=90.0, tif="GTC")
    cash = dict(stage.engine.state.accounts[ACCOUNT].cash)
    told = rename(stage)
    assert told == (e.SharesRenamedEvent(AAPL.conId),), "no order is touched"
    assert stage.engine.state.accounts[ACCOUNT].cash == cash
    rows = {row.contract.conId: row for row in stage.queries.positions()}
    assert (rows[AAPL.conId].contract.symbol, rows[AAPL.conId].position) == (NEW, 30)
    assert rows[LATER_CALL.conId].contract.symbol == NEW
    (order,) = stage.queries.open_orders()
    assert (order.contract.symbol, order.contract.conId) == (NEW, AAPL.conId)
    fills = [row.contract.symbol for row in stage.queries.executions()]
    assert set(fills) == {NEW}
    stage.now += 10**9
    quote(stage, AAPL, 90)
    filled = stage.queries.position(ACCOUNT, AAPL.conId)
    assert (filled.position, filled.contract.symbol) == (40, NEW)
    finished(stage)


def test_new_orders_under_either_symbol(stage: Stage) -> None:
    rename(stage)
    assert shown(stage.step("submit #1 BUY 10 AAPL MKT")) == ["#1 refused 200"]
    assert found(stage.engine, symbol=NEW, secType="STK") != 200
    trade(stage, AAPL, 10)  # by number
    assert stage.queries.position(ACCOUNT, AAPL.conId).position == 10
    finished(stage)


# -- refusals -------------------------------------------------------------------------------------

REFUSED = {
    "no symbol": (AAPL, "", "is no symbol"),
    "in small letters": (AAPL, "aplx", "is no symbol"),
    "with a comma": (AAPL, "A,B", "is no symbol"),
    "too long": (AAPL, "A" * 40, "is no symbol"),
    "another's": (AAPL, "MSFT", "already"),
    "its own": (AAPL, "AAPL", "already"),
    "of no share": (CFD, NEW, "only shares"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_and_changes_nothing(name: str, stage: Stage) -> None:
    entry, symbol, text = REFUSED[name]
    before = stage.engine.state_hash()
    with pytest.raises(AccountRefused, match=text):
        rename(stage, symbol, entry)
    assert stage.engine.state_hash() == before


def test_shares_of_a_company_that_was_taken_over_have_no_new_symbol(stage: Stage) -> None:
    stage.submit(MergeShares(AAPL.conId, cash=110 * 10**6))
    with pytest.raises(AccountRefused, match="taken over"):
        rename(stage)
    rename(stage, "AAPL", META)  # which is free then
    assert found(stage.engine, symbol="AAPL", secType="STK", currency="USD") == (
        META.conId, "AAPL", "AAPL", "AAPL",
    )  # fmt: skip
