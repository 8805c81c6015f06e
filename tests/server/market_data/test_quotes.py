"""One quote line: the first burst, then changes only; sizes in the unit of the version."""

from decimal import Decimal

import pytest

from papertape.server.market_data.quotes import Shown, Ticks, shown, shown_size
from papertape.venue.market.source import DayStats, Quote
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import SECOND
from papertape.versions import HISTORY_IN_SHARES, QUOTES_IN_SHARES, VOLUME_TICKS_IN_SHARES
from server.shown import expected, lines
from venue.scenario import SYMBOLS
from walks import walk

AAPL = SYMBOLS["AAPL"]
EURUSD = next(entry for entry in CATALOGUE if entry.secType == "CASH")
SHARE = 10_000


def quote(bid: int, bid_size: int, ask: int, ask_size: int) -> Quote:
    return Quote(AAPL.conId, 0, bid * 100, bid_size * SHARE, ask * 100, ask_size * SHARE)


def day(last: int = 0, size: int = 0, volume: int = 0, at: int = 0) -> DayStats:
    price = last * 100
    return DayStats(
        price, price, price, 2_550_000, volume * SHARE, price, size * SHARE, at * SECOND
    )


class Line:
    """A line of the number 1 on Apple; knows what its client was told."""

    told: Shown | None = None


def told(line: Line, quoted: Quote, stats: DayStats, version: int = 226) -> list[str]:
    state = shown(quoted, stats)
    ticks = list(Ticks(1, AAPL, version).between(line.told, state))
    line.told = state
    return lines(ticks)


def test_the_first_burst_has_every_figure_that_is_known() -> None:
    line = Line()
    state = quote(25766, 300, 25768, 1000), day(25767, 100, 5000, 1_776_000_000)
    assert told(line, *state) == expected("""
        tickPrice 1 BID 257.66 300;   tickSize 1 BID_SIZE 300
        tickPrice 1 ASK 257.68 1000;  tickSize 1 ASK_SIZE 1000
        tickPrice 1 LAST 257.67 100;  tickSize 1 LAST_SIZE 100
        tickSize 1 VOLUME 5000
        tickPrice 1 HIGH 257.67 0; tickPrice 1 LOW 257.67 0
        tickPrice 1 CLOSE 255 0; tickPrice 1 OPEN 257.67 0
        tickString 1 LAST_TIMESTAMP
    """)
    assert told(line, *state) == []


CHANGES = """
    300 25766 25768 1000 |
    400 25766 25768 1000 | tickSize 1 BID_SIZE 400
    400 25767 25768 1000 | tickPrice 1 BID 257.67 400; tickSize 1 BID_SIZE 400
    300 25766 25769 900  | tickPrice 1 ASK 257.69 900; tickSize 1 ASK_SIZE 900
    0   0     25768 1000 | tickPrice 1 BID -1 0; tickSize 1 BID_SIZE 0
"""


@walk("row", CHANGES.strip().splitlines(), ids=str.strip)
def test_only_what_changed_is_told(row: str) -> None:
    after, _, messages = row.partition("|")
    bid_size, bid, ask, ask_size = map(int, after.split())
    line = Line()
    told(line, quote(25766, 300, 25768, 1000), day())
    assert told(line, quote(bid, bid_size, ask, ask_size), day()) == expected(messages)


def test_a_print_at_the_same_price_is_a_size_and_the_volume() -> None:
    line = Line()
    standing = quote(25766, 300, 25768, 1000)
    told(line, standing, day(25767, 100, 5000, 1_776_000_000))
    assert told(line, standing, day(25767, 200, 5200, 1_776_000_001)) == expected("""
        tickSize 1 LAST_SIZE 200; tickSize 1 VOLUME 5200; tickString 1 LAST_TIMESTAMP
    """)


# gate: what 250 shares of a stock look like just below it and from it on
UNITS = [
    (QUOTES_IN_SHARES, 159, "2", "250"),
    (HISTORY_IN_SHARES, 175, "2", "250"),
    (VOLUME_TICKS_IN_SHARES, 220, "2", "250"),
]


@walk(("gate", "number", "lots", "shares"), UNITS)
def test_stock_sizes_turn_from_lots_to_shares(
    gate: int, number: int, lots: str, shares: str
) -> None:
    assert gate == number
    assert shown_size(250 * SHARE, gate - 1, AAPL, gate) == Decimal(lots)
    assert shown_size(250 * SHARE, gate, AAPL, gate) == Decimal(shares)


def test_other_instruments_never_count_lots() -> None:
    assert shown_size(250 * SHARE, 100, EURUSD, QUOTES_IN_SHARES) == 250


@pytest.mark.parametrize(("version", "size"), [(162, "1"), (163, "1.5")])
def test_sizes_are_whole_numbers_below_163(version: int, size: str) -> None:
    assert shown_size(15_000, version, EURUSD, QUOTES_IN_SHARES) == Decimal(size)


VERSIONS = """
    158  2 10 1 52
    159  250 1000 100 52
    219  250 1000 100 52
    220  250 1000 100 5200
"""


@walk("row", VERSIONS.strip().splitlines(), ids=str.strip)
def test_sizes_of_a_line_by_version(row: str) -> None:
    version, bid, ask, last, volume = row.split()
    line = Line()
    got = told(line, quote(25766, 250, 25768, 1000), day(25767, 100, 5200, 1), version=int(version))
    assert [text for text in got if "Size" in text] == expected(f"""
        tickSize 1 BID_SIZE {bid}; tickSize 1 ASK_SIZE {ask}
        tickSize 1 LAST_SIZE {last}; tickSize 1 VOLUME {volume}
    """)
