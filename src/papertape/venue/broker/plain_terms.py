"""The orders that nearly all are, checked at a glance: a usual type, and no attribute with an
effect of its own but those of brackets and groups.

``terms.check`` alone refuses: what does not pass here is looked at attribute by attribute, so this
saves work and decides nothing. It has to know of everything that such an order could be refused
for; ``tests/venue/broker/test_plain_terms.py`` compares the two.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from papertape.model import Order, SoftDollarTier

from ..facts import Terms
from ..reference.instruments import Listing
from ..special import Special
from ..units import SIZE_SCALE
from .attribute_rules import REDUCE_FREELY, ignored_of
from .attributes import TABLE
from .ledger import Account
from .margin import unvalued
from .order_types import DAY, ORDER_TYPES, OrderType, trigger_method
from .price_terms import on_increment
from .special_terms import BY_TIME

SIDES: Final = {"BUY": 1, "SELL": -1}
SIMPLE: Final = frozenset(
    (
        "action", "totalQuantity", "orderType", "lmtPrice", "auxPrice", "tif", "account",
        "orderRef", "outsideRth", "transmit",
    )
)  # fmt: skip
"""Attributes that need no check but their own; nearly all orders have no other."""
WITHOUT_EFFECT: Final = frozenset(
    field.name
    for field in msgspec.structs.fields(Order)
    if field.type in (str, bool, SoftDollarTier)
    and any(row.name == field.name and row.use in ("passed", "told") for row in TABLE)
)
"""Attributes that need no check at all; numbers do, as not all are finite."""
PLAIN_ATTRIBUTES: Final = SIMPLE | WITHOUT_EFFECT
RELATED: Final = frozenset(("parentId", "ocaGroup", "ocaType"))
"""Attributes of brackets and groups; what they mean for the others is checked with these."""
MOST_WHOLE: Final = 1 << 31
"""Whole numbers of the protocol have 32 bits."""
PLAIN_TYPES: Final[Mapping[tuple[str, str], OrderType]] = {
    (name, tif): kind
    for name, kind in ORDER_TYPES.items()
    if not (kind.trails or kind.auction or kind.peg or kind.kinds or kind.exchanges)
    for tif in ("", *kind.tifs)
    if tif not in BY_TIME
}
"""Order types by ``orderType`` and ``tif``, where neither asks for more than price and size."""
OF_THEIR_OWN: Final = ("CRYPTO", "FUND")
"""Kinds whose orders have rules of their own: by an amount of money, at the value of a close."""
LONGEST: Final = 9
"""Digits of a size that is surely not too large."""

_text = msgspec.json.Encoder().encode


def plain_terms(
    order: Order,
    differs: Mapping[str, Any],
    listing: Listing,
    accounts: Mapping[str, Account],
    *,
    strict_tif: bool,
) -> Terms | None:
    """Return the terms of a plain order that nothing is wrong with; None for any other.

    ``differs`` are its attributes as ``given`` returns them.
    """
    kind, side = PLAIN_TYPES.get((order.orderType, order.tif)), SIDES.get(order.action)
    entry, digits = listing.instrument, differs.get("totalQuantity")
    account = order.account or _only(accounts)
    if (
        kind is None or side is None or digits is None
        or not (differs.keys() <= PLAIN_ATTRIBUTES or _without_others(order, differs))
        or len(digits) > LONGEST or not digits.isdecimal() or account not in accounts
        or (strict_tif and not order.tif)
        or entry.secType in OF_THEIR_OWN
        or unvalued(entry) is not None
        or ((order.outsideRth or order.sweepToFill) and ignored_of(order, kind, entry))
    ):  # fmt: skip
        return None
    size = int(digits) * SIZE_SCALE
    limit = on_increment(order.lmtPrice, entry) if kind.limit else None
    stop = on_increment(order.auxPrice, entry) if kind.stop else None
    if not size or limit == 0 or stop == 0:
        return None
    if (limit is None and order.lmtPrice) or (stop is None and order.auxPrice):
        return None  # a price that the type has no use for
    return Terms(
        account, entry.conId, listing.exchange, side, size, kind.name, limit, stop,
        0 if stop is None else trigger_method(0, entry.secType), order.tif or DAY, False,
        order.orderRef, order.modelCode, order.submitter, _text(differs).decode(), order.outsideRth,
        _relations(order) if order.parentId or order.ocaGroup else None,
    )  # fmt: skip


def _without_others(order: Order, differs: Mapping[str, Any]) -> bool:
    """Return whether all other attributes are zeros and the like, which count as not set, or name
    a parent or a group.

    Clients send some with every order: ``discretionaryAmt`` 0.0, ``usePriceMgmtAlgo`` False.
    """
    for name in differs.keys() - PLAIN_ATTRIBUTES:
        if differs[name] and name not in RELATED:
            return False
    return 0 <= order.parentId < MOST_WHOLE and 0 <= order.ocaType <= REDUCE_FREELY


def _relations(order: Order) -> Special:
    kind = order.ocaType if order.ocaGroup else 0
    return Special(parent=order.parentId, oca=order.ocaGroup, ocaType=kind)


def _only(accounts: Mapping[str, Account]) -> str:
    """Return the only account, unless it is an advisor's; "" where there are several."""
    if len(accounts) == 1:
        for code, account in accounts.items():
            return "" if account.advisor else code
    return ""
