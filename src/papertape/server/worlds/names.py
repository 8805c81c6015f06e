"""The names of instruments in a world.

A share goes by its symbol of the moment, and by every other one that the world has given it or will
give it: expectations are taken at the beginning, and lines stand in any order of time. The symbol
of the moment goes first.
"""

from collections.abc import Iterable
from typing import Final

from ...errors import WorldError
from ...model import Contract
from ...venue.reference.instruments import Instrument, Instruments, Purpose
from ...venue.units import Nanos
from ...worlds.steps import PlacedStep, RenameStep, RuleStep

KINDS: Final = (
    "STK",
    "IND",
    "CRYPTO",
    "CMDTY",
    "FUT",
    "OPT",
    "FOP",
    "CASH",
    "CFD",
    "BOND",
    "FUND",
    "WAR",
)
"""Where a name is looked for, in this order."""
MOST_KEPT: Final = 10_000


class Names:
    """What the names in a world mean."""

    def __init__(self) -> None:
        self._found: dict[str, Instrument] = {}
        self._others: dict[str, int] = {}
        """Symbols that the world gives to shares, and those that they had, with their numbers."""
        self._of: object = None
        """The symbols at the time of ``_found``."""

    def expect(self, placed: Iterable[PlacedStep], instruments: Instruments, now: Nanos) -> None:
        """Know the symbols that steps will give. Of a share that there is not, nothing is known:
        its step fails when it comes."""
        for one in placed:
            if isinstance(one.step, RuleStep):
                self.expect(one.step.then, instruments, now)
            elif isinstance(one.step, RenameStep) and len(self._others) < MOST_KEPT:
                try:
                    con_id = self.instrument(one.step.symbol, instruments, now).conId
                except WorldError:
                    continue
                self._others.setdefault(one.step.symbol, con_id)
                self._others.setdefault(one.step.to, con_id)

    def instrument(self, name: str, instruments: Instruments, now: Nanos) -> Instrument:
        """The instrument of a name. Raises ``WorldError`` for one that there is not."""
        if self._of != instruments.symbols:
            self._of = instruments.symbols
            self._found.clear()
        found = self._found.get(name)
        if found is None:
            found = self._looked_up(name, instruments, now)
            if len(self._found) < MOST_KEPT:
                self._found[name] = found
        return found

    def _looked_up(self, name: str, instruments: Instruments, now: Nanos) -> Instrument:
        other = instruments.get(self._others.get(name, 0))
        if other is None:
            return named(instruments, name, now)
        return _american(instruments, name, now) or other


def named(instruments: Instruments, name: str, now: Nanos) -> Instrument:
    """The instrument of a name, as ``StepRunner.instrument`` says."""
    if name.isdigit():
        entry = instruments.get(int(name)) if len(name) < 12 else None
        if entry is not None:
            return entry
        raise WorldError("is the conId of no contract", found=name)
    base, point, currency = name.partition(".")
    if point and len(base) == len(currency) == 3:
        pair = instruments.pair(base, currency)
        if pair is not None:
            return pair
    american = _american(instruments, name, now)
    if american is not None:
        return american
    for kind in KINDS:
        wanted = Contract(localSymbol=name, secType=kind)
        found = instruments.match(wanted, Purpose.DETAILS, now)
        if isinstance(found, tuple):
            return found[0].instrument
    others = instruments.of(name)
    if others:
        return others[0]
    raise WorldError(
        "is the name of no contract", found=name,
        legal="a symbol, a pair such as EUR.USD, a local symbol, a conId, or a contract line first",
    )  # fmt: skip


def _american(instruments: Instruments, symbol: str, now: Nanos) -> Instrument | None:
    """The American stock of a symbol, or None."""
    wanted = Contract(symbol=symbol, secType="STK", exchange="SMART", currency="USD")
    found = instruments.match(wanted, Purpose.DETAILS, now)
    return found[0].instrument if isinstance(found, tuple) else None
