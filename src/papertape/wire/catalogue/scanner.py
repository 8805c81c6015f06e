"""Scanners: their parameters, subscriptions, results."""

from ...model import ScanData, ScannerSubscription
from ..layout import Item, each, f, fields, since, until, version
from ..message import Farm, Message, new, request, response

_SUBSCRIPTION: tuple[Item, ...] = (
    until(143, version(4)),
    "reqId",
    *fields("numberOfRows", "instrument", "locationCode", "scanCode", "abovePrice", "belowPrice",
            "aboveVolume", "marketCapAbove", "marketCapBelow", "moodyRatingAbove",
            "moodyRatingBelow", "spRatingAbove", "spRatingBelow", "maturityDateAbove",
            "maturityDateBelow", "couponRateAbove", "couponRateBelow", "excludeConvertible",
            "averageOptionVolumeAbove", "scannerSettingPairs", "stockTypeFilter",
            prefix="scannerSubscription."),
    since(143, "scannerSubscription.scannerSubscriptionFilterOptions",
          refuse="!scanner filter options"),
    "scannerSubscription.scannerSubscriptionOptions",
)  # fmt: skip


@request(22, *_SUBSCRIPTION, protobuf=210, proto_name="ScannerSubscriptionRequest",
         callback="reqScannerSubscription", farm=Farm.HISTORY, spare=2)  # fmt: skip
class ReqScannerSubscription(Message):
    """Subscribes to a scanner. A client of Go sends it without both kinds of options, and gateways
    answer it."""

    reqId: int = 0
    scannerSubscription: ScannerSubscription = new(ScannerSubscription)


@request(23, version(1), protobuf=210, callback="cancelScannerSubscription",
         cancels=ReqScannerSubscription)  # fmt: skip
class CancelScannerSubscription(Message):
    """Ends a scanner."""

    reqId: int = 0


@request(24, version(1), protobuf=210, proto_name="ScannerParametersRequest",
         callback="reqScannerParameters")  # fmt: skip
class ReqScannerParameters(Message):
    """Asks which scanners there are."""


@response(19, version(1), protobuf=210, escaped=153, callback="scannerParameters")
class ScannerParameters(Message):
    """Which scanners there are."""

    xml: str = ""


_ROWS = each(
    "scannerDataElement",
    ScanData,
    "rank",
    *fields("conId", "symbol", "secType", "lastTradeDateOrContractMonth", prefix="contract."),
    f("contract.strike", "float_zero"),
    *fields("right", "exchange", "currency", "localSymbol", prefix="contract."),
    "marketName",
    "contract.tradingClass",
    "distance",
    "benchmark",
    "projection",
    "legsStr",
)


@response(20, version(3), "reqId", _ROWS, protobuf=210, callback="scannerData")
class ScannerData(Message):
    """The whole result of a scanner, complete each time."""

    reqId: int = 0
    scannerDataElement: list[ScanData] = []
