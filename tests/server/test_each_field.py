"""Whatever stands in a field of a request, its sender is told: by the answer or by an error.

Every request that is answered is sent as a program sends it, then once for each of its fields and
each value that does not belong there: in text, where anything can stand anywhere, and in protobuf,
where a field keeps its type. A request that nothing answers must leave its session as it is.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
import pytest

from lanes import many
from papertape.errors import LocalProtocolError
from papertape.model import Contract, ExecutionFilter
from papertape.server.settings import StationSettings
from papertape.wire import catalogue
from papertape.wire.catalogue import (
    account,
    config,
    contract,
    depth,
    display,
    fa,
    history,
    legacy,
    market,
    news,
    options,
    orders,
    pnl,
    reference,
    scanner,
    session,
    ticks,
    verify,
    wsh,
)
from papertape.wire.connection import encode
from papertape.wire.message import Message
from server.handlers.test_scanners import hall as a_few_stocks
from server.handlers.test_scanners import wanted
from server.pair import Client, Hall
from server.test_every_kind import hall as whole_market
from server.test_station import order

TEXT, PROTO = 176, 226
AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
CALL = Contract(localSymbol="SPY   260618C00680000", secType="OPT", exchange="SMART")
ACCOUNT = "DU1234567"
LATER = "20260413-13:40:00"
PATIENCE_S = 120
"""Market time; the slowest answer is the first scan."""

ANSWERED: tuple[Message, ...] = (
    account.ReqAccountSummary(1, "All", "NetLiquidation"),
    account.ReqAccountUpdates(True, ACCOUNT),
    account.ReqAccountUpdatesMulti(1, ACCOUNT, "", True),
    account.ReqPositions(),
    account.ReqPositionsMulti(1, ACCOUNT, ""),
    config.ReqConfig(1),
    contract.ReqContractDetails(1, AAPL),
    depth.ReqMktDepth(1, AAPL, 3, True),
    depth.ReqMktDepthExchanges(),
    display.QueryDisplayGroups(1),
    display.SubscribeToGroupEvents(1, 1),
    fa.RequestFA(1),
    fa.ReplaceFA(1, 1, "<ListOfGroups/>"),
    history.ReqHistoricalData(1, AAPL, "", "1 min", "600 S", 1, "TRADES", 1),
    legacy.ReqFundamentalData(1, AAPL, "ReportSnapshot"),
    market.ReqMktData(1, AAPL, "233"),
    news.ReqHistoricalNews(1, 265598, "BRFG", "", "", 3),
    news.ReqNewsArticle(1, "BRFG", "BRFG$1"),
    news.ReqNewsProviders(),
    options.CalculateImpliedVolatility(1, CALL, 20.0, 680.0),
    options.CalculateOptionPrice(1, CALL, 0.2, 680.0),
    options.ExerciseOptions(1, CALL, 1, 1, ACCOUNT, 1),
    options.ReqSecDefOptParams(1, "AAPL", "", "STK", 265598),
    order(1, "BUY 1 AAPL LMT 1"),
    orders.CancelOrder(77),
    orders.ReqAllOpenOrders(),
    orders.ReqCompletedOrders(),
    orders.ReqExecutions(1, ExecutionFilter()),
    orders.ReqOpenOrders(),
    pnl.ReqPnL(1, ACCOUNT),
    reference.ReqFamilyCodes(),
    reference.ReqMarketRule(26),
    reference.ReqMatchingSymbols(1, "IBM"),
    reference.ReqSmartComponents(1, "9c0001"),
    reference.ReqSoftDollarTiers(1),
    reference.ReqUserInfo(1),
    scanner.ReqScannerParameters(),
    scanner.ReqScannerSubscription(1, wanted()),
    session.ReqCurrentTime(),
    session.ReqCurrentTimeInMillis(),
    session.ReqIds(1),
    session.ReqManagedAccts(),
    ticks.ReqHeadTimeStamp(1, AAPL, 1, "TRADES", 1),
    ticks.ReqHistogramData(1, AAPL, True, "60 S"),
    ticks.ReqHistoricalTicks(1, AAPL, LATER, "", 10, "TRADES", 1),
    ticks.ReqRealTimeBars(1, AAPL, 5, "TRADES"),
    ticks.ReqTickByTickData(1, AAPL, "BidAsk"),
    wsh.ReqWshMetaData(1),
    wsh.ReqWshEventData(1, 265598),
)
SILENT: tuple[Message, ...] = (
    account.CancelAccountSummary(1),
    account.CancelAccountUpdatesMulti(1),
    account.CancelPositions(),
    account.CancelPositionsMulti(1),
    contract.CancelContractData(1),
    display.UnsubscribeFromGroupEvents(1),
    display.UpdateDisplayGroup(1, "265598@SMART"),
    legacy.CancelFundamentalData(1),
    market.CancelMktData(1),
    market.ReqMarketDataType(3),
    depth.CancelMktDepth(1),
    history.CancelHistoricalData(1),
    news.CancelNewsBulletins(),
    news.ReqNewsBulletins(True),
    options.CancelCalculateImpliedVolatility(1),
    options.CancelCalculateOptionPrice(1),
    orders.ReqAutoOpenOrders(True),
    orders.ReqGlobalCancel(),
    pnl.CancelPnL(1),
    pnl.CancelPnLSingle(1),
    pnl.ReqPnLSingle(1, ACCOUNT, "", 265598),
    scanner.CancelScannerSubscription(1),
    session.SetServerLogLevel(2),
    ticks.CancelHeadTimeStamp(1),
    ticks.CancelHistogramData(1),
    ticks.CancelHistoricalTicks(1),
    ticks.CancelRealTimeBars(1),
    ticks.CancelTickByTickData(1),
    wsh.CancelWshEventData(1),
    wsh.CancelWshMetaData(1),
)
"""What TWS does not answer, or answers with an error alone."""
ELSEWHERE: dict[type[Message], str] = {
    session.StartApi: "server/test_bad_input.py",
    config.UpdateConfig: "server/handlers/test_config.py",
    verify.VerifyRequest: "programs of partners alone have the keys",
    verify.VerifyMessage: "the same",
    verify.VerifyAndAuthRequest: "the same",
    verify.VerifyAndAuthMessage: "the same",
}

WORDS = (
    "", " ", "0", "-1", "2", "2147483647", "2147483648", "1e400", "NaN", "x", "é", "TRADES", "BAG",
    "AGGTRADES", "SCHEDULE", "CONTFUT", "BOND",
    "99991231-23:59:59", "20260413 09:30:00 Moon/Base", "0 D", "1,2;3+", "A" * 5000,
)  # fmt: skip
VALUES: dict[type, tuple[Any, ...]] = {
    str: WORDS,
    int: (0, -1, 2, 2**31 - 1, -(2**31)),
    bool: (False, True),
    float: (0.0, -1.0, 1e300, float("inf"), float("-inf")),
    Decimal: tuple(map(Decimal, ("0", "-1", "0.5", "1E+30", "1E-30"))),
}
LEAVES: dict[type[Message], tuple[str, ...]] = {
    account.ReqAccountUpdates: ("field 2 = '0'", "field 2 = ''", "subscribe = 'False'"),
}
"""Changes that make another request of it, which nothing answers."""
UNASKED = frozenset((2104, 2106, 2107, 2108, 2119, 2158))
"""Notices about farms: no answer."""


def in_text(message: Message) -> Iterator[tuple[str, bytes]]:
    """The request with each of its fields changed, by the number of the field."""
    fields = encode(message, TEXT)[4:].split(b"\0")[:-1]
    for at in range(1, len(fields)):
        for word in WORDS:
            changed = [*fields[:at], word.encode(), *fields[at + 1 :]]
            body = b"".join(one + b"\0" for one in changed)
            yield f"field {at} = {word[:40]!r}", len(body).to_bytes(4) + body


def in_proto(message: Message) -> Iterator[tuple[str, bytes]]:
    """The request with each field of it and of its records changed to others of its type."""
    for where, changed in _changed(message):
        try:
            yield where, encode(changed, PROTO)
        except (LocalProtocolError, ValueError):
            continue  # nothing can send it


def _changed(record: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, msgspec.Struct):
            for where, inner in _changed(value, f"{path}{name}."):
                yield where, msgspec.structs.replace(record, **{name: inner})
        for other in VALUES.get(type(value), ()):
            changed = msgspec.structs.replace(record, **{name: other})
            yield f"{path}{name} = {str(other)[:40]!r}", changed


@cache
def tape() -> Any:
    """A market that plays, open at ten o'clock."""
    made = whole_market()
    return made.market, made.now


