"""The rate limit: never more than a TWS takes in a second, orders first."""

import random
from typing import Any

import pytest

from client.fake_server import Served
from papertape.client.limits import LONGEST, WINDOW_S, RateLimiter, UnsentMessage
from papertape.client.settings import ClientSettings
from papertape.errors import LocalProtocolError
from papertape.model import Contract, Order
from papertape.wire.catalogue.market import ReqMktData
from papertape.wire.catalogue.orders import PlaceOrder
from walks import walk


def offer(limiter: RateLimiter, name: str, now: float, *, urgent: bool = False) -> list[bytes]:
    limiter.add(UnsentMessage(name.encode(), None), urgent=urgent)
    return limiter.release(now)


def drain(limiter: RateLimiter, now: float) -> list[tuple[float, bytes]]:
    """Everything that waits, with the moment at which it goes."""
    sent = []
    while (due := limiter.next_due()) is not None:
        now = max(now, due)
        sent += [(now, one) for one in limiter.release(now)]
    return sent


def test_below_the_limit_everything_goes_at_once() -> None:
    limiter = RateLimiter(45)
    assert [offer(limiter, str(i), 0.0) for i in range(40)] == [[b"%d" % i] for i in range(40)]
    assert limiter.next_due() is None


@pytest.mark.long
@walk("seed", range(5))
def test_no_second_ever_sees_more_than_the_limit(seed: int) -> None:
    chance, limiter = random.Random(seed), RateLimiter(45)
    now, times = 0.0, []
    for i in range(2000):
        now += chance.choice((0.0, 0.0, 0.0, 0.001, 0.02, 0.3))
        while (due := limiter.next_due()) is not None and due <= now:
            times += [due for _ in limiter.release(due)]
        urgent = chance.random() < 0.2
        times += [now for _ in offer(limiter, str(i), now, urgent=urgent)]
    times += [at for at, _ in drain(limiter, now)]
    assert len(times) == 2000
    assert times == sorted(times)
    for first, at in enumerate(times):
        assert sum(at <= one < at + 1.0 for one in times[first : first + 60]) <= 45


def test_orders_pass_what_waits_and_find_room_kept_for_them() -> None:
    limiter = RateLimiter(45)
    for i in range(100):
        offer(limiter, f"data {i}", 0.0)
    assert len(limiter) == 100 - 40, "a share is kept for orders"
    assert offer(limiter, "order 1", 0.0, urgent=True) == [b"order 1"]
    for i in range(10):
        offer(limiter, f"order {i + 2}", 0.0, urgent=True)
    after = [name for _, name in drain(limiter, 0.0)]
    assert after[:6] == [b"order %d" % i for i in range(6, 12)]
    assert after[6:] == [b"data %d" % i for i in range(40, 100)]


def test_what_passes_at_once_counts_as_sent() -> None:
    limiter = RateLimiter(8)
    assert [limiter.passes(0.0, urgent=False) for _ in range(8)] == [True] * 7 + [False]
    assert limiter.passes(0.0, urgent=True)
    assert not limiter.passes(0.0, urgent=True)
    assert limiter.passes(WINDOW_S, urgent=False)
    assert len(limiter) == 0


def test_nothing_passes_while_others_wait() -> None:
    limiter = RateLimiter(None)
    limiter.add(UnsentMessage(b"first", None), urgent=True)
    assert not limiter.passes(0.0, urgent=True)
    assert limiter.release(0.0) == [b"first"]
    assert limiter.passes(0.0, urgent=True)


def test_no_limit_holds_nothing_back() -> None:
    limiter = RateLimiter(None)
    assert all(offer(limiter, str(i), 0.0) for i in range(1000))
    assert limiter.next_due() is None


@walk("limit", [1, 2, 7])
def test_small_limits_let_everything_through_in_the_end(limit: int) -> None:
    limiter = RateLimiter(limit)
    sent: list[Any] = []
    for i in range(10):
        sent += offer(limiter, str(i), 0.0)
    assert len(sent) == max(1, limit - limit // 8)
    times = drain(limiter, 0.0)
    assert len(sent) + len(times) == 10
    assert times[-1][0] <= WINDOW_S * 10


def test_too_many_are_refused_with_advice() -> None:
    limiter = RateLimiter(1)
    for i in range(LONGEST + 1):
        offer(limiter, str(i), 0.0)
    with pytest.raises(LocalProtocolError, match="max_rate"):
        offer(limiter, "x", 0.0)


def test_a_session_sends_the_rest_when_time_has_passed_and_orders_first() -> None:
    served = Served(settings=ClientSettings(max_rate=10)).ready()
    served.received.clear()
    for i in range(30):
        served.core.send(ReqMktData(i, Contract(symbol="X")))
    served.core.send(PlaceOrder(1, Contract(symbol="X"), Order()))
    assert isinstance(served.received[-1], PlaceOrder), "the order overtakes 22 requests"
    assert len(served.received) <= 10
    assert len(served.core.limiter) == 31 - len(served.received)
    served.pass_time(5.0)
    assert [m.reqId for m in served.all(ReqMktData)] == list(range(30))


def test_what_was_not_sent_is_told_so_when_the_connection_ends() -> None:
    from papertape.client.conversations import Call
    from papertape.wire.catalogue.session import ReqManagedAccts

    served = Served(settings=ClientSettings(max_rate=10)).ready()
    asked = [Call("x", served.core.request_id()) for _ in range(20)]
    for one in asked:
        served.core.begin(one, ReqManagedAccts())
    served.drop()
    fates = [getattr(one.error, "sent", None) for one in asked]
    assert fates[0] is True and fates[-1] is False
    assert "it was not sent" in str(asked[-1].error)
