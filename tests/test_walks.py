"""A walk fails where one of its rows does, and names it."""

import pytest

import lanes
from walks import CHOSEN, SHOWN, walk


def test_each_row_is_gone_through_and_each_failure_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CHOSEN, raising=False)
    seen: list[tuple[int, str]] = []

    @walk("letter", "ab")
    @walk(("number", "other"), [(1, 1), (2, 3), (4, 5)], ids=["one", "two", "four"])
    def rows(number: int, other: int, letter: str) -> None:
        seen.append((number, letter))
        assert number == other

    with pytest.raises(ExceptionGroup) as raised:
        rows()
    assert seen == [(n, letter) for letter in "ab" for n in (1, 2, 4)]
    outer = raised.value.exceptions
    assert [one.__notes__ for one in outer] == [["row 'a'"], ["row 'b'"]]
    assert isinstance(outer[0], ExceptionGroup)
    assert [one.__notes__ for one in outer[0].exceptions] == [["row two"], ["row four"]]


def test_all_failures_are_counted_and_named_and_some_are_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(CHOSEN, raising=False)

    @walk("number", range(100, 100 + SHOWN + 2))
    def rows(number: int) -> None:
        raise ValueError(number)

    with pytest.raises(ExceptionGroup, match="22 of 22 rows failed; not shown: 120, 121") as raised:
        rows()
    assert len(raised.value.exceptions) == SHOWN


def test_rows_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOSEN, "wo")
    seen = []

    @walk("name", ["one", "two"])
    def rows(name: str) -> None:
        seen.append(name)

    rows()
    assert seen == ["two"]


@pytest.mark.parametrize(("lane", "gone"), [("check", [0, 3, 6, 7]), ("test", list(range(8)))])
def test_the_quick_lane_takes_each_nth_row(
    lane: str, gone: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "LANE", lane)
    monkeypatch.delenv(CHOSEN, raising=False)
    seen = []

    @walk("number", range(8), check=3)
    def rows(number: int) -> None:
        seen.append(number)

    rows()
    assert seen == gone


@walk("number", [1, 2])
def test_a_fixture_is_that_of_the_test(number: int, tmp_path_factory: object) -> None:
    assert number and tmp_path_factory


def test_no_row_may_skip_those_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CHOSEN, raising=False)
    seen = []

    @walk("number", [1, 2])
    def rows(number: int) -> None:
        seen.append(number)
        if number == 1:
            pytest.skip("not here")

    with pytest.raises(ExceptionGroup, match="1 of 2") as raised:
        rows()
    assert seen == [1, 2] and "not here" in str(raised.value.exceptions[0])


def test_a_walk_without_rows_is_none() -> None:
    with pytest.raises(AssertionError, match="needs rows"):
        walk("number", [])


@pytest.mark.parametrize(("lane", "gone"), [
    ("check", [0, 7]), ("test", [0, 3, 6, 7]), ("quick", [1, 6]), ("proof", list(range(8))),
])  # fmt: skip
def test_proof_takes_all_rows_and_quick_others_than_test(
    lane: str, gone: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "LANE", lane)
    monkeypatch.delenv(CHOSEN, raising=False)
    seen = []

    @walk("number", range(8), check=9, test=3, quick=5)
    def rows(number: int) -> None:
        seen.append(number)

    rows()
    assert seen == gone
    marks = rows.pytestmark  # type: ignore[attr-defined]
    assert [lanes.has(rows, marks, one) for one in lanes.LANES] == [True] * 4
    assert not lanes.has(rows, [], "proof")


def test_of_a_table_that_is_shorter_than_its_step_two_rows_are_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lanes, "LANE", "check")
    assert lanes.thinned("abcd", check=7) == ["a", "d"]
    assert lanes.thinned("a", check=7) == ["a"] and not lanes.thinned("", check=7)
