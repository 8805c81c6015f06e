"""What can be traded or quoted: one record for each kind of contract, integers only.

Every kind has what ``Instrument`` has; what only some have stands in the record of that kind.
Prices and strikes are in units of ``1 / scale`` of the currency, as an order names them; days are
ordinals as ``date.toordinal`` counts; sizes are in parts of ``Sizes.scale``.
"""

from datetime import date
from typing import ClassVar

import msgspec

from ..units import SIZE_SCALE, CashMicros, PriceUnits, SizeUnits, notional
from .composition import NOTHING, Composition
from .exchanges import SMART

MONTHS = "FGHJKMNQUVXZ"
"""The letters of the delivery months, January first."""


class Sizes(msgspec.Struct, frozen=True):
    """The smallest size, its step and the usual one, in ``1 / scale`` of a unit."""

    minimum: int = 1
    step: int = 1
    suggested: int = 1
    scale: int = 1


SHARES = Sizes(1, 1, 100 * SIZE_SCALE, SIZE_SCALE)
LOTS = Sizes()
CENTS = Sizes(1, 1, 1, 100)
MULTIPLIED = frozenset({"FUT", "OPT", "FOP", "WAR", "IOPT"})
"""Kinds whose contracts name their multiplier, 1 as well."""


class Instrument(msgspec.Struct, frozen=True, gc=False):
    """One listing: identity, money, ticks and the venues that trade it."""

    conId: int
    symbol: str
    secType: str
    currency: str
    primaryExchange: str
    localSymbol: str
    tradingClass: str
    exchanges: tuple[str, ...]
    """Valid exchanges in the order of contract details; SMART first where it routes."""
    longName: str
    scale: int
    """Price units per unit of currency."""
    tick: PriceUnits
    """Smallest price step, in price units."""
    marketName: str = ""
    multiplier: int = 1
    stockType: str = ""
    industry: str = ""
    category: str = ""
    subcategory: str = ""
    isin: str = ""
    market_rule: int = 26
    divisor: int = 1
    """What the multiplier is divided by: 10 where it is written 0.1."""
    magnifier: int = 1
    """Prices are quoted in this many parts of the currency: 100 for cents."""
    smart_rule: int = 0
    """The market rule of SMART and of the venues beside it in ``RULE_OF_SMART``, when another."""
    reference: PriceUnits = 0
    """A price of the order of magnitude of late 2026; 0 where nobody knows one."""
    hours: str = ""
    """The group of exchanges in ``calendars`` by which it trades; "" goes by the exchange."""
    sizes: Sizes = SHARES
    cusip: str = ""
    figi: str = ""
    endless: ClassVar[bool] = True
    """Whether nothing of its kind ever ends, whatever it is made of."""

    @property
    def money_scale(self) -> int:
        """What price x multiplier is divided by for money: the scale of the price, and its parts
        where the price is in cents or the multiplier in tenths."""
        return self.scale * self.magnifier * self.divisor

    def value_of(self, price: PriceUnits, size: SizeUnits) -> CashMicros:
        """Return the value of a trade: ``units.notional`` with the scales of this instrument."""
        return notional(price, size, self.money_scale, self.multiplier)

    @property
    def daily(self) -> bool:
        """Whether it is settled daily in cash, so that only gains and losses are paid: futures, and
        contracts for difference."""
        return self.secType in ("FUT", "CFD")

    @property
    def home(self) -> str:
        """The exchange that a listing is shown with when the request names none."""
        return self.exchanges[0]

    @property
    def place(self) -> str:
        """Where a position is held and what SMART has filled was traded: the primary exchange, else
        the first that is no router."""
        if self.primaryExchange:
            return self.primaryExchange
        return next((name for name in self.exchanges if name != SMART), self.home)

    def traded_at(self, exchange: str) -> str:
        """Where an order has traded that was sent to an exchange, or through SMART to one."""
        return self.place if exchange == SMART else exchange

    @property
    def multiplier_text(self) -> str:
        """The multiplier as a contract has it; "" for 1 of what has none (``MULTIPLIED`` have)."""
        if self.divisor > 1:
            return f"{self.multiplier / self.divisor:g}"
        if self.multiplier == 1 and self.secType not in MULTIPLIED:
            return ""
        return str(self.multiplier)


class Stock(Instrument, frozen=True):
    """A share, a fund share that trades like one, or a receipt for one."""

    slot: int = -1
    """Numbers its monthly options, see ``numbers``; -1 for a stock without generated options."""


class Index(Instrument, frozen=True):
    """A figure that is quoted and not traded."""


class CurrencyPair(Instrument, frozen=True):
    """So many units of ``currency`` for one of ``symbol``."""


class Crypto(Instrument, frozen=True):
    """A crypto currency."""


class Commodity(Instrument, frozen=True):
    """Metal on account."""


