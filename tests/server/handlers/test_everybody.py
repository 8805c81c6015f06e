"""All accounts of an advisor as one: the advisor's code with an A behind it."""

from decimal import Decimal
from typing import Any

import pytest

from papertape.model import Contract, ExecutionFilter, Order
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import OpenAccount
from papertape.wire.catalogue import account, pnl, reports
from papertape.wire.catalogue.contract import ContractData, ReqContractDetails
from papertape.wire.catalogue.orders import PlaceOrder, ReqExecutions
from server.pair import Client, Hall
from walks import walk

MASTER, ONE, TWO, EURO, ALL = "F1000000", "DU1", "DU2", "DU3", "F1000000A"
SUMS = (
    "NetLiquidation", "EquityWithLoanValue", "MaintMarginReq", "InitMarginReq", "AvailableFunds",
    "ExcessLiquidity", "BuyingPower", "GrossPositionValue", "TotalCashValue",
    "LookAheadMaintMarginReq", "PreviousDayEquityWithLoanValue",
)  # fmt: skip
AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


def desk(version: int = 226) -> tuple[Hall, Client]:
    hall = Hall(profile=Profile(accounts=(ONE, TWO), advisor=MASTER))
    hall.quote("AAPL 100.00*9999 x 100.00*9999")
    hall.quote("EUR 1.25000*1000000 x 1.25000*1000000")
    hall.station.carry_out(OpenAccount(EURO, "EUR", 10**12, "reg_t"))
    client = hall.client(1, version)
    client.got()
    return hall, client


def trade(client: Client, number: int, code: str, size: int) -> None:
    order = Order(
        action="BUY" if size > 0 else "SELL", totalQuantity=Decimal(abs(size)), orderType="MKT",
        tif="DAY", account=code,
    )  # fmt: skip
    client.send(PlaceOrder(number, AAPL, order))


def rows(got: list[Any], code: str) -> dict[tuple[str, str], str]:
    found = [one for one in got if isinstance(one, account.AccountValue)]
    return {(one.key, one.currency): one.value for one in found if one.accountName == code}


def values(client: Client, code: str) -> dict[tuple[str, str], str]:
    """The rows of an account, asked for once."""
    client.send(account.ReqAccountUpdates(True, code))
    found = rows(client.got(), code)
    client.send(account.ReqAccountUpdates(False, code)).got()
    return found


@pytest.mark.long
@walk("code", [ALL, "All"])
@walk("version", [100, 203, 226])
def test_its_values_are_the_sums_of_the_accounts(code: str, version: int) -> None:
    _, client = desk(version)
    trade(client, 1, ONE, 300)
    trade(client, 2, TWO, -100)
    trade(client, 3, EURO, 50)
    client.got()
    client.send(account.ReqAccountUpdates(True, code))
    got = client.got()
    told = rows(got, ALL)
    assert told["AccountCode", ""] == ALL
    client.send(account.ReqAccountUpdates(False, code)).got()
    each = {one: values(client, one) for one in (MASTER, ONE, TWO, EURO)}
    for key in SUMS:
        total = Decimal(each[EURO][key, "EUR"]) * 5 / 4
        total += sum(Decimal(each[one][key, "USD"]) for one in (MASTER, ONE, TWO))
        assert abs(Decimal(told[key, "USD"]) - total) < Decimal("0.1"), key
    assert Decimal(told["StockMarketValue", "USD"]) == 25_000
    assert Decimal(told["GrossPositionValue", "USD"]) == 45_000, "longs and shorts do not offset"
    assert Decimal(told["CashBalance", "EUR"]) == 1_000_000
    excess, net = Decimal(told["ExcessLiquidity", "USD"]), Decimal(told["NetLiquidation", "USD"])
    assert abs(Decimal(told["Cushion", ""]) - excess / net) < Decimal("0.00001")
    (held,) = [one for one in got if isinstance(one, account.PortfolioValue)]
    assert (held.position, held.accountName, held.marketValue) == (250, ALL, 25_000)
    assert isinstance(got[-1], account.AccountDataEnd)


