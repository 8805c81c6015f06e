"""A station: one TWS with its venue, its market, its journal and its clients.

This puts its parts together and moves them; they know each other, not the station. It knows no
socket and no clock: bytes and times come in as arguments, bytes go out through each session's
transport, and only after the journal has been committed.

What fails is contained where it can be: a request is answered with 323 and the others go on; if the
venue itself failed on a command, it is rebuilt from the journal first. What cannot be kept, and
time that cannot pass, are raised to the driver, which stops the station.
"""

import logging
from collections.abc import Callable, Collection, Iterator
from functools import partial

from ..venue.broker.accounts_refused import AccountRefused
from ..venue.commands import AccountCommand, CorporateCommand
from ..venue.engine import Engine, Happened
from ..venue.facts import TapeWritten
from ..venue.market.port import MarketSource
from ..venue.reference.sessions import REGULAR
from ..venue.units import Nanos
from ..wire.catalogue.session import StartApi
from ..wire.message import Farm, Message
from .account_figures import AccountFigures
from .clock import MarketClock
from .config import Config
from .config_table import TABLE
from .display_groups import DisplayGroups
from .drills import Drills
from .embedded_venue import EmbeddedVenue
from .event_bus import EventBus
from .handlers import HANDLERS, registered, unserved
from .handlers import session as opening
from .handlers.services import Services
from .incoming import separated
from .margin_ahead import MarginAhead
from .market_data.books import DepthStreams
from .market_data.channels import Channels
from .market_data.computations import Computations
from .market_data.entitlements import Entitlements
from .market_data.generic_lines import GenericTicks
from .market_data.history_pacing import HistoryPacing
from .market_data.level1 import Level1
from .market_data.live_bars import BarChannels
from .market_data.measures import Facts
from .market_data.pips import ShownMarket
from .market_data.tick_by_tick import TickStreams
from .outgoing import OutgoingForm
from .own_contracts import OwnContracts
from .persistence import Keeper
from .plant.broker_link import BrokerLink
from .plant.competing import Competition
from .plant.daily import Daily
from .plant.farm_queue import FarmQueue
from .plant.farms import Farms
from .plant.held_orders import HeldOrders
from .present.preferences import Preferences
from .present.presenter import Presenter
from .present.queries import Queries
from .present.times import connection_time
from .present.views import Views
from .profit_streams import ProfitStreams
from .publisher import Publisher
from .research.library import ResearchLibrary
from .research.news import NewsService
from .research.reports import Reports
from .research.scanners import Scanners
from .research.symbol_searches import SymbolSearches
from .sessions.admission import Admission, ReadOnly
from .sessions.policy import Policy
from .sessions.registry import Sessions
from .sessions.scheduler import Scheduler
from .sessions.session import Session, Transport
from .settings import StationSettings
from .taps.taps import Taps
from .taps.wire_log import WireLog
from .timing import StationSchedule, Timing
from .tws_user import TwsUser
from .worlds.player import WorldPlayer

log = logging.getLogger("papertape.station")

LINK_LOST = "No connection to the broker, who keeps the accounts; restore the link first"
HANGS = "The station hangs, as a drill wants it; end the drill first"
_REGISTERED = registered.MODULES


