"""The fill rules ``paper``, ``queue`` and ``instant``, and orders of several clients that meet."""

import re

import pytest

from papertape.model import OrderCondition
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import SubmitOrder
from papertape.venue.facts import MatchingSet, OrderQueued
from papertape.venue.invariants import check
from papertape.venue.script import FILL_RULES, ScriptRefused, SetMatching
from papertape.venue.units import SECOND, size_units
from walks import walk

from .scenario import Stage, command, rows_of, shown

QUIET = Profile(duplicate_pairs=False)
QUEUED = Profile(fill_rule="queue", duplicate_pairs=False)
INSTANT = Profile(fill_rule="instant", duplicate_pairs=False)


class Market(Stage):
    """A stage whose rows tell fills as ``#1 fill 30@257.66 Submitted``, and no fees."""

    def play(self, table: str) -> "Market":
        for row, expected in rows_of(table):
            told = [re.sub("(BOT|SLD) (.+) @ ", r"fill \2@", one) for one in shown(self.step(row))]
            happened = [one for one in told if " fee " not in one]
            check(self.engine)
            self.journal += self.engine.drain_journal()
            assert happened == expected, f"{row}\n  expected {expected}\n  happened {happened}"
        self.assert_replays()
        return self


def scenario(table: str, profile: Profile) -> Market:
    return Market(profile).play(table)


def ahead(stage: Stage, number: int, client: int = 1) -> int | None:
    order = stage.engine.find(client, number)
    assert order is not None
    return None if order.ahead is None else order.ahead // size_units(1)


# -- queue ----------------------------------------------------------------------------------------


def test_prints_take_those_in_front_first_then_the_order() -> None:
    stage = scenario(
        """
        quote   AAPL 257.66*300 x 257.68
        submit  #1 BUY 100 AAPL LMT 257.66  -> #1 accepted Submitted
        trade   AAPL 257.66*250             -> .
        trade   AAPL 257.66*80              -> #1 fill 30@257.66 Submitted
        trade   AAPL 257.66*500             -> #1 fill 70@257.66 Filled
        """,
        QUEUED,
    )
    assert [fill.liquidity for fill in stage.engine.archive.fills()] == [1, 1]


def test_paper_fills_none_of_these_from_prints() -> None:
    scenario(
        """
        quote   AAPL 257.66*300 x 257.68
        submit  #1 BUY 100 AAPL LMT 257.66  -> #1 accepted Submitted
        trade   AAPL 257.66*2500            -> .
        trade   AAPL 257.60*2500            -> .
        quote   AAPL 257.60 x 257.66        -> #1 fill 100@257.66 Filled
        """,
        QUIET,
    )


def test_a_queue_is_never_longer_than_what_is_shown() -> None:
    stage = scenario(
        """
        quote   AAPL 257.66*300 x 257.68
        submit  #1 BUY 100 AAPL LMT 257.66  -> #1 accepted Submitted
        quote   AAPL 257.66*500 x 257.68    -> .
        """,
        QUEUED,
    )
    assert ahead(stage, 1) == 300
    stage.play("quote  AAPL 257.66*120 x 257.68  -> .")
    assert ahead(stage, 1) == 120
    stage.play("trade  AAPL 257.66*150  -> #1 fill 30@257.66 Submitted")
    stage.play("quote  AAPL 257.64 x 257.68  -> .")
    assert ahead(stage, 1) == 0  # the market has left the level to it


def test_a_trade_through_fills_at_the_limit() -> None:
    scenario(
        """
        quote   AAPL 257.66*300 x 257.70*300
        submit  #1 BUY 100 AAPL LMT 257.66   -> #1 accepted Submitted
        submit  #2 SELL 50 AAPL LMT 257.70   -> #2 accepted Submitted
        trade   AAPL 257.65*1                -> #1 fill 100@257.66 Filled
        trade   AAPL 257.71*1                -> #2 fill 50@257.7 Filled
        """,
        QUEUED,
    )


def test_a_quote_at_the_limit_trades_what_it_shows_and_one_beyond_it_fills() -> None:
    scenario(
        """
        quote   AAPL 257.66*300 x 257.70*300
        submit  #1 BUY 100 AAPL LMT 257.66   -> #1 accepted Submitted
        quote   AAPL 257.60 x 257.66*40      -> #1 fill 40@257.66 Submitted
        quote   AAPL 257.60 x 257.64*5       -> #1 fill 60@257.66 Filled
        """,
        QUEUED,
    )


