"""The verbs of the market of a world: contracts, quotes, prints, halts, auctions, books."""

from decimal import Decimal
from typing import Final

from ..venue.units import SECOND
from .steps import (
    AuctionStep,
    BookLevel,
    ChainStep,
    ContractStep,
    DepthStep,
    HaltStep,
    PrintStep,
    QuoteStep,
    RampStep,
    ResumeStep,
    WorldStep,
)
from .words import Words

USUAL_SIZE: Final = Decimal(100)

CONTRACT: Final = "contract SYMBOL KIND EXCHANGE CURRENCY [tick X] [price X] [FIELD=VALUE]…"


def read_contract(words: Words) -> list[WorldStep]:
    """``contract``."""
    fields = {
        "symbol": words.symbol(),
        "secType": words.next("a kind such as STK", CONTRACT),
        "exchange": words.next("an exchange", CONTRACT),
        "currency": words.currency(),
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


def read_chain(words: Words) -> list[WorldStep]:
    """``chain``."""
    symbol = words.symbol()
    expiry = words.date("the day on which the options end", CHAIN)
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
    volatility = words.percent(CHAIN)
    if not 1 <= volatility <= 1000:
        raise words.wrong("is no volatility", "from 1% to 1000% a year", back=1)
    words.end(CHAIN)
    return [
        ChainStep(
            symbol=symbol, expiry=expiry.isoformat(), lowest=lowest, highest=highest, by=by,
            volatility=volatility,
        )
    ]  # fmt: skip


QUOTE: Final = "quote SYMBOL BID[*SIZE] x ASK[*SIZE], with - for a side that nobody quotes"
DEPTH: Final = "depth SYMBOL bid PRICE*SIZE… ask PRICE*SIZE…, the best level first"


def read_quote(words: Words) -> list[WorldStep]:
    """``quote``."""
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


def read_print(words: Words) -> list[WorldStep]:
    """``print``."""
    symbol, price = words.symbol(), words.price()
    size = words.size() if words.take("*") else USUAL_SIZE
    words.end("print SYMBOL PRICE[*SIZE]")
    return [PrintStep(symbol=symbol, price=price, size=size)]


RAMP: Final = "ramp SYMBOL PERCENT% over TIME [every TIME], or ramp SYMBOL to PRICE over TIME"


def read_ramp(words: Words) -> list[WorldStep]:
    """``ramp``."""
    symbol = words.symbol()
    percent: Decimal | None = None
    to: Decimal | None = None
    if words.take("to"):
        to = words.price()
    else:
        percent = words.percent(RAMP)
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


HALT: Final = "halt SYMBOL [volatility] [for TIME]"


def read_halt(words: Words) -> list[WorldStep]:
    """``halt``."""
    symbol = words.symbol()
    volatility = words.take("volatility")
    lasts = words.span() if words.take("for") else None
    words.end(HALT)
    return [HaltStep(symbol=symbol, lasts=lasts, volatility=volatility)]


def read_resume(words: Words) -> list[WorldStep]:
    """``resume``."""
    step = ResumeStep(symbol=words.symbol())
    words.end("resume SYMBOL")
    return [step]


AUCTION: Final = "auction SYMBOL open|close [imbalance SIZE buy|sell] print PRICE[*SIZE] at HH:MM"


def read_auction(words: Words) -> list[WorldStep]:
    """``auction``."""
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


def read_depth(words: Words) -> list[WorldStep]:
    """``depth``."""
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
