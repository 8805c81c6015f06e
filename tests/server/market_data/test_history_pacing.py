"""The pacing of fine requests to the history farm, with TWS's texts."""

from collections.abc import Iterator

import pytest

from papertape.model import Contract
from papertape.server.settings import StationSettings
from papertape.wire.catalogue.history import ReqHistoricalData
from papertape.wire.catalogue.ticks import CancelRealTimeBars, ReqHistoricalTicks, ReqRealTimeBars
from server.market import TapeMarket
from server.pair import Client, Hall

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
IBM = Contract(symbol="IBM", secType="STK", exchange="SMART", currency="USD")
VIOLATION = "Historical Market Data Service error message:Historical data request pacing violation"


def ready(**settings: object) -> tuple[Hall, Client]:
    given = {"max_lines": 1000, "history_pacing": True} | settings
    hall = Hall(market=TapeMarket(), settings=StationSettings(**given))  # type: ignore[arg-type]
    hall.quote("AAPL 257.66 x 257.68")
    hall.quote("IBM 257.66 x 257.68")
    return hall, hall.client()


def bars(
    number: int, contract: Contract = AAPL, *, size: str = "5 secs", seconds: int = 60,
    what: str = "MIDPOINT",
) -> ReqHistoricalData:  # fmt: skip
    return ReqHistoricalData(number, contract, "", size, f"{seconds} S", 0, what)


def refused(client: Client) -> list[tuple[int, str]]:
    """Ids and texts of 162 and 420."""
    client.hall.wait(0)
    return [(number, text) for number, code, text in client.errors() if code in (162, 420)]


def test_the_same_again_within_fifteen_seconds() -> None:
    hall, client = ready()
    client.send(bars(1), bars(2), bars(3, seconds=90), bars(4, IBM))
    assert refused(client) == [(2, VIOLATION)]
    hall.wait(14)
    assert refused(client.send(bars(5))) == [(5, VIOLATION)]
    hall.wait(1)
    assert refused(client.send(bars(6))) == []


def test_six_of_one_kind_within_two_seconds() -> None:
    hall, client = ready()
    client.send(*(bars(number, seconds=60 + number) for number in range(6)))
    assert refused(client) == [(5, VIOLATION)]
    client.send(bars(6, what="BID"), bars(7, IBM))
    assert refused(client) == []
    hall.wait(2)
    assert refused(client.send(bars(8, seconds=80))) == []


def test_ticks_of_the_past_are_paced_too() -> None:
    _, client = ready()
    ask = [
        ReqHistoricalTicks(number, AAPL, "", "20260413 09:59:00 US/Eastern", 10, "BID_ASK", 0)
        for number in (1, 2)
    ]
    assert refused(client.send(*ask)) == [(2, VIOLATION)]


def spread(hall: Hall) -> Iterator[int]:
    for number in range(1000):
        yield number
        hall.wait(1)


def test_sixty_in_ten_minutes_of_which_bid_ask_counts_twice() -> None:
    hall, client = ready()
    count = 0
    for number in spread(hall):
        what = "BID_ASK" if number % 2 else "MIDPOINT"
        client.send(bars(number, seconds=60 + number, what=what))
        if refused(client):
            break
        count += 2 if number % 2 else 1
    assert count == 60
    hall.wait(600)
    assert refused(client.send(bars(2000))) == []


def test_bars_of_five_seconds_count_and_have_their_own_text() -> None:
    hall, client = ready()
    for number in range(60):
        client.send(ReqRealTimeBars(number, AAPL, 5, "MIDPOINT"), CancelRealTimeBars(number))
        hall.wait(0.1)
    assert refused(client) == []
    text = "Invalid Real-time Query:Historical data request pacing violation"
    assert refused(client.send(ReqRealTimeBars(99, AAPL, 5, "MIDPOINT"))) == [(99, text)]
    assert refused(client.send(bars(100))) == [(100, VIOLATION)]


def test_long_bars_other_clients_and_new_sessions_are_not_paced() -> None:
    hall, client = ready()
    other = hall.client(2)
    client.send(bars(1), *(bars(n, size="1 min", seconds=120) for n in range(2, 12)))
    assert refused(client) == []
    assert refused(other.send(bars(1))) == []
    client.leave()
    assert refused(hall.client(1).send(bars(1))) == []


@pytest.mark.parametrize("settings", [{"history_pacing": False}, {"max_message_rate": 0}])
def test_it_can_be_switched_off(settings: dict[str, object]) -> None:
    given = {"max_lines": 1000} | settings
    hall = Hall(market=TapeMarket(), settings=StationSettings(**given))  # type: ignore[arg-type]
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client()
    client.send(*(bars(number) for number in range(10)))
    assert refused(client) == []
