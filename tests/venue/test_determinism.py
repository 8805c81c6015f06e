"""The same commands, seed and market give the same facts and the same hash, in any process.

Two processes play the same stream, with different hash seeds and different databases of time
zones: the system's, and the one of the package ``tzdata``. New York's midnights and quarters are
all that is asked of them (``reference/times.py``), and a fact holds the instant that came of it:
a replay asks none.
"""

import hashlib
import json
import os
import subprocess
import sys
import zoneinfo
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from lanes import many
from papertape.model import Contract, Order
from papertape.venue import commands as c
from papertape.venue import entries
from papertape.venue.engine import Engine
from papertape.venue.market.defaults import DEFAULTS
from papertape.venue.market.tape import open_market
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.times import next_quarter_end
from papertape.venue.snapshots import restored
from papertape.venue.units import MINUTE, SECOND, Nanos

TESTS = Path(__file__).parents[1]
ACCOUNTS = ("DU1234567", "DU7654321")
START: Nanos = 1_793_503_800 * SECOND  # 31 October 2026, 23:30 in New York; the next day has 25 h
TRADED = [entry for entry in CATALOGUE if entry.conId in DEFAULTS][:4]


def stream_of_commands(seed: int) -> Iterator[tuple[Nanos, c.Command]]:
    """A random stream over a midnight, with accounts on the way."""
    chance, now = Random(seed), START
    for code in ACCOUNTS:
        yield now, c.OpenAccount(code, "USD", 10**12)
    for number in range(1, 200):
        now += chance.randrange(MINUTE)
        yield now, _command(chance, number)


def _command(chance: Random, number: int) -> c.Command:
    what = chance.random()
    if what < 0.1:
        return c.CancelApiOrder(number % 3, chance.randrange(1, number + 1))
    if what < 0.14:
        return c.Deposit(chance.choice(ACCOUNTS), chance.choice(("USD", "EUR")), 10**9)
    if what < 0.16:
        return c.SetMarginModel(chance.choice(ACCOUNTS), chance.choice(("reg_t", "portfolio")))
    if what < 0.2:
        return c.SetFeePlan(chance.choice(ACCOUNTS), chance.choice(("fixed", "none")))
    entry = chance.choice(TRADED)
    contract = Contract(conId=entry.conId, exchange=entry.home)
    kind = chance.choice(("MKT", "LMT", "STP", "STP LMT"))
    near = DEFAULTS[entry.conId].price * chance.randrange(970, 1030) // 1000
    price = near // entry.tick * entry.tick / entry.scale
    order = Order(
        action=chance.choice(("BUY", "SELL")),
        totalQuantity=Decimal(chance.randrange(1, 20) * 10),
        orderType=kind,
        lmtPrice=price if "LMT" in kind else None,
        auxPrice=price if "STP" in kind else None,
        tif=chance.choice(("DAY", "GTC")),
        account=chance.choice(ACCOUNTS),
        orderRef=f"r{number}",
        transmit=chance.random() < 0.95,
    )
    if chance.random() < 0.1:
        return c.SubmitManualOrder(contract, order)
    return c.SubmitOrder(number % 3, number, contract, order)


def played(seed: int) -> dict[str, Any]:
    """What a stream leaves: a digest of its entries, what they were, and the state's hash."""
    engine, digest = Engine(open_market(START, seed=seed)), hashlib.sha256()
    kinds: set[str] = set()
    for now, command in stream_of_commands(seed):
        engine.submit(command, now)
        for entry in engine.drain_journal():
            digest.update(entries.encode(entry))
            kinds |= {type(fact).__name__ for fact in entry.facts}
    snapshot = bytes(engine.snapshot())
    return {
        "entries": digest.hexdigest(),
        "snapshot": hashlib.sha256(snapshot).hexdigest(),
        "hash": engine.state_hash(),
        "day_end": engine.state.day_end,
        "restored": len(restored(snapshot)[0].orders) == len(engine.state.orders),
        "facts": engine.state.facts,
        "kinds": sorted(kinds),
        "quarter": next_quarter_end(START),
        "tzpath": list(zoneinfo.TZPATH),
    }


def in_a_process(seed: int, **environment: str) -> dict[str, Any]:
    command = [sys.executable, "-X", "utf8", str(Path(__file__)), str(seed)]
    environ = {**os.environ, "PYTHONPATH": str(TESTS), **environment}
    environ.pop("COVERAGE_PROCESS_START", None)
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def system_zones() -> str:
    for folder in zoneinfo.TZPATH:
        if (Path(folder) / "US" / "Eastern").exists():
            return folder
    pytest.skip("this system has no database of time zones; nothing to compare with")


@pytest.mark.process
@pytest.mark.proof
@pytest.mark.parametrize("seed", range(1, many(test=1, quick=6, proof=200) + 1))
def test_facts_and_hash_are_the_same_in_any_process(seed: int, tmp_path: Path) -> None:
    pytest.importorskip("tzdata")
    one = in_a_process(seed, PYTHONHASHSEED="1", PYTHONTZPATH=system_zones())
    two = in_a_process(seed, PYTHONHASHSEED="4242", PYTHONTZPATH=str(tmp_path))
    assert one.pop("tzpath") != two.pop("tzpath")
    assert one == two
    assert one["facts"] > 200 and one["restored"]
    assert one["day_end"] == START + 30 * MINUTE + 25 * 60 * MINUTE
    needed = {"OrderFilled", "OrderTriggered", "OrderEnded", "OrderHeld", "DayBegan", "DayOpened"}
    assert needed <= set(one["kinds"])


@pytest.mark.repeats
def test_another_seed_is_another_story() -> None:
    """The comparison above can fail: what it compares depends on what was played."""
    one, other = played(1), played(2)
    assert one["entries"] != other["entries"] and one["hash"] != other["hash"]


if __name__ == "__main__":
    print(json.dumps(played(int(sys.argv[1]))))
