"""The book of an instrument as a ladder, and the greeks of an option."""

from typing import Any, Final

from ..parts.grid import Cell, Col, Row
from ..parts.number_format import price, size

ROWS: Final = 10
LADDER: Final = (
    Col("Bid size", right=True), Col("Bid", right=True), Col("Ask", right=True),
    Col("Ask size", right=True),
)  # fmt: skip
GREEKS: Final = {
    "implied_volatility": "Implied volatility", "delta": "Delta", "gamma": "Gamma", "vega": "Vega",
    "theta": "Theta",
}  # fmt: skip
"""The model's figures of an option -> what they are called."""
Book = dict[str, Any]


def ladder_rows(book: Book, digits: int = 2) -> list[Row]:
    """One row for each level, the best first; a side that has fewer levels has empty cells.
    ``digits``: decimals of a price."""
    bids, asks = book["bids"], book["asks"]
    return [
        Row(
            str(place),
            (
                *_cells(bids, place, "pt-up", digits)[::-1],
                *_cells(asks, place, "pt-down", digits),
            ),
        )
        for place in range(max(len(bids), len(asks)))
    ]


def _cells(
    side: list[dict[str, Any]], place: int, tone: str, digits: int
) -> tuple[str | Cell, ...]:
    """Price and size of a level."""
    if place >= len(side):
        return "", ""
    level = side[place]
    return Cell(price(level["price"], digits), tone), size(level["size"])


def greek_text(name: str, greeks: dict[str, Any] | None) -> str:
    """A figure of an option; "" where there is none."""
    value = (greeks or {}).get(name)
    if value is None:
        return ""
    text = f"{100 * value:.1f}%" if name == "implied_volatility" else f"{value:.4f}"
    return text if float(text.rstrip("%")) else text.lstrip("-")  # nothing is less than nothing
