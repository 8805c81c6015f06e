"""``papertape proxy``: stands between a program and a TWS, and records both."""

import logging
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.logging import RichHandler

from ..errors import SettingsError
from ..quoting import Quoting
from ..recording.aio.foreground import run, until_stopped
from ..recording.aio.proxy import Proxy
from ..recording.aio.recorder import Recorder
from ..recording.drills import WireDrill, parse_drill
from .control import told
from .recording_options import Listen, Quiet


@told
def proxy(
    listen: Listen,
    to: Annotated[str, typer.Option(help="HOST:PORT of the TWS, IB Gateway or station.")],
    record: Annotated[Path | None, typer.Option(help="Write a recording to this new file.")] = None,
    drill: Annotated[
        list[str] | None,
        typer.Option(help="A fault of the wire, as 'reset placeOrder ms=20'; repeat for more."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Pass every byte between a program and a TWS, record both, make the wire fail.

    Point your program at the port of the proxy. Nothing is changed on the way: what is no TWS API
    passes too, a half-close as a half-close, a reset as a reset. Ctrl-C ends it.

    Drills: `delay ms=200`, `slow-drip 200`, `split 7`, `merge ms=50`, `freeze 10`, `half-open`,
    `reset`, `half-frame`; each with `after=SECONDS`, `kind=placeOrder n=2`, `connection=1`.

    **A recording has everything that was said: accounts, names, orders.** Mask it before you show
    it to others: `papertape record sanitise`.

    Example: `papertape proxy --listen 7500 --to 127.0.0.1:7497 --record day.recording`

    Example: `papertape proxy --listen 7500 --to 127.0.0.1:4002 --drill 'reset placeOrder ms=20'`
    """
    log_to_screen(quiet=quiet)
    drills = [parse_drill(text) for text in drill or ()]
    where, target = address(listen, "listen"), address(to, "to", host="")
    run(lambda: _proxy(where, target, record, drills))


async def _proxy(
    where: tuple[str, int], target: tuple[str, int], record: Path | None, drills: list[WireDrill]
) -> None:
    recorder = Recorder(record, to=f"{target[0]}:{target[1]}") if record else None
    between = Proxy(*target, recorder=recorder, drills=drills)
    try:
        host, port = await between.listen(*where)
        kept = f", recording to {record}" if record else ""
        typer.echo(f"listening on {host}:{port} for {target[0]}:{target[1]}{kept}")
        await until_stopped(lambda: str(between.counts))
    finally:
        await between.close()
        typer.echo(str(between.counts))
        if recorder is not None and recorder.problem:
            typer.echo(f"the recording is not whole: {recorder.problem}")
        elif recorder is not None and recorder.lost:
            typer.echo(f"the recording lacks {recorder.lost:,} bytes: the disk was too slow")


def address(text: str, option: str, host: str = "127.0.0.1") -> tuple[str, int]:
    """Host and port of ``HOST:PORT``, or of ``PORT`` where a host is known.

    Raises ``SettingsError``."""
    before, colon, port = text.rpartition(":")
    named = before.strip("[]") if colon else host
    if not named or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        wanted = "HOST:PORT" if not host else "PORT or HOST:PORT"
        raise SettingsError(f"is not {wanted}", setting=option, found=text)
    return named, int(port)


def log_to_screen(*, quiet: bool = False) -> None:
    """Log to stderr, one line each."""
    handler = RichHandler(
        console=Console(stderr=True, highlight=False), show_path=False, log_time_format="%H:%M:%S"
    )
    handler.addFilter(Quoting())
    level = logging.ERROR if quiet else logging.INFO
    logging.basicConfig(level=level, format="%(message)s", handlers=[handler], force=True)
