"""The engine's memory on disk: what comes back is what was there, to the last bit."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from papertape.errors import JournalError
from papertape.server import persistence
from papertape.server.clock import MarketClock
from papertape.server.persistence import SLICE, Keeper, MarketFacts
from papertape.store.journal import Batch, Journal
from papertape.store.memory import Memory, MemoryWriter
from papertape.store.saved import Snapshots
from papertape.venue import snapshots
from papertape.venue.broker.orders import LiveOrder
from papertape.venue.broker.profile import Profile
from papertape.venue.engine import Engine
from papertape.venue.entries import SCHEMA
from papertape.wire.catalogue import orders
from server.pair import Hall
from server.test_station import order
from store import world
from venue.scenario import command

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


@pytest.mark.long
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


# ---------------------------------------------------------------- snapshots in slices


class Watch:
    """A stopwatch that only the work moves: each piece that is kept takes so long."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
        self.time = self.longest = self.pieces = 0
        self._piece = piece
        for owner, name in (
            (Snapshots, "keep"), (Snapshots, "finish"), (Snapshots, "clear"), (Journal, "drop"),
            (MemoryWriter, "add"), (Memory, "finish"), (Memory, "drop"),
        ):  # fmt: skip
            monkeypatch.setattr(owner, name, self._timed(getattr(owner, name)))

    def _timed(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*values: Any) -> Any:
            self.time += self._piece
            self.pieces += 1
            return work(*values)

        return timed

    def __call__(self) -> int:
        return self.time

    def slices(self, keeper: Keeper) -> list[int]:
        """How long each of a keeper's steps took until it had nothing to do any more."""
        lengths = []
        while keeper.busy:
            began = self.time
            keeper.step(self)
            lengths.append(self.time - began)
        return lengths


def resting(played: world.World, count: int, *, first: int = 1) -> None:
    for number in range(first, first + count):
        played.play(f"submit #{number} BUY 1 AAPL LMT {200 + number % 9} GTC")


def a_slice(keeper: Keeper) -> None:
    """One step of a keeper, for the shortest time."""
    keeper.step(iter(range(0, 1 << 40, SLICE)).__next__)


