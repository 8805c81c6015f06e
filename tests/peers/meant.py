"""What an answer means to a program: the callbacks that it is, with their exact values.

Made from the message alone, by ``meant_tables.py``, so that any client can be compared with it.
Values are plain; a record is a ``Thing``, a value that is not set an ``Unset`` of its kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from papertape.model import OrderCondition
from papertape.wire.message import hints
from papertape.wire.plan import annotation, bare, plain
from peers.corpus import Frame
from peers.meant_tables import CALLBACKS, CONDITION_FIELDS, ENUMS, SIZE_TICK

CLASSES = {
    "Bar": "BarData",
    "HistogramEntry": "HistogramData",
    "CommissionReport": "CommissionAndFeesReport",
}
"""Record: official class, where the names differ."""
CONDITIONS = {
    1: "PriceCondition", 3: "TimeCondition", 4: "MarginCondition", 5: "ExecutionCondition",
    6: "VolumeCondition", 7: "PercentChangeCondition",
}  # fmt: skip


@dataclass(frozen=True)
class Unset:
    """A value that is not set: of ``int``, ``float``, ``Decimal``, ``bool``, or a record."""

    kind: str


@dataclass
class Thing:
    """An object with attributes."""

    name: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A callback and its arguments, each with a name to speak of it."""

    name: str
    args: tuple[tuple[str, Any], ...]


def calls(frame: Frame) -> list[Call]:
    """The callbacks that a frame means."""
    name = frame.cls.__name__
    if special := SPECIAL.get(name):
        return list(special(frame))
    callback, paths = CALLBACKS[name]
    return [Call(callback, tuple((spoken(path), at(frame.view, path)) for path in paths))]


def spoken(path: str) -> str:
    return path.rpartition(".")[2] or "report"


def at(record: Any, path: str) -> Any:
    """The value at a path of the message; "." is the message itself."""
    if path == ".":
        return told(record, type(record))
    value = record
    for name in path.split("."):
        value = getattr(value, name)
    return told(value, annotation(type(record), path))


def told(value: Any, hint: Any) -> Any:
    """A value of the message as a program should see it."""
    if value is None:
        return unset(hint)
    if isinstance(value, list):
        return [told(item, type(item)) for item in value]
    if isinstance(value, OrderCondition):
        return condition(value)
    if not isinstance(value, msgspec.Struct):
        return value
    cls = type(value)
    fields = {name: told(getattr(value, name), hint) for name, hint in hints(cls).items()}
    for name in ENUMS.keys() & fields.keys():
        enumeration, members = ENUMS[name]
        fields[name] = f"{enumeration}.{members.get(getattr(value, name), 'NoneItem')}"
    return Thing(CLASSES.get(cls.__name__, cls.__name__), fields)


@cache
def unset(hint: Any) -> Unset:
    return Unset(bare(plain(hint)).__name__)


def condition(record: OrderCondition) -> Thing:
    """A condition is one of six classes, each with what belongs to it."""
    names = ("isConjunctionConnection", *CONDITION_FIELDS[record.type].split())
    found = {name: told(getattr(record, name), hints(OrderCondition)[name]) for name in names}
    return Thing(CONDITIONS[record.type], {"condType": record.type, **found})


# ---------------------------------------------------------------- what is not regular


def tick_price(frame: Frame) -> Iterator[Call]:
    """A price with its marks; its size comes besides."""
    tick, marks = frame.view, frame.view.attrMask or 0
    modern = frame.version >= 109  # before, the number is a flag
    attrib = {
        "canAutoExecute": bool(marks & 1) if modern else marks == 1,
        "pastLimit": modern and bool(marks & 2),
        "preOpen": modern and bool(marks & 4),
    }
    known = (("reqId", tick.reqId), ("tickType", tick.tickType), ("price", tick.price))
    yield Call("tickPrice", (*known, ("attrib", Thing("TickAttrib", attrib))))
    if tick.tickType in SIZE_TICK:
        size = ("size", at(tick, "size"))
        yield Call("tickSize", (known[0], ("tickType", SIZE_TICK[tick.tickType]), size))


