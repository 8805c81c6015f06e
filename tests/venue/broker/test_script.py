"""What a world tells the broker: rules for the next order, acts, holdings; a restart amid them."""

import pytest
from msgspec.structs import replace

from papertape.venue.broker.profile import Profile
from papertape.venue.commands import SubmitManualOrder, SubmitOrder
from papertape.venue.engine import Engine
from papertape.venue.facts import ActDone
from papertape.venue.invariants import check
from papertape.venue.market.laid import WorldTape
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.script import (
    MOST_MARKS,
    MOST_RULES,
    ActOnOrder,
    OrderRule,
    ScriptAct,
    ScriptCommand,
    ScriptRefused,
    SetHolding,
    SetRule,
    TapeMark,
    WriteTape,
)
from papertape.venue.units import SECOND, Nanos
from venue.scenario import SYMBOLS, Stage, command, shown

AAPL = SYMBOLS["AAPL"].conId
MARKET = "quote AAPL 257.66 x 257.68"
TOLD = "Order rejected - reason:no funds"


def price(value: float) -> int:
    return round(value * 10**9)


def fill(size: int = 0, at: float = 0, after: Nanos = 0) -> ScriptAct:
    return ScriptAct("fill", after, size * 10_000, price(at))


def reject(after: Nanos = 0) -> ScriptAct:
    return ScriptAct("reject", after, code=201, text=TOLD)


class WrittenStage(Stage):
    """A stage over a market that a world can write on."""

    def __init__(self) -> None:
        super().__init__()
        self.tape = WorldTape(self.market)
        self.engine = Engine(self.tape, None, CATALOGUE)
        self.engine.open_accounts(self.now)
        self.journal = self.engine.drain_journal()
        self.problems: list[str] = []

    def world(self, asked: ScriptCommand) -> list[str]:
        """Carry out a command of a world, a second later."""
        self.now += SECOND
        return self._after(lambda: self.engine.submit(asked, self.now))

    def rule(self, *acts: ScriptAct, **facts: object) -> None:
        assert self.world(SetRule(OrderRule(acts=acts, **facts))) == []  # type: ignore[arg-type]

    def row(self, row: str) -> list[str]:
        """A row of a scenario."""
        verb, *words = row.split()
        if verb in ("submit", "cancel"):
            asked = command(verb, words)
            self.now += SECOND
            return self._after(lambda: self.engine.submit(asked, self.now))
        found = shown(self.step(row))
        self._kept()
        return found

    def wait(self, seconds: float) -> list[str]:
        self.now += int(seconds * SECOND)
        return self._after(lambda: self.engine.advance(self.now))

    def _after(self, work: object) -> list[str]:
        happened = work()  # type: ignore[operator]
        facts = [one.fact for one in happened]
        self.problems += [f.problem for f in facts if isinstance(f, ActDone) and f.problem]
        self._kept()
        return shown(self.told(happened))

    def _kept(self) -> None:
        check(self.engine)
        self.journal += self.engine.drain_journal()
        self.assert_replays()

    def restart(self) -> None:
        """The same venue out of its journal."""
        hashed = self.engine.state_hash()
        self.engine = Engine(self.tape, Profile(), CATALOGUE)
        self.engine.replay(self.journal)
        assert self.engine.state_hash() == hashed


@pytest.fixture
def stage() -> WrittenStage:
    stage = WrittenStage()
    stage.row(MARKET)
    return stage


def test_a_rule_fills_in_parts_and_no_market_does(stage: WrittenStage) -> None:
    stage.rule(fill(60, 257.60), fill(0, 257.61, after=2 * SECOND), side=1, conId=AAPL)
    first = stage.row("submit #1 BUY 100 AAPL LMT 258")
    assert first == ["#1 accepted Submitted", "#1 BOT 60 @ 257.6 Submitted", "#1 fee 1.00018"]
    assert stage.row("quote AAPL 257.00 x 257.02") == []
    assert stage.row("trade AAPL 257.01") == ["#1 BOT 40 @ 257.61 Filled", "#1 fee 0.00012"]
    assert stage.problems == []


def test_the_next_order_is_the_markets_again(stage: WrittenStage) -> None:
    stage.rule(side=1)
    stage.row("submit #1 SELL 1 AAPL MKT")  # another side
    assert stage.row("submit #2 BUY 1 AAPL MKT") == ["#2 accepted Submitted", "#2 again Submitted"]
    found = stage.row("submit #3 BUY 1 AAPL MKT")
    assert found[:2] == ["#3 accepted PreSubmitted", "#3 BOT 1 @ 257.68 Filled"]


