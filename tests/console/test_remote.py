"""The control API as the console calls it: answers, refusals in words, news, nobody there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import httpx
import pytest

from cli.process import closed_port
from papertape.console.pages.drills import paragraphs
from papertape.console.remote import Remote, RemoteError
from papertape.server.control.serve import ControlServer
from server.sockets import Served, run, serving

pytestmark = pytest.mark.network


@asynccontextmanager
async def remote(token: str = "right") -> AsyncIterator[tuple[Served, Remote]]:
    """A station, and who asks it."""
    async with serving() as served:
        api = ControlServer({"a station": served.server}, "right")
        api.start()
        asking = Remote(api.url, token)
        try:
            yield served, asking
        finally:
            await asking.close()
            await api.close()


def test_it_reads_and_acts() -> None:
    async def main() -> None:
        async with remote() as (_, api):
            assert [one["name"] for one in await api.stations()] == ["a station"]
            assert await api.get("a station", "/orders", last=5) == []
            told = await api.patch("a station", "/settings", {"readOnlyApi": True})
            assert told["changed"] == ["readOnlyApi"]
            run_of = await api.post("a station", "/drills", {"text": "freeze seconds=0.1"})
            assert run_of["name"] == "freeze"

    run(main)


def test_a_refusal_is_told_in_the_station_s_words() -> None:
    async def main() -> None:
        async with remote() as (_, api):
            with pytest.raises(RemoteError, match="no station 'other'"):
                await api.get("other", "")
            with pytest.raises(RemoteError, match="there is no drill"):
                await api.post("a station", "/drills/nothing")
            with pytest.raises(RemoteError, match="last: "):
                await api.get("a station", "/orders", last=-1)
            with pytest.raises(RemoteError, match="socketPort"):
                await api.patch("a station", "/settings", {"socketPort": 70000})
        async with remote("wrong") as (_, api):
            with pytest.raises(RemoteError, match="token"):
                await api.stations()

    run(main)


def test_news_are_followed_to_their_end() -> None:
    async def main() -> None:
        opened = asyncio.Event()
        async with remote() as (served, api):
            following = api.follow("a station", "/events", opened.set, kind="started")
            async with aclosing(following):
                first = asyncio.ensure_future(anext(following))
                await opened.wait()
                client = await served.client(6)
                batch = await first
                assert [one["facts"]["client_id"] for one in batch["news"]] == [6]
                client.close()
            with pytest.raises(RemoteError, match="event stream has ended"):
                async for _ in api.follow("other", "/events"):
                    pass

    run(main)


def test_a_station_that_is_away_is_told_as_such() -> None:
    async def main() -> None:
        api = Remote(f"http://127.0.0.1:{closed_port()}", "right")
        with pytest.raises(RemoteError, match="the station does not answer"):
            await api.get("tws", "")
        with pytest.raises(RemoteError, match="event stream has ended"):
            await anext(api.follow("tws", "/events"))
        await api.close()

    run(main)


def test_no_text_of_a_station_turns_the_direction_of_a_page_or_forges_a_line() -> None:
    hostile = "\x1b[2J\u009b\u202e\nforged"
    visible = r"\x1b[2J\x9b\u202e\nforged"

    def answer(request: httpx.Request) -> httpx.Response:
        told = {"detail": hostile, "errors": {hostile: hostile}, "rows": [{"name": hostile}, 5],
                "error": f"Traceback\n{hostile}"}  # fmt: skip
        return httpx.Response(409 if request.method == "POST" else 200, json=told)

    async def main() -> None:
        asking = Remote("http://127.0.0.1:1", "right")
        await asking.close()
        asking._http = httpx.AsyncClient(base_url="http://x", transport=httpx.MockTransport(answer))
        told = await asking.get("tws", "/x")
        assert told["rows"] == [{"name": visible}, 5]
        assert told["error"] == "Traceback\n" + visible.replace(r"\n", "\n")
        with pytest.raises(RemoteError) as caught:
            await asking.post("tws", "/x")
        assert str(caught.value) == visible and caught.value.errors == {visible: visible}

    asyncio.run(main())


def test_texts_of_many_lines_keep_them() -> None:
    async def main() -> None:
        async with remote() as (_, api):
            rows = await api.get("a station", "/drills")
            assert len(rows) > 20
            for row in rows:
                for text in paragraphs(row["explanation"]):
                    assert "\\" not in text and "\n" not in text, row["name"]
            assert any(len(paragraphs(row["explanation"])) > 1 for row in rows)

    run(main)
