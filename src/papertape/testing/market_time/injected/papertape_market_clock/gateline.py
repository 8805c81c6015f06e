"""The program's connection with the gate, and its connections with the station."""

from __future__ import annotations

import _socket
import os
import select
import time
import weakref

from .frames import (
    BYE,
    FROM_PROGRAM,
    HELLO,
    LINE_FROM_PROGRAM,
    LINE_TO_PROGRAM,
    MINE,
    NEVER,
    NOTE,
    SYNC,
    TO_PROGRAM,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

MOST_PEEKED = 1 << 20
LOOKS, LOOKS_WHEN_FULL = 600, 40
"""Half milliseconds without another byte after which one that was announced is given up: it does
not fit into the socket's buffer. A busy computer takes its time to move it there."""
ENDED = 97
"""The exit code of a program whose gate has gone: whoever drove it has ended."""

_sleep = time.sleep
real_select = select.select
real_poll: Any = getattr(select, "poll", None)


def readable(sock: Any) -> bool:
    """Whether a socket can be read without waiting."""
    if real_poll is None:
        return bool(real_select([sock], [], [], 0)[0])
    looking = real_poll()
    looking.register(sock, select.POLLIN)
    return bool(looking.poll(0))


def gone() -> NoReturn:
    """End a program whose gate has gone: it would wait for ever."""
    os.write(2, b"papertape: market time has ended, and so does this program\n")
    os._exit(ENDED)


class StationLine:
    """A connection of the program with the station."""

    __slots__ = ("closed", "full", "port", "sent", "sock", "taken")

    def __init__(self, port: int, sock: Any) -> None:
        self.port = port
        self.sock = sock
        """A weak reference to the socket."""
        self.sent = 0
        self.taken = 0
        self.closed = False
        self.full = False
        """The socket's buffer did not hold what the station had sent."""


class GateLine:
    """What the program has with the gate."""

    def __init__(self, host: str, port: int, token: str, version: str, station: int) -> None:
        self.station = station
        """The station's port."""
        self.lines: dict[int, StationLine] = {}
        """By file number."""
        self.changed: dict[StationLine, None] = {}
        """What has been sent on these, or their end, the gate has not been told."""
        self.steps = 0
        """How often time has gone on without asking."""
        self.started = 0
        self.told = 0
        """The instant that the gate knows of."""
        self._rest = b""
        self._sock = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        self._sock.connect((host, port))
        self._sock.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        self._say(HELLO, f"{token}\n{os.getpid()}\n{version}")

    def hello(self) -> tuple[int, int]:
        """Wait for the first instant; the instant and the horizon."""
        return self._answer()

    # -- asking -----------------------------------------------------------------------------------

    def exchange(self, kind: int, now: int, deadline: int | None) -> tuple[int, int]:
        """Tell the gate; the instant that it is then, and the horizon."""
        self._send(kind, now, NEVER if deadline is None else deadline)
        return self._answer()

    def sync(self, now: int) -> tuple[int, int] | None:
        """Bring the station to the program's instant, where it is not."""
        if now == self.told and not self.changed:
            return None
        return self.exchange(SYNC, now, None)

    def note(self, text: str) -> None:
        """Say something to whoever started the program."""
        self._say(NOTE, text)

    def bye(self, now: int) -> None:
        """Say what was sent last."""
        try:
            self._send(BYE, now, NEVER)
        except OSError:
            return

    def close(self) -> None:
        """Leave the gate to the process that this one was forked from."""
        self._sock.close()

    def _say(self, kind: int, text: str) -> None:
        data = text.encode("utf-8", "replace")[:60_000]
        self._sock.sendall(FROM_PROGRAM.pack(kind, 0, NEVER, 0, len(data)) + data)

    def _send(self, kind: int, now: int, deadline: int) -> None:
        steps, self.steps = self.steps, 0
        frame = FROM_PROGRAM.pack(kind, now, deadline, steps, len(self.changed))
        for line in self.changed:
            frame += LINE_FROM_PROGRAM.pack(line.port, line.sent, line.closed)
        self.changed.clear()
        try:
            self._sock.sendall(frame)
        except OSError:
            if kind == BYE:
                raise
            gone()

    def _take(self, size: int) -> bytes:
        """What the gate says next."""
        data = self._rest
        while len(data) < size:
            try:
                part = self._sock.recv(1 << 16)
            except OSError:
                part = b""
            if not part:
                gone()
            data += part
        self._rest = data[size:]
        return data[:size]

    def _answer(self) -> tuple[int, int]:
        now, horizon, count = TO_PROGRAM.unpack(self._take(TO_PROGRAM.size))
        if count:
            found = self._take(count * LINE_TO_PROGRAM.size)
            sent = dict(LINE_TO_PROGRAM.iter_unpack(found))
            for line in list(self.lines.values()):
                if line.port in sent:
                    self._arrived(line, sent[line.port])
        self.told = now
        return now, horizon

    @staticmethod
    def _arrived(line: StationLine, sent: int) -> None:
        """Wait until what the station has sent is there: a system may take its time."""
        sock, seen = line.sock(), -1
        left = looks = LOOKS_WHEN_FULL if line.full else LOOKS
        missing = min(sent - line.taken, MOST_PEEKED)
        while sock is not None and missing > 0 and left and not line.closed:
            there = 0
            if readable(sock):
                try:
                    there = len(_socket.socket.recv(sock, missing, _socket.MSG_PEEK))
                except OSError:
                    return
                if not there:
                    return
            if there >= missing:
                line.full = False
                return
            left = looks if there > seen else left - 1
            seen = max(seen, there)
            _sleep(0.0005)
        line.full = not left

    # -- the connections with the station ---------------------------------------------------------

    def opened(self, sock: Any) -> None:
        """A socket was connected to the station."""
        line = StationLine(sock.getsockname()[1], lambda: None)
        line.sock = weakref.ref(sock, lambda _: self._end(line))
        self.lines[sock.fileno()] = line
        self.changed[line] = None
        frame = FROM_PROGRAM.pack(MINE, self.told, NEVER, 0, 1)
        self._sock.sendall(frame + LINE_FROM_PROGRAM.pack(line.port, 0, False))

    def line(self, sock: Any) -> StationLine | None:
        """The connection of a socket; None for one with others than the station."""
        line = self.lines.get(sock.fileno()) if self.lines else None
        return line if line is not None and line.sock() is sock else None

    def sent(self, line: StationLine, size: int) -> None:
        """Bytes went to the station."""
        line.sent += size
        self.changed[line] = None

    def closing(self, sock: Any) -> None:
        """A socket is about to be closed."""
        line = self.line(sock)
        if line is not None:
            self._end(line)
            self.lines.pop(sock.fileno(), None)

    def _end(self, line: StationLine) -> None:
        if not line.closed:
            line.closed = True
            self.changed[line] = None
