"""Explains lines of the API message log that TWS writes.

A line is ``20:54:49:921 -> `` (from the server; ``<-`` from the client) and the frame with its
length, each NUL shown as ``-`` (and in Papertape's log, other control characters as ``.``). So a
``-`` may be the end of a field or a hyphen. The module tries readings and takes the one that the
message's plan accepts with the fewest hyphens and no empty number.
"""

import re
from collections.abc import Callable, Iterable, Iterator

import msgspec
from msgspec.structs import replace

from ..versions import MAX_SERVER
from ..wire.handshake import PREFIX
from .frames import USUAL, Explained, Finding, Limits, Sender, explain
from .stream import NEWEST_TEXT, answer, candidates, greeting

LINE = re.compile(rb"\d\d:\d\d:\d\d[:.,]\d{3} (->|<-) ", re.MULTILINE)
_SENDER: dict[bytes, Sender] = {b"->": "server", b"<-": "client"}
READINGS = 600
"""Readings tried for one line: half a second at most."""
GUESSES = 5
"""Lines of a log that may try other versions, at ``FEW`` readings per version."""
FEW = 60
_LONGEST = 3000
"""Fields of a line beyond which every ``-`` is taken for NUL."""
_NEGATIVE, _HYPHEN, _STRANGE, _RUN, _ODD, _WRONG = 0.1, 1.0, 4.0, 1.5, 1.0, 1000.0
"""Cost of a reading: a minus sign, a hyphen, one beside an empty field, many hyphens at once,
an empty number, a message that is unreadable or has a hyphen in a constant."""
_NUMBER = re.compile(rb"[1-9]|0?\.\d|Infinity")
"""How a number that may follow a minus sign starts."""
_FAR = 0.2
"""What each part after the error adds to the rank of a reading."""
_WIDTH, _BEAM = 12, 6
"""Hyphens tried after one reading, and readings followed at a time."""
_OBSCURE = "it is uncertain which '-' were NUL; the true server version would help"


class Restored(msgspec.Struct, frozen=True):
    """A frame with its NULs restored, and the assumptions."""

    payload: bytes
    told: Explained
    cost: float
    hyphens: int
    sure: bool
    """Whether all of it could be read, without anything odd."""


_LOSSY = "a log of text does not keep every byte of protobuf"
NOT_SHOWN = b"(not shown)"
"""What Papertape's own log writes in place of a secret."""
Read = Callable[[bytes], Explained]


class LogReader:
    """Reads a log line by line; ``->`` and ``<-`` give the direction."""

    def __init__(self, version: int | None = None, *, limits: Limits = USUAL) -> None:
        self._given = version
        self._limits = limits
        self._version: int | None = version
        self._version_from = "given" if version else "newest"
        self._guesses = 0

    def line(self, content: bytes, arrow: bytes, at: int) -> Explained:
        """Explain one line's frame; ``content`` is the text after the arrow, at offset ``at``."""
        sender = _SENDER[arrow]
        if sender == "client" and content.startswith(PREFIX.replace(b"\0", b"-")):
            return self._opened(greeting(content[8:], at, self._given))
        body = content[4:]
        if body == NOT_SHOWN:
            version = self._version or NEWEST_TEXT
            return Explained(
                at, 0, sender, "", None, "", version, [], None, ("the log does not show it",),
                self._version_from, "recorded",
            )  # fmt: skip
        opening = answer(body.replace(b"-", b"\0"), at, self._given) if sender == "server" else None
        if opening:
            return self._opened(opening)
        found = self._restored(body, sender, at)
        told = replace(found.told, version_from=self._version_from, sender_from="recorded")
        if found.hyphens:
            told = replace(told, notes=(*told.notes, f"{found.hyphens} '-' read as hyphens"))
        if told.problem and b"-" in body:
            told = replace(told, notes=(*told.notes, _OBSCURE))
        if told.format == "protobuf":
            told = replace(told, notes=(*told.notes, _LOSSY))
        return _measured(told, content)

    def _opened(self, told: Explained) -> Explained:
        self._version, self._version_from = told.version, told.version_from
        return replace(told, sender_from="recorded")

    def _restored(self, body: bytes, sender: Sender, at: int) -> Restored:
        newest = MAX_SERVER if body[:1] == b"-" else NEWEST_TEXT
        found = self._read(body, sender, self._version or newest, at, READINGS)
        if found.sure or self._version_from in ("given", "handshake"):
            return found
        if self._guesses >= GUESSES or len(body) > _LONGEST:
            return found
        self._guesses += 1
        tried = [self._read(body, sender, version, at, FEW)
                 for version in candidates([body.replace(b"-", b"\0")])]  # fmt: skip
        best = min([found, *tried], key=lambda one: one.cost)
        if best.cost < _WRONG and best.told.version != found.told.version:
            self._version, self._version_from = best.told.version, "guessed"
            note = f"version guessed: this line does not fit server version {found.told.version}"
            return replace(best, told=replace(best.told, notes=(*best.told.notes, note)))
        return found

    def _read(self, body: bytes, sender: Sender, version: int, at: int, most: int) -> Restored:
        def read(payload: bytes) -> Explained:
            return explain(payload, sender, version, at=at, limits=self._limits)

        if body[:1] != b"-":
            return restored(b"", body, read, most)
        if body[3:4] and body[3] <= 200:
            return restored(bytes(3) + body[3:4], body[4:], read, most)
        return _protobuf(body, read)


