"""Every field of placeOrder at its extremes: a documented error or an order, never anything else.

An order that is refused changes nothing; one that is accepted leaves a venue whose invariants hold
and whose journal, through its bytes, rebuilds it.
"""

import math
from decimal import Decimal
from functools import cache
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import thinned, tries
from papertape import codes
from papertape.model import ComboLeg, Contract, Order, OrderComboLeg, TagValue
from papertape.model.order import OrderCondition
from papertape.server.present import events as e
from papertape.venue.commands import CancelAll, CancelApiOrder, SubmitOrder
from papertape.venue.invariants import check
from venue.scenario import Stage, text_of
from walks import walk

LONG = "x" * 1_000_000
TEXTS = ("", "X", "\0", "-1", "0", "٣", "\ufffd", LONG, "20260413 10:30:00", "99999999 99:99:99",
         "00010101 00:00:00", "99991231 23:59:59")  # fmt: skip
WHOLE = (0, 1, -1, 2**31 - 1, -(2**31), 2**63 - 1)
NUMBERS = (0.0, 1.0, -1.0, 0.5, 1e-12, 1e12, 1e300, math.inf, -math.inf, math.nan, 257.67)
SIZES = tuple(map(Decimal, ("0", "1", "-1", "0.5", "1e12", "1e30", "NaN", "Infinity", "-Infinity")))
TAGS = (
    [TagValue("a", "b")],
    [TagValue(LONG, LONG)],
    [TagValue("x", str(n)) for n in range(10_000)],
)
LEGS = ([ComboLeg()], [ComboLeg(conId=265598, ratio=1, action="BUY", exchange="SMART")] * 10_000)
PRICES = ([OrderComboLeg(price=1.0)], [OrderComboLeg(price=math.nan)] * 10_000)
FAR = OrderCondition(type=1, conId=265598, exchange="SMART", isMore=True, price=1e8)
ODD = [OrderCondition(type=one) for one in (0, 1, 2, 3, 4, 5, 6, 7, 8, -1, 2**31 - 1)]
BROKEN = [
    OrderCondition(type=1, conId=265598, exchange="SMART", price=math.nan),
    OrderCondition(type=3, time=""),
    OrderCondition(type=4, percent=2**31 - 1),
    OrderCondition(type=6, conId=1, volume=-1),
    OrderCondition(type=7, conId=265598, exchange="SMART", changePercent=math.inf),
]
CONDITIONS: tuple[list[OrderCondition], ...] = (
    [FAR], [FAR] * 100, [FAR] * 10_000, *([one] for one in ODD), *([one] for one in BROKEN),
)  # fmt: skip
BASES = {
    "MKT": {},
    "LMT": {"lmtPrice": 257.0},
    "STP LMT": {"lmtPrice": 259.0, "auxPrice": 258.5},
    "TRAIL": {"trailingPercent": 1.0},
    "REL": {"auxPrice": 0.01},
    "PEG BENCH": {
        "startingPrice": 250.0, "referenceContractId": 272093, "peggedChangeAmount": 1.0,
        "referenceChangeAmount": 1.0,
    },
    "MOC": {},
}  # fmt: skip


def extremes(record: type, name: str) -> tuple[Any, ...]:
    """Values of a field's type that nobody sends, or somebody does."""
    kind = hints(record)[name]
    kinds = get_args(kind) or (kind,)
    if list in kinds or getattr(kind, "__origin__", None) is list:
        return {
            "conditions": CONDITIONS, "comboLegs": LEGS, "orderComboLegs": PRICES,
        }.get(name, TAGS)  # fmt: skip
    for one, values in ((bool, (False, True)), (Decimal, SIZES), (float, NUMBERS), (int, WHOLE)):
        if one in kinds:
            return values
    return TEXTS if str in kinds else ()


hints = cache(get_type_hints)
ORDER_FIELDS = [
    name for name in Order.__struct_fields__ if name not in ("orderId", "clientId", "permId")
]
A_STAGE = 10
"""Fields of an order that one venue sees: after each order it is checked with all that it has."""
CONTRACT_FIELDS = list(Contract.__struct_fields__)


def base(kind: str) -> Order:
    return Order(action="BUY", totalQuantity=Decimal(10), orderType=kind, tif="DAY", **BASES[kind])


