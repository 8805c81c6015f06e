"""What all questions to the history farm have in common: their number and their contract."""

from ...model import Contract
from ...venue.reference.instruments import Instrument, Listing, Purpose, Refusal
from ...venue.units import Nanos
from ..market_data.bad_request import BadRequest
from ..market_data.history import DATE_FORMS
from ..market_data.live_bars import LiveBars
from ..sessions.session import Session
from ..sessions.subscriptions import Query
from .services import Services

MAX_QUERIES = 50
"""History queries of one client at the same time, as TWS allows."""


def listing_for(
    tws: Services,
    session: Session,
    request_id: int,
    contract: Contract,
    what: str,
    *,
    not_permitted: int = 162,
) -> Listing | None:
    """The listing that a query is about; None when the query has been refused.

    386 for an id under way, 162 beyond 50 queries and for what has no tape, the refusals of
    contracts, and ``not_permitted`` for what the user has not subscribed to.
    """
    queries, live = session.subscriptions.of(Query), session.subscriptions.of(LiveBars)
    if request_id in queries or request_id in live:
        session.error(request_id, 386)
        return None
    if len(queries) + len(live) >= MAX_QUERIES:
        session.error(request_id, 162, variant="pacing")
        return None
    found = tws.resolve(contract, Purpose.HISTORY)
    if isinstance(found, Refusal):
        session.refuse(request_id, found)
        return None
    if not tws.quotes(found.instrument.conId):
        facts = {"symbol": found.instrument.symbol, "exchange": found.exchange}
        session.error(request_id, 162, variant="no_data", whatToShow=what.title(), **facts)
        return None
    if tws.entitlements.of(found.instrument) == "none":
        facts = {"exchange": found.exchange, "secType": found.instrument.secType}
        session.error(request_id, not_permitted, variant="no_permissions", **facts)
        return None
    return found


def too_late(tws: Services, entry: Instrument, end: Nanos) -> bool:
    """Whether a span ends later than the data that the user has subscribed to."""
    late = tws.timing.now - tws.entitlements.delay
    return tws.entitlements.of(entry) == "delayed" and end > late


def refuse(session: Session, request_id: int, bad: BadRequest) -> None:
    """Queue the error of a field that is not legal."""
    session.error(request_id, bad.code, variant=bad.variant, **bad.facts)


def check_date_form(form: int) -> None:
    """Raises ``BadRequest`` 321 for a form of dates that there is not."""
    if form not in DATE_FORMS:
        raise BadRequest(321, "date_form", formatDate=form)


def cancel(session: Session, request_id: int, kind: type) -> bool:
    """End a query of that kind of request; whether there was one."""
    query = session.subscriptions.of(Query).get(request_id)
    if query is None or query.asked is not kind:
        return False
    session.subscriptions.remove(Query, request_id)
    return True
