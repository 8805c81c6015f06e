"""Coupons, maturity, and the splits and dividends of a market: when they come, and that once."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from papertape.errors import MarketDataError
from papertape.model import ComboLeg, Contract, Order
from papertape.server.present.events import SharesRenamedEvent
from papertape.venue.broker.scheduled import _next_coupon
from papertape.venue.commands import RenameShares, SetFeePlan, SubmitOrder
from papertape.venue.engine import Engine
from papertape.venue.invariants import check
from papertape.venue.market.actions import ActionsAhead, Dividend, NewSymbol, Split
from papertape.venue.market.laid import WorldTape
from papertape.venue.market.recorded import Recorded, Recording
from papertape.venue.market.source import Quote
from papertape.venue.market.tape import open_market
from papertape.venue.reference.instruments import Instruments, Refusal
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.securities import Bond, Cfd, Instrument
from papertape.venue.reference.times import EASTERN
from papertape.venue.script import TapeMark
from papertape.venue.units import MINUTE, SECOND
from venue.days import ANCHOR, LENGTH, small_day
from venue.scenario import START, ScriptedMarket, Stage, at, shown
from venue.test_contract_ends import AAPL, CALL, TODAY, executions, quote, trade
from walks import walk

ACCOUNT = "DU1234567"
BOND = CATALOGUE[236491195]
assert isinstance(BOND, Bond)
ENDING = msgspec.structs.replace(
    BOND, conId=700_000_041, localSymbol="IBCID1", coupon=4_000,
    matures=date(2026, 4, 15).toordinal(), issued=date(2020, 1, 1).toordinal(),
)  # fmt: skip
CFD = Cfd(
    700_000_042, "AAPL", "CFD", "USD", "", "AAPL CFD", "AAPL", ("SMART",), "AAPL", 10_000, 100,
    under=AAPL.conId,
)  # fmt: skip
LATER_CALL = msgspec.structs.replace(CALL, conId=700_000_043, expires=TODAY + 30)
INSTRUMENTS = Instruments([*CATALOGUE, BOND, ENDING, CFD, LATER_CALL])
EX = at("20260414 09:30:00")


class ActingMarket(ScriptedMarket):
    """A written market that knows of splits and dividends."""

    ahead: tuple[ActionsAhead, ...] = ()

    def actions_ahead(self, con_id: int, after: int) -> ActionsAhead | None:
        found = [one for one in self.ahead if one.time > after and con_id == AAPL.conId]
        return found[0] if found else None


def stage_of(*ahead: ActionsAhead, at_prices: dict[Instrument, float] | None = None) -> Stage:
    market = ActingMarket(INSTRUMENTS)
    market.ahead = ahead
    stage = Stage(None, INSTRUMENTS, market)
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    for entry, price in (at_prices or {AAPL: 100, ENDING: 99, CFD: 100, LATER_CALL: 6}).items():
        quote(stage, entry, price)
    return stage


def cash(stage: Stage) -> float:
    return stage.engine.state.accounts[ACCOUNT].cash["USD"] / 10**6 - 1_000_000


def held(stage: Stage, entry: Instrument) -> float:
    return stage.engine.state.accounts[ACCOUNT].quantity(entry.conId) / 10_000


def finished(stage: Stage) -> None:
    check(stage.engine)
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


def again(stage: Stage) -> Engine:
    """The station as it is after a stop: the same market, and what the journal has."""
    stage.journal += stage.engine.drain_journal()
    engine = Engine(stage.market, None, INSTRUMENTS)
    engine.replay(stage.journal)
    return engine


# ---------------------------------------------------------------- bonds


@walk(
    ("matures", "after", "expected"),
    [
        ("2026-04-15", "2026-01-01", "2026-04-15"),
        ("2026-04-15", "2026-04-15", "2026-04-15"),
        ("2030-08-31", "2026-02-01", "2026-02-28"),
        ("2030-08-31", "2026-03-01", "2026-08-31"),
        ("2043-05-04", "2026-04-30", "2026-05-04"),
        ("2043-05-04", "2026-05-05", "2026-11-04"),
        ("2030-12-31", "2026-07-01", "2026-12-31"),
    ],
)
def test_a_coupon_comes_every_six_months_counted_from_the_maturity(
    matures: str, after: str, expected: str
) -> None:
    day = date.fromisoformat(after).toordinal()
    found = _next_coupon(date.fromisoformat(matures).toordinal(), 1, EASTERN.instant(day, 0))
    assert date.fromordinal(EASTERN.day(found)).isoformat() == expected


def test_no_coupon_comes_before_the_issue_or_after_the_end() -> None:
    matures, issued = date(2028, 6, 1).toordinal(), date(2027, 3, 1).toordinal()
    first = _next_coupon(matures, issued, EASTERN.instant(date(2026, 1, 1).toordinal(), 0))
    assert date.fromordinal(EASTERN.day(first)) == date(2027, 6, 1)
    assert _next_coupon(matures, issued, EASTERN.instant(matures, 2)) == 0
    assert _next_coupon(0, issued, 0) == 0


@pytest.mark.long
@pytest.mark.parametrize("size", [5, -5])
def test_a_bond_pays_its_coupon_and_its_face_value_and_is_gone(size: int) -> None:
    stage = stage_of()
    trade(stage, ENDING, size)
    assert cash(stage) == -990 * size
    stage.step("clock 20260415 00:02:00")
    check(stage.engine)
    assert cash(stage) == (-990 + 20) * size, "half of 4 % of 1,000"
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 20 * size
    told = stage.step("clock 20260415 17:00:00")
    assert cash(stage) == (-990 + 20 + 1_000) * size
    assert held(stage, ENDING) == 0
    row = stage.queries.position(ACCOUNT, ENDING.conId)
    assert (row.position, row.avgCost) == (0, 0)
    assert [type(one).__name__ for one in told] == ["PositionChanged", "AccountChanged"]
    assert executions(stage)[-1][1:4] == ("SLD" if size > 0 else "BOT", 5, 100.0)
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 30 * size
    finished(stage)
    stage.step("clock 20270101 10:00:00")
    assert cash(stage) == 30 * size, "nothing comes after the end"


def test_orders_for_a_bond_end_with_it_and_it_is_found_no_more() -> None:
    stage = stage_of()
    trade(stage, ENDING, 5, orderType="LMT", lmtPrice=90.0, tif="GTC")
    told = stage.step("clock 20260415 17:00:00")
    assert shown(told) == ["#1 Cancelled"]
    finished(stage)
    stage.step("clock 20260416 10:00:00")
    contract = Contract(conId=ENDING.conId, exchange="SMART")
    assert isinstance(INSTRUMENTS.resolve(contract, now=stage.now), Refusal)
    assert not isinstance(INSTRUMENTS.resolve(contract, now=START), Refusal)


# ---------------------------------------------------------------- splits and dividends


def test_a_dividend_comes_to_who_holds_the_shares_over_its_day() -> None:
    stage = stage_of(ActionsAhead(EX - 1, (Dividend(20260414, 250_000),)))
    trade(stage, AAPL, 40)
    trade(stage, CFD, -10)
    before = cash(stage)
    stage.step("clock 20260414 09:29:59")
    assert cash(stage) == before
    stage.step("clock 20260414 09:30:00")
    assert cash(stage) - before == 0.25 * 30
    stage.step("clock 20260415 09:30:00")
    assert cash(stage) - before == 0.25 * 30
    finished(stage)


def test_shares_bought_on_the_ex_day_have_no_dividend() -> None:
    stage = stage_of(ActionsAhead(EX - 1, (Dividend(20260414, 250_000),)))
    stage.step("clock 20260414 09:30:00")
    trade(stage, AAPL, 40)
    stage.step("clock 20260415 09:30:00")
    assert cash(stage) == -4_000
    finished(stage)


def test_a_split_comes_before_the_first_price_in_new_shares() -> None:
    stage = stage_of(ActionsAhead(EX - 1, (Dividend(20260414, 10**6), Split(20260414, 4, 1))))
    trade(stage, AAPL, 30)
    trade(stage, AAPL, 10, orderType="LMT", lmtPrice=90.0, tif="GTC")
    stage.market.add(Quote(AAPL.conId, EX, 250_000, 10**7, 250_000, 10**7))
    told = stage.step("clock 20260414 09:30:00")
    assert shown(told) == ["#2 Cancelled"], "it would have bought at the new price"
    assert (held(stage, AAPL), cash(stage)) == (120, -3_000 + 30)
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 30
    trade(stage, AAPL, -120)
    assert cash(stage) == 30
    finished(stage)


def test_a_split_pays_out_what_follows_the_shares() -> None:
    stage = stage_of(ActionsAhead(EX - 1, (Split(20260414, 2, 1),)))
    trade(stage, LATER_CALL, 3)
    trade(stage, CFD, 10)
    trade(stage, LATER_CALL, 1, orderType="LMT", lmtPrice=1.0, tif="GTC")
    quote(stage, LATER_CALL, 7)
    quote(stage, CFD, 102)
    told = stage.step("clock 20260414 09:30:00")
    assert shown(told) == ["#3 Cancelled"]
    assert held(stage, LATER_CALL) == held(stage, CFD) == 0
    assert cash(stage) == 300 + 20
    finished(stage)


def test_an_order_alone_is_ended_by_a_split_too() -> None:
    stage = stage_of(ActionsAhead(EX - 1, (Split(20260414, 2, 1),)))
    trade(stage, AAPL, 10, orderType="LMT", lmtPrice=90.0, tif="GTC")
    assert shown(stage.step("clock 20260414 09:30:00")) == ["#1 Cancelled"]


BOTH = (
    ActionsAhead(EX - 1, (Split(20260414, 2, 1),)),
    ActionsAhead(EX + 86_400 * SECOND - 1, (Dividend(20260415, 10**6),)),
)


@walk("stop", ["20260413 20:00:00", "20260414 09:29:59", "20260414 09:30:00",
                                  "20260414 12:00:00", "20260415 09:30:00"])  # fmt: skip
def test_a_stop_in_between_changes_nothing(stop: str) -> None:
    """Whenever it stops, each comes once; what came while it was down comes when it goes on."""
    stage = stage_of(*BOTH)
    trade(stage, AAPL, 30)
    trade(stage, ENDING, 5)
    stage.step(f"clock {stop}")
    engine = again(stage)
    assert engine.state_hash() == stage.engine.state_hash()
    engine.skip(at("20260415 12:00:00"))
    for clock in ("20260415 12:00:00", "20260415 18:00:00", "20260416 12:00:00"):
        engine.advance(at(clock))
        check(engine)
    account = engine.state.accounts[ACCOUNT]
    assert account.quantity(AAPL.conId) == 60 * 10_000
    assert account.cash["USD"] / 10**6 - 1_000_000 == -3_000 + 60 - 4_950 + 100 + 5_000
    engine.advance(at("20260601 12:00:00"))
    assert engine.state.accounts[ACCOUNT].cash["USD"] / 10**6 - 1_000_000 == -2_790


def test_the_engine_says_when_the_next_of_them_is_due() -> None:
    stage = stage_of(BOTH[0])
    trade(stage, AAPL, 30)
    stage.step("clock 20260414 00:00:00")
    stage.step("clock 20260414 00:01:00")
    assert stage.engine.next_due() == EX - 1


def test_a_combination_with_the_shares_is_ended_by_a_split() -> None:
    stage = stage_of(ActionsAhead(EX - 1, (Split(20260414, 2, 1),)))
    legs = [
        ComboLeg(AAPL.conId, 100, "BUY", "SMART"),
        ComboLeg(LATER_CALL.conId, 1, "SELL", "SMART"),
    ]
    contract = Contract(symbol="AAPL", secType="BAG", exchange="SMART", currency="USD")
    contract.comboLegs = legs
    order = Order(
        action="BUY", totalQuantity=Decimal(1), orderType="LMT", lmtPrice=1.0, tif="GTC"
    )  # fmt: skip
    stage.submit(SubmitOrder(1, 1, contract, order))
    assert len(stage.engine.state.orders) == 1
    assert shown(stage.step("clock 20260414 09:30:00")) == ["#1 Cancelled"]
    finished(stage)


# ---------------------------------------------------------------- new symbols

FORMER = INSTRUMENTS.beginning_as({AAPL.conId: "APCX"})
NAMES = (
    ActionsAhead(EX - 1, (Dividend(20260414, 10**6), NewSymbol(20260414, "APCY"))),
    ActionsAhead(EX + 86_400 * SECOND - 1, (NewSymbol(20260415),)),
)


def renaming_stage() -> Stage:
    market = ActingMarket(INSTRUMENTS)
    market.ahead = NAMES
    stage = Stage(None, FORMER, market)
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    quote(stage, AAPL, 100)
    return stage


def called(engine: Engine) -> set[str]:
    """The symbols under which the shares are found."""
    wanted = [
        Contract(symbol=symbol, secType="STK", exchange="SMART", currency="USD")
        for symbol in ("APCX", "APCY", "AAPL")
    ]
    return {
        one.symbol for one in wanted if not isinstance(engine.instruments.resolve(one), Refusal)
    }


@pytest.mark.long
@pytest.mark.parametrize("holding", [True, False])
def test_new_symbols_of_the_market_come_to_shares_on_their_day(holding: bool) -> None:
    stage = renaming_stage()
    assert called(stage.engine) == {"APCX"}
    if holding:
        trade(stage, AAPL, 10)
        trade(stage, AAPL, 10, orderType="LMT", lmtPrice=90.0, tif="GTC")
    told = stage.step("clock 20260414 09:30:00")
    assert called(stage.engine) == {"APCY"}
    names = [one for one in told if isinstance(one, SharesRenamedEvent)]
    assert names == [SharesRenamedEvent(AAPL.conId)]
    assert not [one for one in told if hasattr(one, "view")], "no order is touched"
    if holding:
        assert stage.queries.position(ACCOUNT, AAPL.conId).contract.symbol == "APCY"
        (order,) = stage.queries.open_orders()
        assert order.contract.symbol == "APCY"
        assert cash(stage) == -1_000 + 10, "the dividend of the day"
    finished(stage)
    stage.step("clock 20260415 09:30:00")
    assert called(stage.engine) == {"AAPL"}
    check(stage.engine)


@pytest.mark.long
@walk(
    ("stop", "name"),
    [("20260413 20:00:00", "APCX"), ("20260414 09:30:00", "APCY"), ("20260415 09:30:00", "AAPL")],
)
def test_a_stop_in_between_changes_no_name(stop: str, name: str) -> None:
    stage = renaming_stage()
    stage.step(f"clock {stop}")
    stage.journal += stage.engine.drain_journal()
    engine = Engine(stage.market, None, FORMER)
    engine.replay(stage.journal)
    assert called(engine) == {name}
    engine.skip(at("20260416 12:00:00"))
    engine.advance(at("20260416 12:00:00"))
    assert called(engine) == {"AAPL"}


@pytest.mark.long
def test_a_journal_from_before_such_rows_acted_has_the_names_of_its_time() -> None:
    stage = renaming_stage()
    stage.market.ahead = ()
    stage.step("clock 20260414 12:00:00")
    trade(stage, AAPL, 10)
    stage.journal += stage.engine.drain_journal()
    stage.market.ahead = NAMES
    engine = Engine(stage.market, None, FORMER)
    engine.replay(stage.journal)
    assert called(engine) == {"APCY"}
    engine.advance(at("20260415 09:30:00"))
    assert called(engine) == {"AAPL"}


@pytest.mark.long
def test_a_command_that_was_faster_keeps_the_symbol() -> None:
    stage = renaming_stage()
    (other,) = (one for one in INSTRUMENTS.of("MSFT") if one.secType == "STK")
    stage.submit(RenameShares(other.conId, "APCY"))
    stage.step("clock 20260414 09:30:00")
    assert stage.engine.instruments[AAPL.conId].symbol == "APCX"
    stage.step("clock 20260415 09:30:00")
    assert called(stage.engine) == {"APCY", "AAPL"}
    finished(stage)


def test_a_recording_is_split_while_an_account_holds_it() -> None:
    """The market of a folder: the holdings are worth as much before and after, but for the step of
    prices."""
    day = EASTERN.day(ANCHOR)
    recorded = Recorded(small_day(), dates=(20131007,), actions=(Split(20131009, 7, 1),))
    market = open_market(
        ANCHOR, recordings=[Recording(AAPL.conId, lambda: recorded, LENGTH)], synthetic={}
    )
    engine = Engine(market)
    engine.open_accounts(ANCHOR + MINUTE)
    order = Order(action="BUY", totalQuantity=Decimal(70), orderType="MKT", tif="DAY")
    contract = Contract(conId=AAPL.conId, exchange="SMART")
    engine.submit(SubmitOrder(1, 1, contract, order), ANCHOR + MINUTE)
    due = market.actions_ahead(AAPL.conId, 0)
    assert due is not None
    assert EASTERN.day(due.time + 1) == day + 2

    def value(at: int) -> int:
        engine.advance(at)
        engine.top.begin(at)
        check(engine)
        return engine.broker.margin.value(engine.state.accounts[ACCOUNT]).stock

    before, after = value(due.time - 1), value(due.time + 1)
    assert engine.state.accounts[ACCOUNT].quantity(AAPL.conId) == 490 * 10_000
    assert after == pytest.approx(before, abs=490 * 0.006 * 10**6)


def test_a_recording_that_cannot_be_read_has_nothing_to_come() -> None:
    def broken(con_id: int, after: int) -> ActionsAhead | None:
        raise MarketDataError("damaged", path=Path("aapl.npz"))

    market = ActingMarket(INSTRUMENTS)
    market.actions_ahead = broken  # type: ignore[method-assign]
    stage = Stage(None, INSTRUMENTS, market)
    quote(stage, AAPL, 100)
    trade(stage, AAPL, 10)
    stage.step("clock 20260415 12:00:00")
    assert held(stage, AAPL) == 10


def test_what_a_world_writes_has_none_of_the_market_below() -> None:
    market = ActingMarket(INSTRUMENTS)
    market.ahead = BOTH
    tape = WorldTape(market)
    assert tape.actions_ahead(AAPL.conId, START) == BOTH[0]
    tape.lay(AAPL.conId, (TapeMark(START, 1, 1_000_000, 10_000, 1_000_100, 10_000),))
    assert tape.actions_ahead(AAPL.conId, START) is None
    assert WorldTape(ScriptedMarket()).actions_ahead(AAPL.conId, START) is None
