"""exerciseOptions: what the client is told, when it is carried out, and what is refused."""

from typing import Any

import pytest

from papertape.model import Contract
from papertape.venue.invariants import check
from papertape.venue.market.source import Quote
from papertape.venue.reference.listings import CATALOGUE
from papertape.wire.catalogue import account, options, orders, reports
from papertape.wire.catalogue.session import ErrorMessage
from server.market import WrittenMarket
from server.pair import VERSIONS, Client, Hall
from server.test_station import order
from venue.scenario import START, at
from walks import walk

ACCOUNT = "DU1234567"
AAPL = 265598
CALL = CATALOGUE[1224817701]
"""On Apple at 250, ends on 17 April 2026, four days after the start."""
CUTOFF = int((at("20260413 17:30:00") - START) / 10**9)
REJECTED = "Error processing request.Exercise/Lapse failed due to server rejection."


def holding(
    size: int = 2, spot: str = "257.66", version: int = VERSIONS[-1], **options: Any
) -> Client:
    market = WrittenMarket()
    quote = Quote(CALL.conId, START, 88_000, 10**7, 88_000, 10**7)
    market.tape[CALL.conId] = [quote]
    hall = Hall(market=market, **options)
    hall.quote(f"AAPL {spot} x {float(spot) + 0.02:.2f}")
    client = hall.client(1, version)
    bought = order(1, f"BUY {size} AAPL MKT")
    client.send(orders.PlaceOrder(1, option(), bought.order)).got()
    return client


def option() -> Contract:
    return Contract(conId=CALL.conId, exchange="SMART")


def ask(request_id: int = 7, action: int = 1, size: int = 1, override: int = 0, **more: Any) -> Any:
    return options.ExerciseOptions(request_id, option(), action, size, override=override, **more)


def told(client: Client) -> list[str]:
    """The kinds of the messages about orders, with the status or the code."""
    said = []
    for one in client.got():
        if isinstance(one, ErrorMessage):
            said.append(f"E{one.errorCode} {one.id}")
        elif isinstance(one, reports.OpenOrder):
            said.append(f"OO {one.orderId} {one.orderState.status}")
        elif isinstance(one, reports.OrderStatus):
            said.append(f"OS {one.orderId} {one.status}")
        elif isinstance(one, reports.ExecutionDetails):
            said.append(f"ED {one.execution.optExerciseOrLapseType}")
        elif isinstance(one, reports.CommissionReport):
            said.append("CR")
    return said


@walk("version", [v for v in VERSIONS if v >= 176])
def test_the_request_becomes_an_order_as_captured(version: int) -> None:
    client = holding(version=version).send(ask())
    notice, opened, status = client.got()
    assert (notice.id, notice.errorCode) == (7, 10349)
    shown = opened.order
    assert (opened.orderId, shown.action, shown.orderType, shown.tif) == (7, "BUY", "LMT", "DAY")
    assert (shown.totalQuantity, shown.lmtPrice, shown.trailStopPrice) == (1, 0.0, None)
    assert (opened.contract.conId, opened.contract.exchange) == (CALL.conId, "SMART")
    assert (opened.orderState.status, status.status, status.remaining) == (
        "PreSubmitted", "PreSubmitted", 1,
    )  # fmt: skip
    check(client.hall.station.engine)
    client.send(orders.ReqOpenOrders())
    assert [one.orderId for one in client.of(reports.OpenOrder)] == [7]


@pytest.mark.long
def test_it_is_carried_out_at_the_cut_off() -> None:
    client = holding().send(ask())
    client.hall.wait(CUTOFF - 60)
    client.send(account.ReqPositions(), account.ReqAccountUpdates(True, ACCOUNT)).got()
    client.hall.wait(120)
    messages = client.got()
    client.pipe.data = b""
    details = [m for m in messages if isinstance(m, reports.ExecutionDetails)]
    assert [m.execution.optExerciseOrLapseType for m in details] == [1]
    assert [m.execution.price for m in details] == [0.0]
    states = [m.status for m in messages if isinstance(m, reports.OrderStatus)]
    assert states == ["Filled", "Filled"]
    positions = {m.contract.conId: m.position for m in messages if isinstance(m, account.Position)}
    assert positions == {CALL.conId: 1, AAPL: 100}
    rows = {
        m.contract.conId: m.averageCost for m in messages if isinstance(m, account.PortfolioValue)
    }
    assert rows[AAPL] == pytest.approx(250 + 8.80 + 0.0076825, abs=0.02)
    check(client.hall.station.engine)
    client.send(orders.ReqExecutions(9))
    kinds = [m.execution.optExerciseOrLapseType for m in client.of(reports.ExecutionDetails)]
    assert kinds == [-1, 1, 1]


