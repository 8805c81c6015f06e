"""Wall Street Horizon: the description of events, and the events of companies."""

from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec

from ...venue.units import SECOND
from ...wire.catalogue import wsh as wire
from ..market_data.bad_request import BadRequest
from ..research.company_events import TAGS, Window, company_events, event_metadata
from ..sessions.session import Session
from ..sessions.subscriptions import Subscription
from . import handles
from .history_query import refuse
from .services import Services

MOST_EVENTS: Final = 100
"""Events of one answer, as TWS documents it."""
MOST_WATCHED: Final = 100
"""Contracts of a filter."""
FilterValue = str | int | bool | list[str | int]
_FILTER: Final = msgspec.json.Decoder(dict[str, FilterValue])
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(9999, 12, 31)


class EventsDescribed(Subscription):
    """A client has asked what events there are, which TWS wants before it asks for any."""


@handles(wire.ReqWshMetaData)
def req_wsh_meta_data(tws: Services, session: Session, message: wire.ReqWshMetaData) -> None:
    """What events and filters there are; 10276 for a user without them."""
    if not tws.settings.has_service("events"):
        session.error(message.reqId, 10276)
        return
    session.subscriptions.add(EventsDescribed(-1))
    session.send(wire.WshMetaData(message.reqId, event_metadata()))


@handles(wire.CancelWshMetaData)
def cancel_wsh_meta_data(tws: Services, session: Session, message: wire.CancelWshMetaData) -> None:
    """Silent: the answer has been sent."""


@handles(wire.ReqWshEventData, partly="event types other than quarter ends, earnings and calls")
def req_wsh_event_data(tws: Services, session: Session, message: wire.ReqWshEventData) -> None:
    """The events of a contract, or of those that a filter names, the earliest first.

    10282 before reqWshMetaData; 10309 for a filter beside the other fields, for one that is none,
    for a date that is none, and for neither a contract nor a filter.
    """
    if not tws.settings.has_service("events"):
        session.error(message.reqId, 10276)
        return
    if not session.subscriptions.of(EventsDescribed):
        session.error(message.reqId, 10282)
        return
    try:
        rows = _by_filter(tws, message) if message.filter.strip() else _by_contract(tws, message)
    except BadRequest as bad:
        refuse(session, message.reqId, bad)
        return
    session.send(wire.WshEventData(message.reqId, msgspec.json.encode(rows).decode()))


@handles(wire.CancelWshEventData)
def cancel_wsh_event_data(
    tws: Services, session: Session, message: wire.CancelWshEventData
) -> None:
    """Silent: the answer has been sent."""


def _by_contract(tws: Services, message: wire.ReqWshEventData) -> list[dict[str, Any]]:
    """The fill flags change nothing beside a contract, as captured."""
    if not message.conId:
        raise BadRequest(10309)
    window = None
    if message.startDate.strip() or message.endDate.strip():
        window = Window(_date(message.startDate, FIRST_DAY), _date(message.endDate, LAST_DAY))
    limit = message.totalLimit or 0
    return _events(tws, [message.conId], window, "", min(limit, MOST_EVENTS) if limit > 0 else 0)


def _by_filter(tws: Services, message: wire.ReqWshEventData) -> list[dict[str, Any]]:
    others = (
        message.conId, message.fillWatchlist, message.fillPortfolio, message.fillCompetitors,
        message.startDate, message.endDate,
    )  # fmt: skip
    if any(others):
        raise BadRequest(10309)
    try:
        wanted = _FILTER.decode(message.filter)
    except (msgspec.DecodeError, RecursionError):
        raise BadRequest(10309) from None
    tag, watched, limits = "", [], [MOST_EVENTS]
    for name, value in wanted.items():
        if name in TAGS:
            tag = name if str(value).lower() == "true" else tag  # the last one counts
        elif name == "watchlist" and isinstance(value, list):
            watched = [_number(one) for one in value]
        elif name in ("limit", "limit_region"):
            limits.append(max(_number(value), 1))
        elif name != "country" or value != "All":
            raise BadRequest(10309)
    if len(watched) > MOST_WATCHED:
        raise BadRequest(10309)
    if message.totalLimit:
        limits.append(max(message.totalLimit, 1))
    return _events(tws, watched, None, tag, min(limits))


def _events(
    tws: Services, con_ids: list[int], window: Window | None, tag: str, limit: int
) -> list[dict[str, Any]]:
    today = datetime.fromtimestamp(tws.timing.now // SECOND, UTC).date()
    rows: list[dict[str, Any]] = []
    for con_id in dict.fromkeys(con_ids):
        entry = tws.venue.instruments.get(con_id)
        if entry is not None:
            rows += company_events(entry, today, tws.settings.seed, window, tag)
    rows.sort(key=lambda row: row["index_date"])
    return rows[: limit or len(rows)]


def _number(value: object) -> int:
    """Raises ``BadRequest`` for what is no number."""
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise BadRequest(10309)
    return int(text)


def _date(text: str, default: date) -> date:
    """The day of ``yyyymmdd``. Raises ``BadRequest``."""
    text = text.strip()
    if not text:
        return default
    if not (len(text) == 8 and text.isascii() and text.isdigit()):
        raise BadRequest(10309)
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise BadRequest(10309) from None
