"""What clients were told, and whether what a journal holds agrees with every word of it.

``Told`` listens to the messages of any number of sessions. It fails as soon as one contradicts
another, and ``agrees`` compares everything with a venue that was rebuilt from the journal.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from papertape.server.present.queries import Queries
from papertape.server.present.views import Views
from papertape.venue.engine import Engine
from papertape.venue.invariants import check
from papertape.wire.catalogue import account, reports, session

NOT_SERVED = "is not served"
"""The one refusal of the load that can only be about a new order."""
DONE = ("Filled", "Cancelled", "ApiCancelled", "Inactive")


class ToldOrder(msgspec.Struct):
    """The last word on an order."""

    permId: int
    status: str = ""
    filled: Decimal = Decimal(0)
    ended: bool = False
    """An orderStatus told its end, and with that what was filled at the end."""
    opened: bool = False
    """An openOrder was told. An order that was cancelled before it was transmitted has none."""


class Told:
    """Everything that any client was ever told, in one book."""

    def __init__(self) -> None:
        self.orders: dict[tuple[int, int], ToldOrder] = {}
        """By client id and order id; by its permanent id, negative, where TWS made the order for
        another one of the client: such orders all have the order id 0."""
        self.next_ids: dict[int, int] = {}
        self.kinds: Counter[str] = Counter()
        """How often an order of a type, or of an algorithm, was told."""
        self.executions: dict[str, reports.ExecutionDetails] = {}
        self.costs: dict[str, float] = {}
        self.positions: list[tuple[int, Decimal]] = []
        self.refused: set[tuple[int, int]] = set()
        """Orders of which nothing was ever told but an error."""

    def hear(self, client: int, message: Any) -> None:
        """One message to a client."""
        if isinstance(message, reports.OpenOrder):
            status, order_type = message.orderState.status, message.order.orderType
            self.kinds[f"kind {message.order.algoStrategy or order_type}"] += 1
            self.kinds[f"traded {message.contract.secType}"] += 1
            self._order(client, message.orderId, message.order.permId, status).opened = True
        elif isinstance(message, reports.OrderStatus):
            order = self._order(client, message.orderId, message.permId or 0, message.status)
            assert message.filled is not None
            assert message.filled >= order.filled, f"{message} after {order}"
            order.filled = message.filled
            order.ended = message.status in DONE
        elif isinstance(message, reports.ExecutionDetails):
            self._execution(message)
        elif isinstance(message, reports.CommissionReport):
            cost = self.costs.setdefault(message.execId, message.commissionAndFees)
            assert cost == message.commissionAndFees, f"{message}: it was {cost}"
        elif isinstance(message, account.Position):
            assert message.position is not None
            self.positions.append((message.contract.conId, message.position))
        elif isinstance(message, session.NextValidId):
            before = self.next_ids.get(client, 0)
            assert message.orderId >= before, f"next id {message.orderId} after {before}"
            self.next_ids[client] = message.orderId
            # A refused order uses no id: the same one may be accepted the next time.
            free = {place for place in self.refused if place >= (client, message.orderId)}
            self.refused -= {place for place in free if place[0] == client}
        elif isinstance(message, session.ErrorMessage):
            self._error(client, message)

    def _order(self, client: int, order_id: int, perm_id: int, status: str) -> ToldOrder:
        self.refused.discard((client, order_id))
        order_id = order_id or -perm_id
        order = self.orders.setdefault((client, order_id), ToldOrder(perm_id))
        assert order.permId == perm_id, f"{client}#{order_id} was {order.permId}, now {perm_id}"
        assert order.status in ("", status) or order.status not in DONE, (
            f"{client}#{order_id} was {order.status}, now {status}"
        )
        order.status = status
        return order

    def _execution(self, message: reports.ExecutionDetails) -> None:
        known = self.executions.setdefault(message.execution.execId, message)
        for name in ("shares", "price", "side", "permId", "orderId", "clientId", "cumQty"):
            one, two = getattr(known.execution, name), getattr(message.execution, name)
            assert one == two, f"{message.execution.execId}: {name} was {one}, now {two}"

    def _error(self, client: int, message: session.ErrorMessage) -> None:
        assert message.errorCode != 323, message
        place = (client, message.id)
        if NOT_SERVED in message.errorMsg and place not in self.orders:
            self.refused.add(place)

    # -- the comparison -----------------------------------------------------------------------

    def agrees(self, engine: Engine) -> None:
        """Assert that the venue knows everything that was told, and nothing against it."""
        check(engine)
        for problem in self._problems(engine):
            raise AssertionError(problem)

    @staticmethod
    def _queries(engine: Engine) -> Queries:
        return Queries(engine, Views(engine.instruments, engine.profile))

    def _problems(self, engine: Engine) -> Iterator[str]:
        yield from self._order_problems(engine)
        yield from self._execution_problems(engine)
        queries = self._queries(engine)
        highest = dict(self.next_ids)
        for client, order_id in self.orders:
            highest[client] = max(highest.get(client, 0), order_id + 1)
        for client, told in highest.items():
            if queries.next_valid_id(client) < told:
                yield f"client {client}: next id {queries.next_valid_id(client)}, told {told}"
        for client, order_id in self.refused:
            if queries.order(client, order_id) is not None:
                yield f"order {client}#{order_id} was refused and is there"

    def _order_problems(self, engine: Engine) -> Iterator[str]:
        for (client, order_id), told in self.orders.items():
            queries = self._queries(engine)
            made = order_id < 0
            view = queries.order_by_perm_id(-order_id) if made else queries.order(client, order_id)
            name = f"order {client}#{order_id} {told}"
            if view is None:
                if told.opened:
                    yield f"{name}: lost"
            elif view.permId != told.permId:
                yield f"{name}: permId {view.permId}"
            elif view.filled < told.filled:
                yield f"{name}: filled {view.filled}"
            elif told.status in DONE and view.status != told.status:
                yield f"{name}: {view.status}"
            elif told.ended and view.filled != told.filled:
                yield f"{name}: filled {view.filled} at the end"
        # An order that was never transmitted has none.
        permanent = [told.permId for told in self.orders.values() if told.permId]
        if len(set(permanent)) != len(permanent):
            yield "two orders were told the same permId"
        if permanent and engine.state.next_perm_id <= max(permanent):
            yield f"permId {engine.state.next_perm_id} would be given again"

    def _execution_problems(self, engine: Engine) -> Iterator[str]:
        kept = {row.execution.execId: row for row in self._queries(engine).executions()}
        for name, told in self.executions.items():
            row = kept.get(name)
            if row is None:
                yield f"execution {name} lost"
                continue
            for field in ("shares", "price", "side", "permId", "orderId", "clientId", "cumQty"):
                if getattr(row.execution, field) != getattr(told.execution, field):
                    yield f"execution {name}: {row.execution}, told {told.execution}"
        for name, cost in self.costs.items():
            if name in kept and kept[name].report.commissionAndFees != cost:
                yield f"execution {name}: cost {kept[name].report}, told {cost}"
        sums: dict[int, set[Decimal]] = {}
        held: dict[int, Decimal] = {}
        for row in kept.values():
            con_id, sign = row.contract.conId, 1 if row.execution.side == "BOT" else -1
            held[con_id] = held.get(con_id, Decimal(0)) + sign * (row.execution.shares or 0)
            sums.setdefault(con_id, {Decimal(0)}).add(held[con_id])
        for con_id, position in self.positions:
            if position not in sums.get(con_id, {Decimal(0)}):
                yield f"position {position} of {con_id} was told and never was"
