"""The control API as an ASGI application: routes, guard, description."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import ASGIApp

from ... import __version__
from ..aio.server import StationServer
from . import (
    accounts,
    chains,
    clock,
    contracts,
    corrections,
    events,
    faults,
    halts,
    logs,
    market,
    messages,
    metrics,
    research,
    sessions,
    settings,
    trading,
    worlds,
)
from .access import Access
from .guard import Guard
from .logring import LogRing
from .meter import Meter
from .stations import Plant

ABOUT = """
Everything that TWS shows its user in a window: connected and waiting clients, the settings of the
API, farms, the broker link, drills, orders, positions and accounts, the market, the log, and the
messages themselves.

Send the token that the station printed at its start: `Authorization: Bearer …`.
`GET /v1/stations` lists the names of the stations. `GET /health` needs no token: 200 when programs
can connect to every station, else 503.

## News

`GET /v1/stations/{station}/events` returns the latest news, a WebSocket at the same path sends all
news as it happens:
`{"lost": 0, "news": [{"number": 5, "time": "…", "kind": "started", "facts": {…}}]}`.
`?kind=` selects kinds and may be repeated. The kinds:

| kind | what has happened | facts |
|---|---|---|
| `opened` | a connection was opened | number, address |
| `waiting` | a connection waits for the user's decision | number, address, client_id |
| `decided` | the user has decided, or the time is over | number, accepted, reason |
| `started` | a session has its client id | number, client_id, version |
| `ended` | a connection has ended | number, client_id, reason |
| `setting` | a setting was changed | name, value |
| `farm` | a farm's state has changed, with its notice | name, status |
| `link` | the broker link was lost or restored | up, data_lost |
| `drill` | a drill was started or is over | number, name, state |
| `order` | an order has changed | perm_id, status, filled |
| `execution` | an order was filled | exec_id, perm_id, account, con_id, symbol, side, shares, … |
| `account` | cash or positions changed, or it is new; at most once a second | accounts |
| `log` | a line of the log; only for followers that name this kind, not stored | as `GET …/log` |

## Messages

A WebSocket at `/v1/stations/{station}/messages` sends what the sessions send and receive, up to
ten times a second: `{"dropped": 0, "messages": [{"number", "time", "session", "client_id",
"direction": "in" or "out", "version", "length", "hex", "market_data", "hidden"}]}`. `hex` is the
frame with its four bytes of length; `length` is the full length of a frame, which is cut after 16
KiB. `most` (10 to 2000, default 1000) limits the messages per second; those beyond are omitted
evenly and counted in `dropped`. `session` and `client_id` select sessions, `market_data=false`
omits quotes. Of a `hidden` message, which has credentials, only the id is shown.
"""


def create(servers: Mapping[str, StationServer], access: Access, log: LogRing) -> ASGIApp:
    """Build the application over these stations; ``access`` guards it."""
    app = FastAPI(
        title="Papertape control API",
        version=__version__,
        description=ABOUT,
        docs_url=None,  # its pages load scripts from other sites
        redoc_url=None,
    )
    app.state.plant = Plant(servers)
    app.state.log = log
    app.state.meter = Meter()
    app.add_exception_handler(405, _not_allowed)
    for module in (
        sessions,
        clock,
        settings,
        faults,
        trading,
        corrections,
        accounts,
        market,
        halts,
        contracts,
        chains,
        research,
        events,
        messages,
        logs,
        worlds,
        metrics,
    ):
        # Not ``include_router``: it makes every route anew, which takes longer than all else here.
        app.router.routes.extend(module.router.routes)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return Guard(app, access)


async def _not_allowed(request: Request, error: Exception) -> Response:
    """Return 405 with every method of the path; the framework names those of one route. A route
    for any name there is of another path."""
    known = [one for one in request.app.routes if one.matches(request.scope)[0] is not Match.NONE]
    closest = min(map(_generality, known))
    own = [one for one in known if _generality(one) == closest]
    methods: set[str] = set().union(*(one.methods for one in own))
    allow = ", ".join(sorted(methods))
    return JSONResponse({"detail": f"this path allows {allow}"}, 405, {"Allow": allow})


def _generality(route: Any) -> tuple[int, int]:
    """How much else a route's path is for: the names that it leaves open, and its parts."""
    return len(route.param_convertors), -route.path.count("/")


def _described(app: FastAPI) -> dict[str, object]:
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        schema["security"] = [{"token": []}]
        _name_stations(schema, list(app.state.plant.servers))
        app.openapi_schema = schema
    return app.openapi_schema


def _name_stations(schema: dict[str, Any], names: list[str]) -> None:
    """Add the names of the stations to the description."""
    for operations in schema["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "station":
                    parameter["schema"] = {"type": "string", "enum": names}
