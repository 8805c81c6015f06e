"""Every kind of instrument: bars are those of the ticks, and prices are those of what they are."""

import hashlib
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from lanes import tries
from papertape.venue.market.kinds import BondSpec, bond_price
from papertape.venue.market.options.model import Option, greeks, horizon
from papertape.venue.market.parted import PartedDay
from papertape.venue.market.recorded import Recorded, Recording
from papertape.venue.market.source import Print, Quote
from papertape.venue.market.synthetic import SyntheticSpec
from papertape.venue.market.tape import open_market
from papertape.venue.units import DAY, MINUTE, SECOND
from venue.days import ANCHOR, daily_bars, slow_bars, small_day
from venue.kinds import (
    BOND,
    CALL,
    CHEAP,
    EURGBP,
    EURJPY,
    EURUSD,
    EXPIRY,
    FUTURE,
    GBPUSD,
    INDEX,
    INDEX_CALL,
    KINDS,
    LAST_DAY,
    MEMBERS,
    PUT,
    SPECS,
    STOCK,
    USDJPY,
    market,
)
from walks import walk

MARKETS = {"any hour": market(), "hours of exchanges": market(exchange=True)}
MARKET = MARKETS["any hour"]
instants = st.integers(ANCHOR - 6 * DAY, ANCHOR + 4 * DAY)
every_kind = pytest.mark.parametrize("con_id", KINDS)


@pytest.mark.sample(5)
@every_kind
@pytest.mark.parametrize("what", ["TRADES", "BID", "ASK", "MIDPOINT", "BID_ASK"])
def test_the_minutes_of_a_day_are_worked_out_once(con_id: int, what: str) -> None:
    """Bars of five minutes ask for them at each bar."""
    tape = MARKET.tape(con_id)
    day = tape.day(next(number for number, _, _ in tape.sessions(ANCHOR - 2 * DAY, ANCHOR)))
    if not isinstance(day, PartedDay):
        assert day.rows(what) is day.rows(what)


@pytest.mark.sample(1, test=3)
@every_kind
@pytest.mark.parametrize("hours", MARKETS)
@tries(8)
@given(data=st.data())
def test_bars_are_those_of_the_ticks(con_id: int, hours: str, data: st.DataObject) -> None:
    source = MARKETS[hours]
    what = data.draw(st.sampled_from(("TRADES", "BID", "ASK", "MIDPOINT")))
    step = data.draw(st.sampled_from((5 * SECOND, MINUTE, 5 * MINUTE)))
    begin = data.draw(instants) // SECOND * SECOND
    end = begin + data.draw(st.integers(1, 12)) * step - 1
    quick = source.bars(con_id, start=begin, end=end, step=step, what=what)
    slow = slow_bars(source, con_id, (begin, end), step, what) if con_id != INDEX else None
    if slow is None or (what == "TRADES" and hours != "any hour"):
        return  # an index has no sizes to weigh with, a first bar may begin with its day
    for one, other in zip(quick, slow, strict=True):
        for name in ("start", "open", "high", "low", "close", "volume", "count"):
            assert getattr(one, name) == getattr(other, name), name


