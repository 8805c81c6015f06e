"""A tape for every instrument with a reference price: its specification, made when it is asked for.

What is known better (``defaults``) stays as it is. Options are priced from what they are on,
futures from their underlying, pairs from the values of their currencies; a stock, an index, a
coin, a metal or a bond has a walk of its own from its reference price. Funds, warrants, news and
CFDs on something else have none.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from ..reference.calendars import Calendar, calendar_of
from ..reference.instruments import Instruments
from ..reference.rules import MARKET_RULES, rules_of
from ..reference.securities import (
    Bond,
    Cfd,
    Commodity,
    Crypto,
    CurrencyPair,
    Dated,
    Future,
    FutureOption,
    Index,
    Instrument,
    OptionContract,
    Stock,
    Warrant,
)
from ..units import SIZE_SCALE, Nanos, PriceUnits
from .currencies import DOLLAR, VALUES, PairSpec
from .defaults import DEFAULTS
from .derived import Appearance
from .interpolate import Style
from .kinds import RATE, FutureSpec, OptionSpec
from .sources import Spec
from .synthetic import CURRENCY_DAY, SyntheticSpec

DIVIDENDS: Final = 0.013
WALKS: Final[dict[type[Instrument], tuple[float, float]]] = {
    Stock: (0.018, 1.0), Index: (0.0095, 1.0), Crypto: (0.03, 0.5), Commodity: (0.01, 0.0),
    Cfd: (0.01, 1.0), Bond: (0.003, 0.0),
}  # fmt: skip
"""Volatility of a day, and beta."""
NERVOUS: Final = 0.06
"""The volatility of an index of volatility."""


class ListedSpecs(Mapping[int, Spec]):
    """The specifications of instruments, looked up by conId; ``known`` come first.

    Iteration is over those that are known or held: the others are found and not listed.
    """

    def __init__(self, instruments: Instruments, known: Mapping[int, Spec] = DEFAULTS) -> None:
        self._instruments = instruments
        self._known = known
        self._made: dict[int, Spec | None] = {}

    def __getitem__(self, con_id: int) -> Spec:
        spec = self._of(con_id)
        if spec is None:
            raise KeyError(con_id)
        return spec

    def __contains__(self, con_id: object) -> bool:
        return isinstance(con_id, int) and self._of(con_id) is not None

    def __iter__(self) -> Iterator[int]:
        yield from self._known
        for entry in self._instruments:
            if entry.conId not in self._known and entry.conId in self:
                yield entry.conId

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _of(self, con_id: int) -> Spec | None:
        spec = self._known.get(con_id)
        if spec is not None or con_id in self._made:
            return spec or self._made[con_id]
        entry = self._instruments.get(con_id)
        spec = None if entry is None else spec_of(entry, self._instruments)
        if entry is not None:
            self._made[con_id] = spec
        return spec


class ListedCalendars(Mapping[int, Calendar]):
    """The calendar of each instrument, by conId."""

    def __init__(self, instruments: Instruments) -> None:
        self._instruments = instruments

    def __getitem__(self, con_id: int) -> Calendar:
        return calendar_of(self._instruments[con_id])

    def __contains__(self, con_id: object) -> bool:
        return isinstance(con_id, int) and self._instruments.get(con_id) is not None

    def __iter__(self) -> Iterator[int]:
        return (entry.conId for entry in self._instruments)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def spec_of(entry: Instrument, instruments: Instruments) -> Spec | None:
    """What an instrument's tape is made from; None for one that has none."""
    if isinstance(entry, CurrencyPair):
        return _pair(entry)
    if isinstance(entry, Warrant) or not entry.reference:
        return None
    if isinstance(entry, Dated):
        under = instruments.get(entry.under)
        return None if under is None or not under.reference else _derived(entry, under)
    if isinstance(entry, Cfd) and entry.under:
        return None
    walk = WALKS.get(type(entry))
    if walk is None:
        return None
    volatility, beta = walk
    if isinstance(entry, Index) and entry.symbol.startswith(("VIX", "VX", "VV")):
        volatility, beta = NERVOUS, 0.0
    step = _step(entry, entry.reference)
    price = max(entry.reference // step, 10) * step
    style = Style(tick=step, spread=1 + price // (step * 20_000))
    length = min(calendar_of(entry).regular, CURRENCY_DAY)
    return SyntheticSpec(price, style, length=length, volatility=volatility, beta=beta)


def _pair(entry: CurrencyPair) -> Spec | None:
    """A pair of currencies whose values are known."""
    if any(code != DOLLAR and code not in VALUES for code in (entry.symbol, entry.currency)):
        return None
    style = Style(tick=entry.tick, size=1_000_000 * SIZE_SCALE, quotes=24, trades=False)
    return PairSpec(base=entry.symbol, quote=entry.currency, scale=entry.scale, style=style)


def _derived(entry: Dated, under: Instrument) -> Spec | None:
    """A future or an option, priced from what it is on."""
    step = _step(entry, max(entry.reference, entry.tick))
    if isinstance(entry, Future):
        held = DIVIDENDS if under.secType == "IND" and entry.hours in ("CME", "EUREX") else RATE
        look = Appearance(step, edge=0.0, busy=250, exchanges=entry.exchanges[:1])
        return FutureSpec(
            underlying=under.conId, expiry=_end(entry), dividend=held, scale=entry.scale,
            underlying_scale=under.scale, look=look,
        )  # fmt: skip
    if not isinstance(entry, OptionContract):
        return None
    venues = tuple(name for name in entry.exchanges if name not in ("SMART", "QBALGO"))
    look = Appearance(entry.tick, edge=1.0, share=0.008, busy=24, exchanges=venues[:6])
    carried = RATE if isinstance(entry, FutureOption) else 0.0
    return OptionSpec(
        underlying=under.conId, strike=entry.strike / entry.scale, call=entry.call,
        expiry=_end(entry), american=entry.american, dividend=carried, scale=entry.scale,
        underlying_scale=under.scale, look=look,
    )  # fmt: skip


def _end(entry: Dated) -> Nanos:
    """The instant of the last trade."""
    calendar = calendar_of(entry)
    minutes = entry.ends if entry.ends >= 0 else calendar.hours.closes
    return calendar.zone.instant(entry.expires, minutes)


def _step(entry: Instrument, price: PriceUnits) -> PriceUnits:
    """The price step at a price, by the rule of its first exchange."""
    rows = MARKET_RULES[rules_of(entry)[0]]
    steps = [step for edge, step in rows if edge * entry.scale <= price * entry.magnifier]
    found = round((steps or [rows[0][1]])[-1] * entry.magnifier * entry.scale)
    return max(found, entry.tick)
