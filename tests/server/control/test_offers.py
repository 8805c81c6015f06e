"""What a search box offers is looked for in steps, between which others have a turn."""

from collections.abc import Iterator
from typing import Any

import pytest

from papertape.model import Contract
from papertape.server.control import market as routes
from papertape.server.control.offers import MOST, MOST_ROWS, offers
from papertape.server.control.stations import Turns
from papertape.venue.market.prices import Prices
from papertape.venue.market.tape import open_market
from papertape.venue.reference.instruments import Refusal
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import MINUTE
from server.control.api import controlled
from server.pair import Hall
from server.sockets import run
from venue.scenario import START
from walks import walk

TAPE = open_market(START - 60 * MINUTE, synthetic=Prices(CATALOGUE))


class Counted:
    """Instruments that count the listings that are taken."""

    def __init__(self) -> None:
        self.taken = self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(CATALOGUE, name)

    def rows(self, wanted: Contract, **more: Any) -> Iterator[Any] | Refusal:
        self.asked += 1
        found = CATALOGUE.rows(wanted, **more)
        return found if isinstance(found, Refusal) else map(self._one, found)

    def _one(self, row: Any) -> Any:
        self.taken += 1
        return row


@pytest.mark.long
@walk("text", ["SPY OPT", "SPX C", "ES FOP", "SPY 20261218", "SPY", "EUR.USD"])
def test_no_step_takes_more_than_one_listing_or_asks_more_than_once(text: str) -> None:
    counted = Counted()
    taken = asked = 0
    found: list[Any] = []
    for some in offers(counted, TAPE, text, START):
        assert counted.taken - taken <= 1 and counted.asked - asked <= 1
        taken, asked, found = counted.taken, counted.asked, some or found
    assert 0 < len(found) <= MOST
    if text == "SPY OPT":
        assert taken >= MOST_ROWS


@pytest.mark.network
def test_a_search_gives_others_a_turn_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[None] = []

    class Counting(Turns):
        async def others(self) -> None:
            turns.append(None)
            await super().others()

    monkeypatch.setattr(routes, "Turns", Counting)

    async def main() -> None:
        async with controlled(Hall(market=TAPE)) as api:
            rows = await api.get("/symbols?q=SPY%20OPT")
            assert len(rows) == MOST and len(turns) > MOST_ROWS

    run(main)
