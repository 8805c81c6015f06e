"""The children that a program asks TWS to attach to an order."""

from ...model import AttachedOrders
from ...venue.commands import AttachedOrder
from .services import Services

PRESET = "PRESET"
LEGS = (("ptOrderId", "ptOrderType", True), ("slOrderId", "slOrderType", False))


class UnfitLeg(ValueError):
    """A leg is not described as TWS wants it; the text is that of its error 320."""


def attached(tws: Services, legs: AttachedOrders) -> tuple[AttachedOrder, ...]:
    """The children of an order, the profit taker first, at the distances of the preset.

    Raises ``UnfitLeg`` for a leg with an id and no type, or another type than the preset's; the
    stop loss is looked at first.
    """
    found = []
    distances = {True: tws.settings.preset_take_profit, False: tws.settings.preset_stop_loss}
    for id_name, type_name, target in reversed(LEGS):
        order_id, kind = getattr(legs, id_name), getattr(legs, type_name)
        if order_id is None and not kind:
            continue
        if order_id is None or kind.upper() != PRESET:
            leg = "Profit Taker" if target else "Stop Loss"
            raise UnfitLeg(f"Invalid value for {leg} order-id or order-type")
        found.append(AttachedOrder(order_id, target, distances[target]))
    return tuple(reversed(found))
