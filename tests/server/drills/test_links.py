"""Drills behind TWS: link, farms, a competing session. What they do is in test_link, test_farms."""

import pytest

from papertape.model import Contract
from papertape.server.drills.links import DETAILS_KEPT
from papertape.wire.catalogue import market
from papertape.wire.catalogue.contract import ContractData, ReqContractDetails
from server.pair import Client, Hall
from server.shown import lines
from walks import walk

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


def drilled() -> tuple[Hall, Client]:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client()
    client.send(market.ReqMktData(1, AAPL))
    client.got()
    return hall, client


def begin(hall: Hall, text: str) -> None:
    hall.station.drills.begin(text)
    hall.settle()


def codes(client: Client) -> list[int]:
    return [code for _, code, _ in client.errors()]


def test_link_lost_lasts_until_link_restored() -> None:
    hall, client = drilled()
    begin(hall, "link-lost")
    assert codes(client)[0] == 1100
    hall.wait(3600)
    assert client.got() == []
    begin(hall, "link-restored")
    assert codes(client)[0] == 1102
    hall.quote("AAPL 258.00 x 258.02")
    assert client.of(market.TickPrice)


def test_link_lost_for_a_while() -> None:
    hall, client = drilled()
    begin(hall, "link-lost ms=1500")
    hall.wait(1.4)
    assert 1102 not in codes(client)
    hall.wait(0.2)
    assert codes(client)[0] == 1102


def test_link_restored_alone_is_a_short_loss() -> None:
    hall, client = drilled()
    begin(hall, "link-restored --data-lost")
    told = codes(client)
    assert told.index(1100) < told.index(1101)
    hall.quote("AAPL 258.00 x 258.02")
    assert client.got() == []


def test_farm_blip_breaks_and_mends() -> None:
    hall, client = drilled()
    begin(hall, "farm-blip usfarm 2900")
    assert lines(client.got()) == ["error -1 2103"]
    hall.wait(2.8)
    assert client.got() == []
    hall.wait(0.2)
    assert codes(client) == [2119]
    hall.wait(0.3)
    assert codes(client) == [2104]


def test_farm_blip_and_link_at_once() -> None:
    hall, client = drilled()
    begin(hall, "farm-blip usfarm 1000")
    begin(hall, "link-lost ms=2000")
    hall.wait(3)
    assert codes(client) == [2103, 1100, 2105, 2157, 1102, 2104, 2106, 2158]


def test_stopping_them_brings_everything_back() -> None:
    hall, client = drilled()
    begin(hall, "farm-blip usfarm 60000")
    begin(hall, "link-lost ms=60000")
    begin(hall, "competing-session 60000")
    client.got()
    hall.station.drills.stop_all()
    hall.wait(1)
    assert {1102, 2104} <= set(codes(client))
    client.send(market.ReqMktData(2, AAPL))
    assert client.of(market.TickPrice)


def test_competing_session_for_a_while() -> None:
    hall, client = drilled()
    begin(hall, "competing-session 5000")
    assert lines(client.got()) == ["error 1 10197"]
    assert lines(client.send(market.ReqMktData(2, AAPL)).got()) == ["error 2 10197"]
    hall.wait(5)
    assert client.got() == []
    assert lines(client.send(market.ReqMktData(3, AAPL)).got())[0] == "tickReqParams 3 0.01"


# ---------------------------------------------------------------- contract details again


@walk("version", [176, 226])
@walk("end", [False, True])
def test_details_are_told_again_right_before_1102(version: int, end: bool) -> None:
    hall = Hall()
    hall.station.drills.start("repeated-details", end=end)
    client, other = hall.client(1, version), hall.client(2, version)
    ends = ["contractDetailsEnd"] if end else []
    first = [ask(client, number) for number in (1, 2)]
    for _ in range(2):
        hall.station.drills.begin("link-restored")
        hall.settle()
        got = client.got()
        told = [type(message).spec.callback for message in got]
        assert told[told.index("error") :][0] == "error"
        again = told[told.index("contractDetails") :]
        assert again[: 2 + 2 * len(ends)] == (["contractDetails", *ends] * 2)
        assert got[told.index("contractDetails") + 2 + 2 * len(ends)].errorCode == 1102
        assert [m for m in got if isinstance(m, ContractData)] == first
        assert not other.of(ContractData)


def test_details_of_before_the_drill_and_after_1101_are_not_told_again() -> None:
    hall = Hall()
    client = hall.client()
    ask(client, 1)
    hall.station.drills.begin("repeated-details")
    hall.station.drills.begin("link-restored")
    hall.settle()
    assert not client.of(ContractData)
    ask(client, 2)
    hall.station.drills.begin("link-restored --data-lost")
    hall.settle()
    assert not client.of(ContractData)


@pytest.mark.long
def test_only_so_many_details_are_kept() -> None:
    hall = Hall()
    client = hall.client()
    hall.station.drills.begin("repeated-details")
    for number in range(1, DETAILS_KEPT + 6):
        ask(client, number)
    hall.station.drills.begin("link-restored")
    hall.settle()
    assert [m.reqId for m in client.of(ContractData)] == list(range(6, DETAILS_KEPT + 6))


def ask(client: Client, number: int) -> ContractData:
    """The details of one contract."""
    (row,) = client.send(ReqContractDetails(number, AAPL)).of(ContractData)
    assert isinstance(row, ContractData)
    return row
