"""Encodes messages once for many receivers that differ only in the request id.

A quote of one stock goes to all its subscribers, each under a request id of its own. The first
frame of a kind is encoded twice, with the ids 0 and 1; it differs where the id is. A later one that
has the same bytes up to there has its id there too.
"""

from collections.abc import Callable, Sequence
from itertools import groupby

from .connection import encode
from .message import Message
from .rows import row_writer
from .split_frames import WIDTH, varint, with_id

FramePart = tuple[bytes, bytes]
"""What stands before the request id of a frame, and after it."""
FrameRun = tuple[bool, list[FramePart]]
"""Frames that are all protobuf or all text."""


class SharedFrames:
    """Frames of one version, without their request id."""

    def __init__(self, messages: Sequence[Message], version: int) -> None:
        """Encode the messages that this version knows.

        Raises ``LocalProtocolError`` when one cannot be encoded or has no single id.
        """
        self._messages = [one for one in messages if version >= type(one).spec.since]
        split = list(map(row_writer(version).split, self._messages))
        self._runs: list[FrameRun] = [
            (protobuf, [(head, tail) for _, head, tail in run])
            for protobuf, run in groupby(split, key=lambda parts: parts[0])
        ]
        self._joints: dict[tuple[int, int], list[bytes]] = {}

    @property
    def quotes(self) -> bool:
        """Whether they are market data."""
        return all(type(message).spec.market_data for message in self._messages)

    def __len__(self) -> int:
        return len(self._messages)

    def messages(self, request_id: int) -> list[Message]:
        """The messages with this id."""
        return [with_id(message, request_id) for message in self._messages]

    def frames(self, request_id: int) -> bytes:
        """The frames with this id."""
        pieces = []
        for number, (protobuf, parts) in enumerate(self._runs):
            shown = varint(request_id) if protobuf else b"%d" % request_id
            joint = self._joints.get((number, len(shown)))
            if joint is None:
                joint = self._joints[number, len(shown)] = _join(parts, len(shown))
            pieces.append(shown.join(joint))
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class RowFrames(SharedFrames):
    """Frames of market data that were written without messages, which are made for whoever looks
    at them one by one."""

    def __init__(self, runs: Sequence[FrameRun], make: Callable[[], Sequence[Message]]) -> None:
        """``make`` returns the messages of the same frames."""
        self._runs = [run for run in runs if run[1]]
        self._make = make
        self._joints = {}

    @property
    def quotes(self) -> bool:
        """They are."""
        return True

    def __len__(self) -> int:
        return sum(len(parts) for _, parts in self._runs)

    def messages(self, request_id: int) -> list[Message]:
        """The messages with this id."""
        return [with_id(message, request_id) for message in self._make()]


class SameFrames(SharedFrames):
    """Frames of one version that are the same for all: their messages have no id."""

    def __init__(self, messages: Sequence[Message], version: int) -> None:
        """Encode the messages that this version knows.

        Raises ``LocalProtocolError`` when one cannot be encoded.
        """
        self._messages = [one for one in messages if version >= type(one).spec.since]
        self._data = b"".join(encode(one, version) for one in self._messages)

    def messages(self, request_id: int) -> list[Message]:
        """The messages."""
        return self._messages

    def frames(self, request_id: int) -> bytes:
        """The frames."""
        return self._data


_WIDTHS = [number.to_bytes(WIDTH) for number in range(512)]
"""The lengths of short frames as they are written."""


def _join(parts: list[FramePart], width: int) -> list[bytes]:
    """The bytes between the ids: the rest of a frame, the length and start of the next."""
    joint, before = [], b""
    for head, tail in parts:
        length = len(head) + width + len(tail)
        written = _WIDTHS[length] if length < 512 else length.to_bytes(WIDTH)
        joint.append(before + written + head)
        before = tail
    return [*joint, before]
