"""Stops as clients see them, in every wire form: the captured pairs, the election, new terms."""

import pytest

from papertape.wire.catalogue import orders, reports
from server.pair import VERSIONS, Client, Hall
from server.shown import expected, lines
from server.test_station import order
from walks import walk

WAITS = "openOrder #1 PreSubmitted; orderStatus #1 PreSubmitted 0+{size} trigger"


def hall() -> Hall:
    found = Hall()
    found.quote("AAPL 257.66 x 257.68")
    found.trade("AAPL 257.67")
    return found


def told(client: Client) -> list[str]:
    return lines(client.got())


@walk("version", VERSIONS)
def test_a_stop_waits_is_elected_and_fills(version: int) -> None:
    house = hall()
    client = house.client(1, version)
    client.send(order(1, "SELL 10 AAPL STP 250"))
    waits = WAITS.format(size=10)
    assert told(client) == expected(f"{waits}; {waits}")
    house.quote("AAPL 249.00 x 249.10")
    assert told(client) == []
    house.trade("AAPL 250.00")
    got = told(client)[:5]
    assert got == expected("""
        openOrder #1 Submitted; orderStatus #1 Submitted 0+10
        execDetails -1 #1 SLD 10 @ 249
        openOrder #1 Filled; orderStatus #1 Filled 10+0
    """)


@walk("version", VERSIONS)
def test_what_a_waiting_stop_shows(version: int) -> None:
    client = hall().client(1, version)
    client.send(order(1, "SELL 10 AAPL STP_LMT 250 249.5"))
    shown = next(one for one in client.got() if isinstance(one, reports.OpenOrder))
    terms = shown.order
    assert (terms.orderType, terms.auxPrice, terms.lmtPrice) == ("STP LMT", 250.0, 249.5)
    assert (terms.trailStopPrice, terms.triggerMethod) == (250.0, 0)


@walk("version", VERSIONS)
def test_new_terms_and_the_end_of_a_stop(version: int) -> None:
    client = hall().client(1, version)
    client.send(order(1, "SELL 10 AAPL STP 250"))
    client.got()
    client.send(order(1, "SELL 20 AAPL STP 251"))
    waits = WAITS.format(size=20)
    assert told(client) == expected(f"{waits}; {waits}")
    client.send(orders.CancelOrder(1))
    assert told(client) == ["orderStatus #1 Cancelled 0+20", "error 1 202"]


@pytest.mark.long
@walk("version", VERSIONS)
def test_a_stop_is_there_again_at_the_next_connect(version: int) -> None:
    house = hall()
    first = house.client(1, version)
    first.send(order(1, "SELL 10 AAPL STP 250"))
    first.leave()
    again = house.client(1, version, quiet=False)
    waits = WAITS.format(size=10)
    assert told(again)[:3] == expected(f"{waits}; openOrderEnd")
