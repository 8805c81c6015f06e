"""The trace that a driver writes: one JSON object a line, numbered, in the order things happened.

Standard library only: it runs inside the peers' environments. The lines of a journey:

    {"seq", "phase": STEP}                     a step of the journey begins
    {"seq", "t", "sent": NAME, "args": {…}}       the program called a request of its library
    {"seq", "t", "received": NAME, "args": {…}}   the library called the program back
    {"seq", "log": LEVEL, "text": …}           the library logged a warning or worse
    {"seq", "class": NAME, "defaults": {…}}    a class's defaults, before its first object
    {"seq", "note": NAME, …}                   what the driver chose or concluded
    {"seq", "quiet": [ids]}                    from here on nothing may come for these requests
    {"seq", "connecting": {"client", "offered"}}   what follows belongs to a new connection
    {"seq", "connected": {"version"}}          the handshake is complete
    {"seq", "failed": {"step", "reason", …}}   the journey ended here; the exit code is 1
    {"seq", "done": true}                      the journey is complete; the exit code is 0

Values are exact: a Decimal is its text, a float Python's shortest form, an object the dictionary of
its public attributes that differ from the defaults of its class (which "_" names).
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import enum
import inspect
import json
import logging
import math
import sys
import threading
import time
import traceback
from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal
from functools import partial
from typing import Any

DEADLINE = 60.0  # seconds for one wait, unless --deadline says otherwise


class Failed(Exception):
    """The journey cannot go on; says what was missing."""

    def __init__(self, reason: str, **facts: Any) -> None:
        super().__init__(reason)
        self.facts = {"reason": reason, **facts}


@dataclasses.dataclass(frozen=True)
class Event:
    """A callback that the library made."""

    seq: int
    name: str
    args: tuple[Any, ...]
    shown: dict[str, Any]  # the arguments as they came; a library may change its objects later


class Trace:
    """Numbers and prints what happens, and keeps the callbacks for the driver's waits."""

    def __init__(self, out: Any = sys.stdout) -> None:
        self.events: list[Event] = []
        self.changed = threading.Condition()
        self.step = "start"
        self._out = out
        self._seq = 0
        self._began = time.monotonic()
        self._defaults: dict[type, dict[str, Any]] = {}
        self._lock = threading.RLock()

    def phase(self, step: str) -> None:
        self.step = step
        self._print(phase=step)
        self._out.flush()

    def sent(self, name: str, args: dict[str, Any]) -> None:
        with self._lock:
            rendered = self.render(args)
            self._print(t=self._now(), sent=name, args=rendered)

    def received(self, name: str, args: dict[str, Any]) -> None:
        with self._lock:
            rendered = self.render(args)
            seq = self._print(t=self._now(), received=name, args=rendered)
        with self.changed:
            self.events.append(Event(seq, name, tuple(args.values()), rendered))
            self.changed.notify_all()

    def log(self, level: str, text: str) -> None:
        self._print(log=level, text=text)

    def note(self, name: str, **facts: Any) -> None:
        with self._lock:
            self._print(note=name, **self.render(facts))

    def quiet(self, *ids: int) -> None:
        self._print(quiet=list(ids))

    def connecting(self, client: int, offered: int | None) -> None:
        self._print(connecting={"client": client, "offered": offered})

    def connected(self, version: int) -> None:
        self._print(connected={"version": version})

    def failed(self, facts: dict[str, Any]) -> None:
        self._print(failed={"step": self.step, **facts})
        self._out.flush()

    def done(self) -> None:
        self._print(done=True)
        self._out.flush()

    def conclude(self, journey: Callable[[], None]) -> int:
        """Run the journey and return the exit code; the last line says how it ended."""
        try:
            journey()
        except Failed as failure:
            self.failed(failure.facts)
            return 1
        except Exception as broken:  # a crash of the library or of the driver: told, not hidden
            place = traceback.extract_tb(broken.__traceback__)[-1]
            reason = f"{type(broken).__name__}: {broken}"
            self.failed({"reason": reason, "at": f"{place.filename}:{place.lineno}"})
            return 1
        self.done()
        return 0

    def _print(self, **line: Any) -> int:
        with self._lock:
            self._seq += 1
            print(json.dumps({"seq": self._seq, **line}), file=self._out)
            return self._seq

    def _now(self) -> float:
        return round(time.monotonic() - self._began, 6)

    def render(self, value: Any) -> Any:
        """Return the value in JSON's types, losing nothing."""
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, enum.Enum):
            return self.render(value.value)
        if isinstance(value, int):
            return int(value)
        if isinstance(value, float):
            return value if math.isfinite(value) else repr(value)
        if isinstance(value, Decimal):
            return str(value)
        if isinstance(value, bytes):
            return value.decode("latin-1")
        if isinstance(value, (datetime.datetime, datetime.date)):
            return {"_": "datetime", "iso": value.isoformat()}
        if isinstance(value, dict):
            return {str(key): self.render(item) for key, item in value.items()}
        if isinstance(value, (set, frozenset)):
            return sorted((self.render(item) for item in value), key=repr)
        if hasattr(value, "_asdict"):
            return {"_": type(value).__name__, **self.render(value._asdict())}
        if isinstance(value, (list, tuple)):
            return [self.render(item) for item in value]
        return self._object(value)

    def _object(self, value: Any) -> dict[str, Any]:
        defaults = self._defaults_of(type(value))
        attributes = {name: self.render(item) for name, item in public(value).items()}
        missing = object()
        changed = {k: v for k, v in attributes.items() if defaults.get(k, missing) != v}
        return {"_": type(value).__name__, **changed}

    def _defaults_of(self, kind: type) -> dict[str, Any]:
        if kind not in self._defaults:
            self._defaults[kind] = {}  # a class that holds its own kind ends here
            try:
                fresh = kind()
            except TypeError:  # needs arguments: every attribute is shown
                fresh = None
            shown = {} if fresh is None else self.render(public(fresh))
            self._defaults[kind] = shown
            self._print(**{"class": kind.__name__, "defaults": shown})
        return self._defaults[kind]