@pytest.mark.sample(5)
@every_kind
@pytest.mark.parametrize("what", ["TRADES", "BID", "ASK", "MIDPOINT"])
def test_a_day_bar_is_made_of_its_minutes(con_id: int, what: str) -> None:
    for number in (-3, 0, 2):
        day = MARKET.tape(con_id).day(number)
        whole = day.whole(what)
        parts = day.rows(what).piece(what, 0, day.length // MINUTE)
        for name in ("open", "high", "low", "close", "volume", "count"):
            assert getattr(whole, name, None) == getattr(parts, name, None), name


@every_kind
@tries(10)
@given(after=instants, span=st.integers(0, 4 * MINUTE))
def test_quotes_ticks_and_the_next_tick_agree(con_id: int, after: int, span: int) -> None:
    ticks = list(MARKET.ticks(con_id, after, after + span))
    assert [tick.time for tick in ticks] == sorted(tick.time for tick in ticks)
    following = MARKET.next_tick(con_id, after)
    assert following is not None
    assert following > after
    if ticks:
        assert ticks[0].time == following
    else:
        assert following > after + span
    quotes = [tick for tick in ticks if isinstance(tick, Quote)]
    if quotes:
        assert MARKET.quote(con_id, after + span) == quotes[-1]


@every_kind
@tries(6)
@given(after=st.integers(ANCHOR - 6 * DAY, ANCHOR + 150 * MINUTE))
def test_a_print_is_within_the_quote(con_id: int, after: int) -> None:
    for tick in MARKET.ticks(con_id, after, after + 3 * MINUTE):
        if isinstance(tick, Print):
            quote = MARKET.quote(con_id, tick.time)
            assert quote.bid <= tick.price <= quote.ask
            assert tick.size > 0 or con_id == INDEX
        elif con_id != INDEX:
            assert 0 <= tick.bid < tick.ask


@tries(20)
@given(day=st.integers(-300, 100), minute=st.integers(0, 389))
def test_an_index_is_its_members(day: int, minute: int) -> None:
    start = MARKET.tape(INDEX).start(day) + minute * MINUTE
    span = {"start": start, "end": start + MINUTE - 1, "step": MINUTE}
    (index,) = MARKET.bars(INDEX, what="TRADES", **span)
    members = [(MARKET.bars(one, what="TRADES", **span)[0].open, w) for one, w in MEMBERS]
    assert index.open == int(sum(price * weight for price, weight in members) + 0.5)
    assert index.volume == 0


@tries(40)
@given(now=instants)
def test_triangles_close_at_every_instant(now: int) -> None:
    def middle(con_id: int) -> float:
        quote = MARKET.quote(con_id, now)
        return (quote.bid + quote.ask) / 2 / SPECS[con_id].scale

    tick = 5.1 / 100_000
    assert middle(EURGBP) == pytest.approx(middle(EURUSD) / middle(GBPUSD), abs=1.5 * tick)
    assert middle(EURJPY) == pytest.approx(middle(EURUSD) * middle(USDJPY), abs=0.02)
    bids, asks = (
        [getattr(MARKET.quote(one, now), side) / 100_000 for one in (EURUSD, GBPUSD, EURGBP)]
        for side in ("bid", "ask")
    )
    # Round the triangle nothing is to be earned.
    assert bids[0] / asks[1] <= asks[2] + 1e-9
    assert bids[2] * bids[1] <= asks[0] + 1e-9


def test_pairs_tick_at_the_same_instants() -> None:
    spans = [MARKET.ticks(one, ANCHOR, ANCHOR + 5 * MINUTE) for one in (EURUSD, GBPUSD, EURGBP)]
    one, two, three = ([tick.time for tick in ticks] for ticks in spans)
    assert one == two == three


@tries(30)
@given(now=st.integers(ANCHOR - 100 * DAY, ANCHOR + 6_000 * MINUTE))
def test_a_future_is_the_index_with_carry(now: int) -> None:
    quote, index = MARKET.quote(FUTURE, now), MARKET.quote(INDEX, now)
    years = (EXPIRY - MARKET.tape(INDEX).start(MARKET.tape(INDEX).number(now))) / (365 * DAY)
    fair = index.bid * exp((0.04 - 0.013) * years)
    assert quote.bid <= fair <= quote.ask
    assert quote.ask - quote.bid == 25


@tries(30)
@given(now=st.integers(ANCHOR - 100 * DAY, ANCHOR + 6_000 * MINUTE))
def test_options_keep_the_parity_of_puts_and_calls(now: int) -> None:
    specs = {
        STOCK: SPECS[STOCK],
        **{
            100 + call: SPECS[CALL].__class__(
                underlying=STOCK, strike=270.0, call=bool(call), expiry=EXPIRY, american=False
            )
            for call in (0, 1)
        },
    }
    source = open_market(ANCHOR, synthetic=specs)
    tape = source.tape(STOCK)
    ahead = horizon(tape.start(tape.number(now)), EXPIRY, rate=0.04)
    put, call = source.quote(100, now), source.quote(101, now)
    stock = source.quote(
        STOCK, min(put.time, call.time)
    )  # options quote less often than their stock
    forward = 270.0 * ahead.discount
    assert call.bid - put.ask <= stock.ask - forward * 10_000 + 1
    assert call.ask - put.bid >= stock.bid - forward * 10_000 - 1


def test_an_option_moves_by_its_delta() -> None:
    deltas = []
    for minute in range(0, 380, 7):
        now, later = ANCHOR + minute * MINUTE, ANCHOR + (minute + 7) * MINUTE
        moved = [
            (MARKET.quote(one, later).bid - MARKET.quote(one, now).bid) for one in (STOCK, CALL)
        ]
        if abs(moved[0]) > 6_000:
            deltas.append(moved[1] / moved[0])
    ahead = horizon(ANCHOR, EXPIRY, rate=0.04)
    expected = greeks(Option(275.0, call=True), 270.0, 0.26, ahead).delta
    assert deltas
    assert sum(deltas) / len(deltas) == pytest.approx(expected, abs=0.08)


def test_an_option_ends_with_its_expiry() -> None:
    before = MARKET.quote(LAST_DAY, ANCHOR + 199 * MINUTE)
    stock = MARKET.quote(STOCK, ANCHOR + 199 * MINUTE)
    inner = max(2_700_000 - stock.ask, 0)
    assert before.ask - inner < 6_000
    after = MARKET.quote(LAST_DAY, ANCHOR + 200 * MINUTE)
    assert (after.bid, after.ask, after.bidSize, after.askSize) == (0, 0, 0, 0)
    later = MARKET.ticks(LAST_DAY, ANCHOR + 201 * MINUTE, ANCHOR + 300 * MINUTE)
    assert {(tick.bid, tick.ask) for tick in later} == {(0, 0)}


def test_what_is_far_out_has_no_bid() -> None:
    quote = MARKET.quote(CHEAP, ANCHOR + 5 * MINUTE)
    assert (quote.bid, quote.bidSize) == (0, 0)
    assert quote.ask > 0 < quote.askSize


def test_puts_and_calls_of_more_strikes_are_in_order() -> None:
    strikes = [200.0 + 5 * place for place in range(30)]
    kind = SPECS[CALL].__class__
    specs = {STOCK: SPECS[STOCK]}
    for place, strike in enumerate(strikes):
        for call in (0, 1):
            specs[100 + 2 * place + call] = kind(
                underlying=STOCK, strike=strike, call=bool(call), expiry=EXPIRY
            )
    source = open_market(ANCHOR, synthetic=specs)
    now = ANCHOR + 100 * MINUTE
    puts, calls = (
        [source.quote(100 + 2 * place + call, now).ask for place in range(30)] for call in (0, 1)
    )
    assert puts == sorted(puts)
    assert calls == sorted(calls, reverse=True)


def test_a_bond_at_its_coupon_is_worth_its_face() -> None:
    spec = BondSpec(underlying=-1, coupon=0.04, maturity=0)
    assert bond_price(spec, 10.0, 0.04) == pytest.approx(100.0)
    assert bond_price(spec, 10.25, 0.04) == pytest.approx(100.0, abs=0.02)
    # 1.5 years, coupons of 2.5: present values by hand.
    assert bond_price(BondSpec(underlying=-1, coupon=0.05, maturity=0), 1.5, 0.06) == pytest.approx(
        2.5 / 1.03 + 2.5 / 1.03**2 + 102.5 / 1.03**3
    )


def test_a_bond_falls_when_its_yield_rises() -> None:
    quotes = [
        (MARKET.quote(-840, ANCHOR + at * MINUTE).bid, MARKET.quote(BOND, ANCHOR + at * MINUTE).bid)
        for at in range(0, 380, 20)
    ]
    quotes.sort()
    prices = [price for _, price in quotes]
    assert prices == sorted(prices, reverse=True)
    assert 900_000 < min(prices) < max(prices) < 1_150_000


def test_hidden_tapes_are_not_told() -> None:
    assert set(MARKET.con_ids()) == set(KINDS)
    assert STOCK in MARKET
    assert 999 not in MARKET


def test_nothing_is_made_before_it_is_asked_for() -> None:
    asked = []

    class Lazy(dict):
        def __getitem__(self, con_id: int) -> SyntheticSpec:
            asked.append(con_id)
            return super().__getitem__(con_id)

    source = open_market(ANCHOR, synthetic=Lazy(SPECS))
    assert len(source.con_ids()) == len(KINDS)
    assert not asked
    source.quote(INDEX_CALL, ANCHOR)
    assert set(asked) == {INDEX_CALL, INDEX, *(one for one, _ in MEMBERS)}


RECORDED_STOCK, ON_RECORDED = 756733, 40
TICKS = Recorded(small_day(), daily=daily_bars())


@pytest.mark.parametrize("call", [True, False])
@tries(10)
@given(data=st.data())
def test_options_on_a_recorded_day(call: bool, data: st.DataObject) -> None:
    option = SPECS[CALL].__class__(
        underlying=RECORDED_STOCK, strike=100.0, call=call, expiry=EXPIRY, dividend=0.01
    )
    recording = Recording(RECORDED_STOCK, lambda: TICKS)
    source = open_market(ANCHOR, recordings=[recording], synthetic={ON_RECORDED: option})
    lap = data.draw(st.sampled_from((0, 390 * MINUTE, -DAY)))
    begin = ANCHOR + lap + data.draw(st.integers(0, 380)) * MINUTE
    end = begin + data.draw(st.integers(1, 8)) * MINUTE - 1
    for what in ("TRADES", "BID", "ASK", "MIDPOINT"):
        quick = source.bars(ON_RECORDED, start=begin, end=end, step=MINUTE, what=what)
        slow = slow_bars(source, ON_RECORDED, (begin, end), MINUTE, what)
        for one, other in zip(quick, slow, strict=True):
            for name in ("start", "open", "high", "low", "close", "volume", "count"):
                assert getattr(one, name) == getattr(other, name), (what, name)


def test_what_derives_from_itself_is_refused() -> None:
    kind = SPECS[FUTURE].__class__
    loop = {1: kind(underlying=2, expiry=EXPIRY), 2: kind(underlying=1, expiry=EXPIRY)}
    with pytest.raises(ValueError, match="derives from itself"):
        open_market(ANCHOR, synthetic=loop).quote(1, ANCHOR)


@pytest.mark.long
def test_prices_are_the_same_for_ever() -> None:
    """Pinned: another value here is another market for every user."""
    told = hashlib.sha256()
    source = market(7)
    for con_id in KINDS:
        for now in (ANCHOR + 3 * MINUTE, ANCHOR - 20 * DAY):
            span = {"start": now - DAY, "end": now, "step": 30 * MINUTE}
            answers = (
                source.quote(con_id, now),
                *source.ticks(con_id, now, now + 2 * MINUTE),
                *source.bars(con_id, what="BID", **span),
            )
            told.update(repr([astuple(one) for one in answers]).encode())
    assert told.hexdigest() == "417d6d7ebb5ebd6edce803cc7a3de2703d9b42b094b356e8fe7ce16f11242f8f"


@walk("con_id", [PUT, EURUSD, FUTURE])
def test_answers_do_not_depend_on_what_was_asked_before(con_id: int) -> None:
    instants = [ANCHOR + 17 * MINUTE, ANCHOR - 9 * DAY, ANCHOR + DAY]
    one, other = market(), market()
    forth = [one.quote(con_id, now) for now in instants]
    other.bars(con_id, start=ANCHOR - DAY, end=ANCHOR, step=MINUTE, what="BID")
    assert [other.quote(con_id, now) for now in reversed(instants)][::-1] == forth


@pytest.mark.sample(5)
@every_kind
@given(number=st.integers(-3, 3))
def test_the_last_price_of_a_day_is_that_of_its_bar(con_id: int, number: int) -> None:
    day = MARKET.tape(con_id).day(number)
    piece = day.whole("TRADES") or day.whole("MIDPOINT")
    assert piece is not None
    assert day.last() == piece.close
