"""reqRealTimeBars: what is told every five seconds, what is refused, what ends it."""

from decimal import Decimal

import pytest

from papertape.model import Contract
from papertape.server.settings import StationSettings
from papertape.venue.broker.profile import Profile
from papertape.venue.market.source import Quote
from papertape.venue.market.tape import open_market
from papertape.venue.units import SECOND
from papertape.wire.catalogue import history, market
from papertape.wire.catalogue import ticks as wire
from server.market import TapeMarket
from server.pair import VERSIONS, Client, Hall
from server.shown import lines
from server.test_every_kind import hall as every_kind
from venue.scenario import START, at
from walks import walk

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
EUR = Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD")
AAPL_ID = 265598


def asked(number: int = 1, what: str = "TRADES", **more: object) -> wire.ReqRealTimeBars:
    fields = {"contract": AAPL, "barSize": 5, "whatToShow": what, **more}
    return wire.ReqRealTimeBars(number, **fields)  # type: ignore[arg-type]


def ready(version: int = 226, **options: object) -> tuple[Hall, Client]:
    """Ten o'clock and a second: a quote stands, and something was traded at it."""
    hall = Hall(market=TapeMarket(), **options)  # type: ignore[arg-type]
    hall.put("quote AAPL 257.66 x 257.68", hall.now)
    hall.put("trade AAPL 257.67*100", hall.now + SECOND)
    hall.wait(1)
    return hall, hall.client(1, version)


def told(client: Client) -> list[wire.RealTimeBarTick]:
    return client.of(wire.RealTimeBarTick)


