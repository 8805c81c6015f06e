"""The client against the station's drills: the nights that programs suffer from, in memory.

Both ends are real; S12, S24, S28, S29 and the outages beyond the numbered rows.
"""

import random
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from client.guest import Guest
from papertape.client.conversations import Collect
from papertape.client.quotes import QuoteStream
from papertape.client.requests import lists, questions
from papertape.client.settings import ClientSettings
from papertape.client.trades import Trade
from papertape.model import Contract, ExecutionFilter, Order
from papertape.server.settings import StationSettings
from papertape.wire.catalogue.contract import ContractData, ContractDataEnd, ReqContractDetails
from papertape.wire.catalogue.market import ReqMktData
from papertape.wire.catalogue.orders import CancelOrder, PlaceOrder
from papertape.wire.message import Message
from server.pair import Hall
from walks import walk

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
QUOTE = "AAPL 257.66 x 257.68"


class Watched(Guest):
    """Keeps the requests that went out."""

    def __init__(self, hall: Hall, **more: Any) -> None:
        self.sent: list[Message] = []
        super().__init__(hall, **more)
        self.core.trace = self._keep

    def _keep(self, direction: str, message: Any) -> None:
        if direction == "out":
            self.sent.append(message)

    def count(self, kind: type[Message]) -> int:
        return sum(isinstance(message, kind) for message in self.sent)


def guest(**more: Any) -> Watched:
    hall = Hall()
    hall.quote(QUOTE)
    found = Watched(hall, **more)
    return found.ready()  # type: ignore[return-value]


def watching(program: Guest) -> QuoteStream:
    line = questions.quotes(program.core, AAPL, "")
    program.core.at(program.now).subscribe(line)
    program.settle()
    moving(program, 257.66)
    assert line.updates and not line.stale
    return line


def moving(program: Guest, bid: float) -> None:
    """The market moves."""
    program.hall.quote(f"AAPL {bid:.2f} x {bid + 0.02:.2f}")
    program.wait(0.5)


def place(program: Guest, price: float, size: int = 100) -> Trade:
    core = program.core.at(program.now)
    assert core.why_not_ready() == ""
    order = Order(action="BUY", totalQuantity=Decimal(size), orderType="LMT", lmtPrice=price,
                  tif="GTC")  # fmt: skip
    trade = Trade(core.next_order_id(), AAPL, order)
    core.orders.follow(trade)
    core.send(PlaceOrder(trade.orderId, AAPL, order), trade)
    return trade


def answered(program: Guest, name: str, make: Any, *, by_id: bool = False) -> list[Any]:
    ask = program.core.at(program.now).ask(name, make, 10.0, by_id=by_id)
    program.settle()
    for _ in range(12):
        if not ask.done:
            program.wait(1.0)
    assert ask.error is None, ask.error
    found: list[Any] = ask.winner.result
    return found


# ---------------------------------------------------------------- data


@pytest.mark.long
@pytest.mark.parametrize(
    ("drill", "requests"), [("link-restored", 1), ("link-restored --data-lost", 2)]
)
def test_1100_then_1102_or_1101(drill: str, requests: int) -> None:
    program = guest()
    line = watching(program)
    program.drill("link-lost")
    assert line.stale and program.core.why_not_ready()
    program.wait(20)
    program.drill(drill)
    moving(program, 258.00)
    moving(program, 258.10)
    assert (line.stale, line.bid, len(line.gaps)) == ("", 258.10, 1)
    assert program.count(ReqMktData) == requests
    program.wait(60)
    assert program.count(ReqMktData) == requests and len(line.gaps) == 1
    assert not [n for n in program.core.report.notices if n.code in (300, 322, 102)]


def test_a_farm_blip() -> None:
    program = guest()
    line = watching(program)
    program.drill("farm-blip usfarm ms=3000")
    assert "usfarm" in line.stale
    program.wait(4)
    moving(program, 258.00)
    moving(program, 258.10)
    assert (line.stale, line.bid, len(line.gaps)) == ("", 258.10, 1)


@pytest.mark.long
def test_a_night_with_a_restart() -> None:
    program = guest()
    line, trade = watching(program), place(program, 200.0)
    program.settle()
    program.drill("nightly-restart")
    for _ in range(120):
        program.wait(1.0)
    moving(program, 258.00)
    moving(program, 258.10)
    assert program.core.why_not_ready() == ""
    assert (line.stale, line.bid, len(line.gaps)) == ("", 258.10, 1)
    assert trade.status == "Submitted" and not trade.errors


@pytest.mark.long
def test_another_login_takes_the_data_and_gives_it_back() -> None:
    program = guest()
    line = watching(program)
    program.drill("competing-session ms=20000")
    assert "10197" in line.stale and not line.done
    program.wait(60)
    moving(program, 258.00)
    moving(program, 258.10)
    assert (line.stale, line.bid, len(line.gaps)) == ("", 258.10, 1)


@pytest.mark.long
@pytest.mark.sample(2)
@pytest.mark.parametrize("drill", ["reset", "half-frame openOrderEnd", "freeze 45"])
def test_the_line_breaks(drill: str) -> None:
    program = guest()
    line = watching(program)
    program.drill(drill)
    if "half" in drill:
        program.core.at(program.now).ask("reqOpenOrders", lists.open_orders(), 5.0, by_id=False)
        program.settle()
    for _ in range(90):
        program.wait(1.0)
    program.ready()
    moving(program, 258.00)
    moving(program, 258.10)
    assert (line.stale, line.bid, len(line.gaps)) == ("", 258.10, 1)