class Cfd(Instrument, frozen=True):
    """A contract for difference."""

    under: int = 0
    """The contract whose market data it has; 0 for none."""


class NewsFeed(Instrument, frozen=True):
    """A feed of headlines."""


class Fund(Instrument, frozen=True):
    """A mutual fund."""

    family: str = ""
    fundType: str = ""
    minimum: int = 0
    """Smallest first purchase, in units of its currency."""


class Bond(Instrument, frozen=True):
    """A debt security; prices are in percent of the face value."""

    endless: ClassVar[bool] = False
    coupon: int = 0
    """Per year, in thousandths of a percent."""
    matures: int = 0
    issued: int = 0
    bondType: str = ""
    issuer: str = ""
    """The issuer's id."""
    ratings: str = ""
    described: str = ""
    """The text that details append: symbol, coupon, maturity."""

    @property
    def money_scale(self) -> int:
        """A size of 1 is 1,000 of face value, of which the price is so many percent."""
        return self.scale // 10


class Dated(Instrument, frozen=True):
    """What ends on a day and has an underlying."""

    endless: ClassVar[bool] = False
    under: int = 0
    underSymbol: str = ""
    underSecType: str = ""
    expires: int = 0
    """The last day of trading."""
    month: int = 0
    """The contract month, ``yyyymm``."""
    ends: int = -1
    """Minutes after midnight of the last trade on the exchange's clock; -1 is the close."""

    @property
    def right(self) -> str:
        """``C``, ``P``, or "" for what has none."""
        return ""

    @property
    def strike(self) -> PriceUnits:
        """In price units; 0 for what has none."""
        return 0


class Future(Dated, frozen=True):
    """A future of one month."""


class ContinuousFuture(Future, frozen=True):
    """The nearest future for the time being, under its number."""


class OptionContract(Dated, frozen=True):
    """An option on a stock, a fund or an index."""

    call: bool = True
    exercise: PriceUnits = 0
    """The strike."""
    american: bool = True

    @property
    def right(self) -> str:
        """``C`` or ``P``."""
        return "C" if self.call else "P"

    @property
    def strike(self) -> PriceUnits:
        """In price units."""
        return self.exercise


class FutureOption(OptionContract, frozen=True):
    """An option on a future."""


class Warrant(OptionContract, frozen=True):
    """An option that a bank has issued; its price is that of one warrant, its multiplier the part
    of the underlying that one stands for."""

    @property
    def money_scale(self) -> int:
        """What price x multiplier is divided by for money, so that the multiplier has no part in
        it."""
        return self.scale * self.multiplier


class Combination(Instrument, frozen=True):
    """Several contracts as one; it is made of its legs and stands in no catalogue."""

    endless: ClassVar[bool] = False
    composition: Composition = NOTHING
    weights: tuple[int, ...] = ()
    """What a price unit of each leg adds to the price, in its units; negative where it is sold."""


KINDS: dict[str, type[Instrument]] = {
    "STK": Stock, "IND": Index, "CASH": CurrencyPair, "CRYPTO": Crypto, "CMDTY": Commodity,
    "CFD": Cfd, "NEWS": NewsFeed, "FUND": Fund, "BOND": Bond, "FUT": Future,
    "CONTFUT": ContinuousFuture, "OPT": OptionContract, "FOP": FutureOption, "WAR": Warrant,
    "BAG": Combination,
}  # fmt: skip
"""The record of each security type."""

UNTRADED = frozenset(("CASH", "CMDTY", "CFD"))
"""Kinds that have quotes and no trades."""
UNQUOTED = frozenset(("IND", "FUND"))
"""Kinds that have a value and no quotes: nobody buys at it."""


def last_day(entry: Instrument) -> int:
    """The last day of trading of a contract, or the maturity of a bond; 0 for what has no end."""
    if isinstance(entry, Bond):
        return entry.matures
    return entry.expires if isinstance(entry, Dated) else 0


def day_text(day: int) -> str:
    """``yyyymmdd`` of a day; "" for day 0, which is none."""
    return date.fromordinal(day).strftime("%Y%m%d") if day else ""


def day_number(text: str) -> int:
    """The day of a ``yyyymmdd``. Raises ``ValueError``."""
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r} is not a date yyyymmdd")
    return date(int(text[:4]), int(text[4:6]), int(text[6:])).toordinal()


def occ_symbol(root: str, expires: int, right: str, thousandths: int) -> str:
    """The 21 characters of an American option: ``SPY   260417C00500000``."""
    return f"{root:<6}{day_text(expires)[2:]}{right}{thousandths:08d}"


def delivery(month: int) -> str:
    """The letter and the last digit of the year of a contract month: ``M6`` of 202606."""
    return f"{MONTHS[month % 100 - 1]}{month // 100 % 10}"
