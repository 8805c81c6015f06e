"""A world on a station in memory: what clients are sent, what is decided, what cannot be."""

from decimal import Decimal

import pytest

from papertape.errors import WorldError
from papertape.model import Contract, Order
from papertape.server.drills.registry import MAX_RUNNING
from papertape.server.worlds import player
from papertape.server.worlds.expecting import WorldOutcome
from papertape.venue.market.laid import WorldTape
from papertape.wire.catalogue.market import CancelMktData, ReqMktData, TickGeneric, TickPrice
from papertape.wire.catalogue.orders import CancelOrder, PlaceOrder
from papertape.wire.catalogue.reports import (
    CommissionReport,
    ExecutionDetails,
    OpenOrder,
    OrderStatus,
)
from papertape.worlds.reading import read_steps, read_world
from server.market import WrittenMarket
from server.pair import Client, Hall
from walks import walk

SPY = Contract(symbol="SPY", secType="STK", exchange="SMART", currency="USD")


class Play:
    """A hall, a client, and a world that plays."""

    def __init__(self, text: str = "", version: int = 176) -> None:
        self.hall = Hall(market=WorldTape(WrittenMarket()))
        self.client: Client = self.hall.client(1, version)
        self.player = self.hall.station.world
        self.hall.station.taps.record(self.player.seen)
        self.player.load(read_world(text))
        self.hall.wait(1e-9)

    def say(self, text: str) -> None:
        for one in read_steps(text):
            self.player.place(one)
        self.hall.wait(1e-9)

    def buy(self, order_id: int, size: int = 100, limit: float = 170.0, **more: object) -> None:
        order = Order(
            action="BUY", totalQuantity=Decimal(size), orderType="LMT", lmtPrice=limit,
            account="DU1234567", tif="DAY", **more,  # type: ignore[arg-type]
        )  # fmt: skip
        self.client.send(PlaceOrder(order_id, SPY, order))

    def told(self) -> list[str]:
        """What the client is told of its orders."""
        return [line for message in self.client.got() if (line := shown(message))]

    def end(self) -> list[WorldOutcome]:
        return self.player.finish()


def shown(message: object) -> str:
    match message:
        case OrderStatus():
            return f"{message.orderId} {message.status} {message.filled}"
        case ExecutionDetails(execution=e):
            return f"{e.orderId} {e.side} {e.shares} @ {e.price:g}"
        case CommissionReport():
            return "commission"
        case OpenOrder():
            return "open"
    return ""


DIP = """
account    DU1234567  cash 25,000 USD
quote      SPY  170.08 x 170.10

+5s        quote  SPY  168.28 x 168.30
on order   BUY SPY                      as dip
  fill     dip  60 @ 168.30
  +2s      fill dip rest @ 168.31
on order   BUY SPY                      # a second one
  reject   201 "Available funds are not sufficient"

expect     order  BUY 100 SPY LMT  within 3s of +5s
expect     orders  2
at end     position SPY 100;  no working orders
"""


def test_a_dip_a_partial_fill_a_rejection() -> None:
    play = Play(DIP)
    play.hall.wait(6)
    play.buy(1)
    assert play.told() == [
        "open", "1 Submitted 0", "1 BOT 60 @ 168.3", "open", "1 Submitted 60", "open",
        "1 Submitted 60", "commission",
    ]  # fmt: skip
    play.hall.wait(2)
    assert play.told()[0] == "1 BOT 40 @ 168.31"
    play.buy(2)
    outcomes = play.end()
    assert [(one.line, one.passed) for one in outcomes] == [
        (12, True), (13, True), (14, True), (14, True),
    ]  # fmt: skip
    account = play.hall.station.venue.state.accounts["DU1234567"]
    assert account.cash["USD"] < 25_000 * 10**6


def test_a_world_says_how_orders_fill_and_how_long_they_take() -> None:
    play = Play("quote SPY 170.08*100 x 170.10*100\nfills instant\nlatency ack 200ms spread 0%")
    play.buy(1)
    assert play.told() == ["open", "1 PendingSubmit 0"]
    play.hall.wait(0.2)
    told = play.told()
    assert "1 BOT 100 @ 170" in told  # at its limit, which no quote reaches
    assert told[-1] == "commission"
    rules = play.hall.station.venue.state.script.matching
    assert rules is not None and (rules.fill_rule, rules.acknowledged) == ("instant", 200_000_000)


def test_a_world_cannot_take_longer_than_the_most() -> None:
    with pytest.raises(WorldError, match=r"line 1.*60 s on its way at most"):
        Play("latency ack 61s")


