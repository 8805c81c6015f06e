"""For each order type: an order that rests, what lets it trade in part, and what fills the rest.

``test_each_type`` plays every recipe through the cells of ``CELLS``, and the page of order types
(``scripts/build_order_types.py``) has a row for each. A type without a recipe fails a test.

Rows are those of ``scenario``; ``{day}`` is the day of the order, ``{next}`` that of the next open.
"""

import json
from typing import Final, NamedTuple

CELLS: Final = {
    "place": "it is accepted and shown",
    "trigger": "nothing fills before what it waits for",
    "partial": "it fills in part, then whole",
    "modify": "it takes new terms and keeps its permanent id",
    "cancel": "it ends, and nothing fills any more",
    "closed": "it waits for the open of its exchange",
    "restart": "a restart between any two rows changes nothing",
    "wire": "text and protobuf tell the same",
}
"""What the scenario table of a type covers."""
MARKET: Final = (
    "quote AAPL 257.66 x 257.68",
    "trade AAPL 257.67",
    "quote SPY 600.00 x 600.02",
    "trade SPY 600",
    "quote ESM6 5000.25 x 5000.50",
    "quote AAPL_C260 5.00 x 5.20",
    "quote 1224817705 6.00 x 6.20",
    "quote 1224817709 3.00 x 3.10",
)
LEGS: Final = json.dumps(
    [
        {"conId": number, "ratio": 1, "action": action, "exchange": "SMART"}
        for number, action in ((1224817705, "BUY"), (1224817709, "SELL"))
    ],
    separators=(",", ":"),
)
VERTICAL: Final = f"secType=BAG comboLegs={LEGS}"
LOOSE: Final = VERTICAL + ' smartComboRoutingParams=[{"tag":"NonGuaranteed","value":"1"}]'


class Recipe(NamedTuple):
    """An order of a type and the market that it meets."""

    order: str
    rows: tuple[str, ...]
    """After the last of them it has traded in part, before it nothing."""
    rest: tuple[str, ...]
    """After these it has filled."""
    waits: str = "Submitted"
    """Its status, and ``whyHeld``, while it rests."""
    before: tuple[str, ...] = ()
    """What the market shows first, so that it rests."""
    whole: bool = False
    """Whether what lets it trade fills it whole: auctions do, whatever a quote shows."""


def algo(name: str, kind: str = "MKT", **params: object) -> str:
    """The order of an algorithm with its parameters."""
    given = [{"tag": tag, "value": str(value)} for tag, value in params.items()]
    text = json.dumps(given, separators=(",", ":"))
    return f"BUY 10 AAPL {kind} algoStrategy={name} algoParams={text}"


TIMES: Final = {"startTime": "10:01:00", "endTime": "10:03:00"}
BEGINS: Final = ("clock {day} 10:01:00",)
GOES_ON: Final = ("clock {day} 10:02:00", "clock {day} 10:03:00")
STARTS: Final = {"startTime": "10:01:00", "noTakeLiq": 0}
VOLUME: Final = ("trade AAPL 257.67*20", "clock {day} 10:01:30", "trade AAPL 257.67*20",
                 "quote AAPL 257.66 x 257.69")  # fmt: skip
MORE_VOLUME: Final = ("trade AAPL 257.67*900", "quote AAPL 257.66 x 257.70")
NO_ASK: Final = ("quote AAPL 257.66 x -",)

