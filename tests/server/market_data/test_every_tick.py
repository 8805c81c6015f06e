"""A line at every tick, and ticks one by one, tell the same however late the station is.

The market is recorded; what a station tells that has a turn at each instant is compared with what
one tells that has a turn every minute and a half: over the close, the open, and within a session.
"""

from pathlib import Path
from typing import Any

import pytest

from papertape.model import Contract
from papertape.server.assembly import compose
from papertape.server.clock import start_instant
from papertape.server.market_settings import MarketSettings
from papertape.server.settings import StationSettings
from papertape.venue.units import MINUTE, SECOND
from papertape.wire.catalogue.market import ReqMktData
from papertape.wire.catalogue.session import ErrorMessage, StartApi
from papertape.wire.catalogue.ticks import ReqTickByTickData, TickByTickData
from papertape.wire.connection import ClientConnection
from server.pair import Pipe

FOLDER = Path(__file__).parents[3] / "market/sample"
SPY = Contract(conId=756733, exchange="SMART")
SETTINGS = StationSettings(quote_interval_ms=0, max_message_rate=0)


def told(start: str, hours: Any, every: int) -> tuple[list[Any], list[Any]]:
    """What two minutes bring: ticks of the line, and trades. ``every``: seconds from a turn to the
    next one; 0 is a turn at each instant."""
    at = start_instant(start, "US/Eastern")
    market = MarketSettings(folder=FOLDER, hours=hours, start=at)
    with compose(wall=at, data_dir=None, settings=SETTINGS, market=market) as composed:
        station, pipe, now = composed.station, Pipe(), composed.station.now
        client = ClientConnection(highest=176)
        session = station.open("127.0.0.1:1", pipe, now)
        assert session is not None

        def turns(until: int) -> None:
            nonlocal now
            while (due := station.next_due()) is not None and due <= until:
                now = until if every else max(due, now)
                station.step(now)
                station.flush()
            now = until

        def send(data: bytes) -> None:
            station.receive(session, data, now)
            station.flush()
            turns(now)

        send(client.initiate())
        client.receive_data(pipe.data)
        pipe.data = b""
        requests = (StartApi(1), ReqMktData(2, SPY), ReqTickByTickData(3, SPY, "AllLast"))
        send(b"".join(map(client.send, requests)))
        end = now + 2 * MINUTE
        while now < end:
            turns(min(now + (every or 1) * SECOND, end))
        found = [one for one in client.receive_data(pipe.data) if not isinstance(one, ErrorMessage)]
    trades = [one for one in found if isinstance(one, TickByTickData)]
    return [one for one in found if not isinstance(one, TickByTickData)], trades


@pytest.mark.further
@pytest.mark.long
@pytest.mark.parametrize(
    ("start", "hours"),
    [
        ("2026-04-10 15:59", "exchange"),
        pytest.param("2026-04-13 09:29", "exchange", marks=pytest.mark.repeats),
        pytest.param("2026-04-10 11:00", "always", marks=pytest.mark.repeats),
    ],
)
def test_a_late_station_tells_the_same(start: str, hours: str) -> None:
    quotes, trades = told(start, hours, 0)
    assert (quotes, trades) == told(start, hours, 97)
    assert len(quotes) > 500 and len(trades) > 200
