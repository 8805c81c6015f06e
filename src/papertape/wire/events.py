"""Events of a connection, besides messages."""

import msgspec

from ..errors import BadFrame, RemoteProtocolError
from .handshake import ConnectionState
from .message import Message


class Greeting(msgspec.Struct, frozen=True):
    """The client has sent its version range. ``version`` None: none in common.

    ``framed`` False: a client from before v100, which knows no frames in either direction.
    """

    lowest: int
    highest: int
    options: str
    version: int | None
    framed: bool = True


class Negotiated(msgspec.Struct, frozen=True):
    """The server has answered: both ends know the version now."""

    version: int
    connection_time: str


class Undecodable(msgspec.Struct, frozen=True):
    """A frame that could not be decoded at this version; the stream continues."""

    error: RemoteProtocolError
    message_id: int
    name: str
    body: bytes
    request_id: int = -1
    """The message's id, if it precedes the undecodable part."""


class UnknownMessage(msgspec.Struct, frozen=True):
    """A frame with a message id that the catalogue does not have."""

    message_id: int
    body: bytes


class OutOfTurn(msgspec.Struct, frozen=True):
    """A message before START_API, or a second START_API: the connection must be closed."""

    name: str
    state: ConnectionState
    error: RemoteProtocolError | None = None
    """What else is wrong with it. An undecodable START_API does not start a session."""


class Broken(msgspec.Struct, frozen=True):
    """The bytes are not frames: nothing more can be read."""

    error: BadFrame


Event = Message | Greeting | Negotiated | Undecodable | UnknownMessage | OutOfTurn | Broken
