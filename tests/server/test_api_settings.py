"""What each setting of the API does (behaviour 1.4, 1.5, 1.7 to 1.9)."""

import logging
from typing import Any

import pytest

from papertape.model import ApiConfig, ApiSettingsConfig, Contract, UpdateConfigWarning
from papertape.server.settings import StationSettings
from papertape.venue.market.source import PriceBar
from papertape.venue.units import SECOND
from papertape.wire.catalogue import account, contract, history, market, orders, reports
from papertape.wire.catalogue import session as wire
from papertape.wire.catalogue.config import UpdateConfig, UpdateConfigResponse
from papertape.wire.connection import encode
from papertape.wire.message import Farm
from server.pair import VERSIONS, Hall
from server.shown import lines
from server.test_station import order
from walks import walk

READ_ONLY = (
    "Error validating request.-'bN' : cause - The API interface is currently in Read-Only mode."
)


def busy(**api: Any) -> Hall:
    hall = Hall(api=api)
    hall.quote("AAPL 257.66 x 257.68")
    return hall


# ---------------------------------------------------------------- readOnlyApi


@walk("version", VERSIONS)
def test_a_read_only_api_refuses_orders_and_lists_of_orders(version: int) -> None:
    hall = busy(readOnlyApi=True)
    client = hall.client(1, version, quiet=False)
    assert "nextValidId 1" in lines(client.got())
    client.send(
        order(5, "BUY 1 AAPL MKT"), orders.CancelOrder(5), orders.ReqGlobalCancel(),
        orders.ReqOpenOrders(), orders.ReqAutoOpenOrders(True), wire.ReqIds(),
    )  # fmt: skip
    assert client.errors() == [(id, 321, READ_ONLY) for id in (5, 5, -1, -1, -1, -1)]
    assert hall.station.queries.next_valid_id(1) == 1


def test_a_read_only_api_refuses_completed_orders() -> None:
    client = busy(readOnlyApi=True).client()
    assert client.send(orders.ReqCompletedOrders(False)).errors() == [(-1, 321, READ_ONLY)]


def test_who_waits_for_a_list_or_a_preview_need_not_wait_for_ever() -> None:
    client = busy(readOnlyApi=True).client()
    client.send(orders.ReqOpenOrders(), orders.ReqCompletedOrders(False), wire.ReqIds())
    told = [line for line in lines(client.got()) if not line.startswith("error")]
    assert told == ["openOrderEnd", "completedOrdersEnd", "nextValidId 1"]
    preview = order(7, "BUY 1 AAPL MKT")
    preview.order.whatIf = True
    assert [code for _, code, _ in client.send(preview).errors()] == [321, 201]


def test_a_read_only_api_tells_data_accounts_and_executions() -> None:
    client = busy(readOnlyApi=True).client()
    client.send(
        orders.ReqAllOpenOrders(), account.ReqPositions(), orders.ReqExecutions(3),
        wire.ReqManagedAccts(), contract.ReqContractDetails(4, order(1, "BUY 1 AAPL MKT").contract),
    )  # fmt: skip
    got = lines(client.got())
    assert not [line for line in got if line.startswith("error")]
    assert {"openOrderEnd", "positionEnd", "execDetailsEnd 3", "contractDetailsEnd 4"} <= set(got)


def test_read_only_can_be_switched_while_clients_are_connected() -> None:
    hall = busy()
    client = hall.client()
    client.send(order(1, "BUY 1 AAPL LMT 250")).got()
    hall.station.config.update({"readOnlyApi": True})
    assert client.send(orders.CancelOrder(1)).errors() == [(1, 321, READ_ONLY)]
    hall.station.config.update({"readOnlyApi": False})
    assert [code for _, code, _ in client.send(orders.CancelOrder(1)).errors()] == [202]


# ---------------------------------------------------------------- masterClientId


