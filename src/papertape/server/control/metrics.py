"""Metrics of all stations in the text format of Prometheus 0.0.4.

Messages, errors and times are counted from the first request on: a station whose metrics nobody
reads counts nothing.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from ... import __version__
from ..aio.server import StationServer
from ..market_data.quotes import QuoteLine
from ..sessions.session import Session
from ..taps.counters import BOUNDS_S, Histogram
from .stations import ANYWHERE, Plant

router = APIRouter(tags=["metrics"])
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

TOLD: Final[dict[int | str, dict[str, Any]]] = {
    **ANYWHERE,
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
}
_WORDS: Final = re.compile(r"(?<!^)(?=[A-Z])")
Labels = Mapping[str, object]


class Metric(NamedTuple):
    """A metric as the format describes it."""

    name: str
    kind: str
    help: str


UP = Metric("papertape_ready", "gauge", "Whether programs can connect: 1 or 0.")
BUILD = Metric("papertape_build_info", "gauge", "1; the label has the version.")
SESSIONS = Metric("papertape_sessions", "gauge", "Open connections by state.")
CONNECTIONS = Metric("papertape_connections_total", "counter", "Connections that were taken.")
LINES = Metric("papertape_market_data_lines", "gauge", "Quote lines of all clients.")
SUBSCRIPTIONS = Metric("papertape_subscriptions", "gauge", "Subscriptions of all clients by kind.")
UNSENT = Metric("papertape_unsent_bytes", "gauge", "Bytes queued for clients in the station.")
TIME = Metric("papertape_market_time_seconds", "gauge", "Market time, seconds since 1970.")
SPEED = Metric("papertape_market_speed", "gauge", "Speed of the market's clock; 0: paused.")
JOURNAL = Metric("papertape_journal_bytes", "gauge", "Bytes of the journal on disk.")
ENTRIES = Metric("papertape_journal_entries_total", "counter", "Entries ever kept in the journal.")
MESSAGES = Metric(
    "papertape_messages_total", "counter", "Messages by direction (in: from clients) and kind."
)
ERRORS = Metric("papertape_errors_total", "counter", "Errors, warnings, notices sent, by code.")
COMMITS = Metric("papertape_journal_commit_seconds", "histogram", "Commits that kept something.")
TURNS = Metric(
    "papertape_turn_seconds", "histogram", "From a client's bytes to the answers of that turn."
)
ALL: Final = (
    BUILD, UP, SESSIONS, CONNECTIONS, LINES, SUBSCRIPTIONS, UNSENT, TIME, SPEED, JOURNAL, ENTRIES,
    MESSAGES, ERRORS, COMMITS, TURNS,
)  # fmt: skip


class MetricsPage:
    """The samples of all stations, gathered by metric as the format wants them."""

    def __init__(self) -> None:
        self._lines: dict[Metric, list[str]] = {metric: [] for metric in ALL}

    def add(self, metric: Metric, value: float, /, **labels: object) -> None:
        """Add a sample."""
        self._lines[metric].append(_sample(metric.name, labels, value))

    def add_histogram(self, metric: Metric, found: Histogram, /, **labels: object) -> None:
        """Add the samples of a histogram, whose buckets count everything up to their bound."""
        lines, below = self._lines[metric], 0
        for bound, count in zip((*(f"{one:g}" for one in BOUNDS_S), "+Inf"), found.counts):
            below += count
            lines.append(_sample(f"{metric.name}_bucket", {**labels, "le": bound}, below))
        lines.append(_sample(f"{metric.name}_sum", labels, found.total / 1e9))
        lines.append(_sample(f"{metric.name}_count", labels, below))

    def text(self) -> str:
        """The page."""
        rows: list[str] = []
        for metric, lines in self._lines.items():
            if lines:
                rows.append(f"# HELP {metric.name} {metric.help}")
                rows.append(f"# TYPE {metric.name} {metric.kind}")
                rows += lines
        return "\n".join(rows) + "\n"


def _sample(name: str, labels: Labels, value: float) -> str:
    shown = ",".join(f'{label}="{_escaped(str(text))}"' for label, text in labels.items())
    return f"{name}{{{shown}}} {value}" if shown else f"{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def page(servers: Mapping[str, StationServer]) -> str:
    """The metrics of these stations; from the first call on they count."""
    found = MetricsPage()
    found.add(BUILD, 1, version=__version__)
    for name, server in servers.items():
        _station(found, name, server)
    return found.text()


def _station(found: MetricsPage, name: str, server: StationServer) -> None:
    station, counters = server.station, server.station.taps.counters
    counters.begin()
    found.add(UP, int(server.listening), station=name)
    sessions = station.connections()
    states = Counter(map(_state, sessions))
    for state in ("started", "waiting", "starting"):
        found.add(SESSIONS, states[state], station=name, state=state)
    found.add(CONNECTIONS, station.registry.count, station=name)
    lines = sum(len(session.subscriptions.of(QuoteLine)) for session in sessions)
    found.add(LINES, lines, station=name)
    for kind, count in _subscriptions(sessions).items():
        found.add(SUBSCRIPTIONS, count, station=name, kind=kind)
    found.add(UNSENT, sum(session.queued for session in sessions), station=name)
    found.add(TIME, server.now() / 1e9, station=name)
    found.add(SPEED, server.clock.speed, station=name)
    size, entries = station.venue.extent()
    found.add(JOURNAL, size, station=name)
    found.add(ENTRIES, entries, station=name)
    for direction, counts in (("in", counters.received), ("out", counters.sent_by_kind)):
        for kind, count in sorted(counts.items()):
            found.add(MESSAGES, count, station=name, direction=direction, kind=kind)
    for code, count in sorted(counters.errors.items()):
        found.add(ERRORS, count, station=name, code=code)
    found.add_histogram(COMMITS, counters.commits, station=name)
    found.add_histogram(TURNS, counters.turns, station=name)


def _state(session: Session) -> str:
    if session.started:
        return "started"
    return "starting" if session.asked is None else "waiting"


def _subscriptions(sessions: Iterable[Session]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for session in sessions:
        found.update(session.subscriptions.counts())
    return {_WORDS.sub("_", name).lower(): count for name, count in sorted(found.items())}


@router.get("/metrics", response_class=Response, responses=TOLD)
async def metrics(request: Request) -> Response:
    """Return the metrics of every station in Prometheus's text format."""
    plant: Plant = request.app.state.plant
    return Response(page(plant.servers), media_type=CONTENT_TYPE)
