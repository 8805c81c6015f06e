"""What compiled decoding would give: run by the environment that ``build.py`` makes.

    .cache/prototypes/env/bin/python bench/prototypes/measure.py

From a buffer in memory to a Python callback or to columns, one thread, text of server 200; rounds
follow each other, medians of messages (bars) per second of processor time.
"""

import array
import json
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE)]

import plain  # noqa: E402
import tape_c  # noqa: E402
import tape_cython  # noqa: E402
import tape_mypyc  # noqa: E402
import tape_rs  # noqa: E402
from bench import samples  # noqa: E402

from papertape.ibapi.callbacks import PRICE_ATTRIBS  # noqa: E402
from papertape.ibapi.common import BarData  # noqa: E402
from papertape.ibapi.dispatch import Dispatcher  # noqa: E402
from papertape.ibapi.wrapper import EWrapper  # noqa: E402

VERSION, TICKS, BARS, ROUNDS = 200, 20_000, 10_000, 15
NAMES = ("date", "open", "high", "low", "close", "volume", "wap", "barCount")


class Counting(EWrapper):
    """A program whose callbacks do next to nothing."""

    def __init__(self) -> None:
        self.seen = 0

    def tickPrice(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:
        self.seen += 1

    def tickSize(self, reqId: int, tickType: int, size: Any) -> None:
        pass

    def historicalData(self, reqId: int, bar: Any) -> None:
        self.seen += 1

    def historicalDataEnd(self, reqId: int, start: str, end: str) -> None:
        pass


class Keeping(Counting):
    """Keeps what it is called with, to see that all say the same."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Any] = []

    def tickPrice(self, *values: Any) -> None:
        self.kept.append((*values[:3], vars(values[3])))

    def tickSize(self, *values: Any) -> None:
        self.kept.append(values)

    def historicalData(self, reqId: int, bar: Any) -> None:
        self.kept.append((reqId, *(getattr(bar, name) for name in NAMES)))


def tick_columns(data: bytes) -> list[Any]:
    """What plain Python does for columns."""
    columns = [array.array("d") for _ in range(4)]
    start, size = 0, len(data)
    while start + 4 <= size:
        end = start + 4 + int.from_bytes(data[start : start + 4])
        f = data[start + 4 : end].split(b"\0")
        for column, token in zip(columns, f[2:6]):
            column.append(float(token))
        start = end
    return columns


def bar_columns(payload: bytes) -> Any:
    """The same for bars: slices of all fields at once."""
    f = payload.split(b"\0")[3:-1]
    return [d.decode() for d in f[::8]], [
        array.array("d", map(float, f[k::8])) for k in range(1, 8)
    ]


def ways(ticks: bytes, history: bytes) -> dict[str, tuple[Callable[[Any], Any], ...]]:
    """Name -> (ticks, bars): functions of the wrapper."""
    body, attribs = history[4:], tuple(PRICE_ATTRIBS)

    def package(data: bytes) -> Callable[[Any], Any]:
        return lambda w: Dispatcher(VERSION, w, print).feed(data)

    found: dict[str, tuple[Callable[[Any], Any], ...]] = {
        "the package": (package(ticks), package(history)),
    }
    for name, module in (("plain loop", plain), ("mypyc", tape_mypyc), ("Cython", tape_cython)):
        found[name] = (
            lambda w, m=module: m.ticks(ticks, w, list(attribs)),
            lambda w, m=module: m.bars(body, w, BarData),
        )
    for name, module in (("Rust, PyO3", tape_rs), ("C by hand", tape_c)):
        found[name] = (
            lambda w, m=module: m.ticks(ticks, w, attribs, Decimal),
            lambda w, m=module: m.bars(body, w, BarData, Decimal),
        )
    return found


def spent(work: Callable[[], Any]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def check(both: dict[str, tuple[Callable[[Any], Any], ...]], ticks: bytes, history: bytes) -> None:
    """All ways give the same, or there is nothing to compare."""
    for i in range(2):
        told = {}
        for name, way in both.items():
            way[i](keeping := Keeping())
            told[name] = keeping.kept
        assert all(kept == told["the package"] for kept in told.values()), i
    pairs = (
        (tick_columns(ticks), lambda module: module.tick_columns(ticks)),
        (bar_columns(history[4:])[1], lambda module: module.bar_columns(history[4:])[1]),
    )
    for ours, theirs in pairs:
        for module in (tape_rs, tape_c):
            found = [bytes(column) for column in theirs(module)]
            assert found == [column.tobytes() for column in ours], module.__name__


def main() -> None:
    """Check, measure, print."""
    ticks = samples.frames(samples.tick_prices(1, TICKS), VERSION)
    history = samples.frames(samples.history(1, BARS, VERSION)[:1], VERSION)
    both = ways(ticks, history)
    check(both, ticks, history)
    both["columns, plain Python"] = (
        lambda _: tick_columns(ticks),
        lambda _: bar_columns(history[4:]),
    )
    for name, module in (("columns, Rust", tape_rs), ("columns, C by hand", tape_c)):
        both[name] = (
            lambda _, m=module: m.tick_columns(ticks),
            lambda _, m=module: m.bar_columns(history[4:]),
        )
    times: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in both}
    for _ in range(ROUNDS):
        for name, way in both.items():
            for i in range(2):
                times[name][i].append(spent(lambda run=way[i]: run(Counting())))
    built = json.loads((HERE.parents[1] / ".cache/prototypes/built.json").read_text())
    keys = {
        "mypyc": "tape_mypyc",
        "Cython": "tape_cython",
        "Rust, PyO3": "tape_rs",
        "C by hand": "tape_c",
    }
    base = [statistics.median(column) for column in times["the package"]]
    print("| way | TickPrice a second | x | bars a second | x | build s | wheel KB |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, columns in times.items():
        t, b = map(statistics.median, columns)
        cost = built.get(keys.get(name, ""), {})
        told = [f"{cost[k]:.0f}" if cost else "" for k in ("build_s", "wheel_kb")]
        print(f"| {name} | {TICKS / t:,.0f} | {base[0] / t:.1f} | {BARS / b:,.0f} |"
              f" {base[1] / b:.1f} | {told[0]} | {told[1]} |")  # fmt: skip


if __name__ == "__main__":
    main()
