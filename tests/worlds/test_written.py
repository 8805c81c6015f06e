"""Five worlds that a user wants to write: each is read, checked and played as it stands, with a
program that does what it expects."""

from decimal import Decimal

import pytest

from papertape.model import Order
from papertape.server.worlds.founding import check_world
from papertape.wire.catalogue import market as wire
from papertape.wire.catalogue import reports
from papertape.wire.catalogue.orders import PlaceOrder, ReqExecutions
from papertape.worlds.reading import read_world
from server.pair import Client
from server.worlds.test_chains import Founded
from walks import walk
from worlds.test_examples import stock

DIP = """
start      2026-04-10 15:40 US/Eastern
account    DU1000001  cash 25,000 USD
quote      SPY  170.08 x 170.10 * 300

+5s        quote  SPY  168.28 x 168.30
on order   BUY SPY                      as dip
  fill     dip  60 @ 168.30
  +2s      fill dip rest @ 168.31
on order   BUY SPY                      # a second one
  reject   201 "Available funds are not sufficient"

expect     order  BUY 100 SPY LMT  within 3s of +5s
expect     orders  2
at end     position SPY 100;  no working orders
"""
NIGHT = """
start      2026-04-10 15:40 US/Eastern
quote      AAPL  200.00 x 200.02
on order   BUY AAPL                     as one
  +100ms   drill link-lost
  +1s      fill one
  +20s     drill link-restored data-lost
at end     the program knows:  position AAPL 100     # asked through `expect report …`
"""
LEGAL = """
start      2026-04-10 15:40 US/Eastern
quote      SPY  170.00 x 170.02
callbacks  reorder seed 7               # every legal permutation can come up
callbacks  commission late 3s
callbacks  orderStatus duplicate
execution  correct the first fill to 99 @ 168.29 after 2s
"""
AUCTION = """
hours      exchange
start      2026-04-10 15:49 US/Eastern
auction    SPY close  imbalance 120,000 buy  print 170.55 at 16:00
expect     order  MOC SPY  before 15:50
"""
GME = """
start      2026-04-10 10:00 US/Eastern
contract   GME  STK NYSE USD  tick 0.01
chain      GME  2026-05-15  strikes 10..40 by 2.5  vol 90%
quote      GME  25.00 x 25.02
+10s       ramp   GME  -30% over 60s
+75s       halt   GME  for 5m
"""


@walk("text", [DIP, NIGHT, LEGAL, AUCTION, GME])
def test_each_can_be_read_and_checked(text: str) -> None:
    assert check_world(read_world(text)) == []


def bought(
    hall: Founded, client: Client, number: int, symbol: str, kind: str = "LMT", limit: float = 205.0
) -> None:
    order = Order(
        action="BUY", totalQuantity=Decimal(100), orderType=kind, tif="DAY",
        lmtPrice=limit if kind == "LMT" else None,
        account=next(iter(hall.station.venue.state.accounts)),
    )  # fmt: skip
    client.send(PlaceOrder(number, stock(symbol), order))


def failures(hall: Founded) -> list[str]:
    failed = [str(one) for one in hall.station.world.finish() if not one.passed]
    hall.composed.close()
    return failed


def founded(text: str) -> tuple[Founded, Client]:
    hall = Founded(text)
    hall.station.taps.record(hall.station.world.seen)
    return hall, hall.client(1)


def test_a_dip_a_partial_fill_a_rejection() -> None:
    hall, client = founded(DIP)
    hall.wait(6)
    for number in (1, 2):
        bought(hall, client, number, "SPY")
    hall.wait(5)
    told = client.got()
    fills = [m.execution for m in told if isinstance(m, reports.ExecutionDetails)]
    assert [(one.shares, one.price) for one in fills] == [(60, 168.3), (40, 168.31)]
    assert [m.id for m in told if getattr(m, "errorCode", 0) == 201] == [2]
    assert failures(hall) == []


