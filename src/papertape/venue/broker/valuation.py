"""What an account is worth at one instant: its holdings, and the sums that its figures come from.

Amounts are micro-units of the account's base currency, unless something else is said.
"""

from functools import cached_property
from typing import Final

import msgspec

from ..reference.instruments import Instrument
from ..reference.securities import Bond
from ..units import RATE_SCALE, CashMicros, Nanos, PriceUnits, Rate, scaled, share
from .ledger import LedgerPosition


class Exposure(msgspec.Struct, frozen=True, gc=False):
    """The values of an account for the check of an order, in its base currency."""

    equity: CashMicros
    """Equity with loan value."""
    maintenance: CashMicros
    initial: CashMicros


class Holding(msgspec.Struct, frozen=True):
    """One position at its market price, in its own currency."""

    instrument: Instrument
    position: LedgerPosition
    price: PriceUnits
    value: CashMicros
    """Signed market value."""
    unrealized: CashMicros

    @property
    def since_settled(self) -> CashMicros:
        """What a future gained or lost since its last settlement; 0 for other kinds."""
        return self.value - self.position.settled if self.instrument.daily else 0


class Tally(msgspec.Struct):
    """The sums of what is held in one currency, in that currency; lines come and go."""

    worth: dict[str, CashMicros] = {}
    """Market value by kind of instrument."""
    gain: CashMicros = 0
    """What futures gained or lost since they were settled."""
    unrealized: CashMicros = 0
    realized: CashMicros = 0

    def add(self, held: Holding, times: int = 1) -> None:
        """Count a holding; -1 takes it out again."""
        kind = _kind(held.instrument)
        self.worth[kind] = self.worth.get(kind, 0) + times * held.value
        self.gain += times * held.since_settled
        self.unrealized += times * held.unrealized
        self.realized += times * held.position.realized

    def change(self, before: Holding, after: Holding) -> None:
        """Count a holding instead of what it was before."""
        self.worth[_kind(after.instrument)] += after.value - before.value
        if after.instrument.daily:
            self.gain += after.since_settled - before.since_settled
        self.unrealized += after.unrealized - before.unrealized
        self.realized += after.position.realized - before.position.realized

    @property
    def valued(self) -> CashMicros:
        """Market value of what has one of its own: currency pairs are cash already, and of futures
        only gains and losses are."""
        return sum([value for kind, value in self.worth.items() if kind not in UNVALUED])


CORPORATE: Final = "CORP"
TREASURY: Final = "TBOND"
"""Bonds of companies, which others are told apart from."""
UNVALUED: Final = frozenset(("CASH", "FUT", "CFD"))
"""Kinds that are not paid for."""


def _kind(entry: Instrument) -> str:
    """Return under which kind an instrument is counted: bonds of states are apart."""
    if isinstance(entry, Bond) and entry.bondType != CORPORATE:
        return TREASURY
    return entry.secType


class RegTFigures(msgspec.Struct, frozen=True):
    """What only a Reg T account has: the requirement of the day's end, and the memorandum account
    (SMA)."""

    margin: CashMicros
    """50 % of stocks, and what options need."""
    kept: CashMicros
    """The SMA of the day's start with the day's deposits, less what its trades needed."""


class LookAhead(msgspec.Struct, frozen=True):
    """The account at its next change of margin."""

    time: Nanos
    """When it comes."""
    expires: bool
    """Whether an option that is held ends until then."""
    equity: CashMicros
    maintenance: CashMicros
    initial: CashMicros
    commodity_maintenance: CashMicros
    commodity_initial: CashMicros


class Commodities(msgspec.Struct, frozen=True):
    """The part of an account that is not securities: futures and options on them."""

    maintenance: CashMicros
    initial: CashMicros
    value: CashMicros
    """What futures gained or lost since they were settled, and options on them at their value."""
    gain: CashMicros = 0
    """The part of the futures."""

    @property
    def cash(self) -> CashMicros:
        """The cash that stands there: as much as their margin needs beyond their value. IBKR moves
        it between the two segments by itself."""
        return max(self.initial - self.value, 0)

    @property
    def net(self) -> CashMicros:
        """Net liquidation and equity with loan value of the segment."""
        return self.cash + self.value


class Valuation(msgspec.Struct, frozen=True, dict=True):
    """An account at one instant, in the base currency. What many rows are made of is worked out
    once."""

    cash: dict[str, CashMicros]
    """Cash per currency, in that currency."""
    rates: dict[str, Rate]
    """Base currency per unit, for every currency in use; the base itself first."""
    holdings: tuple[Holding, ...]
    total_cash: CashMicros
    stock: CashMicros
    """What has loan value: all holdings but options on securities, futures and currency pairs."""
    gross: CashMicros
    maintenance: CashMicros
    initial: CashMicros
    previous_equity: CashMicros
    """Equity with loan value at the start of the trading day."""
    buying_power_rate: Rate
    options: CashMicros = 0
    """Market value of options and warrants, which have no loan value."""
    futures: CashMicros = 0
    """What futures and CFDs gained or lost since they were settled."""
    coins: CashMicros = 0
    """Market value of crypto currencies, which have no loan value."""
    settled_cash: CashMicros = 0
    """Cash without the proceeds of sales that have not settled."""
    accrued: dict[str, CashMicros] = {}
    """Interest that has accrued and is not booked yet, per currency, in that currency."""
    in_full: bool = False
    """Whether the account pays in full, with settled cash."""
    tallies: dict[str, Tally] = {}
    """The sums of the holdings by their currency."""
    commodities: Commodities = Commodities(0, 0, 0)
    reg_t: RegTFigures | None = None
    ahead: LookAhead | None = None
    """None where nothing changes: there are no positions."""

    @cached_property
    def equity(self) -> CashMicros:
        """Equity with loan value."""
        return self.total_cash + self.stock + self.futures

    @cached_property
    def interest(self) -> CashMicros:
        """AccruedCash."""
        return sum(scaled(amount, self.rates[name]) for name, amount in self.accrued.items())

    @cached_property
    def net(self) -> CashMicros:
        """NetLiquidation: equity with loan value, the options, the crypto currencies, and interest
        that has accrued."""
        return self.equity + self.options + self.coins + self.interest

    @property
    def available(self) -> CashMicros:
        """AvailableFunds."""
        return self.equity - self.initial

    @property
    def excess(self) -> CashMicros:
        """ExcessLiquidity."""
        return self.equity - self.maintenance

    @property
    def buying_power(self) -> CashMicros:
        """BuyingPower: of the funds that the day began with, where there were fewer, and of a
        cash account no more than has settled."""
        funds = min(self.equity, self.previous_equity) - self.initial
        if self.in_full:
            funds = min(funds, self.settled_cash)
        elif self.reg_t is None:
            funds = self.available
        return share(funds, RATE_SCALE, self.buying_power_rate)

    @property
    def sma(self) -> CashMicros:
        """The special memorandum account of a Reg T account: 0 for others."""
        if self.reg_t is None:
            return 0
        securities = self.equity - self.commodities.net
        return max(securities - self.reg_t.margin, self.reg_t.kept)
