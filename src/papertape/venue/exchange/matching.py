"""The fill rules. ``paper``: at the current touch, at most the displayed size, then at a new quote.

A market order trades at the opposite touch and waits while there is none. A limit order trades
only when the quote reaches its limit; prints never fill it. All fills are at the touch, so a
limit order may fill at a better price than its limit, never at a worse one.

``queue``: an order that comes trades as under ``paper``. What rests at a limit stands behind the
size that the market shows there when it comes. Prints at its price take those before it, then it.
Where less is shown than stood before it, that much is left before it: who cancels stood behind. An
opposite quote at its price trades with it up to the displayed size; a print or an opposite quote
beyond its price fills it. It fills at its limit. This is the cautious one of the queue models in
use (``RiskAverseQueueModel`` of hftbacktest).

``instant``: an order trades whole as soon as it works, at the touch where that is within its limit,
otherwise at its limit; a market order without an opposite quote at the last price.
"""

import msgspec

from ..market.source import Quote
from ..units import PriceUnits, SizeUnits
from .book import ANY_PRICE


class ConsumedLiquidity(msgspec.Struct):
    """The part of a displayed quote that the venue's orders have already traded against."""

    quote: Quote
    bid: SizeUnits = 0
    ask: SizeUnits = 0


def takes(side: int, limit: PriceUnits | None, quote: Quote) -> bool:
    """Return whether an order on that side can trade against the quote."""
    if side > 0:
        return 0 < quote.ask <= (ANY_PRICE if limit is None else limit)
    return quote.bid > 0 and quote.bid >= (0 if limit is None else limit)


def displayed(side: int, quote: Quote, consumed: ConsumedLiquidity | None) -> SizeUnits:
    """Return the opposite size of the quote less the venue's own fills against it."""
    size = quote.askSize if side > 0 else quote.bidSize
    if consumed is None or consumed.quote != quote:
        return size
    return size - (consumed.ask if side > 0 else consumed.bid)


def fillable(
    side: int, limit: PriceUnits | None, quote: Quote, consumed: ConsumedLiquidity | None
) -> SizeUnits:
    """Return the size that an order can trade against the quote now."""
    # ``takes`` and ``displayed`` are inlined: every order asks for this.
    if side > 0:
        price, size = quote.ask, quote.askSize
        reached = limit is None or price <= limit
    else:
        price, size = quote.bid, quote.bidSize
        reached = limit is None or price >= limit
    if price <= 0 or not reached:
        return 0
    if consumed is None or consumed.quote != quote:
        return size
    return size - (consumed.ask if side > 0 else consumed.bid)


def touch(side: int, quote: Quote) -> PriceUnits:
    """Return the price at which an order on that side would trade; 0 when there is none."""
    return quote.ask if side > 0 else quote.bid
