"""The broker link: sends commands to the venue, and holds them while the link is lost.

While the link is lost (1100) the API sockets stay open. The station does not advance the venue, so
orders and executions stay in their last known state. Orders and cancellations are held. When the
link is restored, TWS reports everything that happened meanwhile with its own times, and sends what
it held (behaviour K1, K7).
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ...venue.commands import Command
from ...venue.engine import Happened
from ...venue.facts import Fact
from ...venue.script import ScriptCommand, ScriptRefused
from ...venue.units import Nanos
from ..event_bus import EventBus
from ..notices import Notice, notice
from ..present.events import Event
from ..present.presenter import Presenter
from ..sessions.attempt import attempt
from ..sessions.registry import Sessions
from ..timing import Timing, Wakeup
from ..venue_port import Venue
from .farms import Farms
from .held_orders import HeldOrders

log = logging.getLogger("papertape.station")


class BrokerLink:
    """The link between TWS and the venue."""

    def __init__(
        self,
        venue: Venue,
        presenter: Presenter,
        publish: Callable[[tuple[Event, ...]], object],
        held: HeldOrders,
        farms: Farms,
        sessions: Sessions,
        timing: Timing,
        bus: EventBus,
    ) -> None:
        self._venue = venue
        self._presenter = presenter
        self._publish = publish
        self.held = held
        self._farms = farms
        self._sessions = sessions
        self._timing = timing
        self._bus = bus
        self.up = True
        self._heard: Nanos = 0
        """The instant to which the venue has been advanced."""
        self._behind: list[tuple[Nanos, ScriptCommand]] = []
        """What a world did at the exchange and the broker while TWS did not hear of them."""
        self.listeners: list[Callable[[Sequence[Happened]], object]] = []
        """Called with the facts of the venue, before clients are told of them."""
        self._ears: dict[type[Any], Callable[[Happened], object]] = {}
        self.on_return: list[Callable[[], object]] = []
        """Called when the link is back, before what happened meanwhile is told."""
        self.notice: Notice | None = None
        """The last notice about the link; None before the first loss."""
        self.alarm = Wakeup(self._next_due, self.advance, alone=True)

    # -- the venue ----------------------------------------------------------------------------

    def submit(self, command: Command) -> tuple[Event, ...]:
        """Submit a command to the venue, queue the messages of its events, and return them.

        Holds the command while the link is lost, and returns no events. Raises what the venue
        raises; the venue is then in its state before the command.
        """
        if not self.up:
            self.held.hold(command, self._timing.now)
            return ()
        self.alarm.changed()
        now = self._heard = self._timing.now
        return self._tell_of(self._venue.submit(command, now))

    def hear(self, hears: Callable[[Happened], object], *kinds: type[Fact]) -> None:
        """Call ``hears`` with each fact of these kinds, before ``listeners`` and clients are told
        of the turn. A kind has one that hears of it. What fails there is logged, and clients are
        told all the same: the facts are kept."""
        self._ears.update(dict.fromkeys(kinds, hears))

    def _tell_of(self, happened: list[Happened]) -> tuple[Event, ...]:
        for one in happened:
            hears = self._ears.get(type(one.fact))
            if hears is not None:
                attempt(None, -1, f"hearing of {type(one.fact).__name__}", hears, one)
        for listen in self.listeners:
            attempt(None, -1, "listening to the venue", listen, happened)
        events = self._presenter.events(happened)
        if events:
            self._publish(events)
        return events

    def play(self, command: ScriptCommand) -> None:
        """Submit what a world does behind TWS: it is done whether or not TWS hears of it, and told
        of when it does. Raises ``ScriptRefused``; while the link is lost that is only logged."""
        if self.up:
            self.submit(command)
        else:
            self._behind.append((self._timing.now, command))

    def _catch_up(self) -> None:
        """Carry out what a world has done meanwhile, each at its own instant."""
        behind, self._behind = self._behind, []
        for time, command in behind:
            try:
                self._heard = time
                self._tell_of(self._venue.submit(command, time))
            except ScriptRefused as refused:
                log.warning("the world: %s", refused)

    def advance(self, now: Nanos) -> bool:
        """Advance the venue to ``now``, before anything that happens at ``now``; return whether
        something has happened.

        Does nothing while the link is lost: ``restore`` catches up.
        """
        if self.up and now >= self._heard:  # a command of this instant may be due at once
            due = self.alarm.due()
            if due is None or now < due:
                return False  # nothing can have happened yet
            self._heard = now
            self.alarm.changed()
            happened = self._venue.advance(now)
            self._tell_of(happened)
            return bool(happened)
        return False

    def _next_due(self) -> Nanos | None:
        return self._venue.next_due() if self.up else None

    # -- lost and restored --------------------------------------------------------------------

    def lose(self) -> None:
        """Drop the link: 1100 to every session, then the notices of the farms lost with it."""
        if not self.up:
            return
        self.up = False
        log.warning("the broker link is lost")
        self._bus.tell("link", up=False)
        self._tell(1100)
        self._farms.fall()

    def restore(self, *, data_lost: bool = False) -> None:
        """Restore the link: 1101 or 1102, the farms, what happened meanwhile, held commands."""
        if self.up:
            return
        self.up = True
        self._bus.tell("link", up=True, data_lost=data_lost)
        log.warning("the broker link is restored, data %s", "lost" if data_lost else "maintained")
        if data_lost:
            for session in list(self._sessions.started()):
                session.lose_data()
            self._tell(1101)
        else:
            up, broken = self._farms.connected()
            variant = "some_farms" if broken else "all_farms"
            self._tell(1102, variant, farms="; ".join(up), missing="; ".join(broken))
        self._farms.rise()
        for call in self.on_return:
            call()
        if not self._timing.frozen:
            self._catch_up()
            self.advance(self._timing.now)
        for command in self.held.take():
            self._send(command)

    def _tell(self, code: int, variant: str | None = None, **facts: object) -> None:
        self.notice = notice(code, self._timing.now, variant, **facts)
        self._sessions.broadcast(code, variant, **facts)

    def _send(self, command: Command) -> None:
        """Submit a held command; a failure affects its client only."""
        session = self._sessions.client(getattr(command, "clientId", -1))
        order_id = getattr(command, "orderId", -1)
        attempt(session, order_id, f"held {type(command).__name__}", partial(self.submit, command))
