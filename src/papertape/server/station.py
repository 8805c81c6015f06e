"""A station: one TWS with its venue, its market, its journal and its clients.

It knows no socket and no clock: bytes and times come in as arguments, bytes go out through each
session's transport, and only after the journal has been committed.

What fails is contained where it can be: a request answers with 323 and the others go on; if the
venue itself failed on a command, it is rebuilt from the journal first. What cannot be kept, and
time that cannot pass, are raised to the driver, which stops the station.
"""

import logging
from collections.abc import Callable, Iterable
from functools import partial

from ..errors import JournalError, PapertapeError, SettingsError
from ..model import Contract
from ..venue.broker.account_manager import AccountRefused
from ..venue.commands import Command
from ..venue.engine import Engine
from ..venue.market.source import MarketSource
from ..venue.reference.instruments import Listing, Purpose, Refusal
from ..venue.units import SECOND, Nanos
from ..versions import INSTRUMENT_TIME_ZONE
from ..wire.message import Message
from .accounts import Accounts
from .config import Config
from .config_table import LEVELS, OPERATOR, TABLE, UTC
from .drills import Drills
from .event_bus import Hub
from .market_data.level1 import Lines
from .persistence import Keeper
from .plant.broker_link import Link
from .plant.daily import Daily
from .plant.farm_queue import FarmQueue
from .plant.farms import Farms, Kind
from .present.events import Event
from .present.presenter import Presenter
from .present.queries import Queries
from .present.views import Views
from .publish import Publisher
from .sessions.admission import Door
from .sessions.pacing import Pacer
from .sessions.policy import Policy
from .sessions.scheduler import Reception
from .sessions.session import Session, Transport
from .settings import StationSettings
from .taps.taps import Traces
from .taps.wire_log import WireLog
from .tws_user import User

log = logging.getLogger("papertape.station")

MAX_CLIENT_ID = (1 << 31) - 1
LONGEST_CAUSE = 300
"""Letters of an exception's text that a client is told; the log has all of it."""


