"""The XML that reqScannerParameters answers: the tables of ``scans``, and nothing beside them.

Its shape is TWS's: lists of instruments, of locations in trees, of scan types, of filters.
"""

from functools import cache
from xml.etree import ElementTree as Xml

from .scans import (
    INSTRUMENTS,
    KINDS_OF_STOCK,
    LOCATIONS,
    MOST_ROWS,
    RANGES,
    SCANNERS,
    STOCK_TYPES,
)


@cache
def scanner_parameters() -> str:
    """The whole document."""
    root = Xml.Element("ScanParameterResponse")
    _instruments(Xml.SubElement(root, "InstrumentList", varName="instrumentList"))
    _locations(Xml.SubElement(root, "LocationTree", varName="locationTree"))
    _scan_types(Xml.SubElement(root, "ScanTypeList", varName="scanTypeList"))
    _filters(Xml.SubElement(root, "FilterList", varName="filterList"))
    Xml.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode")


def _told(parent: Xml.Element, **values: object) -> Xml.Element:
    for name, value in values.items():
        Xml.SubElement(parent, name).text = str(value)
    return parent


def _instruments(parent: Xml.Element) -> None:
    filters = ",".join([*(code.upper() for code, _ in RANGES), STOCK_TYPES.upper()])
    for code, name in INSTRUMENTS.items():
        one = Xml.SubElement(parent, "Instrument")
        _told(one, name=name, type=code, filters=filters, group=code, shortName=name)


def _locations(tree: Xml.Element) -> None:
    for code, name in INSTRUMENTS.items():
        top = _told(Xml.SubElement(tree, "Location"), displayName=name, locationCode=code)
        _below(top, code, "")


def _below(parent: Xml.Element, instrument: str, above: str) -> None:
    """The locations of an instrument right below another one, as a tree of their own."""
    found = [
        (code, place)
        for code, place in LOCATIONS.items()
        if place.instrument == instrument and place.parent == above
    ]
    if not found:
        return
    tree = Xml.SubElement(parent, "LocationTree", varName="locationTree")
    for code, place in found:
        one = Xml.SubElement(tree, "Location")
        _told(one, displayName=place.name, locationCode=code, instruments=instrument)
        _told(one, routeExchange=";".join(sorted(place.exchanges)))
        _below(one, instrument, code)


def _scan_types(parent: Xml.Element) -> None:
    for code, scanner in SCANNERS.items():
        one = Xml.SubElement(parent, "ScanType")
        _told(one, displayName=scanner.name, scanCode=code, instruments=",".join(INSTRUMENTS))
        _told(one, absoluteColumns="false", supportsSorting="true", respSizeLimit=MOST_ROWS)
        _told(one, searchName="scanner", access="unrestricted")


def _filters(parent: Xml.Element) -> None:
    for code, name in RANGES:
        one = Xml.SubElement(parent, "RangeFilter")
        _told(one, id=code.format("").upper(), category="Prices and figures", access="unrestricted")
        for side in ("Above", "Below"):
            kind = {"type": "scanner.filter.DoubleField", "varName": side.lower()}
            field = Xml.SubElement(one, "AbstractField", kind)
            _told(field, code=code.format(side), displayName=f"{name} {side}")
    one = Xml.SubElement(parent, "SimpleFilter")
    _told(one, id=STOCK_TYPES.upper(), category="Contract", access="unrestricted")
    kind = {"type": "scanner.filter.ComboField", "varName": "stkTypes"}
    field = Xml.SubElement(one, "AbstractField", kind)
    _told(field, code=STOCK_TYPES, displayName="Stock Type")
    values = Xml.SubElement(field, "ComboValues", varName="comboValues")
    for word in filter(None, KINDS_OF_STOCK):
        _told(Xml.SubElement(values, "ComboValue"), code=word, displayName=word.title())
