"""The verbs of the broker of a world: rules for orders, and what happens to one."""

from decimal import Decimal
from typing import Final, Literal

import msgspec

from .order_words import take_order_word
from .steps import (
    ActStep,
    CorrectionStep,
    RuleStep,
    WorldStep,
)
from .words import Words

RULE: Final = (
    "on [every] order [BUY|SELL] [SYMBOL] [TYPE] [client N] [ref TEXT] [account CODE] [as NAME]"
)


def read_rule(words: Words) -> RuleStep:
    """The head of a rule, behind ``on order`` or ``on every order``."""
    facts: dict[str, object] = {}
    while words.more:
        if words.take("as"):
            facts["name"] = words.name()
        elif not take_order_word(words, facts):
            raise words.wrong("is nothing of an order", RULE)
    return msgspec.convert(facts, RuleStep)


FILL: Final = "fill [NAME] [SIZE|rest|all] [@ PRICE] [if working]"


def read_fill(words: Words) -> list[WorldStep]:
    """``fill``."""
    size: Decimal | None = None
    name = _named(words, ("rest", "all", "if"))
    if words.is_number():
        size = words.size()
    elif words.peek() in ("rest", "all"):
        words.next("a size")
    price = words.price() if words.take("@") else None
    if_working = words.take("if", "working")
    words.end(FILL)
    return [ActStep(name=name, kind="fill", size=size, price=price, if_working=if_working)]


REJECT: Final = 'reject [NAME] CODE "TEXT"'


def read_reject(words: Words) -> list[WorldStep]:
    """``reject``."""
    return [_code(words, "reject", REJECT)]


def _code(words: Words, kind: Literal["reject", "warn"], legal: str) -> ActStep:
    name = _named(words)
    code = words.whole("a code", least=1)
    if code > 99_999:
        raise words.wrong("is no code", "a code such as 201", back=1)
    text = words.quoted("the text of the code")
    words.end(legal)
    return ActStep(name=name, kind=kind, code=code, text=text)


WARN: Final = 'warn [NAME] CODE "TEXT"'


def read_warn(words: Words) -> list[WorldStep]:
    """``warn``."""
    return [_code(words, "warn", WARN)]


def read_cancel(words: Words) -> list[WorldStep]:
    """``cancel``."""
    name = _named(words)
    words.end("cancel [NAME]")
    return [ActStep(name=name, kind="cancel")]


EXECUTION: Final = (
    "execution correct [the] WHICH fill [of NAME] to [SIZE] [@ PRICE] [after TIME], or execution "
    "bust [the] WHICH fill [of NAME] [after TIME]; WHICH is first, second, third, a number or last"
)
WHICH: Final = {"first": 1, "second": 2, "third": 3, "last": -1}


def read_execution(words: Words) -> list[WorldStep]:
    """``execution``."""
    bust = words.one_of("correct or bust", ("correct", "bust")) == "bust"
    words.take("the")
    if words.is_number():
        nth = words.whole("which fill", least=1)
    else:
        nth = WHICH[words.one_of("which fill", WHICH)]
    words.need("fill", EXECUTION)
    of = words.name() if words.take("of") else ""
    size: Decimal | None = None
    price: Decimal | None = None
    if not bust:
        words.need("to", EXECUTION)
        size = words.size() if words.is_number() else None
        price = words.price() if words.take("@") else None
        if size is None and price is None:
            raise words.unfit("a size or a price", EXECUTION)
    after = words.span() if words.take("after") else 0
    words.end(EXECUTION)
    return [CorrectionStep(nth=nth, of=of, bust=bust, size=size, price=price, after=after)]


def _named(words: Words, not_names: tuple[str, ...] = ()) -> str:
    return words.name() if words.is_name() and words.peek() not in not_names else ""
