"""Precautions: orders that TWS holds back (the texts are those that programs logged)."""

from typing import Any

import pytest

from papertape.model import ComboLeg, Contract, TagValue
from papertape.server.config import Config
from papertape.server.settings import StationSettings
from papertape.venue.market.source import Quote
from papertape.venue.units import SIZE_SCALE
from papertape.wire.catalogue import orders, reports
from server.handlers.test_exercise import CALL, option
from server.pair import UNPACED, VERSIONS, Client, Hall
from server.shown import lines
from server.test_station import order
from walks import walk

PRESETS = "Restriction is specified in Precautionary Settings of Global Configuration/Presets."
API = "Restriction is specified in Precautionary Settings of Global Configuration/API."
DISCARDED = "Order Canceled - reason:Order was discarded"


def careful(name: str = "bypassOrderPrecautions", **more: Any) -> Hall:
    hall = Hall(api={name: False}, **more)
    hall.quote("AAPL 99.98 x 100.00")
    return hall


def codes(client: Client) -> list[tuple[int, str]]:
    return [(code, text) for _, code, text in client.errors()]


# ---------------------------------------------------------------- the limits of presets


@pytest.mark.long
@walk("version", VERSIONS, check=5)
@walk(
    ("words", "code", "text"),
    [
        ("BUY 10 AAPL LMT 103.01", 163, "price exceeds the Percentage constraint of 3%."),
        ("BUY 10 AAPL LMT 96.99", 163, "price exceeds the Percentage constraint of 3%."),
        ("SELL 10 AAPL LMT 96.95", 163, "price exceeds the Percentage constraint of 3%."),
        ("BUY 501 AAPL LMT 99", 383, "size exceeds the Size Limit of 500."),
    ],
)
def test_an_order_beyond_a_limit_is_discarded(
    version: int, words: str, code: int, text: str
) -> None:
    client = careful().client(1, version)
    client.send(order(7, words))
    got = client.got()
    told = f'The following order "ID:7" {text} {PRESETS}'
    errors = [(one.id, one.errorCode, one.errorMsg) for one in got if hasattr(one, "errorMsg")]
    assert errors == [(7, code, told), (7, 202, DISCARDED)]
    (status,) = [one for one in got if isinstance(one, reports.OrderStatus)]
    assert (status.status, status.permId > 0) == ("Cancelled", True)
    assert not [one for one in got if isinstance(one, reports.OpenOrder)]


def test_the_value_is_that_of_all_shares_in_the_account_s_currency() -> None:
    hall = careful(settings=StationSettings(max_message_rate=0, precaution_size=0))
    client = hall.client()
    client.send(order(7, "BUY 1549 AAPL LMT 100.10"))
    limit = "exceeds  the Total Value Limit of 100,000 USD."
    text = f'The following order "ID:7" value estimate of 155,055 USD {limit} {PRESETS}'
    assert codes(client) == [(451, text), (202, DISCARDED)]
    client.send(order(8, "BUY 1549 AAPL MKT"))
    assert codes(client)[0][0] == 451
    client.send(order(9, "BUY 999 AAPL LMT 100"))
    assert codes(client) == []


@walk(
    "words",
    ["BUY 10 AAPL LMT 102.90", "BUY 10 AAPL LMT 97", "BUY 500 AAPL LMT 99", "BUY 9 AAPL MKT"],
)
def test_what_is_at_a_limit_passes(words: str) -> None:
    client = careful().client()
    client.send(order(7, words))
    assert codes(client) == []


def test_without_a_quote_the_price_cannot_be_checked() -> None:
    client = Hall(api={"bypassOrderPrecautions": False}).client()
    client.send(order(7, "BUY 10 AAPL LMT 100"))
    text = "There is no market data to check price percent violations."
    assert codes(client) == [(164, text), (202, DISCARDED)]


def test_an_order_may_ask_for_its_price_not_to_be_checked() -> None:
    client = careful().client()
    placed = order(7, "BUY 10 AAPL LMT 90")
    placed.order.overridePercentageConstraints = True
    client.send(placed)
    assert codes(client) == []


