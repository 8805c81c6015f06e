"""Who may import whom, and who may touch the clock, the network, threads and the environment."""

import ast
import sys
from collections import deque
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import NamedTuple

from walks import walk

# layer: the layers it may import besides itself and the base. `wire` and `venue` never meet.
BASE = {"errors", "codes", "versions", "quoting"}
MAY_IMPORT: dict[str, set[str]] = {
    "versions": set(),
    "http_guard": set(),
    "http_admission": BASE | {"http_guard"},
    "http_exchange": {"http_guard", "http_admission"},
    "codes": set(),
    "errors": {"codes", "quoting"},
    "quoting": set(),
    "model": set(),
    "wire": BASE | {"model"},
    "venue": BASE | {"model"},
    "store": BASE | {"model", "venue"},  # history makes the venue's tapes out of files
    # It reads files of others for market folders.
    "data": BASE | {"model", "venue", "store"},
    "worlds": BASE | {"model", "venue"},  # the text of a test, read into steps
    "client": BASE | {"model", "wire"},
    "ibapi": BASE | {"model", "wire", "client"},
    "server": BASE
    | {
        "model",
        "wire",
        "venue",
        "store",
        "worlds",
        "http_guard",
        "http_admission",
        "http_exchange",
    },
    "testing": BASE
    | {
        "model",
        "wire",
        "venue",
        "worlds",
        "server",
        "client",
    },  # puts stations together, as cli does
    "explain": BASE | {"model", "wire", "recording"},  # it reads recordings
    # Proxy, sanitiser and replay: they see bytes and messages, no station.
    "recording": BASE | {"model", "wire"},
    # It acts through the control API only.
    "console": BASE | {"model", "wire", "explain", "http_guard", "http_admission", "http_exchange"},
    "cli": BASE
    | {"model", "wire", "venue", "store", "client", "ibapi", "server", "testing", "explain"}
    | {"console", "data", "recording", "worlds"},
    "__init__": set(),  # names are imported lazily, inside a function
    "__main__": {"cli"},
}

# layer: the packages of others it may import. The client alone needs nothing beyond these.
THIRD_PARTY: dict[str, set[str]] = {
    "versions": set(),
    "codes": {"msgspec"},
    "errors": set(),
    "quoting": set(),
    "http_guard": set(),
    "http_admission": set(),
    "http_exchange": {"starlette"},
    "model": {"msgspec"},
    "wire": {"msgspec", "google"},
    "client": {"msgspec", "uvloop"},
    "ibapi": {"msgspec"},
    "recording": {"msgspec"},
    # Serving needs no package that reads tables: polars has 175 MB.
    "venue": {"msgspec"},
    "store": {"msgspec", "filelock"},
    "worlds": {"msgspec"},
    # An import may read Parquet, by an extra of its own.
    "data": {"msgspec", "polars"},
    "__init__": set(),
}

# room of the venue: the other rooms it may import, besides what all share. The other modules at the
# root of the venue put the rooms together: they may import any, and no room may import them.
SHARED = {"units", "commands", "facts", "special", "script"}
ROOMS: dict[str, set[str]] = {
    "units": set(),
    "commands": {"units", "script"},
    "script": {"units"},
    "special": {"units"},
    "reference": SHARED,
    "market": SHARED | {"reference"},
    "facts": {"units", "special", "script", "reference", "market"},
    "exchange": SHARED | {"reference", "market"},
    "broker": SHARED | {"reference", "market", "exchange"},
    "tws": SHARED | {"reference", "market", "exchange", "broker"},
}

