"""What a program sees of the clock, and how long its waits take: market time, to the nanosecond."""

import sys
from pathlib import Path

import pytest

from papertape.testing import serve
from papertape.testing.market_time import MarketTimeRun, run_in_market_time
from testing.market_time.bots import START

pytestmark = [pytest.mark.network, pytest.mark.process]

WAITS = """
import asyncio, concurrent.futures, functools, os, queue, sched, select, selectors, signal, socket
import threading, time

def took(name, wait):
    begun = time.time_ns(), time.monotonic_ns(), time.perf_counter_ns()
    wait()
    ended = time.time_ns(), time.monotonic_ns(), time.perf_counter_ns()
    (span,) = {b - a for a, b in zip(begun, ended)}
    print(f"{name} {span / 1e9:.6f}")

def gives_up(wait, *args, **named):
    def tried():
        try:
            assert not wait(*args, **named)
        except (TimeoutError, queue.Empty, queue.Full, concurrent.futures.TimeoutError):
            pass
    return tried

lock, event, condition = threading.Lock(), threading.Event(), threading.Condition()
lock.acquire()
one, other = socket.socketpair()
one.settimeout(6)
took("sleep", lambda: time.sleep(3600))
took("sleep(0)", lambda: time.sleep(0))
took("lock", gives_up(lock.acquire, timeout=1))
took("event", gives_up(event.wait, 2))
with condition:
    took("condition", gives_up(condition.wait, 3))
    took("wait_for", gives_up(condition.wait_for, lambda: False, 3.1))
took("semaphore", gives_up(threading.Semaphore(0).acquire, timeout=3.2))
took("queue", gives_up(queue.Queue().get, timeout=4))
took("full queue", lambda: (q := queue.Queue(1), q.put(1), gives_up(q.put, 2, timeout=4.1)()))
took("simple queue", gives_up(queue.SimpleQueue().get, timeout=5))
took("recv", gives_up(one.recv, 10))
took("select", lambda: select.select([one], [], [], 7))
poll = select.poll()
poll.register(one, select.POLLIN)
took("poll", lambda: poll.poll(7500))
with selectors.DefaultSelector() as selector:
    selector.register(one, selectors.EVENT_READ)
    took("selector", lambda: selector.select(8))
took("sigtimedwait", gives_up(signal.sigtimedwait, [signal.SIGUSR1], 8.5))

def late(seconds, work):
    threading.Timer(seconds, work).start()

def after(seconds, work, wait):
    def both():
        late(seconds, work)
        wait()
    return both

took("a lock let go", after(9, lock.release, lock.acquire))
took("an event set", after(10, event.set, event.wait))
one.settimeout(None)
took("bytes of a pair", after(11, lambda: other.send(b"x"), lambda: one.recv(1)))
server = socket.create_server(("127.0.0.1", 0))
connect = lambda: socket.create_connection(server.getsockname())
took("a connection", after(12, connect, server.accept))
sleeper = threading.Thread(target=time.sleep, args=(13,))
sleeper.start()
took("join, in vain", lambda: sleeper.join(1))
took("join", sleeper.join)
assert not sleeper.is_alive()
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    took("result", lambda: pool.submit(time.sleep, 14).result())
    took("results", lambda: list(pool.map(time.sleep, [1, 2, 3])))
    slow = pool.submit(time.sleep, 15)
    took("result, in vain", gives_up(lambda: slow.result(5)))
    took("wait, in vain", lambda: concurrent.futures.wait([slow], 2))
scheduler = sched.scheduler()
scheduler.enter(16, 1, lambda: None)
took("scheduler", scheduler.run)
took("asyncio.sleep", lambda: asyncio.run(asyncio.sleep(17)))

async def limited():
    try:
        async with asyncio.timeout(18):
            await asyncio.get_running_loop().create_future()
    except TimeoutError:
        await asyncio.to_thread(time.sleep, 1)

took("asyncio.timeout", lambda: asyncio.run(limited()))

def watch(clock, seconds):
    end = clock() + seconds
    while clock() < end:
        pass

took("watching the clock", lambda: watch(time.time, 2))
threading.Timer(19, event.set).start()
event.clear()
took("as long as may be", lambda: event.wait(threading.TIMEOUT_MAX))
signal.signal(signal.SIGALRM, lambda *_: time.sleep(20))
threading.Timer(1, signal.raise_signal, [signal.SIGALRM]).start()
took("a signal's handler", signal.pause)
threading.Timer(1, os.kill, [os.getpid(), signal.SIGALRM]).start()
took("a sleep with a handler in it", lambda: time.sleep(30))
threading.Timer(21, lambda: print("the last thread", time.strftime("%S"))).start()
"""

SPANS = """
sleep 3600.000000
sleep(0) 0.000000
lock 1.000000
event 2.000000
condition 3.000000
wait_for 3.100000
semaphore 3.200000
queue 4.000000
full queue 4.100000
simple queue 5.000000
recv 6.000000
select 7.000000
poll 7.500000
selector 8.000000
sigtimedwait 8.500000
a lock let go 9.000000
an event set 10.000000
bytes of a pair 11.000000
a connection 12.000000
join, in vain 1.000000
join 12.000000
result 14.000000
results 4.000000
result, in vain 5.000000
wait, in vain 2.000000
scheduler 16.000000
asyncio.sleep 17.000000
asyncio.timeout 19.000000
watching the clock 2.000000
as long as may be 19.000000
a signal's handler 21.000000
a sleep with a handler in it 30.000000
the last thread 55
"""

