"""Says which callbacks a client of the official shape makes of given messages.

`--module` names the package (`ibapi` or `papertape.ibapi`); standard library only besides it. One
JSON object a line comes in, one goes out, in the same order:

    {"version": 176, "frame": "312e..."}          a message, without its length
    -> {"calls": [["tickPrice", [1, 2, 100.5, {…}]], …]}   and {"raised": "…"} where run() raised

A last line holds what a new object of each class looks like: {"defaults": {"Order": {…}, …}}.
The client connects to a server in this process and runs `run()`; a mark after each message tells
its callbacks from the next one's. Objects show every attribute, so defaults are compared too.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime
import enum
import importlib
import json
import logging
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

MARK = 424242  # the id of the mark's error
AT_ONCE = 6  # connections at the same time
DEFAULTS: dict[str, Any] = {}  # class: its attributes when new
IGNORED = {"connectAck", "connectionClosed"}
CONFIGURATION = {"configResponseProtoBuf", "updateConfigResponseProtoBuf"}
"""Reported as protobuf messages only; shown as their bytes."""


def render(value: Any) -> Any:
    """Return the value in JSON's types, losing nothing that two packages must share."""
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return f"float {value!r}"
    if isinstance(value, Decimal):
        return f"Decimal {value}"
    if isinstance(value, dict):
        return {str(key): render(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return ["set", *sorted(map(repr, value))]
    if isinstance(value, datetime.datetime):
        return f"moment {value.timestamp():.0f}"
    if isinstance(value, (list, tuple)) and not hasattr(value, "_asdict"):
        return [render(item) for item in value]
    cls = type(value)
    if cls.__name__ not in DEFAULTS:
        DEFAULTS[cls.__name__] = {}  # there is none of a class that needs arguments
        with contextlib.suppress(TypeError):
            DEFAULTS[cls.__name__] = attributes(cls())
    return {"_": cls.__name__, **attributes(value)}


def attributes(value: Any) -> dict[str, Any]:
    """Every public attribute of an object, rendered."""
    if hasattr(value, "_asdict"):
        found = value._asdict()
    elif dataclasses.is_dataclass(value):
        found = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    else:
        found = vars(value)
    return {k: render(v) for k, v in found.items() if not k.startswith("_")}


def framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + payload


def mark(version: int) -> bytes:
    """A text error message with the mark's id, in the layout of the version."""
    fields = [str(MARK), "1", "mark"]
    if version < 194:
        fields.insert(0, "2")
    if version >= 166:
        fields.append("")
    if version >= 194:
        fields.append("0")
    body = b"".join(field.encode() + b"\0" for field in fields)
    return (4).to_bytes(4, "big") + body if version >= 201 else b"4\0" + body


class Server:
    """Answers one client's handshake, then sends what it is given and closes."""

    def __init__(self, version: int, data: bytes) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.version = version
        self.data = data
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        opened, _ = self.listener.accept()
        with opened, self.listener:
            opened.recv(4096)
            opened.sendall(framed(f"{self.version}\0time\0".encode()))
            opened.recv(4096)  # START_API
            # A write of a multiple of 4096 bytes, then silence, is lost by the official client.
            opened.sendall(self.data + b"" if len(self.data) % 4096 else self.data[:-1])
            if len(self.data) % 4096 == 0:
                opened.sendall(self.data[-1:])
            opened.shutdown(socket.SHUT_WR)
            opened.recv(4096)


def application(module: str) -> Any:
    """A client whose every callback is kept."""
    client = importlib.import_module(f"{module}.client")
    wrapper = importlib.import_module(f"{module}.wrapper")

    class Application(wrapper.EWrapper, client.EClient):
        def __init__(self) -> None:
            wrapper.EWrapper.__init__(self)
            client.EClient.__init__(self, wrapper=self)
            self.groups: list[list[Any]] = [[]]

        def error(self, *args: Any) -> None:
            if args[0] == MARK:
                self.groups.append([])
            else:
                self.groups[-1].append(["error", blank_time(args)])

    def keeping(name: str) -> Any:
        def callback(self: Any, *args: Any, **named: Any) -> None:
            self.groups[-1].append([name, [render(arg) for arg in (*args, *named.values())]])

        return callback

    def keeping_protobuf(name: str) -> Any:
        def callback(self: Any, message: Any) -> None:
            self.groups[-1].append([name, [message.SerializeToString(deterministic=True).hex()]])

        return callback

    for name in CONFIGURATION & set(dir(wrapper.EWrapper)):
        setattr(Application, name, keeping_protobuf(name))
    for name in dir(wrapper.EWrapper):
        mine = name.startswith("_") or name.endswith("ProtoBuf") or name in IGNORED
        if not mine and name not in {"error", "logAnswer"}:
            setattr(Application, name, keeping(name))
    return Application()


def blank_time(args: tuple[Any, ...]) -> list[Any]:
    """The arguments of error; what the client itself reports has a time and words of its own."""
    shown = [render(arg) for arg in args]
    if len(args) < 4:  # an early client: id, code, text
        return shown
    if 501 <= args[2] < 600:
        return [shown[0], "now", shown[2], "words"]
    return shown if len(shown) > 4 else [*shown, ""]


def run(module: str, version: int, frames: list[bytes]) -> list[dict[str, Any]]:
    """The callbacks of each frame; after an exception the rest goes over a new connection."""
    results: list[dict[str, Any]] = []
    while len(results) < len(frames):
        rest = frames[len(results) :]
        data = b"".join(framed(frame) + framed(mark(version)) for frame in rest)
        app = application(module)
        app.connect("127.0.0.1", Server(version, data).port, 1)
        raised = None
        try:
            app.run()
        except Exception as error:
            raised = f"{type(error).__name__}"
        finished = app.groups[:-1][: len(rest)]
        results += [{"calls": group} for group in finished]
        if len(results) < len(frames):
            results.append({"calls": app.groups[-1], "raised": raised or "ended"})
    return results


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    module = parser.parse_args().module
    logging.disable(logging.CRITICAL)
    wanted = [json.loads(line) for line in sys.stdin]
    by_version: dict[int, list[int]] = {}
    for number, row in enumerate(wanted):
        by_version.setdefault(row["version"], []).append(number)
    answers: dict[int, dict[str, Any]] = {}

    def one(version: int) -> None:
        numbers = by_version[version]
        frames = [bytes.fromhex(wanted[number]["frame"]) for number in numbers]
        answers.update(zip(numbers, run(module, version, frames)))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, by_version))
    for number in range(len(wanted)):
        print(json.dumps(answers[number]))
    print(json.dumps({"defaults": DEFAULTS}))


if __name__ == "__main__":
    main()
