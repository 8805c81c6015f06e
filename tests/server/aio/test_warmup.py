"""What is loaded beside the first clients: recordings by a thread, and each version rehearsed."""

import asyncio
import logging
import threading
from pathlib import Path
from typing import Any

import pytest

from papertape.errors import MarketDataError
from papertape.server.aio import warmup
from papertape.server.aio.server import StationServer
from papertape.server.assembly import Composed, compose
from papertape.server.market_settings import MarketSettings
from papertape.venue.market.laid import WorldTape
from papertape.venue.market.recorded import RecordedDays
from papertape.venue.market.tape import Market
from papertape.venue.units import SECOND
from server.sockets import Served, run
from server.test_station import order
from venue.scenario import at

WALL = at("20260413 10:00:00")
FOLDER = Path(__file__).parents[3] / "market/sample"
SPY = 756733


def station(folder: Path | None = FOLDER) -> Composed:
    return compose(wall=WALL, data_dir=None, market=MarketSettings(folder=folder))


def recorded(composed: Composed) -> Market:
    """The market below what a world writes."""
    tape = composed.station.tape
    assert isinstance(tape, WorldTape) and isinstance(tape.below, Market)
    return tape.below


@pytest.mark.network
def test_recordings_are_read_beside_the_loop_and_play_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by: list[threading.Thread] = []
    read = RecordedDays.read

    def watched(source: RecordedDays) -> Any:
        by.append(threading.current_thread())
        return read(source)

    monkeypatch.setattr(RecordedDays, "read", watched)

    async def main(composed: Composed, cold: Composed) -> None:
        server = StationServer(composed.station, composed.clock, wall=lambda: WALL)
        await server.start("127.0.0.1", 0)
        warm, market = server.warm_up(), recorded(composed)
        await warm.wait()
        assert market.unloaded() == []
        assert len(by) > 5 and threading.main_thread() not in by
        by.clear()
        for con_id in market.con_ids():
            moment = WALL + 90 * SECOND
            quote = market.quote(con_id, moment)
            assert by == []
            assert quote == cold.station.market.quote(con_id, moment)
            by.clear()
        await server.close()

    with station() as composed, station() as cold:
        run(lambda: main(composed, cold))


@pytest.mark.network
def test_a_client_is_served_while_a_recording_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    may_end, began = threading.Event(), threading.Event()
    read = RecordedDays.read

    def slow(source: RecordedDays) -> Any:
        if threading.current_thread() is not threading.main_thread():
            began.set()
            assert may_end.wait(30)
        return read(source)

    monkeypatch.setattr(RecordedDays, "read", slow)

    async def main(composed: Composed) -> None:
        server = StationServer(composed.station, composed.clock, wall=lambda: WALL)
        _, port = await server.start("127.0.0.1", 0)
        served = Served(None, server, port)  # type: ignore[arg-type]
        warm = server.warm_up()
        try:
            client = await served.client(version=176)
            assert await client.answers()
            await client.send(order(1, "BUY 100 SPY MKT"))  # loads its tape itself
            assert await client.answers()
            assert list(composed.station.queries.executions())
            assert began.is_set() and {176, 226} <= warm._rehearsed
        finally:
            may_end.set()
        client.close()
        await server.close()  # in the middle of the work
        await warm.wait()
        assert recorded(composed).unloaded()

    with station() as composed:
        run(lambda: main(composed))


@pytest.mark.long
def test_what_is_held_comes_first_and_a_big_folder_is_not_read_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(warmup, "MOST_RECORDINGS", 1)
    monkeypatch.setattr(warmup.WarmUp, "_traded", lambda _: {10098})

    async def main(composed: Composed) -> None:
        market = recorded(composed)
        before = len(market.unloaded())
        await warmup.WarmUp(composed.station).wait()
        left = [con_id for con_id, _ in market.unloaded()]
        assert len(left) == before - 1 and 10098 not in left

    with station() as composed:
        run(lambda: main(composed))


@pytest.mark.long
def test_a_file_that_cannot_be_read_is_left_to_who_asks(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: RecordedDays) -> Any:
        raise MarketDataError("is no Parquet file")

    monkeypatch.setattr(RecordedDays, "read", broken)
    caplog.set_level(logging.INFO, "papertape.station")

    async def main(composed: Composed) -> None:
        await warmup.WarmUp(composed.station).wait()
        with pytest.raises(MarketDataError):
            composed.station.tape.quote(SPY, WALL)

    with station() as composed:
        run(lambda: main(composed))
    assert "not loaded yet: is no Parquet file" in caplog.text
    assert [one for one in caplog.records if one.levelno > logging.INFO] == []


@pytest.mark.long
def test_a_rehearsal_that_fails_is_told_and_harms_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: int) -> Any:
        yield
        raise ZeroDivisionError("on the stage")

    monkeypatch.setattr(warmup, "rehearsal", fails)

    async def main(composed: Composed) -> None:
        await warmup.WarmUp(composed.station).wait()
        await asyncio.sleep(0)

    with station(None) as composed:
        run(lambda: main(composed))
    assert "was not prepared" in caplog.text
