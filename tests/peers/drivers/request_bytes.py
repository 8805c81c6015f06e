"""Says what an official client sends, or refuses to send, for each of many calls.

A line with a JSON list of calls comes in, a line with the list of their outcomes goes out:

    {"version": 176, "call": "reqPnL", "args": [1, "DU1", ""]}
    -> {"sent": "00000011..."} or {"error": [id, code]} or {"raised": "..."} or {"absent": "..."}

An argument may be an object of the library: {"is": "Contract", "set": {"symbol": "IBM"}}, an exact
number: {"decimal": "1.5"}, or a protobuf message: {"proto": "ConfigRequest", "bytes": "0801"}.
The client is used from outside: a connection that keeps what is sent, and a server version.
"""

from __future__ import annotations

import importlib
import inspect
import json
import logging
import sys
from typing import Any

from building import Kept, build

from ibapi import client, wrapper

MODULES = (
    "contract", "order", "order_cancel", "execution", "scanner", "common", "tag_value",
    "softdollartier", "order_condition", "object_implem",
)  # fmt: skip


class Wrapper(wrapper.EWrapper):
    """Keeps the first error."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[tuple[Any, ...]] = []

    def error(self, *args: Any) -> None:
        self.errors.append(args)


def library() -> dict[str, Any]:
    """Every class of the library that an argument may name."""
    found: dict[str, Any] = {}
    for name in MODULES:
        try:
            module = importlib.import_module(f"ibapi.{name}")
        except ImportError:  # an older library has fewer
            continue
        found.update({k: v for k, v in vars(module).items() if isinstance(v, type)})
    return found


LIBRARY = library()


def outcome(job: dict[str, Any]) -> dict[str, Any]:
    """What the client does."""
    peer = client.EClient(Wrapper())
    peer.conn = Kept()
    peer.serverVersion_ = job["version"]
    peer.connState = client.EClient.CONNECTED
    for name, value in job.get("client", {}).items():
        setattr(peer, name, value)
    method = getattr(peer, job["call"], None)
    if method is None:
        return {"absent": job["call"]}
    wanted = job["args"][: len(inspect.signature(method).parameters)]
    try:
        args = [build(arg, LIBRARY) for arg in wanted]
    except KeyError as unknown:
        return {"absent": str(unknown)}
    try:
        method(*args)
    except Exception as error:
        return {"raised": f"{type(error).__name__}: {error}"}
    if peer.wrapper.errors:
        first = peer.wrapper.errors[0]
        code = first[2] if len(first) > 3 or isinstance(first[2], int) else first[1]
        return {"error": [first[0], code]}
    if len(peer.conn.sent) != 1:
        return {"raised": f"{len(peer.conn.sent)} messages"}
    return {"sent": peer.conn.sent[0].hex()}


def main() -> None:
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        print(json.dumps([outcome(job) for job in json.loads(line)]), flush=True)


if __name__ == "__main__":
    main()
