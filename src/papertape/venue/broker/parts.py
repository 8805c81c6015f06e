"""The parts that decide an order together: built once, looked at by each decision.

None of them changes anything; what they read of the state is ``BrokerState``.
"""

from collections.abc import Iterator
from typing import Final, Protocol

from ..exchange.exchange import Exchange
from ..exchange.matching import ConsumedLiquidity
from ..exchange.top_of_book import TopOfBook
from ..facts import AnyFact
from ..reference.instruments import Instruments, Refusal
from ..reference.sessions import TradingHours
from ..script import Script
from ..units import Nanos
from .algos import Algos
from .conditions import Conditions
from .fills import Fills
from .groups import Groups
from .hedges import Hedges
from .holds import Holds
from .ledger import Account
from .matching_rules import PresentRules
from .meeting import Meetings
from .orders import LiveOrder
from .pegging import Pegs
from .profile import Profile
from .queueing import Queues
from .running_margin import RunningMargin
from .trailing import Trails

Decision = Iterator[AnyFact]
CANCELLED: Final = Refusal(202, {"reason": ""})


class BrokerState(Protocol):
    """The part of the state that the broker reads."""

    next_perm_id: int
    next_execution: int
    day_end: Nanos
    accounts: dict[str, Account]
    orders: dict[int, LiveOrder]
    consumed: dict[int, ConsumedLiquidity]
    kept_until: dict[int, Nanos]
    merged: list[int]
    script: Script


class BrokerParts:
    """What computes an order's fills, prices, sizes and times, and what those are computed from."""

    def __init__(
        self,
        state: BrokerState,
        instruments: Instruments,
        profile: Profile,
        exchange: Exchange,
        top: TopOfBook,
        hours: TradingHours,
    ) -> None:
        self.state = state
        self.instruments = instruments
        self.profile = profile
        self.exchange = exchange
        self.top = top
        self.hours = hours
        self.margin = RunningMargin(instruments, top)
        self.groups = Groups()
        self.hedges = Hedges(instruments, top, self.margin)
        self.algos = Algos(state, top, hours)
        self.rules = PresentRules(state, profile)
        self.meetings = Meetings(state, exchange)
        self.queues = Queues(state, exchange, top)
        self.fills = Fills(
            state, instruments, top, self.algos, self.margin, self.rules, self.meetings
        )
        self.trails = Trails(instruments, top)
        self.pegs = Pegs(instruments, top)
        self.conditions = Conditions(state, instruments, top, hours, self.margin)
        self.holds = Holds(
            state, instruments, hours, self.conditions, self.pegs, self.algos,
            self.fills.combinations,
        )  # fmt: skip
