"""Compares what a peer says it received and sent with what the station says it sent and received.

Pure: two lists of dictionaries in, a list of sentences out; an empty list means that they agree.
`trace` is what a driver printed (see drivers/tracing.py), `log` the station's wire log, one line
a message: {"time", "client", "dir": "in" | "out", "name", "version", "format", "fields"}.

`compare_tables` says which callback a message becomes and which values must arrive. A message or
a callback that no table knows is itself a difference.

TCP keeps the order and the driver ends each connection with a question, so everything that the
station sent before its last CurrentTime must have arrived, in that order; what it sent after may.
"""

from __future__ import annotations

import datetime
import math
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from peers.compare_tables import BAR, REPLIES, REQUESTS, Pairs

Line = Mapping[str, Any]

SIZE_TICK = {1: 0, 2: 3, 4: 5, 66: 69, 67: 70, 68: 71}  # a price's size comes as a tick of its own
END_APART = 196  # from here on the end of the bars is a message
LOCAL = {"connectAck", "connectionClosed"}  # callbacks that no message causes
TICKS = {"tickPrice", "tickSize", "tickString", "tickGeneric", "priceSizeTick"}
# What the asynchronous libraries log for the two refusals that the journey provokes.
LOGS_OK = re.compile(r"Error (200|202), reqId \d+: ")
UNSET = ("", 0, sys.float_info.max, 2**31 - 1, 2**63 - 1, 2**127 - 1)
MOST = 3  # differences shown for one kind of message
PLACE = re.compile(r"(\d{8})[- ]+(\d\d:\d\d:\d\d)(?: +(\S+))?$")


@dataclass(frozen=True)
class Expected:
    """A callback (or a message) that must come, with the values that it must carry."""

    name: str
    checks: tuple[tuple[str, Any], ...]  # path into the arguments, value


@dataclass(frozen=True)
class Got:
    """A callback (or a message) that came."""

    name: str
    where: str
    args: Any


class Defaults:
    """Reads rendered objects: an attribute that is not shown has its class's default."""

    def __init__(self, trace: Iterable[Line]) -> None:
        self.classes = {line["class"]: line["defaults"] for line in trace if "class" in line}

    def read(self, args: Any, path: str) -> Any:
        value = args
        for part in path.split("."):
            value = self._one(value, part)
        return value

    def _one(self, value: Any, part: str) -> Any:
        if isinstance(value, Sequence) and not isinstance(value, str):
            return value[int(part)] if int(part) < len(value) else MISSING
        if not isinstance(value, Mapping):
            return MISSING
        shown = self.classes.get(value.get("_", ""), {})
        for name in part.split("|"):
            if name in value:
                return value[name]
            if name in shown:
                return shown[name]
        return MISSING


MISSING = object()


def compare(trace: Sequence[Line], log: Sequence[Line], *, joined_ticks: bool) -> list[str]:
    """Return every difference; `log` holds one client's lines only.

    `joined_ticks` says that the peer reports a price and its size in one callback.
    """
    found = [*ended(trace), *logged(trace), *noise(trace)]
    theirs, ours = split(trace, _opens), split(log, _starts)
    if len(theirs) != len(ours):
        return [*found, f"the peer opened {len(theirs)} connections, the station saw {len(ours)}"]
    defaults = Defaults(trace)
    for number, (lines, messages) in enumerate(zip(theirs, ours), 1):
        problems = [
            *replies(lines, messages, defaults, joined_ticks=joined_ticks),
            *requests(lines, messages, defaults),
        ]
        found += [f"connection {number}: {problem}" for problem in problems]
    return found


def ended(trace: Sequence[Line]) -> list[str]:
    """Return why the journey is not complete."""
    last = trace[-1] if trace else {}
    if "failed" in last:
        facts = dict(last["failed"])
        step, reason = facts.pop("step"), facts.pop("reason")
        return [f"step {step}: {reason}" + (f" {facts}" if facts else "")]
    return [] if "done" in last else ["the driver stopped without saying how the journey ended"]


def logged(trace: Sequence[Line]) -> list[str]:
    """Return what the library logged beside the two refusals that the journey provokes."""
    lines = [line for line in trace if "log" in line]
    return [
        f"the library logged {line['log']}: {line['text']}"
        for line in lines
        if not LOGS_OK.match(line["text"])
    ]