def aapl() -> Contract:
    return Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


def quoted() -> Stage:
    """A market, and the journal of its accounts."""
    stage = Stage()
    for row in ("quote AAPL 257.66 x 257.68", "trade AAPL 257.67", "quote MSFT 400 x 400.02"):
        stage.step(row)
    stage.journal += stage.engine.drain_journal()
    return stage


def ask(
    stage: Stage, order_id: int, contract: Contract, order: Order, *, keep: bool = False
) -> None:
    """Submit it and look at everything; unless ``keep``, take it out of the books again."""
    engine = stage.engine
    before = engine.state_hash()
    told = stage.submit(SubmitOrder(1, order_id, contract, order))
    check(engine)
    stage.journal += engine.drain_journal()
    refused = [one for one in told if isinstance(one, e.RequestRefusedEvent)]
    for one in refused:
        assert codes.lookup(one.code).template, one
        assert len(text_of(one)) < 3_000_000
    if refused and len(told) == 1:
        assert engine.state_hash() == before
    elif not keep and order_id in engine.state.ids.get(1, {}):
        stage.submit(CancelApiOrder(1, order_id))


def end(stage: Stage) -> None:
    """Take the orders out of the books, and look at the journal."""
    stage.submit(CancelAll(1))
    check(stage.engine)
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


@pytest.mark.further
@walk("kind", BASES, check=5)
def test_a_field_of_an_order_at_its_extremes(kind: str) -> None:
    some = {"check": 5} if kind == "LMT" else {"check": 29, "test": 3}
    names = thinned(ORDER_FIELDS, **some)
    for begin in range(0, len(names), A_STAGE):
        stage, order_id = quoted(), 1
        for name in names[begin : begin + A_STAGE]:
            for value in extremes(Order, name):
                order = base(kind)
                if kind != "LMT" and _huge(value):
                    continue  # once is enough
                setattr(order, name, value)
                order_id += 1
                ask(stage, order_id, aapl(), order)
        end(stage)


@pytest.mark.long
def test_a_field_of_a_contract_at_its_extremes() -> None:
    stage, order_id = quoted(), 1
    for name in CONTRACT_FIELDS:
        for value in extremes(Contract, name):
            contract = aapl()
            setattr(contract, name, value)
            order_id += 1
            ask(stage, order_id, contract, base("LMT"))
    end(stage)


def fields(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(ORDER_FIELDS), min_size=2, max_size=6, unique=True))
    return {
        name: draw(st.sampled_from(found))
        for name in names
        if (found := [one for one in extremes(Order, name) if not _huge(one)])
    }


def _huge(value: Any) -> bool:
    return isinstance(value, str | list) and len(value) > 200


@walk("size", ["NaN", "sNaN", "Infinity", "-Infinity"])
@walk(
    "told",
    [{}, {"displaySize": 1}, {"blockOrder": True}, {"scaleInitLevelSize": 1}, {"minQty": 1},
     {"cashQty": 10.0}],
    ids=lambda told: ",".join(told) or "alone",
)  # fmt: skip
def test_a_size_that_is_no_number_beside_what_is_measured_by_it(
    size: str, told: dict[str, Any]
) -> None:
    stage, order = quoted(), base("LMT")
    order.totalQuantity = Decimal(size)
    for name, value in told.items():
        setattr(order, name, value)
    said = stage.submit(SubmitOrder(1, 1, aapl(), order))
    assert [one.code for one in said if isinstance(one, e.RequestRefusedEvent)] == [434]


@pytest.mark.long
@tries(150)
@given(data=st.data())
def test_several_fields_at_their_extremes(data: st.DataObject) -> None:
    stage = quoted()
    for order_id in range(1, 4):
        kind = data.draw(st.sampled_from(sorted(BASES)))
        order = base(kind)
        for name, value in fields(data.draw).items():
            setattr(order, name, value)
        ask(stage, order_id, aapl(), base(kind), keep=True)
        ask(stage, order_id, aapl(), order, keep=True)  # as new terms, and as a new order
        ask(stage, order_id + 10, aapl(), order, keep=True)
        stage.step(f"quote AAPL {257 - order_id}.00 x {257 + order_id}.00")
        check(stage.engine)
    end(stage)
