"""Who gets to the pages: the gate alone, asked in ASGI's words."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from papertape.console.auth import HEADERS, AuthMiddleware
from papertape.http_guard import LONGEST_BODY, HttpRefused, hosts
from walks import walk

PORT = 7000
HERE = f"127.0.0.1:{PORT}"
TOKEN = "right"


class Pages:
    """What is behind the gate: reads what it is sent, and remembers that it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope["path"])
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        await _all(receive)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"the page"})


async def _all(receive: Receive) -> None:
    """Read the whole body."""
    while (await receive()).get("more_body"):
        pass


class Answer:
    """What came back."""

    def __init__(self, sent: list[Message]) -> None:
        self.sent = sent
        starts = [one for one in sent if one["type"] == "http.response.start"]
        assert len(starts) <= 1, "two answers to one request"
        self.status = starts[0]["status"] if starts else 0
        headers = starts[0]["headers"] if starts else []
        self.headers = {name.decode(): value.decode() for name, value in headers}
        parts = [one.get("body", b"") for one in sent if one["type"] == "http.response.body"]
        self.text = b"".join(parts).decode()


class Door:
    """A gate, and how to knock."""

    def __init__(self, port: int = PORT, token: str = TOKEN) -> None:
        self.pages = Pages()
        self.gate = AuthMiddleware(self.pages, token, hosts("127.0.0.1", port), port)
        self.host = f"127.0.0.1:{port}"

    def ask(
        self,
        path: str = "/",
        query: str = "",
        *,
        method: str = "GET",
        kind: str = "http",
        headers: Mapping[str, str] | None = None,
        body: tuple[bytes, ...] = (b"",),
    ) -> Answer:
        """Send a request and read everything that comes back."""
        given = {"host": self.host} | dict(headers or {})
        scope = {
            "type": kind, "method": method, "path": path, "query_string": query.encode(),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()],
        }  # fmt: skip
        parts = list(body)
        sent: list[Message] = []

        async def receive() -> Message:
            part = parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(parts)}

        async def send(message: Message) -> None:
            sent.append(message)

        _drive(self.gate(scope, receive, send))
        return Answer(sent)

    def enter(self) -> dict[str, str]:
        """Show the token; the headers of somebody who has."""
        cookie = self.ask(query=f"token={TOKEN}").headers["set-cookie"]
        return {"cookie": cookie.partition(";")[0]}


def _drive(doing: Any) -> None:
    """Run what never waits for anybody."""
    asyncio.run(asyncio.wait_for(doing, 10))


# ---------------------------------------------------------------- token and cookie


def test_the_token_is_taken_out_of_the_address_and_a_cookie_stands_for_it() -> None:
    door = Door()
    answer = door.ask("/station/chart", f"symbol=IBM&token={TOKEN}&x=%26")
    assert (answer.status, door.pages.asked) == (303, [])
    assert answer.headers["location"] == "/station/chart?symbol=IBM&x=%26"
    name, _, rest = answer.headers["set-cookie"].partition("=")
    value, *flags = [one.strip() for one in rest.split(";")]
    assert name == f"papertape-{PORT}"
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(flags)
    assert TOKEN not in value
    assert door.ask("/station/chart", headers={"cookie": f"{name}={value}"}).text == "the page"


WRONG = ("", "token=wrong", "token=", "token", f"TOKEN={TOKEN}", f"token={TOKEN}x", "token=%ff%00")


@walk("query", WRONG)
def test_nobody_gets_in_without_the_token(query: str) -> None:
    door = Door()
    answer = door.ask("/station/chart", query)
    assert (answer.status, door.pages.asked) == (401, [])
    assert "set-cookie" not in answer.headers
    assert "papertape serve" in answer.text


@walk("method", ["POST", "HEAD", "PUT", "OPTIONS"])
def test_the_token_opens_by_get_alone(method: str) -> None:
    assert Door().ask(query=f"token={TOKEN}", method=method).status == 401


def test_a_cookie_of_another_token_port_or_name_does_not_open() -> None:
    mine = Door().enter()["cookie"]
    value = mine.partition("=")[2]
    assert Door(token="other").ask(headers={"cookie": mine}).status == 401
    assert Door(PORT + 1).ask(headers={"cookie": mine}).status == 401
    door = Door()
    for text in (f"papertape-{PORT}={TOKEN}", f"papertape={value}", f"papertape-{PORT}=", "é=1"):
        assert door.ask(headers={"cookie": text}).status == 401, text
    assert door.pages.asked == []


def test_it_is_found_among_other_cookies_and_hostile_ones_are_not_taken() -> None:
    door = Door()
    mine = door.enter()["cookie"]
    assert door.ask(headers={"cookie": f"a=b; {mine}; theme=dark"}).status == 200
    assert door.ask(headers={"cookie": f"{mine}; x={'y' * 5000}"}).status == 401
    assert door.ask(headers={"cookie": "\x00=\xff;;=;" * 20}).status == 401


# ---------------------------------------------------------------- where a request comes from


@walk("host", ["evil.example", "127.0.0.1", f"evil.example:{PORT}", ""])
def test_a_name_that_is_not_ours_is_refused(host: str) -> None:
    door = Door()
    known = door.enter()
    for kind in ("http", "websocket"):
        answer = door.ask(kind=kind, headers=known | {"host": host})
        assert answer.status in (421, 0)
    assert door.ask(query=f"token={TOKEN}", headers={"host": host}).status == 421
    assert door.pages.asked == []


