"""The control API as an application: routes, guard, description."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import ASGIApp

from ... import __version__
from ..aio import StationServer
from . import events, faults, sessions, settings, trading
from .guard import Guard
from .plant import Plant

PREFIX = "/v1"
ABOUT = """
Everything that TWS shows its user in a window: who is connected and who asks to be, the settings
of the API, farms, the broker link, faults to start, orders, positions and accounts.

Send the token that the station printed at its start: `Authorization: Bearer …`. Names of
stations are those that `GET /v1/stations` gives. News come over a WebSocket at
`/v1/stations/{station}/events`.
"""


def create(servers: Mapping[str, StationServer], token: str, hosts: Iterable[str]) -> ASGIApp:
    """The application over these stations; ``hosts`` are the values of ``Host`` that are ours."""
    app = FastAPI(
        title="Papertape control API",
        version=__version__,
        description=ABOUT,
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
    )
    app.state.plant = Plant(servers)
    app.add_exception_handler(405, _not_allowed)
    for module in (sessions, settings, faults, trading, events):
        app.include_router(module.router, prefix=PREFIX)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return Guard(app, token, hosts)


async def _not_allowed(request: Request, error: Exception) -> Response:
    """405 with every method that the path knows; the framework names those of one route."""
    methods: set[str] = set()
    for route in request.app.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    allow = ", ".join(sorted(methods))
    return JSONResponse({"detail": f"this path knows {allow}"}, 405, {"Allow": allow})


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
    """Let the description say which stations there are."""
    for operations in schema["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "station":
                    parameter["schema"] = {"type": "string", "enum": names}
