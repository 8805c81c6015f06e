"""Requests as calls of other clients' methods: which to compare, how to call, what they send.

A message becomes a call of the client's method with the values of its fields; the driver
(``drivers/request_bytes.py``) says what the client sent or refused. ``understood`` says what our
server makes of the bytes.
"""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from lanes import HANGS_S, LANE
from papertape.errors import LocalProtocolError
from papertape.model import Order
from papertape.model.units import UNSET_DECIMAL, UNSET_DOUBLE, UNSET_INT
from papertape.versions import MAX_SERVER
from papertape.wire import catalogue, connection, oracle
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.session import StartApi
from papertape.wire.catalogue.wsh import ReqWshEventData
from papertape.wire.layout import ALWAYS
from papertape.wire.message import Message
from papertape.wire.plan import annotation, bare, plain
from papertape.wire.refusals import refuse, reported_id
from papertape.wire.schema import left_out, selector
from wire.messages import for_text, kept_message, samples, sides, versions
from wire.views import differences, proto_view, text_view

DRIVERS = Path(__file__).parent / "drivers"
OFFICIAL = ("request_bytes.py",)
OLD_HIGHEST = 157
SPELLED = (OLD_HIGHEST, 176)
"""The highest versions of the clients that know PEG BENCH but not PEGBENCH: 9.81, ib_insync."""
ALL = LANE == "proof"
GIVEN = versions if ALL else sides
RANDOM = 3 if ALL else 1
"""Random messages for each version, besides those that are made for it."""
REQUESTS = tuple(catalogue.REQUESTS[number] for number in sorted(catalogue.REQUESTS))

Outcome = dict[str, Any]
Calls = dict[str, tuple[str, ...]]
"""Method: its arguments as paths into the message; "" is the message as an object."""

# The official methods whose arguments do not stand in the order of our fields.
CALLS: Calls = {
    "placeOrder": ("orderId", "contract", "order"),
    "replaceFA": ("reqId", "faDataType", "xml"),
    "reqHistoricalData": (
        "reqId", "contract", "endDateTime", "duration", "barSizeSetting", "whatToShow", "useRTH",
        "formatDate", "keepUpToDate", "chartOptions",
    ),
    "reqHeadTimeStamp": ("reqId", "contract", "whatToShow", "useRTH", "formatDate"),
    "reqScannerSubscription": (
        "reqId", "scannerSubscription", "scannerSubscription.scannerSubscriptionOptions",
        "scannerSubscription.scannerSubscriptionFilterOptions",
    ),
    "reqWshEventData": ("reqId", ""),
}  # fmt: skip
CLASSES: dict[Any, str] = {ReqWshEventData: "WshEventData"}
UNSET: dict[Any, Any] = {
    int: UNSET_INT, float: UNSET_DOUBLE, Decimal: {"decimal": str(UNSET_DECIMAL)},
}  # fmt: skip
CONDITIONS = {
    1: "PriceCondition", 3: "TimeCondition", 4: "MarginCondition", 5: "ExecutionCondition",
    6: "VolumeCondition", 7: "PercentChangeCondition",
}  # fmt: skip


# ---------------------------------------------------------------- a message as a call


class Caller:
    """Tells the driver what to call. ``full`` sets what is at its default too.

    ``calls`` holds the arguments of methods that are not those of the official client.
    """

    def __init__(self, *, full: bool, calls: Calls) -> None:
        self.full = full
        self.calls = CALLS | calls

    def job(self, message: Message, version: int) -> dict[str, Any]:
        """The call of the official client that should send this message."""
        cls = type(message)
        name = cls.spec.callback
        found: dict[str, Any] = {"version": version, "call": name}
        if name.endswith("ProtoBuf"):
            body = oracle.write_proto(message, version).hex()
            return found | {"args": [{"proto": cls.spec.proto_name, "bytes": body}]}
        if isinstance(message, StartApi):
            known = {"clientId": message.clientId, "optCapab": message.optionalCapabilities}
            return found | {"args": [], "client": known}
        paths = self.calls.get(name, cls.__struct_fields__)
        found["args"] = [self.argument(message, path) for path in paths]
        return found | ({"client": {"extraAuth": True}} if name.startswith("verify") else {})

    def argument(self, message: Any, path: str) -> Any:
        if not path:
            return self.described(message)
        value = message
        for name in path.split("."):
            value = getattr(value, name)
        if path.endswith("FilterOptions") and not value:
            return None  # the official client takes an empty list for a wish
        if isinstance(value, Order):
            order, attached = self.described(value), self.described(message.attachedOrders)
            return {"is": "Order", "set": order["set"] | attached["set"]}
        return self.rendered(value, annotation(type(message), path))

    def described(self, record: Any) -> dict[str, Any]:
        """A record as an object of the library."""
        cls: Any = type(record)
        chosen = selector(cls)  # then the library has a class for each case, without defaults
        names = set(cls.__struct_fields__)
        if chosen:
            names -= left_out(cls, getattr(record, chosen)) | {chosen}
        found = {
            name: self.rendered(getattr(record, name), hint)
            for name, hint, default in members(cls)
            if name in names and (chosen or self.told(getattr(record, name), default))
        }
        return {"is": CONDITIONS[record.type] if chosen else CLASSES.get(cls, cls.__name__),
                "set": found}  # fmt: skip

    def told(self, value: Any, default: Any) -> bool:
        if value == []:
            return False
        return self.full or value != default or type(value) is not type(default)

    def rendered(self, value: Any, hint: Any) -> Any:
        if isinstance(value, list):
            return [self.rendered(item, type(item)) for item in value]
        if isinstance(value, Decimal):
            return {"decimal": str(value)}
        if isinstance(value, msgspec.Struct):
            return self.described(value)
        return unset(hint) if value is None else value


