"""The pytest plugin: fixtures for synchronous tests, asyncio tests and the official shape."""

import asyncio
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec.structs import replace

import papertape
from lanes import ANOTHER, HANGS_S
from papertape.cli.settings import ServeSettings
from papertape.errors import ConnectionLost, DeadlineExceeded, PapertapeError, SettingsError
from papertape.ibapi.client import EClient
from papertape.ibapi.wrapper import EWrapper
from papertape.server.assembly import compose
from papertape.server.station import Station
from papertape.testing import RunningStation, serve
from papertape.venue.market.source import Quote

pytestmark = pytest.mark.network


def notices(tws: RunningStation, client_id: int = 1) -> list[int]:
    """Codes that a client is told when it connects."""

    async def main() -> list[int]:
        client = await papertape.connect(tws.host, tws.port, client_id)
        try:
            return [notice.code for notice in client.report.notices]
        finally:
            await client.disconnect()

    return asyncio.run(main())


# ---------------------------------------------------------------- the fixture


def test_the_plugin_is_registered_under_pytest11() -> None:
    (found,) = entry_points(group="pytest11", name="papertape")
    assert found.value == "papertape.testing.plugin"


def test_a_station_on_a_free_port_tells_its_account(tws: RunningStation) -> None:
    async def main() -> tuple[str, ...]:
        client = await papertape.connect(tws.host, tws.port, 1)
        await client.disconnect()
        return tuple(client.report.accounts)

    assert asyncio.run(main()) == (tws.account,)
    assert tws.port > 1023


def test_s21_a_station_is_tws_unless_something_else_is_asked_for(tws: RunningStation) -> None:
    assert notices(tws) == [2104, 2106, 2158]


@pytest.mark.tws(gateway=True, account="DU7654321", max_server_version=176)
def test_s23_the_marker_chooses_profile_account_and_version(tws: RunningStation) -> None:
    async def main() -> papertape.Tws:
        client = await papertape.connect(tws.host, tws.port, 1)
        await client.disconnect()
        return client

    report = asyncio.run(main()).report
    assert [notice.code for notice in report.notices] == [2108, 2107, 2158]
    assert (tuple(report.accounts), report.serverVersion) == (("DU7654321",), 176)


def test_s3_several_stations_in_one_process(tws_factory: Callable[..., RunningStation]) -> None:
    stations = [tws_factory(account=f"DU000000{number}") for number in range(3)]
    assert len({tws.port for tws in stations}) == 3
    stations[0].drill("farm-blip", name="usfarm", ms=60_000)
    assert [notices(tws)[0] for tws in stations] == [2103, 2104, 2104]


def test_no_thread_and_no_port_is_left() -> None:
    before = set(threading.enumerate())
    with serve() as tws:
        assert set(threading.enumerate()) - before
    assert set(threading.enumerate()) == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((tws.host, tws.port), 1)
    tws.stop()  # twice does no harm
    with pytest.raises(RuntimeError, match="has stopped"):
        tws.call(lambda station: None)


def test_a_client_that_is_still_connected_does_not_hold_up_the_end() -> None:
    with serve() as tws:
        client = socket.create_connection((tws.host, tws.port), 5)
        client.sendall(b"API\0\0\0\0\x04v176")
        assert client.recv(100)
    assert client.recv(100) == b""
    client.close()


def test_a_port_in_use_is_named_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    with (
        serve() as tws,
        pytest.raises(SettingsError, match=f"cannot listen on 127.0.0.1:{tws.port}"),
        serve(port=tws.port),
    ):
        pass
    assert set(threading.enumerate()) == before


def test_a_setting_that_there_is_none_of_is_told_with_what_was_meant() -> None:
    said = "'gatway' is no setting of a station. Did you mean gateway?"
    with pytest.raises(TypeError, match=re.escape(said)), serve(gatway=True):
        pass


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"max_clients": 0}, SettingsError),
        ({"hours": "monday"}, SettingsError),
        ({"minutes_played": -1}, SettingsError),
        ({"no_such": 1}, TypeError),
    ],
)
def test_settings_that_cannot_be_are_told(settings: dict[str, Any], error: type) -> None:
    with pytest.raises(error), serve(**settings):
        pass


SATURDAY: Final = "2026-04-11 12:00 US/Eastern"


def quiet(tws: RunningStation) -> float:
    """Hours until SPY has its next tick."""
    tick = tws.call(lambda station: station.market.next_tick(756733, tws.now))
    assert tick is not None
    return (tick - tws.now) / 3600e9


@pytest.mark.tws(start=SATURDAY, hours="exchange", speed=0)
def test_markets_close_where_they_have_the_hours_of_their_exchange(tws: RunningStation) -> None:
    assert 39 < quiet(tws) < 46  # Monday, from four in the morning on
    tws.start("2026-04-13 12:00 US/Eastern")
    assert quiet(tws) < 0.1


