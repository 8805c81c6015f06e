"""Options, futures and bonds of the synthetic tape: what each derives its price from, and how.

Prices are units of the instrument, ``scale`` of them to a unit of currency. Rates and yields are
compounded continuously, those of bonds by their coupons. Within a day a price does not age, the
last week of an option apart: what passes, passes in the night.
"""

from collections.abc import Callable

import msgspec

from ..units import DAY, MINUTE, SIZE_SCALE, Nanos
from .functions import Appearance, Value
from .options.elementary import exp, log
from .options.horizon import Horizon
from .options.model import YEAR, Option, horizon, pricer
from .options.surface import YEARLY, Surface

RATE = 0.04
LAST_WEEK: Nanos = 7 * DAY
YIELD_SCALE = 1_000_000
"""A yield's tape has prices in these parts: 42,000 is 4.2 % a year."""
OPTION_TICK = 100
OPTION_EXCHANGES = ("CBOE", "AMEX", "PHLX", "BOX", "ISE", "PSE")

Starts = Callable[[int], Nanos]
"""First instant of a trading day."""


class OptionSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An option on any other instrument of the tape."""

    underlying: int
    """Its conId."""
    strike: float
    call: bool
    expiry: Nanos
    """The instant at which it ends."""
    american: bool = True
    volatility: float = 0.0
    """Standard deviation of the underlying's day; 0 takes what its tape was made with."""
    rate: float = RATE
    dividend: float = 0.0
    scale: int = 10_000
    underlying_scale: int = 10_000
    look: Appearance = Appearance(
        OPTION_TICK, edge=1.0, share=0.008, busy=24, exchanges=OPTION_EXCHANGES
    )
    apart: bool = False
    """Whether it keeps hours of its own; else those of its underlying."""


class FutureSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A future on any other instrument of the tape: the price now with what holding it costs."""

    underlying: int
    expiry: Nanos
    rate: float = RATE
    dividend: float = 0.013
    """What holding the underlying brings: dividends, the foreign rate."""
    scale: int = 10_000
    underlying_scale: int = 10_000
    look: Appearance = Appearance(2500, edge=0.0, busy=250, exchanges=("CME",))
    apart: bool = False
    """Whether it keeps hours of its own; else those of its underlying."""


class BondSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A bond with a fixed coupon, quoted in percent of its face value without accrued interest."""

    underlying: int
    """The tape of the yield, in parts of ``YIELD_SCALE``."""
    coupon: float
    """A year, as a fraction of the face value."""
    maturity: Nanos
    coupons: int = 2
    """How many there are a year."""
    spread: float = 0.0
    """What its yield is above that of the tape."""
    scale: int = 10_000
    look: Appearance = Appearance(
        10, edge=30.0, unit=1000 * SIZE_SCALE, busy=12, exchanges=("SMART",)
    )


class OptionLine:
    """The price of an option as a function of its underlying's."""

    def __init__(
        self,
        spec: OptionSpec,
        starts: Starts,
        *,
        moment: Callable[[int, Nanos], Nanos],
        opened: Callable[[int], float],
        usual: float,
        wild: Callable[[int], float],
    ) -> None:
        self.look = spec.look
        self.rising = spec.call
        self._spec = spec
        self._starts = starts
        self._moment = moment
        self._opened = opened
        self._surface = Surface((spec.volatility or usual) * YEARLY)
        self._wild = wild
        self._option = Option(spec.strike, spec.call, spec.american)

    def steady(self, number: int) -> bool:
        """Until its last week an option ages by days."""
        return self._starts(number) + LAST_WEEK < self._spec.expiry

    def value(self, number: int, minute: int) -> Value | None:
        """The function of a minute; None from the expiry on."""
        spec = self._spec
        now = self._starts(number)
        if not self.steady(number):
            now = self._moment(number, minute * MINUTE)
        if now >= spec.expiry:
            return None
        ahead = self._ahead(now)
        price = pricer(self._option, self._volatility(number, ahead), ahead)
        inner, outer = float(spec.underlying_scale), float(spec.scale)
        return lambda spot: price(spot / inner) * outer

    def volatility(self, number: int, minute: int) -> float | None:
        """The yearly volatility of a minute; None when the option has expired."""
        now = self._starts(number)
        if not self.steady(number):
            now = self._moment(number, minute * MINUTE)
        return None if now >= self._spec.expiry else self._volatility(number, self._ahead(now))

    def _ahead(self, now: Nanos) -> Horizon:
        spec = self._spec
        return horizon(now, spec.expiry, rate=spec.rate, dividend=spec.dividend)

    def _volatility(self, number: int, ahead: Horizon) -> float:
        """The volatility of a day: the smile stands still where it was at the open."""
        spot = self._opened(number) / self._spec.underlying_scale
        return self._surface.volatility(self._spec.strike, spot, ahead, wild=self._wild(number))


