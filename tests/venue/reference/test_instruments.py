"""Which listings a contract description refers to, and the details of each."""

import pytest

from papertape.model import Contract
from papertape.venue.reference.details import MARKET_RULES, contract_details
from papertape.venue.reference.instruments import Listing, Refusal
from papertape.venue.reference.listings import CATALOGUE
from venue.scenario import START

# description -> (conId, exchange) of every row, or the refusal
MATCHES = [
    (Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD"), [(265598, "SMART")]),
    (Contract(symbol="aapl", secType="stk", exchange="smart", currency="usd"), [(265598, "SMART")]),
    (
        Contract(symbol="AAPL", secType="STK", exchange="SMART"),
        [(265598, "SMART"), (273982664, "SMART"), (532640894, "SMART")],
    ),
    (Contract(symbol="AAPL", secType="STK", exchange="MEXI"), [(38708077, "MEXI")]),
    (Contract(symbol="AAPL", secType="STK", exchange="ISLAND"), [(265598, "NASDAQ")]),
    (Contract(symbol="AAPL", secType="STK", exchange="NASDAQ"), [(265598, "NASDAQ")]),
    (
        Contract(symbol="AAPL", secType="STK", exchange="SMART", primaryExchange="ISLAND"),
        [(265598, "SMART")],
    ),
    (
        Contract(symbol="AAPL", secType="STK", exchange="SMART", primaryExchange="TSE"),
        [(532640894, "SMART")],
    ),
    (Contract(conId=265598), [(265598, "SMART")]),
    (Contract(conId=265598, exchange="ARCA"), [(265598, "ARCA")]),
    (Contract(conId=38708077), [(38708077, "MEXI")]),
    (Contract(conId=38708077, exchange="SMART"), 200),
    (Contract(conId=1), 200),
    (Contract(conId=265598, symbol=" AAPL"), 478),
    (Contract(conId=265598, symbol="AAPL", currency="CAD"), 478),
    (Contract(localSymbol="EUR.USD", secType="CASH"), [(12087792, "IDEALPRO")]),
    (
        Contract(symbol="EUR", secType="CASH", currency="USD", exchange="IDEALPRO"),
        [(12087792, "IDEALPRO")],
    ),
    (Contract(secIdType="ISIN", secId="US4592001014", exchange="NYSE"), [(8314, "NYSE")]),
    (Contract(secIdType="ISIN", secId="US0000000000", exchange="NYSE"), 200),
    (Contract(symbol="ZZZZ", secType="STK"), 200),
    (Contract(secType="STK", currency="USD"), 200),
]


@pytest.mark.parametrize(("wanted", "expected"), MATCHES)
def test_match(wanted: Contract, expected: list[tuple[int, str]] | int) -> None:
    rows = CATALOGUE.match(wanted)
    if isinstance(rows, Refusal):
        assert rows.code == expected
    else:
        assert [(row.instrument.conId, row.exchange) for row in rows] == expected


def test_without_an_exchange_every_exchange_of_every_listing_has_a_row() -> None:
    rows = CATALOGUE.match(Contract(symbol="AAPL", secType="STK"))
    assert isinstance(rows, tuple)
    american = [row.exchange for row in rows if row.instrument.conId == 265598]
    assert american == list(CATALOGUE[265598].exchanges)
    assert [row.exchange for row in rows[len(american) :]] == [
        "MEXI",
        "SMART",
        "EBS",
        "SMART",
        "TSE",
    ]


def test_resolve_takes_one_listing_on_several_exchanges_but_not_several_listings() -> None:
    one = CATALOGUE.resolve(Contract(symbol="IBM", secType="STK"))
    assert isinstance(one, Listing)
    assert (one.instrument.conId, one.exchange) == (8314, "SMART")
    many = CATALOGUE.resolve(Contract(symbol="AAPL", secType="STK", exchange="SMART"))
    assert many == Refusal(200, {"symbol": "AAPL"}, "ambiguous")


def test_conflict_names_the_field() -> None:
    refusal = CATALOGUE.match(Contract(conId=265598, symbol="MSFT"))
    assert refusal == Refusal(478, {"field": "symbol", "requested": "MSFT", "known": "AAPL"})


def test_search_by_symbol_prefix_then_name() -> None:
    assert [e.symbol for e in CATALOGUE.search("goog")] == ["GOOG", "GOOGL"]
    assert [e.symbol for e in CATALOGUE.search("Apple")] == ["AAPL"] * 4
    assert [e.symbol for e in CATALOGUE.search("A")][:2] == ["AMD", "AAPL"]
    assert len(CATALOGUE.search("A")) <= 16
    assert CATALOGUE.search(" ") == ()


KNOWN = {
    "SPY": 756733, "TSLA": 76792991, "IBM": 8314, "BAC": 10098, "MSFT": 272093, "AMZN": 3691937,
    "NVDA": 4815747, "GOOG": 208813720, "GOOGL": 208813719, "AMD": 4391, "META": 107113386,
    "QQQ": 320227571,
}  # fmt: skip


@pytest.mark.parametrize("symbol", KNOWN)
def test_catalogue_carries_the_public_contract_ids(symbol: str) -> None:
    rows = contract_details(
        CATALOGUE, Contract(symbol=symbol, secType="STK", exchange="SMART", currency="USD"), START
    )
    assert isinstance(rows, tuple)
    (details,) = rows
    assert details.contract.conId == KNOWN[symbol]
    assert details.contract.localSymbol == symbol


def test_details_of_apple() -> None:
    wanted = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
    rows = contract_details(CATALOGUE, wanted, START)
    assert isinstance(rows, tuple)
    (details,) = rows
    assert (details.marketName, details.minTick, details.longName) == ("NMS", 0.01, "APPLE INC")
    assert details.contract.primaryExchange == "NASDAQ"
    assert (details.industry, details.category) == ("Technology", "Computers")
    assert [(pair.tag, pair.value) for pair in details.secIdList] == [("ISIN", "US0378331005")]
    sizes = (details.minSize, details.sizeIncrement, details.suggestedSizeIncrement)
    assert [str(size) for size in sizes] == ["0.0001", "0.0001", "100"]
    assert details.timeZoneId == "US/Eastern"
    spans = details.tradingHours.split(";")
    assert spans[0] == "20260413:0000-20260413:2359"
    assert len(spans) == 6


def test_every_instrument_is_consistent() -> None:
    for entry in CATALOGUE:
        rows = contract_details(CATALOGUE, Contract(conId=entry.conId), START)
        assert isinstance(rows, tuple), entry
        rules = rows[0].marketRuleIds.split(",")
        assert len(rules) == len(entry.exchanges) == len(set(entry.exchanges)), entry.symbol
        increments = [MARKET_RULES[int(rule)][0][1] for rule in rules]
        assert increments == [entry.tick / entry.scale] * len(rules), entry.symbol
        assert entry.primaryExchange in ("", *entry.exchanges)
        assert entry.longName, entry.symbol
