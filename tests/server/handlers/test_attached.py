"""Children that TWS makes from its presets (``attachedOrders``, from server version 218)."""

import msgspec
import pytest

from papertape.model import AttachedOrders
from papertape.server.settings import StationSettings
from papertape.wire.catalogue import orders
from server.pair import Client, Hall
from server.shown import lines
from server.test_station import order
from walks import walk

PRESET = StationSettings(max_message_rate=0, preset_take_profit=1.0, preset_stop_loss=2.0)
BOTH = AttachedOrders(slOrderId=3, slOrderType="PRESET", ptOrderId=2, ptOrderType="preset")
INVALID = "Error reading request. Invalid value for Stop Loss order-id or order-type"


def station(settings: StationSettings | None = None) -> Client:
    hall = Hall(settings=settings or PRESET)
    hall.quote("AAPL 99.98 x 100.00")
    return hall.client(1, 225)


def ask(words: str, legs: AttachedOrders, order_id: int = 1, **more: bool) -> orders.PlaceOrder:
    asked = order(order_id, words)
    for name, value in more.items():
        setattr(asked.order, name, value)
    return msgspec.structs.replace(asked, attachedOrders=legs)


def test_the_children_of_the_preset_work_as_a_bracket() -> None:
    client = station()
    client.send(ask("BUY 10 AAPL LMT 99.50", BOTH))
    client.got()
    found = {view.order.orderId: view.order for view in client.hall.station.queries.open_orders()}
    assert sorted(found) == [1, 2, 3]
    target, stop = found[2], found[3]
    assert (target.orderType, target.lmtPrice, target.action) == ("LMT", 100.5, "SELL")
    assert (stop.orderType, stop.auxPrice, stop.parentId) == ("STP", 97.5, 1)
    client.hall.quote("AAPL 99.40 x 99.45")
    told = lines(client.got())
    assert "orderStatus #2 Submitted 0+10" in told
    client.hall.quote("AAPL 100.60 x 100.70")
    assert "orderStatus #3 Cancelled 0+10" in lines(client.got())


def test_the_price_of_a_market_order_is_the_touch() -> None:
    client = station()
    client.send(ask("SELL 10 AAPL MKT", BOTH))
    client.got()
    found = {view.order.orderId: view.order for view in client.hall.station.queries.open_orders()}
    assert (found[2].action, found[2].lmtPrice, found[3].auxPrice) == ("BUY", 98.98, 101.98)


def test_one_leg_and_an_order_that_waits_for_transmit() -> None:
    client = station()
    legs = AttachedOrders(ptOrderId=5, ptOrderType="PRESET")
    client.send(ask("BUY 10 AAPL LMT 99", legs, transmit=False))
    assert client.got() == []
    client.send(ask("BUY 10 AAPL LMT 99", AttachedOrders()))
    assert [line for line in lines(client.got()) if "#5" in line]


@pytest.mark.long
@walk(
    "legs",
    [
        AttachedOrders(slOrderId=3, slOrderType="STP"),
        AttachedOrders(slOrderId=3),
        AttachedOrders(slOrderType="PRESET"),
        AttachedOrders(slOrderId=3, slOrderType="LMT", ptOrderId=4, ptOrderType="LMT"),
    ],
)
def test_a_leg_that_is_no_preset_is_320(legs: AttachedOrders) -> None:
    client = station()
    client.send(ask("BUY 10 AAPL LMT 99", legs))
    assert client.errors() == [(1, 320, INVALID)]
    client.send(order(1, "BUY 10 AAPL LMT 99"))
    assert client.errors() == []


def test_a_preset_without_the_leg_discards_the_order() -> None:
    client = station(StationSettings(max_message_rate=0))
    client.send(ask("BUY 10 AAPL LMT 99", BOTH))
    (first, second) = client.errors()
    assert first == (1, 10355, "Cannot auto-attach Profit Taker. Preset is not defined.")
    assert second[:2] == (1, 202)
    client.send(order(1, "BUY 10 AAPL LMT 99"))
    assert client.errors()[0][1] == 103
    assert list(client.hall.station.queries.open_orders()) == []


@walk(
    ("legs", "code"),
    [
        (AttachedOrders(slOrderId=0, slOrderType="PRESET"), 10149),
        (AttachedOrders(slOrderId=1, slOrderType="PRESET"), 103),
        (AttachedOrders(2, "PRESET", 2, "PRESET"), 103),
    ],
)
def test_the_ids_of_children_are_new(legs: AttachedOrders, code: int) -> None:
    client = station()
    client.send(ask("BUY 10 AAPL LMT 99", legs))
    assert [found for _, found, _ in client.errors()] == [code]
    assert list(client.hall.station.queries.open_orders()) == []


def test_a_stop_below_nothing_refuses_the_family() -> None:
    client = station(
        StationSettings(max_message_rate=0, preset_take_profit=1.0, preset_stop_loss=500.0)
    )
    client.send(ask("BUY 10 AAPL LMT 99", BOTH))
    assert client.errors()
    assert list(client.hall.station.queries.open_orders()) == []


def test_a_working_order_gets_none() -> None:
    client = station()
    client.send(order(1, "BUY 10 AAPL LMT 99"))
    client.got()
    client.send(ask("BUY 10 AAPL LMT 98", BOTH))
    assert [code for _, code, _ in client.errors()] == [321]


@walk(
    ("words", "tif"),
    [("LMT 100 IOC", "DAY"), ("LMT 100 FOK", "DAY"), ("LMT 99 GTC", "GTC"),
     ("LMT 99 GTD goodTillDate=20260420-15:00:00", "GTD"), ("LMT 99 Minutes duration=5", "DAY")],
)  # fmt: skip
def test_the_children_have_a_time_in_force_in_which_they_can_wait(words: str, tif: str) -> None:
    client = station()
    client.send(ask(f"BUY 10 AAPL {words}", BOTH))
    assert client.errors() == []
    found = {view.order.orderId: view.order for view in client.hall.station.queries.open_orders()}
    assert [found[one].tif for one in (2, 3)] == [tif, tif]
