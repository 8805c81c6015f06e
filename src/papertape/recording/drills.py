"""The faults of a wire that a proxy makes: late, in pieces, slow, frozen, cut, reset, half-open.

Bytes go in with the time and come out when they are due; nothing here reads a socket or a clock.
A drill is written as for a station: ``reset placeOrder ms=20``, ``slow-drip 200 after=5``.
"""

import shlex
from functools import cache
from typing import Annotated, Any, ClassVar, Final, Literal

import msgspec

from ..errors import SettingsError
from ..wire.catalogue import REQUESTS, RESPONSES
from .format import Sender

SECOND: Final = 1_000_000_000
Directed = Literal["client", "server", "both"]
Amount = Annotated[float, msgspec.Meta(ge=0, le=86_400_000)]
Whole = Annotated[int, msgspec.Meta(ge=1, le=100_000_000)]


class WireDrill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault and when it begins.

    It begins ``after`` seconds from the opening of a connection; with ``kind``, when the ``n``-th
    message of that official name has passed since. ``connection`` 0: on every connection.
    """

    name: ClassVar[str] = ""
    order: ClassVar[tuple[str, ...]] = ()
    """Options that may stand without their names."""
    after: Amount = 0.0
    kind: str = ""
    n: Whole = 1
    connection: Annotated[int, msgspec.Meta(ge=0)] = 0

    def __post_init__(self) -> None:
        if self.kind:
            numbers_of(self.kind)


class ShapingDrill(WireDrill, frozen=True, kw_only=True):
    """A drill that changes when and in which pieces bytes arrive. ``seconds`` 0: until the end;
    ``sender``: whose bytes."""

    seconds: Amount = 0.0
    sender: Directed = "both"


class DelayBytes(ShapingDrill, frozen=True, kw_only=True):
    """Every byte arrives ``ms`` later."""

    name = "delay"
    order = ("ms",)
    ms: Amount = 200.0


class DripBytes(ShapingDrill, frozen=True, kw_only=True):
    """Bytes arrive slowly, frames in many pieces."""

    name = "slow-drip"
    order = ("bytes_per_second", "seconds")
    bytes_per_second: Annotated[int, msgspec.Meta(ge=10, le=100_000_000)] = 200


class SplitSegments(ShapingDrill, frozen=True, kw_only=True):
    """Bytes arrive in segments of so many ``bytes``."""

    name = "split"
    order = ("bytes",)
    bytes: Whole = 7


class MergeSegments(ShapingDrill, frozen=True, kw_only=True):
    """What is sent within ``ms`` arrives in one segment."""

    name = "merge"
    order = ("ms",)
    ms: Amount = 50.0


class FreezeBytes(WireDrill, frozen=True, kw_only=True):
    """For ``seconds`` nothing passes in either direction; then everything does, in order."""

    name = "freeze"
    order = ("seconds",)
    seconds: Amount = 10.0


class LoseBytes(WireDrill, frozen=True, kw_only=True):
    """Both sockets stay open and nothing passes any more, as behind a router that has forgotten
    the connection."""

    name = "half-open"


class ResetConnection(WireDrill, frozen=True, kw_only=True):
    """Both ends get a reset ``ms`` later. ``seen=false``: the message that triggers it does not
    pass."""

    name = "reset"
    order = ("kind", "n")
    ms: Amount = 0.0
    seen: bool = True


class CutFrame(WireDrill, frozen=True, kw_only=True):
    """The connection ends within a message: half of it passes, then FIN. Without ``kind`` the next
    message of the server."""

    name = "half-frame"
    order = ("kind",)


WIRE_DRILLS: Final[dict[str, type[WireDrill]]] = {
    drill.name: drill
    for drill in (
        CutFrame, DelayBytes, DripBytes, FreezeBytes, LoseBytes, MergeSegments, ResetConnection,
        SplitSegments,
    )
}  # fmt: skip


@cache
def numbers_of(kind: str) -> frozenset[tuple[Sender, int]]:
    """Who sends the messages of an official name, and their numbers.

    Raises ``SettingsError`` when there is none.
    """
    wanted = kind.lower()
    sides: tuple[tuple[Sender, Any], ...] = (("client", REQUESTS), ("server", RESPONSES))
    found = frozenset(
        (side, number)
        for side, table in sides
        for number, cls in table.items()
        if wanted in (cls.spec.callback.lower(), cls.spec.name.lower())
    )
    if not found:
        raise SettingsError(
            "is no message of the protocol",
            setting="kind",
            found=kind,
            advice="Name a request or a callback, such as placeOrder, reqMktData or openOrderEnd",
        )
    return found


def parse_drill(text: str) -> WireDrill:
    """A drill from its line: its name, then options ``name=value`` or in their order.

    Raises ``SettingsError`` for an unknown drill or a wrong option.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SettingsError(str(error), setting="drill", found=text) from error
    cls = WIRE_DRILLS.get(words[0]) if words else None
    if cls is None:
        known = ", ".join(sorted(WIRE_DRILLS))
        raise SettingsError(
            "is no drill of the proxy",
            setting="drill",
            found=text,
            advice=f"Choose one of: {known}",
        )
    places = list(cls.order)
    options: dict[str, Any] = {}
    for word in words[1:]:
        name, equals, value = word.removeprefix("--").partition("=")
        if not equals and not places:
            raise SettingsError(
                f"has no option {word!r}", setting="drill", found=text, advice=usage_of(cls)
            )
        options[name.replace("-", "_") if equals else places.pop(0)] = value if equals else word
    try:
        return msgspec.convert(options, cls, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(
            f"has an option that is not valid: {error}",
            setting="drill",
            found=text,
            advice=usage_of(cls),
        ) from error


def usage_of(cls: type[WireDrill]) -> str:
    """A drill's line with every option and its default."""
    fields = msgspec.structs.fields(cls)
    words = [f"[{field.name}={_default(field.default)}]" for field in fields]
    return "Usage: " + " ".join([cls.name, *words])


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return '""' if value == "" else f"{value:g}" if isinstance(value, float) else str(value)
