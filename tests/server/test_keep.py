"""The engine's memory on disk: what comes back is what was there, to the last bit."""

from pathlib import Path

import pytest

from papertape.errors import JournalError
from papertape.server.clock import MarketClock
from papertape.server.keep import Keeper, MarketFacts
from papertape.store.journal import Batch, Journal
from papertape.venue.broker.profile import Profile
from papertape.venue.engine import Engine
from papertape.venue.entries import SCHEMA
from papertape.wire.catalogue import orders
from server.pair import Hall
from server.test_station import order

BUSY = ("BUY 100 AAPL MKT", "BUY 100 AAPL LMT 250 GTC", "SELL 30 AAPL MKT", "BUY 9 SPY LMT 400")


def opened(folder: Path) -> Journal:
    return Journal.open(folder / "j.sqlite", schema_version=SCHEMA)


def trade(hall: Hall) -> None:
    hall.quote("AAPL 257.66 x 257.68")
    hall.quote("SPY 450.00 x 450.01")
    one, two = hall.client(1), hall.client(2)
    for number, words in enumerate(BUSY, 1):
        one.send(order(number, words))
        two.send(order(number, words))
    hall.quote("AAPL 249.00 x 249.50*130")
    one.send(orders.CancelOrder(4))
    one.send(order(2, "BUY 120 AAPL LMT 248 GTC"))


@pytest.mark.parametrize("days", [0, 3])
def test_recovery_gives_the_same_state(days: int, tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        hall = Hall(journal=journal)
        trade(hall)
        hall.wait(days * 86_400)
        before = hall.station.engine.state_hash()
    with opened(tmp_path) as journal:
        twin = Hall(journal=journal, now=hall.now)
        assert 0 <= twin.recovered <= journal.last_seq and (days or twin.recovered)
        assert twin.station.engine.state_hash() == before
        assert twin.station.queries.next_valid_id(1) == 5


def test_a_station_goes_on_after_recovery_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    straight = Hall()
    trade(straight)
    with opened(tmp_path) as journal:
        hall = Hall(journal=journal)
        trade(hall)
    with opened(tmp_path) as journal:
        again = Hall(journal=journal, market=hall.market, now=hall.now)
        for side in (straight, again):
            side.quote("AAPL 247.00 x 247.90*500")
            side.client(7).send(order(1, "SELL 10 AAPL MKT"))
        assert again.station.engine.state_hash() == straight.station.engine.state_hash()


def test_commit_counts_what_is_new() -> None:
    hall = Hall()
    trade(hall)
    assert hall.keeper.commit(hall.station.engine) == 0


@pytest.mark.parametrize("days", [0, 1, 2])
@pytest.mark.parametrize("kept", [True, False], ids=["journal", "ephemeral"])
def test_a_keeper_can_replay_what_it_has_just_kept(kept: bool, days: int, tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        hall = Hall(journal=journal if kept else None)
        trade(hall)
        hall.wait(days * 86_400)
        hall.client(5).send(order(1, "BUY 1 AAPL LMT 200"))
        twin = Engine(None)
        assert hall.keeper.recover(twin) > 0
        assert twin.state_hash() == hall.station.engine.state_hash()


def test_an_ephemeral_station_remembers_a_day_and_no_more() -> None:
    hall = Hall()
    trade(hall)
    store = hall.keeper._store
    assert len(list(store.entries())) > 5
    assert len(store.rows(0, 0, 1 << 40).orders) > 3
    hall.wait(86_400)
    assert list(store.entries()) == []
    assert store.rows(0, 0, 1 << 40) == ([], [])
    assert len(list(store.snapshots())) == 1


def test_a_damaged_entry_stops_the_recovery(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.append(Batch([(1, b"no entry")]))
        with pytest.raises(JournalError, match="cannot be replayed") as error:
            Keeper(journal).recover(Engine(None))
        assert error.value.seq == 1


# ---------------------------------------------------------------- the market's facts

FACTS = MarketFacts(anchor=1000, seed=3, clock=MarketClock(5, 6, 2.0))


def test_the_market_is_remembered(tmp_path: Path) -> None:
    other = MarketFacts(9999, 4, MarketClock(1, 1))
    with opened(tmp_path) as journal:
        assert Keeper(journal).market(FACTS) == FACTS
    with opened(tmp_path) as journal:
        keeper = Keeper(journal)
        assert keeper.market(other) == FACTS
        keeper.keep_market(other)
        assert keeper.market(FACTS) == other


def test_an_ephemeral_station_has_a_fresh_market() -> None:
    keeper = Keeper(None)
    keeper.keep_market(FACTS)
    assert keeper.market(FACTS) is FACTS


# ---------------------------------------------------------------- rules may change, history not


def test_what_was_told_stays_true_under_other_rules(tmp_path: Path) -> None:
    """Other accounts, no price band, no margin check: they count from now on."""
    with opened(tmp_path) as journal:
        hall = Hall(journal=journal)
        trade(hall)
        before = hall.station.engine.state_hash()
    with opened(tmp_path) as journal:
        other = Profile(accounts=("DU7",), price_band=False, margin_check=False)
        engine = Engine(None, other)
        Keeper(journal).recover(engine)
        assert engine.state_hash() == before
    with opened(tmp_path) as journal:
        hall = Hall(journal=journal, profile=other, now=hall.now)
        assert hall.station.queries.accounts() == ("DU1234567", "DU7")
