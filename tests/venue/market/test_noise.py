"""Hashed chance: pinned, spread as it should be, the same on every Python."""

import pytest

from papertape.venue.market.noise import ODDS, REACH, added, bridges, drawn, mix, odd, unit


def test_the_hash_is_the_same_for_ever() -> None:
    assert mix(0) != mix(0, 0)
    assert mix(1, 2) != mix(2, 1)
    assert mix(-1) == mix(2**64 - 1)
    # Pinned: another value here is another market for every user.
    assert mix(1, 2, 3) == 12174095428247697372
    assert drawn(4, 1, 2).hex() == "d8bcc525"
    assert odd(1, 2).hex() == "-0x1.cefb45d56cc9ap-2"
    assert bridges(30)[77].points[11].hex() == "-0x1.d151db1ef7becp-1"


@pytest.mark.parametrize("source", [odd, unit])
def test_hashed_numbers_are_centred_and_of_one_size(source) -> None:
    values = [source(7, place) for place in range(20_000)]
    assert abs(sum(values) / len(values)) < 0.02
    expected = 1.0 if source is odd else 1 / 3
    assert sum(v * v for v in values) / len(values) == pytest.approx(expected, rel=0.04)


def test_the_table_of_odds_is_even_and_of_variance_one() -> None:
    assert sum(ODDS) == pytest.approx(0, abs=1e-12)
    assert sum(one * one for one in ODDS) == pytest.approx(256)
    assert list(ODDS) == sorted(ODDS)


def test_reaches_are_mostly_small() -> None:
    assert 0 < min(REACH) < max(REACH) < 1
    assert sum(REACH) / 256 < 0.4


@pytest.mark.parametrize("steps", [12, 30])
def test_bridges_end_where_they_began(steps: int) -> None:
    found = bridges(steps)
    assert len(found) == 256
    for bridge in found:
        assert len(bridge.points) == steps + 1
        assert bridge.points[0] == bridge.points[-1] == 0
        assert (bridge.most, bridge.least) == (max(bridge.points), min(bridge.points))
    # Half way a bridge of unit variance has a quarter of it.
    middle = [bridge.points[steps // 2] for bridge in found]
    assert sum(one * one for one in middle) / 256 == pytest.approx(0.25, rel=0.35)


def test_sums_do_not_depend_on_the_version_of_python() -> None:
    assert added([1e16, 1.0, -1e16]) == 0.0
