"""``papertape contracts``: search, and contracts for a market folder."""

import errno
import json
import os
from pathlib import Path

import pytest

from cli.process import invoke
from papertape.store import contracts as store

SAMPLE = Path(__file__).parents[2] / "market/sample"


def test_a_search_says_whose_numbers_they_are() -> None:
    done = invoke(["contracts", "ls", "aapl", "--json"])
    assert done.exit_code == 0, done.output
    first, *_ = json.loads(done.output)
    assert (first["con_id"], first["symbol"], first["number"]) == (265598, "AAPL", "IB's")
    rows = json.loads(done.output)
    assert all(row["con_id"] for row in rows), "a number that is none is nobody's"
    bonds = {row["con_id"]: row for row in rows if row["security_type"] == "BOND"}
    assert len(bonds) == 3
    assert (bonds[236491195]["number"], bonds[236491195]["name"]) == ("IB's", "AAPL 4.15 06/22/46")
    assert bonds[2116282152]["number"] == "ours"
    done = invoke(["contracts", "ls", "siemens"])
    assert "ours" in done.output and "IBIS" in done.output


def test_contracts_go_into_a_folder_or_the_line_is_named(tmp_path: Path) -> None:
    mine, folder = tmp_path / "mine.csv", tmp_path / "market"
    folder.mkdir()
    mine.write_text("symbol,price\nACME,12\n")
    done = invoke(["contracts", "add", str(mine), str(folder)])
    assert done.exit_code == 0, done.output
    assert "STK ACME USD" in done.output
    mine.write_text("symbol,price\nACME,-1\n")
    done = invoke(["contracts", "add", str(mine), str(folder)])
    assert done.exit_code != 0
    assert "line 2, column 2" in done.output.replace("\n", " ")
    assert (folder / "contracts.csv").read_text() == "symbol,price\nACME,12\n"


def test_a_folder_is_made_for_contracts_and_can_be_searched(tmp_path: Path) -> None:
    mine, folder = tmp_path / "mine.csv", tmp_path / "a" / "market"
    mine.write_text("symbol,price\nACME,-12\n")
    assert invoke(["contracts", "add", str(mine), str(folder)]).exit_code == 2
    assert not folder.exists()
    mine.write_text("symbol,price\nACMEX,12\n")
    assert invoke(["contracts", "add", str(mine), str(folder)]).exit_code == 0
    done = invoke(["contracts", "ls", "acmex", "--market", str(folder), "--json"])
    assert [row["symbol"] for row in json.loads(done.output)] == ["ACMEX"]
    done = invoke(["contracts", "ls", "--market", str(folder), "--json"])
    assert [row["symbol"] for row in json.loads(done.output)] == ["ACMEX"]


def test_a_search_without_a_result_says_so(tmp_path: Path) -> None:
    def said(*words: str) -> str:
        done = invoke(["contracts", "ls", *words])
        assert done.exit_code == 0, done.output
        return " ".join(done.output.split())

    assert said("qqzzqq") == "No contract's symbol begins with 'qqzzqq', and no name contains it."
    assert "--market" in said(str(tmp_path))
    assert "has no contracts of its own" in said("--market", str(SAMPLE))
    done = invoke(["contracts", "ls"])
    assert done.exit_code == 2 and "--market" in done.output


