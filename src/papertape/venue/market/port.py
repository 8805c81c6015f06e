"""What a market is to the engine and to the server: the questions that they may ask of it.

A recorded market, a synthetic one and a test's scripted one are sources of one tape; each extends
``MarketSource``. A source is deterministic: what it says about an instant depends on its
construction and on that instant alone, never on who asked before.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence

from ..units import DAY, Nanos, PriceUnits
from .actions import ActionsAhead, InNewShares, KnownDividend
from .kinds import OptionSpec
from .source import (
    AuctionFigures,
    DayStats,
    Depth,
    Glimpse,
    Halt,
    PriceBar,
    Print,
    Quote,
    Span,
)


class MarketSource(ABC):
    """One tape over all instruments of a station.

    What every market must tell is abstract. All else has an answer here, that of a market which
    is open at any hour and knows nothing of the kind; what is laid over another market must pass
    each question on. Methods may raise ``KeyError`` for an instrument that is not ``in`` the
    market, and ``MarketDataError`` where a recording cannot be read.
    """

    # -- what every market tells -----------------------------------------------------------------

    @abstractmethod
    def con_ids(self) -> Iterable[int]:
        """The instruments that this source can quote, as far as it lists them."""

    @abstractmethod
    def __contains__(self, con_id: int) -> bool:
        """Whether this source can quote an instrument, listed or not."""

    @abstractmethod
    def quote(self, con_id: int, now: Nanos) -> Quote:
        """Top of book at ``now`` (the latest quote not after it)."""

    @abstractmethod
    def day(self, con_id: int, now: Nanos) -> DayStats:
        """The trading day that ``now`` belongs to, up to and including ``now``."""

    @abstractmethod
    def ticks(self, con_id: int, after: Nanos, until: Nanos) -> Iterator[Quote | Print]:
        """Every quote and trade with ``after < time <= until``, in time order."""

    @abstractmethod
    def next_tick(self, con_id: int, after: Nanos) -> Nanos | None:
        """Time of the first tick after ``after``; None when the tape has no more."""

    @abstractmethod
    def bars(
        self, con_id: int, *, start: Nanos, end: Nanos, step: Nanos, what: str
    ) -> list[PriceBar]:
        """Bars of ``step`` nanoseconds that begin in ``start <= t < end``, the last one up to and
        including ``end``; empty ones are left out.

        ``WEEK`` and ``MONTH`` are those of the calendar.

        ``what`` is TRADES, BID, ASK, MIDPOINT or BID_ASK with the meaning of reqHistoricalData.
        """

    @abstractmethod
    def depth(self, con_id: int, now: Nanos, levels: int) -> Depth:
        """The book at ``now``, its best level the quote. Raises ``ValueError`` unless there are 1
        to 60 ``levels``."""

    @abstractmethod
    def head(self, con_id: int) -> Nanos:
        """First instant of the earliest trading day on offer."""

    # -- trading days ----------------------------------------------------------------------------

    def sessions(self, con_id: int, start: Nanos, end: Nanos) -> list[Span]:
        """First instant and end of every trading day that touches ``start .. end``; by default
        those of UTC."""
        return [(day * DAY, (day + 1) * DAY) for day in range(start // DAY, end // DAY + 1)]

    def trading_start(self, con_id: int, now: Nanos, days: int, *, regular: bool = False) -> Nanos:
        """Start of the span of ``days`` trading days that ends at ``now``: of so many sessions, the
        latest of which has begun before ``now``, its regular part where ``regular``. Where days
        follow each other without a pause, so much time before."""
        return now - days * DAY

    def past_closes(self, con_id: int, now: Nanos, days: int) -> tuple[Nanos, list[PriceUnits]]:
        """When the trading day that plays began, and the last prices of so many days before it,
        newest first; fewer where no more are on offer. As cheap as ``glimpse``."""
        return now - now % DAY, []

    def halts(self, con_id: int) -> Sequence[Halt]:
        """When trading is halted, in order of time; past halts and planned ones too."""
        return ()

    def auction(self, con_id: int, now: Nanos) -> AuctionFigures | None:
        """How the next opening or closing auction would end; None where nothing is told of
        auctions, a price of 0 where none is ahead."""
        return None

    # -- bars ------------------------------------------------------------------------------------

    def bars_without(
        self, con_id: int, shut: Sequence[Span], *, span: Span, step: Nanos, what: str
    ) -> list[PriceBar]:
        """Bars as ``bars`` gives them, without what happened in the times of ``shut``, which are
        apart and in order; by default whole bars are left out, those that begin in such a time."""
        found = self.bars(con_id, start=span[0], end=span[1], step=step, what=what)
        return [bar for bar in found if not any(one[0] <= bar.start < one[1] for one in shut)]

    def regular_days(
        self, con_id: int, *, start: Nanos, end: Nanos, what: str
    ) -> list[PriceBar] | None:
        """A bar of the regular session of every trading day that touches a span, the last up to and
        including its end; None where this costs as much as the minutes of the days do, of which
        the caller makes them."""
        return None

    def worked_out(
        self, con_id: int, start: Nanos, end: Nanos, what: str, *, minutes: bool, gaps: bool = False
    ) -> Iterator[None]:
        """Work out what the bars of the trading days of a span take, of days or else of
        ``minutes``, and keep it for a while; a few milliseconds at each step. ``gaps``: the quotes
        too of a day that has minutes without a trade."""
        return iter(())

    def minuted(self, con_id: int) -> bool:
        """Whether the bar of a day takes its minutes to be worked out first, which are then kept
        for a while: of what derives from another's price, of recordings."""
        return False

    def glimpse(self, con_id: int, now: Nanos) -> Glimpse | None:
        """The half an hour around ``now`` at a glance; None of what has no trades."""
        return None

    # -- what an instrument is, and what comes to it ---------------------------------------------

    def option(self, con_id: int) -> OptionSpec | None:
        """What an option is, whether or not its underlying has a tape; None of anything else."""
        return None

    def volatility(self, con_id: int, now: Nanos) -> float | None:
        """The yearly volatility that options are priced at: of an option its own, of anything else
        that of an option at the money in 30 days. None after an option's expiry, and where the tape
        knows none."""
        return None

    def bond_yield(self, con_id: int, now: Nanos, price: PriceUnits) -> float | None:
        """The yearly yield of a bond at a price, compounded with its coupons; None of anything
        else, and at its end."""
        return None

    def actions_ahead(self, con_id: int, after: Nanos) -> ActionsAhead | None:
        """The next splits, dividends, new symbols and mergers after an instant; None when none is
        known. Prices are in new shares from the instant on that follows theirs."""
        return None

    def dividends(self, con_id: int) -> Sequence[KnownDividend]:
        """The dividends of an instrument, past ones and those to come, in order."""
        return ()

    def adjustments(self, con_id: int, until: Nanos) -> Sequence[InNewShares]:
        """For each split and ex-day that has come by an instant, what bars before it are brought
        with, in order; see ``InNewShares``."""
        return ()
