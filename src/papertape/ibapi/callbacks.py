"""Maps messages to callbacks and fields to parameters.

Most follows from the declaration: the message names its callback, the callback's parameters name
the fields. The exceptions are in ``CALLS``. ``emit.py`` generates functions from both.
"""

import inspect
import re
from functools import cache
from typing import Any

from ..model import UNSET_DECIMAL, UNSET_INT
from ..wire.catalogue.records import MARGINS
from ..wire.message import Message, hints
from . import convert
from .commission_and_fees_report import CommissionAndFeesReport
from .common import TickAttrib, TickAttribBidAsk, TickAttribLast
from .contract import ContractDetails
from .order import OrderComboLeg
from .wrapper import EWrapper

__all__ = ["CASES", "calls", "filled", "local", "protobuf_callback", "used"]

WRITTEN_OUT = {"OpenOrder": ("displaySize",), "CompletedOrder": ("displaySize", "refFuturesConId")}
"""Numbers of an order that text reports as the largest one when they are not set."""

_PATH = re.compile(r"\{([\w.]+)\}")
Call = str
"""A statement in which ``{field}`` is the official value of a field and ``w`` the wrapper."""

CALLS: dict[str, tuple[Call, ...]] = {
    "TickPrice": (
        "<109 w.tickPrice({reqId}, {tickType}, {price}, PRICE_ATTRIBS[{attrMask} == 1])",
        ">109 w.tickPrice({reqId}, {tickType}, {price}, PRICE_ATTRIBS[{attrMask} & 7])",
        "if (kind := size_of({tickType})) is not None: w.tickSize({reqId}, kind, {size})",
    ),
    "TickOptionComputation": (
        "text option(m, w, m.tickAttrib)",
        "proto option(m, w, {tickAttrib})",
    ),
    "TickByTickData": ("tick_by_tick(m, w)",),
    "MarketDepth": (
        "w.updateMktDepth({reqId}, {@.position}, {@.operation}, {@.side}, {@.price}, {@.size})",
    ),
    "MarketDepthL2": (
        (
            "w.updateMktDepthL2({reqId}, {@.position}, {@.marketMaker}, {@.operation}, {@.side}, "
            "{@.price}, {@.size}, {@.isSmartDepth})"
        ),
    ),
    "ContractData": ("w.contractDetails({reqId}, with_contract({contractDetails}, {contract}))",),
    "BondContractData": (
        "text w.bondContractDetails({reqId}, text_bond({contractDetails}, {contract}))",
        "proto w.bondContractDetails({reqId}, proto_bond({contractDetails}, {contract}))",
    ),
    "HistoricalData": (
        "for bar in {historicalDataBars}: w.historicalData({reqId}, bar)",
        "<196 w.historicalDataEnd({reqId}, {startDateStr}, {endDateStr})",
    ),
    "OpenOrder": (
        "text {order}.orderId = {orderId}",
        "text unset({order}, m.order, WRITTEN_OUT['OpenOrder'])",
        "proto if not {order}.orderId: {order}.orderId = {orderId}",
        "proto {order}.transmit = True",
        "proto leg_prices({contract}, {order})",
        "text <142 margins({orderState}, AFTER)",
        "text >142 margins({orderState}, EVERY)",
        "w.openOrder({orderId}, {contract}, {order}, {orderState})",
    ),
    "CompletedOrder": (
        "text unset({order}, m.order, WRITTEN_OUT['CompletedOrder'])",
        "proto {order}.transmit = True",
        "proto leg_prices({contract}, {order})",
        "w.completedOrder({contract}, {order}, {orderState})",
    ),
    "CommissionReport": (
        "text w.commissionAndFeesReport(commission(m, UNSET_DOUBLE))",
        "proto w.commissionAndFeesReport(commission(m, 0.0))",
    ),
    "ScannerData": (
        "for row in m.scannerDataElement: scanner_row(w, {reqId}, row)",
        "w.scannerDataEnd({reqId})",
    ),
    "SecDefOptParameter": (
        (
            "w.securityDefinitionOptionParameter({reqId}, {exchange}, {underlyingConId}, "
            "{tradingClass}, {multiplier}, set({expirations}), set({strikes}))"
        ),
    ),
    "SmartComponents": (
        "text w.smartComponents({reqId}, {smartComponents})",
        "proto w.smartComponents({reqId}, components(m))",
    ),
    "ConfigResponse": (),
    "UpdateConfigResponse": (),
}
"""What does not follow from the declaration. In front of a statement may stand where it counts:
``text`` or ``proto``, ``<N`` or ``>N`` (server version below N, or from N on); ``@`` is the data
of market depth. Without any statement, only the protobuf message itself is reported.
"""

