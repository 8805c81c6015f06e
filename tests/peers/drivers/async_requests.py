"""Says what a client of the `ib_async` shape sends for each of many calls.

`--module` names the package (`ib_async` or `ib_insync`); in and out as in `request_bytes.py`. These
clients refuse nothing by themselves. {"absent": NAME} tells of a request that one does not have.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import logging
import sys
from typing import Any

from building import Kept, build


def outcome(library: Any, job: dict[str, Any]) -> dict[str, Any]:
    """What the client does."""
    peer = library.client.Client(object())
    peer.conn = Kept()
    peer.MaxRequests = 0  # as many a second as there are
    peer.connState = library.client.Client.CONNECTED
    peer._serverVersion = job["version"]
    for name, value in job.get("client", {}).items():
        setattr(peer, name, value)
    method = getattr(peer, job["call"], None)
    if method is None:
        return {"absent": job["call"]}
    wanted = job["args"][: len(inspect.signature(method).parameters)]
    try:
        method(*[build(arg, vars(library)) for arg in wanted])
    except Exception as error:
        return {"raised": f"{type(error).__name__}: {error}"}
    if len(peer.conn.sent) != 1:
        return {"raised": f"{len(peer.conn.sent)} messages"}
    return {"sent": peer.conn.sent[0].hex()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", required=True)
    library = importlib.import_module(parser.parse_args().module)
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        print(json.dumps([outcome(library, job) for job in json.loads(line)]), flush=True)


if __name__ == "__main__":
    main()
