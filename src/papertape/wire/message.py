"""Declaring a message: number, direction, formats, layout, callback, in one place.

A message is a msgspec struct whose fields stand in the order of the protobuf schema (that is
their numbering there) and carry the official names. The decorator keeps everything else that
the protocol says of it in a ``Spec``, from which the codecs, the refusals, the reference pages
and the callbacks are derived.
"""

from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, TypeVar

import msgspec

from .layout import (
    ALWAYS,
    Each,
    Field,
    Gate,
    Item,
    Optional,
    Part,
    Step,
    Switch,
    When,
    steps,
)


class Message(msgspec.Struct):
    """Base of all messages of the protocol."""

    spec: ClassVar["Spec"]


class VersionRefusal(msgspec.Struct, frozen=True):
    """A client refuses to send this to a server below ``below``: error 503 with ``feature``."""

    below: int
    path: str
    feature: str
    anonymous: bool = False
    """Reported with id -1 instead of the request's id."""
    values: tuple[Any, ...] = ()
    """The values that need the feature; () for all but the harmless ones."""
    harmless: tuple[Any, ...] = ()
    """Values that pass besides the default."""
    gone: int = ALWAYS
    """First server version that no longer knows the feature: error 585."""


def too_old(below: int, path: str, value: object, feature: str) -> VersionRefusal:
    """A value that servers below this version do not know (503)."""
    return VersionRefusal(below, path, feature, values=(value,))


def gone(
    number: int, path: str, value: object, feature: str, *, anonymous: bool = False
) -> VersionRefusal:
    """A value that servers from this version on no longer know (585)."""
    return VersionRefusal(0, path, feature, anonymous, values=(value,), gone=number)


class Farm(StrEnum):
    """The kind of data farm behind TWS that a request needs."""

    MARKET = "market data"
    HISTORY = "history"
    DEFINITION = "security definition"


class Spec(msgspec.Struct, frozen=True):
    """What the protocol says of one message, and what TWS does with every message of its kind."""

    name: str
    id: int
    request: bool
    """Client to server, else server to client."""
    layout: tuple[Step, ...] | None
    """Text form after the message id; None when there is only protobuf."""
    protobuf: int
    """First server version at which it travels as protobuf; ``ALWAYS`` for never."""
    proto_name: str
    proto: Mapping[str, str]
    """Fields whose protobuf type or name differs: see ``proto.py``."""
    proto_gates: Mapping[str, int]
    """Protobuf fields that older servers lack (paths from the message)."""
    since: int
    """Lowest server version that knows the message."""
    until: int
    callback: str
    """Official name of the method that sends it or of the callback that reports it."""
    id_field: str
    """The field that a request's errors are about; "" for none (id -1)."""
    blames_id: bool = False
    """The refusal of the whole request is reported with its id, not with -1."""
    escaped: int = ALWAYS
    """First server version at which every text of the message is escaped as ``\\uXXXX``."""
    refuse: tuple[VersionRefusal, ...] = ()
    """Refusals of single values, besides those of the gates."""
    proto_untold: frozenset[str] = frozenset()
    """Protobuf fields of a reply that are absent where they are zero or empty, while other
    numbers are sent as 0 (paths from the message)."""
    farm: Farm | None = None
    """The farm that must be connected before the request is served."""
    trading: bool = False
    """A read-only API refuses the request with 321."""
    urgent: bool = False
    """The request is served before other clients' requests that came earlier."""
    momentary: bool = False
    """The answer is known at once, and nothing begins or ends with the request."""
    lasting: bool = False
    """No order, and yet what it does stays when its connection is gone: it is done then too."""
    cancels: type[Message] | None = None
    """The request that this one ends."""
    secret: bool = False
    """The contents prove an identity: no log and no page shows them."""
    market_data: bool = False
    """A reply that comes in masses; the API message log leaves it out by default."""
    spare: int = 0
    """Texts at the end of a request that may be missing: they are empty then."""

    @property
    def refusals(self) -> tuple[VersionRefusal, ...]:
        """What a client refuses to send, in the order of the versions that brought it."""
        return _refusals(self)


def id_of(message: Message) -> int:
    """The id that errors about a message carry; -1 when it has none."""
    name = type(message).spec.id_field
    return getattr(message, name) if name else -1


M = TypeVar("M", bound=type[Message])

