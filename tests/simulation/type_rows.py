"""Orders of each row of docs/reference/order_types.md, and the row that a shown order is of."""

from typing import Final

from papertape.model import Contract, Order
from papertape.venue.broker.algo_terms import PARAMETERS
from simulation.order_kinds import OrderMaker

ROWS_OF: Final = {
    "MKT PRT": "FUT", "STP PRT": "FUT", "PEG STK": "OPT", "BOX TOP": "OPT", "VOL": "OPT",
}  # fmt: skip
"""The kind of instrument of a row of the page of order types, where it is no stock."""
AT_ONCE: Final = ("MKT", "MTL", "MKT PRT", "BOX TOP", "BAG MKT", "BAG LMT", "MIDPRICE", "PEG MID")
"""Rows whose orders mostly trade when they come."""


def row_of(contract: Contract, order: Order) -> str:
    """The row of docs/reference/order_types.md that a shown order is of."""
    if order.algoStrategy:
        return order.algoStrategy
    if contract.secType == "BAG":
        return f"BAG {order.orderType}"
    opens = order.tif in ("OPG", "AUC") and order.orderType in ("MKT", "LMT")
    return f"{order.orderType} OPG" if opens else order.orderType


def of_row(maker: OrderMaker, name: str, parent: int = 0) -> tuple[Contract, Order]:
    """Return an order of a row of docs/reference/order_types.md, without further attributes.

    One that would mostly trade when it comes may wait for a time, or for a ``parent``."""
    contract, order = _of_row(maker, name)
    if name in AT_ONCE and maker.one_in(2):
        if contract.secType == "BAG":
            order.parentId = parent
        else:
            order.tif, order.goodAfterTime = "DAY", maker.clock(maker.chance.choice((0.05, 2)))
    return contract, order


def _of_row(maker: OrderMaker, name: str) -> tuple[Contract, Order]:
    if name.startswith("BAG "):
        return maker.combination(kind=name.removeprefix("BAG "))
    wanted = ROWS_OF.get(name, "STK")
    home = "BOX" if name == "BOX TOP" else ""
    subject = maker.chance.choice([
        one for one in maker.subjects
        if one.contract.secType == wanted and home in ("", one.contract.exchange)
    ])  # fmt: skip
    if name in PARAMETERS:
        order = maker.single(subject, maker.chance.choice(("MKT", "LMT")), plain=True)
        maker.algo(order, name)
        return subject.contract, order
    order = maker.single(subject, name.removesuffix(" OPG"), plain=True)
    order.tif = "OPG" if name.endswith(" OPG") else "DAY"
    return subject.contract, order
