"""EClient sends what the catalogue's encoder sends, for every request at every gate.

The encoder is compared with the official clients' bytes elsewhere (tests/peers), so this says that
the official-shaped arguments become the same message, and refusals the same error.
"""

from decimal import Decimal
from random import Random
from typing import Any

import pytest

from lanes import LANE
from papertape.ibapi import (
    client,
    common,
    contract,
    execution,
    order,
    order_cancel,
    order_condition,
    scanner,
    softdollartier,
    tag_value,
    wrapper,
)
from papertape.versions import MAX_SERVER
from papertape.wire import proto
from papertape.wire.catalogue import REQUESTS
from papertape.wire.connection import PROTOBUF_OFFSET, ClientConnection
from papertape.wire.handshake import ConnectionState
from papertape.wire.message import Message
from peers.callers import Caller, cases, ours
from walks import walk
from wire.messages import name_of

LIBRARY: dict[str, Any] = {}
for module in (
    contract, order, order_cancel, execution, scanner, common, tag_value, softdollartier,
    order_condition,
):  # fmt: skip
    LIBRARY.update({k: v for k, v in vars(module).items() if isinstance(v, type)})


ELSEWHERE = {"reqId", "scannerSubscriptionFilterOptions", "scannerSubscriptionOptions"}
"""Fields of our records that are arguments of their own in the official shape."""


class Kept:
    """A connection that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def sendMsg(self, data: bytes) -> None:
        self.sent.append(data)


class Wrapper(wrapper.EWrapper):
    """Keeps the errors."""

    def __init__(self) -> None:
        self.errors: list[list[int]] = []

    def error(self, reqId: int, errorTime: int, errorCode: int, *rest: str) -> None:
        assert errorTime > 0
        self.errors.append([reqId, errorCode])


def connected(version: int) -> Any:
    """A client that has connected to a server of this version, without a socket."""
    app: Any = client.EClient(Wrapper())
    app.conn, app.serverVersion_, app.clientId = Kept(), version, 1
    app.wire = ClientConnection()
    app.wire.version, app.wire.state = version, ConnectionState.STARTED
    app.setConnState(app.CONNECTED)
    return app


def build(value: Any) -> Any:
    """An argument out of its description."""
    if isinstance(value, list):
        return [build(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "decimal" in value:
        return Decimal(value["decimal"])
    if "proto" in value:
        cls = next(c for c in REQUESTS.values() if c.spec.proto_name == value["proto"])
        return proto.message_class(cls).FromString(bytes.fromhex(value["bytes"]))
    attributes = {name: build(item) for name, item in value["set"].items()}
    if value["is"] == "TagValue":
        return tag_value.TagValue(**attributes)
    made = LIBRARY[value["is"]]()
    for name, item in attributes.items():
        if name not in ELSEWHERE:
            assert hasattr(made, name), f"{value['is']} has no {name}"
            setattr(made, name, item)
    return made


def outcome(message: Message, version: int) -> dict[str, Any]:
    """What EClient does with the call that this message describes."""
    app = connected(version)
    job = Caller(full=False, calls={}).job(message, version)
    arguments = [build(argument) for argument in job["args"]]
    before = [attributes(argument) for argument in arguments]
    getattr(app, job["call"])(*arguments)
    assert [attributes(a) for a in arguments] == before, "an argument was changed"
    if app.wrapper.errors:
        assert app.conn.sent == []
        return {"error": app.wrapper.errors[0]}
    assert len(app.conn.sent) == 1
    return {"sent": app.conn.sent[0].hex()}


def attributes(argument: Any) -> Any:
    """What a call might change: attributes, and the elements of lists."""
    if not hasattr(argument, "__dict__"):
        return None
    return {k: list(v) if isinstance(v, list) else v for k, v in vars(argument).items()}


def same(cls: type[Message], version: int, we: dict[str, Any], they: dict[str, Any]) -> bool:
    if we == they or not {"sent"} == set(we) == set(they) or version < cls.spec.protobuf:
        return we == they
    mine, other = bytes.fromhex(we["sent"]), bytes.fromhex(they["sent"])
    assert mine[4:8] == (cls.spec.id + PROTOBUF_OFFSET).to_bytes(4)
    parse = proto.message_class(cls).FromString
    return mine[4:8] == other[4:8] and parse(mine[8:]) == parse(other[8:])


ENOUGH = 300 if LANE == "check" else 1200
"""Cases of one message; placing an order has four times as many, and takes ten seconds."""
CALLED = [cls for _, cls in sorted(REQUESTS.items()) if cls.__name__ != "StartApi"]


@pytest.mark.long
@walk("cls", CALLED, ids=name_of, check=17, test=3)
def test_a_call_sends_the_message(cls: type[Message]) -> None:
    work = list(cases(cls, MAX_SERVER))
    if len(work) > ENOUGH:
        work = Random(cls.__name__).sample(work, ENOUGH)
    for message, version in work:
        expected, found = ours(message, version), outcome(message, version)
        assert same(cls, version, found, expected), (version, message, found, expected)
