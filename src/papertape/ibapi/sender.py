"""What every request does: check, encode, send. Failures go to ``error`` and are not raised."""

from collections.abc import Callable
from typing import Any

from ..errors import LocalProtocolError
from ..wire.catalogue.session import StartApi
from ..wire.connection import PROTOBUF_OFFSET, ClientConnection
from ..wire.message import Message
from ..wire.refusals import reported_id
from . import errors
from .const import NO_VALID_ID
from .message import OUT
from .reader import Connection, currentTimeMillis
from .utils import log_

Ids = tuple[int, int, int]
"""The ids reported when not connected, when not encodable, and for a bad character."""
REFUSED = {503: errors.UPDATE_TWS, 585: errors.FA_PROFILE_NOT_SUPPORTED}
"""Codes for what this server does not support yet, or no longer supports."""


class Sender:
    """The sending half of ``EClient``."""

    wrapper: Any
    conn: Connection | None
    wire: ClientConnection | None
    serverVersion_: int | None

    def isConnected(self) -> bool:
        """Whether requests can be sent."""
        raise NotImplementedError

    def logRequest(self, fnName: str, fnParams: dict[str, Any]) -> None:
        """Log a request. Every request calls it; programs may override it."""
        log_(fnName, fnParams, "REQUEST")

    def _tell(self, about: int, failure: errors.CodeMsgPair, more: str = "") -> None:
        self.wrapper.error(about, currentTimeMillis(), failure.code(), failure.msg() + more)

    def _request(
        self,
        failure: errors.CodeMsgPair,
        ids: Ids,
        make: Callable[[], Message],
        frame: bytes | None = None,
    ) -> None:
        """Send one message, or report why not. ``frame``: its encoded form, if known."""
        unconnected, failed, misspelt = ids
        wire = self.wire
        if wire is None or not self.isConnected():
            self._tell(unconnected, errors.NOT_CONNECTED)
            return
        if frame is not None:
            self._transmit(frame, failed, failure)
            return
        message = None
        try:
            message = make()
            data = wire.send(message)
        except LocalProtocolError as error:
            code = getattr(error, "code", 0)
            if code in REFUSED and message is not None:
                self._tell(reported_id(message, error), REFUSED[code], f"  {error.reason}.")
            elif code == errors.INVALID_SYMBOL.code() or "invalid symbol" in error.reason:
                told = error.reason.partition("string")[2]
                self._tell(misspelt, errors.INVALID_SYMBOL, f" -{told}")
            else:
                self._tell(failed, failure, str(error))
        else:
            self._transmit(data, failed, failure)

    def _request_proto(self, failure: errors.CodeMsgPair, cls: type[Message], proto: Any) -> None:
        """Send a protobuf message unchanged."""
        field = cls.spec.id_field
        about = int(getattr(proto, field)) if field and proto.HasField(field) else -1
        wire = self.wire
        if wire is None or not self.isConnected():
            self._tell(about, errors.NOT_CONNECTED)
        elif wire.version < cls.spec.protobuf:
            told = f"  It does not support {cls.__name__} as protobuf."
            self._tell(about, errors.UPDATE_TWS, told)
        else:
            body = proto.SerializeToString()
            head = (cls.spec.id + PROTOBUF_OFFSET).to_bytes(4)
            self._transmit((len(body) + 4).to_bytes(4) + head + body, about, failure)

    def _transmit(self, data: bytes, about: int, failure: errors.CodeMsgPair) -> None:
        conn = self.conn
        try:
            if conn is None:
                raise ConnectionError("the connection is closed")
            conn.sendMsg(data)
        except OSError as error:  # the reader sees the same end and reports it
            self._tell(about, failure, str(error))

    # ------------------------------------------------------------ sending by hand

    def sendMsg(self, msgId: int, msg: str) -> None:
        """Send a text message: its id and its fields, each already terminated by NUL."""
        raw = (self.serverVersion_ or 0) >= 201
        head = int(msgId).to_bytes(4) if raw else b"%d\0" % msgId
        self._send_raw(head + msg.encode())

    def sendMsgProtoBuf(self, msgId: int, msg: bytes) -> None:
        """Send a serialized protobuf message under its id (200 is added)."""
        self._send_raw((int(msgId) + 200).to_bytes(4) + msg)

    def _send_raw(self, payload: bytes) -> None:
        data = len(payload).to_bytes(4) + payload
        self._transmit(data, NO_VALID_ID, errors.BAD_MESSAGE)

    def startApiProtoBuf(self, startApiRequestProto: Any) -> None:
        """Like ``startApi``, from a protobuf message."""
        self.logRequest("startApiProtoBuf", vars())
        body = startApiRequestProto.SerializeToString()
        if self.wire is None or not self.isConnected():
            self._tell(NO_VALID_ID, errors.NOT_CONNECTED)
            return
        try:
            self.wire.send(StartApi())  # the state must know
        except LocalProtocolError as error:
            self._tell(NO_VALID_ID, errors.FAIL_SEND_STARTAPI, str(error))
        else:
            self.sendMsgProtoBuf(OUT.START_API, body)
