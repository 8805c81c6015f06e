"""What a run told: every session, request, order, fill, error and fault in order of time.

Plain records: they go from one process to another, and into reports. Times count from the world's
beginning.
"""

from typing import Final

import msgspec

from ...venue.units import SECOND, Nanos

MOST_EVENTS: Final = 100_000
"""The first events of a run that are kept; how many came behind them is counted."""


class StormEvent(msgspec.Struct, frozen=True):
    """Something that happened."""

    time: Nanos
    kind: str
    """``connected``, ``ready``, ``left``, ``request``, ``order``, ``change``, ``reached``,
    ``fill``, ``ended``, ``error``, ``fault``, ``back``."""
    text: str = ""
    session: int = 0
    """The number of the session, from 1; 0: none."""
    symbol: str = ""
    code: int = 0
    """Of an error."""
    order: int = -1
    """The place in ``orders``; -1: about none."""
    size: float = 0.0
    """Of a fill, signed."""
    position: float = 0.0
    """What is held of the symbol after a fill, in all accounts."""
    price: float = 0.0


class StormOrder(msgspec.Struct):
    """An order that the program sent, and what became of it."""

    time: Nanos
    session: int
    client: int
    orderId: int
    side: str
    symbol: str
    orderType: str
    quantity: float
    ref: str
    parent: int
    """The orderId of its parent; 0: none."""
    ready: str = ""
    """Why the session was not ready for it; "" when it was."""
    dead: str = ""
    """Why its symbol had no live line, where the program had one; "" when it had."""
    reached: Nanos | None = None
    """When the broker got it."""
    filled: float = 0.0
    ended: Nanos | None = None
    """When it was cancelled, rejected or filled."""
    status: str = ""

    @property
    def alive(self) -> bool:
        """Whether it works at the broker."""
        return self.reached is not None and self.ended is None

    def alive_at(self, time: Nanos) -> bool:
        """Whether it worked, or had filled, at an instant."""
        if self.reached is None or self.reached > time:
            return False
        return self.ended is None or self.ended > time or self.filled > 0

    def __str__(self) -> str:
        ref = f" ref {self.ref}" if self.ref else ""
        return f"{self.side} {self.quantity:.12g} {self.symbol} {self.orderType}{ref}"


class LostLine(msgspec.Struct):
    """A subscription that ended without its program's doing."""

    time: Nanos
    name: str
    symbol: str
    why: str
    again: Nanos | None = None
    """When it was asked for again."""


class StormRecord(msgspec.Struct):
    """One run."""

    events: list[StormEvent] = []
    dropped: int = 0
    """Events that were not kept."""
    orders: list[StormOrder] = []
    lines: list[LostLine] = []
    lasted: Nanos = 0
    """How much market time went by."""
    sessions: int = 0
    """How many sessions became ready."""
    connected: bool = False
    """Whether one was open at the end."""
    left: Nanos | None = None
    """When the last one ended; None while one is open."""
    positions: dict[str, float] = {}
    """What is held at the end, by symbol."""
    working: list[str] = []
    """What works at the end."""
    failed: list[str] = []
    """Expectations of the base world that failed."""
    checked: list[tuple[Nanos, str, str]] = []
    """Checks of the user that did not hold: when, which, and what was found."""
    code: int | None = None
    """The program's exit code; None where it was still running and was ended."""
    problem: str = ""
    """What went wrong beside the world: the program did not connect, or did not end in time."""
    kind: str = ""
    """The same in a word, as ``MarketTimeRun`` has it; "" on the wall clock."""
    output: str = ""
    """The end of what the program wrote."""
    dropped_output: int = 0
    wall_s: float = 0.0
    """Seconds of the computer's clock."""

    def of(self, *kinds: str) -> list[StormEvent]:
        """The events of these kinds."""
        return [one for one in self.events if one.kind in kinds]


def shown_time(time: Nanos) -> str:
    """A moment as a world writes it, to the millisecond: ``+12.34s``."""
    return f"+{round(time / SECOND, 3):g}s"
