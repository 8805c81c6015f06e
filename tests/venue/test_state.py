"""The fold: facts alone make the state, and its hash depends on all that they say."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertape.venue import entries
from papertape.venue.archive import Archive, FinishedRow, chained
from papertape.venue.broker.ledger import Account
from papertape.venue.broker.profile import Profile
from papertape.venue.engine import Engine
from papertape.venue.facts import (
    AnyFact,
    DayBegan,
    OrderDropped,
    OrderEnded,
    OrderFilled,
    OrderHeld,
    OrderIdsReset,
    OrderMoved,
    OrderPlaced,
    PermIdUsed,
    Terms,
)
from papertape.venue.fold.fold import Fold
from papertape.venue.market.source import Quote
from papertape.venue.state import State, canonical, fingerprint
from venue.scenario import START, Stage

AAPL = 265598
TERMS = Terms(
    "DU1234567", AAPL, "SMART", 1, 100_0000, "LMT", 257_0000, None, 0, "DAY", False, "", "", "",
    "{}",
)  # fmt: skip
QUOTE = Quote(AAPL, START, 256_0000, 100_0000, 257_0000, 60_0000)
STORY = """
    quote   AAPL 257.66 x 257.68*60
    submit  #1 BUY 100 AAPL MKT         -> #1 accepted PreSubmitted
                                        -> #1 BOT 60 @ 257.68 Submitted; #1 fee 1.00018
    submit  #2 SELL 5 AAPL STP 250      -> #2 accepted PreSubmitted trigger; #2 again PreSubmitted trigger
    submit  #3 BUY 10 AAPL LMT 250 transmit=false -> .
    submit  c2#1 BUY 10 AAPL LMT 250    -> c2#1 accepted Submitted; c2#1 again Submitted
    cancel  c2#1                        -> c2#1 Cancelled
