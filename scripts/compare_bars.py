"""Recompute minute bars from recorded ticks and compare them with the vendor's own bars.

    python scripts/compare_bars.py FOLDER [--day 20131007] [--symbols spy,ibm,bac] [--rest]

FOLDER is the ``Data`` folder of QuantConnect's LEAN (Apache-2.0), with both of SPY, IBM and BAC
for 7 October 2013, from 04:00 to 20:00 in New York. The bars are made by the code that a station
makes its bars with (``venue/market/ticks.py``). Printed for each symbol: how many bars are equal in
open, high, low, close and volume when every print counts; how many when prices come from the prints
that may set them, and what differs in the rest. ``--rest`` lists those.

From 9:30 to 16:00 prints may set no price by their sale conditions: the vendor's flags 0x20,
0x40000, 0x100000 and 0x1000000. That was found out from the data, the flags are not published:
leaving those prints out of prices, not of volumes, gives the vendor's bars. What is left are the
minutes of the opening and the closing auction, whose official prices and volumes the vendor has put
elsewhere.
"""

import argparse
import csv
import sys
import zipfile
from array import array
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import NamedTuple

from papertape.venue.market.ticks import Block
from papertape.venue.units import MINUTE, SIZE_SCALE

NO_PRICE = 0x20 | 0x40000 | 0x100000 | 0x1000000
"""Flags of prints that set no price."""
DAY = 24 * 60 * MINUTE
OPENS, CLOSES = 570 * MINUTE, 960 * MINUTE
"""The regular session."""


class Trade(NamedTuple):
    """A print: nanoseconds since midnight, price in ten-thousandths, shares, flags."""

    time: int
    price: int
    size: int
    flags: int


class MinuteBar(NamedTuple):
    """Prices in ten-thousandths, and shares."""

    open: int
    high: int
    low: int
    close: int
    volume: int


def sets_price(one: Trade) -> bool:
    """Whether a print may set the price of a bar."""
    return not one.flags & NO_PRICE or not OPENS <= one.time < CLOSES


class Compared(NamedTuple):
    """How many of the vendor's bars are equal to ours."""

    bars: int
    every: int
    """When each print sets prices."""
    eligible: int
    """When only those do that may."""
    rest: dict[int, tuple[MinuteBar, MinuteBar]]
    """Minute of the day -> our bar and the vendor's, where they differ then."""


def rows(path: Path) -> Iterator[list[str]]:
    """The rows of the one file in a zip."""
    with zipfile.ZipFile(path) as packed, packed.open(packed.namelist()[0]) as raw:
        yield from csv.reader(TextIOWrapper(raw, "ascii"))


def trades(path: Path) -> list[Trade]:
    """The prints of a day."""
    return [
        Trade(int(row[0]) * 1_000_000, int(row[1]), int(row[2]), int(row[4], 16))
        for row in rows(path)
    ]


def vendor_bars(path: Path) -> dict[int, MinuteBar]:
    """The vendor's bars by the minute of the day."""
    return {
        int(row[0]) // 60_000: MinuteBar(*map(int, row[1:6]))
        for row in rows(path)
    }  # fmt: skip


def bars_of(prints: Iterable[Trade]) -> dict[int, MinuteBar]:
    """The bars of the prints, by the minute of the day."""
    found = list(prints)
    block = Block(
        0, DAY, array("q", [0]), array("q", [1]), array("q", [1]), array("q", [1]), array("q", [1]),
        array("q", [one.time for one in found]),
        array("q", [one.price for one in found]),
        array("q", [one.size * SIZE_SCALE for one in found]),
        array("q", [0] * len(found)),
        ("",),
    )  # fmt: skip
    bars = {}
    for minute in dict.fromkeys(one.time // MINUTE for one in found):
        piece = block.piece("TRADES", minute * MINUTE, (minute + 1) * MINUTE)
        assert piece is not None
        volume = piece.volume // SIZE_SCALE
        bars[minute] = MinuteBar(piece.open, piece.high, piece.low, piece.close, volume)
    return bars


def compared(prints: list[Trade], vendor: dict[int, MinuteBar]) -> Compared:
    """Compare the vendor's bars with those of the prints."""
    every = bars_of(prints)
    priced = bars_of(filter(sets_price, prints))
    ours = {
        minute: priced.get(minute, bar)._replace(volume=bar.volume)
        for minute, bar in every.items()
    }  # fmt: skip
    missing = MinuteBar(0, 0, 0, 0, 0)
    rest = {
        minute: (ours.get(minute, missing), bar)
        for minute, bar in vendor.items()
        if ours.get(minute) != bar
    }
    equal = sum(every.get(minute) == bar for minute, bar in vendor.items())
    return Compared(len(vendor), equal, len(vendor) - len(rest), rest)


def why(ours: MinuteBar, theirs: MinuteBar) -> str:
    """What differs."""
    names = [name for name in MinuteBar._fields if getattr(ours, name) != getattr(theirs, name)]
    return ", ".join(names)


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="LEAN's Data folder")
    parser.add_argument("--day", default="20131007")
    parser.add_argument("--symbols", default="spy,ibm,bac")
    parser.add_argument("--rest", action="store_true", help="list the bars that differ")
    options = parser.parse_args()
    place = options.folder / "equity" / "usa"
    for symbol in options.symbols.split(","):
        name = f"{options.day}_trade.zip"
        found = compared(
            trades(place / "tick" / symbol / name), vendor_bars(place / "minute" / symbol / name)
        )
        shares = [f"{100 * count / found.bars:.1f} %" for count in (found.every, found.eligible)]
        print(
            f"{symbol.upper()}: {found.bars} bars; equal with every print {found.every}"
            f" ({shares[0]}), by the prints that set prices {found.eligible} ({shares[1]})"
        )
        for minute, (ours, theirs) in sorted(found.rest.items()):
            if options.rest:
                clock = f"{minute // 60:02}:{minute % 60:02}"
                print(f"  {clock} {why(ours, theirs)}: {tuple(ours)} {tuple(theirs)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
