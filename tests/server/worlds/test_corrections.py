"""Corrections and busts as clients hear of them: by a world, by the drill, and in what they ask."""

import pytest

from papertape.errors import SettingsError, WorldError
from papertape.model import Contract, ExecutionFilter
from papertape.server.worlds.founding import check_world
from papertape.wire.catalogue import history, orders, reports, ticks
from papertape.wire.catalogue.account import Position, ReqPositions
from papertape.worlds.reading import read_world
from server.market import TapeMarket
from server.pair import VERSIONS, Hall
from server.test_station import order
from server.worlds.test_player import Play
from walks import walk

QUOTE = "quote SPY 170.00 x 170.02"
AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


def shown(message: object) -> str:
    match message:
        case reports.OrderStatus():
            return f"{message.status} {message.filled}+{message.remaining} {message.avgFillPrice}"
        case reports.OpenOrder():
            return "openOrder"
        case reports.ExecutionDetails():
            one = message.execution
            return f"{one.execId[-5:]} {one.shares} @ {one.price} cum {one.cumQty} {one.avgPrice}"
        case reports.CommissionReport():
            return f"fee {message.execId[-5:]} {message.commissionAndFees}"
        case Position():
            return f"position {message.position} {message.avgCost}"
    return ""


def told(play: Play) -> list[str]:
    return [line for message in play.client.got() if (line := shown(message))]


@pytest.mark.long
@walk("version", VERSIONS)
def test_a_world_corrects_the_first_fill(version: int) -> None:
    """The line of the example, word by word."""
    text = f"{QUOTE}\nexecution correct the first fill to 99 @ 168.29 after 2s"
    play = Play(text, version)
    play.client.send(ReqPositions()).got()
    play.buy(1, 100, 170.02)
    fill = next(line for line in told(play) if line.startswith("01.01"))
    assert fill == "01.01 100 @ 170.02 cum 100 170.02"
    play.hall.wait(1.9)
    assert told(play) == []
    play.hall.wait(0.1)
    assert told(play) == [
        "01.02 99 @ 168.29 cum 99 168.29",
        "openOrder", "Filled 99+1 168.29",
        "openOrder", "Filled 99+1 168.29",
        "fee 01.02 1.000297",
        "position 99 168.30010401010102",
    ]  # fmt: skip
    play.client.send(orders.ReqExecutions(9, ExecutionFilter()))
    assert [line for line in told(play) if line[0] in "0f"] == [
        "01.01 100 @ 170.02 cum 100 170.02", "01.02 99 @ 168.29 cum 99 168.29",
        "fee 01.01 1.0003", "fee 01.02 1.000297",
    ]  # fmt: skip
    assert play.end() == []


def test_a_bust_is_told_by_what_is_left() -> None:
    play = Play(f"{QUOTE}\nexecution bust the last fill after 1s", 226)
    play.client.send(ReqPositions()).got()
    play.buy(1, 100, 170.02)
    told(play)
    play.hall.wait(1)
    assert told(play) == ["openOrder", "Filled 0+100 0.0", "position 0 0.0"]
    play.client.send(orders.ReqExecutions(9, ExecutionFilter()))
    assert [type(one) for one in play.client.got()] == [reports.ExecutionDetailsEnd]


def test_a_working_order_fills_again_what_was_taken_back() -> None:
    play = Play("quote SPY 170.00 x 170.02*60\non order BUY SPY as one\n  fill 60\n")
    play.buy(1, 100, 170.02)
    told(play)
    play.say("execution correct the first fill of one to 50\nfill one rest")
    assert [line for line in told(play) if "+" in line] == [
        "Submitted 50+50 170.02", "Submitted 50+50 170.02",
        "Filled 100+0 170.02", "Filled 100+0 170.02"]  # fmt: skip


def test_a_correction_without_its_execution_fails_at_the_end() -> None:
    play = Play(f"{QUOTE}\nexecution correct the second fill to 9")
    play.buy(1, 100, 170.02)
    (failed,) = play.end()
    assert "second fill" in failed.text and "has not come" in failed.came[0]


def test_what_cannot_be_is_said_with_its_line() -> None:
    play = Play(f"{QUOTE}\nexecution correct the first fill to 101")
    play.buy(1, 100, 170.02)
    play.hall.wait(1)
    (failed,) = play.end()
    assert failed.line == 2 and "100 at most" in failed.came[0]
    play = Play(QUOTE)
    play.buy(1, 100, 170.02)
    with pytest.raises(WorldError, match="so already"):
        play.say("execution correct the first fill to 100")


