"""Matching symbols, chains by class and exchange, exchange maps, venues with depth."""

from datetime import UTC, datetime

from papertape.venue.reference.answers import (
    BBO,
    MOST_MATCHES,
    depth_exchanges,
    matching_symbols,
    option_parameters,
    smart_components,
)
from papertape.venue.reference.listings import CATALOGUE
from walks import walk

NOW = int(datetime(2026, 8, 24, 15, tzinfo=UTC).timestamp()) * 1_000_000_000


def test_symbols_match_by_prefix_and_by_name() -> None:
    first, *rest = matching_symbols(CATALOGUE, "aapl")
    assert (first.contract.conId, first.contract.secType) == (265598, "STK")
    assert first.contract.description == "APPLE INC"
    assert first.derivativeSecTypes == ["CFD", "OPT", "WAR", "BAG"]
    bonds = [row.contract for row in rest if row.contract.secType == "BOND"]
    assert [(bond.issuerId, bond.conId) for bond in bonds] == [("e1110001", 0)]
    named = [row.contract.symbol for row in matching_symbols(CATALOGUE, "siemens")]
    assert {"SIE", "ENR", "SHL"} <= set(named)
    assert len(matching_symbols(CATALOGUE, "A")) == MOST_MATCHES
    assert matching_symbols(CATALOGUE, " ") == []
    assert matching_symbols(CATALOGUE, "no such thing") == []
    for symbol in ("GBL", "CL", "ES", "N225"):
        rows = [row for row in matching_symbols(CATALOGUE, symbol) if row.contract.symbol == symbol]
        (under,) = (row for row in rows if row.contract.secType == "IND")
        assert "FUT" in under.derivativeSecTypes
    (index,) = (r for r in matching_symbols(CATALOGUE, "SPX") if r.contract.conId == 416904)
    assert index.derivativeSecTypes == ["OPT", "BAG"]


def test_a_stock_has_a_row_for_each_exchange_and_smart_comes_last() -> None:
    found = option_parameters(CATALOGUE, 265598, "", NOW)
    assert found is not None
    every = list(found)
    assert [row.exchange for row in every[-2:]] == ["SMART", "SMART"]
    assert [row.tradingClass for row in every] == ["AAPL", "2AAPL"] * 20
    assert {(row.multiplier, row.underlyingConId) for row in every} == {("100", 265598)}
    # As captured: a FLEX class with one expiry, at one strike.
    assert {(*row.expirations, *row.strikes) for row in every[1::2]} == {("20260918", 291.0)}
    rows = every[::2]
    assert "20260831" in rows[0].expirations  # as captured on that day: a Monday
    assert rows[0].expirations == sorted(set(rows[0].expirations))
    assert rows[0].strikes == sorted(set(rows[0].strikes))
    assert 300.0 in rows[0].strikes


@walk("exchange", ["SMART", "AMEX", " cboe "])
@walk("under", [265598, 416904])
def test_an_exchange_selects_options_on_futures_and_finds_none_on_a_stock(
    under: int, exchange: str
) -> None:
    found = option_parameters(CATALOGUE, under, exchange, NOW)
    assert found is not None and list(found) == []


def test_options_on_futures_by_future_and_by_index() -> None:
    found = option_parameters(CATALOGUE, 649180671, "CME", NOW)
    assert found is not None
    rows = list(found)
    assert {row.exchange for row in rows} == {"CME"}
    assert rows[0].multiplier == "50"
    by_class = {row.tradingClass: row.expirations for row in rows}
    assert by_class["ES"] == ["20260918"]
    every = option_parameters(CATALOGUE, 11004968, "CME", NOW)
    assert every is not None
    months = {row.tradingClass: row.expirations for row in every}["ES"]
    assert months[:3] == ["20260918", "20261218", "20270319"]
    other = option_parameters(CATALOGUE, 649180671, "NYMEX", NOW)
    assert other is not None and list(other) == []


def test_what_has_no_options_and_what_there_is_not() -> None:
    pair = option_parameters(CATALOGUE, 12087792, "", NOW)
    assert pair is not None and list(pair) == []
    assert option_parameters(CATALOGUE, 5, "", NOW) is None


def test_the_map_of_a_consolidated_quote_is_as_recorded() -> None:
    rows = smart_components(BBO)
    assert rows is not None
    assert [(row.bitNumber, row.exchange, row.exchangeLetter) for row in rows[8:10]] == [
        (8, "ARCA", "P"), (9, "NASDAQ", "Q"),
    ]  # fmt: skip
    assert len({row.exchangeLetter for row in rows}) == 20
    assert smart_components("a60001") is None


def test_venues_with_depth_are_told_once() -> None:
    rows = [(row.exchange, row.secType) for row in depth_exchanges()]
    assert len(rows) == len(set(rows))
    assert ("DTB", "OPT") in rows
    (pairs,) = (
        row for row in depth_exchanges() if (row.exchange, row.secType) == ("IDEALPRO", "CASH")
    )
    assert (pairs.serviceDataType, pairs.aggGroup) == ("Deep", 4)
