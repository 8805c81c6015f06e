"""The last days of trading by rule: of options of every cycle and of futures of every root.

A day is an ordinal, a month is ``year * 12 + month - 1``. Business days are those of the calendar
that is given. The rules are those of the exchanges' contract specifications as of 2026; what they
leave to a notice (days moved for a reason of the day) is not there.
"""

from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from typing import Final

from .calendars import Calendar, calendar

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = range(5)
NEAR, WEEKS, YEAR = 14, 60, 372
"""Days ahead within which daily expiries, weekly ones, and those of every month are listed."""
QUARTERS: Final = (3, 6, 9, 12)


def month_of(day: int) -> int:
    """The month that a day is in."""
    then = date.fromordinal(day)
    return then.year * 12 + then.month - 1


def first_day(month: int) -> int:
    """The first day of a month."""
    return date(month // 12, month % 12 + 1, 1).toordinal()


def yyyymm(month: int) -> int:
    """The month as contracts write it, 202606."""
    return month // 12 * 100 + month % 12 + 1


def nth(month: int, weekday: int, count: int) -> int:
    """The day of the ``count``-th such weekday of a month."""
    first = first_day(month)
    return first + (weekday - (first - 1)) % 7 + 7 * (count - 1)


def last(month: int, weekday: int) -> int:
    """The last such weekday of a month."""
    end = first_day(month + 1) - 1
    return end - ((end - 1) - weekday) % 7


def before(days: Calendar, day: int, count: int = 1) -> int:
    """The business day that is ``count`` before a day."""
    return days.day(days.number(day) - count)


def on_or_before(days: Calendar, day: int) -> int:
    """That day, or the business day before it."""
    return day if days.on(day) is not None else before(days, day)


def last_business(days: Calendar, month: int, count: int = 1) -> int:
    """The ``count``-th business day from the end of a month."""
    return before(days, first_day(month + 1), count)


# -- futures ------------------------------------------------------------------------------------

Rule = Callable[[Calendar, int], int]


def third_friday(days: Calendar, month: int) -> int:
    """Equity indices: the third Friday, or the business day before it."""
    return on_or_before(days, nth(month, FRIDAY, 3))


def crude(days: Calendar, month: int) -> int:
    """WTI: three business days before the 25th of the month before, four if that is none."""
    twenty_fifth = first_day(month - 1) + 24
    return before(days, twenty_fifth, 3 if days.on(twenty_fifth) is not None else 4)


def third_last(days: Calendar, month: int) -> int:
    """Metals: the third business day from the end of the month."""
    return last_business(days, month, 3)


def gas(days: Calendar, month: int) -> int:
    """Natural gas: three business days before the first of the month."""
    return before(days, first_day(month), 3)


def month_before(days: Calendar, month: int) -> int:
    """Products, sugar: the last business day of the month before."""
    return last_business(days, month - 1)


def two_months_before(days: Calendar, month: int) -> int:
    """Brent: the last business day of the second month before."""
    return last_business(days, month - 2)


def seven_before_end(days: Calendar, month: int) -> int:
    """Treasury notes and bonds of ten years and more: seven business days before the last."""
    return last_business(days, month, 8)


def month_end(days: Calendar, month: int) -> int:
    """The last business day of the month."""
    return last_business(days, month)


def before_fifteenth(days: Calendar, month: int) -> int:
    """Grains: the business day before the 15th."""
    return before(days, first_day(month) + 14)


def currency(days: Calendar, month: int) -> int:
    """Currencies: two business days before the third Wednesday."""
    return before(days, nth(month, WEDNESDAY, 3), 2)


def before_third_wednesday(days: Calendar, month: int) -> int:
    """The Canadian dollar: the business day before the third Wednesday."""
    return before(days, nth(month, WEDNESDAY, 3))


def volatility(days: Calendar, month: int) -> int:
    """VIX futures: 30 days before the third Friday of the month after."""
    return on_or_before(days, third_friday(days, month + 1) - 30)


def last_friday(days: Calendar, month: int) -> int:
    """Crypto currencies: the last Friday."""
    return on_or_before(days, last(month, FRIDAY))


def last_thursday(days: Calendar, month: int) -> int:
    """Feeder cattle: the last Thursday."""
    return on_or_before(days, last(month, THURSDAY))


def tenth(days: Calendar, month: int) -> int:
    """Lean hogs: the tenth business day."""
    return days.day(days.number(first_day(month)) + 9)


def overnight_rate(days: Calendar, month: int) -> int:
    """Three-month rates: the business day before the third Wednesday three months on."""
    return before(days, nth(month + 3, WEDNESDAY, 3))


def euro_bond(days: Calendar, month: int) -> int:
    """Eurex bonds: two business days before the tenth, or before the next one after it."""
    return days.day(days.number(first_day(month) + 9) - 2)


def second_friday_before(days: Calendar, month: int) -> int:
    """Nikkei: the business day before the second Friday."""
    return before(days, nth(month, FRIDAY, 2))


def second_thursday(days: Calendar, month: int) -> int:
    """KOSPI: the second Thursday."""
    return on_or_before(days, nth(month, THURSDAY, 2))


def second_last(days: Calendar, month: int) -> int:
    """Hang Seng: the business day before the last one."""
    return last_business(days, month, 2)


def coffee(days: Calendar, month: int) -> int:
    """Coffee: eight business days before the last one of the month."""
    return last_business(days, month, 9)


def cocoa(days: Calendar, month: int) -> int:
    """Cocoa: eleven business days before the last one of the month."""
    return last_business(days, month, 12)


def cotton(days: Calendar, month: int) -> int:
    """Cotton: seventeen business days from the end of the month."""
    return last_business(days, month, 17)


# -- options on futures -------------------------------------------------------------------------


def three_before_crude(days: Calendar, month: int) -> int:
    """Options on WTI: three business days before the future ends."""
    return before(days, crude(days, month), 3)


def before_gas(days: Calendar, month: int) -> int:
    """Options on natural gas: the business day before the future ends."""
    return before(days, gas(days, month))


def four_before_month(days: Calendar, month: int) -> int:
    """Options on metals: four business days before the end of the month before; on a Friday or
    before a holiday the business day before that."""
    day = last_business(days, month - 1, 4)
    return before(days, day) if (day - 1) % 7 == FRIDAY else day


def friday_before_month(days: Calendar, month: int) -> int:
    """Options on bonds and grains: the last Friday that precedes the last business day of the
    month before by at least two."""
    limit = last_business(days, month - 1, 3)
    return on_or_before(days, limit - ((limit - 1) - FRIDAY) % 7)


def friday_before_wednesday(days: Calendar, month: int) -> int:
    """Options on currencies: the second Friday before the third Wednesday."""
    return on_or_before(days, nth(month, WEDNESDAY, 3) - 12)


def first_friday(days: Calendar, month: int) -> int:
    """Options on live cattle: the first Friday of the month."""
    return on_or_before(days, nth(month, FRIDAY, 1))


# -- options on stocks, funds and indices -------------------------------------------------------


class Cycle:
    """The expiries of a class: which days can be one, and which are listed on a day.

    ``weekdays`` are those with an expiry of their own, ``far`` how many months ahead the third
    Fridays reach one by one; after them come January and June, ``years`` on. ``month_ends`` lists
    the last business days of months as well.
    """

    def __init__(
        self, weekdays: tuple[int, ...], *, far: int, years: int = 0, month_ends: bool = False
    ) -> None:
        self.weekdays = weekdays
        self.far = far
        self.years = years
        self.month_ends = month_ends
        self.listed = lru_cache(8)(self._listed)

    def monthly(self, month: int) -> int:
        """The expiry of a month."""
        return third_friday(calendar("US"), month)

    def possible(self, day: int) -> bool:
        """Whether a day can be an expiry, listed or not."""
        days = calendar("US")
        if days.on(day) is None:
            return False
        if day == self.monthly(month_of(day)):
            return True
        if self.month_ends and day == month_end(days, month_of(day)):
            return True
        return any(self._of_week(day, weekday) == day for weekday in self.weekdays)

    def _listed(self, today: int) -> tuple[int, ...]:
        """The expiries that are listed on a day, in order."""
        return tuple(sorted({day for day in self._days(today) if day >= today}))

    def _days(self, today: int) -> Iterator[int]:
        days, month = calendar("US"), month_of(today)
        for ahead in range(WEEKS + 1):
            day = today + ahead
            weekday = (day - 1) % 7
            if weekday in self.weekdays and (weekday == FRIDAY or ahead <= NEAR):
                if weekday == FRIDAY:
                    yield on_or_before(days, day)
                elif days.on(day) is not None:
                    yield day
        for ahead in range(self.far + 1):
            yield self.monthly(month + ahead)
            if self.month_ends:
                yield month_end(days, month + ahead)
        for ahead in range(self.far + 1, self.years * 12 + 12):
            if (month + ahead) % 12 + 1 in (1, 6) and ahead <= self.years * 12 + 2:
                yield self.monthly(month + ahead)

    def _of_week(self, day: int, weekday: int) -> int:
        """The expiry of that weekday in the week of a day."""
        monday = day - (day - 1) % 7
        wanted = monday + weekday
        return on_or_before(calendar("US"), wanted) if weekday == FRIDAY else wanted


class MorningCycle(Cycle):
    """Indices that settle at the open of the third Friday: the last trade is the day before."""

    def monthly(self, month: int) -> int:
        return before(calendar("US"), third_friday(calendar("US"), month))


class VolatilityCycle(Cycle):
    """VIX options: the business day before the day on which the future of the month settles."""

    def monthly(self, month: int) -> int:
        return before(calendar("US"), volatility(calendar("US"), month))


class NextCycle(Cycle):
    """The third Friday that comes next, alone."""

    def _days(self, today: int) -> Iterator[int]:
        month = month_of(today)
        this = self.monthly(month)
        yield this if this >= today else self.monthly(month + 1)


DAILY: Final = Cycle((0, 1, 2, 3, 4), far=12, years=3, month_ends=True)
THRICE: Final = Cycle((MONDAY, WEDNESDAY, FRIDAY), far=12, years=2)
EVERY_WEEK: Final = Cycle((FRIDAY,), far=8, years=2)
EVERY_MONTH: Final = Cycle((), far=6, years=2)
MORNING: Final = MorningCycle((), far=12, years=5)
VOLATILITY: Final = VolatilityCycle((), far=9)
NEXT_MONTH: Final = NextCycle((), far=0)
