"""Random commands and quotes: the invariants hold, and the journal rebuilds the same state."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import tries
from papertape.model import ComboLeg, Contract, Order, OrderComboLeg, OrderCondition, TagValue
from papertape.server.present.events import Event, Traded
from papertape.server.present.presenter import Presenter
from papertape.server.present.queries import Queries
from papertape.server.present.views import Views
from papertape.venue import entries
from papertape.venue.broker.condition_terms import CANCELLED_BY, SUBMITTED_BY
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import CancelAll, CancelApiOrder, Command, SubmitOrder
from papertape.venue.engine import Engine
from papertape.venue.entries import Entry
from papertape.venue.invariants import check
from papertape.venue.market.source import Print, Quote
from papertape.venue.units import SECOND
from venue.scenario import START, ScriptedMarket

SYMBOLS = {"AAPL": 265598, "IBM": 8314}
TICK = 100

prices = st.integers(9_900, 10_100)
sizes = st.integers(1, 400)
clients = st.integers(1, 2)
order_ids = st.integers(1, 12)
NEXT, LATEST = 0, -1
"""Stand for the client's next valid id, which most submissions take, and for the one before it."""


PLAIN = ["MKT", "LMT", "LMT", "LMT", "STP", "STP LMT"]
SPECIAL = [
    "TRAIL", "TRAIL LIMIT", "MIT", "LIT", "MTL", "MOC", "LOC", "REL", "PASSV REL", "MIDPRICE",
    "PEG MID", "PEG BENCH", "SNAP MKT", "SNAP MID", "SNAP PRIM",
]  # fmt: skip
LIMITED = ("LMT", "STP LMT", "LIT", "LOC", "REL", "MIDPRICE")
TRIGGERED = ("STP", "STP LMT", "MIT", "LIT")
MINUTE_OF_START = "20260413-14:{:02}:00"


@st.composite
def conditions(draw: st.DrawFn) -> OrderCondition:
    return OrderCondition(
        type=draw(st.sampled_from([1, 1, 3, 4, 5, 6, 7])),
        isConjunctionConnection=draw(st.booleans()),
        isMore=draw(st.booleans()),
        conId=draw(st.sampled_from(sorted(SYMBOLS.values()))),
        symbol=draw(st.sampled_from(sorted(SYMBOLS))),
        secType="STK",
        price=draw(prices) / 100,
        percent=draw(st.integers(0, 100)),
        changePercent=draw(st.integers(-5, 5)),
        volume=draw(st.integers(0, 2_000)),
        time=MINUTE_OF_START.format(draw(st.integers(0, 2))),
        triggerMethod=draw(st.sampled_from([0, 2, 4, 7, 8])),
    )


@st.composite
def special_submissions(draw: st.DrawFn) -> SubmitOrder:
    """Orders of every kind with relatives, times, conditions, first fills; few are refused."""
    command = draw(submissions())
    order = command.order
    kind = order.orderType = draw(st.sampled_from(SPECIAL + PLAIN))
    opens = ["OPG"] if kind in ("MKT", "LMT") else []
    order.tif = draw(st.sampled_from(["DAY", "DAY", "GTC", "GTD", "Minutes", *opens]))
    order.goodTillDate = f"2026041{draw(st.integers(3, 5))}-14:05:00"
    order.duration = draw(st.integers(1, 3)) if order.tif == "Minutes" else None
    if kind in ("MOC", "LOC", "MTL"):
        order.tif = "DAY"
    order.lmtPrice = draw(prices) / 100 if kind in LIMITED else None
    order.auxPrice = draw(prices) / 100 if kind in TRIGGERED else draw(st.integers(0, 50)) / 100
    if kind == "TRAIL LIMIT":
        order.lmtPriceOffset = draw(st.integers(0, 20)) / 100
    if kind.startswith("TRAIL"):
        order.auxPrice = max(order.auxPrice, 0.01)
        order.trailStopPrice = draw(st.none() | prices.map(lambda price: price / 100))
    if kind == "PEG BENCH":
        order.referenceContractId = draw(st.sampled_from(sorted(SYMBOLS.values())))
        order.startingPrice = draw(prices) / 100
        order.peggedChangeAmount, order.referenceChangeAmount = draw(sizes) / 100, 1.0
        order.stockRefPrice = 100.0
    if kind in TRIGGERED and draw(st.booleans()):
        order.adjustedOrderType = draw(st.sampled_from(["STP", "STP LMT", "TRAIL", "TRAIL LIMIT"]))
        order.triggerPrice = draw(prices) / 100
        order.adjustedStopPrice = draw(prices) / 100
        order.adjustedStopLimitPrice = draw(prices) / 100
        order.adjustedTrailingAmount = draw(st.integers(1, 50)) / 100
        order.adjustableTrailingUnit = draw(st.sampled_from([0, 100]))
    few = st.sampled_from([False, False, False, True])
    if draw(few):
        order.parentId = draw(st.one_of(st.just(LATEST), st.just(LATEST), order_ids))
    if draw(few):
        order.ocaGroup, order.ocaType = draw(st.sampled_from("gh")), draw(st.integers(1, 3))
    if (kind in SUBMITTED_BY and draw(few)) or draw(st.integers(0, 19)) == 0:
        order.conditions = draw(st.lists(conditions(), min_size=1, max_size=3))
        order.conditionsCancelOrder = kind in CANCELLED_BY and draw(st.booleans())
        order.conditionsIgnoreRth = draw(st.booleans())
    if draw(few):
        order.goodAfterTime = MINUTE_OF_START.format(draw(st.integers(0, 2)))
    if draw(few):
        order.minQty = draw(st.integers(1, 50))
    order.allOrNone = draw(few)
    if kind == "LMT" and draw(few):
        order.discretionaryAmt = draw(st.integers(1, 30)) / 100
    return command


