"""Contracts that are added while a station runs: over HTTP, in the fixture, and after a restart."""

from pathlib import Path
from typing import Any

import pytest

from papertape.model import Contract, ScannerSubscription
from papertape.server.assembly import compose
from papertape.server.market_settings import MarketSettings
from papertape.server.own_contracts import ContractRefused, OwnContracts
from papertape.testing import serve
from papertape.venue.market.prices import Prices
from papertape.venue.market.tape import open_market
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import SECOND
from papertape.wire.catalogue import contract, market, scanner
from server.control.api import Api
from server.control.test_routes import with_api
from server.pair import Client, Hall
from venue.scenario import START

pytestmark = pytest.mark.network

ACME = {"symbol": "ACME", "longName": "ACME CORP", "price": 12.5}
ASKED = Contract(symbol="ACME", secType="STK", exchange="SMART", currency="USD")


def own(**more: Any) -> Hall:
    """A station whose instruments and tape are its own."""
    instruments = CATALOGUE.extended(())
    tape = open_market(START, recordings=(), synthetic=Prices(instruments), seed=1)
    return Hall(market=tape, instruments=instruments, **more)


def looked_up(client: Client) -> list[Any]:
    client.send(contract.ReqContractDetails(5, ASKED))
    return client.got()


def test_programs_find_a_contract_as_soon_as_it_was_added() -> None:
    hall = own()
    client = hall.client()
    (unknown,) = looked_up(client)
    assert (unknown.id, unknown.errorCode) == (5, 200)
    (entry,) = hall.station.contracts.add(
        [{"symbol": "ACME", "longName": "ACME CORP", "price": "12.5"}]
    )
    details, _ = looked_up(client)
    assert details.contract.conId == entry.conId >= 2_130_000_000
    assert details.contractDetails.longName == "ACME CORP"
    client.send(market.ReqMktData(6, ASKED))
    hall.wait(3)
    prices = {one.tickType: one.price for one in client.of(market.TickPrice)}
    assert 6 < prices[1] <= prices[2] < 25


def test_they_are_added_and_listed_over_http() -> None:
    async def main(api: Api) -> None:
        assert await api.get("/contracts") == []
        (row,) = await api.post("/contracts", {"contracts": [ACME]})
        assert (row["symbol"], row["description"]) == ("ACME", "ACME CORP")
        assert await api.get("/contracts") == [row]
        (quote,) = await api.get(f"/quotes?con_id={row['con_id']}")
        assert quote["bid"] > 0

    with_api(main, own())


@pytest.mark.parametrize(
    ("described", "told"),
    [
        ([{"symbol": ""}], "contract 1, symbol"),
        ([ACME, {"symbol": "B", "minTick": "NaN"}], "contract 2, minTick"),
        ([{"symbol": "C", "moon": 1}], "contract 1, moon"),
        ([ACME, ACME], "contract 2, conId"),
        ([{"symbol": "D", "conId": 265598}], "contract 1, conId: 265598 is AAPL's already"),
        ([{"symbol": "E", "secType": "OPT", "exchange": "SMART", "strike": "NaN", "right": "C",
           "lastTradeDate": "20271217"}], "contract 1, strike"),
        ([{"symbol": "G", "isin": "US0378331006"}],
         "contract 1, isin: US0378331006 is no ISIN: US0378331005 would be one"),
        ([{"symbol": "G", "isin": "0378331005"}], "contract 1, isin: '0378331005' is no ISIN"),
        ([{"symbol": "H", "secType": "OPT", "exchange": "SMART", "strike": "5", "right": "C",
           "lastTradeDate": "20991217", "underConId": 999}],
         "contract 1, underConId: no contract has the number 999"),
        ([ACME, {"symbol": "F", "secType": "FUT", "exchange": "CME", "lastTradeDate": "20200117"}],
         "contract 2, lastTradeDate: F ended on 2020-01-17, before the market's day, 20"),
    ],
)  # fmt: skip
def test_a_description_that_is_no_good_adds_nothing(
    described: list[dict[str, Any]], told: str
) -> None:
    hall = own()

    async def main(api: Api) -> None:
        answer = await api.post("/contracts", {"contracts": described}, 409)
        assert answer["detail"].startswith(told)
        assert await api.get("/contracts") == []
        assert hall.station.venue.instruments.of("ACME") == CATALOGUE.of("ACME") == []

    with_api(main, hall)


def test_an_empty_or_malformed_body_is_refused() -> None:
    async def main(api: Api) -> None:
        for body in (
            {"contracts": []},
            {"contracts": "ACME"},
            {"contracts": [{"symbol": None}]},
            {"contracts": [{"symbol": "A", "price": True}]},
        ):
            await api.post("/contracts", body, 422)

    with_api(main, own())


