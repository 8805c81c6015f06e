"""News: providers, past headlines, articles, bulletins."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from ...venue.units import SECOND, Nanos
from ...wire.catalogue import news as wire
from ..market_data.bad_request import BadRequest
from ..market_data.history import end_instant, start_instant
from ..present.times import news_time
from ..sessions.session import Session
from . import handles
from .history_query import refuse
from .services import Services

MOST_HEADLINES: Final = 300
"""Headlines of one answer, as TWS gives them."""
HTML: Final = 0
NEWS_ZONE: Final = "UTC"
_STAMP: Final = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\Z", re.ASCII)


@handles(wire.ReqNewsProviders)
def req_news_providers(tws: Services, session: Session, message: wire.ReqNewsProviders) -> None:
    """The sources that the login may read."""
    session.send(wire.NewsProviders(tws.news.listed()))


@handles(wire.ReqNewsArticle)
def req_news_article(tws: Services, session: Session, message: wire.ReqNewsArticle) -> None:
    """The text of an article that has appeared; 10276 for a provider that there is not, 10172 for
    an id."""
    provider = message.providerCode.strip()
    if provider not in tws.news.providers:
        session.error(message.reqId, 10276)
        return
    found = tws.news.article(provider, message.articleId.strip(), tws.timing.now)
    if found is None:
        session.error(message.reqId, 10172)
    else:
        session.send(wire.NewsArticle(message.reqId, HTML, found.text))


@handles(wire.ReqHistoricalNews)
def req_historical_news(
    tws: Services, session: Session, message: wire.ReqHistoricalNews
) -> Iterator[None] | None:
    """Up to 300 headlines about a contract, the latest first, and whether there are more.

    200 for an unknown conId, 10276 for an unknown provider, 10314 for a time that is none. Times
    are UTC; the start does not count, the end does.
    """
    entry = tws.venue.instruments.get(message.conId)
    if entry is None:
        session.error(message.reqId, 200)
        return None
    wanted = frozenset(filter(None, map(str.strip, message.providerCodes.split("+"))))
    if not wanted or not wanted <= tws.news.providers.keys():
        session.error(message.reqId, 10276)
        return None
    try:
        until = _instant(message.endDateTime, tws.timing.now, end=True)
        since = _instant(message.startDateTime, 0, end=False)
    except BadRequest as bad:
        refuse(session, message.reqId, bad)
        return None
    total = min(max(message.totalResults, 1), MOST_HEADLINES)
    found = tws.news.past(entry, min(until, tws.timing.now), since, wanted)

    def rows() -> Iterator[None]:
        sent = 0
        for one in found:
            if one is not None and sent == total:
                session.send(wire.HistoricalNewsEnd(message.reqId, True))
                return
            if one is not None:
                sent += 1
                prefix = f"{{{one.extra}}}" if one.extra else ""
                session.send(
                    wire.HistoricalNews(
                        message.reqId, news_time(one.time), one.provider, one.id,
                        prefix + one.headline,
                    )
                )  # fmt: skip
            yield
        session.send(wire.HistoricalNewsEnd(message.reqId, False))

    return rows()


def _instant(text: str, now: Nanos, *, end: bool) -> Nanos:
    """The instant of ``2026-04-13 14:00:00.0`` and of the forms that histories have; ``now`` for
    none. Raises ``BadRequest`` 10314."""
    stamp = _STAMP.match(text.strip())
    if not text.strip():
        return now
    if stamp is None:
        found, _ = (end_instant if end else start_instant)(text, NEWS_ZONE, now)
        return found
    try:
        moment = datetime.fromisoformat(f"{stamp[1]}T{stamp[2]}").replace(tzinfo=UTC)
    except ValueError:
        raise BadRequest(10314, "end_time" if end else "start_time") from None
    return int(moment.timestamp()) * SECOND + int((stamp[3] or "0").ljust(9, "0"))


@handles(wire.ReqNewsBulletins)
def req_news_bulletins(tws: Services, session: Session, message: wire.ReqNewsBulletins) -> None:
    """Bulletins from now on, and those of today before if all are wanted."""
    tws.news.read_bulletins(session, earlier=message.allMessages)


@handles(wire.CancelNewsBulletins)
def cancel_news_bulletins(
    tws: Services, session: Session, message: wire.CancelNewsBulletins
) -> None:
    """No more bulletins; silent."""
    tws.news.stop_bulletins(session)
