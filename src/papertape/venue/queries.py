"""Questions about the venue that change nothing: orders, executions, positions, accounts."""

from collections import deque
from collections.abc import Collection, Iterator
from decimal import Decimal
from operator import itemgetter
from typing import TypeVar

import msgspec

from papertape.model import CommissionAndFeesReport, Contract, Execution, ExecutionFilter

from . import ids
from .commands import CancelOrder, SubmitOrder
from .events import OrderView
from .instruments import ALIASES, Instruments, Refusal, contract_of
from .margin import Appraiser, Holding, Valuation
from .orders import LiveOrder, completed_view, money, view_of
from .profile import Profile
from .ratios import scaled
from .state import Fill, State
from .times import eastern, parse_filter_time
from .touches import Touches
from .units import Nanos, price_float, size_decimal
from .values import AccountValue, account_values, summary_values

Row = TypeVar("Row")
Rows = Iterator[Row | None]
"""Rows that are worked out when they are taken. None stands for what has been passed over, so that
whoever takes them can stop in time."""
SIDE_NAMES = {"BUY": 1, "BOT": 1, "SELL": -1, "SLD": -1}


class ExecutionRow(msgspec.Struct, frozen=True):
    """One execution as reqExecutions answers it: execDetails, then commissionReport."""

    contract: Contract
    execution: Execution
    report: CommissionAndFeesReport
    time: Nanos


class PositionRow(msgspec.Struct, frozen=True):
    """One position message."""

    account: str
    contract: Contract
    position: Decimal
    avgCost: float


class PortfolioRow(msgspec.Struct, frozen=True):
    """One updatePortfolio message."""

    account: str
    contract: Contract
    position: Decimal
    marketPrice: float
    marketValue: float
    averageCost: float
    unrealizedPNL: float
    realizedPNL: float


class ProfitRow(msgspec.Struct, frozen=True):
    """One pnl or pnlSingle message, in the base currency and the instrument's respectively."""

    dailyPnL: float
    unrealizedPnL: float
    realizedPnL: float
    position: Decimal = Decimal(0)
    value: float = 0.0


