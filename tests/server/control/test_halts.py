"""Halts over the control API: begun, listed, resumed, refused."""

import pytest

from papertape.venue.market.laid import WorldTape
from server.control.api import Api
from server.control.test_routes import with_api
from server.market import TapeMarket
from server.pair import Hall

pytestmark = pytest.mark.network

AAPL = 265598


def hall() -> Hall:
    """A station whose market has a quote."""
    below = TapeMarket()
    made = Hall(market=WorldTape(below))
    made.market = below
    made.quote("AAPL 257.60*500 x 257.70*900")
    return made


def test_a_station_halts_and_goes_on() -> None:
    async def main(api: Api) -> None:
        await api.patch("/clock", {"speed": 0})
        assert await api.get("/halts") == []
        begun = await api.post("/halts", {"symbol": "AAPL", "volatility": True})
        assert (begun["con_id"], begun["symbol"], begun["until"]) == (AAPL, "AAPL", None)
        await api.post("/clock/step", {"seconds": 1})
        quote = await api.get(f"/quotes/{AAPL}")
        assert (quote["bid"], quote["ask"], quote["halted"]) == (None, None, 2)
        assert await api.get("/halts") == [begun]
        assert "already" in (await api.post("/halts", {"symbol": "AAPL"}, 409))["detail"]
        ended = await api.post(f"/halts/{AAPL}/resume")
        assert ended["until"] > ended["since"]
        await api.post("/clock/step", {"seconds": 1})
        quote = await api.get(f"/quotes/{AAPL}")
        assert (quote["bid"], quote["halted"]) == (257.6, 0)
        assert await api.get("/halts") == []
        assert "not halted" in (await api.post(f"/halts/{AAPL}/resume", None, 409))["detail"]

    with_api(main, hall())


def test_a_halt_may_end_by_itself() -> None:
    async def main(api: Api) -> None:
        await api.patch("/clock", {"speed": 0})
        await api.post("/halts", {"symbol": str(AAPL), "seconds": 5})
        for seconds, halted in ((2, 1), (4, 0)):
            await api.post("/clock/step", {"seconds": seconds})
            assert (await api.get(f"/quotes/{AAPL}"))["halted"] == halted

    with_api(main, hall())


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"symbol": "NOSUCH"}, 404),
        ({"symbol": "AAPL", "seconds": 0}, 422),
        ({"symbol": "AAPL", "seconds": -5}, 422),
        ({"symbol": "AAPL", "seconds": 1e12}, 422),
        ({"symbol": ""}, 422),
        ({"symbol": "x" * 41}, 422),
        ({}, 422),
        ({"symbol": "AAPL", "until": 5}, 422),
    ],
)
def test_what_cannot_be_is_refused(body: dict[str, object], status: int) -> None:
    async def main(api: Api) -> None:
        await api.post("/halts", body, status)
        assert await api.get("/halts") == []
        await api.post("/halts/5/resume", None, 404)

    with_api(main, hall())
