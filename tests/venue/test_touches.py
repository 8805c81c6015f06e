"""What the fold sees of the market, live and replayed."""

import pytest

from papertape.venue.market import Quote
from papertape.venue.touches import Touches
from venue.scenario import ScriptedMarket

AAPL, TSLA = 265598, 76792991
FIRST = Quote(AAPL, 10, 1, 1, 2, 1)
SECOND = Quote(AAPL, 20, 3, 1, 4, 1)


def market() -> ScriptedMarket:
    source = ScriptedMarket()
    source.add(FIRST)
    source.add(SECOND)
    return source


def test_only_news_is_committed() -> None:
    touches = Touches(market(), {})
    touches.begin(10)
    assert touches.look(AAPL) == touches.look(AAPL) == FIRST
    assert touches.commit() == (FIRST,)
    touches.begin(15)
    assert touches.look(AAPL) == FIRST
    assert touches.commit() == ()
    touches.begin(20)
    assert touches.look(AAPL) == SECOND
    assert touches.commit() == (SECOND,)


def test_what_was_not_committed_is_news_again() -> None:
    touches = Touches(market(), {})
    touches.begin(10)
    touches.look(AAPL)
    touches.begin(11)
    touches.look(AAPL)
    assert touches.commit() == (FIRST,)


def test_every_command_looks_anew() -> None:
    touches = Touches(market(), {})
    touches.begin(10)
    touches.look(AAPL)
    touches.begin(20)
    assert touches.look(AAPL) == SECOND
    assert touches.commit() == (SECOND,)


def test_replay_sees_the_journal_and_nothing_else() -> None:
    touches = Touches(market(), {})
    touches.recall((FIRST,))
    assert touches.look(AAPL) == FIRST
    touches.recall(())
    assert touches.look(AAPL) == FIRST
    with pytest.raises(KeyError):
        touches.look(TSLA)


def test_an_instrument_without_a_market_has_an_empty_quote() -> None:
    touches = Touches(market(), {})
    assert touches.current(1, 10) == Quote(1, 0, 0, 0, 0, 0)
    assert Touches(None, {}).current(AAPL, 10) == Quote(AAPL, 0, 0, 0, 0, 0)
