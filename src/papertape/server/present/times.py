"""Times as the server writes them for a client's version."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ...venue.reference.times import EASTERN, instant
from ...venue.units import SECOND, Nanos
from ...versions import INSTRUMENT_TIME_ZONE

SEASONS = tuple(timedelta(days=days) for days in (0, 120, 240))
"""How far back to look for a day without summer time, which lasts at most eight months."""


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _local(time: Nanos, zone: str) -> datetime:
    return datetime.fromtimestamp(time // SECOND, _zone(zone))


def stamp(time: Nanos, zone: str, version: int) -> str:
    """``YYYYMMDD HH:MM:SS Zone``; below server 174 two blanks and no zone. UTC has a form of its
    own, ``YYYYMMDD-HH:MM:SS``, which requests may have as well."""
    local = _local(time, zone)
    if version < INSTRUMENT_TIME_ZONE:
        return local.strftime("%Y%m%d  %H:%M:%S")
    if zone == "UTC":
        return local.strftime("%Y%m%d-%H:%M:%S")
    return local.strftime(f"%Y%m%d %H:%M:%S {zone}")


def connection_time(time: Nanos, zone: str, name: str = "") -> str:
    """``20260413 21:27:03 EST``: the time in the version answer names the zone in short, or by
    the name that the computer has for it.

    The short name is that of the zone's winter also in summer, when the clock is ahead; a zone
    without one has its long name.
    """
    local = _local(time, zone)
    return f"{local:%Y%m%d %H:%M:%S} {name or _short(local) or zone}"


def _short(local: datetime) -> str | None:
    """What a zone is called while its clock is not ahead; none where that is an offset."""
    plain = min((local - back for back in SEASONS), key=_offset).tzname() or ""
    return plain if plain.isalpha() else None


def _offset(local: datetime) -> timedelta:
    return local.utcoffset() or timedelta()


def bar_date(time: Nanos, zone: str, version: int, form: int, *, whole_day: bool) -> str:
    """A bar's date: text (1), epoch seconds (2), text without year (3); days are always dates."""
    if whole_day:
        return _local(time, zone).strftime("%Y%m%d")
    if form == 2:
        return str(time // SECOND)
    text = stamp(time, zone, version)
    return text[4:] if form == 3 else text


def head_stamp(time: Nanos, form: int) -> str:
    """When data begin: ``YYYYMMDD-HH:MM:SS`` in UTC, or epoch seconds (2)."""
    if form == 2:
        return str(time // SECOND)
    return datetime.fromtimestamp(time // SECOND, UTC).strftime("%Y%m%d-%H:%M:%S")


def dashed(time: Nanos, zone: str) -> str:
    """``YYYYMMDD-HH:MM:SS`` on the clock of a zone, which is told elsewhere."""
    return _local(time, zone).strftime("%Y%m%d-%H:%M:%S")


def news_time(time: Nanos) -> str:
    """``YYYY-MM-DD HH:MM:SS.0`` in UTC, as past headlines have it."""
    return datetime.fromtimestamp(time // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S.0")


def clock(time: Nanos, zone: str) -> str:
    """``HH:MM``."""
    return _local(time, zone).strftime("%H:%M")


def parse_filter_time(text: str) -> Nanos:
    """The instant of ``yyyymmdd-hh:mm:ss`` (UTC) or ``yyyymmdd hh:mm:ss [zone]`` (New York).

    Raises ``ValueError`` on any other form and on an unknown zone.
    """
    stamp, _, zone = text.strip().partition(" ")
    if "-" in stamp:
        return instant(datetime.strptime(stamp, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC))
    clock, _, zone = zone.strip().partition(" ")
    local = datetime.strptime(f"{stamp} {clock}", "%Y%m%d %H:%M:%S")
    try:
        place = ZoneInfo(zone.strip()) if zone.strip() else EASTERN
    except (KeyError, OSError) as error:
        raise ValueError(f"unknown time zone {zone!r}") from error
    return instant(local.replace(tzinfo=place))
