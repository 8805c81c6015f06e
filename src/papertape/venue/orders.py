"""A live order as the engine keeps it, and the snapshots that events carry."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

import msgspec

from papertape.model import Contract, Order, OrderState

from .events import OrderView
from .lifecycle import NEW, TERMINAL, WORKING, moved
from .units import (
    CASH_SCALE,
    SIZE_SCALE,
    CashMicros,
    Nanos,
    PriceUnits,
    SizeUnits,
    price_float,
    size_decimal,
)

MarginNumbers = Mapping[str, Decimal | float | str]
NO_MARGIN: MarginNumbers = MappingProxyType({})


class LiveOrder(msgspec.Struct):
    """An accepted order. The echo is replaced, never edited: events share it."""

    account: str
    clientId: int
    orderId: int
    permId: int
    conId: int
    contract: Contract
    echo: Order
    side: int
    """+1 buys, -1 sells."""
    quantity: SizeUnits
    limit: PriceUnits | None
    """None for a market order."""
    tif: str
    scale: int
    currency: str
    accepted: Nanos
    expires: Nanos
    """When a DAY or GTC order lapses."""
    status: str = NEW
    filled: SizeUnits = 0
    value: CashMicros = 0
    last_price: PriceUnits = 0
    fees: CashMicros = 0
    billed: tuple[SizeUnits, CashMicros] = (0, 0)
    """Size and value that count towards the commission; a modified order starts anew."""
    why_held: str = ""
    completed_time: str = ""
    completed_status: str = ""

    @property
    def remaining(self) -> SizeUnits:
        """What is still to be traded."""
        return self.quantity - self.filled

    @property
    def working(self) -> bool:
        """Whether the order may still trade."""
        return self.status in WORKING

    @property
    def done(self) -> bool:
        """Whether the status is terminal."""
        return self.status in TERMINAL

    def move(self, status: str) -> None:
        """Change the status along the table of the life cycle."""
        self.status = moved(self.status, status)


def view_of(order: LiveOrder, margin: MarginNumbers = NO_MARGIN) -> OrderView:
    """The order as of now; ``margin`` are the OrderState fields of a what-if."""
    return OrderView(
        account=order.account,
        clientId=order.echo.clientId or 0,
        orderId=order.echo.orderId or 0,
        permId=order.permId,
        parentId=order.echo.parentId,
        contract=order.contract,
        order=order.echo,
        state=_state(order, margin),
        filled=size_decimal(order.filled),
        remaining=size_decimal(order.remaining),
        avgFillPrice=average_price(order),
        lastFillPrice=price_float(order.last_price, order.scale),
        whyHeld=order.why_held,
        lapses=order.expires if order.tif == "GTC" else 0,
    )


def completed_view(order: LiveOrder) -> OrderView:
    """A finished order as completedOrder shows it: a filled one has no quantity left."""
    view = view_of(order)
    if order.remaining:
        return view
    echo = msgspec.structs.replace(order.echo, totalQuantity=Decimal(0))
    return msgspec.structs.replace(view, order=echo)


def average_price(order: LiveOrder) -> float:
    """Average fill price without commissions; 0 until something filled."""
    if order.filled == 0:
        return 0.0
    if order.value * order.scale * SIZE_SCALE == order.last_price * order.filled * CASH_SCALE:
        return price_float(order.last_price, order.scale)
    return order.value * SIZE_SCALE / (order.filled * CASH_SCALE)


def money(micros: CashMicros) -> float:
    """Micro-units as the nearest float."""
    return micros / CASH_SCALE


def _state(order: LiveOrder, margin: MarginNumbers) -> OrderState:
    state = OrderState(
        status=order.status,
        completedTime=order.completed_time,
        completedStatus=order.completed_status,
    )
    if order.fees:
        state.commissionAndFees = money(order.fees)
        state.commissionAndFeesCurrency = order.currency
    for name, value in margin.items():
        setattr(state, name, value)
    return state
