"""The verbs of the companies of a world: dividends, splits, mergers, spin-offs, new symbols."""

import re
from decimal import Decimal
from typing import Final

from .steps import DividendStep, MergerStep, RenameStep, SpinOffStep, SplitStep, WorldStep
from .words import Words

RATIO: Final = "new shares for old ones, such as 2:1"
MOST_SHARES: Final = 10_000
"""Of a side of a ratio."""
_RATIO: Final = re.compile(r"[0-9]{1,6}:[0-9]{1,6}")

DIVIDEND: Final = "dividend SYMBOL AMOUNT [account CODE]"


def read_dividend(words: Words) -> list[WorldStep]:
    """``dividend``."""
    symbol, amount = words.symbol(), words.price()
    account = words.next("the code of an account") if words.take("account") else ""
    words.end(DIVIDEND)
    return [DividendStep(symbol=symbol, amount=amount, account=account)]


SPLIT: Final = "split SYMBOL NEW:OLD"


def read_split(words: Words) -> list[WorldStep]:
    """``split``."""
    symbol = words.symbol()
    new, old = _ratio(words)
    if new == old:
        raise words.wrong("changes nothing", RATIO, back=1)
    words.end(SPLIT)
    return [SplitStep(symbol=symbol, new=new, old=old)]


MERGER: Final = "merger SYMBOL NEW:OLD SYMBOL [CASH], or merger SYMBOL CASH"


def read_merger(words: Words) -> list[WorldStep]:
    """``merger``."""
    symbol = words.symbol()
    into, new, old, cash = "", 0, 1, Decimal(0)
    if not words.more:
        raise words.unfit("a ratio or an amount", MERGER)
    if ":" in words.peek():
        new, old = _ratio(words)
        into = words.symbol()
    if words.more or not into:
        cash = words.price()
    words.end(MERGER)
    return [MergerStep(symbol=symbol, into=into, new=new, old=old, cash=cash)]


SPIN_OFF: Final = "spin-off SYMBOL NEW:OLD SYMBOL cost PERCENT%"


def read_spin_off(words: Words) -> list[WorldStep]:
    """``spin-off``."""
    symbol = words.symbol()
    new, old = _ratio(words)
    into = words.symbol()
    words.need("cost", SPIN_OFF)
    cost = words.percent(SPIN_OFF)
    if not 0 <= cost <= 100:
        raise words.wrong("is no part of the cost", "from 0% to 100%", back=1)
    words.end(SPIN_OFF)
    return [SpinOffStep(symbol=symbol, into=into, new=new, old=old, cost=cost)]


RENAME: Final = "rename SYMBOL to SYMBOL"


def read_rename(words: Words) -> list[WorldStep]:
    """``rename``."""
    symbol = words.symbol()
    words.need("to", RENAME)
    step = RenameStep(symbol=symbol, to=words.symbol())
    words.end(RENAME)
    return [step]


def _ratio(words: Words) -> tuple[int, int]:
    """Take a ratio."""
    text = words.next("a ratio", RATIO)
    sides = [int(side) for side in text.split(":")] if _RATIO.fullmatch(text) else []
    if not sides or not all(1 <= side <= MOST_SHARES for side in sides):
        raise words.wrong("is no ratio", RATIO, back=1)
    return sides[0], sides[1]