def test_what_comes_takes_the_touch_and_the_rest_joins_the_front() -> None:
    stage = scenario(
        """
        quote   AAPL 257.66*300 x 257.68*40
        submit  #1 BUY 100 AAPL LMT 257.68   -> #1 accepted Submitted; #1 fill 40@257.68 Submitted
        """,
        QUEUED,
    )
    assert ahead(stage, 1) == 0
    stage.play("trade  AAPL 257.68*25  -> #1 fill 25@257.68 Submitted")


def test_orders_at_one_price_stand_in_the_order_in_which_they_came() -> None:
    scenario(
        """
        quote   AAPL 257.66*100 x 257.70
        submit  #1 BUY 50 AAPL LMT 257.66    -> #1 accepted Submitted
        quote   AAPL 257.66*140 x 257.70     -> .
        submit  c2#1 BUY 50 AAPL LMT 257.66  -> c2#1 accepted Submitted
        trade   AAPL 257.66*120              -> #1 fill 20@257.66 Submitted
        trade   AAPL 257.66*60               -> #1 fill 30@257.66 Filled
        trade   AAPL 257.66*30               -> c2#1 fill 20@257.66 Submitted
        """,
        QUEUED,
    )


def test_less_keeps_the_place_and_another_price_or_more_loses_it() -> None:
    stage = scenario(
        """
        quote   AAPL 257.66*100 x 257.70
        submit  #1 BUY 50 AAPL LMT 257.66    -> #1 accepted Submitted
        quote   AAPL 257.66*900 x 257.70     -> .
        submit  #1 BUY 40 AAPL LMT 257.66    -> #1 replaced Submitted
        """,
        QUEUED,
    )
    assert ahead(stage, 1) == 100
    stage.play("submit  #1 BUY 60 AAPL LMT 257.66  -> #1 replaced Submitted")
    assert ahead(stage, 1) == 900
    stage.play("submit  #1 BUY 60 AAPL LMT 257.67  -> #1 replaced Submitted")
    assert ahead(stage, 1) == 0  # between the sides nobody stands before it


def test_a_level_under_the_touch_has_the_size_that_the_book_shows() -> None:
    stage = scenario("quote  AAPL 257.66*300 x 257.68", QUEUED)
    entry = stage.engine.instruments.get(265598)
    assert entry is not None
    book = stage.market.depth(entry.conId, stage.now, 10)
    second = book.bids[1]
    price = second.price / entry.scale
    stage.play(f"submit  #1 BUY 5 AAPL LMT {price}  -> #1 accepted Submitted")
    order = stage.engine.find(1, 1)
    assert order is not None and order.ahead == second.size > 0


def test_a_pegged_order_queues_anew_at_each_price() -> None:
    stage = scenario(
        """
        quote   AAPL 257.66*100 x 257.70
        submit  #1 BUY 50 AAPL PASSV_REL auxPrice=0.01  -> #1 accepted Submitted
        """,
        QUEUED,
    )
    first = stage.engine.find(1, 1)
    stage.step("quote AAPL 257.67*250 x 257.70")
    then = stage.engine.find(1, 1)
    assert first is not None and then is not None
    assert (first.limit, then.limit) == (2_576_500, 2_576_600)
    assert first.joined < then.joined == stage.now


def test_all_or_none_waits_for_the_whole() -> None:
    scenario(
        """
        quote   AAPL 257.66*10 x 257.70
        submit  #1 BUY 50 AAPL LMT 257.66 allOrNone=True  -> #1 accepted Submitted
        trade   AAPL 257.66*30               -> .
        trade   AAPL 257.66*50               -> #1 fill 50@257.66 Filled
        """,
        QUEUED,
    )


def test_a_stop_that_is_elected_takes_and_then_queues() -> None:
    stage = scenario(
        """
        quote   AAPL 257.66*300 x 257.68*40
        submit  #1 BUY 100 AAPL STP_LMT 257.70 257.75  -> #1 accepted PreSubmitted trigger
        quote   AAPL 257.72 x 257.74*30      -> .
        trade   AAPL 257.71                  -> #1 elected Submitted; #1 fill 30@257.74 Submitted
        trade   AAPL 257.75*10               -> #1 fill 10@257.75 Submitted
        """,
        QUEUED,
    )
    assert ahead(stage, 1) == 0


