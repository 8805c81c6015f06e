"""Message by message, the fields that a real gateway has on the wire in protobuf: absent is absent.

The values are those of sessions of a paper gateway in July and August 2026, server versions 203 to
225; the set of fields was the same at each. What of them is not followed, and why, stands in
docs/decisions/0010-captured-in-protobuf.md.
"""

from typing import Any

import pytest

from golden.transcripts import DATA, steps
from papertape.model import ExecutionFilter
from papertape.server.settings import StationSettings
from papertape.wire.catalogue import orders, reports
from papertape.wire.oracle import read_text
from server.bodies import EURUSD, bodies, open_hall, told
from server.pair import Hall
from server.shown import lines
from server.test_station import order
from walks import walk

SYSTEM_CANCEL = "completed_orders_cancelled_system_live.txt"

# ---------------------------------------------------------------- orders

ECHO: dict[str, Any] = {
    "contract.conId": 265598, "contract.symbol": "AAPL", "contract.secType": "STK",
    "contract.strike": 0.0, "contract.exchange": "SMART", "contract.currency": "USD",
    "contract.localSymbol": "AAPL", "contract.tradingClass": "NMS",
    "order.clientId": 1, "order.orderId": 1, "order.permId": 1000000001, "order.parentId": 0,
    "order.totalQuantity": "1", "order.auxPrice": 0.0, "order.tif": "DAY",
    "order.account": "DU1234567", "order.clearingIntent": "IB", "order.ocaType": 3,
    "order.triggerMethod": 0, "order.volatilityType": 0, "order.referencePriceType": 0,
    "order.deltaNeutralOrderType": "None", "order.deltaNeutralShortSaleSlot": 0,
    "order.origin": 0, "order.shortSaleSlot": 0, "order.exemptCode": -1,
    "order.adjustedOrderType": "None", "order.adjustableTrailingUnit": 0,
    "order.dontUseAutoPriceForHedge": True, "order.filledQuantity": "0",
    "order.shareholder": "Not an insider or substantial shareholder",
    "order.routeMarketableToBbo": 0, "order.usePriceMgmtAlgo": 0,
    "order.submitter": "papertape", "order.seekPriceImprovement": 0,
}  # fmt: skip
"""What every order of one share has in common; nothing else may be there but what a row names."""

BUY_MARKET = {"order.action": "BUY", "order.orderType": "MKT", "order.lmtPrice": 0.0,
              "order.minCompeteSize": 100, "order.competeAgainstBestOffset": 0.02}  # fmt: skip
SELL_MARKET = {"order.action": "SELL", "order.orderType": "MKT", "order.lmtPrice": 0.0}
ENDED = {"orderState.completedTime": "20260413 10:00:03 US/Eastern",
         "orderState.completedStatus": "Filled Size: 1"}  # fmt: skip
PAID = {"orderState.commissionAndFees": 1.000003, "orderState.commissionAndFeesCurrency": "USD"}


def limit(side: str, price: float, trail: float) -> dict[str, Any]:
    return {"order.action": side, "order.orderType": "LMT", "order.lmtPrice": price,
            "order.trailStopPrice": trail}  # fmt: skip


PLACED: dict[str, dict[str, Any]] = {
    "BUY 1 AAPL MKT": BUY_MARKET | {"orderState.status": "PreSubmitted"},
    "SELL 1 AAPL MKT": SELL_MARKET | {"orderState.status": "Submitted"},
    "BUY 1 AAPL LMT 15.55": limit("BUY", 15.55, 16.55) | {"orderState.status": "Submitted"},
    "SELL 1 AAPL LMT 500": limit("SELL", 500.0, 501.0) | {"orderState.status": "Submitted"},
    "BUY 1 AAPL LMT 250 GTC": limit("BUY", 250.0, 251.0) | {
        "order.tif": "GTC", "order.autoCancelDate": "20260930 16:00:00 US/Eastern",
        "orderState.status": "PreSubmitted"},
    "BUY 1 AAPL LMT 250 includeOvernight=true": limit("BUY", 250.0, 251.0) | {
        "order.tif": "OVERNIGHT + DAY", "order.outsideRth": True,
        "order.includeOvernight": True, "orderState.status": "Submitted"},
}  # fmt: skip


