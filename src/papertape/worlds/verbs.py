"""The verbs of a world: how each is written, and the steps that it becomes.

``VERBS`` is the one table: the parser reads by it, the guide and error messages list it. A verb
that the station cannot carry out yet has a reason in ``unserved`` and is refused by it.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from ..venue.broker.order_types import ORDER_TYPES
from ..venue.script import FILL_RULES
from ..venue.units import SECOND
from .expectations import AT_END, EXPECT, read_at_end, read_expect
from .steps import (
    AccountStep,
    ActStep,
    AuctionStep,
    BookLevel,
    ChainStep,
    ContractStep,
    CorrectionStep,
    DepthStep,
    DrillStep,
    EndStep,
    ExpectStep,
    FillsStep,
    HaltStep,
    HoldingStep,
    HoursStep,
    LatencyStep,
    PrintStep,
    QuoteStep,
    RampStep,
    ResumeStep,
    RuleStep,
    SeedStep,
    StartStep,
    StopDrillsStep,
    WorldStep,
)
from .words import Words

USUAL_SIZE: Final = Decimal(100)
KINDS_OF_CALLBACKS: Final = {
    "commission": "commissionReport",
    "execution": "execDetails",
    "openOrder": "openOrder",
    "orderStatus": "orderStatus",
    "execDetails": "execDetails",
    "commissionReport": "commissionReport",
    "position": "position",
    "nextValidId": "nextValidId",
}


class Verb(msgspec.Struct, frozen=True):
    """One verb."""

    name: str
    """Its first word, or its first two."""
    usage: str
    does: str
    read: Callable[[Words], list[WorldStep]]
    owner: str
    """Whose command it is: clock, account, market, broker, drill or test."""
    founding: bool = False
    """Whether only the beginning of a world can have it."""
    unserved: str = ""
    """Why the station cannot carry it out yet; "" when it can."""


# -- clock ----------------------------------------------------------------------------------------


START: Final = "a date, a time and a zone: 2026-04-10 15:40 US/Eastern"


def _start(words: Words) -> list[WorldStep]:
    day = words.next("a date", START)
    try:
        datetime.strptime(day, "%Y-%m-%d" if "-" in day else "%Y%m%d")
    except ValueError:
        raise words.wrong("is no date", START, back=1) from None
    time = words.clock()
    zone = words.next("a zone") if words.more else ""
    words.end(START)
    return [StartStep(text=f"{day} {time} {zone}".strip())]


def _hours(words: Words) -> list[WorldStep]:
    step = HoursStep(when=words.one_of("the hours", ("always", "exchange")))
    words.end("always or exchange")
    return [step]


def _seed(words: Words) -> list[WorldStep]:
    step = SeedStep(number=words.whole("a seed"))
    words.end("one number")
    return [step]


FILLS: Final = "fills paper|queue|instant"
LATENCY: Final = "latency [ack TIME] [fill TIME] [spread PERCENT%]"


def _fills(words: Words) -> list[WorldStep]:
    rule: Any = words.one_of("a fill rule", FILL_RULES)
    step = FillsStep(rule=rule)
    words.end(FILLS)
    return [step]


def _latency(words: Words) -> list[WorldStep]:
    ack = words.span() if words.take("ack") else None
    fill = words.span() if words.take("fill") else None
    spread = _percent(words, LATENCY) if words.take("spread") else None
    words.end(LATENCY)
    if ack is None and fill is None and spread is None:
        raise words.wrong("says no time", LATENCY)
    return [LatencyStep(ack=ack, fill=fill, spread=spread)]


def _end(words: Words) -> list[WorldStep]:
    words.end("nothing behind end: its moment stands before it")
    return [EndStep()]


# -- accounts -------------------------------------------------------------------------------------

ACCOUNT: Final = (
    "account CODE [cash AMOUNT CURRENCY]… [holds N SYMBOL [@ COST]]… [margin MODEL] [fees PLAN]"
)


def _account(words: Words) -> list[WorldStep]:
    code = words.next("the code of an account", ACCOUNT)
    steps: list[WorldStep] = []
    margin = plan = ""
    while words.more:
        if words.take("cash"):
            amount = words.number("an amount of money")
            if amount < 0:
                raise words.wrong("is less than nothing", "an amount from 0 on", back=1)
            steps.append(AccountStep(account=code, cash=amount, currency=_currency(words)))
        elif words.take("holds"):
            steps.append(_holding(words, code))
        elif words.take("margin"):
            margin = words.next("a margin model")
        elif words.take("fees"):
            plan = words.next("a fee plan")
        else:
            raise words.wrong("is nothing of an account", ACCOUNT)
    if not steps or margin or plan:
        steps.insert(0, AccountStep(account=code, margin=margin, plan=plan))
    return steps


def _holding(words: Words, code: str) -> HoldingStep:
    quantity = words.number("a number of shares")
    if not quantity:
        raise words.wrong("is no holding", "a number that is not 0", back=1)
    symbol = words.symbol()
    price = words.price() if words.take("@") else None
    return HoldingStep(account=code, symbol=symbol, quantity=quantity, price=price)


def _currency(words: Words) -> str:
    text = words.next("a currency", "a currency such as USD")
    if len(text) != 3 or not text.isalpha() or not text.isupper():
        raise words.wrong("is no currency", "three capitals such as USD", back=1)
    return text


# -- contracts ------------------------------------------------------------------------------------

CONTRACT: Final = "contract SYMBOL KIND EXCHANGE CURRENCY [tick X] [price X] [FIELD=VALUE]…"


def _contract(words: Words) -> list[WorldStep]:
    fields = {
        "symbol": words.symbol(),
        "secType": words.next("a kind such as STK", CONTRACT),
        "exchange": words.next("an exchange", CONTRACT),
        "currency": _currency(words),
    }
    while words.more:
        if words.take("tick"):
            fields["minTick"] = str(words.price())
        elif words.take("price"):
            fields["price"] = str(words.price())
        else:
            name, equals, value = words.next("a field", CONTRACT).partition("=")
            if not equals:
                raise words.wrong("is no field with its value", CONTRACT, back=1)
            fields[name] = value or words.quoted("the value of the field")
    return [ContractStep(fields=fields)]


CHAIN: Final = "chain SYMBOL DATE strikes LOWEST..HIGHEST by STEP vol PERCENT%"
MOST_STRIKES: Final = 500


def _chain(words: Words) -> list[WorldStep]:
    symbol = words.symbol()
    day = words.next("the day on which the options end", CHAIN)
    try:
        expiry = datetime.strptime(day, "%Y-%m-%d" if "-" in day else "%Y%m%d").date()
    except ValueError:
        raise words.wrong("is no date", CHAIN, back=1) from None
    words.need("strikes", CHAIN)
    low, dots, high = words.next("the lowest and the highest strike", CHAIN).partition("..")
    lowest, highest = words.number_in(low), words.number_in(high)
    if not dots or lowest is None or highest is None or not 0 < lowest <= highest:
        raise words.wrong("are no strikes", "a lowest and a highest one, such as 10..40", back=1)
    words.need("by", CHAIN)
    by = words.price()
    if (highest - lowest) // by >= MOST_STRIKES:
        raise words.wrong(f"makes more than {MOST_STRIKES} strikes", "a wider step", back=1)
    words.need("vol", CHAIN)
    volatility = _percent(words, CHAIN)
    if not 1 <= volatility <= 1000:
        raise words.wrong("is no volatility", "from 1% to 1000% a year", back=1)
    words.end(CHAIN)
    return [
        ChainStep(
            symbol=symbol, expiry=expiry.isoformat(), lowest=lowest, highest=highest, by=by,
            volatility=volatility,
        )
    ]  # fmt: skip


# -- market ---------------------------------------------------------------------------------------

QUOTE: Final = "quote SYMBOL BID[*SIZE] x ASK[*SIZE], with - for a side that nobody quotes"
DEPTH: Final = "depth SYMBOL bid PRICE*SIZE… ask PRICE*SIZE…, the best level first"


def _quote(words: Words) -> list[WorldStep]:
    symbol = words.symbol()
    bid, bid_size = _side(words)
    words.need("x", QUOTE)
    ask, ask_size = _side(words)
    words.end(QUOTE)
    if bid is not None and ask is not None and bid > ask:
        raise words.wrong(f"crosses the bid of {bid}", "an ask that is not below the bid", back=1)
    both = ask_size or USUAL_SIZE
    return [
        QuoteStep(
            symbol=symbol, bid=bid, ask=ask, bidSize=bid_size or both, askSize=both
        )
    ]  # fmt: skip


def _side(words: Words) -> tuple[Decimal | None, Decimal | None]:
    """A side of a quote, and its size where that is told."""
    if words.take("-"):
        return None, None
    price = words.price()
    return price, words.size() if words.take("*") else None


def _print(words: Words) -> list[WorldStep]:
    symbol, price = words.symbol(), words.price()
    size = words.size() if words.take("*") else USUAL_SIZE
    words.end("print SYMBOL PRICE[*SIZE]")
    return [PrintStep(symbol=symbol, price=price, size=size)]


RAMP: Final = "ramp SYMBOL PERCENT% over TIME [every TIME], or ramp SYMBOL to PRICE over TIME"


def _ramp(words: Words) -> list[WorldStep]:
    symbol = words.symbol()
    percent: Decimal | None = None
    to: Decimal | None = None
    if words.take("to"):
        to = words.price()
    else:
        percent = _percent(words, RAMP)
        if percent <= -100:
            raise words.wrong("leaves no price", "more than -100%", back=1)
    words.need("over", RAMP)
    over = words.span()
    every = words.span() if words.take("every") else SECOND
    words.end(RAMP)
    if not over or not every:
        raise words.wrong("takes no time", "a time above 0", back=1)
    if over // every > MOST_STEPS:
        raise words.wrong(f"has more than {MOST_STEPS} steps", "a longer time between two", back=1)
    return [RampStep(symbol=symbol, over=over, percent=percent, to=to, every=every)]


MOST_STEPS: Final = 5_000
"""Of a ramp."""


def _percent(words: Words, legal: str) -> Decimal:
    text = words.peek()
    if not text.endswith("%"):
        raise words.unfit("a percentage", legal)
    value = words.number_in(text[:-1])
    if value is None:
        raise words.wrong("is no percentage", "a percentage such as -30%")
    words.next("a percentage")
    return value


def _halt(words: Words) -> list[WorldStep]:
    symbol = words.symbol()
    lasts = words.span() if words.take("for") else None
    words.end("halt SYMBOL [for TIME]")
    return [HaltStep(symbol=symbol, lasts=lasts)]


def _resume(words: Words) -> list[WorldStep]:
    step = ResumeStep(symbol=words.symbol())
    words.end("resume SYMBOL")
    return [step]


AUCTION: Final = "auction SYMBOL open|close [imbalance SIZE buy|sell] print PRICE[*SIZE] at HH:MM"


def _auction(words: Words) -> list[WorldStep]:
    symbol = words.symbol()
    opening = words.one_of("open or close", ("open", "close")) == "open"
    imbalance = Decimal(0)
    if words.take("imbalance"):
        imbalance = words.size()
        if words.one_of("buy or sell", ("buy", "sell")) == "sell":
            imbalance = -imbalance
    words.need("print", AUCTION)
    price = words.price()
    size = words.size() if words.take("*") else USUAL_SIZE
    words.need("at", AUCTION)
    at = words.clock()
    words.end(AUCTION)
    return [
        AuctionStep(
            symbol=symbol, price=price, size=size, at=at, opening=opening, imbalance=imbalance
        )
    ]  # fmt: skip


def _depth(words: Words) -> list[WorldStep]:
    symbol = words.symbol()
    words.need("bid", DEPTH)
    bids = _levels(words)
    words.need("ask", DEPTH)
    asks = _levels(words)
    words.end(DEPTH)
    for levels, sign in ((bids, 1), (asks, -1)):
        prices = [sign * one.price for one in levels]
        if prices != sorted(set(prices), reverse=True):
            raise words.wrong("ends a side whose levels are not in order", DEPTH, back=1)
    if bids and asks and bids[0].price > asks[0].price:
        raise words.wrong("ends a crossed book", DEPTH, back=1)
    return [DepthStep(symbol=symbol, bids=bids, asks=asks)]


def _levels(words: Words) -> tuple[BookLevel, ...]:
    found: list[BookLevel] = []
    while words.is_number():
        price = words.price()
        words.need("*", DEPTH)
        found.append(BookLevel(price=price, size=words.size()))
        if len(found) > MOST_LEVELS:
            raise words.wrong(f"is more than {MOST_LEVELS} levels", DEPTH, back=1)
    return tuple(found)


MOST_LEVELS: Final = 60

# -- broker ---------------------------------------------------------------------------------------

RULE: Final = (
    "on [every] order [BUY|SELL] [SYMBOL] [TYPE] [client N] [ref TEXT] [account CODE] [as NAME]"
)


def read_rule(words: Words) -> RuleStep:
    """The head of a rule, behind ``on order`` or ``on every order``."""
    facts: dict[str, object] = {}
    if words.peek() in ("BUY", "SELL"):
        facts["side"] = words.next("a side")
    while words.more:
        if words.take("client"):
            facts["client"] = words.whole("a client id")
        elif words.take("ref"):
            facts["ref"] = text_of(words, "a reference")
        elif words.take("account"):
            facts["account"] = words.next("an account")
        elif words.take("as"):
            facts["name"] = words.name()
        elif (kind := order_type(words)) and "orderType" not in facts:
            facts["orderType"] = kind
        elif "symbol" not in facts and words.is_symbol():
            facts["symbol"] = words.symbol()
        else:
            raise words.wrong("is nothing of an order", RULE)
    return msgspec.convert(facts, RuleStep)


def text_of(words: Words, what: str) -> str:
    """A word, or a text in quotes."""
    return words.next(what) if words.peek() else words.quoted(what)


def order_type(words: Words) -> str:
    """Take the type of an order if that is next: ``LMT``, ``STP_LMT``; else ""."""
    name = words.peek().replace("_", " ")
    return words.next("a type") and name if name in ORDER_TYPES else ""


FILL: Final = "fill [NAME] [SIZE|rest|all] [@ PRICE]"


def _fill(words: Words) -> list[WorldStep]:
    size: Decimal | None = None
    name = _named(words, ("rest", "all"))
    if words.is_number():
        size = words.size()
    elif words.peek() in ("rest", "all"):
        words.next("a size")
    price = words.price() if words.take("@") else None
    words.end(FILL)
    return [ActStep(name=name, kind="fill", size=size, price=price)]


REJECT: Final = 'reject [NAME] CODE "TEXT"'


def _reject(words: Words) -> list[WorldStep]:
    name = _named(words)
    code = words.whole("a code", least=1)
    if code > 99_999:
        raise words.wrong("is no code", "a code such as 201", back=1)
    text = words.quoted("the text of the code")
    words.end(REJECT)
    return [ActStep(name=name, kind="reject", code=code, text=text)]


WARN: Final = 'warn [NAME] CODE "TEXT"'


def _warn(words: Words) -> list[WorldStep]:
    (rejected,) = _reject(words)
    return [msgspec.structs.replace(rejected, kind="warn")]


def _cancel(words: Words) -> list[WorldStep]:
    name = _named(words)
    words.end("cancel [NAME]")
    return [ActStep(name=name, kind="cancel")]


EXECUTION: Final = (
    "execution correct [the] WHICH fill [of NAME] to [SIZE] [@ PRICE] [after TIME], or execution "
    "bust [the] WHICH fill [of NAME] [after TIME]; WHICH is first, second, third, a number or last"
)
WHICH: Final = {"first": 1, "second": 2, "third": 3, "last": -1}


def _execution(words: Words) -> list[WorldStep]:
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


# -- drills ---------------------------------------------------------------------------------------


def _drill(words: Words) -> list[WorldStep]:
    if not words.more:
        raise words.unfit("the name of a drill", "drill NAME [OPTION=VALUE]…")
    return [DrillStep(text=words.rest())]


def _stop_drills(words: Words) -> list[WorldStep]:
    words.end("stop drills")
    return [StopDrillsStep()]


CALLBACKS: Final = "callbacks reorder [seed N], callbacks KIND late TIME, callbacks KIND duplicate"


def _callbacks(words: Words) -> list[WorldStep]:
    if words.take("reorder"):
        seed = words.whole("a seed") if words.take("seed") else 1
        words.end(CALLBACKS)
        return [DrillStep(text=f"reorder-callbacks seed={seed}")]
    kind = KINDS_OF_CALLBACKS[words.one_of("a kind of callback", KINDS_OF_CALLBACKS)]
    if words.take("duplicate"):
        text = f"duplicate-callbacks kind={kind}"
    else:
        words.need("late", CALLBACKS)
        text = f"late-callbacks kind={kind} ms={words.span() / 1e6:g}"
    words.end(CALLBACKS)
    return [DrillStep(text=text)]


def _unread(words: Words) -> list[WorldStep]:
    raise AssertionError("a verb that is not served is refused before it is read")


def _expect(words: Words) -> list[WorldStep]:
    return [read_expect(words)]


def _at_end(words: Words) -> list[WorldStep]:
    steps: list[ExpectStep] = read_at_end(words)
    return list(steps)


VERBS: Final[dict[str, Verb]] = {
    verb.name: verb
    for verb in (
        Verb("start", "start DATE TIME [ZONE]", "market time at which the world begins", _start,
             "clock", founding=True),
        Verb("hours", "hours always|exchange", "whether markets close", _hours, "clock",
             founding=True),
        Verb("seed", "seed N", "the seed of everything random", _seed, "clock", founding=True),
        Verb("end", "+TIME end", "the world is over", _end, "clock"),
        Verb("account", ACCOUNT, "what an account has", _account, "account"),
        Verb("contract", CONTRACT, "a contract of the world's own", _contract, "market",
             founding=True),
        Verb("chain", CHAIN, "calls and puts that follow the underlying", _chain, "market",
             founding=True),
        Verb("quote", QUOTE, "both sides of the market from now on", _quote, "market"),
        Verb("print", "print SYMBOL PRICE[*SIZE]", "a trade of others", _print, "market"),
        Verb("ramp", RAMP, "an even move to another level", _ramp, "market"),
        Verb("halt", "halt SYMBOL [for TIME]", "trading stops", _halt, "market"),
        Verb("resume", "resume SYMBOL", "trading goes on", _resume, "market"),
        Verb("auction", AUCTION, "the print of an auction", _auction, "market"),
        Verb("depth", DEPTH, "a whole book", _depth, "market"),
        Verb("on order", RULE, "what the broker does with the next order that fits", _unread,
             "broker"),
        Verb("on every", RULE, "what the broker does with each order that fits", _unread,
             "broker"),
        Verb("fills", FILLS, "how orders fill from now on", _fills, "broker"),
        Verb("latency", LATENCY, "how long orders are on their way from now on", _latency,
             "broker"),
        Verb("fill", FILL, "an execution", _fill, "broker"),
        Verb("reject", REJECT, "the broker refuses the order", _reject, "broker"),
        Verb("warn", WARN, "an error about an order that lives on", _warn, "broker"),
        Verb("cancel", "cancel [NAME]", "the system cancels the order", _cancel, "broker"),
        Verb("hold", "hold", "nothing happens to the order by itself", _unread, "broker"),
        Verb("late", "late TIME", "its client hears of the order so much later", _unread,
             "broker"),
        Verb("execution", EXECUTION, "the exchange corrects or busts an execution", _execution,
             "broker"),
        Verb("drill", "drill NAME [OPTION=VALUE]…", "a fault of docs/drills", _drill, "drill"),
        Verb("stop drills", "stop drills", "ends every drill", _stop_drills, "drill"),
        Verb("callbacks", CALLBACKS, "the order of what a client hears", _callbacks, "drill"),
        Verb("expect", EXPECT, "what the program must have done", _expect, "test"),
        Verb("at end", AT_END, "what must be so at the end", _at_end, "test"),
    )
}  # fmt: skip
"""Every verb by name."""
