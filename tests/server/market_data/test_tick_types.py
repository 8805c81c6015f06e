"""Every type of tick that the vendor documents comes from a station, or its table says why not.

What comes is what clients got here, in as many situations as it takes; nothing else may come.
"""

from itertools import count
from typing import Any

import pytest

from papertape.model import Contract
from papertape.server.assembly import open_tape
from papertape.server.clock import MarketClock
from papertape.server.market_data.generic_ticks import TABLE
from papertape.server.market_data.tick_types import PLAIN_TICKS
from papertape.server.persistence import MarketFacts
from papertape.server.settings import StationSettings
from papertape.venue.market.laid import WorldTape
from papertape.venue.units import MINUTE
from papertape.wire.catalogue import market, options
from papertape.wire.catalogue.session import ErrorMessage
from papertape.worlds.reading import read_steps
from server.by_kind import KINDS
from server.handlers.test_auctions import AAPL
from server.handlers.test_auctions import hall as auctioned
from server.pair import Hall
from venue.scenario import START, at
from walks import walk

EVERY: frozenset[int] = frozenset(range(111))
"""The types that the vendor documents."""
LATE = ("ETF", "OPT", "FUT", "BOND")
SELDOM_MS = 20_000
"""What comes is the same if it comes seldom, and sooner known."""
OWN_MESSAGE = {62}
"""News, which have a message of their own (tickNews)."""
TICKS = (
    market.TickPrice,
    market.TickSize,
    market.TickString,
    market.TickGeneric,
    options.TickOptionComputation,
)


def hall(**settings: Any) -> Hall:
    facts = MarketFacts(START - 60 * MINUTE, 3, MarketClock(START, START, 1.0))
    chosen = StationSettings(max_message_rate=0, quote_interval_ms=SELDOM_MS, **settings)
    return Hall(settings=chosen, market=WorldTape(open_tape(None, facts)))


def types(messages: list[Any]) -> set[int]:
    return {message.tickType for message in messages if isinstance(message, TICKS)}


def followed(here: Hall, *, delayed: bool = False) -> set[int]:
    """What lines with every id that is sent bring, of each kind of contract; delayed ones of four
    kinds, as it takes a quarter of an hour until these tell what happens now."""
    client, numbers, found = here.client(), count(1), set()
    if delayed:
        client.send(market.ReqMarketDataType(3))
    for contract in [KINDS[kind] for kind in LATE] if delayed else KINDS.values():
        ids = [str(one.id) for one in TABLE if contract.secType in one.sends and one.id != 292]
        client.send(market.ReqMktData(next(numbers), contract, ",".join(ids)))
        found |= types(client.got())
    for one in read_steps("halt SPY volatility for 30s"):
        here.station.world.place(one)
    for _ in range(17 if delayed else 3):
        here.wait(60)
        found |= types(client.got())
    assert not [one for one in client.errors() if one[1] not in (10167, 10197, 2119, 2104)]
    return found


@pytest.fixture(scope="module", name="seen")
def _seen() -> set[int]:
    found = followed(hall()) | followed(hall(market_data="delayed"), delayed=True)
    client = hall().client()
    client.send(
        market.ReqMktData(1, KINDS["ETF"], "", False, True),
        options.CalculateOptionPrice(2, KINDS["OPT"], 0.3, 690.0),
    )
    closing = auctioned(at("20260824 15:52:00")).client()
    closing.send(market.ReqMktData(1, AAPL, "225"))
    return found | types(client.got()) | types(closing.got())


def test_every_type_is_in_one_of_the_tables_once() -> None:
    asked = [one for tick in TABLE for one in tick.ticks]
    plain = [one for row in PLAIN_TICKS for one in row.types]
    assert sorted([*asked, *plain]) == sorted(EVERY)
    assert all(row.what for row in PLAIN_TICKS)


@pytest.mark.long
def test_what_comes_is_what_the_tables_say(seen: set[int]) -> None:
    asked = {one for tick in TABLE if tick.sends for one in tick.ticks} - OWN_MESSAGE
    plain = {one for row in PLAIN_TICKS if row.sent for one in row.types}
    assert seen == asked | plain


@walk("tick", [one for one in TABLE if not one.sends], ids=lambda one: one.name)
def test_an_id_that_sends_nothing_is_refused_by_name_or_taken_with_a_reason(tick: Any) -> None:
    client = hall().client()
    word = "220" if tick.id == 221 else str(tick.id)
    client.send(market.ReqMktData(1, Contract(conId=756733, exchange="SMART"), word))
    refused = [one.errorCode for one in client.got() if isinstance(one, ErrorMessage)]
    assert refused == ([10358] if tick.id == 258 else []) and tick.what
