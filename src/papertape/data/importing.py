"""Imports data of others into a market folder: as a whole, or not at all.

Gathers the rows of all sources by instrument, on top of what the folder has of it; settles which
day is played; writes. ``import_sources`` is what ``papertape data import`` calls, ``import_frame``
takes a DataFrame.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any, Final

import msgspec

from ..errors import MarketDataError
from ..store.contracts import folder_contracts
from ..store.manifest import MANIFEST, OLD_VERSION, VERSION, FolderEntry, read_manifest
from ..store.market_folder import known_instruments
from ..venue.reference.custom import Wrong, made
from ..venue.reference.instruments import Instruments
from ..venue.reference.listings import CATALOGUE
from ..venue.reference.securities import Instrument
from ..venue.units import DAY, SECOND
from .contracts import contract_for
from .frames import ParquetTable, headings_of, rows_of_frame
from .gathered import GatheredDays, Measures, usual_measures
from .guess import Mapped, NoGuess, mapped
from .lean import MINUTE_QUOTES, FactorFile, LeanFile, read_lean
from .lean_contracts import NoContract, contract_of_member
from .lean_factors import read_factor_file, read_map_file
from .settling import Settled, settled
from .sources import FolderSource, ParquetSource, Source, TextSource, UnreadFile, sources_of
from .stamps import DateOrder, NoStamp, Stamps
from .tables import read_days
from .taking import BadCell, Taker
from .text_files import ADVICE, Progress, bad_line, no_progress, rows
from .writing import FolderWriter

MOST_INSTRUMENTS: Final = 2_000
_LOOKED_AT: Final = 200
"""Rows by whose distance bars of a day are told from bars of a minute."""
_DAILY_GAP: Final = DAY - 4 * 3600 * SECOND
"""Daily bars are at least so far apart: clocks change by some hours."""

Cells = tuple[str, Sequence[str]]
"""Where a row stands, in words, and its cells."""


class ImportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How rows are to be understood."""

    symbol: str = ""
    """Whose rows they are; "": a column says so, else the name of the file."""
    contract: Mapping[str, str] = {}
    """Fields of the contract, as ``papertape contracts add`` has them."""
    columns: Mapping[str, str] = {}
    """Field -> heading or number of its column, where the guess is wrong."""
    zone: tzinfo | None = None
    """The zone of times without an offset; None: that of the contract's exchange."""
    order: DateOrder | None = None
    """The order of dates such as 1/5/2024."""
    date: int | None = None
    """The day that is to be played, ``yyyymmdd``; None: the last one that has quotes, else minutes,
    else a daily bar."""
    license: str = ""
    source: str = ""


class Imported(msgspec.Struct):
    """What became of one instrument."""

    entry: FolderEntry
    rows: dict[str, int]
    """Kind -> rows that the folder has now."""
    left_out: dict[str, int]
    notes: tuple[str, ...]


class ImportReport(msgspec.Struct):
    """What an import did."""

    instruments: list[Imported]
    read: list[tuple[str, str]]
    """Each source, and how its columns were understood."""
    unread: list[tuple[str, str]]
    """Each file that was passed over, and why."""


def import_sources(
    paths: Sequence[Path], folder: Path, options: ImportOptions, progress: Progress = no_progress
) -> ImportReport:
    """Import files and folders into a market folder, which is made if there is none.

    Raises ``MarketDataError`` naming the file, line and column of what cannot be used; the folder
    is as it was then.
    """
    sources = sources_of(paths)
    with FolderWriter(folder) as writer:
        work = _Work(writer, options, progress)
        # Rows of a day before the events that change what they mean.
        for source in sorted(sources, key=lambda one: isinstance(one, FactorFile)):
            work.read(source)
        return work.finish()


def import_frame(frame: Any, folder: Path | str, options: ImportOptions) -> ImportReport:
    """Import a DataFrame (pandas, polars), an Arrow table or a mapping of columns, all of one
    instrument or with a column that tells the symbol, into a market folder.

    Raises ``MarketDataError`` with row and column; the folder is as it was then.
    """
    with FolderWriter(Path(folder)) as writer:
        work = _Work(writer, options, no_progress)
        try:
            cells = [(f"row {number}", row) for number, row in enumerate(rows_of_frame(frame), 1)]
        except ValueError as error:
            raise MarketDataError(f"not a table: {error}", advice="Give one column a field") from (
                error
            )
        work.table("the DataFrame", None, headings_of(frame), iter(cells), "")
        return work.finish()


