"""The specification of any contract that there is, made when somebody asks about its price.

``Prices`` is the mapping that ``sources`` looks specifications up in: catalogue, chains and curves
on one side, the synthetic tape on the other. What follows another instrument names it: an option
its underlying, an index its members, a future its index, metal, coin or currency. What has no
contract of its own to follow gets a walk that nobody trades, under its number with a minus. An
instrument without a reference price has none here: it is refused, never quoted at zero.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from ..reference.calendars import EXCHANGES, Calendar, calendar, calendar_of, hours_of
from ..reference.instruments import Instruments
from ..reference.rules import MARKET_RULES
from ..reference.securities import (
    Bond,
    Cfd,
    Dated,
    Future,
    FutureOption,
    Index,
    Instrument,
    OptionContract,
    Warrant,
)
from ..units import DAY, MINUTE, SIZE_SCALE, Nanos
from .characters import LIQUID, character_of, dollars
from .currencies import DOLLAR, VALUES, PairSpec
from .defaults import DEFAULTS
from .functions import Appearance
from .indices import IndexSpec
from .interpolate import Style
from .kinds import OPTION_EXCHANGES, BondSpec, FutureSpec, OptionSpec, bond_price
from .sources import Spec
from .spots import CFD_ON, FUND_OF, MEMBERS, RATE, SPOT_OF, brings
from .synthetic import CURRENCY, SyntheticSpec

YIELD: Final = -1
"""The tape of the yields that bonds are priced at."""
_YIELD_NOW: Final = 0.042
_BOND_HOURS: Final = "BONDS"
_PRICED: Final = date(2026, 10, 1).toordinal()
"""The day that the reference prices of bonds are of."""
_WIDEST: Final = 0.06
_KEPT: Final = 16_384
_CLOSE: Final = 0.2
"""Reference prices that differ by less are those of one thing."""
_FAR: Nanos = 1 << 62
FINE: Final = 10
"""Parts of a unit in prices that nobody sees, so that what follows them is a tick wide."""
_REGULAR: Final = frozenset(("STK", "IND", "FUND", "WAR"))
"""Kinds whose tape plays the regular session alone; what nobody trades plays all of the day, as the
futures on it do."""
_ORDER: Final = 50_000
"""What a usual quote of a coin is worth, in dollars."""


class Prices(Mapping[int, Spec]):
    """Specifications by conId; ``recorded`` are the instruments that have a tape without one."""

    def __init__(
        self,
        instruments: Instruments,
        *,
        recorded: Collection[int] = (),
        typed: Mapping[int, Spec] = DEFAULTS,
    ) -> None:
        self._instruments = instruments
        self._recorded = recorded
        self._typed = typed
        self._known = lru_cache(_KEPT)(self._looked_up)

    def spec(self, con_id: int) -> Spec | None:
        """The specification of a number, or None; that there is none is not remembered, as an
        instrument may come later."""
        try:
            return self._known(con_id)
        except KeyError:
            return None

    def __getitem__(self, con_id: int) -> Spec:
        return self._known(con_id)

    def __contains__(self, con_id: object) -> bool:
        return isinstance(con_id, int) and self.spec(con_id) is not None

    def __iter__(self) -> Iterator[int]:
        """The instruments that are held; those of the catalogue are looked up only."""
        return (entry.conId for entry in self._instruments if entry.conId in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _looked_up(self, con_id: int) -> Spec:
        found = self._spec(con_id)
        if found is None:
            raise KeyError(con_id)
        return found

    def _spec(self, con_id: int) -> Spec | None:
        if con_id == YIELD:
            look = Style(tick=10, trades=False)
            return SyntheticSpec(
                int(_YIELD_NOW * 1_000_000), look, length_of(_BOND_HOURS), volatility=0.012
            )
        entry = self._instruments.get(abs(con_id))
        if entry is None:
            return None
        if con_id < 0:
            return self._walk(entry)
        return self._typed.get(con_id) or self._made(entry)

    def _made(self, entry: Instrument) -> Spec | None:
        if isinstance(entry, Warrant):
            return self._warrant(entry)
        if isinstance(entry, OptionContract):
            return self._option(entry)
        if isinstance(entry, Future):
            return self._future(entry)
        if isinstance(entry, Bond):
            return _bond(entry)
        if isinstance(entry, Index):
            return self._index(entry)
        if isinstance(entry, Cfd):
            return self._cfd(entry)
        if entry.secType == "CASH":
            return pair(entry.symbol, entry.currency, entry.scale, entry.tick)
        if entry.secType == "FUND":
            return self._own_index(entry)
        if entry.secType == "CRYPTO":
            first = self._first("CRYPTO", entry.symbol, entry.currency)
            if first is not None and first.conId != entry.conId:
                return self._like(entry, first, busy=256)
        return walk(entry) if entry.secType in ("STK", "CRYPTO", "CMDTY") else None

    def _walk(self, entry: Instrument) -> Spec | None:
        """What an instrument follows that nobody trades."""
        spot = SPOT_OF.get(entry.symbol)
        if isinstance(entry, Index) and spot is not None and not spot.secType:
            return pair(spot.symbol, DOLLAR, entry.scale * FINE, max(entry.tick // FINE, 1))
        return walk(entry, fine=FINE)

    def _has(self, con_id: int) -> bool:
        return con_id in self._recorded or self.spec(con_id) is not None

    def _first(self, kind: str, symbol: str, currency: str = "") -> Instrument | None:
        """The first instrument of a kind with a symbol."""
        for entry in self._instruments.of(symbol):
            if entry.secType == kind and currency in ("", entry.currency):
                return entry
        chains = self._instruments.chains
        return next(chains.indices(symbol), None) if chains is not None and kind == "IND" else None

    # -- what follows -----------------------------------------------------------------------------

    def _like(self, entry: Instrument, other: Instrument, *, busy: int) -> FutureSpec | None:
        """The price of another instrument, brought to this one's scale."""
        if not self._has(other.conId):
            return None
        look = Appearance(entry.tick, 0.0, unit=_lot(entry), busy=busy, exchanges=(entry.home,))
        return FutureSpec(
            underlying=other.conId, expiry=_FAR, rate=0.0, dividend=0.0, look=look,
            scale=round(entry.scale * ratio(entry, other)), underlying_scale=other.scale,
        )  # fmt: skip

    def _index(self, entry: Index) -> Spec | None:
        spot = SPOT_OF.get(entry.symbol)
        if spot is not None and spot.secType:
            other = self._first(spot.secType, spot.symbol)
            if other is not None and other.conId != entry.conId:
                return self._like(entry, other, busy=256)
        members = [one for one in self._members(entry) if self._has(one.conId)]
        if not members or not entry.reference:
            return self._own_index(entry)
        weights = tuple(
            (one.conId, entry.reference / (len(members) * one.reference)) for one in members
        )
        volatility = 0.0115 if entry.symbol in ("NDX", "COMP", "RUT") else 0.009
        length = length_of(hours_of(members[0]), regular=True)
        return IndexSpec(members=weights, tick=entry.tick, length=length, volatility=volatility)

    def _members(self, entry: Index) -> Iterator[Instrument]:
        fund = FUND_OF.get(entry.symbol)
        if fund is not None and entry.currency == DOLLAR:
            found = self._first("STK", fund, DOLLAR)
            if found is not None:
                yield found
            return
        words = MEMBERS.get(entry.symbol, "- -").split()
        exchange, currency, symbols = words[0], words[1], words[2:]
        for symbol in symbols:
            for one in self._instruments.of(symbol.replace("_", " ")):
                told = (one.secType, one.primaryExchange, one.currency)
                if told == ("STK", exchange, currency) and one.reference:
                    yield one

    def _own_index(self, entry: Instrument) -> Spec | None:
        """An index over its own walk: a value without sizes."""
        hidden = self._spec(-entry.conId)
        if hidden is None:
            return None
        if isinstance(hidden, PairSpec):
            look = Appearance(entry.tick, 0.0, busy=256, exchanges=(entry.home,))
            return FutureSpec(
                underlying=-entry.conId, expiry=_FAR, rate=0.0, dividend=0.0, look=look,
                scale=entry.scale, underlying_scale=hidden.scale,
            )  # fmt: skip
        assert isinstance(hidden, SyntheticSpec)
        return IndexSpec(
            members=((-entry.conId, 1.0 / FINE),), tick=entry.tick, length=hidden.length,
            volatility=hidden.volatility,
        )  # fmt: skip

    def _future(self, entry: Future) -> Spec | None:
        look = Appearance(entry.tick, 0.0, busy=250, exchanges=(entry.home,))
        on, scale, under_scale = self._spot(entry)
        if not self._has(on):
            return None
        return FutureSpec(
            underlying=on, expiry=ends(entry), rate=RATE, dividend=brings(entry.underSymbol),
            look=look, scale=scale, underlying_scale=under_scale, apart=True,
        )  # fmt: skip

    def _spot(self, entry: Future) -> tuple[int, int, int]:
        """What a future is on, its scale brought to that one's price, and that one's scale."""
        spot = SPOT_OF.get(entry.underSymbol)
        under = self._instruments.get(entry.under) if entry.under else None
        if spot is not None and spot.secType:
            found = self._first(spot.secType, spot.symbol)
            under = found or under
        elif under is not None and self._members_of(under):
            pass
        elif under is not None:
            return -under.conId, entry.scale, under.scale * FINE
        if under is None:
            return -entry.conId, entry.scale, entry.scale * FINE
        return under.conId, round(entry.scale * ratio(entry, under)), under.scale

    def _members_of(self, entry: Instrument) -> bool:
        return not isinstance(entry, Index) or next(self._members(entry), None) is not None

    def option(self, con_id: int) -> OptionSpec | None:
        """The specification of an option, also where its underlying has no price of its own."""
        entry = self._instruments.get(con_id)
        plain = isinstance(entry, OptionContract) and not isinstance(entry, Warrant)
        return self._option(entry, quoted=False) if plain else None  # type: ignore[arg-type]

    def _option(self, entry: OptionContract, *, quoted: bool = True) -> OptionSpec | None:
        under = self._instruments.get(entry.under)
        if under is None or not entry.exercise or (quoted and not self._has(under.conId)):
            return None
        exchanges: tuple[str, ...] = OPTION_EXCHANGES
        if isinstance(entry, FutureOption):
            exchanges = (entry.home,)
        elif isinstance(under, Index):
            exchanges = ("CBOE",)
        busy = 24 if under.symbol in LIQUID else 6
        share = 0.008 if under.symbol in LIQUID else 0.03
        return OptionSpec(
            underlying=under.conId, strike=entry.exercise / entry.scale, call=entry.call,
            expiry=ends(entry), american=entry.american, dividend=yield_on(entry, under),
            scale=entry.scale, underlying_scale=under.scale,
            look=Appearance(entry.tick, 1.0, share=share, busy=busy, exchanges=exchanges),
            apart=isinstance(under, Index),
        )  # fmt: skip

    def _warrant(self, entry: Warrant) -> OptionSpec | None:
        under = self._instruments.get(entry.under)
        if under is None or not self._has(under.conId):
            return None
        value = _value(under.currency) / _value(entry.currency)
        parts = entry.multiplier / entry.divisor
        return OptionSpec(
            underlying=under.conId, strike=entry.exercise / entry.scale, call=entry.call,
            expiry=ends(entry), american=False, scale=max(round(entry.scale * parts * value), 1),
            underlying_scale=under.scale,
            look=Appearance(entry.tick, 5.0, share=0.005, busy=4, exchanges=(entry.home,)),
        )  # fmt: skip

    def _cfd(self, entry: Cfd) -> Spec | None:
        other = self._instruments.get(entry.under) if entry.under else None
        if other is None:
            symbol = CFD_ON.get(entry.symbol)
            other = self._first("IND", symbol) if symbol else self._first("CMDTY", entry.symbol)
        found = walk(entry) if other is None else self._like(entry, other, busy=0)
        return replace(found, apart=True) if isinstance(other, Index) and found else found


