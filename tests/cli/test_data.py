"""``papertape data``: import, ls, export, plot."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import Result

from cli.process import invoke
from papertape.store.history import recordings

BARS = "Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-05,25.5,27,25,26,25.6,2000\n"
HOSTILE = "\x1b[2J\x9b31m\u202e[red]"


def run(*words: object, code: int = 0) -> Result:
    done = invoke(["data", *map(str, words)])
    assert done.exit_code == code, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done


def source(folder: Path, name: str = "GME.csv", text: str = BARS) -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.long
def test_the_help_has_examples_that_are_commands() -> None:
    told = run("--help").output + run("import", "--help").output
    for command in re.findall(r"papertape data (\w+)", told):
        assert run(command, "--help").output
    assert "papertape data import GME.csv --into market/mine" in told.replace("\n", " ")


def test_an_import_tells_what_it_made_of_the_columns(tmp_path: Path) -> None:
    told = run("import", source(tmp_path), "--into", tmp_path / "m").output
    assert "open = 'Open'" in told
    assert "not read: Adj Close" in told
    assert "GME (conId 2104123745), plays 20240105: 1 daily" in told
    assert f"papertape serve --market {tmp_path / 'm'}" in told
    (recording,) = recordings(tmp_path / "m")
    assert recording.load().daily is not None


def test_options_reach_the_import(tmp_path: Path) -> None:
    text = "when;Last;n\n05/01/2024 14:30:00;5;100\n05/01/2024 14:31:00;6;100\n"
    done = run(
        "import", source(tmp_path, text=text), "--into", tmp_path / "m", "--symbol", "ZZYX",
        "--map", "time=when", "--map", "size=3", "--zone", "UTC", "--dates", "dmy",
        "--contract", "longName=Z CORP", "--date", "20240105", "--license", "mine",
        "--source", "me", "--json",
    )  # fmt: skip
    (one,) = json.loads(done.output)["instruments"]
    assert one["rows"] == {"bars": 2}
    assert (one["entry"]["license"], one["entry"]["source"]) == ("mine", "me")
    assert one["entry"]["contract"] == {"longName": "Z CORP"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--map", "price"), "--map 'price' is not NAME=VALUE"),
        (("--zone", "Mars/Base"), "'Mars/Base' is no time zone"),
        (("--zone", "../x"), "is no time zone"),
        (("--date", "2024"), "--date '2024' is no date"),
        (("--map", "high=Top"), "high is to be 'Top'"),
        (("--contract", "secType=XXX"), "secType"),
    ],
)
def test_an_option_that_is_no_good(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    done = run("import", source(tmp_path), "--into", tmp_path / "m", *words, code=2)
    assert told in done.stderr
    assert not (tmp_path / "m").exists()


def test_a_mistake_in_a_file_is_named_with_its_place(tmp_path: Path) -> None:
    bad = source(tmp_path, text=BARS.replace("27", HOSTILE))
    done = run("import", bad, "--into", tmp_path / "m", code=2)
    assert "line 2, column 3" in done.stderr
    assert "nothing was imported" in done.stderr
    assert done.stderr.strip("\n").isprintable()


@pytest.mark.long
def test_a_folder_from_one_end_to_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("import", source(tmp_path), "--into", "m")
    assert re.search(r"2104123745 +GME +STK +20240105 +daily +1 +2024-01-05", run("ls", "m").output)
    assert json.loads(run("ls", "m", "--json").output)[0]["files"][0]["rows"] == 1
    assert "gme-daily.csv: 1 rows" in run("export", "m", "--to", "csv").output
    run("import", "csv", "--into", "back")
    names = {path.name for path in Path("m").iterdir()}
    assert names == {"market.toml", "gme-daily.npz"}
    assert all((Path("m") / one).read_bytes() == (Path("back") / one).read_bytes() for one in names)
    assert run("plot", "m", "GME").output == "GME.svg: GME, daily bars\n"
    assert Path("GME.svg").read_text().startswith("<svg")
    assert "cannot be written" in run("plot", "m", "GME", "-o", "no/x.svg", code=2).stderr
    assert "not in this folder" in run("plot", "m", "IBM", code=2).stderr
    assert "is there already" in run("export", "m", "--to", "csv", code=2).stderr


def test_a_file_that_is_damaged_is_shown_and_ends_with_2(tmp_path: Path) -> None:
    run("import", source(tmp_path), "--into", tmp_path / "m")
    (tmp_path / "m" / "gme-daily.npz").write_bytes(b"x")
    assert "not a readable .npz file" in run("ls", tmp_path / "m", code=2).output


def test_names_of_others_are_visible(tmp_path: Path) -> None:
    run("import", source(tmp_path), "--into", tmp_path / "m")
    manifest = tmp_path / "m" / "market.toml"
    manifest.write_text(manifest.read_text().replace('"GME"', json.dumps(HOSTILE)))
    lines = (run("ls", tmp_path / "m").output + run("ls", tmp_path / "m", "--json").output).split(
        "\n"
    )
    assert all(line.isprintable() for line in lines)
