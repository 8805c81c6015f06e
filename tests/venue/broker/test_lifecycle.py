"""The table of order states."""

import pytest

from papertape.venue.broker import lifecycle
from papertape.venue.broker.lifecycle import TERMINAL, TRANSITIONS, WORKING, moved
from walks import walk


def test_every_move_leads_to_a_state_of_the_table() -> None:
    for following in TRANSITIONS.values():
        assert all(state in TRANSITIONS for state in following)


def test_terminal_states_are_the_documented_ones() -> None:
    assert sorted(TERMINAL) == ["ApiCancelled", "Cancelled", "Filled", "Inactive"]
    assert not [state for state in WORKING if state in TERMINAL]


@walk("terminal", TERMINAL)
@walk("state", TRANSITIONS)
def test_nothing_leaves_a_terminal_state(terminal: str, state: str) -> None:
    with pytest.raises(AssertionError, match="may not go"):
        moved(terminal, state)


def test_a_submitted_order_goes_back_when_its_exchange_closes_and_no_further() -> None:
    assert moved(lifecycle.SUBMITTED, lifecycle.PRE_SUBMITTED) == lifecycle.PRE_SUBMITTED
    for state in (lifecycle.NEW, lifecycle.INACTIVE):
        with pytest.raises(AssertionError):
            moved(lifecycle.SUBMITTED, state)
    assert moved(lifecycle.PRE_SUBMITTED, lifecycle.SUBMITTED) == lifecycle.SUBMITTED
