"""Dissects one message: its fields and their offsets, the conversation, how it is saved."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import msgspec

from ...explain.frames import Explained, Limits, explain
from ...quoting import visible, visible_all, visible_json
from ...versions import RAW_IDS
from ...wire.connection import PROTOBUF_OFFSET
from ...wire.message import Message
from .frames import Frame, about, decode, kind, name, plain

LIMITS: Final = Limits(text=2000, fields=3000)
MOST_LINKS: Final = 12
HEAD: Final = 4
"""Bytes of a frame's length."""


def opened(frame: Frame, kept: Iterable[Frame]) -> dict[str, Any]:
    """Everything the page shows of one message; ``kept`` are the captured messages."""
    told = explain(frame.data[HEAD:], frame.sender, frame.version, limits=LIMITS)
    cls = kind(frame)
    message = decode(frame)
    key = about(frame, message)
    return {
        "serial": frame.serial,
        "name": name(frame),
        "about": visible_all(_about(frame, told, cls)),
        "notes": visible_all(_notes(frame, told)),
        "problem": visible(told.problem) if told.problem and not _expected(frame) else "",
        "fields": visible_all(_fields(frame, told)),
        "hex": frame.hex,
        "only": [f"{key[0]}={key[1]}"] if key else [],
        "links": _links(frame, key, kept),
        "command": _command(frame),
        "json": told_json(message) if message is not None else "",
    }


def _expected(frame: Frame) -> bool:
    """Whether the end is missing because the station did not send it."""
    return frame.hidden or frame.cut


def _about(frame: Frame, told: Explained, cls: type[Message] | None) -> list[list[str]]:
    who = "not started" if frame.client_id is None else f"client {frame.client_id}"
    way = f"{who} → server" if frame.direction == "in" else f"server → {who}"
    calls = cls.spec.callback if cls else ""
    number = "" if told.id is None else str(told.id)
    api = ("EClient." if frame.direction == "in" else "EWrapper.") + calls if calls else ""
    rows = [
        ["Way", way], ["Time", frame.time.replace("T", " ")], ["API", api], ["Id", number],
        ["Format", told.format], ["Server version", str(frame.version)],
        ["Bytes", f"{frame.length:,}"], ["Session", str(frame.session)],
    ]  # fmt: skip
    return [row for row in rows if row[1]]


def _notes(frame: Frame, told: Explained) -> list[str]:
    notes = list(told.notes)
    if frame.hidden:
        notes.append("The station does not show credentials.")
    elif frame.cut:
        here = len(frame.hex) // 2
        notes.append(f"A long message: the first {here:,} of its {frame.length:,} bytes are here.")
    return notes


def _fields(frame: Frame, told: Explained) -> list[list[Any]]:
    """Start, end, name, raw bytes, value, gate and remark of every part, the frame's own first."""
    size = len(frame.hex) // 2
    body = _body(frame)
    rows: list[list[Any]] = [
        [0, HEAD, "length", frame.hex[:8], str(frame.length - HEAD), "", "of the frame"],
        [HEAD, body, "message id", frame.hex[8 : 2 * body], plain(told.id), "", _family(frame)],
    ]
    starts = sorted({row.offset for row in told.fields})
    for row in told.fields:
        at = bisect_right(starts, row.offset)
        end = starts[at] if at < len(starts) else size
        value = _value(row.value)
        note = row.note or (f"#{row.number} {row.wire_type}" if row.wire_type else "")
        rows.append([row.offset, end, row.name, row.raw, value, row.gate, note])
    return rows


def _body(frame: Frame) -> int:
    """Where the body begins in the frame."""
    if frame.version >= RAW_IDS:
        return min(HEAD + 4, len(frame.hex) // 2)
    found = frame.data.find(0, HEAD)
    return found + 1 if found >= 0 else len(frame.hex) // 2


def _family(frame: Frame) -> str:
    raw = frame.version >= RAW_IDS and int(frame.hex[8:16] or "0", 16) > PROTOBUF_OFFSET
    return f"id + {PROTOBUF_OFFSET}: protobuf" if raw else ""


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return msgspec.json.encode(value, enc_hook=str).decode()
    return plain(value)


def _command(frame: Frame) -> str:
    """The command that shows the same in a terminal."""
    if _expected(frame):
        return ""
    return f"papertape explain {frame.hex} --from {frame.sender} --server-version {frame.version}"


# ---------------------------------------------------------------- what it answers


def _links(frame: Frame, key: tuple[str, int] | None, kept: Iterable[Frame]) -> list[list[Any]]:
    """The conversation around a message: serial, name, and how long before or after."""
    if key is None:
        return []
    same = [
        one for one in kept
        if one.session == frame.session and one.serial != frame.serial
        and about(one, decode(one)) == key
    ]  # fmt: skip
    near = sorted(same, key=lambda one: abs(one.serial - frame.serial))[:MOST_LINKS]
    before = [one for one in same if one.serial < frame.serial and one.direction == "in"][-1:]
    chosen = {one.serial: one for one in [*near[: MOST_LINKS - 1], *before]}
    return [
        [serial, name(one), one.direction, between(frame.time, one.time)]
        for serial, one in sorted(chosen.items())
    ]


def between(first: str, then: str) -> str:
    """The time from one message to another: ``+1.5 ms``."""
    gap = (datetime.fromisoformat(then) - datetime.fromisoformat(first)).total_seconds()
    size = abs(gap)
    sign = "-" if gap < 0 else "+"
    return f"{sign}{size:.1f} s" if size >= 1 else f"{sign}{size * 1000:.1f} ms"


# ---------------------------------------------------------------- saving


def line(frame: Frame) -> bytes | None:
    """The message as a line of a recording for ``papertape explain``; None if it has no such form.

    The keys are those of ``papertape serve --wire-log``, and the time.
    """
    message = decode(frame)
    if message is None:
        return None
    spec = type(message).spec
    told = {
        "client": frame.client_id,
        "session": frame.session,
        "dir": frame.direction,
        "time": frame.time,
        "name": spec.proto_name,
        "version": frame.version,
        "format": "protobuf" if frame.version >= spec.protobuf else "text",
        "fields": message,
    }
    return visible_json(_JSON.encode(told).decode()).encode() + b"\n"


def told_json(message: Message) -> str:
    """Its fields as JSON, for copying."""
    pretty = msgspec.json.format(_JSON.encode(message), indent=2).decode()
    return "\n".join(map(visible_json, pretty.split("\n")))


_JSON = msgspec.json.Encoder(enc_hook=str, decimal_format="string")
