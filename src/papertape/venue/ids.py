"""Which order ids a command may name: the rules for finished, passed and unknown ids."""

from . import lifecycle
from .commands import CancelOrder, SubmitOrder
from .instruments import Refusal
from .orders import LiveOrder
from .state import State


def find(state: State, command: SubmitOrder | CancelOrder) -> LiveOrder | None:
    """Return the order of today that the command names, finished ones included."""
    perm_id = state.ids.get(command.clientId, {}).get(command.orderId)
    return None if perm_id is None else state.orders[perm_id]


def lives(state: State, client_id: int, order_id: int) -> bool:
    """Return whether an order has this id that works or waits for ``transmit``."""
    if order_id in state.held.get(client_id, {}):
        return True
    perm_id = state.ids.get(client_id, {}).get(order_id)
    return perm_id is not None and state.orders[perm_id].working


def submit_refusal(state: State, command: SubmitOrder) -> Refusal | None:
    """Return why the order id cannot be used for an order or for new terms."""
    known = None if command.order.whatIf else find(state, command)
    if command.orderId <= 0 and known is None:
        return Refusal(10149, {"orderId": str(command.orderId)})
    if command.order.whatIf:
        return None if command.order.transmit else Refusal(413)
    if known is not None:
        return _finished(known)
    is_held = command.orderId in state.held.get(command.clientId, {})
    passed = command.orderId <= state.highest_ids.get(command.clientId, 0)
    return Refusal(103) if passed and not is_held else None


def cancel_refusal(state: State, command: CancelOrder) -> Refusal | None:
    """Return why there is nothing to cancel: the order has ended, or there is none."""
    order = find(state, command)
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
