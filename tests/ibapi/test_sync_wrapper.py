"""TWSSyncWrapper: requests that wait for their answer."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from ibapi.server import Server
from lanes import HANGS_S
from papertape.ibapi.contract import Contract
from papertape.ibapi.order import Order
from papertape.ibapi.sync_wrapper import RequestFailed, ResponseTimeout, TWSSyncWrapper
from papertape.model import Bar, ContractDetails, Execution, OrderState
from papertape.model import Contract as Instrument
from papertape.model import Order as Placed
from papertape.wire.catalogue.account import (
    AccountDataEnd,
    AccountSummary,
    AccountSummaryEnd,
    PortfolioValue,
    Position,
    PositionEnd,
    ReqAccountSummary,
    ReqAccountUpdates,
    ReqPositions,
)
from papertape.wire.catalogue.contract import (
    ContractData,
    ContractDataEnd,
    ReqContractDetails,
)
from papertape.wire.catalogue.history import HistoricalData, HistoricalDataEnd, ReqHistoricalData
from papertape.wire.catalogue.market import ReqMktData, TickPrice, TickSnapshotEnd, TickString
from papertape.wire.catalogue.orders import CancelOrder, PlaceOrder, ReqExecutions, ReqOpenOrders
from papertape.wire.catalogue.reports import (
    ExecutionDetails,
    ExecutionDetailsEnd,
    OpenOrder,
    OpenOrdersEnd,
    OrderStatus,
)
from papertape.wire.catalogue.session import (
    CurrentTime,
    ErrorMessage,
    NextValidId,
    ReqCurrentTime,
    ReqIds,
)

pytestmark = pytest.mark.network

SPY = Instrument(conId=1, symbol="SPY", secType="STK")


def status(number: int, state: str) -> OrderStatus:
    return OrderStatus(number, state, Decimal(0), Decimal(1), 0.0, 11, 0, 0.0, 3, "", 0.0)


def details(asked: Any) -> list[Any]:
    if asked.contract.symbol == "BAD":
        return [ErrorMessage(asked.reqId, 0, 200, "No security definition has been found")]
    return [ContractData(asked.reqId, SPY, ContractDetails(longName="SPDR")),
            ContractDataEnd(asked.reqId)]  # fmt: skip


ANSWERS: dict[Any, Any] = {
    ReqIds: lambda q: [NextValidId(42)],
    ReqCurrentTime: lambda q: [CurrentTime(123)],
    ReqContractDetails: details,
    PlaceOrder: lambda q: [status(q.orderId, "Submitted")],
    CancelOrder: lambda q: [status(q.orderId, "Cancelled")],
    ReqOpenOrders: lambda q: [OpenOrder(1, SPY, Placed(), OrderState()), OpenOrdersEnd()],
    ReqExecutions: lambda q: [
        ExecutionDetails(q.reqId, SPY, Execution(execId="E1")), ExecutionDetailsEnd(q.reqId)
    ],
    ReqAccountUpdates: lambda q: [
        PortfolioValue(SPY, Decimal(1), 1.0, 2.0, 3.0, 4.0, 5.0, "DU1"), AccountDataEnd("DU1")
    ] if q.subscribe else [],
    ReqPositions: lambda q: [Position("DU1", SPY, Decimal(1), 5.0), PositionEnd()],
    ReqAccountSummary: lambda q: [
        AccountSummary(q.reqId, "DU1", "NetLiquidation", "100", "USD"), AccountSummaryEnd(q.reqId)
    ],
    ReqMktData: lambda q: [
        TickPrice(q.reqId, 1, 100.0, Decimal(2), 0), TickString(q.reqId, 45, "170"),
        TickSnapshotEnd(q.reqId),
    ],
    ReqHistoricalData: lambda q: [
        HistoricalData(q.reqId, [Bar("20250101", 1.0, 2.0, 0.5, 1.5, Decimal(100))]),
        HistoricalDataEnd(q.reqId),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def tws() -> Iterator[TWSSyncWrapper]:
    with Server(226, ANSWERS) as server:
        made = TWSSyncWrapper(timeout=HANGS_S)
        assert made.connect_and_start("127.0.0.1", server.port, 1) is True
        yield made
        made.disconnect_and_stop()


def test_every_question_has_its_answer(tws: TWSSyncWrapper) -> None:
    contract, order = Contract(), Order()
    contract.symbol = "SPY"
    assert tws.get_next_valid_id() == 42
    assert tws.get_current_time() == 123
    assert [found.longName for found in tws.get_contract_details(contract)] == ["SPDR"]
    assert tws.place_order_sync(contract, order)["status"] == "Submitted"
    assert tws.cancel_order_sync(42)["status"] == "Cancelled"
    assert list(tws.get_open_orders()) == [1]
    assert tws.get_executions()[0]["execution"].execId == "E1"
    assert tws.get_portfolio("DU1")[0]["accountName"] == "DU1"
    assert tws.get_positions()["DU1"][0]["position"] == 1
    summary = {"DU1": {"NetLiquidation": {"value": "100", "currency": "USD"}}}
    assert tws.get_account_summary("NetLiquidation") == summary
    snapshot = {"BID": 100.0, "BID_SIZE": Decimal(2), "LAST_TIMESTAMP": "170"}
    assert tws.get_market_data_snapshot(contract) == snapshot
    bars = tws.get_historical_data(contract, "", "1 D", "1 day", "TRADES")
    assert [bar.date for bar in bars] == ["20250101"]


def test_a_refusal_ends_the_wait_at_once(tws: TWSSyncWrapper) -> None:
    contract = Contract()
    contract.symbol = "BAD"
    with pytest.raises(RequestFailed, match="200: No security definition") as failed:
        tws.get_contract_details(contract, timeout=60)
    assert failed.value.code == 200
    assert isinstance(failed.value, ResponseTimeout)


def test_no_answer_in_time() -> None:
    with Server(226) as server:
        made = TWSSyncWrapper(timeout=HANGS_S)
        assert made.connect_and_start("127.0.0.1", server.port, 1)
        with pytest.raises(ResponseTimeout, match=r"within 0\.05 seconds"):
            made.get_current_time(timeout=0.05)
        made.disconnect_and_stop()
        with pytest.raises(RequestFailed, match="504"):
            made.get_current_time()


def test_no_server() -> None:
    made = TWSSyncWrapper(timeout=1)
    assert made.connect_and_start("127.0.0.1", 1, 1) is False
