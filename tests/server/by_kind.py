"""What each request for market data brings for each kind of contract, as a table.

``TABLE`` is what the tests demand and what ``docs/reference/requests.md`` shows; ``measured`` asks
a station.
"""

from collections.abc import Callable
from typing import Any, Final

from papertape.model import Contract
from papertape.wire.catalogue import depth, market, ticks
from papertape.wire.catalogue.history import ReqHistoricalData
from papertape.wire.catalogue.session import ErrorMessage
from papertape.wire.message import Message
from server.pair import Client, Hall

KINDS: Final[dict[str, Contract]] = {
    "STK": Contract(symbol="IBM", secType="STK", exchange="SMART", currency="USD"),
    "ETF": Contract(symbol="SPY", secType="STK", exchange="SMART", currency="USD"),
    "IND": Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD"),
    "CASH": Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD"),
    "FUT": Contract(
        symbol="ES", secType="FUT", exchange="CME", lastTradeDateOrContractMonth="202606"
    ),
    "OPT": Contract(localSymbol="SPY   260618C00680000", secType="OPT", exchange="SMART"),
    "FOP": Contract(localSymbol="ESM6 C6800", secType="FOP", exchange="CME"),
    "BOND": Contract(symbol="IBCID236491195", secType="BOND", exchange="SMART"),
    "CRYPTO": Contract(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD"),
    "CMDTY": Contract(symbol="XAUUSD", secType="CMDTY", exchange="SMART", currency="USD"),
    "CFD": Contract(symbol="IBUS500", secType="CFD", exchange="SMART", currency="USD"),
    "CFD on a share": Contract(symbol="IBM", secType="CFD", exchange="SMART", currency="USD"),
    "FUND": Contract(symbol="VFIAX", secType="FUND", exchange="FUNDSERV", currency="USD"),
    "WAR": Contract(
        symbol="DAX",
        secType="WAR",
        exchange="FWB",
        currency="EUR",
        strike=20000.0,
        right="C",
        lastTradeDateOrContractMonth="20271217",
        multiplier="0.01",
    ),
}
SHOWN: Final = (
    "TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK", "AGGTRADES", "ADJUSTED_LAST", "SCHEDULE",
    "HISTORICAL_VOLATILITY", "OPTION_IMPLIED_VOLATILITY", "FEE_RATE", "YIELD_BID", "YIELD_ASK",
    "YIELD_BID_ASK", "YIELD_LAST",
)  # fmt: skip
LIVE: Final = ("TRADES", "MIDPOINT", "BID", "ASK")
"""What bars that go on can be made of."""
Make = Callable[[int, Contract], Message]


def _bars(what: str) -> Make:
    return lambda number, one: ReqHistoricalData(number, one, "", "1 day", "1 M", True, what, 1)


def _kept(what: str) -> Make:
    return lambda number, one: ReqHistoricalData(
        number, one, "", "1 min", "1800 S", False, what, 1, True
    )


def _past(what: str) -> Make:
    start = "20260412-14:00:00"
    return lambda number, one: ticks.ReqHistoricalTicks(number, one, start, "", 10, what, False)


def _head(what: str) -> Make:
    return lambda number, one: ticks.ReqHeadTimeStamp(number, one, True, what, 1)


def _single(kind: str) -> Make:
    return lambda number, one: ticks.ReqTickByTickData(number, one, kind)


def _five(what: str) -> Make:
    return lambda number, one: ticks.ReqRealTimeBars(number, one, 5, what, False)


REQUESTS: Final[dict[str, Make]] = {
    "reqMktData": market.ReqMktData,
    "reqMktData, snapshot": lambda number, one: market.ReqMktData(number, one, "", True),
    "reqMktData, regulatory snapshot": lambda number, one: market.ReqMktData(
        number, one, "", False, True
    ),
    "reqMktDepth": lambda number, one: depth.ReqMktDepth(number, one, 5, one.exchange == "SMART"),
    **{
        f"reqTickByTickData {kind}": _single(kind)
        for kind in ("Last", "AllLast", "BidAsk", "MidPoint")
    },
    **{f"reqRealTimeBars {what}": _five(what) for what in LIVE},
    **{f"reqHistoricalTicks {what}": _past(what) for what in ("TRADES", "BID_ASK", "MIDPOINT")},
    **{f"reqHeadTimeStamp {what}": _head(what) for what in SHOWN},
    "reqHistogramData": lambda number, one: ticks.ReqHistogramData(number, one, True, "1 day"),
    **{f"reqHistoricalData {what}": _bars(what) for what in SHOWN},
    **{f"reqHistoricalData {what}, kept up to date": _kept(what) for what in LIVE},
}
"""Each request that names a contract and wants its market."""
QUIET: Final = (2119, 2104, 2106, 2107, 2108, 2152, 2158, 2174)
"""Notices that go with answers."""


def measured(hall: Hall, client: Client, kind: str, number: int, request: str) -> str:
    """What a request brings: ``yes`` for an answer, 91 or 92 for another contract to ask about, or
    the code of its refusal."""
    client.send(REQUESTS[request](number, KINDS[kind]))
    got = client.got()
    for _ in range(120):
        if any(_counts(one) for one in got):
            break
        hall.wait(5)
        got += client.got()
    codes = [str(one.errorCode) for one in got if isinstance(one, ErrorMessage)]
    refused = [code for code in codes if int(code) not in QUIET]
    if refused:
        return refused[0]
    names = {type(one).__name__ for one in got if _counts(one)}
    rerouted = names & REROUTED.keys()
    return REROUTED[rerouted.pop()] if rerouted else "yes" if names else "none"


def _counts(message: Any) -> bool:
    if isinstance(message, ErrorMessage):
        return message.errorCode not in QUIET
    name = type(message).__name__
    return name in ANSWERS


REROUTED: Final = {"RerouteMarketDataRequest": "91", "RerouteMarketDepthRequest": "92"}
ANSWERS: Final = frozenset((
    "TickPrice", "TickSnapshotEnd", "MarketDepth", "MarketDepthL2", "TickByTickData",
    "RealTimeBarTick", "HistoricalTicks", "HistoricalTicksBidAsk", "HistoricalTicksLast",
    "HeadTimestamp", "HistogramData", "HistoricalData", "HistoricalSchedule",
    "RerouteMarketDataRequest", "RerouteMarketDepthRequest",
))  # fmt: skip
# request | what it brings for each of KINDS; none: no trade within ten minutes
TABLE: Final = """
reqMktData|yes yes yes yes yes yes yes yes yes yes yes 91 yes yes
reqMktData, snapshot|yes yes yes yes yes yes yes yes yes yes yes 91 yes yes
reqMktData, regulatory snapshot|yes yes 322 322 322 yes 322 322 322 322 322 91 322 322
reqMktDepth|yes yes 10092 yes yes yes yes 10092 yes 10092 10092 92 10092 10092
reqTickByTickData Last|yes yes 10189 10189 yes 10189 10189 none yes 10189 10189 10189 10189 none
reqTickByTickData AllLast|yes yes 10189 10189 yes 10189 10189 none yes 10189 10189 10189 10189 none
reqTickByTickData BidAsk|yes yes 10189 yes yes 10189 10189 yes yes yes yes yes 10189 yes
reqTickByTickData MidPoint|yes yes 10189 yes yes 10189 10189 yes yes yes yes yes 10189 yes
reqRealTimeBars TRADES|yes yes yes 420 yes yes yes yes 10299 420 420 420 420 yes
reqRealTimeBars MIDPOINT|yes yes 420 yes yes yes yes yes yes yes yes yes yes yes
reqRealTimeBars BID|yes yes 420 yes yes yes yes yes yes yes yes yes yes yes
reqRealTimeBars ASK|yes yes 420 yes yes yes yes yes yes yes yes yes yes yes
reqHistoricalTicks TRADES|yes yes yes 10187 yes yes yes yes yes 10187 10187 10187 10187 yes
reqHistoricalTicks BID_ASK|yes yes 10187 yes yes yes yes yes yes yes yes yes yes yes
reqHistoricalTicks MIDPOINT|yes yes 10187 yes yes yes yes yes yes yes yes yes yes yes
reqHeadTimeStamp TRADES|yes yes yes 162 yes yes yes yes 10299 162 162 162 162 yes
reqHeadTimeStamp MIDPOINT|yes yes 162 yes yes yes yes yes yes yes yes yes yes yes
reqHeadTimeStamp BID|yes yes 162 yes yes yes yes yes yes yes yes yes yes yes
reqHeadTimeStamp ASK|yes yes 162 yes yes yes yes yes yes yes yes yes yes yes
reqHeadTimeStamp BID_ASK|yes yes 162 yes yes yes yes yes yes yes yes yes yes yes
reqHeadTimeStamp AGGTRADES|162 162 162 162 162 162 162 162 yes 162 162 162 162 162
reqHeadTimeStamp ADJUSTED_LAST|yes yes 162 162 162 162 162 162 162 162 162 162 162 162
reqHeadTimeStamp SCHEDULE|yes yes yes yes yes 162 162 yes yes yes yes yes yes yes
reqHeadTimeStamp HISTORICAL_VOLATILITY|yes yes yes 162 162 162 162 162 162 162 162 162 162 162
reqHeadTimeStamp OPTION_IMPLIED_VOLATILITY|yes yes yes 162 162 162 162 162 162 162 162 162 162 162
reqHeadTimeStamp FEE_RATE|yes yes 162 162 162 162 162 162 162 162 162 162 162 162
reqHeadTimeStamp YIELD_BID|162 162 162 162 162 162 162 yes 162 162 162 162 162 162
reqHeadTimeStamp YIELD_ASK|162 162 162 162 162 162 162 yes 162 162 162 162 162 162
reqHeadTimeStamp YIELD_BID_ASK|162 162 162 162 162 162 162 yes 162 162 162 162 162 162
reqHeadTimeStamp YIELD_LAST|162 162 162 162 162 162 162 yes 162 162 162 162 162 162
reqHistogramData|yes yes 162 162 yes yes yes yes yes 162 162 162 162 yes
reqHistoricalData TRADES|yes yes yes 162 yes yes yes yes 10299 162 162 162 162 yes
reqHistoricalData MIDPOINT|yes yes 162 yes yes yes yes yes yes yes yes yes yes yes
reqHistoricalData BID|yes yes 162 yes yes yes yes yes yes yes yes yes yes yes
reqHistoricalData ASK|yes yes 162 yes yes yes yes yes yes yes yes yes yes yes
reqHistoricalData BID_ASK|yes yes 162 yes yes yes yes yes yes yes yes yes yes yes
reqHistoricalData AGGTRADES|162 162 162 162 162 162 162 162 yes 162 162 162 162 162
reqHistoricalData ADJUSTED_LAST|yes yes 162 162 162 162 162 162 162 162 162 162 162 162
reqHistoricalData SCHEDULE|yes yes yes yes yes 162 162 yes yes yes yes yes yes yes
reqHistoricalData HISTORICAL_VOLATILITY|yes yes yes 162 162 162 162 162 162 162 162 162 162 162
reqHistoricalData OPTION_IMPLIED_VOLATILITY|yes yes yes 162 162 162 162 162 162 162 162 162 162 162
reqHistoricalData FEE_RATE|yes yes 162 162 162 162 162 162 162 162 162 162 162 162
reqHistoricalData YIELD_BID|162 162 162 162 162 162 162 yes 162 162 162 162 162 162
reqHistoricalData YIELD_ASK|162 162 162 162 162 162 162 yes 162 162 162 162 162 162
reqHistoricalData YIELD_BID_ASK|162 162 162 162 162 162 162 yes 162 162 162 162 162 162
reqHistoricalData YIELD_LAST|162 162 162 162 162 162 162 yes 162 162 162 162 162 162
reqHistoricalData TRADES, kept up to date|yes yes yes 162 yes yes yes yes 10299 162 162 162 162 yes
reqHistoricalData MIDPOINT, kept up to date|yes yes 162 yes yes yes yes yes yes yes yes yes yes yes
reqHistoricalData BID, kept up to date|yes yes 162 yes yes yes yes yes yes yes yes yes yes yes
reqHistoricalData ASK, kept up to date|yes yes 162 yes yes yes yes yes yes yes yes yes yes yes
"""


def table() -> dict[str, tuple[str, ...]]:
    """``TABLE`` by request."""
    rows = (line.split("|") for line in TABLE.strip().splitlines())
    return {name: tuple(cells.split()) for name, cells in rows}
