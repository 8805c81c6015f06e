"""Option computations of quote lines: what bid, ask, last price and the model mean in greeks.

They come with the default ticks of an option: 10 and 11 from bid and ask, 12 from the last price,
13 from the volatility that the tape prices the option at. All four stand on one price of the
underlying, the middle of its quote or its last one, and on one model, which the calculators use
too. A price that no volatility explains has no volatility and no greeks; a side that is no more
quoted has nothing. While the market is closed nothing is computed anew.

A computation costs some hundred microseconds. They are told once a second, in slices of their own.
"""

from collections.abc import Callable, Sequence
from functools import partial
from struct import pack, unpack
from typing import Final, NamedTuple, TypeGuard

from ...venue.market.calculator import OptionCalculator
from ...venue.market.options.model import Greeks
from ...venue.market.port import MarketSource
from ...venue.reference.instruments import Instrument, Instruments
from ...venue.reference.securities import OptionContract, Warrant
from ...venue.units import SECOND, Nanos, PriceUnits, price_float
from ...wire.catalogue.options import TickOptionComputation
from ...wire.message import Farm
from ..sessions.session import Session
from ..sessions.subscriptions import End
from ..timing import Timing
from .channels import Channels, Form, Listener
from .open_hours import OpenHours

BY_BID, BY_ASK, BY_LAST, BY_MODEL = 10, 11, 12, 13
DELAYED: Final = 70
"""From the type of a computation to that of the delayed one."""
CADENCE: Final[Nanos] = SECOND
BY_RETURNS: Final = 0
"""The attribute of computations."""
DIGITS: Final = 10
"""Of a volatility: what it is does not depend on where the search for it began."""


class Computation(NamedTuple):
    """What one price of an option means."""

    price: float
    spot: float
    dividends: float
    volatility: float | None = None
    greeks: Greeks | None = None


Side = Computation | None
Told = tuple[Side, Side, Side, Side]
NOTHING: Final[Told] = (None, None, None, None)


def calculator_of(
    entry: Instrument, instruments: Instruments, now: Nanos
) -> OptionCalculator | None:
    """The calculator of an option; None of anything else, and where the underlying is not known.
    Raises ``ValueError`` for an option that has expired."""
    if isinstance(entry, OptionContract) and not isinstance(entry, Warrant):
        under = instruments.get(entry.under)
        if under is not None:
            return OptionCalculator(entry, under, now)
    return None


class ComputationLine(Listener[Told]):
    """The computations of one reqMktData; its line of default ticks tells why it ends."""

    farm = Farm.MARKET
    events = {End.COMPETING: None, End.DATA_LOST: None}


class ComputedSide(NamedTuple):
    """One computation that is news; None where it is no more."""

    tick: int
    found: Side


class ComputationFeed:
    """The feed of one option's computations."""

    steady = True

    def __init__(
        self,
        market: MarketSource,
        instruments: Callable[[], Instruments],
        entry: Instrument,
        *,
        frozen: bool,
        delay: Nanos,
    ) -> None:
        """``frozen``: the last quote counts while the market is closed. ``delay`` is how old what
        is told is."""
        self._market = market
        self._instruments = instruments
        self._entry = entry
        self._hours = OpenHours(market, entry.conId)
        self._frozen = frozen
        self._delay = delay
        self._asked: tuple[float, ...] = ()
        """What the latest computations are of, and the computations."""
        self._found = NOTHING

    def due(self, now: Nanos) -> Nanos:
        """The next whole second."""
        return now - now % CADENCE + CADENCE

    def news(self, told: Told, now: Nanos) -> tuple[Told, Sequence[ComputedSide]]:
        """The computations that have changed."""
        now -= self._delay
        found = self._compute(now) if self._frozen or self._hours.open(now) else None
        if found is None:
            # Nobody quotes: what the model made of the last prices stands.
            found = (None, None, told[2], told[3])
        first = BY_BID + (DELAYED if self._delay else 0)
        sides = zip(range(first, first + len(found)), told, found, strict=True)
        return found, [ComputedSide(tick, one) for tick, before, one in sides if one != before]

    def messages(self, items: Sequence[ComputedSide], form: Form) -> list[TickOptionComputation]:
        """The ticks."""
        return [message_of(item) for item in items]

    def _compute(self, now: Nanos) -> Told | None:
        """What is known at an instant; None after the expiry and without an underlying's price."""
        entry, market = self._entry, self._market
        assert isinstance(entry, OptionContract)
        under = self._instruments().get(entry.under)
        if under is None or under.conId not in market:
            return None
        spot = price_float(_price(market, under, now), under.scale)
        volatility = market.volatility(entry.conId, now)
        quote, last = market.quote(entry.conId, now), market.day(entry.conId, now).last
        minute = now - now % (60 * SECOND)
        asked = (quote.bid, quote.ask, last, spot, volatility or 0.0, minute)
        if asked == self._asked:
            return self._found
        if spot <= 0.0 or volatility is None:
            return None
        try:
            model = OptionCalculator(entry, under, minute)
        except ValueError:
            return None
        worth = model.at(volatility, spot)
        of_model = Computation(worth.value, spot, model.dividends(spot), volatility, worth)
        near = [one.volatility if one is not None else None for one in self._found]
        sides = (quote.bid, quote.ask, last)
        by_bid, by_ask, by_last = (
            _computed(model, price_float(price, entry.scale), spot, hint or volatility)
            for price, hint in zip(sides, near, strict=False)
        )
        self._asked, self._found = asked, (by_bid, by_ask, by_last, of_model)
        return self._found


