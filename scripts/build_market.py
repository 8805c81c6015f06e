"""Builds the sample market and the package's daily bars from a folder of downloaded data.

Usage: build_market.py DATA_DIR OUT_DIR [DAILY_PARQUET]

DATA_DIR holds ``lean/Data`` (github.com/QuantConnect/Lean, folder Data) and
``bokeh/stocks.csv.gz`` (bokeh_sampledata, public domain). OUT_DIR gets Parquet files and the
manifest ``market.toml``; DAILY_PARQUET, when given, gets the public-domain daily bars. Same
input, same output. The rules by which rows are kept are in OUT_DIR's README.md.
"""

import csv
import gzip
import io
import sys
import zipfile
from collections.abc import Iterable, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path

import polars as pl

Row = list[str]
OPEN, CLOSE = 34_200_000, 57_600_000  # 09:30 and 16:00 New York, milliseconds
SECOND, MINUTE = 1_000, 60_000
HALF_PIP = 5  # currencies are quoted in units of 1/100,000 and trade in steps of five
STOCK_SCALE, CURRENCY_SCALE = 10_000, 100_000
CENT = 100

# Sale conditions that make an ordinary print: regular, intermarket sweep, opening and closing
# print, each with or without trade-through exemption. Late, averaged, derivative, next-day and
# form-T prints are left out.
ORDINARY = 0x20000000 | 0x80 | 0x40 | 0x20 | 0x1
FARTHEST = 0.02  # of the touch: a print beyond that is taken for an error

EXCHANGES = {
    "A": "AMEX", "B": "BEX", "C": "NYSENAT", "D": "FINRA", "I": "ISE", "J": "EDGEA",
    "K": "DRCTEDGE", "M": "CHX", "N": "NYSE", "P": "ARCA", "Q": "NASDAQ", "T": "NASDAQ",
    "W": "CBSX", "X": "PSX", "Y": "BYX", "Z": "BATS",
}  # fmt: skip

TRADE_SCHEMA = {"time": pl.UInt32, "price": pl.Int32, "size": pl.Int32, "exchange": pl.String}
QUOTE_SCHEMA = {
    "time": pl.UInt32, "bid": pl.Int32, "bidSize": pl.Int32, "ask": pl.Int32, "askSize": pl.Int32,
}  # fmt: skip
PRICES = {"open": pl.Int32, "high": pl.Int32, "low": pl.Int32, "close": pl.Int32}
BAR_SCHEMA = {"date": pl.Int32, "minute": pl.Int16, **PRICES, "volume": pl.Int32}
DAILY_SCHEMA = {"date": pl.Int32, **PRICES, "volume": pl.Int64}

# The splits before 2013-03-01 that the public-domain daily bars leave in: last day, factor.
SPLITS = {"AAPL": ((20000620, 2), (20050225, 2)), "MSFT": ((20030214, 2),)}
PUBLIC_DOMAIN = {"AAPL": 265598, "IBM": 8314, "MSFT": 272093, "GOOG": 208813720, "FB": 107113386}

