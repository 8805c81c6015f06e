"""What a handler works with."""

from collections.abc import Callable

import msgspec

from ...model import Contract
from ...venue.market.port import MarketSource
from ...venue.reference.combinations import BAG, combination_of
from ...venue.reference.instruments import Listing, Purpose, Refusal
from ..account_figures import AccountFigures
from ..config import Config
from ..display_groups import DisplayGroups
from ..event_bus import EventBus
from ..market_data.books import DepthStreams
from ..market_data.computations import Computations
from ..market_data.entitlements import Entitlements
from ..market_data.generic_lines import GenericTicks
from ..market_data.history_pacing import HistoryPacing
from ..market_data.level1 import Level1
from ..market_data.live_bars import BarChannels
from ..market_data.tick_by_tick import TickStreams
from ..plant.broker_link import BrokerLink
from ..plant.farms import Farms
from ..present.preferences import Preferences
from ..present.queries import Queries
from ..profit_streams import ProfitStreams
from ..research.news import NewsService
from ..research.reports import Reports
from ..research.scanners import Scanners
from ..research.symbol_searches import SymbolSearches
from ..sessions.admission import Admission
from ..sessions.policy import Policy
from ..sessions.registry import Sessions
from ..sessions.session import Session
from ..settings import StationSettings
from ..timing import Timing
from ..tws_user import TwsUser
from ..venue_port import ReadModel

MARKET = (Purpose.QUOTES, Purpose.HISTORY)
"""What combinations are resolved for; orders have the venue look at their legs."""


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """The services of a station that requests need; commands go through ``link``."""

    settings: StationSettings
    config: Config
    timing: Timing
    bus: EventBus
    sessions: Sessions
    policy: Policy
    admission: Admission
    venue: ReadModel
    queries: Queries
    preferences: Preferences
    market: MarketSource
    link: BrokerLink
    farms: Farms
    user: TwsUser
    entitlements: Entitlements
    level1: Level1
    generic_ticks: GenericTicks
    computations: Computations
    bars: BarChannels
    history_pacing: HistoryPacing
    ticks: TickStreams
    books: DepthStreams
    figures: AccountFigures
    profits: ProfitStreams
    groups: DisplayGroups
    scanners: Scanners
    symbol_searches: SymbolSearches
    news: NewsService
    reports: Reports
    introduced: Callable[[Session], object]
    """Called when a client has received everything that follows START_API."""

    def resolve(self, contract: Contract, purpose: Purpose) -> Listing | Refusal:
        """The one listing that a request means now; of market data perhaps a combination."""
        instruments, now = self.venue.instruments, self.timing.now
        if purpose in MARKET and contract.secType.strip().upper() == BAG:
            return combination_of(contract, purpose, instruments, now)
        return instruments.resolve(contract, purpose, now)

    def quotes(self, con_id: int) -> bool:
        """Whether there is a tape to quote an instrument."""
        return con_id in self.market
