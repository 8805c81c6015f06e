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
