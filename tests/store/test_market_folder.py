"""A recording brings its contract in, or the start says why not."""

import json
from pathlib import Path

import pytest

from papertape.errors import MarketDataError
from papertape.model import Contract
from papertape.store.columns import write_columns
from papertape.store.history import recordings
from papertape.store.manifest import FolderEntry, read_manifest, write_manifest
from papertape.store.market_folder import known_instruments
from papertape.venue.reference.instruments import Listing

CON_ID = 1_999_999_999


def entry(**more: object) -> FolderEntry:
    fields = {"conId": CON_ID, "symbol": "ZZZZ", "date": 20240105, "minutes": 390}
    return FolderEntry(**{**fields, "files": {"daily": "z.npz"}, **more})  # type: ignore[arg-type]


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_inline(v)}" for name, v in value.items()) + "}"
    return json.dumps(value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = ("date", "open", "high", "low", "close", "volume")
    write_columns(tmp_path / "z.npz", {name: [20240105] for name in names})
    return tmp_path


def test_a_manifest_is_read_as_it_was_written(folder: Path) -> None:
    odd = entry(kind='a "text" \\ of\tours', contract={"longName": 'Z "Z" \x7f'}, trades=False)
    write_manifest(folder, [odd])
    assert read_manifest(folder) == (odd,)
    assert sorted(path.name for path in folder.iterdir()) == ["market.toml", "z.npz"]


def test_the_manifest_describes_a_contract_that_nobody_else_knows(folder: Path) -> None:
    write_manifest(folder, [entry(contract={"longName": "ZZZZ CORP"})])
    wanted = Contract(symbol="ZZZZ", secType="STK", exchange="SMART", currency="USD")
    found = known_instruments(folder).resolve(wanted)
    assert isinstance(found, Listing)
    assert (found.instrument.conId, found.instrument.longName) == (CON_ID, "ZZZZ CORP")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"files": {"daily": "z" * 300}}, "longer than the name of a file may be"),
        ({"files": {"daily": "ž" * 130}}, "longer than the name of a file may be"),
        ({"files": {"daily": "z/" * 3_000}}, "no such file"),
        ({"symbol": "Z" * 9_000, "minutes": "\x1b" * 9_000}, "not described in full"),
        ({"files": {"daily": "z\0"}}, "has a zero byte"),
    ],
)
def test_a_manifest_of_others_is_refused_in_few_words(
    folder: Path, more: dict[str, object], words: str
) -> None:
    fields = {"conId": 1, "symbol": "Z", "date": 20240105, "minutes": 390, **more}
    fields.setdefault("files", {"daily": "z.npz"})
    lines = "".join(f"{name} = {_inline(value)}\n" for name, value in fields.items())
    (folder / "market.toml").write_text(f"version = 2\n[[instrument]]\n{lines}")
    with pytest.raises(MarketDataError, match=words) as caught:
        read_manifest(folder)
    assert len(str(caught.value)) < 6_000


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "ZZZZ is recorded under conId 1999999999, and no contract"),
        ({"contract": {"minTick": "x"}}, "minTick: 'x' is no number"),
        ({"contract": {"longName": "Z"}, "scale": 100_000}, "in 1/100000, its contract"),
    ],
)
def test_the_start_says_why_not(folder: Path, more: dict[str, object], words: str) -> None:
    write_manifest(folder, [entry(**more)])
    with pytest.raises(MarketDataError, match=words):
        known_instruments(folder)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("colour = 1", "colour"),
        ("stretch = 7", "does not divide"),
        ('files = { daily = "../z.npz" }', "not inside the folder"),
        ('files = { dialy = "z.npz" }', "not 'dialy'"),
        ('files = { actions = "z.npz" }', "neither quotes nor bars"),
        ("date = 20241301", "month"),
        ("sizeScale = 3", "does not divide 10000"),
        ("date = " + "1" * 5000, "not a manifest"),
    ],
)
def test_what_a_manifest_may_not_say(folder: Path, line: str, words: str) -> None:
    write_manifest(folder, [entry()])
    path = folder / "market.toml"
    kept = [
        old for old in path.read_text().splitlines() if old.split(" =")[0] != line.split(" =")[0]
    ]
    path.write_text("\n".join([*kept, line]))
    with pytest.raises(MarketDataError, match=words):
        read_manifest(folder)


def test_one_contract_is_there_once(folder: Path) -> None:
    write_manifest(folder, [entry(), entry()])
    with pytest.raises(MarketDataError, match="is there twice"):
        read_manifest(folder)


@pytest.mark.parametrize("name", ["contracts.csv", "contracts.toml"])
def test_a_folder_of_contracts_alone_has_no_recordings(tmp_path: Path, name: str) -> None:
    with pytest.raises(MarketDataError, match="has no manifest"):
        known_instruments(tmp_path)
    text = {"contracts.csv": "symbol,price\nZZZZ,12\n"}
    (tmp_path / name).write_text(text.get(name, '[[contract]]\nsymbol = "ZZZZ"\nprice = 12\n'))
    wanted = Contract(symbol="ZZZZ", secType="STK", exchange="SMART", currency="USD")
    assert isinstance(known_instruments(tmp_path).resolve(wanted), Listing)
    assert recordings(tmp_path) == ()
