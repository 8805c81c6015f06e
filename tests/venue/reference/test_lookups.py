"""Names that programs have for contracts beside symbols: each finds what it is of, and no other."""

from datetime import UTC, datetime

import pytest

from papertape.model import Contract
from papertape.venue.reference.answers import matching_symbols
from papertape.venue.reference.instruments import Listing, Purpose, Refusal
from papertape.venue.reference.listings import CATALOGUE
from walks import walk

NOW = int(datetime(2026, 4, 6, 14, tzinfo=UTC).timestamp()) * 1_000_000_000


def found(wanted: Contract) -> str:
    """Type, symbol, currency and local symbol of the one contract that is meant, or the code."""
    one = CATALOGUE.resolve(wanted, Purpose.QUOTES, NOW)
    if isinstance(one, Refusal):
        return f"{one.code} {one.variant or ''}".strip()
    entry = one.instrument
    return f"{entry.secType} {entry.symbol} {entry.currency} {entry.localSymbol}"


# A contract for difference on a pair is called as the pair is.
CFDS = [
    (Contract(localSymbol="EUR.USD", secType="CFD", exchange="SMART"), "CFD EUR USD EUR.USD"),
    (Contract(localSymbol="EUR.GBP", secType="CFD", exchange="SMART"), "CFD EUR GBP EUR.GBP"),
    (
        Contract(symbol="EUR", secType="CFD", exchange="SMART", currency="USD"),
        "CFD EUR USD EUR.USD",
    ),
    (Contract(symbol="EUR", secType="CFD", exchange="SMART"), "200 ambiguous"),
    (Contract(localSymbol="EUR", secType="CFD", exchange="SMART"), "200"),
    (Contract(localSymbol="IBM", secType="CFD", exchange="SMART"), "CFD IBM USD IBM"),
    (Contract(localSymbol="IBUS500", secType="CFD", exchange="SMART"), "CFD IBUS500 USD IBUS500"),
]


@walk(("wanted", "expected"), CFDS)
def test_contracts_for_difference_by_local_symbol(wanted: Contract, expected: str) -> None:
    assert found(wanted) == expected


def test_each_warrant_has_a_local_symbol_of_its_own() -> None:
    rows = CATALOGUE.match(Contract(symbol="DAX", secType="WAR", exchange="FWB"), now=NOW)
    assert not isinstance(rows, Refusal)
    names = {row.instrument.localSymbol for row in rows}
    assert len(names) == len(rows) == 6
    for row in rows:
        name = row.instrument.localSymbol
        assert len(name) == 6 and name.isalnum()
        wanted = Contract(localSymbol=name, secType="WAR", exchange="FWB")
        one = CATALOGUE.resolve(wanted, Purpose.ORDER, NOW)
        assert isinstance(one, Listing) and one.instrument == row.instrument
    assert found(Contract(localSymbol="DAX", secType="WAR", exchange="FWB")) == "200"
    assert found(Contract(localSymbol="PZZZZZ", secType="WAR", exchange="FWB")) == "200"


# What is told to be on an instrument is on that very one: shares abroad and indices have the
# symbols of others, and none of their contracts for difference or warrants.
DERIVATIVES = {
    265598: ["CFD", "OPT", "WAR", "BAG"], 38708077: [], 273982664: [], 11004968: ["FUT", "FOP"],
    416904: ["OPT", "BAG"], 208813720: ["CFD", "OPT", "WAR", "BAG"], 825711: ["FUT", "WAR"],
}  # fmt: skip


@walk("number", DERIVATIVES)
def test_kinds_of_what_is_on_an_instrument(number: int) -> None:
    entry = CATALOGUE[number] if CATALOGUE.get(number) else None
    assert entry is not None
    (row,) = (r for r in matching_symbols(CATALOGUE, entry.symbol) if r.contract.conId == number)
    assert row.derivativeSecTypes == DERIVATIVES[number]


