"""Details of every kind beside rows that a real gateway sent, field by field."""

from datetime import UTC, datetime
from typing import Any

import pytest

from papertape.model import Contract
from papertape.venue.reference.details import UNGROUPED, contract_details
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.rules import MARKET_RULES, increments
from papertape.venue.reference.sessions import TradingHours
from walks import walk

HOURS = TradingHours(CATALOGUE, exchange=True)
CAPTURED = int(datetime(2026, 4, 5, 21, 50, tzinfo=UTC).timestamp()) * 1_000_000_000
"""Sunday, 16:50 in Chicago."""
DAY = "202604{0:02d}:0930-202604{0:02d}:1600"
OPEN = ";".join(["20260405:CLOSED", *(DAY.format(day) for day in range(6, 11))])
NIGHT = "202604{:02d}:1700-202604{:02d}:1600"
CHICAGO = "202604{0:02d}:0830-202604{0:02d}:1600"

# What ibkr-go (MIT) recorded of a paper gateway at server version 200: AAPL 100 C of June 2026 and
# ESZ6. Left out of the first: the time after its last day, which later builds send (2026-08).
OPTION = {
    "contract.conId": 675811965, "contract.symbol": "AAPL", "contract.secType": "OPT",
    "contract.lastTradeDate": "20260618", "contract.strike": 100.0, "contract.right": "C",
    "contract.exchange": "SMART", "contract.currency": "USD", "contract.multiplier": "100",
    "contract.localSymbol": "AAPL  260618C00100000", "contract.tradingClass": "AAPL",
    "contract.primaryExchange": "",
    "marketName": "AAPL", "minTick": 0.01,
    "orderTypes": (
        "ACTIVETIM,AD,ADJUST,ALERT,ALGO,ALLOC,AON,AVGCOST,BASKET,COND,CONDORDER,DAY,DEACT,DEACTDIS,"
        "DEACTEOD,DIS,FOK,GAT,GTC,GTD,GTT,HID,ICE,IOC,LIT,LMT,MIT,MKT,MTL,NGCOMB,NONALGO,OCA,"
        "OPENCLOSE,PAON,PEGMIDVOL,PEGMKTVOL,PEGPRMVOL,PEGSRFVOL,POSTONLY,PRICECHK,REL,RELPCTOFS,"
        "RELSTK,SCALE,SCALERST,SIZECHK,SMARTSTG,SNAPMID,SNAPMKT,SNAPREL,STP,STPLMT,TRAIL,TRAILLIT,"
        "TRAILLMT,TRAILMIT,VOLAT,WHATIF"),
    "validExchanges": (
        "SMART,AMEX,CBOE,PHLX,PSE,ISE,BOX,BATS,NASDAQOM,CBOE2,NASDAQBX,MIAX,GEMINI,EDGX,MERCURY,"
        "PEARL,EMERALD,MEMX,IBUSOPT,SAPPHIRE"),
    "priceMagnifier": 1, "underConId": 265598, "longName": "APPLE INC", "contractMonth": "202606",
    "industry": "", "category": "", "subcategory": "", "timeZoneId": "US/Eastern",
    "tradingHours": OPEN, "liquidHours": OPEN, "aggGroup": 2, "underSymbol": "AAPL",
    "underSecType": "STK", "realExpirationDate": "20260618", "stockType": "",
    "marketRuleIds": "32,109,109,109,109,109,109,109,32,109,32,109,109,109,109,109,109,109,32,109",
    "minSize": 1, "sizeIncrement": 1, "suggestedSizeIncrement": 1,
    "settlementMethod": "Physical Delivery",
}  # fmt: skip
FUTURE = {
    "contract.conId": 515416632, "contract.symbol": "ES", "contract.secType": "FUT",
    "contract.lastTradeDateOrContractMonth": "20261218 08:30:00 US/Central",
    "contract.lastTradeDate": "20261218", "contract.strike": 0.0, "contract.right": "",
    "contract.exchange": "CME", "contract.currency": "USD", "contract.localSymbol": "ESZ6",
    "contract.tradingClass": "ES", "contract.multiplier": "50",
    "marketName": "ES", "minTick": 0.25,
    "orderTypes": (
        "ACTIVETIM,AD,ADJUST,ALERT,ALGO,ALLOC,AVGCOST,BASKET,BENCHPX,COND,CONDORDER,DAY,DEACT,"
        "DEACTDIS,DEACTEOD,GAT,GTC,GTD,GTT,HID,ICE,IOC,LIT,LMT,LTH,MIT,MKT,MKTPROT,MTL,NGCOMB,"
        "NONALGO,OCA,PEGBENCH,SCALE,SCALERST,SNAPMID,SNAPMKT,SNAPREL,STP,STPLMT,STPPROT,TRAIL,"
        "TRAILLIT,TRAILLMT,TRAILMIT,WHATIF"),
    "validExchanges": "CME,QBALGO", "priceMagnifier": 1, "underConId": 11004968,
    "longName": "E-mini S&P 500", "contractMonth": "202612", "timeZoneId": "US/Central",
    "tradingHours": ";".join(NIGHT.format(day, day + 1) for day in range(5, 10)),
    "liquidHours": ";".join(["20260405:CLOSED", *(CHICAGO.format(day) for day in range(6, 11))]),
    "aggGroup": UNGROUPED, "underSymbol": "ES", "underSecType": "IND", "marketRuleIds": "67,67",
    "realExpirationDate": "20261218", "minSize": 1, "sizeIncrement": 1,
    "suggestedSizeIncrement": 1, "lastPricePrecision": None,
}  # fmt: skip
# Of August 2026, as far as it was written down: the bond's name and group.
BOND = {
    "contract.conId": 236491195, "contract.symbol": "", "contract.secType": "BOND",
    "contract.strike": 0.0, "contract.localSymbol": "IBCID236491195", "cusip": "IBCID236491195",
    "descAppend": "AAPL 4.15 06/22/46", "aggGroup": 7, "minSize": 2, "minTick": 0.001,
    "marketRuleIds": "342", "coupon": 4.15, "timeZoneId": "US/Eastern",
}  # fmt: skip
FINER_BOND = {
    "contract.symbol": "", "contract.secType": "BOND", "contract.strike": 0.0,
    "descAppend": "AAPL 3.85 05/04/43", "aggGroup": 7, "minSize": 2, "minTick": 0.0001,
    "marketRuleIds": "1386", "coupon": 3.85,
}  # fmt: skip
INDEX = {
    "contract.conId": 416904, "contract.exchange": "CBOE", "contract.primaryExchange": "",
    "minTick": 0.01, "marketRuleIds": "25", "timeZoneId": "US/Central", "validExchanges": "CBOE",
}  # fmt: skip