def test_a_rejection_has_its_text_in_tws_words() -> None:
    play = Play('on order\n  reject 201 "no funds"\non order\n  reject 10349 "Order TIF was set"')
    play.buy(1)
    assert (1, 201, "Order rejected - reason:no funds") in play.client.errors()
    play.buy(2)
    assert (2, 10349, "Order TIF was set") in play.client.errors()


def test_lines_while_it_runs_and_names() -> None:
    play = Play("quote SPY 170 x 170.02")
    play.say("on order as one")
    play.buy(1)
    play.told()
    play.say("fill one 10 @ 169.50")
    assert play.told()[0] == "1 BOT 10 @ 169.5"
    play.say("cancel one")
    assert play.told()[-1] == "1 Cancelled 10"
    with pytest.raises(WorldError, match="no order with the permId"):
        play.say("fill one")
    with pytest.raises(WorldError, match="line 1, column 6: 'two' is no order that has come"):
        play.say("fill two")


def test_quotes_reach_a_line_and_a_halt_takes_them_away() -> None:
    play = Play("quote SPY 170 x 170.02*300")
    play.client.send(ReqMktData(9, SPY))
    prices = lambda: [(t.tickType, t.price) for t in play.client.of(TickPrice)]  # noqa: E731
    assert prices()[:2] == [(1, 170.0), (2, 170.02)]
    play.say("ramp SPY to 160.01 over 2s every 1s")
    play.hall.wait(1.5)
    assert (2, 165.02) in prices()
    ticks = lambda: [  # noqa: E731
        (t.tickType, t.value if isinstance(t, TickGeneric) else t.price)
        for t in play.client.got()
        if isinstance(t, TickPrice | TickGeneric)
    ]
    play.say("halt SPY for 5s")
    play.hall.wait(1)
    assert ticks() == [(1, -1.0), (2, -1.0), (49, 1.0)]
    play.hall.wait(5)
    assert ticks() == [(1, 160.0), (2, 160.02), (49, 0.0)]
    play.client.send(CancelMktData(9))


def test_a_ramp_begins_at_the_quote_written_at_the_same_moment() -> None:
    play = Play("quote SPY 100 x 100.02\nramp SPY to 104.01 over 2s every 1s")
    play.client.send(ReqMktData(9, SPY))
    play.hall.wait(1.5)
    prices = [t.price for t in play.client.of(TickPrice) if t.tickType == 2]
    assert prices == [100.02, 102.02]


def test_an_order_fills_by_the_worlds_market() -> None:
    play = Play("quote SPY 170 x 170.02*300")
    play.buy(1, 400, 170.02)
    assert play.told()[2] == "1 BOT 300 @ 170.02"
    play.say("quote SPY 169.98 x 170.00*50")
    assert play.told()[0] == "1 BOT 50 @ 170"
    play.say("quote SPY - x 169.50")
    assert play.told()[0] == "1 BOT 50 @ 169.5"


def test_a_late_order_is_filled_before_its_client_hears_of_it() -> None:
    play = Play("quote SPY 170 x 170.02\non order as one\n  late 3s\n  fill 10 @ 170")
    play.buy(1)
    assert play.told() == []
    (order,) = play.hall.station.venue.state.orders.values()
    assert order.filled == 10 * 10_000
    play.hall.wait(2.9)
    assert play.told() == []
    play.hall.wait(0.2)
    assert play.told()[:3] == ["open", "1 Submitted 0", "1 BOT 10 @ 170"]
    play.buy(2)
    assert play.told()[0] == "open"


NIGHT = """
quote      SPY  170.00 x 170.02
on order   BUY SPY                     as one
  +100ms   drill link-lost
  +1s      fill one
  +20s     drill link-restored data-lost
"""


def test_a_fill_during_an_outage_has_its_own_time() -> None:
    play = Play(NIGHT)
    play.buy(1)
    began = play.hall.now
    play.hall.wait(19)
    assert play.told() == ["open", "1 Submitted 0", "open", "1 Submitted 0"]
    assert not play.hall.station.link.up
    play.say("quote SPY 150 x 150.02")
    play.hall.wait(3)
    assert play.told()[0] == "1 BOT 100 @ 170"
    (row,) = play.hall.station.queries.executions()
    assert row.time == began + 10**9
    assert play.hall.station.venue.quote(756733, play.hall.now).bid == 1_500_000


