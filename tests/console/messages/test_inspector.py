"""What the inspector keeps of a station's messages, and while whom."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest

from console.sent import PLACE, QUOTE, STOCK, Feed
from papertape.console.messages import capture
from papertape.console.messages.capture import KEPT, Capture
from papertape.console.messages.frames import Frame
from papertape.console.remote import RemoteError
from papertape.wire.catalogue.market import ReqMktData


class Station:
    """Stands for the control API: sends what the test says, to everyone who follows."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.batches: asyncio.Queue[Any] = asyncio.Queue()
        self.following = 0

    async def follow(
        self, station: str, path: str, opened: Callable[[], object], **query: Any
    ) -> AsyncIterator[Any]:
        assert (station, path) == ("paper", "/messages")
        opened()
        self.asked.append(query)
        self.following += 1
        try:
            while True:
                told = await self.batches.get()
                if not isinstance(told, RemoteError):
                    yield told
                self.batches.task_done()
                if isinstance(told, RemoteError):
                    raise told
        finally:
            self.following -= 1


def batch(*frames: Frame, dropped: int = 0) -> dict[str, Any]:
    return {"dropped": dropped, "messages": [msgspec.to_builtins(frame) for frame in frames]}


def run(test: Callable[[Station, Capture], Awaitable[None]]) -> None:
    async def inside() -> None:
        station = Station()
        made = Capture(station, "paper")  # type: ignore[arg-type]
        await test(station, made)
        made.leave("tab")
        await asyncio.sleep(0)
        assert station.following == 0

    asyncio.run(inside())


async def send(station: Station, *batches: Any) -> None:
    for one in batches:
        station.batches.put_nowait(one)
    await station.batches.join()


def test_quotes_cannot_push_out_an_order() -> None:
    async def test(station: Station, kept: Capture) -> None:
        make, taken = Feed(), []
        kept.watch("tab", taken.append, market_data=True)
        quotes = [make(QUOTE, market_data=True) for _ in range(3 * KEPT)]
        await send(station, batch(make(PLACE)), batch(*quotes, dropped=5), batch(make(PLACE)))
        frames = list(kept.frames())
        assert len(frames) == KEPT + 2
        assert [frame.serial for frame in frames] == sorted(frame.serial for frame in frames)
        assert not frames[0].market_data and not frames[-1].market_data
        assert kept.dropped == 5
        assert [len(fresh) for fresh in taken] == [1, 3 * KEPT, 1]
        assert kept.names == {"PlaceOrder", "TickPrice"} and kept.clients == {4}

    run(test)


def test_an_answer_is_known_by_its_request() -> None:
    async def test(station: Station, kept: Capture) -> None:
        make = Feed()
        asked, quote = make(ReqMktData(reqId=3, contract=STOCK)), make(QUOTE)
        kept.watch("tab", lambda fresh: None, market_data=True)
        await send(station, batch(asked, quote))
        assert kept.subject(quote, "reqId", 3) == "SPY"
        assert kept.subject(quote, "reqId", 4) == ""
        assert kept.subject(make(QUOTE, session=9), "reqId", 3) == ""

    run(test)


def test_nothing_is_kept_or_followed_when_nobody_looks() -> None:
    async def test(station: Station, kept: Capture) -> None:
        make = Feed()
        kept.watch("tab", lambda fresh: None, market_data=True)
        kept.watch("other", lambda fresh: None, market_data=True)
        assert not kept.listening
        await send(station, batch(make(PLACE)))
        assert kept.listening
        kept.leave("other")
        assert len(list(kept.frames())) == 1
        kept.leave("tab")
        await asyncio.sleep(0)
        assert station.following == 0 and not kept.listening
        assert list(kept.frames()) == [] and not kept.names

    run(test)


def test_quotes_are_asked_for_while_somebody_wants_them() -> None:
    async def test(station: Station, kept: Capture) -> None:
        kept.watch("tab", lambda fresh: None, market_data=True)
        await asyncio.sleep(0)
        kept.watch("other", lambda fresh: None, market_data=False)
        kept.watch("tab", lambda fresh: None, market_data=False)
        await asyncio.sleep(0)
        kept.leave("other")
        await asyncio.sleep(0)
        assert [query["market_data"] for query in station.asked] == ["true", "false"]
        assert station.following == 1

    run(test)


def test_what_is_shown_again_after_a_break_is_not_taken_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test(station: Station, kept: Capture) -> None:
        make, taken = Feed(), []
        first, second = make(PLACE), make(PLACE)
        kept.watch("tab", taken.extend, market_data=True)
        await send(station, batch(first))
        await send(station, RemoteError("the station does not answer"))
        assert kept.problem == "the station does not answer" and not kept.listening
        await send(station, batch(first, second))
        assert [frame.number for frame in taken] == [first.number, second.number]
        assert kept.problem == ""

    monkeypatch.setattr(capture, "RETRY_S", 0.0)
    run(test)
