"""The parts of the venue's state and archive that ``tws`` reads."""

from typing import Protocol

from ..broker.ledger import Account
from ..broker.orders import LiveOrder
from ..facts import AdvisorGroup, Terms
from ..reference.composition import Composition
from ..units import Nanos


class ApiState(Protocol):
    """The part of the venue's state that ``tws`` reads."""

    next_perm_id: int
    day_end: Nanos
    accounts: dict[str, Account]
    orders: dict[int, LiveOrder]
    ids: dict[int, dict[int, int]]
    highest_ids: dict[int, int]
    bound: int
    held: dict[int, dict[int, Terms]]
    filled_groups: dict[str, list[str]]
    advisor_groups: dict[str, AdvisorGroup]
    combinations: dict[int, Composition]

    @property
    def busy(self) -> bool:
        """Whether an order of a client works or waits for ``transmit``."""


class FinishedOrders(Protocol):
    """The day's finished orders."""

    def find(self, client_id: int, order_id: int) -> LiveOrder | None:
        """Return the latest finished order of the day with that id of its client."""