FAILS = """
expect order BUY 50 SPY LMT within 2s
expect orders 2
expect order SELL SPY
expect position SPY 5
expect requests cancelOrder 2 orderId=7
expect no working orders
expect cash 5 USD
"""


def test_a_failure_shows_what_was_wanted_and_what_came() -> None:
    play = Play("quote SPY 170 x 170.02" + FAILS)
    play.buy(1, 100, 150.0)
    play.client.send(CancelOrder(9))
    play.hall.wait(3)
    assert [one.line for one in play.player.failures] == [2]
    told = {one.line: str(one) for one in play.end()}
    assert told[2].splitlines()[:2] == [
        "line 2: expect order BUY 50 SPY LMT within 2s",
        "  wanted  BUY 50 SPY LMT  from 10:00:00.000 to 10:00:02.000",
    ]
    assert "  came    BUY 100 SPY LMT @ 150  client 1 #1  at 10:00:00.000  ← 100, not 50" in told[2]
    assert "wanted  2 orders" in told[3]
    assert "← BUY, not SELL" in told[4]
    assert "came    position SPY 0" in told[5]
    assert "wanted  2 cancelOrder orderId=7" in told[6] and "← orderId=9" in told[6]
    assert "came    BUY 100 SPY LMT" in told[7]
    assert "came    cash 1,000,000.000000 USD" in told[8] or "came    cash 1,000,000" in told[8]


def test_what_came_too_late_does_not_count() -> None:
    play = Play("+5s expect orders 0\nexpect order BUY within 2s of +1s")
    play.hall.wait(4)
    play.buy(1)
    play.hall.wait(2)
    found = [(one.line, one.passed) for one in play.player.outcomes]
    assert found == [(2, False), (1, False)]


def test_a_step_that_cannot_be_carried_out_fails_the_world() -> None:
    play = Play("+1s fill nobody\n+2s ramp GME -5% over 1s\n+3s end\n+4s quote SPY 1 x 2")
    play.hall.wait(5)
    assert [one.passed for one in play.player.outcomes] == [False, False]
    assert "'nobody' is no order that has come" in str(play.player.outcomes[0])
    assert "has no quote that could move" in str(play.player.outcomes[1])
    assert play.player.over and not play.player.waits
    play = Play("on order as one\n  fill 500")
    play.buy(1)
    (failed,) = play.player.failures
    assert "only 100 of the order are left" in str(failed)


@pytest.mark.long
@walk(
    ("text", "said"),
    [
        ("quote NOSUCH 1 x 2", "line 1, column 7: 'NOSUCH' is the name of no contract"),
        ("\nquote SPY 1.00001 x 2", "line 2, column 1: 1.00001 is no price of SPY"),
        ("account DU9 holds 5 SPY @ 3", "there is no account 'DU9'"),
        ("drill no-such", "is not a drill"),
        ("expect position NOSUCH 1", "is the name of no contract"),
        ("account DU1234567 margin nope", "there is no margin model"),
    ],
)
def test_what_cannot_be_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(WorldError, match=said):
        Play(text)


def test_a_market_that_cannot_be_written_on_is_told() -> None:
    hall = Hall()
    with pytest.raises(WorldError, match="is not one to write on"):
        hall.station.world.load(read_world("quote SPY 1 x 2"))


def test_what_founds_a_station_is_refused_while_it_runs() -> None:
    play = Play()
    for line in ("start 2026-04-10 10:00", "hours always", "seed 3", "contract X STK NYSE USD"):
        with pytest.raises(WorldError, match=f"{line.split()[0]} founds a station"):
            play.say(line)


def test_accounts_and_holdings() -> None:
    play = Play("account DU7 cash 5,000 USD cash 100 EUR holds 10 SPY @ 100 holds -2 AAPL @ 200")
    account = play.hall.station.venue.state.accounts["DU7"]
    assert account.cash == {"USD": 5_000 * 10**6, "EUR": 100 * 10**6}
    assert {p.quantity for p in account.positions.values()} == {100_000, -20_000}
    play.say("account DU7 cash 7 USD")
    assert account.cash["USD"] == 7 * 10**6


