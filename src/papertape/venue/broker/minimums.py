"""What a margin account must have besides its margin: a least equity, and a limit of its size.

An account below ``LEAST_EQUITY`` opens nothing that it does not pay in full with cash of the same
currency: no loan, no short position, no future, no currency on credit. Options and combinations
are refused that would make the gross value of all positions more than ``GROSS_AT_ENTRY`` times what
the account is worth without options on futures; beyond ``GROSS_AT_WORK`` times a position is closed
where accounts are liquidated. Shares alone cannot come near either: their margin is the limit.
Sources: IBKR's margin pages for both limits, FINRA's rule 4210 (b) for what is paid in full.
"""

from collections.abc import Iterable
from typing import Final

from ..facts import Terms
from ..reference.instruments import Instrument, Instruments, Refusal
from ..units import CASH_SCALE, SIZE_SCALE, CashMicros, PriceUnits, cash_decimal, notional, scaled
from .ledger import Account
from .margin import MarginCalculator
from .schedules import DOLLAR
from .valuation import Valuation

LEAST_EQUITY: Final[CashMicros] = 2_000 * CASH_SCALE
"""In dollars."""
GROSS_AT_ENTRY: Final = 30
GROSS_AT_WORK: Final = 50
ON_CREDIT: Final = frozenset(("FUT", "FOP", "CFD"))
"""Kinds that are not paid for, or that IBKR counts with futures."""
PLENTY: Final[CashMicros] = 10_000_000 * CASH_SCALE
"""More than ``LEAST_EQUITY`` in any currency that an account may have."""


def below_least(
    margin: MarginCalculator,
    account: Account,
    terms: Terms,
    entry: Instrument,
    equity: CashMicros,
) -> Refusal | None:
    """Return why an account with so much equity cannot open what an order would; None when it can
    or the order opens nothing."""
    if equity >= PLENTY:
        return None
    currency = account.currency
    dollars = equity if currency == DOLLAR else scaled(equity, margin.rate(currency, DOLLAR))
    if dollars >= LEAST_EQUITY:
        return None
    held = account.quantity(entry.conId)
    after = held + terms.side * terms.quantity
    if abs(after) <= abs(held) and held * after >= 0:
        return None
    if entry.secType not in ON_CREDIT and _is_paid(margin, account, terms, entry, after):
        return None
    return Refusal(201, {}, "least_equity")


def price_of(margin: MarginCalculator, terms: Terms) -> PriceUnits:
    """Return the price at the market of what an order is for, or its own where there is none."""
    return margin.mark(terms.conId) or terms.limit or terms.stop or 0


def paid_for(margin: MarginCalculator, terms: Terms, entry: Instrument) -> CashMicros:
    """Return what an order is traded for at most: the value at the market, or where a limit lets a
    buy pay less, at that."""
    price = price_of(margin, terms)
    if terms.limit and terms.side > 0:
        price = min(price, terms.limit)
    return notional(price, terms.quantity, entry.money_scale, entry.multiplier)


def _is_paid(
    margin: MarginCalculator, account: Account, terms: Terms, entry: Instrument, after: int
) -> bool:
    """Return whether an order is paid in full with cash of its own currency."""
    if entry.secType == "CASH" and terms.side < 0:
        return account.cash.get(entry.symbol, 0) >= terms.quantity * (CASH_SCALE // SIZE_SCALE)
    paid = account.cash.get(entry.currency, 0) >= paid_for(margin, terms, entry)
    return paid and (after > 0 or entry.secType == "CASH")


def too_large(
    margin: MarginCalculator, account: Account, orders: Iterable[Terms], instruments: Instruments
) -> Refusal | None:
    """Return why an account cannot carry the size of what it would hold after orders that fill
    together; None when it can."""
    more = 0
    for terms in orders:
        entry, held = instruments[terms.conId], account.quantity(terms.conId)
        change = abs(held + terms.side * terms.quantity) - abs(held)
        price = margin.mark(terms.conId) or terms.limit or 0
        value = notional(price, change, entry.money_scale, entry.multiplier)
        more += scaled(value, margin.rate(entry.currency, account.currency))
    if more <= 0:
        return None
    worth = margin.marked(account)
    net = net_of_size(worth)
    if worth.gross + more <= GROSS_AT_ENTRY * net:
        return None
    facts = {
        "gross": f"{cash_decimal(worth.gross + more):,} {account.currency}",
        "times": str(GROSS_AT_ENTRY),
        "net": f"{cash_decimal(net):,} {account.currency}",
    }
    return Refusal(201, facts, "gross")


def net_of_size(worth: Valuation) -> CashMicros:
    """Return what the gross value of an account is compared with: what it is worth without its
    options on futures."""
    return worth.net - (worth.commodities.value - worth.commodities.gain)
