"""Each invariant notices the damage that it is there for."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from papertape.venue.broker.ledger import Account
from papertape.venue.engine import Engine
from papertape.venue.invariants import check
from venue.scenario import Stage, scenario

ACCOUNT = "DU1234567"
AAPL = 265598
FIRST, SECOND = 1_000_000_001, 1_000_000_002


@pytest.fixture
def stage() -> Stage:
    return scenario("""
        quote   AAPL 257.66 x 257.68*60
        submit  #1 BUY 60 AAPL MKT     -> #1 accepted PreSubmitted
                                       -> #1 BOT 60 @ 257.68 Filled; #1 fee 1.00018
        submit  #2 BUY 10 AAPL LMT 250  -> #2 accepted Submitted; #2 again Submitted
    """)


Damage = Callable[[Engine], object]


def _order(**changes: Any) -> Damage:
    """Another version of the working order."""

    def damage(engine: Engine) -> None:
        orders = engine.state.orders
        orders[SECOND] = msgspec.structs.replace(orders[SECOND], **changes)

    return damage


def _finished(**changes: Any) -> Damage:
    """Another version of the order that is over."""

    def damage(engine: Engine) -> None:
        order = engine.archive.order(FIRST)
        assert order is not None
        engine.archive.finish(msgspec.structs.replace(order, **changes), 0)

    return damage


def _fill(**changes: Any) -> Damage:
    """One more fill, like the one that there is but for some fields."""

    def damage(engine: Engine) -> None:
        (fill,) = engine.archive.fills()
        engine.archive.fill(msgspec.structs.replace(fill, **changes), 0)

    return damage


def _account(engine: Engine) -> Account:
    return engine.state.accounts[ACCOUNT]


DAMAGE: list[tuple[str, Damage]] = [
    ("rests in status", _order(status="PendingCancel")),
    ("of 600000", _finished(filled=700_000)),
    ("left", _order(status="Filled")),
    ("value", _order(value=1)),
    ("ended at", _finished(ended=0)),
    (
        "a working order is in the archive",
        _finished(status="Submitted", filled=0, value=0, ended=0),
    ),
    ("beyond", _fill(execution=9, limit=2_576_700)),
    ("executions repeat", _fill()),
    ("permId", lambda e: setattr(e.state, "next_perm_id", SECOND)),
    ("permId", lambda e: e.state.ids[1].pop(2)),
    ("above the highest", lambda e: e.state.highest_ids.update({1: 1})),
    ("in the books", lambda e: e.exchange.rest(AAPL, FIRST, 1, None)),
    ("in the books", lambda e: e.exchange.leave(AAPL, SECOND)),
    ("in the books", lambda e: e.exchange.wait(AAPL, 7, 1, 5, 2)),
    ("cash", lambda e: _account(e).cash.update(USD=1)),
    ("holds", lambda e: setattr(_account(e).positions[AAPL], "quantity", 1)),
    ("executed", _fill(execution=9, size=10)),
    ("600001 of", lambda e: setattr(e.state.consumed[AAPL], "ask", 600_001)),
]


@pytest.mark.parametrize(("complaint", "damage"), DAMAGE)
def test_damage_is_noticed(stage: Stage, complaint: str, damage: Damage) -> None:
    check(stage.engine)
    damage(stage.engine)
    with pytest.raises(AssertionError, match=complaint):
        check(stage.engine)
