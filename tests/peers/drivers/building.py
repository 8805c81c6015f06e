"""What the drivers of requests share: arguments out of their descriptions, a connection that keeps.

Standard library only: it runs inside the peers' environments. `request_bytes.py` describes the
arguments.
"""

from __future__ import annotations

import importlib
from decimal import Decimal
from typing import Any


class Kept:
    """A connection that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def isConnected(self) -> bool:
        return True

    def sendMsg(self, message: bytes) -> None:
        self.sent.append(message)


def build(value: Any, library: dict[str, Any]) -> Any:
    """An argument out of its description; `library` has the classes."""
    if isinstance(value, list):
        return [build(item, library) for item in value]
    if not isinstance(value, dict):
        return value
    if "decimal" in value:
        return Decimal(value["decimal"])
    if "proto" in value:
        module = importlib.import_module(f"ibapi.protobuf.{value['proto']}_pb2")
        return getattr(module, value["proto"]).FromString(bytes.fromhex(value["bytes"]))
    return made(library[value["is"]], {k: build(v, library) for k, v in value["set"].items()})


def made(cls: type, attributes: dict[str, Any]) -> Any:
    """An object of the library; what an older one does not have is left out."""
    if cls.__name__ == "TagValue":
        return cls(attributes["tag"], attributes["value"])
    thing = cls()
    for name in ("eTradeOnly", "firmQuoteOnly"):  # retired, and true by default in 9.81
        if hasattr(thing, name):
            setattr(thing, name, False)
    if hasattr(thing, "conjunction"):  # a condition of ib_async
        attributes["conjunction"] = "a" if attributes["isConjunctionConnection"] else "o"
        attributes["exch"] = attributes.get("exchange")
    for name, value in attributes.items():
        if hasattr(thing, name):
            setattr(thing, name, value)
    return thing
