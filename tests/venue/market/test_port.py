"""What may be asked of a market is declared once; what is laid over one passes each question on."""

import ast
from pathlib import Path

import pytest

import papertape
from papertape.server.market_data.pips import ShownMarket
from papertape.venue.market.days import Day
from papertape.venue.market.laid import WorldTape
from papertape.venue.market.port import MarketSource
from papertape.venue.market.tape import Market
from papertape.venue.market.timeline import DaySource
from venue.scenario import START, ScriptedMarket

SOURCE = Path(papertape.__file__).parent
ASKED = [SOURCE / "venue", SOURCE / "server/market_data", SOURCE / "server/control/halts.py"]
AAPL = 265598
OF_RECORDS = {"under", "underSymbol"}
"""What only some kinds of instruments have."""


def questions(port: type) -> set[str]:
    return {
        name
        for name, found in vars(port).items()
        if callable(found) and (not name.startswith("_") or name == "__contains__")
    }


@pytest.mark.parametrize("laid_over", [WorldTape, ShownMarket])
def test_what_is_laid_over_a_market_passes_every_question_on(laid_over: type) -> None:
    assert questions(MarketSource) - set(vars(laid_over)) == set()


def test_a_market_answers_all_that_is_asked_of_it_but_halts() -> None:
    """Halts are what a world writes over a market."""
    assert questions(MarketSource) - set(vars(Market)) == {"halts"}


@pytest.mark.parametrize("port", [MarketSource, Day, DaySource])
def test_what_lacks_an_answer_cannot_be_made(port: type) -> None:
    needed: frozenset[str] = getattr(port, "__abstractmethods__")  # noqa: B009
    assert needed
    for left_out in needed:
        answers = {name: None for name in needed if name != left_out}
        with pytest.raises(TypeError, match=left_out):
            type("Lacking", (port,), answers)()


def test_nobody_asks_a_market_by_a_name_in_quotes() -> None:
    files = [
        file for place in ASKED for file in (place.rglob("*.py") if place.is_dir() else [place])
    ]
    texts = {file: file.read_text("utf-8") for file in files}
    asked = [
        f"{file.relative_to(SOURCE)}:{call.lineno} {call.args[1].value}"
        for file, text in texts.items()
        if "getattr" in text or "hasattr" in text
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("getattr", "hasattr")
        and isinstance(call.args[1], ast.Constant)
        and call.args[1].value not in OF_RECORDS
    ]
    assert len(files) > 100
    assert asked == []


def test_a_market_that_knows_nothing_more_says_so() -> None:
    market = ScriptedMarket()
    for number in (AAPL, -1):
        assert list(market.halts(number)) == []
        assert market.auction(number, START) is None
        assert market.option(number) is None
        assert market.actions_ahead(number, START) is None
        assert list(market.dividends(number)) == list(market.adjustments(number, START)) == []
        assert list(market.worked_out(number, 0, START, "TRADES", minutes=True)) == []
        assert not market.minuted(number)
