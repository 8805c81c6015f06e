"""Market folders: a manifest (``market.toml``) and Parquet files, read one instrument at a time.

Only the manifest is read before an instrument is first used; Polars is imported then. Times in the
files are milliseconds since the day's first instant, prices integer units (stocks 1/10,000,
currencies 1/100,000), volumes shares. ``market/sample/README.md`` lists the columns;
``scripts/build_market.py`` writes them.
"""

import tomllib
from array import array
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import MarketDataError
from ..venue.market.days import TickDay, tick_day
from ..venue.market.interpolate import Style
from ..venue.market.recorded import Bars, Recorded, Recording
from ..venue.market.synthetic import STOCK_DAY
from ..venue.units import MINUTE, SIZE_SCALE, Nanos

if TYPE_CHECKING:
    from polars import DataFrame

MANIFEST = "market.toml"
VERSION = 1
MILLISECOND: Nanos = 1_000_000
# Daily bars 2000-03-01 … 2013-03-01 of five stocks, adjusted for splits. They are in the public
# domain: Quandl's WIKI prices, from stocks.csv.gz of the package bokeh_sampledata 2026.1.
BUILT_IN = Path(__file__).with_name("daily.parquet")
BUILT_IN_IDS = (265598, 8314, 272093, 208813720, 107113386)  # AAPL, IBM, MSFT, GOOG, META
REBUILD = "Restore the file, or rebuild the market with scripts/build_market.py"

_STYLE = ("tick", "spread", "depth", "size", "quotes", "trades")
_DAILY = ("open", "high", "low", "close", "volume")


def _bad(path: Path, problem: str, advice: str = REBUILD) -> MarketDataError:
    """The error for an unusable file of a market folder, with advice."""
    return MarketDataError(problem, path=path, advice=advice)


def recordings(folder: Path) -> tuple[Recording, ...]:
    """The recorded instruments of a market folder, none of them loaded yet.

    Raises ``MarketDataError`` for a missing folder, a broken manifest or a file that it names
    and that is not there. What is inside a file shows when its instrument is first used.
    """
    manifest = _manifest(folder)
    found = []
    for entry in manifest.get("instrument", ()):
        try:
            found.append(_recording(folder, entry))
        except (KeyError, TypeError, ValueError) as error:
            problem = f"instrument {entry.get('symbol', '?')!r} is not described in full: {error!r}"
            raise _bad(folder / MANIFEST, problem) from error
    return tuple(found)


def recorded(folder: Path) -> tuple[tuple[int, str], ...]:
    """Number and symbol of every instrument that a market folder has recorded.

    Raises ``MarketDataError`` as ``recordings`` does.
    """
    symbols = [str(entry.get("symbol", "?")) for entry in _manifest(folder).get("instrument", ())]
    return tuple((one.conId, symbol) for one, symbol in zip(recordings(folder), symbols))


def built_in() -> tuple[Recording, ...]:
    """The packaged daily bars up to 2013-03-01, brought to today's prices; later days are
    synthetic."""
    return tuple(
        Recording(con_id, partial(_load_built_in, con_id), STOCK_DAY, brought=True)
        for con_id in BUILT_IN_IDS
    )


def _manifest(folder: Path) -> Mapping[str, Any]:
    path = folder / MANIFEST
    if not folder.is_dir():
        raise _bad(folder, "no such folder", "Give the folder of a market, see --market")
    try:
        manifest = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _bad(path, "this folder has no manifest") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _bad(path, f"not a manifest: {error}") from error
    if manifest.get("version") != VERSION:
        found = manifest.get("version")
        raise _bad(path, f"format version {found}, this program reads {VERSION}")
    return manifest


def _recording(folder: Path, entry: Mapping[str, Any]) -> Recording:
    files = {kind: folder / name for kind, name in entry["files"].items()}
    for path in files.values():
        if not path.is_file():
            raise _bad(path, "the manifest names this file and it is missing")
    length = int(entry["minutes"]) * MINUTE
    style = Style(**{name: entry[name] for name in _STYLE if name in entry})
    load = partial(_load, files, length, int(entry["date"]))
    return Recording(int(entry["conId"]), load, length, style)


