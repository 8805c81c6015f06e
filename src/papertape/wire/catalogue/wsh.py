"""Wall Street Horizon: corporate events."""

from ..layout import f, since
from ..message import Message, request, response


@request(100, since=161, protobuf=209, proto_name="WshMetaDataRequest", callback="reqWshMetaData")
class ReqWshMetaData(Message):
    """Asks for the description of events and filters."""

    reqId: int = 0


@request(101, since=161, protobuf=209, callback="cancelWshMetaData", cancels=ReqWshMetaData)
class CancelWshMetaData(Message):
    """Withdraws the question."""

    reqId: int = 0


@request(
    102,
    "reqId",
    f("conId", "int_unset"),
    since(171, "filter", "fillWatchlist", "fillPortfolio", "fillCompetitors",
          refuse="!event filters"),
    since(173, "startDate", "endDate", f("totalLimit", "int_unset"),
          refuse="!event dates and limit"),
    since=161,
    protobuf=209,
    proto_name="WshEventDataRequest",
    callback="reqWshEventData",
)  # fmt: skip
class ReqWshEventData(Message):
    """Asks for the events of a contract, or for those that a filter lets pass."""

    reqId: int = 0
    conId: int | None = None
    filter: str = ""
    fillWatchlist: bool = False
    fillPortfolio: bool = False
    fillCompetitors: bool = False
    startDate: str = ""
    endDate: str = ""
    totalLimit: int | None = None


@request(103, since=161, protobuf=209, callback="cancelWshEventData", cancels=ReqWshEventData)
class CancelWshEventData(Message):
    """Withdraws the question."""

    reqId: int = 0


@response(104, since=161, protobuf=209, callback="wshMetaData")
class WshMetaData(Message):
    """The description of events and filters, as JSON."""

    reqId: int = 0
    dataJson: str = ""


@response(105, since=161, protobuf=209, callback="wshEventData")
class WshEventData(Message):
    """Events, as JSON."""

    reqId: int = 0
    dataJson: str = ""
