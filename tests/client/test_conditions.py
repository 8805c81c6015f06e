"""Conditions as plain objects: what each becomes in the protocol, and what cannot be told to it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from papertape.client.conditions import (
    AnyCondition,
    WhenChange,
    WhenMargin,
    WhenPrice,
    WhenTime,
    WhenTraded,
    WhenVolume,
    conditional,
)
from papertape.client.contracts import LimitOrder, Stock
from papertape.errors import LocalProtocolError
from papertape.model import Contract, OrderCondition
from walks import walk

SPY = Contract(conId=756733, symbol="SPY", exchange="ARCA")
EVE = datetime(2026, 12, 24, 14, 30, tzinfo=UTC)
SINGLE: list[tuple[AnyCondition, OrderCondition]] = [
    (
        WhenPrice(contract=SPY, above=500.5, trigger_method=2),
        OrderCondition(
            type=1, isMore=True, conId=756733, exchange="ARCA", price=500.5, triggerMethod=2
        ),
    ),
    (
        WhenPrice(contract=Contract(conId=5), below=1.0),
        OrderCondition(type=1, conId=5, exchange="SMART", price=1.0),
    ),
    (WhenTime(after=EVE), OrderCondition(type=3, isMore=True, time="20261224-14:30:00")),
    (
        WhenTime(before="20261224 09:30:00 MET"),
        OrderCondition(type=3, time="20261224 09:30:00 MET"),
    ),
    (WhenMargin(below=10), OrderCondition(type=4, percent=10)),
    (
        WhenTraded(symbol="IBM"),
        OrderCondition(type=5, symbol="IBM", secType="STK", exchange="SMART"),
    ),
    (
        WhenVolume(contract=SPY, above=1000),
        OrderCondition(type=6, isMore=True, conId=756733, exchange="ARCA", volume=1000),
    ),
    (
        WhenChange(contract=SPY, below=-1.5),
        OrderCondition(type=7, conId=756733, exchange="ARCA", changePercent=-1.5),
    ),
]


@walk(("condition", "record"), SINGLE, ids=lambda one: type(one).__name__)
def test_a_condition_as_the_protocol_has_it(
    condition: AnyCondition, record: OrderCondition
) -> None:
    assert condition.record() == record


def test_and_and_or_are_told_by_the_condition_before_them() -> None:
    one, two, three = WhenMargin(above=1), WhenMargin(above=2), WhenMargin(above=3)
    order = LimitOrder("BUY", 1, 10.0)
    made = conditional(order, one & two | three, cancels=True, any_hours=True)
    told = [(row.percent, row.isConjunctionConnection) for row in made.conditions]
    assert told == [(1, True), (2, False), (3, True)]
    assert made.conditionsCancelOrder and made.conditionsIgnoreRth
    assert order.conditions == [] and not order.conditionsCancelOrder
    assert [row.isConjunctionConnection for row in (one | two).records()] == [False, True]


def test_what_tws_cannot_be_told_is_refused() -> None:
    one, two, three = WhenMargin(above=1), WhenMargin(above=2), WhenMargin(above=3)
    with pytest.raises(TypeError, match="first to the last"):
        one | (two & three)  # type: ignore[operator]
    with pytest.raises(TypeError, match="first to the last"):
        one | two & three


def test_and_and_or_in_words_would_lose_a_condition() -> None:
    one, two = WhenMargin(above=1), WhenMargin(above=2)
    for join in (
        lambda: one and two,
        lambda: one or two,
        lambda: not one,
        lambda: one & two or one,
    ):
        with pytest.raises(TypeError, match="joined with"):
            join()


@pytest.mark.parametrize(
    ("order", "conditions", "told"),
    [
        (LimitOrder("BUY", 1, 1.0), [WhenMargin(above=1)], "joined with & and |, not a list"),
        (WhenMargin(above=1), LimitOrder("BUY", 1, 1.0), "an order is needed"),
        (LimitOrder("BUY", 1, 1.0), WhenPrice(contract="SPY", above=1.0), "such as pt.Stock"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_condition_is_told(order: Any, conditions: Any, told: str) -> None:
    with pytest.raises(LocalProtocolError, match=told):
        conditional(order, conditions)


@walk(
    ("condition", "field"),
    [
        (WhenMargin(below=0.3), "conditions.percent"),  # type: ignore[arg-type]
        (WhenMargin(above="10%"), "conditions.percent"),  # type: ignore[arg-type]
        (WhenVolume(contract=SPY, above=1.5), "conditions.volume"),  # type: ignore[arg-type]
        (WhenPrice(contract=SPY), "conditions"),
        (WhenPrice(contract=SPY, above=1.0, below=2.0), "conditions"),
        (WhenVolume(contract=Stock("SPY"), above=1), "conditions.conId"),
        (WhenTime(after=datetime(2026, 12, 24)), "after"),
    ],
)
def test_a_condition_that_is_not_complete_is_refused(condition: AnyCondition, field: str) -> None:
    with pytest.raises(LocalProtocolError) as refusal:
        conditional(LimitOrder("BUY", 1, 10.0), condition)
    assert (refusal.value.message, refusal.value.field) == ("PlaceOrder", field)
