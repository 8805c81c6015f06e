"""Numbers as a trader reads them."""

from decimal import Decimal
from typing import Any

from papertape.console.parts import number_format
from walks import walk


@walk(
    "value, text",
    [
        (None, ""), (170, "170.00"), (0.5, "0.50"), (1.10005, "1.10005"), (168.275, "168.275"),
        (1e6, "1,000,000.00"), (-3.5, "-3.50"), (float("inf"), ""), (float("nan"), ""),
    ],
)  # fmt: skip
def test_a_price_has_two_to_five_decimals(value: Any, text: str) -> None:
    assert number_format.price(value) == text


@walk(
    "value, text",
    [
        (None, ""), ("100.0000", "100"), ("1000", "1,000"), (Decimal("0.25"), "0.25"),
        (54600, "54,600"), ("1E+3", "1,000"), (-40, "-40"), (0, "0"),
    ],
)  # fmt: skip
def test_a_size_has_no_idle_decimals(value: Any, text: str) -> None:
    assert number_format.size(value) == text


@walk(
    "value, text, tone",
    [
        (None, "", ""), (12.3, "+12.30", "pt-up"), (-1234.5, "-1,234.50", "pt-down"),
        (0, "0.00", ""), (-0.001, "0.00", ""), (0.004, "0.00", ""), (float("nan"), "", ""),
    ],
)  # fmt: skip
def test_a_gain_has_its_sign_and_colour_and_zero_has_none(value: Any, text: str, tone: str) -> None:
    assert (number_format.signed(value), number_format.tone(value)) == (text, tone)


@walk("value, text", [(None, ""), (-0.0, "0.00"), ("999997.01", "999,997.01")])
def test_money_has_two_decimals(value: Any, text: str) -> None:
    assert number_format.money(value) == text


@walk("tick, decimals", [(0.01, 2), (1, 2), (0.00005, 5), (0.005, 3)])
def test_decimals_are_those_of_the_smallest_step(tick: float, decimals: int) -> None:
    assert number_format.decimals(tick) == decimals


def test_a_price_has_the_decimals_of_its_step() -> None:
    price = number_format.price
    assert [price(1.16, 5), price(1.15995, 5), price(270.085, 2)] == [
        "1.16000", "1.15995", "270.085",
    ]  # fmt: skip
