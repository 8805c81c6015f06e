"""A mark says how far a journal had come; what it says is compared and told."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertape.errors import JournalError
from papertape.store.high_water import LENGTH, NOTHING, Mark, MarkFile, decode, encode, missing
from walks import walk

NUMBERS = st.integers(-(1 << 63), (1 << 63) - 1)
MARKS = st.builds(Mark, NUMBERS, NUMBERS, st.integers(0, (1 << 32) - 1), st.integers(0, 1 << 31))
NOON = 1_776_081_600 * 10**9


# ---------------------------------------------------------------- the line


@given(MARKS)
def test_a_mark_is_read_as_it_was_written(mark: Mark) -> None:
    line = encode(mark)
    assert len(line) == LENGTH and line.endswith(b"\n")
    assert decode(line) == mark


@given(MARKS, st.integers(0, LENGTH - 1), st.integers(1, 255))
def test_a_damaged_line_is_no_mark_or_the_same_one(mark: Mark, at: int, flip: int) -> None:
    line = bytearray(encode(mark))
    line[at] ^= flip
    assert decode(bytes(line)) in (None, mark)


@given(MARKS, st.integers(0, LENGTH - 1))
def test_a_cut_line_is_no_mark(mark: Mark, length: int) -> None:
    assert decode(encode(mark)[:length]) is None


@given(st.binary(max_size=2 * LENGTH))
def test_anything_else_is_no_mark(data: bytes) -> None:
    assert decode(data) is None


# ---------------------------------------------------------------- the comparison


@walk(
    ("mark", "found", "check", "said"),
    [
        (NOTHING, NOTHING, None, ""),
        (NOTHING, Mark(7, 1, 2, 3), None, ""),
        (Mark(7, NOON, 2, 3), Mark(7, NOON, 2, 3), 2, ""),
        (Mark(7, NOON, 2, 3), Mark(9, NOON, 5, 4), 2, ""),  # ahead: died before the mark
        (Mark(7, NOON, 2, 3), Mark(6, 1, 5, 3), None, "entry 7, the last one of 2026-04-13 12:00"),
        (Mark(7, NOON, 2, 3), Mark(0, 0, 0, 3), None, "entries 1 to 7, the last one of 2026-04"),
        (Mark(7, NOON, 2, 3), Mark(9, 1, 5, 3), 4, "the entry 7 of 2026-04-13 12:00:00 UTC, in wh"),
        (Mark(7, NOON, 2, 3), Mark(9, 1, 5, 3), None, "the entry 7 of"),
        (Mark(7, NOON, 2, 3), Mark(7, NOON, 2, 2), 2, "the last 1 change of its settings"),
        (Mark(7, NOON, 2, 9), Mark(4, 1, 1, 2), None, "UTC and the last 7 changes of its settings"),
        (Mark(7, 1 << 63, 2, 3), Mark(6, 1, 5, 3), None, "entry 7, the last one of 2262-04-11"),
        (Mark(7, -1 << 80, 2, 3), Mark(6, 1, 5, 3), None, "entry 7, the last one of time -120892"),
    ],
)
def test_what_is_missing_is_named(mark: Mark, found: Mark, check: int | None, said: str) -> None:
    told = missing(mark, found, check)
    assert said in told
    assert bool(told) == bool(said)


# ---------------------------------------------------------------- the file


def test_a_mark_is_in_its_file_before_anybody_can_be_told(tmp_path: Path) -> None:
    file = MarkFile(tmp_path / "j")
    assert file.read() == b""
    file.begin(Mark(1, 2, 3, 4))
    for seq in range(2, 50):
        file.write(Mark(seq, 10**seq % 10**18, 3, 4))
        assert decode((tmp_path / "j.mark").read_bytes()) == Mark(seq, 10**seq % 10**18, 3, 4)
    assert file.path.stat().st_mode & 0o777 == 0o600
    file.release()
    file.release()
    with pytest.raises(JournalError, match="is closed"):
        file.write(NOTHING)


def test_a_longer_file_is_no_mark_until_it_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "j.mark").write_bytes(encode(Mark(1, 2, 3, 4)) + b"more")
    file = MarkFile(tmp_path / "j")
    assert decode(file.read()) is None
    file.begin(Mark(1, 2, 3, 4))
    assert decode(file.read()) == Mark(1, 2, 3, 4)
    file.release()


def test_a_mark_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "j.mark").mkdir()
    with pytest.raises(JournalError, match="cannot be written: Is a directory"):
        MarkFile(tmp_path / "j")


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = MarkFile(tmp_path / "j")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(JournalError, match="cannot be written: No space left on device"):
        file.write(NOTHING)
    file.release()
