"""The lanes of a test run: which tests it has, and how often it does what is done at random.

``PAPERTAPE_LANE`` names one; ``make`` sets it, and without it every test runs.

* ``check``: without sockets, other processes, searches and what takes long; of property tests few
  samples, and of long tables few rows, the same each time;
* ``test``: every test;
* ``quick``, ``proof``: the searches and property tests alone, for many times as long.

What a test does beyond its own process stands at it as a mark, ``network`` or ``process``, and
``guard.py`` fails one that does it without. The mark ``proof`` is that of a search: the longer it
runs, the more it can find. The mark ``long`` keeps a test out of ``check`` and says nothing else;
``sample(7)`` leaves ``check`` each seventh of its cases.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings

LANES = ("check", "test", "quick", "proof")
LANE = os.environ.get("PAPERTAPE_LANE") or "test"
if LANE not in LANES:
    raise pytest.UsageError(f"PAPERTAPE_LANE={LANE!r}: there are {', '.join(LANES)}")

Item = TypeVar("Item")

TRIES = {"check": 0.1, "test": 0.5, "quick": 4, "proof": 100}
"""Samples of a property test, as a multiple of what it says. Who looks at everything runs ``test``
and ``quick``, which takes the eightfold."""
FEWEST = 2
OUTSIDE = ("network", "process")
"""Marks of tests that do something beyond their own process."""

LONG = "long"
"""The mark of what takes more than a quarter of a second, where nothing makes it shorter."""
KEPT_OUT = frozenset({"proof", LONG, *OUTSIDE})
"""Marks of tests that are not in ``check``."""
SAMPLE = "sample"
"""The mark of a table whose rows take long together: ``sample(7)``, each seventh in ``check``."""

WHOLLY = re.compile(r"^pytestmark = .*\bmark\.(?:network|process|peers|proof|long)\b", re.MULTILINE)
"""A line of a file all of whose tests are outside ``check``."""

HANGS_S = 120
"""What is waited for so long will never come. Only a test that is to fail anyway takes that long:
on a machine that does much else everything comes, but late."""


def many(*, test: int, quick: int | None = None, proof: int | None = None, check: int = 0) -> int:
    """How often, or how finely, something is done in this lane: as in ``test`` if not said."""
    return {"check": check, "quick": quick, "proof": proof}.get(LANE) or test


def thinned(items: Sequence[Item], *, check: int) -> Sequence[Item]:
    """All steps of a walk; in ``check`` each ``check``-th of them, the same ones in every run.

    The first and the last are always there. A prime number falls in step with no pattern.
    """
    if LANE != "check" or len(items) <= check:
        return items
    return [*items[:-1:check], items[-1]]


def sampled(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests of a run without what the lane leaves out of tables with the mark ``sample``."""
    tables: dict[tuple[Path, str], list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker(SAMPLE) is not None:
            tables.setdefault((item.path, item.nodeid.partition("[")[0]), []).append(item)
    left_out: set[pytest.Item] = set()
    for rows in tables.values():
        mark = rows[0].get_closest_marker(SAMPLE)
        assert mark is not None
        left_out |= set(rows) - set(thinned(rows, check=mark.args[0]))
    return [item for item in items if item not in left_out]


def tries(count: int, *, fixed: bool = False) -> settings:
    """Settings of a property test that takes so many samples, times those of the lane.

    ``fixed``: the same ones in every run of ``test``, and none are kept from one to the next.
    """
    wanted = max(FEWEST, round(count * TRIES[LANE]))
    more: dict[str, Any] = {"database": None, "derandomize": True} if fixed else {}
    return settings(max_examples=wanted, **(more if LANE in ("check", "test") else {}))


def load_profile() -> None:
    """What holds for every property test: no time is ever measured."""
    fixed: dict[str, Any] = {"database": None, "derandomize": True} if LANE == "check" else {}
    wanted = round(settings.get_profile("default").max_examples * TRIES[LANE])
    settings.register_profile("papertape", deadline=None, max_examples=wanted, **fixed)
    settings.load_profile("papertape")


def searches(item: pytest.Item) -> bool:
    """Whether a test finds more the longer it runs."""
    drawn: bool = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    return drawn or item.get_closest_marker("proof") is not None


def belongs(item: pytest.Item, lane: str = LANE) -> bool:
    """Whether a test is in a lane."""
    if lane == "check":
        return KEPT_OUT.isdisjoint(mark.name for mark in item.iter_markers())
    return lane == "test" or searches(item)


def is_wholly_outside(file: Path, lane: str = LANE) -> bool:
    """Whether no test of a file is in the lane, as its text says: it need not be imported then."""
    return lane == "check" and WHOLLY.search(file.read_text("utf-8")) is not None