@pytest.mark.long
@walk("version", [203, 208, 225])
@walk("row", PLACED)
def test_1_1_an_open_order_has_these_fields_and_no_others(row: str, version: int) -> None:
    first, *_ = told(reports.OpenOrder, version, order(1, row))
    assert first == ECHO | PLACED[row] | {"orderId": 1}


@pytest.mark.parametrize("version", [203, 225])
def test_1_1_a_filled_order_tells_its_filled_quantity_in_both_pairs(version: int) -> None:
    _, filled, charged = told(reports.OpenOrder, version, order(1, "BUY 1 AAPL MKT"))
    expected = ECHO | BUY_MARKET | ENDED | {
        "orderId": 1, "order.filledQuantity": "1", "orderState.status": "Filled"}  # fmt: skip
    assert (filled, charged) == (expected, expected | PAID)


@pytest.mark.parametrize("version", [204, 225])
def test_1_1_a_completed_order(version: int) -> None:
    done, *_ = told(reports.CompletedOrder, version, order(1, "BUY 1 AAPL MKT"),
                    orders.ReqCompletedOrders())  # fmt: skip
    assert done == ECHO | BUY_MARKET | ENDED | PAID | {
        "order.totalQuantity": "0",
        "order.filledQuantity": "1",
        "orderState.status": "Filled",
    }


@pytest.mark.parametrize("version", [203, 225])
def test_1_1_a_preview_says_that_it_is_one(version: int) -> None:
    (preview,) = told(reports.OpenOrder, version, order(1, "BUY 100 AAPL MKT whatIf=true"))
    margins = {path for path in preview if "Margin" in path or "equity" in path}
    state = {path for path in preview if path.startswith("orderState.")} - margins
    names = ("status", "commissionAndFees", "commissionAndFeesCurrency", "marginCurrency")
    assert state == {f"orderState.{name}" for name in names}
    rest = {path: value for path, value in preview.items() if not path.startswith("orderState.")}
    assert rest == ECHO | BUY_MARKET | {
        "orderId": 1,
        "order.totalQuantity": "100",
        "order.whatIf": True,
        "order.whatIfType": 1,
    }


def test_1_1_the_trailing_price_of_a_limit_is_the_sum_of_two_floats() -> None:
    first, *_ = told(reports.OpenOrder, 225, orders.PlaceOrder(
        1, EURUSD, order(1, "BUY 20000 AAPL LMT 1.0498").order))  # fmt: skip
    assert first["order.trailStopPrice"] == 1.0498 + 1.0 == 2.0498000000000003


def test_1_1_the_day_of_lapse_is_told_in_the_zone_of_the_operator() -> None:
    hall = open_hall(StationSettings(time_zone="CET", max_message_rate=0))
    client = hall.client(1, 225).send(order(1, "BUY 1 AAPL LMT 250 GTC"))
    (first, *_) = [body for body in bodies(client) if body.kind is reports.OpenOrder]
    assert first.fields["order.autoCancelDate"] == "20260930 22:00:00 CET"
    client.send(orders.CancelOrder(1), orders.ReqCompletedOrders())
    (done,) = [body for body in bodies(client) if body.kind is reports.CompletedOrder]
    assert done.fields["order.autoCancelDate"] == "20260930 22:00:00 CET"
    assert done.fields["orderState.completedTime"].endswith("US/Eastern")