_LAST, _QUOTE, _MID = "historicalTickLast", "historicalTickBidAsk", "historicalTickMidPoint"
CASES: dict[str, dict[tuple[int, ...], Call]] = {
    "TickByTickData": {
        (1, 2): (
            "w.tickByTickAllLast({reqId}, {tickType}, {@.time}, {@.price}, {@.size}, "
            "{@.tickAttribLast}, {@.exchange}, {@.specialConditions})"
        ).replace("@", _LAST),
        (3,): (
            "w.tickByTickBidAsk({reqId}, {@.time}, {@.priceBid}, {@.priceAsk}, {@.sizeBid}, "
            "{@.sizeAsk}, {@.tickAttribBidAsk})"
        ).replace("@", _QUOTE),
        (4,): "w.tickByTickMidPoint({reqId}, {@.time}, {@.price})".replace("@", _MID),
        (0,): "pass",
    },
}
"""Messages whose layout depends on the value of a field: a call for each case."""

RENAMED: dict[str, dict[str, str]] = {
    "AccountValue": {"val": "value"},
    "CurrentTime": {"time": "currentTime"},
    "CurrentTimeInMillis": {"timeInMillis": "currentTimeInMillis"},
    "ErrorMessage": {"reqId": "id", "errorString": "errorMsg"},
    "HistogramData": {"items": "histogramDataEntries"},
    "HistoricalDataEnd": {"start": "startDateStr", "end": "endDateStr"},
    "HistoricalDataUpdate": {"bar": "historicalDataBar"},
    "HistoricalNews": {"requestId": "reqId"},
    "HistoricalNewsEnd": {"requestId": "reqId"},
    "HistoricalSchedule": {"sessions": "historicalSessions"},
    "HistoricalTicks": {"ticks": "historicalTicks", "done": "isDone"},
    "HistoricalTicksBidAsk": {"ticks": "historicalTicksBidAsk", "done": "isDone"},
    "HistoricalTicksLast": {"ticks": "historicalTicksLast", "done": "isDone"},
    "NewsArticle": {"requestId": "reqId"},
    "NewsBulletin": {
        "msgId": "newsMsgId",
        "msgType": "newsMsgType",
        "newsMessage": "newsMessage",
        "originExch": "originatingExch",
    },
    "PnLSingle": {"pos": "position"},
    "PositionMulti": {"pos": "position"},
    "RealTimeBarTick": {"open_": "open"},
    "ReceiveFA": {"faData": "faDataType", "cxml": "xml"},
    "SmartComponents": {"smartComponentMap": "smartComponents"},
    "SoftDollarTiers": {"tiers": "softDollarTiers"},
    "TickNews": {"tickerId": "reqId", "timeStamp": "timestamp"},
    "TickReqParams": {"tickerId": "reqId"},
}
"""Message: parameter of its callback: field, where the names differ."""

SIZE_OF = {1: 0, 2: 3, 4: 5, 66: 69, 67: 70, 68: 71}
"""Kind of a price tick: kind of the size that comes with it."""


def _price_attrib(mask: int) -> TickAttrib:
    made = TickAttrib()
    made.canAutoExecute, made.pastLimit, made.preOpen = (bool(mask & bit) for bit in (1, 2, 4))
    return made


