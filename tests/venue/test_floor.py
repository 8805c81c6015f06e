"""The floor's derived interest: never too narrow, and narrow again after a fruitless quote."""

from papertape.venue.commands import QuoteSeen
from papertape.venue.matching import ANY_PRICE
from venue.scenario import Stage, scenario

AAPL = 265598


def interest(stage: Stage) -> tuple[int, int] | None:
    return stage.engine._desk.floor.interest.get(AAPL)


def test_interest_follows_the_working_orders() -> None:
    stage = scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 250   -> #1 accepted Submitted; #1 again Submitted
        submit  #2 BUY 1 AAPL LMT 255   -> #2 accepted Submitted; #2 again Submitted
        submit  #3 SELL 1 AAPL LMT 260  -> #3 accepted Submitted; #3 again Submitted
    """)
    assert interest(stage) == (2_550_000, 2_600_000)
    stage.play("submit  #2 BUY 1 AAPL LMT 256  -> #2 replaced Submitted; #2 again Submitted")
    assert interest(stage) == (2_560_000, 2_600_000)


def test_interest_narrows_after_a_quote_that_came_to_nothing() -> None:
    stage = scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 250   -> #1 accepted Submitted; #1 again Submitted
        submit  #2 BUY 1 AAPL LMT 255   -> #2 accepted Submitted; #2 again Submitted
        cancel  #2                      -> #2 Cancelled
    """)
    assert interest(stage) == (2_550_000, ANY_PRICE)
    stage.play("quote  AAPL 253.00 x 254.00  -> .")
    assert interest(stage) == (2_500_000, ANY_PRICE)
    stage.play("cancel  #1  -> #1 Cancelled")
    assert interest(stage) is None


def test_a_quote_that_filled_is_known_to_the_journal() -> None:
    stage = scenario("""
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 250  -> #1 accepted Submitted; #1 again Submitted
        quote   AAPL 249.00 x 250.00   -> #1 BOT 1 @ 250 Filled; #1 fee 1.000003
        submit  #2 BUY 1 AAPL LMT 240  -> #2 accepted Submitted; #2 again Submitted
    """)
    fill, submission = stage.journal[-2:]
    assert isinstance(fill.command, QuoteSeen)
    assert (fill.quotes, submission.quotes) == ((), ())
