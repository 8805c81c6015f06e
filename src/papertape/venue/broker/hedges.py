"""Hedges: a child whose size is that of what its parent traded.

``hedgeType`` B hedges the beta and P a pair of stocks, by ``hedgeParam``; F the currency that the
parent cost or brought; D the delta of an option, by the option model at the volatility of its fill.
"""

from typing import Final

from papertape.model import Order

from ..exchange.top_of_book import TopOfBook
from ..facts import Terms
from ..market.calculator import OptionCalculator
from ..reference.descriptions import ORDER_TAG
from ..reference.instruments import Instruments, Refusal
from ..reference.securities import Instrument, OptionContract
from ..special import Hedge
from ..units import CASH_SCALE, RATE_SCALE, SIZE_SCALE, CashMicros, SizeUnits, scaled
from .margin import MarginCalculator
from .orders import LiveOrder

DELTA, BETA, CURRENCY, PAIR = "D", "B", "F", "P"
KINDS: Final = {DELTA: ("STK",), BETA: ("STK",), CURRENCY: ("CASH",), PAIR: ("STK",)}
"""By type, what the hedge trades."""
NAMED: Final = {BETA: "beta=", PAIR: "ratio="}
"""What may stand before the number of ``hedgeParam``: IBKR's reference has it, captures not."""
LARGEST: Final = 1_000.0


def hedge_of(order: Order, entry: Instrument) -> Hedge | Refusal | None:
    """Return how an order hedges its parent, None where it does not, or the reason to refuse it."""
    kind = order.hedgeType
    if kind in ("", "None"):
        return None
    if kind not in KINDS or order.parentId <= 0:
        return Refusal(10007)
    if entry.secType not in KINDS[kind]:
        return Refusal(10063 if kind == CURRENCY else 10007)
    if (order.hedgeMaxSize or 0) < 0:
        cause = f"Invalid hedge maximum size {order.hedgeMaxSize}"
        return Refusal(321, {"tag": ORDER_TAG, "cause": cause})
    ratio = RATE_SCALE
    if kind in (BETA, PAIR) and order.hedgeParam:
        try:
            given = float(order.hedgeParam.removeprefix(NAMED[kind]))
        except ValueError:
            given = 0.0
        ratio = round(given * RATE_SCALE) if 0 < given <= LARGEST else 0
        if not ratio:
            return Refusal(10008 if kind == BETA else 10009)
    elif kind == PAIR:
        return Refusal(10009)
    return Hedge(kind, ratio, (order.hedgeMaxSize or 0) * SIZE_SCALE)


class Hedges:
    """Computes the sizes of hedges; changes nothing."""

    def __init__(self, instruments: Instruments, top: TopOfBook, margin: MarginCalculator) -> None:
        self._instruments = instruments
        self._top = top
        self._margin = margin

    def unfit(self, child: int, hedge: Hedge, parent: int) -> Refusal | None:
        """Return why an instrument cannot be the hedge of another."""
        entry, hedged = self._instruments[child], self._instruments[parent]
        if hedge.kind == DELTA:
            fits = isinstance(hedged, OptionContract) and hedged.under == child
            return None if fits else Refusal(10010)
        if hedge.kind == CURRENCY:
            fits = hedged.currency in (entry.symbol, entry.currency)
            return None if fits else Refusal(10063)
        return None

    def size(self, terms: Terms, parent: LiveOrder) -> SizeUnits:
        """Return the size of a hedge of what its parent has traded, in whole units; 0 where the
        market has no price for it."""
        hedge = terms.extras.hedge
        assert hedge is not None
        entry, hedged = self._instruments[terms.conId], self._instruments[parent.terms.conId]
        if hedge.kind == PAIR:
            size = parent.filled * hedge.ratio // RATE_SCALE
        elif hedge.kind == DELTA:
            size = self._delta(parent, hedged)
        else:
            size = self._worth(parent.value, hedge, entry, hedged)
        size -= size % SIZE_SCALE
        return min(size, hedge.most) if hedge.most else size

    def _worth(
        self, value: CashMicros, hedge: Hedge, entry: Instrument, hedged: Instrument
    ) -> SizeUnits:
        """Return the size that is worth so much money of the parent's currency."""
        value = abs(value)
        if hedge.kind == CURRENCY and hedged.currency == entry.symbol:
            return value * SIZE_SCALE // CASH_SCALE
        price = self._top.price(entry.conId)
        if not price:
            return 0
        money = value * hedge.ratio // RATE_SCALE
        if hedged.currency != entry.currency:
            money = scaled(money, self._margin.rate(hedged.currency, entry.currency))
        return money * entry.scale * SIZE_SCALE // (price * CASH_SCALE)

    def _delta(self, parent: LiveOrder, hedged: Instrument) -> SizeUnits:
        assert isinstance(hedged, OptionContract)
        under, price = self._instruments[hedged.under], parent.lastPrice / hedged.scale
        spot = self._top.price(under.conId) / under.scale
        try:
            model = OptionCalculator(hedged, under, self._top.now)
            volatility = model.volatility(price, spot)
            found = None if volatility is None else model.at(volatility, spot)
        except ValueError:  # it has ended, or has no price
            return 0
        if found is None:
            return 0
        delta = abs(round(found.delta * RATE_SCALE))
        return parent.filled * hedged.multiplier * delta // RATE_SCALE
