"""Says which callbacks a client of the `ib_async` shape makes of given messages.

`--module` names the package (`ib_async` or `ib_insync`); in and out as in `callback_traces.py`.
The client is fed from memory, as its connection would feed it, and its wrapper keeps every call.
What it logs as an error is told too, because it goes on after each: {"logged": ["…"]}.
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import json
import logging
import sys
from typing import Any

import callback_traces


class Wrapper:
    """In place of the library's own: keeps every callback, whatever its name."""

    defaultTimezone = datetime.UTC

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        def callback(*args: Any) -> None:
            self.calls.append([name, [callback_traces.render(arg) for arg in args]])

        return callback

    def tcpDataArrived(self) -> None:
        """No message causes it."""

    def tcpDataProcessed(self) -> None:
        """No message causes it."""


class Logged(logging.Handler):
    """Keeps what the library logs as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        reason = record.exc_info[1] if record.exc_info else ""
        self.lines.append(f"{record.getMessage()[:60]} {reason!r}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    library = importlib.import_module(f"{parser.parse_args().module}.client")
    logged = Logged()
    logging.getLogger().handlers[:] = [logged]
    wrapper = Wrapper()
    client = library.Client(wrapper)
    client.connState = library.Client.CONNECTED
    client._apiReady = True
    for line in sys.stdin:
        row = json.loads(line)
        client._serverVersion = client.decoder.serverVersion = row["version"]
        client._onSocketHasData(callback_traces.framed(bytes.fromhex(row["frame"])))
        print(json.dumps({"calls": wrapper.calls, "logged": logged.lines}))
        wrapper.calls, logged.lines = [], []
    print(json.dumps({"defaults": callback_traces.DEFAULTS}))


if __name__ == "__main__":
    main()
