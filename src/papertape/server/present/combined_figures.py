"""All accounts of an advisor as one: what is told under the advisor's code and an ``A``.

Each account is worked out by itself, with its own margin model and currency; amounts are then added
up in the advisor's currency. So margins are those of the accounts, and not of what they hold
together: a long and a short position of two accounts do not offset each other.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from ...venue.broker.ledger import LedgerPosition
from ...venue.broker.margin import MarginCalculator
from ...venue.broker.valuation import (
    Commodities,
    Holding,
    LookAhead,
    RegTFigures,
    Tally,
    Valuation,
)
from ...venue.units import CashMicros, Nanos, Rate, scaled
from ..venue_port import ReadModel
from .account_values import AccountFigure, FigureBook, summary_of
from .running_figures import RunningFigures


class CombinedCommodities(Commodities, frozen=True):
    """The sums of several accounts' commodities."""

    moved: CashMicros = 0

    @property
    def cash(self) -> CashMicros:
        """What stands there in each of them: what one has too much, another lacks."""
        return self.moved


class CombinedValuation(Valuation, frozen=True):
    """The sums of several accounts."""

    power: CashMicros = 0
    memorandum: CashMicros = 0

    @property
    def buying_power(self) -> CashMicros:
        """What all of them have."""
        return self.power

    @property
    def sma(self) -> CashMicros:
        """That of the Reg T accounts among them."""
        return self.memorandum


class CombinedFigures:
    """The figures of all accounts together as they go on; has what ``RunningFigures`` has."""

    def __init__(self, venue: ReadModel, code: str, base: str, now: Nanos) -> None:
        self._venue = venue
        self._code = code
        self._base = base
        self._parts: dict[str, RunningFigures] = {}
        self.book = FigureBook(code, base)
        self.holdings: dict[int, Holding] = {}
        self.moved: dict[int, int] = {}
        """Contract -> the update of the book that a fill in it brought."""
        self._now = self.time = now
        """When all of its prices were looked at last."""
        self._update()

    def refresh(self, now: Nanos) -> None:
        """Look at every price again."""
        for _ in self.refreshing(now):
            pass

    def refreshing(self, now: Nanos) -> Iterator[None]:
        """The same, one price a step."""
        self._now = now
        for part in tuple(self._parts.values()):
            yield from part.refreshing(now)
        self.time = now
        self._update()

    def turn(self, now: Nanos, count: int) -> None:
        """Look at the prices of the next positions of each account in turn."""
        self._now = now
        share = 1 + count // max(len(self._parts), 1)
        for part in self._parts.values():
            part.turn(now, share)

    def fill(self, moved: Iterable[int], now: Nanos) -> None:
        """Work the figures out again after fills, or after a change of cash."""
        self._now, contracts = now, tuple(moved)
        for code, part in self._parts.items():
            books = self._venue.state.accounts[code]
            part.fill([one for one in contracts if one in books.positions], now)
        for con_id in contracts:
            self.moved[con_id] = self.book.updates + 1
        self._update()

    def rows(self, since: int = 0) -> tuple[AccountFigure, ...]:
        """The rows that have changed after an update of the book; after 0 all of them."""
        return self.book.rows(since)

    def valuation(self) -> Valuation:
        """All accounts at the prices that their positions stand at."""
        return self._worth

    def summary(self, tags: tuple[str, ...]) -> tuple[AccountFigure, ...]:
        """The rows of the tags of a summary."""
        return summary_of(self.book.rows(), self._code, self._worth, tags)

    def _update(self) -> None:
        for code in self._venue.state.accounts:
            if code not in self._parts:
                self._parts[code] = RunningFigures(self._venue, code, self._now)
        self.holdings = joined_holdings(self._parts.values())
        worths = [part.valuation() for part in self._parts.values()]
        quotes = MarginCalculator(
            self._venue.instruments, lambda con_id: self._venue.quote(con_id, self._now)
        )
        self._worth = combined(worths, self._base, quotes)
        self.book.update(self._worth)


