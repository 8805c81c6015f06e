"""Combinations on the wire: the fields of a recorded order, and the callbacks of a fill."""

from typing import Any

import pytest

from papertape.model import ComboLeg, Contract, ExecutionFilter
from papertape.server.control.trading import execution_row
from papertape.server.market_data.net_quotes import NetQuotes
from papertape.venue.reference.combinations import combination_of
from papertape.venue.reference.instruments import Purpose, Refusal
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.securities import Combination
from papertape.wire.catalogue import history, market, orders, reports, session, ticks
from papertape.wire.catalogue.contract import ReqContractDetails
from server.bodies import bodies
from server.pair import VERSIONS, Client, Hall
from server.shown import expected, lines
from server.test_captured import ECHO
from server.test_station import order
from venue.test_combinations import AAPL, C255, C260, PRICES, written
from walks import walk


def opened(version: int) -> tuple[Hall, Client]:
    """A station that quotes two calls, and a client."""
    hall = Hall()
    hall.quote(written("C255 6.00*50 x 6.20*50"))
    hall.quote(written("C260 3.00*50 x 3.10*40"))
    return hall, hall.client(1, version)


def combined(number: int, words: str) -> orders.PlaceOrder:
    """An order for a vertical as a request."""
    return order(number, written(f"{words} <vertical>"))


LEG = {"openClose": 0, "shortSalesSlot": 0, "exemptCode": -1, "ratio": 1, "exchange": "SMART"}
RECORDED: dict[str, Any] = ECHO | {
    "contract.conId": 28812380, "contract.secType": "BAG", "contract.localSymbol": "AAPL",
    "contract.tradingClass": "COMB", "contract.comboLegsDescrip": f"{C255}|1,{C260}|-1",
    "contract.comboLegs": [
        LEG | {"conId": C255, "action": "BUY", "perLegPrice": 0.04},
        LEG | {"conId": C260, "action": "SELL", "perLegPrice": 0.01},
    ],
    "order.action": "BUY", "order.orderType": "LMT",
    "order.smartComboRoutingParams": {"NonGuaranteed": "1"},
    "orderState.status": "PreSubmitted", "orderId": 1,
}  # fmt: skip
"""openOrder of a vertical without guarantee and with the prices of its legs: the fields that a
paper gateway of server version 225 had on the wire on 28 August 2026, without the reference."""


@walk("version", [203, 208, 225])
def test_an_open_order_has_the_recorded_fields_and_no_others(version: int) -> None:
    _, client = opened(version)
    client.send(combined(1, "BUY 1 AAPL LMT <loose> orderComboLegs=" + PRICES))
    (first,) = [body for body in bodies(client) if body.kind is reports.OpenOrder]
    fields = first.fields
    fields["contract.comboLegs"] = [
        {field.name: value for field, value in leg.ListFields()}
        for leg in fields["contract.comboLegs"]
    ]
    fields["order.smartComboRoutingParams"] = dict(fields["order.smartComboRoutingParams"])
    assert fields == RECORDED


@pytest.mark.long
@walk("version", VERSIONS)
def test_a_fill_is_told_as_a_whole_then_leg_by_leg_then_what_the_legs_cost(version: int) -> None:
    _, client = opened(version)
    told = client.send(combined(1, "BUY 2 AAPL MKT")).got()
    assert lines(told) == expected("""
        openOrder #1 PreSubmitted; orderStatus #1 PreSubmitted 0+2
        execDetails -1 #1 BOT 2 @ 3.2
        openOrder #1 Filled; orderStatus #1 Filled 2+0
        execDetails -1 #1 BOT 2 @ 6.2
        execDetails -1 #1 SLD 2 @ 3
        openOrder #1 Filled fee 3.073; orderStatus #1 Filled 2+0
        commissionAndFeesReport 1.5365; commissionAndFeesReport 1.5365
    """)
    details = [one for one in told if isinstance(one, reports.ExecutionDetails)]
    assert [(one.contract.secType, one.contract.conId) for one in details] == [
        ("BAG", 28812380), ("OPT", C255), ("OPT", C260),
    ]  # fmt: skip
    costs = [one.execId for one in told if isinstance(one, reports.CommissionReport)]
    assert costs == [one.execution.execId for one in details[1:]]


@walk("version", VERSIONS)
def test_legs_prices_and_parameters_come_back(version: int) -> None:
    _, client = opened(version)
    client.send(combined(1, "BUY 2 AAPL LMT <loose> orderComboLegs=" + PRICES))
    for told in (client.got(), client.send(orders.ReqOpenOrders()).got()):
        (opening,) = [one for one in told if isinstance(one, reports.OpenOrder)]
        contract, echo = opening.contract, opening.order
        assert [(leg.conId, leg.ratio, leg.action) for leg in contract.comboLegs] == [
            (C255, 1, "BUY"), (C260, 1, "SELL"),
        ]  # fmt: skip
        assert [leg.price for leg in echo.orderComboLegs] == [0.04, 0.01]
        assert [(one.tag, one.value) for one in echo.smartComboRoutingParams] == [
            ("NonGuaranteed", "1"),
        ]  # fmt: skip
        assert contract.comboLegsDescrip == f"{C255}|1,{C260}|-1"


