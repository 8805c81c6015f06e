"""The requests of the client API and their conversations, without waiting for answers."""

from collections.abc import Callable

import msgspec

from ...model import Bar, Contract, ExecutionFilter, Order
from ...wire.catalogue import account, depth, history, market, ticks
from ..books import BookStream
from ..quotes import QuoteStream
from ..session import ClientSession
from ..streams import (
    AccountStream,
    BarStream,
    PositionStream,
    RealTimeBarStream,
    StreamSource,
    TickStream,
)
from . import lists
from .asks import Ask

# -- lists ----------------------------------------------------------------------------------------


def open_orders(core: ClientSession, timeout: float) -> Ask:
    """The working orders of this client."""
    return core.ask("reqOpenOrders", lists.open_orders(), timeout, by_id=False)


def executions(core: ClientSession, timeout: float) -> Ask:
    """Today's executions."""
    return core.ask("reqExecutions", lists.executions(ExecutionFilter()), timeout)


def positions(core: ClientSession, timeout: float) -> Ask:
    """All positions; call ``finish`` afterwards."""
    return core.ask("reqPositions", lists.positions(), timeout, by_id=False)


def account_updates(core: ClientSession, timeout: float, code: str = "") -> Ask:
    """One account's values; call ``finish`` afterwards."""
    name = account_name(core, code)
    maker = lists.account_updates(name, other_accounts(core, name))
    return core.ask("reqAccountUpdates", maker, timeout, by_id=False)


FETCH: dict[str, Callable[[ClientSession, float], Ask]] = {
    "openOrders": open_orders,
    "executions": executions,
    "positions": positions,
    "account": account_updates,
}
"""What ``connect`` can fetch."""


def finish(core: ClientSession, name: str, code: str = "") -> None:
    """Cancel the subscription that a list needed, unless a stream still uses it."""
    if not core.online or name not in ("positions", "account"):
        return
    if name == "positions":
        if not core.routes.asking("reqPositions"):
            core.send(account.CancelPositions())
        return
    others = core.routes.asking("reqAccountUpdates")
    stream = next((one for one in others if isinstance(one, AccountStream)), None)
    name_of_account = account_name(core, code)
    if stream is not None and stream.code != name_of_account:
        # TWS serves one account at a time: request the stream's own again.
        core.send(account.ReqAccountUpdates(True, stream.code))
    elif not others:
        core.send(account.ReqAccountUpdates(False, name_of_account))


def other_accounts(core: ClientSession, code: str) -> frozenset[str]:
    """The accounts of this login besides one."""
    return frozenset(core.report.accounts) - {code}


def account_name(core: ClientSession, code: str) -> str:
    """The account code given, or the first account when it is empty."""
    return code or (core.report.accounts[0] if core.report.accounts else "")


# -- streams --------------------------------------------------------------------------------------


def quotes(core: ClientSession, wanted: Contract, generic: str) -> QuoteStream:
    """Level 1 quotes."""
    request = lambda number: market.ReqMktData(number, wanted, generic)  # noqa: E731
    source = StreamSource("market", request, market.CancelMktData)
    return QuoteStream(core.request_id(), source)


def tick_by_tick(
    core: ClientSession, wanted: Contract, kind: str, count: int, *, ignore_size: bool
) -> TickStream:
    """Ticks one by one, after ``count`` of the past; those only once, whatever interrupts it."""

    def request(number: int) -> ticks.ReqTickByTickData:
        past = 0 if stream.trouble is not None else count
        return ticks.ReqTickByTickData(number, wanted, kind, past, ignore_size)

    source = StreamSource("market", request, ticks.CancelTickByTickData)
    stream = TickStream(core.request_id(), source)
    return stream


def book(core: ClientSession, wanted: Contract, rows: int, *, smart: bool) -> BookStream:
    """A book and its changes."""
    request = lambda number: depth.ReqMktDepth(number, wanted, rows, smart)  # noqa: E731
    cancel = lambda number: depth.CancelMktDepth(number, smart)  # noqa: E731
    return BookStream(core.request_id(), StreamSource("market", request, cancel))


