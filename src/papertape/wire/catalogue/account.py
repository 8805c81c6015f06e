"""Positions, account values, portfolio, account summary."""

from decimal import Decimal

from ...model import Contract
from ..layout import ALWAYS, f, version
from ..message import Message, new, request, response
from .shared import REPORTED_CONTRACT, contract


@request(61, version(1), protobuf=207, proto_name="PositionsRequest", callback="reqPositions")
class ReqPositions(Message):
    """Subscribes to the positions of all accounts."""


@request(64, version(1), protobuf=207, callback="cancelPositions", cancels=ReqPositions)
class CancelPositions(Message):
    """Ends the subscription to positions."""


@response(61, version(3), "account", *REPORTED_CONTRACT, "position", "avgCost", protobuf=207,
          callback="position")  # fmt: skip
class Position(Message):
    """What an account holds of one contract."""

    account: str = ""
    contract: Contract = new(Contract)
    position: Decimal | None = None
    avgCost: float = 0.0
    """Including commission; times the multiplier for derivatives."""


@response(62, version(1), protobuf=207, callback="positionEnd")
class PositionEnd(Message):
    """The first report of positions is complete."""


@request(6, version(2), protobuf=207, proto_name="AccountDataRequest",
         callback="reqAccountUpdates")  # fmt: skip
class ReqAccountUpdates(Message):
    """Subscribes to (or leaves) the values and portfolio of one account."""

    subscribe: bool = False
    acctCode: str = ""


@response(6, version(2), protobuf=207, escaped=153, callback="updateAccountValue")
class AccountValue(Message):
    """One figure of the account."""

    key: str = ""
    value: str = ""
    currency: str = ""
    accountName: str = ""


@response(7, version(8), *contract("conId", "symbol", "secType", "lastTradeDateOrContractMonth",
          "strike"), f("contract.right", "text_nought"), *contract("multiplier", "primaryExchange",
          "currency", "localSymbol", "tradingClass"), "position", "marketPrice", "marketValue",
          "averageCost", "unrealizedPNL", "realizedPNL", "accountName", protobuf=207,
          proto_gates={"contract.primaryExchange": ALWAYS}, callback="updatePortfolio")  # fmt: skip
class PortfolioValue(Message):
    """A position at its market value.

    Text names the primary exchange of the listing, protobuf its exchange. Where an instrument is no
    option, text has ``0`` for the right and protobuf leaves it out.
    """

    contract: Contract = new(Contract)
    position: Decimal | None = None
    marketPrice: float = 0.0
    marketValue: float = 0.0
    averageCost: float = 0.0
    unrealizedPNL: float = 0.0
    realizedPNL: float = 0.0
    accountName: str = ""


@response(8, version(1), protobuf=207, escaped=153, callback="updateAccountTime")
class AccountUpdateTime(Message):
    """When the account figures were computed, ``HH:MM``."""

    timeStamp: str = ""


@response(54, version(1), protobuf=207, escaped=153, callback="accountDownloadEnd")
class AccountDataEnd(Message):
    """The first report of the account is complete."""

    accountName: str = ""


@request(62, version(1), protobuf=207, proto_name="AccountSummaryRequest",
         callback="reqAccountSummary")  # fmt: skip
class ReqAccountSummary(Message):
    """Subscribes to the tags named, for a group of accounts."""

    reqId: int = 0
    group: str = ""
    tags: str = ""


@request(63, version(1), protobuf=207, callback="cancelAccountSummary", cancels=ReqAccountSummary)
class CancelAccountSummary(Message):
    """Ends an account summary."""

    reqId: int = 0


@response(63, version(1), protobuf=207, escaped=153, callback="accountSummary")
class AccountSummary(Message):
    """One tag of the summary."""

    reqId: int = 0
    account: str = ""
    tag: str = ""
    value: str = ""
    currency: str = ""


@response(64, version(1), protobuf=207, callback="accountSummaryEnd")
class AccountSummaryEnd(Message):
    """Every tag has been reported once."""

    reqId: int = 0


@request(76, version(1), since=103, protobuf=207, proto_name="AccountUpdatesMultiRequest",
         callback="reqAccountUpdatesMulti")  # fmt: skip
class ReqAccountUpdatesMulti(Message):
    """Subscribes to the values of an account or a model."""

    reqId: int = 0
    account: str = ""
    modelCode: str = ""
    ledgerAndNLV: bool = False


@request(77, version(1), since=103, protobuf=207, callback="cancelAccountUpdatesMulti",
         cancels=ReqAccountUpdatesMulti)  # fmt: skip
class CancelAccountUpdatesMulti(Message):
    """Ends the subscription."""

    reqId: int = 0


@response(73, version(1), since=103, protobuf=207, escaped=153, callback="accountUpdateMulti")
class AccountUpdateMulti(Message):
    """One figure of an account or a model."""

    reqId: int = 0
    account: str = ""
    modelCode: str = ""
    key: str = ""
    value: str = ""
    currency: str = ""


@response(74, version(1), since=103, protobuf=207, callback="accountUpdateMultiEnd")
class AccountUpdateMultiEnd(Message):
    """Every figure has been reported once."""

    reqId: int = 0


@request(74, version(1), since=103, protobuf=207, proto_name="PositionsMultiRequest",
         callback="reqPositionsMulti")  # fmt: skip
class ReqPositionsMulti(Message):
    """Subscribes to the positions of an account or a model."""

    reqId: int = 0
    account: str = ""
    modelCode: str = ""


@request(75, version(1), since=103, protobuf=207, callback="cancelPositionsMulti",
         cancels=ReqPositionsMulti)  # fmt: skip
class CancelPositionsMulti(Message):
    """Ends the subscription."""

    reqId: int = 0


@response(71, version(1), "reqId", "account", *REPORTED_CONTRACT, "position", "avgCost",
          "modelCode", since=103, protobuf=207, callback="positionMulti")  # fmt: skip
class PositionMulti(Message):
    """What an account or a model holds of one contract."""

    reqId: int = 0
    account: str = ""
    contract: Contract = new(Contract)
    position: Decimal | None = None
    avgCost: float = 0.0
    modelCode: str = ""


@response(72, version(1), since=103, protobuf=207, callback="positionMultiEnd")
class PositionMultiEnd(Message):
    """Every position has been reported once."""

    reqId: int = 0
