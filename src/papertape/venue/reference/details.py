"""ContractDetails and market rules of the venue's instruments."""

from decimal import Decimal

from papertape.model import Contract, ContractDetails, TagValue

from ..units import Nanos
from .instruments import Instrument, Instruments, Listing, Refusal, contract_of
from .listings import FOREX_ORDER_TYPES, STOCK_ORDER_TYPES
from .sessions import Schedule, TradingHours

_CENT, _FRACTION, _MILLIONTH = Decimal("0.01"), Decimal("0.0001"), Decimal("0.000001")

MARKET_RULES: dict[int, tuple[tuple[float, float], ...]] = {
    26: ((0.0, 0.01),),
    4563: ((0.0, 0.01),),
    3188: ((0.0, 0.00005),),
}
"""Rule id -> (low edge, increment); the highest edge not above the price applies."""


def contract_details(
    instruments: Instruments, wanted: Contract, now: Nanos, hours: TradingHours
) -> tuple[ContractDetails, ...] | Refusal:
    """One record per listing that the description fits, in catalogue order."""
    rows = instruments.match(wanted)
    if isinstance(rows, Refusal):
        return rows
    entries = {row.instrument.conId: row.instrument for row in rows}
    schedules = {con_id: hours.schedule(entry, now) for con_id, entry in entries.items()}
    return tuple(details_of(row, schedules[row.instrument.conId]) for row in rows)


def details_of(listing: Listing, schedule: Schedule) -> ContractDetails:
    """The full record of one listing."""
    entry = listing.instrument
    is_cash = entry.secType == "CASH"
    return ContractDetails(
        contract=contract_of(entry, listing.exchange),
        marketName=entry.marketName,
        minTick=entry.tick / entry.scale,
        orderTypes=FOREX_ORDER_TYPES if is_cash else STOCK_ORDER_TYPES,
        validExchanges=",".join(entry.exchanges),
        priceMagnifier=1,
        longName=entry.longName,
        industry=entry.industry,
        category=entry.category,
        subcategory=entry.subcategory,
        timeZoneId=schedule.zone,
        tradingHours=schedule.trading,
        liquidHours=schedule.liquid,
        secIdList=[TagValue("ISIN", entry.isin)] if entry.isin else [],
        aggGroup=4 if is_cash else 1,
        marketRuleIds=",".join(str(entry.market_rule) for _ in entry.exchanges),
        stockType=entry.stockType,
        minSize=_CENT if is_cash else _FRACTION,
        sizeIncrement=_CENT if is_cash else _FRACTION,
        suggestedSizeIncrement=_CENT if is_cash else Decimal(100),
        minAlgoSize=Decimal(0),
        lastPricePrecision=precision(entry),
        lastSizePrecision=precision(entry),
    )


def precision(entry: Instrument) -> Decimal | None:
    """How fine prices and sizes of trades are; None where it is not told."""
    return _MILLIONTH if entry.secType == "STK" else None
