"""Diagnoses why a program cannot connect to a TWS, from one attempt to connect.

Sans-IO: feed ``Examination`` what the socket receives and send what it returns; ``diagnosis`` then
names the case. The cases are those in which a program gets 502, or nothing at all.
"""

from enum import Enum
from typing import Any, Final

import msgspec

from ..versions import MIN_SERVER
from ..wire.catalogue.session import (
    CurrentTime,
    ErrorMessage,
    ManagedAccounts,
    NextValidId,
    ReqCurrentTime,
    StartApi,
)
from ..wire.connection import Broken, ClientConnection, Negotiated
from .connectivity import Health

SHOWN: Final = 60
"""Bytes shown of an answer that did not come from a TWS."""
NOTICES: Final = 50
"""Distinct notices that are kept; a server may send any number."""
LONGEST: Final = 1000
"""Characters of each."""
PORTS: Final = {
    7496: "TWS, live", 7497: "TWS, paper", 4001: "IB Gateway, live", 4002: "IB Gateway, paper",
}  # fmt: skip
"""The usual socket ports."""


class Case(Enum):
    """The result; its value is the exit code."""

    READY = 0
    REFUSED = 10
    FILTERED = 11
    NOT_TWS = 12
    API_DISABLED = 13
    CLIENT_ID_IN_USE = 14
    WAITING = 15
    UNREACHABLE = 16
    REJECTED = 17
    OUTDATED = 18


class Diagnosis(msgspec.Struct, kw_only=True):
    """The case, its signs and the advice."""

    host: str
    port: int
    case: str
    exit_code: int
    what: str
    """What happened."""
    advice: list[str] = []
    server_version: int | None = None
    connection_time: str = ""
    accounts: list[str] = []
    next_valid_id: int | None = None
    notices: list[tuple[int, str]] = []
    """The first notices, without repetitions."""
    notice_count: int = 0
    """How many notices arrived."""
    broker_link: bool | None = None
    """Whether TWS reports a link to the broker; None when TWS was not reached."""
    answer_ms: float | None = None
    """How long the server took to answer reqCurrentTime."""


SETTINGS: Final = "Look at the API settings of TWS (Global Configuration, API, Settings)"
ADVICE: Final[dict[Case, tuple[str, ...]]] = {
    Case.REFUSED: (
        "Start TWS, IB Gateway or a station; no program listens on this port.",
        f'{SETTINGS}: "Enable ActiveX and Socket Clients", and the socket port.',
    ),
    Case.FILTERED: (
        "A firewall or an antivirus program drops the packets, or no computer has this address.",
        "Allow the port on the computer of TWS, and check the address.",
    ),
    Case.NOT_TWS: (
        "Another program uses this port: check the socket port in the settings of TWS.",
        "A TWS that is frozen, or shows a dialog that blocks it, is silent too.",
    ),
    Case.API_DISABLED: (
        f'{SETTINGS}: "Enable ActiveX and Socket Clients".',
        'There too: "Allow connections from localhost only", and the trusted IPs.',
        "No more than 32 clients may be connected at once.",
    ),
    Case.CLIENT_ID_IN_USE: (
        "Use another client id, or end the program that holds this one.",
        "A connection that was lost without being closed may hold its id until TWS is restarted.",
    ),
    Case.WAITING: (
        "Accept the connection in the dialog that TWS shows.",
        "Or add this address to the trusted IPs in the API settings.",
    ),
    Case.UNREACHABLE: ("Check the name or address, and the network of this computer.",),
    Case.REJECTED: (
        "The user of TWS, or a rule, has rejected the connection.",
        "See the dialogs, the trusted IPs and the log of TWS.",
    ),
    Case.OUTDATED: ("Update TWS or IB Gateway.",),
}


