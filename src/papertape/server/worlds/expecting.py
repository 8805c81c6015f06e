"""What a world expects: when it is decided, what was wanted, and what came instead.

An expectation of something that must come is decided as soon as it has; of a number, and of what
must not come, at its end. ``WorldOutcome`` tells it.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from ...errors import WorldError
from ...model.units import number_text
from ...venue.units import CASH_SCALE, SECOND, Nanos, size_decimal
from ...worlds.steps import ExpectStep, PlacedStep
from ..venue_port import Venue
from .checking import check_request
from .seen import Seen, SeenOrder, SeenRequest, brief
from .step_runner import StepRunner

MOST_REPORTS: Final = 1_000
SHOWN: Final = 12
"""How many of what came are told."""


class WorldOutcome(msgspec.Struct, frozen=True):
    """How an expectation, or a step that could not be carried out, ended."""

    text: str
    passed: bool
    at: Nanos
    """When it was decided."""
    line: int = 0
    wanted: str = ""
    came: tuple[str, ...] = ()
    """What came instead, with what is not as wanted."""

    def __str__(self) -> str:
        """The outcome in lines: wanted, and what came."""
        place = f"line {self.line}: " if self.line else ""
        if self.passed:
            return f"{place}{self.text}"
        lines = [f"{place}{self.text}"]
        if self.wanted:
            lines.append(f"  wanted  {self.wanted}")
        lines += [f"  came    {one}" for one in self.came or ("nothing",)]
        return "\n".join(lines)


class Pending(msgspec.Struct):
    """An expectation that is not decided."""

    placed: PlacedStep
    step: ExpectStep
    since: Nanos
    deadline: Nanos | None
    """When it is decided; None at the end."""


class Expecting:
    """The expectations of a world that plays."""

    def __init__(self, venue: Venue, seen: Seen, runner: StepRunner) -> None:
        self._venue = venue
        self._seen = seen
        self._runner = runner
        self.pending: list[Pending] = []
        self.reports: dict[str, str] = {}
        """What programs have said that they know, the latest of each."""

    def _check(self, step: ExpectStep) -> None:
        if step.symbol:
            self._runner.instrument(step.symbol)
        if step.request:
            check_request(step.request, [name for name, _ in step.fields])

    def report(self, name: str, value: str) -> None:
        """Take what a program says. Raises ``WorldError`` for more than can be kept."""
        name = " ".join(name.split())
        if name not in self.reports and len(self.reports) >= MOST_REPORTS:
            raise WorldError(f"programs report {MOST_REPORTS} things at most")
        self.reports[name] = value

    def add(self, placed: PlacedStep, began: Nanos, now: Nanos) -> None:
        """Expect something. Raises ``WorldError`` for the name of an instrument, a request or a
        field of one that there is not."""
        step = placed.step
        assert isinstance(step, ExpectStep)
        self._check(step)
        since, deadline = began + step.since, None
        if step.within is not None:
            deadline = since + step.within
        elif step.before:
            deadline = self._runner.clock(step.before)
        elif placed.after is not None:
            deadline = began + placed.after
        self.pending.append(Pending(placed, step, since, deadline))

    def holds(self, placed: PlacedStep, began: Nanos, now: Nanos) -> bool:
        """Whether something expected is so now. Raises ``WorldError`` for a name that there is
        not."""
        step = placed.step
        assert isinstance(step, ExpectStep)
        self._check(step)
        return self._judged(Pending(placed, step, began + step.since, None), now)[0]

    def next_due(self) -> Nanos | None:
        """The earliest deadline."""
        return min((p.deadline for p in self.pending if p.deadline is not None), default=None)

    def decide(self, now: Nanos, *, at_end: bool = False) -> list[WorldOutcome]:
        """Decide what can be decided; at the end, all."""
        found: list[WorldOutcome] = []
        for one in list(self.pending):
            over = at_end or (one.deadline is not None and now >= one.deadline)
            waits = now < one.since or one.placed.after is not None
            if not over and (waits or not _comes(one)):
                continue
            until = now if one.deadline is None else min(now, one.deadline)
            passed, wanted, came = self._judged(one, until)
            if passed or over:
                self.pending.remove(one)
                text = one.placed.text or type(one.step).__name__
                found.append(
                    WorldOutcome(
                        text, passed, until, one.placed.line, wanted, () if passed else came
                    )
                )
        return found

    # -- judging ----------------------------------------------------------------------------------

    def _judged(self, one: Pending, until: Nanos) -> tuple[bool, str, tuple[str, ...]]:
        step = one.step
        if step.what == "position":
            return self._position(step)
        if step.what == "report":
            return self._report(step)
        if step.what == "cash":
            return self._cash(step)
        if step.what == "working":
            return self._working(step)
        if step.what == "requests":
            return self._requests(one, until)
        return self._orders(one, until)

    def _orders(self, one: Pending, until: Nanos) -> tuple[bool, str, tuple[str, ...]]:
        step = one.step
        every = [order for order in self._seen.orders() if order.time <= until]
        inside = [order for order in every if order.time >= one.since]
        fitting = [order for order in inside if not self._differs(step, order)]
        wanted = self._wanted(step) + self._span(one)
        came = []
        for order in every:
            why = self._differs(step, order)
            if order.time < one.since:
                why = ["too early", *why]
            note = f"  ← {', '.join(why)}" if why else ""
            came.append(f"{order}  at {self.shown(order.time)}{note}")
        passed = bool(fitting) if step.count is None else len(fitting) == step.count
        return passed, wanted, _few(came)

    def _differs(self, step: ExpectStep, order: SeenOrder) -> list[str]:
        """In what an order is not as wanted."""
        told, found = order.order, []
        size = told.totalQuantity or Decimal(0)
        if step.side and told.action != step.side:
            found.append(f"{told.action}, not {step.side}")
        if step.quantity is not None and size != step.quantity:
            found.append(f"{size:f}, not {step.quantity:f}")
        if step.symbol and self._runner.instrument(step.symbol).conId != order.conId:
            found.append(f"{order.symbol}, not {step.symbol}")
        if step.orderType and told.orderType.upper() != step.orderType:
            found.append(f"{told.orderType}, not {step.orderType}")
        price = told.lmtPrice
        if step.price is not None and (price is None or Decimal(repr(price)) != step.price):
            found.append(f"at {price}, not {step.price}")
        if step.client is not None and order.client != step.client:
            found.append(f"client {order.client}, not {step.client}")
        if step.ref and told.orderRef != step.ref:
            found.append(f"ref {told.orderRef!r}, not {step.ref!r}")
        if step.account and told.account != step.account:
            found.append(f"account {told.account!r}, not {step.account!r}")
        return found

    def _wanted(self, step: ExpectStep) -> str:
        size = "" if step.quantity is None else f"{step.quantity:f}"
        price = "" if step.price is None else f"@ {step.price}"
        client = "" if step.client is None else f"client {step.client}"
        ref = f"ref {step.ref}" if step.ref else ""
        parts = (step.side, size, step.symbol, step.orderType, price, client, ref, step.account)
        said = " ".join(filter(None, parts))
        if step.count is None:
            return said or "an order"
        return f"{step.count} order{'' if step.count == 1 else 's'} {said}".strip()

    def _requests(self, one: Pending, until: Nanos) -> tuple[bool, str, tuple[str, ...]]:
        step = one.step
        named = [r for r in self._seen.requests(step.request, one.since) if r.time <= until]
        fitting = [r for r in named if not _unlike(r, step.fields)]
        said = " ".join([step.request, *(f"{name}={value}" for name, value in step.fields)])
        count = "at least one" if step.count is None else str(step.count)
        came = []
        for request in named:
            why = _unlike(request, step.fields)
            note = f"  ← {', '.join(why)}" if why else ""
            came.append(f"{brief(request.message):.300}  at {self.shown(request.time)}{note}")
        passed = bool(fitting) if step.count is None else len(fitting) == step.count
        if not named:
            others = dict.fromkeys(r.name for r in self._seen.requests("", one.since))
            came = [f"no {step.request}, but {', '.join(others)}"] if others else []
        return passed, f"{count} {said}{self._span(one)}", _few(came)

    def _position(self, step: ExpectStep) -> tuple[bool, str, tuple[str, ...]]:
        entry = self._runner.instrument(step.symbol)
        wanted = step.quantity or Decimal(0)
        accounts = self._accounts(step)
        held = sum(size_decimal(one.quantity(entry.conId)) for one in accounts)
        came = [f"position {step.symbol} {held:f}"] if accounts else ["no such account"]
        return bool(accounts) and held == wanted, f"position {step.symbol} {wanted:f}", tuple(came)

    def _report(self, step: ExpectStep) -> tuple[bool, str, tuple[str, ...]]:
        said = self.reports.get(step.report)
        came = [f"{name} {value}" for name, value in self.reports.items()]
        if said is not None:
            came = [f"{step.report} {said}"]
        passed = said is not None and _same(said, step.value)
        return passed, f"the program knows {step.report} {step.value}", _few(came)

    def _cash(self, step: ExpectStep) -> tuple[bool, str, tuple[str, ...]]:
        accounts = self._accounts(step)
        held = sum(one.cash.get(step.currency, 0) for one in accounts)
        amount = Decimal(held) / CASH_SCALE
        wanted = step.quantity or Decimal(0)
        came = f"cash {amount:,f} {step.currency}" if accounts else "no such account"
        return bool(accounts) and amount == wanted, f"cash {wanted:,f} {step.currency}", (came,)

    def _accounts(self, step: ExpectStep) -> list[Any]:
        accounts = self._venue.state.accounts
        return [one for code, one in accounts.items() if step.account in ("", code)]

    def _working(self, step: ExpectStep) -> tuple[bool, str, tuple[str, ...]]:
        found = []
        for order in self._venue.state.orders.values():
            terms = order.terms
            entry = self._venue.instruments[terms.conId]
            if step.symbol and self._runner.instrument(step.symbol).conId != terms.conId:
                continue
            side = "BUY" if terms.side > 0 else "SELL"
            if step.side not in ("", side) or step.orderType not in ("", terms.orderType):
                continue
            left = size_decimal(order.remaining)
            of = f"client {order.clientId} #{order.orderId}"
            found.append(f"{side} {left:f} {entry.symbol} {terms.orderType} {order.status}  {of}")
        count = step.count or 0
        wanted = f"{count or 'no'} working order{'' if count == 1 else 's'}"
        return len(found) == count, wanted, _few(found)

    def _span(self, one: Pending) -> str:
        if one.deadline is None:
            return ""
        return f"  from {self.shown(one.since)} to {self.shown(one.deadline)}"

    def shown(self, time: Nanos) -> str:
        """An instant on the clock of the world, to the millisecond."""
        local = datetime.fromtimestamp(time // SECOND, ZoneInfo(self._runner.zone))
        return f"{local:%H:%M:%S}.{time // 1_000_000 % 1000:03d}"


def _comes(one: Pending) -> bool:
    """Whether an expectation may be fulfilled before its end."""
    step = one.step
    if step.what in ("order", "requests"):
        return step.count is None
    return step.what in ("position", "cash", "working", "report") and one.deadline is not None


def _same(said: str, wanted: str) -> bool:
    """Whether two values are one, as numbers where both are."""
    try:
        return Decimal(said.replace(",", "")) == Decimal(wanted.replace(",", ""))
    except ArithmeticError:
        return said.strip() == wanted.strip()


def _unlike(request: SeenRequest, fields: Sequence[tuple[str, str]]) -> list[str]:
    """Which fields of a request are not as wanted."""
    found = []
    for path, wanted in fields:
        try:
            value = request.field(path)
        except AttributeError:
            found.append(f"no field {path}")
            continue
        number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        if not (_same if number else str.__eq__)(shown_value(value), wanted):
            found.append(f"{path}={shown_value(value)}")
    return found


def shown_value(value: Any) -> str:
    """A field's value as a world writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return number_text(value) if isinstance(value, float | Decimal) else str(value)


def _few(came: list[str]) -> tuple[str, ...]:
    more = len(came) - SHOWN
    return (*came[:SHOWN], f"… and {more} more") if more > 0 else tuple(came)
