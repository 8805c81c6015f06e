"""The deterministic venue: ``apply`` and ``advance`` are the only ways in, events the only out.

The same commands at the same times over the same market give the same events, ids and state
hash. A journal of entries gives them again without the market. Nothing here reads a clock.
"""

import heapq
from collections.abc import Iterable, Iterator
from operator import attrgetter

import msgspec

from .accounts import open_account
from .commands import (
    CancelOrder,
    Command,
    EnterOrder,
    Entry,
    QuoteSeen,
    ResetOrderIds,
    SubmitOrder,
    TimePassed,
)
from .desk import Desk
from .events import AccountChanged, Event, PositionChanged, RequestRefused, Traded
from .instruments import Instruments
from .listings import CATALOGUE
from .market import MarketSource, Quote
from .matching import concerns
from .profile import Profile
from .queries import Queries
from .state import State, canonical, fingerprint
from .touches import Touches
from .units import Nanos

TICK_ORDER = attrgetter("time", "conId")


class Engine:
    """Exchange and broker in one: folds commands and quotes into state, and tells what happened.

    ``market`` may be None only for replay and for reading what a journal left.
    """

    def __init__(
        self,
        market: MarketSource | None,
        profile: Profile | None = None,
        instruments: Instruments = CATALOGUE,
    ) -> None:
        self.profile = profile or Profile()
        self.instruments = instruments
        self.clock: Nanos = 0
        """Time of the latest apply or advance; time never runs backwards."""
        self._market = market
        self._journal: list[Entry] = []
        self._take(_fresh(self.profile))

    def _take(self, state: State) -> None:
        self.state = state
        self._touches = Touches(self._market, state.touches)
        self._desk = Desk(state, self.instruments, self.profile, self._touches)
        self.queries = Queries(state, self.instruments, self.profile, self._touches)

    # -- the two ways in ----------------------------------------------------------------------

    def apply(self, command: Command, now: Nanos) -> tuple[Event, ...]:
        """Catch up with the market to ``now``, then carry out the command.

        Raises ``ValueError`` when ``now`` lies before the engine's clock.
        """
        events = self.advance(now)
        return events + tuple(self._fold(command, now))

    def advance(self, now: Nanos) -> tuple[Event, ...]:
        """Let time pass: quotes fill working orders, days end, orders lapse.

        Raises ``ValueError`` when ``now`` lies before the engine's clock.
        """
        if now < self.clock:
            raise ValueError(f"time runs backwards: {now} is before {self.clock}")
        events: list[Event] = []
        while 0 < self.state.day_end <= now:
            midnight = max(self.state.day_end, self.clock)
            events += self._walk(midnight)
            events += self._fold(TimePassed(), midnight)
        events += self._walk(now)
        return tuple(events)

    def next_due(self) -> Nanos | None:
        """When ``advance`` could next have something to do; None when nothing waits."""
        due = [self.state.day_end] if self.state.orders else []
        if self._market is not None:
            for con_id in sorted(self.state.working):
                tick = self._market.next_tick(con_id, self.clock)
                due += [] if tick is None else [tick]
        return min(due, default=None)

    def skip(self, now: Nanos) -> None:
        """Move the clock without walking the market in between: the venue was closed."""
        self.clock = max(self.clock, now)

    def _walk(self, until: Nanos) -> list[Event]:
        """Fold the quotes up to ``until`` that can fill a working order."""
        events: list[Event] = []
        interest = self._desk.floor.interest
        for tick in self._ticks(until):
            wanted = interest.get(tick.conId)
            if wanted is not None and concerns(tick, wanted):
                events += self._fold(QuoteSeen(tick), tick.time)
        self.clock = until
        return events

    def _ticks(self, until: Nanos) -> Iterator[Quote]:
        """The quotes of instruments with working orders, merged in time order."""
        market = self._market
        if market is None or until <= self.clock:
            return iter(())
        con_ids = sorted(self.state.working)
        tapes = [market.ticks(con_id, self.clock, until) for con_id in con_ids]
        merged = tapes[0] if len(tapes) == 1 else heapq.merge(*tapes, key=TICK_ORDER)
        return (tick for tick in merged if isinstance(tick, Quote))

    def _fold(self, command: Command, now: Nanos) -> list[Event]:
        self._touches.begin(now)
        events = self._desk.handle(command, now)
        if _changed(command, events):
            self._journal.append(Entry(now, command, self._touches.commit()))
        self.clock = max(self.clock, now)
        return events + _consequences(events)

    # -- memory -------------------------------------------------------------------------------

    def drain_journal(self) -> list[Entry]:
        """What happened since the last call and must be kept before it is told."""
        entries, self._journal = self._journal, []
        return entries

    def replay(self, entries: Iterable[Entry]) -> None:
        """Rebuild the state from a journal; events are not repeated and no market is asked."""
        for entry in entries:
            self._touches.recall(entry.quotes)
            self._desk.handle(entry.command, entry.time)
            self.clock = entry.time

    def snapshot(self) -> bytes:
        """The whole memory as canonical JSON, from which ``restore`` goes on."""
        return canonical(self.state)

    def restore(self, snapshot: bytes, clock: Nanos) -> None:
        """Go on from a snapshot that was taken at ``clock``."""
        self._take(msgspec.json.decode(snapshot, type=State))
        self.clock = clock

    def state_hash(self) -> str:
        """A fingerprint of the memory: equal after equal histories, on any machine."""
        return fingerprint(self.state)


def _fresh(profile: Profile) -> State:
    accounts = {
        code: open_account(code, profile.base_currency, profile.opening_cash)
        for code in profile.accounts
    }
    return State(accounts, profile.first_perm_id, profile.first_execution)


def _changed(command: Command, events: list[Event]) -> bool:
    """Whether the fold changed anything that a replay must repeat."""
    if isinstance(command, SubmitOrder | CancelOrder | EnterOrder):
        return not any(isinstance(event, RequestRefused) for event in events)
    return isinstance(command, TimePassed | ResetOrderIds) or bool(events)


def _consequences(events: list[Event]) -> list[Event]:
    """Positions and accounts that the fills of one command changed, each told once."""
    trades = [event.view for event in events if isinstance(event, Traded)]
    positions = dict.fromkeys((view.account, view.contract.conId) for view in trades)
    accounts = dict.fromkeys(view.account for view in trades)
    return [
        *(PositionChanged(account, con_id) for account, con_id in positions),
        *(AccountChanged(account) for account in accounts),
    ]
