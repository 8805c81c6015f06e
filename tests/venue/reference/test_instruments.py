"""Which listings a contract description refers to, and the details of each."""

import re

import msgspec
import pytest

from papertape.codes import text
from papertape.model import Contract
from papertape.venue.reference.details import MARKET_RULES, contract_details
from papertape.venue.reference.instruments import (
    LONGEST_REMEMBERED,
    Instruments,
    Listing,
    Purpose,
    Refusal,
)
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.sessions import TradingHours
from venue.scenario import START
from walks import walk

ALWAYS = TradingHours(CATALOGUE)

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
    # The listing may stand behind the router, which takes several of one symbol apart.
    (Contract(symbol="AAPL", secType="STK", exchange="SMART:NASDAQ"), [(265598, "SMART")]),
    (Contract(symbol="AAPL", secType="STK", exchange="smart/island"), [(265598, "SMART")]),
    (Contract(symbol="AAPL", secType="STK", exchange="SMART:TSE"), [(532640894, "SMART")]),
    (
        Contract(symbol="AAPL", secType="STK", exchange="SMART/"),
        [(265598, "SMART"), (273982664, "SMART"), (532640894, "SMART")],
    ),
    (
        Contract(symbol="AAPL", secType="STK", exchange="SMART:TSE", primaryExchange="NASDAQ"),
        [(265598, "SMART")],
    ),
    (Contract(symbol="AAPL", secType="STK", exchange="ARCA:NASDAQ"), [(265598, "ARCA")]),
    (Contract(symbol="AAPL", secType="STK", exchange="SMART:ARCA"), 200),
    (Contract(symbol="AAPL", secType="STK", exchange="SMART:NOWHERE"), 200),
    (Contract(conId=265598, exchange="SMART/NASDAQ"), [(265598, "SMART")]),
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
    (Contract(symbol="AAPL", secType="STK", exchange="LSE"), 200),
    (Contract(conId=265598, secType="STK", exchange="IDEALPRO"), 200),
]


@walk(("wanted", "expected"), MATCHES)
def test_match(wanted: Contract, expected: list[tuple[int, str]] | int) -> None:
    rows = CATALOGUE.match(wanted)
    if isinstance(rows, Refusal):
        assert rows.code == expected
    else:
        assert [(row.instrument.conId, row.exchange) for row in rows] == expected


# What stands for nothing: SMART routes and lists nothing, and many programs name it all the same.
# A suffix after a point is left out.
SAME = [
    Contract(symbol="AAPL", exchange="SMART", primaryExchange="SMART"),
    Contract(symbol="AAPL", exchange="SMART", primaryExchange="smart"),
    Contract(localSymbol="AAPL", exchange="SMART", primaryExchange="SMART"),
    Contract(symbol="AAPL", exchange="SMART", primaryExchange="NASDAQ.NMS"),
]


@walk("wanted", SAME)
def test_what_says_nothing_of_the_listing(wanted: Contract) -> None:
    wanted = msgspec.structs.replace(wanted, secType="STK", currency="USD")
    found = CATALOGUE.resolve(wanted)
    assert isinstance(found, Listing)
    assert (found.instrument.conId, found.exchange) == (265598, "SMART")


SYMBOL, TYPE, EXCHANGE, DESTINATION = "symbol", "security_type", "exchange", "destination"
FULL = {"symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD"}
OPTION = {"secType": "OPT", "exchange": "SMART", "currency": "USD", "symbol": "AAPL"}
FUTURE = {"secType": "FUT", "exchange": "CME", "currency": "USD", "symbol": "ES"}
SERIES = {"lastTradeDateOrContractMonth": "20260618", "strike": 250.0, "right": "C"}
NOTHING = ""
"""The description is complete, but no instrument here has it."""
D, H, Q, O = Purpose.DETAILS, Purpose.HISTORY, Purpose.QUOTES, Purpose.ORDER  # noqa: E741

