"""Echoed orders go back as orders: without what only the server says, for every server version."""

import pytest

from papertape.client.requests.questions import resendable
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.reports import OpenOrder
from papertape.wire.catalogue.session import ErrorMessage
from server.bodies import open_hall
from server.pair import VERSIONS
from server.test_station import order
from walks import walk

ORDERS = ("BUY 1 AAPL LMT 250", "SELL 1 AAPL LMT 500 GTC", "BUY 1 AAPL LMT 250 outsideRth=true")


@walk("version", VERSIONS, check=5)
@walk("row", ORDERS)
def test_the_echo_of_an_order_can_be_sent_with_another_price(row: str, version: int) -> None:
    client = open_hall().client(1, version).send(order(1, row))
    (first, *_) = client.of(OpenOrder)
    again = resendable(first.order)
    again.lmtPrice += 0.5
    client.send(PlaceOrder(1, first.contract, again))  # raises where a server is too old for it
    got = client.got()
    assert not [message for message in got if isinstance(message, ErrorMessage)]
    changed = got[0].order
    assert changed.lmtPrice == first.order.lmtPrice + 0.5
    assert (changed.tif, changed.outsideRth) == (first.order.tif, first.order.outsideRth)


@pytest.mark.long
@walk("version", [v for v in VERSIONS if v >= 189])
def test_an_order_for_the_night_stays_one(version: int) -> None:
    client = open_hall().client(1, version)
    client.send(order(1, "BUY 1 AAPL LMT 250 includeOvernight=true"))
    (first, *_) = client.of(OpenOrder)
    again = resendable(first.order)
    assert (again.tif, again.includeOvernight, again.outsideRth) == ("DAY", True, False)
    client.send(PlaceOrder(1, first.contract, again))
    assert client.got()[0].order.tif == "OVERNIGHT + DAY"


def test_what_the_server_filled_in_is_not_sent_back() -> None:
    client = open_hall().client(1, 226).send(order(1, "BUY 1 AAPL MKT"))
    (first, *_) = client.of(OpenOrder)
    again = resendable(first.order)
    filled_in = (again.minCompeteSize, again.competeAgainstBestOffset, again.routeMarketableToBbo)
    assert filled_in == (None, None, None)
    assert again.transmit
