"""The HTML report: one file that needs nothing else, with a timeline of each finding."""

from collections.abc import Callable
from html import escape
from typing import Final

from ...venue.units import SECOND, Nanos
from .campaign import StormFound, StormResult
from .told import StormEvent, StormRecord, shown_time

Axis = Callable[[Nanos], float]
WIDTH: Final = 1000
LEFT: Final = 90
ROW: Final = 34
MOST_MARKS: Final = 2_000
"""Of a timeline; what is beyond is counted in words."""
LANES: Final = ("faults", "sessions", "requests", "orders", "fills", "errors")
LANE_OF: Final = {
    "fault": "faults", "connected": "sessions", "ready": "sessions", "left": "sessions",
    "request": "requests", "order": "orders", "change": "orders", "ended": "orders",
    "fill": "fills", "error": "errors",
}  # fmt: skip
STYLE: Final = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1060px; padding: 0 1rem;
  color: #1b1f24; background: #fff }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2.2rem }
pre { background: #f3f4f6; padding: .8rem; overflow-x: auto; border-radius: 6px }
table { border-collapse: collapse } td, th { padding: .2rem .8rem .2rem 0; text-align: left }
svg { width: 100%; height: auto; background: #fafbfc; border: 1px solid #d8dce2;
  border-radius: 6px }
svg text { font: 12px system-ui, sans-serif; fill: #4b5563 }
.lane { stroke: #e3e6ea } .faults { fill: #c0392b } .sessions { fill: #6b7280 }
.requests { fill: #5b8def } .orders { fill: #8e44ad } .fills { fill: #1e8449 }
.errors { fill: #d68910 } .away { fill: #c0392b; opacity: .16 } .finding { stroke: #c0392b }
.position { fill: none; stroke: #1e8449; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) { body { background: #14171b; color: #e5e7eb }
  pre, svg { background: #1d2127; border-color: #343a42 } svg text { fill: #aeb6c0 }
  .lane { stroke: #2c323a } }
"""


def html(result: StormResult, command: str) -> str:
    """The report."""
    failed = sum(bool(one.findings) for one in result.seeds)
    told = f"{len(result.found)} different finding{'' if len(result.found) == 1 else 's'}"
    summary = f"{len(result.seeds)} seeds, {failed} fail, {told}"
    stopped = ", interrupted" if result.stopped else ""
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width, initial-scale=1'>",
        f"<title>papertape storm: {escape(command)}</title><style>{STYLE}</style>",
        f"<h1>papertape storm: {escape(command)}</h1>",
        f"<p>{summary}, {result.wall_s:.1f} s{stopped}.</p>",
    ]
    if result.trouble:
        parts.append(f"<p>The control run fails: {escape(result.trouble)}</p>")
        parts.append(f"<pre>{escape(result.control.output)}</pre>")
    parts += [_finding(one) for one in result.found]
    parts.append("<h2>The control run, without faults</h2>")
    parts.append(timeline(result.control))
    return "\n".join([*parts, "</html>\n"])


def _finding(one: StormFound) -> str:
    seeds = ", ".join(map(str, one.seeds[:40])) + (" …" if len(one.seeds) > 40 else "")
    record = one.result.record
    result = one.result
    parts = [
        f"<h2>{escape(str(one.finding))}</h2>",
        f"<p>Seeds {seeds}. Shrunk with seed {result.seed} from {len(result.faults)} faults to",
        f"{len(result.shrunk)}, {result.runs} runs; found in {result.found_in} of {result.of}.</p>",
    ]
    if record is not None:
        parts.append(timeline(record, one.finding.time))
    parts.append(f"<pre>{escape(one.world)}</pre>")
    if record is not None:
        parts.append("<details><summary>events and output</summary>")
        parts.append(f"<pre>{escape(_events(record))}</pre>")
        parts.append(f"<pre>{escape(record.output)}</pre></details>")
    return "\n".join(parts)


def _events(record: StormRecord) -> str:
    lines = [f"{shown_time(one.time):>12}  {one.kind:9} {one.text}" for one in record.events]
    return "\n".join(lines[:MOST_MARKS])


def timeline(record: StormRecord, finding: Nanos | None = None) -> str:
    """An SVG: faults, sessions, requests, orders, fills, errors and the position on one axis."""
    lasts = max(record.lasted, 1)

    def across(time: Nanos) -> float:
        return LEFT + (WIDTH - LEFT - 20) * min(max(time / lasts, 0), 1)

    bottom = 20 + ROW * (len(LANES) + 1)
    parts = [f"<svg viewBox='0 0 {WIDTH} {bottom + 30}' role='img' aria-label='timeline'>"]
    for place, lane in enumerate((*LANES, "position")):
        y = 20 + ROW * place + ROW // 2
        parts.append(f"<text x='6' y='{y + 4}'>{lane}</text>")
        parts.append(f"<line class='lane' x1='{LEFT}' x2='{WIDTH - 20}' y1='{y}' y2='{y}'/>")
    for number in range(6):
        at = lasts * number // 5
        parts.append(
            f"<text x='{across(at):.1f}' y='{bottom + 18}' text-anchor='middle'>"
            f"{at / SECOND:.0f} s</text>"
        )
    parts += _away(record, across, bottom)
    marks = [one for one in record.events if one.kind in LANE_OF]
    parts += [_mark(one, across) for one in marks[:MOST_MARKS]]
    parts.append(_position(record, across))
    if finding is not None:
        x = f"{across(finding):.1f}"
        parts.append(f"<line class='finding' x1='{x}' x2='{x}' y1='10' y2='{bottom}'/>")
    parts.append("</svg>")
    if len(marks) > MOST_MARKS:
        parts.append(f"<p>{len(marks) - MOST_MARKS} marks are left out.</p>")
    return "\n".join(parts)


def _mark(event: StormEvent, across: Axis) -> str:
    lane = LANE_OF[event.kind]
    y = 20 + ROW * LANES.index(lane) + ROW // 2
    text = f"{shown_time(event.time)} {event.kind} {event.text}"
    x = f"{across(event.time):.1f}"
    return f"<circle class='{lane}' cx='{x}' cy='{y}' r='4'><title>{escape(text)}</title></circle>"


def _away(record: StormRecord, across: Axis, bottom: int) -> list[str]:
    """Bands while a drill lasts."""
    begun: dict[str, Nanos] = {}
    bands = []
    for one in record.events:
        name = one.text.split()[0] if one.text else ""
        if one.kind == "fault":
            begun[name] = one.time
        elif one.kind == "back" and name in begun:
            x, end = across(begun.pop(name)), across(one.time)
            bands.append(
                f"<rect class='away' x='{x:.1f}' y='20' width='{max(end - x, 1):.1f}' "
                f"height='{bottom - 20}'><title>{escape(name)}</title></rect>"
            )
    return bands


def _position(record: StormRecord, across: Axis) -> str:
    """The positions of all symbols, as steps."""
    y = 20 + ROW * len(LANES) + ROW // 2
    fills = record.of("fill")
    most = max((abs(one.position) for one in fills), default=1) or 1
    lines = []
    for symbol in sorted({one.symbol for one in fills}):
        level, points = float(y), [f"{across(0):.1f},{y}"]
        for one in fills:
            if one.symbol == symbol:
                points.append(f"{across(one.time):.1f},{level:.1f}")
                level = y - one.position / most * (ROW // 2 - 2)
                points.append(f"{across(one.time):.1f},{level:.1f}")
        points.append(f"{across(record.lasted):.1f},{level:.1f}")
        lines.append(
            f"<polyline class='position' points='{' '.join(points)}'>"
            f"<title>{escape(symbol)}</title></polyline>"
        )
    return "\n".join(lines)