@walk(
    ("line", "why"),
    [
        ("execution correct the fourth fill to 9", "which fill"),
        ("execution correct the first fill to", "a size or a price"),
        ("execution correct the first fill", "'to'"),
        ("execution bust the first fill to 9", "more than the line"),
        ("execution undo the first fill", "correct or bust"),
        ("execution bust the 0 fill", "which fill"),
        ("execution bust the first fill of nobody", "no order of a rule"),
    ],
)
def test_a_wrong_line_is_refused_where_it_is_wrong(line: str, why: str) -> None:
    try:
        problems = [str(one) for one in check_world(read_world(f"{QUOTE}\n{line}"))]
    except WorldError as error:
        problems = [str(error)]
    assert why in problems[0] and "line 2" in problems[0]


def test_bars_of_its_trades_end_with_a_bust_and_no_others() -> None:
    hall = Hall(market=TapeMarket())
    hall.put("quote AAPL 257.66 x 257.68", hall.now)
    hall.wait(1)
    client, other = hall.client(1), hall.client(2)
    client.send(
        ticks.ReqRealTimeBars(1, AAPL, 5, "TRADES"), ticks.ReqRealTimeBars(2, AAPL, 5, "MIDPOINT")
    )
    other.send(
        history.ReqHistoricalData(3, AAPL, barSizeSetting="1 min", duration="1 D",
                                  whatToShow="TRADES", keepUpToDate=True, formatDate=1),
        order(9, "BUY 100 AAPL MKT"),
    )  # fmt: skip
    hall.wait(6)
    client.got(), other.got()
    hall.station.drills.begin("corrected-execution bust=true ms=0")
    other.send(order(10, "BUY 100 AAPL MKT"))
    hall.wait(1)
    text = "Bust event occurred, current subscription is deactivated. Please resubscribe real-time"
    assert client.errors() == [(1, 10225, f"{text} bars immediately")]
    assert [(number, code) for number, code, _ in other.errors()] == [(3, 10225)]
    hall.wait(10)
    assert {one.reqId for one in client.of(ticks.RealTimeBarTick)} == {2}
    client.send(ticks.ReqRealTimeBars(1, AAPL, 5, "TRADES"))  # its id is free again
    assert client.errors() == []


# ---------------------------------------------------------------- the drill


def test_the_drill_corrects_the_next_execution_of_its_client() -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    one, two = hall.client(1), hall.client(2)
    hall.station.drills.begin("corrected-execution 99 257.60 client=2 ms=500")
    one.send(order(1, "BUY 100 AAPL MKT"))
    two.send(order(1, "BUY 100 AAPL MKT"))
    one.got(), two.got()
    hall.wait(0.5)
    assert one.got() == []
    assert next(shown(m) for m in two.got()) == "01.02 99 @ 257.6 cum 99 257.6"
    assert not hall.station.drills.running()


def test_the_drill_that_cannot_be_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client()
    hall.station.drills.begin("corrected-execution 101 ms=0")
    client.send(order(1, "BUY 100 AAPL MKT")).got()
    hall.wait(1)
    assert client.got() == []
    assert "nothing is corrected: the execution can have 100 at most" in caplog.text
    for wrong in ("corrected-execution", "corrected-execution -1", "corrected-execution 1e12"):
        with pytest.raises(SettingsError):
            hall.station.drills.begin(wrong)


def test_a_correction_during_an_outage_is_told_when_the_link_is_back() -> None:
    play = Play(f"{QUOTE}\nexecution correct the first fill to 99 after 2s", 226)
    play.buy(1, 100, 170.02)
    told(play)
    play.hall.station.drills.begin("link-lost")
    play.hall.wait(5)
    assert told(play) == []
    play.hall.station.drills.begin("link-restored")
    play.hall.settle()
    assert "01.02 99 @ 170.02 cum 99 170.02" in told(play)


def test_the_first_fill_is_the_first_of_its_day() -> None:
    play = Play(QUOTE)
    play.buy(1, 100, 170.02)
    play.hall.wait(86_400)
    play.say(QUOTE)
    play.buy(2, 50, 170.02)
    told(play)
    play.say("execution correct the first fill to 49")
    assert [line for line in told(play) if line.startswith("0")] == [
        "01.02 49 @ 170.02 cum 49 170.02"
    ]
