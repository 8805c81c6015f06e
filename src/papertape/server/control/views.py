"""What the control API answers with and takes: the types that OpenAPI describes."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...venue.broker.schedules import FEE_PLANS, MARGIN_MODELS


class View(BaseModel):
    """An answer, or a body; a field that is not known is an error."""

    model_config = ConfigDict(extra="forbid")


class Problem(View):
    """Why a request was not carried out."""

    detail: str


class NoticeView(View):
    """What every session was told."""

    code: int
    text: str
    time: datetime


class StationView(View):
    """One station."""

    name: str
    host: str
    port: int
    gateway: bool
    """IB Gateway's behaviour rather than that of TWS."""
    server_version: int
    accounts: list[str]
    time: datetime
    """Market time."""
    speed: float
    """How many times faster than real time the market runs."""
    sessions: int
    waiting: int
    notice: NoticeView | None
    """The last one about the API's socket: 1300, told at a new port; null before."""


class SessionView(View):
    """One connection."""

    number: int
    client_id: int | None
    """None before START_API."""
    address: str
    version: int
    """Negotiated server version; 0 before the greeting."""
    format: str
    """``protobuf`` where the version has any, else ``text``."""
    since: datetime
    received: int
    sent: int
    in_per_s: float | None
    """Messages of a second, over the last seconds; null until it has been asked for twice."""
    out_per_s: float | None
    unsent_bytes: int
    """What waits because the client does not read."""
    lag_s: float
    """How long the oldest of it has waited, as far as was noticed: it is looked at when asked."""
    lines: int
    """Market data lines."""
    subscriptions: int
    """Everything that is sent unasked: lines, bars, positions, account figures."""
    paused: bool
    """It does not read as fast as we send; quotes wait."""


class WaitingView(View):
    """A connection that waits for somebody's decision."""

    number: int
    client_id: int
    address: str
    version: int
    """Negotiated server version."""
    since: datetime
    until: datetime
    """When it is rejected for want of a decision."""


class AcceptBody(View):
    """How to accept."""

    always: bool = False
    """Trust the address from now on."""


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
    """Whether the station does anything about it yet."""
    note: str
    """What it does not do yet."""
    meaning: str
    place: str
    """Where TWS has it in its Global Configuration."""
    type: Literal["switch", "number", "choice", "text", "list"]
    choices: list[str]
    lowest: int | None
    """Of a number."""
    highest: int | None
    longest: int | None
    """Letters of a text, entries of a list."""
    blank: bool
    """Whether it may be none."""


Change = bool | int | Annotated[str, Field(max_length=4000)] | list[str] | None


class BlameView(Problem):
    """Why settings were not changed."""

    errors: dict[str, str]
    """Name, as it was given -> what is wrong with that one."""


class ChangedView(View):
    """What became of a change of settings."""

    changed: list[str]


class FarmView(View):
    """A farm's indicator."""

    name: str
    kind: str
    status: str
    """``inactive``, ``connecting``, ``ok`` or ``broken``."""
    notice: NoticeView | None
    """The last one about it."""


class LinkView(View):
    """The broker link."""

    up: bool
    competing: bool
    """The same user is logged in elsewhere."""
    held_orders: int
    notice: NoticeView | None
    """The last one about it, such as 1100; null before the first loss."""


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
    tif: str
    status: str
    why_held: str
    filled: Decimal
    remaining: Decimal
    average_price: float


Symbol = Annotated[str, Field(max_length=40)]


class OrderBody(View):
    """An order of the user of TWS."""

    symbol: Symbol = ""
    con_id: int = Field(0, ge=0, le=2**31 - 1)
    """Instead of the symbol, or beside it."""
    security_type: Symbol = "STK"
    exchange: Symbol = "SMART"
    currency: Symbol = "USD"
    action: Literal["BUY", "SELL"]
    quantity: int = Field(gt=0, le=10**9, examples=[100])
    order_type: Literal["MKT", "LMT"] = "MKT"
    limit_price: float | None = Field(None, gt=0, le=1e9)
    tif: Literal["DAY", "GTC", "IOC", "FOK"] = "DAY"
    account: Symbol = ""
    """Needed when there are several."""


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


# What is legal the venue says, in its words: these bounds only keep the absurd away.
Code = Annotated[str, Field(max_length=200, examples=["DU2"])]
Amount = Annotated[str, Field(max_length=200, examples=["50000", "-250.50"])]
"""Money as decimal text, so that no digit is lost on the way; at most six decimals."""
Currency = Annotated[str, Field(max_length=200, examples=["EUR"])]
Model = Annotated[str, Field(max_length=200, examples=list(MARGIN_MODELS))]
Plan = Annotated[str, Field(max_length=200, examples=list(FEE_PLANS))]


class AccountBody(View):
    """An account to be opened; what is left out is as in those that a station begins with."""

    account: Code
    currency: Currency | None = None
    """Its base currency."""
    cash: Amount | None = None
    margin_model: Model | None = None
    fee_plan: Plan | None = None


class DepositBody(View):
    """Money from outside; a negative amount is taken out."""

    amount: Amount
    currency: Currency | None = None
    """The account's own where none is given."""


class MarginModelBody(View):
    """Another margin model."""

    model: Model


class FeePlanBody(View):
    """Another fee plan."""

    plan: Plan


class AccountValueRow(View):
    """One row of an account's figures."""

    key: str
    value: str
    currency: str


class SymbolView(View):
    """An instrument that has market data."""

    con_id: int
    symbol: str
    security_type: str
    exchange: str
    """Where an order goes by itself: SMART, or the only exchange."""
    primary_exchange: str
    currency: str
    description: str
    tick: float
    """Smallest step of a price."""
    multiplier: int
    """How many units one of them stands for: a price times this is what one costs."""


class QuoteView(View):
    """The market of an instrument; null is not known."""

    con_id: int
    time: datetime
    live: bool
    """False while the market data farm is broken: this is what was known before."""
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
    """Of the trading day before."""
    volume: Decimal


class BarView(View):
    """A bar; ``time`` is its beginning."""

    time: datetime
    open: float
    high: float
    low: float
    close: float
    volume: Decimal | None
    """Null for bars that are not of trades."""
    complete: bool
    """False while it may change."""


class NewsView(View):
    """One thing that happened."""

    number: int
    time: datetime
    kind: str
    facts: dict[str, Any]


class LogView(View):
    """One line of the station's log."""

    number: int
    time: datetime
    """Of the computer's clock."""
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
    """Empty when it must be given."""


class DrillView(View):
    """A fault that can be started."""

    name: str
    summary: str
    explanation: str
    options: list[OptionView]
    issues: list[str]
    """Public issues that it reproduces."""


class DrillBody(View):
    """A drill as it is written on a command line."""

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
    """When it does something next by itself."""
