"""The types of ticks that no generic id asks for: when they come, and which never do.

With the table of generic ticks this is every type that the vendor documents, 0 to 110.
"""

from typing import Final, NamedTuple


class PlainTicks(NamedTuple):
    """Types of ticks that come, or do not, without a generic id."""

    types: tuple[int, ...]
    sent: bool
    what: str
    """When they come, or why never."""


# types, a range with - | + they come, - never | when, or why
_ROWS: Final = """
0-9 14 | + | the quote, the last trade, the day so far and the close before; a side that nobody \
quotes is -1 with size 0
10-13 | + | option computations from bid, ask, last price and model, once a second
22 | - | the vendor calls it deprecated: 27 and 28 (101) and 86 (588) have the open interest
25 26 | - | the vendor defines them and uses neither
32 33 | + | the letters of the venues that show the bid and the ask: those of the best row in the \
book of SMART, of shares whose key in tickReqParams reqSmartComponents explains; on a line at one \
exchange that one's alone; not \
delayed and, as captured, not in snapshots
38-44 | - | exchange for physical: this market has no such instrument
45 | + | the second of the last trade; of a snapshot of a currency pair, of its quote
49 | + | trading halts (1), pauses for volatility (2), goes on (0)
50-52 | + | yields of a bond, with its default ticks
53 | + | the answer to calculateImpliedVolatility and calculateOptionPrice
66-76 88 90 | + | delayed data in the place of 0 to 9, 14, 45 and 49
80-83 | + | delayed data in the place of 10 to 13
84 | + | the letter of the exchange of the last trade, when it is another one; where 32 and 33 are
85 | + | the time of a regulatory snapshot
91 100 | - | the vendor defines them and uses neither
92-95 | - | of generic ids that are not legal any more (576, 578)
103 104 | + | delayed data in the place of 50 and 51
"""


def _read(text: str) -> tuple[PlainTicks, ...]:
    found = []
    for line in text.strip().splitlines():
        words, sent, what = (part.strip() for part in line.split(" | "))
        types: list[int] = []
        for word in words.split():
            first, _, last = word.partition("-")
            types += range(int(first), int(last or first) + 1)
        found.append(PlainTicks(tuple(types), sent == "+", what))
    return tuple(found)


PLAIN_TICKS: Final = _read(_ROWS)
