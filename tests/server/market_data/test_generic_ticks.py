"""Generic ticks: what each id is for each type of security, from the tape that has the rest."""

from itertools import pairwise
from math import log, sqrt
from statistics import stdev
from typing import Any

import pytest

from papertape.model import Contract
from papertape.server.market_data.generic_lines import EVERY_MEASURE
from papertape.server.market_data.generic_ticks import (
    NEWS,
    TABLE,
    TYPES,
    legal_ticks,
    wanted_ticks,
)
from papertape.server.market_data.past_days import SLICE
from papertape.server.settings import StationSettings
from papertape.venue.reference.instruments import Refusal
from papertape.venue.units import MINUTE, SECOND
from papertape.wire.catalogue import market as wire
from papertape.wire.catalogue.history import HistoricalData, ReqHistoricalData
from papertape.wire.catalogue.session import ErrorMessage
from server.market import TapeMarket
from server.pair import Client, Hall, Stopwatch
from server.test_every_kind import hall as whole_market

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
SPY = Contract(symbol="SPY", secType="STK", exchange="SMART", currency="USD")
TICKS = (wire.TickPrice, wire.TickSize, wire.TickGeneric, wire.TickString)
CONTRACTS = {
    "STK": SPY,
    "IND": Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD"),
    "CASH": Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD"),
    "FUT": Contract(
        symbol="ES", secType="FUT", exchange="CME", lastTradeDateOrContractMonth="202606"
    ),
    "OPT": Contract(localSymbol="SPY   260618C00680000", secType="OPT", exchange="SMART"),
    "CRYPTO": Contract(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD"),
    "CMDTY": Contract(symbol="XAUUSD", secType="CMDTY", exchange="SMART", currency="USD"),
    "CFD": Contract(symbol="IBUS500", secType="CFD", exchange="SMART", currency="USD"),
    "FUND": Contract(symbol="VFIAX", secType="FUND", exchange="FUNDSERV", currency="USD"),
}
"""One of each type that has quotes or values."""
AUCTION = 225


def told(client: Client) -> dict[int, Any]:
    """The last value of each tick that has come."""
    found: dict[int, Any] = {}
    for tick in client.got():
        if isinstance(tick, wire.TickPrice):
            found[tick.tickType] = tick.price
        elif isinstance(tick, wire.TickSize):
            found[tick.tickType] = tick.size
        elif isinstance(tick, wire.TickGeneric | wire.TickString):
            found[tick.tickType] = tick.value
    return found


@pytest.fixture(scope="module", name="hall")
def _hall() -> Hall:
    return whole_market()


# ---------------------------------------------------------------- the table


def test_every_id_of_every_type_is_sent_refused_by_name_or_passed_through() -> None:
    for tick in TABLE:
        assert tick.types <= TYPES and tick.sends <= tick.types and tick.refuses <= tick.types
        assert not tick.sends & tick.refuses
        assert bool(tick.sends) == (tick.id in EVERY_MEASURE or tick.id == NEWS), tick
        assert tick.what, tick
        for sec_type in TYPES:
            # 221 is the older id of the mark price too, and means that.
            found = wanted_ticks("220" if tick.id == 221 else str(tick.id), sec_type)
            if sec_type not in tick.types:
                assert isinstance(found, Refusal) and found.variant == "generic_ticks"
                assert found.facts["legal"] == legal_ticks(sec_type)
            elif tick.id == 258:
                assert isinstance(found, Refusal) and found.code == 10358
            elif sec_type in tick.refuses:
                assert isinstance(found, Refusal)
                assert (found.code, found.variant) == (321, "not_served")
                assert found.facts["what"] == f"The generic tick list {tick.shown}"
            else:
                ids = (tick.id,) if sec_type in tick.sends and tick.id != NEWS else ()
                assert found == (True, ids), (tick, sec_type)


@pytest.mark.long
@pytest.mark.parametrize("sec_type", CONTRACTS)
def test_each_id_is_what_the_table_says(hall: Hall, sec_type: str) -> None:
    number = 10 + list(CONTRACTS).index(sec_type)
    client, contract = hall.client(number), CONTRACTS[sec_type]
    for number, tick in enumerate(TABLE, 100):
        word = "220" if tick.id == 221 else str(tick.id)
        client.send(wire.ReqMktData(number, contract, f"mdoff,{word}"))
        hall.wait(0.3)
        got = client.got()
        refused = [m.errorCode for m in got if isinstance(m, ErrorMessage)]
        ticks = {m.tickType for m in got if isinstance(m, TICKS)}
        client.send(wire.CancelMktData(number)).got()
        if sec_type not in tick.types or sec_type in tick.refuses:
            assert refused == [321]
        elif tick.id == 258:
            assert refused == [10358]
        elif tick.id in (NEWS, AUCTION):
            # Headlines have a message of their own, auctions are a world's: test_written.
            assert not refused and not ticks
        elif sec_type in tick.sends:
            assert not refused and ticks and ticks <= set(tick.ticks), (tick, ticks)
        else:
            assert not refused and not ticks, (tick, ticks)


# ---------------------------------------------------------------- the figures


def bars(client: Client, size: str, span: str, what: str = "TRADES") -> list[Any]:
    client.send(ReqHistoricalData(900, SPY, "", size, span, 0, what))
    client.hall.wait(0)
    (found,) = client.of(HistoricalData)
    return list(found.historicalDataBars)


@pytest.fixture(scope="module", name="figures")
def _figures(hall: Hall) -> tuple[dict[int, Any], Client, dict[int, Any]]:
    """Generic ticks of a fund, a client, and the default ticks of that moment."""
    client = hall.client(8)
    ids = [tick.id for tick in TABLE if "STK" in tick.sends and tick.id != NEWS]
    client.send(wire.ReqMktData(1, SPY, ",".join(["mdoff", *map(str, ids)])))
    found = told(client)
    hall.wait(0.25 - hall.now % (SECOND // 4) / SECOND)
    found |= told(client)
    client.send(wire.CancelMktData(1), wire.ReqMktData(2, SPY))
    plain = told(client)
    client.send(wire.CancelMktData(2)).got()
    return found, client, plain


Figures = tuple[dict[int, Any], Client, dict[int, Any]]


@pytest.mark.long
def test_ranges_and_volumes_are_those_of_the_daily_bars(figures: Figures) -> None:
    found, client, _ = figures
    days = bars(client, "1 day", "1 Y")
    for weeks, low, high in ((13, 15, 16), (26, 17, 18), (52, 19, 20)):
        within = days[-(weeks * 7 + 1) :]  # this market is open every day
        assert found[low] == min(bar.low for bar in within)
        assert found[high] == max(bar.high for bar in within)
    past = [float(bar.volume) for bar in days[-91:-1]]
    assert float(found[21]) == pytest.approx(sum(past) / 90, abs=1)
    assert found[89] == found[21] and found[46] == 3.0


def test_volatilities_are_those_of_the_daily_closes(figures: Figures) -> None:
    found, client, plain = figures
    closes = [bar.close for bar in bars(client, "1 day", "60 D")]

    def yearly(prices: list[float]) -> float:
        return stdev(log(b / a) for a, b in pairwise(prices)) * sqrt(252)

    assert found[23] == pytest.approx(yearly(closes[-32:-1]), rel=1e-9)
    assert found[58] == pytest.approx(yearly([*closes[-31:-1], plain[4]]), rel=1e-9)
    assert 0.05 < found[24] < 1.0


def test_the_latest_trade_and_the_day_agree_with_the_default_ticks(figures: Figures) -> None:
    found, client, plain = figures
    price, size, time, volume, average, single = found[48].split(";")
    assert (float(price), int(size), int(volume)) == (plain[4], plain[5], plain[8])
    assert int(time) // 1000 == int(plain[45]) and single == "true"
    today = bars(client, "1 day", "1 D")[-1]
    assert float(average) == pytest.approx(float(today.wap)) and found[54] == today.barCount
    assert found[77] == found[48] and found[57] == plain[4]


def test_minutes_agree_with_bars_of_a_minute(figures: Figures) -> None:
    found, client, _ = figures
    hall = client.hall
    whole = bars(client, "1 min", "1200 S")
    if hall.now % MINUTE:
        whole = whole[:-1]  # the one that is under way
    assert found[55] == whole[-1].barCount and found[56] == float(whole[-1].volume)
    for minutes, tick in ((3, 63), (5, 64), (10, 65)):
        assert found[tick] == sum(bar.volume for bar in whole[-minutes:])


def test_prices_without_a_trade_are_the_middle_of_the_quote(figures: Figures) -> None:
    found, client, plain = figures
    assert found[37] == found[96] == pytest.approx((plain[1] + plain[2]) / 2)
    middle = bars(client, "1 day", "1 D", "MIDPOINT")[-1]
    assert (found[98], found[99], found[97]) == (middle.high, middle.low, plain[9])
    assert found[79] == pytest.approx(found[37], rel=0.001)


def test_a_share_that_is_no_fund_has_no_value_of_one(hall: Hall) -> None:
    client = hall.client(7)
    client.send(wire.ReqMktData(1, AAPL, "mdoff,577,614,623"))
    hall.wait(1)
    assert told(client) == {}


# ---------------------------------------------------------------- lines


def quoted(interval_ms: int = 250) -> tuple[Hall, Client]:
    hall = Hall(settings=StationSettings(quote_interval_ms=interval_ms, max_message_rate=0))
    hall.quote("AAPL 257.66 x 257.68")
    return hall, hall.client()


def test_a_line_is_told_what_changes_and_nothing_after_its_cancellation() -> None:
    hall, client = quoted()
    client.send(wire.ReqMktData(1, AAPL, "mdoff,232"))
    assert told(client) == {37: 257.67}
    hall.wait(3)
    assert client.got() == []
    hall.quote("AAPL 257.60 x 257.62")
    assert told(client) == {37: 257.61}
    client.send(wire.CancelMktData(1))
    hall.quote("AAPL 257.70 x 257.72")
    assert client.got() == []


def test_default_and_generic_ticks_stand_under_one_number() -> None:
    _, client = quoted()
    client.send(wire.ReqMktData(1, AAPL, "232"))
    found = told(client)
    assert found[1] == 257.66 and found[37] == 257.67


@pytest.mark.parametrize(("interval", "prices"), [(0, 3), (250, 1)])
def test_every_trade_is_told_where_lines_are_told_every_tick(interval: int, prices: int) -> None:
    hall = Hall(
        market=TapeMarket(),
        settings=StationSettings(quote_interval_ms=interval, max_message_rate=0),
    )
    client = hall.client()
    client.send(wire.ReqMktData(1, AAPL, "mdoff,233")).got()
    for at, price in enumerate((257.66, 257.67, 257.68), 1):
        hall.put(f"trade AAPL {price}*100", hall.now + at * SECOND // 100)
    hall.wait(0.25)
    ticks = [tick.value.split(";") for tick in client.of(wire.TickString)]
    assert [float(tick[0]) for tick in ticks] == [257.66, 257.67, 257.68][-prices:]
    assert ticks[-1][3:5] == ["300", "257.67"]


@pytest.mark.long
def test_days_are_looked_up_in_slices_and_others_come_between() -> None:
    hall = whole_market(seed=11)
    client, other = hall.client(1), hall.client(2)
    hall.station.timing.stopwatch = Stopwatch(SLICE / 2 / SECOND)
    station = hall.station
    data = client.connection.send(wire.ReqMktData(1, SPY, "mdoff,165"))
    station.receive(client.session, data, hall.now)
    station.flush()
    assert 20 not in told(client)
    other.send(wire.ReqMktData(1, SPY))  # the slices go on behind it
    assert told(other)[1] > 0
    hall.wait(0.3)
    assert {15, 16, 17, 18, 19, 20, 21} <= set(told(client))


def test_another_login_ends_both_halves_with_one_error() -> None:
    hall, client = quoted()
    client.send(wire.ReqMktData(1, AAPL, "232")).got()
    hall.station.competition.begin()
    hall.settle()
    assert [code for _, code, _ in client.errors()] == [10197]
    hall.station.competition.end()
    hall.quote("AAPL 257.60 x 257.62")
    assert client.got() == []


# ---------------------------------------------------------------- options, futures, odd lots


def test_options_are_a_part_of_what_their_stock_trades(figures: Figures) -> None:
    found, _, plain = figures
    assert 0.01 < float(found[29] + found[30]) * 100 / float(plain[8]) < 0.4
    assert found[29] > 0 < found[30] and found[27] > found[29] and found[28] > found[30]
    assert 0 < float(found[87]) < float(found[27] + found[28])
    assert all(found[one] == int(found[one]) for one in (27, 28, 29, 30, 87))


@pytest.mark.long
def test_what_is_open_stands_for_a_day_and_options_grow_with_it() -> None:
    market = whole_market()
    client = market.client(1)

    def looked(after: float) -> dict[int, Any]:
        market.wait(after)  # while nobody follows
        client.send(wire.ReqMktData(1, SPY, "mdoff,100,101,105"))
        market.wait(0.5)
        found = told(client)
        client.send(wire.CancelMktData(1)).got()
        return found

    first, later, next_day = looked(1), looked(1800), looked(86_400)
    assert later[29] > first[29] and later[30] > first[30]
    for one in (27, 28, 87):
        assert first[one] == later[one] != next_day[one]


@pytest.mark.long
@pytest.mark.parametrize(
    ("contract", "call"),
    [
        (CONTRACTS["OPT"], True),
        (Contract(localSymbol="SPY   260618P00680000", secType="OPT", exchange="SMART"), False),
    ],
)
def test_an_option_has_its_own_volume_and_interest(contract: Contract, call: bool) -> None:
    hall = whole_market()
    client = hall.client()
    client.send(wire.ReqMktData(1, contract, "100,101"))
    found = told(client)
    hall.wait(0.3)
    found |= told(client)
    own, other = ((27, 29), (28, 30)) if call else ((28, 30), (27, 29))
    assert found[own[0]] > 0 and (found[other[0]], found[other[1]]) == (0, 0)
    assert found[own[1]] == found[8]  # the volume of the day


def test_a_stock_without_options_has_none(hall: Hall) -> None:
    foreign = Contract(symbol="SAP", secType="STK", exchange="SMART", currency="EUR")
    client = hall.client(6)
    client.send(wire.ReqMktData(1, foreign, "mdoff,100,101,105"))
    hall.wait(1)
    assert told(client) == {}


@pytest.mark.long
def test_odd_lots_stand_inside_the_quote(hall: Hall) -> None:
    client = hall.client(5)
    wide = Contract(symbol="AZO", secType="STK", exchange="SMART", currency="USD")
    client.send(wire.ReqMktData(1, wide, "787"))
    seen, quote = 0, told(client)
    for _ in range(400):
        hall.wait(0.25)
        quote |= told(client)
        bid, ask, lot_bid, lot_ask = (quote.get(one, -1.0) for one in (1, 2, 105, 106))
        for price, size, venue in ((lot_bid, 107, 109), (lot_ask, 108, 110)):
            if price < 0:
                assert quote.get(size, 0) == 0 and quote.get(venue, "") == ""
            else:
                seen += 1
                assert bid < price < ask and 0 < quote[size] < 100
                assert len(quote[venue]) == 1 and quote[venue].isalpha()
        if min(lot_bid, lot_ask) > 0:
            assert lot_bid < lot_ask
    assert seen > 20


def test_odd_lots_are_legal_from_their_version_on(hall: Hall) -> None:
    for number, version in ((30, 224), (31, 225)):
        client = hall.client(number, version)
        client.send(wire.ReqMktData(1, SPY, "mdoff,787"))
        assert bool(client.errors()) == (version < 225)


@pytest.mark.long
def test_options_are_contracts_for_clients_that_count_shares_in_lots() -> None:
    found = []
    for version in (176, 226):
        client = whole_market().client(1, version)
        client.send(wire.ReqMktData(1, SPY, "mdoff,100,101,105"))
        client.hall.wait(1)
        found.append(told(client))
    assert found[0] == found[1] and set(found[0]) == {27, 28, 29, 30, 87}
