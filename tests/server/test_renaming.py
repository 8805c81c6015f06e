"""A share gets another symbol while clients follow it: their streams go on under its number."""

from typing import Any

import pytest

from papertape.model import Contract
from papertape.venue.commands import RenameShares
from papertape.venue.market.tape import open_market
from papertape.wire.catalogue import account, contract, history, market, orders
from papertape.wire.catalogue.reports import OpenOrder
from papertape.wire.catalogue.session import ErrorMessage
from server.pair import VERSIONS, Client, Hall
from server.test_station import order
from venue.scenario import START

AAPL, NEW = 265598, "APLX"
OLD = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
RENAMED = Contract(symbol=NEW, secType="STK", exchange="SMART", currency="USD")


def named(client: Client, kind: type[Any]) -> list[tuple[int, str]]:
    return [(row.contract.conId, row.contract.symbol) for row in client.of(kind)]


@pytest.mark.parametrize("version", [VERSIONS[0], VERSIONS[-1]])
def test_everything_that_goes_by_the_number_carries_on(version: int) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client(1, version)
    client.send(order(1, "BUY 100 AAPL MKT"), order(2, "BUY 5 AAPL LMT 200 GTC"))
    client.send(
        market.ReqMktData(7, OLD), account.ReqPositions(), account.ReqAccountUpdates(True, "")
    )
    client.got()
    hall.station.carry_out(RenameShares(AAPL, NEW))
    hall.settle()
    got = client.got()
    held = [(AAPL, NEW)]
    assert [(m.contract.conId, m.contract.symbol) for m in got
            if isinstance(m, account.Position)] == held  # fmt: skip
    assert [(m.contract.conId, m.contract.symbol) for m in got
            if isinstance(m, account.PortfolioValue)] == held  # fmt: skip
    hall.quote("AAPL 258.00 x 258.02")
    assert {m.reqId for m in client.of(market.TickPrice)} == {7}
    client.send(orders.ReqOpenOrders())
    assert named(client, OpenOrder) == held
    client.send(contract.ReqContractDetails(8, RENAMED), contract.ReqContractDetails(9, OLD))
    got = client.got()
    errors = [(m.id, m.errorCode) for m in got if isinstance(m, ErrorMessage)]
    (details,) = [m for m in got if isinstance(m, contract.ContractData)]
    assert (details.contract.conId, details.contract.symbol) == (AAPL, NEW)
    assert errors == [(9, 200)]


def test_history_is_found_under_the_new_symbol() -> None:
    hall = Hall(market=open_market(START))
    client = hall.client()
    asked = {"endDateTime": "", "barSizeSetting": "1 min", "duration": "1 D",
             "useRTH": 0, "whatToShow": "TRADES", "formatDate": 1}  # fmt: skip
    client.send(history.ReqHistoricalData(3, OLD, **asked))
    before = [bar for m in client.of(history.HistoricalData) for bar in m.historicalDataBars]
    hall.station.carry_out(RenameShares(AAPL, NEW))
    client.send(history.ReqHistoricalData(4, RENAMED, **asked))
    after = [bar for m in client.of(history.HistoricalData) for bar in m.historicalDataBars]
    assert before and after == before
