"""Splits the bytes of one direction into frames and explains each.

It understands the handshake (``API\\0`` and the versions offered, the server's reply). A direction
or version that is not given is determined: the first frames are held back and read in both
directions, and with older versions if the newest does not fit; the best fit is used, and each
message says so.
"""

import re
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from ..errors import BadFrame
from ..versions import MAX_SERVER, MIN_SERVER, RAW_IDS
from ..wire import catalogue
from ..wire.connection import PROTOBUF_OFFSET
from ..wire.framing import FrameReader
from ..wire.handshake import PREFIX, parse_greeting, parse_version_reply
from ..wire.plan import gates
from .frames import USUAL, Explained, FieldRow, Finding, Limits, Sender, explain, readable

HELD_FRAMES = 8
HELD_BYTES = 1 << 20
"""So much is held back to find out direction and version; trying them takes a second at most."""
_ANSWER = re.compile(rb"\d{3}\0\d{8} \d\d:\d\d:\d\d[^\0]*\0\Z")
NEWEST_TEXT = RAW_IDS - 1
"""The newest version that writes the ids of messages as text."""
BOTH: tuple[Sender, ...] = ("server", "client")


class FrameContext(msgspec.Struct, frozen=True):
    """With which direction and version frames are read."""

    sender: Sender
    version: int
    sender_from: str
    version_from: str
    notes: tuple[str, ...] = ()
    """For the first message: what else was tried."""


def tidy(payload: bytes, choice: FrameContext, at: int, limits: Limits) -> Explained:
    """A frame read as chosen, with the word how that was chosen."""
    told = explain(payload, choice.sender, choice.version, at=at, limits=limits)
    return replace(told, version_from=choice.version_from, sender_from=choice.sender_from)


# ---------------------------------------------------------------- finding out


def choose(payloads: list[bytes], sender: Sender | None, version: int | None) -> FrameContext:
    """The direction and the version with which most of these frames read whole.

    What is given is kept. Ties go to the newest version, and to the server as sender.
    """
    senders = (sender,) if sender else BOTH
    tried = [version] if version else candidates(payloads)
    if sum(map(len, payloads)) > HELD_BYTES:
        del tried[1:]
    whole: dict[tuple[int, Sender], int] = {}
    partly: dict[tuple[int, Sender], int] = {}
    for each in tried:
        for one in senders:
            told = [explain(payload, one, each) for payload in payloads]
            whole[each, one] = sum(message.clean for message in told)
            partly[each, one] = sum(map(_bytes_read, told))
        if max(whole[each, one] for one in senders) == len(payloads):
            break
    # A broken frame must not make the version older: bytes read count among equal versions only.
    best = max(whole, key=lambda key: (whole[key], key[0], partly[key]))
    by, chosen = best[1], best[0]
    notes = []
    if not sender:
        other: Sender = "client" if by == "server" else "server"
        notes.append(
            f"direction guessed: {whole[best]} of the first {len(payloads)} read whole as sent by "
            f"the {by}, {whole[chosen, other]} as sent by the {other}"
        )
    if chosen != tried[0]:
        notes.append(
            f"version guessed: {whole[best]} of the first {len(payloads)} read whole with server "
            f"version {chosen}, {whole[tried[0], by]} with {tried[0]}"
        )
    origin = "given" if version else "newest" if chosen == tried[0] else "guessed"
    return FrameContext(by, chosen, "given" if sender else "guessed", origin, tuple(notes))


def _bytes_read(told: Explained) -> int:
    """How far a message could be read; its id counts for one."""
    if not told.name:
        return 0
    return 1 + (told.length if told.problem is None else told.problem.body_offset or 0)


def candidates(payloads: Iterable[bytes]) -> list[int]:
    """The versions that differ for these messages: the newest of each kind, newest first."""
    lowest, newest = RAW_IDS, MAX_SERVER
    found: set[int] = set()
    for payload in payloads:
        number = int.from_bytes(payload[:4])
        if payload[:1].isdigit():
            lowest, newest = MIN_SERVER, NEWEST_TEXT
            head = payload.partition(b"\0")[0]
            number = int(head) if head.isdigit() and len(head) < 10 else -1
        for table in (catalogue.REQUESTS, catalogue.RESPONSES):
            for key in (number, number - PROTOBUF_OFFSET):
                if key in table:
                    found |= {gate - 1 for gate in gates(table[key])}
    return [newest, *sorted((v for v in found if lowest <= v < newest), reverse=True)]


# ---------------------------------------------------------------- the opening


def greeting(payload: bytes, at: int, version: int | None) -> Explained:
    """The client's first frame; ``at`` is where ``API\\0`` stands."""
    rows = [FieldRow(at, 0, "prefix", "API\\0", "API")]
    problem, highest = None, MAX_SERVER
    try:
        lowest, highest, options = parse_greeting(payload)
        body, shown = at + 8, payload.decode("ascii", "replace")
        rows.append(FieldRow(body, 8, "versions", shown.partition(" ")[0], [lowest, highest]))
        if options:
            place = len(payload) - len(options)
            rows.append(FieldRow(body + place, 8 + place, "options", options, options))
    except BadFrame as error:
        problem = Finding(error.reason, at + 8, "Greeting", found=readable(payload[:64]))
    used = version or max(MIN_SERVER, min(highest, MAX_SERVER))
    return Explained(
        at, len(payload), "client", "Greeting", None, "handshake", used, rows, problem,
        () if version else (f"the server's answer is not here: {used} is the highest offered",),
        "given" if version else "offered", "handshake",
    )  # fmt: skip


