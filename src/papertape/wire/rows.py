"""Frames of one kind of message that differ in a few values: a row of values becomes its bytes.

Millions of ticks differ from each other in a time, a price and a size. ``RowTemplate`` encodes a
message once with marks in those places, by the same encoder as any other message, looks where the
marks came out, and from then on puts values there: no record, no encoder, no runtime. What a value
looks like is kept, because prices and sizes recur. Before it is used it must give what the encoder
gives for other values; where it does not, ``ValueError`` says so.

Values must be set, and greater than 0 where they are numbers: only then are they written as the
marks were.
"""

from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from functools import cache
from struct import Struct
from typing import Any, Final, Literal

from ..model import HistoricalTickLast, TickAttribLast
from .catalogue.market import TickPrice, TickSize, TickString
from .catalogue.ticks import TickByTickData
from .codecs import write_decimal, write_number
from .codegen import compiled
from .message import Message
from .split_frames import split_frame, varint

Kind = Literal["int", "float", "size", "text"]
"""What a value is: a number, a price, a ``Decimal`` as ``str`` writes it, as equal ones may be
written differently, or a text."""
Make = Callable[..., Message]
"""Makes the message of a row of values, with any request id."""

MARKS: Final[dict[str, tuple[Any, ...]]] = {
    "int": (1_234_567_891, 1_234_567_893, 1_234_567_897),
    "float": (98_765.25, 98_767.25, 98_769.25),
    "size": ("7654321", "7654323", "7654327"),
    "text": ("mark-1-mark", "mark-2-mark", "mark-3-mark"),
}
OTHERS: Final[dict[str, Any]] = {"int": 17, "float": 0.5, "size": "12.5", "text": "1"}
"""Values to try a template with."""
MOST_KEPT: Final = 20_000
"""Encoded values that a template keeps of each place."""
_DOUBLE: Final = Struct("<d").pack
_WIDTH: Final = 4
"""Bytes of a frame's length."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

_TEXTS: Final[dict[str, Callable[[Any], bytes]]] = {
    "int": lambda value: b"%d\0" % value,
    "float": lambda value: write_number(value).encode() + b"\0",
    "size": lambda value: write_decimal(Decimal(value)).encode() + b"\0",
    "text": lambda value: str(value).encode() + b"\0",
}


def _counted(data: bytes) -> bytes:
    return varint(len(data)) + data


_PROTOS: Final[dict[str, Callable[[Any], bytes]]] = {
    "int": varint,
    "float": _DOUBLE,
    "size": lambda value: _counted(write_decimal(Decimal(value)).encode()),
    "text": lambda value: _counted(str(value).encode()),
}


_LENGTHS: Final = [bytes((number,)) for number in range(0x80)]


def _length(number: int) -> bytes:
    return _LENGTHS[number] if number < len(_LENGTHS) else varint(number)


class _Kept(dict[Any, bytes]):
    """Values as they are written, each worked out once."""

    def __init__(self, form: Callable[[Any], bytes]) -> None:
        super().__init__()
        self._form = form

    def __missing__(self, value: Any) -> bytes:
        if len(self) >= MOST_KEPT:
            self.clear()
        found = self[value] = self._form(value)
        return found


class _Place:
    """Where a value goes, by its number in the row."""

    def __init__(self, number: int) -> None:
        self.number = number


class _Inner(list["bytes | _Place | _Inner"]):
    """A record inside, whose length goes in front."""


class RowTemplate:
    """Encodes rows of one kind of message at one version; see the module."""

    def __init__(self, make: Make, kinds: Sequence[Kind], version: int) -> None:
        """Raises ``ValueError`` when the encoder does not write each value in a place of its own,
        ``LocalProtocolError`` when it cannot write the message."""
        self._kinds = tuple(kinds)
        seen: dict[str, int] = {}
        marks = []
        for kind in kinds:
            marks.append(MARKS[kind][seen.get(kind, 0)])
            seen[kind] = seen.get(kind, 0) + 1
        self.protobuf, self.head, tail = split_frame(make(*marks), version)
        """Whether it is protobuf, and the bytes before the request id."""
        forms = _PROTOS if self.protobuf else _TEXTS
        self._forms = [forms[kind] for kind in kinds]
        marked = [form(mark) for form, mark in zip(self._forms, marks)]
        found = _of_record(tail, marked) if self.protobuf else _of_text(tail, marked)
        if sorted(_places(found)) != list(range(len(kinds))):
            raise ValueError(f"{type(make(*marks)).__name__}: a value has no place of its own")
        name = f"row_{type(make(*marks)).__name__}_{version}"
        self.joined: Callable[..., bytes] = _joiner(name, found, len(kinds))
        """Returns what stands after the request id for encoded values, an argument each."""
        self.kept = [_Kept(form) for form in self._forms]
        """How values are written, by place and value."""
        others = [OTHERS[kind] for kind in kinds]
        if self.tail(*others) != split_frame(make(*others), version)[2]:
            raise ValueError(f"{type(make(*others)).__name__}: rows are not written alike")

    def tail(self, *values: Any) -> bytes:
        """What stands after the request id for a row of values."""
        return self.joined(*(form(value) for form, value in zip(self._forms, values)))


Split = tuple[bool, bytes, bytes]
"""Whether a frame is protobuf, and the bytes before and after its request id."""


class RowWriter:
    """Splits the messages that streams consist of, at one version, by templates."""

    def __init__(self, version: int) -> None:
        self._version = version
        self._templates: dict[tuple[Hashable, ...], RowTemplate] = {}
        self._kinds: dict[type[Message], Callable[[Any], Split | None]] = {
            TickPrice: self._price,
            TickSize: self._size,
            TickString: self._text,
            TickByTickData: self._last,
        }

    def split(self, message: Message) -> Split:
        """The parts of a message, as ``split_frame`` gives them."""
        row = self._kinds.get(type(message))
        found = None if row is None else row(message)
        return split_frame(message, self._version) if found is None else found

    def price(self, kind: int, mask: int) -> RowTemplate:
        """The template of a tick of a price: price and size."""
        key = TickPrice, kind, mask
        return self._templates.get(key) or self._template(
            key, lambda p, s: TickPrice(0, kind, p, Decimal(s), mask), ("float", "size")
        )

    def size(self, kind: int) -> RowTemplate:
        """The template of a tick of a size."""
        key = TickSize, kind
        return self._templates.get(key) or self._template(
            key, lambda s: TickSize(0, kind, Decimal(s)), ("size",)
        )

    def text(self, kind: int) -> RowTemplate:
        """The template of a tick of digits."""
        key = TickString, kind
        return self._templates.get(key) or self._template(
            key, lambda v: TickString(0, kind, v), ("text",)
        )

    def last(self, number: int, exchange: str, conditions: str = "") -> RowTemplate:
        """The template of a single trade: time, price and size."""
        key = TickByTickData, number, exchange, conditions
        found = self._templates.get(key)
        if found is not None:
            return found

        def make(time: int, price: float, size: str) -> Message:
            one = HistoricalTickLast(
                time, TickAttribLast(), price, Decimal(size), exchange, conditions
            )
            return TickByTickData(0, number, one)

        return self._template(key, make, ("int", "float", "size"))

    def _template(
        self, key: tuple[Hashable, ...], make: Make, kinds: Sequence[Kind]
    ) -> RowTemplate:
        if len(self._templates) >= MOST_TEMPLATES:
            self._templates.clear()
        found = self._templates[key] = RowTemplate(make, kinds, self._version)
        return found

    def _price(self, tick: TickPrice) -> Split | None:
        price, size = tick.price, tick.size
        if size is None or type(price) is not float or not price > 0:
            return None
        key = TickPrice, tick.tickType, tick.attrMask
        template = self._templates.get(key)
        if template is None:
            template = self.price(tick.tickType, tick.attrMask)
        prices, sizes = template.kept
        return template.protobuf, template.head, template.joined(prices[price], sizes[str(size)])

    def _size(self, tick: TickSize) -> Split | None:
        if tick.size is None:
            return None
        key = TickSize, tick.tickType
        template = self._templates.get(key)
        if template is None:
            template = self.size(tick.tickType)
        return template.protobuf, template.head, template.joined(template.kept[0][str(tick.size)])

    def _text(self, tick: TickString) -> Split | None:
        if not (tick.value.isdigit() and tick.value.isascii()):
            return None
        key = TickString, tick.tickType
        template = self._templates.get(key)
        if template is None:
            template = self.text(tick.tickType)
        return template.protobuf, template.head, template.joined(template.kept[0][tick.value])

    def _last(self, tick: TickByTickData) -> Split | None:
        last = tick.historicalTickLast
        if last is None or last.size is None or type(last.price) is not float:
            return None
        if not last.price > 0 or last.tickAttribLast != PLAIN:
            return None
        key = TickByTickData, tick.tickType, last.exchange, last.specialConditions
        template = self._templates.get(key)
        if template is None:
            template = self.last(tick.tickType, last.exchange, last.specialConditions)
        times, prices, sizes = template.kept
        return (
            template.protobuf,
            template.head,
            template.joined(times[last.time], prices[last.price], sizes[str(last.size)]),
        )


PLAIN: Final = TickAttribLast()
MOST_TEMPLATES: Final = 4096


@cache
def row_writer(version: int) -> RowWriter:
    """The writer of rows of a version."""
    return RowWriter(version)


def _joiner(name: str, parts: Sequence[Any], places: int) -> Callable[..., bytes]:
    """A function that joins the parts with a value in each place."""
    lines: list[str] = []
    whole = _joined(parts, lines)
    names = ", ".join(f"v{number}" for number in range(places))
    source = "\n".join([f"def function({names}):", *lines, f"    return {whole}", ""])
    return compiled(name, source, {"varint": _length})


def _joined(parts: Sequence[Any], lines: list[str]) -> str:
    """The expression of the parts; what it needs before goes to the lines."""
    pieces: list[str] = []
    for part in parts:
        if type(part) is bytes:
            pieces += [repr(part)] if part else []
        elif type(part) is _Place:
            pieces.append(f"v{part.number}")
        else:
            written = _joined(part, lines)
            inner = f"inner{len(lines)}"
            lines.append(f"    {inner} = {written}")
            pieces += [f"varint(len({inner}))", inner]
    return f'b"".join(({", ".join(pieces)},))'


def _places(parts: Sequence[Any]) -> list[int]:
    found: list[int] = []
    for part in parts:
        if type(part) is _Place:
            found.append(part.number)
        elif type(part) is _Inner:
            found += _places(part)
    return found


def _of_text(tail: bytes, marked: Sequence[bytes]) -> list[Any]:
    """The tokens of a text, with places for those that are marks."""
    found: list[Any] = [b""]
    for token in tail[:-1].split(b"\0"):
        whole = token + b"\0"
        if whole in marked:
            found += [_Place(marked.index(whole)), b""]
        else:
            found[-1] += whole
    return found


def _of_record(data: bytes, marked: Sequence[bytes]) -> _Inner:
    """The fields of a protobuf record, with places for those that are marks."""
    found, at = _Inner([b""]), 0
    while at < len(data):
        begin, wire = at, data[at] & 7
        at = _after_varint(data, at)
        start = at
        if wire == _VARINT:
            at = _after_varint(data, at)
        elif wire == _BYTES:
            body = _after_varint(data, at)
            at = body + _number(data, at)
        elif wire in (_FIXED64, _FIXED32):
            at += 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire} is not expected")
        value = data[start:at]
        if value in marked:
            found[-1] += data[begin:start]  # type: ignore[operator]
            found += [_Place(marked.index(value)), b""]
        elif wire == _BYTES and any(mark in value for mark in marked):
            found[-1] += data[begin:start]  # type: ignore[operator]
            found += [_of_record(data[body:at], marked), b""]
        else:
            found[-1] += data[begin:at]  # type: ignore[operator]
    return found


def _after_varint(data: bytes, at: int) -> int:
    while data[at] > 0x7F:
        at += 1
    return at + 1


def _number(data: bytes, at: int) -> int:
    number = shift = 0
    while True:
        number |= (data[at] & 0x7F) << shift
        if data[at] <= 0x7F:
            return number
        at, shift = at + 1, shift + 7
