"""The values that mean "not set" in the official shape."""

from decimal import Decimal

from ..model import UNSET_DECIMAL as UNSET_DECIMAL
from ..model import UNSET_DOUBLE as UNSET_DOUBLE
from ..model import UNSET_INT
from ..model import UNSET_LONG as UNSET_LONG

NO_VALID_ID = -1
MAX_MSG_LEN = 0xFFFFFF
"""16 MiB - 1: a longer message ends the connection."""
UNSET_INTEGER = UNSET_INT
DOUBLE_INFINITY = float("inf")
INFINITY_STR = "Infinity"

__all__ = [
    "DOUBLE_INFINITY",
    "INFINITY_STR",
    "MAX_MSG_LEN",
    "NO_VALID_ID",
    "UNSET_DECIMAL",
    "UNSET_DOUBLE",
    "UNSET_INTEGER",
    "UNSET_LONG",
    "Decimal",
]
