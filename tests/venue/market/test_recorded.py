"""Recorded days: as they were, mirrored, before, and what is invented around them."""

from papertape.venue.market.interpolate import Style
from papertape.venue.market.recorded import Bars, Recorded, Recording
from papertape.venue.market.source import Print, Quote
from papertape.venue.market.synthetic import SyntheticSpec
from papertape.venue.market.tape import Market, open_market
from papertape.venue.units import DAY, MINUTE, SIZE_SCALE
from venue.days import ANCHOR, LENGTH, daily_bars, minute_bars, small_day
from walks import walk

CON_ID = 756733


def play(recorded: Recorded, style: Style | None = None) -> Market:
    recording = Recording(CON_ID, lambda: recorded, LENGTH, style or Style())
    return open_market(ANCHOR, recordings=[recording], synthetic={})


def bars(market: Market, start: int, end: int, step: int = MINUTE) -> list[tuple[int, ...]]:
    found = market.bars(CON_ID, start=start, end=end, step=step, what="TRADES")
    return [(bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in found]


def rows(recorded: Bars) -> list[tuple[int, ...]]:
    columns = (recorded.open, recorded.high, recorded.low, recorded.close, recorded.volume)
    return [row for row in zip(*columns, strict=True) if row[4]]


def test_nothing_is_loaded_before_the_first_question() -> None:
    loads: list[int] = []

    def load() -> Recorded:
        loads.append(1)
        return Recorded(small_day())

    market = open_market(ANCHOR, recordings=[Recording(CON_ID, load)])
    market.trading_start(CON_ID, ANCHOR, 5)
    assert not loads
    market.quote(CON_ID, ANCHOR)
    market.quote(CON_ID, ANCHOR + 5 * LENGTH)
    assert loads == [1]


def test_a_recording_takes_the_place_of_a_synthetic_instrument() -> None:
    recording = Recording(265598, lambda: Recorded(small_day()))
    market = open_market(ANCHOR, recordings=[recording])
    assert market.quote(265598, ANCHOR).bid == small_day().block(0).bid[0]
    ids = list(market.con_ids())
    assert ids.index(265598) == 0
    assert len(ids) == len(set(ids))


def test_the_recorded_ticks_are_played_as_they_are() -> None:
    day = small_day()
    block = day.block(0)
    market = play(Recorded(day))
    ticks = list(market.ticks(CON_ID, ANCHOR - 1, ANCHOR + LENGTH - 1))
    quotes = [tick for tick in ticks if isinstance(tick, Quote)]
    trades = [tick for tick in ticks if isinstance(tick, Print)]
    assert [quote.time - ANCHOR for quote in quotes] == list(block.quote_time)
    assert [quote.bid for quote in quotes] == list(block.bid)
    assert [(trade.price, trade.size) for trade in trades] == list(
        zip(block.price, block.size, strict=True)
    )
    assert {trade.exchange for trade in trades} == {"ARCA", "BATS"}


def test_the_mirrored_lap_has_the_same_prints_at_the_same_touch() -> None:
    market = play(Recorded(small_day()))

    def prints(start: int) -> list[tuple[int, int, int, int]]:
        ticks = market.ticks(CON_ID, start - 1, start + LENGTH - 1)
        trades = [tick for tick in ticks if isinstance(tick, Print)]
        touches = [market.quote(CON_ID, trade.time) for trade in trades]
        return [(t.price, t.size, q.bid, q.ask) for t, q in zip(trades, touches, strict=True)]

    assert prints(ANCHOR + LENGTH) == prints(ANCHOR)[::-1]
    assert prints(ANCHOR + 2 * LENGTH) == prints(ANCHOR)


@walk("spread", [1, 2, 30])
def test_minute_bars_become_ticks_with_the_same_bars(spread: int) -> None:
    recorded = minute_bars()
    market = play(Recorded(minutes=recorded), Style(spread=spread))
    assert bars(market, ANCHOR, ANCHOR + LENGTH - 1) == rows(recorded)
    for minute in (0, 7, 389):
        start = ANCHOR + minute * MINUTE
        ticks = market.ticks(CON_ID, start - 1, start + MINUTE - 1)
        prices = [tick.price for tick in ticks if isinstance(tick, Print)]
        found = bars(market, start, start + MINUTE - 1)
        assert [(prices[0], max(prices), min(prices), prices[-1])] == [bar[:4] for bar in found]


def test_days_before_are_in_order() -> None:
    first, second = minute_bars(8), minute_bars(9)
    market = play(Recorded(small_day(), earlier=(first, second), daily=daily_bars()))
    assert bars(market, ANCHOR - DAY, ANCHOR - DAY + LENGTH) == rows(second)
    assert bars(market, ANCHOR - 2 * DAY, ANCHOR - 2 * DAY + LENGTH) == rows(first)
    (latest,) = bars(market, ANCHOR - 3 * DAY, ANCHOR - 3 * DAY + LENGTH, DAY)
    assert latest[:4] == (1_000_000, 1_004_000, 999_000, 1_001_000)
    (oldest,) = bars(market, ANCHOR - 5 * DAY, ANCHOR - 5 * DAY + LENGTH, DAY)
    assert oldest == rows(daily_bars())[0]
    assert market.head(CON_ID) == ANCHOR - 5 * DAY


def test_a_bar_too_narrow_for_the_spread_is_widened() -> None:
    market = play(Recorded(small_day(), daily=daily_bars()), Style(spread=3))
    (bar,) = bars(market, ANCHOR - 2 * DAY, ANCHOR - 2 * DAY + LENGTH, DAY)
    assert bar[:4] == (1_000_000, 1_000_300, 1_000_000, 1_000_000)


def test_hardly_any_volume_is_raised_to_what_minutes_need() -> None:
    market = play(Recorded(small_day(), daily=daily_bars()))
    (bar,) = bars(market, ANCHOR - DAY, ANCHOR - DAY + LENGTH, DAY)
    assert bar[4] == 4 * 390 * SIZE_SCALE


def test_the_invented_past_leads_up_to_the_first_recorded_day() -> None:
    market = play(Recorded(small_day(), daily=daily_bars()))
    found = market.bars(CON_ID, start=ANCHOR - 13 * DAY, end=ANCHOR, step=DAY, what="TRADES")
    assert len(found) == 13
    first = found[10]
    assert first.open == 990_000
    assert abs(found[9].close - first.open) < 0.02 * first.open
    assert all(bar.low > 500_000 for bar in found)


def test_a_day_alone_has_an_invented_past_as_any_instrument_has() -> None:
    market = play(Recorded(small_day()))
    assert market.head(CON_ID) < ANCHOR - 365 * DAY
    assert len(bars(market, ANCHOR - 10 * DAY, ANCHOR, DAY)) == 10
    both = play(Recorded(small_day(), daily=daily_bars()))
    assert both.head(CON_ID) == ANCHOR - 3 * DAY


def test_daily_bars_alone_go_on_from_their_close() -> None:
    market = play(Recorded(daily=daily_bars()))
    assert market.day(CON_ID, ANCHOR + LENGTH - 1).open == 1_001_000
    assert market.day(CON_ID, ANCHOR + 5 * MINUTE).close == 1_001_000
    border = ANCHOR + LENGTH
    assert abs(market.quote(CON_ID, border).bid - market.quote(CON_ID, border - 1).bid) <= 200


def test_an_old_history_is_brought_to_the_price_of_today() -> None:
    daily = daily_bars()
    recording = Recording(7, lambda: Recorded(daily=daily), brought=True)
    specs = {7: SyntheticSpec(5_000_000, volatility=0.03)}
    tape = open_market(ANCHOR, recordings=[recording], synthetic=specs)
    span = {"start": ANCHOR - 3 * DAY, "end": ANCHOR + MINUTE, "step": DAY, "what": "TRADES"}
    bars = tape.bars(7, **span)
    assert [bar.close for bar in bars[:3]] == [
        price * 5_000_000 // daily.close[-1] // 100 * 100 for price in daily.close
    ]
    assert bars[2].close == 5_000_000
    assert bars[3].open == 5_000_000
    left = open_market(ANCHOR, recordings=[recording], synthetic={}).bars(7, **span)
    assert [bar.close for bar in left[:3]] == list(daily.close)
