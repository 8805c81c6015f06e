"""What companies do, said by a test: dividends, splits, mergers, spin-offs, new symbols."""

from collections.abc import Callable

from ..worlds import steps
from .numbers import Number, number


class CompanyHands:
    """What companies do to the accounts of a station; no price moves by itself. Every call raises
    ``WorldError`` for what cannot be."""

    def __init__(self, take: Callable[[steps.WorldStep], None]) -> None:
        self._take = take

    def dividend(self, symbol: str, amount: Number, *, account: str = "") -> None:
        """Pay so much for each share to whoever holds it, or to one account; who is short pays."""
        self._take(steps.DividendStep(symbol=symbol, amount=number(amount), account=account))

    def split(self, symbol: str, new: int, old: int) -> None:
        """Split a share: so many new ones for so many old ones, the fraction in cash."""
        self._take(steps.SplitStep(symbol=symbol, new=new, old=old))

    def merger(
        self, symbol: str, into: str = "", *, new: int = 0, old: int = 1, cash: Number = 0
    ) -> None:
        """End a share: ``new`` shares of ``into`` for ``old`` ones, cash for each, or both."""
        self._take(steps.MergerStep(symbol=symbol, into=into, new=new, old=old, cash=number(cash)))

    def spin_off(self, symbol: str, into: str, *, new: int, old: int, cost: Number) -> None:
        """Give ``new`` shares of ``into`` besides each ``old`` ones; ``cost`` is how much of what
        those have cost goes with the new ones, in percent."""
        self._take(steps.SpinOffStep(symbol=symbol, into=into, new=new, old=old, cost=number(cost)))

    def rename(self, symbol: str, to: str) -> None:
        """Give a share another symbol; in the test it goes by both from now on."""
        self._take(steps.RenameStep(symbol=symbol, to=to))