def test_the_master_client_is_told_orders_status_and_executions_of_all() -> None:
    hall = busy(masterClientId=9)
    one, master, other = hall.client(1), hall.client(9), hall.client(2)
    one.send(order(4, "BUY 100 AAPL MKT"))
    told = master.got()
    assert lines(told) == lines(one.got())
    assert {m.clientId for m in told if isinstance(m, reports.OrderStatus)} == {1}
    assert [m.execution.clientId for m in told if isinstance(m, reports.ExecutionDetails)] == [1]
    assert other.got() == []


def test_the_master_client_may_be_zero_and_hears_of_clients_that_have_gone() -> None:
    hall = busy(masterClientId=0)
    master = hall.client(0)
    hall.client(1).send(order(4, "BUY 100 AAPL LMT 250")).leave()
    master.got()
    hall.quote("AAPL 249.00 x 249.50")
    assert "orderStatus #4 Filled 100+0" in lines(master.got())


def test_errors_and_previews_are_the_owners_alone() -> None:
    hall = busy(masterClientId=9)
    one, master = hall.client(1), hall.client(9)
    preview = order(7, "BUY 1 AAPL MKT")
    preview.order.whatIf = True
    one.send(order(1, "BUY 1 NOSUCH MKT"), preview, order(2, "BUY 1 AAPL LMT 250"))
    one.send(orders.CancelOrder(2))
    assert 202 in [code for _, code, _ in one.errors()]
    got = master.got()
    assert not [m for m in got if isinstance(m, wire.ErrorMessage)]
    assert "orderStatus #2 Cancelled 0+1" in lines(got)
    assert not [m for m in got if isinstance(m, reports.OpenOrder) and m.orderId == 7]


def test_the_master_is_told_its_own_orders_once() -> None:
    hall = busy(masterClientId=9)
    master, plain = hall.client(9), hall.client(1)
    mine = lines(master.send(order(1, "BUY 1 AAPL MKT")).got())
    master.leave()
    assert mine == lines(plain.send(order(1, "BUY 1 AAPL MKT")).got())


def test_by_default_nobody_is_master() -> None:
    hall = busy()
    zero = hall.client(0)
    hall.client(1).send(order(4, "BUY 100 AAPL MKT"))
    assert zero.got() == []


# ---------------------------------------------------------------- openOrders, fields, zones


@pytest.mark.parametrize("told", [True, False])
def test_s20_working_orders_are_told_at_the_start_where_the_setting_says_so(told: bool) -> None:
    hall = busy(downloadOpenOrdersOnConnection=told)
    hall.client(1).send(order(1, "BUY 100 AAPL LMT 250")).leave()
    got = lines(hall.client(1, quiet=False).got())
    assert ("openOrder #1 Submitted" in got) is told
    assert "nextValidId 2" in got


@walk("kept", [True, False])
@walk("version", [176, 226])
def test_a_field_that_cannot_be_read_may_end_the_connection(version: int, kept: bool) -> None:
    hall = busy(maintainConnectionOnIncorrectFields=kept)
    client = hall.client(1, version)
    frame = encode(market.CancelMktData(77777), version)
    bad = frame.replace(b"77777", b"7777x") if version == 176 else frame[:-1] + b"\xff"
    assert bad != frame
    client.raw(bad)
    assert [code for _, code, _ in client.errors()] == [320]
    assert client.pipe.closed is not kept


ZONES = """
instrument timezone | 226 | 20260413 10:00:01 US/Eastern
operator timezone   | 226 | 20260413 16:00:01 Europe/Berlin
UTC                 | 226 | 20260413-14:00:01
instrument timezone | 173 | 20260413  16:00:01
UTC                 | 173 | 20260413  16:00:01
"""


@walk("row", ZONES.strip().splitlines())
def test_times_are_in_the_zone_that_the_setting_says(row: str) -> None:
    zone, version, text = [cell.strip() for cell in row.split("|")]
    hall = Hall(
        api={"sendInstrumentTimezone": zone},
        settings=StationSettings(time_zone="Europe/Berlin"),
    )
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client(1, int(version))
    (fill,) = client.send(order(1, "BUY 1 AAPL MKT")).of(reports.ExecutionDetails)
    assert fill.execution.time == text
    (again,) = client.send(orders.ReqExecutions(3)).of(reports.ExecutionDetails)
    assert again.execution.time == text


