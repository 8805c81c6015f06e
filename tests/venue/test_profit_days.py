"""The day of profits: five minutes before midnight where an instrument trades, or with its session
where that goes over midnight; not with the trading day of the books."""

from decimal import Decimal

import msgspec

from papertape.server.present.profits import ProfitRow
from papertape.venue.commands import SetFeePlan
from papertape.venue.engine import Engine
from papertape.venue.invariants import check
from papertape.venue.reference.instruments import Instruments
from papertape.venue.reference.listings import CATALOGUE, EURUSD
from papertape.venue.reference.resets import RESETS, ResetTime, reset_of
from papertape.venue.reference.securities import Instrument
from papertape.venue.units import SECOND, price_units
from venue.scenario import Stage, at
from venue.test_contract_ends import AAPL, MES
from venue.test_other_kinds import BTC, quote, trade
from walks import walk

ACCOUNT = "DU1234567"
BASEL = next(x for x in CATALOGUE if (x.secType, x.currency) == ("STK", "CHF"))
TOKYO = msgspec.structs.replace(
    AAPL, conId=700_000_051, symbol="7203", localSymbol="7203", primaryExchange="TSEJ",
    hours="TSEJ",
)  # fmt: skip
MONTHLY = msgspec.structs.replace(MES, conId=700_000_052, expires=MES.expires + 60)
INSTRUMENTS = Instruments([*CATALOGUE, TOKYO, MONTHLY, BTC])
# held from 10:00 in New York on; when their profit begins, in New York's summer
BEGINS = {
    "a stock": (AAPL, "20260413 23:55:00"),
    "a Swiss stock": (BASEL, "20260413 17:55:00"),
    "a Japanese stock": (TOKYO, "20260414 10:55:00"),
    "a currency": (EURUSD, "20260413 17:15:00"),
    "a future": (MONTHLY, "20260413 18:00:00"),
    "a coin": (BTC, "20260413 19:55:00"),
}


def stage_of(entry: Instrument) -> Stage:
    """One of a hundred held since its price was 100, at which it is now."""
    stage = Stage(None, INSTRUMENTS)
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    quote(stage, entry, 100)
    return stage


def profit(stage: Stage, entry: Instrument) -> tuple[ProfitRow, ProfitRow]:
    """Of the account and of the position."""
    whole, single, _ = stage.queries.profits(ACCOUNT, stage.now)
    assert stage.queries.profit_of(ACCOUNT, entry.conId, stage.now)[0] == single[entry.conId]
    return whole, single[entry.conId]


def change(stage: Stage, entry: Instrument, price: float, clock: str) -> None:
    """A new price at a time."""
    units = price_units(price, entry.scale)
    last = stage.market.quote(entry.conId, stage.now)
    stage.now = at(clock)
    stage.market.add(msgspec.structs.replace(last, time=stage.now, bid=units, ask=units))
    stage.told(stage.engine.advance(stage.now))


@walk("name", BEGINS)
def test_the_profit_of_an_instrument_begins_at_its_own_time(name: str) -> None:
    entry, begins = BEGINS[name]
    stage = stage_of(entry)
    size = 30_000 if entry is EURUSD else 2
    limit = {"orderType": "LMT", "lmtPrice": 100.0} if entry is BTC else {}
    trade(stage, entry, size, **limit)
    each = size * (5 if entry is MONTHLY else 1)
    before = profit(stage, entry)[1].dailyPnL
    change(stage, entry, 101, "20260413 16:30:00")
    assert round(profit(stage, entry)[1].dailyPnL - before, 2) == each
    stage.now = at(begins) - SECOND
    stage.told(stage.engine.advance(stage.now))
    if begins < "20260414":
        assert round(profit(stage, entry)[1].dailyPnL - before, 2) == each
    stage.now += SECOND
    stage.told(stage.engine.advance(stage.now))
    assert profit(stage, entry)[1].dailyPnL == 0
    check(stage.engine)