# The same of the server. `plant` and `handlers` work on sessions and on the venue's port; `present`
# and `market_data` see facts of the venue and messages; drills act on the plant.
COMMON = {"settings", "config", "config_table", "addresses", "timing", "event_bus", "notices"}
SERVER_ROOMS: dict[str, set[str]] = {
    **dict.fromkeys(COMMON, COMMON),
    "clock": set(),
    "venue_port": set(),
    "market_settings": set(),
    "sessions": COMMON,
    "present": COMMON | {"venue_port"},
    "taps": COMMON | {"sessions"},
    "market_data": COMMON | {"sessions"},
    "plant": COMMON | {"sessions", "present", "venue_port"},
    "drills": COMMON | {"sessions", "present", "plant"},
    "figure_rows": COMMON | {"sessions", "present"},
    "account_subscriptions": {"sessions"},
    "account_figures": COMMON | {"sessions", "present", "figure_rows", "account_subscriptions"},
    "profit_streams": COMMON | {"sessions", "present"},
    "display_groups": COMMON | {"sessions"},
    "research": COMMON | {"sessions"},
    "account_commands": set(),
    "tws_user": COMMON | {"sessions", "present", "plant"},
    "position_rows": COMMON | {"sessions", "present", "account_subscriptions"},
    "publisher": COMMON
    | {"sessions", "present", "account_figures", "account_subscriptions", "position_rows"},
    "worlds": COMMON
    | {"sessions", "present", "plant", "drills", "venue_port", "clock", "market_settings"},
    "handlers": COMMON
    | {"sessions", "present", "market_data", "plant", "venue_port", "account_figures", "tws_user"}
    | {"account_subscriptions", "profit_streams", "display_groups", "research"},
}
ROOMS_OF: dict[str, dict[str, set[str]]] = {"venue": ROOMS, "server": SERVER_ROOMS}

# module: the only files that may import it.
ONLY_FOR: dict[str, tuple[str, ...]] = {
    "papertape.server.station": (
        "server/assembly.py", "server/aio/*", "server/control/*", "testing/*", "cli/*",
    ),
    "papertape.venue.engine.Engine": (
        "server/station.py", "server/assembly.py", "server/embedded_venue.py", "server/books.py",
        "server/persistence.py", "server/aio/rehearsal.py", "venue/*", "store/*",
    ),
}  # fmt: skip

# Layers in which no two files need each other, not even for types.
WITHOUT_CIRCLES = (
    "model", "wire", "venue", "store", "client", "ibapi", "server", "testing", "explain", "console",
    "cli", "data", "recording",
    "model", "wire", "venue", "store", "worlds", "client", "ibapi", "server", "testing", "explain",
    "console", "cli", "data",
)  # fmt: skip

# what: the files that may use it. Everything else gets time, randomness and network as arguments.
# testing/thread.py runs a station beside the program under test: a loop in a thread.
# store/folding.py waits for the disk beside the turns (docs/decisions/0014).
DRIVERS = (
    "client/aio.py", "server/aio/*", "server/control/*", "testing/thread.py",
    "testing/waiting.py", "console/*",
    # The gate drives a station's loop; what is injected lives in the program under test, and takes
    # the clock, the threads and the sockets there (docs/decisions/0025).
    "testing/market_time/*",
    "http_admission.py", "http_exchange.py", "recording/aio/*",
)  # fmt: skip
# console/process.py waits for the end of stdin, which no event loop can on Windows.
THREADS = (
    "ibapi/reader.py", "testing/thread.py", "testing/programs.py", "store/folding.py",
    "console/process.py", "testing/market_time/*", "testing/storm/jobs.py",
)  # fmt: skip
# These wait for programs under test, and end them.
WAITS = (
    "testing/waiting.py", "testing/programs.py", "testing/worldrun.py",
    "testing/storm/running.py",
)  # fmt: skip
OUTSIDE = (*DRIVERS, *WAITS, "ibapi/reader.py", "cli/*")
CONFINED: dict[str, tuple[str, ...]] = {
    "sqlite3": ("store/*",),
    "asyncio": DRIVERS,
    "uvloop": DRIVERS,
    "threading": THREADS,
    "concurrent.futures": THREADS,
    "multiprocessing": ("testing/storm/jobs.py",),
    "socket": OUTSIDE,
    "selectors": OUTSIDE,
    "ssl": OUTSIDE,
    "time.time": OUTSIDE,
    "time.time_ns": OUTSIDE,
    "time.monotonic": OUTSIDE,
    "time.monotonic_ns": OUTSIDE,
    "time.perf_counter": OUTSIDE,
    "time.perf_counter_ns": OUTSIDE,
    "time.clock_gettime": OUTSIDE,
    "time.clock_gettime_ns": OUTSIDE,
    "time.sleep": OUTSIDE,
    "datetime.datetime.now": OUTSIDE,
    "datetime.datetime.utcnow": OUTSIDE,
    "datetime.datetime.today": OUTSIDE,
    "datetime.date.today": OUTSIDE,
    "os.environ": OUTSIDE,
    "os.getenv": OUTSIDE,
    # A tz database differs between machines; what is decided inside has tables (venue/reference).
    "zoneinfo": ("server/*", "cli/*"),
}

# The pure layers take no chance of their own either; a seeded random.Random is an argument.
PURE = ("model", "wire", "venue", "store", "worlds")
CHANCE = {"uuid", "secrets", "os.urandom", "random"}
SEEDED = "random.Random"

