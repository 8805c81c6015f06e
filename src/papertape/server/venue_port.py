"""The port between the server and a venue.

Everything above asks a venue through ``Venue`` only: commands go in, facts come out, and a read
model that is folded from the facts answers questions. A venue elsewhere would be another
implementation of it.
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
    """What the facts so far amount to; for reading only."""

    @property
    def profile(self) -> Profile:
        """The broker's fixed facts: accounts to begin with, fees, names."""

    @property
    def instruments(self) -> Instruments:
        """Every contract."""

    @property
    def hours(self) -> TradingHours:
        """When each instrument trades."""

    @property
    def clock(self) -> Nanos:
        """The instant of the latest command or advance."""

    @property
    def state(self) -> State:
        """What lives: working orders, accounts, ids."""

    @property
    def archive(self) -> Archive:
        """Today's finished orders and fills."""

    def find(self, client_id: int, order_id: int) -> LiveOrder | None:
        """An order of today by its client's id, finished ones included."""

    def refusal(self, command: SubmitOrder | CancelApiOrder) -> Refusal | None:
        """Why the order id of a command cannot be used; None when it can."""

    def quote(self, con_id: int, now: Nanos) -> Quote:
        """The top of book at an instant; sizes of 0 where there is none."""


class Venue(ReadModel, Protocol):
    """Exchange, broker and what TWS remembers: commands in, facts out."""

    def submit(self, command: Command, now: Nanos) -> list[Happened]:
        """Carry out a command; what came of it, and of the time that passed before it.

        Raises ``AccountRefused`` for an account command that cannot be carried out, and whatever
        failed inside, after the venue is as it was before the command.
        """

    def advance(self, now: Nanos) -> list[Happened]:
        """Let time pass."""

    def next_due(self) -> Nanos | None:
        """When ``advance`` could next bring something; None when nothing waits."""

    def commit(self) -> int:
        """Keep what has happened; the number of entries. Raises ``JournalError``."""

    @property
    def busy(self) -> bool:
        """Whether ``tidy`` has something to do."""

    def tidy(self, stopwatch: Callable[[], Nanos]) -> None:
        """Go on, for a slice of time, with what it does beside commands, such as a snapshot."""

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """The facts that are kept after an entry, oldest first, each command's as one entry."""