@pytest.mark.parametrize("version", [176, 225])
def test_negative_prices_and_limits_travel(version: int) -> None:
    _, client = opened(version)
    client.send(combined(1, "SELL 1 AAPL LMT lmtPrice=-0.25"))
    told = client.got()
    assert {one.order.lmtPrice for one in told if isinstance(one, reports.OpenOrder)} == {-0.25}
    client.send(order(2, written("BUY 1 AAPL LMT lmtPrice=-2.75 <credit>")))
    assert lines(client.got())[:4] == expected("""
        openOrder #2 Submitted; orderStatus #2 Submitted 0+1
        execDetails -1 #2 BOT 1 @ -2.9; openOrder #2 Filled
    """)


@walk("version", [176, 203, 225])
def test_executions_are_asked_for(version: int) -> None:
    _, client = opened(version)
    client.send(combined(1, "BUY 2 AAPL MKT")).got()
    client.send(orders.ReqExecutions(7, ExecutionFilter()))
    assert lines(client.got()) == expected("""
        execDetails 7 #1 BOT 2 @ 3.2; execDetails 7 #1 BOT 2 @ 6.2; execDetails 7 #1 SLD 2 @ 3
        commissionAndFeesReport 1.5365; commissionAndFeesReport 1.5365; execDetailsEnd 7
    """)
    client.send(orders.ReqExecutions(8, ExecutionFilter(secType="BAG")))
    assert lines(client.got()) == expected("execDetails 8 #1 BOT 2 @ 3.2; execDetailsEnd 8")
    client.send(orders.ReqCompletedOrders(False))
    done, _ = client.got()
    assert (done.orderState.completedStatus, len(done.contract.comboLegs)) == ("Filled Size: 2", 2)


def test_the_zone_of_an_execution_is_that_of_its_legs() -> None:
    hall = Hall(api={"sendInstrumentTimezone": "instrument timezone"})
    hall.quote(written("C255 6.00*50 x 6.20*50"))
    hall.quote(written("C260 3.00*50 x 3.10*40"))
    client = hall.client(1, 225)
    told = client.send(combined(1, "BUY 2 AAPL MKT")).got()
    times = {one.execution.time for one in told if isinstance(one, reports.ExecutionDetails)}
    assert len(times) == 1 and times.pop().endswith("US/Eastern")


def test_the_control_api_shows_no_commission_of_the_whole() -> None:
    hall, client = opened(225)
    client.send(combined(1, "BUY 2 AAPL MKT"))
    rows = [execution_row(row) for row in hall.station.queries.executions()]
    assert [row.commission for row in rows] == [None, 1.5365, 1.5365]
    assert [row.price for row in rows] == [3.2, 6.2, 3.0]


@pytest.mark.parametrize("version", [176, 225])
def test_what_is_refused_is_refused_with_the_words_of_tws(version: int) -> None:
    _, client = opened(version)
    request = combined(1, "BUY 2 AAPL MKT")
    request.contract.comboLegs[1].ratio = 0
    client.send(request)
    assert client.errors() == [(1, 313, "The combo details for leg '2' are invalid.")]
    request.contract.comboLegs = []
    client.send(request)
    assert client.errors() == [(1, 314, "Security type 'BAG' requires combo leg details.")]
    request.contract.comboLegs = [ComboLeg(conId=C255, ratio=1, action="BUY")] * 1000
    client.send(request)
    assert client.errors() == [(1, 312, "The combo details are invalid.")]
    request.contract.comboLegs *= 10  # more than a message may have
    client.send(request)
    assert [code for _, code, _ in client.errors()] == [321]
    assert lines(client.send(session.ReqIds()).got()) == ["nextValidId 1"]


def test_contract_details_know_no_combination() -> None:
    _, client = opened(225)
    client.send(ReqContractDetails(5, Contract(conId=28812380, exchange="SMART")))
    ((number, code, _),) = client.errors()
    assert (number, code) == (5, 200)


# -- market data ----------------------------------------------------------------------------------


def contract_of(name: str) -> Contract:
    """The contract of a named combination."""
    return order(1, written(f"BUY 1 AAPL MKT {name}")).contract


@walk("version", [176, 203, 225])
def test_the_quote_of_a_combination_is_made_of_those_of_its_legs(version: int) -> None:
    hall, client = opened(version)
    got = client.send(market.ReqMktData(1, contract_of("<vertical>"))).got()
    assert lines(got) == expected("""
        tickReqParams 1 0.01; marketDataType 1 1
        tickPrice 1 BID 2.9 40; tickSize 1 BID_SIZE 40
        tickPrice 1 ASK 3.2 50; tickSize 1 ASK_SIZE 50
    """)
    hall.quote(written("C260 3.00*50 x 3.05*40"))
    assert lines(client.got()) == expected("tickPrice 1 BID 2.95 40; tickSize 1 BID_SIZE 40")
    hall.quote(written("C255 6.00*10 x -"))
    assert lines(client.got()) == expected("""
        tickSize 1 BID_SIZE 10; tickPrice 1 ASK -1 0; tickSize 1 ASK_SIZE 0
    """)
    client.send(market.CancelMktData(1))
    hall.quote(written("C255 6.00*20 x 6.10*20"))
    assert client.got() == []


