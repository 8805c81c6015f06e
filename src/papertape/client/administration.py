"""The session itself: its configuration, its accounts and ids, what it is told without asking.

``Tws`` has the calls.
"""

from collections.abc import Iterable

from ..model import (
    ApiConfig,
    Contract,
    LockAndExitConfig,
    MessageConfig,
    Order,
    OrdersConfig,
    UpdateConfigWarning,
)
from ..wire.catalogue import config, market, options, orders, session
from .advisors import Advisors
from .conversations import Call
from .facade import DEADLINE_S
from .trades import Trade
from .trading import OrderCalls

LAPSE, EXERCISE = 2, 1


class Administration(Advisors, OrderCalls):
    """Requests about the session and the configuration of TWS."""

    async def configuration(self, *, timeout: float = DEADLINE_S) -> config.ConfigResponse:
        """Return the settings of TWS: ``api.settings``, ``api.precautions``, ``orders``,
        ``lockAndExit``, ``messages``.

        Raises ``FeatureNotSupported`` below server version 219. Example::

            settings = await tws.configuration()
            assert settings.api.settings.readOnlyApi is False
        """

        def make(number: int) -> tuple[Call, config.ReqConfig]:
            return Call("reqConfig", number), config.ReqConfig(number)

        answer = await self._answer(self._now().ask("reqConfig", make, timeout))
        found: config.ConfigResponse = answer.result
        return found

    async def update_configuration(
        self,
        *,
        api: ApiConfig | None = None,
        orders: OrdersConfig | None = None,
        lock_and_exit: LockAndExitConfig | None = None,
        messages: Iterable[MessageConfig] = (),
        accepted: Iterable[UpdateConfigWarning] = (),
        reset_order_ids: bool = False,
        timeout: float = DEADLINE_S,
    ) -> config.UpdateConfigResponse:
        """Change the settings that are set in the records: all of them, or none.

        The answer has ``changedFields``, ``errors`` that prevented everything, and ``warnings``:
        to go on in spite of those, send the same again with them as ``accepted``.
        ``reset_order_ids`` lets the order ids begin anew. Raises ``FeatureNotSupported`` below
        server version 221. Example::

            from papertape.model import ApiConfig, ApiSettingsConfig

            wanted = ApiConfig(settings=ApiSettingsConfig(masterClientId=7))
            done = await tws.update_configuration(api=wanted)
            assert done.errors == [] and len(done.changedFields) == 1
            assert (await tws.configuration()).api.settings.masterClientId == 7
        """
        accepting, about = list(accepted), list(messages)

        def make(number: int) -> tuple[Call, config.UpdateConfig]:
            request = config.UpdateConfig(
                number, lock_and_exit, about, api, orders, accepting, reset_order_ids or None
            )
            return Call("updateConfig", number), request

        answer = await self._answer(self._now().ask("updateConfig", make, timeout))
        found: config.UpdateConfigResponse = answer.result
        return found

    async def managed_accounts(self, *, timeout: float = DEADLINE_S) -> tuple[str, ...]:
        """Return the accounts of this login, asked anew. Example::

        assert await tws.managed_accounts() == tws.report.accounts
        """
        make = lambda _: (Call("reqManagedAccts"), session.ReqManagedAccts())  # noqa: E731
        await self._answer(self._now().ask("reqManagedAccts", make, timeout, by_id=False))
        return self.report.accounts

    async def next_valid_id(self, *, timeout: float = DEADLINE_S) -> int:
        """Return the id of the next order, after the server was asked for its own. Example::

        assert await tws.next_valid_id() == tws.report.nextValidId
        """
        make = lambda _: (Call("reqIds"), session.ReqIds())  # noqa: E731
        await self._answer(self._now().ask("reqIds", make, timeout, by_id=False))
        return self.report.nextValidId or 0

    async def current_time_in_millis(self, *, timeout: float = DEADLINE_S) -> int:
        """Return the server's time in milliseconds since 1970.

        Raises ``FeatureNotSupported`` below server version 197. Example::

            assert await tws.current_time_in_millis() > 1_000_000_000_000
        """
        name = "reqCurrentTimeInMillis"
        make = lambda _: (Call(name), session.ReqCurrentTimeInMillis())  # noqa: E731
        ask = self._now().ask(name, make, timeout, by_id=False)
        return int((await self._answer(ask)).result.currentTimeInMillis)

    def set_server_log_level(self, level: int) -> None:
        """Let the server log this session from 1 (system) to 5 (detail). Raises
        ``NotConnected``."""
        self._now().send(session.SetServerLogLevel(level))

    def market_data_type(self, kind: int) -> None:
        """Choose live (1), frozen (2), delayed (3) or delayed frozen (4) data for the lines of this
        session from now on; each line says in ``marketDataType`` which it has. Raises
        ``NotConnected``."""
        self._now().send(market.ReqMarketDataType(kind))

    def bind_open_orders(self, bind: bool = True) -> None:
        """As client 0, take over the orders that the user of TWS enters from now on.

        Others are refused with 321, which is a notice. Raises ``NotConnected``.
        """
        self._now().send(orders.ReqAutoOpenOrders(bind))

    def exercise(
        self,
        option: Contract,
        quantity: int,
        *,
        lapse: bool = False,
        override: bool = False,
        account: str = "",
    ) -> Trade:
        """Exercise options that an account holds, or let them ``lapse``; by default the first
        account's. ``override``: also against what TWS would do by itself, out of the money.

        The request is an order that is carried out at the cut-off: its ``Trade`` is returned at
        once, and until then ``cancel_order`` takes it back. Raises ``NotReady`` and
        ``NotConnected``, like ``place_order``.
        """
        core = self._tradable("exerciseOptions")
        trade = Trade(core.next_order_id(), option, Order())
        core.orders.follow(trade)
        request = options.ExerciseOptions(
            trade.orderId, option, LAPSE if lapse else EXERCISE, quantity,
            account or (self.report.accounts or ("",))[0], int(override),
        )  # fmt: skip
        try:
            core.send(request, trade)
        except BaseException:
            del core.trades[trade.orderId]
            raise
        return trade
