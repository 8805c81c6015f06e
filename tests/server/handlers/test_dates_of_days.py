"""The dates of daily bars: each trading day has its own, for every reader and every start."""

from datetime import date

import pytest

from papertape.model import Contract
from papertape.server.settings import StationSettings
from papertape.venue.broker.profile import Profile
from papertape.venue.market.prices import Calendars, Prices
from papertape.venue.market.tape import open_market
from papertape.venue.reference.calendars import calendar
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.sessions import WhenOpen
from papertape.venue.reference.times import EASTERN
from papertape.venue.units import MINUTE
from papertape.wire.catalogue import history as wire
from server.pair import Hall
from venue.scenario import START

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
PRICES = Prices(CATALOGUE)

pytestmark = pytest.mark.long


ZONES = ("Europe/London", "Asia/Tokyo", "Australia/Brisbane", "Pacific/Gambier")


@pytest.mark.sample(1, test=23)
@pytest.mark.parametrize("hours", ["always", "exchange"])
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("back", [0, 1, 28, 29, 46, 47])
def test_each_day_has_one_date_whatever_zone_the_user_is_in_and_whenever_the_station_began(
    back: int, zone: str, hours: WhenOpen
) -> None:
    anchor = START - back * 30 * MINUTE
    calendars = Calendars(CATALOGUE, PRICES) if hours == "exchange" else {}
    hall = Hall(
        market=open_market(anchor, synthetic=PRICES, calendars=calendars),
        profile=Profile(hours=hours),
        api={"sendInstrumentTimezone": "operator timezone"},
        settings=StationSettings(time_zone=zone),
    )
    client = hall.client()
    client.send(wire.ReqHistoricalData(1, AAPL, "", "1 day", "12 M", True, "TRADES", 1))
    (answer,) = client.of(wire.HistoricalData)
    found = [date.fromisoformat(bar.date).toordinal() for bar in answer.historicalDataBars]
    began, us = EASTERN.day(anchor), calendar("US")
    past = [day for day in found if day < began]
    assert len(past) > 240 and found == sorted(found)
    every = range(past[0], began)
    assert past == [day for day in every if hours == "always" or us.on(day) is not None]