@cache
def members(cls: type[Any]) -> tuple[tuple[str, Any, Any], ...]:
    """Name, declared type and default of each field."""
    fields = msgspec.structs.fields(cls)
    return tuple((field.name, annotation(cls, field.name), field.default) for field in fields)


@cache
def unset(hint: Any) -> Any:
    return UNSET.get(bare(plain(hint)))


# ---------------------------------------------------------------- what we do


def ours(message: Message, version: int) -> dict[str, Any]:
    """What our client does: a frame, or a refusal with its id and code."""
    try:
        refuse(message, version)
        return {"sent": connection.encode(message, version).hex()}
    except LocalProtocolError as error:
        code = getattr(error, "code", None)
        assert code is not None, error
        return {"error": [reported_id(message, error), code]}


def cases(cls: type[Message], highest: int) -> Iterator[tuple[Message, int]]:
    """Messages and versions to compare: both sides of each gate, in ``proof`` more."""
    near = {gate + step for gate in (cls.spec.since, cls.spec.protobuf) for step in (-1, 0)}
    near.add(highest)
    for version in sorted({*GIVEN(cls), *(v for v in near if 100 <= v <= 226)}):
        if version <= highest:
            yield from (
                (expressible(m, highest), version) for m in of_version(cls, version, highest)
            )


def of_version(cls: type[Message], version: int, highest: int) -> Iterator[Message]:
    """Everything set, whether the version knows it or not; what it knows of that; gated fields."""
    view = proto_view if version >= cls.spec.protobuf else text_view
    for message in map(for_text, samples(cls)):
        if highest == MAX_SERVER:  # an older client knows fewer fields
            yield message
        if version >= cls.spec.since:
            yield for_text(view(message, version))
    for message, gate in alone(cls, highest):
        if ALL or version in (gate - 1, gate, highest):
            yield message
    for seed in range(RANDOM if version >= cls.spec.since else 0):
        yield view(for_text(kept_message(cls, seed)), version)


def expressible(message: Any, highest: int) -> Any:
    """The message in values that the official client has too."""
    message = copy.copy(message)
    for name in {"contract", "order"} & set(message.__struct_fields__):
        setattr(message, name, copy.copy(getattr(message, name)))
    if isinstance(message, PlaceOrder):
        for name in ("routeMarketableToBbo", "seekPriceImprovement"):  # flags there
            if getattr(message.order, name) is not None:
                setattr(message.order, name, 1)
        kind = message.order.orderType
        if highest in SPELLED and kind.startswith("PEG") and " " not in kind:
            message.order.orderType = f"PEG {kind.removeprefix('PEG')}"
    contract = getattr(message, "contract", None)
    if highest == OLD_HIGHEST and contract is not None and contract.strike is None:
        contract.strike = 0.0  # 9.81 has no strike that is not set
    return message


def alone(cls: type[Message], highest: int) -> Iterator[tuple[Message, int]]:
    """The default message with one of the fields set that older servers refuse; from when on they
    do not."""
    full = samples(cls)[2]
    gated = {refusal.path: refusal.below for refusal in cls.spec.refusals}
    gated |= cls.spec.proto_gates
    for path, gate in sorted(gated.items()):
        if highest < gate < ALWAYS:
            continue
        message: Any = cls()
        source, target = full, message
        *parents, name = path.split(".")
        for parent in parents:
            source, target = getattr(source, parent), getattr(target, parent)
        setattr(target, name, getattr(source, name))
        yield message, gate
    for refusal in cls.spec.refuse if highest == MAX_SERVER else ():
        for value in refusal.values:
            yield cls(**{refusal.path: value}), refusal.below


# ---------------------------------------------------------------- what they do


class Client:
    """Another client in a process of its own."""

    def __init__(
        self,
        python: Path,
        *,
        highest: int,
        driver: tuple[str, ...] = OFFICIAL,
        calls: Calls | None = None,
    ) -> None:
        self.highest = highest
        self.caller = Caller(full=highest < MAX_SERVER, calls=calls or {})
        command = [python, DRIVERS / driver[0], *driver[1:]]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def outcomes(self, work: list[tuple[Message, int]]) -> list[Outcome]:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin and stdout
        jobs = [self.caller.job(message, version) for message, version in work]
        stdin.write(json.dumps(jobs) + "\n")
        stdin.flush()
        found: list[Outcome] = json.loads(stdout.readline())
        assert len(found) == len(work)
        return found

    def close(self) -> None:
        self.process.communicate(timeout=HANGS_S)


# ---------------------------------------------------------------- what the server reads


@cache
def reader(version: int) -> connection.Codecs:
    return connection.Codecs(version, catalogue.REQUESTS)


def understood(message: Message, version: int, outcome: Outcome) -> list[str]:
    """Where the server reads something else in the bytes sent than what the client was given."""
    found: Any = reader(version).decode(bytes.fromhex(outcome["sent"])[4:])
    cls = type(message)
    if type(found) is not cls:
        return [f"read as {type(found).__name__}: {getattr(found, 'error', '')}"]
    if found == message:  # nearly always, and quick
        return []
    view = proto_view if version >= cls.spec.protobuf else text_view
    return differences(found, view(message, version))
