"""How expectations are written."""

from typing import Final

import msgspec

from .order_words import take_order_word
from .steps import ExpectStep
from .words import Words

EXPECT: Final = (
    "expect order [BUY|SELL] [SIZE] [SYMBOL] [TYPE] [@ PRICE] [client N] [ref TEXT] "
    "[within TIME [of +TIME]] [before HH:MM], expect orders N […], expect position SYMBOL N, "
    "expect cash AMOUNT CURRENCY, expect no working orders, expect requests NAME [N] "
    "[FIELD=VALUE]…, expect report NAME… VALUE, at end the program knows: NAME… VALUE"
)
AT_END: Final = "at end CONDITION; CONDITION; …, each as behind expect"
_WHAT: Final = (
    "order", "orders", "working", "position", "cash", "request", "requests", "report", "no"
)  # fmt: skip


def read_at_end(words: Words) -> list[ExpectStep]:
    """Conditions between semicolons."""
    found: list[ExpectStep] = []
    while words.more:
        part = words.rest_of(";")
        found.append(read_expect(part, at_end=True))
    if not found:
        raise words.unfit("a condition", AT_END)
    return found


def read_expect(words: Words, *, at_end: bool = False) -> ExpectStep:
    """One condition."""
    if words.take("the", "program", "knows:"):
        what = "report"
    else:
        what = words.one_of("what is expected", _WHAT)
    facts: dict[str, object] = {"what": what}
    if what == "no":
        facts["count"] = 0
        if words.take("working"):
            facts["what"] = "working"
            words.take("orders") or words.take("order")
        elif words.take("orders") or words.take("order"):
            facts["what"] = "orders"
            _order(words, facts)
        elif words.take("requests") or words.take("request"):
            facts["what"] = "requests"
            _request(words, facts)
        elif words.take("position"):
            facts |= {"what": "position", "quantity": 0, "symbol": words.symbol()}
        else:
            raise words.wrong(
                "is nothing that can be absent", "working, orders, requests, position"
            )
    elif what in ("orders", "working"):
        if what == "working":
            words.need("orders", EXPECT)
        facts["count"] = words.whole("a number of orders")
        _order(words, facts)
    elif what == "order":
        _order(words, facts)
    elif what in ("request", "requests"):
        facts["what"] = "requests"
        _request(words, facts)
    elif what == "report":
        _report(words, facts)
    elif what == "position":
        if words.take("account"):
            facts["account"] = words.next("an account")
        facts["symbol"] = words.symbol()
        facts["quantity"] = words.number("a number of shares")
    else:
        if words.take("account"):
            facts["account"] = words.next("an account")
        facts["quantity"] = words.number("an amount")
        facts["currency"] = words.next("a currency", "a currency such as USD")
    _when(words, facts, at_end=at_end)
    words.end(EXPECT)
    return msgspec.convert(facts, ExpectStep)


def _order(words: Words, facts: dict[str, object]) -> None:
    """What an order is like."""
    while words.more and words.peek() not in ("within", "before"):
        if words.take("@"):
            facts["price"] = words.price()
        elif words.is_number() and "quantity" not in facts:
            facts["quantity"] = words.size()
        elif not take_order_word(words, facts):
            raise words.wrong("is nothing of an order", EXPECT)


def _request(words: Words, facts: dict[str, object]) -> None:
    """The name of a request, how many of them, and what their fields are."""
    facts["request"] = words.next("a request", "the official name of a request: placeOrder")
    if words.is_number():
        facts["count"] = words.whole("a number of requests")
    fields: list[tuple[str, str]] = []
    while words.more and words.peek() not in ("within", "before"):
        name, equals, value = words.next("a field", "FIELD=VALUE").partition("=")
        if not equals:
            raise words.wrong("is no field with its value", "FIELD=VALUE", back=1)
        fields.append((name, value or words.quoted("the value")))
    facts["fields"] = fields


def _report(words: Words, facts: dict[str, object]) -> None:
    """What the program says, and of what."""
    said: list[str] = []
    while words.more and words.peek() not in ("within", "before"):
        said.append(words.free_text("a word"))
    if len(said) < 2:
        raise words.unfit("what is reported, and its value", "report position AAPL 100")
    facts |= {"report": " ".join(said[:-1]), "value": said[-1]}


def _when(words: Words, facts: dict[str, object], *, at_end: bool) -> None:
    while words.peek() in ("within", "before"):
        if at_end:
            raise words.wrong("has no place at the end", AT_END)
        if words.take("before"):
            facts["before"] = words.clock()
            continue
        words.need("within")
        facts["within"] = words.span()
        if words.take("of"):
            since = words.moment()
            if since is None:
                raise words.unfit("a moment", "a moment such as +5s")
            facts["since"] = since
