"""The children that TWS makes from its preset: a profit taker and a stop loss at set distances.

The wire names their ids and ``PRESET`` only. Order of the checks, codes and texts: the rust-ibapi
notes on attached orders of 2026; distances and types: IB's page of order presets.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from papertape.model import Order

from ..commands import AttachedOrder
from ..facts import Terms
from ..reference.instruments import Instrument, Refusal
from ..units import PriceUnits

WAITS: Final = ("", "DAY", "GTC", "GTD")
"""The times in force that a child has of its parent; of any other it would not wait."""


def unfit_ids(parent: int, highest: int, attached: Sequence[AttachedOrder]) -> Refusal | None:
    """Return why children cannot have their order ids; ``highest`` is the highest one in use."""
    for one in attached:
        if one.orderId <= 0:
            return Refusal(10149, {"orderId": str(one.orderId)})
        if one.orderId <= highest:
            return Refusal(103)
    ids = [one.orderId for one in attached]
    return Refusal(103) if len(set(ids)) < len(ids) or parent in ids else None


def child_of(
    one: AttachedOrder, parent_id: int, parent: Order, price: PriceUnits, entry: Instrument
) -> Order:
    """Return the order of a child: on the other side, at its distance from the parent's price."""
    buys = parent.action.upper() == "BUY"
    distance = round(one.distance * entry.scale)
    units = price + distance if buys == one.target else price - distance
    units -= units % entry.tick
    at = units / entry.scale
    return msgspec.structs.replace(
        Order(),
        action="SELL" if buys else "BUY",
        totalQuantity=parent.totalQuantity,
        orderType="LMT" if one.target else "STP",
        lmtPrice=at if one.target else None,
        auxPrice=None if one.target else at,
        tif=parent.tif if parent.tif in WAITS else "DAY",
        goodTillDate=parent.goodTillDate if parent.tif == "GTD" else "",
        account=parent.account,
        parentId=parent_id,
        outsideRth=parent.outsideRth,
        transmit=parent.transmit,
        submitter=parent.submitter,
    )


def family_held(
    held: Mapping[int, Mapping[int, Terms]], client_id: int, family: Sequence[tuple[int, Order]]
) -> Iterator[tuple[int, Terms]]:
    """Iterate over the members of a family that wait for ``transmit``."""
    mine = held.get(client_id, {})
    yield from [(order_id, mine[order_id]) for order_id, _ in family if order_id in mine]
