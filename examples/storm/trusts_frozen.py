"""A frozen line is trusted: the last price counts, however old it is, and a line that TWS has ended
is not asked for again."""

from steady import Steady, main


class TrustsFrozen(Steady):
    """Asks for its price once in a session."""

    def ask_price(self) -> None:
        if not self.asked_at:
            super().ask_price()

    def fresh(self) -> bool:
        return self.price > 0  # the bug: nobody asks how old it is


if __name__ == "__main__":
    main(TrustsFrozen())
