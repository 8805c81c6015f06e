"""The figures of one account as they go on: after a fill only what it moved is worked out again.

Each position stands at the price at which it was looked at last. A fill looks at its own contract
and takes the sums from there; the others are looked at in turns, a part of them each second and all
of them every three minutes, so that no fill waits for a walk over the account. The sums are those
of the broker's valuation to the micro-unit, at the prices that the positions stand at.
"""

from collections.abc import Iterable, Iterator

from ...venue.broker.ledger import Account, LedgerPosition
from ...venue.broker.look_ahead import with_look_ahead
from ...venue.broker.margin import APART, COMMODITIES, UNCOUNTED, MarginCalculator
from ...venue.broker.schedules import MARGIN_MODELS, REG_T_END
from ...venue.broker.valuation import (
    Commodities,
    Holding,
    RegTFigures,
    Tally,
    Valuation,
)
from ...venue.market.source import Quote
from ...venue.reference.instruments import Instrument
from ...venue.reference.securities import Dated
from ...venue.units import CashMicros, Nanos, Rate, scaled
from ..venue_port import ReadModel
from .account_values import AccountFigure, FigureBook, summary_of


class RunningFigures:
    """The sums of an account, its margin by groups, and the rows that come from them."""

    def __init__(self, venue: ReadModel, account: str, now: Nanos) -> None:
        self._venue = venue
        self._code = account
        self._now = now
        self._quotes: dict[int, Quote] = {}
        self._margin = MarginCalculator(venue.instruments, self._look)
        self.time: Nanos = -1
        """When all of its prices were looked at last."""
        self._at = 0
        """Where the turn of the positions goes on."""
        self.book = FigureBook(account, self._books.currency)
        self.holdings: dict[int, Holding] = {}
        self._summaries: dict[tuple[str, ...], tuple[int, tuple[AccountFigure, ...]]] = {}
        self.moved: dict[int, int] = {}
        """Contract -> the update of the book that a fill in it brought."""
        self.refresh(now)

    @property
    def _books(self) -> Account:
        return self._venue.state.accounts[self._code]

    def _look(self, con_id: int) -> Quote:
        quote = self._quotes.get(con_id)
        if quote is None:
            quote = self._quotes[con_id] = self._venue.quote(con_id, self._now)
        return quote

    # -- looking at prices ----------------------------------------------------------------------

    def refresh(self, now: Nanos) -> None:
        """Look at every price again."""
        for _ in self.refreshing(now):
            pass

    def refreshing(self, now: Nanos) -> Iterator[None]:
        """The same, one price a step."""
        self._now = now
        quotes: dict[int, Quote] = {}
        for con_id in tuple(self._books.positions):
            quotes[con_id] = self._venue.quote(con_id, now)
            yield
        self._quotes, self.time = quotes, now
        self._rebuild()
        self._update()

    def turn(self, now: Nanos, count: int) -> None:
        """Look at the prices of the next positions in turn."""
        held = sorted(self.holdings)
        if not held:
            return
        self._now = now
        self._at %= len(held)
        for con_id in held[self._at : self._at + count]:
            self._mark(con_id)
        self._at += count

    def fill(self, moved: Iterable[int], now: Nanos) -> None:
        """Work the figures out again after fills in some contracts, or after a change of the cash
        where there are none."""
        self._now = now
        if self._model != (self._books.margin, self._books.currency):
            self._rebuild()
        for con_id in moved:
            self._mark(con_id)
            self.moved[con_id] = self.book.updates + 1
        self._update()

    # -- the sums -------------------------------------------------------------------------------

    def _rebuild(self) -> None:
        """Build all sums from the positions."""
        books = self._books
        self._model = books.margin, books.currency
        self.holdings = {}
        self._in_base: dict[int, tuple[CashMicros, CashMicros]] = {}
        self._need: dict[int, tuple[CashMicros, CashMicros, CashMicros]] = {}
        self._groups: dict[int, dict[int, None]] = {}
        self._rates: dict[str, Rate] = {books.currency: self._margin.rate(
            books.currency, books.currency)}  # fmt: skip
        self._tallies: dict[str, Tally] = {}
        self._dated: dict[int, Instrument] = {}
        self._kinds: dict[str, CashMicros] = {}
        self._gross = self._whole = self._commodity = self._reg_t = self._futures = self._gain = 0
        for con_id in sorted(books.positions):
            self._put(con_id)
        for group in self._groups:
            self._margin_of(group)

    def _mark(self, con_id: int) -> None:
        """Look at a price, and replace the position in the sums."""
        self._quotes[con_id] = self._venue.quote(con_id, self._now)
        before, position = self.holdings.get(con_id), self._books.positions.get(con_id)
        if before is not None and position is not None and not isinstance(before.instrument, Dated):
            self._change(before, position)
            self._margin_of(con_id)  # what does not end is in the group of its own number
            return
        self._take(con_id)
        if position is not None:
            self._put(con_id)
        self._margin_of(self._margin.group_of(con_id))

    def _change(self, before: Holding, position: LedgerPosition) -> None:
        """Put a position in the place of what it was before: the sums change by the difference."""
        con_id, kind = before.instrument.conId, before.instrument.secType
        entry = self._venue.instruments[con_id]  # it may have another symbol by now
        rate = self._rate(entry.currency)
        held = self.holdings[con_id] = self._held(entry, position)
        self._tallies[entry.currency].change(before, held)
        was = self._in_base[con_id]
        base = self._in_base[con_id] = (
            scaled(held.value, rate), scaled(held.since_settled, rate) if entry.daily else 0
        )  # fmt: skip
        self._kinds[kind] += base[0] - was[0]
        self._futures += base[1] - was[1]
        if kind not in UNCOUNTED:
            self._gross += abs(base[0]) - abs(was[0])

    def _held(self, entry: Instrument, position: LedgerPosition) -> Holding:
        # The position goes on changing: what was counted must be what is taken out again.
        return self._margin.holding(entry, _copied(position))

    def _put(self, con_id: int) -> None:
        entry = self._venue.instruments[con_id]
        held = self.holdings[con_id] = self._held(entry, self._books.positions[con_id])
        self._groups.setdefault(self._margin.group_of(con_id), {})[con_id] = None
        self._count(held, 1)
        if isinstance(entry, Dated) and held.position.quantity:
            self._dated[con_id] = entry

    def _take(self, con_id: int) -> None:
        held = self.holdings.pop(con_id, None)
        if held is not None:
            self._count(held, -1)
            self._dated.pop(con_id, None)
            del self._groups[self._margin.group_of(con_id)][con_id]

    def _count(self, held: Holding, times: int) -> None:
        entry, currency = held.instrument, held.instrument.currency
        self._tallies.setdefault(currency, Tally()).add(held, times)
        if times > 0:
            rate = self._rate(currency)
            base = scaled(held.value, rate), scaled(held.since_settled, rate)
            self._in_base[entry.conId] = base
        else:
            base = self._in_base.pop(entry.conId)
        kind = entry.secType
        self._kinds[kind] = self._kinds.get(kind, 0) + times * base[0]
        self._futures += times * base[1]
        if kind in COMMODITIES:
            self._gain += times * base[1]
        if kind not in UNCOUNTED:
            self._gross += times * abs(base[0])

    def _rate(self, currency: str) -> Rate:
        rate = self._rates.get(currency)
        if rate is None:
            rate = self._rates[currency] = self._margin.rate(currency, self._books.currency)
        return rate

    def _margin_of(self, group: int) -> None:
        """Work out the margin of one group again."""
        books = self._books
        base, model = books.currency, MARGIN_MODELS[books.margin]
        whole, commodity, reg_t = self._need.pop(group, (0, 0, 0))
        self._whole, self._commodity = self._whole - whole, self._commodity - commodity
        self._reg_t -= reg_t
        holdings = self.holdings
        rows = []
        for con_id in self._groups.get(group, ()):
            held = holdings[con_id]
            if held.position.quantity:
                rows.append((held.instrument, held.position.quantity, held.value))
        if not rows:
            return
        whole = self._margin.together(rows, model, base)
        commodity = whole if rows[0][0].secType in COMMODITIES else 0
        reg_t = 0
        if model.end_of_day and not commodity:
            reg_t = self._margin.together(rows, REG_T_END, base)
        self._need[group] = whole, commodity, reg_t
        self._whole, self._commodity = self._whole + whole, self._commodity + commodity
        self._reg_t += reg_t

    def _update(self) -> None:
        self._worth = self.valuation()
        self.book.update(self._worth)

    def summary(self, tags: tuple[str, ...]) -> tuple[AccountFigure, ...]:
        """The rows of the tags of a summary."""
        updates, rows = self._summaries.get(tags, (-1, ()))
        if updates != self.book.updates:
            rows = summary_of(self.book.rows(), self._code, self._worth, tags)
            self._summaries[tags] = self.book.updates, rows
        return rows

    def valuation(self) -> Valuation:
        """The account at the prices that its positions stand at, without its holdings."""
        books = self._books
        model, base = MARGIN_MODELS[books.margin], books.currency
        accrued = books.interest
        names = dict.fromkeys([base, *sorted(books.cash), *sorted(self._tallies), *sorted(accrued)])
        rates = {name: self._rate(name) for name in names}
        factor, kinds, total, stock = model.initial_over_maintenance, self._kinds, 0, 0
        for name, cash in books.cash.items():
            total += cash if name == base else scaled(cash, rates[name])
        for kind, value in kinds.items():
            if kind not in APART:
                stock += value
        settled = total
        if books.unsettled:
            settled = sum(scaled(books.settled(name), rates[name]) for name in books.cash)
        worth = Valuation(
            cash={name: books.cash.get(name, 0) for name in rates},
            rates=rates,
            holdings=(),
            total_cash=total,
            stock=stock,
            gross=self._gross,
            maintenance=self._whole,
            initial=scaled(self._whole, factor),
            previous_equity=books.opening_equity,
            buying_power_rate=model.buying_power,
            options=kinds.get("OPT", 0) + kinds.get("WAR", 0),
            futures=self._futures,
            coins=kinds.get("CRYPTO", 0),
            settled_cash=settled,
            accrued=accrued,
            in_full=model.cash,
            tallies=self._tallies,
            commodities=Commodities(
                self._commodity, scaled(self._commodity, factor),
                self._gain + kinds.get("FOP", 0), self._gain,
            ),
            reg_t=RegTFigures(self._reg_t, books.sma) if model.end_of_day else None,
        )  # fmt: skip
        held = tuple(self._dated.values()) or self._one()
        return with_look_ahead(self._margin, books, worth, held, self._now)

    def _one(self) -> tuple[Instrument, ...]:
        """One position that is not flat, where there is one."""
        for held in self.holdings.values():
            if held.position.quantity:
                return (held.instrument,)
        return ()

    def rows(self, since: int = 0) -> tuple[AccountFigure, ...]:
        """The rows that have changed after an update of the book; after 0 all of them."""
        return self.book.rows(since)


def _copied(position: LedgerPosition) -> LedgerPosition:
    return LedgerPosition(position.quantity, position.cost, position.realized, position.settled)
