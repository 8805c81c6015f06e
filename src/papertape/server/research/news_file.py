"""The news of a user: providers, articles and bulletins in a file ``news.toml``.

[[provider]]
code = "BRFG"
name = "Briefing.com General Market Columns"

[[article]]
provider = "BRFG"
id = "0a1c0001"
time = 13:45:00                     # every day at that time, UTC; or a date and time with Z
headline = "Large technology shares open a little higher"
text = "<p>…</p>"
contracts = ["AAPL", 756733]        # symbols of American stocks, or conIds

[[bulletin]]
time = 13:00:00
type = 1
text = "The session begins in half an hour."
exchange = "NYSE"
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, Final

import msgspec

from ...errors import MarketDataError
from ...venue.units import DAY, SECOND, Nanos

NEWS_FILE: Final = "news.toml"
_CODE: Final = re.compile(r"[A-Z][A-Z0-9-]{0,15}\Z")
_ID: Final = re.compile(r"[A-Za-z0-9]{1,32}\Z")
REGULAR, CLOSED, OPENED = 1, 2, 3
"""Types of a bulletin: about anything; an exchange is not available; it is again."""


class NewsMoment(msgspec.Struct, frozen=True):
    """An instant, or a time of every day."""

    at: Nanos
    daily: bool

    def back(self, until: Nanos, since: Nanos) -> Iterator[Nanos]:
        """When it has been, the latest first: up to ``until``, and after ``since``."""
        if not self.daily:
            if since < self.at <= until:
                yield self.at
            return
        found = (until - self.at) // DAY * DAY + self.at
        while found > since:
            yield found
            found -= DAY

    def next(self, after: Nanos) -> Nanos | None:
        """When it is next."""
        if not self.daily:
            return self.at if self.at > after else None
        return (after - self.at) // DAY * DAY + self.at + DAY


class WrittenArticle(msgspec.Struct, frozen=True):
    """An article of the file."""

    provider: str
    number: str
    moment: NewsMoment
    headline: str
    text: str
    contracts: tuple[str | int, ...]
    extra: str


class WrittenBulletin(msgspec.Struct, frozen=True):
    """A bulletin of the file."""

    moment: NewsMoment
    kind: int
    text: str
    exchange: str


class NewsFile(msgspec.Struct, frozen=True):
    """What a file has."""

    providers: dict[str, str]
    """Names by code."""
    articles: tuple[WrittenArticle, ...]
    bulletins: tuple[WrittenBulletin, ...]


class _Provider(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    name: str


class _Article(msgspec.Struct, forbid_unknown_fields=True):
    provider: str
    id: str
    time: Any
    headline: str
    text: str
    contracts: list[str | int] = []
    extra: str = ""


class _Bulletin(msgspec.Struct, forbid_unknown_fields=True):
    time: Any
    text: str
    type: int = REGULAR
    exchange: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    provider: list[_Provider] = []
    article: list[_Article] = []
    bulletin: list[_Bulletin] = []


def read_news(folder: Path) -> NewsFile | None:
    """The news of a folder; None without a file.

    Raises ``MarketDataError`` for a file that cannot be read, naming what is wrong with it.
    """
    path = folder / NEWS_FILE
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _wrong(path, str(error)) from error
    try:
        return _checked(msgspec.convert(raw, _File, strict=True))
    except (msgspec.ValidationError, ValueError) as error:
        raise _wrong(path, str(error)) from error


def _wrong(path: Path, cause: str) -> MarketDataError:
    return MarketDataError(
        f"the news cannot be used: {cause}", path=path, advice="see docs/guides/station.md, News"
    )


def _checked(found: _File) -> NewsFile:
    providers: dict[str, str] = {}
    for one in found.provider:
        if not _CODE.match(one.code):
            raise ValueError(f"{one.code!r} is no code of a provider")
        if one.code in providers:
            raise ValueError(f"the provider {one.code} stands there twice")
        providers[one.code] = one.name
    known: set[tuple[str, str]] = set()
    articles = []
    for row in found.article:
        if row.provider not in providers:
            raise ValueError(f"no provider has the code {row.provider!r}")
        if not _ID.match(row.id) or (row.provider, row.id) in known:
            raise ValueError(f"{row.id!r} is no id, or stands there twice")
        known.add((row.provider, row.id))
        articles.append(
            WrittenArticle(
                row.provider, row.id, _moment(row.time), row.headline, row.text,
                tuple(row.contracts), row.extra,
            )
        )  # fmt: skip
    bulletins = []
    for note in found.bulletin:
        if note.type not in (REGULAR, CLOSED, OPENED):
            raise ValueError(f"{note.type} is no type of a bulletin: 1 to 3")
        bulletins.append(WrittenBulletin(_moment(note.time), note.type, note.text, note.exchange))
    return NewsFile(providers, tuple(articles), tuple(bulletins))


def _moment(value: Any) -> NewsMoment:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value} has no zone: write a Z behind it, or a time alone")
        whole = value.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        seconds = whole.days * 86_400 + whole.seconds
        return NewsMoment(seconds * SECOND + whole.microseconds * 1000, daily=False)
    if not isinstance(value, time):
        raise ValueError(f"{value!r} is no time: write 13:45:00, or 2026-04-13T13:45:00Z")
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    return NewsMoment(seconds * SECOND + value.microsecond * 1000, daily=True)
