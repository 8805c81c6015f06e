"""What the question before an order says."""

from typing import Any

from papertape.console.pages.ticket import in_full
from walks import walk

MARKET: dict[str, Any] = {
    "symbol": "SPY", "currency": "USD", "action": "BUY", "quantity": 100, "order_type": "MKT",
    "limit_price": None, "tif": "DAY", "account": "",
}  # fmt: skip
QUOTE = {"bid": 168.0, "ask": 168.5}


@walk(
    "change, quote, lines",
    [
        ({}, QUOTE, ["BUY 100 SPY MKT DAY", "About 16,850.00 USD"]),
        ({"action": "SELL"}, QUOTE, ["SELL 100 SPY MKT DAY", "About 16,800.00 USD"]),
        ({}, None, ["BUY 100 SPY MKT DAY"]),
        ({}, {"bid": None, "ask": None}, ["BUY 100 SPY MKT DAY"]),
        (
            {"order_type": "LMT", "limit_price": 150.25, "tif": "GTC", "account": "DU1"},
            QUOTE,
            ["BUY 100 SPY LMT 150.25 GTC", "Account DU1", "About 15,025.00 USD"],
        ),
    ],
)
def test_an_order_in_full(change: dict[str, Any], quote: Any, lines: list[str]) -> None:
    assert in_full(MARKET | change, quote) == lines


def test_what_an_option_costs_counts_its_multiplier() -> None:
    told = in_full(MARKET | {"quantity": 2}, QUOTE, multiplier=100)
    assert told[-1] == "About 33,700.00 USD"
