"""The accounts of a directory that no station serves: no time passes there."""

from pathlib import Path

import pytest

from papertape.errors import JournalError, SettingsError
from papertape.server.assembly import JOURNAL, compose
from papertape.server.books import open_books
from papertape.server.market_settings import MarketSettings
from papertape.store.journal import Journal
from papertape.venue.broker.accounts_refused import AccountRefused
from papertape.venue.entries import OLDEST, SCHEMA
from papertape.venue.units import DAY
from venue.scenario import START

PLAIN = MarketSettings()
LATER = START + 3 * DAY


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    with compose(wall=START, data_dir=tmp_path):
        return tmp_path


def market_of(folder: Path) -> str:
    with Journal.open(folder / JOURNAL, schema_version=SCHEMA, oldest=OLDEST) as journal:
        return str(journal.meta["market"])


def test_a_change_is_kept_and_the_market_goes_on_as_if_nobody_had_been_there(kept: Path) -> None:
    before = market_of(kept)
    with open_books(kept, PLAIN, LATER) as books:
        (first,) = books.rows()
        assert (first["account"], first["currency"]) == ("DU1234567", "USD")
        books.open("DU2", {"currency": "EUR", "cash": "5"})
        books.deposit("DU2", "2.5", None)
    assert market_of(kept) == before
    with compose(wall=LATER, data_dir=kept) as composed:
        engine = composed.station.engine
        assert list(engine.state.accounts) == ["DU1234567", "DU2"]
        assert engine.state.accounts["DU2"].cash == {"EUR": 7_500_000}


def test_what_is_refused_is_not_kept(kept: Path) -> None:
    with open_books(kept, PLAIN, LATER) as books:
        with pytest.raises(AccountRefused, match="no account 'DU9'"):
            books.deposit("DU9", "5", None)
        with pytest.raises(AccountRefused, match="such as 50000"):
            books.open("DU2", {"cash": "x"})
    with open_books(kept, PLAIN, LATER) as books:
        assert len(books.rows()) == 1


def test_a_directory_that_a_station_serves_is_not_touched(tmp_path: Path) -> None:
    with (
        compose(wall=START, data_dir=tmp_path),
        pytest.raises(JournalError, match="in use"),
        open_books(tmp_path, PLAIN, LATER),
    ):
        pass


def test_where_nothing_is_kept_nothing_is_made(tmp_path: Path) -> None:
    with (
        pytest.raises(SettingsError, match="nothing is kept here"),
        open_books(tmp_path / "new", PLAIN, LATER),
    ):
        pass
    assert not (tmp_path / "new").exists()
