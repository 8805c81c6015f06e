"""The verbs of a world: how each is written, and the steps that it becomes.

``VERBS`` is the one table: the parser reads by it, the guide and error messages list it.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from ..venue.script import FILL_RULES
from . import broker_verbs as broker
from . import company_verbs as company
from . import market_verbs as market
from .expectations import AT_END, EXPECT, read_at_end, read_expect
from .steps import (
    AccountStep,
    DrillStep,
    EndStep,
    ExpectStep,
    FillsStep,
    HoldingStep,
    HoursStep,
    LatencyStep,
    SeedStep,
    StartStep,
    StopDrillsStep,
    WorldStep,
)
from .words import Words

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


# -- clock ----------------------------------------------------------------------------------------

START: Final = "a date, a time and a zone: 2026-04-10 15:40 US/Eastern"


def _start(words: Words) -> list[WorldStep]:
    day = words.date("a date", START).isoformat()
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
    spread = words.percent(LATENCY) if words.take("spread") else None
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
            steps.append(AccountStep(account=code, cash=amount, currency=words.currency()))
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
        text = f"late-callbacks kind={kind} ms={words.span() / 1e6:.12g}"
    words.end(CALLBACKS)
    return [DrillStep(text=text)]


def _unread(words: Words) -> list[WorldStep]:
    raise AssertionError("a line of a rule is read where the rule is")


def _expect(words: Words) -> list[WorldStep]:
    return [read_expect(words)]


def _at_end(words: Words) -> list[WorldStep]:
    steps: list[ExpectStep] = read_at_end(words)
    return list(steps)


VERBS: Final[dict[str, Verb]] = {
    verb.name: verb
    for verb in (
        Verb(
            "start",
            "start DATE TIME [ZONE]",
            "market time at which the world begins",
            _start,
            "clock",
            founding=True,
        ),
        Verb(
            "hours",
            "hours always|exchange",
            "whether markets close",
            _hours,
            "clock",
            founding=True,
        ),
        Verb("seed", "seed N", "the seed of everything random", _seed, "clock", founding=True),
        Verb("end", "+TIME end", "the world is over", _end, "clock"),
        Verb("account", ACCOUNT, "what an account has", _account, "account"),
        Verb("dividend", company.DIVIDEND, "cash for each share", company.read_dividend, "account"),
        Verb("split", company.SPLIT, "new shares for old ones", company.read_split, "account"),
        Verb(
            "merger",
            company.MERGER,
            "a share ends: others, cash or both for it",
            company.read_merger,
            "account",
        ),
        Verb(
            "spin-off",
            company.SPIN_OFF,
            "shares of a part of the company besides the old ones",
            company.read_spin_off,
            "account",
        ),
        Verb("rename", company.RENAME, "a share's symbol", company.read_rename, "account"),
        Verb(
            "contract",
            market.CONTRACT,
            "a contract of the world's own",
            market.read_contract,
            "market",
            founding=True,
        ),
        Verb(
            "chain",
            market.CHAIN,
            "calls and puts that follow the underlying",
            market.read_chain,
            "market",
            founding=True,
        ),
        Verb(
            "quote",
            market.QUOTE,
            "both sides of the market from now on",
            market.read_quote,
            "market",
        ),
        Verb(
            "print", "print SYMBOL PRICE[*SIZE]", "a trade of others", market.read_print, "market"
        ),
        Verb("ramp", market.RAMP, "an even move to another level", market.read_ramp, "market"),
        Verb("halt", market.HALT, "trading stops", market.read_halt, "market"),
        Verb("resume", "resume SYMBOL", "trading goes on", market.read_resume, "market"),
        Verb("auction", market.AUCTION, "the print of an auction", market.read_auction, "market"),
        Verb("depth", market.DEPTH, "a whole book", market.read_depth, "market"),
        Verb(
            "on order",
            broker.RULE,
            "what the broker does with the next order that fits",
            _unread,
            "broker",
        ),
        Verb(
            "on every",
            broker.RULE,
            "what the broker does with each order that fits",
            _unread,
            "broker",
        ),
        Verb("fills", FILLS, "how orders fill from now on", _fills, "broker"),
        Verb(
            "latency", LATENCY, "how long orders are on their way from now on", _latency, "broker"
        ),
        Verb("fill", broker.FILL, "an execution", broker.read_fill, "broker"),
        Verb("reject", broker.REJECT, "the broker refuses the order", broker.read_reject, "broker"),
        Verb(
            "warn", broker.WARN, "an error about an order that lives on", broker.read_warn, "broker"
        ),
        Verb(
            "cancel", "cancel [NAME]", "the system cancels the order", broker.read_cancel, "broker"
        ),
        Verb("hold", "hold", "nothing happens to the order by itself", _unread, "broker"),
        Verb("late", "late TIME", "its client hears of the order so much later", _unread, "broker"),
        Verb(
            "execution",
            broker.EXECUTION,
            "the exchange corrects or busts an execution",
            broker.read_execution,
            "broker",
        ),
        Verb("drill", "drill NAME [OPTION=VALUE]…", "a fault of docs/drills", _drill, "drill"),
        Verb("stop drills", "stop drills", "ends every drill", _stop_drills, "drill"),
        Verb("callbacks", CALLBACKS, "the order of what a client hears", _callbacks, "drill"),
        Verb("expect", EXPECT, "what the program must have done", _expect, "test"),
        Verb("at end", AT_END, "what must be so at the end", _at_end, "test"),
    )
}
"""Every verb by name."""