# -- instant --------------------------------------------------------------------------------------


def test_instant_fills_whole_at_the_touch_or_else_at_the_limit() -> None:
    scenario(
        """
        quote   AAPL 257.66*1 x 257.68*1
        submit  #1 BUY 500 AAPL MKT          -> #1 accepted PreSubmitted; #1 fill 500@257.68 Filled
        submit  #2 SELL 500 AAPL LMT 257.00  -> #2 accepted Submitted; #2 fill 500@257.66 Filled
        submit  #3 BUY 9 AAPL LMT 1.00       -> #3 accepted Submitted; #3 fill 9@1 Filled
        submit  #4 BUY 9 AAPL LMT 1.00 IOC   -> #4 accepted Submitted; #4 fill 9@1 Filled
        submit  #5 BUY 9 AAPL LMT 1.00 FOK   -> #5 accepted Submitted; #5 fill 9@1 Filled
        """,
        INSTANT,
    )


def test_instant_stops_wait_for_their_stop() -> None:
    scenario(
        """
        quote   AAPL 257.66*1 x 257.68*1
        submit  #1 SELL 10 AAPL STP 257.00   -> #1 accepted PreSubmitted trigger
        quote   AAPL 256.90*1 x 257.00*1     -> .
        trade   AAPL 256.95                  -> #1 elected Submitted; #1 fill 10@256.9 Filled
        """,
        INSTANT,
    )


def test_instant_market_orders_without_a_quote_take_the_last_price() -> None:
    scenario(
        """
        trade   AAPL 256.95                  -> .
        submit  #1 BUY 10 AAPL MKT           -> #1 accepted PreSubmitted; #1 fill 10@256.95 Filled
        submit  #2 BUY 10 TSLA MKT           -> #2 accepted PreSubmitted
        quote   TSLA - x 420.00*1            -> #2 fill 10@420 Filled
        """,
        INSTANT,
    )


def test_instant_fills_every_component_of_a_scale_order() -> None:
    stage = scenario("quote  AAPL 257.66*1 x 257.68*1", INSTANT)
    stage.step(
        "submit #1 BUY 30 AAPL LMT 257.00 scaleInitLevelSize=10 scaleSubsLevelSize=10 "
        "scalePriceIncrement=0.5"
    )
    order = stage.engine.find(1, 1)
    assert order is not None and order.status == "Filled"
    prices = [fill.price for fill in stage.engine.archive.fills()]
    assert prices == [2_570_000, 2_565_000, 2_560_000]


# -- orders that meet -----------------------------------------------------------------------------

MEET = """
    quote   AAPL 257.60*100 x 257.70*100
    submit  #1 BUY 60 AAPL LMT 257.65     -> #1 accepted Submitted
    submit  c2#1 SELL 100 AAPL LMT 257.60 -> c2#1 accepted Submitted; {met}
"""


@pytest.mark.parametrize("rule", ["paper", "queue"])
def test_orders_of_two_clients_meet_at_the_limit_of_the_one_that_rests(rule: str) -> None:
    met = "c2#1 fill 60@257.65 Submitted; #1 fill 60@257.65 Filled; c2#1 fill 40@257.6 Filled"
    stage = scenario(MEET.format(met=met), Profile(fill_rule=rule, duplicate_pairs=False))  # type: ignore[arg-type]
    taker, maker = (fill.liquidity for fill in list(stage.engine.archive.fills())[:2])
    assert (taker, maker) == (2, 1)


def test_under_instant_nothing_rests_that_could_be_met() -> None:
    scenario(
        """
        quote   AAPL 257.60*100 x 257.70*100
        submit  #1 BUY 60 AAPL LMT 257.65     -> #1 accepted Submitted; #1 fill 60@257.65 Filled
        submit  c2#1 SELL 9 AAPL LMT 257.60   -> c2#1 accepted Submitted; c2#1 fill 9@257.6 Filled
        """,
        INSTANT,
    )


@walk("rule", FILL_RULES)
def test_orders_of_one_client_pass_each_other(rule: str) -> None:
    profile = Profile(fill_rule=rule, duplicate_pairs=False)
    stage = scenario("quote  AAPL 257.60*100 x 257.70*100", profile)
    stage.step("submit #1 BUY 60 AAPL LMT 257.65")
    stage.step("submit #2 SELL 60 AAPL LMT 257.62")
    prices = {fill.price for fill in stage.engine.archive.fills()}
    assert prices == ({2_576_500, 2_576_200} if rule == "instant" else set())


