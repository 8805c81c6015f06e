"""Plays a world on a station: carries out its steps at their moments, decides what is expected.

Sans-IO: the station's schedule calls it. It acts through the step runner's commands, and learns
of orders from the venue's facts.
"""

import heapq
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec

from ...errors import SettingsError, WorldError
from ...venue.engine import Happened
from ...venue.facts import (
    ActDone,
    CombinationFilled,
    DayBegan,
    OrderFilled,
    OrderPlaced,
    OrderReceived,
    RuleMatched,
    RuleSet,
)
from ...venue.script import ActOnOrder, SetRule
from ...venue.units import Nanos
from ...worlds.steps import (
    FOUNDING,
    ActStep,
    ChainStep,
    ContractStep,
    CorrectionStep,
    EndStep,
    ExpectStep,
    PlacedStep,
    RuleStep,
    StartStep,
    World,
    WorldStep,
)
from ..timing import Wakeup
from .correcting import Correcting
from .expecting import Expecting, WorldOutcome
from .seen import Seen
from .step_runner import StepRunner, WorldTarget
from .wrongs import locate

log = logging.getLogger("papertape.station")
replace = msgspec.structs.replace
MOST_STEPS: Final = 50_000
"""Steps that wait."""
MOST_OUTCOMES: Final = 20_000


