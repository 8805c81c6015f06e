"""What becomes of a contract that ends: options are exercised, assigned or lapse, futures pay out,
bonds are paid back.

It happens at ``CUTOFF`` on the last day. An option that is in the money by a cent or more is then
exercised for its holder and assigned to its writer; any other lapses. One on a stock delivers
shares at the strike, and what it cost is part of what they cost; every other one and a warrant pay
their value in cash, and a future its gain or loss. The price is the underlying's last one in its
regular session (a future's own). Exercise by exception at 0.01 and the cut-off: the Options
Clearing Corporation's rule 805 and IBKR's page on exercise. No option is assigned early; nothing is
charged. A bond pays its face value at ``MATURES``, on whatever day of the week that is, which is
ours; its last coupon has come on the same day (``scheduled``).
"""

from collections.abc import Iterator
from typing import Final

from ..exchange.top_of_book import TopOfBook
from ..facts import AnyFact, OrderEnded, PositionMoved
from ..market.port import MarketSource
from ..market.source import Quote
from ..reference.calendars import calendar_of
from ..reference.instruments import Instrument, Instruments
from ..reference.securities import Bond, Dated, OptionContract, Warrant, last_day
from ..reference.times import EASTERN
from ..units import CashMicros, Nanos, PriceUnits, SizeUnits, notional, share
from .ledger import FLAT, Account, booked
from .lifecycle import CANCELLED
from .margin import MarginCalculator
from .orders import LiveOrder
from .parts import CANCELLED as NO_REASON
from .parts import BrokerState
from .settlement import settles

CUTOFF: Final = 17 * 60 + 30
"""Minutes after midnight in New York at which requests to exercise are carried out."""
MATURES: Final = 17 * 60
"""The same of the end of a bond on its last day: with its market."""
PAR: Final = 100
"""The price at which a bond is paid back."""
EXERCISE, LAPSE = 1, 2
"""The actions of a request."""
EXERCISED, LAPSED, ASSIGNED, AUTOMATIC, EXPIRED, MATURED = (
    "exercised", "lapsed", "assigned", "automatic", "expired", "matured",
)  # fmt: skip
"""Causes of a ``PositionMoved``."""


def end_of(entry: Instrument) -> Nanos:
    """Return when an instrument ends; 0 for one that never does."""
    last = last_day(entry)
    return EASTERN.instant(last, MATURES if isinstance(entry, Bond) else CUTOFF) if last else 0


