"""Details, quotes and history of contracts of every kind, from a client through a whole station."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from papertape.model import Contract
from papertape.server.assembly import open_tape
from papertape.server.clock import MarketClock
from papertape.server.persistence import MarketFacts
from papertape.store.former_symbols import former_symbols
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import MINUTE
from papertape.wire.catalogue.contract import ContractData, ContractDataEnd, ReqContractDetails
from papertape.wire.catalogue.history import HistoricalData, ReqHistoricalData
from papertape.wire.catalogue.market import CancelMktData, ReqMktData, TickPrice, TickSize
from server.pair import Client, Hall
from venue.scenario import START

BID, ASK, LAST, CLOSE = 1, 2, 4, 9


SAMPLE = Path(__file__).parents[2] / "market/sample"


def hall(seed: int = 3, folder: Path | None = None) -> Hall:
    facts = MarketFacts(START - 60 * MINUTE, seed, MarketClock(START, START, 1.0))
    called = CATALOGUE.beginning_as(former_symbols(folder, CATALOGUE))
    return Hall(market=open_tape(folder, facts), instruments=called)


def details(client: Client, **wanted: Any) -> list[Any]:
    client.send(ReqContractDetails(1, Contract(**wanted)))
    got = client.got()
    while not any(isinstance(message, ContractDataEnd) for message in got):
        client.hall.wait(1)
        got += client.got()
    return [message.contract for message in got if isinstance(message, ContractData)]


def prices(client: Client, contract: Contract) -> dict[int, float]:
    client.send(ReqMktData(5, contract))
    got = client.got()
    client.send(CancelMktData(5))
    client.got()
    return {tick.tickType: tick.price for tick in got if isinstance(tick, TickPrice)}


def history(client: Client, contract: Contract, what: str, size: str = "5 mins") -> list[Any]:
    client.send(ReqHistoricalData(6, contract, "", size, "1 D", 1, what))
    client.hall.wait(1)
    found = [
        message.historicalDataBars
        for message in client.got()
        if isinstance(message, HistoricalData)
    ]
    return found[0] if found else []


# a contract, what its history is made of, the least and the most that it may cost
KINDS = [
    (
        Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD"),
        "MIDPOINT",
        1,
        1.4,
    ),
    (
        Contract(symbol="GBP", secType="CASH", currency="JPY", exchange="IDEALPRO"),
        "BID",
        170,
        240,
    ),
    (
        Contract(symbol="SIE", secType="STK", currency="EUR", exchange="IBIS"),
        "TRADES",
        150,
        330,
    ),
    (
        Contract(symbol="BTC", secType="CRYPTO", currency="USD", exchange="PAXOS"),
        "AGGTRADES",
        6e4,
        1.4e5,
    ),
    (
        Contract(symbol="XAUUSD", secType="CMDTY", currency="USD", exchange="SMART"),
        "BID",
        3e3,
        5.5e3,
    ),
    (
        Contract(conId=236491195, exchange="SMART"),
        "TRADES",
        85,
        110,
    ),
    (
        Contract(localSymbol="ESM6", secType="FUT", exchange="CME"),
        "TRADES",
        5000,
        9000,
    ),
    (
        Contract(localSymbol="ESM6 C6800", secType="FOP", exchange="CME"),
        "BID",
        20,
        900,
    ),
    (
        Contract(localSymbol="SPY   260618C00680000", secType="OPT", exchange="SMART"),
        "ASK",
        5,
        60,
    ),
    (
        Contract(symbol="IBUS500", secType="CFD", currency="USD", exchange="SMART"),
        "ASK",
        5e3,
        9e3,
    ),
    (
        Contract(conId=2109050019, exchange="FWB"),
        "MIDPOINT",
        20,
        90,
    ),
]


@pytest.mark.long
@pytest.mark.parametrize(("contract", "what", "least", "most"), KINDS)
def test_quotes_and_history(contract: Contract, what: str, least: float, most: float) -> None:
    client = hall().client()
    told = prices(client, contract)
    assert least < told[BID] <= told[ASK] < most
    assert least * 0.8 < told[CLOSE] < most * 1.2
    bars = history(client, contract, what)
    assert len(bars) > 20
    for bar in bars:
        assert least * 0.8 < bar.low <= min(bar.open, bar.close)
        assert max(bar.open, bar.close) <= bar.high < most * 1.2
    assert all(one.date < two.date for one, two in pairwise(bars))
    assert history(client, contract, what, "1 day")


@pytest.mark.long
def test_a_chain_and_one_of_its_contracts() -> None:
    client = hall().client()
    rows = details(
        client, symbol="SPY", secType="OPT", exchange="SMART", lastTradeDateOrContractMonth="202606"
    )
    assert len(rows) > 500
    call = next(row for row in rows if row.strike == 680 and row.right == "C")
    told = prices(client, Contract(conId=call.conId, exchange="SMART"))
    assert 1 < told[BID] < told[ASK] < 60
    assert history(client, Contract(conId=call.conId, exchange="SMART"), "MIDPOINT")


@pytest.mark.parametrize(
    "contract",
    [
        Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD"),
        Contract(symbol="VINIX", secType="FUND", exchange="FUNDSERV", currency="USD"),
    ],
)
def test_what_nobody_trades_has_a_last_price_and_no_quote(contract: Contract) -> None:
    client = hall().client()
    client.send(ReqMktData(5, contract))
    got = client.got()
    told = {tick.tickType: tick.price for tick in got if isinstance(tick, TickPrice)}
    assert (told[BID], told[ASK]) == (-1.0, -1.0)
    assert told[LAST] > 100 and told[CLOSE] > 100
    assert {float(tick.size) for tick in got if isinstance(tick, TickSize)} == {0.0}
    client.hall.wait(20)
    later = {tick.tickType for tick in client.got() if isinstance(tick, TickPrice)}
    assert LAST in later and not later & {BID, ASK}
    client.send(CancelMktData(5))
    has, lacks = ("MIDPOINT", "TRADES") if contract.secType == "FUND" else ("TRADES", "MIDPOINT")
    assert len(history(client, contract, has)) > 20
    client.got()
    client.send(ReqHistoricalData(6, contract, "", "5 mins", "1 D", 1, lacks))
    assert [code for _, code, _ in client.errors()] == [162]


def test_what_has_no_price_is_refused() -> None:
    client = hall().client()
    for symbol, kind, exchange in (("BZ:BZ_ALL", "NEWS", "BZ"), ("TICK-NYSE", "IND", "NYSE")):
        contract = Contract(symbol=symbol, secType=kind, exchange=exchange)
        client.send(ReqMktData(5, contract))
        assert [code for _, code, _ in client.errors()] == [354]
        client.send(ReqHistoricalData(6, contract, "", "5 mins", "1 D", 1, "TRADES"))
        assert [code for _, code, _ in client.errors()] == [162]


@pytest.mark.long
def test_the_same_seed_and_start_give_the_same_prices() -> None:
    wanted = [row[0] for row in KINDS]
    one, two = hall().client(), hall().client()
    first = [prices(one, contract) for contract in wanted]
    second = [prices(two, contract) for contract in reversed(wanted)]
    assert first == second[::-1]
    assert prices(hall(4).client(), wanted[0]) != first[0]


@pytest.mark.long
def test_what_follows_a_recorded_fund_follows_the_recording() -> None:
    client = hall(folder=SAMPLE).client()
    spy = prices(client, Contract(symbol="SPY", secType="STK", exchange="SMART", currency="USD"))
    spx = prices(client, Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD"))
    future = prices(client, Contract(localSymbol="ESM6", secType="FUT", exchange="CME"))
    assert 165 < spy[BID] < 170  # of October 2013
    assert spx[LAST] == pytest.approx(10 * spy[BID], rel=1e-3)
    assert future[BID] == pytest.approx(10 * spy[BID], rel=1e-2)
    call = Contract(localSymbol="SPY   260618C00680000", secType="OPT", exchange="SMART")
    assert prices(client, call)[ASK] < 0.05  # far out of the money there
