"""Combinations (secType BAG): what a description of legs comes down to, and how it is shown.

A combination is an instrument of its own for orders. Its number is computed from what it is made
of, so the same legs are always the same combination. Its price is that of all legs together, per
unit of its multiplier, which is the greatest of its legs: of a vertical the difference of the two
premiums, of a stock and a call on it the price of a share less the premium.

Codes and rules: the API's reference of messages (312 to 315, 10000, 10011) and its page on
spreads. The number under which a combination is shown is that of its currency: 28812380 in a
recorded order in dollars, the others as IBKR's Web API documents them for spread orders.
"""

from collections.abc import Mapping
from hashlib import blake2b
from math import gcd, lcm
from typing import Final

import msgspec

from papertape.model import ComboLeg, Contract

from ..units import Nanos
from .calendars import EXCHANGES, hours_of
from .composition import COMBINATIONS_FROM, Composition, Leg
from .descriptions import Purpose, Refusal, exchange_of, incomplete
from .exchanges import ALIASES, SMART
from .instruments import Instruments, Listing
from .securities import LOTS, Combination, Dated, Instrument
from .times import EASTERN

BAG: Final = "BAG"
COMB: Final = "COMB"
"""The trading class of every combination, as recorded."""
MOST_LEGS: Final = 6
"""Our limit: the most that the multi-leg order entry of TWS offers."""
HIGHEST_RATIO: Final = 10_000
KINDS_OF_LEGS: Final = frozenset(("STK", "OPT", "FUT", "FOP"))
SIDES_OF_LEGS: Final = {"BUY": 1, "SELL": -1}
OPEN_CLOSE: Final = range(4)
SPREAD_NUMBERS: Final[Mapping[str, int]] = {
    "AUD": 61227077, "BRL": 136000438, "CAD": 61227082, "CHF": 61227087, "CNH": 136000441,
    "DKK": 136000423, "EUR": 58666491, "GBP": 58666494, "HKD": 61227072, "INR": 136000444,
    "JPY": 61227069, "KRW": 136000424, "MXN": 136000449, "NOK": 136000452, "NZD": 136000435,
    "SEK": 136000429, "SGD": 426116555, "USD": 28812380,
}  # fmt: skip
"""The number under which the combinations of a currency are shown."""
MOST_KEPT: Final = 4096
"""Combinations that are kept once made; making one again costs some microseconds."""

_encode = msgspec.json.Encoder().encode


class NamedCombinations:
    """The combinations of a venue by their number, made of the compositions in its state."""

    def __init__(self, instruments: Instruments, compositions: Mapping[int, Composition]) -> None:
        self._instruments = instruments
        self._compositions = compositions
        self._made: dict[int, Combination] = {}

    def get(self, number: int) -> Combination | None:
        """Return the combination with that number, or None."""
        made = self._made.get(number)
        if made is None:
            composition = self._compositions.get(number)
            if composition is None:
                return None
            if len(self._made) >= MOST_KEPT:
                self._made.clear()
            entries = [self._instruments[leg.conId] for leg in composition.legs]
            made = self._made[number] = _made(composition, entries)
        return made


def number_of(composition: Composition) -> int:
    """Return the number of a combination inside the venue: equal legs have equal numbers."""
    digest = blake2b(_encode(composition), digest_size=8).digest()
    return COMBINATIONS_FROM + (int.from_bytes(digest) >> 2)


def combination_of(
    wanted: Contract, purpose: Purpose, instruments: Instruments, now: Nanos
) -> Listing | Refusal:
    """Return the combination that a description means, on its exchange, or why there is none.

    314 without legs, and 321 for what is no order, as recorded; 312 for one leg, too many, or one
    contract twice; 313 names a leg that is wrong in itself; 315 for stocks that are not routed by
    SMART; 10000 for more than one currency; 200 for what does not exist.
    """
    refusal = incomplete(wanted, purpose)
    if refusal is not None:
        return refusal
    if not wanted.comboLegs:
        return Refusal(314) if purpose is Purpose.ORDER else Refusal(321, variant="combo_legs")
    if not 2 <= len(wanted.comboLegs) <= MOST_LEGS:
        return Refusal(312)
    exchange = exchange_of(wanted)
    legs: list[Leg] = []
    entries: list[Instrument] = []
    for number, given in enumerate(wanted.comboLegs, 1):
        wrong = Refusal(313, {"n": str(number)})
        found = _leg(given, wrong, exchange, instruments, now)
        if isinstance(found, Refusal):
            return found
        legs.append(found)
        entries.append(instruments[found.conId])
    if len({entry.conId for entry in entries}) < len(entries):
        return Refusal(312)
    refusal = _unfit(wanted, exchange, entries)
    if refusal is not None:
        return refusal
    symbol = wanted.symbol.strip().upper() or entries[0].symbol
    composition = Composition(symbol, entries[0].currency, tuple(legs))
    return Listing(_made(composition, entries), exchange)


