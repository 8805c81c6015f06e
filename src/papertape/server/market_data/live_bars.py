"""Bars that are heard: those of a history that is kept up to date, and those of five seconds.

A history goes on with its last bar as it grows, looked at every second and told when it has
changed. When a bar is over its last state is told, which is the one that any later history has of
it, and then the next begins, on the grid of the bar size. Bars of five seconds are told whole, at
the end of each.

The market's farm feeds bars of five seconds: while it is broken they stop, and they go on by
themselves. The history farm feeds histories, and its end ends them.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from ...venue.market.port import MarketSource
from ...venue.market.source import PriceBar
from ...venue.reference.instruments import Instrument
from ...venue.reference.times import period_start
from ...venue.units import SECOND, WEEK, Nanos
from ...wire.catalogue.history import HistoricalDataUpdate
from ...wire.catalogue.ticks import RealTimeBarTick
from ...wire.message import Farm
from ..sessions.session import Session
from ..sessions.subscriptions import End, Told
from ..timing import Timing
from .bars import Dated, shown_bar, shown_five_seconds, told_bars
from .channels import Channels, Form, Listener
from .quotes import QuoteLine
from .regular_bars import HALF_HOUR, Regular

CADENCE: Final[Nanos] = SECOND
"""How often a growing bar may change; clients of TWS see it every one or two seconds."""
FIVE_SECONDS: Final[Nanos] = 5 * SECOND
CATCH_UP: Final = 720
"""Bars that a client who did not read is told afterwards: an hour of five seconds."""


class GrowingBars:
    """The feed of histories of one instrument, bar size and kind that are kept up to date."""

    steady = True

    def __init__(
        self,
        market: MarketSource,
        entry: Instrument,
        step: Nanos,
        what: str,
        regular: Regular | None,
        dated: Dated,
    ) -> None:
        self._market = market
        self._entry = entry
        self._step = step
        self._what = what
        self._regular = regular
        self._dated = dated
        self._over: PriceBar | None = None
        """The last bar of a regular session that is over, and until when no other can be."""
        self._over_until: Nanos = 0

    def due(self, now: Nanos) -> Nanos:
        """The next whole second: every bar ends at one."""
        return now - now % CADENCE + CADENCE

    def news(self, told: PriceBar, now: Nanos) -> tuple[PriceBar, list[PriceBar]]:
        """The bar that was told, if it has grown, and those that have begun since."""
        only = self._regular
        over = only is not None and not only(self._entry.conId, now)
        if over and told == self._over and now < self._over_until:
            return told, []
        start = max(told.start, now - CATCH_UP * self._step)
        if self._step >= WEEK:
            start = period_start(start, self._step)
        bars = told_bars(
            *(self._market, self._entry, (start, now)),
            step=self._step,
            what=self._what,
            regular=only,
        )
        new = [bar for bar in bars if bar.start >= told.start and bar != told]
        if over and not new:  # no session is shorter than half an hour
            self._over, self._over_until = told, now + HALF_HOUR
        return (new[-1] if new else told), new

    def messages(self, items: Sequence[PriceBar], form: Form) -> list[HistoricalDataUpdate]:
        """Updates of the last bar, and the beginnings of new ones."""
        entry, dated = self._entry, self._dated
        return [HistoricalDataUpdate(0, shown_bar(item, entry, form, dated)) for item in items]


class FiveSecondBars:
    """The feed of real-time bars of one instrument and kind."""

    steady = True

    def __init__(
        self,
        market: MarketSource,
        entry: Instrument,
        what: str,
        regular: Regular | None,
        since: Callable[[], Nanos],
    ) -> None:
        """``regular``: leave out bars outside of that session. ``since`` is when the farm came: a
        bar that ended before is lost."""
        self._market = market
        self._entry = entry
        self._what = what
        self._regular = regular
        self._since = since

    def due(self, now: Nanos) -> Nanos:
        """The end of the bar that is under way."""
        return now - now % FIVE_SECONDS + FIVE_SECONDS

    def news(self, told: Nanos, now: Nanos) -> tuple[Nanos, list[PriceBar]]:
        """The bars that have ended since the one that began at ``told``."""
        end, since = begun(now), begun(self._since())
        start = max(told + FIVE_SECONDS, since, end - CATCH_UP * FIVE_SECONDS)
        if start >= end:
            return told, []
        bars = told_bars(
            *(self._market, self._entry, (start, end - 1)),
            step=FIVE_SECONDS,
            what=self._what,
            regular=self._regular,
        )
        return end - FIVE_SECONDS, bars

    def messages(self, items: Sequence[PriceBar], form: Form) -> list[RealTimeBarTick]:
        """Bars that have ended."""
        return [shown_five_seconds(item, self._entry, form) for item in items]


def begun(now: Nanos) -> Nanos:
    """The beginning of the bar of five seconds that is under way."""
    return now - now % FIVE_SECONDS


class LiveBars(Listener[PriceBar]):
    """A history that is kept up to date."""

    farm = Farm.HISTORY
    events = {
        End.FARM_BROKE: Told(10182),
        End.DATA_LOST: None,
        End.COMPETING: Told(162, "other_address"),
    }


class FiveSecondLine(Listener[Nanos]):
    """Bars of five seconds; what is known is the beginning of the latest one."""

    farm = Farm.MARKET
    events = {End.DATA_LOST: None, End.COMPETING: Told(420, "other_address")}


class BarChannels:
    """The live bars of a station: who follows which, and their steps."""

    def __init__(
        self,
        market: MarketSource,
        flows: Callable[[Farm], bool],
        since: Callable[[], Nanos],
        regular: Regular,
        timing: Timing,
    ) -> None:
        """``flows`` says whether a farm is there, ``since`` since when the market's farm is."""
        self._market = market
        self._since = since
        self.regular = regular
        self._timing = timing
        self._channels = Channels(flows, timing)
        self.alarm = self._channels.alarm

    def keep_up(
        self,
        bars: LiveBars,
        entry: Instrument,
        step: Nanos,
        what: str,
        regular: Regular | None,
        dated: Dated,
    ) -> None:
        """Keep a history up to date as long as its session has it; ``regular``: leave out bars
        outside of that session."""
        make = partial(GrowingBars, self._market, entry, step, what, regular, dated)
        key = (LiveBars, entry.conId, step, what, regular is not None)
        self._channels.follow(key, make, bars)

    def bust(self, con_id: int) -> None:
        """End the bars of an instrument's trades, with 10225: one of the trades was busted."""
        for kind in (FiveSecondLine, LiveBars):
            for one in self._channels.heard((kind, con_id), "TRADES"):
                one.session.subscriptions.remove(kind, one.request_id)
                one.session.error(one.request_id, 10225)

    def five_seconds(
        self, request_id: int, session: Session, entry: Instrument, what: str, *, regular: bool
    ) -> None:
        """Tell every bar of five seconds from the one under way on, ``regular``: of the regular
        session, until the session does not follow it any more."""
        only = self.regular if regular else None
        make = partial(FiveSecondBars, self._market, entry, what, only, self._since)
        key = (FiveSecondLine, entry.conId, what, regular)
        known = begun(self._timing.now) - FIVE_SECONDS
        line = FiveSecondLine(request_id, session, Form(session.version), known)
        self._channels.follow(key, make, line)


def lines_held(session: Session) -> int:
    """How many lines of market data a client has of those that ``max_lines`` limits."""
    return sum(len(session.subscriptions.of(kind)) for kind in (QuoteLine, FiveSecondLine))
