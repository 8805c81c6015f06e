"""Ticks one by one, ticks of the past, real-time bars, histograms, first time stamps."""

from decimal import Decimal

from ...model import (
    Contract,
    HistogramEntry,
    HistoricalTick,
    HistoricalTickBidAsk,
    HistoricalTickLast,
    Long,
    TagValue,
)
from ..layout import Item, const, each, f, part, since, switch, version
from ..message import Farm, Message, new, request, response
from .shared import REQUEST_CONTRACT


@request(50, version(3), "reqId", *REQUEST_CONTRACT, "barSize", "whatToShow", "useRTH",
         "realTimeBarsOptions", protobuf=208, proto_name="RealTimeBarsRequest",
         callback="reqRealTimeBars", farm=Farm.MARKET)  # fmt: skip
class ReqRealTimeBars(Message):
    """Subscribes to bars of five seconds."""

    reqId: int = 0
    contract: Contract = new(Contract)
    barSize: int = 5
    whatToShow: str = ""
    useRTH: bool = False
    realTimeBarsOptions: list[TagValue] = []


@request(51, version(1), protobuf=208, callback="cancelRealTimeBars", cancels=ReqRealTimeBars)
class CancelRealTimeBars(Message):
    """Ends a subscription to real-time bars."""

    reqId: int = 0


@response(50, version(3), protobuf=208, proto={"wap": " WAP"}, callback="realtimeBar",
         market_data=True)  # fmt: skip
class RealTimeBarTick(Message):
    """A bar of five seconds; ``time`` is its start in seconds since the epoch."""

    reqId: int = 0
    time: Long = 0
    open: float = 0.0
    high: float = 0.0
    low: float = 0.0
    close: float = 0.0
    volume: Decimal | None = None
    wap: Decimal | None = None
    count: int = 0


@request(87, "reqId", *REQUEST_CONTRACT, "contract.includeExpired", "useRTH", "whatToShow",
         "formatDate", since=118, blames_id=True, protobuf=208,
         proto_name="HeadTimestampRequest", proto={"useRTH": "bool"},
         callback="reqHeadTimeStamp", farm=Farm.HISTORY)  # fmt: skip
class ReqHeadTimeStamp(Message):
    """Asks since when there is data of a kind."""

    reqId: int = 0
    contract: Contract = new(Contract)
    useRTH: int = 1
    whatToShow: str = ""
    formatDate: int = 1


@request(90, since=123, blames_id=True, protobuf=208, proto_name="CancelHeadTimestamp",
         callback="cancelHeadTimeStamp", cancels=ReqHeadTimeStamp)  # fmt: skip
class CancelHeadTimeStamp(Message):
    """Withdraws the question for a first time stamp."""

    reqId: int = 0


@response(88, since=118, protobuf=208, callback="headTimestamp")
class HeadTimestamp(Message):
    """Since when there is data."""

    reqId: int = 0
    headTimestamp: str = ""


@request(88, "reqId", *REQUEST_CONTRACT, "contract.includeExpired", "useRTH", "timePeriod",
         since=119, protobuf=208, proto_name="HistogramDataRequest",
         callback="reqHistogramData", farm=Farm.HISTORY)  # fmt: skip
class ReqHistogramData(Message):
    """Asks how much was traded at each price in a period."""

    reqId: int = 0
    contract: Contract = new(Contract)
    useRTH: bool = False
    timePeriod: str = ""


@request(89, since=119, protobuf=208, callback="cancelHistogramData", cancels=ReqHistogramData)
class CancelHistogramData(Message):
    """Withdraws the question for a histogram."""

    reqId: int = 0


@response(89, "reqId", each("histogramDataEntries", HistogramEntry, "price", "size"), since=119,
          protobuf=208, callback="histogramData")  # fmt: skip
class HistogramData(Message):
    """How much was traded at each price."""

    reqId: int = 0
    histogramDataEntries: list[HistogramEntry] = []


@request(96, "reqId", *REQUEST_CONTRACT, "contract.includeExpired", "startDateTime",
         "endDateTime", "numberOfTicks", "whatToShow", "useRTH", "ignoreSize", "miscOptions",
         since=130, protobuf=208, proto_name="HistoricalTicksRequest", proto={"useRTH": "bool"},
         callback="reqHistoricalTicks", farm=Farm.HISTORY)  # fmt: skip
