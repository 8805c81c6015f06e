"""What a program hands to a call: the thing that is meant, or an error that says what is needed."""

from ..errors import LocalProtocolError
from ..model import Contract, Order
from .trades import Trade


def described(wanted: object, message: str | None = None) -> Contract:
    """A contract that a caller has described. Raises ``LocalProtocolError`` for anything else."""
    if isinstance(wanted, Contract):
        return wanted
    name = wanted if isinstance(wanted, str) and wanted.isalnum() else "AAPL"
    told = f"a contract is needed, such as pt.Stock({name!r}), not {_kind(wanted)}"
    raise LocalProtocolError(told, message=message, field=message and "contract")


def placed(wanted: object, order: object) -> tuple[Contract, Order]:
    """What an order is for, and the order. Raises ``LocalProtocolError`` for anything else."""
    if isinstance(wanted, Order) and isinstance(order, Contract):
        told = "the contract comes first, then the order"
        raise LocalProtocolError(told, message="PlaceOrder", field="contract")
    return described(wanted, "PlaceOrder"), ordered(order)


def ordered(order: object, field: str = "order") -> Order:
    """An order. Raises ``LocalProtocolError`` for anything else."""
    if isinstance(order, Order):
        return order
    told = f"an order is needed, such as pt.LimitOrder('BUY', 10, 99.5), not {_kind(order)}"
    raise LocalProtocolError(told, message="PlaceOrder", field=field)


def followed(trade: object, call: str) -> Trade:
    """A trade. Raises ``LocalProtocolError`` for anything else, such as a whole family."""
    if isinstance(trade, Trade):
        return trade
    told = f"{call} takes a Trade, as place_order returns one, not {_kind(trade)}"
    if isinstance(trade, tuple):
        told += ": name one of its trades, as in family.stop or group.trades[0], or call"
        told += " cancel_family(family), which ends all"
    raise LocalProtocolError(told)


def _kind(value: object) -> str:
    name = "None" if value is None else type(value).__name__
    return name if value is None else f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"
