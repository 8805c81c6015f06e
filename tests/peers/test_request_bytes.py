"""Our client sends, and refuses to send, what the official clients do, byte for byte.

Every request, at both sides of every gate, with nothing set, everything set, everything that the
version knows set, and each gated field set alone. The official client runs in an environment and
a process of its own and is looked at from outside (``drivers/request_bytes.py``).
"""

from __future__ import annotations

import copy
import difflib
import json
import subprocess
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import pytest

from papertape.errors import LocalProtocolError
from papertape.model import Order
from papertape.model.units import UNSET_DECIMAL, UNSET_DOUBLE, UNSET_INT
from papertape.versions import MAX_SERVER
from papertape.wire import catalogue, connection, oracle, proto, text
from papertape.wire.catalogue.news import ReqHistoricalNews
from papertape.wire.catalogue.options import CalculateImpliedVolatility, CalculateOptionPrice
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.session import StartApi
from papertape.wire.catalogue.wsh import ReqWshEventData
from papertape.wire.connection import PROTOBUF_OFFSET
from papertape.wire.layout import ALWAYS
from papertape.wire.message import Message
from papertape.wire.plan import annotation, bare, plain
from papertape.wire.refusals import refuse, reported_id
from papertape.wire.schema import left_out, selector
from peers.environments import PEERS, Peer
from wire.messages import for_text, name_of, random_message, samples, versions
from wire.views import proto_view, text_view

DRIVER = Path(__file__).parent / "drivers" / "request_bytes.py"
LATEST = next(peer for peer in PEERS if peer.name == "ibapi-latest")
OLD = next(peer for peer in PEERS if peer.name == "ibapi-9.81")
OLD_HIGHEST = 157
RANDOM = 3
"""Random messages for each version, besides those that are made for it."""
REQUESTS = tuple(catalogue.REQUESTS[number] for number in sorted(catalogue.REQUESTS))

pytestmark = pytest.mark.peers

# Arguments of the official methods whose order is not that of our fields, as paths into the
# message; "" is the message as an object of the library.
CALLS: dict[str, tuple[str, ...]] = {
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
    """Tells the driver what to call. ``full`` sets what is at its default too."""

    def __init__(self, *, full: bool) -> None:
        self.full = full

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
        found["args"] = [self.argument(message, path) for path in paths(cls)]
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
            field.name: self.rendered(getattr(record, field.name), annotation(cls, field.name))
            for field in msgspec.structs.fields(cls)
            if field.name in names and (chosen or self.told(getattr(record, field.name), field))
        }
        return {"is": CONDITIONS[record.type] if chosen else CLASSES.get(cls, cls.__name__),
                "set": found}  # fmt: skip

    def told(self, value: Any, field: Any) -> bool:
        if value == []:
            return False
        return self.full or value != field.default or type(value) is not type(field.default)

    def rendered(self, value: Any, hint: Any) -> Any:
        if isinstance(value, list):
            return [self.rendered(item, type(item)) for item in value]
        if isinstance(value, Decimal):
            return {"decimal": str(value)}
        if isinstance(value, msgspec.Struct):
            return self.described(value)
        return UNSET.get(bare(plain(hint))) if value is None else value


def paths(cls: type[Message]) -> tuple[str, ...]:
    """The arguments of the official method, as paths into the message."""
    return CALLS.get(cls.spec.callback, cls.__struct_fields__)


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
    """Messages and versions to compare."""
    near = {gate + step for gate in (cls.spec.since, cls.spec.protobuf) for step in (-1, 0)}
    for version in sorted({*versions(cls), *(v for v in near if 100 <= v <= 226)}):
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
    yield from alone(cls, highest)
    for seed in range(RANDOM if version >= cls.spec.since else 0):
        yield view(for_text(random_message(cls, seed)), version)


def expressible(message: Any, highest: int) -> Any:
    """The message in values that the official client has too."""
    message = copy.deepcopy(message)
    if isinstance(message, PlaceOrder):
        for name in ("routeMarketableToBbo", "seekPriceImprovement"):  # flags there
            if getattr(message.order, name) is not None:
                setattr(message.order, name, 1)
        if highest == OLD_HIGHEST and message.order.orderType == "PEGBENCH":
            message.order.orderType = "PEG BENCH"  # 9.81 knows this spelling only
    contract = getattr(message, "contract", None)
    if highest == OLD_HIGHEST and contract is not None and contract.strike is None:
        contract.strike = 0.0  # 9.81 has no strike that is not set
    return message


def alone(cls: type[Message], highest: int) -> Iterator[Message]:
    """The default message with one of the fields set that older servers refuse."""
    full = samples(cls)[2]
    gated = {refusal.path: refusal.below for refusal in cls.spec.refusals}
    gated |= cls.spec.proto_gates
    for path in sorted(path for path, gate in gated.items() if gate <= highest or gate == ALWAYS):
        message: Any = cls()
        source, target = full, message
        *parents, name = path.split(".")
        for parent in parents:
            source, target = getattr(source, parent), getattr(target, parent)
        setattr(target, name, getattr(source, name))
        yield message
    for refusal in cls.spec.refuse if highest == MAX_SERVER else ():
        for value in refusal.values:
            yield cls(**{refusal.path: value})


