"""Contracts of a user's own: what is taken, and where a file is wrong."""

from pathlib import Path

import pytest

from papertape.errors import MarketDataError
from papertape.model import Contract
from papertape.server.assembly import known_instruments
from papertape.store.contracts import add_contracts, folder_contracts, read_contracts
from papertape.venue.reference.instruments import Listing, Refusal
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.numbers import USER_FROM
from papertape.venue.reference.securities import Future, OptionContract, Stock
from walks import walk

GOOD = """
[[contract]]
symbol = "ACME"
longName = "ACME CORP"
price = 12.5

[[contract]]   # a fraction of a cent
symbol = "NORD"
currency = "SEK"
exchange = "SMART,SFB"
minTick = "0.001"
conId = 77

[[contract]]
symbol = "WIDGET"
secType = "FUT"
exchange = "CME"
multiplier = 0.1
lastTradeDate = "20261218"
localSymbol = "WGZ6"

[[contract]]
symbol = "ACME"
secType = "OPT"
exchange = "SMART,CBOE"
multiplier = 100
lastTradeDate = 20261218
strike = 12.5
right = "P"
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_contracts_from_toml(tmp_path: Path) -> None:
    acme, nord, widget, option = read_contracts(write(tmp_path, "contracts.toml", GOOD))
    assert (
        isinstance(acme, Stock)
        and isinstance(widget, Future)
        and isinstance(option, OptionContract)
    )
    assert (acme.currency, acme.primaryExchange, acme.reference) == ("USD", "NASDAQ", 125_000)
    assert acme.conId >= USER_FROM
    assert (nord.conId, nord.tick, nord.scale, nord.exchanges) == (77, 10, 10_000, ("SMART", "SFB"))
    assert (widget.multiplier_text, widget.month) == ("0.1", 202612)
    assert (option.strike, option.right) == (125_000, "P")
    again = read_contracts(tmp_path / "contracts.toml")
    assert [entry.conId for entry in again] == [acme.conId, 77, widget.conId, option.conId]


def test_the_same_from_csv(tmp_path: Path) -> None:
    text = 'symbol,secType,exchange,price\nACME,,,12.5\n\n"NORD",STK,"SMART,SFB",\n'
    acme, nord = read_contracts(write(tmp_path, "contracts.csv", text))
    assert (acme.symbol, acme.reference, nord.exchanges) == ("ACME", 125_000, ("SMART", "SFB"))


# file, text -> line, column and words of the refusal
WRONG = [
    ("a.csv", "symbol,prize\nACME,1\n", (1, 2), "no field 'prize'"),
    ("a.csv", "symbol,price\nACME,1\nB,-2\n", (3, 2), "-2 is no number"),
    ("a.csv", "symbol,price\nACME,nan\n", (2, 2), "nan is no number"),
    ("a.csv", "symbol,price\nACME\n", (2, 1), "1 cells below 2 names"),
    ("a.csv", "symbol,price\n,1\n", (2, 1), "needs a symbol"),
    ("a.csv", "price\n1\n", (1, 1), "symbol among them"),
    ("a.csv", "", (1, 1), "symbol among them"),
    ("a.csv", "symbol,conId\nA,5\nB,5\n", (3, 2), "B has conId 5, as A in line 2"),
    ("a.csv", "symbol,conId\nA,99999999999\n", (2, 2), "no contract number"),
    ("a.csv", "symbol,secType,exchange,lastTradeDate\nA,FUT,CME,20261399\n", (2, 4), "yyyymmdd"),
    ("a.csv", "symbol,secType,exchange,lastTradeDate,strike,right\nA,OPT,SMART,20261218,nan,C\n",
     (2, 5), "nan is no number"),
    ("a.csv", "symbol,secType\nA,BAG\n", (2, 2), "'BAG' is none of"),
    ("a.csv", "symbol,currency\nA,EUR\n", (2, 1), "needs its exchange"),
    ("a.csv", "symbol,strike\nA,5\n", (2, 2), "has no strike"),
    ("a.csv", "symbol,minTick\nA,0.0123\n", (2, 2), "no price step"),
    ("a.toml", "[[contract]]\nsymbol = \"A\"\n\n  price = -1\n", (4, 3), "-1 is no number"),
    ("a.toml", "[[contract]]\nsymbol = \"A\"\n[[contract]]\nsymbol = \"B\"\nfoo = 1\n", (5, 1),
     "no field 'foo'"),
    ("a.toml", "[[contract]]\nsymbol = [1]\n", (2, 1), "neither a text nor a number"),
    ("a.toml", "contract = 5\n", (1, 1), "no table [[contract]]"),
    ("a.toml", "[other]\nx = 1\n", (1, 1), "'other' is no table"),
]  # fmt: skip


@walk(("name", "text", "place", "words"), WRONG)
def test_a_file_that_is_wrong_says_where(
    tmp_path: Path, name: str, text: str, place: tuple[int, int], words: str
) -> None:
    with pytest.raises(MarketDataError) as raised:
        read_contracts(write(tmp_path, name, text))
    told = str(raised.value)
    assert f"line {place[0]}, column {place[1]}: " in told, told
    assert words in told
    assert name in told


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"[[contract]\n", b"\x00" * 10])
def test_a_file_that_is_no_text(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "contracts.toml"
    path.write_bytes(data)
    with pytest.raises(MarketDataError):
        read_contracts(path)
    with pytest.raises(MarketDataError, match="cannot be read"):
        read_contracts(tmp_path / "nothing.csv")


def test_a_market_folder_brings_its_contracts(tmp_path: Path) -> None:
    write(tmp_path, "contracts.toml", GOOD)
    write(tmp_path, "market.toml", "version = 2\n")
    assert len(folder_contracts(tmp_path)) == 4
    known = known_instruments(tmp_path)
    found = known.resolve(Contract(symbol="ACME", secType="STK", exchange="SMART", currency="USD"))
    assert isinstance(found, Listing)
    assert found.instrument.longName == "ACME CORP"
    assert CATALOGUE.match(Contract(symbol="ACME", secType="STK")) == Refusal(200)
    assert isinstance(known.resolve(Contract(conId=265598, exchange="SMART")), Listing)


def test_a_recording_of_nothing_that_is_known_says_so(tmp_path: Path) -> None:
    manifest = (
        'version = 2\n[[instrument]]\nconId = 36285627\nsymbol = "GME"\ndate = 20210128\n'
        'minutes = 390\nfiles = { daily = "gme.npz" }\n'
    )
    write(tmp_path, "market.toml", manifest)
    write(tmp_path, "gme.npz", "")
    with pytest.raises(MarketDataError, match="GME is recorded under conId 36285627"):
        known_instruments(tmp_path)
    write(tmp_path, "contracts.csv", "symbol,conId,primaryExchange\nGME,36285627,NYSE\n")
    known = known_instruments(tmp_path)
    found = known.resolve(Contract(symbol="GME", secType="STK", exchange="SMART", currency="USD"))
    assert isinstance(found, Listing)  # and not the catalogue's beside it
    assert found.instrument.conId == 36285627


@pytest.mark.parametrize("name", ["mine.toml", "mine.csv"])
def test_contracts_are_added_all_or_none(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "market"
    folder.mkdir()
    mine = {
        "mine.toml": ('[[contract]]\nsymbol = "A1"\n', '[[contract]]\nsymbol = "B1"\n'),
        "mine.csv": ("symbol\nA1\n", "symbol\nB1\n"),
    }[name]
    assert [e.symbol for e in add_contracts(write(tmp_path, name, mine[0]), folder)] == ["A1"]
    add_contracts(write(tmp_path, name, mine[1]), folder)
    assert [entry.symbol for entry in folder_contracts(folder)] == ["A1", "B1"]
    with pytest.raises(MarketDataError, match="as B1 in line"):
        add_contracts(write(tmp_path, name, mine[1]), folder)
    assert [entry.symbol for entry in folder_contracts(folder)] == ["A1", "B1"]
    assert [path.name for path in folder.iterdir()] == [f"contracts{Path(name).suffix}"]


def test_contracts_whose_numbers_meet_are_told_apart(tmp_path: Path) -> None:
    """Ten thousand symbols in which three pairs have the same hash; one such pair is here."""
    path = write(tmp_path, "contracts.csv", "symbol,price\nJPZZ0,5\nDZSZ0,6\n")
    numbers = {entry.symbol: entry.conId for entry in read_contracts(path)}
    assert len(set(numbers.values())) == 2
    write(tmp_path, "contracts.csv", "symbol,price\nDZSZ0,6\nJPZZ0,5\n")
    assert {entry.symbol: entry.conId for entry in folder_contracts(tmp_path)} == numbers


def test_the_two_files_of_a_folder_are_one_as_far_as_numbers_go(tmp_path: Path) -> None:
    write(tmp_path, "contracts.csv", "symbol\nJPZZ0\n")
    write(tmp_path, "contracts.toml", '[[contract]]\nsymbol = "DZSZ0"\n')
    assert len({entry.conId for entry in folder_contracts(tmp_path)}) == 2
    write(tmp_path, "contracts.csv", "symbol,conId\nA,5\n")
    write(tmp_path, "contracts.toml", '[[contract]]\nsymbol = "B"\nconId = 5\n')
    with pytest.raises(MarketDataError) as raised:
        folder_contracts(tmp_path)
    told = str(raised.value)
    assert "line 2, column 2: A has conId 5, as B in line 1 of contracts.toml" in told


def test_what_is_added_beside_the_other_file_has_the_number_that_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "market"
    folder.mkdir()
    write(folder, "contracts.toml", '[[contract]]\nsymbol = "DZSZ0"\n')
    (added,) = add_contracts(write(tmp_path, "mine.csv", "symbol\nJPZZ0\n"), folder)
    assert {entry.symbol: entry.conId for entry in folder_contracts(folder)}["JPZZ0"] == (
        added.conId
    )
    with pytest.raises(MarketDataError, match=r"of contracts\.toml"):
        add_contracts(write(tmp_path, "more.csv", "symbol\nDZSZ0\n"), folder)
    assert len(folder_contracts(folder)) == 2


def test_the_number_of_another_contract_of_the_catalogue_is_refused(tmp_path: Path) -> None:
    """Else AAPL would be gone: what it is recorded, held and ordered under would be ACME."""
    acme = write(tmp_path, "a.csv", "symbol,conId\nACME,265598\n")
    with pytest.raises(MarketDataError, match="line 2, column 2: ACME has conId 265598, which is"):
        read_contracts(acme)
    write(tmp_path, "contracts.csv", "symbol,conId\nACME,265598\n")
    with pytest.raises(MarketDataError, match="STK AAPL USD"):
        known_instruments(tmp_path)
    again = write(tmp_path, "b.csv", "symbol,conId,price\nAAPL,265598,12\n")
    assert [entry.conId for entry in read_contracts(again)] == [265598]


def test_a_file_without_a_contract_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    with pytest.raises(MarketDataError, match="no contract in it"):
        add_contracts(write(tmp_path, "a.csv", "symbol,price\n"), folder)
    assert not list(folder.iterdir())


def test_what_meets_in_a_folder_is_told_by_the_line_of_the_file_that_is_added(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    add_contracts(write(tmp_path, "a.csv", "symbol,conId\nA,5\n"), folder)
    with pytest.raises(MarketDataError) as caught:
        add_contracts(write(tmp_path, "b.csv", "symbol,conId\nB,5\n"), folder)
    assert "line 2, column 2: B has conId 5, as A in line 2 of contracts.csv" in str(caught.value)
    assert "b.csv" in str(caught.value)
