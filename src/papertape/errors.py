"""Every exception of Papertape::

    PapertapeError
    ├── ProtocolError
    │   ├── LocalProtocolError        our side: what the state or the version does not allow
    │   │   ├── FeatureNotSupported   503: the server's version lacks the feature
    │   │   └── FeatureWithdrawn      585: the server's version has it no longer
    │   └── RemoteProtocolError       the peer's side: bytes that are not a message
    │       ├── LimitExceeded       a request that holds more than is taken of one
    │       └── BadFrame
    │           └── FrameTooLong
    ├── ApiError                      the server answered with an error code
    │   ├── RequestRefused
    │   │   ├── ContractNotFound      200
    │   │   └── AmbiguousContract     200, more than one match
    │   └── OrderRejected
    ├── ConnectionProblem             also a ConnectionError
    │   ├── ConnectionFailed          502
    │   ├── ClientIdInUse             326
    │   ├── ServerOutdated            503: no request at all can be sent to this server
    │   ├── NotConnected              504
    │   ├── NotReady                  connected, but orders may not be sent
    │   └── ConnectionLost
    ├── DeadlineExceeded              also a TimeoutError
    ├── SettingsError
    ├── MarketDataError
    ├── RecordingError
    ├── JournalError
    └── WorldError                    a line of a world that is none

Exceptions are failures. Notices and warnings are data (see papertape.codes) and never raised.
Facts are attributes, the sentence is made of them; every exception survives pickle and copy.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from .codes import Code, CodeTable, default_table
from .quoting import visible

__all__ = [
    "AmbiguousContract",
    "ApiError",
    "BadFrame",
    "ClientIdInUse",
    "ConnectionFailed",
    "ConnectionLost",
    "ConnectionProblem",
    "ContractNotFound",
    "DeadlineExceeded",
    "FeatureNotSupported",
    "FeatureWithdrawn",
    "FrameTooLong",
    "JournalError",
    "LimitExceeded",
    "LocalProtocolError",
    "MarketDataError",
    "NotConnected",
    "NotReady",
    "OrderRejected",
    "PapertapeError",
    "ProtocolError",
    "RecordingError",
    "RemoteProtocolError",
    "RequestRefused",
    "ServerOutdated",
    "SettingsError",
    "WorldError",
    "api_error",
]

# A message quotes what was found; a hostile peer must not be able to fill a log line with 16 MB.
QUOTED: Final = 80
CLIPPED: Final = 2_000
"""What is told of a reason, which may quote what others wrote."""


class PapertapeError(Exception):
    """Base of every exception that Papertape raises on purpose.

    Its text is one visible line, whatever a peer or a file has put into it.
    """

    def __str__(self) -> str:
        return visible(super().__str__())

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
        # The default would call the class with positional arguments only; facts are keywords.
        return _revived, (type(self), self.args), self.__dict__


def _revived(cls: type[PapertapeError], args: tuple[Any, ...]) -> PapertapeError:
    error = cls.__new__(cls)
    error.args = args
    return error


def _sentence(head: str, facts: Mapping[str, object]) -> str:
    given = {name: value for name, value in facts.items() if value is not None}
    # What was found and a symbol may be others'; a path is ours, readable to its end.
    told = [f"{n}={_quoted(v) if n in ('found', 'symbol') else repr(v)}" for n, v in given.items()]
    head = _clipped(visible(head))
    return visible(f"{head} ({', '.join(told)})" if told else head)


def _clipped(head: str) -> str:
    return head if len(head) <= CLIPPED else f"{head[:CLIPPED]}… ({len(head)} long)"


def _quoted(value: object) -> str:
    if isinstance(value, (bytes, bytearray, str)) and len(value) > QUOTED:
        return f"{value[:QUOTED]!r}… ({len(value)} long)"
    shown = repr(value)
    return shown if len(shown) <= 2 * QUOTED else f"{shown[:QUOTED]}…"


# ---------------------------------------------------------------- the protocol was broken


class ProtocolError(PapertapeError):
    """Base of violations of the protocol; the subclass says whose fault it is."""


class LocalProtocolError(ProtocolError):
    """Our side did something that the state of the connection or the version does not allow."""

    def __init__(
        self, reason: str, *, message: str | None = None, field: str | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return _sentence(self.reason, {"message": self.message, "field": self.field})


class FeatureNotSupported(LocalProtocolError):
    """The server is too old for a request or field; nothing was sent."""

    code: ClassVar[int] = 503

    def __init__(
        self, feature: str, *, server_version: int, needed_version: int, **place: str | None
    ) -> None:
        reason = f"{feature} needs server version {needed_version}, the server has {server_version}"
        super().__init__(reason, **place)
        self.feature = feature
        self.server_version = server_version
        self.needed_version = needed_version


class FeatureWithdrawn(LocalProtocolError):
    """The server is too new for a value that older ones knew; nothing was sent."""

    code: ClassVar[int] = 585

    def __init__(
        self, feature: str, *, server_version: int, last_version: int, **place: str | None
    ) -> None:
        ended = f"{feature} ended with server version {last_version}"
        super().__init__(f"{ended}, the server has {server_version}", **place)
        self.feature = feature
        self.server_version = server_version
        self.last_version = last_version


class RemoteProtocolError(ProtocolError):
    """The peer sent bytes that are not a message of the negotiated version."""

    default_reason: ClassVar[str] = "cannot be decoded"

    def __init__(
        self,
        *,
        message: str | None = None,
        field: str | None = None,
        offset: int | None = None,
        found: object = None,
        reason: str | None = None,
    ) -> None:
        super().__init__(reason or self.default_reason)
        self.message = message
        self.field = field
        self.offset = offset
        self.found = found
        self.reason = reason or self.default_reason

    def __str__(self) -> str:
        place = ".".join(part for part in (self.message, self.field) if part)
        head = f"{place}: {self.reason}" if place else self.reason
        return _sentence(head, {"offset": self.offset, "found": self.found})


class LimitExceeded(RemoteProtocolError):
    """A request exceeds a limit: bytes, elements of a list, characters of a text."""

    def __init__(self, *, size: int, most: int, unit: str, **place: Any) -> None:
        super().__init__(reason=f"{size} {unit}, at most {most} are taken", **place)
        self.size = size
        self.most = most
        self.unit = unit


class BadFrame(RemoteProtocolError):
    """The peer's bytes are not a frame, so nothing after them can be read either."""

    default_reason: ClassVar[str] = "is not a frame"


