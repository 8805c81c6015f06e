"""The broker's check of an order for a combination: what its legs together do to the account."""

from collections.abc import Iterator

import msgspec

from ..facts import Terms
from ..reference.instruments import Instrument, Instruments, Refusal
from ..reference.securities import Combination
from ..units import CashMicros, SizeUnits, cash_decimal, notional, scaled
from .fees import commission, tier_name
from .ledger import FLAT, Account, LedgerPosition, booked
from .margin import MarginCalculator
from .minimums import below_least, too_large
from .risk import Effect, barred_from, shortfall
from .schedules import MARGIN_MODELS

replace = msgspec.structs.replace


def effect_of_combination(
    margin: MarginCalculator, account: Account, terms: Terms, instruments: Instruments
) -> Effect:
    """Return the account before the order and after its complete fill at the market price.

    All legs are held at once then, so that they cover each other as positions do.
    """
    cash, positions = dict(account.cash), dict(account.positions)
    fees = least = premium = 0
    currency = instruments[terms.conId].currency
    for leg in legs_of(terms, instruments):
        entry, held = instruments[leg.conId], positions.get(leg.conId, FLAT)
        price = margin.mark(leg.conId)
        value = notional(price, leg.quantity, entry.money_scale, entry.multiplier)
        fill = leg.quantity, value
        fee = _fee(account, entry, leg.side, fill)
        size = leg.side * leg.quantity
        after = booked(held, size=size, value=value, fee=fee, daily=entry.daily)
        positions[leg.conId] = LedgerPosition(
            after.position, after.cost, held.realized, after.settled
        )
        cash[currency] = cash.get(currency, 0) + after.cash
        fees += fee
        least += _fee(account, entry, leg.side, fill, taken=False)
        premium += leg.side * value if entry.secType == "OPT" else 0
    if currency != account.currency:
        premium = scaled(premium, margin.rate(currency, account.currency))
    then = replace(account, cash=cash, positions=positions)
    return Effect(
        margin.exposure(account), margin.exposure(then), fees, account.currency, premium, None,
        least if least < fees else None,
    )  # fmt: skip


def refusal_of_combination(
    margin: MarginCalculator, account: Account, terms: Terms, instruments: Instruments
) -> Refusal | None:
    """Return why the account cannot carry an order for a combination; None when it can.

    A cash account sells only legs that it holds, and pays for all that it buys with settled cash,
    whatever the legs that it sells bring.
    """
    if MARGIN_MODELS[account.margin].cash:
        return _unpaid_legs(margin, account, terms, instruments)
    effect = effect_of_combination(margin, account, terms, instruments)
    if not effect.carried:
        return shortfall(effect)
    legs = tuple(legs_of(terms, instruments))
    for leg in legs:
        entry = instruments[leg.conId]
        refusal = below_least(margin, account, leg, entry, effect.before.equity)
        if refusal is not None:
            return refusal
    return too_large(margin, account, legs, instruments)


def legs_of(terms: Terms, instruments: Instruments) -> Iterator[Terms]:
    """Iterate over the legs of an order as if each were a market order of its own."""
    combination = instruments[terms.conId]
    assert isinstance(combination, Combination)
    for leg in combination.composition.legs:
        yield replace(
            terms, conId=leg.conId, side=terms.side * leg.side,
            quantity=terms.quantity * leg.ratio, orderType="MKT", limit=None, special=None,
        )  # fmt: skip


def _unpaid_legs(
    margin: MarginCalculator, account: Account, terms: Terms, instruments: Instruments
) -> Refusal | None:
    needs, currency = 0, instruments[terms.conId].currency
    for leg in legs_of(terms, instruments):
        entry = instruments[leg.conId]
        if (barred := barred_from(account, entry)) is not None:
            return barred
        price = margin.mark(leg.conId)
        value = notional(price, leg.quantity, entry.money_scale, entry.multiplier)
        fill = leg.quantity, value
        needs += _fee(account, entry, leg.side, fill)
        if leg.side > 0:
            needs += value
        elif account.quantity(leg.conId) < leg.quantity:
            return Refusal(426)
    has = account.settled(currency)
    if has >= needs:
        return None
    facts = {
        "equity": f"{cash_decimal(has):,} {currency}",
        "margin": f"{cash_decimal(needs):,} {currency}",
    }
    return Refusal(201, facts, "margin")


def _fee(
    account: Account,
    entry: Instrument,
    side: int,
    fill: tuple[SizeUnits, CashMicros],
    *,
    taken: bool = True,
) -> CashMicros:
    """Return what a whole leg costs now."""
    month = account.traded.get(tier_name(entry.secType), 0)
    return commission(
        entry, side, before=(0, 0), fill=fill, plan=account.plan, taken=taken, month=month
    )
