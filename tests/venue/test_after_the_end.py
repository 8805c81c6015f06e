"""Orders for what has ended today: its last day is not over yet, but its trading is."""

from papertape.model import ComboLeg, Contract, Order
from papertape.venue.commands import ReceivePosition, SetFeePlan, StartingPosition, SubmitOrder
from papertape.venue.invariants import check
from papertape.venue.reference.instruments import Instruments
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.securities import Instrument
from venue.scenario import Stage, shown
from venue.test_contract_ends import AAPL, CALL, MES, TOMORROW, quote, trade
from venue.test_scheduled import ENDING
from walks import walk

ACCOUNT = "DU1234567"
INSTRUMENTS = Instruments([*CATALOGUE, AAPL, CALL, TOMORROW, MES, ENDING])


def stage_of() -> Stage:
    stage = Stage(None, INSTRUMENTS)
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    for entry, price in ((AAPL, 250), (CALL, 6), (TOMORROW, 6), (MES, 6_800), (ENDING, 99)):
        quote(stage, entry, price)
    return stage


def refused(stage: Stage, entry: Instrument, **more: object) -> list[str]:
    number = stage.engine.state.highest_ids.get(1, 0) + 1
    order = Order(action="BUY", totalQuantity=1, orderType="MKT", tif="DAY")
    for name, value in more.items():
        setattr(order, name, value)
    contract = Contract(conId=entry.conId, exchange=entry.home)
    return shown(stage.submit(SubmitOrder(1, number, contract, order)))


@walk(("entry", "last", "code"), [
    (MES, "20260413 17:30:00", 392), (CALL, "20260413 17:30:00", 392),
    (ENDING, "20260415 17:00:00", 10254),
], ids=["future", "option", "bond"])  # fmt: skip
def test_what_has_ended_today_is_not_traded_any_more(
    entry: Instrument, last: str, code: int
) -> None:
    stage = stage_of()
    day, _, clock = last.partition(" ")
    stage.step(f"clock {day} {int(clock[:2]) - 1}:59:00")
    trade(stage, entry, 1)
    assert stage.engine.state.accounts[ACCOUNT].quantity(entry.conId) > 0
    stage.step(f"clock {last}")
    assert stage.engine.state.accounts[ACCOUNT].quantity(entry.conId) == 0
    for more in ({}, {"whatIf": True}, {"orderType": "LMT", "lmtPrice": 5.0}):
        (told,) = refused(stage, entry, **more)
        assert told.endswith(f"refused {code}"), told
    check(stage.engine)


def test_a_combination_with_a_leg_that_has_ended() -> None:
    stage = stage_of()
    stage.step("clock 20260413 17:30:00")
    contract = Contract(symbol="AAPL", secType="BAG", exchange="SMART", currency="USD")
    contract.comboLegs = [
        ComboLeg(CALL.conId, 1, "BUY", "SMART"), ComboLeg(TOMORROW.conId, 1, "SELL", "SMART"),
    ]  # fmt: skip
    order = Order(action="BUY", totalQuantity=1, orderType="MKT", tif="DAY")
    assert shown(stage.submit(SubmitOrder(1, 1, contract, order))) == ["#1 refused 392"]


def test_what_comes_into_an_account_after_its_end_ends_once_time_passes() -> None:
    """An instant in the past is never due again: a station would turn round and round on it."""
    stage = stage_of()
    stage.step("clock 20260413 18:00:00")
    stage.submit(ReceivePosition(ACCOUNT, StartingPosition(MES.conId, 10_000, 68_000_000)))
    due = stage.engine.next_due()
    assert due is not None
    assert due > stage.engine.clock
    stage.step("clock 20260413 18:00:01")
    assert stage.engine.state.accounts[ACCOUNT].quantity(MES.conId) == 0
    check(stage.engine)
