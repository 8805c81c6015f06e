"""A replay answers what a request means, with the ids, the version and the pace of now."""

import copy
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from papertape.model import Bar, ComboLeg, Contract, Execution, Order, TagValue
from papertape.recording import matching, player
from papertape.recording.conversation import conversations
from papertape.recording.meaning import differences, key_of
from papertape.recording.player import Closing, Player
from papertape.recording.replay import Replay
from papertape.wire import catalogue
from papertape.wire.catalogue.account import (
    AccountDataEnd,
    AccountValue,
    Position,
    PositionEnd,
    ReqAccountUpdates,
    ReqPositions,
)
from papertape.wire.catalogue.contract import ContractData, ContractDataEnd, ReqContractDetails
from papertape.wire.catalogue.history import HistoricalData, HistoricalDataEnd, ReqHistoricalData
from papertape.wire.catalogue.market import CancelMktData, ReqMktData, TickPrice
from papertape.wire.catalogue.orders import (
    CancelOrder,
    PlaceOrder,
    ReqExecutions,
    ReqGlobalCancel,
    ReqOpenOrders,
)
from papertape.wire.catalogue.reports import (
    CommissionReport,
    ExecutionDetails,
    ExecutionDetailsEnd,
    OpenOrder,
    OpenOrdersEnd,
    OrderStatus,
)
from papertape.wire.catalogue.session import (
    CurrentTime,
    ErrorMessage,
    NextValidId,
    ReqCurrentTime,
    ReqIds,
    SetServerLogLevel,
    StartApi,
)
from papertape.wire.connection import Codecs
from recording.said import Script, recording
from walks import walk
from wire.messages import samples

MS = 1_000_000
SPY = Contract(symbol="SPY", secType="STK", exchange="SMART", currency="USD")
QQQ = Contract(symbol="QQQ", secType="STK", exchange="SMART", currency="USD")
LIMIT = Order(action="BUY", totalQuantity=Decimal(100), orderType="LMT", lmtPrice=170.1)


class Program:
    """A program's end of a replay, and its clock."""

    def __init__(
        self,
        script: Script,
        *,
        version: int | None = None,
        speed: float | None = 1,
        client: int = 7,
    ) -> None:
        [conversation] = conversations(recording(script))
        self.version = version or script.version
        self.player = Player(conversation, self.version, speed=speed)
        self._codecs = Codecs(self.version, catalogue.RESPONSES)
        self.now = 0.0
        self.ask(StartApi(client))
        self.heard = self.wait(0)

    def ask(self, *messages: Any) -> None:
        for message in messages:
            self.player.ask(message, int(self.now * MS))

    def wait(self, ms: float) -> list[Any]:
        """What comes until so many milliseconds are over."""
        until, out = self.now + ms, []
        while True:
            out += map(self._decoded, self.player.due(int(self.now * MS)))
            following = self.player.next_due()
            if following is None or following / MS > until:
                self.now = until
                return out
            self.now = max(self.now, following / MS)

    def _decoded(self, due: bytes | Closing) -> Any:
        return due if isinstance(due, Closing) else self._codecs.decode(due[4:])

    def asks(self, *messages: Any, ms: float = 0) -> list[Any]:
        self.ask(*messages)
        return self.wait(ms)


def quoted() -> Script:
    return (
        Script()
        .say(ReqMktData(3, SPY, "233"), at=100)
        .say(TickPrice(3, 1, 170.08), at=150)
        .say(TickPrice(3, 2, 170.10), at=400)
        .say(CancelMktData(3), at=1000)
    )


def test_the_opening_comes_as_recorded() -> None:
    program = Program(Script().say(ErrorMessage(-1, 0, 2104, "farm"), at=50))
    assert [type(m).__name__ for m in program.heard] == ["ManagedAccounts", "NextValidId"]
    assert [m.errorCode for m in program.wait(50)] == [2104]


@walk(("speed", "at"), [(1.0, [50, 300]), (10.0, [5, 30]), (None, [0, 0])])
def test_answers_keep_their_delays_at_any_speed(speed: float | None, at: list[float]) -> None:
    program = Program(quoted(), speed=speed)
    program.now = 7000
    program.ask(ReqMktData(77, SPY, "233"))
    came = []
    while (due := program.player.next_due()) is not None:
        wait = due / MS - program.now
        came += [(program.now - 7000, m.reqId, m.tickType) for m in program.wait(max(0, wait))]
    assert [(ms, 77) for ms in at] == [(ms, req_id) for ms, req_id, _ in came]
    assert [tick for _, _, tick in came] == [1, 2]