@pytest.mark.long
def test_callbacks_come_in_every_legal_order_twice_and_late() -> None:
    orders = set()
    for seed in range(12):
        play = Play(f"quote SPY 170 x 170.02\ncallbacks reorder seed {seed}")
        play.buy(1, 10, 170.02)
        play.hall.settle()
        told = play.told()
        assert sorted(told) == sorted(
            ["open"] * 3 + ["1 Submitted 0", "1 Filled 10", "1 Filled 10"]
            + ["1 BOT 10 @ 170.02", "commission"]
        )  # fmt: skip
        assert told.index("1 BOT 10 @ 170.02") < told.index("commission")
        orders.add(tuple(told))
    assert len(orders) > 5
    play = Play(
        "quote SPY 170 x 170.02\ncallbacks execution duplicate\ncallbacks commission late 2s"
    )
    play.buy(1, 10, 170.02)
    assert [line for line in play.told() if "BOT" in line] == ["1 BOT 10 @ 170.02"] * 2
    play.hall.wait(1.9)
    assert play.told() == []
    play.hall.wait(0.2)
    assert play.told() == ["commission"]


def test_auction_prints_at_the_time_of_the_clock() -> None:
    play = Play("quote SPY 170 x 170.02\nauction SPY close print 170.55 at 16:00")
    play.hall.wait(6 * 3600 - 1)
    assert play.hall.station.market.day(756733, play.hall.now).last == 0
    play.hall.wait(1)
    assert play.hall.station.market.day(756733, play.hall.now).last == 1_705_500


def test_what_happens_to_an_order_if_it_works_is_no_failure_where_it_does_not() -> None:
    play = Play("quote SPY 169.98 x 170.02")
    play.say("+1s fill entry if working")
    play.hall.wait(2)  # none has come
    play.say("on order BUY SPY as entry\n  +1s fill 40\n  +3s fill rest if working\n")
    play.say("+6s fill entry rest if working")
    play.buy(1)
    play.hall.wait(1.5)
    play.client.send(CancelOrder(1))
    play.hall.wait(4)
    assert [one for one in play.told() if "BOT" in one or "40" in one]
    assert not play.end()
    play.say("on order BUY SPY\n  +1s fill rest\n")
    play.buy(2)
    play.client.send(CancelOrder(2))
    play.hall.wait(2)
    assert [one.came for one in play.end()] == [("the order has ended",)]


def test_any_code_is_told_of_any_order_with_the_text_that_the_world_says() -> None:
    play = Play("quote SPY 169.98 x 170.02")
    play.say('on order as one\n  +1s warn 2137 "Cross side"\n  +2s reject 10318 "No fractions"\n')
    play.buy(1)
    play.hall.wait(3)
    assert play.client.errors() == [(1, 2137, "Cross side"), (1, 10318, "No fractions")]
    assert not play.end()


def test_what_cannot_wait_any_more_fails_and_clients_are_told_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(player, "MOST_STEPS", 1)
    play = Play(
        "quote SPY 170.08 x 170.10\non every order BUY\n  +1h print SPY 169\n  +2h resume SPY"
    )
    for order_id in (1, 2):
        play.buy(order_id)
        assert play.told()[-1] == f"{order_id} Submitted 0"
    assert [(one.passed, one.came) for one in play.player.outcomes] == [
        (False, ("1 steps wait, which is the most",))
    ] * 3


@pytest.mark.long
def test_more_late_orders_than_drills_may_run_are_told_all_the_same() -> None:
    play = Play("quote SPY 170.08 x 170.10\non every order BUY\n  late 1s\n  hold")
    for order_id in range(1, MAX_RUNNING + 3):
        play.buy(order_id, size=1)
    play.hall.wait(2)
    told = set(play.told())
    assert told >= {f"{order_id} Submitted 0" for order_id in range(1, MAX_RUNNING + 3)}
    problems = [one.came for one in play.player.outcomes]
    assert problems and all("drills run already" in came[0] for came in problems)


def test_numbers_of_requests_are_compared_with_all_of_their_digits() -> None:
    play = Play("account DU1234567 cash 25,000,000 USD\nquote SPY 65,432.24 x 65,432.25")
    play.buy(1, size=2, limit=65432.25)
    for said, holds in (
        ("65432.25", True), ("65432.250", True), ("65432.24", False), ("65432.2", False),
    ):  # fmt: skip
        (one,) = read_steps(f"expect requests placeOrder order.lmtPrice={said}")
        assert play.player.holds(one) == holds, said
    (one,) = read_steps("expect requests placeOrder order.totalQuantity=2.0")
    assert play.player.holds(one)
    (one,) = read_steps("expect order SPY @ 1")
    play.player.place(one)
    assert "@ 65432.25" in play.end()[0].came[0]


def test_an_account_that_there_is_not_has_no_cash_either() -> None:
    play = Play()
    (one,) = read_steps("expect cash account DU7 0 USD")
    play.player.place(one)
    assert [(o.passed, o.came) for o in play.end()] == [(False, ("no such account",))]