class ContractEnds:
    """Decides what contracts that end do to positions and cash."""

    def __init__(
        self,
        state: BrokerState,
        instruments: Instruments,
        market: MarketSource | None,
        top: TopOfBook,
        margin: MarginCalculator,
    ) -> None:
        self._state = state
        self._instruments = instruments
        self._market = market
        self._top = top
        self._margin = margin

    # -- when -----------------------------------------------------------------------------------

    def due(self, con_id: int) -> Nanos:
        """Return when a contract ends; 0 for one that never does."""
        entry = self._instruments.get(con_id)
        return end_of(entry) if entry is not None else 0

    def next_cutoff(self, con_id: int, now: Nanos) -> Nanos:
        """Return when a request to exercise is carried out: at the next cut-off."""
        today = EASTERN.day(now)
        soon = EASTERN.instant(today, CUTOFF)
        return min(soon if now < soon else EASTERN.instant(today + 1, CUTOFF), self.due(con_id))

    # -- what -----------------------------------------------------------------------------------

    def in_the_money(self, entry: OptionContract) -> bool:
        """Return whether an option is in the money by a cent or more now."""
        quote = self._top.look(entry.under)
        price = self._top.last(entry.under) or _middle(quote)
        return 100 * self._intrinsic(entry, price) >= entry.scale

    def end(self, con_id: int) -> Iterator[AnyFact]:
        """End a contract in every account that holds it."""
        entry = self._instruments[con_id]
        if isinstance(entry, Bond):
            yield from self._repaid(entry)
            return
        assert isinstance(entry, Dated)
        for account in self._state.accounts.values():
            quantity = account.quantity(con_id)
            if quantity == 0:
                continue
            if not isinstance(entry, OptionContract):
                price = self._final(con_id, entry.expires)
                value = notional(price, abs(quantity), entry.money_scale, entry.multiplier)
                if not price:  # nobody knows a price: the last settlement is the final one
                    value = abs(account.positions[con_id].settled)
                yield self.paid(account, entry, -quantity, (price, value), EXPIRED)
                continue
            worth = self._worth(entry, entry.expires)
            if 100 * worth < entry.scale:
                yield self.paid(account, entry, -quantity, (0, 0), EXPIRED)
            else:
                cause = AUTOMATIC if quantity > 0 else ASSIGNED
                yield from self._used(account, entry, -quantity, worth, cause)

    def _repaid(self, entry: Bond) -> Iterator[AnyFact]:
        """Pay the face value of a bond to everybody who holds it; who is short pays it."""
        for account in self._state.accounts.values():
            quantity, par = account.quantity(entry.conId), PAR * entry.scale
            if quantity:
                value = notional(par, abs(quantity), entry.money_scale)
                yield self.paid(account, entry, -quantity, (par, value), MATURED)

    def carry_out(self, order: LiveOrder, now: Nanos) -> Iterator[AnyFact]:
        """Carry out a request to exercise or to let lapse, as far as the account still holds the
        option; what is left of it is cancelled."""
        terms = order.terms
        account, entry = self._state.accounts[terms.account], self._instruments[terms.conId]
        assert isinstance(entry, OptionContract)
        size = min(order.remaining, max(account.quantity(terms.conId), 0))
        if size and terms.exercise == LAPSE:
            yield self.paid(account, entry, -size, (0, 0), LAPSED, order)
        elif size:
            worth = self._worth(entry, EASTERN.day(now))
            yield from self._used(account, entry, -size, worth, EXERCISED, order)
        if order.permId in self._state.orders:
            yield OrderEnded(order.permId, CANCELLED, True, NO_REASON)

    def _used(
        self,
        account: Account,
        entry: OptionContract,
        size: SizeUnits,
        worth: PriceUnits,
        cause: str,
        order: LiveOrder | None = None,
    ) -> Iterator[AnyFact]:
        """Exercise or assign an option that moves by ``size``: by delivery, or in cash."""
        under = self._margin.stock_under(entry)
        if under is None:
            value = notional(worth, abs(size), entry.money_scale, entry.multiplier)
            yield self.paid(account, entry, size, (worth, value), cause, order)
            return
        held = account.positions[entry.conId]
        cost = share(held.cost, abs(size), abs(held.quantity))
        yield PositionMoved(
            account.code, entry.conId, cause, self._state.next_execution, size, 0, 0, None,
            held.quantity + size, held.cost - cost, 0, (), entry.place,
            0 if order is None else order.permId,
        )  # fmt: skip
        shares = -size * entry.multiplier if entry.call else size * entry.multiplier
        value = notional(entry.strike, abs(size), entry.money_scale, entry.multiplier)
        side = 1 if shares > 0 else -1
        stock = account.positions.get(under.conId, FLAT)
        # The cost of the option is that of the shares, as a fee would be.
        after = booked(stock, size=shares, value=value, fee=cost)
        yield PositionMoved(
            account.code, under.conId, cause, self._state.next_execution, shares,
            share(entry.strike, under.scale, entry.scale), value, after.realized, after.position,
            after.cost, 0, ((entry.currency, -side * value),), under.place, 0, self._settles(under),
        )  # fmt: skip

    def paid(
        self,
        account: Account,
        entry: Instrument,
        size: SizeUnits,
        at: tuple[PriceUnits, CashMicros],
        cause: str,
        order: LiveOrder | None = None,
    ) -> PositionMoved:
        """Return the end of holdings at a price and a value, paid in cash."""
        price, value = at
        held = account.positions[entry.conId]
        after = booked(held, size=size, value=value, fee=0, daily=entry.daily)
        cash = ((entry.currency, after.cash),) if after.cash else ()
        return PositionMoved(
            account.code, entry.conId, cause, self._state.next_execution, size, price, value,
            after.realized, after.position, after.cost, after.settled, cash, entry.place,
            0 if order is None else order.permId, self._settles(entry),
        )  # fmt: skip

    def _settles(self, entry: Instrument) -> int:
        """Return when what an instrument brings in settles: as a sale of now does, but for a bond,
        whose face value is paid on the day that it is due."""
        if isinstance(entry, Bond) or not self._state.day_end:
            return 0
        return settles(entry, self._state.day_end)

    # -- at which price -------------------------------------------------------------------------

    def _worth(self, entry: OptionContract, day: int) -> PriceUnits:
        """Return what an option is worth when it is used; where nobody knows the price of its
        underlying, its own."""
        price = self._final(entry.under, day)
        return self._intrinsic(entry, price) if price else _middle(self._top.look(entry.conId))

    def _intrinsic(self, entry: OptionContract, price: PriceUnits) -> PriceUnits:
        """Return how far an option is in the money at a price of its underlying, in its own
        units."""
        under = self._instruments.get(entry.under)
        if under is None or not price:
            return 0
        spot = share(price, entry.scale, under.scale)
        worth = max(spot - entry.strike if entry.call else entry.strike - spot, 0)
        return self._margin.of_warrant(entry, worth) if isinstance(entry, Warrant) else worth

    def _final(self, con_id: int, day: int) -> PriceUnits:
        """Return the last price in the regular session of a day, or until the cut-off of one that
        has none; 0 when nobody knows it."""
        entry = self._instruments.get(con_id)
        if entry is None or self._market is None or con_id not in self._market:
            return 0
        session = calendar_of(entry).on(day)
        at = EASTERN.instant(day, CUTOFF) if session is None else session.closes
        return self._market.day(con_id, at).last or _middle(self._top.current(con_id, at))


def _middle(quote: Quote) -> PriceUnits:
    """Return the midpoint of a quote, or its only side; 0 without one."""
    if quote.bid and quote.ask:
        return (quote.bid + quote.ask) // 2
    return quote.bid or quote.ask
