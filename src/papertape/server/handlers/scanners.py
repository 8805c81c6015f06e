"""Scanners: which there are, subscriptions, their end."""

from math import isfinite, nan
from typing import Final

from ...model import ScannerSubscription as Wanted
from ...model import TagValue
from ...wire.catalogue import scanner as wire
from ..market_data.bad_request import BadRequest
from ..research.scanner_parameters import scanner_parameters
from ..research.scanners import MOST_SCANS, ScanSubscription
from ..research.scans import (
    FILTERS,
    INSTRUMENTS,
    KINDS_OF_STOCK,
    LOCATIONS,
    MOST_ROWS,
    SCANNERS,
    STOCK_TYPES,
    Limit,
    Scan,
)
from ..sessions.session import Session
from . import handles
from .history_query import refuse
from .services import Services

LONGEST_NAME: Final = 64
"""Characters of a bad name that its sender is told."""
MOST_FILTERS: Final = 32
NO_LOCATION: Final = "Market Scanner is not configured for one of the chosen locations."
"""As TWS words it."""
FIXED: Final = (("abovePrice", "priceAbove"), ("belowPrice", "priceBelow"),
                ("aboveVolume", "volumeAbove"), ("marketCapAbove", "marketCapAbove"),
                ("marketCapBelow", "marketCapBelow"),
                ("averageOptionVolumeAbove", "avgOptVolumeAbove"))  # fmt: skip
"""Fields of the subscription that are filters by another name."""
WITHOUT: Final = (
    "moodyRatingAbove", "moodyRatingBelow", "spRatingAbove", "spRatingBelow",
    "maturityDateAbove", "maturityDateBelow", "couponRateAbove",
    "couponRateBelow", "excludeConvertible", "scannerSettingPairs",
)  # fmt: skip
"""Fields about figures that a station does not have."""


@handles(wire.ReqScannerParameters)
def req_scanner_parameters(
    tws: Services, session: Session, message: wire.ReqScannerParameters
) -> None:
    """The codes, instruments, locations and filters that act."""
    session.send(wire.ScannerParameters(scanner_parameters()))


@handles(
    wire.ReqScannerSubscription,
    partly="scan codes, locations and filters other than those of the scanner parameters: stocks "
    "by price, volume, trades, change, market capitalisation and their options",
)
def req_scanner_subscription(
    tws: Services, session: Session, message: wire.ReqScannerSubscription
) -> None:
    """Rank the stocks of a location now and every half a minute.

    490 for a user without scanners, 385 for an id in use, 322 beyond ten of a client, 162 for a
    code, a location or a filter that there is not, which it names.
    """
    held = session.subscriptions.of(ScanSubscription)
    if message.reqId in held:
        session.error(message.reqId, 385)
        return
    if not tws.settings.has_service("scanners"):
        session.error(message.reqId, 490, detail="")
        return
    try:
        if len(held) >= MOST_SCANS:
            raise BadRequest(322, cause=f"At most {MOST_SCANS} scanner subscriptions")
        scan = _scan(message.scannerSubscription)
    except BadRequest as bad:
        refuse(session, message.reqId, bad)
        return
    tws.scanners.follow(session, ScanSubscription(message.reqId, scan))


@handles(wire.CancelScannerSubscription)
def cancel_scanner_subscription(
    tws: Services, session: Session, message: wire.CancelScannerSubscription
) -> None:
    """End a scanner, which 162 confirms; 365 when there is none."""
    if session.subscriptions.remove(ScanSubscription, message.reqId) is None:
        session.error(message.reqId, 365, id=message.reqId)
    else:
        session.error(message.reqId, 162, variant="scanner_cancelled", reqId=message.reqId)


def _scan(wanted: Wanted) -> Scan:
    """What a subscription asks for. Raises ``BadRequest``."""
    code = wanted.scanCode.strip().upper()
    if code not in SCANNERS:
        raise _no(f"There is no scanner with the code '{code[:LONGEST_NAME]}'")
    locations = _locations(wanted)
    for name in WITHOUT:
        if getattr(wanted, name):
            raise _no(f"{name} filter is disabled")
    kinds, limits = _filters(wanted)
    if wanted.scannerSubscriptionOptions:
        name = wanted.scannerSubscriptionOptions[0].tag[:LONGEST_NAME]
        raise _no(f"There is no scanner option '{name}'")
    rows = wanted.numberOfRows or 0
    return Scan(
        code, locations, min(rows, MOST_ROWS) if rows > 0 else MOST_ROWS,
        tuple(dict.fromkeys(kinds)), tuple(dict.fromkeys(limits)),
    )  # fmt: skip


def _locations(wanted: Wanted) -> tuple[str, ...]:
    instrument = wanted.instrument.strip().upper()
    if instrument not in INSTRUMENTS:
        raise _no(f"There is no scanner for the instrument '{instrument[:LONGEST_NAME]}'")
    codes = [code.strip().upper() for code in wanted.locationCode.split(",")]
    if not all(code in LOCATIONS for code in codes):
        raise _no(NO_LOCATION)
    if any(LOCATIONS[code].instrument != instrument for code in codes):
        raise _no("You cannot combine locations from different regions.")
    return tuple(sorted(set(codes)))


def _filters(wanted: Wanted) -> tuple[list[tuple[str, bool]], list[Limit]]:
    """Kinds of stock that count or do not, and limits of figures."""
    kinds, limits = [_kind(wanted.stockTypeFilter, True)], []
    for field, name in FIXED:
        value = getattr(wanted, field)
        if value is not None:
            limits.append(Limit(name, float(value)))
    options = wanted.scannerSubscriptionFilterOptions
    if len(options) > MOST_FILTERS:
        raise _no(f"At most {MOST_FILTERS} filters")
    for option in options:
        if option.tag == STOCK_TYPES:
            word = option.value.strip()
            kinds.append(_kind(word.removeprefix("inc:").removeprefix("exc:"),
                               not word.startswith("exc:")))  # fmt: skip
        else:
            limits.append(_limit(option))
    return kinds, limits


def _kind(word: str, wanted: bool) -> tuple[str, bool]:
    kind = word.strip().upper()
    if kind not in KINDS_OF_STOCK:
        raise _no(f"There is no stock type '{kind[:LONGEST_NAME]}'")
    return kind, wanted


def _limit(option: TagValue) -> Limit:
    name = option.tag.strip()
    if name not in FILTERS:
        raise _no(f"{name[:LONGEST_NAME]} filter is disabled")
    try:
        value = float(option.value)
    except ValueError:
        value = nan
    if not isfinite(value):
        raise _no(f"{name}: '{option.value[:LONGEST_NAME]}' is no number")
    return Limit(name, value)


def _no(cause: str) -> BadRequest:
    return BadRequest(162, cause=cause)
