"""What stands in the frames of a client as protobuf: the fields that are there, by path."""

from typing import Any

from papertape.model import Contract
from papertape.server.settings import StationSettings
from papertape.wire import proto
from papertape.wire.catalogue import RESPONSES
from papertape.wire.message import Message
from server.pair import UNPACED, Client, Hall

PROTOBUF = 200
"""Added to the id of a message that travels as protobuf."""


class Body:
    """One protobuf message: its declaration and the fields that are on the wire."""

    def __init__(self, kind: type[Message], data: bytes) -> None:
        self.kind = kind
        self.fields = dict(_present(proto.message_class(kind).FromString(data), ""))

    def __repr__(self) -> str:
        return f"{self.kind.__name__} {self.fields}"


def frames(client: Client) -> list[tuple[int, str, bytes]]:
    """Id, form and body of every message since the last call, in order; from server 201 on."""
    data, client.pipe.data = client.pipe.data, b""
    found = []
    while data:
        size = int.from_bytes(data[:4])
        frame, data = data[4 : 4 + size], data[4 + size :]
        number = int.from_bytes(frame[:4])
        form = "protobuf" if number > PROTOBUF else "text"
        found.append((number % PROTOBUF, form, frame[4:]))
    return found


def bodies(client: Client) -> list[Body]:
    """Every protobuf message since the last call, in order; text messages are left out."""
    return [
        Body(RESPONSES[number], body) for number, form, body in frames(client) if form == "protobuf"
    ]


def _present(message: Any, at: str) -> list[tuple[str, Any]]:
    """Path and value of each field with presence; of lists and maps, the whole."""
    found: list[tuple[str, Any]] = []
    for field, value in message.ListFields():
        path = f"{at}{field.name}"
        if field.message_type is None or field.is_repeated:
            found.append((path, value))
        else:
            inner = _present(value, f"{path}.")
            found += inner or [(path, {})]  # a record without fields is there all the same
    return found


AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
EURUSD = Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD")


def open_hall(settings: StationSettings = UNPACED) -> Hall:
    hall = Hall(settings=settings)
    hall.quote("AAPL 257.66 x 257.68")
    hall.quote("EUR 1.10001*1000000 x 1.10005*2000000")
    hall.trade("EUR 1.10003*100000")
    return hall


def answers(version: int, *requests: Message) -> list[Body]:
    """What a client of this version is sent for these requests."""
    return bodies(open_hall().client(1, version).send(*requests))


def told(kind: type[Message], version: int, *requests: Message) -> list[dict[str, Any]]:
    """The fields of each message of one kind."""
    return [body.fields for body in answers(version, *requests) if body.kind is kind]