ROOT = Path(__file__).parent.parent / "src/papertape"
FILES = sorted(ROOT.rglob("*.py"))


class Use(NamedTuple):
    """A dotted name that a line imports or reaches."""

    line: int
    name: str
    imported: bool
    lazy: bool


class Module(NamedTuple):
    """A module by its path below the package, with what it uses."""

    path: str
    uses: list[Use]

    @property
    def layer(self) -> str:
        return self.path.partition("/")[0].removesuffix(".py")


def module(path: str, source: str) -> Module:
    tree = ast.parse(source)
    package = ["papertape", *path.split("/")[:-1]]
    names: dict[str, str] = {}
    uses = [*imports(tree, package, names), *reaches(tree, names)]
    return Module(path, uses)


def imports(tree: ast.Module, package: list[str], names: dict[str, str]) -> Iterator[Use]:
    for node, lazy in statements(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
                yield Use(node.lineno, alias.name, True, lazy)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                names[alias.asname or alias.name] = f"{origin}.{alias.name}"
                yield Use(node.lineno, f"{origin}.{alias.name}", True, lazy)


def statements(tree: ast.Module) -> Iterator[tuple[ast.AST, bool]]:
    """All of them, and whether they are carried out late or for types alone."""
    ahead: deque[tuple[ast.AST, bool]] = deque([(tree, False)])
    while ahead:
        node, lazy = ahead.popleft()
        yield node, lazy
        lazy |= isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or type_checking(node)
        for name in BLOCKS:
            if inner := getattr(node, name, None):
                ahead += [(one, lazy) for one in inner if isinstance(one, BLOCK)]


BLOCK = ast.stmt | ast.excepthandler | ast.match_case
BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")
"""What has statements, and where: a lambda's body and the branches of an expression have none."""


def type_checking(node: ast.AST) -> bool:
    if not isinstance(node, ast.If):
        return False
    test = node.test
    return "TYPE_CHECKING" in (getattr(test, "id", ""), getattr(test, "attr", ""))


def reaches(tree: ast.Module, names: dict[str, str]) -> Iterator[Use]:
    """What is used of the modules about which ``confined`` has rules."""
    ruled = {one.partition(".")[0] for one in (*CONFINED, *CHANCE)}
    names = {name: whole for name, whole in names.items() if whole.partition(".")[0] in ruled}
    for node in ast.walk(tree) if names else ():
        if isinstance(node, ast.Attribute) and root(node) in names:
            head, _, rest = ast.unparse(node).partition(".")
            yield Use(node.lineno, f"{names[head]}.{rest}", False, True)


def root(node: ast.expr) -> str:
    """The name at which a dotted one begins."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


# ---------------------------------------------------------------- the rules


def ours(module: Module) -> Iterator[str]:
    allowed = MAY_IMPORT.get(module.layer)
    if allowed is None:
        yield f"{module.path}: layer {module.layer!r} is not in MAY_IMPORT; give it a place there"
        return
    for use in module.uses:
        parts = use.name.split(".")
        if not use.imported or parts[0] != "papertape" or len(parts) < 2:
            continue
        target, lazily = parts[1], module.layer == "__init__" and use.lazy
        if target.startswith("__") or target == module.layer or lazily:
            continue
        if target not in allowed:
            yield told(module, use, f"{module.layer} may import {listed(allowed)}")
        elif any(part.startswith("_") for part in parts[2:]):
            yield told(module, use, "private names stay inside their layer")


def rooms(module: Module) -> Iterator[str]:
    """What breaks the arrows between the rooms of a layer, and what imports the hidden."""
    layer = module.layer
    room = module.path.split("/")[1].removesuffix(".py") if "/" in module.path else ""
    allowed = ROOMS_OF.get(layer, {}).get(room)
    for use in module.uses:
        parts = use.name.split(".")
        if allowed is not None and use.imported and parts[:2] == ["papertape", layer]:
            target = parts[2] if len(parts) > 2 else layer
            if target != room and target not in allowed:
                yield told(module, use, f"in the {layer} {room} may import {listed(allowed)}")
        for name, where in ONLY_FOR.items():
            if not use.imported or not under(use.name, name):
                continue
            if not any(fnmatch(module.path, glob) for glob in where):
                yield told(module, use, f"{name} is for {listed(set(where))}")


def others(module: Module) -> Iterator[str]:
    allowed = THIRD_PARTY.get(module.layer)
    if allowed is None:
        return
    for use in module.uses:
        top = use.name.partition(".")[0]
        known = top in sys.stdlib_module_names or top == "papertape" or top in allowed
        if use.imported and not known:
            yield told(module, use, f"packages of others in {module.layer}: {listed(allowed)}")


def confined(module: Module) -> Iterator[str]:
    for use in module.uses:
        for name, where in CONFINED.items():
            if under(use.name, name) and not any(fnmatch(module.path, glob) for glob in where):
                yield told(module, use, f"{name} is for {listed(set(where))}")
        if module.layer in PURE and use.name != "random" and not use.name.startswith(SEEDED):
            for name in CHANCE:
                if under(use.name, name):
                    yield told(module, use, f"no randomness of their own in {listed(set(PURE))}")


def under(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")


def listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"


def told(module: Module, use: Use, rule: str) -> str:
    verb = "imports" if use.imported else "uses"
    return f"src/papertape/{module.path}:{use.line} {verb} {use.name}; {rule}"


def broken(module: Module) -> list[str]:
    return [*ours(module), *rooms(module), *others(module), *confined(module)]


# ---------------------------------------------------------------- circles


def circles(modules: list[Module]) -> list[list[str]]:
    """The groups of files in which each needs each other, imports for types included."""
    paths = {module.path for module in modules}
    needs = {module.path: set(needed(module, paths)) for module in modules}
    reach = {path: reachable(path, needs) for path in needs}
    found = {
        tuple(sorted(other for other in reach[path] if path in reach[other]))
        for path in needs
        if path in reach[path]
    }
    return [list(group) for group in sorted(found)]


def needed(module: Module, paths: set[str]) -> Iterator[str]:
    """The files among ``paths`` that a module imports: whole, or a name out of them."""
    for use in module.uses:
        parts = use.name.split(".")
        if not use.imported or parts[0] != "papertape":
            continue
        for end in (len(parts), len(parts) - 1):
            stem = "/".join(parts[1:end])
            found = {f"{stem}.py", f"{stem}/__init__.py"} & paths - {module.path}
            if found:
                yield from found
                break


def reachable(path: str, needs: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    ahead = list(needs[path])
    while ahead:
        if (one := ahead.pop()) not in found:
            found.add(one)
            ahead += needs[one]
    return found


@cache
def read(file: Path) -> Module:
    return module(file.relative_to(ROOT).as_posix(), file.read_text("utf-8"))


@walk("layer", WITHOUT_CIRCLES)
def test_no_circle(layer: str) -> None:
    found = circles([one for one in map(read, FILES) if one.layer == layer])
    assert not found, "\n" + "\n".join("these need each other: " + ", ".join(one) for one in found)


@walk("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_layers(file: Path) -> None:
    found = broken(read(file))
    assert not found, "\n" + "\n".join(found)


# ---------------------------------------------------------------- the rules bite

BAD = """
wire/text.py            | from papertape.venue import book          | wire may import codes, errors, model, quoting, versions
wire/text.py            | from ..venue.book import Book             | wire may import
venue/engine.py         | import papertape.wire.framing             | venue may import
venue/engine.py         | from .. import wire                       | venue may import
model/order.py          | from papertape import errors              | model may import nothing
codes.py                | from .errors import ApiError              | codes may import nothing
client/facade.py       | from papertape.server.session import S    | client may import
store/journal.py        | from papertape.server.sessions.session import S      | store may import
server/x.py             | from papertape.wire.plan import _steps    | private names stay inside
newlayer/x.py           | import json                               | give it a place
__init__.py             | from .client import connect               | __init__ may import nothing
client/facade.py       | import polars                             | packages of others in client
client/facade.py       | import asyncio                            | asyncio is for client/aio.py
server/station.py       | from asyncio import sleep                 | asyncio is for
client/aio.py           | import threading                          | threading is for console/process.py
store/journal.py        | import threading                          | threading is for console/process.py
client/aio.py           | import threading                          | threading is for console/process.py, ibapi/reader.py
store/journal.py        | import threading                          | threading is for console/process.py, ibapi/reader.py
recording/replay.py     | import asyncio                            | asyncio is for
recording/x.py          | from papertape.server.clock import S      | recording may import
testing/plugin.py       | import asyncio                            | asyncio is for
testing/plugin.py       | import threading                          | threading is for console/process.py
testing/thread.py       | from papertape.console.view import x      | testing may import
testing/plugin.py       | import threading                          | threading is for console/process.py, ibapi/reader.py
testing/thread.py       | from papertape.store.journal import x     | testing may import
server/x.py             | import time; time.time()                  | time.time is for
server/x.py             | from time import monotonic as clock       | time.monotonic is for
server/x.py             | import datetime as d; d.datetime.now()    | datetime.datetime.now is for
server/x.py             | from datetime import date; date.today()   | datetime.date.today is for
server/x.py             | import os; os.environ['X']                | os.environ is for
venue/exchange/book.py  | from ..broker.terms import check          | in the venue exchange may import
venue/exchange/book.py  | from papertape.venue import state         | in the venue exchange may import
venue/broker/risk.py    | from ..tws.api_orders import ApiOrders    | in the venue broker may import
venue/market/tape.py    | from ..exchange import book               | in the venue market may import
venue/reference/times.py | from ..market.source import Quote        | in the venue reference may import
venue/tws/order_ids.py  | from ..archive import Archive             | in the venue tws may import
venue/facts/orders.py   | from ..exchange.matching import touch     | in the venue facts may import
venue/units.py          | from .facts import Terms                  | in the venue units may import nothing
server/persistence.py   | from .station import Station              | papertape.server.station is for
server/handlers/x.py    | from ...venue.engine import Engine        | papertape.venue.engine.Engine is for
server/present/x.py     | from ..sessions.session import Session    | in the server present may import
server/market_data/x.py | from ..plant.farms import Farms           | in the server market_data may import
server/handlers/x.py    | from ..drills import Drills               | in the server handlers may import
server/persistence.py          | import sqlite3                            | sqlite3 is for store/*
venue/book.py           | import random; random.random()            | no randomness of their own
venue/book.py           | from uuid import uuid4                    | no randomness of their own
venue/times.py          | from zoneinfo import ZoneInfo             | zoneinfo is for
"""  # noqa: E501

GOOD = """
wire/text.py            | from papertape.errors import BadFrame
wire/catalogue/x.py     | from ..layout import Step
venue/book.py           | from papertape.model import Order
venue/book.py           | import random; random.Random(7).random()
errors.py               | from .codes import lookup
server/x.py             | from papertape.venue import e; from papertape.wire import f
server/aio/server.py           | import asyncio, socket, time; time.monotonic()
server/control/app.py   | import asyncio, os; os.environ
testing/thread.py       | import asyncio, threading, time; time.time_ns()
testing/plugin.py       | import pytest; from papertape.server.station import Station
ibapi/reader.py         | import threading, time; time.sleep(1)
store/folding.py        | import sqlite3, threading
console/process.py      | import asyncio, threading
store/lock.py           | from filelock import lock_descriptor
cli/serve.py            | from papertape.server import station; import typer, time; time.time_ns()
__init__.py             | def __getattr__(name): from papertape import client
venue/times.py          | import time; time.struct_time
venue/tws/order_ids.py  | from ..broker import orders; from ..facts import Terms
venue/engine.py         | from .tws.api_orders import ApiOrders; from .archive import Archive
store/journal.py        | import sqlite3
server/aio/server.py    | from ..station import Station
"""


def rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in row.split("|")] for row in table.strip().splitlines()]


@walk(("path", "source", "said"), rows(BAD))
def test_what_is_not_allowed_is_told(path: str, source: str, said: str) -> None:
    found = broken(module(path, source))
    assert len(found) == 1, found
    assert said in found[0]
    assert path in found[0]


@walk(("path", "source"), rows(GOOD))
def test_what_is_allowed_passes(path: str, source: str) -> None:
    assert broken(module(path, source)) == []


def test_circles_are_told_also_those_for_types() -> None:
    lazily = "if TYPE_CHECKING:\n    from .b import B"
    files = {
        "venue/a.py": f"from typing import TYPE_CHECKING\n{lazily}",
        "venue/b.py": "from papertape.venue.c import C",
        "venue/c.py": "def f():\n    from . import a",
        "venue/d.py": "from .a import A; from . import e",
        "venue/e.py": "from .d import x",
        "venue/f.py": "from .d import x; from .a import y",
    }
    modules = [module(path, source) for path, source in files.items()]
    assert circles(modules) == [
        ["venue/a.py", "venue/b.py", "venue/c.py"],
        ["venue/d.py", "venue/e.py"],
    ]
    assert circles([one for one in modules if one.path not in ("venue/c.py", "venue/e.py")]) == []
