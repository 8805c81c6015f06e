"""Which attributes an order may have, by its type, size and destination: the codes of TWS."""

from typing import Final

from papertape.model import Order

from ..facts import NOT_OUTSIDE
from ..reference.descriptions import ORDER_TAG
from ..reference.exchanges import ATS, SMART
from ..reference.instruments import Instrument, Listing, Refusal
from .order_types import (
    BY_VOLATILITY,
    DAY,
    LIMIT,
    MARKET,
    OPG,
    PEGGED_TO_BENCHMARK,
    PEGGED_TO_BEST,
    PEGGED_TO_MIDPOINT,
    PEGGED_TO_STOCK,
    RELATIVE,
    OrderType,
)
from .price_terms import NOT_SHOWN

HIDING: Final = ("ISLAND", "NASDAQ")
"""Where a directed order may be hidden."""
LEAST_BLOCK: Final = 50
SLOTS: Final = (1, 2)
"""``shortSaleSlot``: the broker holds the shares, or they come from elsewhere."""
RANGED: Final = (BY_VOLATILITY, PEGGED_TO_STOCK, PEGGED_TO_BENCHMARK)
"""Types with a range of the price that they follow."""
ORIGINS: Final = (0, 1)
"""Of a customer, of a firm."""
REDUCE_FREELY: Final = 3
"""The last ``ocaType``; 0 is that of a client that names none."""
OWN_AUCTIONS: Final = ("MOC", "LOC")


def unfit_type(order: Order, kind: OrderType, listing: Listing) -> Refusal | None:
    """Return why an order of this type is not for an instrument or a destination."""
    sec_type = listing.instrument.secType
    if kind.kinds and sec_type not in kind.kinds:
        return Refusal(369 if order.orderType == "VOL" else 387)
    if sec_type == "FUND":
        if kind is not MARKET:
            return Refusal(387)
        if order.tif not in ("", DAY):
            return Refusal(10052, {"tif": order.tif})
    if kind.exchanges and listing.exchange not in kind.exchanges:
        return Refusal(387)
    return None


def unfit_attribute(order: Order, kind: OrderType, listing: Listing) -> Refusal | None:
    """Return the first attribute that an order may not have, in the words of TWS."""
    shown = order.displaySize or 0
    if shown < 0:
        return Refusal(321, {"tag": ORDER_TAG, "cause": f"Invalid display size {shown}"})
    if shown and shown != NOT_SHOWN and shown >= (order.totalQuantity or 0):
        return Refusal(10020)
    if order.hidden and listing.exchange not in HIDING:
        return Refusal(152)
    if order.blockOrder and (order.totalQuantity or 0) < LEAST_BLOCK:
        return Refusal(117)
    if order.imbalanceOnly and kind.name not in OWN_AUCTIONS and order.tif != "OPG":
        return Refusal(10342)
    if order.minTradeQty and kind not in (PEGGED_TO_MIDPOINT, PEGGED_TO_BEST):
        return Refusal(10302)
    if order.minTradeQty and not 0 < order.minTradeQty <= (order.totalQuantity or 0):
        return Refusal(10303, {"value": str(order.minTradeQty)})
    if (order.midOffsetAtWhole or order.midOffsetAtHalf) and kind not in (
        PEGGED_TO_MIDPOINT,
        PEGGED_TO_BEST,
    ):
        return Refusal(10306)
    if order.discretionaryUpToLimitPrice and (kind is not RELATIVE or not order.lmtPrice):
        return Refusal(325)
    if order.postOnly and (kind is not LIMIT or order.tif == OPG):
        return Refusal(10340, {"attribute": "postOnly"})
    if order.origin not in ORIGINS:
        return Refusal(311)
    if order.ocaGroup and not 0 <= order.ocaType <= REDUCE_FREELY:
        return Refusal(321, {"tag": ORDER_TAG, "cause": f"Invalid OCA type {order.ocaType}"})
    if order.notHeld and listing.exchange != ATS:
        return Refusal(10297)
    return _volatility(order, kind, listing) or _short_sale(order)


def ignored_of(order: Order, kind: OrderType, entry: Instrument) -> tuple[int, ...]:
    """Return the warnings of attributes that an order of this type may have, and that are ignored:
    131 for a sweep of anything but American stocks, 2109 for stock orders that trade in the regular
    session only."""
    american = entry.secType == "STK" and entry.currency == "USD"
    found = (131,) if order.sweepToFill and not american else ()
    regular = kind is MARKET or kind.auction or order.tif == OPG
    if order.outsideRth and regular and entry.secType == "STK" and not order.includeOvernight:
        found = (*found, NOT_OUTSIDE)
    return found


def _volatility(order: Order, kind: OrderType, listing: Listing) -> Refusal | None:
    """Refuse what only volatility orders have, and the ranges of the underlying's price."""
    by_volatility, known = kind is BY_VOLATILITY, (None, 0, 1, 2)
    if order.volatility and not by_volatility:
        return Refusal(371)
    if order.volatilityType not in (known if by_volatility else known[:2]):
        return Refusal(367)
    if order.referencePriceType not in (known if by_volatility else known[:2]):
        return Refusal(368)
    if order.continuousUpdate and not by_volatility:
        return Refusal(372)
    if order.continuousUpdate and listing.exchange != SMART:
        return Refusal(370)
    low, high = order.stockRangeLower or 0.0, order.stockRangeUpper or 0.0
    if (low or high) and kind not in RANGED:
        return Refusal(373)
    if low < 0 or high < 0:
        return Refusal(375)
    return Refusal(374) if low and high and low >= high else None


def _short_sale(order: Order) -> Refusal | None:
    """Refuse the short sales of institutions; others sell short with SELL."""
    slot, place = order.shortSaleSlot, order.designatedLocation
    if order.action.upper() in ("SSHORT", "SLONG"):
        return Refusal(346)
    if not slot and not place:
        return None
    if slot not in SLOTS:
        return Refusal(347)
    if slot == SLOTS[1] and not place:
        return Refusal(352)
    if slot == SLOTS[0] and place:
        return Refusal(353)
    return Refusal(348)