# a description -> what is wrong with it, for details, history, quotes and orders; None: nothing
INCOMPLETE: list[tuple[Contract, dict[Purpose, str | None]]] = [
    (Contract(**FULL), {D: None, H: None, Q: None, O: None}),
    (Contract(**FULL | {"exchange": ""}), {D: None, H: EXCHANGE, Q: EXCHANGE, O: "no_exchange"}),
    (Contract(**FULL | {"exchange": " "}), {D: None, H: EXCHANGE, Q: EXCHANGE, O: "no_exchange"}),
    (
        Contract(**FULL | {"exchange": ":NASDAQ"}),
        {D: None, H: EXCHANGE, Q: EXCHANGE, O: "no_exchange"},
    ),
    (Contract(**FULL | {"exchange": "SMART:NASDAQ"}), {D: None, H: None, Q: None, O: None}),
    (Contract(**FULL | {"secType": ""}), {D: TYPE, H: TYPE, Q: TYPE, O: TYPE}),
    (Contract(**FULL | {"secType": "FOO"}), {D: TYPE, H: TYPE, Q: TYPE, O: TYPE}),
    (Contract(**FULL | {"symbol": ""}), {D: SYMBOL, H: SYMBOL, Q: SYMBOL, O: SYMBOL}),
    (Contract(), {D: SYMBOL, H: SYMBOL, Q: SYMBOL, O: SYMBOL}),
    # A number stands for all but the exchange; what is said beside it must be said rightly.
    (Contract(conId=265598), {D: None, H: EXCHANGE, Q: EXCHANGE, O: "no_exchange"}),
    (Contract(conId=265598, exchange="SMART"), {D: None, H: None, Q: None, O: None}),
    (Contract(conId=265598, secType="STK"), {D: None, H: EXCHANGE, Q: EXCHANGE, O: "no_exchange"}),
    (Contract(conId=265598, secType="FOO", exchange="SMART"), {D: TYPE, H: TYPE, Q: TYPE, O: TYPE}),
    (Contract(conId=265598, exchange="MKT"), {
        D: DESTINATION, H: DESTINATION, Q: DESTINATION, O: "order_destination"}),
    (Contract(**FULL | {"exchange": "MKT"}), {
        D: DESTINATION, H: DESTINATION, Q: DESTINATION, O: "order_destination"}),
    (Contract(**FULL | {"primaryExchange": "XPAR"}), {
        D: DESTINATION, H: DESTINATION, Q: DESTINATION, O: "order_destination"}),
    (Contract(**FULL | {"primaryExchange": "NYSE"}), {D: NOTHING, Q: NOTHING, O: NOTHING}),
    (Contract(**FULL | {"exchange": "CME"}), {D: NOTHING, Q: NOTHING, O: NOTHING}),
    (Contract(secType="BOND", issuerId="e1234567", exchange="SMART"), {D: NOTHING, Q: SYMBOL}),
    (Contract(secIdType="ISIN", secId="US4592001014", exchange="NYSE"), {D: None}),
    # Contracts of a series: details list them, everything else wants one of them.
    (Contract(**OPTION), {D: None, H: "series", Q: "series", O: "series"}),
    (Contract(**OPTION, **SERIES), {D: None, H: None, Q: None, O: None}),
    (Contract(**OPTION, **SERIES | {"right": ""}), {D: None, Q: "series"}),
    (Contract(**OPTION, **SERIES | {"right": "0"}), {Q: "series"}),
    (Contract(**OPTION, **SERIES | {"strike": 0.0}), {Q: "series"}),
    (Contract(**OPTION, **SERIES | {"strike": None}), {Q: "series"}),
    (Contract(**OPTION, localSymbol="AAPL  260619C00250000"), {D: NOTHING, Q: NOTHING}),
    (Contract(**OPTION, localSymbol="AAPL  260618C00250000"), {D: None, Q: None}),
    (Contract(**FUTURE), {D: None, H: "no_expiry", Q: "no_expiry", O: "no_expiry"}),
    (Contract(**FUTURE, lastTradeDateOrContractMonth="202606"), {Q: None}),
    (Contract(**FUTURE, localSymbol="ESM6"), {Q: None}),
    (Contract(**FUTURE | {"secType": "FOP"}), {Q: "no_expiry"}),
    (Contract(**FUTURE | {"secType": "FOP"}, lastTradeDateOrContractMonth="202606"), {
        Q: "series"}),
    (Contract(**FUTURE | {"secType": "CONTFUT"}), {D: None, H: None, Q: TYPE, O: TYPE}),
    (Contract(**FUTURE | {"secType": "FUT+CONTFUT"}), {D: None, H: TYPE, Q: TYPE, O: TYPE}),
    # Two things are missing: the first of symbol, type, series, exchange is named.
    (Contract(exchange="SMART"), {Q: SYMBOL}),
    (Contract(symbol="AAPL"), {Q: TYPE}),
    (Contract(symbol="ES", secType="FUT"), {Q: "no_expiry"}),
]  # fmt: skip
CASES = [(wanted, use, wrong) for wanted, row in INCOMPLETE for use, wrong in row.items()]


@pytest.mark.long
@walk(("wanted", "use", "wrong"), CASES)
def test_a_request_wants_a_complete_contract(
    wanted: Contract, use: Purpose, wrong: str | None
) -> None:
    details = use is Purpose.DETAILS
    found = CATALOGUE.match(wanted, now=START) if details else CATALOGUE.resolve(wanted, use, START)
    if wrong is None:
        assert not isinstance(found, Refusal)
        return
    assert isinstance(found, Refusal)
    assert (found.code, found.variant) == {
        NOTHING: (200, None), DESTINATION: (200, wrong), "order_destination": (200, wrong),
    }.get(wrong, (321, wrong))  # fmt: skip