def test_net_prices_of_nothing_and_less_are_prices() -> None:
    hall, client = opened(225)
    client.send(market.ReqMktData(1, contract_of("<credit>")))
    assert lines(client.got())[2:] == expected("""
        tickPrice 1 BID -3.2 50; tickSize 1 BID_SIZE 50
        tickPrice 1 ASK -2.9 40; tickSize 1 ASK_SIZE 40
    """)
    hall.quote(written("C260 6.20*50 x 6.25*40"))
    assert lines(client.got())[0] == "tickPrice 1 BID 0 50"


def test_a_snapshot_of_a_combination() -> None:
    _, client = opened(225)
    client.send(market.ReqMktData(1, contract_of("<vertical>"), "", True))
    assert lines(client.got()) == expected("""
        marketDataType 1 1; tickReqParams 1 0.01
        tickPrice 1 BID 2.9 40; tickPrice 1 ASK 3.2 50; tickSnapshotEnd 1
    """)


def test_what_combinations_have_no_data_of() -> None:
    _, client = opened(225)
    vertical = contract_of("<vertical>")
    client.send(market.ReqMktData(1, vertical, "", False, True))
    assert [code for _, code, _ in client.errors()] == [322]
    client.send(market.ReqMktData(2, vertical, "162"))
    assert [code for _, code, _ in client.errors()] == [321]
    vertical.comboLegs = vertical.comboLegs[:1]
    client.send(market.ReqMktData(3, vertical))
    assert client.errors() == [(3, 312, "The combo details are invalid.")]
    vertical.comboLegs = []
    client.send(market.ReqMktData(3, vertical))
    ((_, code, text),) = client.errors()
    assert code == 321 and text.endswith("Security type 'BAG' requires combo leg details.")


def test_a_combination_is_quoted_while_all_its_legs_trade() -> None:
    hall, _ = opened(225)
    entry = combination_of(contract_of("<covered>"), Purpose.QUOTES, CATALOGUE, hall.now)
    assert not isinstance(entry, Refusal) and isinstance(entry.instrument, Combination)
    apart = Apart({AAPL: [(10, 30), (50, 60)], C260: [(0, 20), (55, 90)]})
    net = NetQuotes(apart, entry.instrument)  # type: ignore[arg-type]
    assert net.sessions(1, 0, 100) == [(10, 20), (55, 60)]
    assert net.sessions(1, 57, 57) == [(55, 60)] and net.sessions(1, 25, 25) == []


class Apart:
    """A market whose instruments trade at different times."""

    def __init__(self, spans: dict[int, list[tuple[int, int]]]) -> None:
        self._spans = spans

    def sessions(self, con_id: int, start: int, end: int) -> list[tuple[int, int]]:
        return [span for span in self._spans[con_id] if span[0] <= end and span[1] > start]


LEGS = [ComboLeg(C255, 1, "BUY", "SMART"), ComboLeg(C260, 1, "SELL", "SMART")]
VERTICAL = Contract(symbol="AAPL", secType="BAG", exchange="SMART", currency="USD", comboLegs=LEGS)
EMPTY = Contract(symbol="AAPL", secType="BAG", exchange="SMART", currency="USD")
NO_LEGS = "Security type 'BAG' requires combo leg details."


def bars(contract: Contract) -> history.ReqHistoricalData:
    return history.ReqHistoricalData(1, contract, "", "1 min", "600 S", 1, "TRADES", 1)


@walk(
    ("request_", "code", "text"),
    [
        (bars(VERTICAL), 162, "HMDS query returned no data: AAPL@SMART"),
        (bars(EMPTY), 321, NO_LEGS),
        (ticks.ReqTickByTickData(1, EMPTY, "Last"), 321, NO_LEGS),
        (ticks.ReqHeadTimeStamp(1, EMPTY, 1, "TRADES", 1), 321, NO_LEGS),
        (ticks.ReqHistogramData(1, EMPTY, True, "1 day"), 321, NO_LEGS),
        (ticks.ReqHistoricalTicks(1, EMPTY, "20260413-13:40:00", "", 5, "TRADES", 1), 321, NO_LEGS),
        (market.ReqMktData(1, EMPTY), 321, NO_LEGS),
        (ticks.ReqTickByTickData(1, VERTICAL, "Last"), 10189, "Invalid Real-time Query"),
        (ticks.ReqRealTimeBars(1, VERTICAL, 5, "BID"), 420, "AAPL/BAG@SMART Bid 5"),
    ],
)
def test_there_is_no_history_of_a_combination(request_: Any, code: int, text: str) -> None:
    _, client = opened(226)
    ((about, told, said),) = client.send(request_).errors()
    assert (about, told) == (1, code) and text in said