def test_bars_are_in_the_zone_that_the_setting_says() -> None:
    hall = Hall(api={"sendInstrumentTimezone": "UTC"})
    bar = PriceBar(
        start=hall.now - 600 * SECOND, open=1, high=1, low=1, close=1, volume=1, wap=1, count=1
    )
    hall.market.history = [bar]
    client = hall.client()
    client.send(
        history.ReqHistoricalData(
            4, order(1, "BUY 1 AAPL MKT").contract, "", "1 min", "1 D", False, "TRADES", 1
        )
    )
    (answer,) = client.of(history.HistoricalData)
    assert [bar.date for bar in answer.historicalDataBars] == ["20260413-13:50:00"]


# ---------------------------------------------------------------- positions and figures


@pytest.mark.parametrize("told", [True, False])
def test_virtual_positions_in_currencies(told: bool) -> None:
    hall = Hall(api={"includeVirtualFxPositions": told})
    hall.quote("EUR 1.10000*1000000 x 1.10005*1000000")
    client = hall.client()
    client.send(account.ReqPositions()).got()
    placed = order(1, "BUY 20000 EUR MKT")
    placed.contract = Contract(symbol="EUR", secType="CASH", currency="USD", exchange="IDEALPRO")
    client.send(placed)
    assert bool(client.of(account.Position)) is told
    client.send(account.ReqPositions())
    assert bool(client.of(account.Position)) is told
    client.send(account.ReqAccountUpdates(True, ""))
    assert bool(client.of(account.PortfolioValue)) is told


@pytest.mark.parametrize("rounded", [True, False])
def test_account_values_without_their_cents(rounded: bool) -> None:
    hall = busy(roundAccountValuesToNearestWholeNumber=rounded)
    client = hall.client()
    client.send(order(1, "BUY 1 AAPL MKT")).got()

    def figures(kind: type[Any], *requests: Any) -> dict[str, str]:
        rows = client.send(*requests).of(kind)
        name = "key" if hasattr(kind, "key") else "tag"
        return {getattr(row, name): row.value for row in rows if row.currency in ("USD", "BASE")}

    for kind, request in (
        (account.AccountValue, account.ReqAccountUpdates(True, "")),
        (account.AccountUpdateMulti, account.ReqAccountUpdatesMulti(5, "", "", False)),
        (account.AccountSummary, account.ReqAccountSummary(6, "All", "TotalCashValue")),
    ):
        found = figures(kind, request)
        assert ("." not in found["TotalCashValue"]) is rounded
        if "ExchangeRate" in found:
            assert "." in found["ExchangeRate"]


# ---------------------------------------------------------------- lots, pips, bulk data


@pytest.mark.parametrize("version", [176, 226])
def test_sizes_of_us_stocks_in_lots(version: int) -> None:
    hall = Hall(api={"sendMarketDataInLotsForUsStocks": True})
    hall.quote("AAPL 257.66*300 x 257.68*1200")
    client = hall.client(1, version)
    client.send(market.ReqMktData(5, order(1, "BUY 1 AAPL MKT").contract))
    got = lines(client.got())
    assert "tickSize 5 BID_SIZE 3" in got and "tickSize 5 ASK_SIZE 12" in got
    hall.station.config.update({"sendMarketDataInLotsForUsStocks": False})
    hall.quote("AAPL 257.66*400 x 257.68*1200")
    assert "tickSize 5 BID_SIZE 400" in lines(client.got())


@pytest.mark.parametrize(("allowed", "codes"), [(True, []), (False, [110])])
def test_tenths_of_a_pip_in_currency_orders(allowed: bool, codes: list[int]) -> None:
    hall = Hall(api={"allowForexTradingIn1_10Pips": allowed})
    hall.quote("EUR 1.10000*1000000 x 1.10005*1000000")
    client = hall.client()
    pair = Contract(symbol="EUR", secType="CASH", currency="USD", exchange="IDEALPRO")
    for number, price in ((1, 1.09995), (2, 1.0999)):
        placed = order(number, "BUY 20000 EUR LMT 1")
        placed.contract, placed.order.lmtPrice = pair, price
        client.send(placed)
    assert [(i, c) for i, c, _ in client.errors() if c == 110] == [(1, code) for code in codes]
    assert len(hall.station.queries.open_orders(1)) == (2 if allowed else 1)


