"""``papertape doctor HOST:PORT``: diagnoses why a program cannot connect to a TWS."""

import re
import socket
import time
from collections.abc import Callable
from typing import Annotated, Protocol

import msgspec
import typer
from rich.console import Console

from ..client.doctor import PORTS, Case, Diagnosis, Examination, diagnosis
from ..quoting import visible_json
from .terminal import shown

ADDRESS = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<host>[^:\s]*))(?::(?P<port>\d{1,5}))?")
NEAR_S = 0.5
"""How long the probe of another usual port may take."""
TIME_S = 2.0
"""How long a server that is ready may take to answer reqCurrentTime."""
CHUNK = 65_536


class OpenConnection(Protocol):
    """An open connection."""

    def settimeout(self, seconds: float) -> None:
        """Set how long ``recv`` and ``sendall`` may take."""

    def sendall(self, data: bytes) -> None:
        """Send. Raises ``OSError``."""

    def recv(self, count: int) -> bytes:
        """Receive bytes; b"" at the end. Raises ``TimeoutError``, ``OSError``."""

    def close(self) -> None:
        """Close."""


Opener = Callable[[str, int, float], OpenConnection]
"""Opens a connection within a number of seconds. Raises ``OSError``, ``UnicodeError``."""


def open_socket(host: str, port: int, seconds: float) -> OpenConnection:
    """A TCP connection."""
    return socket.create_connection((host, port), seconds)


def examine(
    host: str,
    port: int,
    client_id: int,
    *,
    timeout: float,
    opener: Opener = open_socket,
    clock: Callable[[], float] = time.monotonic,
) -> Diagnosis:
    """Try to connect once and return the diagnosis; takes at most twice ``timeout``."""
    try:
        line = opener(host, port, timeout)
    except TimeoutError:
        what = f"{place(host, port)} did not answer within {timeout:g} s."
        return diagnosis(Case.FILTERED, host, port, what)
    except ConnectionRefusedError:
        found = diagnosis(Case.REFUSED, host, port, f"{place(host, port)} refuses connections.")
        found.advice += others(host, port, opener)
        return found
    except (OSError, UnicodeError) as error:
        what = f"{place(host, port)} cannot be reached: {error}."
        return diagnosis(Case.UNREACHABLE, host, port, what)
    try:
        return _talk(line, Examination(client_id), (host, port), timeout, clock)
    finally:
        line.close()


def _talk(
    line: OpenConnection,
    examination: Examination,
    where: tuple[str, int],
    timeout: float,
    clock: Callable[[], float],
) -> Diagnosis:
    began = asked_at = clock()
    until = began + timeout
    closed = False
    try:
        line.sendall(examination.begin())
        while not examination.done and (left := until - clock()) > 0:
            line.settimeout(left)
            data = line.recv(CHUNK)
            if not data:
                closed = True
                break
            asked = examination.asked
            line.sendall(examination.receive(data))
            if examination.asked and not asked:
                asked_at = clock()
                until = asked_at + min(TIME_S, timeout)
    except TimeoutError:
        pass  # silence is a result too
    except OSError:
        closed = True
    found = examination.result(*where, closed=closed, seconds=clock() - began)
    if examination.asked and examination.done:
        found.answer_ms = round((clock() - asked_at) * 1000, 3)
    return found


def others(host: str, port: int, opener: Opener) -> list[str]:
    """The usual ports that are open instead."""
    found = []
    for other, name in PORTS.items():
        if other == port:
            continue
        try:
            opener(host, other, NEAR_S).close()
        except (OSError, UnicodeError):
            continue
        found.append(f"Port {other} is open on this computer: it is the usual one of {name}.")
    return found


def place(host: str, port: int) -> str:
    """Host and port in written form."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse(address: str) -> tuple[str, int]:
    """Parse ``HOST:PORT``, ``[IPV6]:PORT``, ``HOST`` or ``:PORT``.

    Raises ``typer.BadParameter``.
    """
    found = ADDRESS.fullmatch(address.strip())
    port = int(found["port"] or 7497) if found else 0
    if found is None or not 0 < port < 65_536:
        raise typer.BadParameter(f"{address!r} is not HOST:PORT, for instance 127.0.0.1:7497")
    return found["six"] or found["host"] or "127.0.0.1", port


def doctor(
    address: Annotated[str, typer.Argument(help="HOST:PORT of a TWS.")] = "127.0.0.1:7497",
    client_id: Annotated[int, typer.Option(min=0, help="Client id to try.")] = 999,
    timeout: Annotated[float, typer.Option(min=0.1, max=600, help="Seconds to wait.")] = 5.0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Diagnose the connection from this computer to a TWS, IB Gateway or station.

    Exit codes: 0 ready, 10 refused, 11 filtered (no answer), 12 open but no TWS, 13 TWS that
    accepts no connections (API disabled), 14 client id in use, 15 waiting to be accepted,
    16 unreachable, 17 rejected, 18 outdated TWS.

    Example: `papertape doctor 127.0.0.1:7497`
    """
    found = examine(*parse(address), client_id, timeout=timeout)
    if json:
        typer.echo(visible_json(msgspec.json.encode(found).decode()))
    else:
        show(found)
    raise typer.Exit(found.exit_code)


def show(found: Diagnosis) -> None:
    """Print the diagnosis as text."""
    console = Console(highlight=False, soft_wrap=True)
    colour = "green" if found.exit_code == 0 else "red"
    console.print(f"[{colour}]{shown(found.case)}[/{colour}]  {shown(found.what)}")
    if found.exit_code == 0:
        asked = f", answers in {found.answer_ms:g} ms" if found.answer_ms is not None else ""
        told = f"accounts {', '.join(found.accounts)}, next id {found.next_valid_id}{asked}"
        console.print(f"  {shown(told)}")
    for code, text in found.notices:
        console.print(f"  notice {code} {shown(text)}")
    if found.notice_count > len(found.notices):
        console.print(f"  {found.notice_count} notices in all; the first are shown, each once")
    for line in found.advice:
        console.print(f"  - {shown(line)}")
