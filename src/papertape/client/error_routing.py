"""Routes error messages: the code table decides what a code means, this module applies it.

The id of an error is that of a request, of an order, or -1. An error about neither is a notice: it
goes to the report, may change the known state of the broker link or a farm, and is never raised,
but where it refuses a request that has no id (``WITHOUT_ID``).
"""

import logging
import re
from typing import Any, Final, NamedTuple, Protocol

from ..codes import CodeTable
from ..errors import ApiError, ClientIdInUse, ConnectionLost, PapertapeError, api_error
from ..wire.catalogue.session import ErrorMessage
from .connectivity import Health, What
from .conversations import Conversation
from .orders import Orders
from .report import Report
from .requests.asks import Ask
from .resubscribe import Healer
from .routes import Routes
from .streams import Stream

NEW_PORT = re.compile(r"port - (\d{1,5})\b")


class RefusedWithoutId(NamedTuple):
    """How TWS refuses a request that has no id."""

    code: int
    request: str
    says: str = ""
    """A part of the text, where other requests get this code too."""


WITHOUT_ID: Final = (
    RefusedWithoutId(321, "reqAccountUpdates", "Invalid account code"),
    RefusedWithoutId(322, "reqMarketRule"),
    RefusedWithoutId(2101, "reqAccountUpdates"),  # other clients follow another account
    RefusedWithoutId(344, "requestFA"),
    RefusedWithoutId(585, "requestFA"),
    RefusedWithoutId(10230, "requestFA"),
    RefusedWithoutId(10238, "requestFA"),
)

logger = logging.getLogger(__name__)


class Judged(Protocol):
    """The part of the session that errors act on."""

    client_id: int
    now: float
    codes: CodeTable
    report: Report
    orders: Orders
    routes: Routes
    health: Health
    healer: Healer
    asks: list[Ask]
    moved: int | None

    def closed(self, error: PapertapeError, *, final: bool = False) -> None:
        """Handle the loss of the connection."""

    def end(self, conversation: Conversation) -> None:
        """Remove a conversation."""

    def compare(self) -> None:
        """Reconcile the orders after an interruption."""

    def stir(self) -> None:
        """Wake all waiters and the timer because something has changed."""


class Judge:
    """Applies error messages to a session."""

    def __init__(self, core: Judged) -> None:
        self._core = core

    def read(self, message: ErrorMessage) -> None:
        """Apply an error, a warning or a notice."""
        core = self._core
        error = api_error(
            message.errorCode,
            message.errorMsg,
            reqId=message.id,
            advancedOrderRejectJson=message.advancedOrderRejectJson,
            table=core.codes,
        )
        conversation = core.routes.find(message.id)
        if conversation is not None:
            self._about_request(conversation, error)
        elif core.routes.ours(message.id):
            logger.debug("about a request that has ended: %s", error)
        elif not core.orders.failed(message.id, error):
            self._about_session(error)

    def _about_request(self, conversation: Conversation, error: ApiError) -> None:
        core = self._core
        if not error.kind.terminal:
            conversation.notice(error)
            return
        core.routes.remove(conversation)
        if isinstance(conversation, Stream) and core.healer.failed(conversation, error, core.now):
            core.stir()
            return
        self._refuse(conversation, error)

    def _refuse(self, conversation: Conversation, error: ApiError) -> None:
        self._core.end(conversation)
        conversation.fail(error)

    def _about_session(self, error: ApiError) -> None:
        core = self._core
        core.report.notices.append(error)
        logger.info("%s", error)
        for ask in core.asks:
            ask.hear(error)
        self._about_request_without_id(error)
        for change in core.health.read(error.code, error.text):
            core.healer.changed(change, core.now)
            if change.what in (What.LINK_BACK, What.DATA_LOST) and core.orders.trades:
                core.compare()
        if error.kind.scope == "session" and error.kind.terminal:
            self._dismissed(error)
        core.stir()

    def _about_request_without_id(self, error: ApiError) -> None:
        """End what waits for the answer to a request without an id, if that is what an error
        refuses. Where several wait that ask for different things, all wait on: which one is meant
        is not known."""
        names = {
            row.request for row in WITHOUT_ID if row.code == error.code and row.says in error.text
        }
        for name in names:
            waiting = [one for one in self._core.routes.asking(name) if not one.complete]
            if len({one.subject for one in waiting}) == 1:
                for conversation in waiting:
                    self._refuse(conversation, error)

    def _dismissed(self, error: ApiError) -> None:
        """Handle an error by which the server announces that it closes the connection."""
        core = self._core
        moved: Any = NEW_PORT.search(error.text) if error.code == 1300 else None
        if moved is not None:
            core.moved = int(moved[1])
        if error.code == 326:
            core.closed(ClientIdInUse(clientId=core.client_id))
        else:
            lost = ConnectionLost(str(error))
            lost.__cause__ = error
            core.closed(lost, final=not error.retry)