class Station:
    """Sessions over one engine; ``receive`` and ``step`` are the only ways in."""

    def __init__(
        self,
        engine: Engine,
        market: MarketSource,
        keeper: Keeper,
        settings: StationSettings | None = None,
        wire_log: WireLog | None = None,
        config: Config | None = None,
    ) -> None:
        self.market = market
        self._take(engine)
        self.keeper = keeper
        self.settings = settings or StationSettings()
        self.config = config or Config()
        self.policy = Policy(self.config, self.settings.acceptance, self.settings.acceptance_rules)
        self.user = User(self)
        self.traces = Traces(self, wire_log)
        self.now: Nanos = engine.clock
        self.until: Callable[[float], Nanos] = lambda seconds: self.now + int(seconds * SECOND)
        """Seconds of people's time from now as market time, which the driver may let run faster."""
        self.stopwatch: Callable[[], Nanos] = lambda: 0
        """Tells how long work takes, so that it stops in time; stands still where nobody waits."""
        self.hub = Hub(lambda: self.now)
        """News for those who look on."""
        self.publisher = Publisher(self)
        self.accounts = Accounts(self)
        self.link = Link(self)
        self.farms = Farms(self)
        self.farm_queue = FarmQueue(self)
        self.drills = Drills(self, self.settings.seed)
        self.daily = Daily(self)
        self.frozen = False
        """A drill lets it hang: bytes are taken, nothing is done, nothing is told."""
        self.away = False
        """TWS is not there: its port refuses connections."""
        self.logged_off = False
        """Somebody must log in again: the driver ends the station."""
        self.lines = Lines(self)
        self.reception = Reception(self)
        self._open: dict[int, Session] = {}
        self._clients: dict[int, Session] = {}
        self._leaving: list[Session] = []
        """Sessions to be closed once the journal has been committed."""
        self._count = 0
        self._freed: dict[int, Nanos] = {}
        """Client id -> when it may be used again."""
        self.door = Door(self)
        for row in TABLE:
            self.config.watch(row.name, partial(self._changed, row.name))

    def _take(self, engine: Engine) -> None:
        self.engine = engine
        views = Views(engine.instruments, engine.profile)
        self._presenter = Presenter(views)
        self.queries = Queries(engine, views)

    def _changed(self, name: str, value: object) -> None:
        self.hub.tell("setting", name=name, value=value)

    # -- sessions -----------------------------------------------------------------------------

    def sessions(self) -> Iterable[Session]:
        """The sessions that have started, in the order of their start."""
        return self._clients.values()

    def connections(self) -> Iterable[Session]:
        """All sessions, started or not, in the order of their connection."""
        return self._open.values()

    def client(self, client_id: int) -> Session | None:
        """The session that holds a client id."""
        return self._clients.get(client_id)

    def open(
        self, peer: str, transport: Transport, now: Nanos, deadline: Nanos | None = None
    ) -> Session | None:
        """A new connection; None, and closed at once, when all places are taken. One that has not
        started may have to give way to it: ``flush`` closes that.

        ``deadline`` is when it must have started, in market time, which may run faster than the
        client's.
        """
        self._count += 1
        self.now = max(self.now, now)
        highest = self.settings.max_server_version
        session = Session(self._count, peer, transport, highest, lambda: self.now)
        refusal = self.door.refusal(session)
        if refusal:
            self.door.turned_away(peer, "refused", refusal)
            session.close()
            session.flush()
            return None
        session.pacer = Pacer(self.settings.message_rate)
        session.log_level = 1 + LEVELS.index(self.config.settings.loggingLevel)
        patience = int(self.settings.start_api_timeout_s * SECOND)
        session.deadline = self.now + patience if deadline is None else deadline
        self._open[session.number] = session
        self.traces.watch(session)
        self.drills.watch(session)
        self.hub.tell("opened", number=session.number, address=peer)
        return session

    def lost(self, session: Session, reason: str, now: Nanos) -> None:
        """The socket is gone; what came before its end still counts. ``flush`` commits it."""
        self.pass_time(now)
        self.reception.finish(session)
        self.closed(session, reason)

    def closed(self, session: Session, reason: str = "") -> None:
        """A session is over: subscriptions end, the client id is free, orders keep working."""
        session.close()
        session.asked = None
        self.policy.withdraw(session.number)
        if self._open.pop(session.number, None) is not None:
            facts = {"client_id": session.client_id, "reason": reason}
            self.hub.tell("ended", number=session.number, **facts)
        if session.client_id is not None and self._clients.get(session.client_id) is session:
            del self._clients[session.client_id]
            if self.settings.client_id_linger_s:
                self._freed = {one: due for one, due in self._freed.items() if due > self.now}
                self._freed[session.client_id] = self.until(self.settings.client_id_linger_s)
            log.info("%s disconnected%s", session.name, f": {reason}" if reason else "")
            self.drills.left(session)
        self.traces.left(session)

    def drop(self, session: Session, reason: str) -> None:
        """Close a session that broke the rules, with a line in the log."""
        if session.client_id is None:
            self.door.turned_away(session.name, "closed", reason)
        else:
            log.warning("%s closed: %s", session.name, reason)
        self._leaving.append(session)
        self.closed(session, reason)

    def claim(self, session: Session, client_id: int) -> bool:
        """Give the session its client id; else tell why not (326 when it is taken) and close.

        The last place may have gone to another one meanwhile; then it is closed without a word.
        """
        if client_id in self._clients or self._freed.get(client_id, 0) > self.now:
            session.error(-1, 326)
            self.drop(session, f"client id {client_id} is in use")
        elif not 0 <= client_id <= MAX_CLIENT_ID:
            session.error(-1, 321, cause=f"Invalid client id {client_id}")
            self.drop(session, f"client id {client_id} is not in 0 .. {MAX_CLIENT_ID}")
        elif len(self._clients) >= self.settings.max_clients:
            self.drop(session, f"all {self.settings.max_clients} places are taken")
        else:
            session.client_id = client_id
            self._freed.pop(client_id, None)
            self._clients[client_id] = session
            log.info("%s started at server version %d", session.name, session.version)
            facts = {"client_id": client_id, "version": session.version}
            self.hub.tell("started", number=session.number, **facts)
            return True
        return False

    def disconnect(self, number: int) -> None:
        """Close a connection by its number, as somebody wishes.

        Raises ``SettingsError`` when there is none of that number.
        """
        session = self._open.get(number)
        if session is None:
            known = ", ".join(map(str, self._open)) or "none"
            raise SettingsError(
                "there is no such connection",
                setting="connection",
                found=number,
                advice=f"Choose one that is open: {known}",
            )
        self.drop(session, "somebody disconnected it")

    def reset(self, session: Session, reason: str) -> None:
        """Close a connection with RST, whatever was on its way."""
        log.warning("%s reset: %s", session.name, reason)
        session.discard()
        self.closed(session, reason)
        session.transport.reset()

    def block(self, client_id: int, until: Nanos) -> None:
        """Keep a client id from being used until then."""
        self._freed[client_id] = until

    def go_away(self, reason: str) -> None:
        """TWS ends: every connection is closed, the port refuses, what was held is lost."""
        self.away = True
        self.link.forget()
        for session in list(self._open.values()):
            self.drop(session, reason)

    def come_back(self) -> None:
        """TWS is there again, with its link, and with its farms as they are at a start."""
        self.away = False
        self.link.restore()
        self.farms.restart()

    def admits(self, session: Session, message: Message) -> bool:
        """Whether a request may be served now: no drill swallows it, its data can be had."""
        return (
            (self.drills.idle or self.drills.admits(session, message))
            and (not self.link.competing or self.link.admits(session, message))
            and self.farm_queue.admits(session, message)
        )

    # -- the two ways in ----------------------------------------------------------------------

    def receive(self, session: Session, data: bytes, now: Nanos) -> None:
        """Bytes from a client: handle what they complete. ``flush`` sends the answers."""
        self.pass_time(now)
        take = self.reception.keep if self.frozen else self.reception.take
        take(session, data)

    def step(self, now: Nanos) -> None:
        """Let time pass: fills, expiries, backlogs, quotes, repetitions, time-outs."""
        self.now = max(self.now, now)
        self.drills.step(now)
        if self.frozen:
            return
        self.pass_time(now)
        self.daily.step(now)
        self.farms.step(now)
        self.farm_queue.step(now)
        self.reception.step(now)
        if self.farms.flows(Kind.MARKET):
            self.lines.step(now)
        self.accounts.step(now)

    def flush(self) -> None:
        """Commit the journal, then send everything that waits.

        Raises ``JournalError`` when it cannot be kept; then nothing may be sent: ``abandon``.
        """
        self.reception.rest()
        if self.frozen:
            return
        self.accounts.refresh()
        self.door.tell_port()
        self.keeper.commit(self.engine)
        self.keeper.step(self.stopwatch)
        leaving, self._leaving = self._leaving, []
        for session in [*self._open.values(), *leaving]:
            session.flush()
        self.traces.flush()

    def abandon(self) -> None:
        """Close every session without another word: what waits for them was never kept."""
        for session in [*self._open.values(), *self._leaving]:
            session.discard()
            session.close()
            session.flush()
        self._open.clear()
        self._clients.clear()
        self._leaving.clear()

    def next_due(self) -> Nanos | None:
        """When ``step`` has something to do next; None when only a client can bring it."""
        if self.frozen:
            return self.drills.next_due()
        dues = (
            self.engine.next_due() if self.link.up else None,
            self.drills.next_due(),
            self.daily.next_due(),
            self.farms.next_due(),
            self.farm_queue.next_due(),
            self.reception.next_due(),
            self.lines.next_due() if self.farms.flows(Kind.MARKET) else None,
            self.accounts.next_due(),
            self.now if self.keeper.busy else None,
        )
        return min((due for due in dues if due is not None), default=None)

    def pass_time(self, now: Nanos) -> None:
        """Bring the venue to ``now``, before anything that happens at ``now``.

        While the broker's link is lost nothing is heard of the venue: it is brought up to date
        when the link is back.
        """
        self.now = max(self.now, now)
        if self.link.up and not self.frozen and self.now > self.engine.clock:
            self.publish(self._presenter.events(self.engine.advance(self.now)))

    # -- what handlers use --------------------------------------------------------------------

    def apply(self, command: Command) -> tuple[Event, ...]:
        """Give the engine a command, queue what came of it, and return it.

        Raises what the engine raises, after the engine is as it was before the command.
        """
        if not self.link.up:
            self.link.hold(command)
            return ()
        try:
            happened = self.engine.submit(command, self.now)
        except AccountRefused:
            raise
        except Exception:
            self._rebuild()
            raise
        told = self._presenter.events(happened)
        self.publish(told)
        return told

    def _rebuild(self) -> None:
        """Start the venue anew from the journal: a command that failed half way left no trace.

        Raises ``JournalError`` when that fails too.
        """
        broken = self.engine
        try:
            self.keeper.commit(broken)
            engine = Engine(self.market, broken.profile, broken.instruments)
            entries = self.keeper.recover(engine)
        except Exception as error:
            raise JournalError("the venue failed and cannot be rebuilt from its journal") from error
        engine.skip(broken.clock)
        self._take(engine)
        log.error("the venue failed and was rebuilt from %d entries of the journal", entries)

    def publish(self, happened: tuple[Event, ...]) -> None:
        """Queue messages for what happened."""
        if happened:
            self.publisher.publish(happened)

    def attempt(
        self, session: Session | None, request_id: int, what: str, work: Callable[[], object]
    ) -> bool:
        """Do something for a session, or for one that has gone; whether it succeeded.

        Whatever fails in it concerns this session alone: the log has the traceback, the client
        323, and the station goes on. Only ``JournalError`` passes.
        """
        try:
            work()
        except JournalError:
            raise
        except Exception as error:
            name = "a client that has gone" if session is None else session.name
            log.error("%s: %s failed", name, what, exc_info=error)
            told = str(error) if isinstance(error, PapertapeError) else repr(error)
            if session is not None:
                session.error(request_id, 323, cause=told[:LONGEST_CAUSE])
            return False
        return True

    def zone(self, con_id: int, version: int) -> str:
        """The zone in which a client of this version reads an instrument's times."""
        chosen = self.config.settings.sendInstrumentTimezone
        if chosen == OPERATOR or version < INSTRUMENT_TIME_ZONE:
            return self.settings.time_zone
        entry = self.engine.instruments[con_id]
        return UTC if chosen == UTC else self.engine.hours.zone_id(entry)

    def shows(self, contract: Contract) -> bool:
        """Whether positions in it are told: those in currency pairs are virtual."""
        return contract.secType != "CASH" or bool(self.config.settings.includeVirtualFxPositions)

    def resolve(self, contract: Contract, purpose: Purpose) -> Listing | Refusal:
        """The one listing that a request means, with a tape to quote it."""
        return self.engine.instruments.resolve(contract, purpose)

    def refuse(self, session: Session, request_id: int, refusal: Refusal) -> None:
        """Send a refusal of the venue under a request's id."""
        session.error(request_id, refusal.code, variant=refusal.variant, **refusal.facts)
