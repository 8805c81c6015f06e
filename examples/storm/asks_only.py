"""After a reconnect it asks what became of its orders, and goes on before TWS has answered. The
answer is mostly quick enough, so this is seldom seen."""

from steady import Steady, main


class AsksOnly(Steady):
    """Takes a question for its answer."""

    def ask_state(self) -> None:
        super().ask_state()
        self.awaits = set()  # the bug: what is not known yet is taken for what is not there


if __name__ == "__main__":
    main(AsksOnly())
