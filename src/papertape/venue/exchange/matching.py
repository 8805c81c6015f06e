"""The paper fill rule: current touch only, displayed size at most, then wait for a new quote.

A market order takes the opposite touch and waits while there is none. A limit order trades
only when the quote reaches its limit; prints on the tape never fill it. All fills are at the
touch, so a limit order may do better than its limit and never worse.
"""

import msgspec

from ..market.source import Quote
from ..units import PriceUnits, SizeUnits
from .book import ANY_PRICE


class ConsumedLiquidity(msgspec.Struct):
    """How much of a displayed quote our own orders have already traded against."""

    quote: Quote
    bid: SizeUnits = 0
    ask: SizeUnits = 0


def takes(side: int, limit: PriceUnits | None, quote: Quote) -> bool:
    """Whether an order on that side can trade against the quote at all."""
    if side > 0:
        return 0 < quote.ask <= (ANY_PRICE if limit is None else limit)
    return quote.bid > 0 and quote.bid >= (0 if limit is None else limit)


def displayed(side: int, quote: Quote, consumed: ConsumedLiquidity | None) -> SizeUnits:
    """What the opposite side of the quote still shows after our own fills against it."""
    size = quote.askSize if side > 0 else quote.bidSize
    if consumed is None or consumed.quote != quote:
        return size
    return size - (consumed.ask if side > 0 else consumed.bid)


def fillable(
    side: int, limit: PriceUnits | None, quote: Quote, consumed: ConsumedLiquidity | None
) -> SizeUnits:
    """How much an order could trade against the quote right now."""
    return displayed(side, quote, consumed) if takes(side, limit, quote) else 0


def touch(side: int, quote: Quote) -> PriceUnits:
    """The price that an order on that side would trade at; 0 when there is none."""
    return quote.ask if side > 0 else quote.bid
