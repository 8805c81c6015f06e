"""Exact proportions: rounding half to even, against fractions."""

from fractions import Fraction
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertape.venue.reference.listings import CATALOGUE, EURUSD
from papertape.venue.reference.securities import Bond, Instrument, Warrant
from papertape.venue.units import (
    CASH_SCALE,
    RATE_SCALE,
    SIZE_SCALE,
    notional,
    rate,
    scaled,
    share,
)
from walks import walk

HALVES = [(1, 1, 2, 0), (3, 1, 2, 2), (5, 1, 2, 2), (-1, 1, 2, 0), (-3, 1, 2, -2), (7, 2, 2, 7)]


@walk(("total", "part", "whole", "expected"), HALVES)
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


def test_an_instrument_values_a_trade_as_the_plain_formula_does() -> None:
    random = Random(7)
    stock = CATALOGUE[265598]
    kinds = [stock, EURUSD] + [
        msgspec.structs.replace(stock, scale=scale, multiplier=multiplier, divisor=divisor)
        for scale, multiplier, divisor in ((100, 50, 1), (10, 1, 10), (1_000_000, 100, 1))
    ]
    kinds.append(msgspec.structs.replace(stock, magnifier=100))
    halves = 0
    for entry in kinds:
        for _ in range(500):
            price, size = random.randint(-(10**7), 10**7), random.randint(-(10**6), 10**6)
            value = notional(price, size, entry.money_scale, entry.multiplier)
            assert entry.value_of(price, size) == value
            exact = price * size * entry.multiplier * CASH_SCALE
            halves += exact % (entry.money_scale * SIZE_SCALE) * 2 == entry.money_scale * SIZE_SCALE
    assert halves > 10


def test_bonds_and_warrants_have_a_money_scale_of_their_own() -> None:
    shared = {name: getattr(EURUSD, name) for name in Instrument.__struct_fields__}
    for kind in (Bond, Warrant):
        entry = kind(**{**shared, "scale": 10_000, "multiplier": 5})
        value = notional(960_000, 30_000, entry.money_scale, entry.multiplier)
        assert entry.value_of(960_000, 30_000) == value
        assert value != notional(960_000, 30_000, entry.scale, entry.multiplier)
