"""What the control API answers with and takes: the types that OpenAPI describes."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class View(BaseModel):
    """An answer, or a body; a field that is not known is an error."""

    model_config = ConfigDict(extra="forbid")


class Problem(View):
    """Why a request was not carried out."""

    detail: str


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
    unsent_bytes: int
    lines: int
    """Market data lines."""
    paused: bool
    """It does not read as fast as we send; quotes wait."""


class WaitingView(View):
    """A connection that waits for somebody's decision."""

    number: int
    client_id: int
    address: str
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


Change = bool | int | Annotated[str, Field(max_length=4000)] | list[str] | None


class ChangedView(View):
    """What became of a change of settings."""

    changed: list[str]


class FarmView(View):
    """A farm's indicator."""

    name: str
    kind: str
    status: str
    """``inactive``, ``connecting``, ``ok`` or ``broken``."""


class LinkView(View):
    """The broker link."""

    up: bool
    competing: bool
    """The same user is logged in elsewhere."""
    held_orders: int


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


class ExecutionRow(View):
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


class PositionRow(View):
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


class AccountValueRow(View):
    """One row of an account's figures."""

    key: str
    value: str
    currency: str


class NewsView(View):
    """One thing that happened."""

    number: int
    time: datetime
    kind: str
    facts: dict[str, Any]


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


class DrillRunView(View):
    """A drill that was started."""

    number: int
    name: str
    options: dict[str, Any]
    began: datetime
    ended: datetime | None
    """None while it runs."""
