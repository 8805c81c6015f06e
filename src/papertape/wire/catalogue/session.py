"""Session messages: start, ids, accounts, time, errors, server log level."""

from ...model import Long
from ..layout import f, since, until, version
from ..message import Message, request, response


@request(71, version(2), f("clientId", "long"), "optionalCapabilities",
         protobuf=213, proto_name="StartApiRequest", callback="startApi", lasting=True)  # fmt: skip
class StartApi(Message):
    """Announces the client id; the server then begins to serve.

    The id is read wide, so that its sender can be told that it is none.
    """

    clientId: int = 0
    optionalCapabilities: str = ""


@request(8, version(1), protobuf=213, proto_name="IdsRequest", callback="reqIds", trading=True,
         momentary=True)  # fmt: skip
class ReqIds(Message):
    """Asks for the next valid order id; the number is ignored by the server."""

    numIds: int = 1


@request(17, version(1), protobuf=207, proto_name="ManagedAccountsRequest",
         callback="reqManagedAccts", momentary=True)  # fmt: skip
class ReqManagedAccts(Message):
    """Asks for the accounts of this login."""


@request(49, version(1), protobuf=213, proto_name="CurrentTimeRequest", callback="reqCurrentTime",
         momentary=True)  # fmt: skip
class ReqCurrentTime(Message):
    """Asks for the server's time in seconds."""


@request(105, since=197, protobuf=213, proto_name="CurrentTimeInMillisRequest",
         callback="reqCurrentTimeInMillis", momentary=True)  # fmt: skip
class ReqCurrentTimeInMillis(Message):
    """Asks for the server's time in milliseconds."""


@request(14, version(1), protobuf=213, proto_name="SetServerLogLevelRequest",
         callback="setServerLogLevel")  # fmt: skip
class SetServerLogLevel(Message):
    """1 system, 2 error, 3 warning, 4 information, 5 detail."""

    logLevel: int = 2


@response(9, version(1), protobuf=213, callback="nextValidId")
class NextValidId(Message):
    """The lowest order id that this client may use."""

    orderId: int = 0


@response(15, version(1), protobuf=207, escaped=153, callback="managedAccounts")
class ManagedAccounts(Message):
    """Comma-separated account codes."""

    accountsList: str = ""


@response(
    4,
    until(194, version(2)),
    "id",
    "errorCode",
    until(153, "errorMsg"),
    since(153, f("errorMsg", "escaped")),
    since(166, f("advancedOrderRejectJson", "escaped")),
    since(194, "errorTime"),
    protobuf=203,
    callback="error",
)
class ErrorMessage(Message):
    """An error, a warning or a notice; its code tells which. ``id`` -1 is about no request."""

    id: int = -1
    errorTime: Long = 0
    """Milliseconds since the epoch."""
    errorCode: int = 0
    errorMsg: str = ""
    advancedOrderRejectJson: str = ""


@response(49, version(1), protobuf=213, callback="currentTime")
class CurrentTime(Message):
    """Seconds since the epoch."""

    currentTime: Long = 0


@response(109, since=197, protobuf=213, callback="currentTimeInMillis")
class CurrentTimeInMillis(Message):
    """Milliseconds since the epoch."""

    currentTimeInMillis: Long = 0
