"""Quotes of many, option chains, and bars of any length, through the control API."""

from datetime import UTC, datetime

import pytest

from papertape.venue.broker.profile import Profile
from papertape.venue.market.prices import Prices
from papertape.venue.market.tape import open_market
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import MINUTE, SECOND
from server.control.api import Api
from server.control.test_routes import with_api
from server.pair import Hall
from venue.scenario import START

pytestmark = pytest.mark.network
AAPL, SPY, EURUSD = 265598, 756733, 12087792


def tape() -> Hall:
    """A station over a market that makes its own prices."""
    market = open_market(START - 60 * MINUTE, synthetic=Prices(CATALOGUE))
    return Hall(market=market, profile=Profile(hours="exchange"))


def test_quotes_of_many_come_in_order_and_the_unknown_are_left_out() -> None:
    async def main(api: Api) -> None:
        rows = await api.get(f"/quotes?con_id={SPY}&con_id=5&con_id={AAPL}&con_id={SPY}")
        assert [row["con_id"] for row in rows] == [SPY, AAPL]
        assert rows[1].keys() == (await api.get(f"/quotes/{AAPL}")).keys()
        assert rows[1]["bid"] < rows[1]["ask"]
        await api.get("/quotes", 422)
        await api.get("/quotes?" + "&".join(["con_id=1"] * 101), 422)

    with_api(main, tape())


def test_a_chain_has_the_strikes_around_the_market_with_quotes_and_greeks() -> None:
    async def main(api: Api) -> None:
        one, flex = await api.get(f"/chains/{AAPL}")
        assert (one["trading_class"], one["multiplier"]) == ("AAPL", "100")
        assert (flex["trading_class"], len(flex["expirations"])) == ("2AAPL", 1)
        (day,) = flex["expirations"]
        found = await api.get(f"/chains/{AAPL}/{day}?trading_class=2AAPL")
        assert [row["strike"] for row in found["rows"]] == [291.0]
        found = await api.get(f"/chains/{AAPL}/{day}?strikes=60")
        assert all(row["strike"] != 291.0 for row in found["rows"])
        days = one["expirations"]
        assert days == sorted(days)
        found = await api.get(f"/chains/{AAPL}/{days[-1]}?strikes=6&trading_class=AAPL")
        spot = found["underlying"]
        strikes = [row["strike"] for row in found["rows"]]
        assert len(strikes) == 6 and strikes == sorted(strikes)
        assert strikes[0] < spot < strikes[-1]
        for row in found["rows"]:
            call, put = row["call"], row["put"]
            assert call["con_id"] != put["con_id"]
            assert call["quote"]["bid"] <= call["quote"]["ask"]
            assert 0 < call["quote"]["greeks"]["delta"] < 1
            assert -1 < put["quote"]["greeks"]["delta"] < 0
        await api.get(f"/chains/{AAPL}/20000101", 404)
        await api.get(f"/chains/{AAPL}/{days[-1]}?strikes=61", 422)
        await api.get(f"/chains/{AAPL}/soon", 422)
        await api.get("/chains/5", 404)
        assert await api.get(f"/chains/{EURUSD}") == []

    with_api(main, tape())


@pytest.mark.parametrize("seconds", [1, 86_400, 604_800, 2_592_000])
def test_bars_from_a_second_to_a_month(seconds: int) -> None:
    hall = tape()

    async def main(api: Api) -> None:
        bars = await api.get(f"/bars/{AAPL}?seconds={seconds}&last=5")
        assert 1 <= len(bars) <= 5
        times = [bar["time"] for bar in bars]
        assert times == sorted(set(times))
        now = datetime.fromtimestamp(hall.now // SECOND, UTC)
        assert datetime.fromisoformat(times[-1]) <= now
        assert [bar["complete"] for bar in bars[:-1]] == [True] * (len(bars) - 1)
        if seconds >= 86_400:
            assert len(bars) == 5 and not bars[-1]["complete"]
        if seconds == 2_592_000:
            assert len({time[:7] for time in times}) == 5
        again = await api.get(f"/bars/{AAPL}?seconds={seconds}&after={times[0][:19]}Z")
        assert [bar["time"] for bar in again][: len(times) - 1] == times[1:]

    with_api(main, hall, speed=0)


def test_an_instrument_tells_the_zone_of_its_exchange() -> None:
    async def main(api: Api) -> None:
        found = await api.get(f"/symbols/{AAPL}")
        assert (found["zone"], found["zone_id"]) == ("America/New_York", "US/Eastern")

    with_api(main, tape())
