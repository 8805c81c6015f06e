"""Putting a station together: new, again, elsewhere, and what can be wrong."""

import logging
import shutil
from pathlib import Path
from statistics import fmean

import pytest

from papertape.errors import JournalError, MarketDataError, SettingsError
from papertape.server.assembly import JOURNAL, Composed, compose
from papertape.server.market_settings import MarketSettings
from papertape.store.journal import Journal
from papertape.venue.broker.profile import Profile
from papertape.venue.entries import SCHEMA
from papertape.venue.market.laid import WorldTape
from papertape.venue.market.tape import Market
from papertape.venue.units import MINUTE, SECOND
from papertape.wire.catalogue.session import StartApi
from papertape.wire.connection import encode
from server.pair import Pipe
from server.test_splits_to_come import folder as apple
from server.test_station import order
from venue.scenario import at

WALL = at("20260413 10:00:00")
SPY, EURUSD, AAPL = 756733, 12087792, 265598
BTC = 2106887422
"""Bitcoin at PAXOS, of which an hour comes recorded."""


def made(
    data_dir: Path | None,
    *,
    wall: int = WALL,
    accept_clock: bool = False,
    accept_loss: bool = False,
    **market: object,
) -> Composed:
    return compose(
        wall=wall,
        data_dir=data_dir,
        market=MarketSettings(**market),  # type: ignore[arg-type]
        accept_clock=accept_clock,
        accept_loss=accept_loss,
    )


def buy(composed: Composed) -> None:
    station, now = composed.station, composed.clock.market + SECOND
    session = station.open("test:1", Pipe(), now)
    assert session is not None
    for data in (
        b"API\0\0\0\0\x04v226",
        encode(StartApi(1), 226),
        encode(order(1, "BUY 100 SPY MKT"), 226),
        encode(order(2, "BUY 100 SPY LMT 1 GTC"), 226),
    ):
        station.receive(session, data, now)
        station.flush()


def test_a_new_station_begins_where_it_was_told(tmp_path: Path) -> None:
    with made(tmp_path / "new", minutes_played=10) as composed:
        assert composed.recovered == 0
        assert composed.clock.now(WALL) == WALL
        tape = composed.station.tape
        assert isinstance(tape, WorldTape) and isinstance(tape.below, Market)
        assert tape.below.anchor == (WALL - 10 * MINUTE) // MINUTE * MINUTE
        assert composed.station.engine.clock == composed.station.now == WALL
    assert (tmp_path / "new" / JOURNAL).is_file()


def test_a_station_that_starts_again_is_the_same_one(tmp_path: Path) -> None:
    with made(tmp_path, seed=5) as composed:
        buy(composed)
        state = composed.station.engine.state_hash()
        quote = composed.station.tape.quote(SPY, WALL + 5 * SECOND)
    with made(tmp_path, seed=5, wall=WALL + 5 * SECOND, minutes_played=999) as again:
        assert again.recovered == 0  # the clean stop has left a snapshot
        assert again.station.engine.state_hash() == state
        assert again.station.market.quote(SPY, WALL + 5 * SECOND) == quote
        assert again.clock.now(WALL + 6 * SECOND) == WALL + 6 * SECOND
        assert again.station.queries.positions()[0].position == 100


def test_a_market_at_the_hours_of_its_exchange() -> None:
    saturday = at("20261128 12:00:00")
    with made(None, wall=saturday, hours="exchange") as composed:
        station = composed.station
        assert station.engine.hours.exchange
        assert station.market.next_tick(SPY, saturday) == at("20261130 04:00:00")
        assert station.market.next_tick(EURUSD, saturday) == at("20261129 17:15:00")
        last = station.market.quote(SPY, saturday).time
        assert at("20261127 16:59:00") < last < at("20261127 17:00:00")
    with made(None, wall=saturday) as composed:
        assert not composed.station.engine.hours.exchange
        next_tick = composed.station.tape.next_tick(SPY, saturday)
        assert next_tick is not None and next_tick < saturday + MINUTE


