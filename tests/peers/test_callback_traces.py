"""Every client calls back what we meant, and ours what the official ones do, value by value.

Every answer of a server, at both sides of every gate, as text and as protobuf (``corpus.py``). Each
client runs in an environment and a process of its own. ``meant.py`` says which callbacks a message
is, ``dialects.py`` how each client words them and where it is known to deviate. Besides, our trace
is compared with the official one as it stands, attribute by attribute.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from papertape.versions import MAX_SERVER
from papertape.wire.message import Message
from peers.corpus import ANSWERS, Frame, planned
from peers.dialects import UNREAD, protobuf
from peers.environments import Peer
from peers.traces import PEER, WITNESSES, Trace
from wire.messages import name_of, versions

Get = Callable[[str], Trace]
PAGE = Path(__file__).parents[2] / "docs" / "peers.md"
OURS, LATEST, OLD = "papertape", "ibapi-latest", "ibapi-9.81"
RETIRED = "FundamentalData"
"""The latest official client has no callback for fundamental data any more (505); we have."""

pytestmark = pytest.mark.peers

# Lists that are maps in protobuf: they have no order there, ours are sorted.
MAPS = {"algoParams", "secIdList", "smartComboRoutingParams"}


@pytest.fixture(scope="module")
def trace_of(python_of: Callable[[Peer], Path]) -> Get:
    """Return a function that gives a client's trace; each is made once, when first asked for."""
    made: dict[str, Trace] = {}

    def get(name: str) -> Trace:
        if name not in made:
            peer = () if name == OURS else (python_of(PEER[name]),)
            made[name] = Trace(WITNESSES[name], *peer)
        return made[name]

    return get


def known(name: str) -> list[type[Message]]:
    """The answers that exist at the versions of a client."""
    witness = WITNESSES[name]
    found = [cls for cls in ANSWERS if cls.spec.since <= witness.highest]
    return [cls for cls in found if witness.both or cls.spec.layout is not None]


def check(wrong: list[str], total: int) -> None:
    assert not wrong, "\n".join([f"{len(wrong)} differences in {total} frames", *wrong[:12]])
    assert total


# ---------------------------------------------------------------- what we meant

CASES = [(name, cls) for name in WITNESSES for cls in known(name)]


@pytest.mark.further
@pytest.mark.parametrize(("name", "cls"), CASES, ids=[f"{n}-{c.__name__}" for n, c in CASES])
def test_a_client_reports_what_was_meant(
    name: str, cls: type[Message], trace_of: Get, record_property: Any
) -> None:
    trace = trace_of(name)
    mine = trace.numbers[cls]
    check([told for number in mine for told in trace.differences(number)], len(mine))
    for form in ("text", "protobuf"):
        count = sum(trace.frames[number].form == form for number in mine)
        record_property("peers", (name, form, "answers", count))


@pytest.mark.further
@pytest.mark.parametrize("name", WITNESSES)
def test_every_quirk_still_shows(name: str, trace_of: Get) -> None:
    trace = trace_of(name)
    for number in range(len(trace.frames)):
        trace.differences(number)
    stale = [quirk for quirk in trace.witness.dialect.quirks if quirk not in trace.used]
    assert not stale, "\n".join(f"{quirk.where}: {quirk.why}" for quirk in stale)


ROW = re.compile(r"\| (?:`([\w.-]+)`[^|]*)?\| (\w+) \| [\d.]+ \| ([\d,]+) \| [^|]+ \| (\d+) \|")


def test_the_page_about_peers_tells_the_numbers() -> None:
    """Answers rounded down to hundreds, and the quirks of each format."""
    names = {"ibapi": "ibapi-9.81", "papertape.ibapi": OURS}
    plan = [(form, version) for cls in ANSWERS for form, version, *_ in planned(cls, versions)]
    told, last = {}, ""
    for peer, form, answers, quirks in ROW.findall(PAGE.read_text()):
        last = names.get(peer, peer) or last
        told[last, form] = (int(answers.replace(",", "")), int(quirks))
    found = {}
    for name, witness in WITNESSES.items():
        for form in ("text", "protobuf") if witness.both else ("text",):
            low, high = (0, MAX_SERVER) if witness.both else (witness.lowest, witness.highest)
            answers = sum(one == form and low <= version <= high for one, version in plan)
            quirks = [q for q in witness.dialect.quirks if (q.when is protobuf) == (form != "text")]
            found[name, form] = (answers // 100 * 100, len(quirks))
    assert told == found


# ---------------------------------------------------------------- our client beside the official


@pytest.mark.further
@pytest.mark.parametrize("cls", known(OLD), ids=name_of)
def test_our_callbacks_are_those_of_the_old_client(cls: type[Message], trace_of: Get) -> None:
    ours, theirs = trace_of(OURS), trace_of(OLD)
    mine = theirs.numbers[cls]
    check([told for number in mine for told in theirs.differences_from(ours, number)], len(mine))


@pytest.mark.further
@pytest.mark.parametrize("cls", [c for c in ANSWERS if c.__name__ != RETIRED], ids=name_of)
def test_our_callbacks_are_those_of_the_latest_client(cls: type[Message], trace_of: Get) -> None:
    ours, theirs = trace_of(OURS), trace_of(LATEST)
    mine = ours.numbers[cls]
    wrong = []
    for number in mine:
        frame = ours.frames[number]
        found = differences(words(ours, number), words(theirs, number), "", frame.form)
        wrong += [f"{frame.form} {frame.version}: {each}" for each in found]
    check(wrong, len(mine))


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


def words(trace: Trace, place: int) -> dict[str, Any]:
    """The trace of a frame without what is known to differ."""
    row: dict[str, Any] = trace.rows[place]
    frame: Frame = trace.frames[place]
    if frame.cls.__name__ in ("VerifyCompleted", "VerifyAndAuthCompleted"):
        # They hand on the word that stands in the text; we a flag.
        calls = [[name, [str(args[0]).lower(), *args[1:]]] for name, args in row["calls"]]
        return {**row, "calls": calls}
    return row