# What an expiry may look like, and how many of Apple's calls at 200 it finds; None: 10330.
EXPIRIES = [
    ("202606", 2), ("20260618", 1), ("20260618 16:00:00 US/Eastern", 1), ("20260618-20:00:00", 1),
    ("", 28), ("20260619", 0), ("20260600", 0), ("2026", None), ("garbage", None),
    ("2026-06-18", None), ("JUN26", None), ("20260618x", None), ("2026061", None),
    ("20260618 ", 1), ("²⁰²⁶⁰⁶", None),
]  # fmt: skip


@walk(("expiry", "count"), EXPIRIES)
@pytest.mark.parametrize("purpose", list(Purpose))
def test_forms_of_an_expiry(expiry: str, count: int | None, purpose: Purpose) -> None:
    wanted = Contract(
        symbol="AAPL", secType="OPT", exchange="SMART", currency="USD", strike=200.0, right="C",
        lastTradeDateOrContractMonth=expiry,
    )  # fmt: skip
    rows = CATALOGUE.match(wanted, purpose, NOW)
    if count is None:
        assert rows == Refusal(10330)
    elif expiry == "" and purpose is not Purpose.DETAILS:
        assert isinstance(rows, Refusal) and rows.variant == "series"
    elif count == 0:
        assert rows == Refusal(200)
    else:
        assert not isinstance(rows, Refusal)
        assert len(rows) == count


def test_an_expiry_means_nothing_for_what_has_none() -> None:
    wanted = Contract(
        symbol="AAPL", secType="STK", exchange="SMART", currency="USD",
        lastTradeDateOrContractMonth="garbage",
    )  # fmt: skip
    assert found(wanted) == "STK AAPL USD AAPL"


# Identifiers: type, identifier -> what it finds at SMART.
IDENTIFIERS = [
    ("ISIN", "US4592001014", "200 ambiguous"),  # IBM, in New York and in London
    ("ISIN", "US0079031078", "STK AMD USD AMD"),
    ("isin", "us0079031078", "STK AMD USD AMD"),
    ("CUSIP", "459200101", "STK IBM USD IBM"),
    ("CUSIP", "037833100", "STK AAPL USD AAPL"),
    ("CUSIP", "459200100", "200"),
    ("CUSIP", "IBCID236491195", "BOND AAPL USD IBCID236491195"),
    ("FIGI", "BBG000BLNNH6", "STK IBM USD IBM"),
    ("SEDOL", "0263494", "STK BA GBP BA"),  # BAE Systems, as TWS's documentation has it
    ("SEDOL", "B2B0DG9", "200 ambiguous"),  # RELX, in Amsterdam and in London
    ("SEDOL", "2046251", "200"),  # Apple's: no SEDOL of an American share is known
    ("SEDOL", "BH4HKS", "200"),
    ("SEDOL", "026349:", "200"),
    ("RIC", "AAPL.O", "STK AAPL USD AAPL"),
    ("RIC", "AAPL.OQ", "STK AAPL USD AAPL"),
    ("RIC", "AAPL.N", "200"),
    ("RIC", "AAPL.MX", "200"),  # it has no SMART
    ("RIC", "AAPL.S", "STK AAPL CHF AAPL"),
    ("RIC", "IBM.N", "STK IBM USD IBM"),
    ("RIC", "ibm.N", "200"),
    ("RIC", "SPY.P", "STK SPY USD SPY"),
    ("RIC", "BRKb.N", "STK BRK B USD BRK B"),
    ("RIC", "VOLVb.ST", "STK VOLV B SEK VOLV B"),
    ("RIC", "RCIb.TO", "STK RCI.B CAD RCI.B"),
    ("RIC", "SIEGn.DE", "200"),  # what Reuters calls Siemens follows from no rule
    ("RIC", "SIE.DE", "STK SIE EUR SIE"),
    ("RIC", "0700.HK", "STK 700 HKD 700"),
    ("RIC", "700.HK", "200"),
    ("RIC", "7203.T", "STK 7203 JPY 7203"),
    ("RIC", ".O", "200"),
    ("RIC", "AAPL", "200"),
    ("RIC", "AAPL.", "200"),
    ("VALOR", "908440", "200"),
    ("", "US4592001014", "200"),
]


