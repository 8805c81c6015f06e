"""The precautions of TWS: an order that looks like a mistake is not transmitted.

A person sees a question and may answer it; an order from the API is refused with the text of the
check, and then discarded: its id stays used (recorded: IbcAlpha/IBC issues 222 and 227, the
rust-ibapi notes of 2026 on discarded orders). Each order is checked when it arrives, also one that
waits for ``transmit``. What the limits compare is IB's page of precautionary settings: the price
with the ask of a buy order or the bid of a sell order, in both directions.
"""

from collections.abc import Callable, Iterator
from typing import Final

from ..broker.margin import MarginCalculator
from ..commands import Precautions, SubmitOrder
from ..facts import Terms
from ..market.source import Quote
from ..reference.instruments import Instrument, Refusal
from ..units import CASH_SCALE, SIZE_SCALE, PriceUnits, notional, scaled

SMART: Final = "SMART"
PAIR: Final = 2
"""Legs of a pair."""
VOLATILITY: Final = "VOL"
NIGHT: Final = "OVERNIGHT"
UNPROTECTED: Final = 3
"""``ocaType`` of a group whose orders may all fill: reduce, without block."""
SHARES: Final = ("STK",)
"""What the size limit counts; 500 is recorded of stocks."""
OPTIONS: Final = ("OPT", "FOP")
VALUED: Final = ("STK", "OPT", "FOP")
"""What the value limit counts: 100,000 US dollars are recorded of stocks; futures and currency
pairs have presets of their own, of which no number is known."""
PRICED: Final = ("STK", "OPT", "FOP")
"""What the percentage counts: 3 is recorded of stocks, options and combinations."""


class PrecautionChecks:
    """Decides whether TWS would hold an order back."""

    def __init__(self, look: Callable[[int], Quote], margin: MarginCalculator) -> None:
        self._look = look
        self._margin = margin

    def refusal(
        self, command: SubmitOrder, terms: Terms, entry: Instrument, base: str
    ) -> Refusal | None:
        """Return why an order is not transmitted; None when nothing speaks against it.

        ``base`` is the currency of its account, in which its value is limited.
        """
        chosen = command.precautions
        if chosen is None:
            return None
        return next(self._found(chosen, command, terms, entry, base), None)

    def _found(
        self, chosen: Precautions, command: SubmitOrder, terms: Terms, entry: Instrument, base: str
    ) -> Iterator[Refusal]:
        if chosen.limits:
            yield from self._price(chosen, command, terms, entry)
            yield from self._size(chosen, command.orderId, terms, entry)
            yield from self._value(chosen, command.orderId, terms, entry, base)
        if chosen.redirect and entry.secType == "STK" and terms.exchange != SMART:
            code = 10329 if terms.exchange == NIGHT else 10311
            yield Refusal(code, {"exchange": terms.exchange}, "precaution")
        unprotected = terms.extras.oca and terms.extras.ocaType == UNPROTECTED
        if chosen.overfill and unprotected and terms.exchange != SMART:
            yield Refusal(10324, {"exchange": terms.exchange})
        sides = [leg.action for leg in command.contract.comboLegs]
        if chosen.pairs and len(sides) == PAIR and len(set(sides)) == 1:
            yield Refusal(201, {}, "same_action")
        if chosen.volatility and terms.orderType == VOLATILITY:
            yield Refusal(201, {}, "volatility")
        if chosen.marketable and command.order.routeMarketableToBbo:
            yield Refusal(201, {}, "marketable_to_bbo")

    def _price(
        self,
        chosen: Precautions,
        command: SubmitOrder,
        terms: Terms,
        entry: Instrument,
    ) -> Iterator[Refusal]:
        limit = terms.limit
        if limit is None or command.order.overridePercentageConstraints:
            return
        if entry.secType not in PRICED:
            return
        quote = self._look(terms.conId)
        market = quote.ask if terms.side > 0 else quote.bid
        if not market:
            if chosen.percentage:
                yield Refusal(164)
            return
        away, order_id = abs(limit - market), str(command.orderId)
        if chosen.percentage and away * 100 > market * chosen.percentage:
            most = str(chosen.percentage)
            yield Refusal(163, {"orderId": order_id, "limit": most}, "precaution")
        if chosen.ticks and entry.secType in OPTIONS and away > chosen.ticks * entry.tick:
            most = str(chosen.ticks)
            yield Refusal(382, {"orderId": order_id, "limit": most}, "precaution")

    def _size(
        self, chosen: Precautions, order_id: int, terms: Terms, entry: Instrument
    ) -> Iterator[Refusal]:
        if chosen.size and entry.secType in SHARES and terms.quantity > chosen.size * SIZE_SCALE:
            most = str(chosen.size)
            yield Refusal(383, {"orderId": str(order_id), "limit": most}, "precaution")

    def _value(
        self,
        chosen: Precautions,
        order_id: int,
        terms: Terms,
        entry: Instrument,
        base: str,
    ) -> Iterator[Refusal]:
        if not chosen.value or entry.secType not in VALUED:
            return
        price = self._price_of(terms)
        value = notional(price, terms.quantity, entry.money_scale, entry.multiplier)
        worth = scaled(value, self._margin.rate(entry.currency, base))
        if worth > chosen.value * CASH_SCALE:
            yield Refusal(
                451,
                {
                    "orderId": str(order_id),
                    "value": f"{(worth + CASH_SCALE // 2) // CASH_SCALE:,}",
                    "currency": base,
                    "limit": f"{chosen.value:,}",
                },
            )

    def _price_of(self, terms: Terms) -> PriceUnits:
        """Return the price at which an order counts: its limit, its stop, or the market."""
        quote = self._look(terms.conId)
        market = (quote.ask or quote.bid) if terms.side > 0 else (quote.bid or quote.ask)
        return terms.limit or terms.stop or market
