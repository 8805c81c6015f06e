"""The language of worlds: what each line becomes, and what is said of a line that is none."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.errors import WorldError
from papertape.venue.units import SECOND
from papertape.worlds import steps as s
from papertape.worlds.reading import MOST_BYTES, MOST_LINES, read_steps, read_world
from papertape.worlds.verbs import VERBS
from walks import walk

D = Decimal
MS = 1_000_000

LINES = {
    "start 2026-04-10 15:40 US/Eastern": s.StartStep(text="2026-04-10 15:40 US/Eastern"),
    "hours exchange": s.HoursStep(when="exchange"),
    "seed 7": s.SeedStep(number=7),
    "fills queue": s.FillsStep(rule="queue"),
    "latency ack 190ms fill 40ms spread 10%": s.LatencyStep(
        ack=190 * MS, fill=40 * MS, spread=D(10)
    ),
    "latency fill 1s": s.LatencyStep(fill=SECOND),
    "account DU1 cash 25,000.50 USD": s.AccountStep(account="DU1", cash=D("25000.50")),
    "account DU1 holds -5 SPY @ 170": s.HoldingStep(
        account="DU1", symbol="SPY", quantity=D(-5), price=D(170)
    ),
    "quote SPY 170.08 x 170.10": s.QuoteStep(symbol="SPY", bid=D("170.08"), ask=D("170.10")),
    "quote SPY 170.08*5 x - ": s.QuoteStep(
        symbol="SPY", bid=D("170.08"), ask=None, bidSize=D(5)
    ),
    "quote SPY 1 x 2 * 300": s.QuoteStep(
        symbol="SPY", bid=D(1), ask=D(2), bidSize=D(300), askSize=D(300)
    ),
    'print "SPY   260515C00170000" 1.5*20': s.PrintStep(
        symbol="SPY   260515C00170000", price=D("1.5"), size=D(20)
    ),
    "ramp GME -30% over 60s every 500ms": s.RampStep(
        symbol="GME", percent=D(-30), over=60 * SECOND, every=500 * MS
    ),
    "ramp GME to 17.5 over 1m": s.RampStep(symbol="GME", to=D("17.5"), over=60 * SECOND),
    "halt GME for 5m": s.HaltStep(symbol="GME", lasts=300 * SECOND),
    "halt GME": s.HaltStep(symbol="GME"),
    "resume GME": s.ResumeStep(symbol="GME"),
    "auction SPY close print 170.55 at 16:00": s.AuctionStep(
        symbol="SPY", price=D("170.55"), at="16:00"
    ),
    "auction SPY close  imbalance 120,000 buy  print 170.55 at 16:00": s.AuctionStep(
        symbol="SPY", price=D("170.55"), at="16:00", imbalance=D(120_000)
    ),
    "auction SPY open imbalance 5 sell print 170*900 at 9:30": s.AuctionStep(
        symbol="SPY", price=D(170), at="9:30", size=D(900), opening=True, imbalance=D(-5)
    ),
    "depth SPY bid 1.1*5 1*6 ask 1.2*7": s.DepthStep(
        symbol="SPY",
        bids=(s.BookLevel(price=D("1.1"), size=D(5)), s.BookLevel(price=D(1), size=D(6))),
        asks=(s.BookLevel(price=D("1.2"), size=D(7)),),
    ),
    "execution correct the first fill to 99 @ 168.29 after 2s": s.CorrectionStep(
        nth=1, size=D(99), price=D("168.29"), after=2 * SECOND
    ),
    "execution correct 4 fill of dip to @ 1": s.CorrectionStep(nth=4, of="dip", price=D(1)),
    "chain GME 2026-05-15 strikes 10..40 by 2.5 vol 90%": s.ChainStep(
        symbol="GME", expiry="2026-05-15", lowest=D(10), highest=D(40), by=D("2.5"),
        volatility=D(90),
    ),
    "execution bust last fill": s.CorrectionStep(nth=-1, bust=True),
    "dividend SPY 0.25": s.DividendStep(symbol="SPY", amount=D("0.25")),
    "dividend SPY 1.5 account DU1": s.DividendStep(symbol="SPY", amount=D("1.5"), account="DU1"),
    "split SPY 1:10": s.SplitStep(symbol="SPY", new=1, old=10),
    "merger GME 12.50": s.MergerStep(symbol="GME", cash=D("12.50")),
    "merger GME 1:2 SPY 3": s.MergerStep(symbol="GME", into="SPY", new=1, old=2, cash=D(3)),
    "spin-off GME 1:4 SPY cost 25%": s.SpinOffStep(
        symbol="GME", into="SPY", new=1, old=4, cost=D(25)
    ),
    'rename BRK.B to "BRK B"': s.RenameStep(symbol="BRK.B", to="BRK B"),
    'drill farm-blip usfarm ms=2000 # "said" here': s.DrillStep(text="farm-blip usfarm ms=2000"),
    'drill zone-name "British Summer Time"': s.DrillStep(text='zone-name "British Summer Time"'),
    "stop drills": s.StopDrillsStep(),
    "callbacks reorder seed 7": s.DrillStep(text="reorder-callbacks seed=7"),
    "callbacks commission late 3s": s.DrillStep(
        text="late-callbacks kind=commissionReport ms=3000"
    ),
    "callbacks orderStatus duplicate": s.DrillStep(text="duplicate-callbacks kind=orderStatus"),
    'contract GME STK NYSE USD tick 0.05 longName="GameStop"': s.ContractStep(
        fields={
            "symbol": "GME", "secType": "STK", "exchange": "NYSE", "currency": "USD",
            "minTick": "0.05", "longName": "GameStop",
        }
    ),
    "on order": s.RuleStep(),
    "on order CELL LMT ref SELLER": s.RuleStep(symbol="CELL", orderType="LMT", ref="SELLER"),
    "on every order SELL EUR.USD STP_LMT client 3 ref x as dip": s.RuleStep(
        side="SELL", symbol="EUR.USD", orderType="STP LMT", client=3, ref="x", name="dip",
        every=True,
    ),
    "fill dip 60 @ 168.30": s.ActStep(name="dip", size=D(60), price=D("168.30")),
    "fill dip rest": s.ActStep(name="dip"),
    "fill dip rest if working": s.ActStep(name="dip", if_working=True),
    "fill dip 60 @ 168.30 if working": s.ActStep(
        name="dip", size=D(60), price=D("168.30"), if_working=True
    ),
    'reject dip 201 "no # funds"': s.ActStep(
        name="dip", kind="reject", code=201, text="no # funds"
    ),
    'warn dip 10349 "Order TIF was set"': s.ActStep(
        name="dip", kind="warn", code=10349, text="Order TIF was set"
    ),
    "cancel dip": s.ActStep(name="dip", kind="cancel"),
    "expect order MOC SPY before 15:50": s.ExpectStep(
        what="order", symbol="SPY", orderType="MOC", before="15:50"
    ),
    "expect order BUY 100 SPY LMT @ 168.30 within 3s of +5s": s.ExpectStep(
        what="order", side="BUY", quantity=D(100), symbol="SPY", orderType="LMT",
        price=D("168.30"), within=3 * SECOND, since=5 * SECOND,
    ),
    "expect orders 2 BUY": s.ExpectStep(what="orders", count=2, side="BUY"),
    "expect no orders SPY": s.ExpectStep(what="orders", count=0, symbol="SPY"),
    "expect no working orders": s.ExpectStep(what="working", count=0),
    "expect position account DU1 SPY -100": s.ExpectStep(
        what="position", account="DU1", symbol="SPY", quantity=D(-100)
    ),
    "expect no position SPY": s.ExpectStep(what="position", symbol="SPY", quantity=D(0), count=0),
    "expect cash 10 USD": s.ExpectStep(what="cash", quantity=D(10), currency="USD"),
    "expect requests reqMktData 2 snapshot=true within 1s": s.ExpectStep(
        what="requests", request="reqMktData", count=2, fields=(("snapshot", "true"),),
        within=SECOND,
    ),
    "expect no requests cancelOrder": s.ExpectStep(
        what="requests", request="cancelOrder", count=0
    ),
}  # fmt: skip


@walk("line", LINES)
def test_a_line_is_a_step(line: str) -> None:
    (placed,) = read_steps(line)
    assert placed.step == LINES[line]
    assert (placed.after, placed.line, placed.column) == (None, 1, 1)


def test_every_verb_has_a_line_here() -> None:
    said = {line.split()[0] for line in LINES}
    verbs = {name.split()[0] for name in VERBS}
    assert verbs - said == {"end", "hold", "late", "at"}


DIP = """
    start      2026-04-10 15:40 US/Eastern
    quote      SPY  170.08 x 170.10

    +5s        quote  SPY  168.28 x 168.30
    on order   BUY SPY                      as dip
      late     250ms
      fill     dip  60 @ 168.30      # the first part
      +2s      fill rest @ 168.31
      +1s
        drill  link-lost
        +500ms cancel
    +10s
      print    SPY 168
      +1s      print SPY 167
    +1m        end
    at end     position SPY 100;  no working orders
