"""The port between the server and a venue.

The server uses a venue through ``Venue`` only: commands go in, facts come out, and a read model
that is folded from the facts answers queries. A remote venue would be another implementation.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from ..venue.archive import Archive
from ..venue.broker.orders import LiveOrder
from ..venue.broker.profile import Profile
from ..venue.commands import CancelApiOrder, Command, SubmitOrder
from ..venue.engine import Happened
from ..venue.entries import Entry
from ..venue.market.source import Quote
from ..venue.reference.instruments import Instruments, Refusal
from ..venue.reference.sessions import TradingHours
from ..venue.state import State
from ..venue.units import Nanos


class ReadModel(Protocol):
    """The state folded from the facts so far; read-only."""

    @property
    def profile(self) -> Profile:
        """The broker's constants: initial accounts, fees, names."""

    @property
    def instruments(self) -> Instruments:
        """Every contract."""

    @property
    def hours(self) -> TradingHours:
        """When each instrument trades."""

    @property
    def state(self) -> State:
        """The live state: working orders, accounts, ids."""

    @property
    def archive(self) -> Archive:
        """Today's finished orders and fills."""

    def find(self, client_id: int, order_id: int) -> LiveOrder | None:
        """Return an order of today by its client's id, including finished ones."""

    def refusal(self, command: SubmitOrder | CancelApiOrder) -> Refusal | None:
        """Return why the order id of a command cannot be used; None when it can."""

    def quote(self, con_id: int, now: Nanos) -> Quote:
        """Return the top of book at an instant; a size of 0 means no quote."""


class Venue(ReadModel, Protocol):
    """Exchange, broker and the API state of TWS: commands in, facts out."""

    def submit(self, command: Command, now: Nanos) -> list[Happened]:
        """Carry out a command; return its facts, and those of the time before it.

        Raises ``AccountRefused`` for an account command that is refused, and any internal failure
        after the venue has been restored to its state before the command.
        """

    @property
    def ordered(self) -> Nanos:
        """When a client sent its latest order; -1 before the first."""

    def preparing(self, now: Nanos) -> Iterator[None]:
        """Work out in steps what the check of an order in the next second will need; nothing
        depends on it but how long that check takes."""

    def advance(self, now: Nanos) -> list[Happened]:
        """Advance the time to ``now``; return the facts."""

    def next_due(self) -> Nanos | None:
        """When ``advance`` may next produce facts; None when nothing waits."""

    def extent(self) -> tuple[int, int]:
        """The bytes of the journal on disk, 0 without one, and the number of its newest entry."""

    def commit(self) -> int:
        """Store what has happened; return the number of entries. Raises ``JournalError``."""

    @property
    def busy(self) -> bool:
        """Whether ``tidy`` has work."""

    def tidy(self, stopwatch: Callable[[], Nanos]) -> None:
        """Continue background work, such as a snapshot, for a slice of time."""

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Iterate over the stored entries after one, oldest first; one entry per command."""