RECIPES: Final[dict[str, Recipe]] = {
    "MKT": Recipe(
        "BUY 10 AAPL MKT", ("quote AAPL 257.66 x 257.68*4",), ("quote AAPL 257.66 x 257.69",),
        "PreSubmitted", NO_ASK,
    ),
    "LMT": Recipe(
        "BUY 10 AAPL LMT 257.60", ("quote AAPL 257.58 x 257.60*4",), ("quote AAPL 257.58 x 257.60",)
    ),
    "STP": Recipe(
        "BUY 10 AAPL STP 258", ("quote AAPL 257.98 x 258.02*4", "trade AAPL 258"),
        ("quote AAPL 257.98 x 258.03",), "PreSubmitted trigger",
    ),
    "STP LMT": Recipe(
        "BUY 10 AAPL STP_LMT 258 258.10", ("quote AAPL 257.98 x 258.02*4", "trade AAPL 258"),
        ("quote AAPL 257.98 x 258.10",), "PreSubmitted trigger",
    ),
    "TRAIL": Recipe(
        "SELL 10 AAPL TRAIL auxPrice=2", ("quote AAPL 255.60*4 x 255.70", "trade AAPL 255.60"),
        ("quote AAPL 255.50 x 255.60",), "PreSubmitted trigger",
    ),
    "TRAIL LIMIT": Recipe(
        "SELL 10 AAPL TRAIL_LIMIT auxPrice=2 lmtPriceOffset=0.5 trailStopPrice=255.70",
        ("quote AAPL 255.60*4 x 255.70", "trade AAPL 255.60"), ("quote AAPL 255.50 x 255.60",),
        "PreSubmitted trigger",
    ),
    "MIT": Recipe(
        "BUY 10 AAPL MIT 257", ("quote AAPL 256.98 x 257.00*4", "trade AAPL 257.00"),
        ("quote AAPL 256.98 x 257.10",), "PreSubmitted",
    ),
    "LIT": Recipe(
        "SELL 10 AAPL LIT 258 258.20", ("trade AAPL 258", "quote AAPL 258.20*4 x 258.30"),
        ("quote AAPL 258.20 x 258.30",), "PreSubmitted",
    ),
    "MOC": Recipe(
        "BUY 10 AAPL MOC", ("quote AAPL 257.66 x 257.68*4", "clock {day} 16:00:01"), (),
        "PreSubmitted", whole=True,
    ),
    "LOC": Recipe(
        "BUY 10 AAPL LOC 258", ("quote AAPL 257.66 x 257.68*4", "clock {day} 16:00:01"), (),
        "PreSubmitted", whole=True,
    ),
    "MKT OPG": Recipe(
        "BUY 10 AAPL MKT OPG", ("quote AAPL 257.66 x 257.68*4", "clock {next} 09:30:01"), (),
        "PreSubmitted", whole=True,
    ),
    "LMT OPG": Recipe(
        "BUY 10 AAPL LMT 258 OPG", ("quote AAPL 257.66 x 257.68*4", "clock {next} 09:30:01"), (),
        "PreSubmitted", whole=True,
    ),
    "MTL": Recipe(
        "BUY 10 AAPL MTL", ("quote AAPL 257.66 x 257.68*4",), ("quote AAPL 257.60 x 257.68",),
        "PreSubmitted", NO_ASK,
    ),
    "MKT PRT": Recipe(
        "BUY 5 ESM6 MKT_PRT", ("quote ESM6 5000.25 x 5000.50*2",),
        ("quote ESM6 5000.25 x 5000.50",), "PreSubmitted", ("quote ESM6 5000.25 x -",),
    ),
    "STP PRT": Recipe(
        "SELL 5 ESM6 STP_PRT 4990", ("quote ESM6 4989.00*2 x 4990", "trade ESM6 4990.00"),
        ("quote ESM6 4989.00 x 4990",), "PreSubmitted trigger",
    ),
    "MIDPRICE": Recipe(
        "BUY 10 AAPL MIDPRICE 257.70", ("quote AAPL 257.60 x 257.66*4",),
        ("quote AAPL 257.50 x 257.60",),
    ),
    "REL": Recipe(
        "BUY 10 AAPL REL 258 auxPrice=0.01", ("quote AAPL 257.66 x 257.67*4",),
        ("quote AAPL 257.60 x 257.65",),
    ),
    "PASSV REL": Recipe(
        "BUY 10 AAPL PASSV_REL auxPrice=0.02", ("quote AAPL 257.60 x 257.64*4",),
        ("quote AAPL 257.50 x 257.57",),
    ),
    "PEG MID": Recipe(
        "BUY 10 AAPL PEG_MID 258", ("quote AAPL 257.60 x 257.66*4",),
        ("quote AAPL 257.50 x 257.60",),
    ),
    "PEG STK": Recipe(
        "BUY 5 AAPL_C260 PEG_STK delta=50 startingPrice=5.00 stockRefPrice=257.67",
        ("quote AAPL_C260 4.90 x 5.00*2",), ("quote AAPL_C260 4.90 x 5.00",),
    ),
    "PEG BENCH": Recipe(
        "BUY 10 AAPL PEG_BENCH startingPrice=257.40 peggedChangeAmount=1 stockRefPrice=600 "
        "referenceContractId=756733 referenceChangeAmount=20",
        ("quote AAPL 257.40 x 257.50*4", "trade SPY 602"), ("quote AAPL 257.40 x 257.50",),
    ),
    "PEG BEST": Recipe(
        "BUY 10 AAPL PEG_BEST competeAgainstBestOffset=0.01", ("quote AAPL 257.66 x 257.67*4",),
        ("quote AAPL 257.60 x 257.65",),
    ),
    "BOX TOP": Recipe(
        "BUY 5 AAPL_C260 BOX_TOP exchange=BOX", ("quote AAPL_C260 5.00 x 5.10*2",),
        ("quote AAPL_C260 5.00 x 5.10",), "PreSubmitted", ("quote AAPL_C260 5.00 x -",),
    ),
    "SNAP MKT": Recipe(
        "BUY 10 AAPL SNAP_MKT auxPrice=0.05", ("quote AAPL 257.60 x 257.63*4",),
        ("quote AAPL 257.60 x 257.63",),
    ),
    "SNAP MID": Recipe(
        "BUY 10 AAPL SNAP_MID", ("quote AAPL 257.60 x 257.67*4",), ("quote AAPL 257.60 x 257.67",)
    ),
    "SNAP PRIM": Recipe(
        "BUY 10 AAPL SNAP_PRIM auxPrice=0.02", ("quote AAPL 257.60 x 257.64*4",),
        ("quote AAPL 257.60 x 257.64",),
    ),
    "VOL": Recipe(
        "BUY 5 AAPL_C260 VOL volatility=12 volatilityType=2", ("quote AAPL_C260 0.50 x 0.60*2",),
        ("quote AAPL_C260 0.50 x 0.60",),
    ),
    "BAG MKT": Recipe(
        f"BUY 2 AAPL MKT {VERTICAL}", ("quote 1224817705 6.00 x 6.20*1",),
        ("quote 1224817705 6.00 x 6.20",), "PreSubmitted", ("quote 1224817705 6.00 x -",),
    ),
    "BAG LMT": Recipe(
        f"BUY 2 AAPL LMT 3 {VERTICAL}", ("quote 1224817705 5.80 x 6.00*1",),
        ("quote 1224817705 5.80 x 6.00",),
    ),
    "BAG LMT + MKT": Recipe(
        f"BUY 2 AAPL LMT_+_MKT 3 {LOOSE}", ("quote 1224817705 5.80 x 6.00*1",),
        ("quote 1224817705 5.80 x 6.00",), "PreSubmitted",
    ),
    "BAG REL + LMT": Recipe(
        f"BUY 2 AAPL REL_+_LMT 3 {LOOSE}", ("quote 1224817705 5.99 x 6.00*1",),
        ("quote 1224817705 5.99 x 6.00",), "PreSubmitted",
    ),
    "BAG REL + MKT": Recipe(
        f"BUY 2 AAPL REL_+_MKT {LOOSE}", ("quote 1224817705 5.99 x 6.00*1",),
        ("quote 1224817705 5.99 x 6.00",), "PreSubmitted",
    ),
    "Adaptive": Recipe(
        algo("Adaptive", "LMT 257.68", adaptivePriority="Normal"),
        ("quote AAPL 257.66 x 257.68*4", "clock {day} 10:01:00"), ("quote AAPL 257.66 x 257.68",),
    ),
    "Vwap": Recipe(algo("Vwap", **TIMES), BEGINS, GOES_ON, "PreSubmitted"),
    "Twap": Recipe(algo("Twap", **TIMES), BEGINS, GOES_ON, "PreSubmitted"),
    "ArrivalPx": Recipe(
        algo("ArrivalPx", riskAversion="Neutral", **TIMES), BEGINS, GOES_ON, "PreSubmitted"
    ),
    "ClosePx": Recipe(
        algo("ClosePx", riskAversion="Neutral", forceCompletion=1),
        ("clock {day} 15:45:01",), ("clock {day} 16:00:00",), "PreSubmitted",
    ),
    "DarkIce": Recipe(
        algo("DarkIce", displaySize=4, **TIMES), BEGINS, GOES_ON, "PreSubmitted"
    ),
    "AD": Recipe(
        algo("AD", componentSize=5, timeBetweenOrders=60, startTime="10:01:00"), BEGINS, GOES_ON,
        "PreSubmitted",
    ),
    "PctVol": Recipe(algo("PctVol", pctVol=0.1, **STARTS), VOLUME, MORE_VOLUME, "PreSubmitted"),
    "PctVolPx": Recipe(
        algo("PctVolPx", pctVol=0.1, deltaPctVol=0.1, minPctVol4Px=0.05, maxPctVol4Px=0.2,
             **STARTS),
        VOLUME, MORE_VOLUME, "PreSubmitted",
    ),
    "PctVolSz": Recipe(
        algo("PctVolSz", startPctVol=0.1, endPctVol=0.1, **STARTS), VOLUME, MORE_VOLUME,
        "PreSubmitted",
    ),
    "PctVolTm": Recipe(
        algo("PctVolTm", startPctVol=0.1, endPctVol=0.1, endTime="10:30:00", **STARTS), VOLUME,
        MORE_VOLUME, "PreSubmitted",
    ),
}  # fmt: skip
"""By type; of a combination's with BAG before it, of an algorithm by its name."""


def shown_type(name: str) -> str:
    """The ``orderType`` of a recipe, as openOrder shows it."""
    words = RECIPES[name].order.split()
    return words[3].replace("_", " ")


def size_of(name: str) -> int:
    """The size of a recipe's order."""
    return int(RECIPES[name].order.split()[1])


def larger(order: str) -> str:
    """The same order for two more."""
    side, size, *more = order.split(" ")
    return " ".join((side, str(int(size) + 2), *more))


def dated(row: str, *, today: bool = True) -> str:
    """A row with its days: of an order of the first day, or of the night after it."""
    day = "20260413" if today else "20260414"
    return row.replace("{day}", day).replace("{next}", "20260414")
