"""The echoed order and contract: the defaults of a real gateway."""

from decimal import Decimal

import pytest

from papertape.server.present.events import OrderView
from papertape.venue.commands import SubmitOrder
from venue.scenario import at, command, scenario
from walks import walk


def echo_of(row: str) -> OrderView:
    stage = scenario("quote AAPL 257.66 x 257.68")
    stage.step(f"submit #1 {row}")
    view = stage.queries.order(1, 1)
    assert view is not None
    return view


DEFAULTS = {
    "account": "DU1234567",
    "ocaType": 3,
    "clearingIntent": "IB",
    "deltaNeutralOrderType": "None",
    "adjustedOrderType": "None",
    "volatilityType": 0,
    "referencePriceType": 0,
    "openClose": "",
    "exemptCode": -1,
    "dontUseAutoPriceForHedge": True,
    "displaySize": None,
    "shareholder": "Not an insider or substantial shareholder",
    "submitter": "papertape",
    "filledQuantity": Decimal(0),
    "seekPriceImprovement": 0,
    "usePriceMgmtAlgo": False,
    "hedgeType": "",
    "autoCancelDate": "",
    "trailStopPrice": 251.0,
    "minCompeteSize": None,
    "competeAgainstBestOffset": None,
    "routeMarketableToBbo": 0,
    "whatIfType": None,
    "clientId": 1,
    "orderId": 1,
    "permId": 1_000_000_001,
    "lmtPrice": 250.0,
    "auxPrice": 0.0,
}


@walk("name", DEFAULTS)
def test_default(name: str) -> None:
    assert getattr(echo_of("BUY 1 AAPL LMT 250").order, name) == DEFAULTS[name]


def test_market_orders_show_no_price() -> None:
    assert echo_of("BUY 1 AAPL MKT lmtPrice=250").order.lmtPrice == 0.0


def test_gtc_orders_show_when_they_lapse() -> None:
    view = echo_of("BUY 1 AAPL LMT 250 GTC")
    assert (view.lapses, view.order.autoCancelDate) == (at("20260930 16:00:00"), "")
    assert echo_of("BUY 1 AAPL LMT 250").lapses == 0


def test_what_the_caller_set_stays() -> None:
    order = echo_of("BUY 1 AAPL LMT 250 ocaType=1 orderRef=mine shareholder=Insider").order
    assert (order.ocaType, order.orderRef, order.shareholder) == (1, "mine", "Insider")


def test_only_a_market_order_that_buys_competes() -> None:
    found = {row: echo_of(row).order for row in ("BUY 1 AAPL MKT", "SELL 1 AAPL MKT")}
    assert [(o.minCompeteSize, o.competeAgainstBestOffset) for o in found.values()] == [
        (100, 0.02), (None, None),
    ]  # fmt: skip


def test_what_is_filled_stays_with_new_terms() -> None:
    stage = scenario("quote AAPL 257.66 x 257.68*60")
    stage.step("submit #1 BUY 100 AAPL LMT 257.68")
    stage.step("submit #1 BUY 90 AAPL LMT 257.60")
    view = stage.queries.order(1, 1)
    assert view is not None and (view.filled, view.order.filledQuantity) == (60, 60)


@pytest.mark.parametrize(("tif", "flag"), [("DAY", "true"), ("OVERNIGHT + DAY", "false")])
def test_an_order_stays_overnight_when_its_echo_comes_back(tif: str, flag: str) -> None:
    stage = scenario("quote AAPL 257.66 x 257.68")
    stage.step("submit #1 BUY 1 AAPL LMT 250 includeOvernight=true")
    again = command("submit", f"#1 BUY 1 AAPL LMT 251 includeOvernight={flag}".split())
    assert isinstance(again, SubmitOrder)
    again.order.tif = tif
    stage.submit(again)
    view = stage.queries.order(1, 1)
    assert view is not None
    order = view.order
    assert (order.lmtPrice, order.tif, order.outsideRth) == (251.0, "OVERNIGHT + DAY", True)


def test_contract_is_the_full_one() -> None:
    contract = echo_of("BUY 1 AAPL LMT 250").contract
    assert (contract.conId, contract.exchange, contract.localSymbol) == (265598, "SMART", "AAPL")
    assert (contract.tradingClass, contract.right, contract.strike) == ("NMS", "", 0.0)


def test_fields_that_the_echo_does_not_name_pass_through() -> None:
    order = echo_of("BUY 1 AAPL LMT 250 extOperator=me solicited=true").order
    assert (order.extOperator, order.solicited) == ("me", True)
