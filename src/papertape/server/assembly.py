"""Builds a station: market folder, journal, engine, clock."""

import logging
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgspec.structs import replace

from ..errors import JournalError, SettingsError
from ..store import history
from ..store.former_symbols import former_symbols
from ..store.journal import Journal
from ..store.market_folder import known_instruments
from ..venue.broker.accounts_refused import AccountRefused
from ..venue.broker.profile import Profile
from ..venue.engine import Engine
from ..venue.entries import OLDEST, SCHEMA
from ..venue.market.laid import WorldTape
from ..venue.market.prices import Calendars, Prices
from ..venue.market.recorded import Recording
from ..venue.market.tape import Market, open_market
from ..venue.reference.instruments import Instruments
from ..venue.reference.listings import CATALOGUE
from ..venue.reference.sessions import ALWAYS, EXCHANGE, WhenOpen
from ..venue.units import Nanos
from .clock import MarketClock, check_start, start_text
from .config import Config
from .market_settings import MarketSettings
from .own_contracts import OwnContracts
from .persistence import Keeper, MarketFacts
from .research.library import read_library
from .settings import StationSettings
from .station import Station
from .taps.message_log import MessageLog
from .taps.wire_log import WireLog

log = logging.getLogger("papertape.station")

JOURNAL = "journal.sqlite"
LOGS = "logs"


