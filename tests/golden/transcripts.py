"""Reads the captured sessions of ``data/`` (its README says what they are and how they look)."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

DATA = Path(__file__).parent / "data"
SESSIONS = sorted(DATA.glob("*.txt"))
REQUEST_IDS = {"$req1": "1"}
"""What stands for a request id in a transcript, and the id that we put there."""


class Step(msgspec.Struct, frozen=True):
    """One line of a transcript."""

    at: str
    """File and line."""
    side: str
    """Who sent it: ``client`` or ``server``; ``handshake`` opens a connection."""
    name: str
    facts: dict[str, str]
    """The captured text of each field, by its path in the JSON: ``sessions[0].ref_date``."""
    frame: bytes = b""
    """The whole frame, where the transcript has it."""


def steps(path: Path) -> list[Step]:
    """The messages of a session, in order; its pauses left out."""
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        word, _, rest = line.partition(" ")
        at = f"{path.name}:{number}"
        if word == "handshake":
            found.append(Step(at, word, word, facts(rest)))
        elif word in ("client", "server"):
            name, _, said = rest.partition(" ")
            found.append(Step(at, word, name, facts(said)))
        elif word == "raw":
            side, _, data = rest.partition(" ")
            found.append(Step(at, side, "frame", {}, base64.b64decode(data)))
        else:
            assert word in ("", "#", "sleep", "disconnect"), line
    return found


def facts(text: str) -> dict[str, str]:
    """The leaves of a JSON object as text."""
    return dict(_leaves("", json.loads(text)))


def _leaves(at: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(f"{at}.{name}" if at else name, inner)
    elif isinstance(value, list) and all(isinstance(item, str) for item in value):
        yield at, ",".join(value)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _leaves(f"{at}[{i}]", inner)
    elif isinstance(value, bool):
        yield at, "1" if value else "0"
    else:
        yield at, REQUEST_IDS.get(value, str(value))


def general(path: str) -> str:
    """A path without its indices: ``sessions[].ref_date``."""
    return re.sub(r"\[\d+\]", "[]", path)