@pytest.mark.parametrize("asked", [ReqMktData(77, SPY, " 233"), ReqMktData(77, Contract(
    symbol="spy", secType="STK", exchange="", currency="USD"), "233")])  # fmt: skip
def test_spelling_does_not_matter(asked: ReqMktData) -> None:
    program = Program(quoted(), speed=None)
    assert len(program.asks(asked)) == 2 and not program.player.unknown


def test_a_cancelled_stream_ends() -> None:
    program = Program(quoted())
    assert len(program.asks(ReqMktData(77, SPY, "233"), ms=60)) == 1
    assert program.asks(CancelMktData(77), ms=5000) == []
    assert not program.player.unknown


def test_what_the_recording_does_not_know_gets_an_error_that_names_the_nearest() -> None:
    program = Program(quoted())
    [error] = program.asks(ReqMktData(9, QQQ, "233"))
    assert (error.id, error.errorCode) == (9, 322)
    assert "does not know reqMktData QQQ STK" in error.errorMsg
    assert "the nearest is reqMktData SPY STK, which differs: contract" in error.errorMsg
    [error] = program.asks(ReqContractDetails(10, QQQ))
    assert error.errorMsg.endswith("the recording has no such request")
    [error] = program.asks(PlaceOrder(4, SPY, LIMIT))
    assert (error.id, error.errorCode) == (4, 201)
    [error] = program.asks(ReqPositions())
    assert (error.id, error.errorCode) == (-1, 322)
    assert [one.request for one in program.player.unknown] == [
        "reqMktData QQQ STK", "reqContractDetails QQQ STK", "placeOrder BUY 100 SPY STK LMT 170.1",
        "reqPositions",
    ]  # fmt: skip


def test_all_that_is_unknown_is_counted_though_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "MOST_UNKNOWN", 2)
    replay = Replay(recording(quoted()), speed=None)
    for client in (7, 8):
        program = replay.player(client, quoted().version)
        program.ask(StartApi(client), 0)
        for number in range(3):
            program.ask(ReqContractDetails(number, QQQ), 0)
    assert (replay.report().unknown_count, len(replay.report().unknown)) == (6, 4)


def test_what_needs_no_answer_gets_none() -> None:
    program = Program(quoted())
    assert program.asks(SetServerLogLevel(5), CancelMktData(44)) == []
    assert not program.player.unknown


def traded() -> Script:
    """An order placed and filled in part, changed, cancelled."""
    mine = {"permId": 55, "clientId": 7}
    changed = Order(action="BUY", totalQuantity=Decimal(100), orderType="LMT", lmtPrice=170.2)
    execution = Execution(execId="x.1", orderId=1, clientId=7, shares=Decimal(60), price=170.1)
    return (
        Script()
        .say(PlaceOrder(1, SPY, LIMIT), at=100)
        .say(OpenOrder(1, SPY, Order(orderId=1, **mine)), at=110)
        .say(OrderStatus(1, "Submitted", **mine), at=110)
        .say(ExecutionDetails(-1, SPY, execution), at=500)
        .say(CommissionReport("x.1", 1.0), at=510)
        .say(PlaceOrder(1, SPY, changed), at=1000)
        .say(OrderStatus(1, "Submitted", **mine), at=1010)
        .say(CancelOrder(1), at=2000)
        .say(ErrorMessage(1, 0, 202, "cancelled"), OrderStatus(1, "Cancelled", **mine), at=2020)
    )


def test_an_order_lives_its_recorded_life_under_ids_of_now() -> None:
    program = Program(traded(), client=9)
    placed = program.asks(PlaceOrder(40, SPY, LIMIT), ms=10)
    assert [type(m).__name__ for m in placed] == ["OpenOrder", "OrderStatus"]
    assert (placed[0].orderId, placed[0].order.orderId, placed[0].order.clientId) == (40, 40, 9)
    assert (placed[1].orderId, placed[1].clientId, placed[1].permId) == (40, 9, 55)
    filled, fee = program.wait(500)
    assert (filled.execution.orderId, filled.execution.clientId, filled.reqId) == (40, 9, -1)
    assert fee.execId == "x.1"
    changed = Order(action="BUY", totalQuantity=Decimal(100), orderType="LMT", lmtPrice=170.2)
    assert [m.status for m in program.asks(PlaceOrder(40, SPY, changed), ms=10)] == ["Submitted"]
    error, last = program.asks(CancelOrder(40), ms=20)
    assert (error.id, last.orderId, last.status) == (40, 40, "Cancelled")
    assert not program.player.unknown and not program.player.unasked()


