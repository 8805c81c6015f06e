"""The continuous tape: laps, nights, ticks, the day so far."""

import hashlib
import os
import subprocess
import sys
from itertools import islice, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.venue.market.source import Print, Quote
from papertape.venue.units import DAY, MINUTE, SECOND
from venue.days import ANCHOR, CURRENCY, LENGTH, MINUTES, RECORDED, SYNTHETIC, market
from walks import walk

MARKET = market()
KINDS = (RECORDED, MINUTES, SYNTHETIC, CURRENCY)
instants = st.integers(ANCHOR - 6 * DAY, ANCHOR + 4 * DAY)


def length(con_id: int) -> int:
    return MARKET.tape(con_id).length


@walk("con_id", KINDS)
@walk("lap", range(1, 6))
def test_the_tape_wraps_without_a_jump(con_id: int, lap: int) -> None:
    border = ANCHOR + lap * length(con_id)
    before, after = MARKET.quote(con_id, border - 1), MARKET.quote(con_id, border)
    assert after.time == border
    if con_id != SYNTHETIC:
        assert (before.bid, before.ask) == (after.bid, after.ask)
    assert abs(before.bid - after.bid) <= 200


@walk("con_id", [RECORDED, MINUTES, CURRENCY])
def test_laps_do_not_drift(con_id: int) -> None:
    def touch(now: int) -> tuple[int, ...]:
        quote = MARKET.quote(con_id, now)
        return quote.bid, quote.bidSize, quote.ask, quote.askSize

    far = 2_000 * length(con_id)
    for offset in (0, 5 * MINUTE + 1, length(con_id) - 1):
        assert touch(ANCHOR + offset) == touch(ANCHOR + far + offset)
        # An odd lap shows the same instant of the recording at the mirrored place.
        assert touch(ANCHOR + offset) == touch(ANCHOR + far - 1 - offset)


@pytest.mark.parametrize("con_id", KINDS)
@tries(25)
@given(after=instants, spans=st.lists(st.integers(0, 5 * MINUTE), min_size=1, max_size=3))
def test_ticks_come_in_order_and_once(con_id: int, after: int, spans: list[int]) -> None:
    edges = [after]
    for span in spans:
        edges.append(edges[-1] + span)
    parts = [tick for one, two in pairwise(edges) for tick in MARKET.ticks(con_id, one, two)]
    assert parts == list(MARKET.ticks(con_id, after, edges[-1]))
    times = [tick.time for tick in parts]
    assert times == sorted(times)
    assert all(after < time <= edges[-1] for time in times)


@pytest.mark.parametrize("con_id", KINDS)
@tries(25)
@given(after=instants)
def test_next_tick_is_the_first_of_the_ticks(con_id: int, after: int) -> None:
    time = MARKET.next_tick(con_id, after)
    assert time is not None
    assert time > after
    assert [tick.time for tick in MARKET.ticks(con_id, after, time)][:1] == [time]
    assert not list(MARKET.ticks(con_id, after, time - 1))


@pytest.mark.parametrize("con_id", KINDS)
@tries(25)
@given(now=instants)
def test_the_quote_is_the_last_of_the_ticks(con_id: int, now: int) -> None:
    quote = MARKET.quote(con_id, now)
    assert quote.time <= now
    assert 0 < quote.bid < quote.ask
    assert quote.bidSize > 0 < quote.askSize
    seen = [tick for tick in MARKET.ticks(con_id, quote.time - 1, now) if isinstance(tick, Quote)]
    assert seen == [quote]


