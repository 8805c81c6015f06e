"""Profit for many: in slices that all tell one moment, and encoded once for who gets the same."""

from typing import Any

import pytest
from msgspec.structs import replace

from papertape.server.present import profits
from papertape.venue.commands import ReceivePosition, StartingPosition
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import SECOND, SIZE_SCALE
from papertape.wire.catalogue import pnl
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime
from server.pair import VERSIONS, Client, Hall, Stopwatch
from server.test_station import order
from walks import walk

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


@pytest.mark.long
@walk("version", [v for v in VERSIONS if v >= 157])
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


# -- the first row --------------------------------------------------------------------------------


def large(count: int, **api: bool) -> tuple[Hall, list[Client]]:
    """A station whose account has so many positions, none of them at a price, and two clients."""
    apple = CATALOGUE[AAPL]
    stocks = [
        replace(apple, conId=700_000_000 + number, symbol=f"Q{number}", localSymbol=f"Q{number}")
        for number in range(count)
    ]
    hall = Hall(api=dict(api), instruments=CATALOGUE.extended(stocks))
    for entry in stocks:
        brought = StartingPosition(entry.conId, 10 * SIZE_SCALE, entry.scale)
        hall.station.carry_out(ReceivePosition(ACCOUNT, brought))
    hall.quote("AAPL 257.66 x 257.68")
    return hall, [hall.client(1), hall.client(2)]


def ask(hall: Hall, client: Client, *messages: Any) -> None:
    """A client's requests come; the station has not worked since."""
    data = b"".join(map(client.connection.send, messages))
    hall.station.receive(client.session, data, hall.now)
    hall.station.flush()


def test_the_first_row_of_a_large_account_comes_with_the_last_of_its_slices() -> None:
    hall, (first, second) = large(12)
    hall.station.timing.stopwatch = Stopwatch(0.0004)
    ask(hall, first, pnl.ReqPnL(1, ACCOUNT))
    assert first.got() == [], "five positions are a slice"
    assert hall.station.next_due() == hall.now, "what is left is due at once"
    ask(hall, second, ReqCurrentTime(), pnl.ReqPnL(2, ACCOUNT))
    assert [type(row) for row in second.got()][:1] == [CurrentTime], "others are served meanwhile"
    steps = 0
    while (due := hall.station.next_due()) is not None and due <= hall.now:
        hall.station.step(hall.now)
        hall.station.flush()
        steps += 1
    assert steps >= 1
    (one,), (other,) = first.of(pnl.PnL), second.of(pnl.PnL)
    assert (one.reqId, other.reqId) == (1, 2), "valued once for both"
    hall.station.timing.stopwatch = lambda: 0
    assert one.unrealizedPnL == hall.station.queries.profit(ACCOUNT, hall.now).unrealizedPnL
    hall.wait(1)
    assert [*first.got(), *second.got()] == [], "nothing has changed"


def test_who_cancels_or_leaves_before_the_first_row_gets_none() -> None:
    hall, (first, second) = large(40)
    hall.station.timing.stopwatch = Stopwatch(0.0004)
    ask(hall, first, pnl.ReqPnL(1, ACCOUNT), pnl.ReqPnL(2, ACCOUNT), pnl.CancelPnL(1))
    ask(hall, second, pnl.ReqPnL(1, ACCOUNT))
    hall.station.lost(second.session, "", hall.now)
    hall.settle()
    assert [row.reqId for row in first.of(pnl.PnL)] == [2]
    assert second.got() == []


def test_the_first_row_of_a_large_account_is_early_where_the_settings_say_so() -> None:
    hall, (first, _) = large(40, prepareDailyPnL=False)
    hall.station.timing.stopwatch = Stopwatch(0.0004)
    ask(hall, first, pnl.ReqPnL(1, ACCOUNT))
    while hall.station.next_due() == hall.now:
        hall.station.step(hall.now)
        hall.station.flush()
    (row,) = first.of(pnl.PnL)
    assert row.dailyPnL is None and row.unrealizedPnL is not None


def test_what_keeps_a_first_row_from_being_worked_out_is_told_to_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hall, (first, second) = large(40)
    hall.station.timing.stopwatch = Stopwatch(0.0004)
    ask(hall, first, pnl.ReqPnL(1, ACCOUNT))
    ask(hall, second, pnl.ReqPnL(2, ACCOUNT))

    def broken(*_: Any) -> Any:
        raise ValueError("no price")

    monkeypatch.setattr(profits, "single_profit", broken)
    hall.station.timing.stopwatch = lambda: 0
    hall.turn()
    assert [(number, code) for number, code, _ in first.errors()][:1] == [(1, 323)]
    assert [(number, code) for number, code, _ in second.errors()][:1] == [(2, 323)]
