"""The paper fill rule: current touch only, displayed size at most, then wait for a new quote.

A market order takes the opposite touch and waits while there is none. A limit order trades
only when the quote reaches its limit; prints on the tape never fill it. All fills are at the
touch, so a limit order may do better than its limit and never worse.
"""

from .market import Quote
from .state import Taken
from .units import PriceUnits, SizeUnits

ANY_PRICE: PriceUnits = 1 << 62
Interest = tuple[PriceUnits, PriceUnits]
"""Of the working orders of one instrument: the highest price that a buyer would pay, and the
lowest that a seller would take."""
NO_INTEREST: Interest = (0, ANY_PRICE)


def takes(side: int, limit: PriceUnits | None, quote: Quote) -> bool:
    """Whether an order on that side can trade against the quote at all."""
    if side > 0:
        return 0 < quote.ask <= (ANY_PRICE if limit is None else limit)
    return quote.bid > 0 and quote.bid >= (0 if limit is None else limit)


def displayed(side: int, quote: Quote, taken: Taken | None) -> SizeUnits:
    """What the opposite side of the quote still shows after our own fills against it."""
    size = quote.askSize if side > 0 else quote.bidSize
    if taken is None or taken.quote != quote:
        return size
    return size - (taken.ask if side > 0 else taken.bid)


def touch(side: int, quote: Quote) -> PriceUnits:
    """The price that an order on that side would trade at; 0 when there is none."""
    return quote.ask if side > 0 else quote.bid


def widened(interest: Interest, side: int, limit: PriceUnits | None) -> Interest:
    """The interest with one more order."""
    buy, sell = interest
    if side > 0:
        return max(buy, ANY_PRICE if limit is None else limit), sell
    return buy, min(sell, 0 if limit is None else limit)


def concerns(quote: Quote, wanted: Interest) -> bool:
    """Whether a quote can fill anything of the given interest: the cheap test per tick."""
    return 0 < quote.ask <= wanted[0] or (quote.bid > 0 and quote.bid >= wanted[1])
