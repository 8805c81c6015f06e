"""``papertape contracts``: search, and contracts for a market folder."""

import json
from pathlib import Path

from typer.testing import CliRunner

from papertape.cli import app

RUNNER = CliRunner()


def test_a_search_says_whose_numbers_they_are() -> None:
    done = RUNNER.invoke(app, ["contracts", "ls", "aapl", "--json"])
    assert done.exit_code == 0, done.output
    first, *_ = json.loads(done.output)
    assert (first["con_id"], first["symbol"], first["number"]) == (265598, "AAPL", "IB's")
    done = RUNNER.invoke(app, ["contracts", "ls", "siemens"])
    assert "ours" in done.output and "IBIS" in done.output


def test_contracts_go_into_a_folder_or_the_line_is_named(tmp_path: Path) -> None:
    mine, folder = tmp_path / "mine.csv", tmp_path / "market"
    folder.mkdir()
    mine.write_text("symbol,price\nACME,12\n")
    done = RUNNER.invoke(app, ["contracts", "add", str(mine), str(folder)])
    assert done.exit_code == 0, done.output
    assert "STK ACME USD" in done.output
    mine.write_text("symbol,price\nACME,-1\n")
    done = RUNNER.invoke(app, ["contracts", "add", str(mine), str(folder)])
    assert done.exit_code != 0
    assert "line 2, column 2" in done.output.replace("\n", " ")
    assert (folder / "contracts.csv").read_text() == "symbol,price\nACME,12\n"


def test_a_folder_is_made_for_contracts_and_can_be_searched(tmp_path: Path) -> None:
    mine, folder = tmp_path / "mine.csv", tmp_path / "a" / "market"
    mine.write_text("symbol,price\nACME,-12\n")
    assert RUNNER.invoke(app, ["contracts", "add", str(mine), str(folder)]).exit_code == 2
    assert not folder.exists()
    mine.write_text("symbol,price\nACMEX,12\n")
    assert RUNNER.invoke(app, ["contracts", "add", str(mine), str(folder)]).exit_code == 0
    done = RUNNER.invoke(app, ["contracts", "ls", "acmex", "--market", str(folder), "--json"])
    assert [row["symbol"] for row in json.loads(done.output)] == ["ACMEX"]


def test_a_contract_that_has_ended_is_taken_with_a_word(tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    head = "symbol,secType,exchange,lastTradeDate\n"
    mine.write_text(f"{head}OLD,FUT,CME,20200117\nNEW,FUT,CME,20990116\n")
    done = RUNNER.invoke(app, ["contracts", "add", str(mine), str(tmp_path / "market")])
    old, new = done.output.splitlines()
    assert "FUT OLD USD, which ended on 2020-01-17: found where" in old
    assert new.endswith("FUT NEW USD")