def test_what_stands_in_the_commodities_is_that_of_each_account() -> None:
    """One has gained more than its futures need, the other needs cash for its own."""
    hall, client = desk()
    future = Contract(
        symbol="MES", secType="FUT", exchange="CME", lastTradeDateOrContractMonth="202606"
    )
    client.send(ReqContractDetails(1, future))
    (number,) = [one.contract.conId for one in client.of(ContractData)]
    bought = Contract(conId=number, exchange="CME")
    for code, price in ((ONE, 6_000), (TWO, 7_000)):
        hall.quote(f"{number} {price}*99 x {price}*99")
        order = Order(action="BUY", totalQuantity=Decimal(1), orderType="MKT", tif="DAY",
                      account=code)  # fmt: skip
        client.send(PlaceOrder(2 if code == ONE else 3, bought, order)).got()
    told, each = values(client, ALL), [values(client, one) for one in (ONE, TWO)]
    parts = (Decimal(told["NetLiquidation" + one, "USD"]) for one in ("-C", "-P", "-S"))
    assert sum(parts) == Decimal(told["NetLiquidation", "USD"])
    for key in ("NetLiquidation-C", "AvailableFunds-C", "TotalCashValue-C"):
        total = sum(Decimal(one[key, "USD"]) for one in each)
        assert Decimal(told[key, "USD"]) == total, key
    assert Decimal(told["NetLiquidation-C", "USD"]) == 5 * 1_000 + 1_188


def test_it_follows_the_trades_of_every_account() -> None:
    _, client = desk()
    client.send(account.ReqAccountUpdates(True, ALL)).got()
    trade(client, 1, TWO, 10)
    got = client.got()
    assert rows(got, ALL)["StockMarketValue", "USD"] == "1000.00"
    (held,) = [one for one in got if isinstance(one, account.PortfolioValue)]
    assert (held.accountName, held.position) == (ALL, 10)
    trade(client, 2, ONE, -10)
    got = client.got()
    assert rows(got, ALL)["StockMarketValue", "USD"] == "0.00"
    (held,) = [one for one in got if isinstance(one, account.PortfolioValue)]
    assert held.position == 0


def test_a_price_moves_it_with_the_three_minutes() -> None:
    hall, client = desk()
    trade(client, 1, TWO, 10)
    client.send(account.ReqAccountUpdates(True, ALL)).got()
    hall.quote("AAPL 110.00*9999 x 110.00*9999")
    hall.wait(181)
    assert rows(client.got(), ALL)["StockMarketValue", "USD"] == "1100.00"


def test_under_a_request_id_and_in_a_summary() -> None:
    _, client = desk()
    trade(client, 1, ONE, 10)
    client.got()
    client.send(account.ReqAccountUpdatesMulti(5, ALL, "", True))
    found = client.of(account.AccountUpdateMulti)
    assert {one.account for one in found} == {ALL}
    assert ("StockMarketValue", "1000.00") in {(one.key, one.value) for one in found}
    client.send(account.ReqPositionsMulti(6, ALL, ""))
    assert [(one.account, one.position) for one in client.of(account.PositionMulti)] == [(ONE, 10)]
    client.send(account.ReqAccountSummary(7, ALL, "NetLiquidation"))
    told = client.of(account.AccountSummary)
    assert [one.account for one in told] == [MASTER, ONE, TWO, EURO]


def test_its_profit_is_that_of_all() -> None:
    hall, client = desk()
    trade(client, 1, ONE, 30)
    trade(client, 2, EURO, 20)
    client.got()
    hall.quote("AAPL 101.00*9999 x 101.00*9999")
    client.send(pnl.ReqPnL(1, ALL), pnl.ReqPnLSingle(2, ALL, "", 265598))
    got = client.got()
    (whole,) = [one for one in got if isinstance(one, pnl.PnL)]
    (single,) = [one for one in got if isinstance(one, pnl.PnLSingle)]
    queries, now = hall.station.queries, hall.now
    parts = [queries.profit(code, now) for code in (ONE, EURO)]
    assert whole.unrealizedPnL == pytest.approx(
        parts[0].unrealizedPnL + 1.25 * parts[1].unrealizedPnL
    )
    assert (single.position, single.value) == (50, 5_050)
    hall.quote("AAPL 102.00*9999 x 102.00*9999")
    hall.wait(1)
    assert [one.value for one in client.of(pnl.PnLSingle)] == [5_100]


def test_executions_of_all() -> None:
    _, client = desk()
    trade(client, 1, ONE, 30)
    trade(client, 2, TWO, 20)
    client.got()
    client.send(ReqExecutions(5, ExecutionFilter(acctCode=ALL)))
    found = [one.execution.acctNumber for one in client.of(reports.ExecutionDetails)]
    assert found == [ONE, TWO]


def test_no_order_is_of_all_and_no_other_login_has_it() -> None:
    _, client = desk()
    trade(client, 1, ALL, 1)
    assert [code for _, code, _ in client.errors()] == [201]
    other = Hall().client(1, 226)
    other.got()
    other.send(account.ReqAccountUpdates(True, "DU1234567A"))
    assert [code for _, code, _ in other.errors()] == [321]