def test_a_contract_that_has_ended_is_taken_with_a_word(tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    head = "symbol,secType,exchange,lastTradeDate\n"
    mine.write_text(f"{head}OLD,FUT,CME,20200117\nNEW,FUT,CME,20990116\n")
    done = invoke(["contracts", "add", str(mine), str(tmp_path / "market")])
    old, new = done.output.splitlines()
    assert "FUT OLD USD, which ended on 2020-01-17: found where" in old
    assert new.endswith("FUT NEW USD")


HEAD = b"symbol,secType,exchange,price,strike,right,lastTradeDate\n"
OPTION = b"ACME,OPT,SMART,1,%s,C,20270115\n"
HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "nan": (".csv", HEAD + OPTION % b"nan", "line 2, column 5: nan is no number"),
    "infinite": (".csv", HEAD + OPTION % b"5" + OPTION % b"-Infinity", "line 3, column 5"),
    "tiny": (".csv", HEAD + OPTION % b"1e-99999", "line 2, column 5"),
    "no such day": (".csv", HEAD + b"ACME,OPT,SMART,1,5,C,20270231\n", "line 2, column 7"),
    "two with one": (
        ".csv", b"symbol,conId\nACME,77777\nBCME,77777\n",
        "line 3, column 2: BCME has conId 77777, as ACME in line 2",
    ),
    "bytes": (".csv", bytes(range(1, 256)) * 40, "line 2, column 118: byte 0x80 is not UTF-8"),
    "nul": (".toml", b'[[contract]]\nsymbol = "A\0"\n', "line 2, column 12: a NUL character"),
    "utf-16": (".csv", "symbol\nACME\n".encode("utf-16"), "line 1, column 1: byte 0xff"),
    "latin-1": (
        ".csv", "symbol,longName\nACME,été\n".encode("latin-1"),
        "line 2, column 6: byte 0xe9 is not UTF-8",
    ),
    "one line": (".csv", b"symbol\nACME\n" + b"A" * 2_000_000, "line 3, column 1: longer than"),
    "no end": (".csv", b'symbol\nACME\n"BCME\n' + b"X\n" * 100_000, "line 3, column 1: field"),
    "brackets": (".toml", b"a = " + b"[" * 100_000, "line 1, column 1: longer than 16384 bytes"),
    "few brackets": (
        ".toml", b"[[contract]]\nsymbol = " + b"[" * 900 + b"]" * 900,
        "line 2, column 1: symbol is neither",
    ),
    "many lines of brackets": (
        ".toml", b"[[contract]]\nsymbol = \\\n" + b"[\n" * 100_000,
        "line 3, column 1: '' is no table",
    ),
    "parts": (".toml", b"a." * 8_000 + b"a = 1\n", "line 1, column 1"),
    "table of parts": (".toml", b"[" + b"a." * 8_000 + b"a]\n", "line 1, column 1"),
    "digits": (".toml", b'[[contract]]\nprice = ' + b"9" * 5_000, "line 2, column 1: not TOML"),
    "no value": (".toml", b"[[contract]]\nsymbol = ?\n", "line 2, column 10: not TOML"),
    "several lines": (".toml", b'[[contract]]\n symbol = """A\n"""\n', "line 2, column 2: symbol"),
    "too many": (".csv", b"symbol\n" + b"A\nB\nC\nD\nE\n", "line 6, column 1: more than 4"),
    "too many tables": (
        ".toml", b'[[contract]]\nsymbol = "A"\n' * 6, "line 9, column 1: more than 4 contracts",
    ),
    "empty": (".toml", b"", "there is no contract in it"),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_file_is_refused_where_it_is_wrong(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the command, into a folder with contracts and into one that there is not."""
    monkeypatch.setattr(store, "MOST_CONTRACTS", 4)
    suffix, data, words = HOSTILE[name]
    file, folder, old = tmp_path / f"mine{suffix}", tmp_path / "new" / "market", tmp_path / "old"
    file.write_bytes(data)
    old.mkdir()
    (old / "contracts.csv").write_text("symbol\nACME\n")
    for target in (folder, old):
        done = invoke(["contracts", "add", str(file), str(target)])
        assert done.exit_code == 2, done.output
        assert words in " ".join(done.output.split())
        assert len(done.output) < 1_500
    assert not folder.parent.exists()
    assert [one.name for one in old.iterdir()] == ["contracts.csv"]
    assert (old / "contracts.csv").read_text() == "symbol\nACME\n"


@pytest.mark.skipif(os.name == "nt", reason="has neither pipes of that kind nor these links")
@pytest.mark.parametrize(
    ("points", "words"),
    [("/dev/zero", "no plain file"), ("fifo", "no plain file"), ("mine.csv", "levels of symbolic"),
     ("nowhere", "No such file"), (".", "Is a directory")],
)  # fmt: skip
def test_what_is_no_file_is_not_waited_for(points: str, words: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "mine.csv").symlink_to(points)
    done = invoke(["contracts", "add", str(tmp_path / "mine.csv"), str(tmp_path / "m")])
    assert done.exit_code == 2 and words in " ".join(done.output.split())
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("fails", ["write_text", "replace"])
def test_a_full_disk_leaves_a_folder_as_it_was(
    fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, old = tmp_path / "mine.csv", tmp_path / "old"
    mine.write_text("symbol\nACME\n")
    old.mkdir()
    (old / "contracts.csv").write_text("symbol\nBCME\n")

    def full(path: Path, *args: object, **named: object) -> None:
        path.touch()  # some of it is there
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, fails, full)
    for target in (tmp_path / "a" / "new", old):
        done = invoke(["contracts", "add", str(mine), str(target)])
        assert done.exit_code == 2 and "No space left" in " ".join(done.output.split())
    assert not (tmp_path / "a").exists()
    assert [one.name for one in old.iterdir()] == ["contracts.csv"]
    assert (old / "contracts.csv").read_text() == "symbol\nBCME\n"


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_bytes(b"\xef\xbb\xbfsymbol\r\nACME\r\n")
    (tmp_path / "mine.csv").symlink_to("there.csv")
    done = invoke(["contracts", "add", str(tmp_path / "mine.csv"), str(tmp_path / "m")])
    assert done.exit_code == 0 and "STK ACME USD" in done.output


UNFOUNDED = {
    "symbol,isin\nACME,US0378331006\n":
        "line 2, column 2: US0378331006 is no ISIN: US0378331005 would be one",
    "symbol,isin\nACME,378331005\n": "line 2, column 2: '378331005' is no ISIN",
    "symbol,secType,exchange,strike,right,lastTradeDate,underConId\n"
    "ACME,OPT,SMART,5,C,20270115,999\n":
        "line 2, column 7: no contract has the number 999",
}  # fmt: skip


@pytest.mark.parametrize("text", UNFOUNDED)
def test_what_cannot_be_is_not_added(tmp_path: Path, text: str) -> None:
    mine, folder = tmp_path / "mine.csv", tmp_path / "market"
    mine.write_text(text)
    done = invoke(["contracts", "add", str(mine), str(folder)])
    assert done.exit_code == 2
    assert UNFOUNDED[text] in " ".join(done.output.split())
    assert not folder.exists()


def test_an_option_on_another_contract_of_the_file_is_added(tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    head = "symbol,secType,exchange,strike,right,lastTradeDate,underConId,conId,isin\n"
    mine.write_text(
        f"{head}ACME,OPT,SMART,5,C,20990116,2130000077,,\n"
        "ACME,STK,SMART,,,,,2130000077,US0378331005\n"
    )
    done = invoke(["contracts", "add", str(mine), str(tmp_path / "market")])
    assert done.exit_code == 0, done.output
