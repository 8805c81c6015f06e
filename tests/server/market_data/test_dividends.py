"""Generic tick 456: the dividends that a recording knows, as TWS writes them."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from papertape.model import Contract
from papertape.server.market_data.measures import MEASURES, Facts, InstrumentMoment
from papertape.venue.market.actions import Dividend
from papertape.venue.reference.securities import day_text
from papertape.venue.units import DAY
from papertape.wire.catalogue.market import ReqMktData, TickString
from server.test_every_kind import SAMPLE, hall
from venue.days import ANCHOR
from venue.market.test_divided import CON_ID, play
from venue.scenario import SYMBOLS
from walks import walk

PAID = tuple(Dividend(day, 250_000) for day in (20121220, 20130701, 20131009, 20140109))
CASES = [
    (0, "0.5,0.5,{first},0.25"),
    (2, "0.75,0.25,{second},0.25"),  # the one of 9 October has been paid
    (400, "0.25,,,"),
    (900, ",,,"),
]


@walk(("days", "told"), CASES)
def test_what_was_paid_in_a_year_and_what_comes_next(days: int, told: str) -> None:
    market = play(*PAID)
    first, second = (one.day for one in market.dividends(CON_ID)[2:])
    names = {"first": day_text(first), "second": day_text(second)}
    facts = Facts(market, lambda: None, lambda: None)  # type: ignore[arg-type, return-value]
    entry, now = replace(SYMBOLS["AAPL"], conId=CON_ID), ANCHOR + days * DAY
    moment = InstrumentMoment(facts, entry, now, None)  # type: ignore[arg-type]
    (found,) = MEASURES[456](moment)
    assert found.value == told.format(**names)


@pytest.mark.long
def test_a_line_on_a_recorded_share_tells_what_it_paid() -> None:
    client = hall(folder=SAMPLE).client()
    spy = Contract(symbol="SPY", secType="STK", exchange="SMART", currency="USD")
    client.send(ReqMktData(1, spy, "mdoff,456"))
    (tick,) = [one for one in client.got() if isinstance(one, TickString)]
    past, ahead, day, amount = tick.value.split(",")
    # December 2012, March, June and September 2013, before the recorded 7 October.
    assert Decimal(past) == Decimal("1.022") + Decimal("0.7") + Decimal("0.84") * 2
    assert (ahead, day, amount) == ("", "", "")
