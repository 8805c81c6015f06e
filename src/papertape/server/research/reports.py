"""Reports about a company, as reqFundamentalData asks for them.

A user's own stand in the market folder, as ``fundamentals/AAPL/ReportSnapshot.xml``, and are read
when they are asked for. Without one, a stock has a snapshot of what its contract details say, with
the shares outstanding by which scans go; a station knows no balance sheet and makes none up.
"""

import re
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as Xml

from ...venue.reference.instruments import Instrument
from ...venue.reference.securities import Stock
from ...venue.reference.shares import shares_outstanding

SNAPSHOT: Final = "ReportSnapshot"
REPORTS: Final = (
    SNAPSHOT, "ReportsFinSummary", "ReportRatios", "ReportsFinStatements", "RESC",
    "ReportsOwnership", "CalendarReport",
)  # fmt: skip
"""What TWS has names for."""
FOLDER: Final = "fundamentals"
LARGEST: Final = 4 << 20
"""Bytes of a report."""
_SYMBOL: Final = re.compile(r"[A-Z0-9][A-Z0-9 .-]{0,31}\Z")


class Reports:
    """The reports of a station."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def find(self, entry: Instrument, report: str) -> str | None:
        """The report, as XML; None when there is none. Raises ``OSError`` and ``ValueError`` for
        a file that cannot be read, is no UTF-8 or larger than 4 MB."""
        if report not in REPORTS:
            return None
        for name in (entry.symbol, str(entry.conId)) if self._folder else ():
            assert self._folder is not None
            path = self._folder / FOLDER / name / f"{report}.xml"
            if _SYMBOL.match(name) and path.is_file():
                if path.stat().st_size > LARGEST:
                    raise ValueError(f"{path.name} has more than {LARGEST} bytes")
                return path.read_text("utf-8")
        return snapshot(entry) if report == SNAPSHOT and isinstance(entry, Stock) else None


def snapshot(entry: Stock) -> str:
    """What a stock's contract details say, in the form of a snapshot."""
    root = Xml.Element(SNAPSHOT, Major="1", Minor="0", Revision="1")
    ids = Xml.SubElement(root, "CoIDs")
    Xml.SubElement(ids, "CoID", Type="CompanyName").text = entry.longName
    issue = Xml.SubElement(
        Xml.SubElement(root, "Issues"), "Issue", ID="1", Type="C", Desc="Common Stock", Order="1"
    )
    for kind, value in (("Name", entry.longName), ("Ticker", entry.symbol), ("ISIN", entry.isin)):
        if value:
            Xml.SubElement(issue, "IssueID", Type=kind).text = value
    Xml.SubElement(issue, "Exchange", Code=entry.primaryExchange).text = entry.primaryExchange
    general = Xml.SubElement(root, "CoGeneralInfo")
    Xml.SubElement(general, "SharesOut").text = f"{shares_outstanding(entry)}.0"
    peers = Xml.SubElement(root, "peerInfo")
    industries = Xml.SubElement(peers, "IndustryInfo")
    for order, name in enumerate((entry.industry, entry.category, entry.subcategory), 1):
        if name:
            Xml.SubElement(industries, "Industry", type="IB", order=str(order)).text = name
    texts = Xml.SubElement(root, "TextInfo")
    summary = Xml.SubElement(texts, "Text", Type="Business Summary")
    summary.text = "Sample: a station knows no more of a company than its contract details."
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode")
