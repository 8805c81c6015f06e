"""The live state of the venue, which is folded from facts (``venue.fold``).

All numbers are integers (``units.py``).
"""

import hashlib

import msgspec

from .broker.ledger import Account
from .broker.orders import LiveOrder
from .commands import TWS_USER
from .exchange.matching import ConsumedLiquidity
from .facts import AdvisorGroup, Terms
from .reference.composition import Composition
from .script import Script
from .units import Nanos


class State(msgspec.Struct):
    """The live state: accounts, working and held orders, ids, partly consumed quotes."""

    next_perm_id: int
    next_execution: int
    day_end: Nanos = 0
    """End of the current trading day; 0 before the first command."""
    month: int = 0
    """The calendar month of that day, 202604; 0 where no journal has told it yet."""
    accounts: dict[str, Account] = {}
    """Accounts by code, in the order of opening."""
    orders: dict[int, LiveOrder] = {}
    """Working orders by permId, in order of acceptance."""
    ids: dict[int, dict[int, int]] = {}
    """clientId -> orderId -> permId of the working orders."""
    highest_ids: dict[int, int] = {}
    """clientId -> highest order id ever used; it outlives the orders."""
    bound: int = 0
    """The number of negative order ids given to orders of the user of TWS: the last is -n."""
    held: dict[int, dict[int, Terms]] = {}
    """clientId -> orderId -> order that waits for ``transmit``."""
    consumed: dict[int, ConsumedLiquidity] = {}
    kept_until: dict[int, Nanos] = {}
    """Contract -> up to when its coupons, splits and dividends have been carried out."""
    merged: list[int] = []
    """Shares of companies that were taken over."""
    renamed: dict[int, str] = {}
    """Shares that changed their symbol -> the one that they have now."""
    advisor_groups: dict[str, AdvisorGroup] = {}
    """An advisor's groups of accounts by name."""
    aliases: dict[str, str] = {}
    """Account -> the name that an advisor gave it."""
    filled_groups: dict[str, list[str]] = {}
    """Account -> the OCA groups of which an order filled today; they take no other one."""
    script: Script = msgspec.field(default_factory=Script)
    """What is left of a world."""
    facts: int = 0
    """The number of facts folded; a fill of a combination counts once more for each of its legs,
    as each row that is over has a number of its own."""
    orders_since: int = 0
    """The number of the fact with which finished orders last left the archive."""
    fills_since: int = 0
    """The number of the fact with which fills last left it: the last day's end."""
    past: str = "00" * 16
    """Digest of every finished order and every fill."""
    busted: list[int] = []
    """The numbers of the executions that were busted today."""
    combinations: dict[int, Composition] = {}
    """Number -> what it is made of, of every combination that is ordered, or was lately."""
    idle_combinations: list[int] = []
    """Those that no order was about when the day began; they go with the next day."""

    @property
    def busy(self) -> bool:
        """Whether an order of a client works or waits for ``transmit``."""
        if any(self.held.values()):
            return True
        return any(order.clientId != TWS_USER for order in self.orders.values())


def canonical(state: State) -> bytes:
    """Encode the state as text that is equal on every machine and for every hash seed."""
    # Integer keys become texts first: only texts can be sorted.
    plain = msgspec.to_builtins(state, str_keys=True)
    return msgspec.json.encode(plain, order="deterministic")


def fingerprint(state: State) -> str:
    """Return a 128-bit hash of the canonical text."""
    return hashlib.blake2b(canonical(state), digest_size=16).hexdigest()