class WorldPlayer:
    """A station's world."""

    def __init__(self, tws: WorldTarget) -> None:
        self._tws = tws
        self.runner = StepRunner(tws)
        self.seen = Seen(tws.timing, tws.venue)
        self.seen.told.append(self.look)
        self.expecting = Expecting(tws.venue, self.seen, self.runner)
        self.began: Nanos = 0
        """When the moments of the world begin to count."""
        self.outcomes: list[WorldOutcome] = []
        """What has been decided, and the steps that could not be carried out."""
        self.orders: dict[str, int] = {}
        """The permIds of the orders that have a name."""
        self.over = False
        """Whether the world has ended."""
        self._settles: Nanos | None = None
        """When what was done last takes effect."""
        self._agenda: list[tuple[Nanos, int, PlacedStep]] = []
        self._count = 0
        self._rules: dict[int, RuleStep] = {}
        """Rules as they were said, by the number that the venue gave them."""
        self._setting: RuleStep | None = None
        self._names: dict[int, RuleStep] = {}
        """permId -> the rule of the order."""
        self.late: dict[int, Nanos] = {}
        self._correcting = Correcting(self.orders.get, self._wait_for)
        tws.link.hear(self._ruled, RuleSet)
        tws.link.hear(self._matched, RuleMatched)
        tws.link.hear(self._acted, ActDone)
        tws.link.hear(self._correcting.day_began, DayBegan)
        tws.link.hear(self._correcting.filled, OrderFilled, CombinationFilled)
        self.alarm = Wakeup(self._next_due, self.step)

    # -- what is played ---------------------------------------------------------------------------

    def load(self, world: World, *, founded: bool = False) -> None:
        """Begin a world now; its steps without a moment are carried out at once.

        ``founded``: the station was made for it, so what founds it has been done. Raises
        ``WorldError`` with the line of the first step that cannot be; those before it are done.
        """
        self.began = self._tws.timing.now
        self.over = False
        self._correcting.begin()
        self.expecting.reports.clear()
        self.runner.expect(world.steps)
        for one in world.steps:
            if isinstance(one.step, StartStep):
                self.runner.zone = zone_of(one.step) or self.runner.zone
            if not (founded and isinstance(one.step, (*FOUNDING, ContractStep, ChainStep))):
                self.place(one)

    def place(self, one: PlacedStep) -> None:
        """Take one more step: at its moment, or at once. Raises ``WorldError``."""
        if isinstance(one.step, ExpectStep):
            with located(one):
                self.expecting.add(one, self.began, self._tws.timing.now)
        elif one.after is None:
            self.carry_out(one)
        else:
            self._wait(self.began + one.after, one)
        self.alarm.changed()

    def place_all(self, placed: Sequence[PlacedStep]) -> None:
        """Take more steps, in order. Raises ``WorldError``; those before it are done."""
        self.runner.expect(placed)
        for one in placed:
            self.place(one)

    def carry_out(self, one: PlacedStep) -> None:
        """Carry out a step now. Raises ``WorldError`` with its line."""
        with located(one):
            if isinstance(one.step, CorrectionStep):
                self._correcting.asked(one, self._tws.timing.now, self._correct)
            else:
                self._do(one.step)

    def _correct(self, step: CorrectionStep, execution: int) -> None:
        self.runner.play(self.runner.correction(step, execution))

    def report(self, name: str, value: str) -> None:
        """Take what a program says that it knows, for ``expect report``. Raises ``WorldError``."""
        self.expecting.report(name, value)
        self.look()

    def holds(self, one: PlacedStep) -> bool:
        """Whether what a line expects is so now; nothing is decided. Raises ``WorldError``."""
        with located(one):
            return self.expecting.holds(one, self.began, self._tws.timing.now)

    def finish(self) -> list[WorldOutcome]:
        """End the world: decide what is left; return all that was decided."""
        if not self.over:
            self._take(self.expecting.decide(self._tws.timing.now, at_end=True))
            for one in self._correcting.unmet:
                self._fail(one, WorldError("the execution that it corrects has not come"))
            self.over = True
            self._agenda.clear()
            self.alarm.changed()
        return self.outcomes

    @property
    def failures(self) -> list[WorldOutcome]:
        """What has failed so far."""
        return [one for one in self.outcomes if not one.passed]

    @property
    def waits(self) -> bool:
        """Whether a step or a deadline is still to come."""
        return self._next_due() is not None

    # -- the clock --------------------------------------------------------------------------------

    def _next_due(self) -> Nanos | None:
        if self.over:
            return None
        dues = [self._agenda[0][0]] if self._agenda else []
        if self._settles is not None:
            dues.append(self._settles)
        deadline = self.expecting.next_due()
        return min([*dues, *([] if deadline is None else [deadline])], default=None)

    def step(self, now: Nanos) -> None:
        """Carry out what is due, in order of time."""
        if self._settles is not None and self._settles <= now:
            self._settles = None
        while self._agenda and self._agenda[0][0] <= now and not self.over:
            _, _, one = heapq.heappop(self._agenda)
            self._settles = now + 1
            if isinstance(one.step, EndStep):
                self.finish()
                break
            try:
                self.carry_out(one)
            except WorldError as error:
                self._fail(one, error)
        self.look()

    def _wait_for(self, at: Nanos, one: PlacedStep) -> None:
        """Let a step come later that a fact of the venue asks for: nobody may be told an error."""
        try:
            self._wait(at, one)
        except WorldError as error:
            self._fail(one, error)
        self.alarm.changed()

    def _wait(self, at: Nanos, one: PlacedStep) -> None:
        if len(self._agenda) >= MOST_STEPS:
            raise WorldError(f"{MOST_STEPS} steps wait, which is the most")
        self._count += 1
        heapq.heappush(self._agenda, (at, self._count, one))

    def look(self, _: object = None) -> None:
        """Decide what can be decided, once something has happened."""
        if self.expecting.pending and not self.over:
            self._take(self.expecting.decide(self._tws.timing.now))

    def _take(self, outcomes: Iterable[WorldOutcome]) -> None:
        for one in outcomes:
            if len(self.outcomes) < MOST_OUTCOMES:
                self.outcomes.append(one)
            self.alarm.changed()

    def _fail(self, one: PlacedStep, error: WorldError) -> None:
        log.warning("the world: %s", error)
        text = one.text or type(one.step).__name__
        now = self._tws.timing.now
        self._take(
            [WorldOutcome(text, False, now, one.line, "the step is carried out", (str(error),))]
        )

    # -- steps ------------------------------------------------------------------------------------

    def _do(self, step: WorldStep) -> None:
        match step:
            case RuleStep():
                self._setting = step
                try:
                    self.runner.play(SetRule(self.runner.rule(step)))
                finally:
                    self._setting = None
            case ActStep():
                perm_id = self.orders.get(step.name)
                if perm_id is None:
                    if step.if_working:
                        return
                    known = ", ".join(self.orders) or "none has come"
                    raise WorldError("is no order that has come", found=step.name, legal=known)
                self.runner.play(ActOnOrder(perm_id, self.runner.act(step)))
            case StartStep() | ContractStep() | ChainStep() | EndStep():
                raise WorldError(NOT_WHILE_IT_RUNS.format(verb=step.__struct_config__.tag))
            case _ if isinstance(step, FOUNDING):
                raise WorldError(NOT_WHILE_IT_RUNS.format(verb=step.__struct_config__.tag))
            case _:
                self.runner.carry_out(step)

    # -- what the venue tells ---------------------------------------------------------------------

    def _ruled(self, one: Happened) -> None:
        assert isinstance(one.fact, RuleSet)
        if self._setting is not None:
            self._rules[one.fact.number] = self._setting

    def _arrived(self, one: Happened) -> None:
        """An order has come to the broker, which may be one that is told of late."""
        order = one.order
        late = None if order is None else self.late.pop(order.permId, None)
        if order is not None and late is not None:
            text = f"late-order {order.orderId} client={order.clientId} ms={late / 1e6:.12g}"
            try:
                self._tws.drills.begin(text)
            except SettingsError as error:  # a fact is heard: nobody may be told an error
                wanted, came = "the order's client hears of it later", (str(error),)
                self._take([WorldOutcome(text, False, one.time, 0, wanted, came)])

    def _acted(self, one: Happened) -> None:
        assert isinstance(one.fact, ActDone)
        if one.fact.problem:
            rule = self._names.get(one.fact.permId)
            name = rule.name if rule else ""
            text = f"an act on the order {name}".rstrip()
            came = (one.fact.problem,)
            self._take([WorldOutcome(text, False, one.time, 0, "the act is carried out", came)])

    def _matched(self, one: Happened) -> None:
        fact, now = one.fact, one.time
        assert isinstance(fact, RuleMatched)
        rule = self._rules.get(fact.number)
        if rule is None:
            return
        if not rule.every:
            del self._rules[fact.number]
        self._names[fact.permId] = rule
        if rule.name:
            self.orders[rule.name] = fact.permId
        if rule.late:
            self.late[fact.permId] = rule.late
            self._tws.link.hear(self._arrived, OrderPlaced, OrderReceived)
        for placed in rule.then:
            self._wait_for(now + (placed.after or 0), placed)


NOT_WHILE_IT_RUNS: Final = (
    "{verb} founds a station: give the whole world to `papertape serve --world`, `papertape world "
    "run`, or to tws.play before a program connects"
)


@contextmanager
def located(one: PlacedStep) -> Iterator[None]:
    """Give a ``WorldError`` the line of a step."""
    try:
        yield
    except WorldError as error:
        locate(error, one)
        raise


def zone_of(step: StartStep) -> str:
    """The zone that a start names; "" for none."""
    return step.text.split(None, 2)[2] if len(step.text.split(None, 2)) > 2 else ""
