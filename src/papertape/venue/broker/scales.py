"""Scale orders: an order that works in components, each at a price of its own.

The first component rests at the limit of the order, each further one an increment farther from the
market, as soon as the one before has filled. A component trades once with a quote. Profit orders,
sizes put back, positions to begin with and prices that change with time are as IBKR's pages on
ScaleTrader describe them; ``made_orders`` places what follows from a fill, ``scale_terms`` has the
checks.
"""

from collections.abc import Iterator
from typing import Final

from ..special import Scale
from ..units import RATE_SCALE, SIZE_SCALE, Nanos, PriceUnits, SizeUnits, scaled
from .orders import LiveOrder

SPREAD: Final = RATE_SCALE * 55 // 100
"""How much larger or smaller a drawn component is."""
ROUND: Final = 100 * SIZE_SCALE


FARTHEST: Final[PriceUnits] = 10**16
"""How far a component may be from the first one: more than any price, less than a journal takes."""


def reached(order: LiveOrder, scale: Scale) -> SizeUnits:
    """Return how much of its components has filled: not what profit orders have put back, which is
    more where new terms have taken back the position at the beginning."""
    return max(scale.started + order.filled - order.restored, 0)


def component(scale: Scale, filled: SizeUnits) -> tuple[int, SizeUnits]:
    """Return the number of the component that works, and the size up to its end."""
    if filled < scale.first:
        return 0, scale.first
    number = (filled - scale.first) // scale.further + 1
    return number, scale.first + number * scale.further


def present(order: LiveOrder, scale: Scale) -> tuple[int, SizeUnits]:
    """Return the number of the component of an order that works now, and its end."""
    if scale.varied and order.component is not None:
        return order.component
    return component(scale, reached(order, scale))


def shift(order: LiveOrder, scale: Scale, now: Nanos) -> PriceUnits:
    """Return how far the present component is from the price of the first one at the beginning."""
    number, _ = present(order, scale)
    away = -order.terms.side * number * scale.increment
    if scale.every:
        away += (now - order.accepted) // scale.every * scale.change
    return min(max(away, -FARTHEST), FARTHEST)


def component_limit(order: LiveOrder, now: Nanos, tick: PriceUnits = 1) -> PriceUnits | None:
    """Return the limit of the component that works; None of an order without components, or whose
    price is pegged to the market."""
    special = order.terms.special
    scale = None if special is None else special.components
    if scale is None or order.terms.limit is None or (special and special.peg is not None):
        return None
    return max(order.terms.limit + shift(order, scale, now), tick)


def component_left(order: LiveOrder) -> SizeUnits:
    """Return what is left of the component that works."""
    scale = order.terms.extras.components
    if scale is None:
        return order.remaining
    return present(order, scale)[1] - reached(order, scale)


def next_drawn(order: LiveOrder, scale: Scale, chance: int) -> tuple[int, SizeUnits]:
    """Return the number and the end of the component that an order draws next; ``chance`` is any
    number.

    It follows the component before, or is the one that its size so far comes to: for an order that
    begins, or that has traded without drawing.
    """
    now = reached(order, scale)
    if order.component is not None and order.component[1] == now:
        number, begins = order.component[0] + 1, now
    else:
        number, _ = component(scale, now)
        begins = scale.first + (number - 1) * scale.further if number else 0
    ends = begins + drawn_size(scale, number, chance)
    return number, ends if ends > now else now + drawn_size(scale, number, chance)


def drawn_size(scale: Scale, number: int, chance: int) -> SizeUnits:
    """Return the size of a component that is drawn: up to 55 % more or less, in round lots where
    its size is one; ``chance`` is any number, however large."""
    usual = scale.first if number == 0 else scale.further
    size = scaled(usual, RATE_SCALE - SPREAD + chance % (2 * SPREAD + 1))
    lot = SIZE_SCALE if usual % ROUND else ROUND
    return max((size + lot // 2) // lot * lot, lot)


def levels(scale: Scale, begins: SizeUnits, ends: SizeUnits) -> Iterator[tuple[int, SizeUnits]]:
    """Yield the profit orders for a part of an order: how many increments farther than its first
    component each is, and its size. They are as large as further components at most."""
    while begins < ends:
        if begins < scale.first:
            number = begins // scale.further
            until = min((number + 1) * scale.further, scale.first)
        else:
            number, until = component(scale, begins)
        yield number, min(until, ends) - begins
        begins = min(until, ends)


def next_change(order: LiveOrder, now: Nanos) -> Nanos:
    """Return when the price of a scale order changes with time; 0 for never."""
    scale = order.terms.extras.components
    if scale is None or not scale.every or not order.working:
        return 0
    return order.accepted + ((now - order.accepted) // scale.every + 1) * scale.every
