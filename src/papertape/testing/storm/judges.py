"""The oracle: what a program does wrong, judged beside the control run.

Each judge is a function that sees a run and the control run, and gives what it finds. It says
nothing about what the control run does as well: that is how the program is.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from ...venue.units import SECOND, Nanos
from .told import StormOrder, StormRecord, shown_time

PATIENCE: Final[Nanos] = 60 * SECOND
"""How long a program may take to come back, or to ask again for what it has lost."""
OWN_FAULTS: Final = {
    100: "more messages than allowed", 102: "a ticker id twice", 103: "an order id twice",
    110: "a price between ticks", 200: "no such contract", 300: "an unknown ticker id",
    320: "a request that cannot be read", 321: "a request that is no good",
    322: "a request id twice", 10149: "an order id that is no good",
}  # fmt: skip
"""Errors that only the program's own request can cause. Those of a race with the market (104, 161,
10147, 10148), of an outage (1100 and on, 2100 and on) and of a rejection (201) are none of them."""


class StormFinding(msgspec.Struct, frozen=True):
    """Something that a program did wrong."""

    judge: str
    """Who found it."""
    about: str
    """What it is about: a symbol, an order, a check. Two findings with the same judge and the same
    ``about`` are the same."""
    time: Nanos
    text: str
    expects: tuple[str, ...] = ()
    """Lines of a world that the program fails with it, where a world can say it."""

    @property
    def key(self) -> tuple[str, str]:
        """What makes two findings the same."""
        return self.judge, self.about

    def __str__(self) -> str:
        return f"{self.judge}: {self.text}  at {shown_time(self.time)}"


Judge = Callable[[StormRecord, StormRecord], Iterator[StormFinding]]


def same_order_twice(run: StormRecord, control: StormRecord) -> Iterator[StormFinding]:
    """``same-order-twice``: an order is sent although one with the same reference, side, symbol and
    type works or has filled, more often than in the control run. Without a reference: the same
    side, symbol, type and size again in a later session."""
    usual = Counter(map(_same, control.orders))
    found: dict[tuple[object, ...], list[StormOrder]] = {}
    for order in run.orders:
        before = [one for one in found.get(_same(order), []) if one.alive_at(order.time)]
        found.setdefault(_same(order), []).append(order)
        if len(before) < max(usual[_same(order)], 1):
            continue
        later = order.ref or any(one.session != order.session for one in before)
        if not later:
            continue
        first = before[-1]
        became = "has filled" if first.filled >= first.quantity else "works"
        count = max(usual[_same(order)], 1)
        yield StormFinding(
            "same-order-twice", f"{order.side} {order.symbol} {order.orderType}", order.time,
            f"{order} was sent again while the one of {shown_time(first.time)} {became}",
            (f"at end orders {count} {_written(order)}",) if '"' not in order.ref else (),
        )  # fmt: skip
        return


def _same(order: StormOrder) -> tuple[object, ...]:
    if order.ref:
        return (order.ref, order.side, order.symbol, order.orderType)
    return (order.side, order.symbol, order.orderType, order.quantity)


def _written(order: StormOrder) -> str:
    """What makes orders the same, as a world expects it."""
    size = "" if order.ref else f"{order.quantity:.12g} "
    ref = f' ref "{order.ref}"' if order.ref else ""
    kind = order.orderType.replace(" ", "_")
    return f"{order.side} {size}{_named(order.symbol)} {kind}{ref}"


def _named(symbol: str) -> str:
    return symbol if symbol.isalnum() else f'"{symbol}"'


def order_while_not_ready(run: StormRecord, control: StormRecord) -> Iterator[StormFinding]:
    """``order-while-not-ready``: an order is sent before nextValidId, or two seconds or more after
    TWS has told that the link is lost (1100) and before it has told that it is back."""
    if any(one.ready for one in control.orders):
        return
    for order in run.orders:
        if order.ready:
            text = f"{order} was sent {order.ready}"
            yield StormFinding("order-while-not-ready", order.symbol, order.time, text)
            return


def order_on_a_dead_line(run: StormRecord, control: StormRecord) -> Iterator[StormFinding]:
    """``order-on-a-dead-line``: an order for a symbol whose market data TWS has ended (1101, 10197)
    two seconds or more before, and that the program has not asked for again."""
    if any(one.dead for one in control.orders):
        return
    for order in run.orders:
        if order.dead:
            text = f"{order} was sent {order.dead}"
            yield StormFinding("order-on-a-dead-line", order.symbol, order.time, text)
            return


def order_after_close(run: StormRecord, control: StormRecord) -> Iterator[StormFinding]:
    """``order-after-close``: a fill takes a position to a side on which the control run never was;
    or an order is left working though its position is closed, where the control run left none.
    An order to enter again, and what was sent with it, is not left. Or the rest of an order works
    on when what had filled of it is closed, and the next order of its side is sent beside it."""
    sides = {(one.symbol, _sign(one.position)) for one in control.of("fill")}
    traded = {one.symbol for one in control.of("fill")}
    for fill in run.of("fill"):
        side = _sign(fill.position)
        if side and fill.symbol in traded and (fill.symbol, side) not in sides:
            end = control.positions.get(fill.symbol, 0)
            yield StormFinding(
                "order-after-close", fill.symbol, fill.time,
                f"{fill.text} took the position to {fill.position:.12g}; without faults it was "
                f"never {'short' if side < 0 else 'long'}",
                (f"at end position {_named(fill.symbol)} {end:.12g}",),
            )  # fmt: skip
            return
    if not any(_beside_rests(control)):
        for order, rest, closed in _beside_rests(run):
            yield StormFinding(
                "order-after-close", order.symbol, order.time,
                f"{order} was sent while the rest of {rest} of {shown_time(rest.time)} still "
                f"worked; what had filled of it was closed at {shown_time(closed)}",
            )  # fmt: skip
            return
    if control.working:
        return
    for order in run.orders:
        flat = not run.positions.get(order.symbol) and not control.positions.get(order.symbol)
        since = _closed_since(run, order.symbol)
        waits = 0 if run.code is not None else _patience(run)
        if since is None or not flat or not order.alive or run.lasted - since < waits:
            continue
        if order.time <= since or not _enters(run, order.symbol, since, sides):
            yield StormFinding(
                "order-after-close", order.symbol, max(since, order.time),
                f"{order} of {shown_time(order.time)} still works though the position is closed",
                ("at end no working orders",),
            )  # fmt: skip
            return


def _beside_rests(run: StormRecord) -> Iterator[tuple[StormOrder, StormOrder, Nanos]]:
    """Orders sent while the rest of an older one of their side and type still works, of which a
    part had filled and been closed; that one, and since when it is closed."""
    fills = run.of("fill")
    for place, rest in enumerate(run.orders):
        began = next((one.time for one in fills if one.order == place), None)
        mine = [one for one in fills if one.symbol == rest.symbol]
        closed = (one.time for one in mine if not one.position and began is not None)
        since = next((time for time in closed if time > (began or 0)), None)
        if since is None or (rest.ended is not None and rest.ended <= since):
            continue
        for order in run.orders:
            beside = order.time > since and (rest.ended is None or order.time < rest.ended)
            if beside and (order.symbol, order.side, order.orderType) == (
                rest.symbol, rest.side, rest.orderType
            ):  # fmt: skip
                yield order, rest, since


def _closed_since(run: StormRecord, symbol: str) -> Nanos | None:
    fills = [one for one in run.of("fill") if one.symbol == symbol]
    return fills[-1].time if fills and not fills[-1].position else None


def _enters(run: StormRecord, symbol: str, since: Nanos, sides: set[tuple[str, int]]) -> bool:
    """Whether a working order was sent after an instant, to a side where the control run was."""
    return any(
        (symbol, 1 if one.side == "BUY" else -1) in sides
        for one in run.orders
        if one.alive and one.symbol == symbol and one.time > since
    )


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _patience(run: StormRecord) -> Nanos:
    return min(PATIENCE, run.lasted // 6)


def silence(run: StormRecord, control: StormRecord) -> Iterator[StormFinding]:
    """``silence``: a connection ended and the program never came back; or a subscription ended with
    its session, by 1101 or by 10197, and was never asked for again. A minute is enough time, or a
    sixth of the run where that is less, and as long as the control run went on after its last
    connection; a program that has ended is not silent."""
    if run.code is not None:
        return
    patience = _patience(run)
    usual = 0 if control.left is None else control.lasted - control.left
    if run.left is not None and run.lasted - run.left >= patience + usual:
        text = "the connection ended, and the program never came back"
        yield StormFinding("silence", "connection", run.left, text, ())
        return
    back = [one.time for one in run.of("ready")]
    for lost in run.lines:
        since = max([lost.time, *(one for one in back[-1:] if one > lost.time)])
        if lost.again is None and run.connected and run.lasted - since >= patience:
            text = f"{lost.name} {lost.symbol} ended ({lost.why}) and was never asked for again"
            field = f" contract.symbol={lost.symbol}" if lost.symbol.isalnum() else ""
            expects = f"expect requests {lost.name}{field} within 60s of {shown_time(lost.time)}"
            yield StormFinding("silence", f"{lost.name} {lost.symbol}", lost.time, text, (expects,))
            return


def crash_or_hang(run: StormRecord, control: StormRecord) -> Iterator[StormFinding]:
    """``crash``: the program ends with another code than in the control run, or with a traceback in
    its output where the control run has none. ``hang``: it runs on although it has had the time of
    the control run and a minute (or a sixth of the run) since the last outage or fill, or takes
    more of the computer's time than it may."""
    if run.problem:
        about = "problem"
        yield StormFinding("hang", about, run.lasted, run.problem)
    elif run.code not in (None, control.code or 0):
        last = run.output.strip().splitlines()[-1:] or ["nothing was written"]
        yield StormFinding(
            "crash", f"exit code {run.code}", run.lasted, f"exit code {run.code}: {last[0]:.200}"
        )
    elif TRACE in run.output and TRACE not in control.output:
        last = run.output.strip().splitlines()[-1:]
        yield StormFinding("crash", "traceback", run.lasted, f"a traceback: {last[0]:.200}")
    elif run.code is None and control.code is not None and _had_time(run, control):
        text = f"the program had not ended by {shown_time(run.lasted)}; without faults it ended at"
        yield StormFinding("hang", "end", run.lasted, f"{text} {shown_time(control.lasted)}")


