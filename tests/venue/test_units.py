"""Exact proportions: rounding half to even, against fractions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertape.venue.units import RATE_SCALE, rate, scaled, share

HALVES = [(1, 1, 2, 0), (3, 1, 2, 2), (5, 1, 2, 2), (-1, 1, 2, 0), (-3, 1, 2, -2), (7, 2, 2, 7)]


@pytest.mark.parametrize(("total", "part", "whole", "expected"), HALVES)
def test_halves_go_to_the_even_neighbour(total: int, part: int, whole: int, expected: int) -> None:
    assert share(total, part, whole) == expected


@given(st.integers(-(10**18), 10**18), st.integers(0, 10**9), st.integers(1, 10**9))
def test_share_is_the_rounded_fraction(total: int, part: int, whole: int) -> None:
    assert share(total, part, whole) == round(Fraction(total * part, whole))


def test_rates_are_exact() -> None:
    assert rate("0.0000206") == 206
    assert rate("1") == RATE_SCALE
    assert scaled(1_000_000, rate("0.15")) == 150_000
    with pytest.raises(ValueError, match="finer"):
        rate("0.00000001")
