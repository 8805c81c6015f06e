"""Drills of the daily restart: restarts, lost orders, client ids that are still in use."""

from ...venue.commands import SubmitOrder
from ...wire.catalogue.orders import PlaceOrder
from ...wire.message import Message
from ..plant.held_orders import pending
from ..sessions.session import Session
from .base import Aimed, Count, Drill, Milliseconds, Seconds
from .base import Options as Plain


class NightlyRestart(Drill):
    """TWS restarts within seconds: it loses the broker link (1100), closes every connection
    (FIN), refuses new ones for a while and returns; clients must request everything again.
    Working orders stay at the exchange and are reported on reconnection; held orders are lost."""

    name = "nightly-restart"
    summary = "TWS loses the link, closes connections, refuses new ones, and returns"
    issues = (
        "IbcAlpha/IBC#184",
        "QuantConnect/Lean.Brokerages.InteractiveBrokers#41",
        "QuantConnect/Lean.Brokerages.InteractiveBrokers#242",
        "gnzsnz/ib-gateway-docker#15",
    )
    order = ("down_ms", "warn_ms")

    class Options(Plain, frozen=True, kw_only=True):
        """``warn_ms`` from the loss of the link to the close; ``down_ms`` until TWS returns."""

        warn_ms: Milliseconds = 1000.0
        down_ms: Milliseconds = 10_000.0

    def start(self) -> None:
        """Drop the broker link."""
        self._closed = False
        self.tws.link.lose()
        self.due = self.after(self.options.warn_ms)

    def act(self) -> None:
        """Close the connections; start TWS again when ``down_ms`` is over."""
        if self._closed:
            self.stop()
            self.finish()
            return
        self._closed = True
        self.tws.go_away("TWS restarts")
        self.due = self.after(self.options.down_ms)

    def stop(self) -> None:
        """Start TWS again immediately."""
        self.tws.come_back()


class IdRollback(Drill):
    """TWS loses the orders of the second in which it restarts: each is acknowledged as
    PendingSubmit and never reaches the broker. After the restart ``nextValidId`` begins at the
    first of them, so a program that trusts it reuses the id of an order that it believes alive."""

    name = "id-rollback"
    summary = "orders are lost in a restart, and their ids are assigned again"
    issues = (
        "QuantConnect/Lean.Brokerages.InteractiveBrokers#242",
        "nautechsystems/nautilus_trader#4247",
        "wboayue/rust-ibapi#350",
    )
    order = ("orders", "down_ms")

    class Options(Aimed, frozen=True, kw_only=True):
        """``orders``: how many are lost; ``ms`` from the last one to the close; ``down_ms``."""

        orders: Count = 1
        ms: Milliseconds = 200.0
        down_ms: Milliseconds = 2000.0

    def start(self) -> None:
        """Wait for orders."""
        self._lost = 0
        self._closed = False
        if self.options.orders == 0:
            self.due = self.after(self.options.ms)

    def takes(self, session: Session, message: Message) -> bool:
        """Acknowledge new orders and lose them; pass everything else."""
        if self._lost >= self.options.orders or not isinstance(message, PlaceOrder):
            return True
        if not self.aims_at(session) or session.client_id is None or message.order.whatIf:
            return True
        queries = self.tws.queries
        if message.orderId < queries.next_valid_id(session.client_id):
            return True
        order = SubmitOrder(session.client_id, message.orderId, message.contract, message.order)
        for told in pending(order, None):
            session.send(told)
        self._lost += 1
        if self._lost == self.options.orders:
            self.due = self.after(self.options.ms)
        return False

    def act(self) -> None:
        """Close the connections; start TWS again when ``down_ms`` is over."""
        if self._closed:
            self.stop()
            self.finish()
            return
        self._closed = True
        self.tws.go_away("TWS restarts")
        self.due = self.after(self.options.down_ms)

    def stop(self) -> None:
        """Start TWS again immediately."""
        if self._closed:
            self.tws.come_back()


class StaleClientId(Drill):
    """The client id of the next session that ends stays in use for a while, as when TWS has not
    noticed that a program died: a reconnection with that id gets 326 and is closed."""

    name = "stale-client-id"
    summary = "a client id stays in use after its program has gone"
    issues = (
        "ib-api-reloaded/ib_async#152",
        "erdewit/ib_insync#76",
        "pst-group/pysystemtrade#163",
    )
    order = ("seconds",)

    class Options(Aimed, frozen=True, kw_only=True):
        """``seconds`` for which the id stays in use."""

        seconds: Seconds = 30.0

    def start(self) -> None:
        """Wait for a session to end."""
        self._client_id: int | None = None

    def left(self, session: Session) -> None:
        """Keep the client id in use."""
        if self._client_id is None and session.client_id is not None and self.aims_at(session):
            self._client_id = session.client_id
            self.due = self.after(self.options.seconds * 1000)
            self.tws.registry.block(session.client_id, self.due)

    def act(self) -> None:
        """Free the client id."""
        self.finish()

    def stop(self) -> None:
        """Free the client id immediately."""
        if self._client_id is not None:
            self.tws.registry.block(self._client_id, self.now)
