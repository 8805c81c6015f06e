"""Scale orders: an order that works in components, each at a price of its own.

The first component rests at the limit of the order, each further one an increment farther from the
market, as soon as the one before has filled. A component trades once with a quote.
"""

from papertape.model import Order

from ..facts import Terms
from ..reference.instruments import Instrument, Refusal
from ..special import Scale
from ..units import SIZE_SCALE, PriceUnits, SizeUnits
from .orders import LiveOrder

GIVEN = ("scaleInitLevelSize", "scaleSubsLevelSize", "scalePriceIncrement")


def scale_of(order: Order, *, limit: bool, entry: Instrument) -> Scale | Refusal | None:
    """Return the components of an order, None without any, or the reason to refuse them."""
    first, further, increment = (getattr(order, name) for name in GIVEN)
    if not first and not further and not increment:
        return None
    if not limit:
        return Refusal(387)
    if not first:
        return Refusal(419)
    if first < 0 or first > (order.totalQuantity or 0):
        return Refusal(417)
    if further is not None and further < 0:
        return Refusal(410)
    if increment is None or not 0 < increment < 1e9:
        return Refusal(408)
    units = round(increment * entry.scale)
    if not units or units % entry.tick:
        return Refusal(408)
    return Scale(first * SIZE_SCALE, (further or first) * SIZE_SCALE, units)


def component(scale: Scale, filled: SizeUnits) -> tuple[int, SizeUnits]:
    """Return the number of the component that works, and the size up to its end."""
    if filled < scale.first:
        return 0, scale.first
    number = (filled - scale.first) // scale.further + 1
    return number, scale.first + number * scale.further


def component_limit(terms: Terms, filled: SizeUnits) -> PriceUnits | None:
    """Return the limit of the component that works; None of an order without components."""
    scale = terms.extras.components
    if scale is None or terms.limit is None:
        return None
    number, _ = component(scale, filled)
    return max(terms.limit - terms.side * number * scale.increment, 1)


def component_left(order: LiveOrder) -> SizeUnits:
    """Return what is left of the component that works."""
    scale = order.terms.extras.components
    return order.remaining if scale is None else component(scale, order.filled)[1] - order.filled