# ---------------------------------------------------------------- requests


def test_s28_what_is_dropped_right_after_ready_is_asked_again() -> None:
    hall = Hall()
    hall.quote(QUOTE)
    hall.station.drills.begin("drop-after-ready 2000")
    program = Guest(hall)
    program.settle()
    assert answered(program, "reqOpenOrders", lists.open_orders()) == []


@pytest.mark.parametrize("message", ["positionEnd", "reqPositions"])
def test_s24_a_black_hole_is_asked_again(message: str) -> None:
    program = guest()
    trade = place(program, 260.0)
    program.settle()
    moving(program, 257.66)
    assert trade.status == "Filled"
    program.drill(f"black-hole {message}")
    rows = answered(program, "reqPositions", lists.positions())
    assert [row.position for row in rows] == [100]


def test_s12_the_client_waits_for_next_valid_id() -> None:
    hall = Hall()
    hall.quote(QUOTE)
    hall.station.drills.begin("drop-before-ready")
    program = Guest(hall)
    program.settle()
    assert "nextValidId" in program.core.why_not_ready()
    program.ready()


# ---------------------------------------------------------------- texts, and what comes twice


def details(program: Guest) -> list[ContractData]:
    def make(number: int) -> tuple[Collect, ReqContractDetails]:
        return Collect("reqContractDetails", ContractDataEnd, number), ReqContractDetails(
            number, AAPL
        )

    return answered(program, "reqContractDetails", make, by_id=True)


@pytest.mark.long
@walk("version", [100, 152, 153, 176, 200, 226])
def test_local_names_in_a_code_page(version: int) -> None:
    hall = Hall(settings=StationSettings(max_server_version=version, max_message_rate=0))
    hall.quote(QUOTE)
    hall.station.drills.begin("zone-name 中国标准时间")
    hall.station.drills.begin("code-page gbk")
    program = Guest(hall).ready()
    assert program.core.report.connectionTime.startswith("20260413 10:00:0")
    (row,) = details(program)
    assert row.contractDetails.longName.endswith("-APPLE INC")
    watching(program)


@pytest.mark.parametrize("drill", ["repeated-details", "repeated-details --end"])
def test_details_that_are_told_again_after_1102(drill: str) -> None:
    program = guest()
    program.drill(drill)
    first = details(program)
    line = watching(program)
    program.drill("link-restored")
    moving(program, 258.00)
    assert (program.core.why_not_ready(), line.stale, line.bid) == ("", "", 258.00)
    assert details(program) == [msgspec.structs.replace(one, reqId=one.reqId + 2) for one in first]


# ---------------------------------------------------------------- orders


def book(program: Guest) -> dict[int, tuple[str, Decimal]]:
    """What the station says of every order of this client: status and filled size."""
    wanted = lists.executions(ExecutionFilter(clientId=7))
    fills: dict[int, Decimal] = {}
    for row in answered(program, "reqExecutions", wanted, by_id=True):
        number = row.execution.orderId
        fills[number] = fills.get(number, Decimal(0)) + row.execution.shares
    found = {}
    for row in answered(program, "reqOpenOrders", lists.open_orders()):
        found[row.orderId] = (row.orderState.status, fills.get(row.orderId, Decimal(0)))
    perms = {trade.permId: trade for trade in program.core.trades.values()}
    for row in answered(program, "reqCompletedOrders", lists.completed_orders(api_only=False)):
        trade = perms[row.order.permId]
        found[trade.orderId] = (row.orderState.status, fills.get(trade.orderId, Decimal(0)))
    return found


@pytest.mark.long
@pytest.mark.parametrize("seed", range(12))
def test_wherever_the_line_is_cut_the_client_knows_what_the_station_knows(seed: int) -> None:
    """Orders, fills and cancels around cuts at any point: sent or not, answered or not."""
    chance = random.Random(seed)
    program = guest(settings=ClientSettings(reconnect=Guest(Hall()).core.settings.reconnect))
    for _ in range(6):
        for _ in range(chance.randrange(1, 4)):
            place(program, chance.choice((257.0, 257.6, 258.0)), chance.choice((100, 300)))
        working = [t for t in program.core.trades.values() if t.status == "Submitted"]
        if working and chance.random() < 0.5:
            program.core.send(CancelOrder(chance.choice(working).orderId))
        if chance.random() < 0.7:
            program.carry_out()
        if chance.random() < 0.5:
            program.carry_in()
        program.cut()
        if chance.random() < 0.5:
            moving(program, chance.choice((256.9, 257.5, 258.0)))
        program.ready()
        program.settle()
    program.wait(1)
    truth = book(program)
    trades = program.core.trades
    never = {number for number, trade in trades.items() if trade.status == "Inactive"}
    assert {n: (t.status, t.filled) for n, t in trades.items() if n not in never} == truth
    assert not never & set(truth)
    assert all("was not sent" in str(trades[number].errors[-1]) for number in never)