def test_how_long_history_waits_for_a_broken_farm() -> None:
    hall = Hall(api={"bulkDataTimeout": 5})
    client = hall.client()
    hall.station.farms.breaks(hall.station.farms.of(Farm.HISTORY))
    hall.settle()
    client.got()
    contract_ = order(1, "BUY 1 AAPL MKT").contract
    client.send(history.ReqHistoricalData(4, contract_, "", "1 min", "1 D", False, "TRADES", 1))
    assert [(i, c) for i, c, _ in client.errors()] == [(4, 165)]
    hall.wait(4.9)
    assert client.errors() == []
    hall.wait(0.1)
    assert [(i, c) for i, c, _ in client.errors()] == [(4, 162)]


# ---------------------------------------------------------------- loggingLevel

LEVELS = """
1 |
2 | error
3 | error warning
4 | error warning info request
5 | error warning info request field
"""


@pytest.mark.parametrize("row", LEVELS.strip().splitlines())
def test_the_log_level_says_how_much_the_log_tells(
    row: str, caplog: pytest.LogCaptureFixture
) -> None:
    level, kinds = row.split("|")
    hall = busy()
    client = hall.client()
    client.send(wire.SetServerLogLevel(int(level)))
    with caplog.at_level(logging.INFO):
        client.send(market.CancelMktData(4242))  # 300, an error
        client.session.error(-1, 2103, farm="usfarm")
        client.session.error(-1, 2106, farm="ushmds")
    found = {
        "error": "receives 300 about 4242" in caplog.text,
        "warning": "receives 2103" in caplog.text,
        "info": "receives 2106" in caplog.text,
        "request": "client 1 at test:1 sends CancelMktData" in caplog.text,
        "field": "CancelMktData(reqId=4242)" in caplog.text,
    }
    assert [kind for kind, told in found.items() if told] == kinds.split()


@walk(("name", "level"), [("system", 1), ("error", 2), ("detail", 5)])
def test_a_session_begins_at_the_level_of_the_settings(name: str, level: int) -> None:
    assert Hall(api={"loggingLevel": name}).client().session.log_level == level


# ---------------------------------------------------------------- socketPort


def test_a_new_port_is_told_to_every_client_and_each_is_closed() -> None:
    hall = busy()
    one, two, silent = hall.client(1), hall.client(2, 176), hall.newcomer().greet()
    hall.station.config.update({"socketPort": 7500})
    hall.settle()
    text = (
        "TWS socket port has been reset and this connection is being dropped. "
        "Please reconnect on the new port - 7500"
    )
    for client in (one, two):
        assert client.errors() == [(-1, 1300, text)]
        assert client.pipe.closed
    assert (silent.got(), silent.pipe.closed) == ([], True)
    assert list(hall.station.connections()) == []


def test_the_program_that_changes_the_port_is_answered_first() -> None:
    client = busy().client()
    api = ApiConfig(settings=ApiSettingsConfig(socketPort=7500))
    client.send(UpdateConfig(1, api=api, acceptedWarnings=[UpdateConfigWarning(2)]))
    answer, told = client.got()
    assert isinstance(answer, UpdateConfigResponse) and answer.status == "success"
    assert told.errorCode == 1300 and client.pipe.closed


# ---------------------------------------------------------------- client ids


def test_s30_the_id_of_a_dead_client_stays_in_use_for_a_while_where_that_is_set() -> None:
    hall = Hall(settings=StationSettings(client_id_linger_s=0.5))
    hall.client(1).leave()
    early = hall.newcomer().start()
    assert [code for _, code, _ in early.errors()] == [326] and early.pipe.closed
    hall.client(2)
    hall.wait(0.5)
    assert hall.client(1).session.started


def test_s30_by_default_it_is_free_at_once() -> None:
    hall = Hall()
    hall.client(1).leave()
    assert hall.client(1).session.started
