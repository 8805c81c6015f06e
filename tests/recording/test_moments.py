"""The instants of live answers can be moved to now; those of history stay."""

from typing import Any

import pytest

from papertape.errors import RecordingError
from papertape.model import (
    Bar,
    Execution,
    HistoricalTick,
    HistoricalTickBidAsk,
    HistoricalTickLast,
    OrderState,
)
from papertape.recording.format import RecordingHeader, WireRecording
from papertape.recording.moments import move, move_text
from papertape.recording.player import Closing
from papertape.recording.replay import Replay
from papertape.wire import catalogue
from papertape.wire.catalogue.history import HistoricalData, HistoricalDataUpdate
from papertape.wire.catalogue.market import TickString
from papertape.wire.catalogue.news import TickNews
from papertape.wire.catalogue.reports import CompletedOrder, ExecutionDetails
from papertape.wire.catalogue.session import (
    CurrentTime,
    CurrentTimeInMillis,
    ErrorMessage,
    ReqCurrentTime,
    StartApi,
)
from papertape.wire.catalogue.ticks import HistoricalTicksLast, RealTimeBarTick, TickByTickData
from papertape.wire.connection import ClientConnection, Codecs
from recording.said import Script, recording
from walks import walk

HOUR = 3600
MOVED: list[tuple[Any, str, Any]] = [
    (CurrentTime(5), "currentTime", 3605),
    (CurrentTimeInMillis(5), "currentTimeInMillis", 3_600_005),
    (ErrorMessage(1, 7, 200), "errorTime", 3_600_007),
    (ErrorMessage(1, 0, 200), "errorTime", 0),
    (RealTimeBarTick(1, 100), "time", 3700),
    (TickByTickData(1, 1, HistoricalTickLast(time=1)), "historicalTickLast.time", 3601),
    (TickByTickData(1, 3, None, HistoricalTickBidAsk(time=1)), "historicalTickBidAsk.time", 3601),
    (TickByTickData(1, 4, None, None, HistoricalTick(time=1)), "historicalTickMidPoint.time", 3601),
    (TickNews(1, 5), "timestamp", 3_600_005),
    (TickString(1, 45, "1700000000"), "value", "1700003600"),
    (
        TickString(1, 48, "1.5;10;1700000000000;5;1.4;true"),
        "value",
        "1.5;10;1700003600000;5;1.4;true",
    ),
    (TickString(1, 59, "0.1,0.2"), "value", "0.1,0.2"),
    (
        ExecutionDetails(1, execution=Execution(time="20260410 23:30:00 US/Eastern")),
        "execution.time",
        "20260411 00:30:00 US/Eastern",
    ),
    (
        CompletedOrder(orderState=OrderState(completedTime="20260410-09:30:00")),
        "orderState.completedTime",
        "20260410-10:30:00",
    ),
    (
        HistoricalDataUpdate(1, Bar("20260410  09:30:00")),
        "historicalDataBar.date",
        "20260410  10:30:00",
    ),
    (HistoricalDataUpdate(1, Bar("1700000000")), "historicalDataBar.date", "1700003600"),
    (HistoricalData(1, [], "20260410 09:30:00"), "startDateStr", "20260410 09:30:00"),
    (HistoricalTicksLast(1, [HistoricalTickLast(time=1)]), "reqId", 1),
]


@walk(("message", "path", "value"), MOVED, ids=lambda x: type(x).__name__)
def test_what_moves_and_what_stays(message: Any, path: str, value: Any) -> None:
    move(message, HOUR)
    for name in path.split("."):
        message = getattr(message, name)
    assert message == value


@walk("text", ["", "soon", "20269999 10:00:00", "99991231 23:59:59"])
def test_a_text_that_is_no_time_stays(text: str) -> None:
    assert move_text(text, HOUR) == text


def asked(replay: Replay, now: int) -> tuple[str, Any]:
    """The connection time and the answer to reqCurrentTime of a session that begins now."""
    one, client = replay.session(), ClientConnection()
    [reply] = one.receive(client.initiate(), now)
    [negotiated] = client.receive_data(reply)
    one.receive(client.send(StartApi(7)) + client.send(ReqCurrentTime()), now)
    codecs = Codecs(client.version, catalogue.RESPONSES)
    told = [codecs.decode(f[4:]) for f in one.due(now) if not isinstance(f, Closing)]
    return negotiated.connection_time, told[-1]


def test_a_replay_tells_the_time_of_now_if_it_is_asked_to() -> None:
    script = Script().say(ReqCurrentTime(), at=1).say(CurrentTime(1_775_822_400), at=2)
    found = recording(script)  # it began at 2026-04-10 12:00:00 UTC, which is 1,775,822,400
    recorded = asked(Replay(found, speed=None), 5)
    assert recorded == ("20260410 12:00:00 EST", CurrentTime(1_775_822_400))
    day = 86_400 * 10**9
    moved = Replay(found, speed=None, wall=1_775_822_400 * 10**9 + day)
    assert asked(moved, 0) == ("20260411 12:00:00 EST", CurrentTime(1_775_908_800))
    assert asked(moved, day) == ("20260412 12:00:00 EST", CurrentTime(1_775_995_200))


def test_a_recording_without_times_cannot_be_moved() -> None:
    found = WireRecording(RecordingHeader(1), recording(Script()).events)
    with pytest.raises(RecordingError, match="does not tell when it began"):
        Replay(found, wall=0)