def noise(trace: Sequence[Line]) -> list[str]:
    """Return the ticks that came although their subscription had ended."""
    quiet: set[int] = set()
    late: Counter[int] = Counter()
    for line in trace:
        if "connecting" in line:
            quiet.clear()
        quiet.update(line.get("quiet", ()))
        if line.get("received") in TICKS and arguments(line)[0] in quiet:
            late[arguments(line)[0]] += 1
    return [f"request {ident}: {count} ticks after its end" for ident, count in late.items()]


def replies(
    lines: Sequence[Line], messages: Sequence[Line], defaults: Defaults, *, joined_ticks: bool
) -> list[str]:
    """Compare one connection's callbacks with the messages sent."""
    sent = [message for message in messages if message["dir"] == "out"]
    unknown = {m["name"] for m in sent if not _known(m["name"])}
    fences = [number for number, message in enumerate(sent) if message["name"] == "CurrentTime"]
    if not fences:
        return ["the station sent no CurrentTime, so nothing tells what must have arrived"]
    expected: list[Expected] = []
    required = 0
    for number, message in enumerate(sent):
        if message["name"] not in unknown:
            expected += expected_of(message, joined_ticks=joined_ticks)
        if number == fences[-1]:
            required = len(expected)
    callbacks = [line for line in lines if "received" in line and line["received"] not in LOCAL]
    got = [Got(*callback(line)) for line in callbacks]
    return [
        *(f"the tables do not know the message {name}" for name in sorted(unknown)),
        *paired(expected, got, defaults, required=required, verb="arrived"),
    ]


def requests(lines: Sequence[Line], messages: Sequence[Line], defaults: Defaults) -> list[str]:
    """Compare one connection's requests with the messages that the station received."""
    sent = [line for line in lines if "sent" in line]
    unknown = sorted({line["sent"] for line in sent if line["sent"] not in REQUESTS})
    if unknown:
        return [f"the tables do not know the request {name}" for name in unknown]
    # Here the station is the one that got something: swap the sides of the table.
    expected = []
    for line in sent:
        name, pairs = REQUESTS[line["sent"]]
        args = arguments(line)
        checks = [(right, defaults.read(args, left)) for left, right in pairs]
        expected.append(Expected(name, tuple(checks)))
    seen = [m for m in messages if m["dir"] == "in" and plain(m["name"]) != "StartApi"]
    got = [Got(plain(m["name"]), f"message {number}", m) for number, m in enumerate(seen, 1)]
    return paired(
        expected, got, _MessageFields(), required=len(expected), verb="reached the station"
    )


def paired(
    expected: Sequence[Expected],
    got: Sequence[Got],
    defaults: Any,
    *,
    required: int,
    verb: str,
) -> list[str]:
    """Compare two sequences: counts and values name by name, then the order of all."""
    found: list[str] = []
    must = Counter(e.name for e in expected[:required])
    may = Counter(e.name for e in expected)
    have = Counter(g.name for g in got)
    for name in dict.fromkeys([*may, *have]):
        if not must[name] <= have[name] <= may[name]:
            wanted = str(may[name]) if must[name] == may[name] else f"{must[name]} to {may[name]}"
            found.append(f"{name}: {wanted} sent, {have[name]} {verb}")
        wants = [e for e in expected if e.name == name]
        comes = [g for g in got if g.name == name]
        wrong = [text for e, g in zip(wants, comes) for text in differing(e, g, defaults)]
        found += wrong[:MOST]
        if len(wrong) > MOST:
            found.append(f"{name}: {len(wrong) - MOST} more values differ")
    if not found:
        found += out_of_order([e.name for e in expected], [g.name for g in got])
    return found


def differing(expected: Expected, got: Got, defaults: Any) -> Iterator[str]:
    """Yield the values that did not arrive as they were sent."""
    for path, value in expected.checks:
        came = defaults.read(got.args, path)
        if came is MISSING:
            yield f"{got.name} ({got.where}): no {path}"
        elif not same(value, came):
            yield f"{got.name} ({got.where}): {path} was sent as {value!r} and came as {came!r}"


def out_of_order(expected: Sequence[str], got: Sequence[str]) -> list[str]:
    for number, (want, have) in enumerate(zip(expected, got), 1):
        if want != have:
            return [f"out of order: number {number} was sent as {want} and came as {have}"]
    return []