@pytest.mark.parametrize("con_id", KINDS)
@tries(10)
@given(data=st.data())
def test_the_day_so_far(con_id: int, data: st.DataObject) -> None:
    lap = data.draw(st.integers(-4, 3))
    begin = MARKET.tape(con_id).start(lap)
    now = begin + data.draw(st.integers(0, 20 * MINUTE))
    stats = MARKET.day(con_id, now)
    trades = [tick for tick in MARKET.ticks(con_id, begin - 1, now) if isinstance(tick, Print)]
    eve = MARKET.tape(con_id).start(lap - 1) + length(con_id) - 1
    if con_id == CURRENCY:
        quote = MARKET.quote(con_id, eve)
        assert (stats.volume, stats.last) == (0, 0)
        assert stats.close == (quote.bid + quote.ask) // 2
        assert 0 < stats.low <= stats.open <= stats.high
        return
    assert stats.close == MARKET.day(con_id, eve).last
    if not trades:
        assert (stats.open, stats.high, stats.low, stats.volume, stats.last) == (0, 0, 0, 0, 0)
        return
    prices = [trade.price for trade in trades]
    assert (stats.open, stats.last) == (prices[0], prices[-1])
    assert (stats.high, stats.low) == (max(prices), min(prices))
    assert stats.volume == sum(trade.size for trade in trades)
    assert (stats.lastSize, stats.lastTime) == (trades[-1].size, trades[-1].time)


def test_the_night_shows_the_last_quote_of_its_day() -> None:
    close = ANCHOR - DAY + LENGTH
    midnight = close + 5 * 60 * MINUTE
    assert MARKET.quote(SYNTHETIC, midnight) == MARKET.quote(SYNTHETIC, close - 1)
    assert MARKET.next_tick(SYNTHETIC, midnight) == ANCHOR
    assert MARKET.day(SYNTHETIC, midnight) == MARKET.day(SYNTHETIC, close - 1)


def test_an_anchor_within_a_minute_counts_from_its_minute() -> None:
    shifted = market(ANCHOR + 59 * SECOND)
    assert shifted.anchor == ANCHOR
    assert shifted.quote(RECORDED, ANCHOR + 7) == MARKET.quote(RECORDED, ANCHOR + 7)


@pytest.mark.parametrize("con_id", KINDS)
@tries(25)
@given(now=instants, days=st.integers(1, 6))
def test_trading_start_counts_trading_time(con_id: int, now: int, days: int) -> None:
    start = MARKET.trading_start(con_id, now, days)
    spans = MARKET.sessions(con_id, start, now)
    traded = sum(min(end, now) - max(begin, start) for begin, end in spans)
    assert traded == days * length(con_id)


def test_one_day_at_the_start_is_mostly_yesterday() -> None:
    now = ANCHOR + 10 * MINUTE
    start = MARKET.trading_start(SYNTHETIC, now, 1)
    found = MARKET.bars(SYNTHETIC, start=start, end=now, step=MINUTE, what="TRADES")
    assert len(found) == 390
    assert sum(bar.start >= ANCHOR for bar in found) == 10


def test_an_unknown_instrument_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        MARKET.quote(1, ANCHOR)


def test_head_is_the_earliest_day() -> None:
    assert MARKET.head(RECORDED) == ANCHOR - 4 * DAY
    assert MARKET.head(MINUTES) == ANCHOR - 3 * DAY


def digest() -> str:
    """A fingerprint of answers of every kind; also run in processes of its own."""
    source, told = market(), hashlib.sha256()
    for con_id in KINDS:
        for now in (
            ANCHOR + 3 * MINUTE,
            ANCHOR - 2 * DAY,
            ANCHOR + 3_000 * DAY,
            ANCHOR - 400 * DAY,
        ):
            told.update(repr(source.quote(con_id, now)).encode())
            told.update(repr(source.day(con_id, now)).encode())
            ticks = islice(source.ticks(con_id, now, now + 5 * MINUTE), 500)
            told.update(repr(list(ticks)).encode())
    return told.hexdigest()


@pytest.mark.process
@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_answers_are_the_same_in_every_process(hash_seed: str) -> None:
    tests = str(Path(__file__).parents[2])
    program = (
        f"import sys; sys.path.insert(0, {tests!r}); "
        "import importlib.util as u; "
        f"s = u.spec_from_file_location('t', {__file__!r}); "
        "m = u.module_from_spec(s); s.loader.exec_module(m); print(m.digest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == digest()
