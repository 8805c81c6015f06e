"""A test of many small rows as one test: it goes through all of them and names each that fails.

pytest takes some milliseconds to begin, end and tell a test. Where a table has hundreds of rows,
each of which is looked at in microseconds, that is nearly all the time there is.
"""

import functools
import inspect
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from lanes import thinned

CHOSEN = "PAPERTAPE_ROWS"
"""A part of a row's name: only these rows are gone through."""
ROWS = "rows"
SHOWN = 20
"""So many failures are shown whole; of the others the names."""

Test = Callable[..., None]


def walk(
    names: str | Sequence[str],
    rows: Iterable[Any],
    ids: Callable[[Any], object] | Iterable[object] | None = None,
    *,
    check: int = 1,
    test: int = 1,
    quick: int = 1,
) -> Callable[[Test], Test]:
    """What ``pytest.mark.parametrize`` does, with the same arguments, in one test.

    For rows that need no fixture of their own: a fixture of the test is the same for all of them.
    ``check``: in the lane of that name each ``check``-th row only, as ``lanes.thinned`` has it, for
    rows that take long together. ``test`` and ``quick``: the same in those lanes; the walk is whole
    in ``proof``, as a table of ``pytest.mark.sample(check, test=…)`` is.

    Each row is gone through, also after one has failed, and each failure bears the row's name.
    ``PAPERTAPE_ROWS`` in the environment, a part of a name, goes through these rows only.
    """
    asked = [one.strip() for one in names.split(",")] if isinstance(names, str) else list(names)
    table = [row if len(asked) > 1 else (row,) for row in rows]
    if ids is None or callable(ids):
        tell = ids if callable(ids) else _short
        told = ["-".join(str(tell(value)) for value in row) for row in table]
    else:
        told = [str(one) for one in ids]
    assert table and len(told) == len(table), "a walk needs rows, and as many names as rows"
    fewer = {name: step for name, step in (("test", test), ("quick", quick)) if step > 1}

    def walking(one: Test) -> Test:
        @functools.wraps(one)
        def walked(**fixtures: Any) -> None:
            only = os.environ.get(CHOSEN, "")
            failed: list[Exception] = []
            unshown: list[str] = []
            rows = list(zip(told, table, strict=True))
            for name, row in rows if only else thinned(rows, check=check, **fewer):
                if only not in name:
                    continue
                try:
                    one(**dict(zip(asked, row, strict=True)), **fixtures)
                except pytest.skip.Exception as skipped:
                    failed.append(TypeError(f"row {name} skips, and all behind it: {skipped}"))
                except Exception as problem:  # noqa: BLE001 (told at the end)
                    if len(failed) < SHOWN:
                        problem.add_note(f"row {name}")
                        failed.append(problem)
                    else:
                        unshown.append(name)
            if failed:
                count = f"{len(failed) + len(unshown)} of {len(table)} rows"
                beyond = f"; not shown: {', '.join(unshown)}" if unshown else ""
                raise ExceptionGroup(f"{count} failed{beyond}", failed)

        signature = inspect.signature(one)
        kept = [each for name, each in signature.parameters.items() if name not in asked]
        vars(walked)[ROWS] = told
        walked.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
        del walked.__wrapped__  # type: ignore[attr-defined]  # pytest would ask for its arguments
        further = pytest.mark.further(quick=True) if quick > 1 else pytest.mark.further
        return further(walked) if fewer else walked

    return walking


def rows_of(test: Test) -> list[str]:
    """The names of all rows that a walk goes through."""
    return list(vars(test)[ROWS])


def _short(value: object) -> str:
    said = getattr(value, "__name__", None) or repr(value)
    return said if len(said) <= 60 else f"{said[:59]}…"
