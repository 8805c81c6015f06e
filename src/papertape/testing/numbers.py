"""Numbers as a test writes them."""

from decimal import Decimal

from ..errors import WorldError

Number = Decimal | float | int | str


def number(value: Number) -> Decimal:
    """A number as it is written. Raises ``WorldError`` for a text that is none."""
    try:
        found = value if isinstance(value, Decimal) else Decimal(str(value))
    except ArithmeticError:
        raise WorldError("is no number", found=str(value)) from None
    if not found.is_finite():
        raise WorldError("is no number", found=str(value))
    return found