def test_a_cancel_before_the_recorded_fill_is_answered_behind_it() -> None:
    program = Program(traded())
    program.ask(PlaceOrder(40, SPY, LIMIT), CancelOrder(40))
    names = [getattr(m, "status", type(m).__name__) for m in program.wait(5000)]
    assert names == [
        "OpenOrder", "Submitted", "ExecutionDetails", "CommissionReport", "ErrorMessage",
        "Cancelled",
    ]  # fmt: skip


def test_an_order_is_not_filled_twice() -> None:
    program = Program(traded(), speed=None)
    program.asks(PlaceOrder(40, SPY, LIMIT))
    [error] = program.asks(PlaceOrder(41, SPY, LIMIT))
    assert (error.id, error.errorCode) == (41, 201)
    [error] = program.asks(CancelOrder(99))
    assert (error.id, error.errorCode) == (99, 322)


def test_two_orders_alike_are_two_in_their_order() -> None:
    script = Script()
    for number in (1, 2):
        script.say(PlaceOrder(number, SPY, LIMIT), at=100 * number)
        status = OrderStatus(number, "Filled", permId=number, clientId=7)
        script.say(status, at=100 * number + 5)
    program = Program(script, speed=None)
    told = program.asks(PlaceOrder(20, SPY, LIMIT), PlaceOrder(21, SPY, LIMIT))
    assert [(m.orderId, m.permId) for m in told] == [(20, 1), (21, 2)]


def test_children_follow_their_parent_s_id() -> None:
    child = Order(
        action="SELL", totalQuantity=Decimal(100), orderType="STP", auxPrice=9, parentId=1
    )
    script = Script().say(PlaceOrder(1, SPY, LIMIT), PlaceOrder(2, SPY, child), at=10)
    script.say(OpenOrder(2, SPY, Order(orderId=2, parentId=1, clientId=7)), at=20)
    program = Program(script, speed=None)
    told = program.asks(
        PlaceOrder(70, SPY, LIMIT),
        PlaceOrder(71, SPY, Order(
            action="SELL", totalQuantity=Decimal(100), orderType="STP", auxPrice=9, parentId=70)),
    )  # fmt: skip
    assert [(m.orderId, m.order.parentId) for m in told] == [(71, 70)]


def test_orders_of_other_clients_keep_their_ids() -> None:
    script = Script().say(PlaceOrder(1, SPY, LIMIT), at=10)
    script.say(OpenOrder(1, SPY, Order(orderId=1, clientId=3)), OrderStatus(1, clientId=3), at=20)
    program = Program(script)
    order, status = program.asks(PlaceOrder(70, SPY, LIMIT), ms=50)
    assert (order.orderId, order.order.clientId, status.orderId) == (1, 3, 1)


def test_a_global_cancel_answers_for_every_order() -> None:
    script = traded()
    script.events = script.events[:-3]
    script.say(ReqGlobalCancel(), at=2000).say(OrderStatus(1, "Cancelled", clientId=7), at=2020)
    program = Program(script, speed=None)
    assert "Cancelled" not in [
        getattr(m, "status", "") for m in program.asks(PlaceOrder(40, SPY, LIMIT))
    ]
    assert [(m.orderId, m.status) for m in program.asks(ReqGlobalCancel())] == [(40, "Cancelled")]


def test_answers_without_an_id_are_found_by_their_kind() -> None:
    script = (
        Script()
        .say(ReqPositions(), ReqOpenOrders(), ReqCurrentTime(), at=10)
        .say(Position("DU1", SPY, Decimal(5)), CurrentTime(99), at=20)
        .say(OpenOrder(4, SPY, Order(orderId=4, clientId=0)), OpenOrdersEnd(), PositionEnd(), at=30)
    )
    program = Program(script, speed=None)
    assert [m.currentTime for m in program.asks(ReqCurrentTime())] == [99]
    assert [m.currentTime for m in program.asks(ReqCurrentTime())] == [99]
    assert [type(m) for m in program.asks(ReqOpenOrders())] == [OpenOrder, OpenOrdersEnd]
    assert [type(m) for m in program.asks(ReqPositions())] == [Position, PositionEnd]


