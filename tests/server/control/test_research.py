"""Scanners and news through the control API: what clients get, for those who look on."""

import pytest

from papertape.server.settings import StationSettings
from server.control.api import Api
from server.control.test_routes import with_api
from server.handlers.test_scanners import hall
from server.pair import Hall

pytestmark = pytest.mark.network
AAPL = 265598


def test_a_scan_ranks_the_stocks_of_a_place() -> None:
    async def main(api: Api) -> None:
        choices = await api.get("/scanners")
        assert {"code": "MOST_ACTIVE", "title": "Most Active"} in choices["codes"]
        assert "STK.US.MAJOR" in [one["code"] for one in choices["locations"]]
        rows = await api.get("/scans?code=TOP_PERC_GAIN")
        assert [row["symbol"] for row in rows] == ["MSFT", "AAPL"]
        rows = await api.get("/scans?code=MOST_ACTIVE&rows=2&price_below=260")
        assert [row["symbol"] for row in rows] == ["IBM", "AAPL"]
        await api.get("/scans?code=MOON", 404)
        await api.get("/scans?location=MOON", 404)
        await api.get("/scans?rows=51", 422)

    with_api(main, hall())


def test_a_user_without_scanners_or_a_broken_farm_gets_none() -> None:
    async def main(api: Api) -> None:
        assert (await api.get("/scans", 409))["detail"].startswith("490")

    with_api(main, hall(settings=StationSettings(entitlements={"service:scanners": "none"})))

    async def broken(api: Api) -> None:
        await api.post("/drills", {"text": "farm-blip name=ushmds ms=60000"})
        assert (await api.get("/scans", 409))["detail"].startswith("165")

    with_api(broken, hall())


def test_headlines_and_their_articles() -> None:
    async def main(api: Api) -> None:
        codes = [one["code"] for one in await api.get("/news-providers")]
        assert "BRFG" in codes
        rows = await api.get(f"/news?con_id={AAPL}&last=5")
        times = [row["time"] for row in rows]
        assert len(rows) == 5 and times == sorted(times, reverse=True)
        some = await api.get(f"/news?con_id={AAPL}&last=5&provider=DJNL")
        assert {row["provider"] for row in some} == {"DJNL"}
        one = rows[0]
        found = await api.get(f"/news/{one['provider']}/{one['article_id'].replace('$', '%24')}")
        assert found["headline"] == one["headline"] and found["text"]
        await api.get("/news/BRFG/none", 404)
        await api.get("/news/MOON/none", 404)
        assert await api.get(f"/news?con_id={AAPL}&provider=MOON") == []
        await api.get("/news?con_id=5", 404)

    with_api(main, Hall())
