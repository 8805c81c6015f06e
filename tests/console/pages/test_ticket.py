"""What the question before an order says."""

from typing import Any

from papertape.console.pages.order_review import in_full
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
        (
            {"order_type": "STP LMT", "aux_price": 170.0, "limit_price": 171.0},
            QUOTE,
            ["BUY 100 SPY STP LMT stop 170.00 limit 171.00 DAY", "About 17,100.00 USD"],
        ),
        (
            {"order_type": "STP", "aux_price": 170.0, "take_profit": 180.0, "stop_loss": 160.0},
            QUOTE,
            ["BUY 100 SPY STP 170.00 DAY", "Take profit 180.00", "Stop loss 160.00",
             "About 17,000.00 USD"],
        ),
        (
            {"order_type": "TRAIL", "aux_price": 2.0},
            QUOTE,
            ["BUY 100 SPY TRAIL trail amount 2.00 DAY", "About 16,850.00 USD"],
        ),
        (
            {"order_type": "TRAIL LIMIT", "trailing_percent": 2, "limit_offset": 0.5},
            QUOTE,
            ["BUY 100 SPY TRAIL LIMIT 2% limit offset 0.50 DAY", "About 16,850.00 USD"],
        ),
        (
            {"order_type": "REL", "aux_price": 0.01},
            QUOTE,
            ["BUY 100 SPY REL offset 0.01 DAY", "About 16,850.00 USD"],
        ),
        (
            {"tif": "GTD", "good_till": "20261224 15:00:00 US/Eastern", "outside_rth": True,
             "minimum_quantity": 5, "algorithm": "Adaptive", "oca_group": "g",
             "algorithm_parameters": {"adaptivePriority": "Patient"}, "hidden": True},
            None,
            ["BUY 100 SPY MKT GTD 20261224 15:00:00 US/Eastern",
             "Algorithm Adaptive (adaptivePriority=Patient)", "OCA group g", "At least 5",
             "Outside regular hours", "Hidden"],
        ),
    ],
)  # fmt: skip
def test_an_order_in_full(change: dict[str, Any], quote: Any, lines: list[str]) -> None:
    assert in_full(MARKET | change, quote) == lines


def test_what_an_option_costs_counts_its_multiplier() -> None:
    told = in_full(MARKET | {"quantity": 2}, QUOTE, multiplier=100)
    assert told[-1] == "About 33,700.00 USD"
