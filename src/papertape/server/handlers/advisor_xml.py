"""An advisor's groups and aliases as the XML of requestFA and replaceFA.

A member of a group is ``<Account><acct>DU1</acct><amount>60.0</amount></Account>`` or, in the older
form, ``<String>DU1</String>``; both are read, and the first is written. What is read comes from a
client: it is small, has no document type and no entities.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Final
from xml.etree import ElementTree as Xml

from ...venue.facts import AdvisorGroup
from ...venue.units import CASH_SCALE

HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>'
GROUPS, ALIASES = "ListOfGroups", "ListOfAccountAliases"
MOST_ELEMENTS: Final = 20_000
"""Of one document: 200 groups of 50 accounts have less."""
Groups = tuple[tuple[str, str, tuple[tuple[str, int], ...]], ...]


class NotReadable(ValueError):
    """The text says what is wrong with a document."""


def groups_text(groups: tuple[AdvisorGroup, ...]) -> str:
    """Write groups."""
    root = Xml.Element(GROUPS)
    for group in groups:
        one = Xml.SubElement(root, "Group")
        Xml.SubElement(one, "name").text = group.name
        accounts = Xml.SubElement(one, "ListOfAccts", {"varName": "list"})
        for code, number in group.members:
            member = Xml.SubElement(accounts, "Account")
            Xml.SubElement(member, "acct").text = code
            if number:
                Xml.SubElement(member, "amount").text = str(number / CASH_SCALE)
        Xml.SubElement(one, "defaultMethod").text = group.method
    return HEAD + Xml.tostring(root, encoding="unicode", short_empty_elements=False)


def aliases_text(aliases: dict[str, str]) -> str:
    """Write aliases."""
    root = Xml.Element(ALIASES)
    for code, alias in aliases.items():
        one = Xml.SubElement(root, "AccountAlias")
        Xml.SubElement(one, "account").text = code
        Xml.SubElement(one, "alias").text = alias
    return HEAD + Xml.tostring(root, encoding="unicode", short_empty_elements=False)


def read_groups(text: str) -> Groups:
    """Read groups: name, method, and accounts with their numbers in millionths. Raises
    ``NotReadable``."""
    return tuple(
        (_text(one, "name"), _text(one, "defaultMethod"), tuple(_members(one)))
        for one in _root(text, GROUPS).findall("Group")
    )


def read_aliases(text: str) -> tuple[tuple[str, str], ...]:
    """Read aliases: account and alias. Raises ``NotReadable``."""
    found = _root(text, ALIASES).findall("AccountAlias")
    return tuple((_text(one, "account"), _text(one, "alias")) for one in found)


def _root(text: str, name: str) -> Xml.Element:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise NotReadable("a document type is not allowed")
    parser = Xml.XMLPullParser(("start",))  # type: ignore[var-annotated]
    root: Xml.Element | None = None
    count = 0
    try:
        for at in range(0, len(text), 4096):
            parser.feed(text[at : at + 4096].encode())
            for _, element in parser.read_events():  # type: ignore[misc]
                assert isinstance(element, Xml.Element)
                root = element if root is None else root
                count += 1
            if count > MOST_ELEMENTS:
                raise NotReadable(f"more than {MOST_ELEMENTS} elements")
        parser.close()
    except (Xml.ParseError, UnicodeEncodeError) as error:
        raise NotReadable(f"no XML: {error}") from error
    if root is None or root.tag != name:
        raise NotReadable(f"the root is not {name}")
    return root


def _members(group: Xml.Element) -> Iterator[tuple[str, int]]:
    accounts = group.find("ListOfAccts")
    for one in () if accounts is None else accounts:
        if one.tag == "String":
            yield (one.text or "").strip(), 0
        elif one.tag == "Account":
            yield _text(one, "acct"), _number(_text(one, "amount"))
        else:
            raise NotReadable(f"a group has accounts, not {one.tag[:40]!r}")


def _number(text: str) -> int:
    try:
        return int(Decimal(text or "0") * CASH_SCALE) if len(text) <= 30 else -1
    except (InvalidOperation, OverflowError, ValueError):
        raise NotReadable(f"{text!r} is no number") from None


def _text(element: Xml.Element, name: str) -> str:
    return (element.findtext(name) or "").strip()
