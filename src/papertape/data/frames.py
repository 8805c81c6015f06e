"""DataFrames and Parquet files as rows of text. Reading Parquet takes polars, which nothing else of
Papertape needs: ``pip install 'papertape[parquet]'``.
"""

from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import MarketDataError
from .text_files import Progress

if TYPE_CHECKING:
    from polars import LazyFrame

AT_ONCE: Final = 50_000
"""Rows that are read at once."""
MOST_COLUMNS: Final = 1_000
MILLISECOND: Final = 1_000_000


def headings_of(frame: Any) -> tuple[str, ...]:
    """The names of the columns of a DataFrame of pandas or polars, of an Arrow table, or of a
    mapping of columns; the index of pandas comes first, unless it only counts the rows."""
    names = getattr(frame, "column_names", None) or getattr(frame, "columns", None)
    if names is None:
        names = list(frame.keys())
    found = tuple(str(name) for name in names)
    index = getattr(frame, "index", None)
    if index is not None and type(index).__name__ != "RangeIndex":
        return (str(getattr(index, "name", None) or ""), *found)
    return found


def rows_of_frame(frame: Any) -> Iterator[list[str]]:
    """The rows of a DataFrame as texts. Raises ``ValueError`` for columns of several lengths."""
    names = getattr(frame, "column_names", None) or getattr(frame, "columns", None)
    columns = [frame[name] for name in (frame.keys() if names is None else names)]
    index = getattr(frame, "index", None)
    if index is not None and type(index).__name__ != "RangeIndex":
        columns.insert(0, index)
    for row in zip(*columns, strict=True):
        yield ["" if cell is None else str(cell) for cell in row]


class ParquetTable:
    """A Parquet file, some rows at a time. Raises ``MarketDataError``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lazy = _scanned(path)
        names = self._asked(lambda: self._lazy.collect_schema().names())
        if len(names) > MOST_COLUMNS:
            raise _unreadable(path, f"more than {MOST_COLUMNS} columns")
        self.headings: tuple[str, ...] = tuple(names)

    def rows(self, progress: Progress) -> Iterator[list[str]]:
        """The rows as texts."""
        import polars

        total = self._asked(lambda: self._lazy.select(polars.len()).collect().item())
        for begin in range(0, total, AT_ONCE):
            piece = self._asked(lambda at=begin: self._lazy.slice(at, AT_ONCE).collect())
            for row in piece.iter_rows():
                yield ["" if cell is None else str(cell) for cell in row]
            progress(self._path.name, min(begin + AT_ONCE, total), total)

    def columns(self, names: Sequence[str]) -> list[list[Any]]:
        """Whole columns, by name."""
        missing = [name for name in names if name not in self.headings]
        if missing:
            raise _unreadable(self._path, f"has no column {missing[0]!r}")
        frame = self._asked(lambda: self._lazy.select(names).collect())
        return [frame[name].to_list() for name in names]

    def _asked(self, ask: Any) -> Any:
        from polars.exceptions import PanicException

        try:
            return ask()
        except MemoryError:
            raise
        except (Exception, PanicException) as error:  # several that share no other base
            first = str(error).partition("\n")[0]
            raise _unreadable(self._path, f"not a readable Parquet file ({first})") from error


def read_parquet(
    path: Path, kind: str, names: Sequence[str]
) -> tuple[list["array[int]"], int, tuple[str, ...]]:
    """The columns of a file of a folder of version 1, the unit of its time, and its exchanges."""
    ticks = kind in ("trades", "quotes")
    found = ParquetTable(path).columns(("time", *names) if ticks else names)
    exchanges: tuple[str, ...] = ()
    if kind == "trades":
        texts = [str(name) for name in found[-1]]
        exchanges = tuple(sorted(set(texts)))
        found[-1] = [exchanges.index(name) for name in texts]
    try:
        return [array("q", column) for column in found], MILLISECOND, exchanges
    except (TypeError, OverflowError) as error:
        raise _unreadable(path, f"a column is not one of whole numbers ({error})") from error


def _scanned(path: Path) -> "LazyFrame":
    try:
        import polars
    except ImportError as error:
        raise MarketDataError(
            "reading Parquet takes polars, which is not installed",
            path=path,
            advice="pip install 'papertape[parquet]', or write the table as CSV",
        ) from error
    return polars.scan_parquet(path, glob=False)


def _unreadable(path: Path, problem: str) -> MarketDataError:
    advice = "Fetch the file again; nothing was imported"
    return MarketDataError(problem, path=path, advice=advice)
