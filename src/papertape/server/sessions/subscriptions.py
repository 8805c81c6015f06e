"""What a session follows, in one map: quote lines, queries, bars, account figures.

A subscription says which farm it lives on, what its client receives when it ends for a reason
other than its own cancellation, and how many places it takes among the limits of TWS.
"""

from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import Any, ClassVar, NamedTuple, TypeVar

from ...wire.message import Farm


class End(Enum):
    """Why a subscription ends or rests without its client's doing."""

    FARM_BROKE = auto()
    """Its farm is disconnected."""
    FARM_BACK = auto()
    """Its farm is connected again."""
    GIVEN_UP = auto()
    """Its farm has been disconnected for too long."""
    DATA_LOST = auto()
    """The broker's link returned without the data (1101)."""
    COMPETING = auto()
    """Another login of the same user takes the data."""


class Told(NamedTuple):
    """The error that tells a client what happened to its subscription."""

    code: int
    variant: str | None = None
    facts: Mapping[str, Any] = {}
    ends: bool = True
    """The subscription is over; else it only rests."""


class Subscription:
    """Something that a session follows under an id until it is cancelled or ends."""

    __slots__ = ("request_id",)

    farm: ClassVar[Farm | None] = None
    """The farm that brings its data."""
    events: ClassVar[Mapping[End, Told | None]] = {}
    """What an event means for it: an error, or None for an end without a word. Events that are
    not named do nothing to it."""

    def __init__(self, request_id: int) -> None:
        self.request_id = request_id


HISTORY_GONE = "HMDS server disconnect occurred."


class Query(Subscription):
    """A history query under way, worked out a part at a time."""

    __slots__ = ("work",)

    farm = Farm.HISTORY
    events = {
        End.FARM_BROKE: Told(165, "disconnected", ends=False),
        End.FARM_BACK: Told(165, "connected", ends=False),
        End.GIVEN_UP: Told(162, facts={"cause": HISTORY_GONE}),
        End.DATA_LOST: Told(162, facts={"cause": HISTORY_GONE}),
    }

    def __init__(self, request_id: int, work: Iterator[None]) -> None:
        super().__init__(request_id)
        self.work = work
        """Each step works out a part of it; the last one sends the answer."""


S = TypeVar("S", bound=Subscription)


class Subscriptions:
    """The subscriptions of one session, by kind and id."""

    def __init__(self) -> None:
        self._kinds: dict[type[Subscription], dict[int, Any]] = {}

    def of(self, kind: type[S]) -> dict[int, S]:
        """Those of one kind: id -> subscription, in the order in which they began."""
        found: dict[int, S] | None = self._kinds.get(kind)
        if found is None:
            found = self._kinds[kind] = {}
        return found

    def add(self, one: Subscription) -> None:
        """Begin one; another one of its kind with this id is replaced."""
        self.of(type(one))[one.request_id] = one

    def remove(self, kind: type[S], request_id: int) -> S | None:
        """End one; None when there is none."""
        return self.of(kind).pop(request_id, None)

    def has(self, one: Subscription) -> bool:
        """Whether it has not ended."""
        return self.of(type(one)).get(one.request_id) is one

    def __iter__(self) -> Iterator[Subscription]:
        for found in self._kinds.values():
            yield from found.values()

    def lives_on(self, farm: Farm) -> bool:
        """Whether any of them needs this farm."""
        return any(kind.farm is farm and found for kind, found in self._kinds.items())

    def happen(self, end: End, farm: Farm | None = None) -> list[tuple[int, Told]]:
        """Let an event end or rest those that it concerns, of one farm or of all.

        Gives what their client must receive: ids and errors, in the order of the ids.
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
        return messages

    def clear(self) -> None:
        """End all of them."""
        self._kinds.clear()