@walk(
    ("variant", "told"),
    [
        ("exchange", "Please enter exchange"),
        ("no_exchange", "Missing order exchange"),
        ("security_type", "Please enter a valid security type"),
        ("symbol", "The symbol or the local-symbol or the security id must be entered"),
        ("no_expiry", "Please enter a local symbol or an expiry"),
        ("series", ("When the local symbol field is empty, please fill the following fields "
         "(right, strike, expiry)")),
    ],
)  # fmt: skip
def test_the_words_for_what_is_missing(variant: str, told: str) -> None:
    refused = [CATALOGUE.resolve(wanted, use) for wanted, use, wrong in CASES if wrong == variant]
    assert refused
    for refusal in refused:
        assert isinstance(refusal, Refusal)
        words = text(321, refusal.variant, **{"tag": "bN", **refusal.facts})
        assert re.fullmatch("Error validating request.-'b.' : cause - " + re.escape(told), words)


def test_the_words_for_an_exchange_that_is_none() -> None:
    assert text(200, "destination") == "The destination or exchange selected is Invalid."
    assert text(200, "order_destination").startswith(
        'The destination or exchange selected is Invalid. Please review your order\'s "Destination"'
    )


def test_only_contracts_that_there_are_stay_in_memory() -> None:
    catalogue = Instruments(CATALOGUE)
    for number in range(100):
        catalogue.resolve(Contract(**FULL | {"symbol": f"NONE{number}"}))
        catalogue.resolve(Contract(**FULL | {"exchange": f"NONE{number}"}))
        catalogue.resolve(Contract(**FULL | {"symbol": "IBM"}, conId=265598 + number))
        catalogue.resolve(Contract(**FULL | {"exchange": ""}, localSymbol=f"{number}"))
    assert catalogue.remembered == 0
    assert isinstance(catalogue.resolve(Contract(**FULL)), Listing)
    assert catalogue.remembered == 1


@walk("field", ["secId", "primaryExchange", "exchange"])
def test_a_contract_with_long_texts_is_found_and_not_kept(field: str) -> None:
    """These may hold anything, or blanks, beside a number, and the contract is found."""
    catalogue = Instruments(CATALOGUE)
    texts = {"exchange": "SMART"}
    texts[field] = texts.get(field, "") + " " * (LONGEST_REMEMBERED + 1)
    assert isinstance(catalogue.resolve(Contract(conId=265598, **texts)), Listing)
    assert catalogue.remembered == 0


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


def test_resolve_takes_one_listing_but_not_several() -> None:
    one = CATALOGUE.resolve(Contract(symbol="IBM", secType="STK", exchange="NYSE"))
    assert isinstance(one, Listing)
    assert (one.instrument.conId, one.exchange) == (8314, "NYSE")
    many = CATALOGUE.resolve(Contract(symbol="AAPL", secType="STK", exchange="SMART"))
    assert many == Refusal(200, {"symbol": "AAPL"}, "ambiguous")


def test_conflict_names_the_field() -> None:
    refusal = CATALOGUE.match(Contract(conId=265598, symbol="MSFT"))
    assert refusal == Refusal(478, {"field": "symbol", "requested": "MSFT", "known": "AAPL"})


def test_search_by_symbol_prefix_then_name() -> None:
    assert [e.symbol for e in CATALOGUE.search("goog")] == ["GOOG", "GOOGL"]
    assert [e.symbol for e in CATALOGUE.search("Apple")][:4] == ["AAPL"] * 4
    assert next(iter(CATALOGUE.search("A"))).symbol == "A"
    assert [e.symbol for e in CATALOGUE.search("A", (4391, 265598, 8314, 5))] == [
        "AMD",
        "AAPL",
        "IBM",
    ]
    assert len(CATALOGUE.search("A")) <= 16
    assert CATALOGUE.search(" ") == ()


KNOWN = {
    "SPY": 756733, "TSLA": 76792991, "IBM": 8314, "BAC": 10098, "MSFT": 272093, "AMZN": 3691937,
    "NVDA": 4815747, "GOOG": 208813720, "GOOGL": 208813719, "AMD": 4391, "META": 107113386,
    "QQQ": 320227571,
}  # fmt: skip


@walk("symbol", KNOWN)
def test_catalogue_carries_the_public_contract_ids(symbol: str) -> None:
    rows = contract_details(
        CATALOGUE,
        Contract(symbol=symbol, secType="STK", exchange="SMART", currency="USD"),
        START,
        ALWAYS,
    )
    assert isinstance(rows, tuple)
    (details,) = rows
    assert details.contract.conId == KNOWN[symbol]
    assert details.contract.localSymbol == symbol


def test_details_of_apple() -> None:
    wanted = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
    rows = contract_details(CATALOGUE, wanted, START, ALWAYS)
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
        rows = contract_details(CATALOGUE, Contract(conId=entry.conId), START, ALWAYS)
        assert isinstance(rows, tuple), entry
        rules = rows[0].marketRuleIds.split(",")
        assert len(rules) == len(entry.exchanges) == len(set(entry.exchanges)), entry.symbol
        increments = [MARKET_RULES[int(rule)][0][1] for rule in rules]
        assert increments == [entry.tick / entry.scale] * len(rules), entry.symbol
        assert entry.primaryExchange in ("", *entry.exchanges)
        assert entry.longName, entry.symbol
