"""What is looked up beside the market: scanners."""

from collections.abc import Mapping
from typing import Any

from ..model import ScanData, ScannerSubscription, TagValue
from ..wire.catalogue import scanner
from .conversations import Call
from .facade import DEADLINE_S
from .inquiries import Inquiries
from .session import ClientSession
from .streams import ItemStream, StreamSource
from .subscriptions import Clock, Items, Wait

SCAN_S = 60.0
"""How long the first result of a scanner may take."""


class ScanStream(ItemStream):
    """The results of a scanner, each whole."""

    def items_of(self, message: Any) -> list[Any]:
        """The rows."""
        rows: list[ScanData] = message.scannerDataElement
        return [rows]


class ScannerResults(Items[list[ScanData]]):
    """A scanner: ``async with tws.scanner("TOP_PERC_GAIN") as results: async for rows in results``.

    Each item is a whole result, the best row first; TWS sends one every 30 seconds. An empty one
    is an empty list.
    """

    def __init__(self, core: ClientSession, wait: Wait, clock: Clock, stream: ScanStream) -> None:
        super().__init__(core, wait, clock, stream)


class Research(Inquiries):
    """Requests about what is beside the market."""

    async def scanner_parameters(self, *, timeout: float = DEADLINE_S) -> str:
        """Return which scanners, locations and filters there are, as XML; 2 MB at a TWS."""
        make = lambda _: (Call("reqScannerParameters"), scanner.ReqScannerParameters())  # noqa: E731
        ask = self._now().ask("reqScannerParameters", make, timeout, by_id=False)
        return str((await self._answer(ask)).result.xml)

    def scanner(
        self,
        code: str,
        *,
        instrument: str = "STK",
        location: str = "STK.US.MAJOR",
        rows: int = 50,
        filters: Mapping[str, object] | None = None,
        **fields: object,
    ) -> ScannerResults:
        """Subscribe to a scanner. ``filters`` are codes of the scanner parameters and their values
        (``{"priceAbove": 5}``), for servers from version 143; ``fields`` are further fields of a
        ``ScannerSubscription``, such as ``abovePrice``. Raises ``TypeError`` for one that it does
        not have."""
        options = [TagValue(name, str(value)) for name, value in (filters or {}).items()]
        wanted = ScannerSubscription(
            numberOfRows=rows, instrument=instrument, locationCode=location, scanCode=code,
            scannerSubscriptionFilterOptions=options,
        )  # fmt: skip
        for name, value in fields.items():
            if name not in ScannerSubscription.__struct_fields__:
                raise TypeError(f"ScannerSubscription has no field {name!r}")
            setattr(wanted, name, value)
        request = lambda number: scanner.ReqScannerSubscription(number, wanted)  # noqa: E731
        source = StreamSource("history", request, scanner.CancelScannerSubscription)
        stream = ScanStream("reqScannerSubscription", self._core.request_id(), source)
        return ScannerResults(self._core, self._wait, self._clock, stream)

    async def scan(self, code: str, *, timeout: float = SCAN_S, **wanted: Any) -> list[ScanData]:
        """Return one result of a scanner, the best row first; arguments as of ``scanner``."""
        async with self.scanner(code, **wanted) as results:
            return await results.next(timeout=timeout)