def test_a_request_that_comes_sooner_than_recorded_does_not_overtake_the_rows_before_it() -> None:
    def cash(value: str) -> AccountValue:
        return AccountValue("CashBalance", value, "USD", "DU1")

    script = (
        Script()
        .say(ReqAccountUpdates(True, "DU1"), at=10)
        .say(cash("1"), AccountDataEnd("DU1"), at=20)
        .say(cash("2"), at=500)
        .say(ReqAccountUpdates(True, "DU1"), at=600)
        .say(cash("3"), AccountDataEnd("DU1"), at=610)
        .say(cash("4"), at=700)
    )
    program = Program(script)
    program.ask(ReqAccountUpdates(True, "DU1"))
    program.wait(100)
    program.ask(ReqAccountUpdates(True, "DU1"))
    told = [m.value for m in program.wait(1000) if isinstance(m, AccountValue)]
    assert told == ["2", "3", "4"]


def test_executions_that_were_asked_for_are_not_those_of_the_order() -> None:
    script = traded()
    done = Execution(execId="x.1", orderId=1, clientId=7, shares=Decimal(60))
    script.say(ReqExecutions(8), at=3000)
    script.say(ExecutionDetails(8, SPY, done), CommissionReport("x.1", 1.0), at=3010)
    script.say(ExecutionDetailsEnd(8), at=3010)
    program = Program(script, speed=None)
    program.asks(PlaceOrder(40, SPY, LIMIT))
    told = program.asks(ReqExecutions(500))
    assert [type(m) for m in told] == [ExecutionDetails, CommissionReport, ExecutionDetailsEnd]
    assert (told[0].reqId, told[0].execution.orderId, told[2].reqId) == (500, 40, 500)


def test_next_valid_id_is_never_one_that_was_used() -> None:
    program = Program(traded().say(ReqIds(1), at=4000).say(NextValidId(2), at=4001), speed=None)
    program.asks(PlaceOrder(40, SPY, LIMIT))
    assert [m.orderId for m in program.asks(ReqIds(1))] == [41]


# ---------------------------------------------------------------- what answers nothing


def lost() -> Script:
    script = Script().say(ReqCurrentTime(), at=100).say(CurrentTime(5), at=101)
    script.say(ErrorMessage(-1, 0, 1100, "lost"), at=400)
    return script.mark("reset", "server", at=600)


def test_what_answers_nothing_comes_behind_the_request_before_it() -> None:
    program = Program(lost(), speed=None)
    assert program.wait(1000) == []
    told = program.asks(ReqCurrentTime())
    assert told[0].currentTime == 5 and told[1].errorCode == 1100 and told[2] == Closing(True)


def test_without_that_request_it_comes_at_its_instant_and_once() -> None:
    program = Program(lost())
    assert program.wait(399) == []
    assert [m.errorCode for m in program.wait(1)] == [1100]
    assert [type(m) for m in program.asks(ReqCurrentTime(), ms=199)] == [CurrentTime]
    assert program.wait(1) == [Closing(True)]


def test_an_end_that_the_client_made_is_not_replayed() -> None:
    script = Script().say(ReqCurrentTime(), at=10).say(CurrentTime(5), at=11)
    script.mark("end", "client", at=20).mark("end", "server", at=21)
    for speed in (None, 1.0):
        program = Program(script, speed=speed)
        assert [type(m) for m in program.asks(ReqCurrentTime(), ms=500)] == [CurrentTime]


# ---------------------------------------------------------------- versions


@pytest.mark.long
@walk("recorded", [100, 150, 176, 200, 226])
@walk("now", [100, 150, 176, 200, 226])
def test_any_version_gets_the_same_from_any_other(recorded: int, now: int) -> None:
    found = ContractData(3, Contract(symbol="SPY", secType="STK", conId=756733))
    script = (
        Script(recorded)
        .say(ReqContractDetails(3, SPY), at=1)
        .say(found, ContractDataEnd(3), at=2)
        .say(PlaceOrder(5, SPY, LIMIT), at=3)
        .say(OrderStatus(5, "Filled", Decimal(100), Decimal(0), 170.1, permId=8, clientId=7), at=4)
    )
    program = Program(script, version=now, speed=None)
    details, end = program.asks(ReqContractDetails(9, SPY))
    assert (details.reqId, details.contract.conId, end.reqId) == (9, 756733, 9)
    [status] = program.asks(PlaceOrder(50, SPY, LIMIT))
    assert (status.orderId, status.status, status.filled) == (50, "Filled", Decimal(100))
    assert (status.avgFillPrice, status.permId, status.clientId) == (170.1, 8, 7)
    assert not program.player.untold


