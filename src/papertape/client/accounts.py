"""An account's figures and portfolio, out of the messages that tell them."""

from collections.abc import Iterable
from typing import Any

import msgspec

from ..wire.catalogue import account


class AccountSnapshot(msgspec.Struct):
    """The figures and the portfolio of one account."""

    code: str
    values: dict[tuple[str, str], str] = {}
    """By key and currency, as the server wrote them."""
    portfolio: list[account.PortfolioValue] = []
    time: str = ""

    def value(self, key: str, currency: str = "") -> str:
        """One figure; the only currency that has it when none is named. Raises KeyError."""
        if (key, currency) in self.values:
            return self.values[key, currency]
        found = [value for (name, _), value in self.values.items() if name == key]
        if not found or currency:
            raise KeyError(f"{key} {currency}".strip())
        return found[0]

    @classmethod
    def of(cls, code: str, rows: Iterable[Any]) -> "AccountSnapshot":
        """The account that these messages describe."""
        found = cls(code)
        for row in rows:
            if isinstance(row, account.AccountValue):
                found.values[row.key, row.currency] = row.value
            elif isinstance(row, account.PortfolioValue):
                found.portfolio.append(row)
            elif isinstance(row, account.AccountUpdateTime):
                found.time = row.timeStamp
        return found
