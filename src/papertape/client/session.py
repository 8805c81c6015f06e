"""The sans-IO session of the client: what it sends and when, and what the server has sent.

Bytes come in through ``receive``, requests go out through ``send``; conversations and trades
wake their driver themselves. Time is passed to ``receive``, ``at`` and ``step``; ``next_due``
says when to call ``step`` again. With ``reconnect`` set, a session that has been ready is
``AWAY`` when its connection is lost, and its streams and orders survive; otherwise it ends.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from ..codes import CodeTable, default_table
from ..errors import (
    ConnectionLost,
    FeatureNotSupported,
    NotConnected,
    NotReady,
    PapertapeError,
    ServerOutdated,
)
from ..versions import MIN_SERVER
from ..wire import catalogue
from ..wire.catalogue import reports, session
from ..wire.connection import Broken, ClientConnection, Negotiated, Undecodable, UnknownMessage
from ..wire.message import Message
from .connectivity import Health
from .conversations import Conversation, WhatIfAnswer
from .error_routing import Judge
from .heartbeat import Beat, Heartbeat
from .limits import URGENT, RateLimiter, UnsentMessage
from .orders import Orders
from .reconcile import Resync
from .reconnect import Redial
from .report import Phase, Report
from .requests.asks import Ask, Make
from .requests.cancels import cancel_of
from .resubscribe import Healer
from .routes import Routes
from .settings import ClientSettings
from .streams import Stream
from .trades import Trade
from .unread import Unread

logger = logging.getLogger(__name__)


class ClientSession:
    """One client's session: its conversations, streams and orders, over one or more connections."""

    def __init__(
        self,
        client_id: int,
        connection: ClientConnection | None = None,
        settings: ClientSettings | None = None,
        chance: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.client_id = client_id
        self.connection = connection or ClientConnection()
        self.settings = settings or ClientSettings()
        self.codes: CodeTable = default_table().with_overrides(self.settings.codes)
        """The table that gives each code its meaning; may be replaced at any time."""
        self.now = 0.0
        self.phase = Phase.CONNECTING
        self.report = Report()
        self.orders = Orders(client_id)
        self.routes = Routes()
        self.unread = Unread()
        """Messages that the client could not decode."""
        self.lost: PapertapeError | None = None
        """Why the session has ended; None while it has not."""
        self.moved: int | None = None
        """The server's new port, as announced by code 1300."""
        self.waker: Callable[[], None] | None = None
        self.write: Callable[[bytes], None] | None = None
        self.rearm: Callable[[], None] | None = None
        """Called when ``next_due`` may be earlier than before."""
        self.trace: Callable[[str, Any], None] | None = None
        """Called with ("out", request) and ("in", message) for every message."""
        self.health = Health()
        self.limiter = RateLimiter(self.settings.max_rate)
        self.heartbeat = Heartbeat(self.settings.heartbeat_s)
        self.redial = Redial(self.settings.reconnect, chance)
        resume_s, stale_after_s = self.settings.resume_s, self.settings.stale_after_s
        self.healer = Healer(self._renew, resume_s=resume_s, stale_after_s=stale_after_s)
        self._opened_at = 0.0
        self._was_ready = False
        self._why = ""
        self.asks: list[Ask] = []
        self._resync: Resync | None = None
        self._rules = self._table()

    def _table(self) -> dict[type[Any], Callable[[Any], None]]:
        """Handlers of the events that are not simply routed."""
        return {
            Negotiated: self._negotiated,
            session.ManagedAccounts: self._accounts,
            session.NextValidId: self._next_id,
            session.ErrorMessage: Judge(self).read,
            reports.OpenOrder: self._open_order,
            reports.OrderStatus: self.orders.moved,
            reports.ExecutionDetails: self._execution,
            reports.CommissionReport: self.orders.charged,
            Undecodable: self._unreadable,
            UnknownMessage: self._unreadable,
            Broken: self._broken,
        }

    @property
    def trades(self) -> dict[int, Trade]:
        """The orders of this client, by id."""
        return self.orders.trades

    @property
    def online(self) -> bool:
        """Whether requests can be sent: the socket is open and both ends know the version."""
        return self.write is not None and self.report.serverVersion > 0

    @property
    def away(self) -> bool:
        """Whether the connection is lost and the session reconnects."""
        return self._was_ready and self.phase in (Phase.AWAY, Phase.CONNECTING)

    # -- time ---------------------------------------------------------------------------------

    def at(self, now: float) -> Self:
        """Set the time of the driver's clock, in seconds, and return this session."""
        self.now = self.healer.now = now
        return self

    def step(self, now: float) -> None:
        """Do the work that is due: send waiting messages, retry, give up, probe a silent server."""
        self.at(now)
        self._beat()
        self._flush()
        for ask in tuple(self.asks):
            ask.step(now)
        self.asks = [ask for ask in self.asks if not ask.done]
        self.healer.step(now)

    def _beat(self) -> None:
        beat = self.heartbeat.step(self.now)
        if beat is Beat.DEAD:
            silence = self.heartbeat.silence(self.now)
            self.closed(ConnectionLost(f"the server has been silent for {silence:.0f} s"))
        elif beat is Beat.ASK and self.online and not len(self.limiter):
            self.send(session.ReqCurrentTime())

    def next_due(self) -> float | None:
        """When ``step`` has work next; None when it has none."""
        if self.lost is not None:
            return None
        due = [self.healer.next_due(), self.redial.at, self.heartbeat.next_due()]
        due += [ask.next_due() for ask in self.asks]
        if self.write is not None:
            due.append(self.limiter.next_due())
        return min((one for one in due if one is not None), default=None)

    # -- connections --------------------------------------------------------------------------

    def opened(self, write: Callable[[bytes], None], now: float) -> None:
        """Start the handshake on an open socket."""
        self.at(now)
        if self.phase is Phase.AWAY:
            old, known = self.connection, self.report
            self.connection = ClientConnection(
                lowest=old.lowest, highest=old.highest, options=old.options
            )
            self.report = Report(notices=known.notices, least_id=known.nextValidId or 0)
        self.phase, self._opened_at = Phase.CONNECTING, now
        self.health.reset()
        self.heartbeat.heard(now)
        self.write = write
        write(self.connection.initiate())

    def refused(self, error: PapertapeError, now: float) -> None:
        """Handle a failed attempt to reconnect."""
        self.at(now)
        if self.phase is Phase.AWAY:
            self._away(error)

    def closed(self, error: PapertapeError, *, final: bool = False) -> None:
        """Handle the loss of the connection; open requests fail. ``final``: do not reconnect."""
        if self.phase is Phase.ENDED or (self.phase is Phase.AWAY and not final):
            return
        self.connection.close()
        self.write = None
        self.heartbeat.stop()
        unsent = [waiting.owner for waiting in self.limiter.clear()]
        if self._was_ready and not final:
            self._away(error, unsent)
        else:
            self._end(error, unsent)

    def _away(self, error: PapertapeError, unsent: list[Any] | None = None) -> None:
        """Schedule another attempt; end the session when none is left."""
        if not self.redial.plan(self.now):
            self._end(error, unsent or [])
            return
        self.phase, self._why = Phase.AWAY, str(error)
        wait = (self.redial.at or self.now) - self.now
        logger.info("%s; connecting again in %.1f s", error, wait)
        streams = self.healer.streams
        self.healer.disconnected(self._why, self.now)
        ended = [one for one in self.routes.clear() if one not in streams]
        self._fail(ended, error, unsent or [])
        self._rearm()

    def _end(self, error: PapertapeError, unsent: list[Any]) -> None:
        self.phase, self.lost, self._why = Phase.ENDED, error, str(error)
        self.redial.stop()
        streams = tuple(self.healer.streams)
        for stream in streams:
            self.healer.remove(stream)
        ended = [*self.routes.clear(), *streams]
        self._fail(ended, error, unsent)
        for ask in self.asks:
            ask.finish(error)

    def _fail(self, ended: list[Conversation], error: PapertapeError, unsent: list[Any]) -> None:
        never = {id(owner) for owner in unsent}
        for conversation in ended:
            if id(conversation) in never:
                told = ConnectionLost(str(error), request=conversation.name, sent=False)
                conversation.fail(told)
            else:
                conversation.fail(error)
        self.orders.lost(self._why, unsent, final=self.phase is Phase.ENDED)
        self._wake()

    def _is_ready(self) -> None:
        """Handle the first nextValidId: the server has accepted this client."""
        again, self._was_ready = self._was_ready, True
        self.phase = Phase.READY
        self.redial.succeeded()
        if again:
            self.compare()
            self.healer.connected(self.now)
            for ask in tuple(self.asks):
                ask.again()

    def compare(self) -> None:
        """Reconcile the orders after an interruption."""
        if self._resync is not None:
            self._resync.leave()
        self._resync = Resync(self, self._wake)
        self._resync.begin()

    def why_not_ready(self) -> str:
        """Why orders cannot be sent; "" when they can."""
        if self.phase in (Phase.AWAY, Phase.ENDED):
            return self._why
        if self.phase is Phase.CONNECTING:
            return f"the server has not sent {', '.join(self.report.missing)}"
        if self._resync is not None and not self._resync.done:
            return "orders are being compared with the server after an interruption"
        if not self.health.link and not self.settings.orders_during_outage:
            return "TWS has no link to the broker (1100)"
        if self.heartbeat.overdue(self.now):
            return f"the server has been silent for {self.heartbeat.silence(self.now):.0f} s"
        return ""

    # -- outgoing -----------------------------------------------------------------------------

    def send(self, message: Message, owner: Any = None) -> None:
        """Encode a request and send it as soon as the rate limit allows.

        Raises ``NotConnected``, ``FeatureNotSupported``, and ``LocalProtocolError`` when the queue
        is full.
        """
        if not self.online and type(message) is not session.StartApi:
            raise NotConnected(type(message).spec.callback)
        encoded, urgent = self.connection.send(message), type(message) in URGENT
        write = self.write
        at_once = write is not None and self.limiter.passes(self.now, urgent=urgent)
        if not at_once:
            self.limiter.add(UnsentMessage(encoded, owner), urgent=urgent)
        if self.trace is not None:
            self.trace("out", message)
        if write is not None and at_once:
            write(encoded)
        else:
            self._flush()

    def _flush(self) -> None:
        if self.write is None:
            return
        ready = self.limiter.release(self.now)
        if ready:
            self.write(b"".join(ready))
        if len(self.limiter):
            self._rearm()

    def request_id(self) -> int:
        """Return the next request id."""
        return self.routes.request_id()

    def begin(self, conversation: Conversation, message: Message) -> None:
        """Register a conversation under its request id, or its type, and send the request."""
        self.routes.add(conversation)
        try:
            self.send(message, conversation)
        except PapertapeError:
            self.end(conversation)
            raise

    def end(self, conversation: Conversation) -> None:
        """Remove a conversation. Its request is dropped if it has not been sent yet."""
        self.routes.remove(conversation)
        self.limiter.drop(conversation)
        if isinstance(conversation, Stream):
            self.healer.remove(conversation)

    def withdraw(self, message: Message) -> None:
        """Cancel a request whose answer nobody waits for, where the server knows how."""
        cancel = cancel_of(message)
        if cancel is not None and self.online:
            with suppress(FeatureNotSupported):
                self.send(cancel)

    def ask(self, name: str, make: Make, timeout: float, *, by_id: bool = True) -> Ask:
        """Send a request that changes nothing. Raises what prevents the first attempt."""
        tries = self.settings.retries + 1
        ask = Ask(self, name, make, timeout=timeout, tries=tries, by_id=by_id)
        self.asks.append(ask)
        self._rearm()
        return ask

    def subscribe(self, stream: Stream) -> None:
        """Open a stream and restore it after interruptions."""
        assert stream.source is not None
        self.begin(stream, stream.source.request(stream.request_id))
        self.healer.add(stream, self.now)
        self._rearm()

    def _renew(self, stream: Stream, cancel: bool) -> None:
        source = stream.source
        assert source is not None
        self.routes.remove(stream)
        if cancel:
            self.send(source.cancel(stream.request_id))
        if stream.request_id >= 0:
            stream.request_id = self.request_id()
        self.routes.add(stream)
        self.send(source.request(stream.request_id), stream)

    def next_order_id(self) -> int:
        """Return an unused order id. Raises ``NotReady`` before nextValidId."""
        if self.report.nextValidId is None:
            raise NotReady("the server has not sent nextValidId", request="placeOrder")
        number = self.report.nextValidId
        self.report.nextValidId = number + 1
        return number

    # -- incoming -----------------------------------------------------------------------------

    def receive(self, data: bytes, now: float | None = None) -> None:
        """Take bytes from the server, at this time of the driver's clock."""
        if now is not None and self.at(now).heartbeat.heard(now):
            self._wake()
        rule_of, otherwise, trace = self._rules.get, self.routes.feed, self.trace
        for event in self.connection.receive_data(data):
            if trace is not None:
                trace("in", event)
            rule_of(type(event), otherwise)(event)

    def stir(self) -> None:
        """Wake all waiters and the timer because something has changed."""
        self._rearm()
        self._wake()

    def _rearm(self) -> None:
        if self.rearm is not None:
            self.rearm()

    def _wake(self) -> None:
        if self.waker is not None:
            self.waker()

    def _unreadable(self, event: Undecodable | UnknownMessage) -> None:
        self.unread.add(event)
        if not isinstance(event, Undecodable):
            return
        kind = catalogue.RESPONSES.get(event.message_id)
        for conversation in self.routes.concerned(event.request_id, kind):
            if conversation.unreadable(event.error, kind):
                self.end(conversation)
                conversation.fail(event.error)

    def _broken(self, event: Broken) -> None:
        lost = ConnectionLost(f"the server sent bytes that are not a frame: {event.error}")
        lost.__cause__ = event.error
        self.closed(lost)

    def _came(self, part: str) -> None:
        self.report.came.setdefault(part, self.now - self._opened_at)
        if self.phase is Phase.CONNECTING and self.report.ready:
            self._is_ready()
        self._wake()

    def _negotiated(self, event: Negotiated) -> None:
        if event.version < MIN_SERVER:
            self.closed(ServerOutdated(version=event.version, needed=MIN_SERVER), final=True)
            return
        self.report.serverVersion = event.version
        self.report.connectionTime = event.connection_time
        self.send(session.StartApi(self.client_id))
        self._came("version")

    def _accounts(self, message: session.ManagedAccounts) -> None:
        codes = message.accountsList.split(",")
        self.report.accounts = tuple(code for code in codes if code)
        self.routes.feed(message)
        self._came("managedAccounts")

    def _next_id(self, message: session.NextValidId) -> None:
        known = max(self.report.nextValidId or 0, self.report.least_id)
        self.report.nextValidId = max(message.orderId, known)
        self.routes.feed(message)
        self._came("nextValidId")

    def _open_order(self, message: reports.OpenOrder) -> None:
        asked = self.routes.find(message.orderId)
        if isinstance(asked, WhatIfAnswer) and message.order.clientId == self.client_id:
            asked.feed(message)  # of no order
            return
        self.routes.feed(message)
        self.orders.opened(message)

    def _execution(self, message: reports.ExecutionDetails) -> None:
        self.routes.feed(message)
        self.orders.filled(message)