class _Work:
    """An import on its way: what was gathered of each instrument so far."""

    def __init__(self, writer: FolderWriter, options: ImportOptions, progress: Progress) -> None:
        self._writer, self._options, self._progress = writer, options, progress
        self._instruments = _known(writer.folder)
        self._days: dict[int, GatheredDays] = {}
        self._about: dict[int, dict[str, str]] = {}
        self._like: dict[int, FolderEntry] = {}
        self._by_name: dict[tuple[str, tuple[tuple[str, str], ...]], GatheredDays] = {}
        self._members: dict[int, str] = {}
        """Futures and options: a chain of hundreds does not fail because one had no trade."""
        self._report = ImportReport([], [], [])

    def read(self, source: Source) -> None:
        """Gather what a source holds."""
        match source:
            case UnreadFile():
                self._report.unread.append((str(source.path), source.why))
            case FolderSource():
                self._folder(source.path)
            case LeanFile() if source.member:
                self._member(source)
            case LeanFile():
                days = self._named(self._options.symbol or source.symbol, source.fields)
                read_lean(source, days, self._progress)
                told = f"LEAN, {source.resolution} {source.kind}"
                self._report.read.append((str(source.path), told))
            case FactorFile():
                self._factors(source)
            case TextSource():
                self._text(source)
            case ParquetSource():
                table = ParquetTable(source.path)
                lines = enumerate(table.rows(self._progress), 1)
                cells = ((f"row {number}", row) for number, row in lines)
                self.table(str(source.path), source.path, table.headings, cells, source.path.stem)

    def _member(self, source: LeanFile) -> None:
        """Gather the rows of one future or option; what is of no contract is passed over."""
        name = f"{source.path}:{source.member}"
        try:
            instrument, about = contract_of_member(self._instruments, source)
            known = self._days.get(instrument.conId)
            if known is not None and known.measures.instrument != instrument:
                other = known.measures.instrument.localSymbol
                raise NoContract(f"its number {instrument.conId} would be that of {other}")
        except NoContract as none:
            self._report.unread.append((name, str(none)))
            return
        self._members.setdefault(instrument.conId, name)
        read_lean(source, self._of(instrument, 0, about), self._progress)
        self._report.read.append((name, f"LEAN, {source.resolution} {source.kind}"))

    def finish(self) -> ImportReport:
        """Settle and write everything; what was done."""
        done: list[tuple[Settled, GatheredDays]] = []
        for con_id, days in self._days.items():
            before = self._writer.entries.get(con_id) or self._like.get(con_id)
            if con_id in self._members:
                days.drop_quotes_beside_bars(MINUTE_QUOTES)
            try:
                one = settled(
                    days, date=self._options.date, before=before, about=self._about.get(con_id)
                )
            except MarketDataError as error:
                if con_id not in self._members:
                    raise
                self._report.unread.append((self._members[con_id], str(error.args[0])))
                continue
            except OverflowError as error:
                symbol = days.measures.instrument.symbol
                raise MarketDataError("volumes add up to over 2**63", symbol=symbol) from error
            done.append((_licensed(one, self._options), days))
        if not done:
            why = f": {self._report.unread[0][1]}" if self._report.unread else ""
            raise MarketDataError(f"nothing was found to import{why}", path=self._writer.folder)
        self._writer.put(one for one, _ in done)
        for one, days in done:
            lengths = {kind: len(next(iter(t.values()))) for kind, t in one.tables.items()}
            if one.actions:
                lengths["actions"] = len(one.actions)
            entry = self._writer.entries[one.entry.conId]
            left_out = dict(days.left_out)
            self._report.instruments.append(Imported(entry, lengths, left_out, tuple(days.notes)))
        return self._report

    def table(
        self,
        name: str,
        path: Path | None,
        headings: Sequence[str],
        cells: Iterator[Cells],
        stem: str,
    ) -> None:
        """Gather the rows of a table. ``stem`` is the symbol where nothing else tells it."""
        try:
            columns = mapped(headings, self._options.columns)
        except NoGuess as error:
            advice = "Say which is what, such as --map price=Last; nothing was imported"
            raise MarketDataError(str(error), path=path, advice=advice) from error
        self._report.read.append((name, str(columns)))
        looked_at = list(islice(cells, _LOOKED_AT))
        at = columns.places.get("symbol")
        takers: dict[str, Taker] = {}
        daily: bool | None = None
        wanted = self._options.symbol.strip().upper()
        for where, row in chain(looked_at, cells):
            try:
                symbol = wanted or stem
                if at is not None:
                    if len(row) <= at:
                        raise BadCell(len(row) - 1, "no cell tells the symbol")
                    symbol = row[at].strip().upper()
                    if wanted and symbol != wanted:
                        continue
                taker = takers.get(symbol)
                if taker is None:
                    days, stamps = self._days_and_stamps(symbol)
                    if daily is None:
                        alike = _of_one_symbol(looked_at, at)
                        daily = "bars" in columns.kinds and _are_daily(columns, alike, stamps)
                    taker = takers[symbol] = Taker(days, columns, stamps, daily=daily)
                taker.take(row)
            except BadCell as error:
                problem = f"{where}, column {error.place + 1}: {error}"
                raise MarketDataError(problem, path=path, advice=ADVICE) from error
        if not takers:
            said = f" of {wanted}" if wanted else ""
            raise MarketDataError(f"holds no rows{said}", path=path, advice=ADVICE)

    def _days_and_stamps(self, symbol: str) -> tuple[GatheredDays, Stamps]:
        days = self._named(symbol, {})
        zone = self._options.zone or days.measures.calendar.zone
        return days, Stamps(zone, self._options.order)

    def _text(self, source: TextSource) -> None:
        lines = rows(source.path, source.member, self._progress)
        first = next(lines, None)
        if first is None:
            raise MarketDataError("is empty", path=source.path, advice=ADVICE)
        number, headings = first
        cells: Iterator[Cells] = ((f"line {line}", row) for line, row in lines)
        if all(_numeric(cell) for cell in headings):
            cells = chain([(f"line {number}", headings)], cells)
            headings = [str(place) for place, _ in enumerate(headings, 1)]
            if not self._options.columns:
                raise bad_line(
                    source.path, number, 1, "the file has no headings",
                    "Say what its columns are by number, such as --map time=1 --map price=2",
                )  # fmt: skip
        stem = Path(source.member or source.path.name.removesuffix(".gz")).stem
        where = f"{source.path}:{source.member}" if source.member else str(source.path)
        self.table(where, source.path, headings, cells, stem)

    def _factors(self, source: FactorFile) -> None:
        days = self._named(self._options.symbol or source.symbol, {"secType": "STK"})
        read = read_map_file if source.map else read_factor_file
        found = read(source.path)
        kinds = {type(action) for action in found}
        kept = [action for action in days.actions if type(action) not in kinds]
        days.actions = tuple(sorted([*kept, *found], key=lambda action: action.date))
        self._report.read.append((str(source.path), f"LEAN, {len(found)} events"))

    def _folder(self, folder: Path) -> None:
        wanted = self._options.symbol.strip().upper()
        for entry in read_manifest(folder, (OLD_VERSION, VERSION)):
            if wanted and entry.symbol.upper() != wanted:
                continue
            instrument = self._instruments.get(entry.conId) or _made(folder, entry)
            if any(name.endswith(".parquet") for name in entry.files.values()):
                entry = msgspec.structs.replace(entry, scale=instrument.scale)
            if entry.scale != instrument.scale:
                problem = f"recorded in 1/{entry.scale}, its contract has 1/{instrument.scale}"
                raise MarketDataError(problem, path=folder, symbol=entry.symbol)
            days = self._of(instrument, entry.minutes, {})
            if days.measures.minutes != entry.minutes:
                problem = (
                    f"its days have {entry.minutes} minutes, and those of the folder that gets "
                    f"them {days.measures.minutes}"
                )
                raise MarketDataError(problem, path=folder, symbol=entry.symbol)
            count = read_days(folder, entry, days, self._progress)
            self._like[instrument.conId] = entry
            self._report.read.append((f"{folder}: {entry.symbol}", f"{count:,} rows"))

    def _named(self, symbol: str, fields: Mapping[str, str]) -> GatheredDays:
        """The days of a symbol's instrument, with what the folder has of them."""
        key = symbol, tuple(sorted(fields.items()))
        found = self._by_name.get(key)
        if found is None:
            described = {**fields, **self._options.contract}
            instrument, about = contract_for(self._instruments, symbol, described, self._known)
            found = self._by_name[key] = self._of(instrument, 0, about)
        return found

    def _known(self, number: int) -> Instrument | None:
        found = self._days.get(number)
        return self._instruments.get(number) if found is None else found.measures.instrument

    def _of(self, instrument: Instrument, minutes: int, about: dict[str, str]) -> GatheredDays:
        found = self._days.get(instrument.conId)
        if found is not None:
            return found
        if len(self._days) >= MOST_INSTRUMENTS:
            advice = "Import fewer at once; nothing was imported"
            raise MarketDataError(f"more than {MOST_INSTRUMENTS:,} instruments", advice=advice)
        before = self._writer.entries.get(instrument.conId)
        measures = usual_measures(instrument)
        if before is not None or minutes:
            measures = Measures(instrument, before.minutes if before is not None else minutes)
        found = self._days[instrument.conId] = GatheredDays(measures)
        self._about[instrument.conId] = about
        if before is not None:
            read_days(self._writer.folder, before, found, no_progress)
            found.replacing()
            found.left_out.clear()
        return found


