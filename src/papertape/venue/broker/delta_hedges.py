"""The hedge of an option's or a combination's fills: the checks of its terms, and its size.

A volatility order names it with ``deltaNeutralOrderType``; TWS then sends an order in the
underlying for each fill, of the model's delta at the volatility of the order (IBKR's pages on
volatility orders and delta hedges). A combination has it in ``deltaNeutralContract``, with the
delta and the price of the underlying.
"""

from math import isfinite
from typing import Final

import msgspec

from papertape.model import DeltaNeutralContract, Order

from ..exchange.top_of_book import TopOfBook
from ..facts import Terms
from ..market.calculator import OptionCalculator
from ..reference.composition import is_combination
from ..reference.descriptions import ORDER_TAG
from ..reference.instruments import Instrument, Instruments, Refusal
from ..reference.securities import OptionContract
from ..special import PLAIN, DeltaHedge, Special
from ..units import RATE_SCALE, SIZE_SCALE, PriceUnits, SizeUnits
from .order_types import BY_VOLATILITY, OrderType
from .price_terms import on_increment

NONE: Final = ("", "None", "NONE")
MARKET, LIMIT, RELATIVE = "MKT", "LMT", "REL"
TYPES: Final = (MARKET, LIMIT, RELATIVE)
"""The order types of a hedge."""
KINDS: Final = ("STK", "FUT", "CFD")
HIGHEST: Final = 1e9
LARGEST: Final = 10**9 * SIZE_SCALE
"""The largest size of an order."""


def delta_hedge_of(
    order: Order, kind: OrderType, entry: Instrument, instruments: Instruments
) -> DeltaHedge | Refusal | None:
    """Return the hedge of a volatility order, None without one, or the reason to refuse it."""
    name, price = order.deltaNeutralOrderType, order.deltaNeutralAuxPrice or 0.0
    if name in NONE:
        return Refusal(393) if order.deltaNeutralShortSaleSlot else None
    if kind is not BY_VOLATILITY:
        return Refusal(372)
    if name not in TYPES:
        return Refusal(380)
    if name == MARKET and price:
        return Refusal(379)
    if name == RELATIVE and not price:
        return Refusal(378)
    hedge = _fitting(order.deltaNeutralConId, entry, instruments)
    if hedge is None:
        return Refusal(10010)
    units = _units(price, hedge)
    return Refusal(377) if units is None else DeltaHedge(hedge.conId, name, units)


def _fitting(con_id: int, entry: Instrument, instruments: Instruments) -> Instrument | None:
    """Return what hedges an option: its underlying, or something on the same one."""
    assert isinstance(entry, OptionContract)
    found = instruments.get(con_id or entry.under)
    if found is None or found.secType not in KINDS or found.currency != entry.currency:
        return None
    same = entry.under in (found.conId, getattr(found, "under", 0))
    return found if same else None


def _units(price: float, entry: Instrument) -> int | None:
    """Return a price or a distance in units; None where it is none, or not on the increment."""
    return on_increment(price, entry) or None if price else 0


def with_neutral(
    special: Special | None,
    given: DeltaNeutralContract,
    entry: Instrument,
    instruments: Instruments,
) -> Special | Refusal:
    """Return the special terms with the hedge of a combination, or the reason to refuse it."""
    if not is_combination(entry.conId):
        return Refusal(429)
    hedge = instruments.get(given.conId)
    if hedge is None or hedge.secType not in KINDS or hedge.currency != entry.currency:
        return Refusal(10010)
    delta = given.delta or 0.0
    units = _units(given.price or 0.0, hedge)
    if units is None:
        return Refusal(377)
    if not isfinite(delta) or not 0 < abs(delta) <= HIGHEST:
        cause = "The delta of a delta neutral contract is missing"
        return Refusal(321, {"tag": ORDER_TAG, "cause": cause})
    found = DeltaHedge(hedge.conId, LIMIT if units else MARKET, units, round(delta * RATE_SCALE))
    return msgspec.structs.replace(special or PLAIN, delta=found)


class DeltaHedges:
    """Computes the sizes of such hedges; changes nothing."""

    def __init__(self, instruments: Instruments, top: TopOfBook) -> None:
        self._instruments = instruments
        self._top = top

    def size(self, terms: Terms, before: SizeUnits, after: SizeUnits) -> SizeUnits:
        """Return what hedges a fill that took an order from one filled size to another: positive
        is bought, negative sold, 0 where the market has no price for it; at most what an order may
        be. What rounding leaves of one fill goes with the next."""
        hedge = terms.extras.delta
        assert hedge is not None
        entry, other = self._instruments[terms.conId], self._instruments[hedge.conId]
        delta = self._delta(terms, entry) if hedge.delta is None else hedge.delta
        units = other.multiplier * RATE_SCALE
        per = -terms.side * delta * entry.multiplier
        size = _whole(per * after, units) - _whole(per * before, units)
        return min(max(size, -LARGEST), LARGEST)

    def limit(self, hedge: DeltaHedge, side: int) -> PriceUnits | None:
        """Return the limit of a hedge: its own, or the best price of the other side at this
        instant, or else the last one; None of one without a limit."""
        if hedge.orderType != LIMIT:
            return None
        quote = self._top.look(hedge.conId)
        best = quote.ask if side > 0 else quote.bid
        return hedge.price or best or self._top.price(hedge.conId) or None

    def _delta(self, terms: Terms, entry: Instrument) -> int:
        """Return the option's delta at the volatility of its order."""
        peg = terms.extras.peg
        assert isinstance(entry, OptionContract) and peg is not None
        under = self._instruments[entry.under]
        spot = self._top.price(entry.under) / under.scale
        try:
            model = OptionCalculator(entry, under, self._top.now)
            return round(model.at(peg.ratio / RATE_SCALE, spot).delta * RATE_SCALE)
        except ValueError:  # it has ended, or its underlying has no price
            return 0


def _whole(size: int, divisor: int) -> SizeUnits:
    """Return a quotient in whole units, halves away from zero."""
    parts = divisor * SIZE_SCALE
    units = (2 * abs(size) + parts) // (2 * parts) * SIZE_SCALE
    return units if size >= 0 else -units
