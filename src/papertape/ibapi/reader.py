"""The reading side: socket, reader thread, queue and signal.

The only module of this package with threads, sockets and the clock. The reader thread queues bytes
as it receives them; the thread that processes the queue (``EClient.run`` or
``EReader.processMsgs``) splits, decodes and calls back.
"""

import logging
import selectors
import socket
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread, current_thread, get_ident
from typing import Any

__all__ = [
    "Answer",
    "Backlog",
    "Connection",
    "EReader",
    "EReaderSignal",
    "Thread",
    "Turn",
    "currentTimeMillis",
    "monotonic",
    "next_chunk",
    "spawn",
]

logger = logging.getLogger(__name__)
CHUNK = 1 << 20
"""Bytes read at once: at 5 ms between two turns of a busy interpreter, 200 MB/s."""
QUEUED = 16 << 20
"""Bytes in the queue above which the reader stops reading, so that TCP slows the server: as many
as the longest message has."""
CHUNKS = 64
"""Like ``QUEUED``, in chunks, for a queue of the program's own."""
PAUSE_SECONDS = 0.02
CONNECT_SECONDS = 10.0

Chunk = bytes | BaseException | None
"""Bytes, or the end: None when the peer closed, the exception when the socket failed."""


def currentTimeMillis() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def monotonic() -> float:
    """Monotonic seconds, for deadlines."""
    return time.monotonic()


class Backlog:
    """The queue of a client. ``put`` never waits, since the end must always fit; the reader thread
    calls ``wait_for_room`` first."""

    def __init__(self) -> None:
        self._chunks: SimpleQueue[Chunk] = SimpleQueue()
        self._lock = Lock()
        self._room = Event()
        self._room.set()
        self._ended = False
        self.bytes = 0
        """Bytes that wait."""

    def put(self, chunk: Chunk) -> None:
        """Add what has come, or the end."""
        if isinstance(chunk, bytes):
            self._count(len(chunk))
        self._chunks.put(chunk)

    def get(self, block: bool = True, timeout: float | None = None) -> Chunk:
        """Return the next chunk. Raises ``queue.Empty``."""
        chunk = self._chunks.get(block, timeout)
        if isinstance(chunk, bytes):
            self._count(-len(chunk))
        return chunk

    def get_nowait(self) -> Chunk:
        """Return a waiting chunk. Raises ``queue.Empty``."""
        return self.get(block=False)

    def _count(self, more: int) -> None:
        with self._lock:
            self.bytes += more
            if self.bytes <= QUEUED or self._ended:
                self._room.set()
            else:
                self._room.clear()

    def wait_for_room(self) -> None:
        """Wait until no more than ``QUEUED`` bytes are left, or until ``end``."""
        self._room.wait()

    def end(self) -> None:
        """Stop waiting for room, because nothing takes chunks out any more."""
        with self._lock:
            self._ended = True
            self._room.set()

    def qsize(self) -> int:
        """How many chunks wait."""
        return self._chunks.qsize()

    def empty(self) -> bool:
        """Whether nothing waits."""
        return self._chunks.empty()


def next_chunk(queue: Any, seconds: float | None) -> tuple[bool, Chunk]:
    """Return whether a chunk came in time (0: do not wait), and the chunk."""
    try:
        if seconds == 0:
            return True, queue.get_nowait()
        return True, queue.get(timeout=seconds)
    except Empty:
        return False, None