class Examination:
    """One attempt to connect, from the moment the socket is open."""

    def __init__(self, client_id: int) -> None:
        self.done = False
        self.asked = False
        """Whether the session is ready and only the answer to reqCurrentTime is missing."""
        self._client_id = client_id
        self._wire = ClientConnection()
        self._health = Health()
        self._first = b""
        self._version: Negotiated | None = None
        self._accounts: list[str] | None = None
        self._next_id: int | None = None
        self._notices: dict[tuple[int, str], None] = {}
        self._notice_count = 0
        self._broken = ""
        self._in_use = False
        self._told_time = False

    def begin(self) -> bytes:
        """The bytes to send first."""
        return self._wire.initiate()

    def receive(self, data: bytes) -> bytes:
        """Take bytes from the server; return the bytes to send."""
        self._first = (self._first + data)[:SHOWN]
        return b"".join(self._event(event) for event in self._wire.receive_data(data))

    def _event(self, event: Any) -> bytes:
        if isinstance(event, Broken):
            self.done, self._broken = True, str(event.error)
        elif isinstance(event, Negotiated):
            self._version = event
            if event.version >= MIN_SERVER:
                return self._wire.send(StartApi(self._client_id))
            self.done = True
        elif isinstance(event, ErrorMessage):
            self._notice(event)
            self._health.read(event.errorCode, event.errorMsg)
            self._in_use = self._in_use or event.errorCode == 326
            self.done = self.done or self._in_use
        elif isinstance(event, ManagedAccounts):
            self._accounts = [code for code in event.accountsList.split(",") if code]
        elif isinstance(event, NextValidId):
            self._next_id = event.orderId
        elif isinstance(event, CurrentTime):
            self.done = self._told_time = True
        if self._ready and not self.asked:
            self.asked = True
            return self._wire.send(ReqCurrentTime())
        return b""

    def _notice(self, event: ErrorMessage) -> None:
        self._notice_count += 1
        if len(self._notices) < NOTICES:
            self._notices[event.errorCode, event.errorMsg[:LONGEST]] = None

    @property
    def _ready(self) -> bool:
        return self._accounts is not None and self._next_id is not None

    def result(self, host: str, port: int, *, closed: bool, seconds: float) -> Diagnosis:
        """Return the diagnosis after ``seconds``; ``closed``: the server closed the connection."""
        case, what = self._case(closed=closed, seconds=seconds)
        found = diagnosis(case, host, port, what)
        if self._version is not None:
            found.server_version = self._version.version
            found.connection_time = self._version.connection_time
        found.accounts = self._accounts or []
        found.next_valid_id = self._next_id
        found.notices = list(self._notices)
        found.notice_count = self._notice_count
        if case is Case.READY:
            found.broker_link = self._health.link
            found.advice += self._remarks()
        return found

    def _case(self, *, closed: bool, seconds: float) -> tuple[Case, str]:
        if self._broken:
            shown = f"it answered {self._first!r}"
            return Case.NOT_TWS, f"The port is open, but no TWS speaks there: {shown}."
        if self._version is None:
            return self._unanswered(closed=closed, seconds=seconds)
        version = self._version.version
        if version < MIN_SERVER:
            return Case.OUTDATED, f"The TWS has version {version}, at least {MIN_SERVER} is needed."
        if self._in_use:
            told = f"Client id {self._client_id} is in use by another connection."
            return Case.CLIENT_ID_IN_USE, told
        if self._ready:
            return Case.READY, f"The TWS is ready (server version {version})."
        if closed:
            told = "the connection was closed before it was accepted"
            return Case.REJECTED, f"A TWS answered (server version {version}), but {told}."
        told = f"in {seconds:.1f} s it has not accepted the connection"
        if self._notice_count > NOTICES:
            told += f" and has sent {self._notice_count} notices without end"
        return Case.WAITING, f"A TWS answered (server version {version}), but {told}."

    def _unanswered(self, *, closed: bool, seconds: float) -> tuple[Case, str]:
        if self._first:
            told = f"it answered {self._first!r}"
            return Case.NOT_TWS, f"The port is open, but no TWS speaks there: {told}."
        if closed:
            told = (
                "the server closed the connection without an answer, as a TWS does with the API off"
            )
            return Case.API_DISABLED, f"The port is open, but {told}."
        told = f"nothing was said in {seconds:.1f} s"
        return Case.NOT_TWS, f"The port is open, but {told}."

    def _remarks(self) -> list[str]:
        found = []
        if not self._health.link:
            found.append("TWS has no link to the broker at the moment: orders and data must wait.")
        found += [f"Data farm {name} is broken." for name in self._health.broken]
        if not self._told_time:
            found.append("The server has not told its time: it may be overloaded.")
        if self._notice_count > NOTICES:
            found.append(f"It has sent {self._notice_count} notices in this short time.")
        return found


def diagnosis(case: Case, host: str, port: int, what: str) -> Diagnosis:
    """A case with its advice."""
    return Diagnosis(
        host=host,
        port=port,
        case=case.name.lower().replace("_", "-"),
        exit_code=case.value,
        what=what,
        advice=list(ADVICE.get(case, ())),
    )
