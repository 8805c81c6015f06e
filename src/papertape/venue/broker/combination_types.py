"""The order types of combinations, each with its row."""

from typing import Final

from .order_types import TIFS, OrderType

COMBINATION_TYPES: Final[dict[str, OrderType]] = {
    "MKT": OrderType("MKT", limit=False, stop=False, tifs=TIFS),
    "LMT": OrderType("LMT", limit=True, stop=False, tifs=TIFS, becomes=("MKT",)),
    "LMT + MKT": OrderType("LMT + MKT", limit=True, stop=False, tifs=TIFS),
    "REL + LMT": OrderType("REL + LMT", limit=True, stop=False, tifs=TIFS),
    "REL + MKT": OrderType("REL + MKT", limit=False, stop=False, tifs=TIFS),
}
"""By ``orderType``; 387 refuses every other one that there is."""
LEGGED_ONLY: Final = frozenset(("LMT + MKT", "REL + LMT", "REL + MKT"))
"""Types whose legs trade one after the other: they are not guaranteed."""
RELATIVE_LEAD: Final = frozenset(("REL + LMT", "REL + MKT"))
"""Types whose leading leg is worked at its own side of its quote."""
