"""An order of which nothing was heard when the connection went is taken for lost and sent again.
What was heard of is remembered, so a program without faults never shows it."""

from steady import Steady, main


class SendsUnheard(Steady):
    """Remembers its orders across connections."""

    def new_session(self) -> None:
        known = getattr(self, "orders", {})
        super().new_session()
        self.orders = {ref: (number, "" if status == "Sent" else status)
                       for ref, (number, status) in known.items()}  # fmt: skip

    def ask_state(self) -> None:
        self.awaits = set()  # the bug: TWS may have the order, and nobody asks


if __name__ == "__main__":
    main(SendsUnheard())
