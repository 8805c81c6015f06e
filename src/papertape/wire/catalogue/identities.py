"""Which fields of the protocol say who somebody is, by kind; and those that are known not to.

Every text and every 64-bit number of every message and record stands in exactly one of the tables
(``tests/wire/test_identities.py``), so a field that is added later is not taken for harmless. A
name stands for the field in every record; ``Record.name`` for that one alone.
"""

from enum import StrEnum
from typing import Any, Final


class Identity(StrEnum):
    """A kind of identity."""

    ACCOUNT = "account"
    """Account codes, perhaps several with commas."""
    NAME = "name"
    """Persons, firms, groups and models: names that a user or a broker has chosen."""
    REFERENCE = "reference"
    """What a program calls its orders and groups."""
    EXECUTION = "execution"
    """Execution ids; the part behind the last point counts the corrections."""
    ORDER = "order"
    """Permanent order ids: numbers that are unique at the broker."""
    ADDRESS = "address"
    """Addresses of computers."""
    WHOLE = "whole"
    """A document that cannot be taken apart, such as an advisor's groups in XML."""
    SECRET = "secret"
    """What proves an identity."""


def _table(text: str) -> dict[str, Identity]:
    rows = (line.split(maxsplit=1) for line in text.strip().splitlines())
    return {name: Identity(kind) for kind, names in rows for name in names.split()}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


IDENTITIES: Final[dict[str, Identity]] = _table("""
    account     account accountID accountName accountsList acctCode acctNumber clearingAccount
    account     customerAccount deltaNeutralClearingAccount
    name        deltaNeutralSettlingFirm extOperator faGroup familyCodeStr group modelCode
    name        mifid2DecisionAlgo mifid2DecisionMaker mifid2ExecutionAlgo mifid2ExecutionTrader
    name        settlingFirm shareholder submitter whiteBrandingId algoId
    name        SoftDollarTier.name SoftDollarTier.val SoftDollarTier.displayName
    reference   orderRef ocaGroup
    execution   execId
    order       permId parentPermId
    address     trustedIPs
    whole       ReceiveFA.xml ReplaceFA.xml
    secret      apiData apiName apiVersion opaqueIsvKey xyzResponse xyzChallange
""")

_HARMLESS: Final = _names("""
    aboveVolume action activeStartTime activeStopTime adjustedOrderType advancedErrorOverride
    advancedOrderRejectJson algoStrategy articleId articleText autoCancelDate autoLogoffPeriod
    autoLogoffTime autoLogoffType barSizeSetting bboExchange benchmark bondAccruedInterest bondType
    averageOptionVolumeAbove category changedFields clearingIntent code comboLegsDescrip
    commissionAndFeesCurrency completedStatus completedTime componentExchSeparator contractInfo
    contractMonth couponType
    currency currentTime currentTimeInMillis cusip data dataJson date defaultAction defaultAlgorithm
    deltaNeutralClearingIntent deltaNeutralDesignatedLocation deltaNeutralOpenClose
    deltaNeutralOrderType derivativeSecTypes descAppend description designatedLocation distance
    duration encodeApiMessages endDate endDateStr endDateTime errorMsg errorText errorTime errors
    evRule eventContract1 eventContractDescription1 eventContractDescription2 exchange
    exchangeLetter expirations extraData faMethod faPercentage filter formattedBasisPoints
    fundAssetType fundBackLoad fundBackLoadTimeInterval fundBlueSkyStates fundBlueSkyTerritories
    fundDistributionPolicyIndicator fundFamily fundFrontLoad fundManagementFee
    fundMinimumInitialPurchase fundName fundNotifyAmount fundSubsequentMinimumPurchase fundType
    futFopExchange futureLastTradeDate genericTickList goodAfterTime goodTillDate groups
    headTimestamp headline hedgeParam hedgeType id industry instrument issueDate issuerId key
    lastTradeDate lastTradeDateOrContractMonth lastTradeTime legsStr liquidHours listingExch
    localSymbol locationCode loggingLevel longName manualOrderCancelTime manualOrderTime
    marginCurrency marketMaker marketName marketRuleIds maturity maturityDateAbove
    maturityDateBelow message moodyRatingAbove moodyRatingBelow multiplier newsMessage
    nextOptionDate nextOptionType notes openClose optionExerciseRequestType optionalCapabilities
    orderType orderTypes originatingExch pattern primaryExchange projection providerCode
    providerCodes ptOrderType ratings realExpirationDate refDate referenceExchangeId rejectReason
    reportType right rule80A scaleTable scanCode scannerSettingPairs secId secIdType secType
    sendInstrumentTimezone serviceDataType settlementMethod side slOrderType spRatingAbove
    spRatingBelow specialConditions startDate startDateStr startDateTime status stockType
    stockTypeFilter subcategory symbol tag tags text tickType tif time timePeriod timeStamp
    timeZone timeZoneId timestamp title tradingClass tradingHours underSecType underSymbol
    underlyingSecType underlyingSymbol validExchanges value warningText whatToShow whyHeld
    NewsProvider.name ScannerParameters.xml
""")


def identity_of(record: type[Any], name: str) -> Identity | None:
    """What a field of a message or record says of somebody; None when it is known to say nothing.

    Raises ``LookupError`` for a text that stands in no table.
    """
    for key in (f"{record.__name__}.{name}", name):
        if key in IDENTITIES:
            return IDENTITIES[key]
        if key in _HARMLESS:
            return None
    raise LookupError(f"{record.__name__}.{name} is in no table of identities")


def tables() -> tuple[frozenset[str], frozenset[str]]:
    """The names of both tables: identities and harmless ones."""
    return frozenset(IDENTITIES), _HARMLESS
