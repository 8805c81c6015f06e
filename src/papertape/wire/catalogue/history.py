"""Historical bars."""

from ...model import Bar, Contract, HistoricalSession, TagValue
from ..layout import Item, const, each, since, until, version, when
from ..message import Farm, Message, new, request, response, too_old
from .shared import BAG, QUOTED_LEGS, REQUEST_CONTRACT

REQ_HISTORICAL_DATA: tuple[Item, ...] = (
    until(124, version(6)),
    "reqId",
    *REQUEST_CONTRACT,
    "contract.includeExpired",
    "endDateTime",
    "barSizeSetting",
    "duration",
    "useRTH",
    "whatToShow",
    "formatDate",
    when(BAG, QUOTED_LEGS),
    since(124, "keepUpToDate"),
    "chartOptions",
)


@request(20, *REQ_HISTORICAL_DATA, protobuf=208, proto_name="HistoricalDataRequest",
         proto={"useRTH": "bool"}, callback="reqHistoricalData",
         refuse=(too_old(165, "whatToShow", "SCHEDULE", "historical schedule"),),
         farm=Farm.HISTORY)  # fmt: skip
class ReqHistoricalData(Message):
    """Asks for bars; with ``keepUpToDate`` the last one goes on growing."""

    reqId: int = 0
    contract: Contract = new(Contract)
    endDateTime: str = ""
    barSizeSetting: str = ""
    duration: str = ""
    useRTH: int = 1
    whatToShow: str = ""
    formatDate: int = 1
    keepUpToDate: bool = False
    chartOptions: list[TagValue] = []


@request(25, version(1), protobuf=208, callback="cancelHistoricalData", cancels=ReqHistoricalData)
class CancelHistoricalData(Message):
    """Ends a history query or its updates."""

    reqId: int = 0


BARS = each(
    "historicalDataBars",
    Bar,
    "date",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "wap",
    until(124, const("hasGaps", "false")),
    "barCount",
)


@response(
    17,
    until(124, version(3)),
    "reqId",
    until(196, "startDateStr", "endDateStr"),
    BARS,
    protobuf=208,
    proto={"startDateStr": "-", "endDateStr": "-"},
    callback="historicalData",
)
class HistoricalData(Message):
    """All bars of a query; below server 196 also its end marker."""

    reqId: int = 0
    historicalDataBars: list[Bar] = []
    startDateStr: str = ""
    """Text form below server 196 only."""
    endDateStr: str = ""


@response(108, since=196, protobuf=208, callback="historicalDataEnd")
class HistoricalDataEnd(Message):
    """End marker of a history query (server 196 on)."""

    reqId: int = 0
    startDateStr: str = ""
    endDateStr: str = ""


@response(
    90,
    "reqId",
    "historicalDataBar.barCount",
    "historicalDataBar.date",
    "historicalDataBar.open",
    "historicalDataBar.close",
    "historicalDataBar.high",
    "historicalDataBar.low",
    "historicalDataBar.wap",
    "historicalDataBar.volume",
    since=124,
    protobuf=208,
    callback="historicalDataUpdate",
    market_data=True,
)
class HistoricalDataUpdate(Message):
    """The growing last bar of a query that is kept up to date."""

    reqId: int = 0
    historicalDataBar: Bar = new(Bar)


_SESSIONS = each("historicalSessions", HistoricalSession, "startDateTime", "endDateTime", "refDate")


@response(106, "reqId", "startDateTime", "endDateTime", "timeZone", _SESSIONS, since=165,
          protobuf=211, callback="historicalSchedule")  # fmt: skip
class HistoricalSchedule(Message):
    """The trading sessions of a period, which ``whatToShow`` SCHEDULE asks for."""

    reqId: int = 0
    startDateTime: str = ""
    endDateTime: str = ""
    timeZone: str = ""
    historicalSessions: list[HistoricalSession] = []