def _load(files: Mapping[str, Path], length: Nanos, date: int) -> Recorded:
    ticks = _tick_day(files, length) if "quotes" in files else None
    days: dict[int, Bars] = {}
    if "bars" in files:
        days = _minutes(files["bars"], length // MINUTE)
    today = days.pop(date, None)
    daily = None
    if "daily" in files:
        frame = _read(files["daily"], _DAILY)
        daily = _checked(files["daily"], _bars(frame))
    return Recorded(ticks, today, tuple(days[day] for day in sorted(days)), daily)


def _load_built_in(con_id: int) -> Recorded:
    frame = _read(BUILT_IN, ("conId", *_DAILY))
    return Recorded(daily=_checked(BUILT_IN, _bars(frame.filter(frame["conId"] == con_id))))


def _tick_day(files: Mapping[str, Path], length: Nanos) -> TickDay:
    path = files["quotes"]
    quotes = _read(path, ("time", "bid", "bidSize", "ask", "askSize"))
    times = _column(quotes, "time", MILLISECOND)
    bid, bid_size = _column(quotes, "bid"), _column(quotes, "bidSize", SIZE_SCALE)
    ask, ask_size = _column(quotes, "ask"), _column(quotes, "askSize", SIZE_SCALE)
    trades = _no_trades()
    exchanges: tuple[str, ...] = ()
    if "trades" in files:
        trades, exchanges = _trades(files["trades"], length)
    if len(quotes) and not (quotes["bid"] <= quotes["ask"]).all():
        raise _bad(path, "a bid is above the ask of its time")
    try:
        return tick_day((times, bid, bid_size, ask, ask_size), trades, exchanges, length)
    except ValueError as error:
        raise _bad(path, str(error)) from error


_Trades = tuple["array[int]", "array[int]", "array[int]", "array[int]"]


def _trades(path: Path, length: Nanos) -> tuple[_Trades, tuple[str, ...]]:
    frame = _read(path, ("time", "price", "size", "exchange"))
    if not frame["time"].is_sorted():
        raise _bad(path, "trade times must not fall")
    if len(frame) and frame["time"].item(-1) * MILLISECOND >= length:
        raise _bad(path, "trades must lie within the day")
    import polars

    names = sorted(frame["exchange"].unique().to_list())
    places = frame["exchange"].cast(polars.Enum(names)).to_physical().cast(polars.Int64)
    columns = (
        _column(frame, "time", MILLISECOND),
        _column(frame, "price"),
        _column(frame, "size", SIZE_SCALE),
        array("q", places.to_list()),
    )
    return columns, tuple(names)


def _no_trades() -> _Trades:
    return array("q"), array("q"), array("q"), array("q")


def _minutes(path: Path, minutes: int) -> dict[int, Bars]:
    """Minute bars by date, each day filled up to one row a minute."""
    frame = _read(path, ("date", "minute", *_DAILY))
    days: dict[int, Bars] = {}
    for date in sorted(frame["date"].unique().to_list()):
        rows = frame.filter(frame["date"] == date).select("minute", *_DAILY).rows()
        days[date] = _checked(path, _filled(path, rows, minutes))
    return days


def _filled(path: Path, rows: Iterable[tuple[int, ...]], minutes: int) -> Bars:
    known = {row[0]: row[1:] for row in rows}
    if not known or min(known) < 0 or max(known) >= minutes:
        raise _bad(path, f"minutes must lie in 0 .. {minutes - 1}")
    price = known[min(known)][0]
    bars = Bars(array("q"), array("q"), array("q"), array("q"), array("q"))
    for minute in range(minutes):
        opened, high, low, close, volume = known.get(minute, (price, price, price, price, 0))
        price = close
        bars.open.append(opened)
        bars.high.append(high)
        bars.low.append(low)
        bars.close.append(close)
        bars.volume.append(volume * SIZE_SCALE)
    return bars


def _bars(frame: "DataFrame") -> Bars:
    opened, high, low, close = (_column(frame, name) for name in _DAILY[:4])
    return Bars(opened, high, low, close, _column(frame, "volume", SIZE_SCALE))


def _checked(path: Path, bars: Bars) -> Bars:
    """The bars, if every one of them is a bar."""
    for opened, high, low, close in zip(bars.open, bars.high, bars.low, bars.close):
        if not 0 < low <= min(opened, close) <= max(opened, close) <= high:
            problem = f"not a bar: open {opened}, high {high}, low {low}, close {close}"
            raise _bad(path, problem)
    if not bars.open:
        raise _bad(path, "holds no bars")
    return bars


def _column(frame: "DataFrame", name: str, factor: int = 1) -> "array[int]":
    import polars

    return array("q", (frame[name].cast(polars.Int64) * factor).to_list())


def _read(path: Path, columns: tuple[str, ...]) -> "DataFrame":
    """Some columns of a Parquet file, without empty cells."""
    read = _reader(path)
    import polars

    try:
        frame = read(path, columns=list(columns))
    except FileNotFoundError:
        raise _bad(path, "missing") from None
    except (polars.exceptions.PolarsError, OSError, ValueError) as error:
        raise _bad(path, f"not a readable Parquet file ({error})") from error
    if any(frame.null_count().row(0)):
        raise _bad(path, "has empty cells")
    return frame


def _reader(path: Path) -> Callable[..., "DataFrame"]:
    try:
        from polars import read_parquet
    except ImportError as error:
        advice = "install them with: pip install 'papertape[history]'"
        raise _bad(path, "reading it takes the history extras", advice) from error
    return read_parquet
