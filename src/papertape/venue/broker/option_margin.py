"""Margin of the options on one underlying together with what is held of it. Pure, integers only.

Two methods. By rule, of a Reg T account: each short option pairs with what limits its loss.

==================  =====================================================================
spread              the distance of the strikes, where the short one is the worse; the long
                    option ends no earlier
covered call        the margin of the shares, or the call's value where that is more
covered put         the margin of the short shares, and what the put is in the money
straddle, strangle  the greater of both requirements, and the value of the other option
protective put      10 % of the strike and what the put is out of the money, where that is
                    less than the margin of the shares; a call protects short shares alike
without cover       its value, and the greatest of three (``OptionRates``)
==================  =====================================================================

Source: IBKR's page of margin requirements for US options. Which options pair is found by taking
the worst short ones first; IBKR optimises, and may find less.

By scan, of a portfolio margin account: the worst loss at ten prices of the underlying, evenly
spaced over the range of ``ScanRates``; an option keeps its time value at each. IBKR's page on
portfolio margin has ranges and the minimum of a short contract; that volatility does not move with
the price, and that no two underlyings offset each other, are simplifications.
"""

from collections.abc import Iterable

import msgspec

from ..units import SIZE_SCALE, CashMicros, SizeUnits, scaled, share
from .schedules import OptionRates, ScanRates


class OptionLot(msgspec.Struct, gc=False):
    """Options of one contract, in money: prices are micro-units of one whole contract."""

    call: bool
    expires: int
    strike: CashMicros
    size: SizeUnits
    """Signed."""
    value: CashMicros
    """Market value of one contract, not negative."""
    multiplier: int

    def in_the_money(self, spot: CashMicros) -> CashMicros:
        """What exercising one contract brings at the price of as many shares."""
        return max(spot - self.strike if self.call else self.strike - spot, 0)

    def out_of_the_money(self, spot: CashMicros) -> CashMicros:
        """How far one contract is from bringing anything."""
        return max(self.strike - spot if self.call else spot - self.strike, 0)


class Underlying(msgspec.Struct, frozen=True, gc=False):
    """What options are on, and what the account holds of it."""

    price: CashMicros
    """Of one share."""
    shares: SizeUnits = 0
    """Signed."""
    margin: CashMicros = 0
    """Maintenance margin of those shares by themselves."""
    index: bool = False


def money_of(size: SizeUnits, each: CashMicros) -> CashMicros:
    """Return the money of so many contracts."""
    return share(each, size, 10_000)


# -- by rule --------------------------------------------------------------------------------------


def by_rule(lots: Iterable[OptionLot], under: Underlying, rates: OptionRates) -> CashMicros:
    """Return the maintenance margin of options and the shares under them, by the table above."""
    lots = sorted(lots, key=_order)
    longs = [msgspec.structs.replace(lot) for lot in lots if lot.size > 0]
    shorts = [msgspec.structs.replace(lot, size=-lot.size) for lot in lots if lot.size < 0]
    rule = _ByRule(under, rates)
    total = rule.spreads(longs, shorts)
    total += rule.covered(shorts)
    total += rule.straddles(shorts)
    return total + under.margin - rule.protection(longs)


def _order(lot: OptionLot) -> tuple[int, ...]:
    """The order in which options are looked at, in whichever they were bought: those that end first
    before later ones."""
    return lot.expires, lot.call, lot.strike, lot.multiplier, lot.value, lot.size


