"""Answers and bodies about orders and executions."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from .base import View


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
    limit_offset: float | None
    """Of a trailing limit order: between its stop and its limit."""
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
    """Of a trailing order its amount: given alone it takes the place of a percentage, as that does
    of an amount."""
    trailing_percent: OptionalPrice = None
    limit_offset: OptionalPrice = None
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
    """None where it depends on whether the order takes liquidity; then it is from ``least`` to
    ``most``."""
    least_commission: float | None
    most_commission: float | None
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
