"""Contracts that a user adds while a station runs.

They are stored beside the journal and are there again at the next start, before any entry of it is
read. What a contract may be, and which number it gets, is as in a market folder
(``venue.reference.custom``); a contract has a synthetic tape when its description has a price.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from ..venue.reference.custom import Wrong, made, unfounded, unnumbered
from ..venue.reference.instruments import Instruments
from ..venue.reference.own_numbers import identity_of, numbered
from ..venue.reference.securities import Instrument, last_day

MOST_OWN: Final = 10_000
"""Contracts that may be added to a station."""
Described = Mapping[str, str]

log = logging.getLogger("papertape.station")


class ContractRefused(ValueError):
    """A description that cannot be used; the text says which, and what is wrong with it."""


class OwnContracts:
    """The contracts that a user has added to a station."""

    def __init__(
        self,
        instruments: Instruments,
        kept: Iterable[Described],
        keep: Callable[[list[dict[str, str]]], None],
    ) -> None:
        """``instruments`` gets those of ``kept`` at once; ``keep`` stores all."""
        self._instruments = instruments
        self._keep = keep
        self._described: list[dict[str, str]] = []
        self._entries: list[Instrument] = []
        self.watch: Callable[[], object] = lambda: None
        """Called when there are more."""
        for described in kept:
            try:
                entry = made(described)
            except Wrong as wrong:
                symbol = described.get("symbol", "")
                log.warning("the contract %s is left out, %s: %s", symbol, wrong.field, wrong)
                continue
            other = instruments.get(entry.conId)
            if other is None:  # else the market folder has it now
                instruments.hold(entry)
            elif identity_of(other) != identity_of(entry):
                log.warning(
                    "the contract %s is left out: its conId %d is %s's now",
                    entry.symbol, entry.conId, other.symbol,
                )  # fmt: skip
                continue
            self._take(described, entry)

    def listed(self) -> tuple[Instrument, ...]:
        """Those that were added, in order."""
        return tuple(self._entries)

    def add(self, described: Sequence[Described], today: int = 0) -> tuple[Instrument, ...]:
        """Add contracts, all of them or none, and store them. ``today`` is the market's day, 0 to
        take those too whose last day is over.

        One that was not given a number is stored with the one that it gets.

        Raises ``ContractRefused`` for the first description that is no good, for a contract that
        has ended, which nobody would find, for a number that a contract has already, and beyond
        10,000; and ``JournalError`` when they cannot be stored.
        """
        if len(self._entries) + len(described) > MOST_OWN:
            raise ContractRefused(f"a station takes {MOST_OWN} contracts of its user")
        found: dict[int, Instrument] = {}

        def known(number: int) -> Instrument | None:
            return found.get(number) or self._instruments.get(number)

        for place, one in enumerate(described, 1):
            try:
                entry = unnumbered(one)
            except Wrong as wrong:
                raise ContractRefused(f"contract {place}, {wrong.field}: {wrong}") from None
            last = last_day(entry)
            if 0 < last < today:
                ended = date.fromordinal(last)
                raise ContractRefused(
                    f"contract {place}, lastTradeDate: {entry.symbol} ended on {ended}, before the"
                    f" market's day, {date.fromordinal(today)}"
                )
            if not entry.conId:
                entry = numbered(entry, known)
            other = known(entry.conId)
            if other is not None:
                taken = f"contract {place}, conId: {entry.conId} is {other.symbol}'s already"
                raise ContractRefused(taken)
            found[entry.conId] = entry
        for place, entry in enumerate(found.values(), 1):
            problem = unfounded(entry, lambda number: known(number) is not None)
            if problem is not None:
                raise ContractRefused(f"contract {place}, {problem.field}: {problem}")
        kept = [
            {**one, "conId": str(entry.conId)}
            for one, entry in zip(described, found.values(), strict=True)
        ]
        self._keep([*self._described, *kept])
        for one, entry in zip(kept, found.values(), strict=True):
            self._instruments.hold(entry)
            self._take(one, entry)
        if found:
            log.info("added %s", ", ".join(entry.symbol for entry in found.values()))
            self.watch()
        return tuple(found.values())

    def _take(self, described: Described, entry: Instrument) -> None:
        self._described.append(dict(described))
        self._entries.append(entry)
