"""Builds the two markets that come with the project from a folder of downloaded data.

Usage: build_market.py DATA_DIR SAMPLE_DIR PACKAGED_DIR

DATA_DIR holds ``lean/Data`` (github.com/QuantConnect/Lean, folder Data),
``bokeh/stocks.csv.gz`` (bokeh_sampledata, public domain) and
``hftbacktest/btcusdt_20240808.gz`` (github.com/nkaz001/hftbacktest, examples/spot). SAMPLE_DIR gets
the sample market, which stays in the source repository, PACKAGED_DIR the one that comes with the
package (src/papertape/store/market). Same input, same output. The rules by which rows are kept
are in the README.md of SAMPLE_DIR and in the functions here.
"""

import csv
import datetime
import gzip
import io
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from pathlib import Path

from papertape.data.lean_factors import read_factor_file
from papertape.store.actions import actions_text
from papertape.store.columns import write_columns
from papertape.store.manifest import FolderEntry, write_manifest
from papertape.venue.market.actions import Split, split_ratio

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

# The splits before 2013-03-01, which the public-domain daily bars leave in.
SPLITS = {
    "AAPL": (Split(20000621, 2, 1), Split(20050228, 2, 1)), "MSFT": (Split(20030218, 2, 1),),
}  # fmt: skip
PUBLIC_DOMAIN = {"AAPL": 265598, "IBM": 8314, "MSFT": 272093, "GOOG": 208813720, "FB": 107113386}
SYMBOLS = {"FB": "META"}
BTC = 2106887422  # BTC.USD at PAXOS, a number of ours
BTC_SCALE, BTC_TICK, SIZE_SCALE = 100_000, 25_000, 10_000
STRETCH = 5  # whole minutes of the recorded 346 seconds

LEAN = {
    "license": "Apache-2.0",
    "source": "https://github.com/QuantConnect/Lean/tree/master/Data",
}
QUANDL = {"license": "public domain", "source": "Quandl WIKI, through bokeh_sampledata 2026.1"}
BINANCE = {
    "license": "MIT",
    "source": "https://github.com/nkaz001/hftbacktest, examples/spot/btcusdt_20240808.gz",
}
SAMPLE = {
    "SPY": (756733, 20131007, "trade ticks, quotes of one-second bars", 1, 8),
    "IBM": (8314, 20131007, "trade and quote ticks", 4, 1),
    "BAC": (10098, 20131007, "trade and quote ticks", 1, 100),
    "AAPL": (265598, 20140605, "minute bars", 11, 1),
}


def main(data: Path, sample: Path, packaged: Path) -> None:
    """Writes every file of both markets."""
    lean = data / "lean" / "Data"
    entries = [stock(lean, sample, symbol) for symbol in SAMPLE]
    entries.append(currency(lean, sample))
    write_manifest(sample, entries)
    daily = list(public_domain(data / "bokeh" / "stocks.csv.gz", packaged))
    coin = bitcoin(data / "hftbacktest" / "btcusdt_20240808.gz", packaged)
    write_manifest(packaged, [coin, *daily])


def stock(lean: Path, out: Path, symbol: str) -> FolderEntry:
    """The files of a stock of the sample market."""
    con_id, date, kind, spread, depth = SAMPLE[symbol]
    name, files = symbol.lower(), {}
    if symbol != "AAPL":
        quotes = spy_quotes(lean) if symbol == "SPY" else stock_quotes(lean, name)
        files["trades"] = write_trades(out / f"{name}-trades.npz", stock_trades(lean, name, quotes))
        files["quotes"] = write(out / f"{name}-quotes.npz", QUOTE, quotes)
    day = 20131004 if "quotes" in files else date
    files["bars"] = write(out / f"{name}-bars.npz", BAR, stock_minutes(lean, name, day))
    files["daily"] = write(out / f"{name}-daily.npz", DAILY, stock_daily(lean, name, day))
    known = read_factor_file(lean / f"equity/usa/factor_files/{name}.csv")
    actions = [action for action in known if action.date <= date]
    files["actions"] = f"{name}-actions.csv"
    (out / files["actions"]).write_text(actions_text(actions), encoding="ascii")
    return FolderEntry(
        con_id, symbol, date, 390, files, kind=kind, spread=spread, depth=depth, **LEAN
    )


