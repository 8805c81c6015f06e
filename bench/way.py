"""One order's way through a station: which files it enters, and how often.

An order is sent as bytes to a station that is warm, and every call from one file of the package
into another is counted until the client has its answer. Generated code belongs to no file. It is
counted, not timed: two runs print the same. What tests keep of a station's messages is off, as in
a station that was started by hand.
"""

import argparse
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from papertape import testing
from papertape.ibapi.client import EClient
from papertape.ibapi.contract import Contract
from papertape.ibapi.order import Order
from papertape.ibapi.wrapper import EWrapper

from .common import show

KINDS = ("LMT", "MKT")
WARM = 5
"""Orders before the one that is counted."""
PATIENCE_S = 20.0


class Waiting(EWrapper):
    """A program that waits for what its order brings."""

    def __init__(self) -> None:
        super().__init__()
        self.ready, self.told = threading.Event(), threading.Event()
        self.last = ""

    def nextValidId(self, orderId: int) -> None:
        """The session has started."""
        self.ready.set()

    def orderStatus(self, orderId: int, status: str, *rest: Any) -> None:
        """A resting order is known now."""
        if self.last == "LMT":
            self.told.set()

    def commissionAndFeesReport(self, report: Any) -> None:
        """A filled order is over."""
        self.told.set()

    commissionReport = commissionAndFeesReport


class Moves:
    """Counts calls between files of the package in one thread while it is on."""

    def __init__(self, root: Path) -> None:
        self._root = str(root) + "/"
        self.on = False
        self.entered: Counter[str] = Counter()
        self._names: dict[str, str] = {}

    def hook(self, frame: FrameType, event: str, argument: object) -> None:
        """What ``threading.setprofile`` calls."""
        if not self.on or event != "call":
            return
        here = self._place(frame)
        caller = frame.f_back
        while here and caller is not None and not self._place(caller):
            caller = caller.f_back  # a library or generated code between two of our files
        if here and (caller is None or self._place(caller) != here):
            self.entered[here] += 1

    def _place(self, frame: FrameType) -> str:
        name = frame.f_code.co_filename
        found = self._names.get(name)
        if found is None:
            inside = name.startswith(self._root) and "/testing/" not in name
            found = self._names[name] = name.removeprefix(self._root) if inside else ""
        return found


def counted(kind: str) -> Counter[str]:
    """The files that an order of this kind enters, each with its number of entries."""
    import papertape

    moves = Moves(Path(papertape.__file__).parent)
    threading.setprofile(moves.hook)
    try:
        with testing.serve() as tws:
            threading.setprofile(None)  # type: ignore[arg-type]
            program = Waiting()
            client = EClient(program)
            tws.call(lambda station: station.taps.record(None))
            client.connect(tws.host, tws.port, 1)
            reader = threading.Thread(target=client.run, daemon=True)
            reader.start()
            _await(program.ready)
            for number in range(1, WARM + 2):
                program.told.clear()
                program.last = kind
                moves.on = number > WARM
                client.placeOrder(number, _contract(), _order(kind))
                _await(program.told)
            idle = threading.Event()
            tws._loop.call_soon_threadsafe(idle.set)
            _await(idle)
            moves.on = False
            client.disconnect()
            reader.join(PATIENCE_S)
    finally:
        threading.setprofile(None)  # type: ignore[arg-type]
    return moves.entered


def _await(event: threading.Event) -> None:
    if not event.wait(PATIENCE_S):
        raise TimeoutError("the station did not answer")


def _contract() -> Contract:
    contract = Contract()
    contract.symbol, contract.secType = "SPY", "STK"
    contract.exchange, contract.currency = "SMART", "USD"
    return contract


def _order(kind: str) -> Order:
    order = Order()
    order.action, order.orderType, order.totalQuantity, order.tif = "BUY", kind, 1, "DAY"
    if kind == "LMT":
        order.lmtPrice = 1.0
    return order


def run(options: Sequence[str] = ()) -> None:
    """Count, print, keep."""
    parser = argparse.ArgumentParser("python -m bench way", description=__doc__)
    parser.add_argument("--files", action="store_true", help="show every file that is entered")
    chosen = parser.parse_args(list(options))
    rows = []
    for kind in KINDS:
        entered = counted(kind)
        name, most = entered.most_common(1)[0]
        rows.append([kind, len(entered), sum(entered.values()), f"{name} {most}"])
        if chosen.files:
            show(f"files that a {kind} order enters", ("file", "entries"),
                 [list(row) for row in entered.most_common()], f"way-{kind.lower()}")  # fmt: skip
    show("one order's way", ("order", "files", "moves", "entered most"), rows, "way")


if __name__ == "__main__":
    run(sys.argv[1:])
