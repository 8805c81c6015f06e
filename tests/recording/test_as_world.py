"""A recording as a world: the parser of worlds reads it, and finds in it what was recorded."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.process import papertape
from golden.transcripts import SESSIONS
from lanes import tries
from papertape.errors import RecordingError
from papertape.model import Contract, Execution, HistoricalTickLast, Order
from papertape.recording import as_world as writing
from papertape.recording.as_world import as_world
from papertape.recording.format import WireRecording, write
from papertape.recording.imports import load
from papertape.venue.units import SECOND
from papertape.wire.catalogue.account import AccountSummary, AccountValue, Position
from papertape.wire.catalogue.market import ReqMktData, TickPrice, TickSize
from papertape.wire.catalogue.orders import CancelOrder, PlaceOrder
from papertape.wire.catalogue.reports import ExecutionDetails, OpenOrder, OrderStatus
from papertape.wire.catalogue.session import ErrorMessage
from papertape.wire.catalogue.ticks import ReqTickByTickData, TickByTickData
from papertape.worlds import steps as s
from papertape.worlds.reading import read_world
from recording.said import Script, recording
from walks import walk

D = Decimal
SPY = Contract(symbol="SPY", secType="STK", exchange="SMART", currency="USD")
EUR = Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD")
CALL = Contract(secType="OPT", localSymbol="SPY   260515C00170000", symbol="SPY")
BUY = Order(action="BUY", totalQuantity=D(100), orderType="LMT", lmtPrice=168.3)


def steps(script: Script | WireRecording) -> list[tuple[float | None, Any]]:
    """The steps of the world, with their moments in seconds."""
    found = recording(script) if isinstance(script, Script) else script
    world = read_world(as_world(found).text)
    return [
        (one.after if one.after is None else one.after / SECOND, one.step) for one in world.steps
    ]


def test_accounts_cash_and_positions() -> None:
    script = (
        Script()
        .say(AccountSummary(1, "DU1234567", "TotalCashValue", "25000.50", "USD"), at=5)
        .say(AccountSummary(1, "DU1234567", "TotalCashValue", "1.00", "USD"), at=6)
        .say(AccountSummary(1, "DU1234567", "NetLiquidation", "99", "USD"), at=6)
        .say(AccountSummary(1, "All", "CashBalance", "700.00", "EUR"), at=6)  # a ledger: no account
        .say(AccountValue("CashBalance", "500.00", "CHF", "DU1234567"), at=6)
        .say(
            Position("DU1234567", SPY, D(-5), 170.5), Position("DU1234567", CALL, D(2), 150.0), at=7
        )
        .say(Position("DU1234567", SPY, D(9), 1.0), at=8)
    )
    assert steps(script) == [
        (None, s.StartStep(text="2026-04-10 12:00:00 UTC")),
        (None, s.AccountStep(account="DU1234567", cash=D("25000.50"), currency="USD")),
        (None, s.AccountStep(account="DU1234567", cash=D("500.00"), currency="CHF")),
        (None, s.HoldingStep(account="DU1234567", symbol="SPY", quantity=D(-5), price=D("170.5"))),
        (None, s.HoldingStep(
            account="DU1234567", symbol="SPY   260515C00170000", quantity=D(2), price=None)),
    ]  # fmt: skip


def test_quotes_and_prints_with_their_moments() -> None:
    script = (
        Script()
        .say(ReqMktData(3, SPY), ReqTickByTickData(4, EUR, "AllLast"), at=0)
        .say(
            TickPrice(3, 1, 170.08, D(3)),
            TickSize(3, 0, D(5)),
            TickPrice(3, 2, 170.1, D(7)),
            at=5000,
        )
        .say(TickPrice(3, 4, 170.09, D(50)), at=5250)
        .say(TickPrice(3, 2, 170.0, D(7)), at=6000)
        .say(TickPrice(3, 1, 169.9, D(5)), at=6000)
        .say(TickPrice(3, 1, -1.0), at=7000)
        .say(TickByTickData(4, 2, HistoricalTickLast(time=1, price=1.085, size=D(1000))), at=8000)
    )
    found = steps(script)[2:]
    assert found == [
        (
            5.0,
            s.QuoteStep(symbol="SPY", bid=D("170.08"), ask=D("170.1"), bidSize=D(5), askSize=D(7)),
        ),
        (5.25, s.PrintStep(symbol="SPY", price=D("170.09"), size=D(50))),
        (6.0, s.QuoteStep(symbol="SPY", bid=D("169.9"), ask=D(170), bidSize=D(5), askSize=D(7))),
        (7.0, s.QuoteStep(symbol="SPY", bid=None, ask=D(170), bidSize=D(7), askSize=D(7))),
        (8.0, s.PrintStep(symbol="EUR.USD", price=D("1.085"), size=D(1000))),
    ]


def rules(script: Script) -> list[s.RuleStep]:
    return [step for _, step in steps(script) if isinstance(step, s.RuleStep)]


def filled(order_id: int, shares: int, price: float) -> ExecutionDetails:
    execution = Execution(orderId=order_id, clientId=7, shares=D(shares), price=price, execId="x")
    return ExecutionDetails(-1, SPY, execution)


def test_a_world_has_no_end_but_says_when_the_recording_ended() -> None:
    made = as_world(recording(Script().say(TickPrice(3, 1, 1.0), at=2500)))
    assert "# the recording ends at +2.5s\n" in made.text
    assert not any(isinstance(one.step, s.EndStep) for one in read_world(made.text).steps)


def test_fills_of_an_order_are_a_rule() -> None:
    script = (
        Script()
        .say(PlaceOrder(1, SPY, BUY), at=1000)
        .say(OpenOrder(1, SPY, BUY), OrderStatus(1, "Submitted", clientId=7), at=1010)
        .say(filled(1, 60, 168.3), at=1500)
        .say(filled(1, 40, 168.31), OrderStatus(1, "Filled", clientId=7), at=3500)
    )
    [rule] = rules(script)
    assert (rule.side, rule.symbol, rule.orderType, rule.client) == ("BUY", "SPY", "LMT", 7)
    assert [(act.after / SECOND, act.act.size, act.act.price) for act in rule.acts] == [
        (0.5, D(60), D("168.3")), (2.5, D(40), D("168.31")),
    ]  # fmt: skip


def test_rejections_cancels_and_orders_that_rest() -> None:
    script = (
        Script()
        .say(PlaceOrder(1, SPY, BUY), at=1000)
        .say(ErrorMessage(1, 0, 201, 'Order rejected - reason:"no"\nfunds'), at=1200)
        .say(PlaceOrder(2, SPY, BUY), at=2000)
        .say(OrderStatus(2, "Submitted", clientId=7), at=2010)
        .say(OrderStatus(2, "Cancelled", clientId=7), ErrorMessage(2, 0, 202, "x"), at=2500)
        .say(PlaceOrder(3, SPY, BUY), at=3000)
        .say(OrderStatus(3, "Submitted", clientId=7), at=3010)
        .say(CancelOrder(3), at=3100)
        .say(OrderStatus(3, "Cancelled", clientId=7), at=3150)
        .say(PlaceOrder(4, SPY, Order(action="SELL", orderType="TRAIL LIMIT")), at=4000)
        .say(ErrorMessage(4, 0, 399, "a warning"), at=4001)
    )
    found = rules(script)
    acts = [[(a.after / SECOND, a.act.kind) for a in rule.acts] for rule in found]
    assert acts == [[(0.2, "reject")], [(0.5, "cancel")], [], []]
    assert found[0].acts[0].act.code == 201
    assert found[0].acts[0].act.text == "Order rejected - reason:'no'\\nfunds"
    assert (found[3].side, found[3].orderType) == ("SELL", "TRAIL LIMIT")


def test_the_orders_of_two_sessions_have_names_of_their_own() -> None:
    scripts = [
        Script(client_id=n, connection=n).say(PlaceOrder(1, SPY, BUY), at=10) for n in (1, 2)
    ]
    world = read_world(as_world(recording(*scripts)).text)
    found = [one.step for one in world.steps if isinstance(one.step, s.RuleStep)]
    assert [(rule.client, rule.name) for rule in found] == [(1, "o1"), (2, "o2")]


def test_losses_of_the_link_are_drills() -> None:
    script = (
        Script()
        .say(ErrorMessage(-1, 0, 1100, "x"), at=1000)
        .say(ErrorMessage(-1, 0, 1101, "x"), at=3000)
        .say(ErrorMessage(-1, 0, 2104, "x"), at=3001)
        .mark("reset", "server", at=4000)
    )
    drills = [(at, step.text) for at, step in steps(script) if isinstance(step, s.DrillStep)]
    assert drills == [(1.0, "link-lost"), (3.0, "link-restored data-lost"), (4.0, "reset")]


def test_what_a_world_cannot_say_is_listed() -> None:
    script = Script().say(PlaceOrder(1, SPY, BUY), PlaceOrder(1, SPY, BUY), at=10)
    script.raw("server", (8).to_bytes(4) + (999).to_bytes(4) + b"odd!", at=20)
    made = as_world(recording(script))
    assert made.left_out["a change of an order by the program"] == 1
    assert "# left out 1x: a change of an order by the program" in made.text
    assert "message 799 is unknown" in made.text
    read_world(made.text)


def test_a_world_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_LINES", 10)
    script = Script().say(ReqMktData(3, SPY), at=0)
    for number in range(50):
        script.say(TickPrice(3, 4, 100 + number), at=1000 * number)
    made = as_world(recording(script))
    assert made.text.count("\n") <= 13 and "the world is full" in made.text
    read_world(made.text)


def test_a_recording_without_a_session_is_refused() -> None:
    with pytest.raises(RecordingError, match="no session that could be a world"):
        as_world(WireRecording(recording(Script()).header, []))


@pytest.mark.long
@walk("path", SESSIONS, ids=lambda path: path.stem)
def test_every_captured_session_is_a_world(path: Path) -> None:
    made = as_world(load(path), path.name)
    world = read_world(made.text)
    fills = sum(len(one.step.acts) for one in world.steps if isinstance(one.step, s.RuleStep))
    placed = path.read_text("utf-8").count("client place_order")
    assert placed == 0 or fills or "hold" in made.text


PRICES = st.sampled_from([-1.0, 0.0, 1e-9, 0.01, 99.5, 1e12, 1.7976931348623157e308])
TEXTS = st.text(max_size=20)
SIZES = st.sampled_from([None, D(0), D(5), D("1e-8"), D("1e-20"), D("1e30"), D("nan")])
SAID = st.one_of(
    st.builds(TickPrice, st.just(3), st.integers(0, 80), PRICES, SIZES),
    st.builds(TickSize, st.just(3), st.integers(0, 80), SIZES),
    st.builds(
        Position, TEXTS, st.builds(Contract, symbol=TEXTS, localSymbol=TEXTS, secType=TEXTS),
        SIZES, PRICES,
    ),
    st.builds(AccountSummary, st.just(1), TEXTS, st.just("TotalCashValue"), TEXTS, TEXTS),
    st.builds(ErrorMessage, st.just(1), st.just(0), st.integers(1, 12000), TEXTS),
    st.builds(PlaceOrder, st.integers(1, 2), st.builds(Contract, symbol=TEXTS),
              st.builds(Order, action=TEXTS, orderType=TEXTS)),
    st.builds(filled, st.integers(1, 2), st.integers(0, 5), PRICES),
)  # fmt: skip


@pytest.mark.long
@given(st.lists(SAID, max_size=12), TEXTS)
@tries(150)
def test_whatever_was_said_is_a_world(said: list[Any], symbol: str) -> None:
    script = Script().say(ReqMktData(3, Contract(symbol=symbol)), at=1)
    for at, message in enumerate(said):
        script.say(message, at=10 + at)
    read_world(as_world(recording(script), symbol).text)


def test_the_command_writes_the_world(tmp_path: Path) -> None:
    script = Script().say(PlaceOrder(1, SPY, BUY), PlaceOrder(1, SPY, BUY), at=10)
    write(recording(script), tmp_path / "a.recording")
    out = papertape("record", "as-world", "a.recording", cwd=tmp_path).output
    assert papertape("replay", "a.recording", "--as-world", cwd=tmp_path).output == out
    read_world(out)
    told = papertape("record", "as-world", "a.recording", "a.world", cwd=tmp_path).output
    assert "left out 1x: a change of an order" in told
    assert (tmp_path / "a.world").read_text() == out