def _leg(
    given: ComboLeg, wrong: Refusal, exchange: str, instruments: Instruments, now: Nanos
) -> Leg | Refusal:
    """Return a leg in the venue's terms; ``wrong`` where it is wrong in itself."""
    side = SIDES_OF_LEGS.get(given.action.upper())
    if side is None or not 1 <= given.ratio <= HIGHEST_RATIO or given.conId <= 0:
        return wrong
    if given.openClose not in OPEN_CLOSE:
        return wrong
    if given.shortSaleSlot or given.designatedLocation:
        return Refusal(201, {"what": "The leg attribute 'shortSaleSlot'"}, "not_served")
    entry = instruments.get(given.conId)
    if entry is None or (isinstance(entry, Dated) and now and entry.expires < EASTERN.day(now)):
        return Refusal(200)
    if entry.secType not in KINDS_OF_LEGS:
        return wrong
    name = given.exchange.strip().upper()
    name = ALIASES.get(name, name) or exchange
    if entry.secType == "STK" and (name, exchange) != (SMART, SMART):
        return Refusal(315)
    if name not in entry.exchanges:
        return wrong
    return Leg(given.conId, given.ratio, side, name, given.openClose, given.exemptCode)


def _unfit(wanted: Contract, exchange: str, entries: list[Instrument]) -> Refusal | None:
    """Return why legs that are right by themselves make no combination."""
    currency = entries[0].currency
    asked = wanted.currency.upper()
    if any(entry.currency != currency for entry in entries) or asked not in ("", currency):
        return Refusal(10000)
    if currency not in SPREAD_NUMBERS:
        return Refusal(10011)
    if wanted.conId not in (0, SPREAD_NUMBERS[currency]):
        return Refusal(200)
    if any(exchange not in entry.exchanges for entry in entries):
        return Refusal(200)
    names = {
        name for entry in entries for name in (entry.symbol, getattr(entry, "underSymbol", ""))
    }
    symbol = wanted.symbol.strip().upper()
    if symbol and not names.issuperset(symbol.replace(".", ",").split(",")) and symbol not in names:
        return Refusal(200)
    if len({(entry.magnifier, entry.divisor) for entry in entries}) > 1:
        what = "A combination of contracts whose prices count in different parts of the currency"
        return Refusal(201, {"what": what}, "not_served")
    return None


def _made(composition: Composition, entries: list[Instrument]) -> Combination:
    """Return the instrument that legs make; ``entries`` are their instruments."""
    legs, multiplier = composition.legs, max(entry.multiplier for entry in entries)
    scale = lcm(*(entry.scale for entry in entries))
    weights = [
        leg.ratio * entry.multiplier * (scale // entry.scale)
        for leg, entry in zip(legs, entries, strict=True)
    ]
    common = gcd(multiplier, *weights)
    scale = scale * multiplier // common
    listed = [entry.exchanges for entry in entries]
    return Combination(
        conId=number_of(composition), symbol=composition.symbol, secType=BAG,
        currency=composition.currency, primaryExchange="", localSymbol=composition.symbol,
        tradingClass=COMB, longName="", scale=scale,
        exchanges=tuple(name for name in listed[0] if all(name in others for others in listed)),
        tick=min(entry.tick * (scale // entry.scale) for entry in entries),
        multiplier=multiplier, divisor=entries[0].divisor, magnifier=entries[0].magnifier,
        hours=min(map(hours_of, entries), key=_length), sizes=LOTS, composition=composition,
        weights=tuple(w // common * leg.side for leg, w in zip(legs, weights, strict=True)),
    )  # fmt: skip


def _length(group: str) -> tuple[int, int]:
    """Return how long a group of exchanges trades: a combination keeps the shortest hours."""
    hours = EXCHANGES[group]
    return hours.closes - hours.begins, hours.ends - hours.opens


def combination_contract(entry: Combination, exchange: str, *, legs: bool) -> Contract:
    """Return the contract record of a combination as the server sends it, as recorded.

    ``legs`` is off where TWS shows none, in an execution.
    """
    contract = Contract(
        conId=SPREAD_NUMBERS[entry.currency], symbol=entry.symbol, secType=BAG, strike=0.0,
        exchange=exchange, currency=entry.currency, localSymbol=entry.localSymbol,
        tradingClass=entry.tradingClass,
    )  # fmt: skip
    if legs:
        parts = entry.composition.legs
        contract.comboLegsDescrip = ",".join(f"{p.conId}|{p.side * p.ratio}" for p in parts)
        contract.comboLegs = [
            ComboLeg(
                conId=part.conId, ratio=part.ratio, action="BUY" if part.side > 0 else "SELL",
                exchange=part.exchange, openClose=part.openClose, exemptCode=part.exemptCode,
            )
            for part in parts
        ]  # fmt: skip
    return contract
