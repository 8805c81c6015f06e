"""The algorithms that an order may name, and the checks of their parameters.

Names, parameters and values are those of the public guides to the API; the texts are TWS's.
"""

from collections.abc import Callable
from math import isfinite
from typing import Final

from papertape.model import Order, TagValue

from ..reference.calendars import Calendar, calendar_of
from ..reference.instruments import Instrument, Refusal
from ..reference.times import parse_instant
from ..special import Algo
from ..units import MINUTE, RATE_SCALE, SECOND, SIZE_SCALE, Nanos, Rate
from .order_types import LIMIT, MARKET, OrderType

ADAPTIVE, VWAP, TWAP, ARRIVAL, CLOSE = "Adaptive", "Vwap", "Twap", "ArrivalPx", "ClosePx"
DARK_ICE, ACCUMULATE = "DarkIce", "AD"
BY_VOLUME, BY_PRICE, BY_SIZE, BY_TIME = "PctVol", "PctVolPx", "PctVolSz", "PctVolTm"
PACED: Final = (BY_VOLUME, BY_PRICE, BY_SIZE, BY_TIME)
"""Those that follow the volume of the market."""
KINDS: Final = ("STK", "OPT", "FUT", "FOP", "CFD", "WAR")
LEAST_SHARE, MOST_SHARE = 0.01, 0.5
"""Of the market's volume."""
PRIORITIES: Final = ("Urgent", "Normal", "Patient")
AVERSIONS: Final = ("Get Done", "Aggressive", "Neutral", "Passive")
STRATEGIES: Final = (
    "Marketable", "Matching Midpoint", "Matching Same Side", "Matching Last",
)  # fmt: skip
LONGEST: Final = 86_400
"""Seconds between two orders of AD."""


class UnfitParameter(ValueError):
    """A parameter is missing or has no legal value; its text is the cause that 441 gives."""


Read = Callable[[str, Instrument, Nanos], object]


def _share(text: str, entry: Instrument, now: Nanos) -> Rate:
    value = _number(text)
    if not LEAST_SHARE <= value <= MOST_SHARE:
        raise UnfitParameter(f"{LEAST_SHARE:g} to {MOST_SHARE:g}")
    return round(value * RATE_SCALE)


def _change(text: str, entry: Instrument, now: Nanos) -> Rate:
    value = _number(text)
    if not 0 <= value <= MOST_SHARE:
        raise UnfitParameter(f"0 to {MOST_SHARE:g}")
    return round(value * RATE_SCALE)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise UnfitParameter("a number") from None
    if not isfinite(value):
        raise UnfitParameter("a number")
    return value


def _flag(text: str, entry: Instrument, now: Nanos) -> bool:
    known = {"1": True, "0": False, "true": True, "false": False, "": False}
    if text.lower() not in known:
        raise UnfitParameter("0 or 1")
    return known[text.lower()]


def _whole(most: int) -> Read:
    def read(text: str, entry: Instrument, now: Nanos) -> int:
        value = _number(text)
        if value != int(value) or not 1 <= value <= most:
            raise UnfitParameter(f"a whole number, 1 to {most}")
        return int(value)

    return read


def _one_of(names: tuple[str, ...]) -> Read:
    def read(text: str, entry: Instrument, now: Nanos) -> int:
        if text not in names:
            raise UnfitParameter(f"one of {', '.join(names)}")
        return names.index(text)

    return read


def _time(text: str, entry: Instrument, now: Nanos) -> Nanos:
    """An instant: of today at the instrument's exchange where there is no date."""
    if not text:
        return 0
    calendar = calendar_of(entry)
    try:
        if text[2:3] == ":":
            day = calendar.session(calendar.current(now)).date
            return parse_instant(f"{day} {text}", calendar.zone)
        return parse_instant(text, calendar.zone)
    except (ValueError, OverflowError):
        raise UnfitParameter("a time, hh:mm:ss [zone] or yyyymmdd hh:mm:ss [zone]") from None