@pytest.mark.sample(3)
@pytest.mark.parametrize("kept", [True, False], ids=["journal", "ephemeral"])
@pytest.mark.parametrize("piece", [SLICE // 5, SLICE - 1, 3 * SLICE])
def test_no_slice_of_a_snapshot_is_longer_than_its_time_and_a_piece(
    kept: bool, piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "PIECE", 4)
    monkeypatch.setattr(persistence, "DROPPED", 10)
    with opened(tmp_path) as journal:
        played = world.World(journal if kept else None)
        resting(played, 60)
        watch = Watch(monkeypatch, piece)
        lengths = []
        for number in range(3):
            played.keeper.begin_snapshot(played.engine)
            lengths += watch.slices(played.keeper)
            resting(played, 1, first=70 + number)
        assert watch.pieces > 3 * 60 / 4
        assert len(lengths) >= watch.pieces * piece // (SLICE + piece)
        assert max(lengths) < SLICE + piece
        twin = Engine(None)
        played.keeper.recover(twin)
        assert twin.state_hash() == played.engine.state_hash()


@pytest.mark.parametrize("kept", [True, False], ids=["journal", "ephemeral"])
def test_what_happens_between_the_slices_is_not_in_the_snapshot(
    kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds what was when it was begun; what came later comes out of the entries."""
    monkeypatch.setattr(snapshots, "PIECE", 2)
    with opened(tmp_path) as journal:
        played = world.World(journal if kept else None)
        played.play(*world.FIRST_DAY)
        resting(played, 20, first=20)
        played.play("submit #50 BUY 1 AAPL LMT 200 transmit=0")
        engine, keeper = played.engine, played.keeper
        keeper.begin_snapshot(engine)
        begun = engine.state_hash(), engine.archive.counts, engine.clock
        seq = keeper._store.last_seq
        for row in (
            "submit #51 BUY 5 AAPL MKT",
            "cancel #50",
            "cancel all",
            "submit #52 SELL 5 AAPL MKT",
        ):
            a_slice(keeper)
            assert keeper.busy
            played.play(row)
        a_slice(keeper)
        played.wait(world.DAY_S)
        keeper.step()
        (saved,) = keeper._store.snapshots()
        assert saved.seq == seq < keeper._store.last_seq
        then = Engine(None)
        then.restore(saved.blob, keeper._rows)
        assert (then.state_hash(), then.archive.counts, then.clock) == begun
        twin = Engine(None)
        assert keeper.recover(twin) == keeper._store.last_seq - seq
        assert twin.state_hash() == engine.state_hash() != begun[0]


def test_a_snapshot_that_is_due_while_another_is_written_follows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(persistence, "SNAPSHOT_FACTS", 10)
    with opened(tmp_path) as journal:
        played = world.World(journal)
        resting(played, 40)
        played.keeper.step()
        (first,) = journal.snapshots()
        assert first.seq < 12
        played.wait(0)
        assert played.keeper.busy
        played.keeper.step()
        assert [saved.seq for saved in journal.snapshots()] == [journal.last_seq, first.seq]


def test_a_snapshot_follows_so_many_facts_each_day_and_a_clean_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(persistence, "SNAPSHOT_FACTS", 30)
    with opened(tmp_path) as journal:
        played = world.World(journal)

        def newest() -> int:
            played.keeper.step()
            return next((saved.seq for saved in journal.snapshots()), 0)

        resting(played, 4)
        assert newest() == 0
        resting(played, 12, first=5)
        many = newest()
        assert 0 < many < journal.last_seq
        played.wait(world.DAY_S)
        assert newest() == journal.last_seq > many  # the day's end
        resting(played, 1, first=50)
        assert newest() < journal.last_seq
        played.keeper.finish(played.engine)
        assert newest() == journal.last_seq
    with opened(tmp_path) as journal:
        assert Keeper(journal).recover(Engine(None)) == 0


def test_a_snapshot_that_was_half_written_at_the_death_is_ignored_and_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "PIECE", 3)
    half = "SELECT count(*) FROM pieces WHERE seq NOT IN (SELECT seq FROM snapshots)"
    with opened(tmp_path) as journal:
        played = world.World(journal)
        resting(played, 30)
        played.keeper.finish(played.engine)
        whole = journal.last_seq
        resting(played, 5, first=31)
        played.keeper.begin_snapshot(played.engine)
        for _ in range(4):
            a_slice(played.keeper)
        ended = played.engine.state_hash()
        assert journal._connection.execute(half).fetchone()[0] == 4
    with opened(tmp_path) as journal:
        keeper, twin = Keeper(journal), Engine(None)
        assert keeper.recover(twin) == journal.last_seq - whole > 0
        assert twin.state_hash() == ended
        slices = 0
        while keeper.busy:
            a_slice(keeper)
            slices += 1
        assert slices > 4
        assert journal._connection.execute(half).fetchone()[0] == 0
        assert [saved.seq for saved in journal.snapshots()] == [whole]


# ---------------------------------------------------------------- the log behind snapshots


@pytest.mark.long
def test_the_log_behind_the_second_newest_snapshot_goes_unless_it_is_kept(tmp_path: Path) -> None:
    for keep_history in (False, True):
        path = tmp_path / f"{keep_history}"
        with world.opened(path) as journal:
            played = world.World(journal, keep_history=keep_history)
            stands = []
            for _ in world.history(played):
                played.save()
                stands.append(journal.last_seq)
            assert journal.first_seq == (1 if keep_history else stands[-2] + 1)
            ended = played.engine.state_hash(), played.rows()
        recovered = world.recovered(path)
        assert (recovered.state_hash(), world.told(recovered)) == ended
        if keep_history:
            replayed = world.replayed(path)
            assert (replayed.state_hash(), world.told(replayed)) == ended
        else:
            with pytest.raises(JournalError, match="lacks an entry"):
                world.replayed(path)


@pytest.mark.long
def test_history_that_is_kept_no_longer_goes_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with world.opened(path) as journal:
        for _ in world.history(played := world.World(journal, keep_history=True)):
            played.save()
    with world.opened(path) as journal:
        again = world.World(journal)
        again.keeper.step()
        assert journal.first_seq > 1
        assert again.engine.state_hash() == played.engine.state_hash()


# ---------------------------------------------------------------- damage

NEWEST = "(SELECT max(seq) FROM snapshots)"


def harmed(folder: Path, *statements: str, keep_history: bool = False) -> tuple[Path, str]:
    """A journal that was stopped and then damaged; what it should recover to."""
    path = folder / "j"
    with world.opened(path) as journal:
        played = world.World(journal, keep_history=keep_history)
        for _ in world.history(played):
            played.save()
        played.save()
        first = journal.first_seq
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute("SELECT count(*) FROM snapshots").fetchone() == (2,)
        for statement in statements:
            assert connection.execute(statement).rowcount
    assert (first == 1) == keep_history
    return path, played.engine.state_hash()


@pytest.mark.long
def test_a_damaged_snapshot_leaves_the_one_before_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, ended = harmed(tmp_path, f"UPDATE pieces SET blob = x'00' WHERE seq = {NEWEST}")
    assert world.recovered(path).state_hash() == ended
    assert "skips a snapshot that is not valid, after entry" in caplog.text
    with world.opened(path) as journal:  # a clean stop puts a new one in its place
        again = world.World(journal)
        assert again.engine.state_hash() == ended
        again.keeper.finish(again.engine)
        assert next(journal.snapshots()).seq == journal.last_seq
    caplog.clear()
    assert world.recovered(path).state_hash() == ended
    assert not caplog.text


@pytest.mark.long
@pytest.mark.parametrize("harm", ["DELETE FROM pieces", "UPDATE snapshots SET digest = x'00'"])
def test_without_a_whole_snapshot_a_log_that_was_dropped_is_refused(
    harm: str, tmp_path: Path
) -> None:
    path, _ = harmed(tmp_path, harm)
    with pytest.raises(JournalError) as caught:
        world.recovered(path)
    assert re.fullmatch(
        r"begins at entry (\d+) and has no whole snapshot before it \(after entry \d+: damaged; "
        r"after entry \d+: damaged\) \(path='.*', seq=\1\)\. Restore a copy of the file, or start "
        r"with a new one",
        str(caught.value),
    )


@pytest.mark.long
def test_without_a_whole_snapshot_a_log_that_was_kept_is_replayed(tmp_path: Path) -> None:
    path, ended = harmed(tmp_path, "DELETE FROM pieces", keep_history=True)
    assert world.recovered(path).state_hash() == ended
    with world.opened(path) as journal:  # from now on it need not be kept, and nothing is lost
        again = world.World(journal)
        again.keeper.step()
        assert journal.first_seq == 1
        again.keeper.finish(again.engine)
        assert journal.first_seq == 1
    assert world.recovered(path).state_hash() == ended


ROWS = ("DELETE FROM {} WHERE fact = {}", "UPDATE {} SET row = x'00' WHERE fact = {}")


@pytest.mark.long
@pytest.mark.parametrize("table", ["finished", "fills"])
@pytest.mark.parametrize("harm", ROWS, ids=["lost", "damaged"])
def test_a_row_beside_a_snapshot_is_missed_and_mended_out_of_the_log(
    harm: str, table: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, ended = harmed(tmp_path, harm.format(table, f"(SELECT max(fact) FROM {table})"))
    with world.opened(path) as journal:
        again = world.World(journal)
        assert again.engine.state_hash() == ended
        assert "damaged row in" in caplog.text or "finished orders and fills" in caplog.text
        again.keeper.finish(again.engine)
    caplog.clear()
    recovered = world.recovered(path)
    assert recovered.state_hash() == ended and not caplog.text
    assert world.told(recovered) == again.rows()


def test_a_row_after_the_newest_snapshot_is_mended_before_one_counts_it(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with world.opened(path) as journal:
        played = world.World(journal)
        played.play(*world.FIRST_DAY)
        whole = world.told(played.engine), played.engine.state_hash()
        rows = journal.rows(0, 0, 1 << 40)
        journal._connection.execute("UPDATE fills SET row = x'00' WHERE fact % 3 = 0")
        journal._connection.execute("DELETE FROM finished WHERE fact % 2 = 0")
    with world.opened(path) as journal:
        again = world.World(journal)
        assert journal.rows(0, 0, 1 << 40) == rows
        again.keeper.finish(again.engine)
    engine = world.recovered(path)
    assert (world.told(engine), engine.state_hash()) == whole


@pytest.mark.long
def test_a_row_that_cannot_be_mended_is_named(tmp_path: Path) -> None:
    path, _ = harmed(tmp_path, "UPDATE fills SET row = x'00'")
    with world.opened(path) as journal:
        journal._connection.execute(f"DELETE FROM snapshots WHERE seq < {NEWEST}")
    with pytest.raises(JournalError, match=r"has a damaged row in fills, of fact \d+"):
        world.recovered(path)


def test_rows_that_waited_when_the_process_died_are_made_again(tmp_path: Path) -> None:
    live, dead = tmp_path / "live", tmp_path / "dead"
    with world.opened(live / "j") as journal:
        played = world.World(journal)
        played.play(*world.FIRST_DAY)
        whole = world.told(played.engine), played.engine.state_hash()
        shutil.copytree(live, dead)  # as ``kill -9`` leaves it
        rows = journal.rows(0, 0, 1 << 40)
    assert len(rows.orders) > 4 and len(rows.fills) > 4
    for _ in range(2):
        engine = world.recovered(dead / "j")
        assert (world.told(engine), engine.state_hash()) == whole
    with world.opened(dead / "j") as journal:
        assert journal.rows(0, 0, 1 << 40) == rows


def test_a_command_that_failed_half_way_leaves_no_rows(tmp_path: Path) -> None:
    """What it had ended is not kept, and the facts that come in its place are."""
    with world.opened(tmp_path / "j") as journal:
        played = world.World(journal)
        played.play(*world.FIRST_DAY[:2])
        broken, now = played.engine, played.now + 1
        one, two = (
            command("submit", [number, *["BUY", "1", "AAPL", "MKT", "account=DU1234567"]])
            for number in ("#90", "#91")
        )
        broken.submit(one, now)

        def fails(order: LiveOrder, **_: Any) -> None:
            if order.done:
                raise RuntimeError

        broken._follower.follow = fails  # type: ignore[method-assign]
        with pytest.raises(RuntimeError):
            broken.submit(two, now)
        played.keeper.commit(broken)
        played.engine = Engine(played.market)
        played.keeper.recover(played.engine)
        played.play("submit #91 BUY 1 AAPL MKT", "submit #92 SELL 2 AAPL MKT")
        played.keeper.finish(played.engine)
        ended = played.engine.state_hash()
    assert world.recovered(tmp_path / "j").state_hash() == ended
