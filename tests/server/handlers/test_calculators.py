"""The option calculators: as captured, and the one undoes the other."""

import pytest

from papertape.model import Contract
from papertape.venue.market.options.model import Option, horizon, value
from papertape.wire.catalogue import options as wire
from papertape.wire.message import Message
from server.pair import VERSIONS, Hall
from venue.scenario import START
from walks import walk

CALL = Contract(localSymbol="SPY   260618C00680000", secType="OPT", exchange="SMART")
STOCK = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


@pytest.mark.long
@walk("version", VERSIONS)
def test_a_price_and_the_volatility_of_that_price(version: int) -> None:
    client = Hall().client(1, version)
    client.send(wire.CalculateOptionPrice(3, CALL, 0.3, 690.0))
    (priced,) = client.got()
    assert (priced.reqId, priced.tickType, priced.impliedVol) == (3, 53, 0.3)
    assert (priced.undPrice, priced.pvDividend) == (690.0, None)
    assert 0.0 < priced.delta < 1.0 and priced.gamma > 0.0 and priced.vega > 0.0 > priced.theta
    client.send(wire.CalculateImpliedVolatility(4, CALL, priced.optPrice, 690.0))
    (implied,) = client.got()
    assert (implied.reqId, implied.tickType) == (4, 53)
    assert implied.impliedVol == pytest.approx(0.3, abs=1e-7)
    assert (implied.optPrice, implied.undPrice) == (priced.optPrice, 690.0)
    greeks = (implied.delta, implied.gamma, implied.vega, implied.theta, implied.pvDividend)
    assert greeks == (None,) * 5
    client.send(
        wire.CancelCalculateOptionPrice(3), wire.CancelCalculateImpliedVolatility(4)
    )  # fmt: skip
    assert client.got() == []


def test_the_price_is_that_of_the_model() -> None:
    client = Hall().client().send(wire.CalculateOptionPrice(3, CALL, 0.2, 650.0))
    (priced,) = client.got()
    ahead = horizon(START, 1_781_813_700 * 10**9, rate=0.04, dividend=0.012)  # 18 June, 16:15
    wanted = value(Option(680.0, True, True), 650.0, 0.2, ahead)
    assert priced.optPrice == pytest.approx(wanted, rel=1e-9)


def test_a_price_that_no_volatility_explains_has_none() -> None:
    client = Hall().client().send(wire.CalculateImpliedVolatility(4, CALL, 1.0, 690.0))
    (answer,) = client.got()
    assert answer.impliedVol is None and answer.optPrice == 1.0


REFUSED = [
    (wire.CalculateOptionPrice(3, CALL, -1.0, 690.0), 322),
    (wire.CalculateOptionPrice(3, CALL, 0.3, 0.0), 322),
    (wire.CalculateOptionPrice(3, CALL, 1e300, 1e300), 322),
    (wire.CalculateImpliedVolatility(3, CALL, float("inf"), 690.0), 322),
    (wire.CalculateImpliedVolatility(3, STOCK, 5.0, 250.0), 322),
    (wire.CalculateOptionPrice(3, Contract(conId=999999999, exchange="SMART"), 0.3, 5.0), 200),
]


@walk(("message", "code"), REFUSED, ids=repr)
def test_what_cannot_be_calculated_ends(message: Message, code: int) -> None:
    assert [found[:2] for found in Hall().client().send(message).errors()] == [(3, code)]
