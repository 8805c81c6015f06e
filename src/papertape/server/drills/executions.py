"""Drills of executions: the exchange corrects one, or busts it."""

import logging

from ...errors import SettingsError
from ...venue.script import NANO, BustExecution, CorrectExecution, ScriptRefused
from ...venue.units import SIZE_SCALE
from ...wire.catalogue.reports import ExecutionDetails
from ...wire.message import Message
from ..present.views import execution_number
from ..sessions.session import Session
from .base import Aimed, Drill, Milliseconds

log = logging.getLogger("papertape.station")


class CorrectedExecution(Drill):
    """The exchange corrects the next execution, or busts it, ``ms`` after a client was told.

    A correction is an execution of its own with the same id but for the number behind the last
    dot, and a commission report of its own; a program that adds up executions by their whole id
    counts the trade twice. A busted trade is in no list any more, and no callback says so: the
    order and the position change. Over when it is done, or cannot be."""

    name = "corrected-execution"
    summary = "an execution is corrected or busted"
    issues = ("erdewit/ib_insync#364", "backtrader2/backtrader#15")
    order = ("size", "price")

    class Options(Aimed, frozen=True, kw_only=True):
        """``size`` and ``price`` that it had in truth, 0: as it was; ``bust``: nothing of it was;
        ``ms`` after it."""

        size: float = 0.0
        price: float = 0.0
        bust: bool = False
        ms: Milliseconds = 1000.0

    def start(self) -> None:
        """Wait for an execution. Raises ``SettingsError`` without anything to correct."""
        options = self.options
        if not options.bust and not options.size and not options.price:
            raise SettingsError("a correction needs a size or a price, or bust=true")
        if not (0 <= options.size < 1e9 and 0 <= options.price < 1e9):
            raise SettingsError("a correction has a size and a price from 0 to 1e9")
        self._execution = -1

    def gives(self, session: Session, message: Message) -> bool:
        """See the first execution that a client is told as it happens."""
        waits = self._execution < 0 and self.aims_at(session)
        if waits and isinstance(message, ExecutionDetails) and message.reqId < 0:
            self._execution = execution_number(message.execution.execId)
            self.due = self.after(self.options.ms)
        return True

    def act(self) -> None:
        """Correct it, or bust it."""
        size, price = round(self.options.size * SIZE_SCALE), round(self.options.price * NANO)
        command: CorrectExecution | BustExecution
        command = CorrectExecution(self._execution, size, price)
        if self.options.bust:
            command = BustExecution(self._execution)
        self.finish()
        try:
            self.tws.link.play(command)
        except ScriptRefused as refused:
            log.warning("nothing is corrected: %s", refused)