def test_two_stations_do_not_share_what_was_added() -> None:
    one, two = own(), own()
    one.station.contracts.add([{"symbol": "ACME", "price": "3"}])
    assert isinstance(looked_up(one.client())[0], contract.ContractData)
    assert [m.errorCode for m in looked_up(two.client())] == [200]
    assert all(entry.symbol != "ACME" for entry in CATALOGUE)


def test_a_scanner_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = own()
    seen: list[int] = []
    # What the stocks of the catalogue trade at takes seconds and is not asked about here.
    monkeypatch.setattr(
        hall.station.scanners._market, "glimpse", lambda con_id, _: seen.append(con_id)
    )
    wanted = ScannerSubscription(
        instrument="STK", locationCode="STK.US.MAJOR", scanCode="MOST_ACTIVE", numberOfRows=50
    )
    client = hall.client()
    client.send(scanner.ReqScannerSubscription(1, wanted))
    assert len(seen) > 1000, "it has looked at all that there are"
    (entry,) = hall.station.contracts.add([{"symbol": "ACME", "price": "3"}])
    hall.settle()
    client.send(scanner.CancelScannerSubscription(1))
    (hall.station.scanners.forget(), client.got())
    stocks = next(filter(None, hall.station.scanners._covered(_scan())))
    assert entry in stocks


def _scan() -> Any:
    from papertape.server.research.scans import Scan

    return Scan("MOST_ACTIVE", ("STK.US.MAJOR",), 50)


def test_it_is_there_again_after_a_restart(tmp_path: Path) -> None:
    described = [{"symbol": "ACME", "price": "12.5"}]
    with compose(wall=START, data_dir=tmp_path) as first:
        (entry,) = first.station.contracts.add(described)
        assert first.station.market.quote(entry.conId, START).bid > 0
        quote = first.station.market.quote(entry.conId, START + SECOND)
    with compose(wall=START + SECOND, data_dir=tmp_path) as second:
        assert second.station.contracts.listed() == (entry,)
        assert second.station.market.quote(entry.conId, START + SECOND) == quote
        with pytest.raises(ContractRefused, match="already"):
            second.station.contracts.add(described)
    with compose(wall=START, data_dir=None, market=MarketSettings()) as other:
        assert other.station.contracts.listed() == ()


def test_a_full_disk_adds_nothing() -> None:
    def full(_: list[dict[str, str]]) -> None:
        raise OSError(28, "No space left on device")

    instruments = CATALOGUE.extended(())
    contracts = OwnContracts(instruments, (), full)
    with pytest.raises(OSError, match="space"):
        contracts.add([{"symbol": "ACME"}])
    assert contracts.listed() == () and instruments.of("ACME") == CATALOGUE.of("ACME")


def test_a_kept_contract_that_is_no_good_any_more_is_left_out_by_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    kept = [{"symbol": "OLD", "moon": "1"}, {"symbol": "ACME"}]
    contracts = OwnContracts(CATALOGUE.extended(()), kept, lambda _: None)
    assert [entry.symbol for entry in contracts.listed()] == ["ACME"]
    assert "OLD is left out, moon" in caplog.text


def test_the_fixture_adds_one() -> None:
    with serve() as tws:
        number = tws.add_contract("ACME", price=12.5)
        assert number >= 2_130_000_000
        with pytest.raises(ValueError, match="already"):
            tws.add_contract("ACME", price=12.5)
        with pytest.raises(ValueError, match="secType"):
            tws.add_contract("B", secType="MOON")
        with pytest.raises(ValueError, match="ended on 2020-01-17"):
            tws.add_contract("B", secType="FUT", exchange="CME", lastTradeDate="20200117")


def test_contracts_whose_numbers_meet_keep_theirs_after_a_restart() -> None:
    stored: list[list[dict[str, str]]] = []
    instruments = CATALOGUE.extended(())
    one, other = OwnContracts(instruments, (), stored.append).add(
        [{"symbol": "JPZZ0"}, {"symbol": "DZSZ0"}]
    )
    assert one.conId != other.conId
    again = CATALOGUE.extended(())
    OwnContracts(again, reversed(stored[-1]), stored.append)
    assert again.get(one.conId) == one
    assert again.get(other.conId) == other


def test_a_contract_whose_number_is_another_s_by_now_is_left_out_with_a_word(
    caplog: pytest.LogCaptureFixture,
) -> None:
    taken = CATALOGUE.extended(())
    OwnContracts(taken, [{"symbol": "FIRST", "conId": "77"}], print)
    found = OwnContracts(taken, [{"symbol": "SECOND", "conId": "77"}], print)
    assert found.listed() == ()
    assert "SECOND is left out: its conId 77 is FIRST's now" in caplog.text