def test_a_request_can_be_cancelled_until_then() -> None:
    client = holding().send(ask())
    client.got()
    client.send(orders.CancelOrder(7))
    assert told(client) == ["OS 7 Cancelled", "E202 7"]
    client.hall.wait(CUTOFF + 60)
    assert told(client) == []
    assert client.hall.station.engine.state.accounts[ACCOUNT].quantity(AAPL) == 0


def test_new_terms_are_refused_and_change_nothing() -> None:
    client = holding().send(ask())
    client.got()
    changed = order(7, "BUY 1 AAPL LMT 250").order
    client.send(orders.PlaceOrder(7, option(), changed))
    assert told(client) == ["E105 7"]
    check(client.hall.station.engine)


def test_what_has_been_sold_meanwhile_is_not_exercised() -> None:
    client = holding(2).send(ask(size=2))
    client.send(orders.PlaceOrder(8, option(), order(8, "SELL 1 AAPL MKT").order)).got()
    client.hall.wait(CUTOFF + 60)
    assert told(client)[-2:] == ["OS 7 Cancelled", "E202 7"]
    held = client.hall.station.engine.state.accounts[ACCOUNT]
    assert (held.quantity(AAPL), held.quantity(CALL.conId)) == (100 * 10_000, 0)
    check(client.hall.station.engine)


def test_out_of_the_money_an_exercise_needs_override() -> None:
    client = holding(spot="249.00").send(ask())
    said = "Error processing request.Exercise ignored because option is not in-the-money."
    assert client.errors() == [(7, 322, said)]
    assert told(client.send(ask(override=1))) == [
        "E10349 7",
        "OO 7 PreSubmitted",
        "OS 7 PreSubmitted",
    ]


def test_to_lapse_in_the_money_needs_override_and_then_holds_at_the_end() -> None:
    client = holding().send(ask(action=2, size=2))
    got = client.got()
    assert [m.errorMsg for m in got if isinstance(m, ErrorMessage)][1] == REJECTED
    client.send(ask(8, action=2, size=2, override=1))
    assert told(client) == ["E10349 8", "OO 8 PreSubmitted", "OS 8 PreSubmitted"]
    client.hall.wait(CUTOFF + 4 * 86_400 + 60)
    details = [m for m in client.got() if isinstance(m, reports.ExecutionDetails)]
    assert [m.execution.optExerciseOrLapseType for m in details] == [2]
    assert client.hall.station.engine.state.accounts[ACCOUNT].quantity(AAPL) == 0
    check(client.hall.station.engine)


def test_more_than_is_held_is_rejected_by_the_broker() -> None:
    client = holding(2).send(ask(size=2))
    client.got()
    client.send(ask(8))
    assert told(client) == [
        "E10349 8", "OO 8 PreSubmitted", "OS 8 PreSubmitted", "E322 8", "OS 8 Cancelled", "E202 8",
    ]  # fmt: skip
    check(client.hall.station.engine)


REFUSED = [
    (ask(0), 10149, "The order id 0 is not a valid one"),
    (ask(action=3), 321, "The exercise action 3 is neither 1 nor 2"),
    (ask(size=0), 434, ""),
    (ask(account="DU9"), 321, "Invalid account code"),
    (
        options.ExerciseOptions(7, Contract(conId=AAPL, exchange="SMART"), 1, 1),
        321,
        "Only options can be exercised",
    ),
    (options.ExerciseOptions(7, Contract(conId=99, exchange="SMART"), 1, 1), 200, ""),
    (ask((1 << 31) - 1), 10149, ""),
]


@walk(("message", "code", "why"), REFUSED, ids=repr)
def test_refusals_by_name(message: Any, code: int, why: str) -> None:
    client = holding().send(message)
    ((about, number, text),) = client.errors()
    assert (about, number) == (message.reqId, code)
    assert why in text or code == 10149


def test_an_id_that_works_already_is_a_duplicate() -> None:
    client = holding().send(ask())
    client.got()
    assert [code for _, code, _ in client.send(ask()).errors()] == [103]


def test_without_the_link_nothing_is_held() -> None:
    client = holding()
    client.hall.station.link.lose()
    client.hall.wait(1)
    client.got()
    ((about, code, text),) = client.send(ask()).errors()
    assert (about, code) == (7, 322) and "has not been sent" in text
