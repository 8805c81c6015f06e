"""Contracts and their details.

Fields keep their official names and stand in the order of the protobuf schema, which is also
the numbering there.
"""

from decimal import Decimal

import msgspec

from .units import Record


class ComboLeg(Record):
    """One leg of a combination (``secType`` ``BAG``)."""

    conId: int = 0
    ratio: int = 0
    action: str = ""
    exchange: str = ""
    openClose: int = 0
    """0 same as the combination, 1 open, 2 close, 3 unknown."""
    shortSaleSlot: int = 0
    designatedLocation: str = ""
    exemptCode: int = -1


class DeltaNeutralContract(Record):
    """The underlying of a delta-neutral combination."""

    conId: int = 0
    delta: float = 0.0
    price: float = 0.0


class Contract(Record):
    """An instrument, or a description that may fit several."""

    conId: int = 0
    symbol: str = ""
    secType: str = ""
    lastTradeDateOrContractMonth: str = ""
    strike: float | None = None
    right: str = ""
    multiplier: str = ""
    exchange: str = ""
    primaryExchange: str = ""
    currency: str = ""
    localSymbol: str = ""
    tradingClass: str = ""
    secIdType: str = ""
    secId: str = ""
    description: str = ""
    issuerId: str = ""
    deltaNeutralContract: DeltaNeutralContract | None = None
    includeExpired: bool = False
    comboLegsDescrip: str = ""
    comboLegs: list[ComboLeg] = []
    lastTradeDate: str = ""


class TagValue(Record):
    """A named option: ``tag=value``."""

    tag: str = ""
    value: str = ""


class IneligibilityReason(Record):
    """Why an instrument may not be traded by this account."""

    id: str = ""
    description: str = ""


class ContractDetails(Record):
    """What the security-definition service says of a contract."""

    marketName: str = ""
    minTick: float = 0.0
    """Smallest price increment over all venues and price levels."""
    orderTypes: str = ""
    validExchanges: str = ""
    priceMagnifier: int = 0
    underConId: int = 0
    longName: str = ""
    contractMonth: str = ""
    industry: str = ""
    category: str = ""
    subcategory: str = ""
    timeZoneId: str = ""
    tradingHours: str = ""
    """``YYYYMMDD:HHMM-YYYYMMDD:HHMM;…;YYYYMMDD:CLOSED`` in ``timeZoneId``."""
    liquidHours: str = ""
    evRule: str = ""
    evMultiplier: float = 0
    secIdList: list[TagValue] = []
    aggGroup: int = 0
    underSymbol: str = ""
    underSecType: str = ""
    marketRuleIds: str = ""
    """Parallel to ``validExchanges``, comma separated."""
    realExpirationDate: str = ""
    stockType: str = ""
    minSize: Decimal | None = None
    sizeIncrement: Decimal | None = None
    suggestedSizeIncrement: Decimal | None = None
    fundName: str = ""
    fundFamily: str = ""
    fundType: str = ""
    fundFrontLoad: str = ""
    fundBackLoad: str = ""
    fundBackLoadTimeInterval: str = ""
    fundManagementFee: str = ""
    fundClosed: bool = False
    fundClosedForNewInvestors: bool = False
    fundClosedForNewMoney: bool = False
    fundNotifyAmount: str = ""
    fundMinimumInitialPurchase: str = ""
    fundSubsequentMinimumPurchase: str = ""
    fundBlueSkyStates: str = ""
    fundBlueSkyTerritories: str = ""
    fundDistributionPolicyIndicator: str = ""
    fundAssetType: str = ""
    cusip: str = ""
    issueDate: str = ""
    ratings: str = ""
    bondType: str = ""
    coupon: float = 0
    couponType: str = ""
    convertible: bool = False
    callable: bool = False
    putable: bool = False
    descAppend: str = ""
    nextOptionDate: str = ""
    nextOptionType: str = ""
    nextOptionPartial: bool = False
    notes: str = ""
    ineligibilityReasonList: list[IneligibilityReason] = []
    eventContract1: str = ""
    eventContractDescription1: str = ""
    eventContractDescription2: str = ""
    minAlgoSize: Decimal | None = None
    lastPricePrecision: Decimal | None = None
    lastSizePrecision: Decimal | None = None
    settlementMethod: str = ""
    maturity: str = ""
    """Bonds; text form only."""
    lastTradeTime: str = ""
    """Split from the contract's last trade date by the client."""
    contract: Contract = msgspec.field(default_factory=Contract)
