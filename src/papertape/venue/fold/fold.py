"""The fold: how a fact changes the live state.

``apply`` decides nothing and looks nothing up; the same facts give the same state under any rules,
fees and markets. Finished orders and fills go into the ``Archive``; the state has its digest.
"""

from typing import Final

from ..archive import Archive
from ..broker.orders import LiveOrder
from ..facts import AnyFact
from ..state import State
from ..units import Nanos
from .accounts import AccountFold
from .entry import EntryFold
from .executions import ExecutionFold
from .orders import OrderFold
from .part import Rules
from .worlds import WorldFold

PARTS: Final = (OrderFold, ExecutionFold, EntryFold, AccountFold, WorldFold)


class Fold:
    """Folds facts into a state, and finished orders and fills into its archive."""

    def __init__(self, state: State, archive: Archive) -> None:
        self.state = state
        self.archive = archive
        self._rules: Rules = {}
        for part in PARTS:
            self._rules |= part(state, archive).rules

    def apply(self, fact: AnyFact, now: Nanos) -> LiveOrder | None:
        """Fold one fact; return the new version of the order that it concerns, or None."""
        self.state.facts += 1
        return self._rules[type(fact)](fact, now)
