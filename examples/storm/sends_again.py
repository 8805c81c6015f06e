"""The order is sent again after a reconnect: what was on its way when the connection went is taken
for lost, and nobody asks TWS."""

from steady import Steady, main


class SendsAgain(Steady):
    """Believes its own memory."""

    def ask_state(self) -> None:
        self.awaits = set()  # the bug: neither orders nor executions are asked for


if __name__ == "__main__":
    main(SendsAgain())
