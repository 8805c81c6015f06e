"""Drills of the order in which a client hears of things: late, twice, in another order.

Nothing of it happens at the broker; every order of callbacks that they make is one that TWS may
send (its documentation promises none, and says that orderStatus comes again and again).
"""

from collections import deque
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec

from ...venue.units import Nanos
from ...wire.catalogue.account import Position, PositionEnd
from ...wire.catalogue.reports import (
    CommissionReport,
    ExecutionDetails,
    ExecutionDetailsEnd,
    OpenOrder,
    OpenOrdersEnd,
    OrderStatus,
)
from ...wire.catalogue.session import ErrorMessage
from ...wire.message import Message
from ..sessions.session import Session
from .base import Aimed, Count, Drill, Milliseconds
from .messages import kinds

ABOUT_ORDERS = (OpenOrder, OrderStatus, ExecutionDetails, CommissionReport)
ROWS_BEFORE: dict[type[Message], tuple[type[Message], ...]] = {
    OpenOrdersEnd: (OpenOrder, OrderStatus),
    ExecutionDetailsEnd: (ExecutionDetails, CommissionReport),
    PositionEnd: (Position,),
}
"""The end of an answer -> what it never comes before."""
FROM_THE_BROKER = (*ABOUT_ORDERS, ErrorMessage)
"""What TWS cannot tell while its link to the broker is lost, if it has not come before."""
MOST_KEPT = 100_000
"""Messages that wait; more are sent at once."""


class Withheld(msgspec.Struct):
    """A message that waits for its time."""

    due: Nanos
    session: Session
    message: Message
    needs_link: bool
    """Whether it is on its way from the broker: it comes when the link is up."""


class Withholding(Drill):
    """Keeps messages back and sends them later, in the order in which they are due. What the broker
    has said before its link was lost comes when it is back."""

    withholds = True

    def start(self) -> None:
        """Nothing waits yet."""
        self._waiting: deque[Withheld] = deque()
        self._linked: set[Session] = set()
        """Sessions of which something waits that needs the link; what comes behind it does too."""

    def keep(self, session: Session, message: Message, due: Nanos) -> bool:
        """Keep a message back until then; False, for ``gives``."""
        if len(self._waiting) >= MOST_KEPT:
            return True
        needs_link = session in self._linked or (
            self.tws.link.up and isinstance(message, FROM_THE_BROKER)
        )
        if needs_link:
            self._linked.add(session)
        self._waiting.append(Withheld(due, session, message, needs_link))
        self.due = due if self.due is None else min(self.due, due)
        return False

    def passes(self, session: Session, message: Message) -> bool:
        """Whether a message that is not meant goes out at once: the end of an answer waits for its
        rows."""
        rows = ROWS_BEFORE.get(type(message))
        if rows is None or self.releasing:
            return True
        mine = [one for one in self._waiting if one.session is session]
        dues = [one.due for one in mine if isinstance(one.message, rows)]
        return not dues or self.keep(session, message, max(dues))

    def takes(self, session: Session, message: Message) -> bool:
        """Send what is due before the next request is handled, whenever that comes."""
        if self._waiting and self._waiting[0].due <= self.now and not self.releasing:
            self.act()
        return True

    def act(self) -> None:
        """Send what is due."""
        self.send([one for one in self._coming() if one.due <= self.now])

    def returned(self) -> None:
        """Send what has waited for the link."""
        self.act()

    def _coming(self) -> list[Withheld]:
        """What can come while the link is as it is."""
        up = self.tws.link.up
        return [one for one in self._waiting if up or not one.needs_link]

    def stop(self) -> None:
        """Send all that waits."""
        self.send(list(self._waiting))

    def send(self, waited: list[Withheld]) -> None:
        """Send these, in this order."""
        sent = set(map(id, waited))
        self._wait_for(one for one in self._waiting if id(one) not in sent)
        self.releasing = True
        try:
            for one in waited:
                one.session.send(one.message)
        finally:
            self.releasing = False

    def left(self, session: Session) -> None:
        """Forget what its client no longer hears."""
        self._wait_for(one for one in self._waiting if one.session is not session)

    def _wait_for(self, waiting: Iterable[Withheld]) -> None:
        """Keep these alone."""
        self._waiting = deque(waiting)
        self._linked = {one.session for one in self._waiting if one.needs_link}
        self.due = min((one.due for one in self._coming()), default=None)