class FrameTooLong(BadFrame):
    """The peer announced a frame longer than any message may be."""

    def __init__(self, *, length: int, limit: int) -> None:
        super().__init__(reason=f"frame of {length} bytes announced, at most {limit} are allowed")
        self.length = length
        self.limit = limit


# ---------------------------------------------------------------- the server answered with an error


class ApiError(PapertapeError):
    """The server answered a request or an order with an error code."""

    def __init__(
        self,
        code: int,
        text: str,
        *,
        reqId: int = -1,
        advancedOrderRejectJson: str = "",
        kind: Code | None = None,
    ) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.reqId = reqId
        self.advancedOrderRejectJson = advancedOrderRejectJson
        self.kind = kind or default_table().lookup(code)
        """What the code table says: severity, scope, terminal, retry."""

    @property
    def severity(self) -> str:
        """The severity of the code: error, warning or info."""
        return self.kind.severity

    @property
    def retry(self) -> bool:
        """Whether the same request may succeed later although nothing in it changes."""
        words = self.kind.retry_word.split("|")
        return self.kind.retry and any(word in self.text for word in words)

    def __str__(self) -> str:
        about = f"id {self.reqId}, " if self.reqId != -1 else ""
        return visible(f"{about}code {self.code}: {self.text}")


class RequestRefused(ApiError):
    """The server refused a request, or ended a subscription."""


class ContractNotFound(RequestRefused):
    """No contract matches the description (200)."""


class AmbiguousContract(RequestRefused):
    """More than one contract matches where exactly one is needed (200)."""

    candidates: tuple[Any, ...] = ()
    """The contracts that match, where they are known: those of ``Tws.qualify``."""


class OrderRejected(ApiError):
    """The server refused an order, a modification or a cancel."""


def api_error(
    code: int,
    text: str,
    *,
    reqId: int = -1,
    advancedOrderRejectJson: str = "",
    table: CodeTable | None = None,
) -> ApiError:
    """Make the exception that fits the code, judged by the given or the default table."""
    kind = (table or default_table()).lookup(code)
    cls: type[ApiError] = OrderRejected if kind.scope == "order" else RequestRefused
    if code == 200:
        # Both cases share the number; only the text tells them apart.
        cls = AmbiguousContract if "ambiguous" in text else ContractNotFound
    return cls(code, text, reqId=reqId, advancedOrderRejectJson=advancedOrderRejectJson, kind=kind)


# ---------------------------------------------------------------- the connection


class ConnectionProblem(PapertapeError, ConnectionError):
    """Base of problems of the connection itself."""


class ConnectionFailed(ConnectionProblem):
    """The connection could not be opened; ``cause`` is what the operating system says."""

    code: ClassVar[int] = 502

    def __init__(self, *, host: str, port: int, cause: str) -> None:
        super().__init__(cause)
        self.host = host
        self.port = port
        self.cause = cause

    def __str__(self) -> str:
        return visible(
            f"cannot connect to {self.host}:{self.port}: {self.cause}. Is TWS, IB Gateway or a "
            "station running there, its API enabled, and is this the socket port of its settings?"
        )


class ClientIdInUse(ConnectionProblem):
    """Another live connection holds the client id; the server closed this one."""

    code: ClassVar[int] = 326

    def __init__(self, *, clientId: int) -> None:
        super().__init__(clientId)
        self.clientId = clientId

    def __str__(self) -> str:
        return f"client id {self.clientId} is in use by another connection; choose another one"


