"""DTC, whose day's end deactivates an order, and GTT, which ends at its instant."""

import pytest

from papertape.venue.broker.profile import Profile
from papertape.venue.engine import Engine

from .scenario import Stage, at, scenario

QUIET = Profile(duplicate_pairs=False)


def test_the_end_of_the_day_deactivates_and_new_terms_activate() -> None:
    stage = scenario(
        """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 5 AAPL LMT 250 DTC   -> #1 accepted Submitted
        clock   20260414 00:00:01           -> #1 again PreSubmitted
        quote   AAPL 249.00 x 249.50        -> .
        clock   20260415 00:00:01           -> .
        submit  #1 BUY 5 AAPL LMT 249.00 DTC  -> #1 replaced Submitted
        clock   20260416 00:00:01           -> #1 again PreSubmitted
        cancel  #1                          -> #1 Cancelled
        """,
        QUIET,
    )
    assert not stage.engine.state.orders


def test_a_deactivated_order_ends_with_the_next_quarter() -> None:
    stage = scenario(
        """
        quote   AAPL 257.66 x 257.68
        submit  #1 SELL 5 AAPL STP 250 DTC  -> #1 accepted PreSubmitted trigger
        clock   20260414 00:00:01           -> #1 again PreSubmitted trigger
        trade   AAPL 249                    -> .
        """,
        QUIET,
    )
    order = stage.engine.find(1, 1)
    assert order is not None and order.expires == at("20260930 16:00:00")
    twin = Engine(stage.market, QUIET)
    twin.restore(bytes(stage.engine.snapshot()), lambda *_: stage.engine.archive.rows())
    twin.advance(order.expires)
    ended = twin.find(1, 1)
    assert ended is not None and ended.status == "Cancelled"


def test_a_part_that_has_filled_stays_filled() -> None:
    scenario(
        """
        quote   AAPL 257.66 x 257.68*2
        submit  #1 BUY 5 AAPL LMT 257.68 DTC  -> #1 accepted Submitted
                -> #1 BOT 2 @ 257.68 Submitted; #1 fee 1.000006
        clock   20260414 00:00:01             -> #1 again PreSubmitted
        submit  #1 BUY 6 AAPL LMT 200 DTC     -> #1 replaced Submitted
        """,
        QUIET,
    )


@pytest.mark.parametrize("tif", ["GTD", "GTT"])
def test_a_dated_order_ends_at_its_instant(tif: str) -> None:
    stage = scenario("quote  AAPL 257.66 x 257.68", QUIET)
    stage.step(f"submit #1 BUY 5 AAPL LMT 250 {tif} goodTillDate=20260413-14:05:00")
    order = stage.engine.find(1, 1)
    assert order is not None and order.expires == at("20260413 10:05:00")
    stage.play("clock  20260413 10:05:00  -> #1 Cancelled")


def test_a_day_at_an_exchange_ends_with_its_session() -> None:
    stage = Stage(Profile(duplicate_pairs=False, hours="exchange"))
    stage.play(
        """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 5 AAPL LMT 250 DTC   -> #1 accepted Submitted
        clock   20260413 16:00:00           -> #1 again PreSubmitted
        clock   20260414 09:30:01           -> .
        """
    )
