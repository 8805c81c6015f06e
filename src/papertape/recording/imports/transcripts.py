"""Transcripts of ibkr-go (``testdata/transcripts``) as recordings.

One step a line: ``handshake {…}``, ``client NAME {…}``, ``server NAME {…}``, ``raw SENDER BASE64``,
``sleep 100ms``, ``disconnect``; ``#`` begins a comment, ``$req1`` stands for a request id. The
steps have some of the fields of a message, so a replay takes what a request does not say for open.
"""

import base64
import binascii
import json
import re
from typing import Any

import msgspec

from ...errors import RecordingError
from ...wire.catalogue.history import HistoricalData
from ..format import Sender, WireRecording
from .building import Builder
from .transcript_steps import STEPS, TranscriptStep, fields

_HANDSHAKE = re.compile(r"^handshake \{", re.MULTILINE)
_SLEEP = re.compile(r"(\d{1,9})(ms|s)\Z")
FIRST_REQUEST_ID = 9001
"""What stands for ``$req1``: apart from the order ids, as programs do it."""


def fits(text: str) -> bool:
    """Whether a text is a transcript."""
    return _HANDSHAKE.search(text) is not None


def convert(text: str) -> WireRecording:
    """The recording of a transcript. Raises ``RecordingError`` naming the line."""
    reader = _Reader(text.splitlines())
    for number, line in enumerate(reader.lines, 1):
        try:
            reader.take(number, line)
        except (ValueError, LookupError, TypeError, msgspec.ValidationError) as error:
            raise RecordingError(f"line {number}: {error}") from error
    return reader.finished()


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self._builder = Builder("transcript of ibkr-go", partial=True)
        self._ids: dict[str, int] = {}
        self._client_id = 1
        self._bars: HistoricalData | None = None

    def finished(self) -> WireRecording:
        self._tell_bars()
        return self._builder.recording

    def take(self, number: int, line: str) -> None:
        word, _, rest = line.strip().partition(" ")
        if not word or word.startswith("#"):
            return
        if not self._builder.version and word != "handshake":
            raise ValueError(f"{word!r} before a handshake")
        if word == "handshake":
            self._tell_bars()
            told = json.loads(rest)
            self._builder.open(int(told["server_version"]), str(told["connection_time"]))
            self._client_id = self._client_of(number)
            self._builder.start(self._client_id)
        elif word == "sleep":
            found = _SLEEP.match(rest)
            if not found:
                raise ValueError(f"{rest!r} is no time")
            self._builder.wait(int(found[1]) * (1000 if found[2] == "ms" else 1_000_000))
        elif word == "disconnect":
            self._tell_bars()
            self._builder.event("end", "server")
        elif word == "raw":
            self._raw(rest)
        elif word in ("client", "server"):
            self._step("client" if word == "client" else "server", rest)
        else:
            raise ValueError(f"{word!r} is no step")

    def _client_of(self, number: int) -> int:
        """The client id that the connection's messages name; 1 where none does."""
        for line in self.lines[number:]:
            if line.startswith("handshake"):
                break
            if found := re.search(r'"client_id":"?(\d{1,9})"?', line):
                return int(found[1])
        return 1

    def _raw(self, rest: str) -> None:
        sender, _, data = rest.partition(" ")
        if sender not in ("client", "server"):
            raise ValueError(f"{sender!r} is neither client nor server")
        try:
            frame = base64.b64decode(data, validate=True)
        except binascii.Error as error:
            raise ValueError(f"is no base64: {error}") from error
        self._builder.raw("client" if sender == "client" else "server", frame)

    def _step(self, sender: Sender, rest: str) -> None:
        name, _, said = rest.partition(" ")
        told = json.loads(said)
        if not isinstance(told, dict):
            raise ValueError("a step has an object")
        step = STEPS.get(f"{name} {told.pop('scope')}" if "scope" in told else name)
        if step is None:
            self._tell_bars()
            self._builder.leave_out(sender, f"{name}, which is unknown")
            return
        if step.message.spec.request != (sender == "client"):
            raise ValueError(f"{name} is not sent by the {sender}")
        if name == "historical_bar":
            self._bar(step, told)
            return
        self._tell_bars()
        self._builder.say(self._message(step, told))

    def _message(self, step: TranscriptStep, told: dict[str, Any]) -> Any:
        found = fields(step, self._filled(told))
        if "execution" in found:
            found["execution"]["clientId"] = self._client_id
        return msgspec.convert(found, step.message, strict=False)

    def _filled(self, told: dict[str, Any]) -> dict[str, Any]:
        out = {}
        for name, value in told.items():
            if isinstance(value, str) and value.startswith("$"):
                number = self._ids.setdefault(value, FIRST_REQUEST_ID + len(self._ids))
                value = number if name == "req_id" else ""
            out[name] = value
        return out

    def _bar(self, step: TranscriptStep, told: dict[str, Any]) -> None:
        """The bars of an answer are one message, so they wait for each other."""
        found = self._message(step, told)
        if self._bars is not None and self._bars.reqId == found.reqId:
            self._bars.historicalDataBars += found.historicalDataBars
        else:
            self._tell_bars()
            self._bars = found

    def _tell_bars(self) -> None:
        if self._bars is not None:
            bars, self._bars = self._bars, None
            self._builder.say(bars)