_SPAN: Final[dict[str, Read]] = {"startTime": _time, "endTime": _time, "allowPastEndTime": _flag}
_PACE: Final[dict[str, Read]] = {"startTime": _time, "endTime": _time, "noTakeLiq": _flag}
PARAMETERS: Final[dict[str, dict[str, Read]]] = {
    ADAPTIVE: {"adaptivePriority": _one_of(PRIORITIES)},
    VWAP: {"maxPctVol": _share, **_SPAN, "noTakeLiq": _flag, "speedUp": _flag},
    TWAP: {"strategyType": _one_of(STRATEGIES), **_SPAN},
    ARRIVAL: {
        "maxPctVol": _share, "riskAversion": _one_of(AVERSIONS), **_SPAN, "forceCompletion": _flag,
    },
    CLOSE: {
        "maxPctVol": _share, "riskAversion": _one_of(AVERSIONS), "startTime": _time,
        "forceCompletion": _flag,
    },
    DARK_ICE: {"displaySize": _whole(10**9), **_SPAN},
    ACCUMULATE: {
        "componentSize": _whole(10**9), "timeBetweenOrders": _whole(LONGEST),
        "randomizeTime20": _flag, "randomizeSize55": _flag, "giveUp": _whole(LONGEST),
        "catchUp": _flag, "waitForFill": _flag, "activeTimeStart": _time, "activeTimeEnd": _time,
        "startTime": _time, "endTime": _time, "waitOrFill": _flag,
    },
    BY_VOLUME: {"pctVol": _share, **_PACE},
    BY_PRICE: {
        "pctVol": _share, "deltaPctVol": _change, "minPctVol4Px": _share, "maxPctVol4Px": _share,
        **_PACE,
    },
    BY_SIZE: {"startPctVol": _share, "endPctVol": _share, **_PACE},
    BY_TIME: {"startPctVol": _share, "endPctVol": _share, **_PACE},
}  # fmt: skip
"""By strategy, the parameters and what reads each. ``randomizeTime20`` and ``randomizeSize55`` are
taken and change nothing: the same orders give the same fills."""
BEGINS: Final = ("startTime", "activeTimeStart")
ENDS: Final = ("endTime", "activeTimeEnd")
"""The parameters that are times."""
NEEDED: Final[dict[str, tuple[str, ...]]] = {
    ADAPTIVE: ("adaptivePriority",),
    DARK_ICE: ("displaySize",),
    ACCUMULATE: ("componentSize", "timeBetweenOrders"),
    BY_VOLUME: ("pctVol",),
    BY_PRICE: ("pctVol",),
    BY_SIZE: ("startPctVol", "endPctVol"),
    BY_TIME: ("startPctVol", "endPctVol"),
}


def algo_of(order: Order, kind: OrderType, entry: Instrument, now: Nanos) -> Algo | Refusal | None:
    """Return the algorithm of an order, None without one, or the reason to refuse it."""
    name = order.algoStrategy
    if not name:
        return (
            Refusal(441, {"cause": "algoParams without algoStrategy"}) if order.algoParams else None
        )
    known = PARAMETERS.get(name)
    if known is None:
        return Refusal(439)
    if kind not in (MARKET, LIMIT) or order.tif in ("IOC", "FOK", "OPG"):
        return Refusal(442)
    if entry.secType not in KINDS:
        return Refusal(442)
    found: dict[str, object] = {}
    for one in order.algoParams:
        if one.tag not in known:
            return Refusal(443)
        try:
            found[one.tag] = known[one.tag](one.value, entry, now)
        except UnfitParameter as wrong:
            return Refusal(441, {"cause": f"{one.tag} is to be {wrong}"})
    for tag in NEEDED.get(name, ()):
        if tag not in found:
            return Refusal(441, {"cause": f"{tag} is missing"})
    return _made(name, found, order.algoParams, entry, now)


def _days_until(instant: Nanos, calendar: Calendar, now: Nanos) -> int:
    """Return how many days later the same time of the day is after ``now`` on a trading day."""
    zone = calendar.zone
    day = zone.day(instant)
    minutes, rest = divmod(instant - zone.instant(day, 0), MINUTE)
    number = calendar.number(zone.day(now))
    while zone.instant(calendar.day(number), minutes) + rest <= now:
        number += 1
    return calendar.day(number) - day


def _moved(instant: Nanos, days: int, calendar: Calendar) -> Nanos:
    """Return the same time of the wall clock so many days later."""
    zone = calendar.zone
    day = zone.day(instant)
    minutes, rest = divmod(instant - zone.instant(day, 0), MINUTE)
    return zone.instant(day + days, minutes) + rest


def _is_next_day(given: list[TagValue], calendar: Calendar, now: Nanos) -> bool:
    """Whether times without a date are those of a trading day that has not begun."""
    undated = any(one.tag in (*BEGINS, *ENDS) and one.value[2:3] == ":" for one in given)
    current = calendar.current(now)
    following = calendar.day(current) > calendar.zone.day(now)
    return undated and following and calendar.session(current).begins > now


def _made(
    name: str, found: dict[str, object], given: list[TagValue], entry: Instrument, now: Nanos
) -> Algo | Refusal:
    def number(*tags: str) -> int:
        return next((int(found[tag]) for tag in tags if found.get(tag)), 0)  # type: ignore[call-overload]

    begins, ends = number(*BEGINS), number(*ENDS)
    if begins and ends and begins >= ends:
        return Refusal(441, {"cause": "startTime is to be before endTime"})
    calendar = calendar_of(entry)
    later = bool(ends) and ends <= now  # it is for the next trading day, as TWS has it
    if later:
        days = _days_until(ends, calendar, now)
        ends = _moved(ends, days, calendar)
        begins = _moved(begins, days, calendar) if begins else 0
    later = later or _is_next_day(given, calendar, now)
    share = number("maxPctVol", "pctVol", "startPctVol")
    return Algo(
        name,
        tuple((one.tag, one.value) for one in given),
        begins=begins,
        ends=ends,
        beyond=bool(found.get("allowPastEndTime") or found.get("forceCompletion")),
        share=share,
        until=number("endPctVol"),
        change=number("deltaPctVol"),
        least=number("minPctVol4Px"),
        most=number("maxPctVol4Px"),
        size=number("displaySize", "componentSize") * SIZE_SCALE,
        every=number("timeBetweenOrders") * SECOND or MINUTE,
        waits=bool(found.get("waitForFill")),
        passive=bool(found.get("noTakeLiq")),
        later=later,
        urgency=number("adaptivePriority", "riskAversion"),
    )
