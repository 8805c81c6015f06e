"""Drills of texts: the zone's name in the version answer, and texts that are not UTF-8."""

import codecs
from typing import Annotated

import msgspec

from ...errors import SettingsError
from ...versions import RAW_IDS
from ...wire.catalogue.contract import ContractData
from ...wire.connection import PROTOBUF_OFFSET, encode
from ...wire.framing import frame
from ...wire.message import Message
from ..sessions.session import Session
from ..settings import LONGEST_ZONE_NAME
from .base import Aimed, Drill
from .base import Options as Plain

LOCAL_NAMES = ("公司", "Société", "Общество")
"""Names of companies in alphabets of code pages; the first that a code page has is used."""
PLAIN = "".join(map(chr, range(128)))
Text = Annotated[str, msgspec.Meta(max_length=LONGEST_ZONE_NAME)]


class ZoneName(Drill):
    """The version answer calls the time zone as Windows or a localized system does, not by its
    abbreviation: ``20250408 01:25:20 British Summer Time``, ``20260413 16:00:00 中国标准时间``. A
    program that takes it for a zone of its own data base fails before it has begun.

    Concerns every connection that comes while it runs; ``time_zone_name`` is the same as a setting
    of the station. Together with ``code-page`` the name is not UTF-8 either."""

    name = "zone-name"
    summary = "the greeting names the time zone as Windows or a localized system does"
    issues = (
        "wboayue/rust-ibapi#233",
        "wboayue/rust-ibapi#455",
        "lbilli/Jib.jl#6",
        "lbilli/rib#5",
    )
    order = ("name",)

    class Options(Plain, frozen=True, kw_only=True):
        """``name`` of the zone."""

        name: Text = "Central European Standard Time"

    def start(self) -> None:
        """From now on. Raises ``SettingsError`` for a name that cannot be shown."""
        _printable(self.options.name)
        self.zone = self.options.name


class CodePage(Drill):
    """Texts come in the code page of the computer that TWS runs on, and contracts have names of
    that country: what a program takes for UTF-8 is none. Concerns everything that is told as text,
    the version answer too. From version 153 on TWS escapes names and error texts, so that those
    are ASCII and the code page shows in what a program wrote itself, such as ``orderRef``; a
    message in protobuf stays UTF-8, with the same names.

    ``name`` stands before the long name of each contract, as ``苹果公司-APPLE INC`` was seen;
    letters that the code page lacks become ``?``."""

    name = "code-page"
    summary = "texts are in a code page of Windows, not in UTF-8"
    issues = ("erdewit/ib_insync#115", "erdewit/ib_insync#121", "vnpy/vnpy#2151")
    order = ("codec", "name")

    class Options(Aimed, frozen=True, kw_only=True):
        """``codec``: a code page with ASCII in it; ``name``: "" for one that it can write."""

        codec: Text = "gbk"
        name: Text = ""

    def start(self) -> None:
        """From now on. Raises ``SettingsError`` when the codec or the name will not do."""
        self._codec = _code_page(self.options.codec)
        fitting = (name for name in LOCAL_NAMES if _writes(self._codec, name))
        self._name = self.options.name or next(fitting, "")
        _printable(self._name or "-")
        if not _writes(self._codec, self._name):
            raise SettingsError(
                f"cannot be written in {self.options.codec}", setting="name", found=self._name
            )

    def writes(self, session: Session, message: Message | None, encoded: bytes) -> bytes:
        """A message with a local name, in the code page."""
        if not self.aims_at(session):
            return encoded
        if isinstance(message, ContractData) and self._name:
            details = message.contractDetails
            name = f"{self._name}-{details.longName}"
            local = msgspec.structs.replace(details, longName=name)
            encoded = encode(
                msgspec.structs.replace(message, contractDetails=local), session.version
            )
        return recoded(encoded, self._codec, raw=message is not None and session.version >= RAW_IDS)


def recoded(encoded: bytes, codec: str, *, raw: bool) -> bytes:
    """A frame whose texts are in a code page; ``raw``: four bytes of message id come first."""
    head = encoded[4:8] if raw else b""
    if int.from_bytes(head) > PROTOBUF_OFFSET:
        return encoded
    return frame(head + encoded[4 + len(head) :].decode().encode(codec, "replace"))


def _code_page(name: str) -> str:
    try:
        found = codecs.lookup(name)
        fits = PLAIN.encode(found.name) == PLAIN.encode()
    except (LookupError, ValueError, TypeError):
        fits = False
    if not fits:
        raise SettingsError(
            "is no code page with ASCII in it",
            setting="codec",
            found=name,
            advice="Choose one such as gbk, big5, shift_jis, cp1252 or cp1251",
        )
    return found.name


def _writes(codec: str, text: str) -> bool:
    try:
        text.encode(codec)
    except ValueError:
        return False
    return True


def _printable(name: str) -> None:
    if not name or not name.isprintable():
        raise SettingsError("has letters that cannot be shown", setting="name", found=name)
