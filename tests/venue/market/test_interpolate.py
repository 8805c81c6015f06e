"""Expansion keeps the coarser level to the last unit, whatever that level says."""

from array import array
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.venue.market.interpolate import (
    LOTS,
    DayBar,
    Plan,
    Style,
    day_bar,
    expand,
    fewest_trades,
    plan_of,
    plan_of_day,
    split,
)
from papertape.venue.market.ticks import Block
from papertape.venue.units import MINUTE, SIZE_SCALE

styles = st.builds(
    Style,
    tick=st.sampled_from((1, 5, 100)),
    spread=st.integers(1, 4),
    depth=st.integers(1, 20),
    size=st.sampled_from((0, SIZE_SCALE)),
    trades=st.booleans(),
)
prices = st.tuples(*[st.integers(1, 3_000_000)] * 4)
seeds = st.integers(0, 2**64 - 1)


@given(prices=prices, volume=st.integers(0, 10**14), style=styles)
def test_a_day_bar_fits_any_numbers(prices: tuple[int, ...], volume: int, style: Style) -> None:
    bar = day_bar(prices, volume, style, 390)
    assert 0 < bar.low <= min(bar.open, bar.close)
    assert bar.high >= max(bar.open, bar.close, bar.low + style.spread)


days = st.builds(
    lambda low, width, opened, close, volume: DayBar(
        low + int(width * opened),
        low + width,
        low,
        low + int(width * close),
        volume,
        volume // 10**6,
    ),
    st.integers(1, 50_000),
    st.integers(4, 3_000),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(1_560, 400_000).map(lambda count: count * 10**6),
)


@tries(40)
@given(bar=days, style=styles, seed=seeds)
def test_minutes_make_up_the_day(bar: DayBar, style: Style, seed: int) -> None:
    if not style.trades:
        bar = DayBar(bar.open, bar.high, bar.low, bar.close, 0, 0)
    plan = plan_of_day(bar, style, seed, 390)
    assert (plan.open[0], plan.close[-1]) == (bar.open, bar.close)
    assert (max(plan.high), min(plan.low)) == (bar.high, bar.low)
    assert (sum(plan.volume), sum(plan.count)) == (bar.volume, bar.count)
    rows = list(zip(plan.open, plan.high, plan.low, plan.close, plan.count, strict=True))
    assert all(low <= min(one, two) <= max(one, two) <= high for one, high, low, two, _ in rows)
    if style.trades:
        assert all(count >= 4 for *_, count in rows)
    spread = style.spread if style.trades else 0
    opens, highs, lows, closes = plan.bids
    assert (max(highs), min(lows)) == (bar.high - spread, bar.low)
    assert opens[0] == min(bar.open, bar.high - spread)
    assert closes[-1] == min(bar.close, bar.high - spread)


@tries(30)
@given(bar=days, seed=seeds)
def test_few_minutes_touch_the_extremes_of_the_day(bar: DayBar, seed: int) -> None:
    plan = plan_of_day(bar, Style(), seed, 390)
    if bar.high - bar.low >= 2_000:  # ticks; of a narrower day, more minutes touch both ends
        assert sum(high == bar.high for high in plan.high) < 16
        assert sum(low == bar.low for low in plan.low) < 16


@pytest.mark.long
def test_minutes_do_not_pile_up_beside_the_extremes_of_the_day() -> None:
    away = Counter[int]()
    for seed in range(40):
        opened, closed = 400 + 53 * seed % 301, 400 + 91 * seed % 299
        top, bottom = max(opened, closed) + 37 * seed % 90, min(opened, closed) - 29 * seed % 90
        bar = DayBar(opened, top + 1, bottom, closed, 10**12, 5_000)
        plan = plan_of_day(bar, Style(), seed, 390)
        away.update(low - bar.low for low in plan.low)
        away.update(bar.high - high for high in plan.high)
    near, further = (
        sum(away[ticks] for ticks in range(3)),
        sum(away[ticks] for ticks in range(3, 9)),
    )
    assert near < 1.5 * further, away.most_common(9)


def one_minute(bar: tuple[int, int, int, int], volume: int, count: int, style: Style) -> Plan:
    columns = [array("q", [price]) for price in bar]
    return plan_of(columns, (array("q", [volume]), array("q", [count])), style, 7)


minutes = st.tuples(
    st.integers(10, 9_000), st.integers(0, 60), st.floats(0, 1), st.floats(0, 1)
).map(lambda m: (m[0] + int(m[1] * m[2]), m[0] + m[1], m[0], m[0] + int(m[1] * m[3])))


@tries(200)
@given(bar=minutes, extra=st.integers(0, 80), shares=st.integers(1, 10**6), style=styles)
def test_ticks_make_up_the_minute(
    bar: tuple[int, int, int, int], extra: int, shares: int, style: Style
) -> None:
    count = fewest_trades(*bar) + extra if style.trades else 0
    volume = max(shares, count) * SIZE_SCALE if style.trades else 0
    plan = one_minute(bar, volume, count, style)
    block = expand(plan, 0)
    assert_sound(block, style)
    assert len(block.price) == count
    if style.trades:
        found = (block.price[0], max(block.price), min(block.price), block.price[-1])
        assert found == tuple(price * style.tick for price in bar)
        assert sum(block.size) == volume
        assert min(block.size) >= SIZE_SCALE
    bids = (block.bid[0], max(block.bid), min(block.bid), block.bid[-1])
    assert bids == tuple(column[0] * style.tick for column in plan.bids)
    asks = (block.ask[0], max(block.ask), min(block.ask), block.ask[-1])
    assert asks == tuple((column[0] + style.spread) * style.tick for column in plan.bids)


def assert_sound(block: Block, style: Style) -> None:
    """Times in order and inside the minute, prints within the standing touch, sane spreads."""
    assert block.quote_time[0] == 0
    times = list(block.quote_time)
    assert times == sorted(set(times))
    assert list(block.trade_time) == sorted(block.trade_time)
    assert max(times[-1], *block.trade_time, 0) < MINUTE
    for bid, ask in zip(block.bid, block.ask, strict=True):
        assert style.spread <= (ask - bid) // style.tick <= style.spread + 2
    for time, price in zip(block.trade_time, block.price, strict=True):
        standing = block.quote(1, 0, time)
        assert standing.bid <= price <= standing.ask
    if style.size:
        assert set(block.bid_size) | set(block.ask_size) == {style.size}


def test_a_minute_without_trades_still_has_quotes() -> None:
    block = expand(one_minute((100, 100, 100, 100), 0, 0, Style()), 0)
    assert not block.price
    assert len(block.bid) == Style().quotes


@given(block=minutes, seed=seeds)
def test_mirrored_twice_is_the_original(block: tuple[int, int, int, int], seed: int) -> None:
    plan = one_minute(block, 100 * SIZE_SCALE, fewest_trades(*block), Style())
    original = expand(plan, 0)
    assert original.mirrored(390 * MINUTE).mirrored(390 * MINUTE) == original


@given(total=st.integers(0, 10**15), weights=st.lists(st.floats(0.01, 100), min_size=1))
def test_parts_add_up(total: int, weights: list[float]) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    assert min(parts) >= 0


def test_sizes_are_thirty_two_lots() -> None:
    assert len(LOTS) == 32
