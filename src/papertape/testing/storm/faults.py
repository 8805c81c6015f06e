"""The faults of a storm: each is a record that renders itself as lines of a world.

All are what TWS may do: its documentation promises no order of callbacks, repeats orderStatus, and
lists the codes of lost links; the drills (docs/drills) cite public reports of each. A request that
disappears without a trace (``black-hole``) is left out: no program can be told apart by it.
Those of orders are in ``order_faults``.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from ...venue.units import SECOND, Nanos

MS: Final = SECOND // 1000
replace = msgspec.structs.replace


class StormFault(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the faults."""

    at: Nanos = 0
    """From the world's beginning."""

    def lines(self) -> tuple[str, ...]:
        """The lines of a world that say it."""
        raise NotImplementedError

    @property
    def lasts(self) -> Nanos:
        """How long the connection, the link or the data are away by it; 0 where nothing is."""
        return 0

    def simpler(self) -> Iterator["StormFault"]:
        """The same fault with rounder times, the simplest first."""
        for unit in (10 * SECOND, SECOND, SECOND // 10):
            rounded = (self.at + unit // 2) // unit * unit
            if rounded != self.at:
                yield replace(self, at=rounded)

    def __str__(self) -> str:
        return "; ".join(one.strip() for one in self.lines())


def span(time: Nanos) -> str:
    """A time as a world writes it: ``1.25s``, ``40ms``, ``2m``."""
    if time and time % (60 * SECOND) == 0:
        return f"{time // (60 * SECOND)}m"
    if time < SECOND and time % MS == 0:
        return f"{time // MS}ms"
    return f"{time // SECOND}.{time % SECOND:09d}".rstrip("0").rstrip(".") + "s"


def shorter(fault: StormFault, name: str, usual: Nanos) -> Iterator[StormFault]:
    """The fault with a usual duration."""
    if getattr(fault, name) != usual:
        yield replace(fault, **{name: usual})


class DrilledFault(StormFault, frozen=True, kw_only=True):
    """A fault that is a drill or an order of callbacks, from a moment on."""

    def said(self) -> str:
        """Verb and words."""
        raise NotImplementedError

    def lines(self) -> tuple[str, ...]:
        """One line."""
        return (f"+{span(self.at)} {self.said()}" if self.at else self.said(),)


class LateKind(DrilledFault, frozen=True, kw_only=True, tag=True):
    """Callbacks of one kind come later than the others."""

    kind: str
    by: Nanos

    def said(self) -> str:
        """``callbacks KIND late TIME``."""
        return f"callbacks {self.kind} late {span(self.by)}"

    def simpler(self) -> Iterator[StormFault]:
        """From the beginning, by a second."""
        if self.at:
            yield replace(self, at=0)
        yield from shorter(self, "by", SECOND)
        yield from super().simpler()


class TwiceKind(DrilledFault, frozen=True, kw_only=True, tag=True):
    """Callbacks of one kind come twice."""

    kind: str

    def said(self) -> str:
        """``callbacks KIND duplicate``."""
        return f"callbacks {self.kind} duplicate"

    def simpler(self) -> Iterator[StormFault]:
        """From the beginning."""
        if self.at:
            yield replace(self, at=0)
        yield from super().simpler()


class MixedCallbacks(DrilledFault, frozen=True, kw_only=True, tag=True):
    """Callbacks about orders change places."""

    number: int

    def said(self) -> str:
        """``callbacks reorder seed N``."""
        return f"callbacks reorder seed {self.number}"

    def simpler(self) -> Iterator[StormFault]:
        """From the beginning."""
        if self.at:
            yield replace(self, at=0)
        yield from super().simpler()


class FarmFault(DrilledFault, frozen=True, kw_only=True, tag=True):
    """A data farm breaks and returns; with the one of the quotes, lines stand still."""

    farm: str
    away: Nanos

    def said(self) -> str:
        """``drill farm-blip FARM ms=N``."""
        return f"drill farm-blip {self.farm} ms={self.away // MS}"

    @property
    def lasts(self) -> Nanos:
        """Until the farm is back."""
        return self.away

    def simpler(self) -> Iterator[StormFault]:
        """Three seconds."""
        yield from shorter(self, "away", 3 * SECOND)
        yield from super().simpler()


class LinkFault(StormFault, frozen=True, kw_only=True, tag=True):
    """1100, and after a while 1102, or 1101 with the market data lost."""

    away: Nanos
    data_lost: bool

    def lines(self) -> tuple[str, ...]:
        """One line with 1102, two with 1101."""
        if not self.data_lost:
            return (f"+{span(self.at)} drill link-lost ms={self.away // MS}",)
        back = span(self.at + self.away)
        return (
            f"+{span(self.at)} drill link-lost",
            f"+{back} drill link-restored data-lost",
        )

    @property
    def lasts(self) -> Nanos:
        """Until the link is back."""
        return self.away

    def simpler(self) -> Iterator[StormFault]:
        """Five seconds."""
        yield from shorter(self, "away", 5 * SECOND)
        yield from super().simpler()


class RestartFault(DrilledFault, frozen=True, kw_only=True, tag=True):
    """TWS restarts: 1100, every connection closed, the port refuses, TWS is back."""

    warn: Nanos
    down: Nanos

    def said(self) -> str:
        """``drill nightly-restart warn_ms=N down_ms=N``."""
        return f"drill nightly-restart warn_ms={self.warn // MS} down_ms={self.down // MS}"

    @property
    def lasts(self) -> Nanos:
        """Until TWS is back."""
        return self.warn + self.down

    def simpler(self) -> Iterator[StormFault]:
        """A second's warning, ten seconds."""
        yield from shorter(self, "down", 10 * SECOND)
        yield from shorter(self, "warn", SECOND)
        yield from super().simpler()


class CutFault(DrilledFault, frozen=True, kw_only=True, tag=True):
    """The connection is reset, or ends within a message."""

    how: str
    """``reset`` or ``half-frame``."""

    def said(self) -> str:
        """``drill reset``."""
        return f"drill {self.how}"

    @property
    def lasts(self) -> Nanos:
        """The program comes back as soon as it wants."""
        return SECOND

    def simpler(self) -> Iterator[StormFault]:
        """A reset."""
        if self.how != "reset":
            yield replace(self, how="reset")
        yield from super().simpler()


class HungFault(DrilledFault, frozen=True, kw_only=True, tag=True):
    """Half-open sockets: TWS hangs, and then handles all that was sent."""

    away: Nanos

    def said(self) -> str:
        """``drill freeze seconds=N``."""
        return f"drill freeze seconds={self.away / SECOND:g}"

    @property
    def lasts(self) -> Nanos:
        """Until TWS goes on."""
        return self.away

    def simpler(self) -> Iterator[StormFault]:
        """Ten seconds."""
        yield from shorter(self, "away", 10 * SECOND)
        yield from super().simpler()


class OtherLogin(DrilledFault, frozen=True, kw_only=True, tag=True):
    """Another login takes the market data: every line ends with 10197."""

    away: Nanos

    def said(self) -> str:
        """``drill competing-session ms=N``."""
        return f"drill competing-session ms={self.away // MS}"

    @property
    def lasts(self) -> Nanos:
        """Until the other login ends."""
        return self.away

    def simpler(self) -> Iterator[StormFault]:
        """Ten seconds."""
        yield from shorter(self, "away", 10 * SECOND)
        yield from super().simpler()


class HeldClientId(DrilledFault, frozen=True, kw_only=True, tag=True):
    """The client id of the next session that ends stays in use: 326."""

    away: Nanos

    def said(self) -> str:
        """``drill stale-client-id seconds=N``."""
        return f"drill stale-client-id seconds={self.away / SECOND:g}"

    def simpler(self) -> Iterator[StormFault]:
        """From the beginning, ten seconds."""
        if self.at:
            yield replace(self, at=0)
        yield from shorter(self, "away", 10 * SECOND)
        yield from super().simpler()


class LateReady(DrilledFault, frozen=True, kw_only=True, tag=True):
    """nextValidId comes late, and requests before it are lost."""

    by: Nanos

    def said(self) -> str:
        """``drill drop-before-ready ms=N``."""
        return f"drill drop-before-ready ms={self.by // MS}"

    def simpler(self) -> Iterator[StormFault]:
        """From the beginning, by a second."""
        if self.at:
            yield replace(self, at=0)
        yield from shorter(self, "by", SECOND)
        yield from super().simpler()


class SlowLine(DrilledFault, frozen=True, kw_only=True, tag=True):
    """Answers arrive a few bytes at a time."""

    rate: int
    away: Nanos

    def said(self) -> str:
        """``drill slow-drip N seconds=N``."""
        return f"drill slow-drip {self.rate} seconds={self.away / SECOND:g}"

    @property
    def lasts(self) -> Nanos:
        """While it is slow."""
        return self.away
