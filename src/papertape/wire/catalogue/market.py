"""Level-1 market data: the request, its ticks, its type."""

from decimal import Decimal

from ...model import Contract, TagValue
from ..layout import Item, f, since, version, when
from ..message import Farm, Message, new, request, response
from .shared import BAG, DELTA_NEUTRAL, QUOTED_LEGS, REQUEST_CONTRACT

REQ_MKT_DATA: tuple[Item, ...] = (
    version(11),
    "reqId",
    *REQUEST_CONTRACT,
    when(BAG, QUOTED_LEGS),
    DELTA_NEUTRAL,
    "genericTickList",
    "snapshot",
    since(114, "regulatorySnapshot"),
    f("mktDataOptions", "reserved"),
)


@request(1, *REQ_MKT_DATA, protobuf=206, proto_name="MarketDataRequest",
         proto={"mktDataOptions": " marketDataOptions"}, callback="reqMktData",
         farm=Farm.MARKET)  # fmt: skip
class ReqMktData(Message):
    """Subscribes to (or takes a snapshot of) the quote line of a contract."""

    reqId: int = 0
    contract: Contract = new(Contract)
    genericTickList: str = ""
    snapshot: bool = False
    regulatorySnapshot: bool = False
    mktDataOptions: list[TagValue] = []
    """Reserved; there is no text form of it."""


@request(2, version(2), protobuf=206, proto_name="CancelMarketData", callback="cancelMktData",
         cancels=ReqMktData)  # fmt: skip
class CancelMktData(Message):
    """Ends a quote line."""

    reqId: int = 0


@request(59, version(1), protobuf=206, proto_name="MarketDataTypeRequest",
         callback="reqMarketDataType", id_field="")  # fmt: skip
class ReqMarketDataType(Message):
    """1 live, 2 frozen, 3 delayed, 4 delayed frozen; for later requests of this client."""

    marketDataType: int = 1


@response(1, version(6), protobuf=206, callback="tickPrice", market_data=True)
class TickPrice(Message):
    """A price with its size; bid, ask and last carry both."""

    reqId: int = 0
    tickType: int = 0
    price: float = 0.0
    size: Decimal | None = None
    attrMask: int = 0
    """Bit 0 canAutoExecute, bit 1 pastLimit, bit 2 preOpen."""


@response(2, version(6), protobuf=206, callback="tickSize", market_data=True)
class TickSize(Message):
    """A size."""

    reqId: int = 0
    tickType: int = 0
    size: Decimal | None = None


@response(45, version(6), protobuf=206, callback="tickGeneric", market_data=True)
class TickGeneric(Message):
    """A number that is neither price nor size."""

    reqId: int = 0
    tickType: int = 0
    value: float = 0.0


@response(46, version(6), protobuf=206, escaped=153, callback="tickString", market_data=True)
class TickString(Message):
    """A text, for instance the time of the last trade."""

    reqId: int = 0
    tickType: int = 0
    value: str = ""


@response(47, version(6), escaped=153, callback="tickEFP", market_data=True)
class TickEFP(Message):
    """An exchange for physicals; never protobuf."""

    reqId: int = 0
    tickType: int = 0
    basisPoints: float = 0.0
    formattedBasisPoints: str = ""
    totalDividends: float = 0.0
    """Called the implied futures price elsewhere."""
    holdDays: int = 0
    futureLastTradeDate: str = ""
    dividendImpact: float = 0.0
    dividendsToLastTradeDate: float = 0.0


@response(91, since=125, protobuf=211, callback="rerouteMktDataReq")
class RerouteMarketDataRequest(Message):
    """Ask for the data of this contract instead."""

    reqId: int = 0
    conId: int = 0
    exchange: str = ""


@response(57, version(1), protobuf=206, callback="tickSnapshotEnd", market_data=True)
class TickSnapshotEnd(Message):
    """The snapshot is complete."""

    reqId: int = 0


@response(58, version(1), protobuf=206, callback="marketDataType")
class MarketDataType(Message):
    """Which kind of data this line delivers from now on."""

    reqId: int = 0
    marketDataType: int = 1


@response(81, "reqId", "minTick", "bboExchange", "snapshotPermissions", since=114, protobuf=206,
          proto={"minTick": "string"}, callback="tickReqParams")  # fmt: skip
class TickReqParams(Message):
    """First answer to a data request: tick size, venue key, snapshot permissions."""

    reqId: int = 0
    minTick: float = 0.0
    bboExchange: str = ""
    snapshotPermissions: int = 0
    lastPricePrecision: Decimal | None = None
    lastSizePrecision: Decimal | None = None
