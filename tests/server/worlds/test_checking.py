"""What ``papertape world check`` finds before a world is played: places, hints, all of it."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from papertape.errors import WorldError
from papertape.server.worlds.checking import check_request
from papertape.server.worlds.founding import check_world
from papertape.worlds.reading import MOST_PROBLEMS, read_all, read_world
from walks import walk

TraceFunction = Callable[[FrameType, str, Any], Any]
WRONG = {
    "quote  NOSUCHX 1 x 2": (8, "'NOSUCHX' is the name of no contract"),
    "start 2026-04-10 15:40  US/Easter": (25, "no such time zone. Did you mean US/Eastern?"),
    "+5s fill dip 60": (10, "'dip' is no order of a rule above"),
    "drill farm-blib usfarm": (
        7,
        "is not a drill. Did you mean farm-blip? Legal: black-hole, ",
    ),
    "drill farm-blip usfarm mss=2": (7, "unknown field `mss`. Legal: farm-blip name=text"),
    "expect requests reqMktDta 1": (17, "is the name of no request. Did you mean reqMktData?"),
    "expect no requests cancelOrdr": (20, "is the name of no request. Did you mean cancelOrder?"),
    "expect requests reqMktData contract.symbl=SPY": (28, "Did you mean symbol?"),
    "expect requests reqMktData genericTickList.x=SPY": (28, "no field behind a field"),
    "account DU1 margin regt": (20, "'regt' is no margin model. Did you mean reg_t?"),
    "account DU1 fees fixd": (18, "'fixd' is no fee plan. Did you mean fixed?"),
    "account DU1 holds 1 EUR.USD @ 1": (21, "'EUR.USD' comes by trades only"),
    "quote SPY 170.0000001 x 171": (11, "'170.0000001' is no price of SPY"),
    "auction SPY close print 170.0000001 at 16:00": (25, "is no price of SPY"),
}


@walk("text", WRONG)
def test_a_name_or_number_that_cannot_be_is_told_where_it_stands(text: str) -> None:
    (problem,) = check_world(read_world(text))
    column, said = WRONG[text]
    assert said in str(problem)
    assert (problem.line, problem.column) == (1, column), str(problem)


@pytest.mark.long
def test_every_line_that_cannot_be_read_is_told() -> None:
    text = 'qoute SPY 1 x 2\nquote SPY 1 x 2\nQuote SPY 1 x 2\nquote spy 1 x 2\nreject 201 "no\n'
    world, problems = read_all(text)
    assert [(one.line, one.near) for one in problems] == [
        (1, "quote"), (3, "quote"), (4, "SPY"), (5, "")
    ]  # fmt: skip
    assert len(world.steps) == 1
    assert len(read_all("x\n" * 5000)[1]) == MOST_PROBLEMS


def executed(text: str) -> int:
    """How many lines of Python the reading of a world executes."""
    count, before = 0, sys.gettrace()

    def trace(frame: FrameType, event: str, argument: object) -> TraceFunction:
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        read_world(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.long
def test_a_world_of_many_lines_is_read_in_work_that_grows_with_them() -> None:
    line = "print SPY 1\n"
    assert executed(line * 2_000) < 2.1 * executed(line * 1_000)
    assert len(read_world(line * 19_000).steps) == 19_000


def test_a_comment_is_no_part_of_what_a_line_says() -> None:
    (one,) = read_world("at end position SPY 0   # of all accounts\n").steps
    assert one.text == "at end position SPY 0"


def test_a_request_is_known_by_both_of_its_names() -> None:
    check_request("placeOrder", ["order.lmtPrice", "contract.symbol"])
    check_request("PlaceOrder")
    check_request("placeorder")
    with pytest.raises(WorldError, match="Did you mean placeOrder"):
        check_request("PlaceOrdr")
