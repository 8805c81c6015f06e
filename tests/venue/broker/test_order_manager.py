"""What becomes of an order, as facts: the stories of each type, and that a decision only looks.

How clients are told of it is in ``test_sequences`` and ``test_stops``.
"""

from typing import Any

import pytest

from papertape.venue.broker.profile import Profile
from papertape.venue.engine import Happened
from papertape.venue.facts import (
    AnyFact,
    OrderEnded,
    OrderFilled,
    OrderMoved,
    OrderPlaced,
    OrderRepeated,
    OrderReplaced,
    OrderTriggered,
)
from papertape.venue.invariants import check
from papertape.venue.reference.instruments import Refusal
from papertape.venue.state import fingerprint
from papertape.venue.tws.api_orders import Refused
from papertape.venue.units import CASH_SCALE
from venue.scenario import Stage

SHORT = {
    OrderPlaced: "placed",
    OrderReplaced: "replaced",
    OrderMoved: "moved",
    OrderRepeated: "repeated",
    OrderTriggered: "triggered",
    OrderFilled: "filled",
    OrderEnded: "ended",
    Refused: "refused",
}

STORIES = """
a market order is filled at the touch
  quote AAPL 257.66 x 257.68
  submit #1 BUY 100 AAPL MKT              > placed PreSubmitted, filled 100 @ 257.68 removed Filled
  submit #2 SELL 30 AAPL MKT              > placed Submitted, filled 30 @ 257.66 removed Filled
a market order without an opposite side waits for one
  quote AAPL - x 257.68
  submit #1 SELL 5 AAPL MKT               > placed Submitted
  quote AAPL 257.00 x 257.68              > filled 5 @ 257 removed Filled
a limit rests and adds liquidity when it is reached
  quote AAPL 257.66 x 257.68
  submit #1 BUY 100 AAPL LMT 257          > placed Submitted, repeated
  quote AAPL 256.00 x 257.00*60           > filled 60 @ 257 added Submitted
  quote AAPL 256.00 x 256.50              > filled 40 @ 256.5 added Filled
what rests trades in order of acceptance
  quote AAPL 257.66 x 257.68
  submit #1 BUY 10 AAPL LMT 257           > placed Submitted, repeated
  submit #2 BUY 10 AAPL LMT 257.5         > placed Submitted, repeated
  quote AAPL 256.00 x 256.00*15           > filled 10 @ 256 added Filled, filled 5 @ 256 added Submitted
good till cancelled begins held
  quote AAPL 257.66 x 257.68
  submit #1 BUY 1 AAPL LMT 250 GTC        > placed PreSubmitted, moved Submitted
immediate or cancel takes what there is
  quote AAPL 257.66 x 257.68*60
  submit #1 BUY 100 AAPL LMT 258 IOC      > placed Submitted, filled 60 @ 257.68 removed Submitted, moved PendingCancel, ended Cancelled 202 by the system
  submit #2 BUY 100 AAPL LMT 250 IOC      > placed PendingCancel, ended Cancelled 202 by the system
fill or kill takes all or nothing
  quote AAPL 257.66 x 257.68*60
  submit #1 BUY 61 AAPL LMT 258 FOK       > placed Inactive
  submit #2 BUY 60 AAPL LMT 258 FOK       > placed Submitted, filled 60 @ 257.68 removed Filled
a limit far through the market is cancelled
  quote AAPL 257.66 x 257.68
  submit #1 BUY 1 AAPL LMT 300            > placed PreSubmitted, moved PendingCancel, ended Cancelled 202 by the system
new terms look at the market again
  quote AAPL 257.66 x 257.68
  submit #1 BUY 100 AAPL LMT 250          > placed Submitted, repeated
  submit #1 BUY 90 AAPL LMT 258           > replaced Submitted, filled 90 @ 257.68 removed Filled
  submit #1 BUY 90 AAPL LMT 258           > refused 104
new terms below what has been filled end it
  quote AAPL 257.66 x 257.68*60
  submit #1 BUY 100 AAPL LMT 258          > placed Submitted, filled 60 @ 257.68 removed Submitted
  submit #1 BUY 60 AAPL LMT 258           > ended Cancelled 202 by its trader
a stop waits, triggers, trades
  quote AAPL 257.66 x 257.68
  submit #1 SELL 10 AAPL STP 250          > placed PreSubmitted trigger, repeated
  quote AAPL 248.00 x 248.10              > .
  trade AAPL 250                          > triggered @ 250, filled 10 @ 248 removed Filled
a stop limit rests once it is triggered
  quote AAPL 257.66 x 257.68
  submit #1 BUY 10 AAPL STP_LMT 259 258   > placed PreSubmitted trigger, repeated
  trade AAPL 259                          > triggered @ 259, filled 10 @ 257.68 removed Filled
a stop that is cancelled or changed has not traded
  quote AAPL 257.66 x 257.68
  submit #1 SELL 10 AAPL STP 250          > placed PreSubmitted trigger, repeated
  submit #1 SELL 10 AAPL STP 251          > replaced PreSubmitted trigger, repeated
  cancel #1                               > ended Cancelled 202 by its trader
  trade AAPL 240                          > .
"""  # noqa: E501


