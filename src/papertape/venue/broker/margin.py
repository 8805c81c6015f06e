"""Value and margin of an account at given prices.

ELV = cash + stock. Options and warrants have no loan value: a long one needs no margin and its
premium leaves ELV; what short ones need depends on what else is held of their underlying
(``option_margin``). A future is not paid for: what it gained or lost since its last settlement is
in ELV, its margin is a table's. An option on a future is in ELV at its value, which is the margin
of a long one; a short one needs the margin of its future. NLV = ELV + options. Maintenance of the
rest = rate x position value; initial = factor x maintenance; AvailableFunds = ELV - initial;
ExcessLiquidity = ELV - maintenance; BuyingPower = AvailableFunds / rate. Rates are those of the
account's margin model (``schedules``). All in micro-units of the account's base currency.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from ..market.source import Quote
from ..reference.instruments import Instrument, Instruments
from ..reference.securities import OptionContract, Warrant
from ..units import (
    CASH_SCALE,
    RATE_SCALE,
    SIZE_SCALE,
    CashMicros,
    PriceUnits,
    Rate,
    SizeUnits,
    notional,
    scaled,
    share,
)
from .ledger import FLAT, Account, LedgerPosition
from .option_margin import OptionLot, Underlying, by_rule, by_scan
from .schedules import (
    DOLLAR,
    FUTURE_MARGINS,
    MARGIN_MODELS,
    REFERENCE_RATES,
    REG_T_END,
    MarginModel,
    ShortRates,
)
from .valuation import Commodities, Exposure, Holding, RegTFigures, Tally, Valuation

APART: Final = frozenset(("CASH", "OPT", "WAR", "FUT", "CFD", "CRYPTO"))
"""Kinds whose market value is not part of equity: a pair is cash, an option, a warrant and a crypto
currency have no loan value, a future and a contract for difference are not paid for."""

UNLENT: Final = ("OPT", "WAR", "CRYPTO")
"""Kinds that are worth something and have no loan value."""
NEVER_SHORT: Final = ("CRYPTO", "FUND", "WAR")
"""Kinds that nobody sells who does not hold them."""

UNCOUNTED: Final = frozenset(("CASH", "FUT", "FOP", "CFD", "CRYPTO"))
"""Kinds that are not part of GrossPositionValue: cash, and what is a commodity."""

COMMODITIES: Final = frozenset(("FUT", "FOP"))
"""Kinds of the commodities segment."""
UNCHANGED: Final[Mapping[int, SizeUnits]] = MappingProxyType({})

Look = Callable[[int], Quote]
"""Returns the top of book of an instrument."""


class MarginCalculator:
    """Values accounts at the prices that ``look`` returns."""

    def __init__(self, instruments: Instruments, look: Look) -> None:
        self._instruments = instruments
        self._look = look

    def instrument(self, con_id: int) -> Instrument | None:
        """Return an instrument by its number; None for an unknown one."""
        return self._instruments.get(con_id)

    def quote(self, con_id: int) -> Quote:
        """Return the top of book of an instrument."""
        return self._look(con_id)

    def marked(self, account: Account) -> Valuation:
        """Value the account at the prices that ``worth`` takes."""
        return self.value(account)

    def exposure(self, account: Account) -> Exposure:
        """Return equity and margin only: ``value`` without its rows."""
        equity, maintenance = self.worth(account)
        model = MARGIN_MODELS[account.margin]
        return Exposure(equity, maintenance, scaled(maintenance, model.initial_over_maintenance))

    def worth(self, account: Account) -> tuple[CashMicros, CashMicros]:
        """Return equity and maintenance margin, for the check of every order."""
        equity, maintenance = self.cash_worth(account), 0
        for group in self.groups(account).values():
            value, margin = self.group_worth(account, group)
            equity += value
            maintenance += margin
        return equity, maintenance

    def cash_worth(self, account: Account) -> CashMicros:
        """Return the cash of all currencies in the base currency."""
        base, worth = account.currency, 0
        for currency, cash in account.cash.items():
            worth += cash if currency == base else scaled(cash, self.rate(currency, base))
        return worth

    def group_of(self, con_id: int) -> int:
        """Return which positions a position is margined with: options with what they are on."""
        entry = self._instruments[con_id]
        if entry.secType == "OPT":
            assert isinstance(entry, OptionContract)
            return entry.under or con_id
        return con_id

    def groups(self, account: Account) -> dict[int, list[int]]:
        """Return what an account holds, by ``group_of``."""
        found: dict[int, list[int]] = {}
        for con_id, position in account.positions.items():
            if position.quantity:
                found.setdefault(self.group_of(con_id), []).append(con_id)
        return found

    def group_worth(
        self,
        account: Account,
        group: Iterable[int],
        changed: Mapping[int, SizeUnits] = UNCHANGED,
        price: PriceUnits = 0,
    ) -> tuple[CashMicros, CashMicros]:
        """Return what the positions of a group add to equity, and their maintenance margin, in the
        base currency; ``changed`` has other quantities of some, at ``price``."""
        base, model = account.currency, MARGIN_MODELS[account.margin]
        equity, held = 0, []
        for con_id in group:
            entry = self._instruments[con_id]
            position = account.positions.get(con_id, FLAT)
            quantity = changed.get(con_id, position.quantity)
            if con_id in changed:
                value = notional(price, quantity, entry.money_scale, entry.multiplier)
            else:
                value = self._worth(entry, position)
            held.append((entry, quantity, value))
            if entry.secType in APART:
                value = value - position.settled if entry.daily and con_id not in changed else 0
            if entry.currency != base:
                value = scaled(value, self.rate(entry.currency, base))
            equity += value
        return equity, self.together(held, model, base)

    def alone(self, account: Account, con_id: int) -> tuple[CashMicros, CashMicros]:
        """Return the same for a position that is margined with no other."""
        position, base = account.positions.get(con_id), account.currency
        if position is None or not position.quantity:
            return 0, 0
        entry, model = self._instruments[con_id], MARGIN_MODELS[account.margin]
        equity = value = self._worth(entry, position)
        if entry.secType in APART:
            equity = value - position.settled if entry.daily else 0
        margin = self.margin(entry, position.quantity, value, model)
        if entry.currency == base:
            return equity, margin
        rate = self.rate(entry.currency, base)
        return scaled(equity, rate), scaled(margin, rate)

    def together(
        self, held: list[tuple[Instrument, SizeUnits, CashMicros]], model: MarginModel, base: str
    ) -> CashMicros:
        """Return the margin of positions of one group, in the base currency; an option of another
        currency than its underlying's is margined by itself."""
        if len(held) == 1:
            entry, quantity, value = held[0]
            one = self.margin(entry, quantity, value, model)
            return one if entry.currency == base else scaled(one, self.rate(entry.currency, base))
        margins: dict[str, CashMicros] = {}
        currencies = {entry.currency for entry, _, _ in held if entry.secType == "OPT"}
        for currency in currencies:
            lots = [one for one in held if one[0].currency == currency]
            margins[currency] = self._with_options(lots, model)
        for entry, quantity, value in held:
            if entry.currency not in currencies:
                one = self.margin(entry, quantity, value, model)
                margins[entry.currency] = margins.get(entry.currency, 0) + one
        return sum(
            one if name == base else scaled(one, self.rate(name, base))
            for name, one in margins.items()
        )

    def _with_options(
        self, held: list[tuple[Instrument, SizeUnits, CashMicros]], model: MarginModel
    ) -> CashMicros:
        """Return the margin of options on one underlying, and of the shares of it."""
        lots, shares, alone, price = [], 0, 0, 0
        index = False
        for entry, quantity, value in held:
            if not isinstance(entry, OptionContract):
                shares, alone = quantity, self.margin(entry, quantity, value, model)
                continue
            index = index or entry.underSecType == "IND"
            spot = self._spot(entry)
            price = price or spot * CASH_SCALE // entry.money_scale
            if quantity:
                each = share(abs(value), SIZE_SCALE, abs(quantity))
                strike = entry.strike * CASH_SCALE // entry.money_scale * entry.multiplier
                lots.append(
                    OptionLot(entry.call, entry.expires, strike, quantity, each, entry.multiplier)
                )
        under = Underlying(price, shares, alone, index)
        if model.scan is not None:
            return by_scan(lots, under, model.scan)
        return by_rule(lots, under, model.option)

    def _spot(self, entry: OptionContract) -> PriceUnits:
        """Return the price of an option's underlying in its own units; without a quote, its strike:
        it counts as at the money."""
        under = self._instruments.get(entry.under)
        if under is not None and (price := self.mark(entry.under)):
            return share(price, entry.scale, under.scale)
        return entry.strike

    def in_the_money(self, entry: OptionContract) -> PriceUnits:
        """Return how far an option is in the money at the price of its underlying, in its own
        units; 0 without a quote."""
        under = self._instruments.get(entry.under)
        if under is None or not self.mark(entry.under):
            return 0
        spot = self._spot(entry)
        worth = max(spot - entry.strike if entry.call else entry.strike - spot, 0)
        return self.of_warrant(entry, worth) if isinstance(entry, Warrant) else worth

    def of_warrant(self, entry: Warrant, worth: PriceUnits) -> PriceUnits:
        """Return what one warrant is worth that is so far in the money: its part of that, in its
        own currency."""
        under = self._instruments[entry.under]
        part = share(worth, entry.multiplier, entry.divisor)
        if under.currency == entry.currency:
            return part
        return share(part, self.rate(under.currency, entry.currency), RATE_SCALE)

    def stock_under(self, entry: OptionContract) -> Instrument | None:
        """Return the stock that an option delivers; None where it is settled in cash."""
        under = self._instruments.get(entry.under)
        if under is None or under.secType != "STK" or under.currency != entry.currency:
            return None
        return None if isinstance(entry, Warrant) else under

    def value(self, account: Account) -> Valuation:
        """Value the account at the current prices."""
        base, model = account.currency, MARGIN_MODELS[account.margin]
        holdings = tuple(
            self.holding(self._instruments[con_id], position)
            for con_id, position in sorted(account.positions.items())
        )
        accrued = account.interest
        currencies = [base, *sorted(account.cash), *sorted(accrued)]
        currencies += [held.instrument.currency for held in holdings]
        rates = {name: self.rate(name, base) for name in dict.fromkeys(currencies)}
        in_base: dict[str, list[CashMicros]] = {"": [], **{kind: [] for kind in APART}}
        for held in holdings:
            kind = held.instrument.secType if held.instrument.secType in in_base else ""
            in_base[kind].append(scaled(held.value, rates[held.instrument.currency]))
        securities = [
            scaled(held.value, rates[held.instrument.currency])
            for held in holdings
            if held.instrument.secType not in UNCOUNTED
        ]
        maintenance, commodity, reg_t = self._margins(holdings, model, base)
        factor = model.initial_over_maintenance
        futures = sum(
            scaled(held.since_settled, rates[held.instrument.currency]) for held in holdings
        )
        gained = sum(
            scaled(held.since_settled, rates[held.instrument.currency])
            for held in holdings
            if held.instrument.secType == "FUT"
        )
        written = sum(
            scaled(held.value, rates[held.instrument.currency])
            for held in holdings
            if held.instrument.secType == "FOP"
        )
        return Valuation(
            cash={name: account.cash.get(name, 0) for name in rates},
            rates=rates,
            holdings=holdings,
            total_cash=sum(scaled(cash, rates[name]) for name, cash in account.cash.items()),
            stock=sum(in_base[""]),
            gross=sum(map(abs, securities)),
            options=sum(in_base["OPT"]) + sum(in_base["WAR"]),
            futures=futures,
            maintenance=maintenance,
            initial=scaled(maintenance, factor),
            previous_equity=account.opening_equity,
            buying_power_rate=model.buying_power,
            accrued=accrued,
            in_full=model.cash,
            tallies=tallied(holdings),
            settled_cash=sum(scaled(account.settled(name), rates[name]) for name in account.cash),
            coins=sum(in_base["CRYPTO"]),
            commodities=Commodities(commodity, scaled(commodity, factor), gained + written, gained),
            reg_t=RegTFigures(reg_t, account.sma) if model.end_of_day else None,
        )

    def _margins(
        self, holdings: Iterable[Holding], model: MarginModel, base: str
    ) -> tuple[CashMicros, CashMicros, CashMicros]:
        """Return the maintenance margin, the part of it that is of commodities, and what Regulation
        T asks for securities at the end of the day."""
        groups: dict[int, list[tuple[Instrument, SizeUnits, CashMicros]]] = {}
        for held in holdings:
            if held.position.quantity:
                entry = held.instrument
                one = (entry, held.position.quantity, held.value)
                groups.setdefault(self.group_of(entry.conId), []).append(one)
        whole = commodity = reg_t = 0
        for group in groups.values():
            margin = self.together(group, model, base)
            whole += margin
            if group[0][0].secType in COMMODITIES:
                commodity += margin
            elif model.end_of_day:
                reg_t += self.together(group, REG_T_END, base)
        return whole, commodity, reg_t

    def margin(
        self, entry: Instrument, quantity: SizeUnits, value: CashMicros, model: MarginModel
    ) -> CashMicros:
        """Return the maintenance margin of a position of signed ``value`` by itself, in its
        currency."""
        if entry.secType == "OPT":
            return self._with_options([(entry, quantity, value)], model)
        if entry.secType == "FOP":
            return abs(value) if quantity >= 0 else self._margin_of_future(entry, quantity, model)
        if entry.daily and (each := FUTURE_MARGINS.get(entry.tradingClass)) is not None:
            return share(each, abs(quantity), SIZE_SCALE)
        if quantity < 0 and model.short is not None and entry.secType == "STK":
            return short_margin(entry, quantity, value, model.short)
        return scaled(abs(value), model.rate_of(entry.secType))

    def _margin_of_future(
        self, entry: Instrument, quantity: SizeUnits, model: MarginModel
    ) -> CashMicros:
        """Return the margin of the futures that options are on, at their price; without one, at
        the strike."""
        assert isinstance(entry, OptionContract)
        under = self._instruments.get(entry.under)
        if under is None:
            value = notional(entry.strike, quantity, entry.money_scale, entry.multiplier)
            return scaled(abs(value), model.rate_of("FUT"))
        price = self.mark(entry.under) or share(entry.strike, under.scale, entry.scale)
        value = notional(price, quantity, under.money_scale, under.multiplier)
        return self.margin(under, quantity, value, model)

    def mark(self, con_id: int) -> PriceUnits:
        """Return the price at which a position is valued: the midpoint, or the only side."""
        quote = self._look(con_id)
        if quote.bid and quote.ask:
            return (quote.bid + quote.ask) // 2
        return quote.bid or quote.ask

    def rate(self, currency: str, base: str) -> Rate:
        """Return the base currency per unit of a currency: from the quoted pair or its inverse,
        else via dollars, each as quoted or from the reference table. Raises ``KeyError`` for a
        currency that ``knows`` denies."""
        return self._quoted(currency, base) or share(
            self._in_dollars(currency), RATE_SCALE, self._in_dollars(base)
        )

    def _quoted(self, currency: str, base: str) -> Rate:
        """Return the rate of the quoted pair or its inverse; 0 without a quote."""
        if currency == base:
            return RATE_SCALE
        pair = self._instruments.pair(currency, base)
        price = self.mark(pair.conId) if pair is not None else 0
        if pair is not None and price:
            return share(price, RATE_SCALE, pair.scale)
        pair = self._instruments.pair(base, currency)
        price = self.mark(pair.conId) if pair is not None else 0
        return share(pair.scale, RATE_SCALE, price) if pair is not None and price else 0

    def _in_dollars(self, currency: str) -> Rate:
        return self._quoted(currency, DOLLAR) or REFERENCE_RATES[currency]

    def _worth(self, entry: Instrument, position: LedgerPosition) -> CashMicros:
        price = self.mark(entry.conId)
        if not price:
            return position.settled if entry.daily else position.cost
        return notional(price, position.quantity, entry.money_scale, entry.multiplier)

    def holding(self, entry: Instrument, position: LedgerPosition) -> Holding:
        """Return a position at the current price."""
        price = self.mark(entry.conId) if position.quantity else 0
        if not price:
            # Without a quote a position is valued at cost, without profit; a future as settled.
            value = position.settled if entry.daily else position.cost
            unit = _unit_price(entry, position.quantity, value)
            return Holding(entry, position, unit, value, value - position.cost)
        value = notional(price, position.quantity, entry.money_scale, entry.multiplier)
        return Holding(entry, position, price, value, value - position.cost)


