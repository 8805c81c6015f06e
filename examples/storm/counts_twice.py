"""Fills are counted twice: each execDetails is taken for a new fill, and after a reconnect TWS
tells those of the day again."""

from typing import Any

from steady import Steady, main


class CountsTwice(Steady):
    """Adds up what execDetails says."""

    def execDetails(self, reqId: int, contract: Any, execution: Any) -> None:
        with self.lock:
            fills = self.executed.setdefault(execution.orderRef, {})
            fills[str(len(fills))] = float(execution.shares)  # the bug: its id is not looked at


if __name__ == "__main__":
    main(CountsTwice())
