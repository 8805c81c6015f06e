"""Every setting of the API acts, or is told by name with the reason why it does not apply."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from papertape.model import Contract
from papertape.server.config_table import NAMES, TABLE
from papertape.venue.market.source import PriceBar
from papertape.venue.units import SECOND
from papertape.wire.catalogue import account, contract, history, market, orders, reports, session
from server.handlers.test_exercise import ask, holding
from server.pair import VERSIONS, Hall
from server.shown import lines
from server.test_station import order
from walks import walk

TESTS = Path(__file__).parent.parent
PAIR = Contract(symbol="EUR", secType="CASH", currency="USD", exchange="IDEALPRO")
SETTINGS = "server/test_api_settings.py::"
HERE = "server/test_every_setting.py::"
PRECAUTIONS = "server/test_precautions.py::"
PROOFS = {
    "readOnlyApi": SETTINGS + "test_a_read_only_api_refuses_orders_and_lists_of_orders",
    "downloadOpenOrdersOnConnection": SETTINGS
    + "test_s20_working_orders_are_told_at_the_start_where_the_setting_says_so",
    "includeVirtualFxPositions": SETTINGS + "test_virtual_positions_in_currencies",
    "prepareDailyPnL": "server/handlers/test_profit.py::"
    "test_a_daily_profit_that_is_not_prepared_is_missing_in_the_first_row",
    "sendStatusUpdatesForVolatilityOrders": PRECAUTIONS
    + "test_a_volatility_order_reports_each_new_price",
    "bypassSameActionPairTradeWarning": PRECAUTIONS + "test_a_pair_whose_legs_have_the_same_side",
    "bypassPriceBasedVolatilityWarning": PRECAUTIONS
    + "test_an_order_whose_price_follows_a_volatility",
    "encodeApiMessages": HERE + "test_texts_are_encoded_as_the_setting_says",
    "socketPort": SETTINGS + "test_a_new_port_is_told_to_every_client_and_each_is_closed",
    "useNegativeAutoRange": "server/test_tws_user.py::",
    "createApiMessageLogFile": "server/taps/test_message_log.py::"
    "test_it_is_off_by_default_and_can_be_switched_while_the_station_runs",
    "includeMarketDataInLogFile": "server/taps/test_message_log.py::"
    "test_market_data_can_be_switched_on_as_well",
    "exposeTradingScheduleToApi": HERE + "test_contract_details_have_hours_or_not",
    "sendZeroPositionsForTodayOnly": HERE + "test_positions_that_are_closed",
    "loggingLevel": SETTINGS + "test_a_session_begins_at_the_level_of_the_settings",
    "masterClientId": SETTINGS
    + "test_the_master_client_is_told_orders_status_and_executions_of_all",
    "bulkDataTimeout": SETTINGS + "test_how_long_history_waits_for_a_broken_farm",
    "showForexDataIn1_10Pips": HERE + "test_currency_prices_in_halves_or_whole_pips",
    "totalQuantityForMutualFunds": "server/test_funds.py::"
    "test_the_setting_says_whether_shares_are_bought",
    "allowForexTradingIn1_10Pips": SETTINGS + "test_tenths_of_a_pip_in_currency_orders",
    "roundAccountValuesToNearestWholeNumber": SETTINGS + "test_account_values_without_their_cents",
    "sendMarketDataInLotsForUsStocks": SETTINGS + "test_sizes_of_us_stocks_in_lots",
    "rejectMessagesAboveMaxRate": "server/sessions/test_pacing.py::",
    "maintainConnectionOnIncorrectFields": SETTINGS
    + "test_a_field_that_cannot_be_read_may_end_the_connection",
    "compatibilityModeNasdaqStocks": HERE + "test_nasdaq_is_called_island",
    "componentExchSeparator": HERE + "test_router_and_listing_in_one_field",
    "sendInstrumentTimezone": SETTINGS + "test_times_are_in_the_zone_that_the_setting_says",
    "sendForexDataInCompatibilityMode": HERE + "test_currency_prices_in_halves_or_whole_pips",
    "maintainAndResubmitOrdersOnReconnect": "server/plant/test_broker_link.py::",
    "historicalDataMaxSize": HERE + "test_an_answer_that_is_too_large",
    "optionExerciseRequestType": HERE + "test_an_exercise_that_is_final",
    "allowLocalhostOnly": "server/sessions/test_policy.py::",
    "trustedIPs": "server/sessions/test_policy.py::",
    "bypassOrderPrecautions": PRECAUTIONS
    + "test_by_default_they_are_bypassed_and_one_setting_takes_those_of_a_new_tws",
    "bypassRedirectOrderWarning": PRECAUTIONS + "test_a_stock_sent_to_one_exchange",
    "bypassNoOverfillProtection": PRECAUTIONS + "test_a_group_without_protection_at_one_exchange",
    "bypassRouteMarketableToBBO": PRECAUTIONS
    + "test_an_order_that_is_to_be_routed_to_the_best_market",
    "autoLogoffTime": "server/plant/test_daily.py::",
    "autoLogoffPeriod": "server/plant/test_daily.py::",
    "autoLogoffType": "server/plant/test_daily.py::",
}
"""The test that shows what a setting does, or the file of several."""


@walk("name", NAMES, check=3)
def test_every_setting_acts_or_is_told_by_name(name: str) -> None:
    row = NAMES[name]
    page = (TESTS.parent / "docs/guides/settings.md").read_text("utf-8")
    told = next(line for line in page.splitlines() if f"| `{name}` |" in line)
    if row.idle:
        assert name not in PROOFS
        assert f"| does not apply: {row.idle} |" in told
        return
    assert "| yes |" in told
    path, _, test = PROOFS[name].partition("::")
    source = (TESTS / path).read_text("utf-8")
    functions = functions_of(source)
    assert name in source
    assert functions and (not test or test in functions)


@cache
def functions_of(source: str) -> set[str]:
    """The tests of a file by their names."""
    return {
        one.name
        for one in ast.parse(source).body
        if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")
    }


def test_no_other_setting_is_proven() -> None:
    assert set(PROOFS) == {row.name for row in TABLE if not row.idle}


# ---------------------------------------------------------------- texts


@pytest.mark.parametrize("version", [176, 193])
@pytest.mark.parametrize(
    ("encoding", "sent"),
    [("UTF-8", "naïve €".encode()), ("Latin-1", b"na\xefve ?"), ("ASCII 7", b"na?ve ?")],
)
def test_texts_are_encoded_as_the_setting_says(version: int, encoding: str, sent: bytes) -> None:
    hall = Hall(api={"encodeApiMessages": encoding})
    hall.quote("AAPL 99.98 x 100.00")
    client = hall.client(1, version)
    placed = order(7, "BUY 10 AAPL LMT 99")
    placed.order.orderRef = "naive ="
    frame = client.connection.send(placed)
    text = "naïve €".encode()
    body = frame[4:].replace(b"naive =", text)
    client.raw(len(body).to_bytes(4) + body)
    assert sent + b"\0" in client.pipe.data
    assert lines(client.got())[:2] == ["openOrder #7 Submitted", "orderStatus #7 Submitted 0+10"]
    hall.station.config.update({"encodeApiMessages": "UTF-8"})
    client.send(orders.ReqOpenOrders())
    assert text + b"\0" in client.pipe.data


def test_protobuf_is_utf_8_whatever_the_setting_says() -> None:
    hall = Hall(api={"encodeApiMessages": "ASCII 7"})
    hall.quote("AAPL 99.98 x 100.00")
    client = hall.client()
    placed = order(7, "BUY 10 AAPL LMT 99")
    placed.order.orderRef = "naïve"
    client.raw(client.connection.send(placed))
    assert "naïve".encode() in client.pipe.data


# ---------------------------------------------------------------- contracts


@pytest.mark.parametrize("told", [True, False])
def test_contract_details_have_hours_or_not(told: bool) -> None:
    client = Hall(api={"exposeTradingScheduleToApi": told}).client()
    client.send(contract.ReqContractDetails(4, order(1, "BUY 1 AAPL MKT").contract))
    (answer,) = client.of(contract.ContractData)
    details = answer.contractDetails
    assert (bool(details.tradingHours), bool(details.liquidHours)) == (told, told)
    assert details.timeZoneId == "US/Eastern"


@pytest.mark.sample(7)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("island", [True, False])
def test_nasdaq_is_called_island(version: int, island: bool) -> None:
    hall = Hall(api={"compatibilityModeNasdaqStocks": island})
    hall.quote("AAPL 99.98 x 100.00")
    client = hall.client(1, version)
    name, other = ("ISLAND", "NASDAQ") if island else ("NASDAQ", "ISLAND")
    client.send(contract.ReqContractDetails(4, order(1, "BUY 1 AAPL MKT").contract))
    (answer,) = client.of(contract.ContractData)
    venues = answer.contractDetails.validExchanges.split(",")
    assert name in venues and other not in venues
    assert answer.contract.primaryExchange in (name, "")
    placed = order(7, "BUY 10 AAPL LMT 99")
    placed.contract.exchange = "ISLAND"
    client.send(placed)
    got = client.of(reports.OpenOrder)
    assert {one.contract.exchange for one in got} == {name}


@pytest.mark.long
@walk("version", VERSIONS, check=5)
@walk(
    ("separator", "exchange", "understood"),
    [
        ("", "SMART:NASDAQ", True),
        ("", "SMART/NASDAQ", True),
        ("", "SMART|NASDAQ", False),
        ("|", "SMART|NASDAQ", True),
        ("|", "SMART:NASDAQ", True),
        ("->", "SMART->ISLAND", True),
        ("->", "SMART|NASDAQ", False),
    ],
)
def test_router_and_listing_in_one_field(
    version: int, separator: str, exchange: str, understood: bool
) -> None:
    hall = Hall(api={"componentExchSeparator": separator})
    hall.quote("AAPL 99.98 x 100.00")
    client = hall.client(1, version)
    placed = order(7, "BUY 10 AAPL LMT 99")
    placed.contract.exchange = exchange
    client.send(contract.ReqContractDetails(4, placed.contract))
    client.send(placed)
    got = client.got()
    found = [one for one in got if isinstance(one, contract.ContractData | reports.OpenOrder)]
    errors = [one for one in got if isinstance(one, session.ErrorMessage) and one.id > 0]
    if understood:
        assert {type(one) for one in found} == {contract.ContractData, reports.OpenOrder}
        assert {one.contract.exchange for one in found} == {"SMART"}
        assert not errors
    else:
        assert not found
        assert [(one.id, one.errorCode) for one in errors] == [(4, 200), (7, 200)]


# ---------------------------------------------------------------- currencies


@pytest.mark.parametrize(
    ("api", "bid", "ask"),
    [
        ({}, 1.10003, 1.10012),
        ({"showForexDataIn1_10Pips": False}, 1.1, 1.10015),
        ({"sendForexDataInCompatibilityMode": True}, 1.1, 1.1002),
    ],
)
def test_currency_prices_in_halves_or_whole_pips(
    api: dict[str, Any], bid: float, ask: float
) -> None:
    hall = Hall(api=api)
    hall.quote("EUR 1.10003*1000000 x 1.10012*1000000")
    client = hall.client()
    client.send(market.ReqMktData(5, PAIR))
    prices = {one.tickType: one.price for one in client.of(market.TickPrice)}
    assert (prices[1], prices[2]) == (bid, ask)
    hall.station.config.update(dict.fromkeys(api, not next(iter(api.values()), False)))
    hall.quote("EUR 1.10003*2000000 x 1.10012*2000000")
    prices |= {one.tickType: one.price for one in client.of(market.TickPrice)}
    assert (prices[1], prices[2]) == (1.10003, 1.10012)
    assert hall.market.quote(12087792, hall.now).bid == 110003


# ---------------------------------------------------------------- positions, history, exercises


@pytest.mark.parametrize("only", [True, False])
def test_positions_that_are_closed(only: bool) -> None:
    hall = Hall(api={"sendZeroPositionsForTodayOnly": only})
    hall.quote("AAPL 99.98 x 100.00")
    hall.quote("MSFT 99.98 x 100.00")
    client = hall.client()
    client.send(order(1, "BUY 10 AAPL MKT")).got()
    hall.wait(24 * 3600)
    client.send(order(2, "SELL 10 AAPL MKT"), order(3, "BUY 10 MSFT MKT"))
    client.send(order(4, "SELL 10 MSFT MKT")).got()
    client.send(account.ReqPositions())
    told = {one.contract.symbol for one in client.of(account.Position)}
    assert told == ({"MSFT"} if only else {"AAPL", "MSFT"})
    client.send(account.ReqAccountUpdates(True, ""))
    told = {one.contract.symbol for one in client.of(account.PortfolioValue)}
    assert told == ({"MSFT"} if only else {"AAPL", "MSFT"})


@pytest.mark.long
def test_an_answer_that_is_too_large() -> None:
    hall = Hall(api={"historicalDataMaxSize": 1})
    start = hall.now - 10 * SECOND
    hall.market.history.append(
        PriceBar(start, 2576600, 2577000, 2576500, 2576800, 10**9, 2576700, 9)
    )
    bar = hall.market.history[0]
    request = history.ReqHistoricalData(
        4, order(1, "BUY 1 AAPL MKT").contract, "", "1 day", "1 D", False, "TRADES", 1
    )
    client = hall.client()
    assert client.send(request).of(history.HistoricalData)
    hall.market.history[:] = [bar] * 20_000
    client.send(request)
    text = (
        "Historical Market Data Service error message:The answer is larger than"
        " historicalDataMaxSize allows: 1 MB."
    )
    assert client.errors() == [(4, 162, text)]
    hall.station.config.update({"historicalDataMaxSize": 16})
    assert client.send(request).of(history.HistoricalData)


def test_an_exercise_that_is_final() -> None:
    client = holding(api={"optionExerciseRequestType": "final"}, spot="257.66")
    client.send(ask(7)).got()
    client.send(orders.CancelOrder(7))
    (refused,) = client.errors()
    assert refused[:2] == (7, 10148) and "state: PreSubmitted" in refused[2]
    client.hall.station.config.update({"optionExerciseRequestType": "editable until cutoff time"})
    client.send(orders.CancelOrder(7))
    assert [code for _, code, _ in client.errors()] == [202]
