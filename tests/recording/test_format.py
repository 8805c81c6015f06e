"""A recording is written and read; one that is cut or damaged is read up to there and says so."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.errors import RecordingError
from papertape.recording import format as recordings
from papertape.recording.format import (
    RecordedEvent,
    RecordingHeader,
    WireRecording,
    line_of,
    parse,
    read,
    write,
)
from walks import walk

HEADER = RecordingHeader(1, "2026-04-10T12:00:00.000000+00:00", "127.0.0.1:7497")
EVENTS = [
    RecordedEvent(0, 1, "opened", note="127.0.0.1:50000"),
    RecordedEvent(5, 1, "bytes", "client", b"API\0"),
    RecordedEvent(9, 1, "bytes", "server", bytes(range(256))),
    RecordedEvent(9, 1, "lost", "server", count=77),
    RecordedEvent(12, 1, "end", "client"),
    RecordedEvent(13, 1, "reset", "server"),
]
LINES = [line_of(HEADER), *map(line_of, EVENTS)]
WHOLE = b"".join(LINES)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.recording"
    write(WireRecording(HEADER, EVENTS), file)
    assert file.read_bytes() == WHOLE
    found = read(file)
    assert (found.header, found.events, found.problem) == (HEADER, EVENTS, "")
    assert recordings.is_recording(WHOLE[:14])


def taken(data: bytes) -> WireRecording:
    return parse(data.splitlines(keepends=True), "a.recording")


@given(st.integers(0, len(WHOLE)))
@tries(100)
def test_a_recording_that_is_cut_anywhere_is_read_up_to_there_and_says_so(cut: int) -> None:
    if cut < len(LINES[0]) - 1:
        with pytest.raises(RecordingError, match="is not a recording"):
            taken(WHOLE[:cut])
        return
    found = taken(WHOLE[:cut])
    assert found.events == EVENTS[: len(found.events)]
    whole_lines = WHOLE[:cut].count(b"\n") - 1
    # A last line without its line end is whole where it ends at its brace.
    assert len(found.events) in (max(0, whole_lines), whole_lines + 1)
    left = WHOLE[sum(map(len, LINES[: len(found.events) + 1])) : cut]
    assert bool(found.problem) == bool(left.strip())
    if found.problem:
        assert "the file ends within it" in found.problem


@given(place=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255))
@tries(200)
def test_a_damaged_byte_gives_a_clear_error_or_what_precedes_it(place: int, byte: int) -> None:
    data = bytearray(WHOLE)
    data[place] = byte
    try:
        found = taken(bytes(data))
    except RecordingError as error:
        assert place < len(LINES[0])
        assert "recording" in str(error) or "is of format" in str(error)
        return
    before = WHOLE[:place].count(b"\n") - 1
    assert found.events[: max(0, before)] == EVENTS[: max(0, before)]
    assert (
        found.problem == ""
        or found.problem.startswith(f"line {max(0, before) + 2}: ")
        or (found.problem.startswith(f"line {max(0, before) + 3}: "))
    )


@walk(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (b"\x00\x01", "is not a recording"),
        (b"[" * 100_000, "is not a recording"),
        (b'{"recording":2}\n', "is of format 2, 1 is known"),
    ],
)
def test_what_is_no_recording_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(RecordingError) as info:
        taken(data)
    assert said in str(info.value)


@walk(
    ("line", "said"),
    [
        (b'{"at":1,"connection":1,"event":"bytes"}', "'bytes' names no sender"),
        (b'{"at":-1,"connection":1,"event":"opened"}', "is earlier than the one before"),
        (b'{"at":1,"connection":1,"event":"sung"}', "is damaged: Invalid enum value 'sung'"),
        (b"[" * 100_000, "is damaged"),
    ],
)
def test_a_line_that_cannot_be_ends_the_reading(line: bytes, said: str) -> None:
    found = taken(LINES[0] + LINES[1] + line + b"\n" + LINES[2])
    assert found.events == EVENTS[:1]
    assert found.problem.startswith(f"line 3: {said}")
    assert found.problem.endswith("; what follows is not read")


def test_a_recording_that_memory_would_not_hold_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recordings, "MOST_BYTES", 100)
    with pytest.raises(RecordingError, match="has more than"):
        taken(WHOLE)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot be read: No such file"):
        read(tmp_path / "none")
