"""Lines of profit and loss: of an account, or of one of its positions."""

from typing import Any

from ..wire.catalogue.pnl import PnL, PnLSingle
from .session import ClientSession
from .streams import ItemStream
from .subscriptions import Clock, Items, Wait


class ProfitStream(ItemStream):
    """Rows of profit and loss, and the latest one."""

    def __init__(self, name: str, request_id: int, source: Any) -> None:
        super().__init__(name, request_id, source)
        self.latest: Any = None

    def began(self) -> None:
        """Forget the latest row; the server sends it again."""
        self.latest = None

    def items_of(self, message: Any) -> list[Any]:
        """The row."""
        self.latest = message
        return [message]


class ProfitUpdates(Items[PnL]):
    """Profit and loss of an account as it changes: ``async with tws.pnl() as line``.

    ``dailyPnL``, ``unrealizedPnL`` and ``realizedPnL`` are None where the server tells none.
    """

    def __init__(self, core: ClientSession, wait: Wait, clock: Clock, stream: ProfitStream) -> None:
        super().__init__(core, wait, clock, stream)
        self._profit = stream

    @property
    def latest(self) -> PnL | None:
        """The latest row; None until one has come, and after an interruption."""
        found: PnL | None = self._profit.latest
        return found


class ProfitOfPosition(Items[PnLSingle]):
    """Profit and loss of one position as it changes, with its size and its value."""

    def __init__(self, core: ClientSession, wait: Wait, clock: Clock, stream: ProfitStream) -> None:
        super().__init__(core, wait, clock, stream)
        self._profit = stream

    @property
    def latest(self) -> PnLSingle | None:
        """The latest row; None until one has come, and after an interruption."""
        found: PnLSingle | None = self._profit.latest
        return found
