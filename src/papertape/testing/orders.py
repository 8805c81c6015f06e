"""Orders of programs, as a test sees them and acts on them."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any, Final

from ..errors import WorldError
from ..server.station import Station
from ..server.worlds.seen import SeenOrder
from ..venue.script import ActOnOrder
from ..venue.units import size_decimal
from ..worlds import steps
from .waiting import PATIENCE_S, wait, wait_beside

ENDED: Final = ("Filled", "Cancelled", "Inactive", "ApiCancelled")
KEEPS: Final = "tws.orders.hold() before it comes keeps the market from filling it"


class OrderHand:
    """One order, on which a test lets the broker act."""

    def __init__(
        self, seen: SeenOrder, call: Callable[[Callable[[Station], Any]], Any], tick: Any
    ) -> None:
        self.seen = seen
        """As its client sent it."""
        self.orderId = seen.orderId
        self.client = seen.client
        self.symbol = seen.symbol
        self._call = call
        self._tick = tick

    def __repr__(self) -> str:
        return f"<{self.seen}>"

    @property
    def status(self) -> str:
        """Its present status; "" before the broker has it."""
        view = self._view()
        return "" if view is None else str(view.status)

    @property
    def filled(self) -> Decimal:
        """How much of it is filled."""
        view = self._view()
        return Decimal(0) if view is None else Decimal(view.filled)

    @property
    def remaining(self) -> Decimal:
        """How much of it is not."""
        view = self._view()
        return Decimal(0) if view is None else Decimal(view.remaining)

    def fill(self, size: Any = None, *, at: Any = None) -> None:
        """Fill so much of it, all that is left without a size; at a price, its limit, or the quote.
        Raises ``WorldError`` when it works no more, or the fill cannot be."""
        self._act(kind="fill", size=_number(size), price=_number(at))

    def reject(self, code: int = 201, text: str = "") -> None:
        """End it with an error; 201 begins with the words of TWS. Raises ``WorldError``."""
        self._act(kind="reject", code=code, text=text)

    def warn(self, code: int, text: str) -> None:
        """Send its client an error about it; it lives on. Raises ``WorldError``."""
        self._act(kind="warn", code=code, text=text)

    def cancel(self) -> None:
        """Let the system cancel it. Raises ``WorldError``."""
        self._act(kind="cancel")

    def correct(self, size: Any = None, *, at: Any = None, fill: int = -1) -> None:
        """Let an execution of it have been of another size or at another price: the exchange
        corrects it. ``fill`` says which, -1 the latest, 1 the first. Raises ``WorldError``."""
        self._correct(fill, size=_number(size), price=_number(at))

    def bust(self, *, fill: int = -1) -> None:
        """Let an execution of it not have been: the exchange busts the trade. ``fill`` says which,
        -1 the latest, 1 the first. Raises ``WorldError``."""
        self._correct(fill, bust=True)

    def _correct(self, fill: int, **facts: Any) -> None:
        step = steps.CorrectionStep(**facts)

        def act(station: Station) -> None:
            order = station.venue.find(self.client, self.orderId)
            perm_id = 0 if order is None else order.permId
            rows = station.venue.archive.fills()
            mine = [f.execution for f in rows if f.permId == perm_id and f.revision == 1]
            at = fill - 1 if fill > 0 else fill
            if not fill or not -len(mine) <= at < len(mine):
                raise WorldError(f"the order has {len(mine)} executions", found=str(fill))
            station.world.runner.play(station.world.runner.correction(step, mine[at]))

        self._call(act)
        self._tick()

    def _act(self, **facts: Any) -> None:
        step = steps.ActStep(**facts)

        def act(station: Station) -> None:
            order = station.venue.find(self.client, self.orderId)
            if order is None:
                raise WorldError(f"the broker does not have the order {self.seen}")
            if order.status in ENDED:
                raise WorldError(f"the order {self.seen} is {order.status}. {KEEPS}")
            station.world.runner.play(ActOnOrder(order.permId, station.world.runner.act(step)))

        __tracebackhide__ = True
        self._call(act)
        self._tick()

    def _view(self) -> Any:
        return self._call(lambda station: station.queries.order(self.client, self.orderId))


class OrderHands:
    """The orders of all clients."""

    def __init__(
        self,
        call: Callable[[Callable[[Station], Any]], Any],
        take: Callable[[steps.WorldStep], None],
        tick: Callable[[], None],
        taken: set[tuple[int, int]],
        ends: Callable[[], list[str]],
    ) -> None:
        self._call = call
        self._take = take
        self._tick = tick
        self._taken = taken
        self._ends = ends

    def all(self, **wanted: Any) -> list[OrderHand]:
        """The new orders so far, in the order of their coming; ``symbol``, ``side``, ``type``,
        ``client`` and ``ref`` select."""
        seen: list[SeenOrder] = self._call(lambda station: station.world.seen.orders())
        return [OrderHand(one, self._call, self._tick) for one in seen if _fits(one, wanted)]

    def count(self, **wanted: Any) -> int:
        """How many there are."""
        return len(self.all(**wanted))

    def next(self, *, within: float = PATIENCE_S, **wanted: Any) -> OrderHand:
        """Wait for the next order that no ``next`` has given yet, at most so many seconds of the
        computer's clock. Raises ``AssertionError`` with what came instead."""
        __tracebackhide__ = True
        return wait(partial(self._fresh, wanted), within, partial(self._missing, within, wanted))

    async def arrives(self, *, within: float = PATIENCE_S, **wanted: Any) -> OrderHand:
        """The same as ``next`` in a test that is a coroutine: its loop goes on meanwhile."""
        __tracebackhide__ = True
        return await wait_beside(
            partial(self._fresh, wanted), within, partial(self._missing, within, wanted)
        )

    def _fresh(self, wanted: dict[str, Any]) -> OrderHand | None:
        for one in self.all(**wanted):
            key = (one.client, one.orderId)
            if key not in self._taken:
                self._taken.add(key)
                return one
        return None

    def _missing(self, within: float, wanted: dict[str, Any]) -> str:
        came = [f"  came    {one.seen}" for one in self.all()] or ["  came    nothing"]
        said = " ".join(["no order", *(f"{name}={value}" for name, value in wanted.items())])
        return "\n".join([f"{said} within {within:g} s", *came, *self._ends()])

    def hold(self, **wanted: Any) -> None:
        """Let the market fill none of the orders that come: the test does. ``symbol``, ``side``,
        ``type``, ``client`` and ``ref`` select."""
        self._take(_rule(wanted, every=True))

    def reject_next(self, code: int = 201, text: str = "", **wanted: Any) -> None:
        """Reject the next order that fits."""
        act = steps.ActStep(kind="reject", code=code, text=text)
        self._take(_rule(wanted, acts=(steps.RuleAct(act=act),)))

    def fill_next(self, size: Any = None, *, at: Any = None, **wanted: Any) -> None:
        """Fill so much of the next order that fits; the market fills nothing of it."""
        act = steps.ActStep(size=_number(size), price=_number(at))
        self._take(_rule(wanted, acts=(steps.RuleAct(act=act),)))

    def working(self) -> dict[int, Decimal]:
        """What is left of the orders that work, by permId."""
        return dict(
            self._call(
                lambda station: {
                    one.permId: size_decimal(one.remaining)
                    for one in station.venue.state.orders.values()
                }
            )
        )


WORDS: Final = ("symbol", "side", "type", "client", "ref", "account")


def _rule(wanted: dict[str, Any], **more: Any) -> steps.RuleStep:
    _check(wanted)
    facts = {("orderType" if name == "type" else name): value for name, value in wanted.items()}
    return steps.RuleStep(**facts, **more)


def _check(wanted: dict[str, Any]) -> None:
    for name in wanted:
        if name not in WORDS:
            raise TypeError(f"there is no {name!r} of an order; there are: {', '.join(WORDS)}")


def _fits(one: SeenOrder, wanted: dict[str, Any]) -> bool:
    _check(wanted)
    order = one.order
    facts = {
        "symbol": one.symbol, "side": order.action, "type": order.orderType, "client": one.client,
        "ref": order.orderRef, "account": order.account,
    }  # fmt: skip
    return all(facts[name] == value for name, value in wanted.items())


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
