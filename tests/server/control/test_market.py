"""Instruments, quotes and bars: what clients are told, for those who look on."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from papertape.model import Bar, Contract
from papertape.server.present.times import bar_date
from papertape.venue.broker.profile import Profile
from papertape.venue.market.prices import Prices
from papertape.venue.market.source import PriceBar
from papertape.venue.market.tape import open_market
from papertape.venue.reference.instruments import Listing
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import MINUTE, SECOND, Nanos
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue import history
from papertape.wire.catalogue.market import ReqMktData
from papertape.wire.catalogue.options import TickOptionComputation
from server.control.api import Api, controlled
from server.control.test_routes import with_api
from server.pair import Hall
from server.sockets import run
from venue.scenario import START, at

pytestmark = pytest.mark.network

AAPL, EUR = 265598, 12087792
PRICES = ("open", "high", "low", "close")
START_TIME = datetime.fromtimestamp(START / 1e9).astimezone()


def test_instruments_are_found_by_symbol_and_name() -> None:
    async def main(api: Api) -> None:
        (apple, *_) = await api.get("/symbols?q=aap")
        assert (apple["con_id"], apple["symbol"], apple["security_type"]) == (AAPL, "AAPL", "STK")
        assert (apple["exchange"], apple["currency"], apple["tick"]) == ("SMART", "USD", 0.01)
        assert apple["multiplier"] == 1
        assert "APPLE" in apple["description"]
        assert AAPL in [row["con_id"] for row in await api.get("/symbols?q=apple")]
        assert await api.get("/symbols?q=%3Cb%3E") == []
        everything = {row["con_id"] for row in await api.get("/symbols")}
        assert everything == set(api.hall.market.con_ids())
        assert await api.get(f"/symbols/{AAPL}") == apple
        await api.get("/symbols/5", 404)
        await api.get("/symbols?q=" + "x" * 41, 422)

    with_api(main)


def test_what_has_no_market_data_is_not_offered() -> None:
    async def main(api: Api) -> None:
        del api.hall.market.tape[AAPL]
        assert AAPL not in [row["con_id"] for row in await api.get("/symbols?q=AAPL")]
        assert "market data" in (await api.get(f"/quotes/{AAPL}", 404))["detail"]
        await api.get(f"/bars/{AAPL}", 404)

    with_api(main)


def test_a_quote_is_the_market_of_this_moment() -> None:
    async def main(api: Api) -> None:
        empty = await api.get(f"/quotes/{EUR}")
        assert (empty["bid"], empty["bid_size"], empty["last"]) == (None, None, None)
        told = await api.get(f"/quotes/{AAPL}")
        assert (told["bid"], told["bid_size"]) == (257.66, "1000")
        assert (told["ask"], told["last"], told["close"]) == (257.68, 257.67, 255.0)
        assert told["live"] is True and told["volume"] == "50"
        await api.get("/quotes/5", 404)

    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    hall.trade("AAPL 257.67*50")
    with_api(main, hall)


def test_a_broken_farm_s_quotes_stand_still() -> None:
    async def main(api: Api) -> None:
        await api.post("/drills", {"text": "farm-blip usfarm ms=60000"})
        since = (await api.get(f"/quotes/{AAPL}"))["time"]
        api.hall.put("quote AAPL 300 x 301", api.served.server.now() + 1)
        told = await api.get(f"/quotes/{AAPL}")
        assert (told["bid"], told["live"], told["time"]) == (257.66, False, since)

    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    with_api(main, hall)


def bar(start: Nanos, close: int, count: int = 3) -> PriceBar:
    return PriceBar(start, 2_570_000, 2_580_000, 2_560_000, close, 100_0000, 2_570_000, count)


def minutes_hall() -> Hall:
    hall = Hall(now=START + 10 * SECOND)
    hall.market.history = [bar(START - n * MINUTE, 2_570_000 + n * 100) for n in range(20, -1, -1)]
    return hall


def test_bars_come_oldest_first_and_the_last_one_may_change() -> None:
    async def main(api: Api) -> None:
        rows = await api.get(f"/bars/{AAPL}?seconds=60&last=5")
        assert [row["close"] for row in rows] == [257.04, 257.03, 257.02, 257.01, 257.0]
        assert [row["complete"] for row in rows] == [True] * 4 + [False]
        assert (rows[-1]["open"], rows[-1]["high"], rows[-1]["low"]) == (257.0, 258.0, 256.0)
        assert rows[-1]["volume"] == "100"
        assert datetime.fromisoformat(rows[-1]["time"]) == START_TIME
        assert len(await api.get(f"/bars/{AAPL}")) == 21

    with_api(main, minutes_hall())


def test_to_go_on_one_asks_for_what_comes_later() -> None:
    async def main(api: Api) -> None:
        rows = await api.get(f"/bars/{AAPL}?last=5")
        done = [row for row in rows if row["complete"]][-1]
        api.hall.market.asked_bars.clear()
        assert await api.get(f"/bars/{AAPL}?after={quote(done['time'])}") == rows[-1:]
        ((start, end, _, what),) = api.hall.market.queries("TRADES")
        assert end - start <= 2 * MINUTE and what == "TRADES"  # a poll costs as much as it brings
        naive = (START_TIME - timedelta(minutes=3)).astimezone().isoformat()
        assert len(await api.get(f"/bars/{AAPL}?after={quote(naive)}")) == 3
        future = quote((START_TIME + timedelta(days=400)).isoformat())
        assert await api.get(f"/bars/{AAPL}?after={future}") == []
        assert len(await api.get(f"/bars/{AAPL}?after=0001-01-01T00:00:00")) == 21

    with_api(main, minutes_hall())


def test_currencies_have_bars_of_their_midpoint() -> None:
    async def main(api: Api) -> None:
        api.hall.market.history = [bar(START, 110_000, -1)]
        (row,) = await api.get(f"/bars/{EUR}")
        assert row["volume"] is None
        assert {asked[3] for asked in api.hall.market.asked_bars} == {"MIDPOINT"}
        api.hall.market.asked_bars.clear()
        await api.get(f"/bars/{EUR}?what=BID")
        assert {asked[3] for asked in api.hall.market.asked_bars} == {"BID"}

    with_api(main, Hall(now=START + SECOND))


@pytest.mark.parametrize("query", ["seconds=7", "last=0", "last=1001", "after=soon", "what=X"])
def test_bars_that_cannot_be_say_why(query: str) -> None:
    async def main(api: Api) -> None:
        (problem,) = (await api.get(f"/bars/{AAPL}?{query}", 422))["detail"]
        assert problem["loc"][-1] == query.partition("=")[0]

    with_api(main)


@pytest.mark.parametrize("seconds", [1, 5, 60, 3600, 86400])
def test_bars_are_those_that_a_client_is_told(seconds: int) -> None:
    asked = {1: "1 secs", 5: "5 secs", 60: "1 min", 3600: "1 hour", 86400: "1 day"}[seconds]
    span = {1: "1800 S", 5: "1 D", 60: "1 D", 3600: "1 W", 86400: "1 M"}[seconds]

    async def main() -> None:
        hall = Hall(market=open_market(START - 60 * MINUTE))
        async with controlled(hall) as api:
            rows: list[dict[str, Any]] = await api.get(f"/bars/{AAPL}?seconds={seconds}&last=300")
            client = await api.served.client()
            contract = Contract(conId=AAPL, exchange="SMART")
            await client.send(
                history.ReqHistoricalData(1, contract, "", asked, span, True, "TRADES", 2)
            )
            (told,) = [
                event
                for event in await client.until(history.HistoricalData)
                if isinstance(event, history.HistoricalData)
            ]
            theirs = {one.date: _prices(one) for one in told.historicalDataBars[:-2]}
            ours = {_stamp(row["time"], seconds): tuple(map(row.get, PRICES)) for row in rows}
            both = theirs.keys() & ours.keys()
            assert len(both) >= 15
            assert {at: theirs[at] for at in both} == {at: ours[at] for at in both}
            assert len(rows) == 300 or seconds == 3600
            assert [row["complete"] for row in rows[:-1]] == [True] * (len(rows) - 1)

    run(main)


def _prices(bar: Bar) -> tuple[float, ...]:
    return tuple(getattr(bar, name) for name in PRICES)


def _stamp(time: str, seconds: int) -> str:
    """As formatDate 2 writes it."""
    at = int(datetime.fromisoformat(time).timestamp()) * SECOND
    return bar_date(at, "US/Eastern", MAX_SERVER, 2, whole_day=seconds == 86400)


def test_instruments_of_the_catalogue_are_found_and_quoted() -> None:
    async def main() -> None:
        tape = open_market(START - 60 * MINUTE, synthetic=Prices(CATALOGUE))
        async with controlled(Hall(market=tape)) as api:
            rows = await api.get("/symbols?q=SPX")
            found = {(row["symbol"], row["security_type"]): row for row in rows}
            quote = await api.get(f"/quotes/{found['SPX', 'IND']['con_id']}")
            assert 5000 < quote["last"] < 9000
            assert await api.get("/symbols?q=TICK-NYSE") == []

    run(main)


def test_a_book_is_what_a_client_is_told_of_depth() -> None:
    async def main(api: Api) -> None:
        told = await api.get(f"/books/{AAPL}?rows=3")
        assert (told["con_id"], told["live"]) == (AAPL, True)
        assert len(told["bids"]) == len(told["asks"]) == 3
        assert told["bids"][0] == {"price": 257.66, "size": "1000"}
        assert told["asks"][0]["price"] == 257.68
        bids = [level["price"] for level in told["bids"]]
        assert bids == sorted(bids, reverse=True)
        assert len((await api.get(f"/books/{AAPL}"))["bids"]) == 10
        await api.get(f"/books/{AAPL}?rows=61", 422)
        await api.get("/books/5", 404)

    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    with_api(main, hall)


def test_the_quote_of_an_option_has_the_greeks_of_its_line() -> None:
    wanted = Contract(localSymbol="SPY   260618C00680000", secType="OPT", exchange="SMART")
    found = CATALOGUE.resolve(wanted, now=START)
    assert isinstance(found, Listing)
    option = found.instrument.conId
    market = open_market(START - 60 * MINUTE, synthetic=Prices(CATALOGUE), seed=3)
    hall = Hall(market=market)
    line = hall.client()
    line.send(ReqMktData(1, wanted))
    (model,) = (tick for tick in line.of(TickOptionComputation) if tick.tickType == 13)

    async def main(api: Api) -> None:
        greeks = (await api.get(f"/quotes/{option}"))["greeks"]
        names = ("delta", "gamma", "vega", "theta")
        assert [greeks[name] for name in names] == [getattr(model, name) for name in names]
        told = (greeks["implied_volatility"], greeks["value"], greeks["underlying"])
        assert told == (model.impliedVol, model.optPrice, model.undPrice)
        assert (await api.get(f"/quotes/{AAPL}"))["greeks"] is None

    with_api(main, hall, speed=0)


# what is typed -> the first offers: kind and local symbol
OFFERED = {
    "es": ["STK ES", "CFD ES", "FUT ESM6"],
    "ESM6": ["FUT ESM6"],
    "es fut": ["FUT ESM6", "FUT ESU6"],
    "ES 202612": ["FUT ESZ6"],
    "EUR.USD": ["CASH EUR.USD"],
    "eurusd": ["CASH EUR.USD"],
    "EUR/USD": ["CASH EUR.USD"],
    "SPY 20261218 C 680": ["OPT SPY   261218C00680000"],
    "680 put spy": [],
    "spy put 680 20261218": ["OPT SPY   261218P00680000"],
    "spy 261218c00680000": ["OPT SPY   261218C00680000"],
    "IBM CFD": ["CFD IBM"],
    "SPX": ["IND SPX"],
    "spy dec26 c 680": ["OPT SPY   261218C00680000"],
    "SPY 261218 C 680": ["OPT SPY   261218C00680000"],
    "es dec": ["FUT ESZ6"],
    "us-t": ["BOND IBCID2098786778"],
    "US91282CLW90": ["BOND IBCID2098786778"],
    "91282clw9": ["BOND IBCID2098786778"],
    "IBCID236491195": ["BOND IBCID236491195"],
    "0263494": ["STK BA"],
    "BBG000BLNNH6": ["STK IBM"],
    "ES banana": [],
    "SPY 20251218": [],
    "SPY OPT 99999999 C P 1.5 C": [],
}


@pytest.mark.parametrize("text", OFFERED)
def test_a_search_understands_kinds_expiries_and_pairs(text: str) -> None:
    async def main() -> None:
        tape = open_market(START - 60 * MINUTE, synthetic=Prices(CATALOGUE))
        async with controlled(Hall(market=tape)) as api:
            rows = await api.get(f"/symbols?q={quote(text)}")
            found = [f"{row['security_type']} {row['local_symbol']}" for row in rows]
            wanted = OFFERED[text]
            assert found[: len(wanted)] == wanted and len(found) <= 16
            assert wanted or not found
            for row in rows:
                ends = row["security_type"] in ("OPT", "FUT", "BOND")
                assert (row["expires"] is not None) == ends

    run(main)


def test_options_of_an_expiry_are_offered_around_the_price() -> None:
    async def main() -> None:
        tape = open_market(START - 60 * MINUTE, synthetic=Prices(CATALOGUE))
        async with controlled(Hall(market=tape)) as api:
            rows = await api.get("/symbols?q=SPY%2020261218")
            last = (await api.get("/quotes/756733"))["bid"]
            strikes = [int(row["local_symbol"][-8:]) / 1000 for row in rows]
            assert len(rows) == 16 and {row["expires"] for row in rows} == {"20261218"}
            assert all(abs(strike - last) < 30 for strike in strikes)

    run(main)


@pytest.mark.parametrize(
    ("now", "opens", "regular"),
    [
        ("20260822 11:00:00", "2026-08-24 04:00:00", "2026-08-24 09:30:00"),  # a Saturday
        ("20260824 05:00:00", None, "2026-08-24 09:30:00"),
        ("20260824 10:00:00", None, None),
    ],
)
def test_a_quote_says_when_a_closed_market_opens(
    now: str, opens: str | None, regular: str | None
) -> None:
    async def main(api: Api) -> None:
        told = await api.get(f"/quotes/{AAPL}")
        expected = [None if text is None else f"{text} US/Eastern" for text in (opens, regular)]
        assert [told["opens"], told["regular_opens"]] == expected

    with_api(main, Hall(profile=Profile(hours="exchange"), now=at(now)), speed=0)


def test_a_market_of_any_hour_is_never_closed() -> None:
    async def main(api: Api) -> None:
        told = await api.get(f"/quotes/{AAPL}")
        assert (told["opens"], told["regular_opens"]) == (None, None)

    with_api(main, Hall(now=at("20260822 11:00:00")), speed=0)


def test_an_index_has_a_value_and_nothing_that_it_is_bought_at() -> None:
    async def main(api: Api) -> None:
        rows = await api.get("/symbols?q=SPX")
        found = {(row["symbol"], row["security_type"]): row["con_id"] for row in rows}
        told = await api.get(f"/quotes/{found['SPX', 'IND']}")
        sides = [told[name] for name in ("bid", "bid_size", "ask", "ask_size")]
        assert told["last"] and sides == [None] * 4

    tape = open_market(START - 60 * MINUTE, synthetic=Prices(CATALOGUE))
    with_api(main, Hall(market=tape), speed=0)