def stories() -> list[Any]:
    found: list[tuple[str, list[str]]] = []
    for line in STORIES.strip().splitlines():
        if line.startswith(" "):
            found[-1][1].append(line.strip())
        else:
            found.append((line, []))
    return [pytest.param(rows, id=title) for title, rows in found]


@pytest.mark.parametrize("rows", stories())
def test_story(rows: list[str]) -> None:
    stage = Stage()
    for row in rows:
        asked, _, expected = (part.strip() for part in row.partition(" > "))
        wanted = expected.split(", ") if expected not in ("", ".") else []
        assert [shown(one) for one in happened(stage, asked)] == wanted, asked
        check(stage.engine)


def happened(stage: Stage, row: str) -> list[Happened]:
    """What a row brings about, the beginning of the day left out."""
    found: list[Happened] = []
    told = stage.told

    def listen(done: list[Happened]) -> Any:
        found.extend(done)
        return told(done)

    stage.told = listen  # type: ignore[method-assign]
    stage.step(row)
    stage.told = told  # type: ignore[method-assign]
    return [one for one in found if type(one.fact) in SHORT]


def shown(one: Happened) -> str:
    fact: Any = one.fact
    words = [SHORT[type(fact)]]
    if isinstance(fact, OrderFilled):
        price = f"{fact.price / 10_000:g}"
        liquidity = ("added", "removed")[fact.liquidity - 1]
        words += [f"{fact.size // 10_000} @ {price} {liquidity}"]
    if isinstance(fact, OrderTriggered):
        words += [f"@ {fact.price / 10_000:g}"]
    if hasattr(fact, "status"):
        words += [fact.status]
    if getattr(fact, "whyHeld", ""):
        words += [fact.whyHeld]
    if isinstance(getattr(fact, "reason", None), Refusal):
        words += [str(fact.reason.code)]
    if isinstance(fact, OrderEnded):
        words += ["by the system" if fact.system else "by its trader"]
    return " ".join(words)


def test_a_decision_only_looks() -> None:
    """Between two facts nothing has changed but what the first of them says."""
    stage = Stage()
    for row in ("quote AAPL 257.66 x 257.68*60", "trade AAPL 257.67"):
        stage.step(row)
    engine = stage.engine
    state, apply, told = engine.state, engine._fold.apply, []
    after = [fingerprint(state)]

    def watched(fact: AnyFact, now: int) -> Any:
        assert fingerprint(state) == after[-1], f"changed before {fact}"
        order = apply(fact, now)
        told.append(type(fact).__name__)
        after.append(fingerprint(state))
        return order

    engine._fold.apply = watched  # type: ignore[method-assign]
    for row in ("submit #1 BUY 100 AAPL LMT 258 IOC", "submit #2 SELL 30 AAPL STP 257.9"):
        stage.step(row)
    assert told == [
        "DayBegan", "OrderPlaced", "OrderFilled", "OrderMoved", "OrderEnded", "OrderPlaced",
        "OrderTriggered", "OrderFilled",
    ]  # fmt: skip
    assert len(set(after)) == len(after), "a fact changed nothing"


def test_the_margin_check_counts_the_whole_order_and_can_be_switched_off() -> None:
    row = "submit #1 BUY 100000 AAPL MKT"
    for checked, status in ((True, "Inactive"), (False, "PreSubmitted")):
        stage = Stage(Profile(margin_check=checked))
        stage.step("quote AAPL 257.66 x 257.68")
        placed = happened(stage, row)[0].fact
        assert isinstance(placed, OrderPlaced) and placed.status == status
        assert (placed.reason is not None) is checked


def test_the_money_of_a_fill_is_in_its_fact() -> None:
    stage = Stage(Profile(opening_cash=100_000 * CASH_SCALE))
    stage.step("quote AAPL 257.66 x 257.68")
    _, fact = (one.fact for one in happened(stage, "submit #1 BUY 100 AAPL MKT"))
    assert isinstance(fact, OrderFilled)
    value = 25_768 * CASH_SCALE
    assert (fact.value, fact.cash) == (value, (("USD", -value - fact.fee),))
    assert (fact.position, fact.cost, fact.realized) == (100_0000, value + fact.fee, None)
    account = stage.engine.state.accounts["DU1234567"]
    assert account.cash["USD"] == 100_000 * CASH_SCALE - value - fact.fee
