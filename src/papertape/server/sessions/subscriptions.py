"""The subscriptions of a session in one map: quote lines, queries, bars, account values.

A subscription names its farm, the error that its client receives when it ends other than by
cancellation, and the places it occupies in the limits of TWS.
"""

from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import Any, ClassVar, Final, NamedTuple, TypeVar

from ...wire.message import Farm, Message


class End(Enum):
    """Why a subscription ends or pauses other than by its client."""

    FARM_BROKE = auto()
    """Its farm is disconnected."""
    FARM_BACK = auto()
    """Its farm is connected again."""
    GIVEN_UP = auto()
    """Its farm has been disconnected for too long."""
    DATA_LOST = auto()
    """The broker link returned without the data (1101)."""
    COMPETING = auto()
    """Another login of the same user takes the market data."""


class Told(NamedTuple):
    """The error that tells a client what happened to its subscription."""

    code: int
    variant: str | None = None
    facts: Mapping[str, Any] = {}
    ends: bool = True
    """Whether the subscription ends; else it only pauses."""


class Subscription:
    """A subscription under an id, until it is cancelled or ends."""

    __slots__ = ("request_id",)

    farm: ClassVar[Farm | None] = None
    """The farm of its data."""
    events: ClassVar[Mapping[End, Told | None]] = {}
    """Event -> its error, or None for an end without a message. Other events have no effect."""

    def __init__(self, request_id: int) -> None:
        self.request_id = request_id

    def renew(self) -> None:
        """Forget what its client knows: an event that it goes on after has reset that."""


HISTORY_GONE = "HMDS server disconnect occurred."
_NO_HISTORY = Told(162, facts={"cause": HISTORY_GONE})
HISTORY_EVENTS: Final[Mapping[End, Told]] = {
    End.FARM_BROKE: Told(165, "disconnected", ends=False),
    End.FARM_BACK: Told(165, "connected", ends=False),
    End.GIVEN_UP: _NO_HISTORY,
    End.DATA_LOST: _NO_HISTORY,
}
"""What becomes of a question to the history farm."""


class Query(Subscription):
    """A pending question to the history farm, computed a part at a time."""

    __slots__ = ("asked", "work")

    farm = Farm.HISTORY
    events = HISTORY_EVENTS

    def __init__(self, request_id: int, asked: type[Message], work: Iterator[None]) -> None:
        super().__init__(request_id)
        self.asked = asked
        """The kind of its request: the cancellation of another kind does not end it."""
        self.work = work
        """Each step computes a part; the last one sends the answer."""


S = TypeVar("S", bound=Subscription)


class Subscriptions:
    """The subscriptions of one session, by kind and id."""

    def __init__(self) -> None:
        self._kinds: dict[type[Subscription], dict[int, Any]] = {}

    def of(self, kind: type[S]) -> dict[int, S]:
        """Return those of one kind: id -> subscription, in order of their beginning."""
        found: dict[int, S] | None = self._kinds.get(kind)
        if found is None:
            found = self._kinds[kind] = {}
        return found

    def add(self, one: Subscription) -> None:
        """Add a subscription; it replaces one of its kind with this id."""
        self.of(type(one))[one.request_id] = one

    def remove(self, kind: type[S], request_id: int) -> S | None:
        """Remove and return a subscription; None when there is none."""
        return self.of(kind).pop(request_id, None)

    def has(self, one: Subscription) -> bool:
        """Return whether a subscription has not ended."""
        return self.of(type(one)).get(one.request_id) is one

    def counts(self) -> dict[str, int]:
        """How many there are of each kind, by its name."""
        return {kind.__name__: len(found) for kind, found in self._kinds.items() if found}

    def __iter__(self) -> Iterator[Subscription]:
        for found in self._kinds.values():
            yield from found.values()

    def lives_on(self, farm: Farm) -> bool:
        """Return whether any subscription uses this farm."""
        return any(kind.farm is farm and found for kind, found in self._kinds.items())

    def happen(self, end: End, farm: Farm | None = None) -> list[tuple[int, Told]]:
        """End or pause the subscriptions that an event concerns, of one farm or of all.

        Returns what the client must receive: ids and errors, in the order of the ids.
        """
        messages: list[tuple[int, Told]] = []
        for kind, found in self._kinds.items():
            if end not in kind.events or farm not in (None, kind.farm):
                continue
            told = kind.events[end]
            if told is not None:
                messages += [(request_id, told) for request_id in sorted(found)]
            if told is None or told.ends:
                found.clear()
            else:
                for one in found.values():
                    one.renew()
        return messages

    def clear(self) -> None:
        """End all subscriptions."""
        self._kinds.clear()
