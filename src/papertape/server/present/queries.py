"""Questions about the venue that change nothing: orders, executions, positions, accounts.

Rows come lazily where there may be many, so that whoever asks can pause between them.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain
from types import MappingProxyType
from typing import Final, TypeVar

import msgspec

from ...model import CommissionAndFeesReport, Contract, Execution, ExecutionFilter
from ...venue.broker.allocation import ALL, master_of
from ...venue.broker.look_ahead import with_look_ahead
from ...venue.broker.margin import MarginCalculator
from ...venue.broker.orders import FillRow, LiveOrder
from ...venue.broker.profit import DayProfit, PaidToday
from ...venue.broker.valuation import Holding, Valuation
from ...venue.commands import CancelApiOrder, SubmitOrder
from ...venue.facts import AdvisorGroup
from ...venue.market.source import Quote
from ...venue.reference.composition import is_combination
from ...venue.reference.exchanges import ALIASES
from ...venue.reference.instruments import Refusal, contract_of
from ...venue.reference.times import eastern
from ...venue.tws import order_ids
from ...venue.units import RATE_SCALE, Nanos, price_float, size_decimal
from ..venue_port import ReadModel
from .account_values import AccountFigure, account_values, summary_of, summary_values
from .combined_figures import CombinedFigures, combined
from .events import OrderView
from .profits import ProfitRow, Profits, each_step, single_profit, summed, traded_of
from .running_figures import RunningFigures
from .times import parse_filter_time
from .views import Views, average_cost, execution_id, money

Row = TypeVar("Row")
Rows = Iterator[Row | None]
"""Rows that are worked out when they are taken. None stands for what has been passed over, so that
whoever takes them can stop in time."""
FIGURES: Final = {
    "NetLiquidation": "net_liquidation", "TotalCashValue": "cash", "BuyingPower": "buying_power",
    "AvailableFunds": "available_funds", "ExcessLiquidity": "excess_liquidity",
    "GrossPositionValue": "gross_position_value", "InitMarginReq": "initial_margin",
    "MaintMarginReq": "maintenance_margin",
}  # fmt: skip
"""Tags of reqAccountSummary that the overview of an account has, and what they are called there."""
NO_QUOTES: Final[Mapping[int, Quote]] = MappingProxyType({})
SIDE_NAMES = {"BUY": 1, "BOT": 1, "SELL": -1, "SLD": -1}


class ExecutionRow(msgspec.Struct, frozen=True):
    """One execution as reqExecutions answers it: execDetails, then commissionReport."""

    contract: Contract
    execution: Execution
    report: CommissionAndFeesReport | None
    """None of a combination: its legs have been charged."""
    time: Nanos
    con_id: int
    """The venue's number of what traded: that of the contract, but of a combination its own."""


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


