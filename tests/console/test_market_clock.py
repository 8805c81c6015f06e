"""The market's clock in the header: what it says, and what its keys send."""

import asyncio
from typing import Any

from console.views import PaperView, tab
from papertape.console.market_clock import ClockControl, clock_text, speed_text


def test_what_the_clock_says() -> None:
    assert clock_text({"time": "2026-11-22T16:01:30.5-05:00"}) == "2026-11-22 21:01:30 UTC"
    shown = [speed_text(speed) for speed in (0, 0.1, 1.0, 3600, "max")]
    assert shown == ["paused", "×0.1", "×1", "×3600", "max"]


def test_it_is_paused_run_and_moved_ahead() -> None:
    paper = PaperView()

    def told(speed: float, *, fastest: bool = False) -> dict[str, Any]:
        return {"time": "2026-11-22T21:01:30Z", "speed": speed, "max": fastest}

    async def main() -> None:
        with tab():
            clock = ClockControl(paper.view)
            paper.tell("clock", told(10))
            assert clock._button.text == "2026-11-22 21:01:30 UTC ×10"
            await clock._turn()
            paper.tell("clock", told(0))
            assert clock._pause.text == "Run at ×10"
            await clock._turn()
            await clock._run(600)
            await clock._step(300)
            paper.tell("clock", told(12345.6, fastest=True))
            assert clock._button.text == "2026-11-22 21:01:30 UTC max ×12,346"
            paper.tell("clock", told(0))
            assert clock._pause.text == "Run at max"
            await clock._turn()

    asyncio.run(main())
    assert paper.desk.done == [
        ("patch", "/clock", {"speed": 0}),
        ("patch", "/clock", {"speed": 10}),
        ("patch", "/clock", {"speed": 600}),
        ("post", "/clock/step", {"seconds": 300}),
        ("patch", "/clock", {"speed": "max"}),
    ]
