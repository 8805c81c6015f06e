"""The book of conditions, beside a walk over all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.venue.exchange.thresholds import (
    PERCENT,
    PRICE,
    VOLUME,
    ConditionBook,
    Measured,
    prices_of,
)

MEASURES = ((PRICE, 2), (PRICE, 4), (VOLUME, 0), (PERCENT, 0))
values = st.integers(-5, 5)
entries = st.tuples(
    st.integers(1, 6), st.sampled_from(MEASURES), st.sampled_from([1, -1]), values
)  # fmt: skip
found = st.fixed_dictionaries({one: st.none() | st.tuples(values, values) for one in MEASURES})
steps = st.lists(st.one_of(entries, st.integers(1, 6), found), max_size=40)


def meets(direction: int, value: int, measured: Measured | None) -> bool:
    if measured is None:
        return False
    up, down = measured
    return up >= value if direction > 0 else down <= value


@pytest.mark.long
@tries(200)
@given(steps)
def test_it_finds_what_a_walk_over_all_finds(history: list[object]) -> None:
    book = ConditionBook()
    naive: dict[int, set[tuple[tuple[int, int], int, int]]] = {}
    for step in history:
        if isinstance(step, int):
            book.remove(step)
            naive.pop(step, None)
        elif isinstance(step, tuple):
            perm_id, measure, direction, value = step
            book.add(perm_id, measure, direction, value)
            naive.setdefault(perm_id, set()).add((measure, direction, value))
        else:
            assert isinstance(step, dict)
            reached = {
                perm_id
                for perm_id, kept in naive.items()
                if any(meets(direction, value, step[one]) for one, direction, value in kept)
            }
            assert book.met(7, lambda _, kind, method, step=step: step[kind, method]) == reached
            for measure in book.measures:
                measured = step[measure]
                if measured is not None:
                    assert book.meets(measure, measured) == any(
                        one == measure and meets(direction, value, measured)
                        for kept in naive.values()
                        for one, direction, value in kept
                    )
        assert sorted(book) == sorted(naive) and len(book) == len(naive)


def test_no_price_reaches_nothing() -> None:
    book = ConditionBook()
    book.add(1, (PRICE, 2), +1, 0)
    book.add(2, (PRICE, 2), -1, 1 << 40)
    assert book.met(7, lambda *_: prices_of(0, 0)) == set()
