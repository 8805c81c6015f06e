"""Ticks one by one."""

from collections.abc import Iterator

from ...venue.reference.instruments import Instrument, Purpose, Refusal
from ...venue.reference.securities import UNQUOTED, UNTRADED
from ...venue.units import SECOND
from ...wire.catalogue import ticks as wire
from ..market_data.entitlements import told_contract
from ..market_data.past_ticks import MOST_TICKS, TickQuery, ticks_before
from ..market_data.tick_by_tick import TICK_TYPES, TickLine, TickType
from ..sessions.session import Session
from . import handles
from .past_ticks import ANSWERS
from .services import Services

NOT_LIVE = frozenset(("OPT", "FOP", "BAG"))
"""Kinds whose ticks TWS tells of the past alone."""
SOONEST = 15 * SECOND
"""How soon a client may ask for an instrument again, where that is paced."""
INDICES_OF = "CME"
"""The exchange of the indices whose ticks TWS has."""


@handles(wire.ReqTickByTickData)
def req_tick_by_tick_data(
    tws: Services, session: Session, message: wire.ReqTickByTickData
) -> Iterator[None] | None:
    """Tell every tick from now on, after the latest ``numberOfTicks`` of the day."""
    request_id = message.reqId
    lines = session.subscriptions.of(TickLine)
    if request_id in lines:
        session.error(request_id, 102)
        return None
    found = tws.resolve(message.contract, Purpose.QUOTES)
    if isinstance(found, Refusal):
        session.refuse(request_id, found)
        return None
    entry = found.instrument
    asked = TICK_TYPES.get(message.tickType)
    if asked is None:
        session.error(request_id, 10189, cause=f"No tick type {message.tickType[:20]!r}")
    elif message.numberOfTicks < 0:
        session.error(request_id, 10189, cause=f"{message.numberOfTicks} is no number of ticks")
    elif not _is_live(entry, found.exchange, asked):
        session.error(request_id, 10189, variant="invalid")
    elif not tws.quotes(entry.conId):
        facts = {"exchange": found.exchange, "secType": entry.secType}
        session.error(request_id, 10189, variant="no_permissions", **facts)
    elif tws.entitlements.lacks(entry):
        if message.tickType == "Last":
            facts = {"exchange": found.exchange, "secType": entry.secType}
            session.error(request_id, 10189, variant="no_permissions", **facts)
        else:
            session.error(request_id, 10089, delayed_hint="", contract=told_contract(entry))
    elif 0 < tws.settings.tick_by_tick_limit <= len(lines):
        session.error(request_id, 10190)
    elif tws.settings.tick_by_tick_pacing and _too_soon(tws, session, entry):
        session.error(request_id, 10189, variant="pacing")
    elif message.numberOfTicks:
        return _history_first(tws, session, message, entry, asked)
    else:
        _follow(tws, session, message, entry, asked, tws.timing.now)
    return None


def _too_soon(tws: Services, session: Session, entry: Instrument) -> bool:
    """Whether a client asked for an instrument in the last 15 seconds; else note that it has."""
    now, asked = tws.timing.now, session.asked_ticks
    if now < asked.get(entry.conId, 0):
        return True
    for con_id in [one for one, until in asked.items() if until <= now]:
        del asked[con_id]
    asked[entry.conId] = now + SOONEST
    return False


def _is_live(entry: Instrument, exchange: str, asked: TickType) -> bool:
    traded = asked.kind == "TRADES"
    if entry.secType in UNQUOTED:
        return traded and entry.secType == "IND" and exchange == INDICES_OF
    return entry.secType not in NOT_LIVE and not (traded and entry.secType in UNTRADED)


def _history_first(
    tws: Services,
    session: Session,
    message: wire.ReqTickByTickData,
    entry: Instrument,
    asked: TickType,
) -> Iterator[None]:
    now, count = tws.timing.now, min(message.numberOfTicks, MOST_TICKS)
    wanted = TickQuery(entry, asked.kind, count, ignore_size=message.ignoreSize)
    for found in ticks_before(tws.market, wanted, now + 1, session.version):
        if found is not None:
            items = [item for _, item in found[-count:]]
            session.send(ANSWERS[asked.kind](message.reqId, items, True))
        yield
    _follow(tws, session, message, entry, asked, now)


def _follow(
    tws: Services,
    session: Session,
    message: wire.ReqTickByTickData,
    entry: Instrument,
    asked: TickType,
    known: int,
) -> None:
    tws.ticks.follow(
        message.reqId, session, entry, asked, ignore_size=message.ignoreSize, known=known
    )


@handles(wire.CancelTickByTickData)
def cancel_tick_by_tick_data(
    tws: Services, session: Session, message: wire.CancelTickByTickData
) -> None:
    """End a line; silent."""
    session.subscriptions.remove(TickLine, message.reqId)