def real_time_bars(
    core: ClientSession, wanted: Contract, what: str, *, regular_hours: bool
) -> RealTimeBarStream:
    """Bars of five seconds."""

    def request(number: int) -> ticks.ReqRealTimeBars:
        return ticks.ReqRealTimeBars(number, wanted, 5, what, regular_hours)

    source = StreamSource("market", request, ticks.CancelRealTimeBars)
    return RealTimeBarStream(core.request_id(), source)


def five_seconds(number: int, bar: Bar) -> ticks.RealTimeBarTick:
    """A bar of a history, its date in seconds, as a bar of five seconds."""
    return ticks.RealTimeBarTick(
        number, int(bar.date), bar.open, bar.high, bar.low, bar.close, bar.volume, bar.wap,
        bar.barCount,
    )  # fmt: skip


def bars(core: ClientSession, wanted: history.ReqHistoricalData) -> BarStream:
    """Historical bars that are kept up to date; after an interruption that was longer than their
    span, as much of it as is missing is asked for."""

    def request(number: int) -> history.ReqHistoricalData:
        trouble = stream.trouble
        duration = wanted.duration
        if trouble is not None:
            duration = stretched(duration, core.now - trouble.since)
        return msgspec.structs.replace(wanted, reqId=number, duration=duration)

    source = StreamSource("history", request, history.CancelHistoricalData)
    stream = BarStream("reqHistoricalData", core.request_id(), source)
    return stream


UNNOTICED_S = 120
"""So much longer an interruption may have lasted than the client has known of it."""
DAY_S = 86_400


def stretched(duration: str, outage: float) -> str:
    """A span of a history that reaches back to before an interruption of so many seconds.

    Only a span of seconds can be too short: days are those on which something is traded.
    """
    number, _, unit = duration.strip().partition(" ")
    needed = int(outage) + UNNOTICED_S
    if unit.upper() not in ("", "S") or not number.isdecimal() or int(number) >= needed:
        return duration
    return f"{needed} S" if needed <= DAY_S else f"{-(-needed // DAY_S)} D"


def position_stream() -> PositionStream:
    """Positions as they change."""
    cancel = lambda _: account.CancelPositions()  # noqa: E731
    return PositionStream(StreamSource("", lambda _: account.ReqPositions(), cancel))


def account_stream(core: ClientSession, code: str) -> AccountStream:
    """One account's values as they change."""
    request = lambda _: account.ReqAccountUpdates(True, code)  # noqa: E731
    cancel = lambda _: account.ReqAccountUpdates(False, code)  # noqa: E731
    return AccountStream(code, StreamSource("", request, cancel), other_accounts(core, code))


# -- orders ---------------------------------------------------------------------------------------


OVERNIGHT = "OVERNIGHT + "
"""Prefix of the tif in the echo of an order with ``includeOvernight``."""


def resendable(order: Order) -> Order:
    """Copy an echoed order without the fields that only the server may set."""
    order = msgspec.structs.replace(order)
    order.orderId = order.permId = order.clientId = 0
    for name in ("deltaNeutralOrderType", "adjustedOrderType", "hedgeType"):
        if getattr(order, name) == "None":
            setattr(order, name, "")
    order.submitter = order.shareholder = order.autoCancelDate = ""
    order.volatilityType = order.volatilityType or None
    order.referencePriceType = order.referencePriceType or None
    order.dontUseAutoPriceForHedge = False
    order.filledQuantity = order.seekPriceImprovement = order.whatIfType = None
    order.routeMarketableToBbo = order.routeMarketableToBbo or None
    if order.orderType not in ("PEG BEST", "PEGBEST"):
        order.minCompeteSize = order.competeAgainstBestOffset = None
    if order.orderType in ("MKT", "LMT"):
        order.trailStopPrice = None
    if order.includeOvernight and order.tif.startswith(OVERNIGHT):
        order.tif, order.outsideRth = order.tif.removeprefix(OVERNIGHT), False
    return order