"""  # noqa: E501


def fresh() -> Fold:
    state = State(1, 1)
    state.accounts["DU1234567"] = Account("DU1234567", "USD", {"USD": 0})
    return Fold(state, Archive())


def placed(number: int, **changes: Any) -> OrderPlaced:
    fact = OrderPlaced(number, 1, number, TERMS, "Submitted", "", START + 10)
    return msgspec.structs.replace(fact, **changes)


def filled(number: int, size: int, status: str) -> OrderFilled:
    return OrderFilled(
        number, status, 7, size, 257_0000, 25_700_000_000 * size // 100_0000, 1_000_000, None,
        size, 1, (("USD", -5),), 2, "ISLAND", QUOTE,
    )  # fmt: skip


def test_facts_are_counted_and_ids_go_on_behind_them() -> None:
    fold = fresh()
    for fact in (placed(5), PermIdUsed(9), placed(10), filled(10, 60_0000, "Submitted")):
        fold.apply(fact, START)
    state = fold.state
    assert (state.facts, state.next_perm_id, state.next_execution) == (4, 11, 8)
    assert state.highest_ids == {1: 10} and state.ids == {1: {5: 5, 10: 10}}


def test_an_order_that_is_over_leaves_the_state_for_the_archive() -> None:
    fold = fresh()
    fold.apply(placed(1), START)
    fold.apply(filled(1, 60_0000, "Submitted"), START + 1)
    told = fold.apply(filled(1, 40_0000, "Filled"), START + 2)
    assert fold.state.orders == {} and fold.state.ids == {}
    assert told == fold.archive.find(1, 1)
    assert told is not None and (told.ended, told.bySystem, told.filled) == (
        START + 2,
        True,
        100_0000,
    )
    orders, fills = fold.archive.drain()
    assert [(row.fact, row.permId) for row in orders] == [(3, 1)]
    assert [row.fact for row in fills] == [2, 3]


@pytest.mark.parametrize("system", [True, False])
def test_who_ended_an_order_is_kept(system: bool) -> None:
    fold = fresh()
    fold.apply(placed(1), START)
    order = fold.apply(OrderEnded(1, "Cancelled", system), START + 3)
    assert order is not None and (order.bySystem, order.ended) == (system, START + 3)


def test_an_order_that_is_refused_never_lives() -> None:
    fold = fresh()
    order = fold.apply(placed(1, status="Inactive"), START)
    assert order is not None and order.ended == START and order.bySystem
    assert not fold.state.orders and not fold.state.ids and fold.state.highest_ids == {1: 1}


def test_a_move_that_the_table_does_not_know_is_an_error() -> None:
    fold = fresh()
    fold.apply(placed(1, status="PendingCancel"), START)
    with pytest.raises(AssertionError, match="may not go from 'PendingCancel' to 'Submitted'"):
        fold.apply(OrderMoved(1, "Submitted"), START)


def test_versions_of_an_order_are_never_changed() -> None:
    """Who was given an order may keep it: what comes later makes a new one."""
    fold = fresh()
    first = fold.apply(placed(1), START)
    before = msgspec.msgpack.encode(first)
    fold.apply(filled(1, 60_0000, "Submitted"), START + 1)
    fold.apply(OrderEnded(1, "Cancelled", True), START + 1)
    assert msgspec.msgpack.encode(first) == before


def test_a_client_without_orders_leaves_nothing_behind() -> None:
    fold = fresh()
    fold.apply(OrderHeld(3, 1, TERMS), START)
    assert fold.state.busy
    fold.apply(OrderDropped(3, 1, TERMS), START)
    assert fold.state.held == {} and not fold.state.busy


def test_days_and_resets_empty_the_archive_and_say_since_when() -> None:
    fold = fresh()
    fold.apply(DayBegan(START + 100), START)
    fold.apply(placed(1), START)
    fold.apply(filled(1, 100_0000, "Filled"), START)
    past = fold.state.past
    fold.apply(OrderIdsReset(), START)
    assert (fold.state.orders_since, fold.state.fills_since) == (4, 0)
    assert fold.archive.counts == (0, 1) and fold.state.highest_ids == {}
    fold.apply(DayBegan(START + 200), START)
    assert (fold.state.orders_since, fold.state.fills_since) == (5, 5)
    assert fold.archive.counts == (0, 0) and fold.state.past == past


def test_the_past_depends_on_every_row_and_on_their_order() -> None:
    zero = "00" * 16
    one, two = chained(chained(zero, b"a"), b"b"), chained(chained(zero, b"b"), b"a")
    assert len({zero, one, two, chained(zero, b"ab"), chained(zero, b"a")}) == 5
    hashes = set()
    for size in (60_0000, 59_0000):
        fold = fresh()
        fold.apply(placed(1), START)
        fold.apply(filled(1, size, "Submitted"), START)
        hashes.add(fold.state.past)
    assert len(hashes) == 2


# -- the hash -----------------------------------------------------------------------------------


def story() -> Stage:
    return Stage().play(STORY)


def leaves(node: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs: Any = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in pairs:
        if isinstance(value, dict | list):
            yield from leaves(value, (*way, key))
        else:
            yield (*way, key)


def test_the_hash_sees_every_leaf() -> None:
    """Another value anywhere in the state is another hash."""
    state = story().engine.state
    plain: Any = msgspec.to_builtins(state, str_keys=True)
    known = fingerprint(state)
    ways = list(leaves(plain))
    assert len(ways) > 80
    for way in ways:
        other: Any = msgspec.json.decode(msgspec.json.encode(plain))
        node = other
        for key in way[:-1]:
            node = node[key]
        for value in _changed(node[way[-1]]):
            node[way[-1]] = value
            with suppress(msgspec.ValidationError):
                changed = msgspec.convert(other, State, strict=False, str_keys=True)
                break
        assert fingerprint(changed) != known, way


def _changed(value: Any) -> tuple[Any, ...]:
    """Other values; one of them is of the kind that may stand in that place."""
    match value:
        case bool():
            return (not value,)
        case int():
            return (value + 1,)
        case str():
            return (value + "x",)
        case list():
            return ([*value, 1], [*value, ["DU1", 1]])
    return (1, [["DU1", 1]], [1], [])


def test_the_hash_does_not_see_the_order_of_keys() -> None:
    state = story().engine.state
    state.consumed[1] = state.consumed[AAPL]
    backwards = msgspec.structs.replace(state, consumed=dict(reversed(state.consumed.items())))
    assert list(backwards.consumed) != list(state.consumed)
    assert canonical(backwards) == canonical(state)


@given(st.data())
def test_a_replay_that_stops_anywhere_and_goes_on_is_a_replay(data: st.DataObject) -> None:
    stage = _STORY
    cut = data.draw(st.integers(0, len(stage.journal)))
    engine = Engine(None, Profile(margin_check=False, price_band=False))
    engine.replay(stage.journal[:cut])
    twin = Engine(None)
    rows: Callable[..., Any] = lambda *_: engine.archive.rows()  # noqa: E731
    twin.restore(bytes(engine.snapshot()), rows)
    for one in (engine, twin):
        one.replay(entries.decode(entries.encode(entry)) for entry in stage.journal[cut:])
        assert one.state_hash() == stage.engine.state_hash()
        assert list(one.archive.fills()) == list(stage.engine.archive.fills())


_STORY = story()


def test_rows_come_once_and_in_the_order_of_their_facts() -> None:
    engine = story().engine
    orders, fills = engine.drain_archive()
    numbers = [row.fact for row in (*orders, *fills)]
    assert numbers and len(set(numbers)) == len(numbers)
    assert all(isinstance(row, FinishedRow) for row in orders)
    assert engine.drain_archive() == ([], [])


def test_every_kind_of_fact_can_be_folded() -> None:
    kinds = AnyFact.__args__  # type: ignore[attr-defined]
    assert set(fresh()._rules) == set(kinds)
