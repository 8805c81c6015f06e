"""The broker's checks of a valid order: price band, margin, and the what-if answer."""

from collections.abc import Callable, Mapping

import msgspec

from ..facts import Charge, Terms
from ..market.source import Quote
from ..reference.instruments import Instrument, Instruments, Refusal
from ..units import (
    CASH_SCALE,
    RATE_SCALE,
    SIZE_SCALE,
    CashMicros,
    Rate,
    SizeUnits,
    cash_decimal,
    notional,
    quotient_text,
    scaled,
    share,
)
from .charges import charge_of, part_charged
from .fees import most_fee
from .ledger import Account
from .margin import NEVER_SHORT, UNLENT, MarginCalculator
from .minimums import below_least, paid_for, price_of, too_large
from .schedules import MARGIN_MODELS
from .valuation import Exposure


class Effect(msgspec.Struct, frozen=True):
    """The effect of an order on its account, in micro-units of the base currency."""

    before: Exposure
    after: Exposure
    fee: CashMicros
    """In the instrument's currency."""
    currency: str
    """The account's base currency."""
    premium: CashMicros = 0
    """Paid for what has no loan value, which lowers equity; negative where it is received."""
    charged: Charge | None = None
    """The fee as it is paid; None where that is in the instrument's currency."""
    least: CashMicros | None = None
    """The fee of an order that adds liquidity, where that is less; in the instrument's currency."""

    @property
    def carried(self) -> bool:
        """Whether the account can carry the order, or the order frees margin for what it costs."""
        after = self.after
        spent = max(self.premium, 0)
        return after.equity >= after.initial or after.initial + spent <= self.before.initial


class Costs(msgspec.Struct, frozen=True):
    """What a whole order costs: the fields of ``Effect``."""

    fee: CashMicros
    charged: Charge | None
    least: CashMicros | None = None


def costs_of(
    margin: MarginCalculator, account: Account, terms: Terms, instruments: Instruments
) -> Costs:
    """Return what an order costs an account that trades it at the market price at once."""
    entry = instruments[terms.conId]
    fill = (terms.quantity, _value(margin, terms, entry))
    fee, charged = charge_of(margin, account, entry, terms.side, fill=fill)
    least, _ = charge_of(margin, account, entry, terms.side, fill=fill, taken=False)
    return Costs(fee, charged, least if least < fee else None)


def _value(margin: MarginCalculator, terms: Terms, entry: Instrument) -> CashMicros:
    price = price_of(margin, terms)
    return notional(price, terms.quantity, entry.money_scale, entry.multiplier)


def effect_of(
    margin: MarginCalculator,
    account: Account,
    terms: Terms,
    instruments: Instruments,
    costs: Costs | None = None,
) -> Effect:
    """Return the account before the order and after its complete fill at the market price; None
    for ``costs`` takes those of the account's own order."""
    entry = instruments[terms.conId]
    before = margin.exposure(account)
    rates, premium = MARGIN_MODELS[account.margin], 0
    after_size: SizeUnits = account.quantity(entry.conId) + terms.side * terms.quantity
    change = _margin_change(margin, account, terms, after_size)
    if entry.secType in UNLENT:
        premium = terms.side * paid_for(margin, terms, entry)
    costs = costs or costs_of(margin, account, terms, instruments)
    in_base, charged = costs.fee, costs.charged
    if entry.currency != account.currency:
        rate = margin.rate(entry.currency, account.currency)
        in_base = scaled(in_base, rate) if charged is None else charged[1]
        premium = scaled(premium, rate)
    maintenance = before.maintenance + change
    initial = scaled(maintenance, rates.initial_over_maintenance)
    after = Exposure(before.equity - premium - in_base, maintenance, initial)
    return Effect(before, after, costs.fee, account.currency, premium, charged, costs.least)


def apart(terms: Terms) -> list[Terms]:
    """Return an advisor's order as those of its accounts; any other order by itself."""
    if not terms.shares:
        return [terms]
    return [
        msgspec.structs.replace(terms, account=code, quantity=size, shares=())
        for code, size in terms.shares
    ]


def effect_together(
    margin: MarginCalculator,
    accounts: Mapping[str, Account],
    terms: Terms,
    instruments: Instruments,
) -> Effect:
    """Return the effect of an advisor's order on all of its accounts, in the master's currency. It
    costs what one order does, and each account pays its part of that."""
    master, entry = accounts[terms.account], instruments[terms.conId]
    whole = costs_of(margin, master, terms, instruments)
    effects = []
    for one in apart(terms):
        account = accounts[one.account]
        fee = share(whole.fee, one.quantity, terms.quantity)
        costs = Costs(fee, part_charged(margin, account, entry, fee))
        effects.append(effect_of(margin, account, one, instruments, costs))
    rows = [(effect, margin.rate(effect.currency, master.currency)) for effect in effects]

    def added(amount: Callable[[Effect], CashMicros]) -> CashMicros:
        return sum(scaled(amount(effect), rate) for effect, rate in rows)

    def exposure(of: Callable[[Effect], Exposure]) -> Exposure:
        return Exposure(
            added(lambda one: of(one).equity),
            added(lambda one: of(one).maintenance),
            added(lambda one: of(one).initial),
        )

    return Effect(
        exposure(lambda one: one.before), exposure(lambda one: one.after), whole.fee,
        master.currency, added(lambda one: one.premium), whole.charged, whole.least,
    )  # fmt: skip