def _trade_attrib(mask: int) -> TickAttribLast:
    made = TickAttribLast()
    made.pastLimit, made.unreported = (bool(mask & bit) for bit in (1, 2))
    return made


def _quote_attrib(mask: int) -> TickAttribBidAsk:
    made = TickAttribBidAsk()
    made.bidPastLow, made.askPastHigh = (bool(mask & bit) for bit in (1, 2))
    return made


PRICE_ATTRIBS = tuple(map(_price_attrib, range(8)))
TRADE_ATTRIBS = tuple(map(_trade_attrib, range(4)))
QUOTE_ATTRIBS = tuple(map(_quote_attrib, range(4)))
"""Shared: the same mask is the same object, so programs must not change them."""


def with_contract(details: Any, contract: Any) -> Any:
    """Contract details with their contract, and the last trade date split into its parts."""
    details.contract = contract
    day, time, _ = _parts(contract.lastTradeDateOrContractMonth)
    contract.lastTradeDateOrContractMonth, details.lastTradeTime = day, time
    return details


def text_bond(details: Any, contract: Any) -> Any:
    """Details of a bond as text tells them: the date belongs to the details alone."""
    proto_bond(details, contract, zone=details.timeZoneId)
    contract.lastTradeDateOrContractMonth = ""
    return details


def proto_bond(details: Any, contract: Any, zone: str = "") -> Any:
    """Details of a bond: the date's parts are maturity, time and zone."""
    details.contract = contract
    parts = _parts(contract.lastTradeDateOrContractMonth)
    details.maturity, details.lastTradeTime = parts[:2]
    details.timeZoneId = zone or parts[2] or details.timeZoneId
    return details


def _parts(moment: str) -> tuple[str, str, str]:
    """Day, time and zone of ``YYYYMMDD HH:MM ZONE`` or ``YYYYMMDD-HH:MM:SS-ZONE``."""
    parts = moment.split("-") if "-" in moment else moment.split()
    day, time, zone = (*parts[:3], "", "", "")[:3]
    return day, time, zone


AFTER = ("initMarginAfter", "maintMarginAfter", "equityWithLoanAfter")
EVERY = MARGINS


def margins(state: Any, names: tuple[str, ...]) -> None:
    """In text, a margin that is not set is the largest double in digits."""
    for name in names:
        if not getattr(state, name):
            setattr(state, name, convert.DOUBLE_MAX_TEXT)


def unset(o: Any, record: Any, names: tuple[str, ...]) -> None:
    """In text, these numbers are present even when they are not set."""
    for name in names:
        if getattr(record, name) is None:
            setattr(o, name, UNSET_INT)


def leg_prices(contract: Any, order: Any) -> None:
    """In protobuf, legs have the prices: an order gets one for each leg, even when not set."""
    if contract.comboLegs and not order.orderComboLegs:
        order.orderComboLegs = [OrderComboLeg() for _ in contract.comboLegs]


def option(m: Any, w: Any, attrib: Any) -> None:
    """An option computation; a figure that is not known stays None."""
    w.tickOptionComputation(
        m.reqId, m.tickType, attrib, m.impliedVol, m.delta, m.optPrice, m.pvDividend, m.gamma,
        m.vega, m.theta, m.undPrice,
    )  # fmt: skip


def commission(m: Any, unset: float) -> Any:
    """The official report of a commission message."""
    o = CommissionAndFeesReport()
    for name in vars(o):
        value = getattr(m, name)
        setattr(o, name, unset if value is None else value)
    return o


def tick_by_tick(m: Any, w: Any) -> None:
    """One of three callbacks, by the kind of the tick."""
    kind = m.tickType
    if kind in (1, 2):
        t = m.historicalTickLast
        marks = TRADE_ATTRIBS[t.tickAttribLast.pastLimit | t.tickAttribLast.unreported << 1]
        w.tickByTickAllLast(
            m.reqId, kind, t.time, t.price, size(t.size), marks, t.exchange, t.specialConditions
        )
    elif kind == 3:
        t = m.historicalTickBidAsk
        marks = t.tickAttribBidAsk
        w.tickByTickBidAsk(
            m.reqId, t.time, t.priceBid, t.priceAsk, size(t.sizeBid), size(t.sizeAsk),
            QUOTE_ATTRIBS[marks.bidPastLow | marks.askPastHigh << 1],
        )  # fmt: skip
    elif kind == 4:
        t = m.historicalTickMidPoint
        w.tickByTickMidPoint(m.reqId, t.time, t.price)


