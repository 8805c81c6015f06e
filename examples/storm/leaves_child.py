"""A child order is left working: after a reconnect nobody asks for open orders, so the stop is not
known, and the position is closed beside it."""

from steady import EXECUTIONS, Steady, main

from papertape.ibapi.execution import ExecutionFilter


class LeavesChild(Steady):
    """Asks for executions alone."""

    def ask_state(self) -> None:
        self.awaits = {"executions"}  # the bug: no reqOpenOrders
        self.next_request += 1
        self.reqExecutions(EXECUTIONS + self.next_request, ExecutionFilter())


if __name__ == "__main__":
    main(LeavesChild())
