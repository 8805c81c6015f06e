"""Fills are counted twice: each orderStatus is taken for a fill, and TWS repeats them."""

from typing import Any

from steady import Steady, main


class CountsTwice(Steady):
    """Adds up what orderStatus says."""

    def execDetails(self, reqId: int, contract: Any, execution: Any) -> None:
        pass

    def orderStatus(self, orderId: int, status: str, filled: Any, *more: Any) -> None:
        super().orderStatus(orderId, status, filled, *more)
        with self.lock:
            for ref, (known, _) in self.orders.items():
                if known == orderId and status == "Filled":
                    fills = self.executed.setdefault(ref, {})
                    fills[str(len(fills))] = float(filled)  # the bug: again for each that comes


if __name__ == "__main__":
    main(CountsTwice())
