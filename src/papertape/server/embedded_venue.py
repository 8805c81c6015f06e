"""The venue that runs in this process: an engine and its journal behind the port."""

import logging
from collections.abc import Callable, Iterator

from ..errors import JournalError
from ..venue.archive import Archive
from ..venue.broker.account_manager import AccountRefused
from ..venue.broker.orders import LiveOrder
from ..venue.broker.profile import Profile
from ..venue.commands import CancelOrder, Command, SubmitOrder
from ..venue.engine import Engine, Happened
from ..venue.entries import Entry
from ..venue.market.source import MarketSource, Quote
from ..venue.reference.instruments import Instruments, Refusal
from ..venue.reference.sessions import TradingHours
from ..venue.state import State
from ..venue.units import Nanos
from .persistence import Keeper

log = logging.getLogger("papertape.station")


class EmbeddedVenue:
    """An engine in this process, and its journal."""

    def __init__(self, engine: Engine, keeper: Keeper, market: MarketSource) -> None:
        self.engine = engine
        self._keeper = keeper
        self._market = market

    @property
    def profile(self) -> Profile:
        """See ``ReadModel``."""
        return self.engine.profile

    @property
    def instruments(self) -> Instruments:
        """See ``ReadModel``."""
        return self.engine.instruments

    @property
    def hours(self) -> TradingHours:
        """See ``ReadModel``."""
        return self.engine.hours

    @property
    def state(self) -> State:
        """See ``ReadModel``."""
        return self.engine.state

    @property
    def archive(self) -> Archive:
        """See ``ReadModel``."""
        return self.engine.archive

    def find(self, client_id: int, order_id: int) -> LiveOrder | None:
        """See ``ReadModel``."""
        return self.engine.find(client_id, order_id)

    def refusal(self, command: SubmitOrder | CancelOrder) -> Refusal | None:
        """See ``ReadModel``."""
        return self.engine.refusal(command)

    def quote(self, con_id: int, now: Nanos) -> Quote:
        """See ``ReadModel``."""
        return self.engine.quote(con_id, now)

    @property
    def clock(self) -> Nanos:
        """See ``Venue``."""
        return self.engine.clock

    def submit(self, command: Command, now: Nanos) -> list[Happened]:
        """See ``Venue``. Raises ``JournalError`` when a failed command cannot be undone."""
        try:
            return self.engine.submit(command, now)
        except AccountRefused:
            raise
        except Exception:
            self._rebuild()
            raise

    def advance(self, now: Nanos) -> list[Happened]:
        """See ``Venue``."""
        return self.engine.advance(now)

    def next_due(self) -> Nanos | None:
        """See ``Venue``."""
        return self.engine.next_due()

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
        """Start the engine again from the journal: a command that failed half way left no trace."""
        broken = self.engine
        try:
            self._keeper.commit(broken)
            engine = Engine(self._market, broken.profile, broken.instruments)
            entries = self._keeper.recover(engine)
        except Exception as error:
            raise JournalError("the venue failed and cannot be rebuilt from its journal") from error
        engine.skip(broken.clock)
        self.engine = engine
        log.error("the venue failed and was rebuilt from %d entries of the journal", entries)
