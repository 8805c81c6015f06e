"""The request and answer types of the control API, which OpenAPI describes."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...venue.broker.schedules import FEE_PLANS, MARGIN_MODELS
from ..clock import HIGHEST


class View(BaseModel):
    """Base of answers and bodies; an unknown field is an error."""

    model_config = ConfigDict(extra="forbid")


class Problem(View):
    """Why a request was refused."""

    detail: str


class NoticeView(View):
    """A notice that every session received."""

    code: int
    text: str
    time: datetime


class StationView(View):
    """One station."""

    name: str
    host: str
    port: int
    gateway: bool
    """Whether it behaves as IB Gateway instead of TWS."""
    server_version: int
    accounts: list[str]
    time: datetime
    """Market time."""
    speed: float
    """The market's speed as a multiple of real time."""
    sessions: int
    waiting: int
    notice: NoticeView | None
    """The last notice about the API's socket: 1300, sent when the port changes; null before."""


class ClockView(View):
    """The market's clock."""

    time: datetime
    """Market time."""
    speed: float
    """As a multiple of real time; 0 while the market is paused."""
    max: bool
    """Whether it runs as fast as clients follow; ``speed`` is then how fast that has been."""


class SpeedBody(View):
    """Another speed of the market's clock."""

    speed: (
        Annotated[float, Field(ge=0, le=HIGHEST, strict=True, allow_inf_nan=False)] | Literal["max"]
    )
    """As a multiple of real time; 0 pauses the market, ``max`` is as fast as clients follow."""


class StepBody(View):
    """A jump of the market's clock."""

    seconds: Annotated[float, Field(gt=0, le=86_400, strict=True, allow_inf_nan=False)]
    """Of market time; it takes as long as what falls due on the way."""


class SessionView(View):
    """One connection."""

    number: int
    client_id: int | None
    """Null before START_API."""
    address: str
    version: int
    """Negotiated server version; 0 before the handshake."""
    format: str
    """``protobuf`` where the version supports it, else ``text``."""
    since: datetime
    received: int
    sent: int
    in_per_s: float | None
    """Messages per second, over the last seconds; null until the second request for it."""
    out_per_s: float | None
    unsent_bytes: int
    """Unsent bytes, because the client does not read."""
    lag_s: float
    """How long the oldest unsent byte has waited, as sampled at each request."""
    lines: int
    """Market data lines."""
    subscriptions: int
    """Active subscriptions: lines, bars, positions, account values."""
    paused: bool
    """The client reads more slowly than the station sends; quotes wait."""


class WaitingView(View):
    """A connection that waits for the user's decision."""

    number: int
    client_id: int
    address: str
    version: int
    """Negotiated server version."""
    since: datetime
    until: datetime
    """When the station rejects it without a decision."""


class AcceptBody(View):
    """How to accept a connection."""

    always: bool = False
    """Accept the address without a decision from now on."""


class SettingView(View):
    """One setting of the API."""

    group: str
    number: int
    name: str
    value: bool | int | str | list[str] | None
    default: bool | int | str | list[str] | None
    source: str
    """``default``, ``given`` at the start, or ``changed`` while running."""
    acts: bool
    """Whether the setting has an effect yet."""
    note: str
    """Why it has no effect yet."""
    meaning: str
    place: str
    """Its page in the Global Configuration of TWS."""
    type: Literal["switch", "number", "choice", "text", "list"]
    choices: list[str]
    lowest: int | None
    """The least value of a number."""
    highest: int | None
    longest: int | None
    """Maximum characters of a text, or entries of a list."""
    blank: bool
    """Whether it may be null."""


Change = bool | int | Annotated[str, Field(max_length=4000)] | list[str] | None


class BlameView(Problem):
    """Why settings were not changed."""

    errors: dict[str, str]
    """Name as given -> why its value is not valid."""


class ChangedView(View):
    """The result of a change of settings."""

    changed: list[str]


