"""Profit for many: in slices that all tell one moment, and encoded once for who gets the same."""

from typing import Any

import pytest

from papertape.venue.units import SECOND
from papertape.wire.catalogue import pnl
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime
from server.pair import VERSIONS, Client, Hall, Stopwatch
from server.test_station import order

ACCOUNT, AAPL = "DU1234567", 265598
FOLLOWED = (*range(1, 9), 300, -1)
"""Request ids, some of which are longer on the wire than others."""


def followers(count: int, version: int = VERSIONS[-1]) -> tuple[Hall, list[Client]]:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    clients = [hall.client(number, version) for number in range(1, count + 1)]
    clients[0].send(order(1, "BUY 100 AAPL MKT")).got()
    for client in clients:
        client.send(*(pnl.ReqPnLSingle(number, ACCOUNT, "", AAPL) for number in FOLLOWED))
        client.send(pnl.ReqPnL(50, ACCOUNT)).got()
    return hall, clients


def moved(hall: Hall, price: str) -> None:
    """The market moves, and a second is over; the station has not worked yet."""
    hall.put(f"quote AAPL {price}", hall.now + SECOND // 2)
    hall.now += SECOND


def facts(row: Any) -> tuple[Any, ...]:
    return row.position, row.dailyPnL, row.unrealizedPnL, row.realizedPnL, row.value


@pytest.mark.parametrize("version", [v for v in VERSIONS if v >= 157])
def test_who_shares_an_encoding_gets_the_same_under_an_id_of_its_own(version: int) -> None:
    hall, clients = followers(3, version)
    moved(hall, "258.66 x 258.68")
    hall.settle()
    rows = [client.got() for client in clients]
    for got in rows:
        assert [row.reqId for row in got] == [50, *FOLLOWED]
        assert {facts(row) for row in got[1:]} == {facts(rows[0][1])}
        assert got[1].unrealizedPnL == pytest.approx(97.9997)
    assert [row[0].dailyPnL for row in rows] == pytest.approx([97.9997] * 3)
    hall.wait(3)
    assert [client.got() for client in clients] == [[], [], []]


def test_others_are_served_between_the_slices_and_every_slice_tells_one_moment() -> None:
    hall, clients = followers(3)
    moved(hall, "258.66 x 258.68")
    hall.station.act()
    hall.station.timing.stopwatch = Stopwatch(0.0004)
    hall.station.step(hall.now)
    hall.station.flush()
    first = [client.got() for client in clients]
    assert 0 < sum(map(len, first)) < 3 * len(FOLLOWED)
    assert hall.station.next_due() == hall.now, "what is left is due at once"
    # The market moves on while rows are left: they still tell the moment before.
    hall.put("quote AAPL 300.00 x 300.02", hall.now + 1)
    hall.now += 2
    slices = 0
    while (due := hall.station.next_due()) is not None and due <= hall.now:
        hall.station.step(hall.now)
        hall.station.flush()
        slices += 1
        if slices == 1:
            hall.station.receive(
                clients[2].session, clients[2].connection.send(ReqCurrentTime()), hall.now
            )
    assert slices > 3
    rest = [client.got() for client in clients]
    answered = [type(row) for row in rest[2]].index(CurrentTime)
    assert answered < len(rest[2]) - 1, "the request waited for every row"
    rows = [row for some in (*first, *rest) for row in some if isinstance(row, pnl.PnLSingle)]
    assert len(rows) == 3 * len(FOLLOWED)
    assert {row.value for row in rows} == {25_867.0}
    hall.station.timing.stopwatch = lambda: 0
    hall.wait(1)
    assert {row.value for row in clients[1].of(pnl.PnLSingle)} == {30_001.0}


def test_who_leaves_or_cancels_while_rows_are_left_gets_none_of_them() -> None:
    hall, clients = followers(2)
    moved(hall, "258.66 x 258.68")
    hall.station.act()
    hall.station.timing.stopwatch = Stopwatch(0.0004)
    hall.station.step(hall.now)
    hall.station.flush()
    seen = {row.reqId for row in clients[0].got()}
    late = [number for number in FOLLOWED if number not in seen]
    assert 50 in seen and 0 < len(late) < len(FOLLOWED)
    data = b"".join(clients[0].connection.send(pnl.CancelPnLSingle(number)) for number in late)
    hall.station.receive(clients[0].session, data, hall.now)
    hall.station.lost(clients[1].session, "", hall.now)
    hall.station.timing.stopwatch = lambda: 0
    hall.settle()
    assert clients[0].got() == []
    assert hall.station.next_due() is not None
