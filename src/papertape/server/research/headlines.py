"""Headlines that a station makes up: the same for the same seed, instrument and hour.

Nothing here has happened, and every text says so. An hour of a stock has an article or it has none,
by a hash; its id holds the instrument and the hour, so an article can be read again at any time and
nothing is stored. A user's own news come from a file instead (``news_file``).
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ...venue.market.noise import mix
from ...venue.reference.instruments import Instrument
from ...venue.units import MINUTE, SECOND, Nanos

HOUR: Final[Nanos] = 60 * MINUTE
FEED: Final = "NEWS"
"""The kind of contract that is a provider's whole tape."""
ODDS: Final = 6
"""One hour in so many has an article."""
REACH: Final[Nanos] = 365 * 24 * HOUR
"""How far back a station's own news go."""
_ID_DIGITS: Final = 6
"""Hexadecimal digits of the hour in an id: until the year 3883."""


class Article(NamedTuple):
    """One article."""

    provider: str
    id: str
    """As ``BRFG$04fb9da2``: the provider, then what the provider numbers it by."""
    time: Nanos
    headline: str
    text: str
    extra: str = ""
    """Tags about the headline: confidence, language."""
    con_ids: Sequence[int] = ()


_HEADLINES: Final = (
    "Sample: {name} in an invented headline of this station",
    "Sample: {symbol} is mentioned so that a program has something to read",
    "Sample: nothing has happened at {name} this hour",
    "Sample: an imagined analyst thinks of {symbol}",
    "Sample: what a made-up reader asks about {symbol}",
    "Sample: {symbol} opens a paragraph, and closes it",
)
_TEXT: Final = (
    "<p>{headline}</p><p>This article was made up by a station for tests of programs that read "
    "news. It tells of no event, and of no company but by its name.</p>"
)


class Headlines:
    """The made-up news of a station."""

    def __init__(self, seed: int, providers: Sequence[str]) -> None:
        self._seed = seed
        self._providers = providers

    def of(self, entry: Instrument, hour: int) -> Article | None:
        """The article about an instrument in an hour since the epoch, if there is one."""
        chance = mix(self._seed, entry.conId, hour, 83)
        if chance % ODDS:
            return None
        providers = self._providers
        provider = providers[(chance >> 8) % len(providers)]
        if entry.secType == FEED:
            if entry.home not in providers:
                return None
            provider = entry.home
        instant = hour * HOUR + (chance >> 16) % 3600 * SECOND
        words = _HEADLINES[(chance >> 32) % len(_HEADLINES)]
        headline = words.format(symbol=entry.symbol, name=entry.longName)
        sure = (chance >> 40) % 100
        number = f"{entry.conId:x}{hour:0{_ID_DIGITS}x}"
        return Article(
            provider, f"{provider}${number}", instant, headline,
            _TEXT.format(headline=headline), f"A:{entry.conId}:L:en:K:0.{sure:02}", (entry.conId,),
        )  # fmt: skip

    def back(self, entry: Instrument, until: Nanos) -> Iterator[Article | None]:
        """The articles up to an instant, the latest first, hour by hour; None for an hour without
        one."""
        hour = until // HOUR
        for one in range(hour, max(hour - REACH // HOUR, 0), -1):
            found = self.of(entry, one)
            yield found if found is not None and found.time <= until else None

    def next(self, entry: Instrument, after: Nanos, hours: int) -> Article | None:
        """The first article after an instant, if one comes within so many hours."""
        first = after // HOUR
        for hour in range(first, first + hours):
            found = self.of(entry, hour)
            if found is not None and found.time > after:
                return found
        return None


def parts_of(number: str) -> tuple[int, int] | None:
    """The instrument and the hour of a made-up article's id, behind its provider; None for what
    is no such id."""
    digits = number.lower()
    if not _ID_DIGITS < len(digits) <= 16 or any(one not in "0123456789abcdef" for one in digits):
        return None
    return int(digits[:-_ID_DIGITS], 16), int(digits[-_ID_DIGITS:], 16)