class LateCallbacks(Withholding):
    """Callbacks of one kind come ``ms`` later than everything else, in their own order.

    A commission report that comes seconds after its execution, a status after the fill. A
    commission never comes before its execution, however late that is. Lasts until the drill is
    stopped."""

    name = "late-callbacks"
    summary = "callbacks of one kind come later than the others"
    issues = ("QuantConnect/Lean#1199",)
    order = ("kind", "ms")

    class Options(Aimed, frozen=True, kw_only=True):
        """``kind``: official name of a callback; ``ms`` later."""

        kind: str
        ms: Milliseconds = 1000.0

    def start(self) -> None:
        """Keep them back from now on. Raises ``SettingsError`` for a kind that there is not."""
        self._executions: dict[tuple[int, str], Nanos] = {}
        """When those that wait come, by session and execution."""
        super().start()
        self._kinds = kinds(self.options.kind)

    def gives(self, session: Session, message: Message) -> bool:
        """Keep a message of the kind, and the commission of an execution that is kept."""
        if self.releasing or not self.aims_at(session):
            return self.passes(session, message)
        if not isinstance(message, self._kinds):
            due = self._executions.get((session.number, charged_id(message)))
            return (
                self.passes(session, message) if due is None else self.keep(session, message, due)
            )
        due = self.after(self.options.ms)
        if execution := execution_id(message):
            self._executions[session.number, execution] = due
        return self.keep(session, message, due)

    def _wait_for(self, waiting: Iterable[Withheld]) -> None:
        """Keep these alone."""
        super()._wait_for(waiting)
        self._executions = {
            (one.session.number, execution): one.due
            for one in self._waiting
            if (execution := execution_id(one.message))
        }


class DuplicateCallbacks(Drill):
    """Every callback of one kind comes twice, as TWS itself does with orderStatus: a program that
    counts fills by callbacks counts twice. Lasts until the drill is stopped."""

    name = "duplicate-callbacks"
    summary = "callbacks of one kind come twice"
    issues = ("stoqey/ib#239",)
    order = ("kind",)

    class Options(Aimed, frozen=True, kw_only=True):
        """``kind``: official name of a callback."""

        kind: str = "orderStatus"

    def start(self) -> None:
        """Send them twice from now on. Raises ``SettingsError`` for an unknown kind."""
        self._kinds = kinds(self.options.kind)
        self._again = False

    def gives(self, session: Session, message: Message) -> bool:
        """Send a message of the kind once more before itself."""
        if not self._again and isinstance(message, self._kinds) and self.aims_at(session):
            self._again = True
            session.send(message)
            self._again = False
        return True


