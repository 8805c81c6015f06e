"""What accounts were worth over the session: a line that does not grow, whatever its length."""

import asyncio
from itertools import pairwise
from typing import Any, cast

from papertape.console import equity
from papertape.console.equity import MOST_ACCOUNTS, EquityLine, EquityPoint, EquityRecorder
from papertape.console.remote import Remote, RemoteError


def test_a_line_keeps_its_span_and_its_size() -> None:
    line = EquityLine(most=8)
    for number in range(1000):
        line.add(EquityPoint(str(number), float(number)))
        assert len(line.points) <= 8
        assert line.points[0] == EquityPoint("0", 0.0)
        assert line.points[-1].value == number
    times = [int(point.time) for point in line.points]
    steps = {later - earlier for earlier, later in pairwise(times[:-1])}
    assert len(steps) == 1 and 1000 / 8 <= steps.pop() <= 4 * 1000 / 8


def test_accounts_have_lines_of_their_own_and_there_are_not_too_many() -> None:
    recorder = EquityRecorder(cast(Remote, None), "tws")
    row = lambda code, value: {"account": code, "net_liquidation": value}  # noqa: E731
    recorder.take("1", [row(f"DU{number}", 1.0) for number in range(MOST_ACCOUNTS + 5)])
    recorder.take("2", [row("DU0", 2.0)])
    assert len(recorder.lines) == MOST_ACCOUNTS
    assert [point.value for point in recorder.lines["DU0"].points] == [1.0, 2.0]


def test_a_station_that_does_not_answer_is_asked_again() -> None:
    class Flaky:
        asked = 0

        async def get(self, station: str, path: str) -> Any:
            self.asked += 1
            if self.asked == 1:
                raise RemoteError("gone")
            if path == "/clock":
                return {"time": "2026-04-13T15:27:00Z"}
            recorder.task.cancel()  # type: ignore[union-attr]
            return [{"account": "DU1", "net_liquidation": 5.0}]

    recorder = EquityRecorder(cast(Remote, Flaky()), "tws")

    async def main() -> None:
        recorder.start()
        recorder.start()
        assert recorder.task is not None
        await asyncio.gather(recorder.task, return_exceptions=True)

    before, equity.EVERY_S = equity.EVERY_S, 0.0  # type: ignore[misc]
    try:
        asyncio.run(main())
    finally:
        equity.EVERY_S = before  # type: ignore[misc]
    assert recorder.lines["DU1"].points == [EquityPoint("2026-04-13T15:27:00Z", 5.0)]