REQUESTS: dict[int, type[Message]] = {}
RESPONSES: dict[int, type[Message]] = {}


def _declare(
    number: int,
    request: bool,
    *,
    layout: tuple[Item, ...] | None = (),
    flat: bool = True,
    protobuf: int = ALWAYS,
    proto_name: str = "",
    proto: Mapping[str, str] | None = None,
    proto_gates: Mapping[str, int] | None = None,
    proto_untold: Collection[str] = (),
    since: int = 0,
    until: int = ALWAYS,
    callback: str = "",
    id_field: str | None = None,
    blames_id: bool = False,
    escaped: int = ALWAYS,
    refuse: tuple[VersionRefusal, ...] = (),
    farm: Farm | None = None,
    trading: bool = False,
    urgent: bool = False,
    momentary: bool = False,
    lasting: bool = False,
    cancels: type[Message] | None = None,
    secret: bool = False,
    market_data: bool = False,
    spare: int = 0,
) -> Callable[[M], M]:
    def decorate(cls: M) -> M:
        text = None if layout is None else steps(layout)
        names = cls.__struct_fields__
        # Only replies tell the last trade date.
        silent = {"contract.lastTradeDate": ALWAYS} if request and "contract" in names else {}
        if text is not None and flat:
            text += tuple(Field(name) for name in names)
        ids = (name for name in ("reqId", "orderId", "id") if name in names)
        about = next(ids, "") if id_field is None else id_field
        cls.spec = Spec(
            cls.__name__, number, request, text, protobuf, proto_name or cls.__name__,
            proto or {}, silent | dict(proto_gates or {}), since, until, callback, about,
            blames_id, escaped, refuse, frozenset(proto_untold), farm, trading, urgent,
            momentary, lasting, cancels, secret, market_data, spare,
        )  # fmt: skip
        table = REQUESTS if request else RESPONSES
        if number in table:
            raise TypeError(f"{cls.__name__}: id {number} is {table[number].__name__}")
        table[number] = cls
        return cls

    return decorate


R = TypeVar("R")


def new(record: type[R]) -> R:
    """A field whose default is a fresh record."""
    made: R = msgspec.field(default_factory=record)
    return made


def request(number: int, *layout: Item, **facts: Any) -> Callable[[M], M]:
    """Declare a client-to-server message; without a layout the fields follow each other."""
    return _with_layout(number, True, layout, facts)


def response(number: int, *layout: Item, **facts: Any) -> Callable[[M], M]:
    """Declare a server-to-client message; without a layout the fields follow each other."""
    return _with_layout(number, False, layout, facts)


def _with_layout(
    number: int, is_request: bool, layout: tuple[Item, ...], facts: dict[str, Any]
) -> Callable[[M], M]:
    if facts.pop("protobuf_only", False):
        return _declare(number, is_request, layout=None, **facts)
    flat = not any(isinstance(item, str | Field | Gate | When | Each | Optional | Part | Switch)
                   for item in layout)  # fmt: skip
    return _declare(number, is_request, layout=layout, flat=flat, **facts)


def _refusals(spec: Spec) -> tuple[VersionRefusal, ...]:
    found: list[VersionRefusal] = []

    def walk(items: tuple[Step, ...]) -> None:
        for item in items:
            if isinstance(item, Gate):
                if item.refuse:
                    anonymous = item.refuse.startswith("!")
                    feature = item.refuse.lstrip("!")
                    found.extend(
                        VersionRefusal(item.since, step.path, feature, anonymous, (), item.harmless)
                        for step in _plain(item.steps)
                    )
                walk(item.steps)
            elif isinstance(item, When | Each | Optional | Part):
                walk(item.steps)

    walk(spec.layout or ())
    found += spec.refuse
    return tuple(sorted(found, key=lambda refusal: refusal.below))


def _plain(items: tuple[Step, ...]) -> list[Field]:
    """Every field below these steps that has a path from the message."""
    found: list[Field] = []
    for item in items:
        if isinstance(item, Field):
            found.append(item)
        elif isinstance(item, When | Gate):
            found += _plain(item.steps)
        elif isinstance(item, Each):
            found.append(Field(item.path))
    return found


@cache
def hints(record: type[Any]) -> dict[str, Any]:
    """The annotations of a record, in declaration order."""
    own: dict[str, Any] = record.__annotations__
    return {name: own[name] for name in record.__struct_fields__}