@walk(("kind", "value", "expected"), IDENTIFIERS)
def test_identifiers(kind: str, value: str, expected: str) -> None:
    assert found(Contract(secIdType=kind, secId=value, exchange="SMART")) == expected


@walk(("kind", "value"), [(kind, value) for kind, value, told in IDENTIFIERS if told[0] == "S"])
def test_an_identifier_is_held_against_the_rest_of_the_description(kind: str, value: str) -> None:
    wanted = Contract(secIdType=kind, secId=value, exchange="SMART", secType="OPT")
    rows = CATALOGUE.match(wanted, now=NOW)
    assert rows == Refusal(200)


# A Treasury note under its real CUSIP and ISIN, in a field of its own and as a symbol.
TREASURY = {"CUSIP": "91282CLW9", "ISIN": "US91282CLW90"}


@walk("kind", TREASURY)
def test_a_bond_by_cusip_and_isin(kind: str) -> None:
    name = TREASURY[kind]
    expected = "BOND US-T USD IBCID2098786778"
    assert found(Contract(secIdType=kind, secId=name, exchange="SMART")) == expected
    wanted = Contract(symbol=name, secType="BOND", exchange="SMART", currency="USD")
    assert found(wanted) == expected
    rows = CATALOGUE.match(wanted, now=NOW)
    assert not isinstance(rows, Refusal) and len(rows) == 1
    # As a stand-in of the broker, for those who have not paid for CUSIPs.
    wanted = Contract(symbol="IBCID2098786778", secType="BOND", exchange="SMART")
    assert found(wanted) == expected
    rows = CATALOGUE.match(wanted, now=NOW)
    assert not isinstance(rows, Refusal) and len(rows) == 1
    assert found(Contract(symbol=name, secType="STK", exchange="SMART")) == "200"


# A FLEX class: on a day, its expiry, as captured on 27 August and 9 September 2026; then ours.
FLEX = [("20260827", "20260918"), ("20260909", "20260918"), ("20260918", "20260918"),
        ("20260919", "20261016"), ("20260605", "20260618")]  # fmt: skip


@pytest.mark.long
@walk(("day", "expiry"), FLEX)
def test_a_flex_class_has_one_expiry_at_one_strike(day: str, expiry: str) -> None:
    now = int(datetime.strptime(f"{day} 15 +0000", "%Y%m%d %H %z").timestamp()) * 1_000_000_000
    told = {"symbol": "AAPL", "secType": "OPT", "exchange": "SMART", "currency": "USD"}
    rows = CATALOGUE.match(Contract(**told, tradingClass="2AAPL"), now=now)
    assert not isinstance(rows, Refusal)
    entries = [row.instrument for row in rows]
    local = [f"2AAPL {expiry[2:]}C00291000", f"2AAPL {expiry[2:]}P00291000"]
    assert [entry.localSymbol for entry in entries] == local
    names = (Contract(secType="OPT", exchange="SMART", localSymbol=local[0]),
             Contract(**told, strike=291.0, right="C", lastTradeDateOrContractMonth=expiry),
             Contract(conId=entries[0].conId, exchange="SMART", tradingClass="2AAPL"))  # fmt: skip
    for wanted in names:
        one = CATALOGUE.resolve(wanted, Purpose.ORDER, now)
        assert isinstance(one, Listing) and one.instrument == entries[0]
    every = CATALOGUE.match(Contract(**told), now=now)
    assert not isinstance(every, Refusal)
    assert [row.instrument.tradingClass for row in every].count("2AAPL") == 2
