"""Words of a line, each with its column, and the readers of what a word can be."""

import re
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from itertools import takewhile
from typing import Final

import msgspec

from ..errors import WorldError
from ..venue.units import Nanos

UNITS: Final[dict[str, Nanos]] = {
    "ns": 1, "us": 1_000, "ms": 1_000_000, "s": 10**9, "m": 60 * 10**9, "h": 3_600 * 10**9,
    "d": 86_400 * 10**9,
}  # fmt: skip
LONGEST: Final[Nanos] = 31 * 86_400 * 10**9
"""The longest span of a world."""
SPAN: Final = "a time with its unit: 100ms, 5s, 2m, 1h, 1d; 31 days at most"
PRICE: Final = "a price such as 170.08"
NUMBER: Final = "a number such as 100 or 25,000"
MOST: Final = 10**15
LONGEST_WORD: Final = 60
"""Characters of a word that is looked for among those that are known."""
_DIGITS: Final = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d{1,16})?(\.\d{1,12})?(?<=\d)")
_WORD: Final = re.compile(r'"([^"]*)"?|[*@;]|[^\s*@;"]+')
_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h|d)")
_NAME: Final = re.compile(r"[a-z_][a-z0-9_-]{0,39}")
_SYMBOL: Final = re.compile(r"[A-Z0-9][A-Z0-9./_-]{0,39}")
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(:[0-5]\d)?")


class Word(msgspec.Struct, frozen=True):
    """A word of a line."""

    text: str
    column: int
    quoted: bool = False

    @property
    def is_symbol(self) -> bool:
        """Whether it looks like a symbol: capitals, or a text in quotes."""
        return self.quoted or (bool(_SYMBOL.fullmatch(self.text)) and not self.text.isdigit())


def cut(line: str, number: int) -> list[Word]:
    """The words of a line without its comment. Raises ``WorldError`` for a quote left open."""
    found: list[Word] = []
    for match in _WORD.finditer(line):
        text, at = match.group(), match.start()
        if text.startswith("#"):
            break
        if text.startswith('"'):
            if len(text) < 2 or not text.endswith('"'):
                raise WorldError(
                    "is never closed", line=number, column=at + 1, found=text,
                    legal='a text between two "',
                )  # fmt: skip
            found.append(Word(match.group(1), at + 1, quoted=True))
        else:
            found.append(Word(text, at + 1))
    return found


