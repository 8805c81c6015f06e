"""The pages as a web application: what can be asked of it, and what it says when all is lost."""

import io
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import BaseRoute, Mount

from cli.process import closed_port
from papertape.console.remote import Remote
from papertape.console.topics import Live
from server.sockets import run

pytestmark = pytest.mark.process
"""Who loads the library of the pages first runs ``ldconfig`` through one that it needs."""

PAGES = ("connections", "trading", "chart", "messages", "drills", "settings", "log")
OURS = {"/", *(f"/{{station}}/{page}" for page in PAGES)}


@pytest.fixture(scope="module")
def application() -> Any:
    """Pages of a station that is not there. The library is loaded here, not in every worker."""
    process = import_module("papertape.console.process")
    return process.application(Live(Remote(f"http://127.0.0.1:{closed_port()}", "right")))


def routes(found: list[BaseRoute]) -> Iterator[tuple[str, BaseRoute]]:
    for route in found:
        if isinstance(route, Mount) and (inner := getattr(route.app, "routes", None)):
            yield from ((route.path + path, one) for path, one in routes(inner))
        else:
            yield getattr(route, "path", "?"), route


@pytest.mark.network
def test_get_shows_pages_and_files_and_nothing_else_is_taken(application: Any) -> None:
    """What a page changes goes over its WebSocket, which asks for the cookie and the origin."""
    spec = find_spec("nicegui")
    assert spec and spec.origin
    library, pages = Path(spec.origin).parent, set()
    for path, route in routes(application.routes):
        assert getattr(route, "methods", None) in (None, {"GET"}, {"GET", "HEAD"}), path
        if path.startswith("/_nicegui"):
            continue  # files of the library, and its WebSocket
        code = getattr(getattr(route, "endpoint", None), "__code__", None)
        if path in OURS:
            pages.add(path)
        else:
            assert code and Path(code.co_filename).is_relative_to(library), path
    assert pages == OURS


@pytest.mark.network
def test_without_a_station_every_page_says_so(application: Any) -> None:
    async def main() -> None:
        transport = httpx.ASGITransport(application)
        visitor = httpx.AsyncClient(transport=transport, base_url="http://here")
        async with application.router.lifespan_context(application), visitor:
            for path in ("/", *(f"/station/{page}" for page in PAGES)):
                answer = await visitor.get(path)
                assert answer.status_code == 200
                assert "Nothing to show" in answer.text and "papertape serve" in answer.text
                assert "the station does not answer" in answer.text
                assert "tries again by itself" in answer.text
            check_patience()

    run(main)


def check_patience() -> None:
    """A telephone that is looked away from for half a minute shall not cost the ticket."""
    made = [one.page for one in import_module("nicegui").Client.instances.values()]
    waits = {page.path.rpartition("/")[2]: page.resolve_reconnect_timeout() for page in made}
    assert {name for name in PAGES if waits[name] >= 60} == {"trading", "settings"}


def test_the_first_page_does_not_wait_for_the_catalogue() -> None:
    """Only Messages decodes; the others are there sooner without."""
    look = "import sys, papertape.console.process; print('papertape.wire' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_people_do_not_start_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(SystemExit, match="papertape serve"):
        import_module("papertape.console.process").main()
