"""The groups and aliases of an advisor's login, as records: the XML of TWS is read and written.

``Tws`` has the calls.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.etree import ElementTree as Xml

import msgspec

from ..errors import FeatureNotSupported, RemoteProtocolError
from ..wire.catalogue import fa
from .conversations import Call
from .facade import DEADLINE_S, SessionFacade

GROUPS, ALIASES = 1, 3
"""Kinds of an advisor's data; profiles (2) are gone since server version 177."""
ANSWERED = 157
"""The server version from which on a replacement is confirmed."""
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


class AllocationGroup(msgspec.Struct, frozen=True):
    """A group of accounts between which an advisor's orders are divided."""

    name: str
    method: str
    """How: ``NetLiq``, ``Equal``, ``AvailableEquity``, ``PctChange``, or by the numbers of the
    accounts ``Ratio``, ``Percent``, ``ContractsOrShares``, ``MonetaryAmount``."""
    accounts: dict[str, Decimal]
    """Account codes with their numbers; 0 where the method needs none."""


class _AdvisorData(Call):
    """The answer about one kind of data: it names the kind and no request."""

    def __init__(self, kind: int) -> None:
        super().__init__("requestFA")
        self.subject = self._kind = kind

    def feed(self, message: Any) -> None:
        """Take the answer of this kind."""
        if message.faDataType == self._kind:
            super().feed(message)


class Advisors(SessionFacade):
    """Requests of an advisor's login. Others get empty lists, and 321 as a notice."""

    async def allocation_groups(self, *, timeout: float = DEADLINE_S) -> list[AllocationGroup]:
        """Return the advisor's groups, an empty list for another login.

        Raises ``RemoteProtocolError`` for an answer that cannot be read. Example::

            assert await tws.allocation_groups() == []
        """
        root = await self._advisor_data(GROUPS, timeout)
        return [_group(one) for one in root.findall("Group")]

    async def replace_allocation_groups(
        self, groups: Iterable[AllocationGroup], *, timeout: float = DEADLINE_S
    ) -> None:
        """Replace all groups of the advisor, and wait until that is done.

        Raises ``RequestRefused`` with 10231 for unknown accounts, with 321 for a group that is none
        or another login, and ``FeatureNotSupported`` below server version 157.
        """
        root = Xml.Element("ListOfGroups")
        for group in groups:
            one = Xml.SubElement(root, "Group")
            Xml.SubElement(one, "name").text = group.name
            accounts = Xml.SubElement(one, "ListOfAccts", {"varName": "list"})
            for code, number in group.accounts.items():
                member = Xml.SubElement(accounts, "Account")
                Xml.SubElement(member, "acct").text = code
                if number:
                    Xml.SubElement(member, "amount").text = str(number)
            Xml.SubElement(one, "defaultMethod").text = group.method
        await self._replace(GROUPS, root, timeout)

    async def account_aliases(self, *, timeout: float = DEADLINE_S) -> dict[str, str]:
        """Return the advisor's alias of each account, nothing for another login.

        Raises ``RemoteProtocolError`` for an answer that cannot be read. Example::

            assert await tws.account_aliases() == {}
        """
        root = await self._advisor_data(ALIASES, timeout)
        rows = root.findall("AccountAlias")
        return {_text(one, "account"): _text(one, "alias") for one in rows}

    async def replace_account_aliases(
        self, aliases: Mapping[str, str], *, timeout: float = DEADLINE_S
    ) -> None:
        """Replace all aliases of the advisor's accounts. Raises as ``replace_allocation_groups``
        does."""
        root = Xml.Element("ListOfAccountAliases")
        for code, alias in aliases.items():
            one = Xml.SubElement(root, "AccountAlias")
            Xml.SubElement(one, "account").text = code
            Xml.SubElement(one, "alias").text = alias
        await self._replace(ALIASES, root, timeout)

    async def _advisor_data(self, kind: int, timeout: float) -> Xml.Element:
        make = lambda _: (_AdvisorData(kind), fa.RequestFA(kind))  # noqa: E731
        ask = self._now().ask("requestFA", make, timeout, by_id=False)
        return _read((await self._answer(ask)).result.xml)

    async def _replace(self, kind: int, root: Xml.Element, timeout: float) -> None:
        version = self.report.serverVersion
        if version < ANSWERED:
            raise FeatureNotSupported(
                "replaceFA with an answer", server_version=version, needed_version=ANSWERED
            )
        text = HEAD + Xml.tostring(root, encoding="unicode")

        def make(number: int) -> tuple[Call, fa.ReplaceFA]:
            return Call("replaceFA", number), fa.ReplaceFA(number, kind, text)

        await self._answer(self._now().ask("replaceFA", make, timeout))


def _read(text: str) -> Xml.Element:
    """Read the XML of an answer. Raises ``RemoteProtocolError``."""
    try:
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise ValueError("a document type is not allowed")
        return Xml.fromstring(text)
    except (Xml.ParseError, ValueError) as error:
        told = f"is no advisor's data: {error}"
        raise RemoteProtocolError(message="ReceiveFA", found=text, reason=told) from error


def _group(one: Xml.Element) -> AllocationGroup:
    accounts = one.find("ListOfAccts")
    members = dict(_members(() if accounts is None else accounts))
    return AllocationGroup(_text(one, "name"), _text(one, "defaultMethod"), members)


def _members(rows: Iterable[Xml.Element]) -> Iterator[tuple[str, Decimal]]:
    for row in rows:
        if row.tag == "String":
            yield (row.text or "").strip(), Decimal(0)
        else:
            try:
                yield _text(row, "acct"), Decimal(_text(row, "amount") or "0")
            except InvalidOperation as error:
                told, found = "the amount of an account is no number", _text(row, "amount")
                raise RemoteProtocolError(message="ReceiveFA", found=found, reason=told) from error


def _text(element: Xml.Element, name: str) -> str:
    return (element.findtext(name) or "").strip()