def joined_holdings(parts: Iterable[RunningFigures]) -> dict[int, Holding]:
    """The positions of several accounts by contract, those of one contract added up."""
    found: dict[int, Holding] = {}
    for part in parts:
        for con_id, held in part.holdings.items():
            known, one = found.get(con_id), held.position
            if known is None:
                found[con_id] = held
                continue
            both = LedgerPosition(
                known.position.quantity + one.quantity, known.position.cost + one.cost,
                known.position.realized + one.realized, known.position.settled + one.settled,
            )  # fmt: skip
            found[con_id] = Holding(
                held.instrument, both, known.price or held.price, known.value + held.value,
                known.unrealized + held.unrealized,
            )  # fmt: skip
    return found


def combined(worths: Sequence[Valuation], base: str, margin: MarginCalculator) -> Valuation:
    """Several accounts as one, in a base currency."""
    own = [next(iter(one.rates)) for one in worths]
    rates = [margin.rate(currency, base) for currency in own]
    names = [base, *sorted({name for one in worths for name in one.rates} - {base})]

    def total(amounts: Iterable[CashMicros]) -> CashMicros:
        return sum(scaled(one, rate) for one, rate in zip(amounts, rates, strict=True))

    def sums(field: str) -> CashMicros:
        return total(getattr(one, field) for one in worths)

    parts = [one.commodities for one in worths]
    sides = [
        total(getattr(one, name) for one in parts)
        for name in ("maintenance", "initial", "value", "gain", "cash")
    ]
    commodities = CombinedCommodities(*sides) if any(sides) else Commodities(0, 0, 0)
    reg_t = [one.reg_t for one in worths]
    return CombinedValuation(
        cash={name: sum(one.cash.get(name, 0) for one in worths) for name in names},
        rates={name: margin.rate(name, base) for name in names},
        holdings=(),
        total_cash=sums("total_cash"), stock=sums("stock"), gross=sums("gross"),
        maintenance=sums("maintenance"), initial=sums("initial"),
        previous_equity=sums("previous_equity"), buying_power_rate=worths[0].buying_power_rate,
        options=sums("options"), futures=sums("futures"), coins=sums("coins"),
        settled_cash=sums("settled_cash"), in_full=all(one.in_full for one in worths),
        accrued=_accrued(worths), tallies=_tallies(worths), commodities=commodities,
        reg_t=RegTFigures(total(0 if one is None else one.margin for one in reg_t), 0)
        if any(one is not None for one in reg_t) else None,
        ahead=_ahead(worths, rates), power=sums("buying_power"), memorandum=sums("sma"),
    )  # fmt: skip


def _accrued(worths: Iterable[Valuation]) -> dict[str, CashMicros]:
    found: dict[str, CashMicros] = {}
    for worth in worths:
        for currency, amount in worth.accrued.items():
            found[currency] = found.get(currency, 0) + amount
    return found


def _tallies(worths: Iterable[Valuation]) -> dict[str, Tally]:
    found: dict[str, Tally] = {}
    for worth in worths:
        for currency, one in worth.tallies.items():
            known = found.get(currency)
            if known is None:
                found[currency] = replace(one, worth=dict(one.worth))
                continue
            for kind, value in one.worth.items():
                known.worth[kind] = known.worth.get(kind, 0) + value
            known.gain += one.gain
            known.unrealized += one.unrealized
            known.realized += one.realized
    return found


def _ahead(worths: Sequence[Valuation], rates: Sequence[Rate]) -> LookAhead | None:
    """The accounts at their next change of margin; one without positions stays as it is."""
    told = [one.ahead for one in worths if one.ahead is not None]
    if not told:
        return None
    sums = [0] * 5
    for worth, rate in zip(worths, rates, strict=True):
        ahead, now = worth.ahead, worth.commodities
        row = (
            (worth.equity, worth.maintenance, worth.initial, now.maintenance, now.initial)
            if ahead is None else
            (ahead.equity, ahead.maintenance, ahead.initial, ahead.commodity_maintenance,
             ahead.commodity_initial)
        )  # fmt: skip
        sums = [one + scaled(amount, rate) for one, amount in zip(sums, row, strict=True)]
    return LookAhead(told[0].time, any(one.expires for one in told), *sums)