def _had_time(run: StormRecord, control: StormRecord) -> bool:
    """Whether a program could have ended since what last kept it from its work was over."""
    restored = [one.time for one in run.of("error") if one.code in (1101, 1102)]
    since = max([*restored, *(one.time for one in run.of("ready", "fill"))], default=0)
    return run.lasted - since >= control.lasted + _patience(run)


TRACE: Final = "Traceback (most recent call last):"


def wrong_request(run: StormRecord, control: StormRecord) -> Iterator[StormFinding]:
    """``wrong-request``: TWS answers a request with an error that only the request itself can cause
    (``OWN_FAULTS``), and that the control run does not have."""
    usual = {one.code for one in control.of("error")}
    for error in run.of("error"):
        if error.code in OWN_FAULTS and error.code not in usual:
            text = f"TWS answered {error.text} ({OWN_FAULTS[error.code]})"
            yield StormFinding("wrong-request", str(error.code), error.time, text)
            return


def checks(run: StormRecord, control: StormRecord) -> Iterator[StormFinding]:
    """``check``: what the user declared does not hold. ``expectation``: neither does what the base
    world expects."""
    for time, name, text in run.checked:
        yield StormFinding("check", name, time, f"{name} does not hold: {text}")
    for text in run.failed:
        yield StormFinding("expectation", text.splitlines()[0], run.lasted, text)


JUDGES: Final[tuple[Judge, ...]] = (
    checks, same_order_twice, order_after_close, order_while_not_ready, order_on_a_dead_line,
    silence, wrong_request, crash_or_hang,
)  # fmt: skip
"""All judges; the first that finds something has the word."""


def judged(
    run: StormRecord, control: StormRecord, judges: Sequence[Judge] = JUDGES
) -> list[StormFinding]:
    """Everything that is wrong with a run, the weightiest first."""
    return [finding for judge in judges for finding in judge(run, control)]
