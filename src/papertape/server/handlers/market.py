"""Level-1 market data."""

from msgspec.structs import replace

from ...venue.reference.combinations import BAG
from ...venue.reference.exchanges import SMART
from ...venue.reference.instruments import Instrument, Purpose, Refusal
from ...venue.reference.securities import Combination
from ...wire.catalogue import market as wire
from ..market_data.computations import ComputationLine, computes
from ..market_data.entitlements import told_contract
from ..market_data.generic_lines import GenericLine
from ..market_data.generic_ticks import WantedTicks, news_providers, wanted_ticks
from ..market_data.live_bars import lines_held
from ..market_data.quotes import Delivery, QuoteLine
from ..market_data.yield_measures import DELAYED_YIELDS, LIVE_YIELDS
from ..research.headlines import FEED
from ..research.news import NewsLine
from ..sessions.session import Session
from . import handles
from .regulatory import parameters, regulatory_snapshot
from .rerouting import rerouted
from .services import Services

FROZEN_TYPES = (2, 4)
DELAYED_TYPES = (3, 4)
FREE_TICKS = frozenset((104, 165, 236, 411, 456))
"""Generic ticks that come with no subscription to a market's quotes: figures of days, dividends and
what may be sold short."""
NOT_ENABLED = 150
"""From here on 10168 tells that delayed data are not enabled; before, 354."""


@handles(wire.ReqMktData, partly="generic tick 225 (auctions) of what is no stock")
def req_mkt_data(tws: Services, session: Session, message: wire.ReqMktData) -> None:
    """Open a quote line: its parameters, its type, the known state, then changes."""
    if message.reqId in session.subscriptions.of(QuoteLine):
        session.error(message.reqId, 102)
        return
    if not message.snapshot and lines_held(session) >= tws.settings.max_lines:
        session.error(message.reqId, 101)
        return
    snapshot = message.snapshot or message.regulatorySnapshot
    if snapshot and message.genericTickList.strip():
        session.error(message.reqId, 321, variant="snapshot_generic")
        return
    found = tws.resolve(message.contract, Purpose.QUOTES)
    if isinstance(found, Refusal):
        session.refuse(message.reqId, found)
        return
    entry = found.instrument
    if rerouted(entry, session.version):
        session.send(wire.RerouteMarketDataRequest(message.reqId, entry.under, SMART))
        return
    feed = entry.secType == FEED
    if not feed and not _has_quotes(tws, entry):
        contract = f"{entry.symbol} {found.exchange}"
        session.error(message.reqId, 354, variant="no_delayed", contract=contract)
        return
    if message.regulatorySnapshot:
        regulatory_snapshot(tws, session, message.reqId, entry)
        return
    wanted = wanted_ticks(message.genericTickList, entry.secType, session.version)
    if isinstance(wanted, Refusal):
        session.refuse(message.reqId, wanted)
        return
    if wanted.generic and entry.secType == BAG:
        what = "The generic tick list of a combination"
        session.refuse(message.reqId, Refusal(321, {"what": what}, "not_served"))
        return
    delivery = _delivery(tws, session, message.reqId, entry, wanted)
    if delivery is None:
        return
    providers = news_providers(message.genericTickList)
    known = tws.news.providers.keys()
    if providers is not None and not (known and providers <= known):
        session.error(message.reqId, 321, cause="Invalid tick type")
        return
    if feed and (wanted.default or entry.home not in tws.news.providers):
        contract = f"{entry.symbol} {found.exchange}"
        session.error(message.reqId, 354, variant="no_delayed", contract=contract)
        return
    if providers is not None:
        followed = providers or frozenset(tws.news.providers)
        tws.news.follow(session, NewsLine(message.reqId, entry, followed))
    if snapshot:
        _snapshot(tws, session, message.reqId, entry, delivery)
        return
    session.send(parameters(message.reqId, entry))
    session.send(wire.MarketDataType(message.reqId, tws.level1.delivered(entry, delivery)))
    if delivery.delay:
        contract = told_contract(entry)
        session.error(message.reqId, tws.settings.delayed_notice, contract=contract)
    line = QuoteLine(
        message.reqId, session, entry, default=wanted.default, delivery=delivery,
        exchange=found.exchange,
    )  # fmt: skip
    tws.level1.open(line)
    if wanted.default and _computes(tws, session, message.reqId, entry, delivery):
        tws.computations.follow(message.reqId, session, entry, *delivery)
    generic = wanted.generic
    if wanted.default and entry.secType == "BOND":
        generic = (*generic, DELAYED_YIELDS if delivery.delay else LIVE_YIELDS)
    if generic:
        tws.generic_ticks.follow(message.reqId, session, entry, generic, delay=delivery.delay)


