"""Scalar vocabulary of the records: what a number means and how wide it is.

A value that is not set is ``None`` in every record. The huge sentinels of the protocol
(``2147483647``, ``1.7976931348623157E308``, ``2**127 - 1``) exist only on the wire and in the
official-shaped callbacks.
"""

from decimal import Decimal
from typing import Annotated

import msgspec

Long = Annotated[int, "int64"]
"""An integer that needs 64 bits on the wire: permanent ids, times in milliseconds."""

Size = Decimal
"""A quantity of shares or contracts. Decimal, because fractional sizes exist since server 101."""

UNSET_INT = 2147483647
UNSET_LONG = 9223372036854775807
UNSET_DOUBLE = 1.7976931348623157e308
UNSET_DECIMAL = Decimal(2**127 - 1)


def number_text(value: float | Decimal) -> str:
    """A number with all of its digits, without an exponent and zeros at its end."""
    return f"{Decimal(repr(value) if isinstance(value, float) else value).normalize():f}"


class Record(msgspec.Struct, omit_defaults=True, gc=False):
    """Base of the records: mutable, slotted, compared by value, small when serialised.

    The garbage collector leaves them out, so thousands of kept orders cost it nothing: a record
    is freed when nothing refers to it, and none may be made to contain itself.
    """


__all__ = [
    "UNSET_DECIMAL",
    "UNSET_DOUBLE",
    "UNSET_INT",
    "UNSET_LONG",
    "Long",
    "Record",
    "Size",
    "number_text",
]
