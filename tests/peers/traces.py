"""Runs a client over the corpus and compares what it called back with what was meant.

A witness is a client, the frames that it is given, and its dialect. Each is run once, in a process
of its own; our own client is one of them, driven by the same program as the official ones.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import cycle
from pathlib import Path
from typing import Any

from lanes import HANGS_S
from papertape.wire.message import Message
from peers.corpus import TEXT_ONLY, Frame, corpus, spoken
from peers.dialects import ASYNC, DOUBLE, INSYNC, INT, LATEST, LONG, OLD, OURS, Dialect, Quirk
from peers.environments import PEERS
from peers.meant import Call, Difference, Reader, Thing, Unset, calls

DRIVERS = Path(__file__).parent / "drivers"
PATIENCE = 5 * HANGS_S  # a run takes two to nine seconds


@dataclass(frozen=True)
class Witness:
    """A client, and the versions at which it is given text; ``both`` means protobuf besides."""

    name: str  # of the peer, or "papertape"
    dialect: Dialect
    driver: tuple[str, ...]
    lowest: int = 100
    highest: int = 226
    both: bool = False

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """What the client is given."""
        return corpus() if self.both else spoken(self.lowest, self.highest)


OFFICIAL = ("callback_traces.py", "--module")
ASYNCHRONOUS = ("async_traces.py", "--module")
WITNESSES = {
    witness.name: witness
    for witness in (
        Witness("papertape", OURS, (*OFFICIAL, "papertape.ibapi"), both=True),
        Witness("ibapi-latest", LATEST, (*OFFICIAL, "ibapi"), both=True),
        Witness("ibapi-9.81", OLD, (*OFFICIAL, "ibapi"), highest=TEXT_ONLY[0]),
        Witness("ib_async", ASYNC, (*ASYNCHRONOUS, "ib_async"), *TEXT_ONLY),
        Witness("ib_insync", INSYNC, (*ASYNCHRONOUS, "ib_insync"), TEXT_ONLY[0], 176),
    )
}
PEER = {peer.name: peer for peer in PEERS}


class Trace:
    """What a client called back, frame by frame."""

    def __init__(self, witness: Witness, python: Path | str = sys.executable) -> None:
        self.witness = witness
        self.frames = witness.frames
        self.rows, self.defaults = run([str(python), *driver(witness)], self.frames)
        self.reader = Reader(self.defaults, witness.dialect.sentinels)
        self.used: set[Quirk] = set()
        self.found: dict[int, list[str]] = {}

    def differences(self, number: int) -> list[str]:
        """Where the callbacks of a frame are not what was meant, quirks aside."""
        if number not in self.found:
            self.found[number] = list(self._told(number, calls(self.frames[number])))
        return self.found[number]

    def differences_from(self, other: Trace, number: int) -> list[str]:
        """Where they are not those of another client, which has the official shape."""
        frame = self.frames[number]
        heard = other.rows[other.place[id(frame)]]["calls"]
        meant = calls(frame)
        names = [[name for name, _ in call.args] for call in meant] or [[]]
        said = [Call(name, parsed(args, some)) for (name, args), some in zip(heard, cycle(names))]
        return list(self._told(number, said))

    @cached_property
    def numbers(self) -> dict[type[Message], list[int]]:
        """Which frames are of a message."""
        found: dict[type[Message], list[int]] = defaultdict(list)
        for number, frame in enumerate(self.frames):
            found[frame.cls].append(number)
        return found

    @cached_property
    def place(self) -> dict[int, int]:
        """Where a frame stands in the trace; the frames of all clients are the same objects."""
        return {id(frame): number for number, frame in enumerate(self.frames)}

    def _told(self, number: int, meant: Sequence[Call]) -> Iterator[str]:
        frame, dialect = self.frames[number], self.witness.dialect
        self.reader.unordered = frame.form == "protobuf"
        wanted, row = dialect.spoken(list(meant), frame), self.rows[number]
        differences = list(self.reader.compare(wanted, row["calls"]))
        if not differences and (failure := row.get("raised") or row.get("logged")):
            yield f"{frame.form} {frame.version}: called back, and failed: {failure}"
        for difference in differences:
            if quirk := self.reason(frame, difference):
                self.used.add(quirk)
            else:
                yield f"{frame.form} {frame.version}: {difference}"

    def reason(self, frame: Frame, difference: Difference) -> Quirk | None:
        """The quirk that explains a difference."""
        quirks = self.witness.dialect.quirks
        return next((quirk for quirk in quirks if quirk.explains(frame, difference)), None)


def driver(witness: Witness) -> tuple[str, ...]:
    return (str(DRIVERS / witness.driver[0]), *witness.driver[1:])


def run(command: list[str], frames: Sequence[Frame]) -> tuple[list[Any], dict[str, Any]]:
    """A line a frame in, a line a frame out, and the defaults of the client's classes."""
    lines = [json.dumps({"version": f.version, "frame": f.payload.hex()}) for f in frames]
    done = subprocess.run(
        command, input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=PATIENCE,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    *rows, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == len(frames)
    return rows, last["defaults"]


# ---------------------------------------------------------------- what another client said


def parsed(args: list[Any], names: list[str]) -> tuple[tuple[str, Any], ...]:
    """Rendered arguments as values, as if they had been meant."""
    return tuple((name, value(arg)) for name, arg in zip(names, args, strict=True))


def value(shown: Any) -> Any:
    """A rendered value; a sentinel of the official shape is a value that is not set."""
    if isinstance(shown, dict):
        fields = {key: value(item) for key, item in shown.items() if key != "_"}
        return Thing(shown["_"], fields)
    if isinstance(shown, list) and shown[:1] == ["set"]:
        return [ast.literal_eval(item) for item in shown[1:]]
    if isinstance(shown, list):
        return [value(item) for item in shown]
    if shown is None:
        return Unset("None")
    if isinstance(shown, int) and shown in (INT, LONG):
        return Unset("int")
    if isinstance(shown, str) and shown.startswith("float "):
        number = float(shown.removeprefix("float "))
        return Unset("float") if number == DOUBLE else number
    if isinstance(shown, str) and shown.startswith("Decimal "):
        size = Decimal(shown.removeprefix("Decimal "))
        return Unset("Decimal") if size == 2**127 - 1 else size
    return shown
