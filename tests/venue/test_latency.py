"""How long orders are on their way: to the broker, who acknowledges them, and to their exchange."""

import re

import pytest

from papertape.venue.broker.profile import Profile
from papertape.venue.engine import Engine
from papertape.venue.invariants import check
from papertape.venue.script import SetMatching
from papertape.venue.units import RATE_SCALE, SECOND, Nanos

from .scenario import Stage, rows_of, shown

MILLISECOND = SECOND // 1_000
ACKNOWLEDGED = Profile(ack_latency=190 * MILLISECOND, duplicate_pairs=False)
ROUTED = Profile(fill_latency=40 * MILLISECOND, duplicate_pairs=False)
BOTH = Profile(ack_latency=190 * MILLISECOND, fill_latency=40 * MILLISECOND, duplicate_pairs=False)


class Clock(Stage):
    """A stage whose rows tell fills as ``#1 fill 30@257.66 Submitted``, and no fees; ``wait 190``
    lets so many milliseconds pass."""

    def play(self, table: str) -> "Clock":
        for row, expected in rows_of(table):
            if row.startswith("wait"):
                self.now += int(row.split()[1]) * MILLISECOND
                told = shown(self.told(self.engine.advance(self.now)))
            else:
                told = shown(self.step(row))
            told = [re.sub("(BOT|SLD) (.+) @ ", r"fill \2@", one) for one in told]
            happened = [one for one in told if " fee " not in one]
            check(self.engine)
            self.journal += self.engine.drain_journal()
            assert happened == expected, f"{row}\n  expected {expected}\n  happened {happened}"
        self.assert_replays()
        return self


def scenario(table: str, profile: Profile) -> Clock:
    return Clock(profile).play(table)


def test_the_broker_acknowledges_later_and_the_order_trades_then() -> None:
    scenario(
        """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL MKT     -> #1 accepted PendingSubmit
        wait    189                   -> .
        wait    1                     -> #1 accepted PreSubmitted; #1 fill 1@257.68 Filled
        """,
        ACKNOWLEDGED,
    )


def test_a_fill_comes_at_the_quote_of_the_arrival() -> None:
    scenario(
        """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL MKT     -> #1 accepted PreSubmitted
        wait    39                    -> .
        wait    1                     -> #1 fill 1@257.68 Filled
        submit  #2 BUY 1 AAPL LMT 257.67  -> #2 accepted Submitted
        wait    40                    -> .
        quote   AAPL 257.60 x 257.66  -> #2 fill 1@257.66 Filled
        """,
        ROUTED,
    )


def test_both_ways_add_up_and_the_engine_wakes_for_them() -> None:
    stage = scenario(
        """
        quote   AAPL 257.66 x 257.68
        submit  #1 SELL 1 AAPL MKT    -> #1 accepted PendingSubmit
        """,
        BOTH,
    )
    assert stage.engine.next_due() == stage.now + 190 * MILLISECOND
    stage.play("wait  190  -> #1 accepted Submitted")
    assert stage.engine.next_due() == stage.now + 40 * MILLISECOND
    stage.play("wait  40   -> #1 fill 1@257.66 Filled")


def test_an_order_on_its_way_can_be_cancelled_and_not_changed() -> None:
    stage = Clock(Profile(ack_latency=5 * SECOND, duplicate_pairs=False))
    stage.step("quote AAPL 257.66 x 257.68")
    stage.step("submit #1 BUY 1 AAPL LMT 250")
    (refused,) = shown(stage.step("submit #1 BUY 2 AAPL LMT 250"))
    assert refused == "#1 refused 2102"
    (ended,) = shown(stage.step("cancel #1"))
    assert ended == "#1 ApiCancelled"
    stage.now += 10 * SECOND
    assert stage.engine.advance(stage.now) == []
    check(stage.engine)


def test_a_refusal_comes_with_the_acknowledgement() -> None:
    stage = scenario(
        """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1000000 AAPL MKT  -> #1 accepted PendingSubmit
        """,
        ACKNOWLEDGED,
    )
    stage.now += SECOND
    stage.engine.advance(stage.now)
    order = stage.engine.find(1, 1)
    assert order is not None and order.status == "Inactive"


def test_children_of_a_refused_parent_end_with_it() -> None:
    stage = Clock(ACKNOWLEDGED)
    stage.step("quote AAPL 257.66 x 257.68")
    stage.step("submit #1 BUY 1000000 AAPL MKT transmit=False")
    stage.step("submit #2 SELL 1000000 AAPL LMT 300 parentId=1")
    stage.now += SECOND
    stage.engine.advance(stage.now)
    check(stage.engine)
    ended = [stage.engine.find(1, number) for number in (1, 2)]
    assert [order and order.status for order in ended] == ["Inactive", "Cancelled"]


def test_a_bracket_on_its_way_works_in_its_order() -> None:
    stage = Clock(BOTH)
    stage.step("quote AAPL 257.66 x 257.68")
    stage.step("submit #1 BUY 10 AAPL MKT transmit=False")
    stage.step("submit #2 SELL 10 AAPL LMT 300 parentId=1 transmit=False")
    stage.step("submit #3 SELL 10 AAPL STP 200 parentId=1")
    assert {o.status for o in stage.engine.state.orders.values()} == {"PendingSubmit"}
    for _ in range(10):
        stage.now += 50 * MILLISECOND
        stage.engine.advance(stage.now)
        check(stage.engine)
    found = {o.orderId: (o.status, o.whyHeld) for o in stage.engine.state.orders.values()}
    assert found == {2: ("Submitted", ""), 3: ("PreSubmitted", "trigger")}


