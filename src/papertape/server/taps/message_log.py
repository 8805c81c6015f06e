"""The API message log of TWS: ``api.<clientId>.<Day>.log``, one line per raw message.

A line is ``HH:MM:SS:mmm``, ``->`` to the client or ``<-`` from it, and the frame with its four
bytes of length, each NUL as ``-`` (behaviour L2). Other unprintable bytes, which TWS writes as
they are, become ``.``, so that they cannot forge a line or control a terminal. Files last for a
week: a file of the same weekday is overwritten. Times are the market's.

``wire_log`` writes the same messages decoded, as JSON. Both omit credentials.
"""

import logging
import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final
from zoneinfo import ZoneInfo

from ...quoting import masked
from ...venue.units import Nanos
from ...versions import RAW_IDS
from ...wire.catalogue import REQUESTS
from ...wire.framing import FrameReader
from ...wire.handshake import PREFIX
from ...wire.message import Message
from ..sessions.session import Session

log = logging.getLogger("papertape.station")

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SECRET_IDS: Final = frozenset(number for number, kind in REQUESTS.items() if kind.spec.secret)
NOT_SHOWN: Final = b"(not shown)"
LONGEST_LINE: Final = 64 * 1024
"""Maximum bytes of a request in the log; few may be longer, and longer ones are refused."""
MAX_BYTES: Final = 64 << 20
"""Size at which a file is renamed to ``api.<clientId>.<Day>.1.log``."""
MAX_TOTAL: Final = 1 << 30
"""Maximum bytes of all files of a folder; beyond it the oldest are deleted."""
ROOM: Final = 0.9
"""The part of it that remains after such a deletion."""
MAX_FILES: Final = 1000
"""Maximum files of one run, since clients choose their ids."""
MAX_EARLY: Final = 64 * 1024
"""Maximum bytes buffered for a session until its client id is known."""
_NULS: Final = bytes.maketrans(b"\0", b"-")


class _Reader:
    """Splits the bytes of a client into frames, without the prefix of the handshake."""

    def __init__(self) -> None:
        self._prefix = len(PREFIX)
        self._greeted = False
        self._frames = FrameReader()

    def feed(self, data: bytes) -> list[bytes]:
        """Return the frames that these bytes complete, without the handshake."""
        skipped = min(self._prefix, len(data))
        self._prefix -= skipped
        frames = self._frames.feed(data[skipped:])
        if frames and not self._greeted:
            self._greeted = True
            del frames[0]
        return frames


