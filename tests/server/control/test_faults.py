"""Indicators and drills: the last notice of each, and what a run does next."""

import pytest

from cli.process import closed_port
from papertape.codes import text
from papertape.server.settings import StationSettings
from papertape.wire.catalogue import history, session
from server.control.api import Api
from server.control.test_routes import with_api
from server.market_data.test_level1 import AAPL
from server.pair import Hall

pytestmark = pytest.mark.network


def test_each_farm_tells_its_last_notice() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client()
        notices = {row["kind"]: row["notice"]["code"] for row in await api.get("/farms")}
        assert notices == {"market data": 2104, "history": 2106, "security definition": 2158}
        await api.post("/drills", {"text": "farm-blip ushmds ms=60000"})
        broken = await client.tells(session.ErrorMessage, errorCode=2105)
        (row,) = [row for row in await api.get("/farms") if row["kind"] == "history"]
        assert row["notice"]["text"] == broken.errorMsg == text(2105, farm="ushmds")
        assert row["notice"]["time"].endswith("Z")
        (news, *_) = await api.get("/events?kind=farm")
        assert news["facts"] == {"name": "ushmds", "status": "broken"}

    with_api(main)


def test_a_gateway_s_farm_has_the_notice_of_its_state() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client()
        codes = [row["notice"] and row["notice"]["code"] for row in await api.get("/farms")]
        assert codes == [2108, 2107, 2158]
        await client.send(
            history.ReqHistoricalData(1, AAPL, "", "1 min", "60 S", True, "TRADES", 1)
        )
        await client.tells(session.ErrorMessage, errorCode=2106)
        rows = {row["kind"]: row for row in await api.get("/farms")}
        assert (rows["history"]["status"], rows["history"]["notice"]["code"]) == ("ok", 2106)

    with_api(main, Hall(settings=StationSettings(gateway=True, farm_connect_ms=1)))


def test_the_link_tells_its_last_notice() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client()
        assert (await api.get("/link"))["notice"] is None
        await api.post("/drills", {"text": "link-lost"})
        assert (await api.get("/link"))["notice"]["code"] == 1100
        await api.post("/drills/link-restored", {})
        told = await client.tells(session.ErrorMessage, errorCode=1102)
        link = await api.get("/link")
        assert (link["notice"]["code"], link["notice"]["text"]) == (1102, told.errorMsg)
        assert (await api.get(""))["notice"] is None, "it is not about the API's socket"

    with_api(main)


def test_the_socket_s_last_notice_is_its_own() -> None:
    """Not the broker link's: who looks at the API wants to know where it listens now."""

    async def main(api: Api) -> None:
        await api.post("/drills", {"text": "link-lost"})
        await api.ask("PATCH", "/settings", 200, {"socketPort": (port := closed_port())})
        shown, link = await api.get(""), await api.get("/link")
        assert (shown["notice"]["code"], link["notice"]["code"]) == (1300, 1100)
        assert shown["notice"]["text"] == text(1300, port=port)

    with_api(main)


def test_a_run_says_what_it_is_about_to_do() -> None:
    async def main(api: Api) -> None:
        blip = await api.post("/drills", {"text": "farm-blip usfarm ms=60000"})
        assert blip["state"] == "acts by itself" and blip["acts_at"] > blip["began"]
        hole = await api.post("/drills", {"text": "black-hole ReqCurrentTime 5"})
        assert (hole["state"], hole["acts_at"]) == ("waits for a client", None)
        await api.post(f"/drills/runs/{blip['number']}/stop")
        states = [(row["state"], row["acts_at"]) for row in await api.get("/drills/runs")]
        assert states == [("over", None), ("waits for a client", None)]
        told = [row["facts"] for row in await api.get("/events?kind=drill")]
        assert [(row["number"], row["state"]) for row in told] == [
            (blip["number"], "began"),
            (hole["number"], "began"),
            (blip["number"], "over"),
        ]

    with_api(main)