def test_a_rule_for_every_order_stands_behind_those_for_one(stage: WrittenStage) -> None:
    stage.rule(every=True)
    stage.rule(reject())
    assert stage.row("submit #1 BUY 1 AAPL MKT") == ["#1 Inactive: no funds"]
    assert stage.row("submit #2 BUY 1 AAPL MKT") == ["#2 accepted Submitted", "#2 again Submitted"]
    assert stage.row("submit #3 BUY 1 AAPL MKT") == ["#3 accepted Submitted", "#3 again Submitted"]


@pytest.mark.parametrize(
    ("facts", "fits"),
    [
        ({"client": 1}, True), ({"client": 2}, False), ({"ref": "dip"}, True),
        ({"ref": "other"}, False), ({"orderType": "LMT"}, True), ({"orderType": "MKT"}, False),
        ({"account": "DU1234567"}, True), ({"account": "DU2"}, False), ({"conId": 4}, False),
        ({"side": -1}, False),
    ],
)  # fmt: skip
def test_what_a_rule_is_for(stage: WrittenStage, facts: dict[str, object], fits: bool) -> None:
    stage.rule(**facts)
    stage.row("submit #1 BUY 1 AAPL LMT 258 orderRef=dip account=DU1234567")
    assert bool(stage.engine.state.orders) == fits


def test_a_rejection_has_the_code_and_the_text(stage: WrittenStage) -> None:
    stage.rule(reject())
    told = stage.row("submit #1 BUY 1 AAPL MKT")
    assert told == ["#1 Inactive: no funds"]
    assert not stage.engine.state.orders
    stage.rule(reject(after=SECOND))
    assert stage.row("submit #2 BUY 1 AAPL MKT") == ["#2 accepted Submitted", "#2 again Submitted"]
    assert stage.wait(1) == ["#2 Cancelled: no funds"]


def test_an_order_is_checked_and_changed_as_ever(stage: WrittenStage) -> None:
    stage.rule()
    assert stage.row("submit #1 BUY 10000000 AAPL MKT")[0].startswith("#1 Inactive")
    stage.row("submit #2 BUY 10 AAPL LMT 250")
    assert stage.row("submit #2 BUY 10 AAPL LMT 260") == [
        "#2 replaced Submitted", "#2 again Submitted",
    ]  # fmt: skip
    assert stage.row("cancel #2") == ["#2 Cancelled"]


def test_what_cannot_be_done_is_told_and_changes_nothing(stage: WrittenStage) -> None:
    second = SECOND
    stage.rule(
        fill(60, 258.5), fill(200, 257, second), fill(1, 257.00001, 2 * second),
        fill(0, 0, 3 * second), fill(0, 0, 4 * second), conId=AAPL,
    )  # fmt: skip
    stage.row("submit #1 BUY 100 AAPL LMT 258")
    stage.wait(4)
    assert stage.problems == [
        "a fill at 258.5 is beyond the order's limit of 258",
        "only 100 of the order are left",
        "prices of the instrument are whole multiples of 1/10000",
        "the order has ended",
    ]


def test_a_fill_for_an_order_that_works_is_left_out_where_it_does_not(stage: WrittenStage) -> None:
    quiet = replace(fill(), if_working=True)
    stage.rule(replace(quiet, after=SECOND), replace(quiet, after=2 * SECOND), conId=AAPL)
    stage.row("submit #1 BUY 100 AAPL LMT 258")
    perm_id = next(iter(stage.engine.state.orders))
    assert stage.wait(1)[0] == "#1 BOT 100 @ 258 Filled"
    assert not stage.wait(1) and not stage.world(ActOnOrder(perm_id, quiet))
    assert stage.problems == [] and not stage.engine.state.script.waiting
    stage.row("submit #2 BUY 100 AAPL LMT 250")
    perm_id = next(iter(stage.engine.state.orders))
    with pytest.raises(ScriptRefused, match="only 100 of the order are left"):
        stage.world(ActOnOrder(perm_id, replace(quiet, size=101 * 10_000)))


def test_an_order_that_works_is_acted_on_at_once(stage: WrittenStage) -> None:
    stage.row("submit #1 BUY 100 AAPL LMT 250")
    perm_id = next(iter(stage.engine.state.orders))
    assert stage.world(ActOnOrder(perm_id, fill(40, 249.5)))[0] == "#1 BOT 40 @ 249.5 Submitted"
    assert stage.world(ActOnOrder(perm_id, fill()))[0] == "#1 BOT 60 @ 250 Filled"
    with pytest.raises(ScriptRefused, match="no order with the permId"):
        stage.world(ActOnOrder(perm_id, fill()))
    stage.row("submit #2 BUY 100 AAPL LMT 250")
    perm_id = next(iter(stage.engine.state.orders))
    with pytest.raises(ScriptRefused, match="only 100 of the order are left"):
        stage.world(ActOnOrder(perm_id, fill(101)))
    warned = ScriptAct("warn", code=10349, text="Order TIF was set")
    assert stage.world(ActOnOrder(perm_id, warned)) == ["#2 warned 10349"]
    assert stage.world(ActOnOrder(perm_id, ScriptAct("cancel"))) == [
        "#2 PendingCancel",
        "#2 Cancelled",
    ]


