"""What TWS decides before the broker hears of an order: ids, held orders, binding, previews."""

from decimal import Decimal
from typing import Any, Literal

import pytest

from papertape.model import Contract, Order
from papertape.venue.commands import (
    TWS_USER,
    BindOrders,
    CancelAll,
    CancelApiOrder,
    CancelByUser,
    Command,
    ResetOrderIds,
    SubmitManualOrder,
    SubmitOrder,
)
from papertape.venue.facts import (
    DayBegan,
    ManualOrderBound,
    OrderDropped,
    OrderEnded,
    OrderFilled,
    OrderHeld,
    OrderIdsReset,
    OrderPlaced,
    OrderReleased,
    OrderRepeated,
    OrderReplaced,
    PermIdUsed,
)
from papertape.venue.tws.api_orders import Refused, WhatIf
from venue.scenario import Stage

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
MISSING = Contract(symbol="NOSUCH", secType="STK", exchange="SMART", currency="USD")
QUIET = 250.0
CROSSES = 258.0


def order(limit: float = QUIET, size: int = 10, **changes: Any) -> Order:
    return Order(
        action="BUY", totalQuantity=Decimal(size), orderType="LMT", lmtPrice=limit, tif="DAY",
        **changes,
    )  # fmt: skip


def submit(number: int, client: int = 1, contract: Contract = AAPL, **changes: Any) -> SubmitOrder:
    return SubmitOrder(client, number, contract, order(**changes))


@pytest.fixture
def stage() -> Stage:
    """A quoted stock, and a day that has begun."""
    on = Stage()
    on.step("quote AAPL 257.66 x 257.68")
    on.engine.submit(submit(1), on.now)
    on.engine.submit(CancelApiOrder(1, 1), on.now)
    return on


def kinds(stage: Stage, *commands: Command) -> list[type]:
    """The kinds of facts and answers that the last of some commands brings."""
    for command in commands[:-1]:
        stage.engine.submit(command, stage.now)
    return [type(one.fact) for one in stage.engine.submit(commands[-1], stage.now)]


def refused(stage: Stage, *commands: Command) -> Refused:
    """The refusal that the last command brings, and nothing else; it leaves no trace."""
    for command in commands[:-1]:
        stage.engine.submit(command, stage.now)
    stage.engine.drain_journal()
    before = stage.engine.state_hash()
    (only,) = stage.engine.submit(commands[-1], stage.now)
    assert isinstance(only.fact, Refused)
    assert stage.engine.state_hash() == before and stage.engine.drain_journal() == []
    return only.fact


# -- the first command of a day ------------------------------------------------------------------


@pytest.mark.parametrize("what_if", [False, True])
def test_the_first_order_opens_the_trading_day(what_if: bool) -> None:
    on = Stage()
    assert kinds(on, submit(1, whatIf=what_if))[0] is DayBegan
    assert DayBegan not in kinds(on, submit(2))


def test_a_refusal_opens_none() -> None:
    on = Stage()
    refused(on, submit(1, contract=MISSING))
    assert on.engine.state.day_end == 0


# -- what an id means ----------------------------------------------------------------------------


def test_an_id_is_a_new_order_then_new_terms_then_a_mistake(stage: Stage) -> None:
    assert kinds(stage, submit(2)) == [OrderPlaced, OrderRepeated]
    assert kinds(stage, submit(2, limit=249.0)) == [OrderReplaced, OrderRepeated]
    assert refused(stage, CancelApiOrder(1, 2), submit(2)).reason.variant == "too_late"
    assert kinds(stage, submit(3, limit=CROSSES)) == [OrderPlaced, OrderFilled]
    assert refused(stage, submit(3)).reason.code == 104


@pytest.mark.parametrize(
    ("number", "code"), [(0, 10149), (-5, 10149), (1, 201), (2, 103), (3, None), (2**31 - 1, None)]
)
def test_ids_only_count_up(stage: Stage, number: int, code: int | None) -> None:
    stage.engine.submit(ResetOrderIds(), stage.now)
    stage.engine.submit(submit(1), stage.now)
    stage.engine.submit(CancelApiOrder(1, 1), stage.now)
    stage.engine.submit(submit(2, transmit=False), stage.now)
    stage.engine.submit(CancelApiOrder(1, 2), stage.now)
    if code is None:
        assert kinds(stage, submit(number))[0] is OrderPlaced
    else:
        assert refused(stage, submit(number)).reason.code == code


def test_each_client_has_ids_of_its_own(stage: Stage) -> None:
    assert kinds(stage, submit(1, client=2)) == [OrderPlaced, OrderRepeated]
    assert refused(stage, CancelApiOrder(3, 1)).reason.code == 10147
    assert kinds(stage, CancelApiOrder(2, 1)) == [OrderEnded]
    late = refused(stage, CancelApiOrder(2, 1)).reason
    assert (late.code, late.facts["state"]) == (10148, "Cancelled")


def test_a_refused_change_leaves_the_working_order_as_it_was(stage: Stage) -> None:
    """What nobody serves is 201 for a new order, which ends it, and 321 for one that lives on."""
    assert refused(stage, submit(2), submit(2, scaleTable="x")).reason.code == 321
    assert refused(stage, submit(3, scaleTable="x")).reason.code == 201
    (working,) = stage.engine.state.orders.values()
    assert working.orderId == 2


# -- held orders ---------------------------------------------------------------------------------


