"""Caches of tokens: the value of reading, within bounds."""

from decimal import Decimal

import pytest

from papertape.wire.caches import CACHED, CACHES, LONGEST, TokenCache
from walks import walk


@walk(
    ("name", "token", "value"),
    [("INTS", "-7", -7), ("FLOATS", "168.25", 168.25), ("DECIMALS", "0.10", Decimal("0.10"))],
)
def test_a_value_is_that_of_reading(name: str, token: str, value: object) -> None:
    assert [CACHES[name][token] for _ in range(2)] == [value, value]


@walk("name", CACHES)
def test_what_cannot_be_read_raises_every_time_and_is_not_kept(name: str) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="rubbish"):
            CACHES[name]["rubbish"]
    assert "rubbish" not in CACHES[name]


def test_it_stays_within_its_bounds() -> None:
    cache = TokenCache(len)
    for i in range(3 * CACHED):
        assert cache[str(i)] == len(str(i))
        assert len(cache) <= CACHED
    long = "1" * (LONGEST + 1)
    assert cache[long] == len(long)
    assert long not in cache