class ReqHistoricalTicks(Message):
    """Asks for ticks of the past; start or end is given, not both."""

    reqId: int = 0
    contract: Contract = new(Contract)
    startDateTime: str = ""
    endDateTime: str = ""
    numberOfTicks: int = 0
    whatToShow: str = ""
    """``MIDPOINT``, ``BID_ASK`` or ``TRADES``; it decides which message answers."""
    useRTH: int = 1
    ignoreSize: bool = False
    miscOptions: list[TagValue] = []


@request(107, protobuf_only=True, since=215, blames_id=True, protobuf=215,
         callback="cancelHistoricalTicks", cancels=ReqHistoricalTicks)  # fmt: skip
class CancelHistoricalTicks(Message):
    """Withdraws the question for ticks of the past."""

    reqId: int = 0


_MIDS = each("historicalTicks", HistoricalTick, "time", const("unusedMask", "0"), "price", "size")


@response(96, "reqId", _MIDS, "isDone", since=130, protobuf=208, callback="historicalTicks")
class HistoricalTicks(Message):
    """Mid prices of the past."""

    reqId: int = 0
    historicalTicks: list[HistoricalTick] = []
    isDone: bool = False


_QUOTES = each(
    "historicalTicksBidAsk",
    HistoricalTickBidAsk,
    "time",
    f("tickAttribBidAsk", "mask_ask_bid"),
    "priceBid",
    "priceAsk",
    "sizeBid",
    "sizeAsk",
)


@response(97, "reqId", _QUOTES, "isDone", since=130, protobuf=208,
          callback="historicalTicksBidAsk")  # fmt: skip
class HistoricalTicksBidAsk(Message):
    """Quotes of the past."""

    reqId: int = 0
    historicalTicksBidAsk: list[HistoricalTickBidAsk] = []
    isDone: bool = False


_LASTS = each(
    "historicalTicksLast",
    HistoricalTickLast,
    "time",
    f("tickAttribLast", "mask_last"),
    "price",
    "size",
    "exchange",
    "specialConditions",
)


@response(98, "reqId", _LASTS, "isDone", since=130, protobuf=208, callback="historicalTicksLast")
class HistoricalTicksLast(Message):
    """Trades of the past."""

    reqId: int = 0
    historicalTicksLast: list[HistoricalTickLast] = []
    isDone: bool = False


@request(97, "reqId", *REQUEST_CONTRACT, "tickType", since(140, "numberOfTicks", "ignoreSize"),
         since=140, protobuf=208, proto_name="TickByTickRequest",
         callback="reqTickByTickData", farm=Farm.MARKET)  # fmt: skip
class ReqTickByTickData(Message):
    """Subscribes to every tick. Clients of before server 140 sent it without its last fields."""

    reqId: int = 0
    contract: Contract = new(Contract)
    tickType: str = ""
    """``Last``, ``AllLast``, ``BidAsk`` or ``MidPoint``."""
    numberOfTicks: int = 0
    ignoreSize: bool = False


@request(98, since=137, protobuf=208, proto_name="CancelTickByTick",
         callback="cancelTickByTickData", cancels=ReqTickByTickData)  # fmt: skip
class CancelTickByTickData(Message):
    """Ends a subscription to every tick."""

    reqId: int = 0


_LAST: tuple[Item, ...] = (
    part("historicalTickLast", HistoricalTickLast, "time", "price", "size",
         f("tickAttribLast", "mask_last"), "exchange", "specialConditions"),
)  # fmt: skip
_BID_ASK: tuple[Item, ...] = (
    part("historicalTickBidAsk", HistoricalTickBidAsk, "time", "priceBid", "priceAsk", "sizeBid",
         "sizeAsk", f("tickAttribBidAsk", "mask_bid_ask")),
)  # fmt: skip
_MID: tuple[Item, ...] = (part("historicalTickMidPoint", HistoricalTick, "time", "price"),)


@response(99, "reqId", "tickType",
          switch("tickType", {0: (const("time", "0"),), 1: _LAST, 2: _LAST, 3: _BID_ASK, 4: _MID}),
          since=137, protobuf=208, callback="tickByTick", market_data=True)  # fmt: skip
class TickByTickData(Message):
    """One tick; ``tickType`` tells which: 1 last, 2 all last, 3 bid and ask, 4 mid point."""

    reqId: int = 0
    tickType: int = 0
    historicalTickLast: HistoricalTickLast | None = None
    historicalTickBidAsk: HistoricalTickBidAsk | None = None
    historicalTickMidPoint: HistoricalTick | None = None
