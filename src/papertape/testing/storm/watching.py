"""Watches a run: taps the messages of all sessions and the facts of the venue."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from ...errors import SettingsError, WorldError
from ...server.sessions.session import Session
from ...server.station import Station
from ...venue.engine import Happened
from ...venue.facts import OrderEnded, OrderFilled, OrderPlaced, RuleMatched
from ...venue.reference.instruments import Listing, Purpose
from ...venue.units import SECOND, Nanos, size_decimal
from ...wire.catalogue.depth import ReqMktDepth
from ...wire.catalogue.history import ReqHistoricalData
from ...wire.catalogue.market import ReqMktData
from ...wire.catalogue.orders import PlaceOrder
from ...wire.catalogue.session import ErrorMessage, NextValidId, StartApi
from ...wire.catalogue.ticks import ReqRealTimeBars, ReqTickByTickData
from ...wire.message import Message
from .checking import StormCheck
from .told import MOST_EVENTS, LostLine, StormEvent, StormOrder, StormRecord, shown_time
from .view import StormView

LINES: Final = (ReqMktData, ReqMktDepth, ReqRealTimeBars, ReqTickByTickData, ReqHistoricalData)
"""Requests that a program wants answered until it cancels them."""
LINK_LOST, DATA_LOST, DATA_KEPT, TAKEN = 1100, 1101, 1102, 10197
GRACE: Final[Nanos] = 2 * SECOND
"""How long what a program sends may still be on its way when TWS has told it something."""
MOST_VIOLATIONS: Final = 100
MOST_TEXT: Final = 200


class _Line:
    """A subscription that lives."""

    def __init__(self, session: int, request_id: int, name: str, symbol: str) -> None:
        self.session = session
        self.request_id = request_id
        self.name = name
        self.symbol = symbol


class StormWatcher:
    """A tap on a station: what it sees becomes a ``StormRecord``."""

    def __init__(self, checks: Sequence[StormCheck] = ()) -> None:
        self.record = StormRecord()
        self._checks = checks
        self._broken: set[str] = set()
        self.failure: SettingsError | None = None
        """Why a check cannot be computed."""
        self._sessions: dict[int, int] = {}
        """Numbers of the station's sessions -> ours, for those that have become ready."""
        self._down: dict[int, Nanos] = {}
        """Sessions that have been told that the link is lost, and when."""
        self._lines: list[_Line] = []
        self._by_perm: dict[int, StormOrder] = {}
        self._held: dict[str, float] = {}
        """Positions by the fills so far."""

    # -- where it is attached -----------------------------------------------------------------

    def attach(self, station: Station) -> None:
        """Watch a station from now on; what kept its requests goes on keeping them."""
        self._station = station
        self._seen = station.world.seen
        self._began = station.world.began
        self._view = StormView(station)
        station.taps.record(self)
        station.link.listeners.append(self.heard)
        station.registry.on_end.append(self._left)
        self._check()

    @property
    def _now(self) -> Nanos:
        return self._station.timing.now - self._began

    def _tell(self, kind: str, text: str = "", **more: Any) -> None:
        if len(self.record.events) >= MOST_EVENTS:
            self.record.dropped += 1
            return
        self.record.events.append(StormEvent(self._now, kind, text[:MOST_TEXT], **more))

    # -- the tap ------------------------------------------------------------------------------

    def received(self, session: Session, message: Message) -> None:
        """A request."""
        self._seen.received(session, message)
        number = self._sessions.get(session.number, 0)
        name = message.spec.callback or message.spec.name
        if isinstance(message, StartApi):
            self._tell("connected", f"client {message.clientId}")
        elif isinstance(message, PlaceOrder):
            self._placed(session, message, number)
        else:
            symbol = self._symbol(message)
            self._tell("request", f"{name} {symbol}".rstrip(), session=number, symbol=symbol)
            self._followed(message, number, name, symbol)
        self._check()

    def sent(self, session: Session, message: Message, encoded: bytes) -> None:
        """A message to a client."""
        self._seen.sent(session, message, encoded)
        if isinstance(message, NextValidId) and session.number not in self._sessions:
            self.record.sessions += 1
            self._sessions[session.number] = self.record.sessions
            self.record.connected, self.record.left = True, None
            self._tell("ready", f"client {session.client_id}", session=self.record.sessions)
        elif isinstance(message, ErrorMessage):
            self._error(session, message)

    def sent_quotes(self, session: Session, encoded: bytes, count: int) -> None:
        """Quotes to a client."""
        self._seen.sent_quotes(session, encoded, count)

    def _left(self, session: Session, *more: object) -> None:
        number = self._sessions.pop(session.number, 0)
        self._down.pop(session.number, None)
        if not number:
            return
        self.record.connected = bool(self._sessions)
        self.record.left = None if self._sessions else self._now
        self._tell("left", session=number)
        for line in [one for one in self._lines if one.session == number]:
            self._lose(line, "its session ended")

    def _error(self, session: Session, message: ErrorMessage) -> None:
        number, code = self._sessions.get(session.number, 0), message.errorCode
        text = f"{code} {message.errorMsg}"
        self._tell("error", text, session=number, code=code)
        if code == LINK_LOST:
            self._down[session.number] = self._now
        elif code in (DATA_LOST, DATA_KEPT):
            self._down.pop(session.number, None)
        for line in [one for one in self._lines if one.session == number]:
            if code == DATA_LOST or (code == TAKEN and line.request_id == message.id):
                self._lose(line, str(code))

    # -- lines --------------------------------------------------------------------------------

    def _followed(self, message: Message, session: int, name: str, symbol: str) -> None:
        if isinstance(message, LINES) and _goes_on(message):
            self._lines.append(_Line(session, message.reqId, name, symbol))
            for lost in self.record.lines:
                if lost.again is None and (lost.name, lost.symbol) == (name, symbol):
                    lost.again = self._now
        elif message.spec.cancels is not None:
            wanted = message.spec.cancels.spec.callback
            for line in list(self._lines):
                same = (line.session, line.name) == (session, wanted)
                if same and line.request_id == getattr(message, "reqId", None):
                    self._lines.remove(line)

    def _lose(self, line: _Line, why: str) -> None:
        self._lines.remove(line)
        same = (line.name, line.symbol)
        others = any((one.name, one.symbol) == same for one in self._lines)
        waits = any(o.again is None and (o.name, o.symbol) == same for o in self.record.lines)
        if not others and not waits and len(self.record.lines) < MOST_EVENTS:
            self.record.lines.append(LostLine(self._now, line.name, line.symbol, why))

    def _symbol(self, message: Message) -> str:
        contract = getattr(message, "contract", None)
        if contract is None or not hasattr(contract, "symbol"):
            return ""
        return self._name(contract)

    def _name(self, contract: Any) -> str:
        instruments = self._station.venue.instruments
        found = instruments.resolve(contract, Purpose.ORDER, self._station.timing.now)
        if isinstance(found, Listing):
            return found.instrument.symbol
        return str(contract.symbol or contract.localSymbol or contract.conId or "")

    # -- orders -------------------------------------------------------------------------------

    def _placed(self, session: Session, message: PlaceOrder, number: int) -> None:
        order, symbol = message.order, self._name(message.contract)
        if order.whatIf:
            self._tell("request", f"placeOrder whatIf {symbol}", session=number, symbol=symbol)
            return
        if symbol not in self._held:
            self._held[symbol] = self._position(symbol)
        client = -1 if session.client_id is None else session.client_id
        known = self._known(client, message.orderId)
        if known is not None and (known.alive or known.session == number):
            place = self.record.orders.index(known)
            self._tell("change", f"{known}", session=number, symbol=symbol, order=place)
            return
        found = StormOrder(
            self._now, number, client, message.orderId, order.action, symbol, order.orderType,
            float(order.totalQuantity or 0), order.orderRef, order.parentId,
            self._unready(session, number), self._dead(symbol),
        )  # fmt: skip
        if len(self.record.orders) >= MOST_EVENTS:
            self.record.dropped += 1
            return
        self.record.orders.append(found)
        place = len(self.record.orders) - 1
        self._tell("order", f"{found}", session=number, symbol=symbol, order=place)

    def _position(self, symbol: str) -> float:
        try:
            return float(self._view.position(symbol))
        except WorldError:  # an order for what there is not
            return 0.0

    def _known(self, client: int, order_id: int) -> StormOrder | None:
        for one in reversed(self.record.orders):
            if (one.client, one.orderId) == (client, order_id):
                return one
        return None

    def _unready(self, session: Session, number: int) -> str:
        """Why the session was not ready for an order."""
        if not number:
            return "before nextValidId"
        since = self._down.get(session.number)
        if since is None or self._now - since < GRACE:
            return ""
        return f"{shown_time(self._now - since)[1:]} after TWS had told 1100"

    def _dead(self, symbol: str) -> str:
        """Why the symbol has no live line although the program had one."""
        if any(line.symbol == symbol for line in self._lines):
            return ""
        for lost in reversed(self.record.lines):
            if lost.symbol == symbol and lost.again is None:
                since = self._now - lost.time
                if not lost.why.isdigit() or since < GRACE:
                    return ""
                return f"{shown_time(since)[1:]} after its line had ended with {lost.why}"
        return ""

    # -- facts --------------------------------------------------------------------------------

    def heard(self, happened: Iterable[Happened]) -> None:
        """Facts of the venue, before clients hear of them."""
        for one in happened:
            fact = one.fact
            if isinstance(fact, OrderPlaced):
                self._reached(fact)
            elif isinstance(fact, OrderFilled):
                self._filled(fact)
            elif isinstance(fact, OrderEnded):
                self._ended(fact.permId, fact.status)
            elif isinstance(fact, RuleMatched):
                self._tell("fault", "on order")
        self._check()

    def _reached(self, fact: OrderPlaced) -> None:
        order = self._known(fact.clientId, fact.orderId)
        if order is None or order.reached is not None:
            return
        order.reached, order.status = self._now, fact.status
        self._by_perm[fact.permId] = order
        place = self.record.orders.index(order)
        self._tell("reached", f"{order} {fact.status}", symbol=order.symbol, order=place)
        if fact.reason is not None and fact.status in ("Inactive", "Cancelled", "ApiCancelled"):
            self._ended(fact.permId, fact.status)

    def _filled(self, fact: OrderFilled) -> None:
        order = self._by_perm.get(fact.permId)
        if order is None:
            return
        size = float(size_decimal(fact.size))
        signed = size if order.side == "BUY" else -size
        self._view.filled.append(order.symbol)
        order.filled += size
        order.status = fact.status
        held = self._held.get(order.symbol, 0.0) + signed
        self._held[order.symbol] = held
        self._tell(
            "fill", f"{order.side} {size:.12g} {order.symbol}", symbol=order.symbol,
            order=self.record.orders.index(order), size=signed, position=held,
        )  # fmt: skip
        if order.filled >= order.quantity:
            order.ended = self._now

    def _ended(self, perm_id: int, status: str) -> None:
        order = self._by_perm.get(perm_id)
        if order is None or order.ended is not None:
            return
        order.ended, order.status = self._now, status
        place = self.record.orders.index(order)
        self._tell("ended", f"{order} {status}", symbol=order.symbol, order=place)

    # -- checks -------------------------------------------------------------------------------

    def _check(self) -> None:
        for check in self._checks:
            if check.name in self._broken or len(self.record.checked) >= MOST_VIOLATIONS:
                continue
            try:
                found = check.wrong(self._view)
            except SettingsError as error:
                self.failure, self._checks = error, ()
                return
            if found:
                self._broken.add(check.name)
                self.record.checked.append((self._now, check.name, found))

    # -- the end ------------------------------------------------------------------------------

    def finish(self) -> StormRecord:
        """What there is to tell at the end."""
        record, state = self.record, self._station.venue.state
        self._check()
        record.lasted = self._now
        symbols = {one.symbol for one in record.orders}
        record.positions = {one: self._position(one) for one in sorted(symbols)}
        for live in state.orders.values():
            order = self._by_perm.get(live.permId)
            if order is not None:
                record.working.append(str(order))
        for run in self._station.drills.history():
            given = ((key, value) for key, value in run.options.items() if value is not None)
            options = " ".join(f"{key}={value}" for key, value in given)
            began = run.began - self._began
            self.record.events.append(StormEvent(began, "fault", f"{run.name} {options}".rstrip()))
            if run.ended is not None and run.ended > run.began:
                self.record.events.append(StormEvent(run.ended - self._began, "back", run.name))
        record.events.sort(key=lambda one: (one.time, one.kind != "fault"))  # before what it does
        return record


def _goes_on(message: Any) -> bool:
    """Whether a request is answered until it is cancelled."""
    if isinstance(message, ReqMktData):
        return not (message.snapshot or message.regulatorySnapshot)
    return bool(getattr(message, "keepUpToDate", True))
