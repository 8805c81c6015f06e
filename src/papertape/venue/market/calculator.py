"""The option calculator: a price at a volatility, and the volatility that explains a price.

Rates, dividend yields and expiries are those of the option's tape, so a quote that is put in gives
the volatility that the tape was made with, to the rounding of the quote. Prices are in the
currency of the option and of its underlying.
"""

from math import isfinite
from typing import Final

from ..reference.securities import FutureOption, Instrument, OptionContract
from ..units import Nanos
from .options.horizon import Horizon
from .options.implied import HIGHEST, implied_volatility
from .options.model import Greeks, Option, greeks, horizon
from .prices import ends, yield_on
from .spots import RATE

DEAREST: Final = 1e12
"""A price above is refused."""


class OptionCalculator:
    """The model of one option at an instant. Raises ``ValueError`` unless the option has a strike
    and has not ended."""

    def __init__(self, entry: OptionContract, under: Instrument, now: Nanos) -> None:
        expiry = ends(entry)
        if now >= expiry:
            raise ValueError("the option has expired")
        self._option = Option(entry.exercise / entry.scale, entry.call, entry.american)
        self._pays = not isinstance(entry, FutureOption)
        self._ahead: Horizon = horizon(now, expiry, rate=RATE, dividend=yield_on(entry, under))

    def at(self, volatility: float, spot: float) -> Greeks:
        """Price and greeks at a volatility.

        Raises ``ValueError`` for a volatility outside of 0 to 10 and a spot that is no price.
        """
        if not (isfinite(volatility) and 0.0 < volatility <= HIGHEST):
            raise ValueError(f"the volatility is to be above 0 and at most {HIGHEST:g}")
        _check(spot, "price of the underlying")
        return greeks(self._option, spot, volatility, self._ahead)

    def volatility(self, price: float, spot: float, near: float | None = None) -> float | None:
        """The volatility at which the option is worth ``price``; None where there is none.
        ``near`` is one that is not far away, which saves time.

        Raises ``ValueError`` for what is no price.
        """
        _check(price, "price of the option")
        _check(spot, "price of the underlying")
        return implied_volatility(self._option, price, spot, self._ahead, near=near)

    def dividends(self, spot: float) -> float:
        """What the dividends until the expiry are worth now; nothing on a future."""
        return spot * (1.0 - self._ahead.growth) if self._pays else 0.0


def _check(price: float, what: str) -> None:
    if not (isfinite(price) and 0.0 < price <= DEAREST):
        raise ValueError(f"the {what} is to be above 0 and at most {DEAREST:.0f}")
