"""What programs have sent, as a test asks for it."""

from collections.abc import Callable, Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any

from ..server.station import Station
from ..server.worlds.checking import check_request
from ..server.worlds.expecting import shown_value
from ..server.worlds.seen import SeenRequest, brief
from .waiting import PATIENCE_S, wait, wait_beside


class RequestHands:
    """The requests of all clients since the station began."""

    def __init__(
        self, call: Callable[[Callable[[Station], Any]], Any], ends: Callable[[], list[str]]
    ) -> None:
        self._call = call
        self._ends = ends

    def __iter__(self) -> Iterator[SeenRequest]:
        return iter(self.where())

    def where(
        self, name: str = "", *, client: int | None = None, **fields: Any
    ) -> list[SeenRequest]:
        """The requests of an official name (``placeOrder``, ``PlaceOrder``), in the order of their
        coming, with fields as given; ``contract__symbol="SPY"`` is a field of a
        field. Raises ``WorldError`` for a name that no request has, and for a field that it lacks.
        """
        if name:
            check_request(name, [field.replace("__", ".") for field in fields])
        found: list[SeenRequest] = self._call(
            lambda station: list(station.world.seen.requests(name))
        )
        return [one for one in found if client in (None, one.client) and _has(one, fields)]

    def count(self, name: str = "", *, client: int | None = None, **fields: Any) -> int:
        """How many there are, as ``where`` finds them."""
        return len(self.where(name, client=client, **fields))

    def next(
        self, name: str = "", *, within: float = PATIENCE_S, after: int = 0, **fields: Any
    ) -> SeenRequest:
        """Wait for the first one with a number above ``after``, at most so many seconds of the
        computer's clock. Raises ``AssertionError`` with what came instead."""
        __tracebackhide__ = True
        return wait(
            lambda: self._first(name, after, fields),
            within,
            lambda: self._missing(name, within, fields),
        )

    async def arrives(
        self, name: str = "", *, within: float = PATIENCE_S, after: int = 0, **fields: Any
    ) -> SeenRequest:
        """The same as ``next`` in a test that is a coroutine: its loop goes on meanwhile."""
        __tracebackhide__ = True
        return await wait_beside(
            lambda: self._first(name, after, fields),
            within,
            lambda: self._missing(name, within, fields),
        )

    def _first(self, name: str, after: int, fields: dict[str, Any]) -> SeenRequest | None:
        return next((one for one in self.where(name, **fields) if one.number > after), None)

    def transcript(self) -> str:
        """What was sent, a request a line, with the fields that are not as they are without a
        word; times are left out."""
        return "".join(f"{_line(one)}\n" for one in self.where())

    def same_as(self, path: str | Path) -> None:
        """Compare the transcript with a file, which is written where there is none yet. Raises
        ``AssertionError`` with the lines that differ."""
        file, found = Path(path), self.transcript()
        if not file.exists():
            file.write_text(found, "utf-8")
            return
        wanted = file.read_text("utf-8")
        if wanted != found:
            lines = unified_diff(
                wanted.splitlines(), found.splitlines(), str(file), "what came", lineterm="", n=2
            )
            raise AssertionError("\n".join(["the program sent something else", *lines]))

    def _missing(self, name: str, within: float, fields: dict[str, Any]) -> str:
        wanted = " ".join([name or "a request", *(f"{k}={v}" for k, v in fields.items())])
        came = [f"  came    {brief(one.message):.300}" for one in self.where(name)[-12:]]
        if not came:
            others = dict.fromkeys(one.name for one in self.where())
            came = [f"  came    {', '.join(others) or 'nothing'}"]
        return "\n".join([f"no {wanted} within {within:g} s", *came, *self._ends()])


def _line(one: SeenRequest) -> str:
    return f"client {'?' if one.client is None else one.client}  {brief(one.message)}"


def _has(one: SeenRequest, fields: dict[str, Any]) -> bool:
    for name, wanted in fields.items():
        try:
            value = one.field(name.replace("__", "."))
        except AttributeError:
            return False
        if value != wanted and shown_value(value) != shown_value(wanted):
            return False
    return True
