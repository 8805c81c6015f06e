"""The parent of the stations that die: forks, kills, listens, and compares.

``python -m simulation.kills FIRST COUNT FOLDER`` runs the kills with the seeds from FIRST on and
prints what it counted as JSON; it ends with 1 and the story of the first that went wrong. It is a
process of its own, without threads, because it forks.
"""

import gc
import json
import os
import select
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from lanes import HANGS_S
from papertape.errors import JournalError
from papertape.server.assembly import JOURNAL, compose
from papertape.server.market_settings import MarketSettings
from papertape.server.persistence import Keeper
from papertape.server.present.queries import Queries
from papertape.server.present.views import Views
from papertape.store.journal import Journal
from papertape.venue.engine import Engine
from papertape.venue.entries import SCHEMA
from papertape.wire.connection import ClientConnection
from papertape.wire.message import Message
from simulation.crash import CLIENTS, OPENING, UNPACED, WAYS, Load, child
from simulation.told import Told
from simulation.type_rows import row_of

LIVES = 6
"""Deaths of one station before the next begins with an empty directory."""
LONGEST_S = HANGS_S
LATEST_S = 0.04
"""A kill by time comes at most so long after the first word."""


def rebuilt(folder: Path) -> Engine:
    """The venue as the journal has it, without any market."""
    with Journal.open(folder / JOURNAL, schema_version=SCHEMA) as journal:
        engine = Engine(None)
        Keeper(journal).recover(engine)
        return engine


def kinds_at_work(engine: Engine) -> set[str]:
    """The rows of the page of order types that have an order which works."""
    views = Queries(engine, Views(engine.instruments, engine.profile)).open_orders()
    return {row_of(view.contract, view.order) for view in views}


def left(folder: Path) -> dict[str, int]:
    """Whether a death left pieces of no snapshot, and whether the log had been dropped in part."""
    with Journal.open(folder / JOURNAL, schema_version=SCHEMA) as journal:
        half = "SELECT count(*) FROM pieces WHERE seq NOT IN (SELECT seq FROM snapshots)"
        found = journal._connection.execute(half).fetchone()[0]
        return {"half": int(found > 0), "dropped": int(journal.first_seq > 1)}


def warm_up(folder: Path) -> None:
    """Compile in this process what every child would compile for itself."""
    reading, writing = os.pipe()
    reader = threading.Thread(target=drain, args=(reading,))
    reader.start()
    with compose(
        wall=OPENING, data_dir=folder, market=MarketSettings(seed=3), settings=UNPACED
    ) as composed:
        load = Load(composed, Random(0), writing)
        for _ in range(60):
            load.turn()
    os.close(writing)
    reader.join()
    os.close(reading)
    rebuilt(folder)


def fork(work: Callable[[int], None]) -> tuple[int, int]:
    """Run ``work(pipe)`` in a child; its pid and the reading end of its pipe."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    gc.disable()
    os.close(reading)
    try:
        work(writing)
        code = 0
    except JournalError as error:
        sys.stderr.write(f"{error}\n")
        code = 3
    except Exception:  # noqa: BLE001 - nothing of the child may run on in the parent's code
        traceback.print_exc()
        code = 4
    sys.stderr.flush()
    os._exit(code)


def drain(pipe: int, *, kill: tuple[int, float] | None = None) -> bytes:
    """Everything that was told; ``kill`` is a pid and when to kill it, in seconds from the start
    of its trading."""
    told: list[bytes] = []
    end = time.monotonic() + LONGEST_S
    deadline = None
    while True:
        now = time.monotonic()
        assert now < end, "the child neither died nor spoke"
        if deadline is not None and kill is not None and now >= deadline:
            os.kill(kill[0], signal.SIGKILL)
            kill = None
        timeout = 1.0 if kill is None or deadline is None else max(deadline - now, 0)
        if select.select([pipe], [], [], timeout)[0]:
            data = os.read(pipe, 1 << 16)
            if not data:
                return b"".join(told)
            told.append(data)
            if deadline is None and kill is not None:
                deadline = time.monotonic() + kill[1]


def heard(data: bytes, told: Told) -> int:
    """Let the book hear what the pipe holds; the number of messages."""
    ends: dict[int, ClientConnection] = {}
    count = 0
    while len(data) >= 6:
        client, size = int.from_bytes(data[:2]), int.from_bytes(data[2:6])
        content, data = data[6 : 6 + size], data[6 + size :]
        if client not in ends:
            ends[client] = ClientConnection(highest=CLIENTS[client])
            ends[client].initiate()
        for event in ends[client].receive_data(content):
            if isinstance(event, Message):
                told.hear(client, event)
                count += 1
    return count


def cycle(folder: Path, told: Told, *, number: int, seed: int, way: str) -> int:
    """One life and death of a station; the number of messages that it told."""
    pid, pipe = fork(lambda writing: child(folder, writing, cycle=number, seed=seed, way=way))
    delay = Random(seed).uniform(0, LATEST_S)
    try:
        data = drain(pipe, kill=(pid, delay) if way == "anytime" else None)
    finally:
        os.close(pipe)
        _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, f"status {status}"
    return heard(data, told)


def station(folder: Path, first: int, deaths: int) -> dict[str, int]:
    """One station that dies so many times; what it told. Raises ``AssertionError``."""
    told = Told()
    messages = half = dropped = 0
    working: Counter[str] = Counter()
    for number in range(deaths):
        seed = first + number
        way = WAYS[seed % len(WAYS)]
        try:
            messages += cycle(folder, told, number=number, seed=seed, way=way)
            engine = rebuilt(folder)
            told.agrees(engine)
            working.update(f"working {name}" for name in kinds_at_work(engine))
            found = left(folder)
            half, dropped = half + found["half"], dropped + found["dropped"]
        except AssertionError as error:
            raise AssertionError(f"seed {seed} ({way}), death {number + 1}: {error}") from error
    counted = {"orders": len(told.orders), "executions": len(told.executions)}
    saved = {"half": half, "dropped": dropped}
    return {"kills": deaths, "messages": messages, **counted, **saved, **told.kinds, **working}


def main() -> None:
    """Run the kills that the command line asks for."""
    first, count, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    warm_up(folder / "warm")
    total: Counter[str] = Counter()
    for at in range(0, count, LIVES):
        found = station(folder / str(at), first + at, min(LIVES, count - at))
        total.update(found)
    print(json.dumps(total))


if __name__ == "__main__":
    main()
