"""Messages from the feed of a station: their names, and a summary of each.

Pure: no feed, no page. A message is decoded when it is shown, by the decoders of the client;
``dissect`` explains one byte by byte.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Final, Literal

import msgspec

from ...model.contract import Contract
from ...model.order import Execution, Order, OrderState
from ...quoting import visible
from ...versions import RAW_IDS
from ...wire import catalogue
from ...wire.connection import PROTOBUF_OFFSET, Codecs
from ...wire.events import Undecodable, UnknownMessage
from ...wire.message import Message

Direction = Literal["in", "out"]
"""From the client, to the client."""
MOST_PAIRS: Final = 8
MOST_LETTERS: Final = 60
"""Characters of a value in a row; opening the message shows all of it."""
TICKS: Final = {
    0: "BID_SIZE", 1: "BID", 2: "ASK", 3: "ASK_SIZE", 4: "LAST", 5: "LAST_SIZE", 6: "HIGH",
    7: "LOW", 8: "VOLUME", 9: "CLOSE", 14: "OPEN", 32: "BID_EXCH", 33: "ASK_EXCH",
    45: "LAST_TIMESTAMP", 48: "RT_VOLUME", 49: "HALTED", 66: "DELAYED_BID", 67: "DELAYED_ASK",
    68: "DELAYED_LAST", 84: "LAST_EXCH",
}  # fmt: skip
"""Common tick types by their documented names."""
ALWAYS: Final = frozenset({"tickType", "price", "size", "position", "filled", "remaining"})
"""Fields that are shown even when empty or zero."""
SELDOM: Final = frozenset({"errorTime", "attrMask", "manualOrderTime"})
"""Fields that a row omits."""
ORDER: Final = ("orderId", "order", "execution", "execId")
"""Fields that mark a message as being about an order."""
NOTICES: Final = range(2100, 2170)
"""Codes of ErrorMessage that report a state, not a failure."""
Pair = tuple[str, str]


class Frame(msgspec.Struct, gc=False):
    """One message as it was sent; the field names are the control API's."""

    number: int
    time: str
    """Market time, ISO."""
    session: int
    client_id: int | None
    direction: Direction
    version: int
    length: int
    """Bytes, the four of the length included; ``hex`` may hold fewer."""
    hex: str
    market_data: bool = False
    hidden: bool = False
    """Whether it contains credentials, which the station does not show."""
    serial: int = 0
    """Number of the message in this console."""

    @property
    def data(self) -> bytes:
        """The frame, or its beginning."""
        return bytes.fromhex(self.hex)

    @property
    def sender(self) -> Literal["client", "server"]:
        """The sender."""
        return "client" if self.direction == "in" else "server"

    @property
    def cut(self) -> bool:
        """Whether its end is missing."""
        return len(self.hex) < 2 * self.length


class FrameBatch(msgspec.Struct):
    """A batch of messages from the feed."""

    dropped: int
    messages: list[Frame]


def kind(frame: Frame) -> type[Message] | None:
    """The message class of its id; None for an unknown id."""
    return _kind(frame.hex[8:24], frame.direction, frame.version >= RAW_IDS)


@lru_cache(4096)
def _kind(head: str, direction: Direction, raw: bool) -> type[Message] | None:
    table = catalogue.REQUESTS if direction == "in" else catalogue.RESPONSES
    start = bytes.fromhex(head)
    if raw:
        number = int.from_bytes(start[:4])
        return table.get(number - PROTOBUF_OFFSET if number > PROTOBUF_OFFSET else number)
    word = start.partition(b"\0")[0]
    return table.get(int(word)) if word.isdigit() else None


def name(frame: Frame) -> str:
    """Official name of the message; for an unknown one, the start of its frame."""
    found = kind(frame)
    return found.__name__ if found else "unknown message"


@lru_cache(64)
def _codecs(version: int, direction: Direction) -> Codecs:
    table = catalogue.REQUESTS if direction == "in" else catalogue.RESPONSES
    return Codecs(version, table)


