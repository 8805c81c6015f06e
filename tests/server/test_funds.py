"""Funds and warrants of the catalogue, ordered by a client of a whole station."""

from decimal import Decimal
from typing import Any

import pytest

from papertape.model import Contract, Order
from papertape.wire.catalogue.account import PortfolioValue, ReqAccountUpdates
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.reports import CommissionReport, ExecutionDetails
from server.pair import Hall
from server.test_every_kind import LAST, details, hall, prices
from venue.scenario import START, at

FUND = Contract(symbol="VINIX", secType="FUND", exchange="FUNDSERV", currency="USD")


def placed(number: int, contract: Contract, size: int, **more: Any) -> PlaceOrder:
    action = "BUY" if size >= 0 else "SELL"
    order = Order(action=action, totalQuantity=Decimal(abs(size)), orderType="MKT", tif="DAY")
    for name, value in more.items():
        setattr(order, name, value)
    return PlaceOrder(number, contract, order)


def test_a_fund_is_bought_at_the_close_of_the_tape() -> None:
    station = hall()
    client = station.client()
    client.send(placed(1, FUND, 0, cashQty=10_000.0), placed(2, FUND, 7))
    assert not client.of(ExecutionDetails)
    station.wait((at("20260413 16:00:00") - START) / 10**9)
    got = client.got()
    fills = {
        one.execution.orderId: one.execution for one in got if isinstance(one, ExecutionDetails)
    }
    assert set(fills) == {1, 2}
    price = fills[2].price
    assert fills[1].price == price == prices(client, FUND)[LAST]
    assert (
        Decimal(10_000) - Decimal("0.001") * Decimal(price)
        < (fills[1].shares * Decimal(str(price)))
        <= 10_000
    )
    fees = [one.commissionAndFees for one in got if isinstance(one, CommissionReport)]
    assert fees == [14.95, 14.95]


@pytest.mark.parametrize(("shares", "codes"), [(True, []), (False, [427])])
def test_the_setting_says_whether_shares_are_bought(shares: bool, codes: list[int]) -> None:
    station = Hall(market=hall().market, api={"totalQuantityForMutualFunds": shares})
    client = station.client()
    client.send(placed(1, FUND, 7), placed(2, FUND, 0, cashQty=10_000.0))
    assert [(number, code) for number, code, _ in client.errors()] == [(1, code) for code in codes]
    assert len(station.station.queries.open_orders(1)) == 2 - len(codes)


def test_a_warrant_is_bought_and_sold_in_its_own_currency() -> None:
    station = hall()
    client = station.client()
    warrant = details(client, symbol="DAX", secType="WAR", exchange="FWB", currency="EUR")[0]
    contract = Contract(conId=warrant.conId, exchange="FWB")
    client.send(placed(1, contract, 30))
    for _ in range(40):  # its market is thin
        station.wait(15)
    price = client.of(ExecutionDetails)[-1].execution.avgPrice
    client.send(ReqAccountUpdates(True, ""))
    (row,) = client.of(PortfolioValue)
    assert (row.contract.secType, row.position) == ("WAR", 30)
    assert row.marketValue == pytest.approx(30 * price, rel=0.1)
    assert row.averageCost == pytest.approx(price + 4 / 30)