class Composed:
    """A station and the resources to close after it; a context manager."""

    def __init__(self, station: Station, clock: MarketClock, closing: ExitStack) -> None:
        self.station = station
        self.clock = clock
        self.recovered = 0
        """The number of journal entries that were replayed."""
        self._closing = closing

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the journal; further calls do nothing."""
        self._closing.close()


def compose(
    *,
    wall: Nanos,
    data_dir: Path | None,
    market: MarketSettings | None = None,
    profile: Profile | None = None,
    settings: StationSettings | None = None,
    wire_log: WireLog | None = None,
    api: Mapping[str, Any] | None = None,
    log_dir: Path | None = None,
    accept_clock: bool = False,
    accept_loss: bool = False,
    keep_history: bool = False,
    accounts_chosen: bool = True,
) -> Composed:
    """Build the station stored in ``data_dir``, or a new one; with None it stores nothing.

    ``api`` are settings of the API, which take precedence over stored changes.

    ``log_dir`` is the folder of the API message logs; None is ``logs`` in ``data_dir``.

    ``accept_clock`` accepts ``wall``, however far it is from the stored time; ``accept_loss``
    continues although some of the stored data is missing.

    ``keep_history`` keeps every journal entry, including those that no snapshot needs.

    Opens the accounts of the profile that do not exist yet; unless ``accounts_chosen`` they are
    defaults, which a journal that has accounts ignores.

    Raises ``MarketDataError``, ``JournalError`` or ``SettingsError`` with advice.
    """
    chosen = market or MarketSettings()
    with ExitStack() as undo:
        journal = None
        if data_dir is not None:
            path = data_dir / JOURNAL
            opened = Journal.open(
                path, schema_version=SCHEMA, oldest=OLDEST, accept_loss=accept_loss
            )
            journal = undo.enter_context(opened)
            if journal.lost:
                log.warning("%s %s; the station continues with the rest", path, journal.lost)
        keeper = Keeper(journal, keep_history=keep_history)
        facts = market_facts(keeper, chosen, wall)
        kept = facts.clock
        instruments = known_instruments(chosen.folder)
        if chosen.contracts or instruments is CATALOGUE:
            instruments = instruments.extended(chosen.contracts)  # this station's alone
        own = OwnContracts(instruments, keeper.contracts(), keeper.keep_contracts)
        below = open_tape(chosen.folder, facts, chosen.hours, instruments)
        tape = WorldTape(below, chosen.volatilities)
        former = former_symbols(chosen.folder, instruments)
        called = instruments.beginning_as(former) if former else instruments
        shaped = (settings or StationSettings()).shaped(profile or Profile())
        engine = Engine(tape, replace(shaped, hours=chosen.hours), called)
        recovered = keeper.recover(engine)
        last = max(kept.market, engine.clock)
        if chosen.start is not None:
            clock = MarketClock(wall, checked_start(chosen.start, last), chosen.speed)
        else:
            if warning := check_start(kept, last, wall, accepted=accept_clock):
                log.warning("%s", warning)
            clock = MarketClock(wall, max(kept.now(wall), last), chosen.speed)
        keeper.keep_market(replace(facts, clock=clock))
        engine.skip(clock.market)
        if accounts_chosen or engine.profile.advisor or not engine.state.accounts:
            _open_accounts(engine)
        keeper.commit(engine)
        gateway = settings is not None and settings.gateway
        defaults = settings.api_defaults if settings else "testing"
        config = Config(
            api, kept=keeper.config(), keep=keeper.keep_config, gateway=gateway, defaults=defaults
        )
        library = read_library(chosen.folder)
        station = Station(engine, tape, keeper, settings, wire_log, config, library)
        station.contracts = own
        own.watch = station.scanners.forget
        station.keep_clock = lambda clock: keeper.keep_market(replace(facts, clock=clock))
        if journal is not None:
            undo.callback(_finish, keeper, station)
        folder = log_dir or (data_dir / LOGS if data_dir else None)
        if folder is not None:
            message_log = MessageLog(
                folder, lambda: station.now, station.settings.time_zone,
                max_total=station.settings.max_log_mb << 20,
            )  # fmt: skip
            station.taps.keep(message_log)
            undo.callback(message_log.switch, False)
        composed = Composed(station, clock, undo.pop_all())
        composed.recovered = recovered
        return composed


def _finish(keeper: Keeper, station: Station) -> None:
    """Take a snapshot at a clean stop; when that fails the journal is enough."""
    try:
        keeper.finish(station.engine)
    except JournalError as error:
        log.error("the snapshot at the stop failed: %s", error)


def _open_accounts(engine: Engine) -> None:
    try:
        engine.open_accounts(engine.clock)
    except AccountRefused as refused:
        found = ",".join(engine.profile.accounts)
        raise SettingsError(str(refused), setting="account", found=found) from refused


def market_facts(keeper: Keeper, chosen: MarketSettings, wall: Nanos) -> MarketFacts:
    """Return the stored facts of the market, with its clock, or new ones."""
    begin = wall if chosen.start is None else chosen.start
    anchor = begin - chosen.minutes_played * 60 * 1_000_000_000
    fresh = MarketFacts(anchor, chosen.seed, MarketClock(wall, begin, chosen.speed))
    facts = keeper.market(fresh)
    if facts.seed != chosen.seed:
        log.warning("the stored market was made with seed %d, which stays", facts.seed)
    return facts


def checked_start(start: Nanos, last: Nanos) -> Nanos:
    """Return the given start, if market time has not passed it yet.

    Raises ``SettingsError`` when it has: what programs have received cannot be undone.
    """
    if start >= last:
        return start
    raise SettingsError(
        f"market time in this data directory is {start_text(last)} already",
        setting="start",
        found=start_text(start),
        advice="Leave out --start to go on from there, or choose another --data-dir or --ephemeral",
    )


def open_tape(
    folder: Path | None,
    facts: MarketFacts,
    hours: WhenOpen = ALWAYS,
    instruments: Instruments = CATALOGUE,
) -> Market:
    """Open the tape of a market folder, with synthetic tapes for everything else; none is made
    before somebody asks about its instrument. Raises ``MarketDataError`` for a damaged folder."""
    recordings: list[Recording] = []
    if folder:
        recordings += history.recordings(folder)
        history.check_files(folder)
    recorded = {recording.conId for recording in recordings}
    recordings += [r for r in history.built_in() if r.conId not in recorded]
    prices = Prices(instruments, recorded={recording.conId for recording in recordings})
    return open_market(
        facts.anchor,
        recordings=recordings,
        synthetic=prices,
        seed=facts.seed,
        calendars=Calendars(instruments, prices) if hours == EXCHANGE else {},
    )
