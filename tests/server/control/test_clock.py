"""The market's clock over the control API: paused, faster, a step ahead."""

import pytest

from papertape.venue.units import SECOND
from papertape.wire.catalogue import market, session
from server.control.api import Api
from server.control.test_routes import with_api
from server.handlers.test_market import AAPL

pytestmark = pytest.mark.network


def test_a_paused_market_stands_still_and_answers() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client()
        assert (await api.patch("/clock", {"speed": 0}))["speed"] == 0
        before = api.served.server.now()
        for _ in range(3):
            await client.send(session.ReqCurrentTime())
            (told,) = [m for m in await client.until(session.CurrentTime)
                       if isinstance(m, session.CurrentTime)]  # fmt: skip
            assert told.currentTime == before // SECOND
        assert api.served.server.now() == before
        assert (await api.patch("/clock", {"speed": 2.5}))["speed"] == 2.5

    with_api(main)


def test_the_market_may_run_as_fast_as_clients_follow() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client()
        found = await api.patch("/clock", {"speed": "max"})
        assert found["max"] and found["speed"] >= 1
        before = api.served.server.now()
        await client.send(session.ReqCurrentTime())
        await client.tells(session.CurrentTime)
        assert api.served.server.now() == before  # nobody follows a stream
        await client.send(market.ReqMktData(7, AAPL))
        while api.served.server.now() < before + 60 * SECOND:
            assert await client.answers()
        await api.patch("/clock", {"speed": 0})
        assert not (await api.get("/clock"))["max"]

    with_api(main)


def test_a_step_lets_what_is_due_happen_at_its_time() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client()
        await api.patch("/clock", {"speed": 0})
        before = api.served.server.now()
        await api.post("/drills", {"text": "farm-blip usfarm ms=2000"})
        await client.tells(session.ErrorMessage, errorCode=2103)
        await api.post("/clock/step", {"seconds": 60})
        back = await client.tells(session.ErrorMessage, errorCode=2104)
        assert api.served.server.now() == before + 60 * SECOND
        assert 2000 <= back.errorTime - before // 1_000_000 < 3000

    with_api(main)


@pytest.mark.parametrize("body", [{"speed": -1}, {"speed": 1e9}, {"speed": "nan"}, {}])
def test_a_speed_that_cannot_be_is_refused(body: dict[str, object]) -> None:
    async def main(api: Api) -> None:
        await api.patch("/clock", body, status=422)
        assert (await api.get("/clock"))["speed"] > 0

    with_api(main)
