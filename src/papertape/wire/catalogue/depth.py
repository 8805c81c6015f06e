"""Market depth: the order book of one venue or of all, and who offers it."""

from ...model import Contract, DepthMktDataDescription, MarketDepthData, TagValue
from ..layout import Item, const, each, f, fields, since, until, version
from ..message import Farm, Message, new, request, response

_REQ_MKT_DEPTH: tuple[Item, ...] = (
    version(5),
    "reqId",
    *fields("conId", "symbol", "secType", "lastTradeDateOrContractMonth", "strike", "right",
            "multiplier", "exchange", prefix="contract."),
    since(149, "contract.primaryExchange", refuse="primary exchange of a depth request"),
    *fields("currency", "localSymbol", "tradingClass", prefix="contract."),
    "numRows",
    since(146, "isSmartDepth", refuse="SMART depth"),
    f("mktDepthOptions", "reserved"),
)  # fmt: skip


@request(10, *_REQ_MKT_DEPTH, protobuf=206, proto_name="MarketDepthRequest",
         proto={"mktDepthOptions": " marketDepthOptions"}, callback="reqMktDepth",
         farm=Farm.MARKET)  # fmt: skip
class ReqMktDepth(Message):
    """Subscribes to the order book of a contract."""

    reqId: int = 0
    contract: Contract = new(Contract)
    numRows: int = 0
    isSmartDepth: bool = False
    mktDepthOptions: list[TagValue] = []
    """Reserved; there is no text form of it."""


@request(11, version(1), "reqId", since(146, "isSmartDepth", refuse="SMART depth"), protobuf=206,
         proto_name="CancelMarketDepth", callback="cancelMktDepth",
         cancels=ReqMktDepth)  # fmt: skip
class CancelMktDepth(Message):
    """Ends a depth subscription; ``isSmartDepth`` as in the request."""

    reqId: int = 0
    isSmartDepth: bool = False


@request(82, since=112, protobuf=213, proto_name="MarketDepthExchangesRequest",
         callback="reqMktDepthExchanges")  # fmt: skip
class ReqMktDepthExchanges(Message):
    """Asks which venues offer depth."""


@response(12, version(1), "reqId",
          *fields("position", "operation", "side", "price", "size", prefix="marketDepthData."),
          protobuf=206, callback="updateMktDepth", market_data=True)  # fmt: skip
class MarketDepth(Message):
    """A change of a book without market makers."""

    reqId: int = 0
    marketDepthData: MarketDepthData = new(MarketDepthData)


@response(13, version(1), "reqId",
          *fields("position", "marketMaker", "operation", "side", "price", "size",
                  prefix="marketDepthData."),
          since(146, "marketDepthData.isSmartDepth"), protobuf=206,
          callback="updateMktDepthL2", market_data=True)  # fmt: skip
class MarketDepthL2(Message):
    """A change of a book that names market makers or venues."""

    reqId: int = 0
    marketDepthData: MarketDepthData = new(MarketDepthData)


_DESCRIPTIONS = each(
    "depthMktDataDescriptions",
    DepthMktDataDescription,
    "exchange",
    "secType",
    until(120, const("notSuppIsL2", "0")),
    since(120, "listingExch", "serviceDataType", f("aggGroup", "int_unset")),
)


@response(80, _DESCRIPTIONS, since=112, protobuf=213,
          proto={"depthMktDataDescriptions": " depthMarketDataDescriptions"},
          callback="mktDepthExchanges")  # fmt: skip
class MarketDepthExchanges(Message):
    """The venues that offer depth."""

    depthMktDataDescriptions: list[DepthMktDataDescription] = []


@response(92, since=125, protobuf=211, callback="rerouteMktDepthReq")
class RerouteMarketDepthRequest(Message):
    """Ask for the depth of this contract instead."""

    reqId: int = 0
    conId: int = 0
    exchange: str = ""
