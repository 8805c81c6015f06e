"""ContractDetails of the venue's instruments, field by field as TWS fills them for each kind."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import chain
from typing import Any, Final

from papertape.model import Contract, ContractDetails, TagValue

from ..units import Nanos
from .calendars import calendar_of, hours_of
from .instruments import Instruments, Listing, Purpose, Refusal, contract_of
from .order_types import ORDER_TYPES, PLAIN_ORDER_TYPES
from .rules import MARKET_RULES, rules_of
from .securities import Bond, Cfd, Dated, Fund, Instrument, OptionContract, day_text
from .sessions import Schedule, TradingHours

__all__ = ["MARKET_RULES", "contract_details", "details_of", "details_rows", "precision"]

_MILLIONTH = Decimal("0.000001")
UNGROUPED: Final = 2**31 - 1
AGGREGATED: Final = {"STK": 1, "OPT": 2, "CASH": 4, "BOND": 7}
"""Groups of venues whose quotes SMART brings together; the others have none."""


def contract_details(
    instruments: Instruments, wanted: Contract, now: Nanos, hours: TradingHours
) -> tuple[ContractDetails, ...] | Refusal:
    """One record per listing that the description fits, in catalogue order."""
    rows = details_rows(instruments, wanted, now, hours)
    return rows if isinstance(rows, Refusal) else tuple(rows)


def details_rows(
    instruments: Instruments, wanted: Contract, now: Nanos, hours: TradingHours
) -> Iterator[ContractDetails] | Refusal:
    """The same one by one, each made when it is asked for; there is one at least."""
    rows = instruments.rows(wanted, Purpose.DETAILS, now)
    if isinstance(rows, Refusal):
        return rows
    return _details(rows, now, hours)


def _details(rows: Iterator[Listing], now: Nanos, hours: TradingHours) -> Iterator[ContractDetails]:
    schedules: dict[tuple[str, str], Schedule] = {}
    for row in rows:
        entry = row.instrument
        key = hours_of(entry), entry.secType
        schedule = schedules.get(key)
        if schedule is None:
            schedule = schedules[key] = hours.schedule(entry, now)
        yield details_of(row, schedule)


def details_of(listing: Listing, schedule: Schedule) -> ContractDetails:
    """The full record of one listing."""
    entry = listing.instrument
    kind, sizes = entry.secType, entry.sizes
    contract = contract_of(entry, listing.exchange)
    minimum, step, usual = (
        _size(count, sizes.scale) for count in (sizes.minimum, sizes.step, sizes.suggested)
    )
    fine = precision(entry)
    details = ContractDetails(
        contract=contract,
        marketName=entry.marketName,
        minTick=entry.tick / entry.scale / entry.magnifier,
        orderTypes=ORDER_TYPES.get(kind, PLAIN_ORDER_TYPES),
        validExchanges=",".join(entry.exchanges),
        priceMagnifier=entry.magnifier,
        longName=entry.longName,
        industry=entry.industry,
        category=entry.category,
        subcategory=entry.subcategory,
        timeZoneId=schedule.zone,
        tradingHours=schedule.trading,
        liquidHours=schedule.liquid,
        secIdList=[TagValue("ISIN", entry.isin)] if entry.isin else [],
        aggGroup=AGGREGATED.get(kind, UNGROUPED),
        marketRuleIds=",".join(map(str, rules_of(entry))),
        stockType=entry.stockType,
        minSize=minimum,
        sizeIncrement=step,
        suggestedSizeIncrement=usual,
        minAlgoSize=Decimal(0),
        lastPricePrecision=fine,
        lastSizePrecision=fine,
    )
    for name, value in _of_kind(entry, contract):
        setattr(details, name, value)
    return details


def precision(entry: Instrument) -> Decimal | None:
    """How fine prices and sizes of trades are; None where it is not told."""
    return _MILLIONTH if entry.secType == "STK" else None


def _size(count: int, scale: int) -> Decimal:
    whole, rest = divmod(count, scale)
    return Decimal(count) / scale if rest else Decimal(whole)


def _of_kind(entry: Instrument, contract: Contract) -> Iterator[tuple[str, Any]]:
    """The fields that only one kind has."""
    if isinstance(entry, Dated):
        return chain(_dated(entry, contract), _settlement(entry))
    if isinstance(entry, Bond):
        return _bond(entry)
    if isinstance(entry, Fund):
        return _fund(entry)
    if isinstance(entry, Cfd) and entry.under:
        return iter((("underConId", entry.under),))
    return iter(())


def _dated(entry: Dated, contract: Contract) -> Iterator[tuple[str, Any]]:
    """What contracts with an end say of it, and of what they are on."""
    last = day_text(entry.expires)
    contract.lastTradeDate = last
    hours = calendar_of(entry).hours
    ends = entry.ends if entry.ends >= 0 else hours.closes
    clock = f"{ends // 60:02d}:{ends % 60:02d}:00"
    contract.lastTradeDateOrContractMonth = f"{last} {clock} {hours.zone_id}"
    yield "contractMonth", str(entry.month)
    yield "realExpirationDate", last
    yield "underConId", entry.under
    yield "underSymbol", entry.underSymbol
    yield "underSecType", entry.underSecType


def _settlement(entry: Dated) -> Iterator[tuple[str, Any]]:
    if isinstance(entry, OptionContract) and entry.secType == "OPT":
        cash = entry.underSecType == "IND"
        yield "settlementMethod", "Cash" if cash else "Physical Delivery"


def _bond(entry: Bond) -> Iterator[tuple[str, Any]]:
    yield "cusip", entry.cusip
    yield "coupon", entry.coupon / 1000
    yield "maturity", day_text(entry.matures)
    yield "issueDate", day_text(entry.issued)
    yield "bondType", entry.bondType
    yield "couponType", "FIXED"
    yield "ratings", entry.ratings
    yield "descAppend", entry.described


_ASSETS: Final = {"Bond": "002", "Mixed": "003", "Equity": "004"}
"""The API's numbers of what a fund invests in."""
_DISTRIBUTES: Final = "Y"
"""American mutual funds pay their income out."""


def _fund(entry: Fund) -> Iterator[tuple[str, Any]]:
    yield "fundName", entry.longName
    yield "fundFamily", entry.family
    yield "fundType", entry.fundType
    yield "fundMinimumInitialPurchase", str(entry.minimum)
    yield "fundSubsequentMinimumPurchase", "1"
    yield "fundAssetType", _ASSETS.get(entry.fundType, "000")
    yield "fundDistributionPolicyIndicator", _DISTRIBUTES