def test_1_1_an_order_does_not_leave_the_night_again() -> None:
    hall = open_hall()
    client = hall.client(1, 225)
    client.send(order(1, "BUY 1 AAPL LMT 250 includeOvernight=true")).got()
    client.send(order(1, "BUY 1 AAPL LMT 251"))
    opened, status, error = client.got()
    assert (opened.order.lmtPrice, opened.order.tif, opened.orderState.status) == (
        250.0, "OVERNIGHT + DAY", "Submitted")  # fmt: skip
    assert status.status == "Submitted"
    assert (error.id, error.errorCode, error.errorMsg) == (
        1, 462, "Order modify failed. Cannot change to the new Time in Force.DAY")  # fmt: skip
    client.send(order(1, "BUY 1 AAPL LMT 251 includeOvernight=true"))
    assert client.of(reports.OpenOrder)[0].order.lmtPrice == 251.0


def test_1_1_a_completed_order_in_text_keeps_its_fillers() -> None:
    """A frame of a real gateway at server 200, field by field."""
    (captured,) = [step.frame for step in steps(DATA / SYSTEM_CANCEL) if b"LMT" in step.frame]
    client = Hall().client(1, 200).send(order(1, "SELL 1 AAPL LMT 500 GTC"))
    client.send(orders.CancelOrder(1)).got()
    client.send(orders.ReqCompletedOrders())
    sent = client.pipe.data[: 4 + int.from_bytes(client.pipe.data[:4])]
    ours, theirs = (
        read_text(reports.CompletedOrder, 200, frame[4:-1].decode().split("\0")[1:])[1]
        for frame in (sent, captured)
    )
    assert [token.name for token in ours] == [token.name for token in theirs]
    pairs = [(a.name, a.text, b.text) for a, b in zip(ours, theirs)]
    unlike = {name for name, a, b in pairs if a.removesuffix(".0") != b.removesuffix(".0")}
    session = {"order.account", "order.permId", "order.submitter", "order.autoCancelDate",
               "orderState.completedTime", "orderState.completedStatus"}  # fmt: skip
    recorder = {"order.ocaGroup", "order.parentPermId"}  # an id of its own in the place of none
    assert unlike == session | recorder


# ---------------------------------------------------------------- executions

FILL: dict[str, Any] = {
    "contract.conId": 265598, "contract.symbol": "AAPL", "contract.secType": "STK",
    "contract.strike": 0.0, "contract.exchange": "NASDAQ", "contract.currency": "USD",
    "contract.localSymbol": "AAPL", "contract.tradingClass": "NMS",
    "execution.orderId": 1, "execution.execId": "0000e0d5.69dcf6e3.01.01",
    "execution.time": "20260413 10:00:03 US/Eastern", "execution.acctNumber": "DU1234567",
    "execution.exchange": "NASDAQ", "execution.side": "BOT", "execution.shares": "1",
    "execution.price": 257.68, "execution.permId": 1000000001, "execution.clientId": 1,
    "execution.cumQty": "1", "execution.avgPrice": 257.68, "execution.lastLiquidity": 2,
    "execution.optExerciseOrLapseType": -1,
}  # fmt: skip


@walk("version", [201, 203, 225])
def test_1_2_an_execution(version: int) -> None:
    live, asked = told(reports.ExecutionDetails, version, order(1, "BUY 1 AAPL MKT"),
                       orders.ReqExecutions(9, ExecutionFilter()))  # fmt: skip
    assert live == FILL | {"reqId": -1}
    assert asked == FILL | {"reqId": 9}


def test_1_2_a_commission_leaves_out_what_is_not_set() -> None:
    (report,) = told(reports.CommissionReport, 225, order(1, "BUY 1 AAPL MKT"))
    assert list(report) == ["execId", "commissionAndFees", "currency"]


@walk("version", [200, 201, 225])
def test_1_2_executions_then_their_commissions_then_the_end(version: int) -> None:
    client = open_hall().client(1, version)
    client.send(order(1, "BUY 1 AAPL MKT"), order(2, "SELL 1 AAPL MKT")).got()
    got = lines(client.send(orders.ReqExecutions(9, ExecutionFilter())).got())
    assert [line.split()[0] for line in got] == [
        "execDetails", "execDetails", "commissionAndFeesReport", "commissionAndFeesReport",
        "execDetailsEnd",
    ]  # fmt: skip
