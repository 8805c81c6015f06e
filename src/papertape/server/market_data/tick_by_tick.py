"""Ticks one by one, as they come: ``Last``, ``AllLast``, ``BidAsk``, ``MidPoint``.

Nothing is sampled. Who does not read is told later what it has missed, a part at a time; what came
while the farm was broken is lost. The tape has no trades that are reported late or averaged, so
``AllLast`` tells what ``Last`` does, under its own number. A halt is told among the trades: price
and size 0, with ``pastLimit`` where it begins and without where it ends.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from itertools import islice, takewhile
from typing import Final, NamedTuple

from ...model import HistoricalTickLast, TickAttribBidAsk, TickAttribLast
from ...venue.market.port import MarketSource
from ...venue.market.source import Print, Quote
from ...venue.reference.instruments import Instrument
from ...venue.units import SECOND, Nanos
from ...wire.batch import RowFrames, SharedFrames
from ...wire.catalogue.ticks import TickByTickData
from ...wire.message import Farm
from ..sessions.session import Session
from ..sessions.subscriptions import End, Told
from .channels import NEVER, Channels, Form, Listener, PartedFeed
from .past_ticks import LINE_PIECE, ROWS_PIECE, session_at
from .quote_rows import TradeWriter
from .ticks_told import (
    NOTHING,
    Changes,
    Kind,
    Marks,
    Tick,
    told_middle,
    told_quote,
    told_trade,
)


class TickType(NamedTuple):
    """A kind of ticks by its name in a request."""

    number: int
    """In the answers."""
    kind: Kind


TICK_TYPES: Final = {
    "Last": TickType(1, "TRADES"),
    "AllLast": TickType(2, "TRADES"),
    "BidAsk": TickType(3, "BID_ASK"),
    "MidPoint": TickType(4, "MIDPOINT"),
}


class HaltTick(NamedTuple):
    """Trading halts, or goes on."""

    time: Nanos
    halted: bool


class MarkedTick(NamedTuple):
    """A tick, and the marks of a quote."""

    tick: Tick
    marks: TickAttribBidAsk | None = None


LineItem = MarkedTick | Print | HaltTick


class SingleTicks(PartedFeed[Nanos]):
    """The feed of one kind of ticks of one instrument; what is known is all up to an instant."""

    steady = False

    def __init__(
        self,
        market: MarketSource,
        entry: Instrument,
        asked: TickType,
        ignore_size: bool,
        since: Callable[[], Nanos],
    ) -> None:
        """``since`` is when the farm came: what was before is lost."""
        self._rows: dict[int, TradeWriter] = {}
        """What writes trades, by version."""
        self._market = market
        self._entry = entry
        self._asked = asked
        self._ignore_size = ignore_size
        self._since = since

    def due(self, now: Nanos) -> Nanos:
        """The next tick of the tape."""
        tick = self._market.next_tick(self._entry.conId, now)
        return NEVER if tick is None else tick

    def behind(self, told: Nanos, now: Nanos) -> bool:
        """Whether ``now`` has not been reached."""
        return told < now

    def news(self, told: Nanos, now: Nanos) -> tuple[Nanos, Sequence[LineItem]]:
        """The ticks since ``told``: some hundred, and all of an instant."""
        con_id, market = self._entry.conId, self._market
        told = max(told, min(self._since() - 1, now))
        rest = market.ticks(con_id, told, now)
        piece = ROWS_PIECE if self._asked.kind == "TRADES" else LINE_PIECE
        ticks = list(islice(rest, piece))
        if not ticks:
            return now, []
        upto = now
        if len(ticks) == piece:
            upto = ticks[-1].time
            ticks += takewhile(lambda tick: tick.time == upto, rest)
        if self._asked.kind == "TRADES":
            trades: list[LineItem] = [tick for tick in ticks if type(tick) is Print]
            return upto, _with_halts(trades, self._halts(told, upto))
        span = session_at(market, con_id, ticks[0].time)
        begun = span is not None and span[0] <= told
        before = market.quote(con_id, told) if begun else NOTHING
        changes = Changes(self._asked.kind, before, ignore_size=self._ignore_size)
        if self._asked.kind != "BID_ASK":
            return upto, [MarkedTick(tick) for tick in changes.of(ticks)]
        marks = Marks(market, self._entry, told)
        found: list[MarkedTick] = []
        for tick in ticks:
            marks.see(tick)
            found += [
                MarkedTick(one, marks.of(one)) for one in changes.of((tick,)) if type(one) is Quote
            ]
        return upto, found

    def _halts(self, after: Nanos, upto: Nanos) -> list[HaltTick]:
        """The beginnings and ends of halts with ``after < time <= upto``."""
        halts = self._market.halts(self._entry.conId)
        both = ((one.begins, one.ends) for one in halts)
        edges = [HaltTick(time, at == 0) for pair in both for at, time in enumerate(pair)]
        return [one for one in edges if after < one.time <= upto]

    def encoded(self, items: Sequence[LineItem], form: Form) -> SharedFrames | None:
        """Trades, written without messages."""
        if self._asked.kind != "TRADES":
            return None
        rows = self._rows.get(form.version)
        if rows is None:
            rows = TradeWriter(self._asked.number, self._entry, form.version)
            self._rows[form.version] = rows
        run = rows.run(items)
        return None if run is None else RowFrames((run,), lambda: self.messages(items, form))

    def messages(self, items: Sequence[LineItem], form: Form) -> list[TickByTickData]:
        """The ticks."""
        return [self._message(item, form.version) for item in items]

    def _message(self, item: LineItem, version: int) -> TickByTickData:
        number, entry = self._asked.number, self._entry
        if type(item) is HaltTick:
            marks = TickAttribLast(pastLimit=item.halted)
            nothing = HistoricalTickLast(
                time=item.time // SECOND, tickAttribLast=marks, price=0.0, size=Decimal(0)
            )
            return TickByTickData(0, number, nothing)
        if type(item) is Print:
            return TickByTickData(0, number, told_trade(item, entry, version))
        assert type(item) is MarkedTick and type(item.tick) is Quote
        if item.marks is not None:
            return TickByTickData(
                0, number, None, told_quote(item.tick, item.marks, entry, version)
            )
        return TickByTickData(0, number, None, None, told_middle(item.tick, entry))


def _with_halts(trades: list[LineItem], halts: list[HaltTick]) -> list[LineItem]:
    """Trades with the halts between them: one begins after the trades of its instant, and ends
    before them."""
    if not halts:
        return trades
    both = [(one.time, 1, one) for one in trades if type(one) is Print]
    ends = [(one.time, 2 if one.halted else 0, one) for one in halts]
    rows: list[tuple[Nanos, int, LineItem]] = [*both, *ends]
    return [one for _, _, one in sorted(rows, key=lambda row: row[:2])]


class TickLine(Listener[Nanos]):
    """One reqTickByTickData of one session."""

    farm = Farm.MARKET
    events = {End.COMPETING: Told(10197), End.DATA_LOST: None}


class TickStreams:
    """The lines tick by tick of a station."""

    def __init__(
        self, market: MarketSource, channels: Channels, since: Callable[[], Nanos]
    ) -> None:
        self._market = market
        self._channels = channels
        self._since = since

    def follow(
        self,
        request_id: int,
        session: Session,
        entry: Instrument,
        asked: TickType,
        *,
        ignore_size: bool,
        known: Nanos,
    ) -> None:
        """Tell every tick after ``known`` as long as the session has the line."""
        make = partial(SingleTicks, self._market, entry, asked, ignore_size, self._since)
        key = (TickLine, entry.conId, asked, ignore_size)
        self._channels.follow(
            key, make, TickLine(request_id, session, Form(session.version), known)
        )