def _known(folder: Path) -> Instruments:
    """The contracts that the folder's recordings may be of."""
    if (folder / MANIFEST).exists():
        return known_instruments(folder)
    own = folder_contracts(folder)
    return CATALOGUE.extended(own) if own else CATALOGUE


def _made(folder: Path, entry: FolderEntry) -> Instrument:
    try:
        if entry.contract:
            return made({"symbol": entry.symbol, "conId": str(entry.conId), **entry.contract})
    except Wrong as wrong:
        problem = f"the contract is no good, {wrong.field}: {wrong}"
        raise MarketDataError(problem, path=folder, symbol=entry.symbol) from wrong
    raise MarketDataError(
        f"no contract has conId {entry.conId}",
        path=folder,
        symbol=entry.symbol,
        advice="Add it to the folder that gets the data first: papertape contracts add",
    )


def _licensed(one: Settled, options: ImportOptions) -> Settled:
    told = {
        name: text
        for name, text in (("license", options.license), ("source", options.source))
        if text
    }
    return msgspec.structs.replace(one, entry=msgspec.structs.replace(one.entry, **told))


def _numeric(cell: str) -> bool:
    return bool(cell.strip()) and not any(letter.isalpha() for letter in cell)


def _of_one_symbol(looked_at: Sequence[Cells], at: int | None) -> list[Sequence[str]]:
    """The rows of the symbol that the first one has in that column."""
    first = looked_at[0][1]
    return [row for _, row in looked_at if at is None or row[at:][:1] == first[at:][:1]]


def _are_daily(columns: Mapped, looked_at: Iterable[Sequence[str]], stamps: Stamps) -> bool:
    """Whether bars are those of days. Raises ``BadCell`` for bars between a minute and a day."""
    at = columns.places
    place = at.get("time", at.get("date", 0))
    parts = [at[field] for field in ("date", "time") if field in at]
    instants = []
    for row in looked_at:
        try:
            stamp = stamps.read(" ".join(row[part].strip() for part in parts))
        except (NoStamp, IndexError):
            continue  # the row is read again, and says what is wrong then
        if stamp.instant is None:
            return True
        instants.append(stamp.instant)
    gaps = [abs(later - one) for one, later in pairwise(instants) if later != one]
    if not gaps:
        return bool(instants) and stamps.begins_day(instants[0])
    if min(gaps) >= _DAILY_GAP:
        return True
    if min(gaps) > 60 * SECOND:
        minutes = min(gaps) // (60 * SECOND)
        raise BadCell(place, f"bars of {minutes} minutes have no place: a market folder has "
                      "minutes and days")  # fmt: skip
    return False
