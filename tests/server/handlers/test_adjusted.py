"""Histories of shares that were split or paid a dividend, before and after it came."""

from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import Any

import pytest

from papertape.model import Contract
from papertape.venue.market.actions import Action, Dividend
from papertape.venue.units import DAY
from papertape.wire.catalogue.history import HistoricalData, ReqHistoricalData
from server.pair import UNPACED, Client, Hall
from server.test_every_kind import SAMPLE, hall
from venue.days import ANCHOR, minute_bars
from venue.market.test_divided import CON_ID, PAID, SPLIT, play
from walks import walk

SPY = Contract(conId=CON_ID, exchange="SMART")
OF_OLD = Dividend(20131007, 30_000)
"""On the recorded day itself: bars of before are without it."""


def playing(*actions: Action, days: int) -> Client:
    """A client so many days after the recorded one began."""
    market, now = play(*actions, earlier=(minute_bars(390),)), ANCHOR + days * DAY
    return Hall(market=market, now=now, settings=UNPACED).client()


def history(client: Client, what: str, size: str = "1 day", span: str = "2 W") -> list[Any]:
    client.send(ReqHistoricalData(1, SPY, "", size, span, 1, what))
    got = client.got()
    while not any(isinstance(one, HistoricalData) for one in got):
        client.hall.wait(1)
        got += client.got()
    return next(one.historicalDataBars for one in got if isinstance(one, HistoricalData))


def dates(bars: list[Any]) -> list[str]:
    return [bar.date for bar in bars]


@pytest.mark.long
@walk("what", ["TRADES", "ADJUSTED_LAST", "BID", "ASK", "MIDPOINT"])
@walk("size", ["1 hour", "1 day"])
def test_after_a_split_what_was_before_is_in_new_shares(what: str, size: str) -> None:
    before, after = (history(playing(*by, days=6), what, size) for by in ((), (SPLIT,)))
    assert dates(before) == dates(after)
    for one, other in zip(before, after):
        for name in ("open", "high", "low", "close"):
            assert getattr(other, name) == pytest.approx(getattr(one, name) / 7, abs=0.006)
    volumes = [(one.volume, other.volume) for one, other in zip(before, after)]
    if what in ("TRADES", "ADJUSTED_LAST"):
        ratios = [other / one for one, other in volumes if one]
        assert {1, 7} <= set(ratios)
        assert sum(ratio not in (1, 7) for ratio in ratios) <= 1  # the hour in which it came
        assert volumes[0][1] == 7 * volumes[0][0]
    else:
        assert {other for _, other in volumes} == {Decimal(-1)}


def test_before_a_split_comes_nothing_is_divided() -> None:
    plain, to_come = (history(playing(*by, days=2), "TRADES") for by in ((), (SPLIT,)))
    assert plain == to_come


@pytest.mark.long
def test_adjusted_trades_are_without_the_dividends_that_have_come() -> None:
    trades = history(playing(OF_OLD, PAID, days=6), "TRADES")
    assert trades == history(playing(days=6), "TRADES")
    adjusted = history(playing(OF_OLD, PAID, days=6), "ADJUSTED_LAST")
    assert dates(adjusted) == dates(trades)
    ratios = [round(one.close / other.close, 4) for one, other in zip(adjusted, trades)]
    # Two weeks: those before the recorded one, those up to the dividend, those since.
    early, later, since = sorted({round(ratio, 3) for ratio in ratios})
    assert since == 1.0
    assert early < later < 1.0
    assert [bar.volume for bar in adjusted] == [bar.volume for bar in trades]
    early_on = history(playing(OF_OLD, PAID, days=1), "ADJUSTED_LAST")
    assert len({round(b.close / t.close, 3) for b, t in zip(early_on, trades)}) == 2


def test_a_dividend_of_before_a_split_is_one_of_old_shares() -> None:
    split = history(playing(PAID, SPLIT, days=6), "ADJUSTED_LAST")
    plain = history(playing(PAID, days=6), "ADJUSTED_LAST")
    for one, other in zip(plain, split):
        assert other.close == pytest.approx(one.close / 7, abs=0.006)


@walk("size", ["1W", "1 month"])
def test_longer_bars_are_made_of_days_in_one_kind_of_share(size: str) -> None:
    client = playing(SPLIT, days=6)
    longer, days = (history(client, "TRADES", one, "1 M") for one in (size, "1 day"))
    assert max(bar.high for bar in longer) == max(bar.high for bar in days)
    assert min(bar.low for bar in longer) == min(bar.low for bar in days)
    assert sum(bar.volume for bar in longer) == sum(bar.volume for bar in days)
    assert max(bar.high for bar in longer) < 2 * min(bar.low for bar in longer)


@pytest.mark.long
def test_a_split_is_no_volatility() -> None:
    plain = history(playing(days=6), "HISTORICAL_VOLATILITY")
    split = history(playing(SPLIT, days=6), "HISTORICAL_VOLATILITY")
    assert median(bar.close for bar in split) == pytest.approx(
        median(bar.close for bar in plain), rel=0.05
    )


@pytest.mark.long
def test_spy_of_the_sample_market_is_told_without_its_dividends() -> None:
    client = hall(folder=SAMPLE).client()
    trades = history(client, "TRADES", "1 day", "1 Y")
    adjusted = history(client, "ADJUSTED_LAST", "1 day", "1 Y")
    assert dates(adjusted) == dates(trades)
    ratios = [one.close / other.close for one, other in zip(adjusted, trades)]
    # Six ex-days from June 2012 on: recorded days lie a calendar day apart.
    paid = (0.688, 0.779, 1.022, 0.7, 0.84, 0.84)
    assert sum(later - ratio > 0.002 for ratio, later in pairwise(ratios)) == len(paid)
    assert ratios[-1] == 1.0
    typical = median(bar.close for bar in trades)
    assert ratios[0] == pytest.approx(1 - sum(paid) / typical, abs=0.003)
