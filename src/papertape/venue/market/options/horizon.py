"""The time to an expiry with what money does until then."""

from math import isfinite, sqrt

from .elementary import exp

LONGEST_YEARS = 100.0
HIGHEST_RATE = 1.0


class Horizon:
    """Years to an expiry, the interest rate and the dividend yield, both compounded continuously.

    Made once for every option of an expiry. Of an option on a future the yield is the rate.
    Raises ``ValueError`` for years outside 0 to 100 and rates outside -1 to 1.
    """

    __slots__ = ("discount", "dividend", "growth", "rate", "root", "years")

    def __init__(self, years: float, rate: float = 0.0, dividend: float = 0.0) -> None:
        if not 0.0 <= years <= LONGEST_YEARS:
            raise ValueError(f"{years} years to an expiry")
        for one in (rate, dividend):
            if not (isfinite(one) and abs(one) <= HIGHEST_RATE):
                raise ValueError(f"a rate of {one}")
        self.years, self.rate, self.dividend = years, rate, dividend
        self.root = sqrt(years)
        self.discount = exp(-rate * years)
        """What a unit of money at the expiry is worth."""
        self.growth = exp(-dividend * years)
        """What a unit of the underlying at the expiry is worth, in units of it."""

    def early(self, call: bool) -> bool:
        """Whether early exercise is worth anything: a call's for its dividends, a put's for
        interest."""
        if call:
            return self.dividend > 0.0 and self.years > 0.0
        return self.rate > 0.0 and self.years > 0.0