def tick_by_tick(frame: Frame) -> Iterator[Call]:
    """One of three callbacks, by the kind of the tick; none for kind 0."""
    view, request = frame.view, ("reqId", frame.view.reqId)
    if view.tickType in (1, 2):
        names = ("time", "price", "size", "tickAttribLast", "exchange", "specialConditions")
        args = [(name, at(view, f"historicalTickLast.{name}")) for name in names]
        yield Call("tickByTickAllLast", (request, ("tickType", view.tickType), *args))
    elif view.tickType == 3:
        names = ("time", "priceBid", "priceAsk", "sizeBid", "sizeAsk", "tickAttribBidAsk")
        args = [(name, at(view, f"historicalTickBidAsk.{name}")) for name in names]
        yield Call("tickByTickBidAsk", (request, *args))
    elif view.tickType == 4:
        args = [(name, at(view, f"historicalTickMidPoint.{name}")) for name in ("time", "price")]
        yield Call("tickByTickMidPoint", (request, *args))


def bars(frame: Frame) -> Iterator[Call]:
    """A callback a bar; until 196 the end is part of the message."""
    request = ("reqId", frame.view.reqId)
    for bar in frame.view.historicalDataBars:
        yield Call("historicalData", (request, ("bar", told(bar, type(bar)))))
    if frame.version < 196:
        ends = (("start", frame.view.startDateStr), ("end", frame.view.endDateStr))
        yield Call("historicalDataEnd", (request, *ends))


def scanner(frame: Frame) -> Iterator[Call]:
    """A callback a row, then the end."""
    request = ("reqId", frame.view.reqId)
    for row in frame.view.scannerDataElement:
        details = Thing("ContractDetails", {
            "contract": told(row.contract, type(row.contract)), "marketName": row.marketName,
        })  # fmt: skip
        names = ("distance", "benchmark", "projection", "legsStr")
        rest = tuple((name, getattr(row, name)) for name in names)
        known = (request, ("rank", row.rank), ("contractDetails", details))
        yield Call("scannerData", (*known, *rest))
    yield Call("scannerDataEnd", (request,))


def details(frame: Frame) -> Iterator[Call]:
    """The contract stands in its details, its last trade date in parts."""
    bond = frame.cls.__name__ == "BondContractData"
    thing = at(frame.view, "contractDetails")
    contract = at(frame.view, "contract")
    moment = contract.fields["lastTradeDateOrContractMonth"]
    day, time, zone = (*moment.split("-" if "-" in moment else None), "", "", "")[:3]
    contract.fields["lastTradeDateOrContractMonth"] = "" if bond else day
    thing.fields |= {"contract": contract, "lastTradeTime": time}
    if bond:
        zone = (thing.fields["timeZoneId"] if frame.form == "text" else "") or zone
        thing.fields |= {"maturity": day, "timeZoneId": zone or thing.fields["timeZoneId"]}
    name = "bondContractDetails" if bond else "contractDetails"
    yield Call(name, (("reqId", frame.view.reqId), ("contractDetails", thing)))


def configuration(frame: Frame) -> Iterator[Call]:
    """Configuration is reported as the protobuf message itself: its bytes, without the id."""
    yield Call(frame.cls.spec.callback, (("message", frame.payload[4:].hex()),))


SPECIAL: dict[str, Callable[[Frame], Iterator[Call]]] = {
    "TickPrice": tick_price,
    "TickByTickData": tick_by_tick,
    "HistoricalData": bars,
    "ScannerData": scanner,
    "ContractData": details,
    "BondContractData": details,
    "ConfigResponse": configuration,
    "UpdateConfigResponse": configuration,
}


# ---------------------------------------------------------------- comparing

Sentinels = dict[str, tuple[Any, ...]]
"""Kind: how a client says that such a value is not set."""


@dataclass(frozen=True)
class Difference:
    """A value that a client did not report as it was meant."""

    path: str
    meant: Any
    came: Any

    def __str__(self) -> str:
        return f"{self.path}: meant {str(self.meant)[:90]}, came as {str(self.came)[:90]}"