@walk("origin", ["http://evil.example", "null", f"https://{HERE}", f"http://{HERE}0"])
def test_a_page_of_others_is_refused(origin: str) -> None:
    door = Door()
    known = door.enter()
    assert door.ask(headers=known | {"origin": origin}).status == 403
    refused = door.ask("/_nicegui_ws/", kind="websocket", headers=known | {"origin": origin})
    assert [(one["type"], one["code"]) for one in refused.sent] == [("websocket.close", 1008)]
    assert door.pages.asked == []
    ours = known | {"origin": f"http://{HERE}"}
    assert door.ask(headers=ours).status == 200
    opened = door.ask(kind="websocket", headers=ours)
    assert opened.sent == [{"type": "websocket.accept"}]


def test_a_websocket_asks_for_the_cookie() -> None:
    door = Door()
    for query in ("", f"token={TOKEN}"):
        refused = door.ask("/_nicegui_ws/", query, kind="websocket")
        assert refused.sent[0]["type"] == "websocket.close"
    assert door.pages.asked == []


# ---------------------------------------------------------------- what comes back

ELSEWHERE = ("//evil.example", "///evil.example/x", "/\\evil.example", "//\t/evil.example")


@walk("path", ELSEWHERE)
def test_the_redirect_stays_here(path: str) -> None:
    to = Door().ask(path, f"token={TOKEN}").headers["location"]
    assert to.startswith("/") and not to.startswith(("//", "/\\", "/\t"))


def test_a_line_break_in_the_address_makes_no_header() -> None:
    answer = Door().ask("/\r\nset-cookie: a=b", f"token={TOKEN}&x=%0d%0ay: z")
    assert not set("\r\n") & set("".join(answer.headers.values()))


def test_more_parameters_than_any_page_has_are_refused() -> None:
    door = Door()
    many = "&".join(f"a{number}=1" for number in range(21))
    for query in (many, f"{many}&token={TOKEN}"):
        assert door.ask(query=query).status == 400
    assert door.pages.asked == []


def test_every_answer_keeps_the_page_to_itself() -> None:
    door = Door()
    known = door.enter()
    answers = [
        door.ask(headers=known),
        door.ask(),
        door.ask(query=f"token={TOKEN}"),
        door.ask(headers={"host": "x"}),
    ]
    assert [answer.status for answer in answers] == [200, 401, 303, 421]
    for answer in answers:
        told = {name.lower(): value for name, value in answer.headers.items()}
        assert {name.lower(): value for name, value in HEADERS.items()}.items() <= told.items()
    policy = HEADERS["Content-Security-Policy"]
    assert "http" not in policy and "*" not in policy
    for part in ("default-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"):
        assert part in policy


def test_what_is_refused_is_shown_as_text() -> None:
    answer = Door().ask(headers={"host": "<script>alert(1)</script>{title}"})
    assert answer.status == 421
    assert "<script>" not in answer.text and "&lt;script&gt;" in answer.text


def test_a_body_that_is_too_long_is_refused_whether_or_not_it_says_so() -> None:
    door = Door()
    known = door.enter()
    said = known | {"content-length": str(LONGEST_BODY + 1)}
    assert door.ask(method="POST", headers=said).status == 413
    part = b"x" * (LONGEST_BODY // 2)
    assert door.ask(method="POST", headers=known, body=(part, part)).status == 200
    assert door.ask(method="POST", headers=known, body=(part, part, b"x")).status == 413


def test_a_body_found_too_long_gets_one_answer_whatever_the_page_does_about_it() -> None:
    long = (b"x" * LONGEST_BODY, b"x")
    start = {"type": "http.response.start", "status": 500, "headers": []}

    async def catching(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await _all(receive)
        except HttpRefused:
            await send(dict(start))
            await send({"type": "http.response.body", "body": b"what?"})
            raise

    async def early(scope: Scope, receive: Receive, send: Send) -> None:
        await send(dict(start))
        await _all(receive)

    door = Door()
    known = door.enter()
    door.gate.app = catching
    refused = door.ask(method="POST", headers=known, body=long)
    assert refused.status == 413 and "what?" not in refused.text
    door.gate.app = early
    assert door.ask(method="POST", headers=known, body=long).sent[1:] == []


# ---------------------------------------------------------------- pages on other ports

ELSEWHERES = {
    "a script of a page on another port": ("same-site", "no-cors", "script"),
    "a picture": ("same-site", "no-cors", "image"),
    "a question of a page on another port": ("same-site", "cors", "empty"),
    "a frame": ("same-site", "navigate", "iframe"),
    "a page of another site": ("cross-site", "no-cors", "image"),
}


def fetched(site: str, mode: str, dest: str) -> dict[str, str]:
    return {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest}


@walk("case", ELSEWHERES)
def test_the_cookie_is_of_no_use_to_a_page_on_another_port(case: str) -> None:
    """Cookies know no ports: the browser sends ours along with what such a page asks for."""
    door = Door()
    known = door.enter() | fetched(*ELSEWHERES[case])
    for method in ("GET", "POST"):
        assert door.ask("/station/trading", method=method, headers=known).status == 403
    refused = door.ask("/_nicegui_ws/", kind="websocket", headers=known)
    assert refused.sent[0]["type"] == "websocket.close"
    assert door.pages.asked == []


def test_our_pages_and_the_user_s_own_steps_are_let_through() -> None:
    door = Door()
    known = door.enter()
    for site, mode, dest in (
        ("same-origin", "cors", "empty"),
        ("same-origin", "no-cors", "script"),
        ("none", "navigate", "document"),
        ("same-site", "navigate", "document"),
    ):
        assert door.ask(headers=known | fetched(site, mode, dest)).status == 200
    form = fetched("same-site", "navigate", "document")
    assert door.ask(method="POST", headers=known | form).status == 403