def station(message: Message) -> Hall:
    if isinstance(message, scanner.ReqScannerSubscription):
        return a_few_stocks()
    playing, now = tape()
    return Hall(market=playing, now=now, settings=StationSettings(max_message_rate=0))


def asked(hall: Hall, frame: bytes, version: int) -> list[Any]:
    """What a new client is told that sends this, within the patience of a program."""
    client = hall.client(1, version)
    client.raw(frame)
    found = _told(client)
    for _ in range(PATIENCE_S // 10):
        if found:
            break
        hall.wait(10)
        found += _told(client)
    assert client.session.started and not client.pipe.closed, "its session was closed"
    client.leave()
    return found


def is_fault(message: Any) -> bool:
    """Whether something went wrong in our code."""
    return bool(getattr(message, "errorCode", 0) == 323)


def _told(client: Client) -> list[Any]:
    return [one for one in client.got() if getattr(one, "errorCode", 0) not in UNASKED]


def name_of(message: Message) -> str:
    return type(message).__name__


def cases(message: Message, version: int) -> list[tuple[str, bytes]]:
    spec = type(message).spec
    if version == TEXT and (spec.layout is None or not spec.since <= TEXT < spec.until):
        return []
    if version == PROTO and spec.protobuf > PROTO:
        return []
    found = [*(in_text if version == TEXT else in_proto)(message)]
    return found[:: many(test=7, quick=3, proof=1)]


def test_no_request_is_left_out() -> None:
    known = {type(one) for one in (*ANSWERED, *SILENT)} | ELSEWHERE.keys()
    assert known == set(catalogue.REQUESTS.values())


@pytest.mark.sample(1, test=3)
@pytest.mark.proof
@pytest.mark.parametrize("version", [TEXT, PROTO])
@pytest.mark.parametrize("message", ANSWERED, ids=name_of)
def test_whatever_a_field_has_its_sender_hears_of_it(message: Message, version: int) -> None:
    hall, spec = station(message), type(message).spec
    if spec.since <= version < spec.until:
        assert asked(hall, encode(message, version), version), "as it should be"
    told = {where: asked(hall, frame, version) for where, frame in cases(message, version)}
    for where in LEAVES.get(type(message), ()):
        told.pop(where, None)
    assert [where for where, found in told.items() if not found] == []
    faults = {
        where: one.errorMsg for where, found in told.items() for one in found if is_fault(one)
    }
    assert faults == {}


@pytest.mark.proof
@pytest.mark.parametrize("version", [TEXT, PROTO])
@pytest.mark.parametrize("message", SILENT, ids=name_of)
def test_what_nothing_answers_leaves_its_session(message: Message, version: int) -> None:
    hall = station(message)
    for where, frame in cases(message, version):
        client = hall.client(1, version)
        client.raw(frame).raw(encode(session.ReqCurrentTime(), version))
        found = client.got()
        assert any(isinstance(one, session.CurrentTime) for one in found), where
        assert not any(map(is_fault, found)), where
        client.leave()
