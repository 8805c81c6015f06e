"""Account commands from the texts that a user or a program gives."""

import re
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from ..venue.broker.accounts_refused import AccountRefused
from ..venue.broker.profile import Profile
from ..venue.broker.transfers import starting_position
from ..venue.commands import (
    ConvertCash,
    MergeShares,
    OpenAccount,
    PayDividend,
    ReceivePosition,
    RenameShares,
    SpinOff,
    SplitShares,
    StartingPosition,
    Transfer,
)
from ..venue.market.actions import merger_terms
from ..venue.reference.instruments import Instruments
from ..venue.units import RATE_SCALE, CashMicros, Nanos, cash_units

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
    positions: Sequence[StartingPosition] = (),
) -> OpenAccount:
    """Build the command that opens an account; None takes the value of the profile's accounts.

    Raises ``AccountRefused`` for cash that is not an amount.
    """
    opened = OpenAccount(
        account,
        profile.base_currency if currency is None else currency,
        profile.opening_cash if cash is None else amount(cash),
        positions=tuple(positions),
    )
    chosen = {"margin": margin_model, "plan": fee_plan}
    return replace(opened, **{name: one for name, one in chosen.items() if one is not None})


class Wording:
    """Account commands out of texts that name contracts; ``now`` decides which have expired.

    Every method raises ``AccountRefused`` for a text that cannot be read.
    """

    def __init__(self, instruments: Instruments, now: Nanos) -> None:
        self._instruments = instruments
        self._now = now

    def positions(self, texts: Sequence[str]) -> list[StartingPosition]:
        """Return positions such as ``SPY 100 @ 430``."""
        return [self._position(text) for text in texts]

    def receive(self, account: str, text: str) -> ReceivePosition:
        """Build the command that brings a position in, or takes it out."""
        return ReceivePosition(account, self._position(text))

    def transfer(self, account: str, to: str, what: str, currency: str) -> Transfer:
        """Build the command that moves an amount such as ``5000``, or a position ``SPY 100``."""
        if re.fullmatch(MONEY, what):
            return Transfer(account, to, currency, amount(what))
        moved = self._position(what)
        if moved.price is not None:
            raise AccountRefused("a transfer keeps what the position has cost: leave out the price")
        return Transfer(account, to, conId=moved.conId, size=moved.size)

    def dividend(self, name: str, paid: str, account: str) -> PayDividend:
        """Build the command that pays a dividend of a share."""
        return PayDividend(self._position(f"{name} 1").conId, amount(paid), account)

    def split(self, name: str, ratio: str) -> SplitShares:
        """Build the command that splits a share, by a ratio such as ``2:1``."""
        if not re.fullmatch(r"[0-9]{1,6}:[0-9]{1,6}", ratio):
            raise AccountRefused(f"a ratio is new shares for old ones, 2:1; not {ratio[:40]!r}")
        new, old = map(int, ratio.split(":"))
        return SplitShares(self._position(f"{name} 1").conId, new, old)

    def merger(self, name: str, terms: str) -> MergeShares:
        """Build the command that ends a share, by terms such as ``1:2 XYZ 12.50``."""
        try:
            into, new, old, cash = merger_terms(terms)
        except ValueError as error:
            raise AccountRefused(f"the terms {error}") from None
        target = self._position(f"{into} 1").conId if into else 0
        return MergeShares(self._position(f"{name} 1").conId, target, new, old, cash)

    def spin_off(self, name: str, terms: str, part: str) -> SpinOff:
        """Build the command that gives other shares besides a share, by terms such as ``1:4 XYZ``
        and the part of the cost that goes to them."""
        into, new, old, cash = "", 0, 1, 0
        with suppress(ValueError):
            into, new, old, cash = merger_terms(terms)
        if not into or cash:
            raise AccountRefused(f"the terms {terms[:40]!r} are none such as 1:4 XYZ")
        if not re.fullmatch(r"[01](\.[0-9]{1,7})?", part):
            raise AccountRefused(f"a part is a number from 0 to 1, such as 0.25; not {part[:40]!r}")
        given = self._position(f"{into} 1").conId
        parent = self._position(f"{name} 1").conId
        return SpinOff(parent, given, new, old, int(Decimal(part) * RATE_SCALE))

    def renaming(self, name: str, symbol: str) -> RenameShares:
        """Build the command that gives a share another symbol."""
        return RenameShares(self._position(f"{name} 1").conId, symbol.strip().upper())

    def convert(self, account: str, sold: str, currency: str, into: str) -> ConvertCash:
        """Build the command that converts an amount of one currency into another."""
        return ConvertCash(account, currency, amount(sold), into)

    def _position(self, text: str) -> StartingPosition:
        return starting_position(text, self._instruments, self._now)
