"""Requests that wait for a farm, and what a broken one does to those under way (K3)."""

from decimal import Decimal

import msgspec
import pytest

from papertape.model import Contract
from papertape.server.plant.farm_queue import _ENCODE, LONGEST, MAX_WAITING
from papertape.server.sessions.subscriptions import Query
from papertape.server.settings import StationSettings
from papertape.venue.market.source import PriceBar
from papertape.venue.units import MINUTE, SECOND
from papertape.wire.catalogue import REQUESTS, contract, history, market
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime
from server.pair import Client, Hall
from server.shown import lines

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
QUOTES = market.ReqMktData(1, AAPL)
DETAILS = contract.ReqContractDetails(3, AAPL)


def bars(number: int = 2, **fields: object) -> history.ReqHistoricalData:
    wanted = {"barSizeSetting": "1 min", "duration": "1 D", "whatToShow": "TRADES", **fields}
    return history.ReqHistoricalData(number, AAPL, **wanted)  # type: ignore[arg-type]


def hall() -> Hall:
    made = Hall(settings=StationSettings(farm_connect_ms=200, max_message_rate=0))
    made.quote("AAPL 257.66 x 257.68")
    start = made.now - MINUTE
    made.market.history.append(
        PriceBar(start, 2576600, 2577000, 2576500, 2576800, 2_500_000, 2576750, 12)
    )
    return made


def broken(name: str) -> tuple[Hall, Client]:
    made = hall()
    client = made.client()
    breaks(made, name)
    client.got()
    return made, client


def breaks(made: Hall, name: str) -> None:
    made.station.farms.breaks(made.station.farms.named(name))
    made.settle()


def mends(made: Hall, name: str) -> None:
    made.station.farms.mends(made.station.farms.named(name))
    made.wait(0.3)


def test_every_cancellation_names_a_request_that_may_wait() -> None:
    ends = {kind.spec.cancels: kind for kind in REQUESTS.values() if kind.spec.cancels}
    waiting = [kind for kind in REQUESTS.values() if kind.spec.farm and kind in ends]
    assert len(waiting) > 8
    for request in waiting:
        assert ends[request].spec.id_field == request.spec.id_field == "reqId"


# ---------------------------------------------------------------- market data


def test_quote_lines_stop_when_the_farm_breaks_and_resume_by_themselves() -> None:
    made = hall()
    client = made.client()
    client.send(QUOTES)
    client.got()
    breaks(made, "usfarm")
    made.quote("AAPL 258.00 x 258.02")
    assert lines(client.got()) == ["error -1 2103"]
    mends(made, "usfarm")
    made.wait(1)
    got = lines(client.got())
    assert got[:2] == ["error -1 2119", "error -1 2104"]
    assert "tickPrice 1 BID 258 1000" in got


def test_a_station_with_a_broken_farm_and_lines_does_not_spin() -> None:
    made = hall()
    made.client().send(QUOTES)
    breaks(made, "usfarm")
    due = made.station.next_due()
    assert due is None or due > made.now


def test_a_new_line_waits_for_the_farm_and_opens_when_it_is_back() -> None:
    made, client = broken("usfarm")
    client.send(QUOTES)
    assert client.got() == []
    mends(made, "usfarm")
    assert lines(client.got())[:4] == [
        "error -1 2119", "error -1 2104", "tickReqParams 1 0.01", "marketDataType 1 1",
    ]  # fmt: skip


def test_a_line_that_waits_can_be_cancelled_without_a_word() -> None:
    made, client = broken("usfarm")
    client.send(QUOTES, market.CancelMktData(1))
    mends(made, "usfarm")
    assert lines(client.got()) == ["error -1 2119", "error -1 2104"]
    assert lines(client.send(market.CancelMktData(1)).got()) == ["error 1 300"]


def test_what_is_wrong_with_a_request_is_told_when_it_is_served() -> None:
    made, client = broken("usfarm")
    client.send(QUOTES, QUOTES)
    mends(made, "usfarm")
    assert "error 1 102" in lines(client.got())


def test_other_requests_are_served_meanwhile() -> None:
    _, client = broken("usfarm")
    assert client.send(QUOTES, ReqCurrentTime()).of(CurrentTime)


# ---------------------------------------------------------------- history


def test_a_query_that_meets_a_broken_farm_is_told_so_and_answered_when_it_is_back() -> None:
    made, client = broken("ushmds")
    client.send(bars())
    told = (
        "Historical Market Data Service query message:HMDS server disconnect occurred.  "
        "Attempting reconnection..."
    )
    assert client.errors() == [(2, 165, told)]
    made.wait(5)
    assert client.got() == []
    mends(made, "ushmds")
    assert lines(client.got()) == [
        "error -1 2106", "error 2 165", "historicalData 2 1 bars", "historicalDataEnd 2",
    ]  # fmt: skip


def test_a_query_under_way_waits_as_well() -> None:
    made = hall()
    client = made.client()
    session = client.session
    session.subscriptions.add(Query(9, history.ReqHistoricalData, iter([None] * 3)))
    made.station.scheduler.remember(session)
    breaks(made, "ushmds")
    assert lines(client.got()) == ["error -1 2105", "error 9 165"]
    due = made.station.next_due()
    assert due is not None and due > made.now  # it waits, it does not spin
    mends(made, "ushmds")
    assert lines(client.got()) == ["error -1 2106", "error 9 165"]
    assert not session.subscriptions.of(Query)


