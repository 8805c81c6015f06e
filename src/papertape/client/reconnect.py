"""Decides when to attempt to reconnect."""

from collections.abc import Callable

from .settings import Backoff


class Redial:
    """The attempts since the connection was lost."""

    def __init__(self, backoff: Backoff | None, chance: Callable[[], float]) -> None:
        self.backoff = backoff
        self._chance = chance
        self._attempts = 0
        self.at: float | None = None
        """When the next attempt is due."""

    def plan(self, now: float) -> bool:
        """Schedule the next attempt; False when none is left or reconnecting is off."""
        backoff = self.backoff
        if backoff is None:
            return False
        if backoff.attempts is not None and self._attempts >= backoff.attempts:
            return False
        self.at = now + backoff.delay(self._attempts, self._chance())
        self._attempts += 1
        return True

    def due(self, now: float) -> bool:
        """Whether to connect now. True once for each attempt."""
        if self.at is None or now < self.at:
            return False
        self.at = None
        return True

    def succeeded(self) -> None:
        """Reset the attempts, because the session is ready."""
        self._attempts, self.at = 0, None

    def stop(self) -> None:
        """Make no more attempts."""
        self.at = None