class MessageLog:
    """Writes the log of every client while it is switched on.

    It stops, with an error in the station's log, when writing fails.
    """

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], Nanos],
        zone: str,
        *,
        max_bytes: int = MAX_BYTES,
        max_total: int = MAX_TOTAL,
    ) -> None:
        self.folder = folder
        self.on = False
        self.market_data = False
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._max_bytes = min(max_bytes, max_total // 2)
        self._max_total = max_total
        self._total = -1
        """Bytes of all files here; -1: unknown yet."""
        self._files: dict[int, tuple[str, BinaryIO]] = {}
        """Client id -> day and file."""
        self._readers: dict[int, _Reader] = {}
        self._early: dict[int, bytearray] = {}
        """Session number -> lines of a session without a client id yet."""
        self._begun: set[str] = set()
        self._broken = False

    def switch(self, on: bool) -> None:
        """Start or stop writing; files on disk stay."""
        self.on = on
        if not on:
            for client_id in list(self._files):
                self._guarded(partial(self._close, client_id))
            self._readers.clear()
            self._early.clear()

    # -- messages -----------------------------------------------------------------------------

    def sent(self, session: Session, message: Message, encoded: bytes) -> None:
        """Log a message for a client; ``encoded`` is its frame."""
        if type(message).spec.market_data and not self.market_data:
            return
        shown = encoded[:4] + NOT_SHOWN if type(message).spec.secret else encoded
        self._line(session, b"-> ", shown)

    def taken(self, session: Session, data: bytes) -> None:
        """Log bytes from a client, from its first byte on; sessions older than the log are not
        followed."""
        reader = self._readers.get(session.number)
        if reader is None:
            if session.connection.version:
                return  # it was switched on in the middle of the stream
            reader = self._readers[session.number] = _Reader()
        for payload in reader.feed(data):
            number = message_id(payload, session.version)
            shown = NOT_SHOWN if number in SECRET_IDS else payload
            if len(shown) > LONGEST_LINE:
                shown = shown[:LONGEST_LINE] + f" ... ({len(payload)} bytes)".encode()
            self._line(session, b"<- ", len(payload).to_bytes(4) + shown)

    def left(self, session: Session) -> None:
        """Forget an ended session."""
        self._readers.pop(session.number, None)
        self._early.pop(session.number, None)
        if session.client_id is not None:
            self._guarded(partial(self._close, session.client_id))

    def flush(self) -> None:
        """Flush what has been written, so that readers see it."""
        for _, file in self._files.values():
            self._guarded(file.flush)

    # -- files --------------------------------------------------------------------------------

    def _line(self, session: Session, arrow: bytes, data: bytes) -> None:
        now = self._clock()
        local = datetime.fromtimestamp(now // 1_000_000_000, self._zone)
        stamp = f"{local:%H:%M:%S}:{now // 1_000_000 % 1000:03d} ".encode()
        line = stamp + arrow + masked(data.translate(_NULS)) + b"\n"
        if session.client_id is None:
            early = self._early.setdefault(session.number, bytearray())
            if len(early) + len(line) <= MAX_EARLY:
                early += line
            return
        line = bytes(self._early.pop(session.number, b"")) + line
        self._guarded(lambda: self._write(session.client_id or 0, local, line))

    def _write(self, client_id: int, local: datetime, line: bytes) -> None:
        day = DAYS[local.weekday()]
        if client_id in self._files and self._files[client_id][0] != day:
            self._close(client_id)
        if client_id not in self._files:
            opened = self._open(client_id, day, local)
            if opened is None:
                return
            self._files[client_id] = (day, opened)
        file = self._files[client_id][1]
        file.write(line)
        self._total += len(line)
        if self._total > self._max_total:
            self._make_room()
            return
        if file.tell() >= self._max_bytes:
            self._close(client_id)
            path = self._path(client_id, day)
            path.replace(path.with_suffix(".1.log"))

    def _sizes(self) -> dict[Path, int]:
        """Return the files here: unused ones before open ones, each oldest first."""
        used = {self._path(client_id, day) for client_id, (day, _) in self._files.items()}
        states = [(path, path.stat()) for path in self.folder.glob("api.*.log")]
        states.sort(key=lambda one: (one[0] in used, one[1].st_mtime))
        return {path: state.st_size for path, state in states}

    def _make_room(self) -> None:
        """Delete the oldest files; one that is open starts again."""
        for _, file in self._files.values():
            file.flush()
        sizes = self._sizes()
        self._total = sum(sizes.values())
        for path, size in sizes.items():
            if self._total <= self._max_total * ROOM:
                return
            for client_id, (day, _) in list(self._files.items()):
                if self._path(client_id, day) == path:
                    self._close(client_id)
            path.unlink(missing_ok=True)
            self._total -= size

    def _close(self, client_id: int) -> None:
        """Close a client's file and date it by the market's clock."""
        day, file = self._files.pop(client_id, ("", None))
        if file is not None:
            file.close()
            seconds = self._clock() / 1e9
            os.utime(self._path(client_id, day), (seconds, seconds))

    def _path(self, client_id: int, day: str) -> Path:
        return self.folder / f"api.{client_id}.{day}.log"

    def _open(self, client_id: int, day: str, local: datetime) -> BinaryIO | None:
        """Open a client's file: append to today's, overwrite an older one."""
        path = self._path(client_id, day)
        if path.name not in self._begun and len(self._begun) >= MAX_FILES:
            return None
        self._begun.add(path.name)
        self.folder.mkdir(parents=True, exist_ok=True)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
        fresh = not path.exists() or path.stat().st_mtime < midnight
        opened = path.open("wb" if fresh else "ab")
        if self._total < 0 or fresh:
            self._total = sum(self._sizes().values())
        return opened

    def _guarded(self, work: Callable[[], object]) -> None:
        if self._broken:
            return
        try:
            work()
        except OSError as error:
            self._broken = True
            log.error("the API message log stops: %s", error.strerror or error)


def message_id(payload: bytes, version: int) -> int:
    """Return the message id of a request's frame; -1 for none."""
    if version >= RAW_IDS:
        number = int.from_bytes(payload[:4])
        return number - 200 if number > 200 else number
    head = payload.partition(b"\0")[0]
    return int(head) if head.isdigit() and len(head) < 6 else -1
