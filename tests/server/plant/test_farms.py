"""Data farms: the state machine, its notices, the two profiles (S21, S23)."""

import itertools

import msgspec
import pytest

from papertape.errors import SettingsError
from papertape.model import Contract
from papertape.server.plant.farms import MOVES, NOTICES, Move, Status
from papertape.server.settings import StationSettings
from papertape.wire.catalogue import contract, history, market
from papertape.wire.message import Farm
from server.pair import Client, Hall
from server.shown import lines
from walks import walk

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
QUOTES = market.ReqMktData(1, AAPL)
BARS = history.ReqHistoricalData(2, AAPL, barSizeSetting="1 min", duration="1 D",
                                 whatToShow="TRADES")  # fmt: skip
DETAILS = contract.ReqContractDetails(3, AAPL)
TWS = StationSettings()
GATEWAY = StationSettings(gateway=True)


def hall_of(settings: StationSettings) -> Hall:
    hall = Hall(settings=settings)
    hall.quote("AAPL 257.66 x 257.68")
    return hall


def notices(client: Client) -> list[int]:
    """Codes of the notices that have come; all of them carry the id -1."""
    told = client.errors()
    assert all(about == -1 for about, _, _ in told), told
    return [code for _, code, _ in told]


def states(hall: Hall) -> list[str]:
    return [farm.status.value for farm in hall.station.farms]


# ---------------------------------------------------------------- the machine


def test_every_state_can_be_reached_and_left() -> None:
    assert set(MOVES.values()) == set(Status)
    assert {before for before, _ in MOVES} == set(Status)
    assert {move for _, move in MOVES} == set(Move)


def test_a_farm_that_is_broken_connects_before_it_is_ok_unless_the_link_brings_it_back() -> None:
    ways_out = {move: after for (before, move), after in MOVES.items() if before is Status.BROKEN}
    assert ways_out == {Move.MENDED: Status.CONNECTING, Move.RESTORED: Status.OK}


def test_the_notices_are_those_of_the_protocol() -> None:
    assert sorted(NOTICES.values()) == [2103, 2104, 2105, 2106, 2107, 2108, 2119, 2157, 2158]


# ---------------------------------------------------------------- S21: TWS


def test_s21_tws_tells_every_farm_ok_at_once_with_id_minus_one() -> None:
    client = hall_of(TWS).client(quiet=False)
    assert client.errors() == [
        (-1, 2104, "Market data farm connection is OK:usfarm"),
        (-1, 2106, "HMDS data farm connection is OK:ushmds"),
        (-1, 2158, "Sec-def data farm connection is OK:secdefnj"),
    ]


def test_s21_the_notices_follow_the_next_valid_id() -> None:
    client = hall_of(TWS).client(quiet=False)
    names = [line.split()[0] for line in lines(client.got())]
    assert names == ["managedAccounts", "nextValidId", "error", "error", "error"]


def test_farms_of_tws_never_fall_idle() -> None:
    hall = hall_of(TWS)
    client = hall.client()
    hall.wait(86_400)
    assert notices(client) == [] and states(hall) == ["ok"] * 3


def test_the_names_of_the_farms_are_settings() -> None:
    settings = StationSettings(market_farm="eufarm", history_farm="euhmds")
    client = Hall(settings=settings).client(quiet=False)
    assert [text.partition(":")[2] for _, _, text in client.errors()] == [
        "eufarm", "euhmds", "secdefnj",
    ]  # fmt: skip


# ---------------------------------------------------------------- S23: Gateway


@pytest.mark.long
def test_s23_gateway_has_no_farm_connection_before_a_request() -> None:
    hall = hall_of(GATEWAY)
    client = hall.client(quiet=False)
    idle = "data farm connection is inactive but should be available upon demand."
    assert client.errors() == [
        (-1, 2108, f"Market {idle}usfarm"),
        (-1, 2107, f"HMDS {idle}ushmds"),
        (-1, 2158, "Sec-def data farm connection is OK:secdefnj"),
    ]
    hall.wait(3600)
    assert states(hall) == ["inactive", "inactive", "ok"] and client.got() == []


def test_s23_security_definitions_are_there_at_once() -> None:
    got = lines(hall_of(GATEWAY).client().send(DETAILS).got())
    assert got == ["contractDetails 3 AAPL SMART", "contractDetailsEnd 3"]