class FutureLine:
    """The price of a future as a function of its underlying's."""

    rising = True

    def __init__(self, spec: FutureSpec, starts: Starts) -> None:
        self.look = spec.look
        self._spec = spec
        self._starts = starts

    def steady(self, number: int) -> bool:
        return self._starts(number) + DAY < self._spec.expiry

    def value(self, number: int, minute: int) -> Value | None:
        spec, now = self._spec, self._starts(number)
        if not self.steady(number) and now + minute * MINUTE >= spec.expiry:
            return None
        years = max(spec.expiry - now, 0) / YEAR
        carried = exp((spec.rate - spec.dividend) * years) * spec.scale / spec.underlying_scale
        return lambda spot: spot * carried


class BondLine:
    """The price of a bond as a function of its yield."""

    rising = False

    def __init__(self, spec: BondSpec, starts: Starts) -> None:
        self.look = spec.look
        self._spec = spec
        self._starts = starts

    def steady(self, number: int) -> bool:
        return self._starts(number) + DAY < self._spec.maturity

    def value(self, number: int, minute: int) -> Value | None:
        spec, now = self._spec, self._starts(number)
        if not self.steady(number) and now + minute * MINUTE >= spec.maturity:
            return None
        years = max(spec.maturity - now, 0) / YEAR
        return lambda paid: (
            bond_price(spec, years, max(paid / YIELD_SCALE + spec.spread, 1e-6)) * spec.scale
        )


def bond_price(spec: BondSpec, years: float, rate: float) -> float:
    """Price in percent of the face value, without accrued interest, at a yield of ``rate``.

    The yield is compounded with the coupons; the time to the next coupon is a fraction of theirs.
    """
    periods = years * spec.coupons
    left = int(periods) + (periods > int(periods))
    part = periods - (left - 1) if left else 0.0
    per, paid = rate / spec.coupons, 100.0 * spec.coupon / spec.coupons
    step = log(1.0 + per)
    first = exp(-step * part)
    all_of = exp(-step * left)
    # ``left`` coupons from the next one on, and the face value with the last.
    coupons = paid * (1.0 - all_of) / (1.0 - exp(-step)) if left else 0.0
    dirty = first * (coupons + 100.0 * exp(-step * max(left - 1, 0)))
    accrued = paid * (1.0 - part) if left else 0.0
    return dirty - accrued


_LEAST_YIELD, _MOST_YIELD = 1e-6, 10.0
_STEPS = 60


def bond_yield(spec: BondSpec, years: float, price: float) -> float:
    """The yield at which a bond costs that, to a billionth, between nothing and 1000 % a year."""
    low, high, guess = _LEAST_YIELD, _MOST_YIELD, max(spec.coupon, 0.01)
    for _ in range(_STEPS):
        miss = bond_price(spec, years, guess) - price
        low, high = (guess, high) if miss > 0.0 else (low, guess)
        slope = (bond_price(spec, years, guess + 1e-6) - price - miss) * 1e6
        following = guess - miss / slope if slope else low
        if not low < following < high:
            following = (low + high) / 2.0
        if abs(following - guess) < 1e-10:
            return following
        guess = following
    return guess
