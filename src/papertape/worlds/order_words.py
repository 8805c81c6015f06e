"""What a line says of an order: the same words in a rule and in an expectation."""

from typing import Final

from ..venue.broker.order_types import ORDER_TYPES
from .words import Words, nearest

SIDES: Final = ("BUY", "SELL")


def take_order_word(words: Words, facts: dict[str, object]) -> bool:
    """Take one thing that tells an order, such as ``BUY`` or ``client 7``, into ``facts``.

    False when the next word is none; nothing is taken then. Raises ``WorldError`` for a value that
    is none, and for a word that is nearly a side or a type and stands before the symbol.
    """
    if words.peek() in SIDES and "side" not in facts:
        facts["side"] = words.next("a side")
    elif _type_of(words) and "orderType" not in facts:
        facts["orderType"] = _type_of(words)
        words.next("a type")
    elif words.take("client"):
        facts["client"] = words.whole("a client id")
    elif words.take("account"):
        facts["account"] = words.next("an account")
    elif words.take("ref"):
        facts["ref"] = words.free_text("a reference")
    elif "symbol" not in facts and words.is_symbol():
        misspelt = _misspelt(words, facts)
        if misspelt:
            raise words.wrong("stands where the symbol does, before another one", near=misspelt)
        facts["symbol"] = words.symbol()
    else:
        return False
    return True


def _type_of(words: Words) -> str:
    """The type of an order that is next, such as ``STP LMT`` for ``STP_LMT``; else ""."""
    return _named(words.peek())


def _named(word: str) -> str:
    name = word.replace("_", " ")
    return name if name in ORDER_TYPES else ""


def _misspelt(words: Words, facts: dict[str, object]) -> str:
    """The side or type that was meant by a symbol before the symbol; "" where none was."""
    known = [*(SIDES if "side" not in facts else ())]
    known += [one.replace(" ", "_") for one in ORDER_TYPES if "orderType" not in facts]
    ahead = words.ahead("client", "account", "ref", "within", "before")
    if any(one.is_symbol and not _named(one.text) for one in ahead):
        return nearest(words.peek(), known)
    return ""
