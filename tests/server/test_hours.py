"""The hours of exchanges as clients see them: every wire form, the captured sequences."""

from typing import Any

import pytest

from papertape.model import Contract
from papertape.venue.broker.profile import Profile
from papertape.wire.catalogue import contract, orders, session
from server.pair import VERSIONS, Client, Hall
from server.shown import expected, lines
from server.test_station import order
from venue.scenario import at
from walks import walk

NIGHT = at("20260824 22:00:00")  # a Monday
HELD = "openOrder #1 PreSubmitted; orderStatus #1 PreSubmitted 0+1"
TOLD = (
    "Order Message:\nBUY 1 AAPL NASDAQ.NMS\nWarning: Your order will not be placed at the exchange "
    "until 2026-08-25 09:30:00 US/Eastern."
)


def hall(api: dict[str, Any] | None = None) -> Hall:
    found = Hall(profile=Profile(hours="exchange"), now=NIGHT, api=api)
    found.put("quote AAPL 257.66 x 257.68", NIGHT - 3600 * 10**9)
    return found


def told(client: Client) -> list[str]:
    """What came, an error by its number."""
    found = client.got()
    names = lines(found)
    for place, message in enumerate(found):
        if isinstance(message, session.ErrorMessage):
            names[place] = f"E{message.errorCode} {message.id}"
    return names


@pytest.mark.long
@walk("version", VERSIONS)
def test_an_order_waits_for_the_open_and_fills(version: int) -> None:
    house = hall()
    client = house.client(1, version)
    client.send(order(1, "BUY 1 AAPL LMT 258"))
    assert told(client) == expected(f"{HELD}; E399 1; {HELD}; {HELD}; {HELD}")
    house.wait(11.5 * 3600 - 1)
    assert told(client) == []
    house.wait(1)
    assert told(client)[:5] == expected("""
        openOrder #1 Submitted; orderStatus #1 Submitted 0+1
        execDetails -1 #1 BOT 1 @ 257.68
        openOrder #1 Filled; orderStatus #1 Filled 1+0
    """)


def test_the_text_of_the_notice() -> None:
    client = hall().client()
    client.send(order(1, "BUY 1 AAPL LMT 250"))
    assert client.errors() == [(1, 399, TOLD)]


@pytest.mark.long
@walk("version", VERSIONS)
def test_a_cancel_while_it_waits(version: int) -> None:
    client = hall().client(1, version)
    client.send(order(1, "BUY 1 AAPL LMT 250"))
    client.got()
    client.send(orders.CancelOrder(1))
    pending = "openOrder #1 PendingCancel; orderStatus #1 PendingCancel 0+1"
    assert told(client) == expected(f"{pending}; {pending}; orderStatus #1 Cancelled 0+1; E202 1")


def test_the_notice_is_for_the_client_of_the_order_alone() -> None:
    house = hall({"masterClientId": 7})
    master, client = house.client(7), house.client(1)
    client.send(order(1, "BUY 1 AAPL LMT 250"))
    client.got()
    assert not [one for one in told(master) if one.startswith("E")]


def test_stops_hear_of_it_first() -> None:
    client = hall().client()
    client.send(order(1, "SELL 1 AAPL STP 250"))
    held = "openOrder #1 PreSubmitted; orderStatus #1 PreSubmitted 0+1 trigger"
    assert told(client) == expected(f"E399 1; {held}; {held}; {held}")


@walk("version", [176, 203, 225])
def test_contract_details_tell_the_hours(version: int) -> None:
    client = hall().client(1, version)
    wanted = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
    (found,) = client.send(contract.ReqContractDetails(1, wanted)).of(contract.ContractData)
    assert found.contractDetails.timeZoneId == "US/Eastern"
    assert found.contractDetails.liquidHours.split(";")[-2:] == [
        "20260828:0930-20260828:1600", "20260829:CLOSED",
    ]  # fmt: skip
    assert found.contractDetails.tradingHours.startswith("20260824:0400-20260824:2000;")
