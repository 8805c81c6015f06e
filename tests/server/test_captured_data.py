"""As ``test_captured``: errors, contracts, accounts, market data, sessions."""

import pytest

from papertape.server.settings import StationSettings
from papertape.wire.catalogue import account, contract, market, orders
from papertape.wire.catalogue.session import ReqCurrentTime
from server.bodies import AAPL, EURUSD, answers, bodies, frames, open_hall, told
from server.pair import Client, Hall
from server.test_station import order
from walks import walk

# ---------------------------------------------------------------- errors and notices


def test_1_3_texts() -> None:
    client = open_hall().client(1, 225)
    client.send(order(1, "BUY 1 AAPL LMT 250"), orders.CancelOrder(1)).got()
    client.send(orders.CancelOrder(1), account.ReqAccountUpdates(True, ""))
    text = "OrderId 1 that needs to be cancelled cannot be cancelled, state: Cancelled."
    assert client.errors() == [(1, 10148, text)]
    client.send(account.ReqAccountUpdates(False, ""))
    assert client.errors() == [
        (-1, 2100, "API client has been unsubscribed from account data.")
    ]  # fmt: skip
    client.send(account.ReqAccountUpdates(False, ""))
    assert client.errors() == []


def test_1_3_an_error_has_no_reject_of_an_advisor() -> None:
    hall = open_hall()
    client = hall.client(1, 225).send(orders.CancelOrder(77))
    (error,) = bodies(client)
    assert list(error.fields) == ["id", "errorTime", "errorCode", "errorMsg"]


def test_1_3_a_gateway_always_has_its_security_definitions() -> None:
    client = Hall(settings=StationSettings(gateway=True)).client(1, 225, quiet=False)
    idle = "data farm connection is inactive but should be available upon demand."
    assert client.errors() == [
        (-1, 2108, f"Market {idle}usfarm"),
        (-1, 2107, f"HMDS {idle}ushmds"),
        (-1, 2158, "Sec-def data farm connection is OK:secdefnj"),
    ]


# ---------------------------------------------------------------- contracts

STOCK = {
    "contract.conId": 265598, "contract.symbol": "AAPL", "contract.secType": "STK",
    "contract.strike": 0.0, "contract.exchange": "SMART", "contract.primaryExch": "NASDAQ",
    "contract.currency": "USD", "contract.localSymbol": "AAPL", "contract.tradingClass": "NMS",
    "contractDetails.marketName": "NMS", "contractDetails.minTick": "0.01",
    "contractDetails.priceMagnifier": 1, "contractDetails.longName": "APPLE INC",
    "contractDetails.industry": "Technology", "contractDetails.category": "Computers",
    "contractDetails.subcategory": "Computers", "contractDetails.timeZoneId": "US/Eastern",
    "contractDetails.secIdList": {"ISIN": "US0378331005"}, "contractDetails.aggGroup": 1,
    "contractDetails.marketRuleIds": ",".join(["4563"] * 26),
    "contractDetails.stockType": "COMMON", "contractDetails.minSize": "0.0001",
    "contractDetails.sizeIncrement": "0.0001", "contractDetails.suggestedSizeIncrement": "100",
    "contractDetails.minAlgoSize": "0", "contractDetails.lastPricePrecision": "0.000001",
    "contractDetails.lastSizePrecision": "0.000001",
}  # fmt: skip
PAIR = {
    "contract.conId": 12087792, "contract.symbol": "EUR", "contract.secType": "CASH",
    "contract.strike": 0.0, "contract.exchange": "IDEALPRO", "contract.currency": "USD",
    "contract.localSymbol": "EUR.USD", "contract.tradingClass": "EUR.USD",
    "contractDetails.marketName": "EUR.USD", "contractDetails.minTick": "0.00005",
    "contractDetails.validExchanges": "IDEALPRO", "contractDetails.priceMagnifier": 1,
    "contractDetails.longName": "European Monetary Union Euro",
    "contractDetails.timeZoneId": "US/Eastern", "contractDetails.aggGroup": 4,
    "contractDetails.marketRuleIds": "3188", "contractDetails.minSize": "0.01",
    "contractDetails.sizeIncrement": "0.01", "contractDetails.suggestedSizeIncrement": "0.01",
    "contractDetails.minAlgoSize": "0",
}  # fmt: skip
LONG = {"contractDetails.orderTypes", "contractDetails.tradingHours",
        "contractDetails.liquidHours"}  # fmt: skip