# ---------------------------------------------------------------- comparing

Outcome = dict[str, Any]
Known = Callable[[Message, int, Outcome, Outcome], bool]
"""A deviation that is known, and wanted."""


def cash_quantity(message: Message, version: int, we: Outcome, they: Outcome) -> bool:
    """Below 111 they refuse every order, because "not set" is not zero; we do not."""
    refused = they.get("error") == [getattr(message, "orderId", None), 503]
    return isinstance(message, PlaceOrder) and version < 111 and refused


def control_characters(message: Message, version: int, we: Outcome, they: Outcome) -> bool:
    """9.81 refuses tab and line ends, which later clients send."""
    sent = bytes.fromhex(we.get("sent", ""))[4:]
    return they.get("error", [0, 0])[1] == 579 and any(byte in sent for byte in b"\t\n\r")


def options(message: Message, version: int, we: Outcome, they: Outcome) -> bool:
    """9.81 counts the options of a calculation, and forgets those of a question for news."""
    if isinstance(message, ReqHistoricalNews):
        return bool(message.historicalNewsOptions)
    if not isinstance(message, CalculateImpliedVolatility | CalculateOptionPrice):
        return False
    return "sent" in they and read(message, version, they) == read(message, version, we)


def read(message: Message, version: int, outcome: Outcome) -> Any:
    """What our server makes of a frame."""
    tokens = bytes.fromhex(outcome["sent"])[4:].decode().split("\0")
    return text.decoder(type(message), version)(tokens[1:])


class Client:
    """An official client in a process of its own."""

    def __init__(self, python: Path, *, highest: int) -> None:
        self.highest = highest
        self.caller = Caller(full=highest < MAX_SERVER)
        self.process = subprocess.Popen(
            [python, str(DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
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
        self.process.communicate(timeout=10)


@pytest.fixture(scope="module")
def latest(python_of: Callable[[Peer], Path]) -> Iterator[Client]:
    client = Client(python_of(LATEST), highest=MAX_SERVER)
    yield client
    client.close()


@pytest.fixture(scope="module")
def old(python_of: Callable[[Peer], Path]) -> Iterator[Client]:
    client = Client(python_of(OLD), highest=OLD_HIGHEST)
    yield client
    client.close()


def same(cls: type[Message], version: int, we: dict[str, Any], they: dict[str, Any]) -> bool:
    """Equal, for protobuf equal in content: the order of fields is free there."""
    if we == they or version < cls.spec.protobuf or not {"sent"} == set(we) == set(they):
        return we == they
    mine, other = bytes.fromhex(we["sent"]), bytes.fromhex(they["sent"])
    number = (cls.spec.id + PROTOBUF_OFFSET).to_bytes(4)
    parse = proto.message_class(cls).FromString
    return mine[4:8] == other[4:8] == number and parse(mine[8:]) == parse(other[8:])


def compare(cls: type[Message], client: Client, known: tuple[Known, ...]) -> None:
    work = list(cases(cls, client.highest))
    wrong = []
    for (message, version), they in zip(work, client.outcomes(work)):
        we = ours(message, version)
        expected = any(reason(message, version, we, they) for reason in known)
        if not expected and not same(cls, version, we, they):
            wrong.append(difference(cls, version, we, they))
    shortest = sorted(wrong, key=len)[:3]
    assert not wrong, "\n".join([f"{len(wrong)} of {len(work)} differ", *chain(*shortest)])


def shown(cls: type[Message], version: int, outcome: dict[str, Any]) -> list[str]:
    if "sent" not in outcome:
        return [str(outcome)]
    frame = bytes.fromhex(outcome["sent"])
    if version < cls.spec.protobuf:
        return frame.decode("latin-1").split("\0")
    return str(proto.message_class(cls).FromString(frame[8:])).splitlines()


def difference(
    cls: type[Message], version: int, we: dict[str, Any], they: dict[str, Any]
) -> list[str]:
    lines = difflib.unified_diff(
        shown(cls, version, they), shown(cls, version, we), n=1, lineterm=""
    )
    return [f"version {version}, - they, + we:", *list(lines)[2:]]


RETIRED = {"reqFundamentalData", "cancelFundamentalData"}
IN_LATEST = [cls for cls in REQUESTS if cls.spec.callback not in RETIRED]
IN_OLD = [cls for cls in REQUESTS if cls.spec.since <= OLD_HIGHEST and cls.spec.layout is not None]


@pytest.mark.parametrize("cls", IN_LATEST, ids=name_of)
def test_the_latest_client_sends_the_same(cls: type[Message], latest: Client) -> None:
    compare(cls, latest, (cash_quantity,))


@pytest.mark.parametrize("cls", IN_OLD, ids=name_of)
def test_the_old_client_sends_the_same(cls: type[Message], old: Client) -> None:
    compare(cls, old, (cash_quantity, control_characters, options))