LICENCE = 'license = "Apache-2.0"\nsource = "https://github.com/QuantConnect/Lean/tree/master/Data"'
MANIFEST = f"""# The sample market; written by scripts/build_market.py, columns in README.md.
version = 1

[[instrument]]
conId = 756733
symbol = "SPY"
kind = "trade ticks, quotes of one-second bars"
date = 20131007
minutes = 390
spread = 1
depth = 8
{LICENCE}
files = {{ trades = "spy-trades.parquet", quotes = "spy-quotes.parquet", \
bars = "spy-bars.parquet", daily = "spy-daily.parquet" }}

[[instrument]]
conId = 8314
symbol = "IBM"
kind = "trade and quote ticks"
date = 20131007
minutes = 390
spread = 4
depth = 1
{LICENCE}
files = {{ trades = "ibm-trades.parquet", quotes = "ibm-quotes.parquet", \
bars = "ibm-bars.parquet", daily = "ibm-daily.parquet" }}

[[instrument]]
conId = 10098
symbol = "BAC"
kind = "trade and quote ticks"
date = 20131007
minutes = 390
spread = 1
depth = 100
{LICENCE}
files = {{ trades = "bac-trades.parquet", quotes = "bac-quotes.parquet", \
bars = "bac-bars.parquet", daily = "bac-daily.parquet" }}

[[instrument]]
conId = 265598
symbol = "AAPL"
kind = "minute bars"
date = 20140605
minutes = 390
spread = 11
depth = 1
{LICENCE}
files = {{ bars = "aapl-bars.parquet", daily = "aapl-daily.parquet" }}

[[instrument]]
conId = 12087792
symbol = "EUR.USD"
kind = "quote ticks"
date = 20140501
minutes = 1440
tick = 5
spread = 3
size = 10_000_000_000
quotes = 24
trades = false
{LICENCE}
files = {{ quotes = "eurusd-quotes.parquet", daily = "eurusd-daily.parquet" }}
"""


def main(data: Path, out: Path, daily: Path | None) -> None:
    """Writes every file of the market, and the package's daily bars when a path is given."""
    lean = data / "lean" / "Data"
    out.mkdir(parents=True, exist_ok=True)
    for symbol in ("spy", "ibm", "bac"):
        quotes = spy_quotes(lean) if symbol == "spy" else stock_quotes(lean, symbol)
        write(out / f"{symbol}-quotes.parquet", quotes, QUOTE_SCHEMA)
        trades = stock_trades(lean, symbol, quotes)
        write(out / f"{symbol}-trades.parquet", trades, TRADE_SCHEMA)
        bars = stock_minutes(lean, symbol, 20131004)
        write(out / f"{symbol}-bars.parquet", bars, BAR_SCHEMA)
        write(out / f"{symbol}-daily.parquet", stock_daily(lean, symbol, 20131003), DAILY_SCHEMA)
    write(out / "aapl-bars.parquet", stock_minutes(lean, "aapl", 20140605), BAR_SCHEMA)
    write(out / "aapl-daily.parquet", stock_daily(lean, "aapl", 20140604), DAILY_SCHEMA)
    write(out / "eurusd-quotes.parquet", currency_quotes(lean), QUOTE_SCHEMA)
    write(out / "eurusd-daily.parquet", currency_daily(lean, 20140430), DAILY_SCHEMA)
    (out / "market.toml").write_text(MANIFEST, encoding="utf-8")
    if daily is not None:
        schema = {"conId": pl.Int32, **DAILY_SCHEMA}
        write(daily, public_domain(data / "bokeh" / "stocks.csv.gz"), schema)


def lines(path: Path) -> Iterator[Row]:
    """The rows of the one CSV file in a zip."""
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as raw:
        yield from csv.reader(io.TextIOWrapper(raw, "ascii"))


def write(path: Path, rows: Iterable[tuple[object, ...]], schema: dict[str, type]) -> None:
    """One Parquet file; says what it wrote."""
    frame = pl.DataFrame(list(rows), schema=schema, orient="row")
    frame.write_parquet(path, compression="zstd", compression_level=19, statistics=False)
    print(f"{path.name:24} {frame.height:8} rows {path.stat().st_size:9} bytes")


def stock_quotes(lean: Path, symbol: str) -> list[tuple[int, ...]]:
    """The national best bid and offer, one row a change.

    The rows already are the national best: one side each, the other side 0, with the exchange
    that leads. The last state of a millisecond counts; crossed states are passed over.
    """
    side = {"bid": (0, 0), "ask": (0, 0)}
    found: list[tuple[int, ...]] = []
    for row in lines(lean / f"equity/usa/tick/{symbol}/20131007_quote.zip"):
        time, bid, bid_size, ask, ask_size = (int(cell) for cell in row[:5])
        if row[7] != "0" or row[6] != "1" or time >= CLOSE:
            continue
        if bid:
            side["bid"] = (bid, bid_size)
        if ask:
            side["ask"] = (ask, ask_size)
        append_quote(found, max(time - OPEN, 0), side["bid"], side["ask"])
    return found


