"""Reference data: symbol search, price increments, consolidated quotes, tiers, families, user."""

from ...model import (
    ContractDescription,
    FamilyCode,
    PriceIncrement,
    SmartComponent,
    SoftDollarTier,
)
from ..layout import each, since
from ..message import Farm, Message, request, response


@request(79, protobuf=212, proto_name="SoftDollarTiersRequest", callback="reqSoftDollarTiers")
class ReqSoftDollarTiers(Message):
    """Asks for the soft-dollar tiers of the account."""

    reqId: int = 0


@response(77, "reqId", each("softDollarTiers", SoftDollarTier, "name", "val", "displayName"),
          since=106, protobuf=212, callback="softDollarTiers")  # fmt: skip
class SoftDollarTiers(Message):
    """The soft-dollar tiers."""

    reqId: int = 0
    softDollarTiers: list[SoftDollarTier] = []


@request(80, since=107, protobuf=212, proto_name="FamilyCodesRequest", callback="reqFamilyCodes")
class ReqFamilyCodes(Message):
    """Asks which families the accounts belong to."""


@response(78, each("familyCodes", FamilyCode, "accountID", "familyCodeStr"), since=107,
          protobuf=212, callback="familyCodes")  # fmt: skip
class FamilyCodes(Message):
    """The families of the accounts."""

    familyCodes: list[FamilyCode] = []


@request(81, since=108, protobuf=212, proto_name="MatchingSymbolsRequest",
         callback="reqMatchingSymbols", farm=Farm.DEFINITION)  # fmt: skip
class ReqMatchingSymbols(Message):
    """Searches symbols and names."""

    reqId: int = 0
    pattern: str = ""


_DESCRIPTIONS = each(
    "contractDescriptions",
    ContractDescription,
    "contract.conId",
    "contract.symbol",
    "contract.secType",
    "contract.primaryExchange",
    "contract.currency",
    each("derivativeSecTypes", None),
    since(176, "contract.description", "contract.issuerId"),
)


@response(79, "reqId", _DESCRIPTIONS, since=108, protobuf=212, callback="symbolSamples")
class SymbolSamples(Message):
    """The matches of a search."""

    reqId: int = 0
    contractDescriptions: list[ContractDescription] = []


@request(83, since=114, protobuf=212, proto_name="SmartComponentsRequest",
         callback="reqSmartComponents")  # fmt: skip
class ReqSmartComponents(Message):
    """Asks what the letters of a consolidated quote stand for."""

    reqId: int = 0
    bboExchange: str = ""


@response(82, "reqId",
          each("smartComponents", SmartComponent, "bitNumber", "exchange", "exchangeLetter"),
          since=114, protobuf=212, callback="smartComponents")  # fmt: skip
class SmartComponents(Message):
    """What the letters stand for."""

    reqId: int = 0
    smartComponents: list[SmartComponent] = []


@request(91, since=126, protobuf=212, proto_name="MarketRuleRequest", callback="reqMarketRule",
         id_field="")  # fmt: skip
class ReqMarketRule(Message):
    """Asks for the price increments of a rule."""

    marketRuleId: int = 0


@response(93, "marketRuleId", each("priceIncrements", PriceIncrement, "lowEdge", "increment"),
          since=126, protobuf=212, callback="marketRule")  # fmt: skip
class MarketRule(Message):
    """The price increments of a rule; it names no request."""

    marketRuleId: int = 0
    priceIncrements: list[PriceIncrement] = []


@request(104, since=167, protobuf=212, proto_name="UserInfoRequest", callback="reqUserInfo")
class ReqUserInfo(Message):
    """Asks for the branding of the login."""

    reqId: int = 0


@response(107, since=167, protobuf=212, callback="userInfo")
class UserInfo(Message):
    """The branding of the login."""

    reqId: int = 0
    whiteBrandingId: str = ""