class Queries:
    """Reads the state; prices are the market's at the asked instant."""

    def __init__(
        self, state: State, instruments: Instruments, profile: Profile, touches: Touches
    ) -> None:
        self._state = state
        self._instruments = instruments
        self._profile = profile
        self._touches = touches

    def next_valid_id(self, client_id: int) -> int:
        """One more than the highest order id the client ever used; 1 for a new client."""
        return self._state.highest_ids.get(client_id, 0) + 1

    def busy(self) -> bool:
        """Whether an order works or waits for ``transmit``: then order ids cannot be reset."""
        return self._state.busy

    def each_open_order(self, client_id: int | None = None) -> Rows[OrderView]:
        """The working orders of one client, or of all, in order of acceptance.

        Each is looked at when it is taken; one that has ended by then is passed over.
        """
        for order in tuple(self._state.orders.values()):
            fits = order.working and client_id in (None, order.clientId)
            yield view_of(order) if fits else None

    def open_orders(self, client_id: int | None = None) -> tuple[OrderView, ...]:
        """The same, all at once."""
        return _all(self.each_open_order(client_id))

    def orders(self) -> tuple[OrderView, ...]:
        """Every order that works or ended today, in order of acceptance."""
        return tuple(view_of(order) for order in self._state.orders.values())

    def latest_orders(self, last: int, account: str = "") -> Rows[OrderView]:
        """At most ``last`` orders of today, in order of acceptance: those that are not over before
        those that are, the later before the earlier; each is looked at when it is taken."""
        alive: deque[tuple[int, LiveOrder]] = deque(maxlen=last)
        over: deque[tuple[int, LiveOrder]] = deque(maxlen=last)
        for place, order in enumerate(tuple(self._state.orders.values())):
            if account in ("", order.account):
                (over if order.done else alive).append((place, order))
            yield None
        found = sorted([*over, *alive][-last:], key=itemgetter(0))
        for _, order in found:
            yield view_of(order)

    def newest_order(self) -> OrderView | None:
        """The order of today that was accepted last."""
        order = next(reversed(self._state.orders.values()), None)
        return None if order is None else view_of(order)

    def order_by_perm_id(self, perm_id: int) -> OrderView | None:
        """An order of today, finished ones included."""
        order = self._state.orders.get(perm_id)
        return None if order is None else view_of(order)

    def open_order(self, perm_id: int) -> OrderView | None:
        """An order that works."""
        order = self._state.orders.get(perm_id)
        return view_of(order) if order is not None and order.working else None

    def order(self, client_id: int, order_id: int) -> OrderView | None:
        """An order of today by its client's id, finished ones included."""
        perm_id = self._state.ids.get(client_id, {}).get(order_id)
        return None if perm_id is None else view_of(self._state.orders[perm_id])

    def lives(self, client_id: int, order_id: int) -> bool:
        """Whether an order of a client works, or waits for ``transmit``, under that id."""
        return ids.lives(self._state, client_id, order_id)

    def untransmitted(self, client_id: int, order_id: int) -> SubmitOrder | None:
        """An order of a client that waits for ``transmit``."""
        return self._state.held.get(client_id, {}).get(order_id)

    def refusal(self, command: SubmitOrder | CancelOrder) -> Refusal | None:
        """Why the order id of a command cannot be used, as far as is known now."""
        if isinstance(command, CancelOrder):
            return ids.cancel_refusal(self._state, command)
        return ids.submit_refusal(self._state, command)

    def each_completed_order(self) -> Rows[OrderView]:
        """The orders that ended today, in order of acceptance."""
        for order in tuple(self._state.orders.values()):
            yield completed_view(order) if order.done else None

    def completed_orders(self) -> tuple[OrderView, ...]:
        """The same, all at once."""
        return _all(self.each_completed_order())

    def each_execution(self, wanted: ExecutionFilter | None = None) -> Rows[ExecutionRow]:
        """Today's executions that match every set field of the filter.

        Raises ``ValueError`` on a time that cannot be read, before any of them is taken.
        """
        asked = wanted or ExecutionFilter()
        since = parse_filter_time(asked.time) if asked.time else 0
        fills = tuple(self._state.fills)
        return (_row(f) if f.time >= since and _wants(asked, f) else None for f in fills)

    def executions(self, wanted: ExecutionFilter | None = None) -> tuple[ExecutionRow, ...]:
        """The same, all at once."""
        return _all(self.each_execution(wanted))

    def latest_executions(
        self, last: int, account: str = "", con_id: int = 0
    ) -> Rows[ExecutionRow]:
        """The last of today's executions, oldest first; "" and 0 stand for all."""
        found: list[Fill] = []
        for fill in reversed(tuple(self._state.fills)):
            if len(found) == last:
                break
            if account in ("", fill.account) and con_id in (0, fill.conId):
                found.append(fill)
            yield None
        yield from map(_row, reversed(found))

    def executions_by_id(self, wanted: Collection[str]) -> Rows[ExecutionRow]:
        """Today's executions with these ids, oldest first; the later ones are found sooner."""
        left, found = set(wanted), []
        for fill in reversed(tuple(self._state.fills)):
            if not left:
                break
            if fill.execution.execId in left:
                left.remove(fill.execution.execId)
                found.append(fill)
            yield None
        yield from map(_row, reversed(found))

    def accounts(self) -> tuple[str, ...]:
        """The account codes, in the profile's order."""
        return self._profile.accounts

    def each_position(self, account: str | None = None) -> Rows[PositionRow]:
        """Open positions, and with size 0 those closed today, by account and contract."""
        for code in self._accounts(account):
            positions = self._state.accounts[code].positions
            for con_id in sorted(positions):
                yield self.position(code, con_id) if con_id in positions else None

    def positions(self, account: str | None = None) -> tuple[PositionRow, ...]:
        """The same, all at once."""
        return _all(self.each_position(account))

    def position(self, account: str, con_id: int) -> PositionRow:
        """One position row; also for a position that is flat."""
        entry = self._instruments[con_id]
        held = self._state.accounts[account].positions[con_id]
        return PositionRow(
            account=account,
            contract=contract_of(entry, entry.primaryExchange or entry.home, primary=False),
            position=size_decimal(held.quantity),
            avgCost=held.average_cost(),
        )

    def valuation(self, account: str, now: Nanos) -> Valuation:
        """The account at the market prices of ``now``."""
        look = self._touches.current
        appraiser = Appraiser(
            self._instruments, self._profile.base_currency, lambda con_id: look(con_id, now)
        )
        return appraiser.value(self._state.accounts[account])

    def portfolio(self, account: str, now: Nanos) -> tuple[PortfolioRow, ...]:
        """The positions of an account at market prices."""
        holdings = self.valuation(account, now).holdings
        return tuple(_portfolio_row(account, holding) for holding in holdings)

    def profit(self, account: str, now: Nanos) -> ProfitRow:
        """The account's profit since the trading day began."""
        worth = self.valuation(account, now)
        rates = worth.rates
        held = worth.holdings
        unrealized = sum(scaled(h.unrealized, rates[h.instrument.currency]) for h in held)
        realized = sum(scaled(h.position.realized, rates[h.instrument.currency]) for h in held)
        return ProfitRow(
            dailyPnL=money(worth.equity - worth.previous_equity),
            unrealizedPnL=money(unrealized),
            realizedPnL=money(realized),
        )

    def profit_single(self, account: str, con_id: int, now: Nanos) -> ProfitRow | None:
        """One position's profit since the trading day began; None when there is none."""
        books = self._state.accounts[account]
        holdings = self.valuation(account, now).holdings
        held = next((h for h in holdings if h.instrument.conId == con_id), None)
        if held is None:
            return None
        fills = [f for f in self._state.fills if (f.account, f.conId) == (account, con_id)]
        paid = sum(fill.side * fill.value + fill.fee for fill in fills)
        return ProfitRow(
            dailyPnL=money(held.value - books.opening_values.get(con_id, 0) - paid),
            unrealizedPnL=money(held.unrealized),
            realizedPnL=money(held.position.realized),
            position=size_decimal(held.position.quantity),
            value=money(held.value),
        )

    def account_values(self, account: str, now: Nanos) -> tuple[AccountValue, ...]:
        """Every key of reqAccountUpdates, alphabetically, suffix rows after the plain ones."""
        return account_values(account, self._profile.base_currency, self.valuation(account, now))

    def account_summary(
        self, tags: tuple[str, ...], now: Nanos, account: str | None = None
    ) -> tuple[AccountValue, ...]:
        """The rows of the asked summary tags, per account alphabetically."""
        base = self._profile.base_currency
        rows: list[AccountValue] = []
        for code in self._accounts(account):
            rows += summary_values(code, base, self.valuation(code, now), tags)
        return tuple(rows)

    def _accounts(self, account: str | None) -> tuple[str, ...]:
        return self._profile.accounts if account is None else (account,)


