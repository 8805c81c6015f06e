"""An account's values and portfolio, collected from the messages that report them."""

from collections.abc import Iterable
from typing import Any

import msgspec

from ..wire.catalogue import account
from .figures import AccountNumbers


class AccountSnapshot(msgspec.Struct):
    """The values and the portfolio of one account at one moment."""

    code: str
    values: dict[tuple[str, str], str] = {}
    """By key and currency; the text that the server sent."""
    portfolio: list[account.PortfolioValue] = []
    time: str = ""

    def value(self, key: str, currency: str = "") -> str:
        """The value of one key, in the currency given or the only one that has it.

        Raises ``KeyError`` when there is none, or none is named and several have it.
        """
        if (key, currency) in self.values:
            return self.values[key, currency]
        found = [value for (name, _), value in self.values.items() if name == key]
        if not found or currency:
            raise KeyError(f"{key} {currency}".strip())
        return found[0]

    @property
    def figures(self) -> AccountNumbers:
        """The values as numbers with their currencies."""
        return AccountNumbers.of(self.code, self.values)

    @classmethod
    def of(cls, code: str, rows: Iterable[Any]) -> "AccountSnapshot":
        """Build the account from the messages that describe it."""
        found = cls(code)
        for row in rows:
            if isinstance(row, account.AccountValue):
                found.values[row.key, row.currency] = row.value
            elif isinstance(row, account.PortfolioValue):
                found.portfolio.append(row)
            elif isinstance(row, account.AccountUpdateTime):
                found.time = row.timeStamp
        return found
