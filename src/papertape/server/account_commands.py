"""Commands about accounts, from what a person or a program writes."""

import re
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from ..venue.broker.account_manager import AccountRefused
from ..venue.broker.profile import Profile
from ..venue.commands import OpenAccount
from ..venue.units import CashMicros, cash_units

MONEY: Final = r"-?[0-9]{1,13}(\.[0-9]{1,6})?"
"""An amount as people write it."""


def amount(text: str) -> CashMicros:
    """Money from its decimal text. Raises ``AccountRefused`` for a text that is no amount."""
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
    """The command that opens an account; what is None is as in the accounts of the profile.

    Raises ``AccountRefused`` for cash that is no amount.
    """
    opened = OpenAccount(
        account,
        profile.base_currency if currency is None else currency,
        profile.opening_cash if cash is None else amount(cash),
    )
    chosen = {"margin": margin_model, "plan": fee_plan}
    return replace(opened, **{name: one for name, one in chosen.items() if one is not None})