def _all(rows: Rows[Row]) -> tuple[Row, ...]:
    return tuple(row for row in rows if row is not None)


def _row(fill: Fill) -> ExecutionRow:
    return ExecutionRow(fill.contract, fill.execution, fill.report, fill.time)


def _wants(asked: ExecutionFilter, fill: Fill) -> bool:
    pairs = (
        (asked.clientId, fill.execution.clientId),
        (asked.acctCode, fill.account),
        (asked.symbol.upper(), fill.contract.symbol),
        (asked.secType.upper(), fill.contract.secType),
        (ALIASES.get(asked.exchange, asked.exchange), fill.execution.exchange),
        (SIDE_NAMES.get(asked.side.upper(), 0), fill.side),
    )
    day = int(eastern(fill.time).strftime("%Y%m%d"))
    on_day = not asked.specificDates or day in asked.specificDates
    return on_day and all(value in ("", 0, has) for value, has in pairs)


def _portfolio_row(account: str, holding: Holding) -> PortfolioRow:
    entry = holding.instrument
    return PortfolioRow(
        account=account,
        contract=contract_of(entry, entry.primaryExchange or entry.home),
        position=size_decimal(holding.position.quantity),
        marketPrice=price_float(holding.price, entry.scale),
        marketValue=money(holding.value),
        averageCost=holding.position.average_cost(),
        unrealizedPNL=money(holding.unrealized),
        realizedPNL=money(holding.position.realized),
    )