def answer(payload: bytes, at: int, version: int | None) -> Explained | None:
    """The server's first frame, its version and time; None when the frame is another one."""
    if not _ANSWER.match(payload):
        return None
    number, time = parse_version_reply(payload)
    notes: tuple[str, ...] = ()
    if version not in (None, number):
        notes = (f"the server says {number}, read as {version} all the same",)
    elif not MIN_SERVER <= number <= MAX_SERVER:
        notes = (f"versions {MIN_SERVER} to {MAX_SERVER} are known",)
    rows = [
        FieldRow(at + 4, 0, "serverVersion", str(number), number),
        FieldRow(at + 8, 4, "connectionTime", time, time),
    ]
    used = version or min(max(number, MIN_SERVER), MAX_SERVER)
    origin = "given" if version else "handshake"
    return Explained(
        at, len(payload), "server", "VersionAnswer", None, "handshake", used, rows, None, notes,
        origin, "handshake",
    )  # fmt: skip


# ---------------------------------------------------------------- the stream


class Explainer:
    """Takes the bytes of one direction, gives its messages told field by field.

    Memory is bounded by one frame (16 MiB) and what is held back at the start.
    """

    def __init__(
        self,
        sender: Sender | None = None,
        version: int | None = None,
        *,
        limits: Limits = USUAL,
        at: int = 0,
    ) -> None:
        self._sender = sender
        self._version = version
        self._limits = limits
        self._at = at
        self._frames = FrameReader()
        self._start: bytes | None = b""
        self._greeted = -1
        """Where the greeting's prefix stands; -1 for none, or when it is done."""
        self._first = True
        self._held: list[tuple[int, bytes]] = []
        self._choice: FrameContext | None = None
        if sender and version:
            self._choice = FrameContext(sender, version, "given", "given")

    def feed(self, data: bytes) -> list[Explained]:
        """The messages that these bytes complete."""
        if self._frames.error:
            return []
        told: list[Explained] = []
        for payload in self._frames.feed(self._without_prefix(data)):
            told += self._frame(payload)
            self._at += 4 + len(payload)
        if self._frames.error:
            told += [*self._decide(), self._broken()]
        return told

    def finish(self) -> list[Explained]:
        """What is left: messages that were held back, and a frame that is not complete."""
        if self._frames.error:
            return []
        if self._start:
            self._frames.feed(self._start)
        rest = self._frames.rest
        if not rest:
            return self._decide()
        if self._choice is None and len(rest) > 4:
            held, self._held = self._held, [*self._held, (self._at, rest[4:])]
            self._settle()
            self._held = held
        return [*self._decide(), self._cut(rest)]

    def _without_prefix(self, data: bytes) -> bytes:
        if self._start is None:
            return data
        data, self._start = self._start + data, None
        if len(data) < len(PREFIX) and data == PREFIX[: len(data)]:
            self._start = data
            return b""
        if not data.startswith(PREFIX):
            return data
        self._greeted = self._at
        self._at += len(PREFIX)
        return data[len(PREFIX) :]

    def _frame(self, payload: bytes) -> list[Explained]:
        first, self._first = self._first, False
        if self._greeted >= 0:
            told = greeting(payload, self._greeted, self._version)
            self._greeted = -1
            if told.problem:
                self._sender = "client"
            else:
                self._choice = FrameContext("client", told.version, "handshake", told.version_from)
            return [told]
        if first and self._sender != "client":
            opening = answer(payload, self._at, self._version)
            if opening:
                self._choice = FrameContext(
                    "server", opening.version, "handshake", opening.version_from
                )
                return [opening]
        if self._choice:
            return [tidy(payload, self._choice, self._at, self._limits)]
        self._held.append((self._at, payload))
        size = sum(len(held) for _, held in self._held)
        full = len(self._held) >= HELD_FRAMES or size >= HELD_BYTES
        return self._decide() if full else []

    def _settle(self) -> FrameContext:
        if self._choice is None:
            payloads = [payload for _, payload in self._held]
            self._choice = choose(payloads, self._sender, self._version)
        return self._choice

    def _decide(self) -> list[Explained]:
        """Read what was held back."""
        if not self._held:
            return []
        choice = self._settle()
        told = [tidy(payload, choice, at, self._limits) for at, payload in self._held]
        told[0] = replace(told[0], notes=told[0].notes + choice.notes)
        self._held = []
        return told

    # ---------------------------------------------------------------- bytes that are not a frame

    def _cut(self, rest: bytes) -> Explained:
        """The frame at the end that is not complete, as far as it goes."""
        length = int.from_bytes(rest[:4]) if len(rest) >= 4 else 0
        missing = 4 + length - len(rest)
        whole = "the 4 bytes of its length" if len(rest) < 4 else f"its {length} bytes"
        reason = f"the stream ends within a frame: {missing} of {whole} are missing"
        problem = Finding(reason, self._at + len(rest))
        if len(rest) <= 4 or self._greeted >= 0:
            return self._nameless(length, problem)
        told = tidy(rest[4:], self._settle(), self._at, self._limits)
        field = told.problem.field if told.problem else ""
        problem = replace(problem, message=told.name, field=field)
        return replace(told, length=length, problem=problem)

    def _broken(self) -> Explained:
        assert self._frames.error
        reason = f"{self._frames.error.reason}: nothing after it can be read"
        return self._nameless(self._frames.error.length, Finding(reason, self._at))

    def _nameless(self, length: int, problem: Finding) -> Explained:
        sender, version = self._sender or "server", self._version or MAX_SERVER
        if self._choice:
            sender, version = self._choice.sender, self._choice.version
        return Explained(self._at, length, sender, "", None, "", version, [], problem)
