"""Invariants of the venue after every command, for tests and, on demand, production."""

from collections import Counter

from .broker.ledger import Account
from .broker.lifecycle import FILLED, PENDING_SUBMIT, PRE_SUBMITTED, TERMINAL, WORKING
from .broker.orders import PART, WHOLE, FillRow, LiveOrder
from .engine import Engine
from .reference.composition import is_combination
from .reference.times import EASTERN
from .special import Held
from .state import State
from .units import CASH_SCALE, SIZE_SCALE


def check(engine: Engine) -> None:
    """Assert every invariant of the engine's state and of the day's archive.

    Raises ``AssertionError`` with the offending values.
    """
    state = engine.state
    over = [engine.archive.order(perm_id) for perm_id in engine.archive.order_ids()]
    finished = {order.permId: order for order in over if order is not None}
    for order in (*state.orders.values(), *finished.values()):
        _order(order)
    assert all(order.working for order in state.orders.values()), "a finished order still works"
    assert all(order.done for order in finished.values()), "a working order is in the archive"
    fills = list(engine.archive.fills())
    for fill in fills:
        _fill(fill)
    _identities(state, fills)
    _books(engine)
    _fills_of_orders({**finished, **state.orders}, fills)
    for account in state.accounts.values():
        _account(engine, account, [fill for fill in fills if fill.account == account.code])
    _liquidity(state)
    _children(state)


def _order(order: LiveOrder) -> None:
    name = f"order {order.permId}"
    assert order.status in WORKING + TERMINAL, f"{name} rests in status {order.status!r}"
    quantity = order.terms.quantity
    assert quantity or order.terms.extras.hedge is not None, f"{name} has no size"
    assert 0 <= order.filled <= quantity, f"{name}: {order.filled} of {quantity}"
    is_filled = (
        order.remaining == 0 and quantity > 0
    )  # a hedge has no size before its parent trades
    as_told = is_filled == (order.status == FILLED) or order.corrected
    assert as_told, f"{name}: {order.status}, {order.remaining} left"
    assert bool(order.ended) == order.done, f"{name}: ended at {order.ended}"
    if not order.terms.exercise and not is_combination(order.terms.conId):
        assert (order.value > 0) == (order.filled > 0), f"{name}: value {order.value}"
    if order.held and order.working:
        travels = bool(order.held & Held.TRAVELS)
        assert travels == (order.status == PENDING_SUBMIT), f"{name}: {order.held}, {order.status}"
        waits = order.held & ~Held.ROUTED
        assert travels or not waits or order.status == PRE_SUBMITTED, f"{name}: {order.status}"
        # New terms may hold an order that has traded; one with its parent or on its way has not.
        fresh = not order.filled or not order.held & (Held.CHILD | Held.TRAVELS)
        assert fresh, f"{name} is held and has filled {order.filled}"
    if order.status == PENDING_SUBMIT:
        assert order.held & Held.TRAVELS, f"{name} is on no way"
    assert bool(order.arrives) <= order.working, f"{name} has ended and arrives"
    if order.opens and order.working:
        assert order.status == PRE_SUBMITTED, f"{name} waits for the open as {order.status}"
    if order.waits and order.working:
        assert not order.filled, f"{name} waits and has filled {order.filled}"


def _fill(fill: FillRow) -> None:
    name = f"execution {fill.execution}"
    free = fill.moved or is_combination(fill.conId)
    assert fill.size > 0 or fill.revision > 1, f"{name}: {fill.size}"
    assert fill.price > 0 or free, f"{name}: {fill.size} at {fill.price}"
    if fill.limit is not None:
        beyond = (fill.price - fill.limit) * fill.side
        assert beyond <= 0, f"{name}: side {fill.side} at {fill.price} beyond {fill.limit}"


def _identities(state: State, fills: list[FillRow]) -> None:
    """Every id is unique, and the index of client ids is complete."""
    indexed = {
        perm_id: (client_id, order_id)
        for client_id, ids in state.ids.items()
        for order_id, perm_id in ids.items()
    }
    for perm_id, order in state.orders.items():
        assert order.permId == perm_id < state.next_perm_id, f"permId {perm_id}: {order.permId}"
        owner = None if order.made else (order.clientId, order.orderId)
        assert indexed.get(perm_id) == owner, f"permId {perm_id}: {indexed.get(perm_id)}, {owner}"
        highest = state.highest_ids[order.clientId]
        assert order.orderId <= highest, f"order id {order.orderId} above the highest, {highest}"
    own = sum(not order.made for order in state.orders.values())
    assert len(indexed) == own, f"{len(indexed)} ids for {own} orders"
    names = Counter((fill.execution, fill.revision) for fill in fills)
    assert all(count == 1 for count in names.values()), f"executions repeat: {names}"


