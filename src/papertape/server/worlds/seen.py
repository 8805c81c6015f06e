"""What clients have sent since a world began: every request, and the orders among them. Bounded."""

from collections import deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec

from ...model import Contract, Order
from ...model.units import number_text
from ...venue.reference.instruments import Listing, Purpose
from ...venue.units import Nanos
from ...wire.catalogue.orders import PlaceOrder
from ...wire.message import Message
from ..sessions.session import Session
from ..timing import Timing
from ..venue_port import Venue

MOST_REQUESTS: Final = 100_000
"""The latest requests that are kept; how many came before them is counted."""
MOST_FRAMES: Final = 2_000
"""The latest messages that are kept for the log of a failed test."""


class SeenRequest(msgspec.Struct, frozen=True):
    """A request as it came."""

    number: int
    """Counts them from 1."""
    time: Nanos
    client: int | None
    """The client id; None before START_API."""
    message: Message

    @property
    def name(self) -> str:
        """The official name: ``placeOrder``."""
        return self.message.spec.callback or self.message.spec.name

    def field(self, path: str) -> Any:
        """The value of a field: ``snapshot``, ``contract.symbol``. Raises ``AttributeError``."""
        value: Any = self.message
        for part in path.split("."):
            value = getattr(value, part)
        return value


class SeenOrder(msgspec.Struct, frozen=True):
    """A new order as its client sent it; later terms under its id are ``changes``."""

    request: SeenRequest
    orderId: int
    contract: Contract
    order: Order
    conId: int
    """Of the instrument; 0 where there is none."""
    symbol: str

    @property
    def time(self) -> Nanos:
        """When it came."""
        return self.request.time

    @property
    def client(self) -> int:
        """Whose it is."""
        return -1 if self.request.client is None else self.request.client

    def __str__(self) -> str:
        order = self.order
        size = Decimal(0) if order.totalQuantity is None else order.totalQuantity
        price = "" if not order.lmtPrice else f" @ {number_text(order.lmtPrice)}"
        ref = f" ref {order.orderRef}" if order.orderRef else ""
        of = f"client {self.client} #{self.orderId}{ref}"
        return f"{order.action} {size:f} {self.symbol} {order.orderType}{price}  {of}"


class SeenFrame(msgspec.Struct, frozen=True):
    """A message as it went, for a log."""

    time: Nanos
    client: int | None
    sent: bool
    """Whether the station sent it."""
    message: Message | None
    quotes: int = 0
    """How many quotes it was, where they went in one piece."""

    def __str__(self) -> str:
        arrow = "->" if self.sent else "<-"
        what = f"{self.quotes} quotes" if self.message is None else brief(self.message)
        return f"client {'?' if self.client is None else self.client} {arrow} {what:.1000}"


def brief(value: Any) -> str:
    """A message with those of its fields that are not as they are without a word."""
    if not isinstance(value, msgspec.Struct):
        return f"{value!r}"
    plain = type(value)()
    told = [
        f"{name}={brief(found)}"
        for name in value.__struct_fields__
        if (found := getattr(value, name)) != getattr(plain, name) and found not in (None, "")
    ]
    return f"{type(value).__name__}({', '.join(told)})"


class Seen:
    """The requests of all clients; a tap."""

    def __init__(self, timing: Timing, venue: Venue) -> None:
        self._timing = timing
        self._venue = venue
        self.total = 0
        """How many requests there have been."""
        self._requests: deque[SeenRequest] = deque(maxlen=MOST_REQUESTS)
        self._orders: list[SeenOrder] = []
        self._ids: set[tuple[int | None, int]] = set()
        self.frames: deque[SeenFrame] = deque(maxlen=MOST_FRAMES)
        self.told: list[Callable[[], object]] = []
        """Called after each request."""

    # -- the tap ----------------------------------------------------------------------------------

    def received(self, session: Session, message: Message) -> None:
        """Keep a request."""
        self.total += 1
        now = self._timing.now
        request = SeenRequest(self.total, now, session.client_id, message)
        self._requests.append(request)
        self.frames.append(SeenFrame(now, session.client_id, False, message))
        if isinstance(message, PlaceOrder) and not message.order.whatIf:
            key = (session.client_id, message.orderId)
            if key not in self._ids and len(self._orders) < MOST_REQUESTS:
                self._ids.add(key)
                self._orders.append(self._order(request, message))
        for tell in self.told:
            tell()

    def sent(self, session: Session, message: Message, encoded: bytes) -> None:
        """Keep a message to a client."""
        self.frames.append(SeenFrame(self._timing.now, session.client_id, True, message))

    def sent_quotes(self, session: Session, encoded: bytes, count: int) -> None:
        """Keep how many quotes there were."""
        frame = SeenFrame(self._timing.now, session.client_id, True, None, count)
        self.frames.append(frame)

    def _order(self, request: SeenRequest, message: PlaceOrder) -> SeenOrder:
        contract = message.contract
        found = self._venue.instruments.resolve(contract, Purpose.ORDER, request.time)
        entry = found.instrument if isinstance(found, Listing) else None
        return SeenOrder(
            request, message.orderId, contract, message.order,
            0 if entry is None else entry.conId,
            contract.symbol if entry is None else entry.symbol,
        )  # fmt: skip

    # -- questions --------------------------------------------------------------------------------

    def requests(self, name: str = "", since: Nanos = 0) -> Iterator[SeenRequest]:
        """The requests of that official name, "" for all, from an instant on."""
        wanted = name.lower()
        for one in self._requests:
            spec = one.message.spec
            if one.time >= since and wanted in ("", spec.callback.lower(), spec.name.lower()):
                yield one

    def orders(self, since: Nanos = 0) -> list[SeenOrder]:
        """The new orders from an instant on, in the order of their coming."""
        return [one for one in self._orders if one.time >= since]

    def forget(self) -> None:
        """Begin anew."""
        self.total = 0
        self._requests.clear()
        self._orders.clear()
        self._ids.clear()
        self.frames.clear()
