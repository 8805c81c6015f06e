"""exp, log and the normal distribution beside Python's decimals, which are exact to 50 digits."""

import math
from decimal import Decimal, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from papertape.venue.market.options.elementary import below, exp, log
from walks import walk

ULP = 2.0**-52


def normal(x: float) -> float:
    """The normal distribution as the models ask for it: with the bell's height, which they have."""
    return below(x, exp(-0.5 * x * x))


@given(x=st.floats(-700, 700))
def test_exp_is_within_an_ulp(x: float) -> None:
    with localcontext() as context:
        context.prec = 50
        exact = Decimal(x).exp()
        assert abs(Decimal(exp(x)) / exact - 1) <= Decimal(ULP)


@given(x=st.floats(1e-300, 1e300))
def test_log_is_within_an_ulp(x: float) -> None:
    with localcontext() as context:
        context.prec = 50
        exact = Decimal(x).ln()
        assert abs(Decimal(log(x)) - exact) <= Decimal(ULP) * abs(exact)


# Abramowitz and Stegun, Handbook of Mathematical Functions, tables 26.1 and 26.2.
@walk(
    ("x", "expected"),
    [
        (0.0, 0.5),
        (0.5, 0.69146246127401),
        (1.0, 0.84134474606854),
        (1.96, 0.97500210485178),
        (3.0, 0.99865010196837),
        (-1.0, 0.15865525393146),
        (-3.0, 0.00134989803163),
    ],
)
def test_the_normal_distribution_is_that_of_the_tables(x: float, expected: float) -> None:
    assert normal(x) == pytest.approx(expected, abs=1e-14)


@given(x=st.floats(-40, 40))
@example(x=-37.03125)
@example(x=-37.5)
def test_the_normal_distribution_beside_the_error_function(x: float) -> None:
    assert normal(x) == pytest.approx(0.5 * math.erfc(-x / math.sqrt(2)), rel=2e-8, abs=1e-300)
    assert abs(normal(x) + normal(-x) - 1.0) < 1e-15


def test_bits_that_no_machine_may_change() -> None:
    assert [one.hex() for one in (exp(0.3), exp(-12.5), log(1.3), normal(-0.7))] == [
        "0x1.599058c8c1a96p+0",
        "0x1.f42ed3f68e690p-19",
        "0x1.0ca937be1b9dcp-2",
        "0x1.ef8aa3a8f3564p-3",
    ]


@walk("x", [0.0, -1.0, math.nan])
def test_no_logarithm_of_what_is_not_positive(x: float) -> None:
    with pytest.raises(ValueError, match="log"):
        log(x)


def test_the_ends_of_exp() -> None:
    assert exp(-800.0) == 0.0
    with pytest.raises(OverflowError):
        exp(710.0)