def test_the_speed_may_change_at_a_start(tmp_path: Path) -> None:
    made(tmp_path, speed=10.0).close()
    with made(tmp_path, wall=WALL + SECOND) as again:
        assert again.clock.now(WALL + 2 * SECOND) == WALL + 11 * SECOND


def test_the_market_never_goes_back_behind_what_was_kept(tmp_path: Path) -> None:
    with made(tmp_path) as composed:
        buy(composed)
        last = composed.station.engine.clock
    earlier = WALL - 3600 * SECOND
    with pytest.raises(SettingsError, match="before the last stored time"):
        made(tmp_path, wall=earlier)
    with made(tmp_path, wall=earlier, accept_clock=True) as again:
        assert again.clock.now(earlier) == last
    with made(tmp_path, wall=earlier + SECOND) as agreed:  # asked once
        assert agreed.clock.now(earlier + SECOND) == last + SECOND


def test_a_clock_a_little_behind_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with made(tmp_path) as composed:
        buy(composed)
        last = composed.station.engine.clock
    with made(tmp_path, wall=WALL - 30 * SECOND) as again:
        assert again.clock.now(WALL - 30 * SECOND) == last
    assert "market time will continue from there" in caplog.text


def test_a_clock_far_ahead_is_asked_about(tmp_path: Path) -> None:
    made(tmp_path).close()
    later = WALL + 400 * 86_400 * SECOND
    with pytest.raises(SettingsError, match="400 days, 0:00:00 after"):
        made(tmp_path, wall=later)
    with made(tmp_path, wall=later, accept_clock=True) as again:
        assert again.clock.now(later) == later


@pytest.mark.long
def test_orders_that_are_missing_are_missed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made(tmp_path / "live").close()
    with made(tmp_path / "live") as composed:
        buy(composed)
        shutil.copytree(tmp_path / "live", tmp_path / "dead")  # as kill -9 leaves it
        ids = composed.station.queries.next_valid_id(1)
    shutil.copytree(tmp_path / "dead", tmp_path / "whole")
    with made(tmp_path / "whole") as again:
        assert again.station.queries.next_valid_id(1) == ids == 3
    (tmp_path / "dead" / f"{JOURNAL}-wal").unlink()
    with pytest.raises(JournalError, match=r"lacks entries 2 to \d, the last one of 2026-04-13"):
        made(tmp_path / "dead")
    with made(tmp_path / "dead", accept_loss=True) as less:
        assert less.station.queries.next_valid_id(1) == 1
    assert "the station continues with the rest" in caplog.text
    made(tmp_path / "dead").close()


def test_nothing_is_kept_without_a_directory(tmp_path: Path) -> None:
    with made(None) as composed:
        buy(composed)
        assert composed.station.queries.positions()[0].position == 100
    assert list(tmp_path.iterdir()) == []


def test_another_seed_is_told_and_the_old_one_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with made(tmp_path, seed=1) as composed:
        quote = composed.station.tape.quote(SPY, WALL)
    caplog.set_level(logging.WARNING)
    with made(tmp_path, seed=2) as again:
        assert again.station.market.quote(SPY, WALL) == quote
    assert "made with seed 1, which stays" in caplog.text


def test_a_directory_serves_one_station_at_a_time(tmp_path: Path) -> None:
    with made(tmp_path), pytest.raises(JournalError, match="is in use") as error:
        made(tmp_path)
    assert error.value.pid is not None
    made(tmp_path).close()


def test_a_failed_start_leaves_the_directory_free(tmp_path: Path) -> None:
    with pytest.raises(MarketDataError):
        made(tmp_path, folder=tmp_path / "no-market")
    made(tmp_path).close()


@pytest.mark.long
def test_another_account_is_opened_beside_those_that_are_kept(tmp_path: Path) -> None:
    with made(tmp_path) as composed:
        buy(composed)
    with compose(wall=WALL, data_dir=tmp_path, profile=Profile(accounts=("DU9",))) as more:
        assert more.station.queries.accounts() == ("DU1234567", "DU9")
        assert more.station.queries.positions()[0].account == "DU1234567"
    with made(tmp_path) as again:
        assert again.station.queries.accounts() == ("DU1234567", "DU9")