@st.composite
def submissions(draw: st.DrawFn) -> SubmitOrder:
    kind = draw(st.sampled_from(PLAIN))
    order = Order(
        action=draw(st.sampled_from(["BUY", "SELL"])),
        totalQuantity=Decimal(draw(sizes)),
        orderType=kind,
        lmtPrice=draw(prices) / 100 if "LMT" in kind else None,
        auxPrice=draw(prices) / 100 if "STP" in kind else None,
        tif=draw(st.sampled_from(["DAY", "DAY", "GTC", "IOC", "FOK"])),
        transmit=draw(st.sampled_from([True] * 5 + [False])),
        whatIf=draw(st.sampled_from([False] * 9 + [True])),
    )
    symbol = draw(st.sampled_from(sorted(SYMBOLS)))
    contract = Contract(symbol=symbol, secType="STK", exchange="SMART", currency="USD")
    order_id = draw(st.one_of(st.just(NEXT), st.just(NEXT), st.just(LATEST), order_ids))
    return SubmitOrder(draw(clients), order_id, contract, order)


@st.composite
def combinations(draw: st.DrawFn) -> SubmitOrder:
    """Orders for two stocks at once, at a net price near that of their legs."""
    command = draw(submissions())
    order, contract = command.order, command.contract
    contract.secType = "BAG"
    ratios = [draw(st.sampled_from([-3, -1, 1, 2])) for _ in SYMBOLS]
    contract.comboLegs = [
        ComboLeg(con_id, abs(ratio), "BUY" if ratio > 0 else "SELL", "SMART")
        for con_id, ratio in zip(SYMBOLS.values(), ratios, strict=True)
    ]
    order.auxPrice = None
    loose = draw(st.booleans())
    order.orderType = draw(st.sampled_from(["MKT", "LMT", "LMT", *LOOSE] if loose else ["LMT"]))
    near = 100 * sum(ratios) + draw(st.integers(-300, 300)) / 100
    order.lmtPrice = near if "LMT" in order.orderType else None
    if loose:
        order.whatIf = False
        tags = {"NonGuaranteed": "1", "LeginPrio": draw(st.sampled_from("012"))}
        if draw(st.booleans()):
            tags["MaxSegSize"] = str(draw(st.integers(1, 60)))
        order.smartComboRoutingParams = [TagValue(*pair) for pair in tags.items()]
        if order.orderType == "LMT" and draw(st.booleans()):
            order.orderComboLegs = [OrderComboLeg(draw(prices) / 100) for _ in ratios]
            order.lmtPrice = draw(st.sampled_from([None, near]))
    elif draw(st.booleans()):
        order.ocaGroup, order.ocaType = draw(st.sampled_from("gh")), 3
    else:
        order.parentId = draw(st.sampled_from([0, 0, LATEST]))
    return command