@walk(("known", "passes"), [(100, True), (0, False), (None, False)])
def test_the_night_that_loses_a_fill(known: int | None, passes: bool) -> None:
    hall, client = founded(NIGHT)
    bought(hall, client, 1, "AAPL")
    hall.wait(30)
    assert [m.execution.shares for m in client.of(reports.ExecutionDetails)] == [100]
    if known is not None:
        hall.station.world.report("position AAPL", f"{known:.1f}")
    failed = failures(hall)
    assert (failed == []) == passes
    assert passes or "the program knows position AAPL 100" in failed[0]


@pytest.mark.long
def test_what_the_server_may_legally_do() -> None:
    hall, client = founded(LEGAL)
    bought(hall, client, 1, "SPY", limit=170.02)
    hall.wait(10)
    client.send(ReqExecutions(5))
    hall.wait(10)
    told = client.got()
    fills = [m.execution for m in told if isinstance(m, reports.ExecutionDetails)]
    assert {(one.execId[-2:], one.shares, one.price) for one in fills} == {
        ("01", 100, 170.02), ("02", 99, 168.29)}  # fmt: skip
    statuses = [m for m in told if isinstance(m, reports.OrderStatus)]
    assert len(statuses) % 2 == 0
    assert failures(hall) == []


@pytest.mark.long
def test_a_closing_auction_with_its_imbalance() -> None:
    hall, client = founded(AUCTION)
    client.send(wire.ReqMktData(7, stock("SPY"), genericTickList="225"))
    bought(hall, client, 1, "SPY", "MOC")
    hall.wait(2)
    told = client.got()
    sizes = {m.tickType: m.size for m in told if isinstance(m, wire.TickSize)}
    prices = {m.tickType: m.price for m in told if isinstance(m, wire.TickPrice)}
    assert (sizes[34], prices[35], sizes[36], sizes[61]) == (100, 170.55, 120_000, 120_000)
    hall.wait(11 * 60)
    (fill,) = [m.execution for m in client.got() if isinstance(m, reports.ExecutionDetails)]
    assert (fill.shares, fill.price) == (100, 170.55)
    assert failures(hall) == []


@pytest.mark.long
def test_an_opening_auction_fills_at_its_print_and_sellers_are_told_with_a_minus() -> None:
    hall, client = founded("""
        hours      exchange
        start      2026-04-10 09:20 US/Eastern
        quote      SPY  169.00 x 171.00
        auction    SPY open  imbalance 5,000 sell  print 170.40*900 at 9:30
    """)
    client.send(wire.ReqMktData(7, stock("SPY"), genericTickList="225"))
    order = Order(action="BUY", totalQuantity=Decimal(50), orderType="MKT", tif="OPG",
                  account=next(iter(hall.station.venue.state.accounts)))  # fmt: skip
    client.send(PlaceOrder(1, stock("SPY"), order))
    hall.wait(2)
    sizes = {m.tickType: m.size for m in client.got() if isinstance(m, wire.TickSize)}
    assert (sizes[34], sizes[36]) == (900, -5000)
    hall.wait(10 * 60)
    told = client.got()
    (fill,) = [m.execution for m in told if isinstance(m, reports.ExecutionDetails)]
    assert fill.price == 170.4
    sizes = {m.tickType: m.size for m in told if isinstance(m, wire.TickSize)}
    assert (sizes[34], sizes[36]) == (0, 0)  # it is over
    assert failures(hall) == []


def test_own_contracts_an_option_chain_a_crash_of_the_price() -> None:
    hall, client = founded(GME)
    contract = next(one for one in hall.station.venue.instruments
                    if (one.symbol, one.secType) == ("GME", "STK"))  # fmt: skip
    hall.wait(71)
    quote = hall.station.venue.quote(contract.conId, hall.now)
    assert (quote.bid, quote.ask) == (174_900, 175_100)
    hall.wait(10)
    assert hall.station.venue.quote(contract.conId, hall.now).bid == 0
    hall.wait(300)
    assert hall.station.venue.quote(contract.conId, hall.now).bid == 174_900
    assert client.errors() == []
    assert failures(hall) == []
