"""Rows of tables, cell by cell, into the days of instruments.

A cell that is no number is an error with its column. A row that tells nothing (a price is blank, or
it lies outside the day) is left out, counted and reported.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

from ..venue.units import MINUTE, SIZE_SCALE, Nanos
from .gathered import QUOTES_ONLY, GatheredDays, yyyymmdd
from .guess import Mapped
from .stamps import NoStamp, Stamp, Stamps

HIGHEST_PRICE: Final = 10**9
LARGEST_SIZE: Final = 10**12
_BLANK: Final = frozenset({"", "nan", "na", "n/a", "null", "none", "nat", "<na>", "-", "."})
_CURRENCY_SIZE: Final = 1_000_000 * SIZE_SCALE
_SHARES_SIZE: Final = 100 * SIZE_SCALE

NO_PRICE: Final = "without a price"
OUTSIDE: Final = "before or after the day's session"
NO_DAY: Final = "on a day without trading"
CROSSED: Final = "quotes with the bid above the ask"
ONE_SIDED: Final = "quotes of one side"
BLANK_CELL: Final = "a blank cell"
BAR_PRICES: Final = ("open", "high", "low", "close")
NO_SIZE: Final = "trades of size 0"


class BadCell(ValueError):
    """A cell that cannot be used; ``place`` is that of its column, 0 the first."""

    def __init__(self, place: int, problem: str) -> None:
        super().__init__(problem)
        self.place = place


class Numbers:
    """Reads prices and sizes of an instrument; the same text is worked out once.

    The prices of a file are those of the instrument times ``divisor``.
    """

    def __init__(self, days: GatheredDays, divisor: int = 1) -> None:
        instrument = days.measures.instrument
        self._days = days
        self._scale, self._tick = instrument.scale, instrument.tick
        self._divisor = divisor
        self.unit = lru_cache(65_536)(self._unit)
        self.step = lru_cache(65_536)(self._step)
        self.bid = lru_cache(65_536)(self._bid)
        self.ask = lru_cache(65_536)(self._ask)
        self.size = lru_cache(65_536)(self._size)

    def _unit(self, text: str) -> int | None:
        """A price to the nearest unit; None for a blank one."""
        value = number(text)
        if value is None:
            return None
        if not 0 <= value <= HIGHEST_PRICE * self._divisor:
            raise ValueError(f"{text.strip()!r} is no price from 0 to {HIGHEST_PRICE:,}")
        exact = value * self._scale / self._divisor
        units = exact.to_integral_value(ROUND_HALF_EVEN)
        if units != exact:
            self._note(f"prices rounded to 1/{self._scale:,}")
        return int(units)

    def _step(self, text: str) -> int | None:
        return self._rounded(text, ROUND_HALF_EVEN)

    def _bid(self, text: str) -> int | None:
        return self._rounded(text, ROUND_FLOOR)

    def _ask(self, text: str) -> int | None:
        return self._rounded(text, ROUND_CEILING)

    def _rounded(self, text: str, how: str) -> int | None:
        """A price on a price step of the contract."""
        units = self._unit(text)
        if units is None or units % self._tick == 0:
            return units
        steps = int((Decimal(units) / self._tick).to_integral_value(how))
        self._note(
            f"prices rounded to the price step, {Decimal(self._tick) / self._scale} "
            "(bids down, asks up)"
        )
        return max(steps, 1) * self._tick if units else 0

    def _size(self, text: str) -> int:
        """A size; 0 for a blank one."""
        value = number(text)
        if value is None:
            return 0
        if not 0 <= value <= LARGEST_SIZE:
            raise ValueError(f"{text.strip()!r} is no size from 0 to {LARGEST_SIZE:,}")
        exact = value * SIZE_SCALE
        units = int(exact.to_integral_value(ROUND_HALF_EVEN))
        if units != exact:
            self._note(f"sizes rounded to 1/{SIZE_SCALE:,}, at least that")
        return max(units, 1) if value else 0

    def _note(self, words: str) -> None:
        self._days.notes[words] = None


def number(text: str) -> Decimal | None:
    """The number of a cell; None for a blank one. Raises ``ValueError``."""
    plain = text.strip()
    if plain.lower() in _BLANK:
        return None
    if len(plain) > 40:
        raise ValueError(f"{plain[:40]!r} and more is no number")
    try:
        value = Decimal(plain.removeprefix("$"))
    except InvalidOperation:
        raise ValueError(f"{plain!r} is no number") from None
    if not value.is_finite():
        raise ValueError(f"{plain!r} is no number")
    if value and not -18 < value.adjusted() < 18:
        raise ValueError(f"{plain!r} is out of all proportion")
    return value


class Taker:
    """Puts the rows of a table into the days of one instrument."""

    def __init__(
        self,
        days: GatheredDays,
        table: Mapped,
        stamps: Stamps,
        *,
        daily: bool,
        any_day: bool = False,
    ) -> None:
        """``daily``: its bars are those of days, ``any_day`` also of those without trading."""
        self._any_day = any_day
        self._days = days
        self._table = table
        self._at = table.places
        self._stamps = stamps
        self._numbers = Numbers(days)
        self._measures = days.measures
        self._utc = Stamps(UTC)
        self._begin = lru_cache(1024)(self._measures.begin)
        currency = self._measures.instrument.secType == "CASH"
        self._usual = _CURRENCY_SIZE if currency else _SHARES_SIZE
        self._length = self._measures.length
        self._put: Callable[[Sequence[str]], None] = self._ticks
        if "bars" in table.kinds:
            self._put = self._daily if daily else self._bar
        self.rows = 0

    def take(self, cells: Sequence[str]) -> None:
        """Put a row where it belongs, or count it as left out. Raises ``BadCell``."""
        self.rows += 1
        if len(cells) < len(self._table.headings):
            raise BadCell(
                max(len(cells) - 1, 0),
                f"{len(cells)} cells below {len(self._table.headings)} headings",
            )
        self._put(cells)

    def _ticks(self, cells: Sequence[str]) -> None:
        found = self._placed(cells)
        if found is None:
            return
        when, time = found
        if "price" in self._at and 0 <= time < self._length:
            self._trade(cells, when, time)
        if "bid" in self._at:
            self._quote(cells, when, time)
        elif not 0 <= time < self._length:
            self._days.left_out[OUTSIDE] += 1

    def _trade(self, cells: Sequence[str], when: int, time: Nanos) -> None:
        price = self._cell(cells, "price", self._numbers.unit)
        field = "size" if "size" in self._at else "volume"
        size = self._cell(cells, field, self._numbers.size)
        self._complete(cells, (field,) if price is not None else ())
        if price is None and "bid" not in self._at and size:
            raise BadCell(self._at["price"], f"price: {BLANK_CELL}, its {field} is not")
        if not price:
            if "bid" not in self._at:
                self._days.left_out[NO_PRICE] += 1
            return
        if size == 0:
            self._days.left_out[NO_SIZE] += 1
            return
        if size is None:
            self._days.notes["sizes are not told: a trade is one of 100"] = None
            size = _SHARES_SIZE
        place = self._at.get("exchange")
        name = "" if place is None else cells[place].strip().upper()
        try:
            self._days.trade(when, time, price, size, name)
        except ValueError as error:
            raise BadCell(place or 0, str(error)) from None

    def _quote(self, cells: Sequence[str], when: int, time: Nanos) -> None:
        if time >= self._length:
            self._days.left_out[OUTSIDE] += 1
            return
        bid = self._cell(cells, "bid", self._numbers.bid)
        ask = self._cell(cells, "ask", self._numbers.ask)
        sizes = []
        for field in ("bidSize", "askSize"):
            size = self._cell(cells, field, self._numbers.size)
            if size is None:
                self._days.notes[f"sizes are not told: {self._usual // SIZE_SCALE:,} a side"] = None
            sizes.append(self._usual if size is None else size)
        self._complete(cells, [
            size for side, size in ((bid, "bidSize"), (ask, "askSize")) if side is not None
        ])  # fmt: skip
        if not bid or not ask or not all(sizes):
            self._days.left_out[ONE_SIDED] += 1
        elif bid > ask:
            self._days.left_out[CROSSED] += 1
        else:
            # What was quoted before the session is what it opens with.
            self._days.quote(when, (max(time, 0), bid, sizes[0], ask, sizes[1]))

    def _bar(self, cells: Sequence[str]) -> None:
        found = self._placed(cells)
        if found is None:
            return
        when, time = found
        if not 0 <= time < self._length:
            self._days.left_out[OUTSIDE] += 1
            return
        row = self._prices(cells)
        if row is not None:
            self._days.minute(when, time // MINUTE, row, joined=bool(time % MINUTE))

    def _daily(self, cells: Sequence[str]) -> None:
        stamp = self._stamp(cells)
        if not self._any_day and self._measures.calendar.on(stamp.day) is None:
            self._days.left_out[NO_DAY] += 1
            return
        row = self._prices(cells)
        if row is not None:
            self._days.day(yyyymmdd(stamp.day), row)

    def _complete(self, cells: Sequence[str], fields: Iterable[str]) -> None:
        """Refuses a blank cell of a row that tells something. Raises ``BadCell``."""
        for field in fields:
            place = self._at.get(field)
            if place is not None and cells[place].strip().lower() in _BLANK:
                raise BadCell(place, f"{field}: {BLANK_CELL} in a row with prices")

    def _prices(self, cells: Sequence[str]) -> tuple[int, int, int, int, int] | None:
        found = []
        prices = [self._cell(cells, field, self._numbers.step) for field in BAR_PRICES]
        if any(price is not None for price in prices):
            traded = self._measures.instrument.secType not in QUOTES_ONLY
            self._complete(cells, (*BAR_PRICES, "volume") if traded else BAR_PRICES)
        for price in prices:
            if not price:
                self._days.left_out[NO_PRICE] += 1
                return None
            found.append(price)
        opened, high, low, close = found
        if not low <= min(opened, close) <= max(opened, close) <= high:
            said = ", ".join(cells[self._at[one]].strip() for one in ("open", "high", "low"))
            last = cells[self._at["close"]].strip()
            raise BadCell(self._at["high"], f"not a bar: open, high, low {said}, close {last}")
        volume = self._cell(cells, "volume", self._numbers.size)
        if volume is None and self._measures.instrument.secType not in QUOTES_ONLY:
            self._days.notes["volumes are not told: 100 in each bar"] = None
            volume = _SHARES_SIZE
        return opened, high, low, close, volume or 0

    def _cell(
        self, cells: Sequence[str], field: str, read: Callable[[str], int | None]
    ) -> int | None:
        """The number of a field; None where there is no column, or a blank cell."""
        place = self._at.get(field)
        if place is None:
            return None
        try:
            return read(cells[place])
        except ValueError as error:
            raise BadCell(place, f"{field}: {error}") from None

    def _stamp(self, cells: Sequence[str]) -> Stamp:
        time, day = self._at.get("time"), self._at.get("date")
        place = day if time is None else time
        assert place is not None
        text = cells[place]
        if time is not None and day is not None and time != day:
            text = f"{cells[day].strip()} {text.strip()}"
        try:
            return self._stamps.read(text)
        except NoStamp as error:
            raise BadCell(place, str(error)) from None

    def _placed(self, cells: Sequence[str]) -> tuple[int, Nanos] | None:
        """The date of a row, and its time since that day's beginning."""
        stamp = self._stamp(cells)
        if stamp.instant is None:
            place = self._at.get("time", self._at.get("date", 0))
            raise BadCell(place, f"{cells[place].strip()!r} has no time of day")
        day = stamp.day
        if self._measures.minutes == 1440:
            day = self._utc.of_instant(stamp.instant).day
        begin = self._begin(day)
        if begin is None:
            self._days.left_out[NO_DAY] += 1
            return None
        return yyyymmdd(day), stamp.instant - begin
