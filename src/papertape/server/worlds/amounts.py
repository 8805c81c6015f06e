"""Prices, sizes and money of a world in the venue's units."""

from decimal import Decimal

from ...errors import WorldError
from ...venue.reference.instruments import Instrument
from ...venue.script import NANO
from ...venue.units import PriceUnits, SizeUnits, cash_units, size_units


def price_of(entry: Instrument, price: Decimal) -> PriceUnits:
    """A price in an instrument's units. Raises ``WorldError`` for one that is finer."""
    scaled = price * entry.scale
    if scaled != int(scaled) or scaled <= 0 or scaled >= 1 << 53:
        raise WorldError(
            f"{price} is no price of {entry.symbol}: whole multiples of 1/{entry.scale} above 0"
        )
    return int(scaled)


def nano_of(price: Decimal) -> int:
    """A price in billionths. Raises ``WorldError``."""
    scaled = price * NANO
    if scaled != int(scaled) or not 0 < scaled < 1 << 62:
        raise WorldError(f"{price} is no price: above 0, at most nine decimals")
    return int(scaled)


def size_of(size: Decimal) -> SizeUnits:
    """A size in units. Raises ``WorldError`` for one that is finer than they are."""
    try:
        units = size_units(size)
    except ValueError as error:
        raise WorldError(str(error)) from None
    if abs(units) >= 1 << 53:
        raise WorldError(f"{size} is more than an order can have")
    return units


def cash_of(amount: Decimal) -> int:
    """Money in units. Raises ``WorldError``."""
    try:
        return cash_units(amount)
    except ValueError as error:
        raise WorldError(str(error)) from None
