"""Rows of ticks are what the slow twin tells of the same ticks, byte for byte."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lanes import tries
from papertape.server.market_data.level1 import steps
from papertape.server.market_data.quote_rows import LineWriter, TickRun, TradeWriter
from papertape.server.market_data.quote_venues import QuoteVenues
from papertape.server.market_data.quotes import Shown, Ticks
from papertape.server.market_data.ticks_told import told_trade
from papertape.venue.market.source import Print, Quote
from papertape.venue.reference.instruments import Instrument
from papertape.venue.units import SECOND, SIZE_SCALE
from papertape.wire.batch import RowFrames, SharedFrames
from papertape.wire.catalogue.ticks import TickByTickData
from venue.scenario import SYMBOLS
from walks import walk

VERSIONS = (137, 157, 159, 163, 176, 201, 206, 220, 226)
STOCK = SYMBOLS["AAPL"]
KINDS: dict[str, Instrument] = {
    kind: replace(STOCK, secType=kind) for kind in ("STK", "FUT", "CRYPTO")
}
PRICES = st.one_of(st.integers(2_576_000, 2_576_020), st.sampled_from([0, -3, 1, 10**12]))
SIZES = st.one_of(
    st.integers(0, 12).map(lambda lots: lots * 100 * SIZE_SCALE),
    st.sampled_from([0, SIZE_SCALE, 150 * SIZE_SCALE, 12_345, 1, 10**16]),
)
TIMES = st.integers(0, 6).map(lambda parts: parts * SECOND // 2)
TICKS = st.lists(
    st.one_of(
        st.builds(Quote, st.just(1), TIMES, PRICES, SIZES, PRICES, SIZES),
        st.builds(
            Print, st.just(1), TIMES, PRICES, SIZES, st.sampled_from(["", "ARCA", "NYSE", "CBSX"])
        ),
    ),
    max_size=12,
)
STATES = st.builds(
    Shown, PRICES, SIZES, PRICES, SIZES, PRICES, SIZES, SIZES, PRICES, PRICES, PRICES, PRICES,
    st.integers(0, 3), st.sampled_from([1, 2]), st.sampled_from([0, 1]),
    st.sampled_from(["", "ARCA", "NYSE"]),
)  # fmt: skip


def reached(before: Shown, ticks: list[Any]) -> Shown:
    """The state after the ticks, by the twin."""
    sentinel = before._replace(halted=9)
    *changes, last = steps(before, ticks, sentinel)
    return changes[-1].now if changes else last.before or before


@pytest.mark.sample(7, test=3, quick=3)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", KINDS)
@tries(25)
@given(
    before=STATES,
    ticks=TICKS,
    lots=st.booleans(),
    late=st.booleans(),
    other=st.none() | STATES,
)
def test_a_run_is_written_as_the_twin_tells_it(
    version: int,
    kind: str,
    before: Shown,
    ticks: list[Any],
    lots: bool,
    late: bool,
    other: Shown | None,
) -> None:
    entry = KINDS[kind]
    twin = Ticks(0, entry, version, lots=lots, late=late, venues=QuoteVenues(entry))
    run = TickRun(before, ticks, reached(before, ticks) if other is None else other)
    messages = [one for step in steps(*run) for one in twin.between(step.before, step.now)]
    rows = LineWriter(twin, entry, version, late=late)
    assert rows.serves
    found = RowFrames(rows.runs(run), lambda: messages)
    for request_id in (7, 300):
        assert found.frames(request_id) == SharedFrames(messages, version).frames(request_id)
    assert len(found) == len(messages)


@pytest.mark.sample(7, test=3, quick=3)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", KINDS)
@tries(25)
@given(trades=TICKS.map(lambda ticks: [one for one in ticks if isinstance(one, Print)]))
def test_single_trades_are_written_as_the_twin_tells_them(
    version: int, kind: str, trades: list[Print]
) -> None:
    entry = KINDS[kind]
    run = TradeWriter(2, entry, version).run(trades)
    if any(one.price <= 0 or one.time < SECOND for one in trades):
        assert run is None
        return
    assert run is not None
    messages = [TickByTickData(0, 2, told_trade(one, entry, version)) for one in trades]
    found = RowFrames([run], lambda: messages)
    assert found.frames(9) == SharedFrames(messages, version).frames(9)
    assert [one.reqId for one in found.messages(9)] == [9] * len(trades)


def test_what_is_no_trade_is_left_to_the_twin() -> None:
    assert TradeWriter(1, STOCK, 226).run([Quote(1, SECOND, 1, 1, 2, 1)]) is None


@walk("kind", ["CASH", "IND", "CFD", "CMDTY"])
def test_kinds_with_rules_of_their_own_are_left_to_the_twin(kind: str) -> None:
    entry = replace(STOCK, secType=kind)
    assert not LineWriter(Ticks(0, entry, 226), entry, 226, late=False).serves


def test_a_volume_in_shares_is_written_in_plain_digits() -> None:
    zero = Shown(*[0] * 12)
    rows = LineWriter(Ticks(0, STOCK, 226), STOCK, 226, late=False)
    trade = Print(1, SECOND, 2_576_000, 10**9 * SIZE_SCALE)
    (run,) = rows.runs(TickRun(zero, [trade], reached(zero, [trade])))
    assert any(str(Decimal(10**9)).encode() in tail for _, tail in run[1])
