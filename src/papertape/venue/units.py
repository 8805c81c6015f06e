"""Integer units of the venue, and their only conversions to and from ``float`` and ``Decimal``.

* time: nanoseconds since the epoch, UTC (``Nanos``);
* price: integer units of ``1 / instrument.scale`` (stocks 10,000, currencies 100,000);
* size: ten-thousandths of a share (``SIZE_SCALE``);
* cash: micro-units of the currency (``CASH_SCALE``).

price x size has scale ``instrument.scale * SIZE_SCALE``; ``notional`` converts it to cash micros.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

Nanos = int
PriceUnits = int
SizeUnits = int
CashMicros = int

SECOND: Nanos = 1_000_000_000
MINUTE: Nanos = 60 * SECOND
DAY: Nanos = 86_400 * SECOND
WEEK: Nanos = 7 * DAY
MONTH: Nanos = 30 * DAY
"""As the bar size: a calendar month, whatever its length."""
SIZE_SCALE = 10_000
CASH_SCALE = 1_000_000


def size_units(size: Decimal | int) -> SizeUnits:
    """Convert shares to integer units. Raises ``ValueError`` for sizes finer than 1/10,000."""
    scaled = Decimal(size) * SIZE_SCALE
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"size {size} is finer than 1/{SIZE_SCALE}")
    return whole


@lru_cache(maxsize=4096)
def size_decimal(units: SizeUnits) -> Decimal:
    """Convert integer units to shares, without trailing zeros and without exponent."""
    whole, rest = divmod(units, SIZE_SCALE)
    if rest == 0:
        return Decimal(whole)
    return Decimal(units).scaleb(-4).normalize()


def price_units(price: float | Decimal, scale: int) -> PriceUnits:
    """Convert a price to integer units, rounded to the nearest unit."""
    return int((Decimal(repr(price)) * scale).to_integral_value(ROUND_HALF_EVEN))


def price_float(units: PriceUnits, scale: int) -> float:
    """Convert integer units to the nearest float, whose shortest text is the exact price."""
    return units / scale


def notional(price: PriceUnits, size: SizeUnits, scale: int, multiplier: int = 1) -> CashMicros:
    """Return the value of a trade in cash micro-units, rounded half to even."""
    divisor = scale * SIZE_SCALE
    quotient, rest = divmod(price * size * multiplier * CASH_SCALE, divisor)
    if rest and (rest * 2 > divisor or (rest * 2 == divisor and quotient % 2)):
        quotient += 1
    return quotient


def cash_units(amount: Decimal | int) -> CashMicros:
    """Convert money to micro-units. Raises ``ValueError`` when the amount is finer than those."""
    scaled = Decimal(amount) * CASH_SCALE
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"amount {amount} is finer than 1/{CASH_SCALE}")
    return whole


def cash_decimal(micros: CashMicros, places: int = 2) -> Decimal:
    """Convert cash for display, rounded half to even to the given number of places."""
    exact = Decimal(micros).scaleb(-6)
    return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


# -- proportions: rates as integers, rounding half to even ------------------------------------

RATE_SCALE = 10_000_000
"""The scale of a rate: fine enough for every published fee."""
HALF = RATE_SCALE // 2

Rate = int


def rate(text: str) -> Rate:
    """Parse a decimal rate. Raises ``ValueError`` when it is finer than the scale."""
    scaled_text = Decimal(text) * RATE_SCALE
    whole = int(scaled_text)
    if whole != scaled_text:
        raise ValueError(f"rate {text} is finer than 1/{RATE_SCALE}")
    return whole


def scaled(amount: int, by: Rate) -> int:
    """Return ``amount`` times a rate, rounded half to even."""
    # ``share`` is inlined: an order needs half a dozen of these.
    quotient, rest = divmod(amount * by, RATE_SCALE)
    if rest >= HALF and (rest > HALF or quotient % 2):
        quotient += 1
    return quotient


def share(total: int, part: int, whole: int) -> int:
    """Return ``total * part / whole`` rounded half to even; exact when part equals whole."""
    quotient, rest = divmod(total * part, whole)
    if rest and (rest * 2 > whole or (rest * 2 == whole and quotient % 2)):
        quotient += 1
    return quotient


def quotient_text(number: int, scale: int) -> str:
    """Format ``number / scale`` without trailing zeros; ``scale`` is a power of 10."""
    whole, rest = divmod(abs(number), scale)
    sign = "-" if number < 0 else ""
    if not rest:
        return f"{sign}{whole}"
    places = len(str(scale)) - 1
    return f"{sign}{whole}.{rest:0{places}d}".rstrip("0")