@walk(("recorded", "now"), [(226, 176), (176, 226), (226, 226), (176, 176)])
def test_the_end_of_bars_is_where_the_version_has_it(recorded: int, now: int) -> None:
    script = Script(recorded).say(ReqHistoricalData(3, SPY, "", "1 day", "5 D"), at=1)
    if recorded < 196:
        script.say(HistoricalData(3, [Bar("20260410")], "first", "last"), at=2)
    else:
        script.say(
            HistoricalData(3, [Bar("20260410")]), HistoricalDataEnd(3, "first", "last"), at=2
        )
    program = Program(script, version=now, speed=None)
    asked = ReqHistoricalData(8, SPY, "20270101 00:00:00", "1 day", "5 D")
    bars, *end = program.asks(asked)
    assert (bars.reqId, bars.historicalDataBars[0].date) == (8, "20260410")
    said = bars if now < 196 else end.pop()
    assert (said.reqId, said.startDateStr, said.endDateStr) == (8, "first", "last")
    assert end == []


def test_what_a_version_cannot_tell_is_named() -> None:
    script = Script(226).say(ReqCurrentTime(), at=1)
    late = catalogue.RESPONSES[110](3)
    script.say(late, at=2).say(CurrentTime(4), at=3)
    program = Program(script, version=176, speed=None)
    assert [type(m) for m in program.asks(ReqCurrentTime())] == [CurrentTime]
    [(name, count)] = program.player.untold.items()
    assert "server version 176 does not have it" in name and count == 1


def test_a_frame_that_nobody_can_read_passes_at_its_own_version_only() -> None:
    odd = (8).to_bytes(4) + (999).to_bytes(4) + b"odd!"
    script = Script(226).say(ReqCurrentTime(), at=1).raw("server", odd, at=2)
    program = Program(script, speed=None)
    [told] = program.asks(ReqCurrentTime())
    assert told.body == odd[4:]
    other = Program(script, version=176, speed=None)
    assert other.asks(ReqCurrentTime()) == [] and other.player.untold


# ---------------------------------------------------------------- meaning


@walk(
    ("asked", "recorded", "hard"),
    [
        (Order(lmtPrice=1.0), Order(lmtPrice=2.0), ["order.lmtPrice"]),
        (Order(tif="DAY"), Order(tif=""), []),
        (Order(tif="GTC"), Order(tif=""), ["order.tif"]),
        (Order(transmit=False), Order(), ["order.transmit"]),
        (Order(account="DU1", orderRef="a", goodTillDate="x"), Order(account="DU2"), []),
        (Order(auxPrice=0.0), Order(auxPrice=None), []),
        (
            Order(algoParams=[TagValue("a", "1"), TagValue("b", "2")]),
            Order(algoParams=[TagValue("b", "2"), TagValue("a", "1")]),
            [],
        ),
        (Order(algoParams=[TagValue("a", "1")]), Order(), ["order.algoParams"]),
    ],
)
def test_what_tells_orders_apart(asked: Order, recorded: Order, hard: list[str]) -> None:
    found = differences(PlaceOrder(1, SPY, asked), PlaceOrder(2, SPY, recorded))
    assert [one.path for one in found if not one.soft] == hard


@walk(
    ("asked", "recorded", "same"),
    [
        (Contract(conId=1), Contract(conId=1, symbol="A"), True),
        (Contract(conId=1), Contract(conId=2), False),
        (Contract(symbol="A", secType="STK"), Contract(conId=1, symbol="A"), True),
        (Contract(symbol="A"), Contract(symbol="B"), False),
        (Contract(symbol="A", right="C"), Contract(symbol="A", right="P"), False),
        (Contract(conId=1), Contract(symbol="A"), False),
        (Contract(symbol="A", comboLegs=[ComboLeg(1)]), Contract(symbol="A"), True),
        (
            Contract(symbol="A", comboLegs=[ComboLeg(1)]),
            Contract(symbol="A", comboLegs=[ComboLeg(2)]),
            False,
        ),
    ],
)
def test_what_tells_contracts_apart(asked: Contract, recorded: Contract, same: bool) -> None:
    found = differences(ReqContractDetails(1, asked), ReqContractDetails(2, recorded))
    assert all(one.soft for one in found) == same