class ServerOutdated(ConnectionProblem):
    """The server answered with a version that is too old for everything."""

    code: ClassVar[int] = 503

    def __init__(self, *, version: int, needed: int) -> None:
        super().__init__(version, needed)
        self.version = version
        self.needed = needed

    def __str__(self) -> str:
        return (
            f"the server has version {self.version}, at least {self.needed} is needed: "
            "update TWS or IB Gateway, or look at what answers there"
        )


class NotConnected(ConnectionProblem):
    """There is no connection; nothing was sent."""

    code: ClassVar[int] = 504

    def __init__(self, request: str | None = None) -> None:
        super().__init__(request)
        self.request = request

    def __str__(self) -> str:
        return visible(
            f"not connected: {self.request} was not sent" if self.request else "not connected"
        )


class NotReady(ConnectionProblem):
    """The session is not in a state in which orders may be sent; nothing was sent."""

    def __init__(self, reason: str, *, request: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.request = request

    def __str__(self) -> str:
        fate = f"; {self.request} was not sent" if self.request else ""
        return visible(f"the session is not ready: {self.reason}{fate}")


class ConnectionLost(ConnectionProblem):
    """The connection ended; ``sent`` says whether the peer may have the request that waited."""

    def __init__(self, reason: str, *, request: str | None = None, sent: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.request = request
        self.sent = sent

    def __str__(self) -> str:
        if not self.request:
            return visible(f"connection lost: {self.reason}")
        fate = "its outcome is unknown" if self.sent else "it was not sent"
        return visible(f"connection lost: {self.reason}; {self.request}: {fate}")


class DeadlineExceeded(PapertapeError, TimeoutError):
    """An answer did not come within the time that the caller allowed."""

    report: Any = None
    """For ``connect``: what the server has told so far."""

    def __init__(self, request: str, seconds: float) -> None:
        super().__init__(request, seconds)
        self.request = request
        self.seconds = seconds

    def __str__(self) -> str:
        return visible(f"{self.request}: no answer within {self.seconds:g} s")


# ---------------------------------------------------------------- settings, market data, journal


class _Advised(PapertapeError):
    """A reason, the file or place concerned, and advice."""

    def __init__(self, reason: str, *, path: object = None, advice: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = None if path is None else str(path)
        self.advice = advice

    def _told(self, facts: Mapping[str, object], near: str = "") -> str:
        sentence = _sentence(self.reason, {"path": self.path, **facts})
        meant = f"Did you mean {near}?" if near else ""
        advice = " ".join(filter(None, (meant, self.advice)))
        return visible(f"{sentence}. {advice}" if advice else sentence)


class SettingsError(_Advised):
    """A setting is unknown, malformed or contradicts another one.

    ``near`` is what was probably meant.
    """

    def __init__(
        self,
        reason: str,
        *,
        setting: str | None = None,
        found: object = None,
        path: object = None,
        advice: str | None = None,
        near: str = "",
    ) -> None:
        super().__init__(reason, path=path, advice=advice)
        self.setting = setting
        self.found = found
        self.near = near

    def __str__(self) -> str:
        return self._told({"setting": self.setting, "found": self.found}, self.near)


class MarketDataError(_Advised):
    """Market data, recorded or made, is missing, malformed or contradicts itself."""

    def __init__(
        self,
        reason: str,
        *,
        symbol: str | None = None,
        found: object = None,
        path: object = None,
        advice: str | None = None,
    ) -> None:
        super().__init__(reason, path=path, advice=advice)
        self.symbol = symbol
        self.found = found

    def __str__(self) -> str:
        return self._told({"symbol": self.symbol, "found": self.found})


class RecordingError(_Advised):
    """A recording cannot be read, written, converted or replayed."""

    def __str__(self) -> str:
        return self._told({})


class JournalError(_Advised):
    """The journal cannot be opened, read or written; ``pid`` is the process that holds it."""

    def __init__(
        self,
        reason: str,
        *,
        pid: int | None = None,
        seq: int | None = None,
        path: object = None,
        advice: str | None = None,
    ) -> None:
        super().__init__(reason, path=path, advice=advice)
        self.pid = pid
        self.seq = seq

    def __str__(self) -> str:
        return self._told({"pid": self.pid, "seq": self.seq})


# ---------------------------------------------------------------- worlds


class WorldError(PapertapeError):
    """A line of a world cannot be read or carried out: where, what was read, what would be legal.

    ``line`` and ``column`` count from 1; 0 is a step that no text has. ``near`` is what was
    probably meant.
    """

    def __init__(
        self,
        reason: str,
        *,
        line: int = 0,
        column: int = 0,
        found: str = "",
        legal: str = "",
        near: str = "",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column
        self.found = found
        self.legal = legal
        self.near = near

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        found = f"{_quoted(self.found)} " if self.found else ""
        near = f". Did you mean {self.near}?" if self.near else ""
        legal = f"{'' if near else '.'} Legal: {self.legal}" if self.legal else ""
        return visible(f"{place}{found}{self.reason}{near}{legal}")
