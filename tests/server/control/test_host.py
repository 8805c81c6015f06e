"""Stations in one event loop, until a signal or a failure ends them."""

import logging
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from papertape.errors import JournalError
from papertape.server.clock import MarketClock
from papertape.server.control.host import Place, Ready, run
from server.pair import Hall
from venue.scenario import START

pytestmark = pytest.mark.network


def places(*halls: Hall) -> dict[str, Place]:
    """A place for each, on ports that are free."""
    clock = MarketClock(time.time_ns(), START)
    found = (Place(hall.station, clock, "127.0.0.1", 0) for hall in halls)
    return {f"tws{number}": place for number, place in enumerate(found, 1)}


def stopping(number: int) -> Callable[[Ready], None]:
    def ready(found: Ready) -> None:
        assert [host for host, port in found.addresses.values() if port > 0] == ["127.0.0.1"] * 2
        os.kill(os.getpid(), number)

    return ready


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stations_run_until_they_are_told_to_stop(number: int) -> None:
    before = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
    found = signal.signal(number, before)  # whoever started the tests may ignore it, as nohup does
    try:
        run(places(Hall(), Hall()), None, stopping(number))
        assert signal.getsignal(number) is before
    finally:
        signal.signal(number, found)


def full_disk(*args: Any) -> None:
    raise JournalError("the disk is full")


def test_what_stops_a_station_is_raised(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    hall = Hall()
    ready: list[Ready] = []
    monkeypatch.setattr(hall.station, "next_due", lambda: 0)
    monkeypatch.setattr(hall.keeper, "commit", full_disk)
    with pytest.raises(JournalError, match="disk is full"):
        run(places(Hall(), hall), None, ready.append)
    assert len(ready) == 1
    assert [getattr(record, "station", "") for record in caplog.records] == ["tws2"]


def test_a_hangup_that_was_switched_off_stays_so() -> None:
    """As ``nohup`` does it: the station outlives its terminal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:

        def ready(found: Ready) -> None:
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            os.kill(os.getpid(), signal.SIGTERM)

        run(places(Hall()), None, ready)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