def test_the_minutes_before_midnight_are_of_the_next_day() -> None:
    stage = stage_of(AAPL)
    trade(stage, AAPL, 100)
    change(stage, AAPL, 101, "20260413 23:54:59")
    assert profit(stage, AAPL)[0].dailyPnL == profit(stage, AAPL)[1].dailyPnL == 100
    change(stage, AAPL, 103, "20260413 23:57:00")
    assert profit(stage, AAPL)[0].dailyPnL == profit(stage, AAPL)[1].dailyPnL == 200
    stage.step("clock 20260414 00:00:00")
    assert stage.engine.state.accounts[ACCOUNT].opening_values[AAPL.conId] == 10_300 * 10**6
    for found in profit(stage, AAPL):
        assert (found.dailyPnL, found.unrealizedPnL) == (200, 300), "midnight changes nothing"
    change(stage, AAPL, 104, "20260414 12:00:00")
    assert profit(stage, AAPL)[0].dailyPnL == 300
    change(stage, AAPL, 104, "20260414 23:55:00")
    for found in profit(stage, AAPL):
        assert (found.dailyPnL, found.unrealizedPnL) == (0, 400)
    assert stage.engine.state.accounts[ACCOUNT].carried, "it has been so since midnight"
    change(stage, AAPL, 104, "20260415 00:00:00")
    assert not stage.engine.state.accounts[ACCOUNT].carried
    assert profit(stage, AAPL)[0].dailyPnL == 0


def test_what_is_realized_before_midnight_stays_until_the_next_reset() -> None:
    stage = stage_of(AAPL)
    trade(stage, AAPL, 100)
    change(stage, AAPL, 102, "20260413 23:50:00")
    trade(stage, AAPL, -10)
    stage.step("clock 20260413 23:55:00")
    assert profit(stage, AAPL)[0].realizedPnL == profit(stage, AAPL)[1].realizedPnL == 0
    trade(stage, AAPL, -50)
    whole, single = profit(stage, AAPL)
    assert whole.realizedPnL == single.realizedPnL > 90
    told = whole.realizedPnL
    stage.step("clock 20260414 09:00:00")
    assert [one.realizedPnL for one in profit(stage, AAPL)] == [told, told]
    assert stage.queries.profit_of(ACCOUNT, AAPL.conId, stage.now)[1], "it has traded since"
    stage.step("clock 20260414 23:55:00")
    assert [one.realizedPnL for one in profit(stage, AAPL)] == [0, 0]
    trade(stage, AAPL, -40)
    stage.step("clock 20260415 10:00:00")
    whole, single, _ = stage.queries.profits(ACCOUNT, stage.now)
    assert not single and whole.realizedPnL > 70, "nothing is held, the account has gained it"
    stage.step("clock 20260416 10:00:00")
    assert stage.queries.profit(ACCOUNT, stage.now) == ProfitRow(0.0, 0.0, 0.0, Decimal(0), 0.0)


def test_a_station_that_was_down_at_the_reset_makes_up_for_it() -> None:
    stage = stage_of(AAPL)
    trade(stage, AAPL, 100)
    trade(stage, AAPL, -40)
    change(stage, AAPL, 101, "20260413 20:00:00")
    archive = stage.engine.archive.rows()
    twin = Engine(stage.market, None, INSTRUMENTS)
    twin.restore(bytes(stage.engine.snapshot()), lambda *_: archive)
    late = at("20260414 10:00:00")
    twin.advance(late)
    stage.engine.advance(late)
    assert twin.state_hash() == stage.engine.state_hash()
    assert not stage.engine.state.accounts[ACCOUNT].carried


def test_every_instrument_has_a_reset_of_the_table() -> None:
    assert {reset_of(entry) for entry in CATALOGUE} <= set(RESETS)
    assert reset_of(None) in RESETS


@walk(("now", "next"), [
    ("20260413 23:54:59", "20260413 23:55:00"), ("20260413 23:55:00", "20260414 23:55:00"),
    ("20260307 23:55:00", "20260308 23:55:00"), ("20261031 23:55:00", "20261101 23:55:00"),
])  # fmt: skip
def test_a_reset_comes_once_a_day_on_the_clock_of_its_place(now: str, next: str) -> None:
    assert ResetTime("America/New_York", 23 * 60 + 55).after(at(now)) == at(next)
