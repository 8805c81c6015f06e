"""Checks: what they compute, and what is refused with its column."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from papertape.errors import SettingsError, WorldError
from papertape.testing.storm.checking import CheckExpression, CheckFunction, read_checks
from walks import walk


class View:
    """A state that a test sets."""

    def position(self, symbol: str, account: str = "") -> Decimal:
        if symbol == "NOSUCH":
            raise WorldError("is the name of no contract", found=symbol)
        return Decimal(150)

    def cash(self, currency: str = "USD", account: str = "") -> Decimal:
        return Decimal("25000.5")

    def orders(self, symbol: str = "", side: str = "", ref: str = "") -> Decimal:
        return Decimal(3 if side == "BUY" else 5)

    def now(self) -> Decimal:
        return Decimal(60)


VIEW: Any = View()


@walk(
    "text",
    [
        "position('SPY') == 150", "abs(-position('SPY')) <= 150", "cash() > 25000 and now() >= 60",
        "not position('SPY') < 150", "1 < 2 < 3", "orders(side='BUY') == 3",
        "max(1, 2, orders()) == 5", "cash('USD') == 25000.5", "0.1 + 0.2 == 0.3",
        "7 // 2 == 3 and 7 % 2 == 1 and 7 / 2 == 3.5", "position('SPY') > 200 or now() > 1",
        " 1 == 1 ", "round(1.4) == 1", "True",
    ],
)  # fmt: skip
def test_what_holds(text: str) -> None:
    assert CheckExpression(text).wrong(VIEW) == ""


@walk(
    ("text", "said"),
    [
        ("abs(position('SPY')) <= 100", "position('SPY') = 150"),
        ("position('SPY') <= 100 and cash() > 0", "position('SPY') = 150, cash() = 25000.5"),
        ("1 == 2", "false"),
        ("orders(side='BUY') > orders()", "orders(side='BUY') = 3, orders() = 5"),
    ],
)
def test_what_does_not_hold_tells_its_parts(text: str, said: str) -> None:
    assert CheckExpression(text).wrong(VIEW) == said


@walk(
    ("text", "said"),
    [
        ("abs(position('SPY') <= 100", "column 4: cannot be read"),
        ("", "column 1: cannot be read"),
        ("positon('SPY') <= 100", "column 1: 'positon' is no function"),
        ("1 < SPY", "column 5: 'SPY' is no value; a text stands in quotes"),
        ("__import__('os').system('rm x')", "is none of the language"),
        ("position.__class__", "is none of the language"),
        ("[x for x in (1, 2)]", "is none of the language"),
        ("9**9**9", "is none of the language"),
        ("lambda: 1", "is none of the language"),
        ("position(*('SPY',))", "is none of the language"),
        ("orders(**{'side': 1})", "is none of the language"),
        ("f'{now()}' == ''", "is none of the language"),
        ("1 if now() else 2", "is none of the language"),
        ("now() is 1", "is none of the language"),
        ("b'x' == 1", "is none of the language"),
        ("1j == 1", "is none of the language"),
        ("(" * 60 + "-" * 60 + "1" + ")" * 60 + " < 2", "nested more than 50 deep"),
        ("1 == 1 " + "or 1 == 1 " * 200, "may have 1000"),
    ],
)
def test_what_is_none_of_the_language_is_refused(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        CheckExpression(text)
    assert said in str(refused.value)


@walk(
    ("text", "said"),
    [
        ("position('NOSUCH') > 0", "column 1: cannot be computed: 'NOSUCH' is the name of no"),
        ("1 < 1 / 0", "column 5: cannot be computed"),
        ("'a' * 999999999 == ''", "column 1: cannot be computed: 'a' is no number"),
        ("'a' < 1", "column 1: cannot be computed"),
        ("position() > 0", "column 1: cannot be computed"),
        ("-'a' > 0", "column 1: cannot be computed"),
    ],
)
def test_what_cannot_be_computed_names_its_column(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        CheckExpression(text).wrong(VIEW)
    assert said in str(refused.value)


def test_functions_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "checks.py"
    file.write_text(
        "def check_position(tws):\n"
        "    assert tws.position('SPY') <= 100, 'too much'\n"
        "def check_orders(tws):\n    return tws.orders() == 5\n"
        "def helper(tws):\n    raise AssertionError\n"
    )
    checks = read_checks(["now() > 0"], file)
    assert [one.name for one in checks] == ["now() > 0", "check_position", "check_orders"]
    assert [one.wrong(VIEW) for one in checks] == ["", "too much", ""]


def test_a_function_that_is_wrong_itself_is_no_finding() -> None:
    def check(tws: object) -> None:
        raise KeyError("x")

    with pytest.raises(SettingsError, match="raised KeyError"):
        CheckFunction("check", check).wrong(VIEW)


@pytest.mark.parametrize(
    ("text", "said"), [("def f(: pass", "SyntaxError"), ("x = 1", "no function"), (None, "Error")]
)
def test_a_file_that_has_no_checks(text: str | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "checks.py"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingsError) as refused:
        read_checks([], file)
    assert said in str(refused.value)
