"""A part is taken for the whole: the first fill of an order counts as all of it, so the position is
closed while the rest is still to come."""

from steady import Steady, main


class TakesPart(Steady):
    """Waits for the first fill alone."""

    def status(self, kind: str) -> str:
        if kind == "buy" and self.count(kind):
            return "Filled"  # the bug: nobody asks how much of it
        return super().status(kind)


if __name__ == "__main__":
    main(TakesPart())
