"""The day so far, asked about at every tick, back and forth: what is kept never shows."""

import random
from pathlib import Path
from typing import Any

import pytest

from lanes import many, thinned
from papertape.server.assembly import open_tape
from papertape.server.clock import MarketClock
from papertape.server.persistence import MarketFacts
from papertape.store import history
from papertape.store.manifest import FolderEntry
from papertape.venue.market.recorded import Recorded
from papertape.venue.market.source import Print
from papertape.venue.units import DAY, MINUTE, SECOND
from venue.scenario import START

SAMPLE = Path(__file__).parents[3] / "market/sample"
SPY, AAPL, EUR = 756733, 265598, 12087792


def tape(folder: Path | None = None) -> Any:
    facts = MarketFacts(START - 60 * MINUTE, 3, MarketClock(START, START, 1.0))
    return open_tape(folder, facts)


@pytest.fixture
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read once for all tapes: what is read is never changed."""
    known: dict[tuple[Path, int], Recorded] = {}
    load = history.load

    def kept(folder: Path, entry: FolderEntry) -> Recorded:
        key = folder, entry.conId
        if key not in known:
            known[key] = load(folder, entry)
        return known[key]

    monkeypatch.setattr(history, "load", kept)


@pytest.mark.proof
@pytest.mark.usefixtures("read_once")
@pytest.mark.parametrize("con_id", [SPY, AAPL, EUR])
@pytest.mark.parametrize("folder", [None, SAMPLE], ids=["synthetic", "recorded"])
def test_the_order_of_questions_does_not_matter(con_id: int, folder: Path | None) -> None:
    asked = tape(folder)
    moments = [START + place * 7 * SECOND // 3 for place in range(60)]
    moments += [START - DAY, START + DAY, START + 61 * MINUTE]
    random.Random(4).shuffle(moments)
    for now in moments[:: many(test=13, quick=5, proof=1)]:
        fresh = tape(folder)
        assert asked.day(con_id, now) == fresh.day(con_id, now)


@pytest.mark.long
@pytest.mark.parametrize("con_id", [SPY, AAPL])
def test_the_day_goes_on_with_its_prints(con_id: int) -> None:
    market = tape(SAMPLE)
    before = market.day(con_id, START)
    ticks = market.ticks(con_id, START, START + 3 * MINUTE)
    prints = [tick for tick in ticks if isinstance(tick, Print)]
    for trade in thinned(prints, check=7):
        now = market.day(con_id, trade.time)
        assert now.lastTime == trade.time
        assert now.high >= trade.price >= now.low
    ended = market.day(con_id, START + 3 * MINUTE - 1)
    within = [one.size for one in prints if one.time < START + 3 * MINUTE]
    assert ended.volume == before.volume + sum(within)