def test_an_order_without_transmit_waits_here_and_takes_no_permanent_id(stage: Stage) -> None:
    next_perm_id = stage.engine.state.next_perm_id
    assert kinds(stage, submit(2, transmit=False)) == [OrderHeld]
    assert kinds(stage, submit(2, transmit=False, limit=249.0)) == [OrderHeld]
    assert stage.engine.state.next_perm_id == next_perm_id
    released = [OrderReleased, OrderPlaced, OrderRepeated]
    assert kinds(stage, submit(2, limit=248.0)) == released
    (working,) = stage.engine.state.orders.values()
    assert working.terms.limit == 248_0000 and not stage.engine.state.held


def test_a_held_order_is_dropped_by_its_client_alone(stage: Stage) -> None:
    held = submit(2, transmit=False)
    assert refused(stage, held, CancelApiOrder(2, 2)).reason.code == 10147
    assert kinds(stage, CancelAll(1)) == []
    assert kinds(stage, CancelApiOrder(1, 2)) == [PermIdUsed, OrderDropped, Refused]
    assert refused(stage, CancelApiOrder(1, 2)).reason.code == 10147


# -- previews ------------------------------------------------------------------------------------


def test_a_preview_takes_a_permanent_id_and_nothing_else(stage: Stage) -> None:
    state = stage.engine.state
    number, accounts = state.next_perm_id, str(state.accounts)
    happened = stage.engine.submit(submit(2, whatIf=True), stage.now)
    assert [type(one.fact) for one in happened] == [PermIdUsed, WhatIf]
    assert state.next_perm_id == number + 1 and not state.orders
    assert str(state.accounts) == accounts
    assert kinds(stage, submit(2))[0] is OrderPlaced


def test_a_preview_may_have_the_id_of_a_working_order_and_must_be_transmitted(stage: Stage) -> None:
    assert kinds(stage, submit(2), submit(2, whatIf=True)) == [PermIdUsed, WhatIf]
    assert refused(stage, submit(3, whatIf=True, transmit=False)).reason.code == 413


# -- the user of TWS -----------------------------------------------------------------------------


def manual(bind: Literal["no", "negative", "next"] = "no", **changes: Any) -> SubmitManualOrder:
    return SubmitManualOrder(AAPL, order(**changes), bind)


def owners(stage: Stage) -> list[tuple[int, int]]:
    return [(one.clientId, one.orderId) for one in stage.engine.state.orders.values()]


def test_the_users_orders_have_ids_of_their_own_until_they_are_bound(stage: Stage) -> None:
    kinds(stage, manual(), manual(transmit=False), submit(7, client=0))
    assert owners(stage) == [(TWS_USER, 1), (TWS_USER, 2), (0, 7)]
    assert kinds(stage, BindOrders(negative=False)) == [ManualOrderBound, ManualOrderBound]
    assert owners(stage) == [(0, 8), (0, 9), (0, 7)]
    assert kinds(stage, BindOrders(negative=False)) == []


@pytest.mark.parametrize(("bind", "ids"), [("negative", [-1, -2]), ("next", [1, 2])])
def test_an_order_of_the_user_may_be_client_0s_at_once(
    stage: Stage, bind: Literal["negative", "next"], ids: list[int]
) -> None:
    kinds(stage, manual(bind), manual(bind))
    assert owners(stage) == [(0, number) for number in ids]
    assert kinds(stage, SubmitOrder(0, ids[0], AAPL, order(limit=249.0)))[0] is OrderReplaced


def test_ids_below_zero_are_never_given_twice(stage: Stage) -> None:
    kinds(stage, manual("negative"), CancelApiOrder(0, -1), manual(), BindOrders(negative=True))
    assert owners(stage) == [(0, -2)]


def test_the_user_cancels_whatever_works(stage: Stage) -> None:
    number = stage.engine.state.next_perm_id
    assert kinds(stage, submit(2, client=5), CancelByUser(number)) == [OrderEnded]
    assert kinds(stage, CancelByUser(number)) == []


def test_a_mistake_of_the_user_is_told_to_nobodys_client(stage: Stage) -> None:
    answer = refused(stage, SubmitManualOrder(MISSING, order()))
    assert (answer.clientId, answer.reason.code) == (TWS_USER, 200)


# -- resets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("busy", [submit(2), submit(2, transmit=False)])
def test_ids_begin_again_only_when_no_order_of_a_client_is_left(stage: Stage, busy: Any) -> None:
    assert kinds(stage, busy, ResetOrderIds()) == []
    assert kinds(stage, CancelApiOrder(1, 2), ResetOrderIds()) == [OrderIdsReset]
    assert stage.engine.archive.order_ids() == []
    assert kinds(stage, submit(1))[0] is OrderPlaced


def test_orders_of_the_user_outlive_a_reset_with_their_ids(stage: Stage) -> None:
    assert kinds(stage, manual(), ResetOrderIds()) == [OrderIdsReset]
    kinds(stage, manual())
    assert owners(stage) == [(TWS_USER, 1), (TWS_USER, 2)]


def test_a_reset_forgets_no_money(stage: Stage) -> None:
    kinds(stage, submit(2, limit=CROSSES))
    books = str(stage.engine.state.accounts)
    assert kinds(stage, ResetOrderIds()) == [OrderIdsReset]
    assert str(stage.engine.state.accounts) == books
    assert len(list(stage.engine.archive.fills())) == 1