class FarmView(View):
    """The state of a farm."""

    name: str
    kind: str
    status: str
    """``inactive``, ``connecting``, ``ok`` or ``broken``."""
    notice: NoticeView | None
    """The last notice about the farm."""


class LinkView(View):
    """The broker link."""

    up: bool
    competing: bool
    """Whether the same user is logged in elsewhere."""
    held_orders: int
    notice: NoticeView | None
    """The last notice about the link, such as 1100; null before the first loss."""


class OrderRow(View):
    """One order of today."""

    perm_id: int
    client_id: int
    order_id: int
    account: str
    con_id: int
    symbol: str
    action: str
    quantity: Decimal
    order_type: str
    limit_price: float | None
    """Of types that have a limit; of a pegged order its cap."""
    aux_price: float | None
    """The stop, the price to touch, the amount of a trail or the offset of a peg."""
    trailing_percent: float | None
    trail_stop_price: float | None
    """Where the stop of a trailing order stands."""
    tif: str
    good_till: str
    good_after: str
    outside_rth: bool
    oca_group: str
    parent_perm_id: int
    """Of the order that it waits for; 0 for none."""
    conditions: int
    """How many there are."""
    exchange: str
    security_type: str
    currency: str
    status: str
    why_held: str
    filled: Decimal
    remaining: Decimal
    average_price: float


Symbol = Annotated[str, Field(max_length=40)]


Price = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
OptionalPrice = Price | None


class ConditionBody(View):
    """A condition of an order; ``kind`` tells which of the other fields count."""

    kind: Literal["price", "time", "margin", "execution", "volume", "change"]
    joined: Literal["and", "or"] = "and"
    """How it is joined with the next one; they are evaluated from the first to the last."""
    more: bool = True
    """Whether more than the level is wanted, or less."""
    level: Price = 0.0
    """The price, the cushion or change in percent, the volume."""
    con_id: int = Field(0, ge=0, le=2**31 - 1)
    """Of price, volume and change: whose."""
    exchange: Symbol = "SMART"
    time: Symbol = ""
    """``20261224 09:30:00 US/Eastern``."""
    symbol: Symbol = ""
    """Of an execution."""
    security_type: Symbol = "STK"


class OrderBody(View):
    """An order of the user of TWS."""

    symbol: Symbol = ""
    con_id: int = Field(0, ge=0, le=2**31 - 1)
    """The contract number, instead of the symbol or in addition to it."""
    security_type: Symbol = "STK"
    exchange: Symbol = "SMART"
    currency: Symbol = "USD"
    action: Literal["BUY", "SELL"]
    quantity: float = Field(gt=0, le=10**9, allow_inf_nan=False, examples=[100])
    order_type: Symbol = Field("MKT", examples=["MKT", "LMT", "TRAIL"])
    """A type of TWS; one that the station does not have is refused in TWS's words."""
    limit_price: OptionalPrice = None
    aux_price: OptionalPrice = None
    """The stop, the price to touch, the amount of a trail or the offset of a peg."""
    trailing_percent: OptionalPrice = None
    trail_stop_price: OptionalPrice = None
    limit_offset: OptionalPrice = None
    """Of a trailing limit order: between its stop and its limit."""
    volatility: OptionalPrice = None
    """Of a VOL order, in percent a year."""
    delta: OptionalPrice = None
    """Of a PEG STK order."""
    compete_offset: OptionalPrice = None
    """Of a PEG BEST order."""
    tif: Symbol = Field("DAY", examples=["DAY", "GTC", "GTD"])
    good_till: Symbol = ""
    good_after: Symbol = ""
    minutes: int | None = Field(None, ge=1, le=525_600)
    """How long an order with the time in force ``Minutes`` lives."""
    outside_rth: bool = False
    all_or_none: bool = False
    hidden: bool = False
    display_size: int | None = Field(None, ge=1, le=10**9)
    minimum_quantity: int | None = Field(None, ge=1, le=10**9)
    trigger_method: int = Field(0, ge=0, le=8)
    oca_group: Symbol = ""
    oca_type: int = Field(1, ge=1, le=3)
    """1 cancels the other orders of the group, 2 and 3 reduce them."""
    reference: Symbol = ""
    conditions: list[ConditionBody] = Field([], max_length=10)
    conditions_cancel: bool = False
    """Whether the conditions cancel the order instead of submitting it."""
    conditions_any_hours: bool = False
    algorithm: Symbol = ""
    """The algorithm that works a MKT or LMT order, such as ``Adaptive``; "" for none."""
    algorithm_parameters: dict[Symbol, Symbol] = Field({}, max_length=20)
    """Its parameters by their official names."""
    scale_first: int | None = Field(None, ge=1, le=10**9)
    """Of a scale order: the size of the first component, and of each further one."""
    scale_further: int | None = Field(None, ge=1, le=10**9)
    scale_increment: OptionalPrice = None
    """How much farther from the market each further component is."""
    take_profit: OptionalPrice = None
    """With a price, a limit order of the other side that waits for this one to fill."""
    stop_loss: OptionalPrice = None
    """With a price, a stop order of the other side that waits for this one to fill."""
    account: Symbol = ""
    """Required when there are several accounts."""


