"""Market data records: bars, ticks, depth, scanners, and what describes a market.

Fields keep their official names and stand in the order of the protobuf schema, which is also
the numbering there.
"""

from decimal import Decimal

import msgspec

from .contract import Contract, TagValue
from .units import Long, Record


class Bar(Record):
    """A price bar; ``date`` is the bar's start, in the form that the request asked for."""

    date: str = ""
    open: float = 0.0
    high: float = 0.0
    low: float = 0.0
    close: float = 0.0
    volume: Decimal | None = None
    wap: Decimal | None = None
    barCount: int = 0


class HistogramEntry(Record):
    """How much was traded at a price."""

    price: float = 0.0
    size: Decimal | None = None


class HistoricalSession(Record):
    """A trading session of a schedule."""

    startDateTime: str = ""
    endDateTime: str = ""
    refDate: str = ""
    """The trading day, ``YYYYMMDD``."""


class TickAttribLast(Record):
    """Marks of a trade."""

    pastLimit: bool = False
    unreported: bool = False


class TickAttribBidAsk(Record):
    """Marks of a quote."""

    bidPastLow: bool = False
    askPastHigh: bool = False


class HistoricalTick(Record):
    """A mid price; ``time`` in seconds since the epoch."""

    time: Long = 0
    price: float = 0.0
    size: Decimal | None = None


class HistoricalTickBidAsk(Record):
    """A quote; ``time`` in seconds since the epoch."""

    time: Long = 0
    tickAttribBidAsk: TickAttribBidAsk = msgspec.field(default_factory=TickAttribBidAsk)
    priceBid: float = 0.0
    priceAsk: float = 0.0
    sizeBid: Decimal | None = None
    sizeAsk: Decimal | None = None


class HistoricalTickLast(Record):
    """A trade; ``time`` in seconds since the epoch."""

    time: Long = 0
    tickAttribLast: TickAttribLast = msgspec.field(default_factory=TickAttribLast)
    price: float = 0.0
    size: Decimal | None = None
    exchange: str = ""
    specialConditions: str = ""


class MarketDepthData(Record):
    """One change of an order book."""

    position: int = 0
    """Row, from 0."""
    operation: int = 0
    """0 insert, 1 update, 2 delete."""
    side: int = 0
    """0 ask, 1 bid."""
    price: float = 0.0
    size: Decimal | None = None
    marketMaker: str = ""
    isSmartDepth: bool = False


class DepthMktDataDescription(Record):
    """A venue that offers market depth."""

    exchange: str = ""
    secType: str = ""
    listingExch: str = ""
    serviceDataType: str = ""
    """``Deep`` or ``Deep2``."""
    aggGroup: int | None = None


class SmartComponent(Record):
    """What one letter of a consolidated quote stands for."""

    bitNumber: int = 0
    exchange: str = ""
    exchangeLetter: str = ""


class PriceIncrement(Record):
    """From ``lowEdge`` on, prices are multiples of ``increment``."""

    lowEdge: float = 0.0
    increment: float = 0.0


class NewsProvider(Record):
    """A source of news."""

    code: str = ""
    name: str = ""


class FamilyCode(Record):
    """Which family an account belongs to."""

    accountID: str = ""
    familyCodeStr: str = ""


class ContractDescription(Record):
    """A match of a symbol search."""

    contract: Contract = msgspec.field(default_factory=Contract)
    derivativeSecTypes: list[str] = []


class ScannerSubscription(Record):
    """What a scanner looks for; a limit that is not set does not count."""

    numberOfRows: int | None = -1
    instrument: str = ""
    locationCode: str = ""
    scanCode: str = ""
    abovePrice: float | None = None
    belowPrice: float | None = None
    aboveVolume: Long | None = None
    marketCapAbove: float | None = None
    marketCapBelow: float | None = None
    moodyRatingAbove: str = ""
    moodyRatingBelow: str = ""
    spRatingAbove: str = ""
    spRatingBelow: str = ""
    maturityDateAbove: str = ""
    maturityDateBelow: str = ""
    couponRateAbove: float | None = None
    couponRateBelow: float | None = None
    excludeConvertible: bool = False
    averageOptionVolumeAbove: Long | None = None
    scannerSettingPairs: str = ""
    stockTypeFilter: str = ""
    scannerSubscriptionFilterOptions: list[TagValue] = []
    scannerSubscriptionOptions: list[TagValue] = []


class ScanData(Record):
    """One row of a scanner's result."""

    rank: int = 0
    """From 0."""
    contract: Contract = msgspec.field(default_factory=Contract)
    marketName: str = ""
    distance: str = ""
    benchmark: str = ""
    projection: str = ""
    legsStr: str = ""
