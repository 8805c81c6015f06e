"""Answers about contracts, quotes, books, chains and bars."""

from datetime import datetime
from decimal import Decimal

from pydantic import Field, StrictFloat, StrictInt, StrictStr

from .base import View


class SymbolView(View):
    """An instrument that has market data."""

    con_id: int
    symbol: str
    local_symbol: str
    """Its name at its exchange: ``ESM6``, ``EUR.USD``; of an option that of its clearing house."""
    expires: str | None
    """The last day of trading, ``20260618``; null for what does not end."""
    security_type: str
    exchange: str
    """The default exchange of an order: SMART, or the only exchange."""
    primary_exchange: str
    currency: str
    description: str
    tick: float
    """Minimum price increment."""
    multiplier: int
    """Units per contract: the price times this is the cost of one."""
    zone: str
    """The time zone of its exchange, as ``America/New_York``."""
    zone_id: str
    """What contract details call that zone."""


class ContractsBody(View):
    """Contracts to add, each by the fields of a market folder's ``contracts.toml``."""

    contracts: list[dict[str, StrictStr | StrictInt | StrictFloat]] = Field(
        min_length=1, max_length=1000
    )


class GreeksView(View):
    """What the option model makes of an option's price; theta is a day's, vega a point's."""

    implied_volatility: float
    value: float
    delta: float
    gamma: float
    vega: float
    theta: float
    underlying: float
    """The price of the underlying that they stand on."""


class LevelView(View):
    """A level of a book."""

    price: float
    size: Decimal


class LadderView(View):
    """The book of an instrument, the best level of a side first; empty while nobody quotes."""

    con_id: int
    time: datetime
    live: bool
    """False while the market data farm is broken: the levels are from before."""
    bids: list[LevelView]
    asks: list[LevelView]


class QuoteView(View):
    """The market of an instrument; an unknown value is null."""

    con_id: int
    time: datetime
    live: bool
    """False while the market data farm is broken: the values are from before."""
    bid: float | None
    """An index has a value, and neither bid nor ask."""
    bid_size: Decimal | None
    ask: float | None
    ask_size: Decimal | None
    last: float | None
    last_size: Decimal | None
    last_time: datetime | None
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    """Close of the previous trading day."""
    volume: Decimal
    halted: int
    """1 while trading is halted, 2 in a pause for volatility, else 0."""
    opens: str | None
    """When its market opens, as ``2026-11-30 04:00:00 US/Eastern``; null while it is open. Prices
    of a closed market are those of its last session."""
    regular_opens: str | None
    """When its regular session begins; null during that, and where markets are always open."""
    greeks: GreeksView | None
    """Of an option; null of anything else and while its market is closed."""


class ChainClassView(View):
    """A class of options on an underlying."""

    trading_class: str
    multiplier: str
    expirations: list[str]
    """As yyyymmdd, in order."""


class OptionQuoteView(View):
    """An option of a chain."""

    con_id: int
    local_symbol: str
    quote: QuoteView | None
    """Null without market data."""


class ChainRowView(View):
    """The options at one strike."""

    strike: float
    call: OptionQuoteView | None
    put: OptionQuoteView | None


class ChainView(View):
    """The options of one expiry."""

    time: datetime
    underlying: float
    """The price of the underlying by which the strikes were chosen."""
    rows: list[ChainRowView]


class BarView(View):
    """A bar; ``time`` is its start."""

    time: datetime
    open: float
    high: float
    low: float
    close: float
    volume: Decimal | None
    """Null unless the bars are of trades."""
    complete: bool
    """False while the bar may change."""