def _measured(told: Explained, content: bytes) -> Explained:
    """Check the length that the line announces, unless the log hides it."""
    head, size = content[:4], max(0, len(content) - 4)
    kept = size.to_bytes(4).replace(b"\0", b"-")
    if head in (kept, bytes(byte if 0x20 <= byte != 0x7F else ord(".") for byte in kept)):
        return told
    length = int.from_bytes(head.replace(b"-", b"\0"))
    if not content.isascii() or b"?" in head or length > 1 << 24:
        note = "the log does not keep every byte: the length cannot be checked"
        return replace(told, notes=(*told.notes, note))
    reason = f"the line announces {length} bytes and has {size}"
    return replace(told, problem=told.problem or Finding(reason, told.offset, told.name))


# ---------------------------------------------------------------- separators and hyphens


def restored(head: bytes, body: bytes, read: Read, most: int) -> Restored:
    """The cheapest of at most ``most`` ways to read the ``-`` of a text message."""
    pieces = body.split(b"-")
    best = _Split(head, pieces, frozenset(), 0.0, read)
    beam, met = [best], {best.joins}
    while beam and len(met) < most and len(pieces) < _LONGEST:
        found: list[_Split] = []
        for parent in beam:
            for extra, more in parent.next():
                joins = parent.joins | more
                if joins not in met and parent.cost + extra < best.total:
                    met.add(joins)
                    found.append(_Split(head, pieces, joins, parent.cost + extra, read))
        best = min([best, *found], key=lambda one: one.total)
        beam = sorted(found, key=lambda one: one.rank)[:_BEAM]
    sure = best.total < _WRONG and not best.empty
    return Restored(best.payload, best.told, best.total, len(best.joins), sure)


class _Split:
    """One reading of a line: which ``-`` are hyphens, and the result."""

    def __init__(
        self, head: bytes, pieces: list[bytes], joins: frozenset[int], cost: float, read: Read
    ) -> None:
        self.joins = joins
        self.cost = cost
        self.tokens = _tokens(pieces, joins)
        self.first = 0 if head else 1
        """The first field; an id in text stands before it."""
        self.payload = head + b"\0".join(token for _, token in self.tokens)
        self.told = read(self.payload)
        self.empty = _empty_numbers(self.told)
        constants = (row.raw for row in self.told.fields if row.value is None and "-" in row.raw)
        whole = self.told.clean and all(raw == "-1" for raw in constants)
        self.total = cost + _ODD * len(self.empty) + (0 if whole else _WRONG)
        self.wrong, self.spare = self._wrong()
        left = len(pieces) - self.tokens[self.wrong][0]
        self.rank = cost if self.told.clean else cost + _FAR * left

    def _wrong(self) -> tuple[int, int]:
        """The field where reading stopped, and how many fields were left."""
        problem, last = self.told.problem, len(self.tokens) - 1
        if problem and problem.field and problem.body_offset is not None:
            start = len(self.payload) - sum(len(t) + 1 for _, t in self.tokens[self.first :]) + 1
            end = start + problem.body_offset
            return min(self.payload.count(b"\0", start, end) + self.first, last), 0
        return last, sum(bool(row.note) for row in self.told.fields)

    def next(self) -> Iterator[tuple[float, frozenset[int]]]:
        """The readings to try next: with hyphens before the error."""
        tokens, last = self.tokens, len(self.tokens) - 2
        places: Iterable[int] = range(self.first, min(self.wrong + 1, last))
        if self.told.clean:
            places = [place + self.first for place in self.empty]
        near = sorted((_cost(tokens[i][1], tokens[i + 1][1]), -i) for i in places if i < last)
        for cost, i in near[:_WIDTH]:
            yield cost, frozenset((tokens[-i][0],))
        if self.spare > 1:
            for i in range(self.first, last - self.spare + 1):
                run = frozenset(end for end, _ in tokens[i : i + self.spare])
                yield _RUN + _NEGATIVE * self.spare, run


def _tokens(pieces: list[bytes], joins: frozenset[int]) -> list[tuple[int, bytes]]:
    """The fields, each with the number of its last piece: the separator behind it."""
    out: list[tuple[int, bytes]] = []
    for i, piece in enumerate(pieces):
        if i - 1 in joins:
            out[-1] = i, out[-1][1] + b"-" + piece
        else:
            out.append((i, piece))
    return out


def _empty_numbers(told: Explained) -> list[int]:
    """The indices of rows where a mandatory number is empty."""
    rows = enumerate(told.fields)
    return [i for i, row in rows if not row.raw and type(row.value) in (int, float)]


def _cost(left: bytes, right: bytes) -> float:
    if not left and _NUMBER.match(right):
        return _NEGATIVE
    return _HYPHEN if left and right else _STRANGE


def _protobuf(body: bytes, read: Read) -> Restored:
    """A ``-`` within text is a hyphen, any other one a zero byte."""
    payload = body.replace(b"-", b"\0")
    told = read(payload)
    fixed, start, count = bytearray(payload), 4, 0
    for row in told.fields:
        if isinstance(row.value, str) and "\0" in row.value:
            value = row.value.encode()
            place = payload.find(value, start + row.body_offset)
            fixed[place : place + len(value)] = value.replace(b"\0", b"-")
            count += value.count(b"\0")
    told = read(bytes(fixed))
    return Restored(bytes(fixed), told, 0.0 if told.clean else _WRONG, count, told.clean)