@pytest.mark.parametrize("rule", ["paper", "queue"])
def test_better_orders_go_first_then_the_quote_then_those_at_its_price(rule: str) -> None:
    scenario(
        """
        quote   AAPL 257.60*100 x 257.70*50
        submit  #1 SELL 10 AAPL LMT 257.70    -> #1 accepted Submitted
        submit  #2 SELL 10 AAPL LMT 257.66    -> #2 accepted Submitted
        submit  #3 SELL 10 AAPL LMT 257.64    -> #3 accepted Submitted
        submit  c2#1 BUY 90 AAPL MKT          -> c2#1 accepted PreSubmitted; {}
        """.format(
            "c2#1 fill 10@257.64 Submitted; #3 fill 10@257.64 Filled; "
            "c2#1 fill 10@257.66 Submitted; #2 fill 10@257.66 Filled; "
            "c2#1 fill 50@257.7 Submitted; "
            "c2#1 fill 10@257.7 Submitted; #1 fill 10@257.7 Filled"
        ),
        Profile(fill_rule=rule, duplicate_pairs=False),  # type: ignore[arg-type]
    )


def test_a_first_fill_that_gives_a_limit_ends_what_it_meets() -> None:
    """MTL rests at the price of its first fill: the second order is beyond that."""
    stage = scenario(
        """
        quote   AAPL 257.60*100 x 257.70*50
        submit  #1 BUY 10 AAPL LMT 257.65      -> #1 accepted Submitted
        submit  #2 BUY 10 AAPL LMT 257.64      -> #2 accepted Submitted
        """,
        QUIET,
    )
    stage.step("submit c2#1 SELL 30 AAPL MTL")
    check(stage.engine)
    order = stage.engine.find(2, 1)
    assert order is not None and (order.filled, order.limit) == (100_000, 2_576_500)


def test_what_does_not_wait_counts_whom_it_meets() -> None:
    scenario(
        """
        quote   AAPL 257.60*100 x 257.70*50
        submit  #1 SELL 10 AAPL LMT 257.65     -> #1 accepted Submitted
        submit  c2#1 BUY 10 AAPL LMT 257.66 FOK -> {}
        """.format("c2#1 accepted Submitted; c2#1 fill 10@257.65 Filled; #1 fill 10@257.65 Filled"),
        QUIET,
    )


@pytest.mark.parametrize("limit", ["200", "257.65"])
def test_a_market_order_that_waits_meets_nobody_below_the_quote(limit: str) -> None:
    met = "c2#2 fill 10@257.66 Filled; #1 fill 10@257.66 Submitted"
    scenario(
        f"""
        quote   AAPL 257.66*20 x 257.68
        submit  #1 SELL 50 AAPL MKT          -> #1 accepted Submitted; #1 fill 20@257.66 Submitted
        submit  c2#1 BUY 30 AAPL LMT {limit} -> c2#1 accepted Submitted
        submit  c2#2 BUY 10 AAPL LMT 257.67  -> c2#2 accepted Submitted; {met}
        """,
        QUIET,
    )


def test_post_only_does_not_meet() -> None:
    stage = scenario(
        """
        quote   AAPL 257.60*100 x 257.70*50
        submit  #1 SELL 10 AAPL LMT 257.65     -> #1 accepted Submitted
        """,
        QUIET,
    )
    stage.step("submit c2#1 BUY 10 AAPL LMT 257.66 postOnly=True")
    order = stage.engine.find(2, 1)
    assert order is not None and (order.status, order.filled) == ("Cancelled", 0)


def test_a_group_is_cancelled_by_a_fill_with_another_client() -> None:
    stage = scenario(
        """
        quote   AAPL 257.60*100 x 257.70*50
        submit  #1 SELL 10 AAPL LMT 257.65 ocaGroup=g ocaType=1  -> #1 accepted Submitted
        submit  #2 SELL 10 AAPL LMT 259.00 ocaGroup=g ocaType=1  -> #2 accepted Submitted
        """,
        QUIET,
    )
    stage.step("submit c2#1 BUY 10 AAPL LMT 257.66")
    statuses = [stage.engine.find(1, number) for number in (1, 2)]
    assert [order and order.status for order in statuses] == ["Filled", "Cancelled"]
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