@pytest.mark.long
def test_the_sample_market_plays() -> None:
    folder = Path(__file__).parents[2] / "market/sample"
    with made(None, folder=folder) as composed:
        assert composed.station.tape.quote(SPY, WALL).bid > 0


@pytest.mark.long
def test_shares_of_a_folder_begin_with_their_former_symbol(tmp_path: Path) -> None:
    apple(tmp_path, "ticker,APCX")
    with made(None, folder=tmp_path) as composed:
        assert composed.station.venue.instruments[AAPL].symbol == "APCX"
        assert composed.station.venue.next_due() is not None, "the day on which they lose it"
    (tmp_path / "aapl-actions.csv").write_text("date,action,value\n2014-06-09,ticker,AAPL\n")
    with pytest.raises(MarketDataError, match="line 2: AAPL is what the contract is called"):
        made(None, folder=tmp_path)


def test_close_may_be_repeated(tmp_path: Path) -> None:
    composed = made(tmp_path)
    composed.close()
    composed.close()


@pytest.mark.long
def test_a_kept_history_begins_at_its_first_entry(tmp_path: Path) -> None:
    """Snapshots are taken either way; only the log behind them differs."""
    first = {}
    for keep in (False, True):
        folder = tmp_path / str(keep)
        for days in range(4):
            wall = WALL + days * 86_400 * SECOND
            with compose(wall=wall, data_dir=folder, keep_history=keep) as composed:
                composed.station.step(wall)
                buy(composed)
        with Journal.open(folder / JOURNAL, schema_version=SCHEMA) as journal:
            first[keep] = journal.first_seq
    assert first[True] == 1 < first[False]


# ---------------------------------------------------------------- a start that was chosen

APRIL = at("20260410 15:55:00")


def prices(composed: Composed) -> list[object]:
    """What three instruments show in the first ten minutes."""
    market = composed.station.tape
    minutes = range(composed.clock.market, composed.clock.market + 10 * MINUTE, MINUTE)
    return [market.quote(con_id, now) for con_id in (SPY, EURUSD, 4815747) for now in minutes]


@pytest.mark.long
def test_the_same_seed_and_start_give_the_same_prices_whatever_the_clock_says() -> None:
    with made(None, start=APRIL) as one, made(None, start=APRIL, wall=WALL + 77 * MINUTE) as two:
        assert one.clock.market == two.clock.market == APRIL
        assert prices(one) == prices(two)
    with made(None, start=APRIL, seed=2) as other, made(None, start=APRIL) as again:
        assert prices(other) != prices(again)


def test_a_start_counts_in_a_new_directory_and_the_clock_goes_on_from_it(tmp_path: Path) -> None:
    with made(tmp_path, start=APRIL) as composed:
        assert composed.clock.market == APRIL
        buy(composed)
    with made(tmp_path, wall=WALL + 5 * MINUTE) as composed:
        assert composed.clock.market == APRIL + 5 * MINUTE


def test_market_time_never_goes_back_to_a_start(tmp_path: Path) -> None:
    with made(tmp_path, start=APRIL) as composed:
        buy(composed)
    later = APRIL + 3 * MINUTE
    with made(tmp_path, start=later) as composed:
        assert composed.clock.market == later
    with pytest.raises(SettingsError, match="already") as refused:
        made(tmp_path, start=APRIL - MINUTE)
    assert "--data-dir" in str(refused.value)


@pytest.mark.long
def test_the_book_of_a_recorded_crypto_currency_is_in_proportion_to_its_touch() -> None:
    begin = at("20260410 14:00:00")
    with compose(wall=begin, data_dir=None, market=MarketSettings(start=begin)) as composed:
        market = composed.station.market
        touches, behind = [], []
        for minute in range(40):
            book = market.depth(BTC, begin + minute * MINUTE, 8)
            for side in (book.bids, book.asks):
                touches.append(side[0].size)
                behind += [level.size for level in side[1:]]
    assert 0.1 < fmean(behind) / fmean(touches) < 10
