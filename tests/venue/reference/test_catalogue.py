"""The long catalogue: every line is an instrument, every number is of one, and is found."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertape.model import Contract
from papertape.venue.reference import catalogue, listings, numbers
from papertape.venue.reference.catalogue import Catalogue, instrument, number_of
from papertape.venue.reference.instruments import Instruments, Listing, Purpose, Refusal
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.roots import roots
from papertape.venue.reference.rules import MARKET_RULES, rules_of
from papertape.venue.reference.securities import KINDS
from walks import walk

LINES = gzip.decompress(listings._lines()).decode().splitlines()
ALL = Catalogue(listings._lines)
NOW = int(datetime(2026, 11, 27, 15, tzinfo=UTC).timestamp()) * 1_000_000_000


def test_nothing_is_read_before_somebody_asks() -> None:
    def load() -> bytes:
        raise AssertionError("read")

    lazy = Instruments([*CATALOGUE], Catalogue(load))
    assert isinstance(lazy.resolve(Contract(conId=265598, exchange="SMART")), Listing)
    with pytest.raises(AssertionError):
        lazy.get(1)


def test_thousands_of_instruments_of_every_kind() -> None:
    kinds = [line.partition("\t")[0] for line in LINES]
    assert len(LINES) > 8000
    assert set(kinds) == {
        "STK",
        "IND",
        "CASH",
        "CRYPTO",
        "CMDTY",
        "CFD",
        "NEWS",
        "FUND",
        "BOND",
        "WAR",
    }
    assert len(ALL) == len(LINES)


@pytest.mark.long
def test_every_line_is_an_instrument_that_is_consistent() -> None:
    for entry in ALL:
        assert type(entry) is KINDS[entry.secType]
        rules = rules_of(entry)
        assert len(rules) == len(entry.exchanges) == len(set(entry.exchanges)), entry
        assert min(step for rule in rules for _, step in MARKET_RULES[rule]) <= (
            entry.tick / entry.scale / entry.magnifier
        )
        assert entry.primaryExchange in ("", *entry.exchanges), entry
        assert entry.longName
        assert entry.reference > 0 or entry.secType in ("NEWS", "IND"), entry
        assert entry.symbol == entry.symbol.upper().strip(), entry


def test_every_number_is_of_one_instrument_and_says_whose_it_is() -> None:
    held = {entry.conId for entry in CATALOGUE}
    seen = dict.fromkeys(held, "")
    for line in LINES:
        kind, symbol, currency, primary, number, _, _, *more = line.split("\t")
        con_id = int(number)
        assert con_id not in seen, line
        seen[con_id] = line
        if con_id < numbers.OURS_FROM:
            assert con_id < 911_700_000
            continue
        assert numbers.CATALOGUE_FROM <= con_id < numbers.USER_FROM
        extra = dict(word.split("=", 1) for word in more)
        assert number_of((kind, symbol, currency, primary), extra) == con_id
    chains = CATALOGUE.chains
    assert chains is not None
    under = {index.conId for root in roots().values() for index in chains.indices(root.symbol)}
    same = under & set(seen)
    assert {seen[con_id].split("\t")[1] for con_id in same} == {
        "DAX",
        "ESTX50",
        "VIX",
        "N225",
        "HSI",
        "K200",
    }


PUBLIC = {
    "IND SPX CBOE": 416904, "IND VIX CBOE": 13455763, "IND NDX NASDAQ": 416843,
    "CASH USD IDEALPRO JPY": 15016059, "CASH GBP IDEALPRO USD": 12087797, "STK IWM SMART": 9579970,
    "STK JPM SMART": 1520593, "CMDTY XAUUSD SMART": 69067924, "STK 700 SEHK HKD": 44938836,
    "IND DAX EUREX EUR": 825711, "IND ES CME": 11004968,
}  # fmt: skip


@walk("text", PUBLIC)
def test_public_numbers(text: str) -> None:
    kind, symbol, exchange, *rest = text.split()
    wanted = Contract(
        symbol=symbol, secType=kind, exchange=exchange, currency=rest[0] if rest else "USD"
    )
    found = CATALOGUE.resolve(wanted, now=NOW)
    assert isinstance(found, Listing)
    assert found.instrument.conId == PUBLIC[text]


# how programs name it -> kind and symbol of what is found
LOOKUPS = [
    (Contract(symbol="BRK B", secType="STK", exchange="SMART", currency="USD"), "STK BRK B"),
    (Contract(symbol="SIE", secType="STK", exchange="SMART", primaryExchange="IBIS"), "STK SIE"),
    (Contract(symbol="7203", secType="STK", exchange="TSEJ", currency="JPY"), "STK 7203"),
    (Contract(secIdType="ISIN", secId="DE0007236101", exchange="IBIS"), "STK SIE"),
    (Contract(secIdType="CUSIP", secId="037833100", exchange="SMART", currency="USD",
              secType="STK"), "STK AAPL"),
    (Contract(secIdType="FIGI", secId="BBG000BLNNH6", exchange="SMART"), "STK IBM"),
    (Contract(localSymbol="EUR.GBP", secType="CASH", exchange="IDEALPRO"), "CASH EUR"),
    (Contract(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD"), "CRYPTO BTC"),
    (Contract(symbol="ETH", secType="CRYPTO", exchange="ZEROHASH", currency="USD"), "CRYPTO ETH"),
    (Contract(symbol="XAUUSD", secType="CMDTY", exchange="SMART", currency="USD"), "CMDTY XAUUSD"),
    (Contract(symbol="IBDE40", secType="CFD", exchange="SMART", currency="EUR"), "CFD IBDE40"),
    (Contract(symbol="IBM", secType="CFD", exchange="SMART", currency="USD"), "CFD IBM"),
    (Contract(symbol="EUR", secType="CFD", exchange="SMART", currency="USD"), "CFD EUR"),
    (Contract(symbol="VINIX", secType="FUND", exchange="FUNDSERV", currency="USD"), "FUND VINIX"),
    (Contract(symbol="BRF:BRF_ALL", secType="NEWS", exchange="BRF"), "NEWS BRF:BRF_ALL"),
    (Contract(symbol="DAX", secType="WAR", exchange="FWB", currency="EUR", right="C",
              strike=24000.0, lastTradeDateOrContractMonth="202712"), "WAR DAX"),
    (Contract(conId=236491195, exchange="SMART"), "BOND AAPL"),
    (Contract(symbol="IBCID236491195", secType="BOND", exchange="SMART"), "BOND AAPL"),
    (Contract(localSymbol="IBCID236491195", secType="BOND", exchange="SMART"), "BOND AAPL"),
    (Contract(secIdType="CUSIP", secId="IBCID236491195", exchange="SMART"), "BOND AAPL"),
    (Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD"), "IND SPX"),
]  # fmt: skip


@walk(("wanted", "expected"), LOOKUPS)
def test_every_kind_is_found_as_programs_name_it(wanted: Contract, expected: str) -> None:
    found = CATALOGUE.resolve(wanted, Purpose.QUOTES, NOW)
    assert isinstance(found, Listing), found
    assert f"{found.instrument.secType} {found.instrument.symbol}" == expected


def test_what_there_is_not() -> None:
    for wanted in (
        Contract(symbol="NDX", secType="IND", exchange="CBOE", currency="USD"),
        Contract(symbol="RUT", secType="IND", exchange="CBOE", currency="USD"),
        Contract(secIdType="FIGI", secId="BBG000000000", exchange="SMART"),
        Contract(secIdType="SEDOL", secId="2046251", exchange="SMART"),
        Contract(conId=999_999_999, exchange="SMART"),
        Contract(conId=2**40, exchange="SMART"),
    ):
        assert CATALOGUE.resolve(wanted, Purpose.QUOTES, NOW) == Refusal(200)


texts = st.text(max_size=24) | st.sampled_from(
    ["AAPL", "ES", "SPX", "IBCID236491195", "IBCID²", "ESM6", "SPY   261218C00690000", "202612",
     "20261218", "20261218 08:30:00 US/Central", "C", "PUT", "100", "nan", "SMART", "CME", "ISIN",
     "slot", "OPT", "FOP", "FUT", "BOND", "STK", "IND", "CONTFUT", "EUR.USD", "EW4X6 C6800"]
)  # fmt: skip
FREE = (
    "symbol", "secType", "lastTradeDateOrContractMonth", "right", "multiplier", "exchange",
    "primaryExchange", "currency", "localSymbol", "tradingClass", "secIdType", "secId", "issuerId",
)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(FREE), texts, max_size=6),
    st.none() | st.floats() | st.sampled_from([690.0, 6800.0]),
    st.sampled_from([0, 0, 0, 265598, 649180678, -1]) | st.integers(-(2**40), 2**40),
    st.sampled_from(list(Purpose)),
)
def test_whatever_is_described_has_rows_or_a_refusal(
    said: dict[str, str], strike: float | None, number: int, purpose: Purpose
) -> None:
    wanted = Contract(conId=number, strike=strike, **said)
    rows = CATALOGUE.rows(wanted, purpose, NOW)
    if isinstance(rows, Refusal):
        assert rows.code in (200, 321, 478, 10330)
    else:
        first = next(rows)
        assert CATALOGUE.get(first.instrument.conId) is not None
        assert first.exchange in first.instrument.exchanges


def test_all_bonds_of_an_issuer() -> None:
    rows = CATALOGUE.match(Contract(secType="BOND", issuerId="e1110001", exchange="SMART"))
    assert isinstance(rows, tuple)
    assert len(rows) == 3


def test_a_line_and_its_text() -> None:
    entry = instrument("STK\tXYZ\tUSD\tNYSE\t2090000000\t12.5\tXYZ CORP\ttype=ETF\tslot=7")
    assert (entry.conId, entry.reference, entry.stockType) == (2090000000, 125_000, "ETF")
    text = catalogue.text_of(
        ("STK", "XYZ", "USD", "NYSE"), 2090000000, "12.5", "XYZ CORP", ["slot=7"]
    )
    assert text == "STK\tXYZ\tUSD\tNYSE\t2090000000\t12.5\tXYZ CORP\tslot=7"


WORDS = [word for line in LINES[::97] for word in line.split("\t")[6].upper().split()]
SEARCHED = [line for line in LINES if not line.startswith(catalogue.UNSEARCHED)]
FIELDS = [line.split("\t", 7) for line in SEARCHED]


@pytest.mark.long
@given(st.one_of(st.sampled_from(WORDS), st.text(" &.-AEINSTZ19\n\t", min_size=1, max_size=4)))
def test_a_search_finds_the_shortest_symbols_and_the_first_names(text: str) -> None:
    begins = [row for row in FIELDS if row[1].startswith(text)]
    named = [row for row in FIELDS if text in row[6].upper() and not row[1].startswith(text)]
    begins.sort(key=lambda row: len(row[1]))
    found = [[str(entry.conId) for entry in some] for some in ALL.search(text)]
    assert found == [[row[4] for row in some[: catalogue.MOST_FOUND]] for some in (begins, named)]


@pytest.mark.long
def test_a_search_does_not_walk_the_lines() -> None:
    class Unwalked(list[str]):
        def __iter__(self) -> Iterator[str]:
            raise AssertionError("thousands of lines, at every search")

    here = Catalogue(listings._lines)
    assert len(list(here.prepare())) == 6
    here.__dict__["_lines"] = Unwalked(LINES)
    begins, named = here.search("GOLD")
    assert len(begins) == 1 and len(named) > 10
