"""The comparison finds what differs: a case doctors an agreeing pair and expects its sentence."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from peers import compare_tables
from peers.compare import compare, same
from walks import walk

CONTRACT = {"conId": 756733, "symbol": "SPY", "secType": "STK", "currency": "USD"}
CONTRACT |= {"localSymbol": "SPY"}
SHOWN = {"_": "Contract", **CONTRACT}  # as a driver renders the peer's object
ORDER = {"permId": 9, "action": "BUY", "orderType": "LMT", "totalQuantity": "100"}
ORDER |= {"lmtPrice": 99.5, "tif": "GTC", "clientId": 7, "account": "DU1"}
BAR = {"date": "20261120 09:30:00", "open": 1.5, "high": 2.0, "low": 1.0, "close": 1.25}
BAR |= {"volume": "1000", "WAP": "1.4", "barCount": 12}
EXECUTION = {"orderId": 3, "execId": "00.01", "time": "20261120 10:00:00 US/Eastern"}
EXECUTION |= {"acctNumber": "DU1", "exchange": "ARCA", "side": "BOT", "shares": "100"}
EXECUTION |= {"price": 99.25, "permId": 9, "clientId": 7, "cumQty": "100", "avgPrice": 99.25}

Lines = list[dict[str, Any]]


def line(direction: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"client": 7, "dir": direction, "name": name, "version": 176, "fields": fields}


def wire_log() -> Lines:
    return [
        line("in", "StartApiRequest", clientId=7),
        line("out", "ManagedAccounts", accountsList="DU1"),
        line("out", "NextValidId", orderId=3),
        line("in", "MarketDataRequest", reqId=5, contract=CONTRACT),
        line("out", "TickPrice", reqId=5, tickType=1, price=99.5, size="300"),
        line("out", "TickPrice", reqId=5, tickType=6, price=101.0, size="0"),
        line("in", "CancelMarketData", reqId=5),
        line("in", "HistoricalDataRequest", reqId=6, contract=CONTRACT),
        line("out", "HistoricalData", reqId=6, historicalDataBars=[BAR, {**BAR, "close": 1.75}]),
        line("in", "PlaceOrderRequest", orderId=3, contract=CONTRACT, order=ORDER),
        line(
            "out",
            "OpenOrder",
            orderId=3,
            contract=CONTRACT,
            order=ORDER,
            orderState={"status": "Submitted"},
        ),
        line("out", "OrderStatus", orderId=3, status="Submitted", filled="0", remaining="100"),
        line("out", "ExecutionDetails", reqId=-1, contract=CONTRACT, execution=EXECUTION),
        line("out", "CommissionAndFeesReport", execId="00.01", commissionAndFees=1.0),
        line("out", "ErrorMessage", id=3, errorCode=202, errorMsg="Order Canceled - reason:"),
        line("in", "CurrentTimeRequest"),
        line("out", "CurrentTime", currentTime=1795000000),
        line("out", "OpenOrdersEnd"),  # after the last fence: may arrive or not
    ]


def driver_trace(*, joined: bool = False) -> Lines:
    lines: Lines = [
        {"class": "Contract", "defaults": {"conId": 0, "symbol": "", "currency": ""}},
        {"class": "BarData", "defaults": {"close": 1.25}},
        {"connecting": {"client": 7}},
        received("managedAccounts", "DU1"),
        received("nextValidId", 3),
        {"sent": "reqMktData", "args": {"reqId": 5, "contract": SHOWN}},
        *ticks(joined),
        {"sent": "cancelMktData", "args": {"reqId": 5}},
        {"quiet": [5]},
        {"sent": "reqHistoricalData", "args": {"reqId": 6, "contract": SHOWN}},
        received("historicalData", 6, bar()),
        received("historicalData", 6, bar(close=1.75)),
        received("historicalDataEnd", 6, "", ""),
        {"sent": "placeOrder", "args": {"orderId": 3, "contract": SHOWN, "order": ORDER}},
        received("openOrder", 3, SHOWN, ORDER, {"status": "Submitted"}),
        received("orderStatus", 3, "Submitted", 0.0, 100.0, 0.0, 0, 0, 0.0, 0, "", 0.0),
        received("execDetails", -1, SHOWN, EXECUTION),
        received("commissionReport", {"execId": "00.01", "commission": 1, **COMMISSION_UNSET}),
        received("error", 3, 1795000000000, 202, "Order Canceled - reason:", ""),
        {"sent": "reqCurrentTime", "args": {}},
        received("currentTime", 1795000000),
        {"done": True},
    ]
    return [{"seq": number, **each} for number, each in enumerate(lines, 1)]


COMMISSION_UNSET = {"currency": "", "realizedPNL": 1.7976931348623157e308}


def received(name: str, *args: Any) -> dict[str, Any]:
    return {"received": name, "args": {f"a{number}": arg for number, arg in enumerate(args)}}


def bar(**changes: Any) -> dict[str, Any]:
    shown = {k: v for k, v in BAR.items() if k not in {"WAP", "close"}}
    return {"_": "BarData", **shown, "average": 1.4, **changes}


def ticks(joined: bool) -> Lines:
    if joined:
        return [
            received("priceSizeTick", 5, 1, 99.5, 300.0),
            received("priceSizeTick", 5, 6, 101.0, 0.0),
        ]
    return [
        received("tickPrice", 5, 1, 99.5, {}),
        received("tickSize", 5, 0, "300"),
        received("tickPrice", 5, 6, 101.0, {}),
    ]


@pytest.mark.parametrize("joined", [False, True])
def test_an_agreeing_pair_has_no_differences(joined: bool) -> None:
    assert compare(driver_trace(joined=joined), wire_log(), joined_ticks=joined) == []


def test_what_comes_after_the_last_fence_may_arrive() -> None:
    trace = driver_trace()
    trace.insert(-1, {"seq": 99, **received("openOrderEnd")})
    assert compare(trace, wire_log(), joined_ticks=False) == []


def args_of(lines: Lines, name: str) -> dict[str, Any]:
    return next(each for each in lines if name in (each.get("received"), each.get("sent")))["args"]


def fields_of(lines: Lines, name: str) -> dict[str, Any]:
    return next(each for each in lines if each["name"] == name)["fields"]


def drop(lines: Lines, key: str, name: str) -> None:
    del lines[next(number for number, each in enumerate(lines) if each.get(key) == name)]


def swap(trace: Lines) -> None:
    at = next(n for n, each in enumerate(trace) if each.get("received") == "openOrder")
    trace[at], trace[at + 1] = trace[at + 1], trace[at]


def late_tick(trace: Lines) -> None:
    trace.insert(-3, {"seq": 98, **received("tickSize", 5, 0, "200")})


Doctor = Callable[[Lines, Lines], Any]
# what is wrong -> how it comes about, and the sentence that must name it
DOCTORED: dict[str, tuple[Doctor, str]] = {
    "a callback is lost": (
        lambda trace, log: drop(trace, "received", "nextValidId"),
        "nextValidId: 1 sent, 0 arrived",
    ),
    "a bar is lost": (
        lambda trace, log: drop(trace, "received", "historicalData"),
        "historicalData: 2 sent, 1 arrived",
    ),
    "the end of the bars is lost": (
        lambda trace, log: drop(trace, "received", "historicalDataEnd"),
        "historicalDataEnd: 1 sent, 0 arrived",
    ),
    "a size of a price is lost": (
        lambda trace, log: drop(trace, "received", "tickSize"),
        "tickSize: 1 sent, 0 arrived",
    ),
    "a callback comes from nowhere": (
        lambda trace, log: drop(log, "name", "OrderStatus"),
        "orderStatus: 0 sent, 1 arrived",
    ),
    "a price differs": (
        lambda trace, log: args_of(trace, "tickPrice").update(a2=99.51),
        "tickPrice (line 7): 2 was sent as 99.5 and came as 99.51",
    ),
    "a status differs": (
        lambda trace, log: args_of(trace, "orderStatus").update(a1="Filled"),
        "1 was sent as 'Submitted' and came as 'Filled'",
    ),
    "an execId differs": (
        lambda trace, log: fields_of(log, "ExecutionDetails")["execution"].update(execId="00.02"),
        "2.execId was sent as '00.02' and came as '00.01'",
    ),
    "a commission differs": (
        lambda trace, log: args_of(trace, "commissionReport")["a0"].update(commission=1.01),
        "0.commissionAndFees|commission was sent as 1.0 and came as 1.01",
    ),
    "a number comes for an unset one": (
        lambda trace, log: args_of(trace, "commissionReport")["a0"].update(realizedPNL=5.0),
        "0.realizedPNL was sent as None and came as 5.0",
    ),
    "an order's limit differs": (
        lambda trace, log: args_of(trace, "openOrder")["a2"].update(lmtPrice=99.0),
        "2.lmtPrice was sent as 99.5 and came as 99.0",
    ),
    "a symbol is at its default": (
        lambda trace, log: args_of(trace, "openOrder")["a1"].pop("symbol"),
        "1.symbol was sent as 'SPY' and came as ''",
    ),
    "an attribute does not exist": (
        lambda trace, log: args_of(trace, "openOrder")["a1"].pop("secType"),
        "no 1.secType",
    ),
    "the last bar's close differs": (
        lambda trace, log: fields_of(log, "HistoricalData")["historicalDataBars"][1].update(
            close=1.5
        ),
        "1.close was sent as 1.5 and came as 1.75",
    ),
    "an average price differs": (
        lambda trace, log: fields_of(log, "HistoricalData")["historicalDataBars"][0].update(
            WAP="1.5"
        ),
        "was sent as '1.5' and came as 1.4",
    ),
    "an error's text differs": (
        lambda trace, log: args_of(trace, "error").update(a3="Order Canceled"),
        "2 was sent as 'Order Canceled - reason:' and came as 'Order Canceled'",
    ),
    "an error that the library made": (
        lambda trace, log: trace.insert(-1, {"seq": 97, **received("error", -1, 505, "?")}),
        "error: 1 sent, 2 arrived",
    ),
    "two callbacks change places": (
        lambda trace, log: swap(trace),
        "out of order: number 9 was sent as openOrder and came as orderStatus",
    ),
    "a tick after the cancel": (
        lambda trace, log: late_tick(trace),
        "request 5: 1 ticks after its end",
    ),
    "a request is lost": (
        lambda trace, log: drop(log, "name", "CancelMarketData"),
        "CancelMarketData: 1 sent, 0 reached the station",
    ),
    "a request is read wrongly": (
        lambda trace, log: fields_of(log, "PlaceOrderRequest")["order"].update(lmtPrice=9.95),
        "order.lmtPrice was sent as 99.5 and came as 9.95",
    ),
    "a message that no table knows": (
        lambda trace, log: log.insert(2, line("out", "UserInfo", reqId=1)),
        "the tables do not know the message UserInfo",
    ),
    "a request that no table knows": (
        lambda trace, log: trace.insert(-1, {"seq": 97, "sent": "reqUserInfo", "args": {}}),
        "the tables do not know the request reqUserInfo",
    ),
    "the library logs a warning": (
        lambda trace, log: trace.insert(-1, {"log": "ERROR", "text": "open orders timed out"}),
        "the library logged ERROR: open orders timed out",
    ),
    "a connection that the station did not see": (
        lambda trace, log: trace.insert(-1, {"seq": 97, "connecting": {"client": 7}}),
        "the peer opened 2 connections, the station saw 1",
    ),
    "no fence": (
        lambda trace, log: drop(log, "name", "CurrentTime"),
        "the station sent no CurrentTime",
    ),
    "the journey failed": (
        lambda trace, log: trace.__setitem__(
            -1, {"failed": {"step": "quotes", "reason": "no ticks", "missing": [8]}}
        ),
        "step quotes: no ticks {'missing': [8]}",
    ),
    "the driver died": (
        lambda trace, log: trace.pop(),
        "the driver stopped without saying how the journey ended",
    ),
}


@pytest.mark.long
@walk("wrong", DOCTORED)
def test_a_doctored_pair_is_found_out(wrong: str) -> None:
    doctor, sentence = DOCTORED[wrong]
    trace, log = copy.deepcopy(driver_trace()), copy.deepcopy(wire_log())
    doctor(trace, log)
    found = compare(trace, log, joined_ticks=False)
    assert any(sentence in difference for difference in found), found


def test_a_size_differs_where_price_and_size_are_joined() -> None:
    trace = driver_trace(joined=True)
    args_of(trace, "priceSizeTick").update(a3=200.0)
    (found,) = compare(trace, wire_log(), joined_ticks=True)
    assert "3 was sent as '300' and came as 200.0" in found


DATETIME = {"_": "datetime", "iso": "2026-11-20T15:00:00+00:00"}
UNSET_DECIMAL = str(2**127 - 1)


@walk(
    ("sent", "came", "equal"),
    [
        ("100", 100.0, True),
        ("100", "100.0", True),
        (100, "101", False),
        (0.1, "0.1", True),
        (0.1, 0.1 + 1e-12, False),
        (True, 1, True),
        ("SPY", "SPY", True),
        ("SPY", "", False),
        (None, "", True),
        (None, 1.7976931348623157e308, True),
        (None, UNSET_DECIMAL, True),
        (None, 1, False),
        (5, None, False),
        ("20261120 10:00:00 US/Eastern", DATETIME, True),
        ("20261120-15:00:00", DATETIME, True),
        ("20261120 11:00:00 US/Eastern", DATETIME, False),
        ("soon", DATETIME, False),
        (float("inf"), "inf", True),
        (float("inf"), 1.0, False),
    ],
)
def test_values_are_one_whatever_their_types(sent: Any, came: Any, equal: bool) -> None:
    assert same(sent, came) is equal


def test_the_tables_are_read_as_they_are_written() -> None:
    name, pairs = compare_tables.REPLIES["Position"]
    assert name == "position"
    assert pairs[:2] == (("0", "account"), ("1.conId", "contract.conId"))
    assert compare_tables.REPLIES["PositionEnd"] == ("positionEnd", ())
