"""Each invariant notices the damage that it is there for."""

from collections.abc import Callable

import msgspec
import pytest

from papertape.venue.invariants import check
from papertape.venue.state import State
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


def _limit_below_the_fill(state: State) -> None:
    state.fills[0] = msgspec.structs.replace(state.fills[0], limit=2_576_700)


def _repeat_fill(state: State) -> None:
    state.fills.append(state.fills[0])


DAMAGE: list[tuple[str, Callable[[State], object]]] = [
    ("rests in status", lambda s: setattr(s.orders[SECOND], "status", "PendingCancel")),
    ("of 600000", lambda s: setattr(s.orders[FIRST], "filled", 700_000)),
    ("left", lambda s: setattr(s.orders[SECOND], "status", "Filled")),
    ("value", lambda s: setattr(s.orders[SECOND], "value", 1)),
    ("beyond", _limit_below_the_fill),
    ("execution ids repeat", _repeat_fill),
    ("permId", lambda s: setattr(s, "next_perm_id", SECOND)),
    ("permId", lambda s: s.ids[1].pop(2)),
    ("above the highest", lambda s: s.highest_ids.update({1: 1})),
    ("on the floor", lambda s: s.working[AAPL].append(FIRST)),
    ("on the floor", lambda s: s.working.clear()),
    ("cash", lambda s: s.accounts[ACCOUNT].cash.update(USD=1)),
    ("holds", lambda s: setattr(s.accounts[ACCOUNT].positions[AAPL], "quantity", 1)),
    ("took", lambda s: setattr(s.taken[AAPL], "ask", 600_001)),
]


@pytest.mark.parametrize(("complaint", "damage"), DAMAGE)
def test_damage_is_noticed(stage: Stage, complaint: str, damage: Callable[[State], object]) -> None:
    check(stage.engine)
    damage(stage.engine.state)
    with pytest.raises(AssertionError, match=complaint):
        check(stage.engine)
