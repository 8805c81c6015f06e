"""Our official-shaped client calls back what the official one does, argument by argument.

Every answer of a server, at both sides of every gate, as text and as protobuf, with nothing set,
everything unset and everything set. Both packages are driven by the same program
(``drivers/callback_traces.py``), each in an environment and a process of its own.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from papertape.versions import RAW_IDS
from papertape.wire import catalogue, proto, text
from papertape.wire.catalogue.ticks import TickByTickData
from papertape.wire.connection import PROTOBUF_OFFSET
from papertape.wire.message import Message
from peers.environments import PEERS, Peer
from wire.messages import name_of, samples, versions

DRIVER = Path(__file__).parent / "drivers" / "callback_traces.py"
LATEST = next(peer for peer in PEERS if peer.name == "ibapi-latest")
ANSWERS = [
    cls for _, cls in sorted(catalogue.RESPONSES.items()) if cls.__name__ != "FundamentalData"
]
"""The official client has no callback for fundamental data any more (505); we have."""

pytestmark = pytest.mark.peers

# What the official client does not read from protobuf, though the schema has it and we report it.
UNREAD = {
    "includeExpired", "secId", "secIdType",  # of a contract
    "advancedErrorOverride", "algoId", "manualOrderTime", "mifid2DecisionAlgo",
    "mifid2DecisionMaker", "mifid2ExecutionAlgo", "mifid2ExecutionTrader", "orderMiscOptions",
    "overridePercentageConstraints", "scaleTable",  # of an order
}  # fmt: skip
# Lists that are maps in protobuf: they have no order there, ours are sorted.
MAPS = {"algoParams", "secIdList", "smartComboRoutingParams"}


# ---------------------------------------------------------------- what is sent


def frames(cls: type[Message]) -> Iterator[tuple[str, int, bytes]]:
    """(format, version, frame) of every sample at every gate."""
    spec = cls.spec
    for version in versions(cls):
        if not spec.since <= version < spec.until:
            continue
        for message in map(deliverable, samples(cls)):
            if spec.layout is not None:
                fields = text.encoder(cls, version)(message).encode()
                head = spec.id.to_bytes(4) if version >= RAW_IDS else b"%d\0" % spec.id
                yield "text", version, head + fields
            if version >= spec.protobuf:
                body = proto.encoder(cls, version)(message)
                yield "protobuf", version, (spec.id + PROTOBUF_OFFSET).to_bytes(4) + body


def deliverable(sample: Any) -> Any:
    """The sample as a server sends it and the official client can read it."""
    message = copy.deepcopy(sample)
    if isinstance(message, TickByTickData):  # one of the three, as the tick's kind says
        keep = {1: "Last", 2: "Last", 3: "BidAsk", 4: "MidPoint"}.get(message.tickType)
        for name in ("Last", "BidAsk", "MidPoint"):
            if name != keep:
                setattr(message, f"historicalTick{name}", None)
    details = getattr(message, "contractDetails", None)
    if details is not None:
        details.evMultiplier = float(int(details.evMultiplier))  # a whole number there
    order = getattr(message, "order", None)
    if order is not None:
        order.transmit = True  # protobuf leaves a false flag out, and they take it for true
    return message


# ---------------------------------------------------------------- what is called


class Runner:
    """A driver of one package, run once for all messages."""

    def __init__(self, python: str, module: str) -> None:
        self.command = [python, str(DRIVER), "--module", module]

    def calls(self, work: list[tuple[int, bytes]]) -> list[dict[str, Any]]:
        lines = [json.dumps({"version": v, "frame": f.hex()}) for v, f in work]
        done = subprocess.run(
            self.command, input="\n".join(lines) + "\n", capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return [json.loads(line) for line in done.stdout.splitlines()]


Case = tuple[str, int, dict[str, Any], dict[str, Any]]


@pytest.fixture(scope="module")
def traces(python_of: Callable[[Peer], Path]) -> dict[type[Message], list[Case]]:
    """(format, version, our calls, theirs) for every message."""
    work = [(cls, *row) for cls in ANSWERS for row in frames(cls)]
    sent = [(version, frame) for _, _, version, frame in work]
    ours = Runner(sys.executable, "papertape.ibapi").calls(sent)
    theirs = Runner(str(python_of(LATEST)), LATEST.module).calls(sent)
    found: dict[type[Message], list[Case]] = {cls: [] for cls in ANSWERS}
    for (cls, form, version, _), we, they in zip(work, ours, theirs, strict=True):
        found[cls].append((form, version, we, they))
    return found


def number(value: Any) -> Any:
    """1, 1.0 and True are the same to a program."""
    if isinstance(value, bool | int):
        return float(value)
    if isinstance(value, str) and value.startswith("float "):
        return float(value.removeprefix("float "))
    return value


def differences(we: Any, they: Any, name: str, form: str) -> list[str]:
    we, they = number(we), number(they)
    if form == "protobuf" and (name in UNREAD or (name in MAPS and same_pairs(we, they))):
        return []
    if isinstance(we, dict) and isinstance(they, dict):
        keys = {**we, **they}
        missing = object()
        return [
            d
            for key in keys
            for d in differences(we.get(key, missing), they.get(key, missing), key, form)
        ]
    if isinstance(we, list) and isinstance(they, list) and len(we) == len(they):
        return [d for a, b in zip(we, they) for d in differences(a, b, name, form)]
    if we == they:
        return []
    return [f"{name}: we {str(we)[:120]}, they {str(they)[:120]}"]


def same_pairs(we: Any, they: Any) -> bool:
    def key(pair: dict[str, str]) -> str:
        return pair["tag"]

    both = isinstance(we, list) and isinstance(they, list)
    return both and sorted(we, key=key) == sorted(they, key=key)


def words(trace: dict[str, Any], cls: type[Message]) -> dict[str, Any]:
    """The trace without what is known to differ."""
    if cls.__name__ in ("VerifyCompleted", "VerifyAndAuthCompleted"):
        # They hand on the word that stands in the text; we a flag.
        calls = [[name, [str(args[0]).lower(), *args[1:]]] for name, args in trace["calls"]]
        return {**trace, "calls": calls}
    return trace


@pytest.mark.parametrize("cls", ANSWERS, ids=name_of)
def test_the_callbacks_are_the_same(
    cls: type[Message], traces: dict[type[Message], list[Case]]
) -> None:
    wrong = []
    for form, version, we, they in traces[cls]:
        found = differences(words(we, cls), words(they, cls), "", form)
        wrong += [f"{form} {version}: {each}" for each in found]
    assert not wrong, "\n".join([f"{len(wrong)} of {len(traces[cls])} differ", *wrong[:12]])
    assert traces[cls]