class OrderChange(View):
    """New terms of a working order; what is left out stays."""

    quantity: int | None = Field(None, gt=0, le=10**9)
    limit_price: OptionalPrice = None
    aux_price: OptionalPrice = None
    trailing_percent: OptionalPrice = None
    tif: Symbol | None = None
    good_till: Symbol | None = None
    outside_rth: bool | None = None


class EffectView(View):
    """A figure before an order, its change, and after it, in the account's base currency."""

    before: Decimal
    change: Decimal
    after: Decimal


class PreviewView(View):
    """What an order would change, as a what-if tells it."""

    currency: str
    initial_margin: EffectView
    maintenance_margin: EffectView
    equity_with_loan: EffectView
    commission: float | None
    commission_currency: str
    warning: str


class ExecutionView(View):
    """One execution of today."""

    exec_id: str
    time: datetime
    account: str
    con_id: int
    symbol: str
    side: str
    shares: Decimal
    price: float
    perm_id: int
    client_id: int
    order_id: int
    commission: float | None
    currency: str
    realized_pnl: float | None


class PositionView(View):
    """One position at market prices."""

    account: str
    con_id: int
    symbol: str
    currency: str
    position: Decimal
    average_cost: float
    market_price: float
    market_value: float
    unrealized_pnl: float
    realized_pnl: float


class AccountRow(View):
    """The main figures of an account, in its base currency, at market prices."""

    account: str
    currency: str
    """Its base currency."""
    margin_model: str
    fee_plan: str
    net_liquidation: float
    cash: float
    buying_power: float
    available_funds: float
    excess_liquidity: float
    gross_position_value: float
    initial_margin: float
    maintenance_margin: float
    daily_pnl: float
    unrealized_pnl: float
    realized_pnl: float


# The venue decides what is valid, with its own texts: these bounds only exclude absurd values.
Code = Annotated[str, Field(max_length=200, examples=["DU2"])]
Amount = Annotated[str, Field(max_length=200, examples=["50000", "-250.50"])]
"""Money as decimal text, which keeps every digit; at most six decimals."""
Currency = Annotated[str, Field(max_length=200, examples=["EUR"])]
Model = Annotated[str, Field(max_length=200, examples=list(MARGIN_MODELS))]
Plan = Annotated[str, Field(max_length=200, examples=list(FEE_PLANS))]


PositionText = Annotated[str, Field(max_length=200, examples=["SPY 100 @ 430", "756733 -20"])]
"""The symbol of an American stock or a contract number, the size and, after @, what each has cost;
without it the market price."""


