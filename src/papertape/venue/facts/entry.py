"""What happens to orders in TWS before the broker knows of them, and to their ids."""

from .fact import Fact
from .terms import Terms


class OrderHeld(Fact, frozen=True, tag=20):
    """An order waits in TWS for ``transmit``; the broker does not know it."""

    clientId: int
    orderId: int
    terms: Terms


class OrderReleased(Fact, frozen=True, tag=21):
    """A held order was transmitted."""

    clientId: int
    orderId: int


class OrderDropped(Fact, frozen=True, tag=25):
    """A held order was cancelled by its client, or discarded by TWS, before it reached the
    broker."""

    clientId: int
    orderId: int
    terms: Terms
    permId: int = 0
    """The permanent id that a discarded order got; 0 where a refused child took it along."""


class PermIdUsed(Fact, frozen=True, tag=23):
    """A what-if used a permanent id and changed nothing else."""

    permId: int


class OrderIdsReset(Fact, frozen=True, tag=24):
    """The order ids of every client restarted at 1; the day's finished orders are forgotten."""