@walk(
    ("wanted", "captured"),
    [
        (Contract(symbol="AAPL", secType="OPT", exchange="SMART", currency="USD", strike=100.0,
                  right="C", lastTradeDateOrContractMonth="20260618"), OPTION),
        (Contract(symbol="ES", secType="FUT", exchange="CME", currency="USD",
                  lastTradeDateOrContractMonth="202612"), FUTURE),
        (Contract(conId=236491195), BOND),
        (Contract(conId=2116282152), FINER_BOND),
        (Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD"), INDEX),
    ],
    ids=["OPT", "FUT", "BOND", "BOND of four decimals", "IND"],
)  # fmt: skip
def test_as_captured(wanted: Contract, captured: dict[str, Any]) -> None:
    rows = contract_details(CATALOGUE, wanted, CAPTURED, HOURS)
    assert isinstance(rows, tuple)
    (details,) = rows
    found = {}
    for path in captured:
        _, nested, name = path.rpartition("contract.")
        found[path] = getattr(details.contract if nested else details, name)
    assert found == captured


KINDS = {
    "STK": Contract(symbol="SIE", secType="STK", exchange="IBIS", currency="EUR"),
    "CASH": Contract(symbol="USD", secType="CASH", exchange="IDEALPRO", currency="JPY"),
    "CRYPTO": Contract(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD"),
    "CMDTY": Contract(symbol="XAUUSD", secType="CMDTY", exchange="SMART", currency="USD"),
    "CFD": Contract(symbol="IBM", secType="CFD", exchange="SMART", currency="USD"),
    "FUND": Contract(symbol="VINIX", secType="FUND", exchange="FUNDSERV", currency="USD"),
    "NEWS": Contract(symbol="BZ:BZ_ALL", secType="NEWS", exchange="BZ"),
    "WAR": Contract(symbol="DAX", secType="WAR", exchange="FWB", strike=24000.0, right="P"),
    "FOP": Contract(localSymbol="ESM6 C6800", secType="FOP", exchange="CME"),
    "CONTFUT": Contract(symbol="CL", secType="CONTFUT", exchange="NYMEX"),
    "ZC": Contract(localSymbol="ZCN6", secType="FUT", exchange="CBOT"),
}  # fmt: skip
# time zone, price step, smallest size, hours of Monday the 6th, multiplier
TOLD = {
    "STK": ("MET", 0.0001, "0.0001", "20260406:CLOSED", ""),  # Easter Monday
    "CASH": ("US/Eastern", 0.005, "0.01", "20260405:1715-20260406:1700", ""),
    "CRYPTO": ("UTC", 0.25, "0.00000001", "20260405:0000-20260406:0000", ""),
    "CMDTY": ("US/Eastern", 0.01, "1", "20260405:1800-20260406:1700", ""),
    "CFD": ("US/Eastern", 0.01, "1", "20260406:0400-20260406:2000", ""),
    "FUND": ("US/Eastern", 0.01, "0.001", "20260406:0930-20260406:1600", ""),
    "NEWS": ("US/Eastern", 0.01, "1", "20260406:0400-20260406:2000", ""),
    "WAR": ("MET", 0.001, "1", "20260406:CLOSED", "0.01"),
    "FOP": ("US/Central", 0.05, "1", "20260405:1700-20260406:1600", "50"),
    "CONTFUT": ("US/Eastern", 0.01, "1", "20260405:1800-20260406:1700", "1000"),
    "ZC": ("US/Central", 0.0025, "1", "20260405:1900-20260406:0745", "5000"),
}


@walk("kind", KINDS)
def test_every_kind_has_details(kind: str) -> None:
    rows = contract_details(CATALOGUE, KINDS[kind], CAPTURED, HOURS)
    assert isinstance(rows, tuple)
    (details,) = rows
    assert (
        details.timeZoneId,
        details.minTick,
        f"{details.minSize:f}",
        next(span for span in details.tradingHours.split(";") if "20260406" in span),
        details.contract.multiplier,
    ) == TOLD[kind]
    exchanges, rules = details.validExchanges.split(","), details.marketRuleIds.split(",")
    assert len(exchanges) == len(rules)
    steps = [MARKET_RULES[int(rule)] for rule in rules]
    assert min(step for rule in steps for _, step in rule) == pytest.approx(details.minTick)


@pytest.mark.parametrize("local", ["FDXS JUN 26", "FSXE JUN 26"])
def test_a_future_names_a_multiplier_of_one(local: str) -> None:
    wanted = Contract(localSymbol=local, secType="FUT", exchange="EUREX")
    rows = contract_details(CATALOGUE, wanted, CAPTURED, HOURS)
    assert isinstance(rows, tuple)
    assert rows[0].contract.multiplier == "1"


ENDED = {
    "ZC": "20260714 12:01:00 US/Central",  # as a gateway told of soybeans, 12:01:00
    "GC": "20260626 17:00:00 US/Eastern",
    "DAX": "20260619 22:00:00 MET",
    "FOP": "20260618 16:00:00 US/Central",
    "WAR": "20271217 17:30:00 MET",
}


@walk("kind", ENDED)
def test_what_ends_has_a_time_of_its_last_trade(kind: str) -> None:
    # A client of Go splits it at its blanks and ends at a date alone.
    more = {
        "GC": Contract(localSymbol="GCM6", secType="FUT", exchange="COMEX"),
        "DAX": Contract(localSymbol="FDAX JUN 26", secType="FUT", exchange="EUREX"),
    }
    rows = contract_details(CATALOGUE, (KINDS | more)[kind], CAPTURED, HOURS)
    assert isinstance(rows, tuple)
    (details,) = rows
    assert details.contract.lastTradeDateOrContractMonth == ENDED[kind]


def test_a_cfd_names_the_contract_whose_quotes_it_has() -> None:
    rows = contract_details(CATALOGUE, KINDS["CFD"], CAPTURED, HOURS)
    assert isinstance(rows, tuple)
    assert rows[0].underConId == 8314


def test_price_steps_of_a_rule() -> None:
    rows = increments(109)
    assert rows is not None
    assert [(row.lowEdge, row.increment) for row in rows] == [(0.0, 0.01), (3.0, 0.05)]
    assert increments(999) is None


def test_corn_as_a_gateway_told_it() -> None:
    """Of December 2023, in a public test: what does not depend on the month or on the build."""
    wanted = Contract(
        symbol="ZC", secType="FUT", exchange="CBOT", lastTradeDateOrContractMonth="202612"
    )
    rows = contract_details(CATALOGUE, wanted, CAPTURED, HOURS)
    assert isinstance(rows, tuple)
    (told,) = rows
    assert (told.contract.conId, told.underConId, told.underSymbol, told.underSecType) == (
        602619735, 11160400, "ZC", "IND",
    )  # fmt: skip
    assert (told.minTick, told.priceMagnifier, told.contract.multiplier) == (0.0025, 100, "5000")
    assert (told.validExchanges, told.longName) == ("CBOT,QBALGO", "Corn Futures")
    assert (told.timeZoneId, told.contract.tradingClass) == ("US/Central", "ZC")


def test_a_weekly_option_on_a_future_is_as_a_gateway_told_it() -> None:
    # E4A: rule 3541, step 0.05; on its last day trading ends at 15:00.
    wanted = Contract(
        symbol="ES", secType="FOP", exchange="CME", tradingClass="E4A", strike=6800.0, right="C"
    )
    april = int(datetime(2026, 4, 20, 15, tzinfo=UTC).timestamp()) * 1_000_000_000
    rows = contract_details(CATALOGUE, wanted, april, HOURS)
    assert isinstance(rows, tuple)
    assert {details.marketRuleIds for details in rows} == {"3541,3541"}
    assert {details.minTick for details in rows} == {0.05}
    (last, *_) = (details.contract.lastTradeDateOrContractMonth for details in rows)
    assert last == "20260427 15:00:00 US/Central"


FUNDS = {"VINIX": "004", "VBTLX": "002", "VWELX": "003"}


@walk("symbol", FUNDS)
def test_a_fund_says_what_it_invests_in_and_that_it_pays_out(symbol: str) -> None:
    wanted = Contract(symbol=symbol, secType="FUND", exchange="FUNDSERV")
    rows = contract_details(CATALOGUE, wanted, CAPTURED, HOURS)
    assert isinstance(rows, tuple)
    assert rows[0].fundAssetType == FUNDS[symbol]
    assert rows[0].fundDistributionPolicyIndicator == "Y"


@walk("symbol", ["NDX", "RUT", "COMP", "SOX", "SPX"])
def test_an_index_has_the_hours_in_which_it_is_computed(symbol: str) -> None:
    wanted = Contract(symbol=symbol, secType="IND")
    rows = contract_details(CATALOGUE, wanted, CAPTURED, HOURS)
    assert isinstance(rows, tuple)
    assert rows[0].tradingHours == rows[0].liquidHours
    assert rows[0].liquidHours.split(";")[1][9:13] in ("0930", "0830")
