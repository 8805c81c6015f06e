"""Draws the faults of a seed: the same seed over the same ground gives the same faults.

The ground is what the control run showed: how long the program is active, when it does something,
which orders it sends. Half of the moments are near something that the program did.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

import msgspec

from ...venue.units import SECOND, Nanos
from . import faults, order_faults

MS: Final = SECOND // 1000
MOST_FAULTS: Final = 10
FEWEST_FAULTS: Final = 2
LATEST: Final = 0.66
"""No fault begins after this part of the span: what follows shows whether the program recovers."""
BETWEEN: Final[Nanos] = 5 * SECOND
"""From the end of an outage to the beginning of the next."""
ONCE: Final = (faults.LateReady, faults.HeldClientId)
"""Two of these would act on the same beginning of a session."""
CUT_BETWEEN: Final = 0.5
"""How often the connection ends between the fills of an order that fills in parts."""
LONGEST_REST: Final[Nanos] = 60 * SECOND
"""How long what is left of it may take then."""
PATIENT: Final = 0.7
"""How often the last part of an order comes when its program may have done something else."""
SCHEMED: Final = 0.75
"""How often a seed has a scheme (``SCHEMES``) besides its other faults."""
FARMS: Final = ("usfarm", "ushmds", "secdefnj")


RESTING: Final = 0.75
"""How often an order that rests, where there is one, fills in part first."""
ASIDE: Final = ("aside", "rests", "schemes", "limits")


class GroundOrder(msgspec.Struct, frozen=True):
    """An order of the control run."""

    side: str
    symbol: str
    orderType: str
    quantity: int
    quick: bool
    """Whether it filled at once, so that another way of filling is no wonder."""
    closed: Nanos = 0
    """How long after it one of the other side was sent that filled at once; 0: none was."""
    closer: str = ""
    """The type of that one."""
    rested: Nanos = 0
    """How long a limit order rested before it filled; 0: it did not rest, or never filled."""


class StormGround(msgspec.Struct, frozen=True):
    """Where faults can fall."""

    span: Nanos
    """How long the program is active."""
    moments: tuple[Nanos, ...] = ()
    """When it did something."""
    orders: tuple[GroundOrder, ...] = ()


def draw(seed: int, ground: StormGround) -> tuple[faults.StormFault, ...]:
    """The faults of a seed, in the order of their moments."""
    random = Random(f"storm {seed}")
    hand = _Hand(random, *(Random(f"storm {name} {seed}") for name in ASIDE), ground=ground)
    count = random.randint(FEWEST_FAULTS, MOST_FAULTS - 1)
    kinds = random.choices(list(KINDS), weights=list(KINDS.values()), k=count)
    drawn = [found for kind in kinds if (found := kind(hand)) is not None]
    schemes = hand.schemes
    if schemes.random() < SCHEMED and (found := schemes.choice(SCHEMES)(hand)) is not None:
        drawn.insert(0, found)  # its rules go first
    if hand.limits.random() < RESTING and (found := _resting(hand)) is not None:
        drawn.insert(0, found)
    return _apart(drawn, ground)


class _Hand:
    """Draws moments and times."""

    def __init__(
        self, random: Random, aside: Random, rests: Random, schemes: Random, limits: Random,
        *, ground: StormGround,
    ) -> None:  # fmt: skip
        """All but the first draw variants, so that the other faults of a seed stay as they are."""
        self.random = random
        self.aside = aside
        self.rests = rests
        self.schemes = schemes
        self.limits = limits
        self.ground = ground

    def moment(self) -> Nanos:
        """Near something that the program did, or anywhere."""
        latest = int(self.ground.span * LATEST)
        at = self.random.randrange(max(latest, 1))
        if self.ground.moments and self.random.random() < 0.5:
            at = self.random.choice(self.ground.moments) + self.time(-2000, 3000)
        return max(min(at, latest), 0) // (10 * MS) * (10 * MS)

    def time(self, least_ms: int, most_ms: int, random: Random | None = None) -> Nanos:
        """A time between two, short ones as often as long ones."""
        random = random or self.random
        if least_ms <= 0:
            return random.randint(least_ms, most_ms) * MS
        ratio: float = (most_ms / least_ms) ** random.random()
        drawn = round(least_ms * ratio)
        unit = 10 if drawn >= 100 else 1
        return drawn // unit * unit * MS

    def order(self, *, quick: bool) -> GroundOrder | None:
        """One of the orders of the control run."""
        fitting = [one for one in self.ground.orders if one.quick or not quick]
        return self.random.choice(fitting) if fitting else None


def _apart(
    drawn: Sequence[faults.StormFault], ground: StormGround
) -> tuple[faults.StormFault, ...]:
    """The faults in order, outages behind each other; one that no longer fits is left out."""
    kept: list[faults.StormFault] = []
    free: Nanos = 0
    for one in sorted(drawn, key=lambda one: one.at):
        if isinstance(one, ONCE) and any(type(other) is type(one) for other in kept):
            continue
        if one.lasts:
            if one.at < free:
                one = faults.replace(one, at=free)
            if one.at > ground.span * LATEST:
                continue
            free = one.at + one.lasts + BETWEEN
        if one not in kept:
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: one.at))


def _late(hand: _Hand) -> faults.StormFault:
    kinds = ("orderStatus", "execDetails", "openOrder", "commissionReport")
    kind = hand.random.choice(kinds)
    return faults.LateKind(kind=kind, by=hand.time(20, 4000), at=_begin(hand))


def _twice(hand: _Hand) -> faults.StormFault:
    kind = hand.random.choice(("orderStatus", "orderStatus", "openOrder"))
    return faults.TwiceKind(kind=kind, at=_begin(hand))


def _mixed(hand: _Hand) -> faults.StormFault:
    return faults.MixedCallbacks(number=hand.random.randint(1, 999), at=_begin(hand))


def _begin(hand: _Hand) -> Nanos:
    """From the beginning, or from a moment on."""
    return 0 if hand.random.random() < 0.5 else hand.moment()


def _farm(hand: _Hand) -> faults.StormFault:
    farm = hand.random.choice(FARMS)
    return faults.FarmFault(farm=farm, away=hand.time(500, 30_000), at=hand.moment())


def _link(hand: _Hand) -> faults.StormFault:
    lost = hand.random.random() < 0.5
    return faults.LinkFault(away=hand.time(500, 30_000), data_lost=lost, at=_later(hand))


def _restart(hand: _Hand) -> faults.StormFault:
    warn, down = hand.time(10, 2000), hand.time(1000, 30_000)
    return faults.RestartFault(warn=warn, down=down, at=hand.moment())


def _cut(hand: _Hand) -> faults.StormFault:
    how = hand.random.choice(("reset", "reset", "half-frame"))
    return faults.CutFault(how=how, at=_later(hand))


def _hung(hand: _Hand) -> faults.StormFault:
    return faults.HungFault(away=hand.time(1000, 30_000), at=hand.moment())


def _login(hand: _Hand) -> faults.StormFault:
    return faults.OtherLogin(away=hand.time(1000, 20_000), at=hand.moment())


def _held(hand: _Hand) -> faults.StormFault:
    return faults.HeldClientId(away=hand.time(1000, 20_000), at=_begin(hand))


def _ready(hand: _Hand) -> faults.StormFault:
    return faults.LateReady(by=hand.time(50, 3000), at=_begin(hand))


def _slow(hand: _Hand) -> faults.StormFault:
    rate = hand.random.choice((500, 1000, 4000))
    return faults.SlowLine(rate=rate, away=hand.time(1000, 10_000), at=hand.moment())


def _later(hand: _Hand) -> Nanos:
    """A moment at which there is something to lose."""
    return max(hand.moment(), 10 * MS)


def _lost(hand: _Hand) -> faults.StormFault | None:
    if not hand.ground.orders:
        return None
    number = hand.random.randint(1, len(hand.ground.orders))
    seen = hand.random.random() < 0.7
    return order_faults.LostAnswer(number=number, by=hand.time(1, 400), seen=seen)


def _parts(hand: _Hand) -> faults.StormFault | None:
    order = hand.order(quick=True)
    if order is None or order.quantity < 2:
        return None
    left, after, parts = order.quantity, 0, []
    for _ in range(hand.random.randint(1, 3)):
        if left < 2:
            break
        size = hand.random.randint(1, left - 1)
        left -= size
        after += hand.time(10, 2000)
        parts.append((after, size))
    rest = after + hand.time(10, 4000)
    if hand.rests.random() < PATIENT:
        rest = after + hand.rests.randint(400, _longest(hand) // (10 * MS)) * 10 * MS
    if hand.aside.random() < CUT_BETWEEN:
        by = hand.time(11, 2000, hand.aside)
        return order_faults.CutBetweenFills(
            side=order.side, symbol=order.symbol, orderType=order.orderType, part=parts[0][1],
            by=by, rest=by + hand.time(1000, _longest(hand) // MS, hand.aside),
        )  # fmt: skip
    return order_faults.FilledInParts(
        side=order.side, symbol=order.symbol, orderType=order.orderType, parts=tuple(parts),
        rest=rest,
    )  # fmt: skip


def _longest(hand: _Hand) -> Nanos:
    """How long the last part of an order may take: as long as the program does something."""
    return max(min(LONGEST_REST, hand.ground.span), 5 * SECOND)


def _heard(hand: _Hand) -> faults.StormFault | None:
    order = hand.order(quick=True)
    if order is None:
        return None
    return order_faults.HeardLate(
        side=order.side, symbol=order.symbol, orderType=order.orderType, by=hand.time(100, 6000)
    )


def _unheard(hand: _Hand) -> faults.StormFault | None:
    order = hand.order(quick=True)
    if order is None:
        return None
    return order_faults.AnswerLost(
        side=order.side, symbol=order.symbol, orderType=order.orderType, by=hand.time(11, 900)
    )


def _refused(hand: _Hand) -> faults.StormFault | None:
    order = hand.order(quick=False)
    if order is None:
        return None
    return order_faults.OrderRefused(
        side=order.side, symbol=order.symbol, orderType=order.orderType
    )


KINDS: Final[dict[Callable[[_Hand], faults.StormFault | None], int]] = {
    _late: 3, _twice: 3, _mixed: 3, _farm: 2, _link: 4, _restart: 2, _cut: 3, _hung: 2, _login: 1,
    _held: 1, _ready: 1, _slow: 1, _lost: 2, _parts: 3, _heard: 2, _unheard: 3, _refused: 1,
}  # fmt: skip
"""How each kind is drawn, and how often beside the others."""


# -- schemes: faults that go together against one mistake -----------------------------------------


def _asked_late(hand: _Hand) -> faults.StormFault | None:
    """An acknowledgement is lost, and what is asked about it is answered so late that a program
    which does not wait has done the next thing."""
    if not hand.ground.orders:
        return None
    number = hand.schemes.randrange(len(hand.ground.orders))
    order = hand.ground.orders[number]
    answers = hand.time(400, 8000, hand.schemes)
    if not order.quick or hand.schemes.random() < 0.3:
        by = hand.time(1, 400, hand.schemes)
        return order_faults.LostAnswer(number=number + 1, by=by, seen=True, answers=answers)
    return order_faults.AnswerLost(
        side=order.side, symbol=order.symbol, orderType=order.orderType,
        by=hand.time(11, 900, hand.schemes), answers=answers,
    )  # fmt: skip


def _after_close(hand: _Hand) -> faults.StormFault | None:
    """A part of an order fills, and the rest when a program that takes the part for the whole has
    closed it again."""
    fitting = [one for one in hand.ground.orders if one.quick and one.closed and one.quantity > 1]
    if not fitting:
        return None
    order = hand.schemes.choice(fitting)
    more = min(max(hand.ground.span - order.closed, 5 * SECOND), LONGEST_REST)
    return order_faults.RestAfterClose(
        side=order.side, symbol=order.symbol, orderType=order.orderType, closer=order.closer,
        part=hand.schemes.randint(1, order.quantity - 1), after=hand.time(10, 1000, hand.schemes),
        behind=hand.time(400, 4000, hand.schemes),
        rest=(order.closed + more) // (10 * MS) * 10 * MS,
    )  # fmt: skip


def _resting(hand: _Hand) -> faults.StormFault | None:
    """An order that rests fills in part, and the rest later. A rule takes the next order that fits,
    so it is one that is the first of its side, symbol and type."""
    first: dict[tuple[str, str, str], GroundOrder] = {}
    for one in hand.ground.orders:
        first.setdefault((one.side, one.symbol, one.orderType), one)
    fitting = [one for one in first.values() if one.rested and one.quantity > 1]
    if not fitting:
        return None
    order = hand.limits.choice(fitting)
    return order_faults.RestingInParts(
        side=order.side, symbol=order.symbol, orderType=order.orderType,
        part=hand.limits.randint(1, order.quantity - 1), after=order.rested // MS * MS,
        rest=hand.time(100, 20_000, hand.limits),
    )  # fmt: skip


SCHEMES: Final = (_asked_late, _after_close)
"""Seldom drawn by chance: each needs several things at their moments."""
