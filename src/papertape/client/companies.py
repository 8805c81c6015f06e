"""What is told about companies: their events (Wall Street Horizon) and fundamental reports.

``Tws`` has these as its own calls.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

from ..errors import RemoteProtocolError, RequestRefused
from ..model import Contract
from ..wire.catalogue import legacy, wsh
from .conversations import Call
from .facade import DEADLINE_S
from .inquiries import Inquiries

NOT_DESCRIBED: Final = 10282
"""TWS wants the description of events to be asked for before events."""


class EventColumn(msgspec.Struct, frozen=True):
    """A field of the events of one type."""

    tag: str = ""
    name: str = ""
    type: str = ""


class EventKind(msgspec.Struct, frozen=True):
    """A type of corporate events, such as ``wshe_ed`` for earnings dates."""

    tag: str = ""
    name: str = ""
    columns: tuple[EventColumn, ...] = ()


class EventFilter(msgspec.Struct, frozen=True):
    """A filter that a request for events may have."""

    tag: str = ""
    name: str = ""
    type: str = ""


class EventCatalogue(msgspec.Struct, frozen=True):
    """Which events and filters there are."""

    event_types: tuple[EventKind, ...] = ()
    filters: tuple[EventFilter, ...] = ()


class CorporateEvent(msgspec.Struct, frozen=True):
    """An event of a company."""

    event_type: str = ""
    event_key: str = ""
    index_date: str = ""
    """``yyyymmdd``; ``day`` is the same as a date."""
    index_date_type: str = ""
    """``DATE`` or ``INSTANT``."""
    conids: tuple[str | int, ...] = ()
    """All listings of the company; ``con_ids`` has them as numbers."""
    data: Mapping[str, Any] = {}
    """The columns of its type, and ``company``."""
    source: str = ""
    status: str = ""

    @property
    def day(self) -> date | None:
        """The day of the event; None when it has none."""
        text = self.index_date
        if len(text) != 8 or not (text.isascii() and text.isdigit()):
            return None
        try:
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
        except ValueError:
            return None

    @property
    def con_ids(self) -> tuple[int, ...]:
        """The numbers of the company's listings."""
        return tuple(int(one) for one in self.conids if str(one).isdecimal())


class _Described(msgspec.Struct):
    meta_data: EventCatalogue | None = None


class _Listed(msgspec.Struct):
    events: list[CorporateEvent] = []


class FundamentalReport(msgspec.Struct, frozen=True):
    """A report of a company: its type and its XML, of which TWS documents no schema."""

    contract: Contract
    report_type: str
    xml: str


class Companies(Inquiries):
    """Requests about companies."""

    async def corporate_event_types(self, *, timeout: float = DEADLINE_S) -> EventCatalogue:
        """Return which corporate events and filters there are. Raises ``RequestRefused`` without
        the service (10276). Example::

            catalogue = await tws.corporate_event_types()
            assert "wshe_ed" in [kind.tag for kind in catalogue.event_types]
        """
        make = lambda number: (Call("reqWshMetaData", number), wsh.ReqWshMetaData(number))  # noqa: E731
        answer = await self._answer(self._now().ask("reqWshMetaData", make, timeout))
        text = answer.result.dataJson
        found: EventCatalogue = _read(text, _Described).meta_data or _read(text, EventCatalogue)
        return found

    async def corporate_events(
        self,
        con_id: int | None = None,
        *,
        start: date | None = None,
        end: date | None = None,
        limit: int | None = None,
        filters: Mapping[str, object] | None = None,
        timeout: float = DEADLINE_S,
    ) -> list[CorporateEvent]:
        """Return the events of a company by one of its contracts, or those that ``filters`` let
        pass (``{"watchlist": ["265598"], "wshe_ed": "true"}``), the earliest first.

        ``start`` and ``end`` are days and belong to a contract. The description of events, which
        TWS wants first, is asked for where it has not been. Raises ``RequestRefused``. Example::

            events = await tws.corporate_events(265598, limit=5)
            assert [event.day for event in events] == sorted(event.day for event in events)
            assert 265598 in events[0].con_ids
        """
        text = msgspec.json.encode(dict(filters)).decode() if filters else ""
        since, until = (f"{day:%Y%m%d}" if day else "" for day in (start, end))

        def make(number: int) -> tuple[Call, wsh.ReqWshEventData]:
            request = wsh.ReqWshEventData(
                number, con_id, text, startDate=since, endDate=until, totalLimit=limit
            )
            return Call("reqWshEventData", number), request

        try:
            answer = await self._answer(self._now().ask("reqWshEventData", make, timeout))
        except RequestRefused as refusal:
            if refusal.code != NOT_DESCRIBED:
                raise
            await self.corporate_event_types(timeout=timeout)
            answer = await self._answer(self._now().ask("reqWshEventData", make, timeout))
        told: str = answer.result.dataJson
        if told.lstrip().startswith("{"):
            found: list[CorporateEvent] = _read(told, _Listed).events
        else:
            found = _read(told, list[CorporateEvent])
        return found

    async def fundamental_report(
        self, wanted: Contract, report_type: str = "ReportSnapshot", *, timeout: float = 60.0
    ) -> FundamentalReport:
        """Return a report of a company: ReportSnapshot, ReportsFinSummary, ReportRatios,
        ReportsFinStatements, RESC or CalendarReport. Raises ``RequestRefused`` where there is none
        (430) and without the service (10358). Example::

            report = await tws.fundamental_report(pt.Stock("AAPL"))
            assert report.xml.startswith("<?xml") and "AAPL" in report.xml
        """

        def make(number: int) -> tuple[Call, legacy.ReqFundamentalData]:
            request = legacy.ReqFundamentalData(number, wanted, report_type)
            return Call("reqFundamentalData", number), request

        answer = await self._answer(self._now().ask("reqFundamentalData", make, timeout))
        return FundamentalReport(wanted, report_type, answer.result.data)


def _read(text: str, kind: Any) -> Any:
    """Read JSON of the server. Raises ``RemoteProtocolError``."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        told = f"is no description of events: {error}"
        raise RemoteProtocolError(message="WshEventData", found=text, reason=told) from error
