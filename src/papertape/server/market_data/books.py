"""Market depth: the book of one venue, or of all venues that SMART brings together.

A client keeps the book itself, and clients read an insert in two ways: as documented, it moves the
rows below it down; ib_async lets it overwrite its position. So rows come and go at the end of a
side alone, and all others are written anew where they stand: both come to the same book. No side
ever has more rows than were asked for. The best row of
a side is what the quote shows; beneath it the tape has levels of its own (``venue/market/depth``).
In the book of SMART a level is a row for each venue that shows it. A closed market has no book, and
a halt of trading ends the subscription (316).
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from ...model import MarketDepthData
from ...venue.market.depth import MOST_LEVELS, by_venue
from ...venue.market.port import MarketSource
from ...venue.market.source import DepthLevel
from ...venue.reference.instruments import Instrument
from ...venue.units import Nanos, PriceUnits, SizeUnits, price_float
from ...versions import QUOTES_IN_SHARES
from ...wire.catalogue.depth import MarketDepth, MarketDepthL2
from ...wire.message import Farm, Message
from ..sessions.session import Session
from ..sessions.subscriptions import End, Told
from .channels import NEVER, Channels, Form, Listener
from .past_ticks import session_at
from .quotes import shown_size

INSERT, UPDATE, DELETE = range(3)
ASK, BID = range(2)
NO_ROW: Final = (0, 0, "")


class BookRow(NamedTuple):
    """A row of a side; its maker is a venue, a market maker, or ""."""

    price: PriceUnits
    size: SizeUnits
    maker: str = ""


Side = tuple[BookRow, ...]


class BookState(NamedTuple):
    """Both sides, the best row first; in the order of their numbers in messages."""

    asks: Side
    bids: Side
    halted: bool = False
    """Whether there are no rows because trading is halted."""


EMPTY: Final = BookState((), ())


class BookChange(NamedTuple):
    """One change of a book; a row that goes has neither price nor size."""

    side: int
    position: int
    operation: int
    row: BookRow


def changes(before: BookState, now: BookState) -> Iterator[BookChange]:
    """What brings a client from one state of a book to another."""
    yield from _of_side(ASK, before.asks, now.asks)
    yield from _of_side(BID, before.bids, now.bids)


def _of_side(side: int, before: Side, now: Side) -> Iterator[BookChange]:
    for position in reversed(range(len(now), len(before))):
        yield BookChange(side, position, DELETE, BookRow(*NO_ROW))
    for position, row in enumerate(now):
        if position >= len(before):
            yield BookChange(side, position, INSERT, row)
        elif row != before[position]:
            yield BookChange(side, position, UPDATE, row)


class BookView(NamedTuple):
    """Which book is asked for."""

    rows: int
    smart: bool
    venues: tuple[str, ...] = ()
    """Of the book of SMART."""
    maker: str = ""
    """Who quotes at a single venue that names it."""

    @property
    def named(self) -> bool:
        """Whether rows say who quotes."""
        return self.smart or bool(self.maker)


class BookFeed:
    """The feed of one book of one instrument."""

    steady = False

    def __init__(self, market: MarketSource, entry: Instrument, view: BookView) -> None:
        self._market = market
        self._entry = entry
        self._view = view
        self._levels = min(view.rows, MOST_LEVELS)

    def due(self, now: Nanos) -> Nanos:
        """The next tick, or when a level's size changes, or the end of the session."""
        con_id = self._entry.conId
        tick = self._market.next_tick(con_id, now)
        found = [NEVER if tick is None else tick]
        span = session_at(self._market, con_id, now)
        if span is not None:
            found += [span[1], self._market.depth(con_id, now, self._levels).until]
        return min(found)

    def news(self, told: BookState | None, now: Nanos) -> tuple[BookState, Sequence[BookChange]]:
        """What changed; all rows for who knows none."""
        state = self._state(now)
        return state, tuple(changes(told or EMPTY, state))

    def messages(self, items: Sequence[BookChange], form: Form) -> list[Message]:
        """Changes, with who quotes where the book names it."""
        return [self._message(item, form.version) for item in items]

    def _state(self, now: Nanos) -> BookState:
        con_id = self._entry.conId
        if session_at(self._market, con_id, now) is None:
            return EMPTY
        book = self._market.depth(con_id, now, self._levels)
        if not book.asks and not book.bids:
            return BookState((), (), bool(self._market.day(con_id, now).halted))
        return BookState(self._side(book.asks), self._side(book.bids))

    def _side(self, levels: tuple[DepthLevel, ...]) -> Side:
        view = self._view
        if not view.smart:
            return tuple(BookRow(level.price, level.size, view.maker) for level in levels)
        rows: list[BookRow] = []
        for level in levels:
            shared = by_venue(level, view.venues, seed=self._entry.conId)
            rows += [BookRow(level.price, size, venue) for venue, size in shared]
            if len(rows) >= self._levels:
                break
        return tuple(rows[: self._levels])

    def _message(self, item: BookChange, version: int) -> Message:
        row, entry, view = item.row, self._entry, self._view
        data = MarketDepthData(
            item.position,
            item.operation,
            item.side,
            price_float(row.price, entry.scale),
            shown_size(row.size, version, entry, QUOTES_IN_SHARES),
            row.maker,
            view.smart,
        )
        return MarketDepthL2(0, data) if view.named else MarketDepth(0, data)


class DepthLine(Listener[BookState | None]):
    """One reqMktDepth of one session; its book begins anew when the farm has come back."""

    __slots__ = ("smart",)

    farm = Farm.MARKET
    events = {
        End.FARM_BACK: Told(317, ends=False),
        End.COMPETING: Told(10197),
        End.DATA_LOST: None,
    }

    def __init__(self, request_id: int, session: Session, *, smart: bool) -> None:
        super().__init__(request_id, session, Form(session.version), None)
        self.smart = smart
        """Whether it is the book of SMART, as its cancellation has to say too."""

    def renew(self) -> None:
        """317 has told the client to empty its book."""
        self.told = None

    def heard(self, before: BookState | None) -> None:
        """End with 316 when trading is halted; who subscribes during a halt waits for its end."""
        if before is not None and not before.halted and self.told is not None and self.told.halted:
            self.session.subscriptions.remove(DepthLine, self.request_id)
            self.session.error(self.request_id, 316)


class DepthStreams:
    """The books of a station."""

    def __init__(self, market: MarketSource, channels: Channels) -> None:
        self._market = market
        self._channels = channels

    def follow(self, request_id: int, session: Session, entry: Instrument, view: BookView) -> None:
        """Tell a book and its changes as long as the session has the line. Raises what the market
        raises."""
        make: Callable[[], BookFeed] = partial(BookFeed, self._market, entry, view)
        line = DepthLine(request_id, session, smart=view.smart)
        self._channels.follow((DepthLine, entry.conId, view), make, line, show=True)
