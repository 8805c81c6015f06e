"""Holdings that come into an account, or leave it, without a trade.

Nothing is paid and nothing is a profit: what they are worth is added to the books of the day's
start. What they have cost stays with them. Margin is not checked: who brings in too much sees it in
ExcessLiquidity.
"""

import re
from collections.abc import Iterator
from typing import Final

from papertape.model import Contract

from ..commands import OpenAccount, StartingPosition
from ..facts import PositionAdjusted
from ..reference.instruments import Instrument, Instruments, Purpose, Refusal
from ..units import SIZE_SCALE, CashMicros, Nanos, SizeUnits, notional, scaled, share, size_decimal
from .accounts_refused import AccountRefused
from .ledger import FLAT, Account, LedgerPosition
from .margin import APART, MarginCalculator, unvalued
from .risk import refused_for_cash
from .schedules import MARGIN_MODELS

RECEIVED, DELIVERED = "received", "delivered"
"""Causes of a ``PositionAdjusted``."""
MOST_UNITS: Final = 10**9
_FORM: Final = re.compile(r"(\S+)\s+(-?\d{1,10})(?:\s*@\s*(\d{1,9}(?:\.\d{1,8})?))?")
FORM: Final = "a position is SYMBOL SIZE, or SYMBOL SIZE @ PRICE, such as SPY 100 @ 430"


def starting_position(text: str, instruments: Instruments, now: Nanos) -> StartingPosition:
    """Return the position that a text such as ``SPY 100 @ 430`` names: the symbol of an American
    stock, or the contract number of anything else.

    Raises ``AccountRefused`` when it cannot be read, or there is no such contract.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise AccountRefused(f"{FORM}; not {text[:60]!r}")
    name, size, price = found.groups()
    if name.isdigit():
        entry = instruments.get(int(name)) if len(name) <= 10 else None
    else:
        wanted = Contract(symbol=name.upper(), secType="STK", exchange="SMART", currency="USD")
        listing = instruments.resolve(wanted, Purpose.ORDER, now)
        entry = None if isinstance(listing, Refusal) else listing.instrument
    if entry is None:
        raise AccountRefused(f"there is no contract {name[:40]!r}; give its number where it is no"
                             " American stock")  # fmt: skip
    units = None
    if price is not None:
        whole, _, part = price.partition(".")
        units, rest = divmod(int(whole + part) * entry.scale, 10 ** len(part))
        if rest:
            raise AccountRefused(f"{price} is finer than a price of {name[:40]}")
    return StartingPosition(entry.conId, int(size) * SIZE_SCALE, units)


class Transfers:
    """Decides what transfers do to holdings; changes nothing."""

    def __init__(self, margin: MarginCalculator) -> None:
        self._margin = margin

    def brought(self, command: OpenAccount) -> list[PositionAdjusted]:
        """Return what an account begins with. Raises ``AccountRefused``."""
        account = Account(command.account, command.currency, {}, margin=command.margin)
        found = []
        for wanted in command.positions:
            fact = self.received(account, wanted)
            account.positions[fact.conId] = LedgerPosition(
                fact.position, fact.cost, settled=fact.settled
            )
            found.append(fact)
        return found

    def received(self, account: Account, wanted: StartingPosition) -> PositionAdjusted:
        """Return what comes into an account, or what leaves it. Raises ``AccountRefused``."""
        entry = self._transferable(wanted.conId)
        held = account.positions.get(wanted.conId, FLAT)
        size = wanted.size
        if not 0 < abs(size) <= MOST_UNITS * SIZE_SCALE:
            raise AccountRefused(f"a position has 1 to {MOST_UNITS:,} units")
        after = held.quantity + size
        self._check_kind(account, entry, after)
        if held.quantity * size < 0:
            if abs(size) > abs(held.quantity):
                raise AccountRefused(
                    f"{account.code} holds {size_decimal(held.quantity)} of {entry.localSymbol}"
                )
            return self._delivered(account, entry, size)
        price = self._margin.mark(entry.conId) if wanted.price is None else wanted.price
        if not price:
            raise AccountRefused(f"{entry.localSymbol} has no price now: give one, as in {FORM}")
        cost = notional(price, size, entry.money_scale, entry.multiplier)
        value = self._value(entry, size) or cost
        settled = held.settled + value if entry.daily else 0
        return self._adjusted(account, entry, RECEIVED, size, held.cost + cost, settled, value)

    def between(
        self, source: Account, target: Account, con_id: int, size: SizeUnits
    ) -> Iterator[PositionAdjusted]:
        """Move holdings to another account with what they have cost. Raises ``AccountRefused``."""
        entry = self._transferable(con_id)
        held, other = source.positions.get(con_id, FLAT), target.positions.get(con_id, FLAT)
        if not size or held.quantity * size <= 0 or abs(size) > abs(held.quantity):
            raise AccountRefused(
                f"{source.code} holds {size_decimal(held.quantity)} of {entry.localSymbol}"
            )
        if other.quantity * size < 0:
            raise AccountRefused(
                f"{target.code} holds {size_decimal(other.quantity)} of {entry.localSymbol}: what"
                " it would close is a trade"
            )
        self._check_kind(target, entry, other.quantity + size)
        cost = share(held.cost, size, held.quantity)
        value = self._value(entry, size) or cost
        settled = share(held.settled, size, held.quantity)
        yield self._delivered(source, entry, -size)
        yield self._adjusted(
            target, entry, RECEIVED, size, other.cost + cost, other.settled + settled, value
        )

    def _delivered(self, account: Account, entry: Instrument, size: SizeUnits) -> PositionAdjusted:
        held = account.positions[entry.conId]
        cost = share(held.cost, -size, held.quantity)
        settled = share(held.settled, -size, held.quantity)
        value = self._value(entry, size) or -cost
        return self._adjusted(
            account, entry, DELIVERED, size, held.cost - cost, held.settled - settled, value
        )

    def _adjusted(
        self, account: Account, entry: Instrument, cause: str, size: SizeUnits, cost: CashMicros,
        settled: CashMicros, value: CashMicros,
    ) -> PositionAdjusted:  # fmt: skip
        held = account.positions.get(entry.conId, FLAT)
        equity = 0 if entry.secType in APART else value
        if entry.daily:  # what it has gained since its settlement moves with it
            equity = value - (settled - held.settled)
        if entry.currency != account.currency:
            equity = scaled(equity, self._margin.rate(entry.currency, account.currency))
        return PositionAdjusted(
            account.code, entry.conId, cause, size, held.quantity + size, cost, settled, value,
            equity,
        )  # fmt: skip

    def _value(self, entry: Instrument, size: SizeUnits) -> CashMicros:
        price = self._margin.mark(entry.conId)
        return notional(price, size, entry.money_scale, entry.multiplier)

    def _transferable(self, con_id: int) -> Instrument:
        entry = self._margin.instrument(con_id)
        if entry is None:
            raise AccountRefused(f"there is no contract {con_id}")
        if entry.secType == "CASH":
            raise AccountRefused(f"{entry.localSymbol} is cash: deposit it")
        lacking = unvalued(entry)
        if lacking is not None or entry.secType == "IND":
            raise AccountRefused(f"{entry.localSymbol} cannot be held here")
        return entry

    def _check_kind(self, account: Account, entry: Instrument, after: SizeUnits) -> None:
        if MARGIN_MODELS[account.margin].cash and (after < 0 or refused_for_cash(entry)):
            raise AccountRefused(
                f"{account.code} is a cash account: it has neither short positions nor futures"
            )