LOOSE = ("LMT + MKT", "REL + LMT", "REL + MKT")
"""Types of combinations whose legs are not guaranteed."""


@st.composite
def quotes(draw: st.DrawFn) -> tuple[int, int, int, int, int]:
    bid = draw(prices)
    ask = bid + draw(st.integers(1, 30))
    sides = draw(st.sampled_from([(1, 1), (1, 1), (1, 1), (0, 1), (1, 0)]))
    return (
        draw(st.sampled_from(sorted(SYMBOLS.values()))),
        bid * TICK * sides[0],
        draw(sizes) * 10_000,
        ask * TICK * sides[1],
        draw(sizes) * 10_000,
    )


steps = st.lists(
    st.one_of(
        submissions(),
        submissions(),
        special_submissions(),
        special_submissions(),
        combinations(),
        quotes(),
        quotes(),
        st.builds(CancelApiOrder, clients, order_ids),
        st.builds(CancelAll, clients),
        quotes(),
        st.sampled_from(["minute", "minute", "night"]),
    ),
    min_size=20,
    max_size=60,
)
Step = Command | tuple[int, int, int, int, int] | str
PAUSES = {"minute": 60, "night": 24 * 3600, "hours": 5 * 3600}


def play(
    history: list[Step], profile: Profile | None = None
) -> tuple[Engine, list[Entry], list[Event]]:
    market = ScriptedMarket()
    engine = Engine(market, profile)
    engine.open_accounts(START)
    views = Views(engine.instruments, engine.profile)
    presenter, queries = Presenter(views), Queries(engine, views)
    journal: list[Entry] = []
    events: list[Event] = []
    now = START
    for step in history:
        now += (PAUSES[step] if isinstance(step, str) else 1) * SECOND
        if isinstance(step, tuple):
            con_id, bid, bid_size, ask, ask_size = step
            market.add(Quote(con_id, now, bid, bid_size, ask, ask_size))
            if bid_size % 2:
                market.add(Print(con_id, now, bid or ask, ask_size))
        if isinstance(step, tuple | str):
            events += presenter.events(engine.advance(now))
        else:
            events += presenter.events(engine.submit(_numbered(step, queries), now))
        check(engine)
        journal += engine.drain_journal()
    return engine, journal, events


@pytest.mark.long
@tries(70)
@given(steps)
def test_any_history_keeps_the_invariants_and_replays(history: list[Step]) -> None:
    engine, journal, events = play(history)
    twin = Engine(None)
    twin.replay(entries.decode(entries.encode(entry)) for entry in journal)
    check(twin)
    again = Engine(None)
    again.restore(bytes(engine.snapshot()), lambda *_: engine.archive.rows())
    check(again)
    assert again.state_hash() == engine.state_hash()
    assert twin.state_hash() == engine.state_hash()
    for event in events:
        if isinstance(event, Traded):
            _trade_is_fair(event)


@pytest.mark.long
@tries(15)
@given(steps)
def test_the_same_history_gives_the_same_events(history: list[Step]) -> None:
    assert play(history)[2] == play(history)[2]


def _numbered(command: Command, queries: Queries) -> Command:
    if isinstance(command, SubmitOrder) and command.orderId <= NEXT:
        order_id = queries.next_valid_id(command.clientId) + command.orderId
        command = msgspec.structs.replace(command, orderId=order_id)
    if isinstance(command, SubmitOrder) and command.order.parentId == LATEST:
        order = msgspec.structs.replace(command.order, parentId=max(command.orderId - 1, 1))
        command = msgspec.structs.replace(command, order=order)
    return command


def _trade_is_fair(event: Traded) -> None:
    view, execution = event.view, event.execution
    assert view.order.totalQuantity is not None
    assert view.filled + view.remaining == view.order.totalQuantity
    assert execution.cumQty == view.filled <= view.order.totalQuantity
    by_leg = view.contract.secType == "BAG" and view.order.orderComboLegs
    if "LMT" in view.order.orderType and not (by_leg and view.order.lmtPrice is None):
        assert view.order.lmtPrice is not None
        beyond = (execution.price - view.order.lmtPrice) * (1 if execution.side == "BOT" else -1)
        assert beyond <= (view.order.discretionaryAmt or 0) + 1e-9
