"""Nothing that a client says commands a terminal, forges a line or turns the direction of writing.

Every field of every request is hostile once, numbers too, in text and in protobuf; then everything
that is written about it is looked at: the log as handlers get it, its JSON, the log that the
control API keeps, the wire log and the API message log.
"""

import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from papertape.quoting import LOGGERS
from papertape.server.control.logring import LogRing
from papertape.server.taps.message_log import MessageLog
from papertape.server.taps.station_log import JsonLines
from papertape.server.taps.wire_log import WireLog
from papertape.wire import catalogue
from papertape.wire.catalogue.session import StartApi
from papertape.wire.connection import encode
from papertape.wire.message import Message
from server.pair import Client, Hall
from wire.messages import samples

SOURCES = Path(__file__).parents[2] / "src/papertape"
HOSTILE = "\x1b[2J\x07\u009b31m\u202e\u2066\r\nX 00:00 forged"
"""ESC, a bell, CSI as one character, two marks of direction, a new line."""
RAW = HOSTILE.encode()
MARK = b"M" * len(RAW)
"""Stands where the hostile text goes once the message is encoded."""
REQUESTS = [catalogue.REQUESTS[number] for number in sorted(catalogue.REQUESTS)]


class Records(logging.Handler):
    """What any handler gets, with no filter of its own, as a line and as JSON."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.told: list[str] = []
        self._json = JsonLines()

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        if record.exc_info:
            self.told += text.split("\n")
        else:
            self.told.append(text)
        self.told.append(self._json.format(record))


class Watched:
    """A station of which everything is written down."""

    def __init__(self, folder: Path) -> None:
        self.records, self.ring, self.wire = Records(), LogRing(), io.StringIO()
        self.folder = folder
        self.hall = Hall(
            api={"createApiMessageLogFile": True, "includeMarketDataInLogFile": True,
                 "maintainConnectionOnIncorrectFields": True}
        )  # fmt: skip
        self.hall.quote("AAPL 257.66 x 257.68")
        self.messages = MessageLog(folder, lambda: self.hall.now, "US/Eastern")
        self.hall.station.taps.wire = WireLog(self.wire)
        self.hall.station.taps.keep(self.messages)

    def client(self, version: int) -> Client:
        made = self.hall.client(7, version)
        made.session.log_level = 5
        return made

    def said(self, client: Client, frame: bytes) -> None:
        """A client sends a frame, and goes if it is still there."""
        client.raw(frame)
        if not client.pipe.closed:
            client.leave()

    def written(self) -> list[str]:
        """Every line of everything that was written."""
        self.messages.switch(False)
        found = [*self.records.told, *self.wire.getvalue().split("\n")]
        found += [part for line in self.ring.lines for part in (line.message, line.station)]
        for path in self.folder.iterdir():
            found += path.read_bytes().decode().split("\n")
        return found


@contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    made = Watched(folder)
    log = logging.getLogger("papertape.station")
    before = log.level
    log.setLevel("DEBUG")
    for handler in (made.records, made.ring):
        log.addHandler(handler)
    try:
        yield made
    finally:
        for handler in (made.records, made.ring):
            log.removeHandler(handler)
        log.setLevel(before)


def assert_visible(lines: list[str]) -> None:
    bad = [line for line in lines if not line.isprintable()]
    assert not bad, ascii(bad[:3])
    assert not [line for line in lines if line.startswith("X 00:00 forged")]


def sendable(cls: type[Message]) -> Message:
    """A full one; its reserved options are what clients send in them: nothing."""
    full = samples(cls)[-1]
    reserved = [name for name in full.__struct_fields__ if name.endswith("Options")]
    return msgspec.structs.replace(full, **dict.fromkeys(reserved, ()))


def in_text(cls: type[Message], version: int) -> Iterator[bytes]:
    """The message with each of its fields hostile once."""
    body = encode(sendable(cls), version)[4:]
    fields = body.split(b"\0")[:-1]
    for at in range(1, len(fields)):
        changed = b"".join(one + b"\0" for one in [*fields[:at], RAW, *fields[at + 1 :]])
        yield len(changed).to_bytes(4) + changed


def marked(value: Any) -> Any:
    """The value with the mark for every text in it."""
    if isinstance(value, str):
        return MARK.decode()
    if isinstance(value, list | tuple):
        return [marked(one) for one in value]
    if isinstance(value, msgspec.Struct):
        names = [name for name in value.__struct_fields__ if name not in NUMBERS]
        changes = {name: marked(getattr(value, name)) for name in names}
        return msgspec.structs.replace(value, **changes)
    return value


NUMBERS = ("multiplier",)
"""Texts of records that travel as numbers in protobuf."""


@pytest.mark.sample(5, test=3)
@pytest.mark.parametrize("cls", REQUESTS, ids=lambda cls: str(cls.__name__))
def test_no_field_of_a_request_is_written_as_it_came(cls: type[Message], tmp_path: Path) -> None:
    frames: list[tuple[int, bytes]] = []
    if cls.spec.layout is not None and cls.spec.since <= 176 < cls.spec.until:
        frames += [(176, frame) for frame in in_text(cls, 176)]
    if cls.spec.protobuf <= 226:
        frames.append((226, encode(marked(sendable(cls)), 226).replace(MARK, RAW)))
    with watched(tmp_path) as station:
        for version, frame in frames[:80]:
            station.said(station.client(version), frame)
        lines = station.written()
    assert not frames or len(lines) > len(frames)
    assert_visible(lines)


GREETINGS = (
    b"API\0" + (len(RAW) + 10).to_bytes(4) + b"v100..226 " + RAW,
    b"API\0" + len(RAW).to_bytes(4) + RAW,
    RAW * 20,
    b"63" + RAW,
)


@pytest.mark.parametrize("greeting", GREETINGS)
def test_no_greeting_is_written_as_it_came(greeting: bytes, tmp_path: Path) -> None:
    with watched(tmp_path) as station:
        station.said(Client(station.hall, 7, 226, f"evil{HOSTILE}:1"), greeting)
        assert_visible(station.written())


def test_no_start_is_written_as_it_came(tmp_path: Path) -> None:
    with watched(tmp_path) as station:
        for version in (176, 226):
            client = Client(station.hall, 7, version, "test:1").greet()
            start = encode(StartApi(7, MARK.decode()), version)
            station.said(client, start.replace(MARK, RAW))
        assert_visible(station.written())


def test_a_traceback_is_visible_and_has_its_lines(tmp_path: Path) -> None:
    with watched(tmp_path) as station:
        try:
            raise ValueError(HOSTILE)
        except ValueError as error:
            logging.getLogger("papertape.station").error("%s failed", HOSTILE, exc_info=error)
        (line,) = station.ring.lines
        assert line.error.split("\n")[-1].startswith("ValueError: \\x1b[2J")
        assert "Traceback" in line.error
        assert_visible([*line.error.split("\n"), *station.written()])


def test_what_is_printable_is_written_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("papertape.station")
    log.warning("%s, %r, %d, %.1f, %s", "Zürich \\n", ["日本"], 5, 0.25, None)
    assert caplog.messages == ["Zürich \\n, ['日本'], 5, 0.2, None"]


def test_every_logger_of_ours_quotes() -> None:
    literal = re.compile(r'getLogger\("(papertape\.[\w.]+)"\)')
    found: set[str] = set()
    for path in SOURCES.rglob("*.py"):
        text = path.read_text()
        found |= set(literal.findall(text))
        if "getLogger(__name__)" in text:
            parts = path.relative_to(SOURCES).with_suffix("").parts
            found.add(".".join(("papertape", *parts)))
    assert found == set(LOGGERS)
