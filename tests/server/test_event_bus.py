"""News: in order, bounded, by kind; nobody who follows can hold the station up."""

from papertape.server.event_bus import KEPT, EventBus
from papertape.server.timing import Timing


def hub() -> tuple[EventBus, Timing]:
    timing = Timing(100)
    return EventBus(timing), timing


def test_news_are_numbered_and_dated() -> None:
    told, clock = hub()
    told.tell("session", number=1)
    clock.now = 200
    told.tell("farm", name="usfarm")
    shown = [(news.number, news.time, news.kind, news.facts) for news in told.recent()]
    assert shown == [(1, 100, "session", {"number": 1}), (2, 200, "farm", {"name": "usfarm"})]


def test_the_latest_can_be_asked_for_by_number_and_kind() -> None:
    told, _ = hub()
    for kind in ("a", "b", "a", "c"):
        told.tell(kind)
    assert [news.number for news in told.recent(after=1)] == [2, 3, 4]
    assert [news.number for news in told.recent(kinds=("a", "c"))] == [1, 3, 4]
    assert [news.number for news in told.recent(after=1, kinds=("a",))] == [3]


def test_only_so_many_are_kept() -> None:
    told, _ = hub()
    for _ in range(KEPT + 5):
        told.tell("a")
    assert [news.number for news in told.recent()] == list(range(6, KEPT + 6))


def test_a_follower_hears_what_it_wants_and_is_woken() -> None:
    told, _ = hub()
    woken: list[int] = []
    follower = told.follow(["b"], lambda: woken.append(1))
    told.tell("a")
    told.tell("b", x=1)
    assert [news.facts for news in follower.take()] == [{"x": 1}]
    assert follower.take() == [] and len(woken) == 1
    told.leave(follower)
    told.tell("b")
    assert follower.take() == []


def test_a_follower_that_does_not_read_loses_the_oldest_and_knows_how_many() -> None:
    told, _ = hub()
    follower = told.follow([], lambda: None)
    for _ in range(KEPT + 7):
        told.tell("a")
    assert follower.lost == 7
    taken = follower.take()
    assert len(taken) == KEPT and taken[0].number == 8


def test_an_order_to_leave_may_come_while_news_are_told() -> None:
    told, _ = hub()
    first = told.follow([], lambda: told.leave(first))
    second = told.follow([], lambda: None)
    told.tell("a")
    told.tell("a")
    assert len(first.take()) == 1 and len(second.take()) == 2


def test_what_is_whispered_reaches_those_alone_who_ask_for_it_by_name() -> None:
    told, _ = hub()
    everything, asked = told.follow((), lambda: None), told.follow(("log",), lambda: None)
    assert told.asked_for("log") and not told.asked_for("farm")
    told.tell("farm")
    told.whisper("log", message="x")
    assert [news.kind for news in everything.take()] == ["farm"]
    assert [(news.number, news.kind) for news in asked.take()] == [(1, "log")]
    assert [news.kind for news in told.recent()] == ["farm"]
    told.leave(asked)
    assert not told.asked_for("log")
