"""The settings of a client's connection, each with the reason for its default."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ..errors import SettingsError

READY = ("managedAccounts", "nextValidId")
"""What TWS sends to every client that it has accepted."""
FETCHES = ("openOrders", "executions", "positions", "account")
"""What ``connect`` can fetch in addition."""


class Backoff(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait before each attempt to connect again.

    The wait grows from ``first_s`` by ``factor`` up to ``longest_s``. A random share of up to
    ``jitter`` is subtracted, so that many programs do not reconnect at the same instant.
    ``attempts`` limits their number; None does not, as a nightly restart may take an hour.
    """

    first_s: float = 0.5
    factor: float = 2.0
    longest_s: float = 60.0
    jitter: float = 0.5
    attempts: int | None = None

    def __post_init__(self) -> None:
        """Raises ``SettingsError`` for a value out of range."""
        _between("first_s", self.first_s, 0.0, 86_400.0)
        _between("factor", self.factor, 1.0, 100.0)
        _between("longest_s", self.longest_s, self.first_s, 86_400.0)
        _between("jitter", self.jitter, 0.0, 1.0)

    def delay(self, attempt: int, chance: float) -> float:
        """Seconds before attempt number ``attempt``, counted from 0; ``chance`` is in 0..1."""
        # 64 doublings are more than any limit; a larger power would overflow one day.
        whole = min(self.longest_s, self.first_s * self.factor ** min(attempt, 64))
        return whole * (1.0 - self.jitter * chance)


class ClientSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of a connection; times are seconds. Raises ``SettingsError``."""

    reconnect: Backoff | None = None
    """How to reconnect when the connection is lost; None: the session ends instead."""
    heartbeat_s: float | None = 10.0
    """Silence after which the client sends reqCurrentTime; after two without an answer it takes the
    link for dead. At least 5: TWS does not answer more often. None: never send it."""
    max_rate: int | None = 40
    """Messages per second. TWS allows half its market data lines, 50 by default, and warns at nine
    tenths of that. None: no limit."""
    retries: int = 2
    """How often a request that changes nothing is repeated within its deadline."""
    stale_after_s: float | None = None
    """Silence after which a market data stream is stale and requested again. None: never, since a
    quiet instrument is not a failure."""
    resume_s: float = 15.0
    """How long data may take to resume after the server has reported that they are available."""
    orders_during_outage: bool = False
    """Whether orders may be sent while TWS has no link to its servers. TWS may hold them back and
    transmit them at a time you no longer expect."""
    codes: Mapping[int, Mapping[str, Any]] = {}
    """Changes to the code table, see ``CodeTable.with_overrides``."""
    fetch: tuple[str, ...] = ()
    """What ``connect`` fetches in addition: names in ``FETCHES``."""
    require: tuple[str, ...] = READY
    """What ``connect`` raises without. Anything else that is missing is only in the report."""

    def __post_init__(self) -> None:
        """Raises ``SettingsError`` for a value out of range."""
        if self.heartbeat_s is not None:
            _between("heartbeat_s", self.heartbeat_s, 5.0, 3600.0)
        if self.max_rate is not None:
            _between("max_rate", self.max_rate, 1, 100_000)
        _between("retries", self.retries, 0, 20)
        if self.stale_after_s is not None:
            _between("stale_after_s", self.stale_after_s, 1.0, 86_400.0)
        _between("resume_s", self.resume_s, 1.0, 3600.0)
        _among("fetch", self.fetch, FETCHES)
        _among("require", self.require, READY + FETCHES)


def _between(name: str, found: float, lowest: float, highest: float) -> None:
    if not lowest <= found <= highest:
        raise SettingsError(f"must be {lowest:g} to {highest:g}", setting=name, found=found)


def _among(name: str, found: tuple[str, ...], known: tuple[str, ...]) -> None:
    for one in found:
        if one not in known:
            raise SettingsError(f"must be of {', '.join(known)}", setting=name, found=one)
