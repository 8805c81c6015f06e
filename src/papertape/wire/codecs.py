"""Token codecs: one value to one text token and back, one row per kind of field.

Each row has a Python expression for writing and one for reading, so that generated code and the
interpreter follow the same rule. Requests (client to server) are read strictly, because a server
must report what is wrong; responses are read leniently, as the official clients do.
"""

import math
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from ..errors import LocalProtocolError
from ..model import TagValue, TickAttribBidAsk, TickAttribLast
from ..model.units import UNSET_DECIMAL, UNSET_DOUBLE, UNSET_INT, UNSET_LONG
from .limits import MOST_ELEMENTS, few, too_many
from .strict import READERS

INT_TEXT = str(UNSET_INT)
LONG_TEXT = str(UNSET_LONG)
DECIMAL_TEXT = str(UNSET_DECIMAL)
LOWEST_TEXT = str(-UNSET_LONG - 1)
"""How the server writes an unset size in one place, ``OrderState.suggestedSize``."""
DOUBLE_REQUEST = repr(UNSET_DOUBLE)
"""How the Python client writes the unset double."""
DOUBLE_RESPONSE = "1.7976931348623157E308"
"""How the Java server writes the unset double."""

_UNSET_DECIMALS = frozenset(("", INT_TEXT, LONG_TEXT, DOUBLE_RESPONSE, LOWEST_TEXT, DECIMAL_TEXT))
_DECIMAL_128 = 6144
"""Largest exponent of the decimals that TWS and the official clients keep sizes in."""
_NOT_PRINTABLE = re.compile(r"[^\x20-\x7e\t\n\r]")
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([\\nrt\"']))")
_ESCAPES = {"\\": "\\", "n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'"}


class Codec(msgspec.Struct, frozen=True):
    """How one kind of field is written and read."""

    name: str
    write: str
    """Writing in a request: a piece of an f-string in which ``@`` is the value."""
    read: str
    """Expression for reading a response: lenient."""
    strict: str
    """Expression for reading a request: raises ``ValueError`` on anything odd. ``#`` is what the
    field reads as when it is not set."""
    write_response: str
    """Writing in a response."""


def lenient_float(token: str) -> float | None:
    """As ``optional_float``, for responses."""
    if not token:
        return None
    value = float(token)
    return None if value == UNSET_DOUBLE else value


def plain_float(token: str) -> float | None:
    """A number of a response where empty is 0 and only the sentinel means "not set"."""
    value = float(token or 0)
    return None if value == UNSET_DOUBLE else value


def read_decimal(token: str) -> Decimal | None:
    """A size of a response; any of the known sentinels means "not set".

    Raises ``ValueError`` for anything but a quiet decimal of 128 bits: in plain digits, a short
    token with a large exponent would fill the memory.
    """
    return None if token in _UNSET_DECIMALS else plain_decimal(token)


def plain_decimal(token: str) -> Decimal | None:
    """Like ``read_decimal``, but a sentinel stays a number; "" is None."""
    if not token:
        return None
    try:
        value = Decimal(token)
    except InvalidOperation:
        raise ValueError(token) from None
    if not token.isdigit() and (abs(value.adjusted()) > _DECIMAL_128 or value.is_snan()):
        raise ValueError(token)
    return value


def write_decimal(value: Decimal | int | None) -> str:
    """A size of a response: plain digits, no exponent; "" when not set."""
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def write_margin(value: Decimal | None) -> str:
    """A margin figure of an order state; the double sentinel when not set."""
    return DOUBLE_RESPONSE if value is None else f"{value:f}"


def write_number(value: float) -> str:
    """A number of a response in plain digits: ``0.00005``, never ``5e-05``."""
    text = str(value)
    if "e" not in text:
        return text
    return DOUBLE_RESPONSE if value == UNSET_DOUBLE else f"{Decimal(text):f}"


def read_text(token: str) -> str:
    """Text, unchanged."""
    return token


def printable(value: object) -> str:
    """Text of a request: printable ASCII, else ``LocalProtocolError`` (code 579)."""
    text = str(value)
    if not (text.isascii() and text.isprintable()) and _NOT_PRINTABLE.search(text):
        raise LocalProtocolError(
            f"invalid symbol in string {text!r}: only printable ASCII may be sent"
        )
    return text


def safe(text: str) -> str:
    """Text of a response: a NUL would end the field, so it becomes a blank."""
    return text.replace("\0", " ") if "\0" in text else text


def escape(text: str) -> str:
    """Non-ASCII text as ``\\uXXXX``, a backslash doubled (server 153 on)."""
    if text.isascii() and "\\" not in text and "\0" not in text:
        return text
    units = safe(text).replace("\\", "\\\\")
    if units.isascii():
        return units
    raw = units.encode("utf-16-be", "surrogatepass")
    codes = [int.from_bytes(raw[i : i + 2]) for i in range(0, len(raw), 2)]
    return "".join(chr(code) if code < 128 else f"\\u{code:04x}" for code in codes)


def unescape(token: str) -> str:
    """The reverse of ``escape``; other text is left unchanged."""
    if "\\" not in token:
        return token
    plain = _ESCAPED.sub(_unescaped, token)
    return plain.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else _ESCAPES[found[2]]


def write_tags(pairs: list[TagValue]) -> str:
    """Options as ``tag=value;tag=value;``. Raises ``ValueError`` where a separator would break."""
    text = "".join(f"{pair.tag}={pair.value};" for pair in pairs)
    if pairs and (text.count(";") != len(pairs) or any("=" in pair.tag for pair in pairs)):
        raise ValueError(text)
    return text


def read_tags(token: str) -> list[TagValue]:
    """The reverse of ``write_tags``."""
    pairs = (part.partition("=") for part in token.split(";") if part)
    return [TagValue(tag, value) for tag, _, value in pairs]


def strict_tags(token: str) -> list[TagValue]:
    """As ``read_tags``. Raises ``LimitExceeded`` when there are too many."""
    if not token:
        return []
    if token.count(";") > MOST_ELEMENTS:
        raise too_many(token.count(";"))
    return few(read_tags(token))


def write_reserved(pairs: list[TagValue]) -> str:
    """Options that have no text form yet. Raises ``ValueError`` when there are any."""
    if pairs:
        raise ValueError(pairs)
    return ""


def read_implied(token: str) -> float | None:
    """A volatility; any negative number means "not computed"."""
    value = float(token or 0)
    return None if value < 0 else value


def read_computed(token: str, unset: int) -> float | None:
    """A price or a greek; -1 or -2 means "not computed"."""
    value = float(token or 0)
    return None if value == unset else value


def write_last(marks: TickAttribLast) -> int:
    """The marks of a trade as bits."""
    return marks.pastLimit | marks.unreported << 1


def read_last(token: str) -> TickAttribLast:
    """The reverse of ``write_last``."""
    mask = int(token or 0)
    return TickAttribLast(bool(mask & 1), bool(mask & 2))


def write_bid_ask(marks: TickAttribBidAsk) -> int:
    """The marks of a quote as bits, as single ticks carry them."""
    return marks.bidPastLow | marks.askPastHigh << 1


def read_bid_ask(token: str) -> TickAttribBidAsk:
    """The reverse of ``write_bid_ask``."""
    mask = int(token or 0)
    return TickAttribBidAsk(bool(mask & 1), bool(mask & 2))


def write_ask_bid(marks: TickAttribBidAsk) -> int:
    """The marks of a quote as bits, in the reverse order that past ticks have."""
    return marks.askPastHigh | marks.bidPastLow << 1


def read_ask_bid(token: str) -> TickAttribBidAsk:
    """The reverse of ``write_ask_bid``."""
    mask = int(token or 0)
    return TickAttribBidAsk(bool(mask & 2), bool(mask & 1))


def read_join(token: str) -> bool:
    """How a condition joins the next one: ``a`` and, ``o`` or."""
    if token not in ("a", "o"):
        raise ValueError(token)
    return token == "a"


_ROWS = (
    # name, writing (a piece of an f-string, @ is the value), reading, strict reading
    ("int", "{@:d}", "int(@ or 0)", "strict_int(@, #)"),
    ("int_zero", "{@ or 0}", "int(@ or 0)", "strict_int(@, #)"),
    ("int_empty", "{'' if @ is None else @}", "optional_long(@)", "optional_int(@)"),
    ("int_unset", "{INT_TEXT if @ is None else @}", "optional_long(@)", "optional_int(@)"),
    ("long", "{@:d}", "int(@ or 0)", "strict_long(@, #)"),
    ("long_empty", "{'' if @ is None else @}", "optional_long(@)", "optional_long(@)"),
    ("long_unset", "{LONG_TEXT if @ is None else @}", "optional_long(@)", "optional_long(@)"),
    ("float", "{@}", "float(@ or 0)", "strict_float(@, #)"),
    ("float_zero", "{0.0 if @ is None else @}", "float(@ or 0)", "strict_float(@, #)"),
    ("float_whole", "{write_whole(@)}", "float(@ or 0)", "strict_float(@, #)"),
    ("float_empty", "{write_float(@)}", "lenient_float(@)", "optional_float(@)"),
    ("float_unset", "{DOUBLE_REQUEST if @ is None else @}", "plain_float(@)", "optional_float(@)"),
    ("bool", "{'1' if @ else '0'}", "(@ != '0' and @ != '')", "strict_int(@) != 0"),
    ("bool_word", "{'true' if @ else 'false'}", "@ == 'true'", "@ == 'true'"),
    ("bool_unset", "{write_tribool(@)}", "strict_flag(@)", "strict_flag(@)"),
    ("text", "{printable(@)}", "@", "@"),
    ("mark", "{printable(@)}", "@", "@"),
    ("text_nought", "{printable(@)}", "@", "@"),
    ("float_nought", "{DOUBLE_REQUEST if @ is None else @}", "plain_float(@)", "optional_float(@)"),
    ("escaped", "{escape(@)}", "unescape(@)", "unescape(@)"),
    ("tags", "{printable(write_tags(@))}", "read_tags(@)", "strict_tags(@)"),
    ("join", "{'a' if @ else 'o'}", "read_join(@)", "read_join(@)"),
    ("decimal", "{write_request_decimal(@)}", "read_decimal(@)", "strict_decimal(@)"),
    ("decimal_int", "{write_truncated(@)}", "read_decimal(@)", "strict_decimal(@)"),
    ("decimal_lowest", "{write_request_decimal(@)}", "read_decimal(@)", "strict_decimal(@)"),
    ("margin", "{write_margin(@)}", "read_decimal(@)", "strict_decimal(@)"),
    ("date_int", "{@ or ''}", "int(@ or 0)", "strict_int(@, #)"),
    ("implied", "{-1 if @ is None else @}", "read_implied(@)", "read_implied(@)"),
    ("minus_one", "{-1 if @ is None else @}", "read_computed(@, -1)", "read_computed(@, -1)"),
    ("minus_two", "{-2 if @ is None else @}", "read_computed(@, -2)", "read_computed(@, -2)"),
    ("mask_last", "{write_last(@)}", "read_last(@)", "read_last(@)"),
    ("mask_bid_ask", "{write_bid_ask(@)}", "read_bid_ask(@)", "read_bid_ask(@)"),
    ("mask_ask_bid", "{write_ask_bid(@)}", "read_ask_bid(@)", "read_ask_bid(@)"),
    ("count", "{len(@)}", "int(@ or 0)", "strict_int(@)"),
    ("reserved", "{write_reserved(@)}", "read_tags(@)", "strict_tags(@)"),
)
_RESPONSE_WRITERS = {
    "text": "{safe(@)}",
    "mark": "{safe(@) or '?'}",
    "text_nought": "{safe(@) or '0'}",
    "float_nought": "{0 if @ is None else write_number(@)}",
    "tags": "{safe(write_tags(@))}",
    "decimal": "{write_decimal(@)}",
    "decimal_int": "{write_decimal(@)}",
    "decimal_lowest": "{LOWEST_TEXT if @ is None else write_decimal(@)}",
    "float": "{write_number(@)}",
    "float_zero": "{0.0 if @ is None else write_number(@)}",
    "float_empty": "{write_told(@)}",
    "float_unset": "{DOUBLE_RESPONSE if @ is None else write_number(@)}",
    "float_whole": "{write_number(int(@) if @ == int(@) else @)}",
    "implied": "{-1 if @ is None else write_number(@)}",
    "minus_one": "{-1 if @ is None else write_number(@)}",
    "minus_two": "{-2 if @ is None else write_number(@)}",
}


def write_float(value: float | None) -> str:
    """A number that is empty when not set; infinity has its Java name."""
    if value is None or value == UNSET_DOUBLE:
        return ""
    return "Infinity" if value == math.inf else str(value)


def write_told(value: float | None) -> str:
    """As ``write_float``, in a response."""
    text = write_float(value)
    return write_number(float(text)) if "e" in text else text


def write_request_decimal(value: Decimal | float | None) -> str:
    """A size of a request, exactly as the program gave it; the sentinel's digits when not set."""
    return DECIMAL_TEXT if value is None else str(value)


def write_whole(value: float) -> str:
    """A number that older clients read as an integer: no needless ``.0``."""
    return str(int(value)) if value == int(value) else str(value)


def write_truncated(value: Decimal | float | None) -> str:
    """A size for servers below 101, which know whole numbers only."""
    return DECIMAL_TEXT if value is None else str(int(value))


def write_tribool(value: bool | None) -> str:
    """Empty, 1 or 0."""
    return "" if value is None else "1" if value else "0"


CODECS: dict[str, Codec] = {
    name: Codec(name, write, read, strict, _RESPONSE_WRITERS.get(name, write))
    for name, write, read, strict in _ROWS
}
NAMESPACE: dict[str, Any] = {
    name: value for name, value in globals().items() if not name.startswith("_")
} | READERS
"""What generated expressions may name."""

_COMPILED: dict[str, Callable[[Any], Any]] = {}


def evaluate(expression: str, value: Any) -> Any:
    """Evaluate one codec expression on one value, for the interpreter."""
    function = _COMPILED.get(expression)
    if function is None:
        body = expression.replace("@", "v").replace("#", "None")
        source = f'lambda v: f"{body}"' if expression.startswith("{") else f"lambda v: {body}"
        function = _COMPILED[expression] = eval(source, NAMESPACE)
    return function(value)