class Calendars(Mapping[int, Calendar]):
    """The calendar that the tape of an instrument follows: its own, but for what follows others."""

    def __init__(self, instruments: Instruments, prices: Prices) -> None:
        self._instruments = instruments
        self._prices = prices
        self.of = lru_cache(_KEPT)(self._of)
        """The calendar of a number."""

    def __getitem__(self, con_id: int) -> Calendar:
        return self.of(con_id)

    def __contains__(self, con_id: object) -> bool:
        return True

    def __iter__(self) -> Iterator[int]:
        return iter(self._prices)

    def __len__(self) -> int:
        return len(self._prices)

    def _of(self, con_id: int) -> Calendar:
        if con_id == YIELD:
            return calendar(_BOND_HOURS)
        spec = self._prices.spec(con_id)
        if isinstance(spec, PairSpec):
            return calendar("IDEALPRO")
        if isinstance(spec, IndexSpec):
            first = spec.members[0][0]
            return self.of(first) if first > 0 else calendar_of(self._instruments[con_id])
        return calendar_of(self._instruments[abs(con_id)])


# ---------------------------------------------------------------- parts


def walk(entry: Instrument, *, fine: int = 1) -> SyntheticSpec | None:
    """A tape of its own for an instrument; None without a reference price. With ``fine`` it is one
    that others follow: its prices are in so many parts of the instrument's units."""
    if not entry.reference:
        return None
    found = character_of(entry)
    tick = tick_at(entry) if fine == 1 else entry.tick
    price, cost = entry.reference * fine, dollars(entry)
    wide = max(round(found.width * price / tick), 1) if fine == 1 else 1
    coin, metal = entry.secType == "CRYPTO", entry.secType == "CMDTY"
    size = 100 * SIZE_SCALE if metal else 0
    if coin:
        size = max(int(_ORDER / max(cost, 1e-6) * SIZE_SCALE), 1)
    deep = 8 if cost < 20.0 else 4 if entry.symbol in LIQUID and wide == 1 else 2
    return SyntheticSpec(
        price,
        Style(tick=tick, spread=wide, depth=deep, size=size, trades=not metal),
        length_of(hours_of(entry), regular=fine == 1 and entry.secType in _REGULAR),
        volatility=found.volatility,
        volume=int(min(max(found.turnover / max(cost, 0.01), 10_000), 500_000_000)),
        beta=found.beta,
    )


