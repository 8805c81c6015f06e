"""The venue in this process: an engine and its journal behind the port."""

import logging
from collections.abc import Callable, Iterator

from ..errors import JournalError
from ..venue.archive import Archive
from ..venue.broker.accounts_refused import AccountRefused
from ..venue.broker.profile import Profile
from ..venue.commands import Command, SubmitOrder
from ..venue.engine import Engine, Happened
from ..venue.entries import Entry
from ..venue.market.port import MarketSource
from ..venue.reference.instruments import Instruments
from ..venue.reference.sessions import TradingHours
from ..venue.script import ScriptRefused
from ..venue.state import State
from ..venue.units import Nanos
from .persistence import Keeper

log = logging.getLogger("papertape.station")


class EmbeddedVenue:
    """An engine in this process, and its journal."""

    def __init__(self, engine: Engine, keeper: Keeper, market: MarketSource) -> None:
        self._keeper = keeper
        self._market = market
        self.ordered: Nanos = -1
        """See ``Venue``."""
        self._take(engine)

    def _take(self, engine: Engine) -> None:
        """Take an engine; bind once the methods that are only passed on."""
        self.engine = engine
        self.profile: Profile = engine.profile
        self.instruments: Instruments = engine.instruments
        self.hours: TradingHours = engine.hours
        self.state: State = engine.state
        self.archive: Archive = engine.archive
        self.find = engine.find
        self.refusal = engine.refusal
        self.quote = engine.quote
        self.advance = engine.advance
        self.next_due = engine.next_due

    def preparing(self, now: Nanos) -> Iterator[None]:
        """See ``Venue``."""
        return self.engine.preparing(now)

    def submit(self, command: Command, now: Nanos) -> list[Happened]:
        """See ``Venue``. Raises ``JournalError`` when a failed command cannot be undone."""
        if type(command) is SubmitOrder:
            self.ordered = now
        try:
            return self.engine.submit(command, now)
        except (AccountRefused, ScriptRefused):
            raise
        except Exception:
            self._rebuild()
            raise

    def extent(self) -> tuple[int, int]:
        """See ``Venue``."""
        return self._keeper.extent()

    def commit(self) -> int:
        """See ``Venue``."""
        return self._keeper.commit(self.engine)

    @property
    def busy(self) -> bool:
        """See ``Venue``."""
        return self._keeper.busy

    def tidy(self, stopwatch: Callable[[], Nanos]) -> None:
        """See ``Venue``."""
        self._keeper.step(stopwatch)

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """See ``Venue``."""
        return self._keeper.entries(after)

    def _rebuild(self) -> None:
        """Rebuild the engine from the journal, without the command that failed."""
        broken = self.engine
        try:
            self._keeper.commit(broken)
            engine = Engine(self._market, broken.profile, broken.instruments)
            entries = self._keeper.recover(engine)
        except Exception as error:
            raise JournalError("the venue failed and cannot be rebuilt from its journal") from error
        engine.skip(broken.clock)
        self._take(engine)
        log.error("the venue failed and was rebuilt from %d entries of the journal", entries)
