"""What must be true of the venue after every command. Run in tests, and in production on demand.

``check`` raises ``AssertionError`` whose text carries the facts.
"""

from collections import Counter

from .accounts import Account
from .engine import Engine
from .lifecycle import FILLED, TERMINAL, WORKING
from .orders import LiveOrder
from .state import Fill, State
from .units import CASH_SCALE, SIZE_SCALE


def check(engine: Engine) -> None:
    """Assert every invariant of the engine's state."""
    state = engine.state
    for order in state.orders.values():
        _order(order)
    for fill in state.fills:
        _fill(fill)
    _identities(state)
    _floor(state)
    _fills_of_orders(state)
    for account in state.accounts.values():
        _account(engine, account, [fill for fill in state.fills if fill.account == account.code])
    _liquidity(state)


def _order(order: LiveOrder) -> None:
    name = f"order {order.permId}"
    assert order.status in WORKING + TERMINAL, f"{name} rests in status {order.status!r}"
    assert 0 <= order.filled <= order.quantity, f"{name}: {order.filled} of {order.quantity}"
    is_filled = order.remaining == 0
    assert is_filled == (order.status == FILLED), f"{name}: {order.status}, {order.remaining} left"
    assert bool(order.completed_status) == order.done, f"{name}: {order.completed_status!r}"
    assert (order.value > 0) == (order.filled > 0), f"{name}: value {order.value}"


def _fill(fill: Fill) -> None:
    name = fill.execution.execId
    assert fill.size > 0 and fill.price > 0, f"{name}: {fill.size} at {fill.price}"
    if fill.limit is not None:
        beyond = (fill.price - fill.limit) * fill.side
        assert beyond <= 0, f"{name}: side {fill.side} at {fill.price} beyond {fill.limit}"


def _identities(state: State) -> None:
    """Every id names one thing, and the index of client ids is complete."""
    indexed = {
        perm_id: (client_id, order_id)
        for client_id, ids in state.ids.items()
        for order_id, perm_id in ids.items()
    }
    for perm_id, order in state.orders.items():
        assert order.permId == perm_id < state.next_perm_id, f"permId {perm_id}: {order.permId}"
        owner = (order.clientId, order.orderId)
        assert indexed.get(perm_id) == owner, f"permId {perm_id}: {indexed.get(perm_id)}, {owner}"
        highest = state.highest_ids[order.clientId]
        assert order.orderId <= highest, f"order id {order.orderId} above the highest, {highest}"
    assert len(indexed) == len(state.orders), f"{len(indexed)} ids for {len(state.orders)} orders"
    names = Counter(fill.execution.execId for fill in state.fills)
    assert all(count == 1 for count in names.values()), f"execution ids repeat: {names}"


def _floor(state: State) -> None:
    """The floor holds the working orders, each once, and nothing else."""
    listed = [(con_id, perm) for con_id, perms in state.working.items() for perm in perms]
    working = [(order.conId, perm) for perm, order in state.orders.items() if order.working]
    assert sorted(listed) == sorted(working), f"on the floor {listed}, working {working}"
    assert all(state.working.values()), "an instrument without working orders is on the floor"


def _fills_of_orders(state: State) -> None:
    """An order's fills of today never exceed what it says is filled."""
    traded: Counter[int] = Counter()
    for fill in state.fills:
        traded[fill.permId] += fill.size
    for perm_id, size in traded.items():
        order = state.orders[perm_id]
        assert size <= order.filled, f"order {perm_id}: {size} executed, {order.filled} filled"


def _account(engine: Engine, account: Account, fills: list[Fill]) -> None:
    """Opening books and the day's fills give the present ones, to the last unit."""
    cash = Counter(account.opening_cash)
    held = Counter(account.opening_quantity)
    for fill in fills:
        entry = engine.instruments[fill.conId]
        cash[entry.currency] -= fill.side * fill.value + fill.fee
        held[fill.conId] += fill.side * fill.size
        if entry.secType == "CASH":
            cash[entry.symbol] += fill.side * fill.size * (CASH_SCALE // SIZE_SCALE)
    for currency in (*cash, *account.cash):
        has, should = account.cash.get(currency, 0), cash[currency]
        assert has == should, f"{account.code}: cash {has} {currency}, fills say {should}"
    for con_id in (*held, *account.positions):
        amount, wanted = account.quantity(con_id), held[con_id]
        assert amount == wanted, f"{account.code}: holds {amount} of {con_id}, not {wanted}"
    for con_id, position in account.positions.items():
        if position.quantity == 0:
            assert position.cost == 0, f"{account.code}: flat {con_id} costs {position.cost}"


def _liquidity(state: State) -> None:
    """Nobody trades more against a quote than it displayed."""
    for con_id, taken in state.taken.items():
        quote = taken.quote
        assert taken.ask <= quote.askSize, f"{con_id}: took {taken.ask} of {quote.askSize}"
        assert taken.bid <= quote.bidSize, f"{con_id}: took {taken.bid} of {quote.bidSize}"