def test_options_are_checked_by_ticks() -> None:
    hall = careful(settings=StationSettings(max_message_rate=0, precaution_percentage=0))
    hall.market.tape[CALL.conId] = [
        Quote(CALL.conId, hall.now, 88_000, 10 * SIZE_SCALE, 88_100, 10 * SIZE_SCALE)
    ]
    client = hall.client()
    placed = order(7, "BUY 1 AAPL LMT 9.02")
    client.send(orders.PlaceOrder(7, option(), placed.order))
    text = (
        f'The following order "ID:7" price exceeds the Number of ticks constraint of 20. {PRESETS}'
    )
    assert codes(client) == [(382, text), (202, DISCARDED)]


def test_limits_are_settings_and_0_is_none() -> None:
    hall = careful(settings=StationSettings(max_message_rate=0, precaution_percentage=10))
    client = hall.client()
    client.send(order(7, "BUY 10 AAPL LMT 91"))
    assert codes(client) == []
    client.send(order(8, "BUY 10 AAPL LMT 89"))
    assert "constraint of 10%" in codes(client)[0][1]
    hall = careful(
        settings=StationSettings(
            max_message_rate=0, precaution_percentage=0, precaution_size=0, precaution_value=0
        )
    )
    client = hall.client()
    client.send(order(7, "BUY 5000 AAPL LMT 50"))
    assert codes(client) == []


# ---------------------------------------------------------------- what becomes of the order


def test_the_id_of_a_discarded_order_stays_used() -> None:
    client = careful().client()
    client.send(order(7, "BUY 501 AAPL LMT 99")).got()
    client.send(order(7, "BUY 1 AAPL LMT 99"))
    assert [code for code, _ in codes(client)] == [103]
    client.send(orders.CancelOrder(7))
    assert [code for code, _ in codes(client)] == [10147]


def test_a_working_order_keeps_its_old_terms() -> None:
    hall = careful()
    client = hall.client()
    client.send(order(7, "BUY 10 AAPL LMT 99")).got()
    client.send(order(7, "BUY 10 AAPL LMT 90"))
    assert [code for code, _ in codes(client)] == [163]
    (view,) = hall.station.queries.open_orders(1)
    assert view.order.lmtPrice == 99


def test_an_order_that_waits_for_transmit_is_checked_when_it_comes() -> None:
    hall = careful()
    client = hall.client()
    placed = order(7, "BUY 501 AAPL LMT 99")
    placed.order.transmit = False
    client.send(placed)
    assert [code for code, _ in codes(client)] == [383, 202]
    assert not hall.station.queries.busy()


def test_a_preview_is_not_checked() -> None:
    client = careful().client()
    placed = order(7, "BUY 501 AAPL LMT 90")
    placed.order.whatIf = True
    client.send(placed)
    assert codes(client) == []


def test_they_can_be_switched_while_clients_are_connected() -> None:
    hall = careful()
    client = hall.client()
    hall.station.config.update({"bypassOrderPrecautions": True})
    client.send(order(7, "BUY 501 AAPL LMT 90"))
    assert codes(client) == []


# ---------------------------------------------------------------- the other three


def test_a_stock_sent_to_one_exchange() -> None:
    client = careful("bypassRedirectOrderWarning").client()
    placed = order(7, "BUY 10 AAPL LMT 99")
    placed.contract = Contract(symbol="AAPL", secType="STK", currency="USD", exchange="NASDAQ")
    client.send(placed)
    text = (
        "This order will be directly routed to NASDAQ. Direct routed orders may result in higher"
        f" trade fees. {API}"
    )
    assert codes(client) == [(10311, text), (202, DISCARDED)]
    placed.orderId, placed.contract.exchange = 8, "OVERNIGHT"
    client.send(placed)
    assert codes(client)[0] == (10329, f"This order will be directly routed to OVERNIGHT. {API}")
    client.send(order(9, "BUY 10 AAPL LMT 99"))
    assert codes(client) == []


def test_a_group_without_protection_at_one_exchange() -> None:
    client = careful("bypassNoOverfillProtection").client()
    placed = order(7, "BUY 10 AAPL LMT 99")
    placed.contract = Contract(symbol="AAPL", secType="STK", currency="USD", exchange="ARCA")
    placed.order.ocaGroup, placed.order.ocaType = "g", 3
    client.send(placed)
    text = "Invalid parameters for OCA group for exchange ARCA. Overfill Protection is implied."
    assert codes(client) == [(10324, text), (202, DISCARDED)]
    placed.orderId, placed.order.ocaType = 8, 1
    client.send(placed)
    assert codes(client) == []


