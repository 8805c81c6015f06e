"""What the broker says to a valid order: price band, margin, and the what-if answer."""

from decimal import Decimal

import msgspec

from .accounts import Account
from .fees import commission
from .instruments import Instrument, Refusal
from .margin import Appraiser, Valuation, margin_of
from .market import Quote
from .matching import touch
from .orders import money
from .rates import INITIAL_OVER_MAINTENANCE
from .ratios import scaled
from .units import CashMicros, PriceUnits, SizeUnits, cash_decimal, notional
from .validation import Ticket


class Effect(msgspec.Struct, frozen=True):
    """What an order would do to its account, in micro-units of the base currency."""

    before: Valuation
    maintenance: CashMicros
    initial: CashMicros
    equity: CashMicros
    fee: CashMicros
    """In the instrument's currency."""

    @property
    def carried(self) -> bool:
        """Whether the account can carry the order, or is at least relieved by it."""
        return self.equity >= self.initial or self.initial <= self.before.initial


def effect_of(appraiser: Appraiser, account: Account, ticket: Ticket) -> Effect:
    """The account before the order and after its complete fill at the market price."""
    entry = ticket.listing.instrument
    before = appraiser.value(account)
    price = appraiser.mark(entry.conId) or ticket.limit or 0
    value = notional(price, ticket.quantity, entry.scale, entry.multiplier)
    fee = commission(entry, ticket.side, before=(0, 0), fill=(ticket.quantity, value))
    rate = before.rates.get(entry.currency) or appraiser.rate(entry.currency)
    held = _position_value(account, entry, price)
    change = margin_of(entry, held + ticket.side * value) - margin_of(entry, held)
    maintenance = before.maintenance + scaled(change, rate)
    return Effect(
        before=before,
        maintenance=maintenance,
        initial=scaled(maintenance, INITIAL_OVER_MAINTENANCE),
        equity=before.equity - scaled(fee, rate),
        fee=fee,
    )


def shortfall(effect: Effect, base: str) -> Refusal:
    """The margin rejection with its figures."""
    facts = {
        "equity": f"{cash_decimal(effect.equity):,} {base}",
        "margin": f"{cash_decimal(effect.initial):,} {base}",
    }
    return Refusal(201, facts, "margin")


def margin_numbers(effect: Effect, base: str, currency: str) -> dict[str, Decimal | float | str]:
    """The OrderState fields of a what-if answer."""
    before = effect.before
    rows = (
        ("initMargin", before.initial, effect.initial),
        ("maintMargin", before.maintenance, effect.maintenance),
        ("equityWithLoan", before.equity, effect.equity),
    )
    numbers: dict[str, Decimal | float | str] = {}
    for name, old, new in rows:
        numbers[f"{name}Before"] = cash_decimal(old)
        numbers[f"{name}Change"] = cash_decimal(new - old)
        numbers[f"{name}After"] = cash_decimal(new)
    numbers["commissionAndFees"] = money(effect.fee)
    numbers["commissionAndFeesCurrency"] = currency
    numbers["marginCurrency"] = base
    return numbers


def beyond_band(ticket: Ticket, quote: Quote, percent: Decimal) -> Refusal | None:
    """The cancellation of a limit that is too aggressive for the market; None when it is not."""
    market = touch(ticket.side, quote)
    if ticket.limit is None or not market:
        return None
    scale = ticket.listing.instrument.scale
    bound = Decimal(market) / scale * (1 + ticket.side * percent / 100)
    limit = Decimal(ticket.limit) / scale
    if (limit - bound) * ticket.side < 0:
        return None
    facts = {"limit": _plain(bound), "market": _plain(Decimal(market) / scale)}
    return Refusal(202, facts, "price_band")


def _position_value(account: Account, entry: Instrument, price: PriceUnits) -> CashMicros:
    held: SizeUnits = account.quantity(entry.conId)
    return notional(price, held, entry.scale, entry.multiplier)


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")