def decode(frame: Frame) -> Message | None:
    """The decoded message; None when it is hidden, cut, unknown or malformed."""
    if frame.hidden or frame.cut:
        return None
    found: Any = _codecs(frame.version, frame.direction).decode(frame.data[4:])
    return None if isinstance(found, Undecodable | UnknownMessage) else found


def about(frame: Frame, message: Message | None) -> tuple[str, int] | None:
    """The id of its conversation: the field's name and the number."""
    if message is None:
        return None
    field = type(message).spec.id_field
    number = getattr(message, field) if field else None
    return (field, number) if isinstance(number, int) and number >= 0 else None


# ---------------------------------------------------------------- what a row shows


def pairs(frame: Frame, message: Message | None) -> list[Pair]:
    """A summary for one line: names of fields and their values."""
    if message is None:
        return [("", _why_not(frame))]
    found: list[Pair] = []
    usual = _usual(type(message))
    for field in message.__struct_fields__:
        value = getattr(message, field)
        told = field in ALWAYS or field == type(message).spec.id_field
        if field in SELDOM or (not told and (not value or value == getattr(usual, field))):
            continue
        shown = _shown(field, value)
        if shown:
            found.append((field, _short(shown)))
        if len(found) == MOST_PAIRS:
            break
    return found


def tone(frame: Frame, message: Message | None) -> str:
    """The style of a row: ``bad``, ``warn``, ``quiet``, ``order`` or plain ""."""
    if message is None:
        return "quiet" if frame.hidden or frame.cut else "bad"
    code = getattr(message, "errorCode", None)
    if isinstance(code, int):
        return "quiet" if code in NOTICES else "warn" if code == 202 else "bad"
    if frame.market_data:
        return "quiet"
    return "order" if any(hasattr(message, field) for field in ORDER) else ""


def _why_not(frame: Frame) -> str:
    if frame.hidden:
        return "not shown: it contains credentials"
    if frame.cut:
        return f"a long message: the first {len(frame.hex) // 2:,} of {frame.length:,} bytes"
    return "cannot be read; open it to see where it goes wrong"


@cache
def _usual(cls: type[Message]) -> Message:
    """A message with all fields at their defaults."""
    return cls()


def _shown(field: str, value: Any) -> str:
    """A value in a row; "" for one that is omitted."""
    match value:
        case Contract():
            return _contract(value)
        case Order():
            return _order(value)
        case OrderState():
            return value.status
        case Execution():
            return f"{value.side} {plain(value.shares)} @ {plain(value.price)}"
        case list():
            return f"{len(value)} of them" if value else ""
        case msgspec.Struct():
            values = (plain(one) for one in msgspec.structs.astuple(value)[:6])
            return " ".join(one for one in values if one)
        case int() if field == "tickType" and value in TICKS:
            return f"{value} {TICKS[value]}"
    return plain(value)


def _contract(contract: Contract) -> str:
    words = (
        contract.symbol or contract.localSymbol, contract.secType,
        contract.lastTradeDateOrContractMonth, contract.right.strip("?0"),
        plain(contract.strike) if contract.strike else "", contract.exchange, contract.currency,
    )  # fmt: skip
    told = " ".join(word for word in words if word)
    return told or (f"conId {contract.conId}" if contract.conId else "")


def _order(order: Order) -> str:
    limit = f" {plain(order.lmtPrice)}" if order.lmtPrice else ""
    stop = f" stop {plain(order.auxPrice)}" if order.auxPrice else ""
    return f"{order.action} {plain(order.totalQuantity)} {order.orderType}{limit}{stop} {order.tif}"


def plain(value: Any) -> str:
    """A readable value: 100 for 100.0, "" for what is not set."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, Decimal):
        return f"{value:f}"
    return visible(value)


def _short(text: str) -> str:
    text = visible(text)
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…"


# ---------------------------------------------------------------- every value, for the search


def values(message: Message) -> Iterator[Pair]:
    """Every field that is set, with its path: ``contract.symbol``, ``bars[3].close``."""
    yield from _values("", message)


def _values(path: str, value: Any) -> Iterator[Pair]:
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _values(f"{path}.{field}" if path else field, getattr(value, field))
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from _values(f"{path}[{i}]", one)
    elif value is not None and value != "":
        yield path, plain(value)