CLOCKS = """
import copy, pickle, time
from datetime import date, datetime, timedelta, timezone

now = datetime.now(timezone.utc)
print(now.isoformat(), datetime.utcnow().isoformat(), datetime.now(timezone(timedelta(hours=2))))
print(date.today(), datetime.today(), datetime.now())
print(time.time(), time.time_ns(), time.clock_gettime(time.CLOCK_REALTIME))
print(time.localtime()[:6], time.gmtime()[:6], time.ctime(), time.asctime())
print(time.strftime("%Y-%m-%d %H:%M:%S"), time.strftime("%Y", time.gmtime(0)), time.gmtime(0)[0])
assert time.monotonic() == time.perf_counter() == time.clock_gettime(time.CLOCK_MONOTONIC)

class Mine(datetime):
    pass

assert type(now) is datetime and isinstance(now, date) and isinstance(Mine.now(), Mine)
assert isinstance(datetime.strptime("2026", "%Y"), datetime) and issubclass(datetime, date)
assert not isinstance(date.today(), datetime)
assert pickle.loads(pickle.dumps(now)) == now == copy.deepcopy(now)
assert datetime.now().timestamp() == time.time()
"""
SHOWN = """
2026-04-10T14:00:00+00:00 2026-04-10T14:00:00 2026-04-10 16:00:00+02:00
2026-04-10 2026-04-10 14:00:00 2026-04-10 14:00:00
1775829600.0 1775829600000000000 1775829600.0
(2026, 4, 10, 14, 0, 0) (2026, 4, 10, 14, 0, 0) Fri Apr 10 14:00:00 2026 Fri Apr 10 14:00:00 2026
2026-04-10 14:00:00 1970 1970
"""

CHANCE = """
import os, random, secrets, uuid
print(random.random(), random.Random().random(), os.urandom(4), uuid.uuid4(), secrets.token_hex(3))
print(hash("x"), os.environ["PYTHONHASHSEED"])
"""

SETS = """
import asyncio, concurrent.futures, os, threading
before = [object() for _ in range(int(os.environ["BEFORE"]))]  # and so all addresses differ

async def waited():
    loop = asyncio.get_running_loop()
    sleeps = [asyncio.sleep(1, number) for number in range(12)]
    tasks = [loop.create_task(one, name=f"{n}") for n, one in enumerate(sleeps)]
    print([one.get_name() for one in asyncio.all_tasks()])
    done, _ = await asyncio.wait(tasks)
    print([one.result() for one in done])
    futures = [loop.create_future() for _ in range(12)]
    both = asyncio.gather(*futures)
    for number, one in enumerate(futures):
        one.set_result(number)
    print([one.result() for one in set(futures)], len({both, *futures, *tasks}), await both)

asyncio.run(waited())
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    done, _ = concurrent.futures.wait([pool.submit(int, number) for number in range(12)])
print([one.result() for one in done])
print([one.name for one in {threading.Thread(target=print) for _ in range(12)}])
"""


def run(program: str, **more: object) -> MarketTimeRun:
    with serve(speed=0, start=START) as tws:
        env = {"TZ": "UTC", **more.pop("env", {})}  # type: ignore[dict-item]
        command = [sys.executable, "-W", "ignore", "-c", program]
        return run_in_market_time(tws, command, env=env, **more)  # type: ignore[arg-type]


def test_every_wait_takes_market_time() -> None:
    ended = run(WAITS)
    assert ended.output == SPANS.lstrip(), ended
    assert ended.kind == "not-connected"
    assert ended.ended_at // 10**9 > 1_775_829_600 + 3600


def test_every_clock_shows_market_time() -> None:
    assert run(CLOCKS).output == SHOWN.lstrip()


def test_chance_is_that_of_the_seed() -> None:
    first = run(CHANCE, seed=5).output
    assert run(CHANCE, seed=5).output == first
    assert run(CHANCE, seed=6).output != first
    assert first.count("\n") == 2


def test_sets_of_tasks_and_threads_have_an_order_of_the_seed() -> None:
    first = run(SETS, seed=5, env={"BEFORE": "0"})
    assert first.output.count("11") == 6, first
    for before in ("7", "1000", "54321"):
        assert run(SETS, seed=5, env={"BEFORE": before}).output == first.output
    assert run(SETS, seed=6, env={"BEFORE": "0"}).output != first.output


def test_what_it_starts_lives_by_the_wall_clock(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import builtins; builtins.shadowed = True")
    program = """
import os, subprocess, sys, time
print(shadowed, "PAPERTAPE_MARKET_TIME" in os.environ, os.environ["PYTHONPATH"] == sys.argv[-1])
code = "import time; time.sleep(0.01); print(time.time() > 1776000000, shadowed)"
print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
child = os.fork()
if not child:
    time.sleep(0.01)
    os._exit(time.time() > 1776000000)
print(os.waitpid(child, 0)[1] >> 8, time.time())
"""
    with serve(speed=0, start=START) as tws:
        command = [sys.executable, "-c", program, str(tmp_path)]
        ended = run_in_market_time(tws, command, env={"PYTHONPATH": str(tmp_path)})
    assert ended.output == "True False True\nTrue True\n\n1 1775829600.0\n"
