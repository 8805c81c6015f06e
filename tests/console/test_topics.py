"""What the pages show: fetched while somebody looks, at once after news, never too often."""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from typing import Any

import pytest

from papertape.console import topics as module
from papertape.console.remote import RemoteError
from papertape.console.topics import SOURCES, Live, WatchedStation, merged
from server.sockets import run

QUICKEST_S = 0.04


class Fake:
    """A control API that answers with what the test has put there."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, float]] = []
        self.batches: asyncio.Queue[list[dict[str, Any]] | None] = asyncio.Queue()
        self.opened = 0

    async def stations(self) -> list[dict[str, Any]]:
        return [{"name": "tws"}]

    async def get(self, station: str, path: str) -> Any:
        self.asked.append((path, asyncio.get_running_loop().time()))
        answer = self.answers[path]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def post(self, station: str, path: str, body: Any) -> Any:
        return await self.get(station, path)

    async def follow(
        self, station: str, path: str, opened: Callable[[], object]
    ) -> AsyncIterator[dict[str, Any]]:
        self.opened += 1
        opened()
        while (batch := await self.batches.get()) is not None:
            yield {"lost": 0, "news": batch}
        raise RemoteError("the station's event stream has ended")

    def tell(self, kind: str, *facts: dict[str, Any]) -> None:
        told = [{"number": 1, "time": "", "kind": kind, "facts": one} for one in facts or ({},)]
        self.batches.put_nowait(told)

    def times(self, path: str) -> list[float]:
        return [at for asked, at in self.asked if asked == path]


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUICKEST_S", QUICKEST_S)
    monkeypatch.setattr(module, "RETRY_S", 0.01)


async def until(condition: Callable[[], Any]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


async def desk(remote: Fake) -> WatchedStation:
    remote.answers |= {"": {"name": "tws"}, "/waiting": [], "/farms": ["a"]}
    found = await Live(remote).desk("tws")  # type: ignore[arg-type]
    await until(lambda: remote.opened)
    return found


def test_nothing_is_fetched_that_nobody_looks_at() -> None:
    async def main() -> None:
        remote = Fake()
        at = await desk(remote)
        seen: list[Any] = []
        leave = at.topic("farms").watch(seen.append)
        await until(lambda: seen)
        assert [path for path, _ in remote.asked] == ["", "/farms"]
        leave()
        remote.tell("farm")
        await asyncio.sleep(QUICKEST_S * 2)
        assert len(remote.times("/farms")) == 1

    run(main)


def test_who_comes_later_is_shown_what_is_known_and_nobody_asks_again() -> None:
    async def main() -> None:
        remote = Fake()
        at = await desk(remote)
        first: list[Any] = []
        second: list[Any] = []
        leave = at.topic("farms").watch(first.append)
        await until(lambda: first)
        at.topic("farms").watch(second.append)
        assert second == first == [["a"]]
        assert len(remote.times("/farms")) == 1
        leave()
        remote.answers["/farms"] = ["b"]
        remote.tell("farm")
        await until(lambda: second[-1] == ["b"])
        assert first == [["a"]], "who has left is told nothing"

    run(main)


def test_news_of_its_kind_fetch_it_anew_but_never_too_often() -> None:
    async def main() -> None:
        remote = Fake()
        at = await desk(remote)
        seen: list[Any] = []
        at.topic("farms").watch(seen.append)
        await until(lambda: seen)
        remote.tell("order")
        for number in range(60):
            remote.answers["/farms"] = [number]
            remote.tell("farm")
            await asyncio.sleep(QUICKEST_S / 20)
        await until(lambda: seen[-1] == [59])
        times = remote.times("/farms")
        between = [after - before for before, after in pairwise(times)]
        assert len(times) < 30 and min(between) >= QUICKEST_S * 0.9

    run(main)


ALL_ORDERS = SOURCES["orders"].path


def row(perm_id: int, status: str = "Submitted") -> dict[str, Any]:
    return {"perm_id": perm_id, "status": status}


def test_of_orders_only_those_are_fetched_that_have_changed() -> None:
    async def main() -> None:
        remote = Fake()
        at = await desk(remote)
        remote.answers[ALL_ORDERS] = [row(1), row(2)]
        seen: list[Any] = []
        at.topic("orders").watch(seen.append)
        await until(lambda: seen)
        remote.answers["/orders?perm_id=2&perm_id=3"] = [row(2, "Filled"), row(3)]
        remote.tell("order", {"perm_id": 3}, {"perm_id": 2}, {"perm_id": 3})
        await until(lambda: seen[-1] == [row(1), row(2, "Filled"), row(3)])
        assert len(remote.times(ALL_ORDERS)) == 1
        remote.answers[ALL_ORDERS] = [row(4)]
        remote.tell("order", {"perm_id": 0})  # one that has no id yet
        await until(lambda: seen[-1] == [row(4)])

    run(main)


def test_all_orders_are_fetched_when_many_have_changed_or_a_part_was_not_to_be_had() -> None:
    async def main() -> None:
        remote = Fake()
        at = await desk(remote)
        remote.answers[ALL_ORDERS] = [row(1)]
        seen: list[Any] = []
        at.topic("orders").watch(seen.append)
        await until(lambda: seen)
        remote.answers[ALL_ORDERS] = [row(2)]
        remote.tell("order", *({"perm_id": number} for number in range(1, module.MOST_KEYS + 2)))
        await until(lambda: seen[-1] == [row(2)])
        remote.answers["/orders?perm_id=7"] = RemoteError("busy")
        remote.answers[ALL_ORDERS] = [row(7)]
        remote.tell("order", {"perm_id": 7})
        await until(lambda: at.topic("orders").problem)
        remote.tell("order", {"perm_id": 7})
        await until(lambda: seen[-1] == [row(7)])

    run(main)


def test_all_orders_are_fetched_from_time_to_time(monkeypatch: pytest.MonkeyPatch) -> None:
    source = SOURCES["orders"]._replace(every_s=QUICKEST_S * 2)
    monkeypatch.setitem(module.SOURCES, "orders", source)

    async def main() -> None:
        remote = Fake()
        at = await desk(remote)
        remote.answers |= {ALL_ORDERS: [row(1)], "/orders?perm_id=1": [row(1)]}
        seen: list[Any] = []
        at.topic("orders").watch(seen.append)
        await until(lambda: seen)
        remote.answers[ALL_ORDERS] = [row(2)]
        while seen[-1] != [row(2)]:  # for all the news of single ones
            remote.tell("order", {"perm_id": 1})
            await asyncio.sleep(QUICKEST_S / 2)

    run(main)


def test_too_many_rows_are_shortened_by_the_earliest_that_are_over() -> None:
    orders = [row(0), *(row(number, "Filled") for number in range(1, module.MOST))]
    found = merged(orders, [row(3), row(1000), row(1001)], "perm_id")
    assert len(found) == module.MOST
    assert [one["perm_id"] for one in found[:4]] == [0, 3, 4, 5]
    assert [one["perm_id"] for one in found[-2:]] == [1000, 1001] and found[1] == row(3)
    working = [row(number) for number in range(module.MOST)]
    assert merged(working, [row(9999)], "perm_id") == [*working[1:], row(9999)]
    fills = [{"exec_id": str(number)} for number in range(module.MOST)]
    assert merged(fills, [{"exec_id": "x"}], "exec_id") == [*fills[1:], {"exec_id": "x"}]


def test_what_is_the_same_is_not_shown_again() -> None:
    async def main() -> None:
        remote = Fake()
        at = await desk(remote)
        seen: list[Any] = []
        at.topic("farms").watch(seen.append)
        await until(lambda: seen)
        remote.answers["/farms"] = ["a"]
        remote.tell("farm")
        await until(lambda: len(remote.times("/farms")) == 2)
        await asyncio.sleep(0)
        assert seen == [["a"]]

    run(main)


def test_a_page_that_fails_is_no_concern_of_the_others() -> None:
    async def main() -> None:
        remote = Fake()
        at = await desk(remote)
        failed: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, told: failed.append(told))
        seen: list[Any] = []

        def fail(_: Any) -> None:
            raise ValueError("this page")

        at.topic("farms").watch(fail)
        at.topic("farms").watch(seen.append)
        for value in (["a"], ["b"]):
            remote.answers["/farms"] = value
            remote.tell("farm")
            await until(lambda: seen and seen[-1] == value)  # noqa: B023
        assert len(failed) == 2

    run(main)


def test_a_station_that_does_not_answer_is_asked_again() -> None:
    async def main() -> None:
        remote = Fake()
        at = await desk(remote)
        topic = at.topic("farms")
        remote.answers["/farms"] = RemoteError("no answer")
        seen: list[Any] = []
        topic.watch(seen.append)
        await until(lambda: topic.problem)
        assert (topic.problem, seen) == ("no answer", [])
        remote.answers["/farms"] = ["back"]
        topic.refresh()
        await until(lambda: seen)
        assert (topic.problem, seen) == ("", [["back"]])

    run(main)


def test_after_an_interruption_of_the_news_all_is_well_at_once_and_everything_is_looked_up() -> (
    None
):
    """Nothing need happen at the station for the pages to know that they hear of it again."""

    async def main() -> None:
        remote = Fake()
        at = await desk(remote)
        seen: list[Any] = []
        at.topic("farms").watch(seen.append)
        await until(lambda: seen)
        remote.answers["/farms"] = ["missed"]
        remote.batches.put_nowait(None)
        await until(lambda: remote.opened == 2)
        assert (at.news.connected, at.news.problem) == (True, "")
        await until(lambda: seen[-1] == ["missed"])

    run(main)


def test_what_is_done_is_looked_up_at_once() -> None:
    async def main() -> None:
        remote = Fake()
        at = await desk(remote)
        seen: list[Any] = []
        at.topic("farms").watch(seen.append)
        await until(lambda: seen)
        for answer in ({}, RemoteError("refused")):
            before = len(remote.times("/farms"))
            remote.answers["/act"] = answer
            try:
                await at.post("/act")
            except RemoteError:
                assert answer
            await until(lambda: len(remote.times("/farms")) > before)  # noqa: B023

    run(main)


def test_news_are_heard_until_one_leaves_and_few_are_kept() -> None:
    async def main() -> None:
        remote = Fake()
        at = await desk(remote)
        heard: list[Any] = []
        leave = at.listen(heard.append)
        for _ in range(module.KEPT + 5):
            remote.tell("order")
        await until(lambda: len(heard) == module.KEPT + 5)
        leave()
        remote.tell("order")
        await until(lambda: not remote.batches.qsize())
        await asyncio.sleep(0)
        assert len(heard) == module.KEPT + 5 and len(at.news.recent) == module.KEPT

    run(main)
