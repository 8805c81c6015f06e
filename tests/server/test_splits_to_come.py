"""A market folder while a station runs: a split or a new symbol on the day after the one that is
played."""

import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from papertape.model import Contract, Order
from papertape.venue.invariants import check
from papertape.wire.catalogue import account, reports
from papertape.wire.catalogue.contract import ContractData, ReqContractDetails
from papertape.wire.catalogue.orders import PlaceOrder, ReqOpenOrders
from server.test_every_kind import SAMPLE, hall, prices
from venue.scenario import START

AAPL = Contract(conId=265598, exchange="SMART")


def folder(place: Path, action: str = "split,7:1") -> Path:
    """The sample's Apple of 2014-06-05, with a split or so on the next day."""
    for path in SAMPLE.glob("aapl-*"):
        shutil.copy(path, place)
    with (place / "aapl-actions.csv").open("a") as file:
        file.write(f"2014-06-06,{action}\n")
    head, *entries = (SAMPLE / "market.toml").read_text().split("[[instrument]]")
    (mine,) = [entry for entry in entries if 'symbol = "AAPL"' in entry]
    (place / "market.toml").write_text(f"{head}[[instrument]]{mine}")
    return place


def placed(number: int, size: int, **more: Any) -> PlaceOrder:
    order = Order(action="BUY", totalQuantity=Decimal(size), orderType="MKT", tif="DAY")
    for name, value in more.items():
        setattr(order, name, value)
    return PlaceOrder(number, AAPL, order)


@pytest.mark.further
@pytest.mark.long
@pytest.mark.parametrize("held", [True, pytest.param(False, marks=pytest.mark.repeats)])
def test_holdings_prices_and_orders_follow_the_split(held: bool, tmp_path: Path) -> None:
    station = hall(folder=folder(tmp_path))
    client = station.client()
    before = prices(client, AAPL)[4]
    assert 600 < before < 700, "as it was paid in June 2014"
    if held:
        client.send(placed(1, 10))
        station.wait(5)
    station.wait(13 * 3_600)  # without an order that would look at every tick
    client.send(placed(2, 10, orderType="LMT", lmtPrice=round(before * 0.9, 2), tif="GTC"))
    client.got()
    client.send(account.ReqPositions()).got()
    station.wait(8 * 3_600)  # beyond the first lap that begins on the next day in New York
    got = client.got()
    told = [(one.position, one.avgCost) for one in got if isinstance(one, account.Position)]
    after = prices(client, AAPL)[4]
    assert after == pytest.approx(before / 7, rel=0.1)
    if held:
        assert told[-1][0] == 70
        assert told[-1][1] == pytest.approx(before / 7, rel=0.05)
    statuses = [
        one.status for one in got if isinstance(one, reports.OrderStatus) and one.orderId == 2
    ]
    assert statuses[-1:] == ["Cancelled"], "by the split, or filled never"
    executions = [one for one in got if isinstance(one, reports.ExecutionDetails)]
    assert not [one for one in executions if one.execution.orderId == 2]
    check(station.station.engine)
    assert station.now > START


@pytest.mark.long
def test_shares_have_their_former_symbol_until_the_day(tmp_path: Path) -> None:
    station = hall(folder=folder(tmp_path, "ticker,APCX"))
    client = station.client()

    def found(symbol: str) -> int:
        wanted = Contract(symbol=symbol, secType="STK", exchange="SMART", currency="USD")
        got = client.send(ReqContractDetails(1, wanted)).got()
        return sum(isinstance(one, ContractData) for one in got)

    assert (found("APCX"), found("AAPL")) == (1, 0)
    client.send(placed(1, 10))
    station.wait(13 * 3_600)  # without an order that would look at every tick
    client.send(placed(2, 10, orderType="LMT", lmtPrice=1.0, tif="GTC")).got()
    got = client.send(account.ReqPositions()).got()
    assert [one.contract.symbol for one in got if isinstance(one, account.Position)] == ["APCX"]
    station.wait(8 * 3_600)
    got = client.got()
    told = [one.contract.symbol for one in got if isinstance(one, account.Position)]
    assert told == ["AAPL"], "the row of the holding, again"
    assert not [one for one in got if isinstance(one, reports.OrderStatus)], "no order is touched"
    assert (found("APCX"), found("AAPL")) == (0, 1)
    opened = [
        one for one in client.send(ReqOpenOrders()).got() if isinstance(one, reports.OpenOrder)
    ]
    assert [one.contract.symbol for one in opened] == ["AAPL"]
