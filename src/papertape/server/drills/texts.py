"""Drills of texts: the zone name in the version reply, and texts that are not UTF-8."""

import codecs
from typing import Annotated

import msgspec

from ...errors import SettingsError
from ...versions import RAW_IDS
from ...wire.catalogue.contract import ContractData
from ...wire.connection import encode, recoded
from ...wire.message import Message
from ..sessions.session import Session
from ..settings import LONGEST_ZONE_NAME
from .base import Aimed, Drill
from .base import Options as Plain

LOCAL_NAMES = ("公司", "Société", "Общество")
"""Company names in several scripts; the first one that the code page can encode is used."""
PLAIN = "".join(map(chr, range(128)))
Text = Annotated[str, msgspec.Meta(max_length=LONGEST_ZONE_NAME)]


class ZoneName(Drill):
    """The version reply has the zone name of Windows or of a localized system, not its
    abbreviation: ``20250408 01:25:20 British Summer Time``, ``20260413 16:00:00 中国标准时间``. A
    program that looks the name up in a zone database fails during the handshake.

    Affects every connection made while the drill runs; the station's setting ``time_zone_name``
    has the same effect. Together with ``code-page`` the name is not UTF-8 either."""

    name = "zone-name"
    summary = "the version reply names the time zone as Windows or a localized system does"
    issues = (
        "wboayue/rust-ibapi#233",
        "wboayue/rust-ibapi#455",
        "lbilli/Jib.jl#6",
        "lbilli/rib#5",
    )
    order = ("name",)

    class Options(Plain, frozen=True, kw_only=True):
        """``name``: the zone name to send."""

        name: Text = "Central European Standard Time"

    def start(self) -> None:
        """Send the name from now on. Raises ``SettingsError`` when it is not printable."""
        _printable(self.options.name)
        self.zone = self.options.name


class CodePage(Drill):
    """TWS encodes texts in the code page of its computer, and contracts have names of that
    country: a program that decodes UTF-8 fails. Affects every text message and the version
    answer. From version 153 on TWS escapes names and error texts to ASCII, so the code page shows
    only in texts that a program wrote, such as ``orderRef``; a protobuf message stays UTF-8, with
    the same names.

    ``name`` precedes the long name of each contract, as ``苹果公司-APPLE INC`` was observed;
    characters that the code page lacks become ``?``."""

    name = "code-page"
    summary = "texts are in a code page of Windows, not in UTF-8"
    issues = ("erdewit/ib_insync#115", "erdewit/ib_insync#121", "vnpy/vnpy#2151")
    order = ("codec", "name")

    class Options(Aimed, frozen=True, kw_only=True):
        """``codec``: a code page that contains ASCII; ``name``: "" chooses one it can encode."""

        codec: Text = "gbk"
        name: Text = ""

    def start(self) -> None:
        """Encode texts from now on. Raises ``SettingsError`` for an unusable codec or name."""
        self._codec = _code_page(self.options.codec)
        fitting = (name for name in LOCAL_NAMES if _writes(self._codec, name))
        self._name = self.options.name or next(fitting, "")
        _printable(self._name or "-")
        if not _writes(self._codec, self._name):
            raise SettingsError(
                f"cannot be encoded in {self.options.codec}", setting="name", found=self._name
            )

    def writes(self, session: Session, message: Message | None, encoded: bytes) -> bytes:
        """Return the message with the local name, in the code page."""
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


def _code_page(name: str) -> str:
    try:
        found = codecs.lookup(name)
        fits = PLAIN.encode(found.name) == PLAIN.encode()
    except (LookupError, ValueError, TypeError):
        fits = False
    if not fits:
        raise SettingsError(
            "is not a code page that contains ASCII",
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
        raise SettingsError("has unprintable characters", setting="name", found=name)