MISSING = "missing"
MARGIN = re.compile(r"(Margin|equityWithLoan)\w*$")
DOUBLE_MAX = "1.7976931348623157E308"
"""A margin that is not set, as text messages tell it."""


class Reader:
    """Compares callbacks of one client, knowing its classes' defaults."""

    def __init__(self, defaults: dict[str, dict[str, Any]], sentinels: Sentinels) -> None:
        self.defaults = defaults
        self.sentinels = sentinels
        self.unordered = False
        """Options have no order, as in protobuf, where they are maps."""

    def compare(self, meant: list[Call], came: list[Any]) -> Iterator[Difference]:
        """Every difference of the callbacks of a frame."""
        names = [call.name for call in meant]
        if names != [name for name, _ in came]:
            yield Difference("callbacks", names, [name for name, _ in came])
            return
        for call, (_, args) in zip(meant, came):
            if len(call.args) != len(args):
                yield Difference(call.name, f"{len(call.args)} arguments", len(args))
                continue
            for (name, value), arg in zip(call.args, args):
                yield from self.value(value, arg, name, MISSING)

    def value(self, meant: Any, came: Any, path: str, default: Any) -> Iterator[Difference]:
        if isinstance(meant, Thing) and isinstance(came, dict) and "_" in came:
            yield from self.thing(meant, came, path)
        elif isinstance(meant, list) and isinstance(came, list) and came[:1] != ["set"]:
            if len(meant) != len(came):
                yield Difference(path, meant, came)
            for one, other in zip(meant, by_tag(came) if self.unordered else came):
                yield from self.value(one, other, path, MISSING)
        elif not self.equal(meant, came, path, default):
            yield Difference(path, meant, came)

    def thing(self, meant: Thing, came: dict[str, Any], path: str) -> Iterator[Difference]:
        """All that the client's object has; what the message does not have is at its default."""
        if came["_"] != meant.name:
            yield Difference(path, meant.name, came["_"])
        known = self.defaults.get(came["_"], {})
        for name, value in came.items():
            if name in meant.fields:
                yield from self.value(
                    meant.fields[name], value, f"{path}.{name}", known.get(name, MISSING)
                )
            elif name != "_" and value != known.get(name, MISSING):
                yield Difference(f"{path}.{name}", "its default", value)
        for name in meant.fields.keys() - came.keys():
            if not is_nothing(meant.fields[name]):
                yield Difference(f"{path}.{name}", meant.fields[name], MISSING)

    def equal(self, meant: Any, came: Any, path: str, default: Any) -> bool:
        """Equal as values: a number is a number, but a flag is a flag and a text a text."""
        if isinstance(meant, Unset):
            unset = came == default or number(came) in self.sentinels.get(meant.kind, (None,))
            return unset or (came == DOUBLE_MAX and bool(MARGIN.search(path)))
        if isinstance(meant, list) and isinstance(came, list):
            return sorted(repr(item) for item in meant) == came[1:]  # a set
        if meant == [] and came is None:
            return default is None  # a list that the class leaves out while it is empty
        if isinstance(meant, Decimal) and isinstance(came, str) and MARGIN.search(path):
            return meant == Decimal(came)  # figures of a margin are text there
        if isinstance(meant, bool) or isinstance(came, bool) or isinstance(meant, str):
            return type(meant) is type(came) and meant == came
        return number(meant) is not None and number(meant) == number(came)


def number(value: Any) -> Any:
    """A rendered number as a float or, where that would lose digits, an int; else the value."""
    if isinstance(value, str):
        for head in ("float ", "Decimal "):
            if value.startswith(head):
                return float(value.removeprefix(head))
        return value
    return float(value) if isinstance(value, Decimal) else value


def by_tag(items: list[Any]) -> list[Any]:
    """Options in the order of their tags; anything else as it is."""
    if all(isinstance(item, dict) and item.get("_") == "TagValue" for item in items):
        return sorted(items, key=lambda item: str(item["tag"]))
    return items


def is_nothing(value: Any) -> bool:
    """Whether it is lost nowhere: not set, empty, or false."""
    return isinstance(value, Unset) or value in ("", [], False) or str(value).endswith(".NoneItem")