def test_an_elected_stop_is_on_its_way_as_well() -> None:
    scenario(
        """
        quote   AAPL 257.66 x 257.68
        submit  #1 SELL 1 AAPL STP 257   -> #1 accepted PreSubmitted trigger
        trade   AAPL 256.90              -> #1 elected Submitted
        wait    40                       -> #1 fill 1@257.66 Filled
        """,
        ROUTED,
    )


@pytest.mark.parametrize(
    ("tif", "filled", "status"), [("IOC", 10, "Cancelled"), ("FOK", 0, "Inactive")]
)
def test_what_does_not_wait_is_decided_at_its_exchange(tif: str, filled: int, status: str) -> None:
    stage = Clock(ROUTED)
    stage.step("quote AAPL 257.66 x 257.68*10")
    stage.step(f"submit #1 BUY 20 AAPL LMT 257.68 {tif}")
    sent = stage.engine.find(1, 1)
    assert sent is not None and (sent.status, sent.filled) == ("PreSubmitted", 0)
    stage.now += 40 * MILLISECOND
    stage.engine.advance(stage.now)
    order = stage.engine.find(1, 1)
    assert order is not None and (order.filled // 10_000, order.status) == (filled, status)
    check(stage.engine)


def test_post_only_is_decided_at_its_exchange() -> None:
    stage = Clock(ROUTED)
    stage.step("quote AAPL 257.66 x 257.70")
    stage.step("submit #1 BUY 1 AAPL LMT 257.68 postOnly=True")
    stage.market.add(
        type(quote := stage.market.quote(265598, stage.now))(
            quote.conId, stage.now + MILLISECOND, quote.bid, quote.bidSize, 2_576_700, 10_000
        )
    )
    stage.now += SECOND
    stage.engine.advance(stage.now)
    order = stage.engine.find(1, 1)
    assert order is not None and (order.status, order.filled) == ("Cancelled", 0)


def test_a_group_reaches_orders_on_their_way() -> None:
    stage = Clock(ACKNOWLEDGED)
    stage.step("quote AAPL 257.66 x 257.68")
    stage.step("submit #1 BUY 1 AAPL LMT 200 ocaGroup=g ocaType=1")
    stage.now += 10 * SECOND
    stage.engine.advance(stage.now)
    stage.now -= SECOND  # a row takes a second: the second order is placed at this instant
    stage.step("submit #2 BUY 1 AAPL MKT ocaGroup=g ocaType=1")
    stage.now += 190 * MILLISECOND
    stage.engine.advance(stage.now)
    check(stage.engine)
    found = [stage.engine.find(1, number) for number in (1, 2)]
    assert [order and order.status for order in found] == ["Cancelled", "Filled"]


def test_a_restart_on_the_way_changes_nothing() -> None:
    """Snapshot and journal keep the instant of the arrival, whatever the settings then say."""
    stage = Clock(BOTH)
    stage.step("quote AAPL 257.66 x 257.68")
    stage.step("submit #1 BUY 1 AAPL MKT")
    replayed = Engine(None)
    replayed.replay([*stage.journal, *stage.engine.drain_journal()])
    assert replayed.state_hash() == stage.engine.state_hash()
    twin = Engine(stage.market, Profile())
    twin.restore(bytes(stage.engine.snapshot()), lambda *_: ((), ()))
    due = stage.now + 190 * MILLISECOND
    assert twin.state_hash() == stage.engine.state_hash() and twin.next_due() == due
    twin.advance(due)
    order = twin.find(1, 1)
    assert order is not None and order.status == "Filled"  # the new settings have no second way


def arrivals(seed: int, count: int = 20) -> list[Nanos]:
    profile = Profile(ack_latency=100 * MILLISECOND, latency_spread=RATE_SCALE // 2, seed=seed)
    stage = Clock(profile)
    stage.step("quote AAPL 257.66 x 257.68")
    for number in range(1, count + 1):
        stage.step(f"submit #{number} BUY 1 AAPL LMT 200")
    rows = [stage.engine.find(1, number) for number in range(1, count + 1)]
    sent = [stage.now - (count - number) * SECOND for number in range(1, count + 1)]
    del stage
    found = []
    for row, at in zip(rows, sent, strict=True):
        assert row is not None
        found.append((row.accepted if not row.arrives else row.arrives) - at)
    return found


def test_the_spread_is_drawn_from_the_seed_and_stays_inside() -> None:
    first = arrivals(1)
    assert first == arrivals(1) != arrivals(2)
    assert min(first) >= 50 * MILLISECOND and max(first) <= 150 * MILLISECOND
    assert max(first) - min(first) > 40 * MILLISECOND


def test_a_command_sets_latency_from_now_on() -> None:
    stage = Clock(Profile(duplicate_pairs=False))
    stage.step("quote AAPL 257.66 x 257.68")
    stage.submit(SetMatching(acknowledged=300 * MILLISECOND))
    stage.step("submit #1 BUY 1 AAPL MKT")
    order = stage.engine.find(1, 1)
    assert order is not None and order.status == "PendingSubmit"
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()
