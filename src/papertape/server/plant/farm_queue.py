"""Requests that wait for a data farm, and what a broken farm does to those under way.

``NEEDS`` declares which request needs which kind of farm. A request whose farm is not there waits
for it and is then served as if it had just come. A history request that meets a broken farm is
told so with 165 and lives on, as on TWS; after ``bulkDataTimeout`` it ends with 162. Bars that
are kept up to date end with 10182 and do not return (behaviour K3).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from ...venue.units import SECOND, Nanos
from ...wire.catalogue import contract, depth, history, market, options, reference, ticks
from ...wire.message import Message
from ..handlers import HANDLERS
from .farms import Kind, Status

if TYPE_CHECKING:
    from ..sessions.session import Session
    from ..station import Station

NEEDS: Final[dict[type[Message], Kind]] = {
    market.ReqMktData: Kind.MARKET,
    depth.ReqMktDepth: Kind.MARKET,
    ticks.ReqTickByTickData: Kind.MARKET,
    ticks.ReqRealTimeBars: Kind.MARKET,
    options.CalculateImpliedVolatility: Kind.MARKET,
    options.CalculateOptionPrice: Kind.MARKET,
    history.ReqHistoricalData: Kind.HISTORY,
    ticks.ReqHeadTimeStamp: Kind.HISTORY,
    ticks.ReqHistogramData: Kind.HISTORY,
    ticks.ReqHistoricalTicks: Kind.HISTORY,
    contract.ReqContractDetails: Kind.DEFINITION,
    options.ReqSecDefOptParams: Kind.DEFINITION,
    reference.ReqMatchingSymbols: Kind.DEFINITION,
}
CANCELS: Final[dict[type[Message], type[Message]]] = {
    market.CancelMktData: market.ReqMktData,
    depth.CancelMktDepth: depth.ReqMktDepth,
    ticks.CancelTickByTickData: ticks.ReqTickByTickData,
    ticks.CancelRealTimeBars: ticks.ReqRealTimeBars,
    options.CancelCalculateImpliedVolatility: options.CalculateImpliedVolatility,
    options.CancelCalculateOptionPrice: options.CalculateOptionPrice,
    history.CancelHistoricalData: history.ReqHistoricalData,
    ticks.CancelHeadTimeStamp: ticks.ReqHeadTimeStamp,
    ticks.CancelHistogramData: ticks.ReqHistogramData,
    ticks.CancelHistoricalTicks: ticks.ReqHistoricalTicks,
    contract.CancelContractData: contract.ReqContractDetails,
}
"""A cancellation, and the waiting request that it takes back."""

MAX_WAITING: Final = 200
"""Requests of one client that may wait for a farm; the next gets 322."""
LONGEST: Final = 16 * 1024
"""Bytes of a request that may wait: a client must not fill the memory with what is not served."""
_ENCODE: Final = msgspec.msgpack.Encoder().encode
GONE: Final = "HMDS server disconnect occurred."


class Waiting(msgspec.Struct):
    """A request that waits for a farm."""

    message: Message
    kind: Kind
    until: Nanos | None = None
    """When its client is told that it cannot be served; None: not while the farm may come."""


class FarmQueue:
    """Keeps, in each session, what waits for a farm, and ends what waited too long."""

    def __init__(self, station: "Station") -> None:
        self._station = station

    def admits(self, session: "Session", message: Message) -> bool:
        """Whether a request can be served now; one that cannot waits for its farm."""
        kind = NEEDS.get(type(message))
        if kind is None:
            return type(message) not in CANCELS or not self._taken_back(session, message)
        if type(message) not in HANDLERS:  # what nobody serves need not wait to be told so
            return True
        # An idle farm may be there at once; then this request passes, and nothing waits.
        if self._station.farms.need(kind):
            return True
        if len(session.for_farms) >= MAX_WAITING:
            cause = f"{MAX_WAITING} requests wait for a data farm already"
            session.error(_id(message), 322, cause=cause)
            return False
        if len(_ENCODE(message)) > LONGEST:
            session.error(_id(message), 322, cause="it is too long to wait for a data farm")
            return False
        session.for_farms.append(Waiting(message, kind))
        if self._station.farms.of(kind).status is Status.BROKEN:
            self._tell_to_wait(session, session.for_farms[-1])
        return False

    def _tell_to_wait(self, session: "Session", waiting: Waiting) -> None:
        if waiting.kind is Kind.HISTORY:
            waiting.until = self._station.now + self._patience
            session.error(_id(waiting.message), 165, variant="disconnected")

    def _taken_back(self, session: "Session", message: Message) -> bool:
        """Whether this cancels a request that still waits, which ends it."""
        kind, number = CANCELS[type(message)], _id(message)
        for place, waiting in enumerate(session.for_farms):
            if type(waiting.message) is kind and _id(waiting.message) == number:
                del session.for_farms[place]
                if waiting.kind is Kind.HISTORY:
                    session.error(number, 162, variant="cancelled", reqId=number)
                return True
        return False

    # -- what the farms bring about -----------------------------------------------------------

    def release(self, kind: Kind) -> None:
        """The farm is there: serve what waited for it, in the order in which it came."""
        for session in list(self._station.sessions()):
            ready = [waiting for waiting in session.for_farms if waiting.kind is kind]
            session.for_farms = [one for one in session.for_farms if one.kind is not kind]
            if kind is Kind.HISTORY and session.queries:
                for request_id in session.queries:
                    session.error(request_id, 165, variant="connected")
            for waiting in ready:
                if waiting.until is not None:
                    session.error(_id(waiting.message), 165, variant="connected")
                self._station.reception.serve(session, waiting.message)
            if session.queries:
                self._station.reception.remember(session)

    def stop(self, kind: Kind) -> None:
        """The farm broke: queries wait for its return, bars kept up to date end for good."""
        if kind is not Kind.HISTORY:
            return  # quote lines go on by themselves when it is back
        for session in list(self._station.sessions()):
            for request_id in session.queries:
                session.error(request_id, 165, variant="disconnected")
            for waiting in session.for_farms:
                self._tell_to_wait(session, waiting)
            for request_id in sorted(session.live_bars):
                session.error(request_id, 10182)
            session.live_bars.clear()

    def end(self, session: "Session") -> None:
        """The data is lost: every subscription ends without a word, every query with 162."""
        session.quote_lines.clear()
        session.live_bars.clear()
        asked = [_id(w.message) for w in session.for_farms if w.kind is Kind.HISTORY]
        for request_id in [*session.queries, *asked]:
            session.error(request_id, 162, cause=GONE)
        session.queries.clear()
        session.for_farms.clear()

    def wants(self, kind: Kind) -> bool:
        """Whether a request waits for such a farm."""
        return any(waiting.kind is kind for _, waiting in self._all())

    def feeds(self, kind: Kind) -> bool:
        """Whether something under way lives on such a farm."""
        sessions = self._station.sessions()
        if kind is Kind.MARKET:
            return any(session.quote_lines for session in sessions)
        return kind is Kind.HISTORY and any(s.live_bars or s.queries for s in sessions)

    # -- time ---------------------------------------------------------------------------------

    def step(self, now: Nanos) -> None:
        """End what has waited too long for a broken history farm."""
        if not self._broken():
            return
        for session, waiting in list(self._all()):
            if waiting.until is not None and waiting.until <= now:
                session.for_farms.remove(waiting)
                session.error(_id(waiting.message), 162, cause=GONE)
        if self._queries_until() <= now:
            for session in list(self._station.sessions()):
                for request_id in session.queries:
                    session.error(request_id, 162, cause=GONE)
                session.queries.clear()

    def next_due(self) -> Nanos | None:
        """When ``step`` has something to do next."""
        if not self._broken():
            return None
        dues = [waiting.until for _, waiting in self._all()]
        if any(session.queries for session in self._station.sessions()):
            dues.append(self._queries_until())
        return min((due for due in dues if due is not None), default=None)

    def _broken(self) -> bool:
        return self._station.farms.of(Kind.HISTORY).status is Status.BROKEN

    def _queries_until(self) -> Nanos:
        """When the queries that a break interrupted are given up."""
        return self._station.farms.of(Kind.HISTORY).since + self._patience

    @property
    def _patience(self) -> Nanos:
        """How long a history request waits for a broken farm."""
        return (self._station.config.settings.bulkDataTimeout or 0) * SECOND

    def _all(self) -> Iterator[tuple["Session", Waiting]]:
        for session in self._station.sessions():
            for waiting in session.for_farms:
                yield session, waiting


def _id(message: Message) -> int:
    name = type(message).spec.id_field
    return getattr(message, name) if name else -1
