"""The runtime of the ``protobuf`` package beside a codec of our own in plain Python.

TickPrice and a bar, read to local values. The own codec is written as an emitter would write it:
one test per field, varints inline. Both must agree before anything is measured.
"""

import statistics
import struct
import time
from collections.abc import Callable
from typing import Any

from papertape.model import Bar
from papertape.wire import proto
from papertape.wire.catalogue.history import HistoricalData
from papertape.wire.catalogue.market import TickPrice
from papertape.wire.connection import encode

from . import samples
from .common import show

VERSION, COUNT, ROUNDS = 226, 5000, 9
_DOUBLE = struct.Struct("<d").unpack_from


def _varint(b: bytes, i: int) -> tuple[int, int]:
    value, shift = b[i] & 127, 7
    while b[i] > 127:
        i += 1
        value |= (b[i] & 127) << shift
        shift += 7
    return value, i + 1


def own(b: bytes) -> list[Any]:
    """Fields 1 to 15 of any flat message in order; text as str, numbers as they are."""
    found: list[Any] = []
    i, size = 0, len(b)
    while i < size:
        kind = b[i] & 7
        i += 1
        if kind == 0:
            if b[i] < 128:
                value, i = b[i], i + 1
            else:
                value, i = _varint(b, i)
            found.append(value)
        elif kind == 1:
            found.append(_DOUBLE(b, i)[0])
            i += 8
        elif kind == 2:
            length, i = (b[i], i + 1) if b[i] < 128 else _varint(b, i)
            found.append(str(b[i : i + length], "utf-8"))
            i += length
        else:
            raise ValueError("wire type")
    return found


def runtime(parse: Callable[[bytes], Any], names: tuple[str, ...]) -> Callable[[bytes], list[Any]]:
    """The same by the package: parse, then read each attribute."""
    reads = ", ".join(f"p.{name}" for name in names)
    function: Callable[[bytes], list[Any]] = eval(
        f"lambda b: [{reads}] if (p := parse(b)) is not None else []", {"parse": parse}
    )
    return function


def run() -> None:
    """Check, measure, print, keep."""
    ticks = [encode(tick, VERSION)[8:] for tick in samples.tick_prices(1, COUNT)]
    history = proto.message_class(HistoricalData).FromString(
        samples.frames(samples.history(1, COUNT, VERSION)[:1], VERSION)[8:]
    )
    bars = [bar.SerializeToString() for bar in history.historicalDataBars]
    rows = []
    for name, cls, bodies in (("TickPrice", TickPrice, ticks), ("Bar", Bar, bars)):
        built: Any = proto.message_class(cls)
        names = tuple(field.name for field in built.DESCRIPTOR.fields)
        ways = {"own codec": own, "protobuf package": runtime(built.FromString, names)}
        present = list(map(ways["protobuf package"], bodies))
        assert [own(body) for body in bodies] == present, name
        times: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way, read in ways.items():
                began = time.process_time()
                for body in bodies:
                    read(body)
                times[way].append(COUNT / (time.process_time() - began))
        rates = {way: statistics.median(found) for way, found in times.items()}
        rows.append([name, *rates.values(), rates["protobuf package"] / rates["own codec"]])
    head = ("protobuf read to values, a second", "own codec", "protobuf package", "ratio")
    show("A codec of our own beside the protobuf runtime", head, rows, "protobuf")