def expected_of(message: Line, *, joined_ticks: bool) -> Iterator[Expected]:
    """Yield the callbacks that a message must become."""
    name, fields = message["name"], message["fields"]
    if name == "TickPrice":
        yield from _tick_price(fields, joined=joined_ticks)
    elif name == "HistoricalData":
        request = ("0", field(fields, "reqId"))
        for bar in field(fields, "historicalDataBars|bars") or ():
            yield Expected("historicalData", (request, *_checks(BAR, bar)))
        if message["version"] < END_APART:
            yield Expected("historicalDataEnd", _checks(REPLIES["HistoricalDataEnd"][1], fields))
    else:
        callback_name, pairs = REPLIES[name]
        yield Expected(callback_name, _checks(pairs, fields))


def _tick_price(fields: Line, *, joined: bool) -> Iterator[Expected]:
    tick, size = field(fields, "tickType"), field(fields, "size")
    price = (("0", field(fields, "reqId")), ("1", tick), ("2", field(fields, "price")))
    if joined:
        yield Expected("priceSizeTick", (*price, ("3", size)))
        return
    yield Expected("tickPrice", price)
    if tick in SIZE_TICK:
        pairs = (("0", field(fields, "reqId")), ("1", SIZE_TICK[tick]), ("2", size))
        yield Expected("tickSize", pairs)


def _checks(pairs: Pairs, fields: Line) -> tuple[tuple[str, Any], ...]:
    return tuple((left, field(fields, right)) for left, right in pairs)


def callback(line: Line) -> tuple[str, str, list[Any]]:
    """Return a callback's canonical name, where it stands, and its canonical arguments."""
    name, args = line["received"], arguments(line)
    if name == "commissionReport":
        name = "commissionAndFeesReport"
    if name == "error":
        # (id, code, text), (id, code, text, json) or (id, time, code, text[, json])
        timed = len(args) > 3 and isinstance(args[2], int)
        args = [args[0], *args[2:4]] if timed else args[:3]
    return name, f"line {line['seq']}", args


def arguments(line: Line) -> list[Any]:
    return list(line["args"].values())


def field(fields: Line, path: str) -> Any:
    """Return a message's field, nested or flat, or None where it is not set."""
    for way in path.split("|"):
        if way in fields:
            return fields[way]
        value: Any = fields
        for part in way.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            return value
    return None


class _MessageFields:
    """Reads a wire log's line as `Defaults` reads a trace's."""

    def read(self, message: Line, path: str) -> Any:
        return field(message["fields"], path)


def same(sent: Any, came: Any) -> bool:
    """Say whether two values are one, whatever their types; unset equals each way to say so."""
    if sent is None or came is None:
        other = came if sent is None else sent
        return other is None or any(_equal(other, unset) for unset in UNSET)
    if isinstance(came, Mapping) and came.get("_") == "datetime":
        return _instant(str(sent)) == datetime.datetime.fromisoformat(came["iso"])
    return _equal(sent, came)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return bool(one) == bool(other)
    left, right = _number(one), _number(other)
    if left is not None and right is not None:
        return left == right
    return str(one) == str(other)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    try:
        number = Decimal(repr(value) if isinstance(value, float) else str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _instant(text: str) -> datetime.datetime | None:
    """Return the instant that a server's date and time names; without a zone it is in UTC."""
    if not (parts := PLACE.match(text)):
        return None
    naive = datetime.datetime.strptime(f"{parts[1]} {parts[2]}", "%Y%m%d %H:%M:%S")
    return naive.replace(tzinfo=ZoneInfo(parts[3] or "UTC"))


def split(lines: Sequence[Line], opens: Any) -> list[list[Line]]:
    """Cut a list before each line that opens a connection; what is before the first is no one's."""
    out: list[list[Line]] = []
    for line in lines:
        if opens(line):
            out.append([])
        if out:
            out[-1].append(line)
    return out


def _opens(line: Line) -> bool:
    return "connecting" in line


def _starts(line: Line) -> bool:
    return line["dir"] == "in" and plain(line["name"]) == "StartApi"


def plain(name: str) -> str:
    """Return a request's name without the suffix that the protobuf schema gives it."""
    return name.removesuffix("Request")


def _known(name: str) -> bool:
    return name in REPLIES or name in {"TickPrice", "HistoricalData"}