def _margin_change(
    margin: MarginCalculator, account: Account, terms: Terms, after: SizeUnits
) -> CashMicros:
    """Return the change of the maintenance margin of all that is margined with the instrument, when
    the account holds ``after`` of it."""
    con_id = terms.conId
    group = margin.groups(account).get(margin.group_of(con_id), [])
    members = [*group, con_id] if con_id not in group else group
    price = price_of(margin, terms)
    _, now = margin.group_worth(account, members, {con_id: account.quantity(con_id)}, price)
    return margin.group_worth(account, members, {con_id: after}, price)[1] - now


def refusal_of(
    margin: MarginCalculator, account: Account, terms: Terms, instruments: Instruments
) -> Refusal | None:
    """Return why the account cannot carry an order; None when it can, as ``effect_of`` and
    ``minimums`` say.

    An order adds at most the margin of its whole value and costs at most ``most_fee``: when the
    account can carry these, the exact values need not be computed.
    """
    entry, model = instruments[terms.conId], MARGIN_MODELS[account.margin]
    kind = entry.secType
    if model.cash:
        return _unpaid(margin, account, terms, entry)
    if kind in NEVER_SHORT and terms.side < 0:
        return None if account.quantity(terms.conId) >= terms.quantity else Refusal(426)
    if kind != "STK" and (kind == "FOP" or kind in UNLENT or entry.daily):
        effect = effect_of(margin, account, terms, instruments)
        if not effect.carried:
            return shortfall(effect)
        refusal = below_least(margin, account, terms, entry, effect.before.equity)
        if refusal is not None or kind not in ("OPT", "WAR"):
            return refusal
        return too_large(margin, account, (terms,), instruments)
    equity, maintenance = margin.worth(account)
    price = price_of(margin, terms)
    value = entry.value_of(price, terms.quantity)
    # Each division gives less by what rounding may add, and by 1 more.
    most, change = most_fee(value), value * model.rate_of(kind) // RATE_SCALE + 2
    if entry.currency != account.currency:
        rate = margin.rate(entry.currency, account.currency)
        change, most = change * rate // RATE_SCALE + 2, most * rate // RATE_SCALE + 2
    initial = (maintenance + change) * model.initial_over_maintenance // RATE_SCALE + 2
    if equity - most < initial or (terms.side < 0 and model.short is not None and kind == "STK"):
        effect = effect_of(margin, account, terms, instruments)
        if not effect.carried:
            return shortfall(effect)
    return below_least(margin, account, terms, entry, equity)


def refused_for_cash(entry: Instrument) -> bool:
    """Return whether a cash account cannot hold an instrument: it is not paid for."""
    return entry.secType in ("FUT", "FOP", "CFD")


def barred_from(account: Account, entry: Instrument) -> Refusal | None:
    """Return why an account may not trade an instrument, whatever it has; None when it may."""
    if MARGIN_MODELS[account.margin].cash and refused_for_cash(entry):
        return Refusal(203, {"security": entry.localSymbol})
    return None


def _unpaid(
    margin: MarginCalculator, account: Account, terms: Terms, entry: Instrument
) -> Refusal | None:
    """Return why a cash account cannot carry an order; None when it can.

    It sells only what it holds, and buys for settled cash of the instrument's currency.
    """
    if (barred := barred_from(account, entry)) is not None:
        return barred
    value = paid_for(margin, terms, entry)
    size = (terms.quantity, value)
    fee, charged = charge_of(margin, account, entry, terms.side, fill=size)
    if entry.secType == "CASH":
        sold, amount = (entry.currency, value) if terms.side > 0 else (
            entry.symbol, terms.quantity * (CASH_SCALE // SIZE_SCALE)
        )  # fmt: skip
        paid_in, paid = (entry.currency, fee) if charged is None else charged
        covered = account.settled(sold) >= amount + (paid if sold == paid_in else 0)
        if paid_in not in (entry.currency, entry.symbol):  # else it is bought, or counted above
            covered = covered and account.settled(paid_in) >= paid
        return None if covered else Refusal(201, {}, "leverage")
    if terms.side < 0:
        return None if account.quantity(entry.conId) >= terms.quantity else Refusal(426)
    has, needs = account.settled(entry.currency), value + fee
    if has >= needs:
        return None
    facts = {
        "equity": f"{cash_decimal(has):,} {entry.currency}",
        "margin": f"{cash_decimal(needs):,} {entry.currency}",
    }
    return Refusal(201, facts, "margin")


def shortfall(effect: Effect) -> Refusal:
    """Return the margin rejection with its values."""
    facts = {
        "equity": f"{cash_decimal(effect.after.equity):,} {effect.currency}",
        "margin": f"{cash_decimal(effect.after.initial):,} {effect.currency}",
    }
    return Refusal(201, facts, "margin")


def beyond_band(
    terms: Terms, quote: Quote, instruments: Instruments, width: Rate
) -> Refusal | None:
    """Return the cancellation of a limit that is too aggressive for the market, or None.

    ``width`` is the greatest distance from the opposite touch, as a fraction of it.
    """
    side, limit = terms.side, terms.limit
    market = quote.ask if side > 0 else quote.bid
    if limit is None or not market or (limit - market) * side < 0:
        return None
    bound = market * (RATE_SCALE + side * width)
    if (limit * RATE_SCALE - bound) * side < 0:
        return None
    scale = instruments[terms.conId].scale
    facts = {
        "limit": quotient_text(bound, scale * RATE_SCALE),
        "market": quotient_text(market, scale),
    }
    return Refusal(202, facts, "price_band")