def currency(lean: Path, out: Path) -> FolderEntry:
    """The files of EUR.USD."""
    files = {
        "quotes": write(out / "eurusd-quotes.npz", QUOTE, currency_quotes(lean)),
        "daily": write(out / "eurusd-daily.npz", DAILY, currency_daily(lean, 20140501)),
    }
    return FolderEntry(
        12087792, "EUR.USD", 20140501, 1440, files, kind="quote ticks", scale=CURRENCY_SCALE,
        tick=HALF_PIP, spread=3, size=10_000_000_000, quotes=24, trades=False, **LEAN,
    )  # fmt: skip


def lines(path: Path) -> Iterator[Row]:
    """The rows of the one CSV file in a zip."""
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as raw:
        yield from csv.reader(io.TextIOWrapper(raw, "ascii"))


QUOTE = ("time_ms", "bid", "bidSize", "ask", "askSize")
BAR = ("date", "minute", "open", "high", "low", "close", "volume")
DAILY = ("date", "open", "high", "low", "close", "volume")


def write(path: Path, names: Sequence[str], rows: Iterable[Sequence[int]]) -> str:
    """Writes a file of columns; its name. Says what it wrote."""
    return put(path, dict(zip(names, zip(*rows), strict=True)))


def write_trades(path: Path, rows: Iterable[tuple[int, int, int, str]], unit: str = "ms") -> str:
    """The same for trades, whose exchanges become numbers."""
    times, prices, sizes, exchanges = zip(*rows)
    names = sorted(set(exchanges))
    places = [names.index(name) for name in exchanges]
    columns = {f"time_{unit}": times, "price": prices, "size": sizes, "exchange": places}
    return put(path, columns | {"exchanges": names})


def put(path: Path, columns: dict[str, Sequence[int] | Sequence[str]]) -> str:
    """A file of columns, in place of another; its name."""
    path.unlink(missing_ok=True)
    write_columns(path, columns)
    height = len(next(iter(columns.values())))
    print(f"{path.name:24} {height:8} rows {path.stat().st_size:9} bytes")
    return path.name


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


def stock_daily(lean: Path, symbol: str, before: int) -> Iterator[tuple[int, ...]]:
    """Daily bars before a date, on whole cents, as they were paid.

    A day that opens more than half off both the close before and its own close holds an error,
    unless there was a split.
    """
    known = read_factor_file(lean / f"equity/usa/factor_files/{symbol}.csv")
    last, close = 0, 0
    for row in lines(lean / f"equity/usa/daily/{symbol}.zip"):
        date = int(row[0][:8])
        if date >= before:
            return
        prices = [cents(int(cell)) for cell in row[1:5]]
        new, old = split_ratio(known, last, date)
        opened, yesterday = prices[0], close * old / new
        if close and all(not 2 / 3 < opened / other < 1.5 for other in (yesterday, prices[3])):
            continue
        last, close = date, prices[3]
        yield date, *prices, int(row[5])


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


def currency_daily(lean: Path, before: int) -> Iterator[tuple[int, ...]]:
    """Daily bars of the bid; the short bars of Sundays and Saturdays are left out."""
    for row in lines(lean / "forex/oanda/daily/eurusd.zip"):
        date = int(row[0][:8])
        if date >= before:
            return
        if datetime.date.fromisoformat(row[0][:8]).isoweekday() < 6:
            yield date, *(half_pips(cell, ROUND_FLOOR) for cell in row[1:5]), 0


