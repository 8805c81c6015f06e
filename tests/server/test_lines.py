"""All lines of a station: sampled at an interval, passed over while a client does not read."""

from typing import cast

from papertape.model import Contract
from papertape.server.settings import StationSettings
from papertape.venue.market import DayStats
from papertape.venue.units import SECOND
from papertape.wire.catalogue import market
from server.pair import Client, Hall
from server.shown import expected, lines

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


def watching(interval_ms: int = 250) -> tuple[Hall, Client]:
    hall = Hall(settings=StationSettings(quote_interval_ms=interval_ms))
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client()
    client.send(market.ReqMktData(1, AAPL)).got()
    return hall, client


def write(hall: Hall, *rows: tuple[float, str]) -> None:
    """Put quotes on the tape, so many seconds from now, without letting time pass."""
    for seconds, text in rows:
        hall.put(f"quote {text}", hall.now + int(seconds * SECOND))


def test_a_line_reports_the_state_at_its_moments_and_not_every_tick() -> None:
    hall, client = watching()
    write(hall, (0.01, "AAPL 257.60 x 257.68"), (0.02, "AAPL 257.65 x 257.68"))
    hall.wait(0.24)
    assert client.got() == []
    hall.wait(0.02)
    assert lines(client.got()) == expected("tickPrice 1 BID 257.65 1000; tickSize 1 BID_SIZE 1000")
    hall.wait(10)
    assert client.got() == []


def test_a_zero_interval_tells_every_tick() -> None:
    hall, client = watching(0)
    write(hall, (0.01, "AAPL 257.60 x 257.68"), (0.02, "AAPL 257.65 x 257.68"))
    hall.wait(0.1)
    assert [text for text in lines(client.got()) if "Price" in text] == expected("""
        tickPrice 1 BID 257.6 1000; tickPrice 1 BID 257.65 1000
    """)


def test_the_market_is_asked_once_however_many_subscribe() -> None:
    hall, client = watching()
    others = [hall.client(number) for number in (2, 3, 4)]
    for other in others:
        other.send(market.ReqMktData(1, AAPL), market.ReqMktData(2, AAPL)).got()
    asked: list[int] = []
    day = hall.market.day

    def counted(con_id: int, now: int) -> DayStats:
        asked.append(con_id)
        return cast(DayStats, day(con_id, now))

    hall.market.day = counted
    hall.quote("AAPL 257.60 x 257.68")
    assert len(asked) == 4  # a second has four samples
    assert len(others[0].got()) == 4
    assert len(client.got()) == 2


def test_a_client_that_does_not_read_is_passed_over_and_goes_on_from_the_present() -> None:
    hall, client = watching()
    other = hall.client(2)
    other.send(market.ReqMktData(1, AAPL)).got()
    client.session.paused = True
    for cents in range(50):
        hall.quote(f"AAPL 257.{cents:02} x 257.68")
    assert client.got() == []
    assert len([m for m in other.got() if isinstance(m, market.TickPrice)]) == 50
    client.session.paused = False
    hall.wait(0.25)
    assert lines(client.got()) == expected("tickPrice 1 BID 257.49 1000; tickSize 1 BID_SIZE 1000")


def test_nothing_is_due_for_clients_that_do_not_read() -> None:
    hall, client = watching()
    assert hall.station.lines.next_due() is not None
    client.session.paused = True
    assert hall.station.lines.next_due() is None


def test_clients_have_their_own_lines_under_their_own_numbers() -> None:
    hall, one = watching()
    two = hall.client(2, 176)
    two.send(market.ReqMktData(9, AAPL)).got()
    hall.quote("AAPL 257.60 x 257.68")
    assert lines(one.got()) == expected("tickPrice 1 BID 257.6 1000; tickSize 1 BID_SIZE 1000")
    assert lines(two.got()) == expected("tickPrice 9 BID 257.6 1000; tickSize 9 BID_SIZE 1000")
    two.send(market.CancelMktData(9))
    hall.quote("AAPL 257.61 x 257.68")
    assert len(one.got()) == 2 and two.got() == []
