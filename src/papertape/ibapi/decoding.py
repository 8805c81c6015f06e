"""Decoder: calls the callback for the fields of one message, for programs that feed it themselves.

``EClient`` does not need it: it decodes from bytes (``dispatch.py``). Both use the same functions.
"""

import inspect
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..versions import RAW_IDS
from ..wire import proto
from ..wire.catalogue import RESPONSES
from ..wire.connection import PROTOBUF_OFFSET
from .decoder_table import CALLBACKS, PROTOBUF, TEXT
from .dispatch import Dispatcher
from .errors import CodeMsgPair
from .message import IN
from .object_implem import Object
from .reader import currentTimeMillis
from .utils import decode
from .wrapper import EWrapper

__all__ = ["Decoder", "HandleInfo"]

logger = logging.getLogger(__name__)


class HandleInfo(Object):
    """The handler of a message: a callback that takes its fields unchanged, or a method here."""

    def __init__(self, wrap: Any = None, proc: Any = None) -> None:
        if wrap is None and proc is None:
            raise ValueError("a message is handled by a callback or by a method: give one of them")
        self.wrapperMeth = wrap
        self.wrapperParams: Mapping[str, inspect.Parameter] | None = None
        self.processMeth = proc

    def __str__(self) -> str:
        return f"wrap:{self.wrapperMeth} meth:{self.processMeth} prms:{self.wrapperParams}"


class Decoder(Object):
    """Calls a wrapper for messages that are already split into fields.

    ``interpret`` takes the fields of a text message, ``processProtoBuf`` a protobuf message; both
    without the message id, which is an argument. Each ``process…`` method does it for one kind.
    """

    msgId2handleInfo: dict[int, HandleInfo]
    msgId2handleInfoProtoBuf: dict[int, HandleInfo]

    def __init__(self, wrapper: Any, serverVersion: int) -> None:
        self.wrapper = wrapper
        self.serverVersion = serverVersion

    def _dispatcher(self, least: int = 0) -> Dispatcher:
        return Dispatcher(max(self.serverVersion, least), self.wrapper, self._tell)

    def _tell(self, about: int, failure: CodeMsgPair, more: str = "") -> None:
        told = failure.msg() + more
        self.wrapper.error(about, currentTimeMillis(), failure.code(), told)

    def interpret(self, fields: Iterable[bytes], msgId: int) -> None:
        """Call back for a text message. Reports 505 for an unknown id, 508 for a bad field."""
        if msgId == 0:
            logger.debug("a message without an id")
            return
        head = b"%d\0" % msgId
        body = b"".join(field + b"\0" for field in fields)
        dispatcher = self._dispatcher()
        if dispatcher.raw:
            dispatcher.handler(msgId.to_bytes(4))(body)
        else:
            dispatcher.large_handler(head[:-1])(head + body)

    def processProtoBuf(self, protoBuf: bytes, msgId: int) -> None:
        """Call back for a protobuf message. Raises ``DecodeError`` for malformed bytes."""
        if msgId in RESPONSES and RESPONSES[msgId].spec.proto_name:
            proto.message_class(RESPONSES[msgId]).FromString(protoBuf)
        token = (msgId + PROTOBUF_OFFSET).to_bytes(4)
        self._dispatcher(RAW_IDS).protobuf_handler(msgId, token)(protoBuf)

    def interpretWithSignature(self, fields: Iterable[bytes], handleInfo: HandleInfo) -> None:
        """Call the callback with the fields as its parameters; the first field is no parameter.

        Nothing is called when there are more or fewer fields; that is logged.
        """
        if handleInfo.wrapperParams is None:
            handleInfo.wrapperParams = inspect.signature(handleInfo.wrapperMeth).parameters
        wanted = list(handleInfo.wrapperParams.values())[1:]
        given = list(fields)[1:]
        if len(given) != len(wanted):
            name = handleInfo.wrapperMeth.__name__
            logger.error("%s: %d fields for %d parameters", name, len(given), len(wanted))
            return
        tokens = iter(given)
        values = [decode(parameter.annotation, tokens) for parameter in wanted]
        getattr(self.wrapper, handleInfo.wrapperMeth.__name__)(*values)

    def discoverParams(self) -> None:
        """Look up the parameters of every callback that takes the fields as they are."""
        for info in self.msgId2handleInfo.values():
            if info.wrapperMeth is not None:
                info.wrapperParams = inspect.signature(info.wrapperMeth).parameters

    def printParams(self) -> None:
        """Log what ``discoverParams`` has found, at level DEBUG."""
        for info in self.msgId2handleInfo.values():
            for name, parameter in (info.wrapperParams or {}).items():
                logger.debug("%s: %s %s", info.wrapperMeth.__name__, name, parameter)

    def readLastTradeDate(self, fields: Any, contract: Any, isBond: bool) -> None:
        """Take the next field as the last trade date of contract details, in its parts."""
        parts = _parts(decode(str, fields))
        day = parts[0] if parts else None
        if len(parts) > 1:
            contract.lastTradeTime = parts[1]
        if len(parts) > 2 and isBond:
            contract.timeZoneId = parts[2]
        if day is not None and isBond:
            contract.maturity = day
        elif day is not None:
            contract.contract.lastTradeDateOrContractMonth = day


def _parts(moment: str) -> list[str]:
    return moment.split("-") if "-" in moment else moment.split()


def _in_text(number: int) -> Callable[[Decoder, Any], None]:
    def process(self: Decoder, fields: Any) -> None:
        self.interpret(fields, number)

    return process


def _in_protobuf(number: int) -> Callable[[Decoder, Any], None]:
    def process(self: Decoder, protobuf: Any) -> None:
        self.processProtoBuf(protobuf, number)

    return process


UNLISTED = {int(IN.MARKET_DATA_TYPE): "processMarketDataTypeMsg"}
"""A method that the official package has beside the callback that its table names."""


def _equip() -> None:
    """Give ``Decoder`` its method for each message, and its tables."""
    for table, make, told in (
        (TEXT | UNLISTED, _in_text, "text"),
        (PROTOBUF, _in_protobuf, "protobuf"),
    ):
        for number, name in table.items():
            method = make(number)
            method.__name__ = name
            method.__qualname__ = f"{Decoder.__name__}.{name}"
            method.__doc__ = f"Tell a {told} message with the id {number}."
            setattr(Decoder, name, method)
    callbacks = {IN(n): HandleInfo(wrap=vars(EWrapper)[name]) for n, name in CALLBACKS.items()}
    methods = {IN(n): HandleInfo(proc=vars(Decoder)[name]) for n, name in TEXT.items()}
    Decoder.msgId2handleInfo = dict(sorted((callbacks | methods).items()))
    Decoder.msgId2handleInfoProtoBuf = {
        IN(n): HandleInfo(proc=vars(Decoder)[name]) for n, name in PROTOBUF.items()
    }


_equip()
