"""What stands in the frames of a client as protobuf: the fields that are there, by path."""

from typing import Any

from papertape.wire import proto
from papertape.wire.catalogue import RESPONSES
from papertape.wire.message import Message
from server.pair import Client

PROTOBUF = 200
"""Added to the id of a message that travels as protobuf."""


class Body:
    """One protobuf message: its declaration and the fields that are on the wire."""

    def __init__(self, kind: type[Message], data: bytes) -> None:
        self.kind = kind
        self.fields = dict(_present(proto.message_class(kind).FromString(data), ""))

    def __repr__(self) -> str:
        return f"{self.kind.__name__} {self.fields}"


def bodies(client: Client) -> list[Body]:
    """Every protobuf message since the last call, in order; text messages are left out."""
    data, client.pipe.data = client.pipe.data, b""
    found = []
    while data:
        size = int.from_bytes(data[:4])
        frame, data = data[4 : 4 + size], data[4 + size :]
        number = int.from_bytes(frame[:4])
        if PROTOBUF < number < 2 * PROTOBUF:
            found.append(Body(RESPONSES[number - PROTOBUF], frame[4:]))
    return found


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