class Connection:
    """The socket to the server."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.socket: socket.socket | None = None
        self.wrapper: Any = None
        self.lock = Lock()
        """One thread sends at a time. Closing does not wait for it: a peer that does not read would
        block both."""

    def connect(self, seconds: float = CONNECT_SECONDS) -> None:
        """Open the socket. Raises ``OSError``, also when it takes too long."""
        opened = socket.create_connection((self.host or "127.0.0.1", self.port), seconds)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.settimeout(None)
        self.socket = opened

    def disconnect(self) -> None:
        """Close the socket, from any thread. Threads that read or send on it wake up."""
        opened, self.socket = self.socket, None
        if opened is not None:
            try:
                opened.shutdown(socket.SHUT_RDWR)
            except OSError:
                logger.debug("the socket was closed already")
            opened.close()

    def isConnected(self) -> bool:
        """Whether the socket is open on our side."""
        return self.socket is not None

    def sendMsg(self, msg: bytes) -> int:
        """Send all of it. Raises ``OSError``."""
        with self.lock:
            opened = self.socket
            if opened is None:
                raise ConnectionError("the connection is closed")
            opened.sendall(msg)
        return len(msg)

    def recvMsg(self, seconds: float | None = None) -> bytes:
        """Receive bytes; waits for at least one, b"" is the end. Raises ``OSError``."""
        opened = self.socket
        if opened is None:
            return b""
        opened.settimeout(seconds)
        try:
            return opened.recv(CHUNK)
        finally:
            if seconds is not None:
                opened.settimeout(None)


class EReaderSignal:
    """Signals the thread that processes messages that some are waiting."""

    def __init__(self) -> None:
        self._event = Event()

    def issueSignal(self) -> None:
        """Wake the waiting thread, or let its next wait return at once."""
        self._event.set()

    def waitForSignal(self, timeout: float | None = None) -> bool:
        """Wait until a signal has been issued since the last wait."""
        came = self._event.wait(timeout)
        self._event.clear()
        return came


class EReader(Thread):
    """Reads the socket on a thread of its own and adds what comes to a queue.

    ``EReader(connection, queue)`` is what ``EClient.connect`` starts by itself.
    ``EReader(client, signal)`` is the three-thread design: ``start()`` ties the signal to the
    client's reader, and another thread calls ``processMsgs()`` whenever the signal comes.
    """

    def __init__(self, conn: Any, msg_queue: Any) -> None:
        super().__init__(name="papertape-reader", daemon=True)
        self.client = None if isinstance(conn, Connection) else conn
        self.conn = conn if self.client is None else conn.conn
        self.signal = msg_queue if hasattr(msg_queue, "issueSignal") else None
        self.error: BaseException | None = None
        """What ended the reading; None while it goes on, and when the server closed in order."""
        self.deadline: float | None = None
        """Until when something must have come; None: it may take any time."""
        self.follower: EReader | None = None
        """The program's own reader, which gets the error that ended the reading."""
        self.msg_queue = self.client.msg_queue if self.client is not None else msg_queue

    def start(self) -> None:
        """Begin to read, or tie the signal to the client's reader that already does."""
        if self.client is None:
            super().start()
            return
        reader = self.client.reader
        if reader is None:
            raise RuntimeError("connect first: there is nothing to read from")
        reader.signal, reader.follower = self.signal, self
        if self.signal is not None:
            self.signal.issueSignal()  # something may have come before

    def join(self, timeout: float | None = None) -> None:
        """Wait until the reading has ended."""
        if self.client is None:
            super().join(timeout)
        elif self.client.reader is not None:
            self.client.reader.join(timeout)

    def processMsgs(self) -> None:
        """Call the wrapper for everything that waits in the queue; does not wait for more."""
        if self.client is None:
            raise RuntimeError("give EReader the client: EReader(client, signal)")
        self.client.process_waiting()

    def run(self) -> None:
        """Queue chunks until the end, which is always the last item in the queue.

        ``error`` has the cause of the end. An exception of a program's own signal ends the reading
        too and is not caught here.
        """
        end: BaseException | None = None
        try:
            self._read()
        except OSError as error:
            end = error
        except BaseException as error:
            end = error
            raise
        finally:
            self._ended(end)

    def _ended(self, end: BaseException | None) -> None:
        if end is not None and self.conn.isConnected():
            logger.warning("reading has ended: %s", end)
            self.error = end
            if self.follower is not None:
                self.follower.error = end
        self._hand_over(end)

    def finish(self) -> None:
        """Wait until the reading has ended, and wake threads that wait for a signal, which would
        wait for ever. The socket has been closed before."""
        if isinstance(self.msg_queue, Backlog):
            self.msg_queue.end()
        if self is not current_thread():
            super().join()
        if self.signal is not None:
            self.signal.issueSignal()

    def _read(self) -> None:
        opened = self.conn.socket
        if opened is None:
            return
        buffer = bytearray(CHUNK)
        view = memoryview(buffer)
        self._wait_for_answer(opened)
        while count := opened.recv_into(buffer):
            self._hand_over(bytes(view[:count]))
            if isinstance(self.msg_queue, Backlog):
                self.msg_queue.wait_for_room()
                continue
            while self.msg_queue.qsize() > CHUNKS and self.conn.isConnected():
                time.sleep(PAUSE_SECONDS)

    def _wait_for_answer(self, opened: socket.socket) -> None:
        """Wait for the first byte, up to the deadline, since the peer may not be a TWS and threads
        that wait for a signal do not check a clock. Raises ``TimeoutError``."""
        if self.deadline is None:
            return
        with selectors.DefaultSelector() as selector:
            selector.register(opened, selectors.EVENT_READ)
            if not selector.select(max(self.deadline - monotonic(), 0.0)):
                raise TimeoutError("no answer")

    def _hand_over(self, chunk: Chunk) -> None:
        self.msg_queue.put(chunk)
        if self.signal is not None:
            self.signal.issueSignal()


class Turn:
    """Tracks which thread processes the queue; only one does at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._owner = 0
        self.guard = Lock()
        """Guards short decisions between the threads."""

    @property
    def taken(self) -> bool:
        """Whether some thread processes now."""
        return self._lock.locked()

    @property
    def mine(self) -> bool:
        """Whether this thread processes."""
        return self._owner == get_ident()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            raise RuntimeError(f"another thread processes messages, not {current_thread().name}")
        self._owner = get_ident()

    def __exit__(self, *exception: object) -> None:
        self._owner = 0
        self._lock.release()


class Answer:
    """A result that one thread sets and another waits for."""

    def __init__(self) -> None:
        self._event = Event()
        self.items: list[Any] = []
        self.error: Exception | None = None

    def done(self) -> None:
        """Release the waiting thread."""
        self._event.set()

    def wait(self, seconds: float | None) -> bool:
        """Wait for ``done``; return whether it came in time."""
        return self._event.wait(seconds)


def spawn(target: Callable[[], None], name: str) -> Thread:
    """A started daemon thread."""
    thread = Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread
