"""EClient: the interface of the official client on the wire core.

Connecting, the message loop and the end of a connection; the requests are in ``requests.py``.
Callbacks run on the thread that is in ``run()`` (or in ``EReader.processMsgs()``). As in the
official client, only immediate results of a call are reported on the caller's thread: local
errors, ``connectAck`` of a synchronous ``connect``, and ``connectionClosed`` when no other thread
processes messages.
"""

import sys
from typing import Any, Final

from ..errors import BadFrame
from ..versions import MAX_SERVER, MIN_SERVER
from ..wire.catalogue.orders import PlaceOrder
from ..wire.catalogue.session import StartApi
from ..wire.connection import ClientConnection, Negotiated
from ..wire.framing import MAX_PAYLOAD
from . import errors
from .const import NO_VALID_ID
from .dispatch import Dispatcher
from .reader import Backlog, Connection, EReader, Turn, monotonic, next_chunk
from .requests import Requests
from .utils import ClientException, isAsciiPrintable

POLL_SECONDS: Final = 0.2
"""How long the loop waits before it calls ``msgLoopTmo``."""
HARD_INTERRUPTS: Final = 5
"""Keyboard interrupts that are tolerated; the next one ends the program."""
NO_ANSWER = (
    "{place} accepted the connection but did not answer within {seconds:g} s: it is not a TWS or "
    "IB Gateway, or it is waiting for someone to accept the connection"
)
HUNG_UP = (
    "{place} closed the connection during the handshake: it is not a TWS or IB Gateway, or it does "
    "not accept API connections from this address"
)


class EClient(Requests):
    """A connection to TWS or IB Gateway; the wrapper receives the answers.

    ``on_eof`` says what the end of the connection by the server looks like: "python" (the
    default) calls ``connectionClosed`` once; "java" reports error 507 and "csharp" error -1, and
    both leave ``connectionClosed`` and ``isConnected`` to the program, as those languages do.
    ``timeout`` limits, in seconds, the connecting and the handshake.
    """

    DISCONNECTED: Final = 0
    CONNECTING: Final = 1
    CONNECTED: Final = 2

    on_eof: str = "python"
    timeout: float = 10.0
    lowestVersion: int = MIN_SERVER
    highestVersion: int = MAX_SERVER

    def __init__(self, wrapper: Any) -> None:
        self.msg_queue = Backlog()
        self.wrapper = wrapper
        self.optCapab: str | None = None
        self.connectOptions: str | None = None
        self.asynchronous = False
        self.nKeybIntHard = 0
        self.extraAuth = False
        self._closed = False
        self._turn = Turn()
        self._clear()

    def _clear(self) -> None:
        self.conn: Connection | None = None
        self.wire: ClientConnection | None = None
        self.decoder: Dispatcher | None = None
        self.decode: Any = None
        """Part of the official interface; not used."""
        self.reader: EReader | None = None
        self.host: str | None = None
        self.port: int | None = None
        self.clientId: int | None = None
        self.serverVersion_: int | None = None
        self.connTime: bytes | None = None
        self.connState = self.DISCONNECTED
        self._opening = b""
        self._deadline: float | None = None
        self._over = False
        """Whether the end has been reported and the rest is left to the program (``on_eof``)."""

    def reset(self) -> None:
        """Forget the connection and drop the queue."""
        self._clear()
        self.msg_queue = Backlog()

    # ------------------------------------------------------------ settings

    def setConnState(self, connState: int) -> None:
        """Set the state of the connection: one of the constants of this class."""
        self.connState = connState

    def setConnectOptions(self, opts: str) -> None:
        """Options of the handshake, for instance ``+PACEAPI``; before ``connect``."""
        self.connectOptions = opts

    setConnectionOptions = setConnectOptions

    def setOptionalCapabilities(self, optCapab: str) -> None:
        """Capabilities that START_API announces; before ``connect``."""
        self.optCapab = optCapab

    def setAsyncEConnect(self, asynchronous: bool = True) -> None:
        """Whether ``connect`` returns before the handshake, and ``startApi`` is the program's."""
        self.asynchronous = asynchronous

    AsyncEConnect = setAsyncEConnect

    # ------------------------------------------------------------ connecting

    def connect(self, host: str, port: int, clientId: int) -> None:
        """Connect, complete the handshake and send START_API.

        Raises nothing: a failure is reported to ``error`` (501 already connected, 502 cannot
        connect, 579 a character that may not be sent) and leaves ``isConnected()`` false.
        """
        if not self.validateInvalidSymbols(host):
            return
        if self.connState != self.DISCONNECTED:
            self._tell(NO_VALID_ID, errors.ALREADY_CONNECTED)
            return
        self.reset()
        self.host, self.port, self.clientId = host or "127.0.0.1", port, clientId
        self.setConnState(self.CONNECTING)
        conn = self.conn = Connection(self.host, port)
        self.wire = ClientConnection(
            lowest=self.lowestVersion,
            highest=min(self.highestVersion, _offered()),
            options=self.connectOptions or "",
        )
        try:
            conn.connect(self.timeout)
            conn.sendMsg(self.wire.initiate())
            if not self.asynchronous:
                self._shake_hands(conn)
        except (OSError, BadFrame, OverflowError, UnicodeError) as error:
            self._not_connected(str(error))
            return
        if self.asynchronous:
            self._deadline = monotonic() + self.timeout
            self._read()
        elif self._greet():
            self._read()
            self.wrapper.connectAck()
            if self.connState == self.CONNECTED:
                self.startApi()

    eConnect = connect

    def validateInvalidSymbols(self, host: str | None) -> bool:
        """Whether host, options and capabilities may be sent; else error 579."""
        for text in (host, self.connectOptions, self.optCapab):
            if text is not None and not isAsciiPrintable(text):
                self._tell(NO_VALID_ID, errors.INVALID_SYMBOL, f" - {text}")
                return False
        return True

    def _shake_hands(self, conn: Connection) -> None:
        deadline = monotonic() + self.timeout
        while not self._negotiated():
            try:
                data = conn.recvMsg(max(deadline - monotonic(), 0.001))
            except TimeoutError:
                raise TimeoutError(self._told(NO_ANSWER)) from None
            if not data:
                raise ConnectionError(self._told(HUNG_UP))
            self._opening += data

    def _told(self, text: str) -> str:
        return text.format(place=f"{self.host}:{self.port}", seconds=self.timeout)

    def _negotiated(self) -> bool:
        """Whether the server's answer is complete; what follows it stays in ``_opening``."""
        length = int.from_bytes(self._opening[:4])
        if len(self._opening) >= 4 and length > MAX_PAYLOAD:
            raise BadFrame(message="version answer", found=self._opening[:16])
        if len(self._opening) < 4 + length or not length:
            return False
        assert self.wire is not None
        answer, self._opening = self._opening[: 4 + length], self._opening[4 + length :]
        event = self.wire.receive_data(answer)[0]
        if not isinstance(event, Negotiated):
            raise event.error
        self.serverVersion_, self.connTime = event.version, answer[4:].split(b"\0")[1]
        return True

    def _greet(self) -> bool:
        """Set the negotiated version; False when it is too old to continue."""
        version = self.serverVersion_
        assert version is not None
        if version < MIN_SERVER:
            self._tell(NO_VALID_ID, errors.UPDATE_TWS, f" It has version {version}.")
            self.disconnect()
            return False
        self.decoder = Dispatcher(version, self.wrapper, self._tell)
        self._deadline = None
        self.setConnState(self.CONNECTED)
        return True

    def _read(self) -> None:
        """Start the reader thread; what came with the handshake is the first in the queue."""
        if self._opening:
            self.msg_queue.put(self._opening)
            self._opening = b""
        self.reader = EReader(self.conn, self.msg_queue)
        self.reader.deadline = self._deadline
        self.reader.start()

    def _not_connected(self, why: str) -> None:
        self._tell(NO_VALID_ID, errors.CONNECT_FAIL, f"\n{why}" if why else "")
        self.disconnect()

    def startApi(self) -> None:
        """Announce the client id; ``connect`` does it unless ``asynchronous`` is set."""
        self.logRequest("startApi", vars())
        client, capabilities = self.clientId, self.optCapab or ""
        self._request(
            errors.FAIL_SEND_STARTAPI, (-1, -1, -1), lambda: StartApi(client or 0, capabilities)
        )

    # ------------------------------------------------------------ state

    def isConnected(self) -> bool:
        """Whether the handshake is done and the end has not been reported yet."""
        return self.connState == self.CONNECTED

    def checkConnected(self) -> None:
        """Raise ``ClientException`` (501) when there is a connection already."""
        if self.isConnected():
            raise ClientException(
                errors.ALREADY_CONNECTED.code(), errors.ALREADY_CONNECTED.msg(), ""
            )

    def serverVersion(self) -> int | None:
        """The negotiated version, None when not connected."""
        return self.serverVersion_

    def twsConnectionTime(self) -> bytes | None:
        """The server's time at the connection as it was sent, None when not connected.

        Its zone has the name that the server's system gives it, in whatever language.
        """
        return self.connTime

    def useProtoBuf(self, msgId: int) -> bool:
        """Whether this request is sent to this server as protobuf."""
        from .common import getServerVersionForMessage

        return getServerVersionForMessage(msgId) <= (self.serverVersion_ or 0)

    def validateOrderParameters(self, order: Any) -> str | None:
        """The first field of a protobuf order that this server does not know; None for none."""
        return self._too_new("order", order)

    def validateAttachedOrdersParameters(self, attachedOrders: Any) -> str | None:
        """Like ``validateOrderParameters``, for protobuf attached orders."""
        return self._too_new("attachedOrders", attachedOrders)

    def _too_new(self, part: str, body: Any) -> str | None:
        version = self.serverVersion_ or 0
        for path, needed in PlaceOrder.spec.proto_gates.items():
            at, _, name = path.partition(".")
            if at == part and version < needed and body.HasField(name):
                return name
        return None

    # ------------------------------------------------------------ the message loop

    def run(self) -> None:
        """Process messages until the connection ends or ``disconnect`` is called.

        An exception in a callback ends the loop and the connection and is raised here. If the
        program reconnects in ``connectionClosed``, the loop continues.
        """
        try:
            with self._turn:
                self._loop()
                self._farewell()
                while self.connState != self.DISCONNECTED and not self._over:
                    self._loop()
                    self._farewell()
        except BaseException:
            self.disconnect()
            raise
        finally:
            self._farewell()

    def _loop(self) -> None:
        while self.connState != self.DISCONNECTED and not self._over:
            try:
                if not self._step(POLL_SECONDS):
                    return
            except KeyboardInterrupt:
                self.keyboardInterrupt()
                self.keyboardInterruptHard()

    def process_waiting(self) -> None:
        """Process the queue and return; for ``EReader.processMsgs``."""
        try:
            with self._turn:
                while self.connState != self.DISCONNECTED and self._step(0):
                    pass
                self._farewell()
        finally:
            self._farewell()

    def _step(self, seconds: float) -> bool:
        """Process one chunk. False: nothing is left to wait for."""
        decoder = self.decoder
        if decoder is not None and decoder.interrupted:
            decoder.feed(b"")
        came, chunk = next_chunk(self.msg_queue, seconds)
        if not came:
            self._late()
            if seconds:
                self.msgLoopTmo()
            return bool(seconds)
        self.msgLoopRec()
        if not isinstance(chunk, bytes):
            self._ended(chunk)
            return False
        if decoder is None:
            return self._open(chunk)
        decoder.feed(chunk)
        if decoder.broken:
            self.disconnect()
        return True

    def _open(self, chunk: bytes) -> bool:
        """The asynchronous handshake: collect the answer, then call ``connectAck``."""
        self._opening += chunk
        try:
            if not self._negotiated():
                return True
        except BadFrame as error:
            self._not_connected(str(error))
            return False
        if not self._greet():
            return False
        self.wrapper.connectAck()
        rest, self._opening = self._opening, b""
        if rest and self.decoder is not None:
            self.decoder.feed(rest)
        return True

    def _late(self) -> None:
        if self._deadline is not None and monotonic() > self._deadline:
            self._not_connected(self._told(NO_ANSWER))

    def _ended(self, cause: BaseException | None) -> None:
        """Handle a close by the server, or a failed socket."""
        if self.connState == self.DISCONNECTED:
            return
        self._over = True
        if self.connState == self.CONNECTING:
            late = isinstance(cause, TimeoutError)
            self._not_connected(self._told(NO_ANSWER if late else HUNG_UP))
        elif self.on_eof == "java":
            self._tell(NO_VALID_ID, errors.BAD_LENGTH, f": {cause or 'end of stream'}")
        elif self.on_eof == "csharp":
            told = errors.CodeMsgPair(-1, "Unable to read beyond the end of the stream")
            self._tell(NO_VALID_ID, told, f": {cause}" if cause else "")
        else:
            self.disconnect()

    def msgLoopTmo(self) -> None:
        """Called when nothing has arrived for 0.2 s; may be overridden."""

    def msgLoopRec(self) -> None:
        """Called when bytes have arrived, before they are processed; may be overridden."""

    def keyboardInterrupt(self) -> None:
        """Called when the loop is interrupted from the keyboard; may be overridden."""

    def keyboardInterruptHard(self) -> None:
        """Called after ``keyboardInterrupt``; the sixth time ends the program."""
        self.nKeybIntHard += 1
        if self.nKeybIntHard > HARD_INTERRUPTS:
            raise SystemExit

    # ------------------------------------------------------------ the end

    def disconnect(self) -> None:
        """Close the connection, from any thread or callback; calls ``connectionClosed`` once.

        The call is made on the thread that is processing messages, if there is one, else on this.
        """
        with self._turn.guard:
            if self.connState == self.DISCONNECTED:
                return
            self.connState = self.DISCONNECTED
            conn, reader, decoder, wire = self.conn, self.reader, self.decoder, self.wire
            self._clear()
            self._closed = True
            elsewhere = self._turn.taken and not self._turn.mine
        if decoder is not None:
            decoder.stop()
        if wire is not None:
            wire.close()
        if conn is not None:
            conn.disconnect()
        if reader is not None:
            reader.finish()
        if not elsewhere:
            self._farewell()

    def _farewell(self) -> None:
        """Call ``connectionClosed``, unless that has already been done."""
        with self._turn.guard:
            closed, self._closed = self._closed, False
        if closed:
            self.wrapper.connectionClosed()


def _offered() -> int:
    """``client.MAX_CLIENT_VER``, which programs lower before they connect.

    That module re-exports this one, so it is looked up where it is loaded, not imported.
    """
    client = sys.modules.get(f"{__package__}.client")
    return MAX_SERVER if client is None else int(client.MAX_CLIENT_VER)