def test_an_order_that_is_to_be_routed_to_the_best_market() -> None:
    client = careful("bypassRouteMarketableToBBO").client()
    placed = order(7, "BUY 10 AAPL LMT 99")
    placed.order.routeMarketableToBbo = 1
    client.send(placed)
    (first, second) = codes(client)
    assert (
        first[0] == 201 and "routeMarketableToBbo" in first[1] and "Configuration/API." in first[1]
    )
    assert second == (202, DISCARDED)


# ---------------------------------------------------------------- defaults


def test_by_default_they_are_bypassed_and_one_setting_takes_those_of_a_new_tws() -> None:
    assert Config().precautions.bypassOrderPrecautions
    careful_one = Config(defaults="precautions")
    assert not any(
        getattr(careful_one.precautions, name) for name in careful_one.precautions.__struct_fields__
    )
    assert not careful_one.settings.readOnlyApi
    fresh = Config(defaults="fresh")
    assert fresh.settings.readOnlyApi and fresh.settings.encodeApiMessages == "ASCII 7"
    assert not fresh.precautions.bypassOrderPrecautions
    assert fresh.settings.socketPort == 7497
    assert UNPACED.api_defaults == "testing"


def test_a_discarded_order_is_no_order_of_the_day() -> None:
    hall = careful()
    client = hall.client()
    client.send(order(7, "BUY 501 AAPL LMT 99")).got()
    assert hall.station.queries.next_valid_id(1) == 8
    assert lines(client.send(orders.ReqOpenOrders()).got()) == ["openOrderEnd"]


def volatile(**api: Any) -> tuple[Hall, Client]:
    hall = Hall(api=api)
    hall.market.tape[CALL.conId] = [
        Quote(CALL.conId, hall.now, 88_000, 10 * SIZE_SCALE, 98_100, 10 * SIZE_SCALE)
    ]
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client()
    placed = order(7, "BUY 1 AAPL MKT").order
    placed.orderType, placed.volatility, placed.volatilityType = "VOL", 12.0, 2
    placed.continuousUpdate, placed.referencePriceType = True, 1
    client.send(orders.PlaceOrder(7, option(), placed))
    return hall, client


def test_an_order_whose_price_follows_a_volatility() -> None:
    _, client = volatile(bypassPriceBasedVolatilityWarning=False)
    (first, second) = codes(client)
    assert first[0] == 201 and "price-based volatility" in first[1]
    assert second == (202, DISCARDED)


@pytest.mark.parametrize("told", [True, False])
def test_a_volatility_order_reports_each_new_price(told: bool) -> None:
    hall, client = volatile(sendStatusUpdatesForVolatilityOrders=told)
    assert lines(client.got())[0].startswith("openOrder #7")
    hall.quote("AAPL 258.66 x 258.68")
    assert bool(lines(client.got())) is told
    hall.station.config.update({"sendStatusUpdatesForVolatilityOrders": not told})
    hall.quote("AAPL 256.66 x 256.68")
    assert bool(lines(client.got())) is not told


@pytest.mark.parametrize(("second", "held"), [("BUY", True), ("SELL", False)])
def test_a_pair_whose_legs_have_the_same_side(second: str, held: bool) -> None:
    hall = careful("bypassSameActionPairTradeWarning")
    hall.quote("SPY 679.9 x 680.0")
    client = hall.client()
    placed = order(7, "BUY 1 AAPL LMT 1")
    legs = [ComboLeg(265598, 1, "BUY", "SMART"), ComboLeg(756733, 1, second, "SMART")]
    placed.contract = Contract(
        symbol="AAPL", secType="BAG", currency="USD", exchange="SMART", comboLegs=legs
    )
    placed.order.smartComboRoutingParams = [TagValue("NonGuaranteed", "1")]
    client.send(placed)
    told = codes(client)
    assert [code for code, _ in told] == ([201, 202] if held else [])
    assert not held or "legs of the same action" in told[0][1]


def test_combinations_have_no_limits() -> None:
    hall = careful()
    hall.quote("SPY 679.9 x 680.0")
    client = hall.client()
    placed = order(7, "BUY 600 AAPL LMT 1")
    legs = [ComboLeg(265598, 1, "BUY", "SMART"), ComboLeg(756733, 1, "SELL", "SMART")]
    placed.contract = Contract(
        symbol="AAPL", secType="BAG", currency="USD", exchange="SMART", comboLegs=legs
    )
    placed.order.smartComboRoutingParams = [TagValue("NonGuaranteed", "1")]
    client.send(placed)
    assert codes(client) == []