def public(value: Any) -> dict[str, Any]:
    """Return the object's own public attributes."""
    if dataclasses.is_dataclass(value):
        pairs = [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
    elif hasattr(value, "__dict__"):
        pairs = list(vars(value).items())
    else:
        names = [n for kind in type(value).__mro__ for n in getattr(kind, "__slots__", ())]
        pairs = [(name, getattr(value, name)) for name in names if hasattr(value, name)]
    return {name: item for name, item in pairs if not name.startswith("_") and not callable(item)}


def bind(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict:
    """Return the arguments of a method call (its `self` first in `args`) by parameter name."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    return dict(list(bound.arguments.items())[1:])


class LogTap(logging.Handler):
    """Sends the library's own log lines, from warnings up, into the trace."""

    def __init__(self, trace: Trace) -> None:
        super().__init__(logging.WARNING)
        self.trace = trace

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text += f" | {record.exc_info[1]!r}"
        self.trace.log(record.levelname, text)


def arguments(description: str) -> argparse.Namespace:
    """Parse what every driver takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--module", required=True, help="the library to drive, e.g. ibapi")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--client-id", type=int, default=1)
    parser.add_argument(
        "--max-version", type=int, nargs="+", help="the highest version to offer, of each journey"
    )
    parser.add_argument("--journey", default="full")
    parser.add_argument("--deadline", type=float, default=DEADLINE, help="seconds for one wait")
    return parser.parse_args()


def journeys(
    options: argparse.Namespace, travel: Callable[[argparse.Namespace, Trace], None]
) -> int:
    """Make a journey for each version, with client ids that count up; return the exit code.

    A journey that fails is the last: what it leaves behind would speak into the next.
    """
    for number, version in enumerate(options.max_version or [None]):
        one = {**vars(options), "max_version": version, "client_id": options.client_id + number}
        trace = Trace()
        listen_to_logs(trace)
        if status := trace.conclude(partial(travel, argparse.Namespace(**one), trace)):
            return status
    return 0


def listen_to_logs(trace: Trace) -> None:
    root = logging.getLogger()
    root.handlers[:] = [LogTap(trace)]
    root.setLevel(logging.WARNING)


def cents_below(price: float, share: str) -> float:
    """Return `share` of the price, rounded down to a cent."""
    exact = Decimal(repr(float(price))) * Decimal(share)
    return float(exact.quantize(Decimal("0.01"), rounding=ROUND_FLOOR))


# What the journey asks for; the same for every peer.
QUOTED = ("SPY", "AAPL")
AAPL_ID = 265598
UNKNOWN = "NOSUCHSYMBOL"
FARM_NOTICES = (2104, 2106, 2158)
# bid, ask, last; their sizes; high, low, volume, close, open
QUOTE_TICKS = frozenset({1, 2, 4, 0, 3, 5, 6, 7, 8, 9, 14})
PRICE_TICKS = frozenset({1, 2, 4, 6, 7, 9, 14})
SIZE_OF_PRICE = {1: 0, 2: 3, 4: 5}
SUMMARY_TAGS = ("NetLiquidation", "TotalCashValue", "BuyingPower")
WORKING = ("PreSubmitted", "Submitted")


def need(condition: object, reason: str, **facts: Any) -> None:
    """Fail the journey unless the condition holds."""
    if not condition:
        raise Failed(reason, **facts)


def ticks(events: list[Event], request: int) -> dict[int, Any]:
    """Return the last value of each tick type that came for a request."""
    out: dict[int, Any] = {}
    for event in events:
        if event.name not in {"tickPrice", "tickSize", "priceSizeTick"}:
            continue
        if event.args[0] != request:
            continue
        tick, value = event.args[1], event.args[2]
        out[tick] = value
        if event.name == "priceSizeTick" and tick in SIZE_OF_PRICE:
            out[SIZE_OF_PRICE[tick]] = event.args[3]
    return out


def check_quote(
    events: list[Event], request: int, symbol: str, *, headed: bool = True, version: int = 226
) -> None:
    """Check a quote's shape: what comes first, and that its numbers can be those of a market."""
    mine = [e for e in events if e.args and e.args[0] == request]
    names = [e.name for e in mine]
    first = next(i for i, n in enumerate(names) if n in {"tickPrice", "tickSize", "priceSizeTick"})
    if headed:
        expected = {"tickReqParams", "marketDataType"} if version >= 114 else {"marketDataType"}
        heads = expected - set(names[:first])
        need(not heads, f"{symbol}: a tick came before {', '.join(sorted(heads))}", order=names[:5])
    now = ticks(mine, request)
    bid, ask = now.get(1, 0), now.get(2, 0)
    # The sides come as ticks of their own, so they may cross for a moment, but never by much.
    near = bid > 0 and ask > 0 and abs(ask - bid) < bid * 0.05
    need(near, f"{symbol}: bid {bid} and ask {ask} are no market", ticks=repr(now))
    if headed:
        need(0 < now[7] <= now[6], f"{symbol}: low {now[7]} above high {now[6]}", ticks=repr(now))


def check_bars(dates: list[str], format_date: int) -> None:
    """Check the dates of one-minute bars: the asked format, strictly rising."""
    need(len(dates) > 1, f"{len(dates)} bars in a day of minutes")
    digits = [date.isdigit() for date in dates]
    need(all(digits) if format_date == 2 else not any(digits), "wrong date format", dates=dates[:2])
    need(dates == sorted(set(dates)), "bars are not in rising order", dates=dates[:5])