"""


def test_blocks_and_their_moments() -> None:
    world = read_world(DIP, "dip.world")
    found = [(one.after, type(one.step).__name__, one.line) for one in world.steps]
    assert found == [
        (None, "StartStep", 2),
        (None, "QuoteStep", 3),
        (5 * SECOND, "QuoteStep", 5),
        (None, "RuleStep", 6),
        (10 * SECOND, "PrintStep", 14),
        (11 * SECOND, "PrintStep", 15),
        (60 * SECOND, "EndStep", 16),
        (None, "ExpectStep", 17),
        (None, "ExpectStep", 17),
    ]
    rule = world.steps[3].step
    assert isinstance(rule, s.RuleStep)
    assert [(act.after, act.act.kind, act.act.size) for act in rule.acts] == [
        (0, "fill", D(60)),
        (1500 * MS, "cancel", None),
        (2 * SECOND, "fill", None),
    ]
    assert rule.late == 250 * MS
    ((then,),) = (rule.then,)
    assert (then.after, then.step, then.line) == (SECOND, s.DrillStep(text="link-lost"), 11)
    assert (world.ends, world.name) == (60 * SECOND, "dip.world")


WRONG = {
    "quot SPY 1 x 2": (1, 1, "'quot' is no verb"),
    "quote SPY 170,08x": (1, 11, "'170,08x' is not a price. Legal: a price such as 170.08"),
    "quote SPY 1,70 x 2": (1, 11, "'1,70' is not a price"),
    "quote SPY 1": (1, 12, "the line ends where 'x' should be"),
    "quote SPY 2 x 1": (1, 15, "'1' crosses the bid of 2"),
    "quote spy 1 x 2": (1, 7, "'spy' is no symbol"),
    "quote SPY 0 x 2": (1, 11, "'0' is no price"),
    "quote SPY 1 x 2 3": (1, 17, "'3' is more than the line can have"),
    "quote SPY 1e3 x 2": (1, 11, "'1e3' is not a price"),
    "quote SPY nan x 2": (1, 11, "'nan' is not a price"),
    "start 2026-02-30 10:00": (1, 7, "'2026-02-30' is no date"),
    "start 2026-04-10 25:00": (1, 18, "'25:00' is not a time of the day"),
    "quote SPY 1 x 2\nstart 2026-04-10 10:00": (2, 1, "'start' begins the world"),
    "+3s hours always": (1, 1, "'hours' has a moment before it"),
    "+3s at end no orders": (1, 1, "'at end' has a moment before it"),
    "end": (1, 1, "'end' has no moment"),
    "+5x quote SPY 1 x 2": (1, 1, "'+5x' is no moment"),
    "+40d end": (1, 1, "'+40d' is no moment"),
    "+20d\n  +20d print SPY 1": (2, 3, "'+20d' is later than a world lasts"),
    "+5s": (1, 4, "the line ends where a verb should be"),
    "chain GME 2026-05-15 strikes 10..40 by 2.5": (1, 43, "the line ends where 'vol' should be"),
    "execution correct dip to 9 @ 1": (1, 19, "'dip' is not which fill"),
    "auction SPY close imbalance 5": (1, 30, "the line ends where buy or sell should be"),
    "auction SPY noon print 5 at 12:00": (1, 13, "'noon' is not open or close"),
    "fill 60": (1, 1, "'fill' names no order"),
    "hold": (1, 1, "'hold' stands in a rule only"),
    "on order BUYY SPY": (1, 10, "'BUYY' stands where the symbol does"),
    "on order SPY LIMT": (1, 14, "'LIMT' is nothing of an order"),
    "on order LIMIT SPY": (1, 10, "'LIMIT' stands where the symbol does"),
    "expect order SEL 100 SPY": (1, 14, "before another one. Did you mean SELL?"),
    "expect order BUY 100 LMTT SPY": (1, 22, "'LMTT' stands where the symbol does"),
    "on order BUY spy": (1, 14, "'spy' is nothing of an order"),
    "on order\n  contract X STK NYSE USD": (2, 3, "'contract' has no place in a rule"),
    "on order\n  expect orders 1": (2, 3, "'expect' has no place in a rule"),
    "on order\n  fil": (2, 3, "'fil' is no verb"),
    "on order\n    fill\n      fill": (3, 7, "'fill' stands further in"),
    "quote SPY 1 x 2\n  print SPY 1": (2, 3, "'print' stands further in"),
    'reject dip 201 "no': (1, 16, "is never closed"),
    "reject dip 201": (1, 15, "the line ends where the text of the code should be"),
    "reject dip 0 \"x\"": (1, 12, "'0' is not a code"),
    "ramp GME -100% over 5s": (1, 10, "leaves no price"),
    "ramp GME -30% over 0s": (1, 20, "takes no time"),
    "ramp GME -30% over 2h every 1s": (1, 29, "has more than 5000 steps"),
    "split SPY 2": (1, 11, "'2' is no ratio. Legal: new shares for old ones, such as 2:1"),
    "split SPY 2:2": (1, 11, "'2:2' changes nothing"),
    "split SPY 0:1": (1, 11, "'0:1' is no ratio"),
    "dividend SPY 0": (1, 14, "'0' is no price"),
    "merger SPY": (1, 11, "the line ends where a ratio or an amount should be"),
    "merger SPY 1:2": (1, 15, "the line ends where a symbol should be"),
    "merger SPY 1:2 GME 0": (1, 20, "'0' is no price"),
    "spin-off SPY 1:2 GME": (1, 21, "the line ends where 'cost' should be"),
    "spin-off SPY 1:2 GME cost 101%": (1, 27, "'101%' is no part of the cost"),
    "rename FB META": (1, 11, "'META' is not 'to'"),
    "depth SPY bid 1*5 2*5 ask 3*1": (1, 29, "not in order"),
    "expect order BUY within 3": (1, 25, "'3' is not a time"),
    "+8s expect order BUY within 3s": (1, 1, "'expect' has a moment of its own"),
    "at end": (1, 7, "the line ends where a condition should be"),
    "at end orders 1 within 3s": (1, 17, "'within' has no place at the end"),
    "account DU1 cash -5 USD": (1, 18, "'-5' is less than nothing"),
    "account DU1 cash 5 usd": (1, 20, "'usd' is no currency"),
    "contract GME STK NYSE USD tick": (1, 31, "the line ends where a price should be"),
    "on order\n\tfill": (2, 1, "'a tab' indents a line"),
}  # fmt: skip


@walk("text", WRONG)
def test_what_is_wrong_is_told_with_its_place(text: str) -> None:
    with pytest.raises(WorldError) as wrong:
        read_world(text)
    line, column, said = WRONG[text]
    assert said in str(wrong.value)
    assert (wrong.value.line, wrong.value.column) == (line, column), str(wrong.value)


def test_no_world_is_endless() -> None:
    with pytest.raises(WorldError, match="at most"):
        read_world("#" * (MOST_BYTES + 1))
    with pytest.raises(WorldError, match="at most"):
        read_world("\n" * (MOST_LINES + 2))
    deep = "\n".join(" " * depth + "+1ns" for depth in range(900))
    with pytest.raises(WorldError, match="more than 8 blocks deep"):
        read_world(deep)


WORDS = ["+5s", "on", "order", "every", "quote", "SPY", "1", "x", "2", "*", "@", "as", "dip", "  "]
WORDS += ["\n", "\n  ", "fill", "rest", '"', "#", "expect", "within", "of", "ramp", "-30%", "over"]
WORDS += ["account", "cash", "USD", ";", "at", "end", "no", "depth", "bid", "ask", "\u2028", "\x00"]


@pytest.mark.long
@tries(300)
@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=30))
def test_any_text_is_a_world_or_an_error_with_its_place(words: list[str]) -> None:
    text = " ".join(words)
    try:
        read_world(text)
    except WorldError as wrong:
        assert 1 <= wrong.line <= len(text.splitlines())
        assert wrong.column >= 1
        assert "\n" not in str(wrong)