def _price(market: MarketSource, under: Instrument, now: Nanos) -> PriceUnits:
    """The middle of a quote, or the last price of what has none."""
    quote = market.quote(under.conId, now)
    if quote.bid and quote.ask:
        return (quote.bid + quote.ask) // 2
    return market.day(under.conId, now).last or quote.bid or quote.ask


def _computed(model: OptionCalculator, price: float, spot: float, near: float) -> Side:
    """What a price means; None where there is no price."""
    if price <= 0.0:
        return None
    volatility = model.volatility(price, spot, near)
    dividends = model.dividends(spot)
    if volatility is None:
        return Computation(price, spot, dividends)
    volatility = round(volatility, DIGITS)
    return Computation(price, spot, dividends, volatility, model.at(volatility, spot))


def message_of(item: ComputedSide) -> TickOptionComputation:
    """A computation as a tick without a request id; nothing in it where nothing is computed."""
    tick, found = item
    if found is None:
        return TickOptionComputation(0, tick, BY_RETURNS)
    plain = (found.volatility, found.greeks, found.dividends, found.spot)
    volatility, worth, dividends, spot = plain
    # A price of the market passes through a float of 32 bits, as recorded.
    by_model = tick % DELAYED == BY_MODEL
    price = found.price if by_model else unpack("f", pack("f", found.price))[0]
    if worth is None:
        return TickOptionComputation(
            0, tick, BY_RETURNS, optPrice=price, pvDividend=dividends, undPrice=spot
        )
    return TickOptionComputation(
        0, tick, BY_RETURNS, volatility, worth.delta, price, dividends,
        worth.gamma, worth.vega, worth.theta, spot,
    )  # fmt: skip


class Computations:
    """The option computations of a station's lines."""

    def __init__(
        self,
        market: MarketSource,
        instruments: Callable[[], Instruments],
        flows: Callable[[Farm], bool],
        timing: Timing,
    ) -> None:
        """``flows`` says whether a farm is there."""
        self._market = market
        self._instruments = instruments
        self._timing = timing
        self._channels = Channels(flows, timing)
        self.alarm = self._channels.alarm

    def follow(
        self, request_id: int, session: Session, entry: Instrument, frozen: bool, delay: Nanos
    ) -> None:
        """Tell the computations and what changes, as long as the session has the line. Nothing for
        what is no option."""
        if not computes(entry):
            return
        line = ComputationLine(request_id, session, Form(session.version), NOTHING)
        make = partial(self._feed, entry, frozen, delay)
        self._channels.follow((entry.conId, frozen, delay), make, line, show=True)

    def once(self, entry: Instrument, frozen: bool, delay: Nanos) -> list[TickOptionComputation]:
        """The present computations, for a snapshot, without a request id."""
        if not computes(entry):
            return []
        feed = self._feed(entry, frozen, delay)
        return [message_of(item) for item in feed.news(NOTHING, self._timing.now)[1]]

    def of_model(self, entry: Instrument) -> Computation | None:
        """What the model says of an option now; None of anything else, and in a closed market."""
        if not computes(entry):
            return None
        return self._feed(entry, False, 0).news(NOTHING, self._timing.now)[0][3]

    def _feed(self, entry: Instrument, frozen: bool, delay: Nanos) -> ComputationFeed:
        return ComputationFeed(self._market, self._instruments, entry, frozen=frozen, delay=delay)


def computes(entry: Instrument) -> TypeGuard[OptionContract]:
    """Whether a contract has computations."""
    return isinstance(entry, OptionContract) and not isinstance(entry, Warrant)
