"""Rows of text files, with a bound on everything."""

import gzip
import random
import sys
import zipfile
from pathlib import Path

import pytest

from papertape.data import text_files
from papertape.data.text_files import LONGEST_LINE, csv_members, rows
from papertape.errors import MarketDataError


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_that_of_the_first_line(tmp_path: Path, delimiter: str) -> None:
    text = f"a{delimiter}b\r\n\r\n1{delimiter}'2'\r\n"
    path = written(tmp_path / "x.csv", b"\xef\xbb\xbf" + text.encode())
    assert list(rows(path)) == [(1, ["a", "b"]), (3, ["1", "'2'"])]


def test_gzip_and_zip(tmp_path: Path) -> None:
    packed = written(tmp_path / "x.csv.gz", gzip.compress(b"a,b\n1,2\n"))
    assert list(rows(packed)) == [(1, ["a", "b"]), (2, ["1", "2"])]
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("one.csv", "a\n1\n")
        archive.writestr("readme.md", "no")
    assert csv_members(tmp_path / "x.zip") == ("one.csv",)
    assert list(rows(tmp_path / "x.zip", "one.csv")) == [(1, ["a"]), (2, ["1"])]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a,b\n1,\xff2\n", "line 2, column 2: not UTF-8 at byte 3"),
        (b"a;b;c\n1;2;3\n\n1;2;\xc3", "line 4, column 3: not UTF-8 at byte 5"),
        (b"a,b,c\n" + b"\n" * 999 + b'"x,y",\xe9,1\n', "line 1001, column 2: not UTF-8 at byte 7"),
        (b"a,b\xff,c\n", "line 1, column 2: not UTF-8 at byte 4"),
        (b"\xef\xbb\xbfa\tb\t\xff\n", "line 1, column 3: not UTF-8 at byte 8"),
        (b"a,b\n1,\0\n", "line 2, column 2: a NUL character"),
        (b"\0", "line 1, column 1: a NUL character"),
        (b'a,b\n"1,2\n3,4\n', "line 2, column 1: unexpected end of data"),
        (b'a,b,c\n1,"2,3\n3,4\n', "line 2, column 2: unexpected end of data"),
        (b'a,b,c\n"1,1","2"3,4\n', "line 2, column 2: ',' expected after"),
        (b"a,b\n" + b"1" * (LONGEST_LINE + 1), f"line 2, column 1: longer than {LONGEST_LINE}"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(MarketDataError, match=words):
        list(rows(written(tmp_path / "x.csv", data)))


def plain(data: bytes) -> list[tuple[int, list[str]]]:
    """The rows of bytes without quotation marks, line by line."""
    first, *lines = (line.rstrip("\r") for line in data.decode().split("\n"))
    found = [(number, line.split(",")) for number, line in enumerate(lines, 2)
             if line.strip()]  # fmt: skip
    return [(1, first.split(",") if first else []), *found]


@pytest.mark.parametrize("block", [1, 7, 64, 1 << 18])
def test_blank_lines_are_counted_wherever_a_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(text_files, "BLOCK", block)
    chance = random.Random(block)
    for place in range(60):
        parts = chance.choices(
            ("\n", "\r\n", " \n\t\n", "1,2\n", "é,\u3000 x\n", " ", "\u3000\n", "7"),
            k=chance.randrange(40),
        )
        data = ("a,b\n" * (place % 3 > 0) + "".join(parts)).encode()
        path = written(tmp_path / "x.csv", data)
        if data[:1] not in (b" ", b"\r", b""):
            assert list(rows(path)) == plain(data)


def test_a_blank_line_may_be_long(tmp_path: Path) -> None:
    blank = b" " * (3 * text_files.BLOCK)
    path = written(tmp_path / "x.csv", b"a\n" + blank + b"\n1\n" + blank)
    assert list(rows(path)) == [(1, ["a"]), (3, ["1"])]
    path.write_bytes(b"a\n" + blank + b"1\n")
    with pytest.raises(MarketDataError, match="line 2, column 1: longer than"):
        list(rows(path))


@pytest.mark.long
def test_blank_lines_are_passed_over_by_blocks(tmp_path: Path) -> None:
    """Python works for each block, not for each of its lines, and tells how far it is."""
    blocks = 64
    blank = b"\n" * (blocks * text_files.BLOCK)
    path = written(tmp_path / "x.csv.gz", gzip.compress(b"a\n" + blank + b"1\n"))
    told: list[int] = []
    steps = 0

    def counted(frame: object, event: str, value: object) -> object:
        nonlocal steps
        steps += event == "line"
        return counted

    before = sys.gettrace()
    sys.settrace(counted)
    try:
        found = list(rows(path, progress=lambda name, done, size: told.append(done)))
    finally:
        sys.settrace(before)
    assert found == [(1, ["a"]), (len(blank) + 2, ["1"])]
    assert steps < 400 * blocks
    assert len(told) > blocks * text_files.BLOCK // text_files.STEP // 2


@pytest.mark.long
def test_a_cut_file_says_how_far_it_was_read(tmp_path: Path) -> None:
    data = gzip.compress(b"".join(b"%d,%d\n" % (n, n * n) for n in range(50_000)))
    path = written(tmp_path / "x.csv.gz", data[: len(data) // 2])
    with pytest.raises(MarketDataError, match=r"cannot be read after line \d+"):
        list(rows(path))
    with pytest.raises(MarketDataError, match="zip"):
        csv_members(written(tmp_path / "x.zip", b"PK\x03\x04"))


def test_what_a_file_unpacks_to_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_files, "MOST_BYTES", 1 << 16)
    path = written(tmp_path / "x.csv.gz", gzip.compress(b"1,2\n" * (1 << 15)))
    with pytest.raises(MarketDataError, match="unpacked"):
        list(rows(path))


@pytest.mark.long
def test_long_work_is_told_of(tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", b"1,2,3,4,5,6,7\n" * 300_000)
    told: list[tuple[str, int, int]] = []
    assert sum(1 for _ in rows(path, progress=lambda *told_of: told.append(told_of))) == 300_000
    size = path.stat().st_size
    assert len(told) == 1 + size // (1 << 20)
    assert told[-1] == ("x.csv", size, size)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