@pytest.mark.parametrize("under_way", [True, False])
def test_a_query_is_given_up_after_half_a_minute(under_way: bool) -> None:
    made = hall()
    client = made.client()
    if under_way:
        client.session.subscriptions.add(Query(2, history.ReqHistoricalData, iter([None] * 3)))
        breaks(made, "ushmds")
    else:
        breaks(made, "ushmds")
        client.send(bars())
    client.got()
    made.wait(29.9)
    assert client.got() == []
    made.wait(0.2)
    (told,) = client.errors()
    assert told == (
        2, 162, "Historical Market Data Service error message:HMDS server disconnect occurred.",
    )  # fmt: skip
    assert not client.session.subscriptions.of(Query) and not client.session.for_farms
    mends(made, "ushmds")
    assert lines(client.got()) == ["error -1 2106"]


def test_a_query_that_waits_can_be_cancelled() -> None:
    made, client = broken("ushmds")
    client.send(bars(), history.CancelHistoricalData(2))
    assert [code for _, code, _ in client.errors()] == [165, 162]
    mends(made, "ushmds")
    assert lines(client.got()) == ["error -1 2106"]


def test_bars_kept_up_to_date_end_with_10182_and_do_not_return() -> None:
    made = hall()
    client = made.client()
    client.send(bars(7, keepUpToDate=True)).got()
    client.send(bars(8)).got()
    breaks(made, "ushmds")
    assert client.errors()[1:] == [(7, 10182, "Failed to request live updates (disconnected).")]
    mends(made, "ushmds")
    breaks(made, "ushmds")
    assert [code for _, code, _ in client.errors()] == [2106, 2105]


def test_bars_kept_up_to_date_can_be_cancelled_and_count_as_open_queries() -> None:
    made = hall()
    client = made.client()
    client.send(bars(7, keepUpToDate=True)).got()
    assert lines(client.send(bars(7)).got()) == ["error 7 386"]
    assert lines(client.send(history.CancelHistoricalData(7)).got()) == ["error 7 162"]
    assert lines(client.send(history.CancelHistoricalData(7)).got()) == ["error 7 366"]


# ---------------------------------------------------------------- bounds and ends


@pytest.mark.long
def test_only_so_many_requests_of_a_client_may_wait() -> None:
    made, client = broken("secdefnj")
    client.send(*[contract.ReqContractDetails(n, AAPL) for n in range(1, MAX_WAITING + 2)])
    ((about, code, text),) = client.errors()
    assert (about, code) == (MAX_WAITING + 1, 322)
    assert "requests already wait for a data farm" in text
    mends(made, "secdefnj")
    assert len(client.of(contract.ContractDataEnd)) == MAX_WAITING


def test_a_request_that_would_fill_the_memory_does_not_wait() -> None:
    made, client = broken("usfarm")
    names = dict.fromkeys(
        ("localSymbol", "tradingClass", "primaryExchange", "currency"), "x" * 4000
    )
    long = msgspec.structs.replace(AAPL, **names)
    client.send(market.ReqMktData(1, long, "1," * 2000), market.ReqMktData(2, AAPL))
    ((about, code, text),) = client.errors()
    assert (about, code) == (1, 322) and "too long to wait" in text
    mends(made, "usfarm")
    assert "tickReqParams 2 0.01" in lines(client.got())


def test_every_request_that_may_wait_can_be_measured() -> None:
    for kind in (kind for kind in REQUESTS.values() if kind.spec.farm):
        assert len(_ENCODE(kind())) < LONGEST


def test_what_a_client_waited_for_goes_with_it() -> None:
    made, client = broken("secdefnj")
    client.send(DETAILS)
    client.leave()
    other = made.client(2)
    mends(made, "secdefnj")
    assert lines(other.got()) == ["error -1 2158"]


def test_requests_of_several_clients_are_served_in_their_own_order() -> None:
    made = hall()
    one, two = made.client(1), made.client(2)
    breaks(made, "secdefnj")
    for number in (3, 1, 2):
        one.send(contract.ReqContractDetails(number, AAPL))
    two.send(DETAILS)
    mends(made, "secdefnj")
    assert [m.reqId for m in one.of(contract.ContractDataEnd)] == [3, 1, 2]
    assert [m.reqId for m in two.of(contract.ContractDataEnd)] == [3]


def test_sizes_are_as_they_were() -> None:
    """A line that resumes tells what has changed since, nothing twice."""
    made = hall()
    client = made.client()
    client.send(QUOTES)
    client.got()
    breaks(made, "usfarm")
    made.put("quote AAPL 257.66 x 257.70", made.now + SECOND)
    made.wait(2)
    mends(made, "usfarm")
    made.wait(1)
    prices = client.of(market.TickPrice)
    assert [(m.tickType, m.price) for m in prices] == [(2, 257.70)]
    assert prices[0].size == Decimal(1000)
