"""Accounts: positions, values and figures, margin of an order, profit and loss.

``Tws`` has them as its own calls.
"""

from ..wire.catalogue import account, pnl
from .accounts import AccountSnapshot
from .conversations import Collect
from .facade import DEADLINE_S
from .families import Families
from .figures import AccountNumbers
from .profit import ProfitOfPosition, ProfitStream, ProfitUpdates
from .requests import questions
from .streams import StreamSource
from .subscriptions import AccountUpdates, PositionUpdates


class Portfolio(Families):
    """What accounts hold and are worth."""

    async def positions(self, *, timeout: float = DEADLINE_S) -> list[account.Position]:
        """Return all positions of all accounts."""
        try:
            ask = questions.positions(self._now(), timeout)
            found: list[account.Position] = (await self._answer(ask)).result
        finally:
            questions.finish(self._now(), "positions")
        return found

    async def positions_of(
        self, code: str = "", model: str = "", *, timeout: float = DEADLINE_S
    ) -> list[account.PositionMulti]:
        """Return the positions of one account, by default the first one, and one model. Example::

        assert isinstance(await tws.positions_of(), list)
        """
        name = questions.account_name(self._core, code)

        def make(number: int) -> tuple[Collect, account.ReqPositionsMulti]:
            collect = Collect("reqPositionsMulti", account.PositionMultiEnd, number)
            return collect, account.ReqPositionsMulti(number, name, model)

        ask = self._now().ask("reqPositionsMulti", make, timeout)
        found: list[account.PositionMulti] = (await self._answer(ask)).result
        self._now().withdraw(account.ReqPositionsMulti(ask.winner.request_id))
        return found

    async def account_values_of(
        self, code: str = "", model: str = "", *, ledger: bool = False, timeout: float = DEADLINE_S
    ) -> list[account.AccountUpdateMulti]:
        """Return the values of one account, by default the first one, and one model; ``ledger``:
        net liquidation and the ledger of each currency alone. Example::

            rows = await tws.account_values_of()
            assert "NetLiquidation" in {row.key for row in rows}
        """
        name = questions.account_name(self._core, code)

        def make(number: int) -> tuple[Collect, account.ReqAccountUpdatesMulti]:
            collect = Collect("reqAccountUpdatesMulti", account.AccountUpdateMultiEnd, number)
            return collect, account.ReqAccountUpdatesMulti(number, name, model, ledger)

        ask = self._now().ask("reqAccountUpdatesMulti", make, timeout)
        found: list[account.AccountUpdateMulti] = (await self._answer(ask)).result
        self._now().withdraw(account.ReqAccountUpdatesMulti(ask.winner.request_id))
        return found

    def position_updates(self) -> PositionUpdates:
        """Subscribe to position changes: ``async with tws.position_updates() as line``."""
        return PositionUpdates(self._core, self._wait, self._clock, questions.position_stream())

    async def account(self, code: str = "", *, timeout: float = DEADLINE_S) -> AccountSnapshot:
        """Return all values and the portfolio of one account."""
        try:
            ask = questions.account_updates(self._now(), timeout, code)
            rows = (await self._answer(ask)).result
        finally:
            questions.finish(self._now(), "account", code)
        return AccountSnapshot.of(questions.account_name(self._core, code), rows)

    def account_updates(self, code: str = "") -> AccountUpdates:
        """Subscribe to the values and the portfolio of one account.

        TWS serves one account at a time.
        """
        name = questions.account_name(self._core, code)
        stream = questions.account_stream(self._core, name)
        return AccountUpdates(self._core, self._wait, self._clock, stream)

    async def account_summary(
        self, tags: str, group: str = "All", *, timeout: float = DEADLINE_S
    ) -> dict[tuple[str, str], str]:
        """Return the requested tags, by account and tag."""

        def make(number: int) -> tuple[Collect, account.ReqAccountSummary]:
            collect = Collect("reqAccountSummary", account.AccountSummaryEnd, number)
            return collect, account.ReqAccountSummary(number, group, tags)

        ask = self._now().ask("reqAccountSummary", make, timeout)
        rows = (await self._answer(ask)).result
        self._now().withdraw(account.ReqAccountSummary(ask.winner.request_id))
        return {(row.account, row.tag): row.value for row in rows}

    async def figures(self, code: str = "", *, timeout: float = DEADLINE_S) -> AccountNumbers:
        """Return the figures of one account as numbers with their currencies.

        ``account_updates`` keeps them up to date: its line has ``figures``. Example::

            figures = await tws.figures()
            assert figures.net_liquidation.amount > 0
            assert figures.net_liquidation.currency == figures.currency == "USD"
            assert figures.ledgers["USD"].cash == figures.money("TotalCashBalance", "USD").amount
        """
        return (await self.account(code, timeout=timeout)).figures

    def pnl(self, code: str = "", model: str = "") -> ProfitUpdates:
        """Subscribe to the profit and loss of an account, by default the first one.

        The first row comes at once and then one a second while it changes; amounts are in the
        base currency. Example::

            async with tws.pnl() as line:
                row = await line.next()
                assert row.dailyPnL is not None
        """
        name = questions.account_name(self._core, code)
        request = lambda number: pnl.ReqPnL(number, name, model)  # noqa: E731
        source = StreamSource("", request, pnl.CancelPnL)
        stream = ProfitStream("reqPnL", self._core.request_id(), source)
        return ProfitUpdates(self._core, self._wait, self._clock, stream)

    def pnl_single(self, con_id: int, code: str = "", model: str = "") -> ProfitOfPosition:
        """Subscribe to the profit and loss of one position, by the contract's number.

        TWS is silent about a contract that the account does not hold. Example::

            aapl = await tws.qualify(pt.Stock("AAPL"))
            trade = tws.place_order(aapl, pt.MarketOrder("BUY", 5))
            await tws.until(trade, "Filled")
            async with tws.pnl_single(aapl.conId) as line:
                row = await line.next()
                assert row.position == 5
        """
        name = questions.account_name(self._core, code)
        request = lambda number: pnl.ReqPnLSingle(number, name, model, con_id)  # noqa: E731
        source = StreamSource("", request, pnl.CancelPnLSingle)
        stream = ProfitStream("reqPnLSingle", self._core.request_id(), source)
        return ProfitOfPosition(self._core, self._wait, self._clock, stream)
