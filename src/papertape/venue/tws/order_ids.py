"""Which order ids a command may name: the rules for finished, passed and unknown ids."""

from ..broker import lifecycle
from ..broker.orders import LiveOrder
from ..commands import CancelApiOrder, SubmitOrder
from ..reference.instruments import Refusal
from .api_state import ApiState, FinishedOrders


def find(
    state: ApiState, finished: FinishedOrders, client_id: int, order_id: int
) -> LiveOrder | None:
    """Return the order of today with that id of its client, finished ones included."""
    perm_id = state.ids.get(client_id, {}).get(order_id)
    if perm_id is not None:
        return state.orders[perm_id]
    found = finished.find(client_id, order_id)
    return None if found is not None and found.made else found


def lives(state: ApiState, client_id: int, order_id: int) -> bool:
    """Return whether an order has this id that works or waits for ``transmit``."""
    held = order_id in state.held.get(client_id, {})
    return held or order_id in state.ids.get(client_id, {})


def submit_refusal(
    state: ApiState, known: LiveOrder | None, command: SubmitOrder
) -> Refusal | None:
    """Return why the order id cannot be used for an order or for new terms of the ``known`` one."""
    client_id, order_id = command.clientId, command.orderId
    what_if = command.order.whatIf
    if order_id <= 0 and known is None:
        return Refusal(10149, {"orderId": str(order_id)})
    if what_if:
        return None if command.order.transmit else Refusal(413)
    if known is not None:
        return _finished(known)
    if order_id > state.highest_ids.get(client_id, 0):
        return None
    return None if order_id in state.held.get(client_id, {}) else Refusal(103)


def cancel_refusal(
    state: ApiState, order: LiveOrder | None, command: CancelApiOrder
) -> Refusal | None:
    """Return why there is nothing to cancel: the order has ended, or there is none."""
    if order is not None:
        facts = {"orderId": str(command.orderId), "state": order.status}
        return None if order.working else Refusal(10148, facts)
    if command.orderId in state.held.get(command.clientId, {}):
        return None
    return Refusal(10147, {"orderId": str(command.orderId)})


def _finished(order: LiveOrder) -> Refusal | None:
    """Return the refusal of a modification that comes too late."""
    if order.status == lifecycle.FILLED:
        return Refusal(104)
    return Refusal(201, variant="too_late") if order.done else None
