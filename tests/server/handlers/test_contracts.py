"""reqContractDetails: a row per listing, the end, or 200."""

import pytest

from papertape.model import Contract
from papertape.wire.catalogue import contract as wire
from server.pair import VERSIONS, Hall
from server.shown import expected, lines


@pytest.mark.parametrize("version", VERSIONS)
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


@pytest.mark.parametrize("version", VERSIONS)
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