def half_pips(price: str, rounding: str) -> int:
    """A decimal price in units, rounded to the half pip."""
    steps = Decimal(price) * CURRENCY_SCALE / HALF_PIP
    return int(steps.to_integral_value(rounding)) * HALF_PIP


def public_domain(path: Path, out: Path) -> Iterator[FolderEntry]:
    """Daily bars of five stocks as they were paid, and their splits."""
    found: dict[str, list[tuple[int, ...]]] = {}
    with gzip.open(path, "rt", encoding="ascii") as raw:
        for row in csv.DictReader(raw):
            date = int(row["Date"].replace("-", ""))
            opened, high, low, close = (
                cents(float(row[name]) * STOCK_SCALE) for name in ("Open", "High", "Low", "Close")
            )
            volume = int(float(row["Volume"]))
            if min(opened, high, low, close) > 0 and volume > 0:
                high, low = max(opened, high, close), min(opened, low, close)
                bar = (date, opened, high, low, close, volume)
                found.setdefault(row["Ticker"], []).append(bar)
    for ticker, rows in found.items():
        symbol = SYMBOLS.get(ticker, ticker)
        files = {"daily": write(out / f"{symbol.lower()}-daily.npz", DAILY, rows)}
        if ticker in SPLITS:
            files["actions"] = f"{symbol.lower()}-actions.csv"
            (out / files["actions"]).write_text(actions_text(SPLITS[ticker]), encoding="ascii")
        yield FolderEntry(
            PUBLIC_DOMAIN[ticker], symbol, rows[-1][0], 390, files, kind="daily bars", **QUANDL
        )


def bitcoin(path: Path, out: Path) -> FolderEntry:
    """Trades and best quotes of five minutes on Binance, at the steps of PAXOS.

    Time is when a message was received. Bids are rounded down and asks up to a quarter dollar,
    trades to the nearest; sizes to 1/10,000, at least that.
    """
    begin, end = 0, STRETCH * 60 * 1_000_000
    quotes: list[tuple[int, ...]] = []
    trades: list[tuple[int, int, int, str]] = []
    with gzip.open(path, "rt", encoding="ascii") as raw:
        for line in raw:
            stamp, _, text = line.partition(" ")
            told = json.loads(text)
            if "stream" not in told:  # the answer to a subscription
                continue
            stream, data = told["stream"].partition("@")[2], told["data"]
            begin = begin or int(stamp)
            time = (int(stamp) - begin) // 1_000
            if time >= end:
                break
            if stream == "bookTicker":
                bid, ask = coin(data["b"], ROUND_FLOOR), coin(data["a"], ROUND_CEILING)
                sizes = part(data["B"]), part(data["A"])
                append_quote(quotes, time if quotes else 0, (bid, sizes[0]), (ask, sizes[1]))
            elif stream == "trade":
                trades.append((time, coin(data["p"], ROUND_HALF_EVEN), part(data["q"]), "BINANCE"))
    names = ("time_us", *QUOTE[1:])
    files = {
        "trades": write_trades(out / "btc-trades.npz", trades, "us"),
        "quotes": write(out / "btc-quotes.npz", names, quotes),
    }
    return FolderEntry(
        BTC, "BTC", 20240808, 1440, files, kind="five minutes of trade and quote ticks",
        stretch=STRETCH, scale=BTC_SCALE, sizeScale=SIZE_SCALE, tick=BTC_TICK, **BINANCE,
    )  # fmt: skip


def coin(price: str, rounding: str) -> int:
    """A decimal price in units, rounded to the step of the coin."""
    steps = Decimal(price) * BTC_SCALE / BTC_TICK
    return int(steps.to_integral_value(rounding)) * BTC_TICK


def part(size: str) -> int:
    """A decimal size in ten-thousandths, at least one."""
    return max(int((Decimal(size) * SIZE_SCALE).to_integral_value()), 1)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
