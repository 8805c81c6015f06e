"""Profit and loss of an account and of single positions."""

from decimal import Decimal

from ..layout import f, since
from ..message import Message, request, response


@request(92, since=127, protobuf=210, proto_name="PnLRequest", callback="reqPnL")
class ReqPnL(Message):
    """Subscribes to the profit and loss of an account or a model."""

    reqId: int = 0
    account: str = ""
    modelCode: str = ""


@request(93, since=127, protobuf=210, callback="cancelPnL", cancels=ReqPnL)
class CancelPnL(Message):
    """Ends the subscription."""

    reqId: int = 0


@request(94, since=127, protobuf=210, proto_name="PnLSingleRequest", callback="reqPnLSingle")
class ReqPnLSingle(Message):
    """Subscribes to the profit and loss of one position."""

    reqId: int = 0
    account: str = ""
    modelCode: str = ""
    conId: int = 0


@request(95, since=127, protobuf=210, callback="cancelPnLSingle", cancels=ReqPnLSingle)
class CancelPnLSingle(Message):
    """Ends the subscription."""

    reqId: int = 0


@response(94, "reqId", f("dailyPnL", "float_unset"),
          since(129, f("unrealizedPnL", "float_unset")),
          since(135, f("realizedPnL", "float_unset")),
          since=127, protobuf=210, callback="pnl")  # fmt: skip
class PnL(Message):
    """The profit and loss of an account."""

    reqId: int = 0
    dailyPnL: float | None = None
    unrealizedPnL: float | None = None
    realizedPnL: float | None = None


@response(95, "reqId", "position", f("dailyPnL", "float_unset"),
          since(129, f("unrealizedPnL", "float_unset")),
          since(135, f("realizedPnL", "float_unset")), f("value", "float_unset"),
          since=127, protobuf=210, callback="pnlSingle")  # fmt: skip
class PnLSingle(Message):
    """The profit and loss of one position."""

    reqId: int = 0
    position: Decimal | None = None
    dailyPnL: float | None = None
    unrealizedPnL: float | None = None
    realizedPnL: float | None = None
    value: float | None = None
    """At the market."""