class Queries:
    """Reads a venue; prices are the market's at the asked instant."""

    def __init__(self, venue: ReadModel, views: Views) -> None:
        self._venue = venue
        self._views = views
        self._paid_today = PaidToday()

    # -- orders ---------------------------------------------------------------------------------

    def next_valid_id(self, client_id: int) -> int:
        """One more than the highest order id the client ever used; 1 for a new client."""
        return self._venue.state.highest_ids.get(client_id, 0) + 1

    def busy(self) -> bool:
        """Whether an order works or waits for ``transmit``: then order ids cannot be reset."""
        return self._venue.state.busy

    def each_open_order(self, client_id: int | None = None) -> Rows[OrderView]:
        """The working orders of one client, or of all, in order of acceptance.

        Each is looked at when it is taken; one that has ended by then is passed over.
        """
        orders = self._venue.state.orders
        ours = tuple(orders)
        if client_id is not None:
            ours = tuple(sorted(self._venue.state.ids.get(client_id, {}).values()))
        for perm_id in ours:
            order = orders.get(perm_id)
            yield None if order is None else self._views.order(order)

    def open_orders(self, client_id: int | None = None) -> tuple[OrderView, ...]:
        """The same, all at once."""
        return _all(self.each_open_order(client_id))

    def orders(self) -> tuple[OrderView, ...]:
        """Every order that works or ended today, in order of acceptance."""
        return tuple(map(self._view, self._perm_ids()))

    def latest_orders(self, last: int, account: str = "") -> Rows[OrderView]:
        """At most ``last`` orders of today, in order of acceptance: those that are not over before
        those that are, the later before the earlier; each is looked at when it is taken."""
        alive: deque[int] = deque(maxlen=last)
        for order in tuple(self._venue.state.orders.values()):
            if account in ("", order.terms.account):
                alive.append(order.permId)
            yield None
        over: list[int] = []
        for perm_id in sorted(self._venue.archive.order_ids(), reverse=True):
            if len(over) + len(alive) >= last:
                break
            ended = self._venue.archive.order(perm_id) if account else None
            if not account or (ended is not None and ended.terms.account == account):
                over.append(perm_id)
            yield None
        for perm_id in sorted([*over, *alive]):
            found = self._order(perm_id)
            yield None if found is None else self._views.order(found)

    def _perm_ids(self) -> list[int]:
        return sorted(chain(self._venue.archive.order_ids(), self._venue.state.orders))

    def _order(self, perm_id: int) -> LiveOrder | None:
        return self._venue.state.orders.get(perm_id) or self._venue.archive.order(perm_id)

    def _view(self, perm_id: int) -> OrderView:
        order = self._order(perm_id)
        assert order is not None, f"order {perm_id} is listed and not there"
        return self._views.order(order)

    def newest_order(self) -> OrderView | None:
        """The order of today that was accepted last."""
        newest = max(chain(self._venue.archive.order_ids(), self._venue.state.orders), default=0)
        return self._view(newest) if newest else None

    def order_by_perm_id(self, perm_id: int) -> OrderView | None:
        """An order of today, finished ones included."""
        order = self._order(perm_id)
        return None if order is None else self._views.order(order)

    def open_order(self, perm_id: int) -> OrderView | None:
        """An order that works."""
        order = self._venue.state.orders.get(perm_id)
        return None if order is None else self._views.order(order)

    def order(self, client_id: int, order_id: int) -> OrderView | None:
        """An order of today by its client's id, finished ones included."""
        order = self._venue.find(client_id, order_id)
        return None if order is None else self._views.order(order)

    def exercise(self, client_id: int, order_id: int) -> str:
        """The status of a working order that exercises an option; "" of any other and of none."""
        state = self._venue.state
        perm_id = state.ids.get(client_id, {}).get(order_id)
        order = None if perm_id is None else state.orders.get(perm_id)
        return order.status if order is not None and order.terms.exercise else ""

    def lives(self, client_id: int, order_id: int) -> bool:
        """Whether an order of a client works, or waits for ``transmit``, under that id."""
        return order_ids.lives(self._venue.state, client_id, order_id)

    def untransmitted(self, client_id: int, order_id: int) -> Decimal | None:
        """The size of an order of a client that waits for ``transmit``; None when none does."""
        terms = self._venue.state.held.get(client_id, {}).get(order_id)
        return None if terms is None else size_decimal(terms.quantity)

    def refusal(self, command: SubmitOrder | CancelApiOrder) -> Refusal | None:
        """Why the order id of a command cannot be used, as far as is known now."""
        return self._venue.refusal(command)

    def each_completed_order(self) -> Rows[OrderView]:
        """The orders that ended today, in order of acceptance."""
        archive = self._venue.archive
        for perm_id in sorted(archive.order_ids()):
            order = archive.order(perm_id)  # a day may end while somebody reads
            yield None if order is None else self._views.completed(order)

    def completed_orders(self) -> tuple[OrderView, ...]:
        """The same, all at once."""
        return _all(self.each_completed_order())

    # -- executions -----------------------------------------------------------------------------

    def each_execution(self, wanted: ExecutionFilter | None = None) -> Rows[ExecutionRow]:
        """Today's executions that match every set field of the filter.

        Raises ``ValueError`` on a time that cannot be read, before any of them is taken.
        """
        asked = wanted or ExecutionFilter()
        since = parse_filter_time(asked.time) if asked.time else 0
        return (
            self._execution(fill)
            if fill.time >= since and self._stands(fill) and self._wants(asked, fill)
            else None
            for fill in self._venue.archive.fills()
        )

    def executions(self, wanted: ExecutionFilter | None = None) -> tuple[ExecutionRow, ...]:
        """The same, all at once."""
        return _all(self.each_execution(wanted))

    def latest_executions(
        self, last: int, account: str = "", con_id: int = 0
    ) -> Rows[ExecutionRow]:
        """The last of today's executions, oldest first; "" and 0 stand for all."""
        found: list[FillRow] = []
        for fill in self._venue.archive.latest_fills():
            if len(found) == last:
                break
            wanted = account in ("", fill.account) and con_id in (0, fill.conId)
            if wanted and self._stands(fill):
                found.append(fill)
            yield None
        yield from map(self._execution, reversed(found))

    def executions_by_id(self, wanted: Collection[str]) -> Rows[ExecutionRow]:
        """Today's executions with these ids, oldest first; the later ones are found sooner."""
        left, found = set(wanted), []
        for fill in self._venue.archive.latest_fills():
            if not left:
                break
            if execution_id(fill) in left and self._stands(fill):
                left.remove(execution_id(fill))
                found.append(fill)
            yield None
        yield from map(self._execution, reversed(found))

    def _execution(self, fill: FillRow) -> ExecutionRow:
        contract, execution = self._views.execution(fill)
        report = None if is_combination(fill.conId) else self._views.report(fill)
        return ExecutionRow(contract, execution, report, fill.time, fill.conId)

    def _stands(self, fill: FillRow) -> bool:
        """Whether an execution was not busted."""
        busted = self._venue.state.busted
        return not busted or fill.execution not in busted

    def _wants(self, asked: ExecutionFilter, fill: FillRow) -> bool:
        entry = self._venue.instruments[fill.conId]
        pairs = (
            (asked.clientId, max(fill.clientId, 0)),
            ("" if asked.acctCode == self.everybody() else asked.acctCode, fill.account),
            (asked.symbol.upper(), entry.symbol),
            (asked.secType.upper(), entry.secType),
            (ALIASES.get(asked.exchange, asked.exchange), fill.exchange),
            (SIDE_NAMES.get(asked.side.upper(), 0), fill.side),
        )
        if not all(value in ("", 0, has) for value, has in pairs):
            return False
        if not asked.specificDates:
            return True
        return int(eastern(fill.time).strftime("%Y%m%d")) in asked.specificDates

    # -- accounts -------------------------------------------------------------------------------

    def accounts(self) -> tuple[str, ...]:
        """The account codes, in the order in which they were opened."""
        return tuple(self._venue.state.accounts)

    def advisor(self) -> str:
        """The account of the advisor whose login it is; "" for another login."""
        return master_of(self._venue.state.accounts)

    def everybody(self) -> str:
        """The code for all accounts of an advisor together, which is the advisor's and an ``A``; ""
        for another login."""
        advisor = self.advisor()
        return advisor and advisor + "A"

    def group(self, name: str) -> tuple[str, ...] | None:
        """The accounts of an advisor's group; None for an unknown one."""
        if name in (ALL, self.everybody()):
            return self.accounts()
        group = self._venue.state.advisor_groups.get(name)
        return None if group is None else tuple(code for code, _ in group.members)

    def groups(self) -> tuple[AdvisorGroup, ...]:
        """The advisor's groups."""
        return tuple(self._venue.state.advisor_groups.values())

    def aliases(self) -> dict[str, str]:
        """The names that the advisor gave to accounts."""
        return self._venue.state.aliases

    def base_currency(self, account: str) -> str:
        """The currency in which an account is valued."""
        return self._venue.state.accounts[account].currency

    def each_position(self, account: str | None = None) -> Rows[PositionRow]:
        """Open positions, and with size 0 those closed today, by account and contract."""
        for code in self._accounts(account):
            positions = self._venue.state.accounts[code].positions
            for con_id in sorted(positions):
                yield self.position(code, con_id) if con_id in positions else None

    def positions(self, account: str | None = None) -> tuple[PositionRow, ...]:
        """The same, all at once."""
        return _all(self.each_position(account))

    def held_on(self, con_id: int) -> list[tuple[str, int]]:
        """The open positions in shares and in what is derived from them: account and contract."""
        instruments, found = self._venue.instruments, []
        for code, account in self._venue.state.accounts.items():
            for number, held in account.positions.items():
                if held.quantity and con_id in (
                    number, getattr(instruments[number], "under", 0)
                ):  # fmt: skip
                    found.append((code, number))
        return found

    def position(self, account: str, con_id: int) -> PositionRow:
        """One position row; also for a position that is flat."""
        entry = self._venue.instruments[con_id]
        held = self._venue.state.accounts[account].positions[con_id]
        return PositionRow(
            account=account,
            contract=contract_of(entry, entry.place, primary=False),
            position=size_decimal(held.quantity),
            avgCost=average_cost(held.quantity, held.cost),
        )

    def valuation(
        self, account: str, now: Nanos, quotes: Mapping[int, Quote] = NO_QUOTES
    ) -> Valuation:
        """The account at the market prices of ``now``, of which some may be known already."""
        return self._margin(now, quotes).value(self._venue.state.accounts[account])

    def _figures(self, account: str, now: Nanos) -> Valuation:
        """The valuation that the figures come from, with the next change of margin."""
        books, margin = self._venue.state.accounts[account], self._margin(now)
        worth = margin.value(books)
        held = (one.instrument for one in worth.holdings if one.position.quantity)
        return with_look_ahead(margin, books, worth, held, now)

    def _margin(self, now: Nanos, quotes: Mapping[int, Quote] = NO_QUOTES) -> MarginCalculator:
        quote = self._venue.quote
        return MarginCalculator(
            self._venue.instruments, lambda con_id: quotes.get(con_id) or quote(con_id, now)
        )

    def portfolio(self, account: str, now: Nanos) -> tuple[PortfolioRow, ...]:
        """The positions of an account at market prices."""
        holdings = self.valuation(account, now).holdings
        return tuple(_portfolio_row(account, holding) for holding in holdings)

    def running(self, account: str, now: Nanos) -> RunningFigures | CombinedFigures:
        """The figures of an account, or of all of an advisor's together, that go on from here."""
        if account == self.everybody():
            base = self.base_currency(self.advisor())
            return CombinedFigures(self._venue, account, base, now)
        return RunningFigures(self._venue, account, now)

    def held_rows(self, account: str, holdings: Iterable[Holding]) -> tuple[PortfolioRow, ...]:
        """Positions at the prices that they stand at."""
        return tuple(_portfolio_row(account, holding) for holding in holdings)

    def profit(self, account: str, now: Nanos) -> ProfitRow:
        """The account's profit since the trading day began."""
        return self.profits(account, now)[0]

    def profits(self, account: str, now: Nanos) -> Profits:
        """The profit of an account, of its positions, and what was traded today."""
        return next(found for found in self.each_profit(account, now) if found is not None)

    def profit_of(self, account: str, con_id: int, now: Nanos) -> tuple[ProfitRow | None, bool]:
        """The profit of one position, None where there is none; and whether it traded today."""
        if account == self.everybody():
            _, singles, traded = self.profits(account, now)
            return singles.get(con_id), con_id in traded
        books, paid = self._venue.state.accounts[account], self._paid(account)
        position = books.positions.get(con_id)
        if position is None:
            return None, con_id in paid
        margin = self._margin(now)
        held = margin.holding(self._venue.instruments[con_id], position)
        profit = DayProfit(books, paid, margin)
        return single_profit(held, profit), con_id in traded_of(profit)

    def each_profit(self, account: str, now: Nanos) -> Iterator[Profits | None]:
        """The same in steps: None after each position, then the profits of the first step."""
        if account == self.everybody():
            yield from self._profit_of_all(now)
            return
        books = self._venue.state.accounts[account]
        paid, margin = self._paid(account), self._margin(now)
        yield from each_step(books, paid, margin, self._venue.instruments)

    def _profit_of_all(self, now: Nanos) -> Iterator[Profits | None]:
        """The profits of all of an advisor's accounts together."""
        base, margin = self.base_currency(self.advisor()), self._margin(now)
        whole, singles = ProfitRow(0.0, 0.0, 0.0), dict[int, ProfitRow]()
        traded: frozenset[int] = frozenset()
        for code in self.accounts():
            for found in self.each_profit(code, now):
                if found is None:
                    yield None
                    continue
                rate = margin.rate(self.base_currency(code), base) / RATE_SCALE
                whole, traded = summed(whole, found[0], rate), traded | found[2]
                for con_id, row in found[1].items():
                    known = singles.get(con_id)
                    singles[con_id] = row if known is None else summed(known, row)
                    yield None
        yield whole, singles, traded

    def _paid(self, account: str) -> dict[int, int]:
        return self._paid_today.of(account, self._venue.archive)

    def account_values(self, account: str, now: Nanos) -> tuple[AccountFigure, ...]:
        """Every key of reqAccountUpdates, alphabetically, suffix rows after the plain ones."""
        base = self.base_currency(account)
        return account_values(account, base, self._figures(account, now))

    def account_summary(
        self, tags: tuple[str, ...], now: Nanos, account: str | None = None,
        among: tuple[str, ...] | None = None,
    ) -> tuple[AccountFigure, ...]:  # fmt: skip
        """The rows of the asked summary tags, per account alphabetically; of one account, of some
        or of all."""
        rows: list[AccountFigure] = []
        for code in self._accounts(account) if among is None else among:
            base = self.base_currency(code)
            rows += summary_values(code, base, self._figures(code, now), tags)
        return tuple(rows)

    def ledger(
        self, group: str, worths: Sequence[Valuation], tags: tuple[str, ...], now: Nanos
    ) -> tuple[AccountFigure, ...]:
        """The ``$LEDGER`` rows of some accounts together, which TWS tells under the name that they
        were asked for by; in the advisor's currency, or that of the first."""
        worth = worths[0]
        if len(worths) > 1:
            advisor = self.advisor()
            base = self.base_currency(advisor) if advisor else next(iter(worth.rates))
            worth = combined(worths, base, self._margin(now))
        return summary_of((), group, worth, tags)

    def overview(self, account: str, now: Nanos) -> dict[str, str | float]:
        """What an account is and its main figures, in its base currency."""
        books = self._venue.state.accounts[account]
        profit = self.profit(account, now)
        rows = self.account_summary(tuple(FIGURES), now, account)
        return {
            "account": account,
            "currency": books.currency,
            "margin_model": books.margin,
            "fee_plan": books.plan,
            **{FIGURES[row.key]: float(row.value) for row in rows},
            "daily_pnl": profit.dailyPnL,
            "unrealized_pnl": profit.unrealizedPnL,
            "realized_pnl": profit.realizedPnL,
        }

    def _accounts(self, account: str | None) -> tuple[str, ...]:
        return self.accounts() if account is None else (account,)


def _all(rows: Rows[Row]) -> tuple[Row, ...]:
    return tuple(row for row in rows if row is not None)


def _portfolio_row(account: str, holding: Holding) -> PortfolioRow:
    entry = holding.instrument
    position = holding.position
    return PortfolioRow(
        account=account,
        contract=contract_of(entry, entry.place),
        position=size_decimal(position.quantity),
        marketPrice=price_float(holding.price, entry.scale),
        marketValue=money(holding.value),
        averageCost=average_cost(position.quantity, position.cost),
        unrealizedPNL=money(holding.unrealized),
        realizedPNL=money(position.realized),
    )