class Words:
    """Reads the words of one line from left to right."""

    def __init__(self, words: list[Word], line: int, text: str) -> None:
        self.line = line
        self.text = text
        self._words = words
        self._at = 0

    # -- looking ------------------------------------------------------------------------------

    @property
    def more(self) -> bool:
        """Whether a word is left."""
        return self._at < len(self._words)

    @property
    def column(self) -> int:
        """The column of the next word, or the one behind the last."""
        if self.more:
            return self._words[self._at].column
        return len(self.text.rstrip()) + 1

    def peek(self) -> str:
        """The next word; "" at the end, and for a text in quotes."""
        word = self._words[self._at] if self.more else None
        return "" if word is None or word.quoted else word.text

    def wrong(self, reason: str, legal: str = "", *, back: int = 0, near: str = "") -> WorldError:
        """The error at the next word, or ``back`` words before it."""
        at = self._at - back
        word = self._words[at] if 0 <= at < len(self._words) else None
        return WorldError(
            reason if word is not None else f"the line ends where {reason}",
            line=self.line,
            column=self.column if word is None else word.column,
            found="" if word is None else word.text,
            legal=legal,
            near=near,
        )

    def unfit(self, what: str, legal: str = "", *, near: str = "") -> WorldError:
        """The error where ``what`` should be."""
        if self.more:
            return self.wrong(f"is not {what}", legal, near=near)
        return self.wrong(f"{what} should be", legal)

    # -- taking -------------------------------------------------------------------------------

    def take(self, *wanted: str) -> bool:
        """Take the next words if they are these."""
        end = self._at + len(wanted)
        found = [one.text for one in self._words[self._at : end] if not one.quoted]
        if found != list(wanted):
            return False
        self._at = end
        return True

    def need(self, wanted: str, legal: str = "") -> None:
        """Take this word, or raise ``WorldError``."""
        if not self.take(wanted):
            raise self.unfit(repr(wanted), legal or repr(wanted))

    def next(self, what: str, legal: str = "") -> str:
        """Take any word that is no quoted text."""
        if not self.peek():
            raise self.unfit(what, legal or what)
        self._at += 1
        return self._words[self._at - 1].text

    def end(self, legal: str) -> None:
        """Check that nothing is left."""
        if self.more:
            raise self.wrong("is more than the line can have", legal)

    def rest(self) -> str:
        """Take everything that is left, as written."""
        start = self.column - 1
        last = self._words[-1]
        stop = last.column - 1 + len(last.text) + (2 if last.quoted else 0)
        self._at = len(self._words)
        return self.text[start:stop].strip()

    def rest_of(self, stop: str) -> "Words":
        """Take the words before the next one that is ``stop``, and that one."""
        first = self._at
        while self.more and self.peek() != stop:
            self._at += 1
        found = Words(self._words[first : self._at], self.line, self.text)
        self.take(stop)
        return found

    def quoted(self, what: str) -> str:
        """Take a text in quotes."""
        if not self.more or not self._words[self._at].quoted:
            raise self.unfit(what, 'a text between two "')
        self._at += 1
        return self._words[self._at - 1].text

    def free_text(self, what: str) -> str:
        """Take a word, or a text in quotes."""
        return self.next(what) if self.peek() else self.quoted(what)

    def one_of(self, what: str, known: Collection[str]) -> str:
        """Take one of these words."""
        if self.peek() not in known:
            raise self.unfit(what, ", ".join(known), near=nearest(self.peek(), known))
        return self.next(what)

    # -- kinds of words -----------------------------------------------------------------------

    def is_number(self) -> bool:
        """Whether the next word begins like a number."""
        return self.peek()[:1].isdigit() or (
            self.peek()[:1] in "+-." and self.peek()[1:2].isdigit()
        )

    def is_name(self) -> bool:
        """Whether the next word is a name of the world's own: small letters."""
        return bool(_NAME.fullmatch(self.peek()))

    def is_symbol(self) -> bool:
        """Whether the next word looks like a symbol: capitals, or a text in quotes."""
        return self.more and self._words[self._at].is_symbol

    def ahead(self, *stops: str) -> list[Word]:
        """The words behind the next one, up to the first that is one of ``stops``."""
        behind = self._words[self._at + 1 :]
        return list(takewhile(lambda word: word.text not in stops, behind))

    def number(self, what: str = "a number", legal: str = NUMBER) -> Decimal:
        """Take a number; commas between thousands are left out."""
        value = self.number_in(self.peek()) if self.is_number() else None
        if value is None:
            raise self.unfit(what, legal)
        self._at += 1
        return value

    @staticmethod
    def number_in(text: str) -> Decimal | None:
        """The number that a text says; None when it says none."""
        if not _DIGITS.fullmatch(text):
            return None
        value = Decimal(text.replace(",", ""))
        return value if abs(value) <= MOST else None

    def whole(self, what: str, *, least: int = 0) -> int:
        """Take a whole number."""
        value = self.number(what, f"a whole number from {least} on")
        if value != int(value) or value < least:
            raise self.wrong(f"is not {what}", f"a whole number from {least} on", back=1)
        return int(value)

    def price(self) -> Decimal:
        """Take a price above 0."""
        value = self.number("a price", PRICE)
        if value <= 0:
            raise self.wrong("is no price", PRICE, back=1)
        return value

    def size(self) -> Decimal:
        """Take a size above 0."""
        value = self.number("a size", NUMBER)
        if value <= 0:
            raise self.wrong("is no size", "a number above 0", back=1)
        return value

    def span(self, what: str = "a time") -> Nanos:
        """Take a span of time, with its unit."""
        found = span_of(self.peek())
        if found is None:
            raise self.unfit(what, SPAN)
        self._at += 1
        return found

    def moment(self) -> Nanos | None:
        """Take ``+5s`` if that is next."""
        text = self.peek()
        if not text.startswith("+") or text == "+":
            return None
        found = span_of(text[1:])
        if found is None:
            raise self.wrong("is no moment", f"+ and {SPAN}")
        self._at += 1
        return found

    def clock(self) -> str:
        """Take a time of the day."""
        if not is_clock(self.peek()):
            raise self.unfit("a time of the day", "a time such as 15:50 or 15:50:30")
        return self.next("a time")

    def name(self) -> str:
        """Take a name of the world's own."""
        if not self.is_name():
            raise self.unfit("a name", "a name in small letters, such as dip")
        return self.next("a name")

    def symbol(self) -> str:
        """Take the name of an instrument."""
        if not self.more:
            raise self.unfit("a symbol", "a symbol such as SPY, EUR.USD or a conId")
        word = self._words[self._at]
        if not (word.quoted or _SYMBOL.fullmatch(word.text)):
            raise self.wrong(
                "is no symbol",
                'a symbol in capitals such as SPY or EUR.USD, a conId, or "a local symbol"',
                near=word.text.upper() if _SYMBOL.fullmatch(word.text.upper()) else "",
            )
        self._at += 1
        return word.text

    def date(self, what: str, legal: str) -> date:
        """Take a day: 2026-04-10 or 20260410."""
        text = self.next(what, legal)
        try:
            return datetime.strptime(text, "%Y-%m-%d" if "-" in text else "%Y%m%d").date()
        except ValueError:
            raise self.wrong("is no date", legal, back=1) from None

    def percent(self, legal: str) -> Decimal:
        """Take a percentage: -30%."""
        text = self.peek()
        if not text.endswith("%"):
            raise self.unfit("a percentage", legal)
        value = self.number_in(text[:-1])
        if value is None:
            raise self.wrong("is no percentage", "a percentage such as -30%")
        self.next("a percentage")
        return value

    def currency(self) -> str:
        """Take a currency: USD."""
        text = self.next("a currency", "a currency such as USD")
        if len(text) != 3 or not text.isalpha() or not text.isupper():
            raise self.wrong("is no currency", "three capitals such as USD", back=1)
        return text


def is_clock(text: str) -> bool:
    """Whether a text is a time of the day: ``15:50``, ``15:50:30``."""
    return bool(_CLOCK.fullmatch(text))


def nearest(text: str, known: Collection[str]) -> str:
    """The one of some words that was probably meant; "" where none is near."""
    plain = {one.casefold(): one for one in known}
    found = get_close_matches(text.casefold()[:LONGEST_WORD], plain, 1, 0.75)
    return plain[found[0]] if found else ""


def span_of(text: str) -> Nanos | None:
    """The span that a word says; None when it says none, or more than ``LONGEST``."""
    match = _SPAN.fullmatch(text)
    if match is None:
        return None
    value = Decimal(match.group(1)) * UNITS[match.group(2)]
    return int(value) if value <= LONGEST else None