class _ByRule:
    """Pairs options; what it has paired leaves the lots that it was given."""

    def __init__(self, under: Underlying, rates: OptionRates) -> None:
        self._under = under
        self._rates = rates
        self._free = abs(under.shares)
        """Shares that cover nothing yet."""

    def naked(self, lot: OptionLot) -> CashMicros:
        """Return the requirement of one short contract without cover."""
        rates, spot = self._rates, self._under.price * lot.multiplier
        rate = rates.index if self._under.index else rates.stock
        need = max(
            scaled(spot, rate) - lot.out_of_the_money(spot),
            scaled(spot if lot.call else lot.strike, rates.least),
            rates.least_cents * 10_000 * lot.multiplier,
        )
        return lot.value + need

    def spreads(self, longs: list[OptionLot], shorts: list[OptionLot]) -> CashMicros:
        """Pair short options with long ones of the same right."""
        total = 0
        shorts.sort(key=lambda lot: (lot.strike if lot.call else -lot.strike, lot.expires))
        for short in shorts:
            side = 1 if short.call else -1
            for long in sorted(longs, key=lambda lot: (_width(lot, short), -side * lot.strike)):
                size = min(short.size, long.size)
                fits = long.call == short.call and long.expires >= short.expires
                width = _width(long, short)
                if size <= 0 or not fits or width >= self.naked(short):
                    continue
                total += money_of(size, width)
                short.size -= size
                long.size -= size
        return total

    def covered(self, shorts: list[OptionLot]) -> CashMicros:
        """Cover short calls by shares, and short puts by short shares."""
        under, total = self._under, 0
        for short in shorts:
            if under.shares == 0 or short.call != (under.shares > 0):
                continue
            size = min(short.size, self._free // short.multiplier // 10_000 * 10_000)
            if size <= 0:
                continue
            taken = size * short.multiplier
            value = money_of(size, short.value)
            if short.call:
                total += max(value - share(under.margin, taken, abs(under.shares)), 0)
            else:
                total += money_of(size, short.in_the_money(under.price * short.multiplier))
            short.size -= size
            self._free -= taken
        return total

    def straddles(self, shorts: list[OptionLot]) -> CashMicros:
        """Pair short calls with short puts, and require in full what is left."""
        total = 0
        calls = [lot for lot in shorts if lot.call and lot.size]
        puts = [lot for lot in shorts if not lot.call and lot.size]
        for call in calls:
            for put in puts:
                size = min(call.size, put.size)
                if size <= 0 or put.multiplier != call.multiplier:
                    continue
                above, below = self.naked(call), self.naked(put)
                each = below + call.value if below > above else above + put.value
                total += money_of(size, each)
                call.size -= size
                put.size -= size
        return total + sum(money_of(lot.size, self.naked(lot)) for lot in (*calls, *puts))

    def protection(self, longs: list[OptionLot]) -> CashMicros:
        """Return how much less shares need that long puts protect, or short ones that calls do."""
        under, less = self._under, 0
        if not self._free:
            return 0
        for long in sorted(longs, key=self._protected):
            if long.call != (under.shares < 0) or long.size <= 0:
                continue
            size = min(long.size, self._free // long.multiplier // 10_000 * 10_000)
            if size <= 0:
                continue
            taken = size * long.multiplier
            each = self._with(long)
            alone = share(under.margin, taken, abs(under.shares))
            less += max(alone - money_of(size, each), 0)
            self._free -= taken
        return less

    def _protected(self, long: OptionLot) -> CashMicros:
        """Return what ten thousand shares need that an option protects."""
        return self._with(long) * SIZE_SCALE // long.multiplier

    def _with(self, long: OptionLot) -> CashMicros:
        """Return what the shares of one contract need that it protects."""
        spot = self._under.price * long.multiplier
        return long.strike // 10 + long.out_of_the_money(spot)


def _width(long: OptionLot, short: OptionLot) -> CashMicros:
    """Return the most that a spread can lose for one contract."""
    if long.multiplier != short.multiplier:
        return 1 << 62
    return max(long.strike - short.strike if long.call else short.strike - long.strike, 0)


# -- by scan --------------------------------------------------------------------------------------


def by_scan(lots: Iterable[OptionLot], under: Underlying, rates: ScanRates) -> CashMicros:
    """Return the worst loss of options and shares over the range, with nothing lent on options.

    The requirement is what would be missing: the options' value counts as an asset where it is
    positive, as equity with loan value leaves it out.
    """
    lots = tuple(lots)
    down, up = (rates.index_down, rates.index_up) if under.index else (rates.down, rates.up)
    worst = 0
    for step in (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5):
        move = (up if step > 0 else down) * step // 5
        price = under.price + scaled(under.price, move)
        left = share(price - under.price, under.shares, 10_000)
        for lot in lots:
            at, spot = price * lot.multiplier, under.price * lot.multiplier
            time_value = lot.value - lot.in_the_money(spot)
            each = max(lot.in_the_money(at) + time_value, lot.in_the_money(at), 0)
            left += money_of(lot.size, each)
        worst = max(worst, -left)
    short = sum(-lot.size * lot.multiplier for lot in lots if lot.size < 0)
    return max(worst, share(rates.least, short, 10_000))