def pair(base: str, quote: str, scale: int, tick: int) -> PairSpec | None:
    """The tape of a pair; None where a currency has no value."""
    known = all(code == DOLLAR or code in VALUES for code in (base, quote))
    if not known or base == quote:
        return None
    return PairSpec(base=base, quote=quote, scale=scale, style=replace(CURRENCY, tick=tick))


def _bond(entry: Bond) -> BondSpec | None:
    if not entry.reference or not entry.matures:
        return None
    unit = max(entry.sizes.suggested, 1) * SIZE_SCALE
    spec = BondSpec(
        underlying=YIELD,
        coupon=entry.coupon / 100_000,
        maturity=last_instant(entry.matures, entry),
        scale=entry.scale,
        look=Appearance(entry.tick, 60.0, unit=unit, busy=12),
    )
    years, price = (entry.matures - _PRICED) / 365.25, entry.reference / entry.scale
    return replace(spec, spread=_yield(spec, years, price) - _YIELD_NOW)


def _yield(spec: BondSpec, years: float, price: float) -> float:
    """The yield at which a bond costs that, within what is believable."""
    low, high = 0.001, _YIELD_NOW + _WIDEST
    if years <= 0.0:
        return _YIELD_NOW
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if bond_price(spec, years, middle) > price else (low, middle)
    return low


