"""The guard: token, host, origin, length. Whatever is behind it is not reached."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from papertape.http_guard import LONGEST_BODY, HttpAnswered, HttpRefused
from papertape.server.control.access import Access, refusal
from papertape.server.control.guard import Guard
from walks import walk

OURS = {"Host": "127.0.0.1:5", "Authorization": "Bearer right"}


async def behind(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(f"in {len(body)}")(scope, receive, send)


def ask(headers: dict[str, str], path: str = "/v1/stations", **more: Any) -> httpx.Response:
    async def main() -> httpx.Response:
        guard = Guard(behind, Access("right", ["127.0.0.1:5", "localhost:5"]))
        transport = httpx.ASGITransport(app=guard)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:5") as client:
            return await client.request("POST", path, headers=headers, **more)

    return asyncio.run(main())


def test_whoever_has_the_token_gets_in() -> None:
    answer = ask(OURS)
    assert (answer.status_code, answer.text) == (200, "in 0")
    assert ask({**OURS, "Host": "localhost:5"}).status_code == 200
    assert ask({**OURS, "Origin": "http://localhost:5"}).status_code == 200


REFUSED = {
    "no token": ({"Authorization": ""}, 401),
    "a wrong token": ({"Authorization": "Bearer wrong"}, 401),
    "a token in another scheme": ({"Authorization": "Basic right"}, 401),
    "a foreign name for this computer": ({"Host": "evil.example:5"}, 421),
    "another port": ({"Host": "127.0.0.1:6"}, 421),
    "a page of somebody else": ({"Origin": "https://evil.example"}, 403),
    "a page without an origin": ({"Origin": "null"}, 403),
    "a longer body than it may be": ({"Content-Length": str(LONGEST_BODY + 1)}, 413),
}


@walk("case", REFUSED)
def test_everyone_else_is_told_why_not(case: str) -> None:
    headers, status = REFUSED[case]
    answer = ask({**OURS, **headers})
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_the_description_needs_no_token_but_the_right_host() -> None:
    assert ask({"Host": "127.0.0.1:5"}, "/openapi.json").status_code == 200
    assert ask({"Host": "evil.example"}, "/openapi.json").status_code == 421


def test_a_body_without_a_length_is_counted() -> None:
    async def pieces() -> Any:
        for _ in range(LONGEST_BODY // 1024 + 1):
            yield b"x" * 1024

    assert ask(OURS, content=pieces()).status_code == 413


def test_a_refused_websocket_is_closed_before_it_opens() -> None:
    sent: list[Any] = []

    async def main() -> None:
        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "websocket", "path": "/v1", "headers": [(b"host", b"127.0.0.1:5")]}
        await Guard(behind, Access("right", ["127.0.0.1:5"]))(scope, receive, send)

    asyncio.run(main())
    assert [message["type"] for message in sent] == ["websocket.close"]
    assert sent[0]["code"] == 1008


@pytest.mark.parametrize(("ready", "status"), [(True, 200), (False, 503)])
def test_anybody_here_may_ask_whether_stations_are_ready(ready: bool, status: int) -> None:
    access = Access("right", ["127.0.0.1:5"], lambda: ready)
    with pytest.raises(HttpAnswered) as answered:
        access.allow("/health", {"host": "127.0.0.1:5"})
    assert answered.value.status == status
    answer = refusal(answered.value)
    assert json.loads(answer.body) == {"status": "ready" if ready else "not ready"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_other_names_and_pages_may_not_ask_even_that() -> None:
    access = Access("right", ["127.0.0.1:5"])
    for headers in ({"host": "evil.example"}, {"host": "127.0.0.1:5", "origin": "https://evil"}):
        with pytest.raises(HttpRefused) as refused:
            access.allow("/health", headers)
        assert refused.value.status in (403, 421)
    answer = ask({**OURS, "Authorization": ""}, "/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