def append_quote(
    found: list[tuple[int, ...]], time: int, bid: tuple[int, int], ask: tuple[int, int]
) -> None:
    """Adds a quote unless it is crossed, one-sided or no change; a later one replaces its time."""
    if not bid[0] or not ask[0] or bid[0] > ask[0] or not bid[1] or not ask[1]:
        return
    if found and found[-1][0] == time:
        found.pop()
    if not found or found[-1][1:] != (*bid, *ask):
        found.append((time, *bid, *ask))


def spy_quotes(lean: Path) -> list[tuple[int, ...]]:
    """Quotes out of one-second bars and the prints of each second.

    A second begins with its bar's open and ends with its close. Between, a print outside the
    touch moves it there, within the bar's highest ask and lowest bid: without that a seventh
    of all prints would lie outside. The bar states the displayed sizes of its end only; until
    then those of the bar before are shown.
    """
    prints = ordinary_prints(lean, "spy")
    pending = next(prints, None)
    found: list[tuple[int, ...]] = []
    sizes = None
    for row in lines(lean / "equity/usa/second/spy/20131007_quote.zip"):
        cells = [int(cell) for cell in row]
        time, final = cells[0] - OPEN, (cells[5], cells[10])
        if not 0 <= time < CLOSE - OPEN:
            continue
        sizes = sizes or final
        bid, ask = cells[1], cells[6]
        append_quote(found, time, (bid, sizes[0]), (ask, sizes[1]))
        while pending and pending[0] < time + SECOND:
            at, price = pending[0], pending[1]
            pending = next(prints, None)
            if at < time or bid <= price <= ask or price % CENT:
                continue
            spread = max(ask - bid, CENT)
            if ask < price <= cells[7]:
                bid, ask = max(bid, price - spread), price
            elif cells[3] <= price < bid:
                bid, ask = price, min(ask, price + spread)
            append_quote(found, at, (bid, sizes[0]), (ask, sizes[1]))
        append_quote(found, time + SECOND - 1, (cells[4], final[0]), (cells[9], final[1]))
        sizes = final
    return found


def ordinary_prints(lean: Path, symbol: str) -> Iterator[tuple[int, int, int, str]]:
    """Time, price, size and exchange of the ordinary prints of the regular hours."""
    for row in lines(lean / f"equity/usa/tick/{symbol}/20131007_trade.zip"):
        time, price, size = int(row[0]) - OPEN, int(row[1]), int(row[2])
        regular = 0 <= time < CLOSE - OPEN and size > 0
        if regular and row[5] == "0" and not int(row[4], 16) & ~ORDINARY:
            yield time, price, size, EXCHANGES[row[3]]


def stock_trades(
    lean: Path, symbol: str, quotes: list[tuple[int, ...]]
) -> Iterator[tuple[int, int, int, str]]:
    """Ordinary prints that lie near the touch of their time."""
    place = 0
    for time, price, size, exchange in ordinary_prints(lean, symbol):
        while place + 1 < len(quotes) and quotes[place + 1][0] <= time:
            place += 1
        bid, ask = quotes[place][1], quotes[place][3]
        if bid * (1 - FARTHEST) <= price <= ask * (1 + FARTHEST):
            yield time, price, size, exchange


def stock_minutes(lean: Path, symbol: str, date: int) -> Iterator[tuple[int, ...]]:
    """Minute bars of the regular hours, on whole cents."""
    for row in lines(lean / f"equity/usa/minute/{symbol}/{date}_trade.zip"):
        time, *prices, volume = (int(cell) for cell in row)
        if OPEN <= time < CLOSE and volume:
            yield date, (time - OPEN) // MINUTE, *(cents(price) for price in prices), volume


