"""Everything that the engine remembers, as one serialisable record.

Whatever is not here is derived from it or is not part of the venue's memory. The canonical
text of this record is what the state hash is taken over.
"""

import hashlib

import msgspec

from papertape.model import CommissionAndFeesReport, Contract, Execution

from .accounts import Account
from .commands import TWS_USER, SubmitOrder
from .market import Quote
from .orders import LiveOrder
from .units import CashMicros, Nanos, PriceUnits, SizeUnits


class Fill(msgspec.Struct, frozen=True):
    """One execution with its money, kept for the trading day."""

    permId: int
    conId: int
    account: str
    side: int
    size: SizeUnits
    price: PriceUnits
    value: CashMicros
    limit: PriceUnits | None
    """The order's limit when it traded."""
    time: Nanos
    contract: Contract
    execution: Execution
    report: CommissionAndFeesReport
    fee: CashMicros


class Taken(msgspec.Struct):
    """How much of a displayed quote our own orders have already traded against."""

    quote: Quote
    bid: SizeUnits = 0
    ask: SizeUnits = 0


class State(msgspec.Struct):
    """The venue's memory: accounts, orders, fills, counters, and the quotes it has used."""

    accounts: dict[str, Account]
    next_perm_id: int
    next_execution: int
    day_end: Nanos = 0
    """End of the running trading day; 0 before the first command."""
    orders: dict[int, LiveOrder] = {}
    """By permId: all that work, and those that ended today."""
    ids: dict[int, dict[int, int]] = {}
    """clientId -> orderId -> permId, of the orders above."""
    highest_ids: dict[int, int] = {}
    """clientId -> highest order id ever used; outlives the orders."""
    bound: int = 0
    """How many orders of the user of TWS have got an id below 0; the last one is its negative."""
    held: dict[int, dict[int, SubmitOrder]] = {}
    """clientId -> orderId -> order that waits for ``transmit``."""
    working: dict[int, list[int]] = {}
    """conId -> permIds that may trade, in order of acceptance."""
    fills: list[Fill] = []
    taken: dict[int, Taken] = {}
    touches: dict[int, Quote] = {}

    @property
    def busy(self) -> bool:
        """Whether an order of a client works or waits for ``transmit``."""
        of_clients = (one for one in self.orders.values() if one.clientId != TWS_USER)
        return any(self.held.values()) or any(not order.done for order in of_clients)


def canonical(state: State) -> bytes:
    """The state as text that is the same on every machine and for every hash seed."""
    # Numbered keys become texts first: only those can be put in order.
    plain = msgspec.to_builtins(state, str_keys=True)
    return msgspec.json.encode(plain, order="deterministic")


def fingerprint(state: State) -> str:
    """A 128-bit hash of the canonical text."""
    return hashlib.blake2b(canonical(state), digest_size=16).hexdigest()