class AccountBody(View):
    """An account to open; an omitted field is as in the accounts of a new station."""

    account: Code
    currency: Currency | None = None
    """Its base currency."""
    cash: Amount | None = None
    margin_model: Model | None = None
    fee_plan: Plan | None = None
    positions: Annotated[list[PositionText], Field(max_length=1000)] = []
    """What it holds from the beginning, unpaid."""


Share = Annotated[str, Field(max_length=200, examples=["AAPL", "265598"])]
"""The symbol of an American stock, or a contract number."""


class DividendBody(View):
    """A dividend to pay to whoever holds the shares; who is short pays it."""

    share: Share
    amount: Amount
    """For a share, in its currency."""
    account: Code | None = None
    """The only account that it is paid to."""


class SplitBody(View):
    """A split of shares in all accounts; orders for them are cancelled."""

    share: Share
    ratio: Annotated[str, Field(max_length=200, examples=["2:1", "1:10"])]
    """New shares for old ones."""


class PositionBody(View):
    """A position to bring in, or to take out where its size is opposite to what is held."""

    position: PositionText


class TransferBody(View):
    """Cash or a position to move to another account."""

    to: Code
    what: Annotated[str, Field(max_length=200, examples=["5000", "SPY 100"])]
    """An amount of money, or a position, whose cost moves with it."""
    currency: Currency | None = None
    """The default is the account's base currency."""


class ConversionBody(View):
    """Cash to convert at the rate of the market."""

    amount: Amount
    currency: Currency
    into: Currency


class DepositBody(View):
    """A deposit; a negative amount is a withdrawal."""

    amount: Amount
    currency: Currency | None = None
    """The default is the account's base currency."""


class MarginModelBody(View):
    """The margin model to set."""

    model: Model


class FeePlanBody(View):
    """The fee plan to set."""

    plan: Plan


class AccountValueRow(View):
    """One value of an account."""

    key: str
    value: str
    currency: str


class SymbolView(View):
    """An instrument that has market data."""

    con_id: int
    symbol: str
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

    contracts: list[dict[str, str | int | float]] = Field(min_length=1, max_length=1000)


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


class ScannerView(View):
    """A way to rank stocks."""

    code: str
    title: str


class ScannerPlaceView(View):
    """A place to scan."""

    code: str
    title: str
    instrument: str


class ScannerChoicesView(View):
    """What a scanner may be asked."""

    codes: list[ScannerView]
    locations: list[ScannerPlaceView]


class NewsProviderView(View):
    """A source of news."""

    code: str
    name: str


class HeadlineView(View):
    """A headline."""

    time: datetime
    provider: str
    article_id: str
    headline: str


class ArticleView(View):
    """An article."""

    time: datetime
    headline: str
    text: str
    """Text or HTML."""


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


class NewsView(View):
    """One event at the station."""

    number: int
    time: datetime
    kind: str
    facts: dict[str, Any]


class LogView(View):
    """One line of the station's log."""

    number: int
    time: datetime
    """Time of the computer's clock."""
    level: str
    logger: str
    message: str
    error: str
    """The traceback; empty without one."""


class OptionView(View):
    """An option of a drill."""

    name: str
    type: str
    default: str
    """Empty when the option is required."""


class DrillView(View):
    """A drill that can be started."""

    name: str
    summary: str
    explanation: str
    options: list[OptionView]
    issues: list[str]
    """Public issues that the drill reproduces."""


class DrillBody(View):
    """A drill as a command line."""

    text: str = Field(max_length=1000, examples=["farm-blip usfarm ms=2000"])


Option = bool | int | float | Annotated[str, Field(max_length=200)] | None


RunState = Literal["acts by itself", "waits for a client", "over"]


class DrillRunView(View):
    """A drill that was started."""

    number: int
    name: str
    options: dict[str, Any]
    began: datetime
    ended: datetime | None
    """None while it runs."""
    state: RunState
    acts_at: datetime | None
    """When it acts next; null when it is over or waits for a client."""
