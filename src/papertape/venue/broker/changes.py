"""Which new terms a working order may get."""

from ..facts import Terms
from ..reference.instruments import Refusal
from ..units import PriceUnits
from .algos import same_algo
from .combination_types import COMBINATION_TYPES
from .order_types import IMMEDIATE, ORDER_TYPES
from .orders import LiveOrder


def stop_kept(order: LiveOrder, terms: Terms) -> PriceUnits | None:
    """Return the stop that a trailing order has reached, unless new terms set another."""
    old = order.terms
    same = terms.extras.trail == old.extras.trail and terms.stop in (old.stop, 0)
    return order.movedStop if same else None


def limit_kept(order: LiveOrder, terms: Terms) -> PriceUnits | None:
    """Return the limit that an order got from a fill or when it began, unless new terms say how to
    compute another."""
    peg = terms.extras.peg
    once = peg is not None and peg.once and peg == order.terms.extras.peg
    scale = terms.extras.components
    once |= scale is not None and terms.limit == order.terms.limit
    if terms.extras.combo is not None:
        return None
    return order.movedLimit if once or ORDER_TYPES[terms.orderType].remains else None


def mismatch(order: LiveOrder, terms: Terms) -> Refusal | None:
    """Return why an order cannot have new terms; None when it can."""
    old = order.terms
    same = (old.conId, old.side, old.account) == (terms.conId, terms.side, terms.account)
    known = ORDER_TYPES if old.extras.combo is None else COMBINATION_TYPES
    becomes = (old.orderType, *known[old.orderType].becomes)
    if not same or terms.orderType not in becomes:
        return Refusal(105)
    before, after = old.extras, terms.extras
    if not same_algo(old, terms):
        return Refusal(440)
    if before.parent != after.parent:
        return Refusal(10341)
    if before.oca != after.oca:
        return Refusal(10326)
    if before.oca and before.ocaType != after.ocaType:
        return Refusal(10327)
    return Refusal(462, {"tif": terms.tif}) if terms.tif in IMMEDIATE else None