def _books(engine: Engine) -> None:
    """The exchange's books contain exactly the working orders, each once, without those that wait
    for the open or are held for another reason, and those whose stop has no price yet, and
    those that exercise options."""
    booked = sorted(engine.exchange.orders())
    orders = [order for order in engine.state.orders.values() if booked_now(order)]
    working = sorted((o.terms.conId, o.permId, o.waits) for o in orders)
    assert booked == working, f"in the books {booked}, working {working}"


def booked_now(order: LiveOrder) -> bool:
    """Return whether a working order belongs into a book; a combination trades in those of its
    legs."""
    waits = order.opens or order.held or order.terms.exercise
    return not waits and order.priced and not is_combination(order.terms.conId)


def _fills_of_orders(orders: dict[int, LiveOrder], fills: list[FillRow]) -> None:
    """An order's fills of today never exceed its filled size."""
    traded: Counter[int] = Counter()
    for fill in fills:
        if not fill.leg and fill.moved != PART:
            traded[fill.permId] += fill.size - fill.was[0]
    for perm_id, size in traded.items():
        order = orders.get(perm_id)
        if order is not None:  # a reset of ids lets finished orders go before their fills
            assert size <= order.filled, f"order {perm_id}: {size} executed, {order.filled} filled"


def _account(engine: Engine, account: Account, fills: list[FillRow]) -> None:
    """Opening books and the day's fills give the present books, to the last unit. The cash of a
    future is that of a purchase in full, but for the value that is settled."""
    cash = Counter(account.opening_cash)
    held = Counter(account.opening_quantity)
    for con_id, settled in account.opening_settled.items():
        cash[engine.instruments[con_id].currency] -= settled
    for con_id, position in account.positions.items():
        cash[engine.instruments[con_id].currency] += position.settled
    for fill in fills:
        if fill.moved == WHOLE or is_combination(fill.conId):  # its parts or legs are booked
            continue
        entry = engine.instruments[fill.conId]
        size, value, fee = fill.was
        cash[entry.currency] -= fill.side * (fill.value - value)
        name, amount = fill.paid or (entry.currency, fill.fee - fee)
        cash[name] -= amount
        held[fill.conId] += fill.side * (fill.size - size)
        if entry.secType == "CASH":
            cash[entry.symbol] += fill.side * (fill.size - size) * (CASH_SCALE // SIZE_SCALE)
    for currency in (*cash, *account.cash):
        has, should = account.cash.get(currency, 0), cash[currency]
        assert has == should, f"{account.code}: cash {has} {currency}, fills say {should}"
    for con_id in (*held, *account.positions):
        amount, wanted = account.quantity(con_id), held[con_id]
        assert amount == wanted, f"{account.code}: holds {amount} of {con_id}, not {wanted}"
    today = EASTERN.day(engine.state.day_end - 1) if engine.state.day_end else 0
    overdue = [day for day in account.accrued if day <= today]
    assert not overdue, f"{account.code}: interest of {overdue} is not booked on {today}"
    for con_id, position in account.positions.items():
        if position.quantity == 0:
            assert position.cost == 0, f"{account.code}: flat {con_id} costs {position.cost}"
            assert position.settled == 0, f"{account.code}: flat {con_id} has {position.settled}"


def _liquidity(state: State) -> None:
    """Orders trade no more against a quote than it displayed."""
    for con_id, consumed in state.consumed.items():
        quote = consumed.quote
        assert consumed.ask <= quote.askSize, f"{con_id}: {consumed.ask} of {quote.askSize}"
        assert consumed.bid <= quote.bidSize, f"{con_id}: {consumed.bid} of {quote.bidSize}"


def _children(state: State) -> None:
    """A child does not work before its parent has filled or ended, unless a world fills it."""
    for order in state.orders.values():
        if order.parent in state.orders and not order.terms.exercise and not order.scripted:
            name = f"order {order.permId}, child of {order.parent}"
            assert order.held & Held.CHILD, f"{name}, works before it"
            assert not order.filled, f"{name}, has filled before it"
