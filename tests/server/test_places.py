"""Where a contract of each kind is told to have traded, and where its position is held."""

from decimal import Decimal

from papertape.model import Contract, Order
from papertape.wire.catalogue.account import (
    PortfolioValue,
    Position,
    ReqAccountUpdates,
    ReqPositions,
)
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.reports import ExecutionDetails
from server.test_every_kind import hall
from walks import walk

KINDS = {
    "STK": (Contract(symbol="SPY", secType="STK", exchange="SMART", currency="USD"), "ARCA"),
    "OPT": (Contract(localSymbol="SPY   260618C00680000", secType="OPT", exchange="SMART"), "AMEX"),
    "FUT": (
        Contract(
            symbol="MES", secType="FUT", exchange="CME", lastTradeDateOrContractMonth="202606"
        ),
        "CME",
    ),
}
"""One of each kind, and the exchange that a gateway of July 2026 has told of its position."""


@walk("kind", KINDS)
def test_the_exchange_of_a_fill_and_of_its_position_is_no_router(kind: str) -> None:
    contract, place = KINDS[kind]
    client = hall().client()
    order = Order(action="BUY", orderType="MKT", totalQuantity=Decimal(1), tif="DAY")
    client.send(PlaceOrder(1, contract, order))
    client.hall.wait(2)
    (told,) = client.of(ExecutionDetails)
    assert (told.contract.exchange, told.execution.exchange) == (place, place)
    client.send(ReqPositions(), ReqAccountUpdates(True, ""))
    client.hall.wait(1)
    got = client.got()
    held = [one.contract.exchange for one in got if isinstance(one, Position)]
    shown = [one.contract.exchange for one in got if isinstance(one, PortfolioValue)]
    assert (held, shown[-1:]) == ([place], [place])
