"""Account commands from the texts that a user or a program gives."""

import re
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from ..venue.broker.account_manager import AccountRefused
from ..venue.broker.profile import Profile
from ..venue.commands import OpenAccount
from ..venue.units import CashMicros, cash_units

MONEY: Final = r"-?[0-9]{1,13}(\.[0-9]{1,6})?"
"""A decimal amount as text."""


def amount(text: str) -> CashMicros:
    """Parse a decimal amount of money. Raises ``AccountRefused`` when the text is not one."""
    if not re.fullmatch(MONEY, text):
        raise AccountRefused(
            "an amount is a number with at most six decimals, such as 50000 or -250.50;"
            f" not {text[:40]!r}"
        )
    return cash_units(Decimal(text))


def opening(
    profile: Profile,
    account: str,
    *,
    currency: str | None = None,
    cash: str | None = None,
    margin_model: str | None = None,
    fee_plan: str | None = None,
) -> OpenAccount:
    """Build the command that opens an account; None takes the value of the profile's accounts.

    Raises ``AccountRefused`` for cash that is not an amount.
    """
    opened = OpenAccount(
        account,
        profile.base_currency if currency is None else currency,
        profile.opening_cash if cash is None else amount(cash),
    )
    chosen = {"margin": margin_model, "plan": fee_plan}
    return replace(opened, **{name: one for name, one in chosen.items() if one is not None})
