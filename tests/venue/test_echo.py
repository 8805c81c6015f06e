"""The echoed order and contract: the defaults of a real gateway."""

from decimal import Decimal

import pytest

from papertape.model import UNSET_INT
from papertape.venue.events import OrderView
from papertape.venue.profile import Profile
from venue.scenario import scenario


def echo_of(row: str, profile: Profile | None = None) -> OrderView:
    stage = scenario("quote AAPL 257.66 x 257.68", profile)
    stage.step(f"submit #1 {row}")
    view = stage.engine.queries.order(1, 1)
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
    "openClose": "?",
    "exemptCode": -1,
    "dontUseAutoPriceForHedge": True,
    "displaySize": UNSET_INT,
    "shareholder": "Not an insider or substantial shareholder",
    "submitter": "papertape",
    "filledQuantity": Decimal(0),
    "seekPriceImprovement": 0,
    "usePriceMgmtAlgo": False,
    "hedgeType": "",
    "autoCancelDate": "",
    "trailStopPrice": None,
    "clientId": 1,
    "orderId": 1,
    "permId": 1_000_000_001,
    "lmtPrice": 250.0,
    "auxPrice": 0.0,
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_default(name: str) -> None:
    assert getattr(echo_of("BUY 1 AAPL LMT 250").order, name) == DEFAULTS[name]


def test_market_orders_show_no_price() -> None:
    assert echo_of("BUY 1 AAPL MKT lmtPrice=250").order.lmtPrice == 0.0


def test_gtc_orders_show_when_they_lapse() -> None:
    order = echo_of("BUY 1 AAPL LMT 250 GTC").order
    assert order.autoCancelDate == "20260930 16:00:00 US/Eastern"


def test_what_the_caller_set_stays() -> None:
    order = echo_of("BUY 1 AAPL LMT 250 ocaType=1 orderRef=mine shareholder=Insider").order
    assert (order.ocaType, order.orderRef, order.shareholder) == (1, "mine", "Insider")


def test_quirk_of_the_trailing_stop_price_is_switchable() -> None:
    assert echo_of("BUY 1 AAPL LMT 250", Profile(echo_quirks=True)).order.trailStopPrice == 251.0


def test_contract_is_the_full_one() -> None:
    contract = echo_of("BUY 1 AAPL LMT 250").contract
    assert (contract.conId, contract.exchange, contract.localSymbol) == (265598, "SMART", "AAPL")
    assert (contract.tradingClass, contract.right, contract.strike) == ("NMS", "?", 0.0)


def test_fields_that_the_echo_does_not_name_pass_through() -> None:
    order = echo_of("BUY 1 AAPL LMT 250 extOperator=me solicited=true").order
    assert (order.extOperator, order.solicited) == ("me", True)
