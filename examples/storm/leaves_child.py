"""A child order is left working: the stop is known to the session that sent it alone, so after a
reconnect the position is closed beside it."""

from typing import Any

from steady import Steady, main


class LeavesChild(Steady):
    """Cancels the stops that it remembers."""

    def openOrder(self, orderId: int, contract: Any, order: Any, orderState: Any) -> None:
        if order.parentId and order.orderRef not in self.orders:
            self.next_id = max(self.next_id, orderId + 1)
            return  # the bug: it is its own, of the session before
        super().openOrder(orderId, contract, order, orderState)


if __name__ == "__main__":
    main(LeavesChild())