@pytest.mark.long
@walk("cls", catalogue.REQUESTS.values(), ids=lambda cls: cls.__name__)
def test_a_request_has_a_key_that_it_shares_with_its_likes(cls: Any) -> None:
    for one in samples(cls):
        other = copy.deepcopy(one)
        if cls.spec.id_field:
            setattr(other, cls.spec.id_field, 4711)
        assert hash(key_of(one)) == hash(key_of(other)) and key_of(one) == key_of(other)
        assert not [each for each in differences(one, other) if not each.soft]


def test_many_recorded_requests_cost_few_comparisons(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    monkeypatch.setattr(
        matching, "differences", lambda *a, **k: compared.append(1) or differences(*a, **k)
    )
    monkeypatch.setattr(matching, "MOST_COMPARED", 20)
    script = Script()
    for number in range(200):
        script.say(ReqContractDetails(number, Contract(symbol=f"S{number}")), at=number)
        script.say(ContractDataEnd(number), at=number)
    program = Program(script, speed=None)
    [end] = program.asks(ReqContractDetails(7, Contract(symbol="S150")))
    assert (end.reqId, len(compared)) == (7, 1)
    [error] = program.asks(ReqContractDetails(8, Contract(symbol="S999")))
    assert error.errorCode == 322 and len(compared) <= 1 + 2 * 20
    for number in range(100):  # alike: the first of them that has not been asked for
        script.say(PlaceOrder(number, SPY, LIMIT), at=300)
    program, before = Program(script, speed=None), len(compared)
    assert program.asks(PlaceOrder(7, SPY, LIMIT), PlaceOrder(8, SPY, LIMIT)) == []
    assert not program.player.unknown and len(compared) <= before + 2 * 2 * matching.MOST_ALIKE


# ---------------------------------------------------------------- sessions


def test_an_order_keeps_the_id_of_now_when_the_program_connects_again() -> None:
    first = Script(connection=1).say(PlaceOrder(1, SPY, LIMIT), at=10)
    second = Script(connection=2).say(ReqOpenOrders(), at=20)
    second.say(OpenOrder(1, SPY, Order(orderId=1, clientId=7)), OpenOrdersEnd(), at=21)
    replay = Replay(recording(first, second), speed=None)
    for turn, asked in ((1, 40), (2, 90)):
        player = replay.player(7, 226)
        player.ask(StartApi(7), 0)
        player.ask(PlaceOrder(asked, SPY, LIMIT), 0)
        assert not player.unknown
        again = replay.player(7, 226)
        again.ask(StartApi(7), 0)
        again.ask(ReqOpenOrders(), 0)
        codecs = Codecs(226, catalogue.RESPONSES)
        told = [codecs.decode(one[4:]) for one in again.due(0) if isinstance(one, bytes)]
        assert [m.orderId for m in told if isinstance(m, OpenOrder)] == [asked], turn


def test_a_program_gets_the_session_of_its_client_id_and_then_the_next() -> None:
    scripts = [Script(client_id=1, connection=1), Script(client_id=2, connection=2),
               Script(client_id=2, connection=3)]  # fmt: skip
    replay = Replay(recording(*scripts))
    chosen = [replay.player(client, 226).conversation.connection for client in (2, 2, 2, 9, 9)]
    assert chosen == [2, 3, 2, 1, 1]


def test_what_another_client_says_of_its_own_accord_tells_no_orders_apart() -> None:
    # ib_async sends `O` and a flag that is off with every order; others leave both out.
    other = msgspec.structs.replace(LIMIT, openClose="O", usePriceMgmtAlgo=False)
    asked, recorded = PlaceOrder(1, SPY, other), PlaceOrder(2, SPY, LIMIT)
    assert not [one for one in differences(asked, recorded) if not one.soft]
    assert key_of(asked) == key_of(recorded)
    for told in ({"openClose": "C"}, {"usePriceMgmtAlgo": True}, {"transmit": False}):
        closing = PlaceOrder(1, SPY, msgspec.structs.replace(LIMIT, **told))
        assert [one.path for one in differences(closing, recorded) if not one.soft]


def test_a_contract_out_of_a_portfolio_row_is_the_contract_itself() -> None:
    held = msgspec.structs.replace(SPY, right="0")
    asked, recorded = PlaceOrder(1, held, LIMIT), PlaceOrder(2, SPY, LIMIT)
    assert key_of(asked) == key_of(recorded)
    assert not [one for one in differences(asked, recorded) if not one.soft]
