"""reqContractDetails: a row per listing, the end, or 200."""

import pytest

from papertape.model import Contract
from papertape.wire.catalogue import contract as wire
from papertape.wire.catalogue import depth, history, market, options, reference
from server.pair import VERSIONS, Hall
from server.shown import expected, lines
from walks import walk


@walk("version", VERSIONS)
def test_one_row_and_the_end(version: int) -> None:
    client = Hall().client(1, version)
    wanted = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
    client.send(wire.ReqContractDetails(3, wanted))
    got = client.got()
    assert lines(got) == expected("contractDetails 3 AAPL SMART; contractDetailsEnd 3")
    details = got[0].contractDetails
    assert (got[0].contract.conId, details.minTick) == (265598, 0.01)
    assert details.longName and details.validExchanges.startswith("SMART,")


def test_every_listing_that_fits() -> None:
    client = Hall().client()
    client.send(wire.ReqContractDetails(3, Contract(symbol="AAPL", secType="STK")))
    got = lines(client.got())
    assert len(got) > 3 and got[-1] == "contractDetailsEnd 3"
    assert all(text.startswith("contractDetails 3 AAPL ") for text in got[:-1])


def test_no_match_is_200_and_no_end() -> None:
    client = Hall().client()
    client.send(wire.ReqContractDetails(3, Contract(symbol="NOSUCH", secType="STK")))
    text = "No security definition has been found for the request"
    assert client.errors() == [(3, 200, text)]


def test_details_by_number() -> None:
    client = Hall().client()
    client.send(wire.ReqContractDetails(3, Contract(conId=756733)))
    assert lines(client.got())[0] == "contractDetails 3 SPY SMART"


@walk("version", VERSIONS)
def test_a_program_that_names_the_router_as_the_primary_exchange(version: int) -> None:
    client = Hall().client(1, version)
    wanted = Contract(
        localSymbol="AAPL", secType="STK", exchange="SMART", primaryExchange="SMART",
        currency="USD",
    )  # fmt: skip
    got = lines(client.send(wire.ReqContractDetails(3, wanted)).got())
    assert got == expected("contractDetails 3 AAPL SMART; contractDetailsEnd 3")


INCOMPLETE = {
    "Please enter a valid security type": Contract(symbol="AAPL", secType="FOO"),
    "The symbol or the local-symbol or the security id must be entered": Contract(secType="STK"),
}


@pytest.mark.parametrize("said", INCOMPLETE)
def test_details_want_a_type_and_a_name(said: str) -> None:
    client = Hall().client()
    client.send(wire.ReqContractDetails(3, INCOMPLETE[said]))
    told = f"Error validating request.-'bN' : cause - {said}"
    assert client.errors() == [(3, 321, told)]


def test_an_exchange_that_there_is_not() -> None:
    client = Hall().client()
    wanted = Contract(symbol="EUR", secType="CASH", exchange="FXCONV", currency="GBP")
    client.send(wire.ReqContractDetails(3, wanted))
    assert client.errors() == [(3, 200, "The destination or exchange selected is Invalid.")]


# ---------------------------------------------------------------- the other questions


@pytest.mark.long
@walk("version", VERSIONS, check=7)
def test_a_chain_comes_as_rows_and_an_end(version: int) -> None:
    client = Hall().client(1, version)
    wanted = Contract(
        symbol="SPY", secType="OPT", exchange="SMART", currency="USD", right="P",
        lastTradeDateOrContractMonth="20260417",
    )  # fmt: skip
    *rows, end = client.send(wire.ReqContractDetails(3, wanted)).got()
    assert isinstance(end, wire.ContractDataEnd)
    assert len({row.contract.conId for row in rows}) == len(rows) > 100
    assert {row.contract.lastTradeDateOrContractMonth[:8] for row in rows} == {"20260417"}


@pytest.mark.long
@walk("version", VERSIONS)
def test_a_bond_comes_as_a_bond(version: int) -> None:
    client = Hall().client(1, version)
    row, _ = client.send(wire.ReqContractDetails(3, Contract(conId=236491195))).got()
    assert isinstance(row, wire.BondContractData)
    assert (row.contract.secType, row.contractDetails.cusip) == ("BOND", "IBCID236491195")


@pytest.mark.parametrize("version", [160, 225])
def test_a_future_has_no_group_of_venues(version: int) -> None:
    client = Hall().client(1, version)
    wanted = Contract(localSymbol="ESM6", secType="FUT", exchange="CME")
    row, _ = client.send(wire.ReqContractDetails(3, wanted)).got()
    assert row.contractDetails.aggGroup == (2**31 - 1 if version < 205 else 0)


@pytest.mark.long
@walk("version", VERSIONS)
def test_questions_about_contracts_are_answered(version: int) -> None:
    client = Hall().client(1, version)
    if version >= 108:
        (samples,) = client.send(reference.ReqMatchingSymbols(4, "AAPL")).got()
        assert samples.contractDescriptions[0].contract.conId == 265598
        assert samples.contractDescriptions[0].derivativeSecTypes == ["CFD", "OPT", "WAR", "BAG"]
    if version >= 104:
        *rows, end = client.send(options.ReqSecDefOptParams(5, "AAPL", "", "STK", 265598)).got()
        assert isinstance(end, options.SecDefOptParameterEnd)
        assert (len(rows), rows[-1].exchange) == (40, "SMART")
    if version >= 126:
        (rule,) = client.send(reference.ReqMarketRule(109)).got()
        assert [(row.lowEdge, row.increment) for row in rule.priceIncrements] == [
            (0.0, 0.01), (3.0, 0.05),
        ]  # fmt: skip
    if version >= 114:
        (known,) = client.send(reference.ReqSmartComponents(6, "9c0001")).got()
        assert len(known.smartComponents) == 20
        (books,) = client.send(depth.ReqMktDepthExchanges()).got()
        assert len(books.depthMktDataDescriptions) > 50


def test_what_there_is_not() -> None:
    client = Hall().client()
    client.send(options.ReqSecDefOptParams(5, "AAPL", "", "STK", 4))
    assert client.errors() == [(5, 200, "No security definition has been found for the request")]
    client.send(options.ReqSecDefOptParams(5, "AAPL", "", "STK", 0))
    ((about, code, text),) = client.errors()
    assert (about, code) == (5, 321)
    assert text.endswith("cause - Invalid contract id")
    client.send(reference.ReqMarketRule(987))
    ((about, code, _),) = client.errors()
    assert (about, code) == (-1, 322)
    client.send(reference.ReqSmartComponents(6, "zz"))
    ((about, code, _),) = client.errors()
    assert (about, code) == (6, 322)


def test_what_has_no_market_data_is_refused_and_not_made_up() -> None:
    client = Hall().client()
    wanted = Contract(symbol="SIE", secType="STK", exchange="IBIS", currency="EUR")
    client.send(market.ReqMktData(7, wanted))
    ((about, code, text),) = client.errors()
    assert (about, code) == (7, 354)
    assert text.endswith("Delayed market data is not available.SIE IBIS/TOP/ALL")
    client.send(history.ReqHistoricalData(
        8, wanted, "", "1 day", "1 D", True, "TRADES", 1, False))  # fmt: skip
    ((about, code, text),) = client.errors()
    assert (about, code) == (8, 162)
    assert text.endswith("HMDS query returned no data: SIE@IBIS Trades")