@pytest.mark.parametrize(("name", "meets"), [("g", False), ("h", True)])
def test_orders_of_one_group_pass_each_other_whoever_placed_them(name: str, meets: bool) -> None:
    stage = scenario("quote  AAPL 257.60*100 x 257.70*50", QUIET)
    stage.step("submit #1 SELL 10 AAPL LMT 257.65 ocaGroup=g ocaType=1")
    stage.step(f"submit c2#1 BUY 10 AAPL LMT 257.66 ocaGroup={name} ocaType=1")
    orders = [stage.engine.find(client, 1) for client in (1, 2)]
    assert [order and order.filled for order in orders] == [100_000 * meets] * 2
    check(stage.engine)


def test_a_condition_on_a_fill_lets_no_order_of_its_group_fill_as_well() -> None:
    stage = scenario("quote  AAPL 257.60*100 x 257.70*50", QUIET)
    order = "ocaGroup=g ocaType=1"
    stage.step(f"submit #1 BUY 10 AAPL LMT 257.00 {order}")
    asked = command("submit", f"#2 BUY 5 AAPL MKT {order}".split())
    assert isinstance(asked, SubmitOrder)
    condition = OrderCondition(type=5, symbol="AAPL", secType="STK", exchange="SMART")
    asked.order.conditions = [condition]
    stage.submit(asked)
    stage.step("quote AAPL 256.90 x 257.00")
    found = [stage.engine.find(1, number) for number in (1, 2)]
    assert [one and one.status for one in found] == ["Filled", "Cancelled"]


# -- the setting ----------------------------------------------------------------------------------


def test_a_command_changes_the_rule_and_a_restart_keeps_it() -> None:
    stage = scenario(
        """
        quote   AAPL 257.66*300 x 257.68
        submit  #1 BUY 100 AAPL LMT 257.66  -> #1 accepted Submitted
        """,
        QUIET,
    )
    stage.submit(SetMatching(fill_rule="queue"))
    (entry,) = stage.engine.drain_journal()
    assert [type(fact) for fact in entry.facts] == [MatchingSet]
    stage.journal.append(entry)
    stage.assert_replays()
    stage.play("submit  #2 BUY 10 AAPL LMT 257.66  -> #2 accepted Submitted")
    stage.play("trade   AAPL 257.66*305            -> #2 fill 5@257.66 Submitted")
    stage.engine.replay([])  # what is derived is built again
    assert stage.engine.next_due() is not None
    stage.play("trade   AAPL 257.60*1              -> #2 fill 5@257.66 Filled")


@walk(
    ("command", "problem"),
    [
        (SetMatching(fill_rule="best"), "no fill rule"),  # type: ignore[arg-type]
        (SetMatching(acknowledged=-1), "on its way"),
        (SetMatching(routed=61 * SECOND), "60 s"),
        (SetMatching(spread=2_000_000_000_000), "percent"),
    ],
)
def test_impossible_rules_are_refused(command: SetMatching, problem: str) -> None:
    stage = Stage(QUIET)
    with pytest.raises(ScriptRefused, match=problem):
        stage.submit(command)
    assert stage.engine.drained


def test_ticks_that_move_no_queue_are_no_facts() -> None:
    stage = scenario(
        """
        quote   AAPL 257.66*300 x 257.68
        submit  #1 BUY 100 AAPL LMT 257.66  -> #1 accepted Submitted
        """,
        QUEUED,
    )
    for size in (400, 300, 900):
        stage.step(f"quote AAPL 257.66*{size} x 257.68")
    facts = [fact for entry in stage.engine.drain_journal() for fact in entry.facts]
    assert not [fact for fact in facts if isinstance(fact, OrderQueued)]


def test_a_hedge_that_never_got_a_size_takes_its_children_along() -> None:
    stage = scenario("quote  AAPL 257.60*100 x 257.70*50", QUIET)
    stage.step("submit #1 BUY 10 AAPL LMT 250.00")
    stage.step("submit #2 SELL 0 IBM MKT parentId=1 hedgeType=P hedgeParam=0.5")
    stage.step("submit #3 BUY 5 IBM LMT 200.00 parentId=2")
    stage.step("cancel #1")
    statuses = [stage.engine.find(1, number) for number in (1, 2, 3)]
    assert [order and order.status for order in statuses] == ["Cancelled"] * 3
    check(stage.engine)