@pytest.mark.parametrize("version", [205, 225])
def test_1_4_contract_details(version: int) -> None:
    stock, pair = told(contract.ContractData, version, contract.ReqContractDetails(1, AAPL),
                       contract.ReqContractDetails(2, EURUSD))  # fmt: skip
    exchanges = stock.pop("contractDetails.validExchanges").split(",")
    assert len(exchanges) == 26 and {"TPLUS0", "T24X"} < set(exchanges)
    assert {path: stock[path] for path in stock.keys() - LONG} == STOCK | {"reqId": 1}
    assert {path: pair[path] for path in pair.keys() - LONG} == PAIR | {"reqId": 2}
    assert stock.keys() & LONG == pair.keys() & LONG == LONG
    assert pair["contractDetails.orderTypes"].startswith("ACTIVETIM,AD,ADJUST,")


# ---------------------------------------------------------------- accounts


def holding(version: int) -> Client:
    client = open_hall().client(1, version)
    client.send(order(1, "BUY 1 AAPL MKT"), orders.PlaceOrder(
        2, EURUSD, order(2, "BUY 20000 AAPL MKT").order)).got()  # fmt: skip
    return client


@pytest.mark.parametrize("version", [207, 225])
def test_1_5_the_portfolio(version: int) -> None:
    client = holding(version).send(account.ReqAccountUpdates(True, ""))
    rows = [body for body in bodies(client) if body.kind is not account.AccountValue]
    assert [row.kind for row in rows] == [
        account.PortfolioValue, account.AccountUpdateTime,
        account.PortfolioValue, account.AccountUpdateTime,
        account.AccountUpdateTime, account.AccountDataEnd,
    ]  # fmt: skip
    assert rows[1].fields == {"timeStamp": "10:00"}
    assert rows[0].fields == {
        "contract.conId": 265598, "contract.symbol": "AAPL", "contract.secType": "STK",
        "contract.strike": 0.0, "contract.exchange": "NASDAQ", "contract.currency": "USD",
        "contract.localSymbol": "AAPL", "contract.tradingClass": "NMS", "position": "1",
        "marketPrice": 257.67, "marketValue": 257.67, "averageCost": 258.680003,
        "unrealizedPNL": -1.010003, "realizedPNL": 0.0, "accountName": "DU1234567",
    }  # fmt: skip
    assert rows[2].fields["contract.exchange"] == "IDEALPRO"
    assert rows[2].fields.keys() == rows[0].fields.keys()


def test_1_5_values_of_the_account_leave_out_what_they_have_not() -> None:
    client = holding(225).send(account.ReqAccountUpdates(True, ""))
    rows = [body.fields for body in bodies(client) if body.kind is account.AccountValue]
    identity = next(row for row in rows if row["key"] == "AccountReady")
    assert identity == {"key": "AccountReady", "value": "true", "accountName": "DU1234567"}
    by_key = {(row["key"], row.get("currency")): row["value"] for row in rows}
    assert by_key["ExchangeRate", "BASE"] == "1.00"
    assert len(by_key["ExchangeRate", "EUR"].partition(".")[2]) <= 7


@pytest.mark.parametrize("version", [207, 225])
def test_1_5_positions(version: int) -> None:
    client = holding(version).send(account.ReqPositions())
    first, *_ = (body.fields for body in bodies(client) if body.kind is account.Position)
    assert first == {
        "account": "DU1234567", "contract.conId": 265598, "contract.symbol": "AAPL",
        "contract.secType": "STK", "contract.strike": 0.0, "contract.exchange": "NASDAQ",
        "contract.currency": "USD", "contract.localSymbol": "AAPL",
        "contract.tradingClass": "NMS", "position": "1", "avgCost": 258.680003,
    }  # fmt: skip


