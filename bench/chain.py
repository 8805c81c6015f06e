"""A chain of options that are all subscribed: what a second of their ticks and greeks costs.

SPY's options around the money, half of them calls, on the synthetic tape. A second of the market
has four looks at each quote and its day, and one at its computations, which are told in slices; the
longest look is what a slice may last beyond its end.

With ``--others 3000`` so many options are followed over a socket of a station of their own, and
another client's orders are timed, from the bytes sent to the first orderStatus: alone, while they
are being subscribed, beside them, and beside them while the details of a whole chain are asked for
over and over.
"""

import asyncio
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from time import perf_counter_ns, process_time_ns

from papertape.model import Contract
from papertape.server.assembly import open_tape
from papertape.server.clock import MarketClock
from papertape.server.market_data.computations import NOTHING, ComputationFeed
from papertape.server.persistence import MarketFacts
from papertape.venue.reference.instruments import Instrument, Listing
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import MINUTE, SECOND
from papertape.wire.catalogue.market import ReqMktData

from .common import clock, processor_s, show, station
from .contracts import asked as details
from .services import Guest, felt, orders

START = 1_776_088_800 * SECOND
EXPIRIES = (
    "20260515", "20260618", "20260717", "20260821", "20260918", "20261016", "20261218", "20270115",
)  # fmt: skip
FEW = ("20260515", "20260618", "20260717", "20260918")
"""Those of up to 1,600 options."""
SETTLED_S = 10.0
WHOLE = Contract(symbol="SPX", secType="OPT", exchange="SMART", currency="USD")


def chain(count: int) -> list[Instrument]:
    """So many options, the nearest strikes first."""
    found: list[Instrument] = []
    for step in range(200):
        for expiry in EXPIRIES if count > len(FEW) * 400 else FEW:
            for right in "CP":
                wanted = Contract(
                    symbol="SPY", secType="OPT", exchange="SMART", currency="USD",
                    lastTradeDateOrContractMonth=expiry, tradingClass="SPY", right=right,
                    strike=680.0 + (step + 1) // 2 * (-1) ** step * 5, multiplier="100",
                )  # fmt: skip
                listing = CATALOGUE.resolve(wanted, now=START)
                if isinstance(listing, Listing) and listing.instrument not in found:
                    found.append(listing.instrument)
    return found[:count]


async def beside(port: int, pid: int, count: int) -> None:
    """Time another client's orders beside so many options."""
    follows, asks, trades = [await Guest(number).open(port) for number in (1, 2, 3)]
    rows = [[*felt("alone", await orders(trades, 1)), 0.0]]
    for number, entry in enumerate(chain(count), 1):
        follows.send(ReqMktData(number, Contract(conId=entry.conId, exchange="SMART")))
    heard = asyncio.create_task(_hear(follows))

    async def row(name: str) -> None:
        used, began = processor_s(pid), clock()
        found = felt(name, await orders(trades, len(rows) * 1_000_000))
        rows.append([*found, (processor_s(pid) - used) / (clock() - began) * 100.0])

    await row(f"while {count} options are subscribed")
    await asyncio.sleep(SETTLED_S)
    await row(f"beside {count}")
    over = asyncio.Event()
    asking = asyncio.create_task(_again(asks, over))
    await row("beside them and the details of SPX's chain")
    over.set()
    await asking
    heard.cancel()
    for one in (follows, asks, trades):
        one.close()
    head = ("orders of another client", "ms, median", "ms, p99", "ms, most", "processor, %")
    show(f"What others feel of {count} options", head, rows, "chain_felt")


async def _hear(guest: Guest) -> None:
    while True:
        await guest.next()


async def _again(guest: Guest, over: asyncio.Event) -> None:
    number = 0
    while not over.is_set():
        number += 1
        await details(guest, WHOLE, number)


def run(options: list[str]) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser(
        "python -m bench chain", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--options", type=int, default=400, help="how many options (400)")
    parser.add_argument("--seconds", type=int, default=60, help="seconds of the market (60)")
    parser.add_argument("--others", type=int, default=0, help="time others beside so many (none)")
    chosen = parser.parse_args(options)
    if chosen.others:
        environ = {"PAPERTAPE_MAX_LINES": "100000"}
        with station(environ=environ) as (port, process):
            asyncio.run(beside(port, process.pid, chosen.others))
        return
    entries = chain(chosen.options)
    market = open_tape(None, MarketFacts(START - 60 * MINUTE, 1, MarketClock(START, START, 1.0)))
    feeds = [
        ComputationFeed(market, lambda: CATALOGUE, entry, frozen=False, delay=0)
        for entry in entries
    ]
    told = [NOTHING] * len(feeds)
    for place, feed in enumerate(feeds):
        told[place] = feed.news(NOTHING, START)[0]
        market.day(entries[place].conId, START)
    ticks, longest, quotes, computed = 0, 0, 0, 0
    for second in range(1, chosen.seconds + 1):
        begun = process_time_ns()
        for quarter in range(4):
            now = START + second * SECOND + quarter * SECOND // 4
            for entry in entries:
                market.quote(entry.conId, now)
                market.day(entry.conId, now)
        quotes += process_time_ns() - begun
        begun = process_time_ns()
        for place, feed in enumerate(feeds):
            look = perf_counter_ns()
            told[place], news = feed.news(told[place], START + second * SECOND)
            longest = max(longest, perf_counter_ns() - look)
            ticks += len(news)
        computed += process_time_ns() - begun
    seconds = chosen.seconds
    rows = [
        ["quotes and day's figures, ms of a second", quotes / seconds / 1e6],
        ["computations, ms of a second", computed / seconds / 1e6],
        ["computations told in a second", ticks / seconds],
        ["one computation, microseconds", computed / max(ticks, 1) / 1e3],
        ["longest look at one option, ms", longest / 1e6],
    ]
    show(f"{len(entries)} options of one stock, each subscribed", ("what", ""), rows, "chain")
