"""The server's configuration, read and changed by the API; protobuf only."""

from ...model import (
    ApiConfig,
    LockAndExitConfig,
    MessageConfig,
    OrdersConfig,
    UpdateConfigWarning,
)
from ..message import Message, request, response


@request(108, protobuf_only=True, since=219, blames_id=True, protobuf=219,
         proto_name="ConfigRequest", callback="reqConfigProtoBuf")  # fmt: skip
class ReqConfig(Message):
    """Asks for the configuration."""

    reqId: int | None = None


@request(109, protobuf_only=True, since=221, blames_id=True, protobuf=221,
         proto_name="UpdateConfigRequest", callback="updateConfigProtoBuf",
         lasting=True)  # fmt: skip
class UpdateConfig(Message):
    """Changes what is set."""

    reqId: int | None = None
    lockAndExit: LockAndExitConfig | None = None
    messages: list[MessageConfig] = []
    api: ApiConfig | None = None
    orders: OrdersConfig | None = None
    acceptedWarnings: list[UpdateConfigWarning] = []
    resetAPIOrderSequence: bool | None = None


@response(110, protobuf_only=True, since=219, protobuf=219, callback="configResponseProtoBuf")
class ConfigResponse(Message):
    """The configuration."""

    reqId: int | None = None
    lockAndExit: LockAndExitConfig | None = None
    messages: list[MessageConfig] = []
    api: ApiConfig | None = None
    orders: OrdersConfig | None = None


@response(111, protobuf_only=True, since=221, protobuf=221,
          callback="updateConfigResponseProtoBuf")  # fmt: skip
class UpdateConfigResponse(Message):
    """What became of a change."""

    reqId: int | None = None
    status: str = ""
    message: str = ""
    changedFields: list[str] = []
    errors: list[str] = []
    warnings: list[UpdateConfigWarning] = []