def stock_daily(lean: Path, symbol: str, until: int) -> Iterator[tuple[int, ...]]:
    """Daily bars up to a date, on whole cents and adjusted for the splits before that date.

    A day that opens more than half off both the close before and its own close holds an error.
    """
    table = (lean / f"equity/usa/factor_files/{symbol}.csv").read_text(encoding="ascii")
    changes = [(int(row[0]), Decimal(row[2])) for row in csv.reader(table.splitlines())]
    present, before = factor(changes, until), 0
    for row in lines(lean / f"equity/usa/daily/{symbol}.zip"):
        date = int(row[0][:8])
        if date > until:
            return
        # The files round the factors to seven places; the ratio of two is a whole split.
        ratio = round(present / factor(changes, date))
        prices = [cents(int(cell) / ratio) for cell in row[1:5]]
        opened, close = prices[0], prices[3]
        if before and all(not 2 / 3 < opened / other < 1.5 for other in (before, close)):
            continue
        before = close
        yield date, *prices, int(row[5]) * ratio


def factor(changes: list[tuple[int, Decimal]], date: int) -> Decimal:
    """The split factor of a date: that of the first row not before it."""
    return next((value for last, value in changes if date <= last), Decimal(1))


def cents(price: float) -> int:
    """Price units to the nearest whole cent, in price units."""
    return int(price / CENT + 0.5) * CENT


def currency_quotes(lean: Path) -> list[tuple[int, ...]]:
    """Bid and ask widened to half pips; sizes are not recorded, a million stands for them."""
    found: list[tuple[int, ...]] = []
    for time, bid, ask in lines(lean / "forex/oanda/tick/eurusd/20140501_quote.zip"):
        lower, upper = half_pips(bid, ROUND_FLOOR), half_pips(ask, ROUND_CEILING)
        # The day's first quote counts from its first instant, so that there always is one.
        append_quote(found, int(time) if found else 0, (lower, 1_000_000), (upper, 1_000_000))
    return found


def currency_daily(lean: Path, until: int) -> Iterator[tuple[int, ...]]:
    """Daily bars of the bid; the short bars of Sundays and Saturdays are left out."""
    for row in lines(lean / "forex/oanda/daily/eurusd.zip"):
        date = int(row[0][:8])
        if date > until:
            return
        text = f"{date}"
        weekday = pl.date(int(text[:4]), int(text[4:6]), int(text[6:]))
        if pl.select(weekday.dt.weekday()).item() < 6:
            yield date, *(half_pips(cell, ROUND_FLOOR) for cell in row[1:5]), 0


def half_pips(price: str, rounding: str) -> int:
    """A decimal price in units, rounded to the half pip."""
    steps = Decimal(price) * CURRENCY_SCALE / HALF_PIP
    return int(steps.to_integral_value(rounding)) * HALF_PIP


def public_domain(path: Path) -> Iterator[tuple[int, ...]]:
    """Daily bars of five stocks, adjusted for the splits in their span."""
    with gzip.open(path, "rt", encoding="ascii") as raw:
        for row in csv.DictReader(raw):
            date, ratio = int(row["Date"].replace("-", "")), 1
            for last, factor in SPLITS.get(row["Ticker"], ()):
                ratio *= factor if date <= last else 1
            names = ("Open", "High", "Low", "Close")
            prices = [cents(float(row[name]) * STOCK_SCALE / ratio) for name in names]
            volume = int(float(row["Volume"])) * ratio
            if min(prices) > 0 and volume > 0:
                opened, high, low, close = prices
                high, low = max(prices), min(prices)
                yield PUBLIC_DOMAIN[row["Ticker"]], date, opened, high, low, close, volume


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if sys.argv[3:] else None)
