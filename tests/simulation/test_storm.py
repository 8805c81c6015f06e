"""Our own client in storms: the faults of a seed as ``papertape storm`` draws them, in memory.

Whatever comes, it ends ready, with a live quote, and knows of every order what the station knows.
"""

import random
from contextlib import suppress
from decimal import Decimal

import pytest

from client.guest import Guest
from client.test_drills import answered
from lanes import many
from papertape.client.quotes import QuoteStream
from papertape.client.requests import lists, questions
from papertape.client.trades import Trade
from papertape.model import Contract, ExecutionFilter, Order
from papertape.testing.storm.drawing import GroundOrder, StormGround, draw
from papertape.testing.storm.worldtext import storm_world
from papertape.venue.market.laid import WorldTape
from papertape.venue.units import SECOND
from papertape.wire.catalogue.orders import CancelOrder, PlaceOrder
from papertape.worlds.reading import read_world
from server.market import WrittenMarket
from server.pair import Hall

SEEDS = many(test=6, quick=60, proof=10_000)
AT_ONCE = 500
SPY = Contract(symbol="SPY", secType="STK", exchange="SMART", currency="USD")
BASE = "quote SPY 170.00 x 170.02 * 5,000\n+1s ramp SPY 2% over 10m every 500ms\n"
ACTIVE_S, LASTS_S = 30, 75
GROUND = StormGround(
    ACTIVE_S * SECOND,
    tuple(range(0, ACTIVE_S * SECOND, 3 * SECOND)),
    (
        GroundOrder("BUY", "SPY", "LMT", 100, True),
        GroundOrder("SELL", "SPY", "LMT", 100, True),
        GroundOrder("BUY", "SPY", "LMT", 300, False),
    ),
)


def place(program: Guest, side: str, price: float, size: int) -> None:
    core = program.core.at(program.now)
    if core.why_not_ready():
        return
    order = Order(
        action=side, totalQuantity=Decimal(size), orderType="LMT", lmtPrice=price, tif="DAY"
    )
    trade = Trade(core.next_order_id(), SPY, order)
    core.orders.follow(trade)
    core.send(PlaceOrder(trade.orderId, SPY, order), trade)


def ask(program: Guest) -> QuoteStream:
    line = questions.quotes(program.core, SPY, "")
    program.core.at(program.now).subscribe(line)
    return line


def act(program: Guest, chance: random.Random) -> None:
    """What a program does in a second."""
    if chance.random() < 0.4:
        side = chance.choice(("BUY", "SELL"))
        away = chance.choice((2.0, -2.0))  # it fills at once, or works
        place(program, side, 170.0 + (away if side == "BUY" else -away), chance.choice((100, 300)))
    working = [t for t in program.core.trades.values() if t.status == "Submitted"]
    if working and chance.random() < 0.3 and not program.core.at(program.now).why_not_ready():
        program.core.send(CancelOrder(chance.choice(working).orderId))


def connected(hall: Hall) -> Guest:
    """A client that is ready; one that never was does not come back by itself, so its program
    makes another."""
    for _ in range(12):
        program = Guest(hall)
        program.settle()
        with suppress(AssertionError):
            return program.ready(10)
        if program.core.write is not None:
            program.cut()  # whoever gives up ends, and does not hold its client id
        hall.wait(1)
    raise AssertionError("nobody can connect")


def storm(seed: int) -> Guest:
    """Our client through the storm of a seed."""
    hall = Hall(market=WorldTape(WrittenMarket()))
    player = hall.station.world
    hall.station.taps.record(player.seen)
    faults = ["\n".join(one.lines()) for one in draw(seed, GROUND)]
    player.load(read_world(storm_world(BASE, LASTS_S * SECOND, faults)))
    hall.wait(1e-9)
    program = connected(hall)
    chance = random.Random(seed)
    line = ask(program)
    for second in range(LASTS_S):
        if second < ACTIVE_S:
            act(program, chance)
        if line.done and not program.core.at(program.now).why_not_ready():
            # refused while another login had the data: a program asks again
            assert "10197" in str(line.error) or "10189" in str(line.error), line.error
            line = ask(program)
        program.settle()
        program.wait(1.0)
    hall.station.drills.stop_all()
    program.ready()
    program.settle()
    for _ in range(5):
        program.wait(1.0)
    assert line.stale == "" and not line.done, f"seed {seed}: the line is {line.stale or 'done'}"
    quote = hall.station.market.quote(756733, hall.now)
    assert round(line.bid * 10_000) == quote.bid, f"seed {seed}: an old price"
    return program


def book(program: Guest) -> dict[int, tuple[str, Decimal]]:
    """What the station says of every order: status and filled size."""
    wanted = lists.executions(ExecutionFilter(clientId=7))
    fills: dict[int, Decimal] = {}
    for row in answered(program, "reqExecutions", wanted, by_id=True):
        number = row.execution.orderId
        fills[number] = fills.get(number, Decimal(0)) + row.execution.shares
    rows = [
        *((row.orderId, row) for row in answered(program, "reqOpenOrders", lists.open_orders())),
        *((row.order.orderId, row) for row in answered(
            program, "reqCompletedOrders", lists.completed_orders(api_only=False))),
    ]  # fmt: skip
    return {n: (row.orderState.status, fills.get(n, Decimal(0))) for n, row in rows}


def compared(seed: int) -> int:
    """Compare what the client knows after a storm with what the station knows; the orders."""
    program = storm(seed)
    truth = book(program)
    trades = program.core.trades
    never = {number for number, trade in trades.items() if number not in truth}
    known = {n: (t.status, t.filled) for n, t in trades.items() if n not in never}
    assert known == truth, f"seed {seed}"
    assert all(trades[n].done and not trades[n].filled for n in never), f"seed {seed}"
    return len(trades)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1874, 8834, 8950])
def test_a_storm_that_was_too_much_once(seed: int) -> None:
    assert compared(seed) > 2


@pytest.mark.proof
@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_our_client_knows_after_a_storm_what_the_station_knows(first: int) -> None:
    seeds = range(first, min(first + AT_ONCE, SEEDS))
    assert sum(map(compared, seeds)) > 2 * len(seeds), "hardly an order was sent"
