"""Follows every trade and a line at every tick with an official-shaped client, and counts.

    python every_tick.py PORT VERSION SECONDS MODULE CON_ID SYMBOL

One JSON object: callbacks, trades and their shares, seconds from the first to the last callback,
market seconds that went by, seconds of processor time of this process.
"""

import json
import sys
import threading
import time
from importlib import import_module
from typing import Any


def main() -> None:
    """Count for so many seconds."""
    port, version, seconds, module, con_id, symbol = sys.argv[1:7]
    client_module = import_module(f"{module}.client")
    wrapper = import_module(f"{module}.wrapper").EWrapper
    contract = import_module(f"{module}.contract").Contract()
    contract.conId, contract.symbol, contract.secType = int(con_id), symbol, "STK"
    contract.exchange, contract.currency = "SMART", "USD"
    ready = threading.Event()
    counted: dict[str, Any] = {"callbacks": 0, "trades": 0, "first": 0, "last": 0}
    times: list[float] = []

    class Counter(wrapper):  # type: ignore[misc, valid-type]
        """Counts what comes."""

        def nextValidId(self, orderId: int) -> None:
            ready.set()

        def tick(self, *_: Any) -> None:
            counted["callbacks"] += 1

        tickPrice = tickSize = tickString = tickGeneric = tick

        def tickByTickAllLast(self, number: int, kind: int, when: int, *_: Any) -> None:
            counted["callbacks"] += 1
            counted["trades"] += 1
            counted["first"] = counted["first"] or when
            counted["last"] = when
            if not times:
                times.append(time.perf_counter())

        def error(self, *_: Any) -> None:
            pass

    app = client_module.EClient(Counter())
    client_module.MAX_CLIENT_VER = int(version)
    app.connect("127.0.0.1", int(port), 1)
    threading.Thread(target=app.run, daemon=True).start()
    assert ready.wait(30)
    spent = time.process_time()
    app.reqMktData(2, contract, "", False, False, [])
    app.reqTickByTickData(1, contract, "AllLast", 0, False)
    while not times:
        time.sleep(0.01)
    before, begun = counted["callbacks"], time.perf_counter()
    time.sleep(float(seconds))
    took, callbacks = time.perf_counter() - begun, counted["callbacks"] - before
    found = {
        "version": app.serverVersion(),
        "callbacks": callbacks,
        "trades": counted["trades"],
        "seconds": took,
        "market": counted["last"] - counted["first"],
        "processor": time.process_time() - spent,
    }
    print(json.dumps(found), flush=True)
    app.disconnect()


if __name__ == "__main__":
    main()
