"""A recorded answer as it is told now: with the ids of now, for the version of now."""

import copy
from collections.abc import Iterator
from typing import Any, Final

from ..errors import LocalProtocolError
from ..wire.catalogue import history, session, ticks
from ..wire.catalogue import reports as told
from ..wire.connection import encode
from .exchanges import RecordedExchange

BARS_END = 196
"""From this version on the end of historical bars is a message of its own."""


_DEEP: Final = frozenset(
    (told.OpenOrder, told.CompletedOrder, told.ExecutionDetails, ticks.TickByTickData,
     history.HistoricalDataUpdate)
)  # fmt: skip
"""What has ids or instants within its records, so those are copied too."""


class Ids:
    """Which id of now stands for which recorded one, in one session."""

    def __init__(
        self, recorded_client: int | None, client: int, orders: dict[int, int] | None = None
    ) -> None:
        """``orders``: what earlier sessions of the same client have used; kept up to date."""
        self.recorded_client, self.client = recorded_client, client
        self.orders: dict[int, int] = {} if orders is None else orders
        """Recorded order id -> the one that the program used."""
        self._recorded = {asked: recorded for recorded, asked in self.orders.items()}
        self.highest = max(self.orders.values(), default=0)
        """The highest order id that the program has used."""

    def order(self, recorded: int) -> int:
        """The order id of now."""
        return self.orders.get(recorded, recorded)

    def use(self, recorded: int, asked: int) -> None:
        """Say that the program calls a recorded order by this id."""
        self.orders[recorded] = asked
        self._recorded[asked] = recorded
        self.highest = max(self.highest, asked)

    def recorded(self, asked: int) -> int | None:
        """The recorded order id behind one of now; None when there is none."""
        return self._recorded.get(asked)

    def mapped(self, message: Any, exchange: RecordedExchange, asked: int | None) -> Any:
        """A copy of an answer with the ids of now; ``asked`` is the id of its request."""
        message = copy.deepcopy(message) if type(message) in _DEEP else copy.copy(message)
        if type(message) is session.NextValidId:
            message.orderId = max(message.orderId, self.highest + 1)
        elif type(message) is session.ErrorMessage:
            message.id = self._error(message.id, exchange, asked)
        elif type(message) is told.OrderStatus:
            if self._mine(message.clientId):
                message.clientId = self.client
                message.orderId = self.order(message.orderId)
                message.parentId = self.order(message.parentId or 0)
        elif type(message) is told.OpenOrder:
            self._open_order(message)
        elif type(message) is told.ExecutionDetails:
            self._execution(message)
        elif type(message) is told.OrderBound and self._mine(message.clientId):
            message.clientId, message.orderId = self.client, self.order(message.orderId)
        if message.spec.id_field == "reqId" and message.reqId == exchange.about:
            message.reqId = message.reqId if asked is None else asked
        return message

    def _mine(self, client: int | None) -> bool:
        return client is not None and client == self.recorded_client

    def _error(self, recorded: int, exchange: RecordedExchange, asked: int | None) -> int:
        if recorded == exchange.about and asked is not None:
            return asked
        return self.order(recorded)

    def _open_order(self, message: Any) -> None:
        order = message.order
        if self._mine(order.clientId):
            order.clientId = self.client
            message.orderId = self.order(message.orderId)
            order.orderId = self.order(order.orderId)
            order.parentId = self.order(order.parentId)

    def _execution(self, message: Any) -> None:
        execution = message.execution
        if self._mine(execution.clientId):
            execution.clientId = self.client
            execution.orderId = self.order(execution.orderId)


def frames(message: Any, version: int, recorded: int, bars_end: Any) -> Iterator[bytes]:
    """The frames that tell a message at another version than the recorded one.

    ``bars_end``: the end of these bars in the recording, if it has one. Raises
    ``LocalProtocolError`` when this version cannot tell the message.
    """
    spec = message.spec
    bars = isinstance(message, history.HistoricalData)
    if isinstance(message, history.HistoricalDataEnd) and version < BARS_END:
        return
    if not spec.since <= version < spec.until or (version < spec.protobuf and spec.layout is None):
        raise LocalProtocolError(f"server version {version} does not have it", message=spec.name)
    if bars and version < BARS_END <= recorded and bars_end is not None:
        message.startDateStr, message.endDateStr = bars_end.startDateStr, bars_end.endDateStr
    yield encode(message, version)
    if bars and recorded < BARS_END <= version:
        end = history.HistoricalDataEnd(message.reqId, message.startDateStr, message.endDateStr)
        yield encode(end, version)
