"""What clients with strict readers need of an answer, whatever other libraries are content with.

A client that turns each field into a number, a date or a word of a list ends its stream, or itself,
at the first that is none. Which client needs what stands in docs/peers.md.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from papertape.model import Contract
from papertape.versions import ERROR_TIME
from papertape.wire.catalogue import (
    RESPONSES,
    account,
    contract,
    history,
    market,
    orders,
    reports,
    session,
)
from papertape.wire.descriptors import message_class
from papertape.wire.message import Message
from server.market import TapeMarket
from server.pair import Client, Hall
from server.test_station import order
from walks import walk

TEXTS = (100, 151, 173, 178, 200)
"""Versions whose account rows are text; 151 is that of nimIBApi, 173 that of the Rust crate 2."""


def tokens(data: bytes) -> list[list[str]]:
    """The fields of each message, by hand; protobuf is not among them."""
    found = []
    while data:
        length = int.from_bytes(data[:4], "big")
        found.append(data[4 : 4 + length].decode().split("\0")[:-1])
        data = data[4 + length :]
    return found


@walk("version", TEXTS)
def test_a_portfolio_row_has_a_right_that_is_a_number_or_a_letter(version: int) -> None:
    hall = Hall()
    for row in ("AAPL 257.66 x 257.68", "AAPL_C260 5.00 x 5.20"):
        hall.quote(row)
    client = hall.client(1, version)
    client.send(order(1, "BUY 100 AAPL MKT"), order(2, "BUY 1 AAPL_C260 MKT")).got()
    client.send(account.ReqAccountUpdates(True, ""))
    rows = [each for each in tokens(client.pipe.data) if each[0] == "7"]
    assert [(each[4], each[7]) for each in rows] == [("STK", "0"), ("OPT", "C")]


def framed(*fields: object) -> bytes:
    """A message as a client without our encoder sends it."""
    body = "".join(f"{field}\0" for field in fields).encode()
    return len(body).to_bytes(4, "big") + body


def test_a_greeting_with_a_nul_is_answered() -> None:
    """That of osauer/ibkr and of ib-ruby."""
    hall = Hall()
    client = hall.newcomer(200)
    client.raw(b"API\0" + framed("v100..200"))
    ((version, _),) = tokens(client.pipe.data)
    assert version == "200"
    client.pipe.data = b""
    client.raw(framed(71, 2, 15, ""))
    assert {"9", "15"} <= {row[0] for row in tokens(client.pipe.data)}


@pytest.mark.long
@walk("version", [151, 200], check=5)
@walk("options", [0, 1, 2], check=2)
def test_a_scan_without_its_options_is_answered(version: int, options: int) -> None:
    """osauer/ibkr leaves out both kinds."""
    hall = Hall(market=TapeMarket())
    hall.trade("AAPL 257.67*100")
    client = hall.client(1, version)
    client.raw(framed(22, 5, 20, "STK", "STK.US.MAJOR", "MOST_ACTIVE", *[""] * (17 + options)))
    hall.wait(2)
    (row,) = [row for row in tokens(client.pipe.data) if row[0] == "20"]
    assert row[1:3] == ["3", "5"]


def test_an_option_takes_the_generic_ticks_that_a_client_asks_for() -> None:
    """osauer/ibkr asks for the same ones of a stock and of its options, 104 among them."""
    hall = Hall()
    hall.quote("AAPL_C260 5.00 x 5.20")
    client = hall.client(1, 151)
    option = Contract(
        symbol="AAPL", secType="OPT", exchange="SMART", currency="USD", right="C", strike=260.0,
        lastTradeDateOrContractMonth="20260515", multiplier="100",
    )  # fmt: skip
    client.send(market.ReqMktData(1, option, "100,101,104,106,221,236"))
    kinds = [row[0] for row in tokens(client.pipe.data)]
    assert "4" not in kinds and "1" in kinds


MESSAGE_VERSIONS = {
    1: 6, 2: 6, 4: 2, 6: 2, 7: 8, 8: 1, 9: 1, 15: 1, 46: 6, 49: 1, 52: 1, 53: 1, 54: 1, 55: 1,
    57: 1, 58: 1, 59: 1, 61: 3, 62: 1, 63: 1, 64: 1,
}  # fmt: skip
"""What ib-ruby wants as version of each message: another ends it."""


@pytest.mark.long
@walk("version", [number for number in TEXTS if number < ERROR_TIME])
def test_messages_have_the_versions_that_a_client_checks(version: int) -> None:
    hall = Hall(market=TapeMarket())
    hall.quote("AAPL 257.66 x 257.68")
    hall.trade("AAPL 257.67*100")
    client = hall.client(1, version, quiet=False)
    apple = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
    client.send(
        market.ReqMktData(1, apple), market.ReqMktData(2, apple, "", True),
        contract.ReqContractDetails(3, apple), order(1, "BUY 100 AAPL MKT"),
        account.ReqAccountUpdates(True, ""), account.ReqPositions(), orders.ReqOpenOrders(),
        account.ReqAccountSummary(4, "All", "NetLiquidation"), orders.ReqExecutions(5),
        session.ReqCurrentTime(),
    )  # fmt: skip
    hall.wait(12)
    seen = {(int(row[0]), int(row[1])) for row in tokens(client.pipe.data)
            if int(row[0]) in MESSAGE_VERSIONS}  # fmt: skip
    assert seen == set(MESSAGE_VERSIONS.items())


# ------------------------------------------------------------------------------- protobuf

PROTOBUFS = (213, 226)
"""From 213 on everything is protobuf, which is where the Rust crate begins from its version 3."""
FIRST = 1_500_000_000
"""The request ids of the Rust crate 5 begin here, and its order ids end."""
QUOTES = (
    "AAPL 257.66 x 257.68", "AAPL_C260 5.00 x 5.20", "ESM6 5000.25 x 5000.50",
    "12087792 1.1 x 1.1001*50000",
)  # fmt: skip
APPLE = {"symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD"}
CALL = APPLE | {
    "secType": "OPT", "lastTradeDateOrContractMonth": "20260515", "strike": 260.0, "right": "C",
    "multiplier": 100.0,
}  # fmt: skip
FUTURE = {
    "symbol": "ES", "secType": "FUT", "exchange": "CME", "currency": "USD",
    "lastTradeDateOrContractMonth": "202606",
}  # fmt: skip
PAIR = {"symbol": "EUR", "secType": "CASH", "exchange": "IDEALPRO", "currency": "USD"}
PLAIN = {"action": "BUY", "tif": "DAY", "transmit": True}
OF_RUST = PLAIN | {"displaySize": 0, "refFuturesConId": 0, "exemptCode": -1}
"""What its orders have beside what was set."""
STATES = {
    "ApiPending", "PendingSubmit", "PendingCancel", "PreSubmitted", "Submitted", "ApiCancelled",
    "Cancelled", "Filled", "Inactive",
}  # fmt: skip
WORDS = {
    "right": {"C", "P"}, "action": {"BUY", "SELL"}, "side": {"BOT", "SLD"}, "status": STATES,
    "secType": {"STK", "OPT", "FUT", "CASH"},
}  # fmt: skip
NUMBERS = {
    "totalQuantity", "filledQuantity", "filled", "remaining", "position", "shares", "cumQty",
    "minTick", "minSize", "sizeIncrement", "suggestedSizeIncrement", "suggestedSize", "volume",
    "wap",
}  # fmt: skip
REQUIRED = {
    contract.ContractData: ("reqId", "contract.secType", "contractDetails"),
    contract.ContractDataEnd: ("reqId",),
    reports.OpenOrder: ("contract", "order.action", "orderState.status"),
    reports.CompletedOrder: ("contract", "order.action", "orderState.status"),
    reports.OrderStatus: ("orderId", "status"),
    reports.ExecutionDetails: ("contract", "execution.side", "execution.execId"),
    account.Position: ("contract",),
    account.PortfolioValue: ("contract",),
    history.HistoricalDataEnd: ("reqId", "startDateStr", "endDateStr"),
    session.NextValidId: ("orderId",),
    session.ManagedAccounts: ("accountsList",),
}
"""What must be on the wire: without it the Rust crate ends the stream, ibkr-go the connection."""


def asked(number: int, kind: type[Message], **fields: Any) -> bytes:
    """A request that has just these fields, by the protobuf runtime and not by our encoder."""
    body = message_class(kind)(**fields).SerializeToString()
    return (len(body) + 4).to_bytes(4, "big") + (number + 200).to_bytes(4, "big") + body


def told(client: Client) -> list[tuple[type[Message], Any]]:
    """What has come, read by the protobuf runtime; nothing of it may be text."""
    data, client.pipe.data = client.pipe.data, b""
    found = []
    while data:
        length, number = int.from_bytes(data[:4], "big"), int.from_bytes(data[4:8], "big")
        kind = RESPONSES[number - 200]
        found.append((kind, message_class(kind).FromString(data[8 : 4 + length])))
        data = data[4 + length :]
    return found


def leaves(message: Any) -> Iterator[tuple[str, Any]]:
    """Every field on the wire that is a value, with its name."""
    for field, value in message.ListFields():
        if field.message_type is None:
            yield field.name, value
        elif not field.message_type.GetOptions().map_entry:
            for one in value if field.is_repeated else (value,):
                yield from leaves(one)


def has(message: Any, path: str) -> bool:
    """Whether a field is on the wire."""
    name, _, rest = path.partition(".")
    return message.HasField(name) and (not rest or has(getattr(message, name), rest))


def read_strictly(kind: type[Message], message: Any) -> None:
    """Read an answer as the strictest of the clients do."""
    missing = [path for path in REQUIRED.get(kind, ()) if not has(message, path)]
    assert not missing, (kind, missing, message)
    for name, value in leaves(message):
        assert value in WORDS.get(name, (value,)), (kind, name, value)
        if name in NUMBERS:
            float(value)
        if name in ("startDateStr", "endDateStr"):
            clock, _, zone = value.rpartition(" ")
            datetime.strptime(clock, "%Y%m%d %H:%M:%S").replace(tzinfo=ZoneInfo(zone))


@pytest.fixture(params=PROTOBUFS)
def strict(request: pytest.FixtureRequest) -> Client:
    hall = Hall(market=TapeMarket())
    for row in QUOTES:
        hall.quote(row)
    hall.trade("AAPL 257.67*100")
    client = hall.client(100, request.param, quiet=False)
    kinds = [read_strictly(*one) or one[0] for one in told(client)]
    assert {session.NextValidId, session.ManagedAccounts} <= set(kinds)
    return client


def test_rust_finds_contracts_and_their_history_by_its_request_ids(strict: Client) -> None:
    for place, wanted in enumerate((APPLE, CALL, FUTURE, PAIR)):
        strict.raw(asked(9, contract.ReqContractDetails, reqId=FIRST + place, contract=wanted))
        *rows, (end, last) = told(strict)
        assert rows and (end, last.reqId) == (contract.ContractDataEnd, FIRST + place)
        for one in rows:
            read_strictly(*one)
    strict.raw(
        asked(20, history.ReqHistoricalData, reqId=FIRST + 9, contract=APPLE, duration="3600 S",
              barSizeSetting="1 min", whatToShow="TRADES", formatDate=2)
    )  # fmt: skip
    strict.hall.wait(5)
    (_, bars), end_ = told(strict)
    assert bars.reqId == FIRST + 9 and int(bars.historicalDataBars[-1].date)
    read_strictly(*end_)


@pytest.mark.parametrize("zero", [False, True])
def test_orders_of_rust_and_go_fill_and_are_told_in_full(strict: Client, zero: bool) -> None:
    # ibkr-go sends a contract id of zero, and attached orders without any.
    more: dict[str, Any] = {"attachedOrders": {}} if zero else {}
    wanted = ((APPLE, "100"), (CALL, "1"), (FUTURE, "1"), (PAIR, "20000"))
    for number, (whose, quantity) in enumerate(wanted, 1):
        what = OF_RUST | {"orderType": "MKT", "totalQuantity": quantity}
        named = {"conId": 0, **whose} if zero else whose
        strict.raw(asked(3, orders.PlaceOrder, orderId=number, contract=named, order=what, **more))
        strict.hall.wait(2)
    limit = OF_RUST | {"orderType": "LMT", "totalQuantity": "10", "lmtPrice": 100.0}
    price = {"type": 1, "isConjunctionConnection": True, "isMore": True, "conId": 265598,
             "exchange": "SMART", "price": 500.0, "triggerMethod": 0}  # fmt: skip
    strict.raw(asked(3, orders.PlaceOrder, orderId=5, contract=APPLE, order=limit))
    limit["conditions"] = [price]
    strict.raw(asked(3, orders.PlaceOrder, orderId=6, contract=APPLE, order=limit))
    strict.raw(asked(4, orders.CancelOrder, orderId=5, orderCancel={}))
    strict.raw(asked(16, orders.ReqAllOpenOrders))
    strict.raw(asked(7, orders.ReqExecutions, reqId=FIRST, executionFilter={}))
    strict.raw(asked(99, orders.ReqCompletedOrders))
    strict.raw(asked(61, account.ReqPositions))
    strict.raw(asked(6, account.ReqAccountUpdates, subscribe=True, acctCode="DU1234567"))
    got = told(strict)
    for one in got:
        read_strictly(*one)
    filled = {m.orderId for kind, m in got if kind is reports.OrderStatus and m.status == "Filled"}
    assert filled == {1, 2, 3, 4}
    kinds = {kind for kind, _ in got}
    assert set(REQUIRED) - kinds <= {
        contract.ContractData, contract.ContractDataEnd, history.HistoricalDataEnd,
        session.NextValidId, session.ManagedAccounts,
    }  # fmt: skip


def test_a_request_with_the_id_zero_has_it_in_its_answer(strict: Client) -> None:
    strict.raw(asked(9, contract.ReqContractDetails, reqId=0, contract={"conId": 0, **APPLE}))
    got = told(strict)
    assert [kind for kind, _ in got] == [contract.ContractData, contract.ContractDataEnd]
    for one in got:
        read_strictly(*one)
