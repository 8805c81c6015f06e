"""The same commands, seed and market give the same facts and state hash in every process: whatever
its hash seed is, and whatever its time zone database says."""

import hashlib
import os
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from zoneinfo import TZPATH

import pytest

from papertape.model import Contract, Order
from papertape.venue import entries
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import CancelApiOrder, SubmitOrder
from papertape.venue.engine import Engine
from papertape.venue.reference.details import contract_details
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.sessions import WhenOpen
from papertape.venue.units import DAY, MINUTE, SECOND
from venue.days import CURRENCY, RECORDED, SYNTHETIC, market

pytestmark = pytest.mark.process

WEDNESDAY = 1_795_622_400 * SECOND  # 2026-11-25 11:00 in New York: a holiday and a half day follow
TESTS = Path(__file__).resolve().parents[1]
LIES = ("America/New_York", "US/Eastern", "Europe/Zurich", "MET", "America/Toronto")


def fingerprint(hours: WhenOpen) -> str:
    """All facts of four days with orders of every kind, the state after them, hours as told."""
    source = market(WEDNESDAY, seed=7, exchange=hours == "exchange")
    engine = Engine(source, Profile(hours=hours, price_band=False))
    now, told = WEDNESDAY, hashlib.sha256()
    engine.open_accounts(now)
    for number in range(1, 60):
        con_id = (RECORDED, SYNTHETIC, CURRENCY)[number % 3]
        entry = CATALOGUE[con_id]
        middle = source.quote(con_id, now).ask / entry.scale
        side = "BUY" if number % 2 else "SELL"
        order = Order(action=side, totalQuantity=Decimal(10), orderType="LMT", lmtPrice=middle)
        order.tif = ("DAY", "GTC")[number % 5 == 0]
        order.outsideRth, order.includeOvernight = number % 4 == 0, number % 7 == 0
        if number % 6 == 0:
            order.orderType, order.lmtPrice, order.auxPrice = "STP", None, middle
        contract = Contract(conId=con_id, exchange=entry.exchanges[0])
        engine.submit(SubmitOrder(1, number, contract, order), now)
        if number % 9 == 0:
            engine.submit(CancelApiOrder(1, number - 1), now)
        now += 97 * MINUTE + number * SECOND
    engine.advance(WEDNESDAY + 6 * DAY)
    for entry in engine.drain_journal():
        told.update(entries.encode(entry))
    for one in CATALOGUE:
        details = contract_details(CATALOGUE, Contract(conId=one.conId), now, engine.hours)
        told.update(repr(details).encode())
    return f"{told.hexdigest()} {engine.state_hash()}"


@pytest.fixture(scope="module")
def lying(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A time zone database in which the zones of our exchanges are Tokyo's."""
    folder = tmp_path_factory.mktemp("zoneinfo")
    tokyo = next(path for place in TZPATH if (path := Path(place) / "Asia/Tokyo").is_file())
    for name in LIES:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(tokyo, folder / name)
    return folder


@pytest.mark.further
@pytest.mark.parametrize("hours", [pytest.param("always", marks=pytest.mark.repeats), "exchange"])
def test_the_same_facts_whatever_the_hash_seed_and_the_time_zones(
    hours: WhenOpen, lying: Path
) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(TESTS)!r}); from datetime import datetime; "
        "from zoneinfo import ZoneInfo; from venue import test_same_everywhere as t; "
        "print(datetime(2026, 7, 1, tzinfo=ZoneInfo('US/Eastern')).strftime('%z'), "
        f"t.fingerprint({hours!r}))"
    )

    def told(**more: str) -> list[str]:
        run = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, **more},
            capture_output=True,
            check=False,
            text=True,
        )
        assert run.returncode == 0, run.stderr
        return run.stdout.split()

    here = fingerprint(hours).split()
    assert told(PYTHONHASHSEED="0") == ["-0400", *here]
    elsewhere = told(PYTHONHASHSEED="4242", PYTHONTZPATH=str(lying), TZ="Asia/Tokyo")
    assert elsewhere == ["+0900", *here]