class Station:
    """Sessions over one engine; ``receive`` and ``step`` are the only ways in."""

    def __init__(
        self,
        engine: Engine,
        tape: MarketSource,
        keeper: Keeper,
        settings: StationSettings | None = None,
        wire_log: WireLog | None = None,
        config: Config | None = None,
        library: ResearchLibrary | None = None,
    ) -> None:
        self.settings = settings or StationSettings()
        self.config = config or Config()
        self.market = market = ShownMarket(tape, self.config, engine.instruments.get)
        """The tape as clients see it."""
        self.tape = tape
        """The tape as the engine sees it."""
        self.timing = timing = Timing(engine.clock)
        self.schedule = schedule = StationSchedule()
        timing.wake = schedule.changed
        self.event_bus = bus = EventBus(timing)
        """News for those who look on."""
        self.keep_clock: Callable[[MarketClock], object] = lambda clock: None
        """Remembers, over the computer's clock, how market time goes on."""
        self.logged_off = False
        """The user must log in again: the driver ends the station."""
        self.venue = EmbeddedVenue(engine, keeper, tape)
        views = Views(engine.instruments, engine.profile)
        self.queries = Queries(self.venue, views)
        chosen = self.settings
        self.policy = Policy(self.config, chosen.acceptance, chosen.acceptance_rules)
        self.registry = sessions = Sessions(chosen, self.config, timing, bus)
        self.taps = Taps(sessions, self.config, timing, wire_log)
        self.admission = Admission(sessions, self.policy, chosen, self.config, timing)
        self.drills = Drills(self, schedule, bus, chosen.seed)
        preferences = Preferences(self.config, chosen, self.venue)
        self.farms = Farms(chosen, sessions, timing, bus)
        self.figures = AccountFigures(
            self.queries, preferences, sessions, chosen, self.config, timing, bus
        )
        profits = ProfitStreams(self.queries, sessions, self.config, timing)
        scanners = Scanners(market, engine.instruments, sessions, self.farms.flows, timing)
        self.scanners = scanners
        searches = SymbolSearches(engine.instruments, timing, paced=chosen.symbol_search_pacing)
        self.contracts = OwnContracts(engine.instruments, (), lambda _: None)
        """Contracts that the user adds; ``compose`` gives those that are kept."""
        library = library or ResearchLibrary()
        self.news = NewsService(
            chosen.seed,
            library.news,
            engine.instruments,
            sessions,
            timing,
            served=chosen.has_service("news"),
        )
        self.publisher = Publisher(
            sessions, self.queries, preferences, self.figures, self.config, bus
        )
        held = HeldOrders(self.venue, self.queries, sessions, self.config, bus)
        self.link = BrokerLink(
            self.venue,
            Presenter(views),
            self.publisher.publish,
            held,
            self.farms,
            sessions,
            timing,
            bus,
        )
        self.competition = Competition(sessions)
        self.world = WorldPlayer(self)
        """The world that a test plays here; nothing of it costs anything before."""
        self.link.hear(self._taped, TapeWritten)
        self.link.listeners.append(self.world.look)
        self.user = TwsUser(self.link, self.queries, sessions, self.config)
        self.daily = Daily(self, chosen, self.config, timing)
        self.farm_queue = FarmQueue(self.farms, sessions, self.config, timing, HANDLERS)
        self.level1 = Level1(market, self.farms.flows, chosen, self.config, timing)
        facts = Facts(market, lambda: self.venue.instruments, lambda: self.venue.hours)
        self.generic_ticks = GenericTicks(facts, self.farms.flows, chosen.quote_interval_ms, timing)
        self.computations = Computations(
            market, lambda: self.venue.instruments, self.farms.flows, timing
        )
        connected = lambda: self.farms.of(Farm.MARKET).since  # noqa: E731
        self.streams = Channels(self.farms.flows, timing)
        """Ticks one by one, and books."""
        self.ticks = TickStreams(market, self.streams, connected)
        self.books = DepthStreams(market, self.streams)
        pacing = HistoryPacing(lambda: timing.now, on=chosen.paces_history)
        self.bars = BarChannels(
            market,
            self.farms.flows,
            connected,
            lambda con_id, at: not self.venue.hours.opens(con_id, REGULAR, at),
            timing,
        )
        self.publisher.busted = self.bars.bust
        stages = (ReadOnly(self.config), self.drills, self.competition, self.farm_queue)
        self.scheduler = Scheduler(
            sessions, self.policy, stages, self, self.taps, chosen, self.config, timing, schedule,
            bus,
        )  # fmt: skip
        self.farm_queue.serve = self.scheduler.serve
        self.farm_queue.remember = self.scheduler.remember
        outgoing = OutgoingForm(sessions, self.config)
        self.link.on_return.append(self.drills.returned)
        sessions.on_open += [self.drills.watch, self.taps.watch, outgoing.opened]
        sessions.on_end += [
            self.policy.left, self.drills.left, self.figures.left, self.taps.left,
            pacing.left, searches.left,
        ]  # fmt: skip
        schedule.order(
            self.drills.alarm, self.world.alarm, self.link.alarm, self.daily.alarm,
            self.farms.alarm, self.farm_queue.alarm, self.scheduler.alarm, self.level1.alarm,
            self.streams.alarm, self.generic_ticks.alarm, self.computations.alarm,
            self.bars.alarm, self.figures.alarm,
            MarginAhead(self.venue, timing).alarm, profits.alarm, scanners.alarm, self.news.alarm,
            searches.alarm,
        )  # fmt: skip
        self._services = Services(
            settings=chosen,
            config=self.config,
            timing=timing,
            bus=bus,
            sessions=sessions,
            policy=self.policy,
            admission=self.admission,
            venue=self.venue,
            queries=self.queries,
            preferences=preferences,
            market=market,
            link=self.link,
            farms=self.farms,
            user=self.user,
            entitlements=Entitlements(chosen),
            level1=self.level1,
            generic_ticks=self.generic_ticks,
            computations=self.computations,
            bars=self.bars,
            history_pacing=pacing,
            ticks=self.ticks,
            books=self.books,
            figures=self.figures,
            profits=profits,
            groups=DisplayGroups(sessions),
            scanners=scanners,
            symbol_searches=searches,
            news=self.news,
            reports=Reports(library.folder),
            introduced=self.drills.started,
        )
        self._streams = (
            self.level1.alarm, self.streams.alarm, self.generic_ticks.alarm,
            self.computations.alarm, self.bars.alarm,
        )  # fmt: skip
        for row in TABLE:
            self.config.watch(row.name, partial(self._changed, row.name))

    def _changed(self, name: str, value: object) -> None:
        self.event_bus.tell("setting", name=name, value=value)

    @property
    def engine(self) -> Engine:
        """The engine of the venue."""
        return self.venue.engine

    @property
    def now(self) -> Nanos:
        """Market time."""
        return self.timing.now

    # -- sessions -----------------------------------------------------------------------------

    def sessions(self) -> Collection[Session]:
        """The sessions that have started, in the order of their start."""
        return self.registry.started()

    def connections(self) -> Collection[Session]:
        """All sessions, started or not, in the order of their connection."""
        return self.registry.connections()

    def client(self, client_id: int) -> Session | None:
        """The session that holds a client id."""
        return self.registry.client(client_id)

    def open(
        self, peer: str, transport: Transport, now: Nanos, deadline: Nanos | None = None
    ) -> Session | None:
        """A new connection; see ``Admission.open``."""
        self.timing.move(now)
        self.schedule.changed()
        return self.admission.open(peer, transport, deadline)

    def lost(self, session: Session, reason: str, now: Nanos) -> None:
        """The socket is gone; what came before its end still counts. ``flush`` commits it."""
        self.pass_time(now)
        self.schedule.changed()
        self.scheduler.finish(session)
        self.registry.closed(session, reason)

    # -- the two ways in ----------------------------------------------------------------------

    def receive(self, session: Session, data: bytes, now: Nanos) -> None:
        """Bytes from a client: handle what they complete. ``flush`` sends the answers."""
        if self.taps.counters.on:
            self.taps.counters.arrived(self.timing.stopwatch())
        self.pass_time(now)
        take = self.scheduler.keep if self.timing.frozen else self.scheduler.take
        take(session, data)

    def step(self, now: Nanos, *, on: bool = False) -> None:
        """Let time pass: fills, expiries, backlogs, quotes, repetitions, time-outs.

        ``on``: nothing but time has passed since the last step, so the instants that are known
        hold.
        """
        self.timing.move(now)
        if not on:
            self.schedule.changed()
        self.drills.step(now)
        others = not on
        if not self.timing.frozen:
            others |= self.link.advance(self.timing.now)
            others |= self.schedule.step(now)
        if others:
            self.schedule.changed()

    def pass_time(self, now: Nanos) -> None:
        """Bring the venue to ``now``, before anything that happens at ``now``."""
        self.timing.move(now)
        if not self.timing.frozen:
            self.link.advance(self.timing.now)

    def flush(self) -> None:
        """Commit the journal, then send everything that waits.

        Raises ``JournalError`` when it cannot be kept; then nothing may be sent: ``abandon``.
        """
        self.scheduler.rest()
        if self.timing.frozen:
            return
        self.figures.refresh()
        self.admission.tell_port()
        counters = self.taps.counters
        began = self.timing.stopwatch() if counters.on else 0
        stored = self.venue.commit()
        if counters.on:
            counters.committed(stored, self.timing.stopwatch() - began)
        if self.venue.busy:
            self.venue.tidy(self.timing.stopwatch)
        self.registry.flush()
        if counters.on:
            counters.written(self.timing.stopwatch())
        if self.taps.on:
            self.taps.flush()

    def abandon(self) -> None:
        """Close every session without another word: what waits for them was never kept."""
        self.registry.abandon()

    def next_due(self) -> Nanos | None:
        """When ``step`` has something to do next; None when only a client can bring it."""
        if self.timing.frozen:
            return self.drills.next_due()
        if self.venue.busy:
            return self.timing.now
        return self.schedule.next_due()

    def next_fixed(self) -> Nanos | None:
        """The next instant that must not be passed by; what is due before can be done then."""
        return self.schedule.next_fixed()

    @property
    def streaming(self) -> bool:
        """Whether a client follows market data that go on."""
        return any(alarm.due() is not None for alarm in self._streams)

    def leap(self, on: bool) -> None:
        """Say that time jumps from now on, or no more."""
        self.timing.leaping = on
        self.level1.channels.look_again()

    def _taped(self, _: Happened) -> None:
        """Quotes go on along what a world has written."""
        self.level1.channels.look_again()

    def act(self) -> None:
        """The user or the control API has done something: whatever is next may be another."""
        self.schedule.changed()

    # -- requests -----------------------------------------------------------------------------

    def handle(self, session: Session, message: Message) -> Iterator[None] | None:
        """Let the handler of a request answer it; see ``Handling``."""
        handler = HANDLERS.get(type(message))
        if handler is None:
            unserved.answer(session, message)
            return None
        if separator := self.config.settings.componentExchSeparator:
            message = separated(message, separator)
        return handler(self._services, session, message)

    def begin(self, session: Session, message: StartApi) -> Iterator[None] | None:
        """Start a session that was accepted; see ``Handling``."""
        return opening.begin(self._services, session, message)

    def data_flows(self) -> bool:
        """Whether history comes in at present; see ``Handling``."""
        return self.farms.flows(Farm.HISTORY)

    def greeting_time(self) -> str:
        """The time as the version answer has it; see ``Handling``."""
        name = self.drills.zone or self.settings.time_zone_name
        return connection_time(self.timing.now, self.settings.time_zone, name)

    def serve(self, session: Session, message: Message) -> None:
        """Handle a request that was kept from its handler."""
        self.scheduler.serve(session, message)

    def carry_out(self, command: AccountCommand | CorporateCommand) -> None:
        """Open or change an account; it is kept when this returns, and then told.

        Raises ``AccountRefused`` with what would be legal, also while the station does not hear
        of the venue; nothing has changed then. Raises ``JournalError`` when it cannot be kept.
        """
        if not self.link.up:
            raise AccountRefused(LINK_LOST)
        if self.timing.frozen:
            raise AccountRefused(HANGS)
        self.link.submit(command)
        self.venue.commit()

    # -- TWS goes away and comes back ---------------------------------------------------------

    def go_away(self, reason: str) -> None:
        """End TWS: every connection is closed, the port refuses, what was held is lost."""
        self.registry.away = True
        self.link.held.forget()
        self.registry.drop_all(reason)

    def come_back(self) -> None:
        """Start TWS again, with its link, and with its farms as they are at a start."""
        self.registry.away = False
        self.link.restore()
        self.farms.restart()

    @property
    def away(self) -> bool:
        """Whether TWS is not there: its port refuses connections."""
        return self.registry.away

    def restart_daily(self, down_ms: float) -> None:
        """The time of the daily restart has come."""
        self.drills.start("nightly-restart", down_ms=down_ms)

    def log_off(self) -> None:
        """The time of the daily logoff has come: the user must log in again."""
        self.go_away("daily logoff")
        self.logged_off = True