def test_a_restart_goes_on_with_rules_and_acts_that_wait(stage: WrittenStage) -> None:
    stage.rule(fill(60, 257.60), fill(0, 257.61, after=5 * SECOND), ref="dip")
    stage.restart()
    assert len(stage.row("submit #1 BUY 100 AAPL LMT 258 orderRef=dip")) == 3
    stage.restart()
    assert stage.wait(4) == []
    assert stage.wait(1) == ["#1 BOT 40 @ 257.61 Filled", "#1 fee 0.00012"]
    assert not stage.engine.state.script.waiting


def test_a_holding_is_no_profit_of_the_day(stage: WrittenStage) -> None:
    stage.world(SetHolding("DU1234567", AAPL, 100 * 10_000, price(200)))
    account = stage.engine.state.accounts["DU1234567"]
    position = account.positions[AAPL]
    assert (position.quantity, position.cost) == (1_000_000, 20_000 * 10**6)
    stage.world(SetHolding("DU1234567", AAPL, -50 * 10_000))
    assert (position.quantity, position.cost) == (-500_000, -12_883_500_000)
    stage.row("submit #1 BUY 50 AAPL MKT")
    assert position.quantity == 0
    for asked, said in (
        (SetHolding("DU9", AAPL, 1), "there is no account 'DU9'"),
        (SetHolding("DU1234567", 99, 1), "there is no contract 99"),
        (SetHolding("DU1234567", SYMBOLS["EUR"].conId, 1), "comes by trade only"),
        (SetHolding("DU1234567", SYMBOLS["MSFT"].conId, 1), "has no price"),
    ):
        with pytest.raises(ScriptRefused, match=said):
            stage.world(asked)


def mark(at: Nanos, bid: float, ask: float, size: int = 100) -> TapeMark:
    return TapeMark(at, 1, round(bid * 10_000), size * 10_000, round(ask * 10_000), size * 10_000)


def test_a_written_quote_fills_an_order_and_stays_after_a_restart(stage: WrittenStage) -> None:
    stage.row("submit #1 BUY 10 AAPL LMT 250")
    now = stage.now + SECOND
    marks = (mark(now + 1, 251, 251.02), mark(now + 2 * SECOND, 249.9, 249.95))
    assert stage.world(WriteTape(AAPL, marks)) == []
    stage.restart()
    assert stage.wait(1) == []
    assert stage.wait(1)[0] == "#1 BOT 10 @ 249.95 Filled"
    assert stage.engine.quote(AAPL, stage.now).bid == 2_499_000


@pytest.mark.long
def test_what_is_unbounded_or_late_is_refused(stage: WrittenStage) -> None:
    now = stage.now + SECOND
    for marks, said in (
        ((), "in order of time"),
        ((mark(now, 1, 2),), "later than now"),
        ((mark(now + 9, 1, 2), mark(now + 8, 1, 2)), "in order of time"),
        (tuple(mark(now + n, 1, 2) for n in range(1, MOST_MARKS + 2)), "marks at most"),
    ):
        with pytest.raises(ScriptRefused, match=said):
            stage.engine.submit(WriteTape(AAPL, marks), now)
    for _ in range(MOST_RULES):
        stage.engine.submit(SetRule(OrderRule()), now)
    with pytest.raises(ScriptRefused, match="rules wait"):
        stage.engine.submit(SetRule(OrderRule()), now)
    check(stage.engine)


def test_an_order_of_the_user_comes_under_no_rule(stage: WrittenStage) -> None:
    stage.rule(every=True)
    asked = command("submit", ["#1", "BUY", "1", "AAPL", "MKT"])
    assert isinstance(asked, SubmitOrder)
    stage.engine.submit(SubmitManualOrder(asked.contract, asked.order), stage.now + SECOND)
    assert not stage.engine.state.orders


def test_the_children_of_a_refused_parent_are_cancelled() -> None:
    stage = WrittenStage()
    stage.row(MARKET)
    stage.rule(reject(), side=1)
    assert stage.row("submit #1 BUY 10 AAPL MKT transmit=false") == []
    assert stage.row("submit #2 SELL 10 AAPL STP 250 parentId=1") == [
        "#1 Inactive: no funds",
        "#2 PendingCancel",
        "#2 Cancelled",
    ]
    assert not stage.engine.state.orders
