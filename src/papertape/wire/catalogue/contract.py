"""Contract details."""

from ...model import Contract, ContractDetails, IneligibilityReason, TagValue
from ..layout import (
    Item,
    between,
    const,
    each,
    equals,
    f,
    fields,
    since,
    until,
    version,
    when,
)
from ..message import Farm, Message, new, request, response
from .shared import REQUEST_CONTRACT


@request(
    9,
    version(8),
    "reqId",
    *REQUEST_CONTRACT,
    "contract.includeExpired",
    "contract.secIdType",
    "contract.secId",
    since(176, "contract.issuerId", refuse="issuer id"),
    protobuf=205,
    proto_name="ContractDataRequest",
    callback="reqContractDetails",
    farm=Farm.DEFINITION,
)
class ReqContractDetails(Message):
    """Asks for every contract that fits the description."""

    reqId: int = 0
    contract: Contract = new(Contract)


@request(106, protobuf_only=True, since=215, blames_id=True, protobuf=215,
         callback="cancelContractData", cancels=ReqContractDetails)  # fmt: skip
class CancelContractData(Message):
    """Withdraws the question for contract details."""

    reqId: int = 0


FUND = when(
    equals("contract.secType", "FUND"),
    "contractDetails.fundName",
    "contractDetails.fundFamily",
    "contractDetails.fundType",
    "contractDetails.fundFrontLoad",
    "contractDetails.fundBackLoad",
    "contractDetails.fundBackLoadTimeInterval",
    "contractDetails.fundManagementFee",
    "contractDetails.fundClosed",
    "contractDetails.fundClosedForNewInvestors",
    "contractDetails.fundClosedForNewMoney",
    "contractDetails.fundNotifyAmount",
    "contractDetails.fundMinimumInitialPurchase",
    "contractDetails.fundSubsequentMinimumPurchase",
    "contractDetails.fundBlueSkyStates",
    "contractDetails.fundBlueSkyTerritories",
    "contractDetails.fundDistributionPolicyIndicator",
    "contractDetails.fundAssetType",
)
INELIGIBLE = each(
    "contractDetails.ineligibilityReasonList", IneligibilityReason, "id", "description"
)
CONTRACT_DATA: tuple[Item, ...] = (
    until(164, version(8)),
    "reqId",
    "contract.symbol",
    "contract.secType",
    "contract.lastTradeDateOrContractMonth",
    since(182, "contract.lastTradeDate"),
    f("contract.strike", "float_zero"),
    "contract.right",
    "contract.exchange",
    "contract.currency",
    "contract.localSymbol",
    "contractDetails.marketName",
    "contract.tradingClass",
    "contract.conId",
    "contractDetails.minTick",
    between(110, 164, const("mdSizeMultiplier", "1")),
    "contract.multiplier",
    "contractDetails.orderTypes",
    "contractDetails.validExchanges",
    "contractDetails.priceMagnifier",
    "contractDetails.underConId",
    until(153, "contractDetails.longName"),
    since(153, f("contractDetails.longName", "escaped")),
    "contract.primaryExchange",
    "contractDetails.contractMonth",
    "contractDetails.industry",
    "contractDetails.category",
    "contractDetails.subcategory",
    "contractDetails.timeZoneId",
    "contractDetails.tradingHours",
    "contractDetails.liquidHours",
    "contractDetails.evRule",
    f("contractDetails.evMultiplier", "float_whole"),
    each("contractDetails.secIdList", TagValue, "tag", "value"),
    since(121, "contractDetails.aggGroup"),
    since(122, "contractDetails.underSymbol", "contractDetails.underSecType"),
    since(126, "contractDetails.marketRuleIds"),
    since(134, "contractDetails.realExpirationDate"),
    since(152, "contractDetails.stockType"),
    between(163, 164, const("sizeMinTick", "1")),
    since(
        164,
        "contractDetails.minSize",
        "contractDetails.sizeIncrement",
        "contractDetails.suggestedSizeIncrement",
    ),
    since(179, FUND),
    since(186, INELIGIBLE),
)


UNTOLD = ("contractDetails.underConId", "contractDetails.evMultiplier", "contractDetails.coupon",
          "contractDetails.aggGroup")  # fmt: skip
"""Absent in protobuf where an instrument has none of it."""


@response(10, *CONTRACT_DATA, protobuf=205, proto_untold=UNTOLD, callback="contractDetails")
class ContractData(Message):
    """One contract that fits, with its details."""

    reqId: int = 0
    contract: Contract = new(Contract)
    contractDetails: ContractDetails = new(ContractDetails)


@response(52, version(1), protobuf=205, callback="contractDetailsEnd")
class ContractDataEnd(Message):
    """No more contracts fit."""

    reqId: int = 0


BOND_CONTRACT_DATA: tuple[Item, ...] = (
    until(164, version(6)),
    "reqId",
    "contract.symbol",
    "contract.secType",
    "contractDetails.cusip",
    f("contractDetails.coupon", "float_whole"),
    "contract.lastTradeDateOrContractMonth",
    *fields("issueDate", "ratings", "bondType", "couponType", "convertible", "callable",
            "putable", "descAppend", prefix="contractDetails."),
    "contract.exchange",
    "contract.currency",
    "contractDetails.marketName",
    "contract.tradingClass",
    "contract.conId",
    "contractDetails.minTick",
    between(110, 164, const("mdSizeMultiplier", "1")),
    *fields("orderTypes", "validExchanges", "nextOptionDate", "nextOptionType",
            "nextOptionPartial", "notes", "longName", prefix="contractDetails."),
    since(188, *fields("timeZoneId", "tradingHours", "liquidHours", prefix="contractDetails.")),
    "contractDetails.evRule",
    f("contractDetails.evMultiplier", "float_whole"),
    each("contractDetails.secIdList", TagValue, "tag", "value"),
    since(121, "contractDetails.aggGroup"),
    since(126, "contractDetails.marketRuleIds"),
    since(164, *fields("minSize", "sizeIncrement", "suggestedSizeIncrement",
                       prefix="contractDetails.")),
)  # fmt: skip


@response(18, *BOND_CONTRACT_DATA, protobuf=205, proto_name="ContractData",
          callback="bondContractDetails")  # fmt: skip
class BondContractData(Message):
    """One bond that fits, with its details; the contract's last trade date is its maturity."""

    reqId: int = 0
    contract: Contract = new(Contract)
    contractDetails: ContractDetails = new(ContractDetails)