def short_margin(
    entry: Instrument, quantity: SizeUnits, value: CashMicros, rates: ShortRates
) -> CashMicros:
    """Return the maintenance margin of shares that are sold short; what is in dollars a share is of
    shares in dollars alone."""
    if entry.currency != "USD":
        return scaled(abs(value), rates.of_value)
    if abs(value) * SIZE_SCALE < rates.low * abs(quantity):
        part, each = rates.of_low, rates.each_low
    else:
        part, each = rates.of_value, rates.each
    return max(scaled(abs(value), part), share(each, abs(quantity), SIZE_SCALE))


def tallied(holdings: Iterable[Holding]) -> dict[str, Tally]:
    """Return the sums of holdings by their currency."""
    found: dict[str, Tally] = {}
    for held in holdings:
        found.setdefault(held.instrument.currency, Tally()).add(held)
    return found


def knows(currency: str) -> bool:
    """Return whether a currency can be valued; accounts and orders in others are refused."""
    return currency in REFERENCE_RATES


def unvalued(entry: Instrument) -> str | None:
    """Name what prevents the valuation of positions in an instrument; None when nothing does.

    Orders for such an instrument are refused.
    """
    kind = entry.secType
    return _lacking(kind, entry.currency, entry.symbol if kind == "CASH" else "")


@lru_cache(256)
def _lacking(kind: str, currency: str, other: str) -> str | None:
    for one in (currency, other):
        if one and not knows(one):
            return f"The currency '{one}'"
    for model in MARGIN_MODELS.values():
        if kind not in model.maintenance and kind not in ("OPT", "FOP"):
            return f"The security type '{kind}'"
    return None


def _unit_price(entry: Instrument, quantity: SizeUnits, value: CashMicros) -> PriceUnits:
    """Return the price at which a quantity has a value."""
    if quantity == 0:
        return 0
    total = abs(value) * entry.money_scale
    return share(total, SIZE_SCALE, abs(quantity) * CASH_SCALE * entry.multiplier)
