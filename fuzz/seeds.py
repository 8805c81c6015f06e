"""``python -m fuzz.seeds``: write the corpora anew, from the catalogue alone.

A sample of every message at its newest text version, the irregular ones at an old one too, and in
protobuf; openings and short conversations for the rest. What is there already is replaced.
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from papertape.errors import LocalProtocolError
from papertape.model import ComboLeg, Contract, Order, OrderComboLeg
from papertape.versions import MIN_SERVER
from papertape.wire import connection, oracle
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.session import CurrentTime, NextValidId, ReqCurrentTime, StartApi
from papertape.wire.connection import ClientConnection, ServerConnection
from papertape.wire.framing import frame
from papertape.wire.handshake import version_reply
from papertape.wire.message import Message
from papertape.wire.plan import gates

from .targets import KINDS, RAW, TIME, UNSTARTED, VERSIONS, chosen, is_text, messages

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
sys.path.insert(0, str(HERE.parent / "tests"))
from wire.messages import for_text, hollow, samples  # noqa: E402  # the samples of the tests

UNSET = ("1.7976931348623157e+308", "1.7976931348623E308", "1.79769313486232E+308", "-SNaN",
         "2147483647", "+0E-398")  # fmt: skip
"""How the official clients write a number that is not set; the first is Python."""


def bodies(kind: str) -> Iterator[bytes]:
    """Inputs of a target that decodes one message."""
    for cls in messages(kind):
        for version in _versions(cls, kind):
            for message in _samples(cls, version):
                try:
                    if is_text(kind):
                        body = oracle.write_text(for_text(message), version).encode()
                    else:
                        body = oracle.write_proto(message, version)
                except LocalProtocolError:
                    continue
                yield chosen(cls, version, kind, body)
    yield from spellings(kind)


def spellings(kind: str) -> Iterator[bytes]:
    """An order as clients of other languages write it, and one with a field too many."""
    if kind == "text_requests":
        body = oracle.write_text(PlaceOrder(1), 200)
        for word in UNSET:
            yield chosen(PlaceOrder, 200, kind, body.replace(UNSET[0], word).encode())
        yield chosen(PlaceOrder, 200, kind, body.encode() + b"\0\0")
    if kind == "proto_requests":
        for price in (1.7976931348623e308, float("inf"), float("nan"), -0.0):
            order = Order(lmtPrice=price, orderComboLegs=[OrderComboLeg(price)], minQty=2147483647)
            message = PlaceOrder(1, Contract(comboLegs=[ComboLeg(1)]), order)
            yield chosen(PlaceOrder, 226, kind, oracle.write_proto(message, 226))


def _versions(cls: type[Message], kind: str) -> tuple[int, ...]:
    spec = cls.spec
    if not is_text(kind):
        return (VERSIONS[-1],)
    known = [v for v in VERSIONS if max(spec.since, MIN_SERVER) <= v < spec.until]
    newest = [v for v in known if v < spec.protobuf] or known
    return (newest[0], newest[-1]) if len(gates(cls)) > 2 else (newest[-1],)


def _samples(cls: type[Message], version: int) -> tuple[Message, ...]:
    """The distinctive ones; of an order, whose text is long, not each at each version.

    In protobuf also elements of lists in which little is present.
    """
    found: tuple[Message, ...] = samples(cls)[2:]
    if version >= cls.spec.protobuf and not cls.spec.request:
        return found + hollow(cls)
    return found if len(found) < 4 or version > 187 else found[:2]


def framings() -> Iterator[bytes]:
    """Streams of frames, whole, empty, cut short and too long."""
    for size in (0, 0x35, 0xFF):
        yield bytes((size,)) + frame(b"") + frame(b"1\0") + frame(bytes(range(40)))
        yield bytes((size,)) + frame(b"49\x001\x00") + b"\0\0\0\x09cut"
    yield b"\x11" + frame(b"abc") + (1 << 24).to_bytes(4) + b"x"
    yield b"\x11\0\xff\xff\xffx"


def openings() -> Iterator[bytes]:
    """The first byte is even for what a server gets, odd for what a client gets."""
    newest = VERSIONS.index(226) << 1
    for low, high, options in ((100, 226, ""), (100, 176, "+PACEAPI"), (300, 400, ""), (1, 9, "")):
        yield (
            bytes((newest,))
            + ClientConnection(lowest=low, highest=high, options=options).initiate()
        )
    yield bytes((newest,)) + b"API\0" + frame(b"v157")
    yield bytes((newest,)) + b"API\0\0\0\x10\x01"
    yield bytes((newest,)) + ClientConnection().initiate() + frame(b"71\x002\x001\0\0")
    for version in (176, 226):
        hasty = b"".join(connection.encode(one, version) for one in (StartApi(2), ReqCurrentTime()))
        yield bytes((newest,)) + ClientConnection(highest=version).initiate() + hasty
    yield bytes((newest,)) + b"63\x001\0"
    for version in (226, 176, 0, -1):
        yield bytes((newest | 1,)) + version_reply(version, TIME)
    yield bytes((newest | 1,)) + frame(b"hello\0")


def conversations(kind: str) -> Iterator[bytes]:
    """Frames as ``framed`` wants them, behind version, pieces and flags."""
    for place, version in enumerate(VERSIONS):
        head = bytes((place, 0x23 * place & 255))
        talk: tuple[Message, ...] = (CurrentTime(5), NextValidId(7))
        if kind == "server":
            talk = (ReqCurrentTime(), StartApi(2))
        payloads = [connection.encode(message, version)[4:] for message in talk]
        yield head + b"\0" + b"".join(bytes((len(one),)) + one for one in payloads)
        yield head + bytes((RAW,)) + b"".join(map(frame, payloads))
        yield head + bytes((UNSTARTED,)) + b"".join(bytes((len(p),)) + p for p in payloads[::-1])
    order = connection.encode(PlaceOrder(1), 226)[4:]
    yield b"\x0a\x21\0" + bytes((len(order) & 255,)) + order
    opening = ServerConnection()
    opening.receive_data(ClientConnection().initiate())
    yield b"\x0a\x07" + bytes((RAW | UNSTARTED,)) + opening.accept(TIME)


def corpora() -> dict[str, list[bytes]]:
    """Every corpus, each input once."""
    made = {kind: bodies(kind) for kind in KINDS}
    made |= {"framing": framings(), "handshake": openings()}
    made |= {kind: conversations(kind) for kind in ("server", "client")}
    return {target: sorted(set(inputs)) for target, inputs in made.items()}


def main() -> None:
    """Write them."""
    for target, inputs in corpora().items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for data in inputs:
            (folder / hashlib.sha256(data).hexdigest()[:12]).write_bytes(data)
        print(f"{target}: {len(inputs)} inputs, {sum(map(len, inputs))} bytes")


if __name__ == "__main__":
    main()
