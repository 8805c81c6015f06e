"""Clients' requests: ours are byte for byte the official ones, and our server reads every client's.

Every request, at both sides of every gate, with nothing set, everything set, everything that the
version knows set, and each gated field set alone (at its own gate and the client's last version;
``make proof``: at all). Each client runs in an environment and a process
of its own and is looked at from outside. What the server reads in their bytes is compared with what
they were given.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from papertape.versions import MAX_SERVER
from papertape.wire import proto, text
from papertape.wire.catalogue.news import ReqHistoricalNews
from papertape.wire.catalogue.options import CalculateImpliedVolatility, CalculateOptionPrice
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.connection import PROTOBUF_OFFSET
from papertape.wire.message import Message
from peers.callers import OLD_HIGHEST, REQUESTS, Client, Outcome, cases, ours, understood
from peers.environments import PEERS, Peer
from wire.messages import name_of

LATEST = next(peer for peer in PEERS if peer.name == "ibapi-latest")
OLD = next(peer for peer in PEERS if peer.name == "ibapi-9.81")
ASYNC = {peer.name: peer for peer in PEERS if peer.name in ("ib_async", "ib_insync")}
HIGHEST = {"ib_async": 178, "ib_insync": 176}
LOWEST = 157
"""The versions that the asynchronous clients offer."""

pytestmark = pytest.mark.peers

# ---------------------------------------------------------------- comparing

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


@pytest.fixture(scope="module")
def asynchronous(python_of: Callable[[Peer], Path]) -> Iterator[Callable[[str], Client]]:
    """Return a function that gives one of the asynchronous clients by its name."""
    calls = {"cancelOrder": ("orderId", "orderCancel.manualOrderCancelTime")}
    made: dict[str, Client] = {}

    def get(name: str) -> Client:
        if name not in made:
            python, driver = python_of(ASYNC[name]), ("async_requests.py", "--module", name)
            made[name] = Client(python, highest=HIGHEST[name], driver=driver, calls=calls)
        return made[name]

    yield get
    for client in made.values():
        client.close()


def same(cls: type[Message], version: int, we: dict[str, Any], they: dict[str, Any]) -> bool:
    """Equal, for protobuf equal in content: the order of fields is free there."""
    if we == they or version < cls.spec.protobuf or not {"sent"} == set(we) == set(they):
        return we == they
    mine, other = bytes.fromhex(we["sent"]), bytes.fromhex(they["sent"])
    number = (cls.spec.id + PROTOBUF_OFFSET).to_bytes(4)
    parse = proto.message_class(cls).FromString
    return mine[4:8] == other[4:8] == number and parse(mine[8:]) == parse(other[8:])


def compare(cls: type[Message], client: Client, known: tuple[Known, ...]) -> list[str]:
    """Fail where anything differs; return the format of each request that was sent."""
    work = list(cases(cls, client.highest))
    wrong, formats = [], []
    for (message, version), they in zip(work, client.outcomes(work)):
        we = ours(message, version)
        expected = any(reason(message, version, we, they) for reason in known)
        if not expected and not same(cls, version, we, they):
            wrong.append(difference(cls, version, we, they))
        elif "sent" in they:
            formats.append("protobuf" if version >= cls.spec.protobuf else "text")
            if not (expected and "sent" in we) and (found := understood(message, version, they)):
                wrong.append([f"version {version}, the server reads:", *found])
    shortest = sorted(wrong, key=len)[:3]
    assert not wrong, "\n".join([f"{len(wrong)} of {len(work)} differ", *chain(*shortest)])
    return formats


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


IN_ASYNC = [
    (name, cls)
    for name in ASYNC
    for cls in REQUESTS
    if cls.spec.since <= HIGHEST[name] and cls.spec.layout is not None
]


@pytest.mark.further
@pytest.mark.parametrize("cls", IN_LATEST, ids=name_of)
def test_the_latest_client_sends_the_same(
    cls: type[Message], latest: Client, record_property: Any
) -> None:
    count(LATEST, compare(cls, latest, (cash_quantity,)), record_property)


@pytest.mark.further
@pytest.mark.parametrize("cls", IN_OLD, ids=name_of)
def test_the_old_client_sends_the_same(
    cls: type[Message], old: Client, record_property: Any
) -> None:
    known = (cash_quantity, control_characters, options)
    count(OLD, compare(cls, old, known), record_property)


@pytest.mark.further
@pytest.mark.parametrize(("name", "cls"), IN_ASYNC, ids=[f"{n}-{c.__name__}" for n, c in IN_ASYNC])
def test_the_server_reads_an_asynchronous_client(
    name: str, cls: type[Message], asynchronous: Callable[[str], Client], record_property: Any
) -> None:
    """Its bytes may differ from ours: it writes more of what is not set as nothing."""
    client = asynchronous(name)
    work = [case for case in cases(cls, client.highest) if case[1] >= LOWEST]
    wrong = []
    for (message, version), they in zip(work, client.outcomes(work)):
        found = (
            [str(they)]
            if "sent" not in they
            else understood(expected(message, name), version, they)
        )
        wrong += [f"version {version}: {text}" for text in found]
    assert not wrong, "\n".join([f"{len(wrong)} differences in {len(work)}", *wrong[:9]])
    assert work
    count(ASYNC[name], ["text"] * len(work), record_property)


def expected(message: Any, name: str) -> Any:
    """What a client sends of a message: ib_async forgets the volatility where TWS wants none."""
    order = message.order if isinstance(message, PlaceOrder) else None
    if order and name == "ib_async" and not order.orderType.startswith("VOL"):
        order.volatility = None
    return message


def count(peer: Peer, formats: list[str], record_property: Any) -> None:
    """Tell the summary how many requests the server has read."""
    for form in ("text", "protobuf"):
        record_property("peers", (peer.name, form, "requests", formats.count(form)))