def test_the_station_of_a_test_plays_the_market_that_papertape_serve_plays() -> None:
    options = {"seed": 3, "minutes_played": 200, "hours": "exchange", "start": SATURDAY}
    market = Path(__file__).parents[2] / "market" / "sample"
    wanted = ServeSettings(**options, speed=20, market=market).chosen_market()
    minutes = [wanted.start + minute * 60 * 10**9 for minute in range(0, 5000, 500)]

    def shown(station: Station) -> list[Quote]:
        return [station.market.quote(756733, now) for now in minutes]

    for hours in ("exchange", "always"):
        with (
            serve(**{**options, "hours": hours}, speed=0, market=market) as tws,
            compose(wall=1, data_dir=None, market=replace(wanted, hours=hours)) as served,
        ):
            assert tws.call(shown) == shown(served.station)


def test_a_station_of_several_accounts() -> None:
    async def main(tws: RunningStation) -> list[str]:
        client = await papertape.connect(tws.host, tws.port, 1)
        try:
            return list(client.report.accounts)
        finally:
            await client.disconnect()

    with serve(account="DU1,DU2") as tws:
        assert (tws.account, asyncio.run(main(tws))) == ("DU1", ["DU1", "DU2"])


# ---------------------------------------------------------------- drills and the clock


def test_drills_are_started_by_name_and_wrong_ones_are_told(tws: RunningStation) -> None:
    run = tws.drill("black-hole", kind="reqCurrentTime")
    assert (run.name, run.ended) == ("black-hole", None)
    tws.stop_drills()
    assert run.ended is not None
    with pytest.raises(SettingsError, match="is not a drill"):
        tws.drill("no-such-drill")


def test_s24_a_request_that_is_swallowed_ends_by_its_deadline(tws: RunningStation) -> None:
    async def main() -> None:
        client = await papertape.connect(tws.host, tws.port, 1)
        tws.drill("black-hole", kind="reqCurrentTime", n=0)
        with pytest.raises(DeadlineExceeded):
            await client.current_time(timeout=0.2)
        tws.stop_drills()
        assert await client.current_time() > 0
        await client.disconnect()

    asyncio.run(main())


def test_from_within_an_event_loop_a_drill_acts_at_once(tws: RunningStation) -> None:
    async def main() -> None:
        client = await papertape.connect(tws.host, tws.port, 1)
        tws.drill("reset")
        with pytest.raises(PapertapeError) as lost:
            await client.current_time(timeout=HANGS_S)
        assert isinstance(lost.value, ConnectionLost)

    asyncio.run(main())


def test_the_clock_jumps_and_what_falls_due_happens(tws: RunningStation) -> None:
    before = tws.now
    tws.drill("nightly-restart", warn_ms=1000, down_ms=90_000)
    tws.advance(30)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((tws.host, tws.port), 1)
    tws.advance(3600)
    assert tws.now - before >= 3630 * 10**9
    assert notices(tws) == [2104, 2106, 2158]


# ---------------------------------------------------------------- the official shape


class App(EWrapper, EClient):  # type: ignore[misc]
    def __init__(self) -> None:
        EClient.__init__(self, self)
        self.ready = threading.Event()
        self.blip = threading.Event()
        self.codes: list[int] = []

    def nextValidId(self, orderId: int) -> None:
        self.ready.set()

    def error(self, reqId: int, *args: object) -> None:
        self.codes += [one for one in args if isinstance(one, int) and 1000 < one < 3000][:1]
        if 2103 in self.codes:
            self.blip.set()


def test_a_program_with_reader_and_threads(tws: RunningStation) -> None:
    app = App()
    app.connect(tws.host, tws.port, 7)
    loop = threading.Thread(target=app.run)
    loop.start()
    try:
        assert app.ready.wait(10)
        tws.drill("farm-blip", name="usfarm", ms=100)
        assert app.blip.wait(10)
    finally:
        app.disconnect()
        loop.join(10)
    assert not loop.is_alive()


# ---------------------------------------------------------------- in a project of one's own

PROJECT = """
import asyncio
import pytest

@pytest.mark.tws(gateway=True)
def test_sync(tws):
    assert tws.drill("freeze", seconds=0).name == "freeze"

def test_asyncio(tws):
    import papertape

    async def main():
        client = await papertape.connect(tws.host, tws.port, 1)
        await client.disconnect()
    asyncio.run(main())
"""


@pytest.mark.process
def test_a_project_that_only_installed_papertape_has_the_fixture(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(PROJECT)
    command = [sys.executable, *ANOTHER, "--strict-markers"]
    done = subprocess.run(
        [*command, "-W", "error", "test_theirs.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=3 * HANGS_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


@pytest.mark.process
def test_nothing_is_loaded_before_a_test_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "test_empty.py").write_text(
        "import sys\n"
        "def test_it():\n"
        "    loaded = {name for name in sys.modules if name.startswith('papertape')}\n"
        "    assert loaded <= {'papertape', 'papertape.testing', 'papertape.testing.plugin'}\n"
    )
    done = subprocess.run(
        [sys.executable, *ANOTHER, "test_empty.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=3 * HANGS_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