# ---------------------------------------------------------------- market data


@walk("version", [206, 211, 225])
def test_1_6_the_parameters_of_a_line(version: int) -> None:
    stock, pair = told(market.TickReqParams, version, market.ReqMktData(1, AAPL),
                       market.ReqMktData(2, EURUSD))  # fmt: skip
    assert stock == {"reqId": 1, "minTick": "0.01", "bboExchange": "9c0001",
                     "snapshotPermissions": 4, "lastPricePrecision": "0.000001",
                     "lastSizePrecision": "0.000001"}  # fmt: skip
    assert pair == {"reqId": 2, "minTick": "0.00001", "snapshotPermissions": 0}


@pytest.mark.parametrize("version", [206, 225])
def test_1_6_a_snapshot_of_a_currency_pair(version: int) -> None:
    got = answers(version, market.ReqMktData(1, EURUSD, "", True))
    assert [(body.kind.spec.id, body.fields.get("tickType")) for body in got] == [
        (58, None), (81, None), (46, 45), (45, 49), (1, 6), (1, 7), (1, 9), (1, 1), (1, 2),
        (57, None),
    ]  # fmt: skip
    assert got[3].fields["value"] == 0.0
    bid = {"reqId": 1, "tickType": 1, "price": 1.10001, "size": "1000000", "attrMask": 0}
    assert got[7].fields == bid


def test_1_6_a_snapshot_of_a_stock_has_its_sizes_in_the_prices() -> None:
    hall = open_hall()
    hall.trade("AAPL 257.67*100")
    client = hall.client(1, 225).send(market.ReqMktData(1, AAPL, "", True))
    got = [(body.kind.spec.id, body.fields.get("tickType")) for body in bodies(client)]
    assert got == [
        (58, None), (81, None), (1, 1), (1, 2), (1, 4), (46, 45), (1, 6), (1, 7), (2, 8), (1, 9),
        (1, 14), (57, None),
    ]  # fmt: skip


def test_1_6_a_stream_of_a_currency_pair_has_no_trades_and_executes_nothing() -> None:
    hall = open_hall()
    client = hall.client(1, 225).send(market.ReqMktData(1, EURUSD))
    prices = {b.fields["tickType"]: b.fields for b in bodies(client) if b.kind is market.TickPrice}
    assert sorted(prices) == [1, 2, 6, 7, 9]
    assert (prices[1]["attrMask"], prices[2]["attrMask"]) == (0, 0)
    hall.trade("EUR 1.10004*100000")
    assert {body.fields["tickType"] for body in bodies(client)} <= {6, 7}


# ---------------------------------------------------------------- sessions

FORMS = {203: "text text protobuf text", 206: "text text protobuf text",
         207: "protobuf text protobuf text", 212: "protobuf text protobuf text",
         213: "protobuf protobuf protobuf protobuf",
         225: "protobuf protobuf protobuf protobuf"}  # fmt: skip
"""Form of managedAccounts, nextValidId, a notice and currentTime, by server version."""


@walk("version", FORMS)
def test_1_8_what_travels_as_protobuf_at_which_version(version: int) -> None:
    client = open_hall().client(1, version, quiet=False).send(ReqCurrentTime())
    found = [(number, form) for number, form, _ in frames(client)]
    accounts, next_id, notice, time = FORMS[version].split()
    assert found == [(15, accounts), (9, next_id), *[(4, notice)] * 3, (49, time)]


@walk("version", [207, 208, 225])
def test_1_8_orders_at_work_are_told_before_the_accounts(version: int) -> None:
    hall = open_hall()
    hall.client(1, version).send(order(1, "BUY 1 AAPL LMT 250")).leave()
    again = hall.client(1, version, quiet=False)
    assert [number for number, _, _ in frames(again)] == [5, 3, 53, 15, 9, 4, 4, 4]
