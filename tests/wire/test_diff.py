"""What differs from known values is put where it belongs, nothing else is touched."""

from collections.abc import Callable
from typing import Any

from papertape.wire.diff import Columns, Put
from walks import walk


def keeping(asked: list[int]) -> Callable[[int], Put]:
    """Puts that keep a value under its place."""

    def make(place: int) -> Put:
        asked.append(place)
        return lambda target, value: target.update({place: value})

    return make


def test_only_what_differs_is_put() -> None:
    columns, target = Columns((0, "a", None), keeping([])), dict[int, Any]()
    columns.put(target, (0, "b", 1))
    assert target == {1: "b", 2: 1}


@walk("value", [False, 0.0, -0.0])
def test_what_is_equal_and_not_the_same_differs(value: object) -> None:
    columns, target = Columns((0,), keeping([])), dict[int, Any]()
    columns.put(target, (value,))
    assert target[0] is value


def test_a_put_is_made_once_and_only_where_it_is_needed() -> None:
    asked: list[int] = []
    columns = Columns((0, 0, 0), keeping(asked))
    for _ in range(3):
        columns.put({}, (0, 1, 0))
    assert asked == [1]
