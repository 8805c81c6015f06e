"""How orders meet the market at present: the rule that fills them, and their times on the way.

What a world or the control API said last counts, otherwise the profile.
"""

from typing import Protocol

from ..market.noise import mix
from ..script import INSTANT, QUEUE, MatchingRules, Script
from ..units import RATE_SCALE, Nanos
from .profile import Profile


class MatchedState(Protocol):
    """The part of the state that says how orders meet the market."""

    script: Script


class PresentRules:
    """The rules of this instant, as plain values: every order looks at them."""

    def __init__(self, state: MatchedState, profile: Profile) -> None:
        self._script = state.script
        self._usual = profile.matching
        self._seed = profile.seed
        self.refresh()

    def refresh(self) -> None:
        """Look at the state again, whose rules have changed."""
        self.rules: MatchingRules = self._script.matching or self._usual
        self.queues = self.rules.fill_rule == QUEUE
        """Whether resting orders stand in queues."""
        self.is_instant = self.rules.fill_rule == INSTANT
        """Whether orders fill as soon as they work."""
        self.travels = self.rules.acknowledged > 0
        """Whether an order is on its way to the broker."""
        self.routes = self.rules.routed > 0
        """Whether an order is on its way to its exchange."""

    def acknowledged(self, number: int) -> Nanos:
        """Return how long a request is on its way to the broker; ``number`` is its own."""
        return self._drawn(self.rules.acknowledged, 1, number)

    def routed(self, number: int) -> Nanos:
        """Return how long an order is on its way to its exchange; ``number`` is its own."""
        return self._drawn(self.rules.routed, 2, number)

    def chance(self, number: int, place: int) -> int:
        """Return a number that is drawn for an order, and a place in it."""
        return mix(self._seed, 3, number, place)

    def _drawn(self, latency: Nanos, kind: int, number: int) -> Nanos:
        """Return a time between ``1 - spread`` and ``1 + spread`` of a latency."""
        width = latency * self.rules.spread // RATE_SCALE
        if not width:
            return latency
        return latency - width + mix(self._seed, kind, number) % (2 * width + 1)
