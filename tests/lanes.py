"""The lanes of a test run: which tests it has, and how often it does what is done at random.

``PAPERTAPE_LANE`` names one; ``make`` sets it, and without it every test of ``test`` runs.

* ``check``: without sockets, other processes, searches and what takes long; of property tests few
  samples, and of long tables few rows, the same each time;
* ``test``: every statement once, by everything that it takes: sockets, processes, other people's
  clients, a browser; of the longest tables some rows;
* ``proof``: searches and property tests for many times as long, the tables whole, and what says the
  same again (with the next client, in the other theme);
* ``quick``: of those what five minutes have room for, and not what ``test`` has done.

What a test does beyond its own process stands at it as a mark, ``network`` or ``process``, and
``guard.py`` fails one that does it without. Which lane a test is in, by its marks:

==========================  =====================  =============  ==============  =======
mark                        ``check``              ``test``       ``quick``       ``proof``
==========================  =====================  =============  ==============  =======
none                        yes                    yes            no              no
``network``, ``process``    no                     yes            no              no
``long``                    no                     yes            no              no
``sample(7)``               each seventh row       yes            no              no
``sample(7, test=3)``       each seventh row       each third     no              all rows
``sample(7, test=3,         each seventh row       each third     each fifth,     all rows
quick=5)``                                                        from the 2nd
``further``                 yes                    a part         no              whole
``further(quick=True)``     yes                    a part         another part    whole
``repeats``                 no                     no             no              yes
``repeats(quick=True)``     no                     no             yes             yes
``proof``, ``@given``       no; few samples        a little       more            the most
==========================  =====================  =============  ==============  =======

``long`` says that a test takes more than 80 ms of a processor; ``proof`` that it is a search: the
longer it runs, the more it can find. The walks of ``walks.py`` take what ``sample`` takes.
"""

import os
import re
from collections.abc import Iterable, Sequence
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
"""The mark of what takes more than 80 ms of a processor, where nothing makes it shorter."""
SEARCH = "proof"
"""The mark of a search."""
REPEATS = "repeats"
"""The mark of what says the same again: once more, with another client, of another kind."""
PEERS = "peers"
KEPT_OUT = frozenset({SEARCH, REPEATS, LONG, PEERS, *OUTSIDE})
"""Marks of tests that are not in ``check``."""
SAMPLE = "sample"
"""The mark of a table whose rows take long together: ``sample(7, test=3)``, of which each seventh
is in ``check`` and each third in ``test``."""
FURTHER = "further"
"""The mark of what takes more rows, versions or clients in ``proof`` than in ``test``, as its code
or its walk says; ``further(quick=True)``: others in ``quick``."""

WHOLLY = re.compile(r"^pytestmark = .*\bmark\.(?:network|process|peers|proof|long)\b", re.MULTILINE)
"""A line of a file all of whose tests are outside ``check``."""
SEARCHING = re.compile(r"^from hypothesis|\bmark\.proof\b|\bquick=", re.MULTILINE)
REPEATING = re.compile(SEARCHING.pattern + r"|\bmark\.(?:repeats|further)\b|\btest=", re.MULTILINE)
"""What a file has that has tests in ``quick``, or in ``proof``."""

ANOTHER = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis")
"""A run of pytest in a process of its own, without the plugin of two seconds that none needs."""

HANGS_S = 120
"""What is waited for so long will never come. Only a test that is to fail anyway takes that long:
on a machine that does much else everything comes, but late."""


def many(*, test: int, quick: int | None = None, proof: int | None = None, check: int = 0) -> int:
    """How often, or how finely, something is done in this lane: as in ``test`` if not said."""
    return {"check": check, "quick": quick, "proof": proof}.get(LANE) or test


def thinned(items: Sequence[Item], *, check: int, test: int = 1, quick: int = 1) -> Sequence[Item]:
    """All steps of a walk; in ``check`` each ``check``-th of them, the same ones in every run.

    The first and the last are always there. A prime number falls in step with no pattern.
    ``test``: the same in the lane of that name, behind which ``quick`` takes others, from the
    second on.
    """
    if LANE == "quick" and quick > 1:
        return items[1::quick] or items
    step = {"check": check, "test": test}.get(LANE, 1)
    return [*items[:-1:step], items[-1]] if items else items


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
        left_out |= set(rows) - set(thinned(rows, check=mark.args[0], **mark.kwargs))
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


def has(test: object, marks: Iterable[pytest.Mark], lane: str = LANE) -> bool:
    """Whether a lane has a test function, which bears these marks."""
    known = {mark.name: mark for mark in marks}
    if lane == "check":
        return KEPT_OUT.isdisjoint(known)
    if lane == "test":
        return REPEATS not in known
    if SEARCH in known or getattr(test, "is_hypothesis_test", False):
        return True
    told = {name: known[name].kwargs for name in (SAMPLE, FURTHER, REPEATS) if name in known}
    if lane == "quick":
        return any("quick" in kwargs for kwargs in told.values())
    return not told.keys().isdisjoint((FURTHER, REPEATS)) or "test" in told.get(SAMPLE, ())


def belongs(item: pytest.Item, lane: str = LANE) -> bool:
    """Whether a test is in a lane."""
    return has(getattr(item, "obj", None), item.iter_markers(), lane)


def is_wholly_outside(file: Path, lane: str = LANE) -> bool:
    """Whether no test of a file is in the lane, as its text says: it need not be imported then."""
    if lane == "test":
        return False
    text = file.read_text("utf-8")
    if lane == "check":
        return WHOLLY.search(text) is not None
    return (SEARCHING if lane == "quick" else REPEATING).search(text) is None