class ReorderCallbacks(Withholding):
    """The callbacks of one moment about orders come in another order: execDetails before or after
    orderStatus, commissionReport behind its execDetails, openOrder anywhere. Those of one kind stay
    in their own order. Which order, ``seed`` decides. Lasts until the drill is stopped."""

    name = "reorder-callbacks"
    summary = "openOrder, orderStatus, execDetails and commissionReport change places"
    issues = (
        "nautechsystems/nautilus_trader#3949",
        "nautechsystems/nautilus_trader#3958",
        "QuantConnect/Lean#851",
        "QuantConnect/Lean.Brokerages.InteractiveBrokers#189",
    )
    order = ("seed",)

    class Options(Aimed, frozen=True, kw_only=True):
        """``seed`` decides the order."""

        seed: Count = 1

    def start(self) -> None:
        """Change places from now on."""
        super().start()
        self.random.seed(f"{self.options.seed}")

    def gives(self, session: Session, message: Message) -> bool:
        """Keep what is about orders until the moment is complete."""
        if self.releasing or not isinstance(message, ABOUT_ORDERS) or not self.aims_at(session):
            return self.passes(session, message)
        return self.keep(session, message, self.now)

    def act(self) -> None:
        """Send what has come together, mixed."""
        waiting = [one for one in self._coming() if one.due <= self.now]
        by_session: dict[int, list[Withheld]] = {}
        for one in waiting:
            by_session.setdefault(one.session.number, []).append(one)
        self.send([one for mine in by_session.values() for one in self._mixed(mine)])

    def _mixed(self, waited: list[Withheld]) -> list[Withheld]:
        """A legal order: each kind in its own, a commission behind its execution, the ends of
        answers behind all."""
        ends = [one for one in waited if type(one.message) in ROWS_BEFORE]
        waited = [one for one in waited if type(one.message) not in ROWS_BEFORE]
        lines: dict[type[Message], deque[Withheld]] = {}
        for one in waited:
            lines.setdefault(type(one.message), deque()).append(one)
        told: set[str] = {
            one.message.execId for one in waited if isinstance(one.message, CommissionReport)
        } - {execution_id(one.message) for one in waited}
        found: list[Withheld] = []
        while any(lines.values()):
            ready = [
                line
                for line in lines.values()
                if line and (not (charged := charged_id(line[0].message)) or charged in told)
            ]
            line = (
                ready[self.random.randrange(len(ready))]
                if ready
                else next(one for one in lines.values() if one)
            )
            one = line.popleft()
            told.add(execution_id(one.message))
            found.append(one)
        return found + ends


class LateOrder(Withholding):
    """Everything about one order comes ``ms`` later: the program has sent it and hears nothing, the
    broker has it and may fill it meanwhile. Over with the last of it."""

    name = "late-order"
    summary = "its client hears of one order later"
    issues = ("QuantConnect/Lean.Brokerages.InteractiveBrokers#93",)
    order = ("order",)

    class Options(Aimed, frozen=True, kw_only=True):
        """``order``: the order's id; ``ms`` later; ``lasts``: how long new callbacks are late."""

        order: Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
        ms: Milliseconds = 1000.0

    def start(self) -> None:
        """Keep back what comes about the order until the time is over."""
        super().start()
        self._executions: set[str] = set()
        self._until = self.after(self.options.ms)
        self.due = self._until

    def gives(self, session: Session, message: Message) -> bool:
        """Keep what is about the order."""
        if self.releasing or self.over or not self.aims_at(session) or not self._about(message):
            return self.passes(session, message)
        kept = self.keep(session, message, self._until)
        self.due = self._until
        return kept

    def act(self) -> None:
        """Send all of it; the drill is over when nothing waits for the link."""
        super().act()
        if not self._waiting and self._until <= self.now:
            self.finish()

    def left(self, session: Session) -> None:
        """Forget what its client no longer hears; the drill is over in its time."""
        super().left(session)
        self.due = self._until

    def _about(self, message: Any) -> bool:
        wanted: int = self.options.order
        if isinstance(message, CommissionReport):
            return message.execId in self._executions
        if isinstance(message, ExecutionDetails):
            if message.execution.orderId != wanted:
                return False
            self._executions.add(message.execution.execId)
            return True
        if isinstance(message, ErrorMessage):
            return message.id == wanted
        return isinstance(message, OpenOrder | OrderStatus) and message.orderId == wanted


def execution_id(message: Any) -> str:
    """The execution that a message tells; "" for another message."""
    return message.execution.execId if isinstance(message, ExecutionDetails) else ""


def charged_id(message: Any) -> str:
    """The execution that a commission is for; "" for another message."""
    return message.execId if isinstance(message, CommissionReport) else ""
