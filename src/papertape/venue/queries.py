"""Questions about the venue that change nothing: orders, executions, positions, accounts."""

from collections.abc import Collection, Iterator
from decimal import Decimal
from itertools import islice

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

    def open_orders(self, client_id: int | None = None) -> tuple[OrderView, ...]:
        """The working orders of one client, or of all, in order of acceptance."""
        return tuple(
            view_of(order)
            for order in self._state.orders.values()
            if order.working and client_id in (None, order.clientId)
        )

    def orders(self) -> tuple[OrderView, ...]:
        """Every order that works or ended today, in order of acceptance."""
        return tuple(view_of(order) for order in self._state.orders.values())

    def latest_orders(self, last: int, account: str = "") -> Iterator[OrderView]:
        """At most ``last`` orders of today, in order of acceptance: those that are not over before
        those that are, the later before the earlier; each is looked at when it is taken."""
        ours = (o for o in self._state.orders.values() if account in ("", o.account))
        found = list(ours)
        if len(found) > last:
            found.sort(key=lambda order: not order.done)  # stable: the latest stay at the end
            taken = {id(order) for order in found[len(found) - last :]}
            found = [order for order in self._state.orders.values() if id(order) in taken]
        return map(view_of, found)

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

    def completed_orders(self) -> tuple[OrderView, ...]:
        """The orders that ended today, in order of acceptance."""
        done: list[LiveOrder] = [order for order in self._state.orders.values() if order.done]
        return tuple(completed_view(order) for order in done)

    def executions(self, wanted: ExecutionFilter | None = None) -> tuple[ExecutionRow, ...]:
        """Today's executions that match every set field of the filter.

        Raises ``ValueError`` on a time that cannot be read.
        """
        asked = wanted or ExecutionFilter()
        since = parse_filter_time(asked.time) if asked.time else 0
        rows = [fill for fill in self._state.fills if fill.time >= since and _wants(asked, fill)]
        return tuple(ExecutionRow(f.contract, f.execution, f.report, f.time) for f in rows)

    def latest_executions(
        self, last: int, account: str = "", con_id: int = 0
    ) -> list[ExecutionRow]:
        """The last of today's executions, oldest first; "" and 0 stand for all."""
        fitting = (
            fill
            for fill in reversed(self._state.fills)
            if account in ("", fill.account) and con_id in (0, fill.conId)
        )
        rows = [
            ExecutionRow(fill.contract, fill.execution, fill.report, fill.time)
            for fill in islice(fitting, last)
        ]
        return rows[::-1]

    def executions_by_id(self, wanted: Collection[str]) -> list[ExecutionRow]:
        """Today's executions with these ids, oldest first; the later ones are found sooner."""
        left, rows = set(wanted), []
        for fill in reversed(self._state.fills):
            if not left:
                break
            if fill.execution.execId in left:
                left.remove(fill.execution.execId)
                rows.append(ExecutionRow(fill.contract, fill.execution, fill.report, fill.time))
        return rows[::-1]

    def accounts(self) -> tuple[str, ...]:
        """The account codes, in the profile's order."""
        return self._profile.accounts

    def positions(self, account: str | None = None) -> tuple[PositionRow, ...]:
        """Open positions, and with size 0 those closed today, by account and contract."""
        return tuple(
            self.position(code, con_id)
            for code in self._accounts(account)
            for con_id in sorted(self._state.accounts[code].positions)
        )

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
