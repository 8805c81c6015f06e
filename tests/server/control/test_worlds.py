"""Worlds over the control API: whole, line by line, outcomes, requests."""

import pytest

from papertape.venue.market.laid import WorldTape
from papertape.wire.catalogue import session
from papertape.worlds.verbs import VERBS
from server.control.api import Api
from server.control.test_routes import with_api
from server.market import WrittenMarket
from server.pair import Hall

pytestmark = pytest.mark.network


def hall() -> Hall:
    """A station whose market can be written on."""
    return Hall(market=WorldTape(WrittenMarket()))


def test_a_world_is_played_whole_and_line_by_line() -> None:
    async def main(api: Api) -> None:
        assert (await api.get("/world"))["began"] is None
        await api.patch("/clock", {"speed": 0})
        found = await api.post("/world", {"text": "quote SPY 170 x 170.02\n+5s quote SPY 1 x 2"})
        assert (found["over"], found["pending"], found["outcomes"]) == (False, 0, [])
        market = api.served.server.station.market
        now = lambda: api.served.server.station.now  # noqa: E731
        assert market.quote(756733, now()).bid == 1_700_000
        await api.post("/world/lines", {"text": "quote SPY 160 x 160.02\nexpect orders 1"})
        assert market.quote(756733, now()).bid == 1_600_000
        await api.post("/clock/step", {"seconds": 6})
        assert market.quote(756733, now()).bid == 10_000
        client = await api.served.client()
        await client.send(session.ReqCurrentTime())
        await client.until(session.CurrentTime)
        (asked,) = await api.get("/world/requests?name=reqCurrentTime")
        assert (asked["name"], asked["fields"]) == ("reqCurrentTime", {})
        assert await api.get(f"/world/requests?after={asked['number']}") == []
        ended = await api.post("/world/end", {})
        (failed,) = ended["outcomes"]
        assert (failed["passed"], failed["wanted"], ended["over"]) == (False, "1 order", True)

    with_api(main, hall())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("quot SPY 1 x 2", "line 1, column 1: 'quot' is no verb"),
        ("quote NOSUCH 1 x 2", "'NOSUCH' is the name of no contract"),
        ("start 2026-04-10 10:00", "start founds a station"),
        ("chain SPY 2026-05-15", "the line ends where 'strikes' should be"),
        ("chain SPY 2026-05-15 strikes 1..2 by 1 vol 9%", "chain founds a station"),
    ],
)
def test_what_is_wrong_is_a_409_with_its_place(text: str, said: str) -> None:
    async def main(api: Api) -> None:
        for path in ("/world", "/world/lines"):
            answer = await api.post(path, {"text": text}, status=409)
            assert said in answer["detail"]
        await api.post("/world", {"text": 7}, status=422)

    with_api(main, hall())


def test_what_a_program_reports_is_kept_and_decides() -> None:
    async def main(api: Api) -> None:
        await api.post("/world", {"text": "expect report position SPY 100 within 9s"})
        assert await api.post("/world/reports", {"name": "position  SPY", "value": "99"}) == {
            "position SPY": "99"
        }
        assert (await api.get("/world"))["outcomes"] == []
        await api.post("/world/reports", {"name": "position SPY", "value": "100.0"})
        (outcome,) = (await api.get("/world"))["outcomes"]
        assert outcome["passed"]
        await api.post("/world/reports", {"name": "", "value": "1"}, status=422)
        await api.post("/world", {"text": ""})  # a new world knows nothing of it
        assert await api.post("/world/reports", {"name": "a", "value": "b"}) == {"a": "b"}

    with_api(main, hall())


def test_the_verbs_are_listed_and_each_is_served() -> None:
    async def main(api: Api) -> None:
        verbs = {verb["name"]: verb for verb in await api.get("/world/verbs")}
        assert verbs["quote"]["owner"] == "market"
        assert set(verbs) == set(VERBS)
        assert "strikes" in verbs["chain"]["usage"]

    with_api(main)