def rows(client: Client) -> list[tuple[object, ...]]:
    """Second after ten o'clock, open, high, low, close, volume, average, count."""
    return [
        (b.time - START // SECOND, b.open, b.high, b.low, b.close, b.volume, b.wap, b.count)
        for b in told(client)
    ]


@pytest.mark.long
@walk("version", VERSIONS)
def test_a_bar_is_told_at_its_end_under_the_time_of_its_start(version: int) -> None:
    hall, client = ready(version)
    client.send(asked())
    hall.put("trade AAPL 257.70*300", hall.now + SECOND)
    hall.wait(3.9)
    assert client.got() == []
    hall.wait(0.1)
    (bar,) = told(client)
    assert (bar.reqId, bar.time) == (1, START // SECOND)
    assert (bar.open, bar.high, bar.low, bar.close) == (257.67, 257.7, 257.67, 257.7)
    volume = 4 if version < 175 else 400
    assert (bar.volume, bar.wap, bar.count) == (volume, Decimal("257.6925"), 2)
    hall.wait(10)
    assert [bar.time - START // SECOND for bar in told(client)] == [5, 10]


def test_without_a_trade_a_bar_is_flat_at_the_close_before() -> None:
    hall, client = ready()
    client.send(asked())
    hall.wait(9)
    hall.put("trade AAPL 257.90*100", hall.now + 6 * SECOND)
    hall.wait(10)
    flat = (257.67,) * 4
    assert rows(client) == [
        (0, *flat, 100, Decimal("257.67"), 1),
        (5, *flat, 0, Decimal("257.67"), 0),
        (10, *flat, 0, Decimal("257.67"), 0),
        (15, *(257.9,) * 4, 100, Decimal("257.9"), 1),
    ]


@walk(
    ("what", "prices"),
    [("BID", (257.66, 257.8, 257.66, 257.8)), ("ASK", (257.68, 257.82, 257.68, 257.82)),
     ("MIDPOINT", (257.67, 257.81, 257.67, 257.81)), ("bid", (257.66, 257.8, 257.66, 257.8))],
)  # fmt: skip
def test_bars_of_quotes_have_no_volume(what: str, prices: tuple[float, ...]) -> None:
    hall, client = ready()
    client.send(asked(what=what))
    hall.put("quote AAPL 257.80 x 257.82", hall.now + SECOND)
    hall.wait(4)
    assert rows(client) == [(0, *prices, -1, -1, -1)]


def test_the_bar_size_that_is_asked_for_is_ignored() -> None:
    hall, client = ready()
    client.send(asked(barSize=60))
    hall.wait(9)
    assert [bar.time - START // SECOND for bar in told(client)] == [0, 5]


INVALID = "Error validating request.-'bN' : cause - "
REFUSED = {
    "bid and ask": (asked(7, "BID_ASK"), 321,
        INVALID + "What to show field is missing or incorrect."),
    "nothing to show": (asked(7, ""), 321, INVALID + "What to show field is missing or incorrect."),
    "an unknown symbol": (asked(7, contract=Contract(symbol="NOSUCH", secType="STK",
        exchange="SMART", currency="USD")), 200,
        "No security definition has been found for the request"),
    "no exchange": (asked(7, contract=Contract(conId=265598)), 321,
        INVALID + "Please enter exchange"),
    "trades of currencies": (asked(7, contract=EUR), 420,
        "Invalid Real-time Query:No historical market data for EUR/CASH@IDEALPRO Last 5"),
}  # fmt: skip


@walk("case", REFUSED)
def test_refusals(case: str) -> None:
    request, code, text = REFUSED[case]
    hall, client = ready()
    assert client.send(request).errors() == [(7, code, text)]
    hall.wait(10)
    assert client.got() == [] and hall.station.next_due() is None


def test_a_number_in_use_is_refused_and_the_bars_go_on() -> None:
    hall, client = ready()
    client.send(asked(), asked(1, "BID"))
    assert client.errors() == [(1, 102, "Duplicate ticker ID.")]
    hall.wait(4)
    assert [bar.volume for bar in told(client)] == [100]


def test_each_counts_as_a_line() -> None:
    settings = StationSettings(max_lines=3, max_message_rate=0)
    _, client = ready(settings=settings)
    client.send(market.ReqMktData(1, AAPL), asked(2), asked(3)).got()
    client.send(asked(4), market.ReqMktData(4, AAPL))
    full = "Max number of tickers has been reached."
    assert client.errors() == [(4, 101, full), (4, 101, full)]
    client.send(wire.CancelRealTimeBars(2), asked(4))
    assert client.got() == []


def test_cancel_is_silent_and_an_unknown_number_is_told() -> None:
    hall, client = ready()
    client.send(asked(), wire.CancelRealTimeBars(1))
    hall.wait(10)
    assert client.got() == [] and hall.station.next_due() is None
    client.send(wire.CancelRealTimeBars(1))
    assert client.errors() == [(1, 300, "Can't find EId with tickerId:1")]


def test_regular_hours_leave_out_what_is_before_and_after() -> None:
    opening = at("20260413 09:29:52")
    hall = Hall(market=TapeMarket(), profile=Profile(hours="exchange"), now=opening)
    hall.market.add(Quote(AAPL_ID, opening, 2576600, 100, 2576800, 100))
    client = hall.client()
    client.send(asked(1, "BID", useRTH=True), asked(2, "BID", useRTH=False))
    hall.wait(14)
    begins = [(bar.reqId, bar.time - opening // SECOND) for bar in told(client)]
    assert begins == [(2, -2), (2, 3), (1, 8), (2, 8)]


def test_bars_of_a_tape_are_those_of_its_history() -> None:
    hall = Hall(market=open_market(START))
    client = hall.client()
    for number, what in enumerate(("TRADES", "MIDPOINT", "BID", "ASK"), 1):
        client.send(asked(number, what))
    hall.wait(60)
    live: dict[int, list[tuple[object, ...]]] = {}
    for bar in told(client):
        row = (bar.time, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.wap, bar.count)
        live.setdefault(bar.reqId, []).append(row)
    for number, what in enumerate(("TRADES", "MIDPOINT", "BID", "ASK"), 1):
        client.send(history.ReqHistoricalData(
            9, AAPL, "", "5 secs", "60 S", 1, what, 2, False))  # fmt: skip
        (answer,) = client.of(history.HistoricalData)
        kept = [
            (int(b.date), b.open, b.high, b.low, b.close, b.volume, b.wap, b.barCount)
            for b in answer.historicalDataBars
        ]
        assert len(kept) == 12 and live[number] == kept


# ---------------------------------------------------------------- what interrupts and ends them


def test_a_broken_market_farm_stops_them_and_they_go_on_by_themselves() -> None:
    hall, client = ready()
    client.send(asked())
    farm = hall.station.farms.named("usfarm")
    hall.wait(4)
    assert len(told(client)) == 1
    hall.station.farms.breaks(farm)
    hall.settle()
    hall.wait(22)
    assert lines(client.got()) == ["error -1 2103"]
    hall.station.step(hall.now)
    hall.station.farms.mends(farm)
    hall.settle()
    hall.wait(10)
    # The bar under way at the return comes first; those of the break never do.
    assert [bar.time - START // SECOND for bar in told(client)] == [25, 30]


def test_a_short_break_leaves_out_what_was_due_in_it() -> None:
    hall, client = ready()
    client.send(asked())
    farm = hall.station.farms.named("usfarm")
    hall.wait(3.5)
    hall.station.farms.breaks(farm)
    hall.now += SECOND  # the end of the first bar goes by without a step
    hall.station.pass_time(hall.now)
    hall.station.farms.mends(farm)
    hall.settle()
    hall.wait(5)
    assert [bar.time - START // SECOND for bar in told(client)] == [5]


def test_with_1101_they_end_without_a_word_and_the_number_is_free() -> None:
    hall, client = ready()
    client.send(asked())
    hall.station.link.lose()
    hall.settle()
    hall.wait(7)
    hall.station.step(hall.now)
    hall.station.link.restore(data_lost=True)
    hall.settle()
    client.got()
    hall.wait(10)
    assert client.got() == []
    client.send(asked())
    hall.wait(5)
    assert len(told(client)) == 1


def test_with_1102_they_go_on() -> None:
    hall, client = ready()
    client.send(asked())
    hall.station.link.lose()
    hall.settle()
    hall.wait(7)
    hall.station.step(hall.now)
    hall.station.link.restore()
    hall.settle()
    hall.wait(5)
    assert [bar.time - START // SECOND for bar in told(client)] == [5]


def test_another_login_ends_them_and_refuses_new_ones_with_420() -> None:
    hall, client = ready()
    client.send(asked())
    hall.station.competition.begin()
    hall.settle()
    text = "Invalid Real-time Query:Trading TWS session is connected from a different IP address"
    assert client.errors() == [(1, 420, text)]
    assert client.send(asked(2)).errors() == [(2, 420, text)]
    hall.station.competition.end()
    client.send(asked(2))
    hall.wait(4)
    assert [bar.reqId for bar in told(client)] == [2]


def test_a_client_that_has_gone_is_told_nothing_and_may_come_back() -> None:
    hall, client = ready()
    client.send(asked())
    client.leave()
    assert hall.station.next_due() is None
    again = hall.client(1)
    again.send(asked())
    hall.wait(4)
    assert len(told(again)) == 1


def test_a_gateway_keeps_its_farm_connected_for_them() -> None:
    hall, client = ready(settings=StationSettings(gateway=True, farm_idle_s=30, farm_connect_ms=0))
    client.send(asked())
    assert lines(client.got()) == ["error -1 2119", "error -1 2104"]
    hall.wait(300)
    assert {type(message) for message in client.got()} == {wire.RealTimeBarTick}


BTC = Contract(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD")
FEED = Contract(symbol="BRFG:BRFG_ALL", secType="NEWS", exchange="BRFG")


@walk(
    ("contract", "what", "code", "text"),
    [
        (BTC, "TRADES", 10299, "Expected what to show is AGGTRADES, please use that instead of"),
        (AAPL, "AGGTRADES", 420, "No historical market data for AAPL/STK@SMART Last 5"),
        (FEED, "TRADES", 420, "No historical market data for BRFG:BRFG_ALL/NEWS@BRFG Last 5"),
        (FEED, "BID", 420, "No historical market data for BRFG:BRFG_ALL/NEWS@BRFG Bid 5"),
        (Contract(symbol="X", secType="BAG", exchange="SMART"), "BID", 321, "combo leg details"),
    ],
)
def test_trades_under_a_name_that_the_kind_does_not_have(
    contract: Contract, what: str, code: int, text: str
) -> None:
    hall = every_kind()
    client = hall.client().send(asked(1, what, contract=contract))
    hall.wait(60)
    ((about, told, said),) = client.errors()
    assert (about, told) == (1, code) and text in said


def test_trades_of_crypto_currencies_have_a_name_of_their_own() -> None:
    hall = every_kind()
    client = hall.client().send(asked(1, "AGGTRADES", contract=BTC))
    hall.wait(60)
    bars = told(client)
    assert len(bars) == 12 and any(bar.count > 0 for bar in bars)
