"""A drill of prices that are no numbers, as gateways send them in text."""

from typing import Annotated, Final

import msgspec

from ...errors import ProtocolError, SettingsError
from ...versions import RAW_IDS
from ...wire.framing import frame
from ...wire.message import Message
from ...wire.oracle import read_text
from ..sessions.session import Session
from .base import Aimed, Drill
from .messages import kinds

PRICES: Final = frozenset((
    "open", "high", "low", "close", "price", "wap", "lmtPrice", "auxPrice", "trailStopPrice",
    "avgFillPrice", "lastFillPrice", "avgPrice", "avgCost", "averageCost", "marketPrice",
    "priceBid", "priceAsk",
))  # fmt: skip
"""Fields with a price, by the last part of their names."""
Odd = Annotated[str, msgspec.Meta(max_length=20)]


class UnreadablePrice(Drill):
    """Prices of one callback arrive as ``?`` or as nothing where numbers belong: bars of metals
    were seen with ``?`` in each price, index ticks with an empty one. A decoder that expects a
    number loses the message or its connection. A message in protobuf has no such price, and stays
    as it is. Lasts until the drill is stopped."""

    name = "unreadable-price"
    summary = "prices of a callback arrive as ? or empty"
    issues = ("erdewit/ib_insync#239", "erdewit/ib_insync#428")
    order = ("kind", "value")

    class Options(Aimed, frozen=True, kw_only=True):
        """``kind``: official name of a callback; ``value``: what stands there instead."""

        kind: str = "historicalData"
        value: Odd = "?"

    def start(self) -> None:
        """Send it from now on. Raises ``SettingsError`` for a kind that there is not."""
        self._kinds = kinds(self.options.kind)
        if not self.options.value.isprintable():
            raise SettingsError("is not printable", setting="value", found=self.options.value)

    def writes(self, session: Session, message: Message | None, encoded: bytes) -> bytes:
        """Return the message with its prices replaced."""
        if message is None or not isinstance(message, self._kinds) or not self.aims_at(session):
            return encoded
        if session.version >= message.spec.protobuf:
            return encoded
        head, _, body = encoded[4:].partition(b"\0")
        if session.version >= RAW_IDS:
            head, body = encoded[4:8], encoded[8:]
        tokens = body.decode().split("\0")
        try:
            named = read_text(type(message), session.version, tokens)[1]
        except ProtocolError:
            return encoded
        for token in named:
            if token.name.rpartition(".")[2] in PRICES:
                tokens[token.offset] = self.options.value
        rest = "\0".join(tokens).encode()
        return frame(head + rest if session.version >= RAW_IDS else head + b"\0" + rest)