def yield_on(entry: OptionContract, under: Instrument) -> float:
    """What holding the underlying of an option brings a year; of a future, the rate."""
    if isinstance(entry, FutureOption):
        return RATE
    if isinstance(under, Index):
        return 0.013
    return 0.012 if under.stockType == "ETF" else 0.005


def tick_at(entry: Instrument) -> int:
    """The step of a price at the reference price, by the market rule where that tells more."""
    rows = MARKET_RULES.get(entry.market_rule, ())
    price = entry.reference / entry.scale
    step = max((step for edge, step in rows if edge <= price), default=0.0)
    return max(round(step * entry.scale), entry.tick)


def length_of(hours: str, *, regular: bool = False) -> Nanos:
    """How long the tape of a group of exchanges plays on a day."""
    group = EXCHANGES[hours]
    begins, ended = (group.begins, group.closes) if regular else (group.opens, group.ends)
    return min(group.traded(begins, ended) * MINUTE, DAY)


def ends(entry: Dated) -> Nanos:
    """The instant at which a contract ends."""
    return last_instant(entry.expires, entry, entry.ends)


def last_instant(day: int, entry: Instrument, minute: int = -1) -> Nanos:
    """An instant of a day on the clock of an instrument's exchange: its close, unless told."""
    trades = calendar_of(entry)
    return trades.zone.instant(day, minute if minute >= 0 else trades.hours.closes)


def ratio(entry: Instrument, other: Instrument) -> float:
    """How many times another's price an instrument's is, by the reference prices."""
    if not entry.reference or not other.reference:
        return 1.0
    found = (entry.reference / entry.scale) / (other.reference / other.scale)
    return 1.0 if abs(found - 1.0) < _CLOSE else found


def _lot(entry: Instrument) -> int:
    if entry.secType == "CRYPTO":
        return max(int(_ORDER / 4 / max(dollars(entry), 1e-6) * SIZE_SCALE), 1)
    return 100 * SIZE_SCALE if entry.secType == "CFD" and entry.scale == 10_000 else SIZE_SCALE


def _value(code: str) -> float:
    return 1.0 if code == DOLLAR else VALUES.get(code, (1.0, 0.0))[0]