def scanner_row(w: Any, reqId: int, row: Any) -> None:
    """One row of a scanner."""
    details = ContractDetails()
    details.contract = convert.from_Contract(row.contract)
    details.marketName = row.marketName
    w.scannerData(
        reqId, row.rank, details, row.distance, row.benchmark, row.projection, row.legsStr
    )


def components(m: Any) -> dict[int, tuple[str, str]]:
    """The exchanges that the codes of a quote stand for, from protobuf."""
    return {
        c.bitNumber or 0: (c.exchange or "", " " if c.exchangeLetter is None else c.exchangeLetter)
        for c in m.smartComponents
    }


def size(value: Any) -> Any:
    """A size as the callbacks give it."""
    return UNSET_DECIMAL if value is None else value


# ---------------------------------------------------------------- which callback gets what


@cache
def calls(cls: type[Message], version: int, in_text: bool) -> tuple[Call, ...]:
    """The statements that report a message of this version and format."""
    known = CALLS.get(cls.__name__)
    if known is None:
        return (_regular(cls),)
    return tuple(s for s in (_chosen(call, version, in_text) for call in known) if s)


def _chosen(call: Call, version: int, in_text: bool) -> Call:
    """The statement without its conditions; "" where they do not hold."""
    head, _, rest = call.partition(" ")
    if head in ("text", "proto"):
        return _chosen(rest, version, in_text) if in_text == (head == "text") else ""
    if head[0] in "<>" and head[1:].isdigit():
        holds = version < int(head[1:]) if head[0] == "<" else version >= int(head[1:])
        return _chosen(rest, version, in_text) if holds else ""
    return call.replace("{@.", "{marketDepthData.")


def _regular(cls: type[Message]) -> Call:
    method = getattr(EWrapper, cls.spec.callback, None)
    if method is None:
        raise TypeError(f"{cls.__name__}: no callback {cls.spec.callback!r}")
    fields = hints(cls)
    names = []
    for parameter in list(inspect.signature(method).parameters)[1:]:
        field = RENAMED.get(cls.__name__, {}).get(parameter, parameter)
        if field not in fields:
            raise TypeError(f"{cls.__name__}: {cls.spec.callback} wants {parameter}")
        names.append(f"{{{field}}}")
    return f"w.{cls.spec.callback}({', '.join(names)})"


@cache
def protobuf_callback(cls: type[Message]) -> str:
    """The callback that takes this message as protobuf; "" for none."""
    # The message's own name first: two messages may have the same body. Spellings differ.
    for name in (cls.__name__, cls.spec.proto_name):
        if found := _protobuf_callbacks().get(name.lower()):
            return found
    return ""


@cache
def _protobuf_callbacks() -> dict[str, str]:
    """The callbacks that take a protobuf message, by their own name and by that of its body."""
    by_body, by_name = {}, {}
    for name, method in vars(EWrapper).items():
        if name.endswith("ProtoBuf"):
            parameter = list(inspect.signature(method).parameters)[1]
            by_body[parameter.removesuffix("Proto").lower()] = name
            by_name[name.removesuffix("ProtoBuf").lower()] = name
    return by_body | by_name


def used(statements: tuple[Call, ...]) -> list[str]:
    """The paths that the statements name, each once."""
    return list(dict.fromkeys(_PATH.findall(" ".join(statements))))


def filled(statements: tuple[Call, ...]) -> list[str]:
    return [_PATH.sub(lambda found: local(found[1]), call) for call in statements]


def local(path: str) -> str:
    return "v_" + path.replace(".", "_")