def _has_quotes(tws: Services, entry: Instrument) -> bool:
    """Whether there is a tape to quote an instrument, or every leg of it."""
    if isinstance(entry, Combination):
        return all(tws.quotes(leg.conId) for leg in entry.composition.legs)
    return tws.quotes(entry.conId)


def _delivery(
    tws: Services, session: Session, request_id: int, entry: Instrument, wanted: WantedTicks
) -> Delivery | None:
    """How the data of a contract are delivered to a client; None when it has been refused: 354
    where there are none for the user, 10168 where it has not enabled delayed ones, 10089 where it
    may ask for them. Where ticks are asked for that need no subscription, 10090 instead, and those
    go on."""
    right, available = tws.entitlements.of(entry), tws.entitlements.delayed(entry)
    if right == "live" or not (wanted.default or wanted.generic):  # or news alone
        return Delivery(session.wants_frozen)
    if available and session.wants_delayed:
        return Delivery(session.wants_frozen, tws.entitlements.delay)
    contract = told_contract(entry)
    hint = "Delayed market data is available." if available else ""
    free = tuple(one for one in wanted.generic if one in FREE_TICKS)
    if free:
        session.send(parameters(request_id, entry))
        session.error(request_id, 10090, delayed_hint=hint, contract=contract)
        tws.level1.open(QuoteLine(request_id, session, entry, default=False))
        tws.generic_ticks.follow(request_id, session, entry, free, delay=0)
    elif available:
        session.send(parameters(request_id, entry))
        session.error(request_id, 10089, delayed_hint=hint, contract=contract)
    elif right == "delayed" and session.version >= NOT_ENABLED:
        session.error(request_id, 10168)
    else:
        session.error(request_id, 354, variant="no_delayed", contract=contract)
    return None


def _computes(
    tws: Services, session: Session, request_id: int, entry: Instrument, delivery: Delivery
) -> bool:
    """Whether a contract has option computations: they take data of the underlying that are as
    recent. 10091 tells that those are missing; the other ticks go on."""
    under = tws.venue.instruments.get(entry.under) if computes(entry) else None
    if under is None:
        return False
    right = tws.entitlements.of(under)
    if right == "live" or (right == "delayed" and delivery.delay):
        return True
    hint = "Delayed market data is available." if tws.entitlements.delayed(under) else ""
    session.error(request_id, 10091, delayed_hint=hint, contract=told_contract(under))
    return False


def _snapshot(
    tws: Services, session: Session, request_id: int, entry: Instrument, delivery: Delivery
) -> None:
    """The present state and its end."""
    session.send(wire.MarketDataType(request_id, tws.level1.delivered(entry, delivery)))
    session.send(parameters(request_id, entry))
    tws.level1.snapshot(request_id, session, entry, delivery)
    if _computes(tws, session, request_id, entry, delivery):
        for tick in tws.computations.once(entry, *delivery):
            session.send(replace(tick, reqId=request_id))
    session.send(wire.TickSnapshotEnd(request_id))


@handles(wire.CancelMktData)
def cancel_mkt_data(tws: Services, session: Session, message: wire.CancelMktData) -> None:
    """Close a quote line; silent, but 300 for one that is not open."""
    session.subscriptions.remove(NewsLine, message.reqId)
    if session.subscriptions.remove(QuoteLine, message.reqId) is None:
        session.error(message.reqId, 300, id=message.reqId)
    session.subscriptions.remove(GenericLine, message.reqId)
    session.subscriptions.remove(ComputationLine, message.reqId)


@handles(wire.ReqMarketDataType)
def req_market_data_type(tws: Services, session: Session, message: wire.ReqMarketDataType) -> None:
    """Any type is taken, without an answer, for later requests: with 2 and 4 they keep the last
    quote while a market is closed, with 3 and 4 they get delayed data where the user has no live
    ones, which are always preferred."""
    session.wants_frozen = message.marketDataType in FROZEN_TYPES
    session.wants_delayed = message.marketDataType in DELAYED_TYPES