@pytest.mark.parametrize(
    ("request_", "kind", "told", "answer"),
    [
        (QUOTES, Farm.MARKET, [2119, 2104], market.TickPrice),
        (BARS, Farm.HISTORY, [2106], None),
    ],
)
def test_s23_the_first_request_that_needs_a_farm_connects_it(
    request_: object, kind: Farm, told: list[int], answer: type | None
) -> None:
    hall = hall_of(GATEWAY)
    client = hall.client()
    client.send(request_)  # type: ignore[arg-type]
    farm = hall.station.farms.of(kind)
    assert farm.status is Status.CONNECTING
    assert notices(client) == told[:-1]  # nothing is answered before the farm is there
    hall.wait(0.3)
    assert farm.status is Status.OK
    got = client.got()
    codes = [m.errorCode for m in got if getattr(m, "errorCode", 0)]
    assert codes[:1] == told[-1:]
    assert answer is None or any(isinstance(message, answer) for message in got)
    others = [one.status for one in hall.station.farms if one is not farm]
    assert others == [Status.INACTIVE, Status.OK]


def test_s23_every_session_sees_the_notices_and_a_later_one_the_present_state() -> None:
    hall = hall_of(GATEWAY)
    asks, looks_on = hall.client(1), hall.client(2)
    asks.send(QUOTES)
    hall.wait(0.3)
    assert notices(looks_on) == [2119, 2104]
    assert notices(hall.client(3, quiet=False)) == [2104, 2107, 2158]


def test_s23_a_farm_goes_inactive_after_a_spell_without_requests_and_comes_back() -> None:
    hall = hall_of(StationSettings(gateway=True, farm_idle_s=600))
    client = hall.client()
    client.send(DETAILS, BARS)
    hall.wait(1)
    client.got()
    hall.wait(598)
    assert notices(client) == []
    hall.wait(2)
    assert notices(client) == [2107]
    assert states(hall) == ["inactive", "inactive", "ok"]
    client.send(msgspec.structs.replace(BARS, reqId=4))
    hall.wait(1)
    assert notices_only(client) == [2106]


def notices_only(client: Client) -> list[int]:
    return [code for about, code, _ in client.errors() if about == -1]


@pytest.mark.long
def test_s23_a_farm_with_a_quote_line_stays_until_the_line_is_closed() -> None:
    hall = hall_of(StationSettings(gateway=True, farm_idle_s=600))
    client = hall.client()
    client.send(QUOTES)
    hall.wait(1800)
    assert notices_only(client) == [2119, 2104]
    client.send(market.CancelMktData(1))
    hall.wait(1300)
    assert notices(client) == [2108]


def test_a_farm_that_connects_at_once_lets_the_request_pass_at_once() -> None:
    hall = hall_of(StationSettings(gateway=True, farm_connect_ms=0))
    client = hall.client()
    got = lines(client.send(QUOTES).got())
    assert got[:3] == ["error -1 2119", "error -1 2104", "tickReqParams 1 0.01"]


# ---------------------------------------------------------------- broken and mended


@walk(
    ("name", "told"),
    [("usfarm", [2103, 2119, 2104]), ("ushmds", [2105, 2106]), ("secdefnj", [2157, 2158])],
)
def test_a_break_is_told_and_so_is_the_way_back(name: str, told: list[int]) -> None:
    hall = hall_of(TWS)
    client = hall.client()
    farms = hall.station.farms
    farms.breaks(farms.named(name))
    farms.breaks(farms.named(name))  # once is enough
    hall.settle()
    assert notices(client) == told[:1]
    farms.mends(farms.named(name))
    farms.mends(farms.named(name))
    hall.wait(1)
    assert notices(client) == told[1:]


def test_a_new_session_is_told_what_is_broken() -> None:
    hall = hall_of(TWS)
    for farm in hall.station.farms:
        hall.station.farms.breaks(farm)
    assert notices(hall.client(quiet=False)) == [2103, 2105, 2157]


def test_an_unknown_farm_is_named_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"nofarm.*usfarm, ushmds, secdefnj"):
        hall_of(TWS).station.farms.named("nofarm")


def test_two_stations_in_one_process_have_farms_of_their_own() -> None:
    halls = [hall_of(TWS), hall_of(TWS)]
    clients = [hall.client() for hall in halls]
    first = halls[0].station.farms
    first.breaks(first.named("usfarm"))
    for hall, told in itertools.zip_longest(halls, ([2103], [])):
        hall.settle()
        assert notices(clients[halls.index(hall)]) == told
