"""What the order ticket asks for: which fields an order type has, and what is missing. Pure."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ..parts.number_format import price, size

MOST: Final = 10**9
MOST_CONDITIONS: Final = 10
"""Of one order; the control API takes as many."""


class OrderKind(NamedTuple):
    """An order type: its title, the prices that it has, and the times in force it may have."""

    title: str
    needs: Mapping[str, str] = {}
    """Field of the control API -> its label; without it the order is not complete."""
    may: Mapping[str, str] = {}
    """Fields that may stay empty."""
    tifs: tuple[str, ...] = ("DAY", "GTC", "GTD", "Minutes")
    of: tuple[str, ...] = ()
    """Security types that have it; () stands for all."""


LIMIT: Final = {"limit_price": "Limit price"}
CAP: Final = {"limit_price": "Price cap"}
STOP: Final = {"aux_price": "Stop price"}
TRIGGER: Final = {"aux_price": "Trigger price"}
OFFSET: Final = {"aux_price": "Offset"}
TRAIL: Final = {
    "aux_price": "Trail amount", "trailing_percent": "Trail percent",
    "trail_stop_price": "First stop",
}  # fmt: skip
IMMEDIATE: Final = ("IOC", "FOK")
KINDS: Final[Mapping[str, OrderKind]] = {
    "MKT": OrderKind("Market", tifs=("DAY", "GTC", *IMMEDIATE, "GTD", "Minutes", "OPG")),
    "LMT": OrderKind("Limit", LIMIT, tifs=("DAY", "GTC", *IMMEDIATE, "GTD", "Minutes", "OPG")),
    "STP": OrderKind("Stop", STOP),
    "STP LMT": OrderKind("Stop limit", STOP | LIMIT),
    "TRAIL": OrderKind("Trailing stop", {}, TRAIL),
    "TRAIL LIMIT": OrderKind("Trailing stop limit", {"limit_offset": "Limit offset"}, TRAIL),
    "MIT": OrderKind("Market if touched", TRIGGER),
    "LIT": OrderKind("Limit if touched", TRIGGER | LIMIT),
    "MTL": OrderKind("Market to limit", tifs=("DAY", "GTC", "IOC")),
    "MOC": OrderKind("Market on close", tifs=("DAY",)),
    "LOC": OrderKind("Limit on close", LIMIT, tifs=("DAY",)),
    "MIDPRICE": OrderKind("Midprice", {}, CAP),
    "REL": OrderKind("Relative", {}, OFFSET | CAP),
    "PASSV REL": OrderKind("Passive relative", {}, OFFSET | CAP),
    "PEG MID": OrderKind("Pegged to midpoint", {}, OFFSET | CAP),
    "SNAP MKT": OrderKind("Snap to market", {}, OFFSET),
    "SNAP MID": OrderKind("Snap to midpoint", {}, OFFSET),
    "SNAP PRIM": OrderKind("Snap to primary", {}, OFFSET),
    "PEG BEST": OrderKind(
        "Pegged to best", {"compete_offset": "Offset from best"}, CAP, of=("STK",)
    ),
    "PEG STK": OrderKind("Pegged to stock", {"delta": "Delta"}, of=("OPT",)),
    "VOL": OrderKind("Volatility", {"volatility": "Volatility a year, %"}, of=("OPT", "FOP")),
    "BOX TOP": OrderKind("Box top", tifs=("DAY", "GTC", "IOC"), of=("OPT",)),
    "MKT PRT": OrderKind("Market with protection", tifs=("DAY", "GTC"), of=("FUT", "FOP")),
    "STP PRT": OrderKind("Stop with protection", STOP, of=("FUT", "FOP")),
}
"""Order types that a station trades, as ``docs/guides/orders.md`` has them."""
PRICES: Final = (
    "limit_price", "aux_price", "trailing_percent", "trail_stop_price", "limit_offset",
    "volatility", "compete_offset", "delta",
)  # fmt: skip
"""Prices of an order, in the order of the form."""
TIFS: Final = {
    "DAY": "Day", "GTC": "Good till cancelled", "IOC": "Immediate or cancel", "FOK": "Fill or kill",
    "GTD": "Good till date", "Minutes": "For minutes", "OPG": "At the opening",
}  # fmt: skip
ALGORITHMS: Final[Mapping[str, str]] = {
    "": "", "AD": "componentSize=10, timeBetweenOrders=60", "Adaptive": "adaptivePriority=Normal",
    "ArrivalPx": "riskAversion=Neutral", "ClosePx": "riskAversion=Neutral",
    "DarkIce": "displaySize=10", "PctVol": "pctVol=0.1", "PctVolPx": "pctVol=0.1",
    "PctVolSz": "startPctVol=0.1, endPctVol=0.2", "PctVolTm": "startPctVol=0.1, endPctVol=0.2",
    "Twap": "", "Vwap": "maxPctVol=0.1",
}  # fmt: skip
"""The algorithms of a station, "" for none, with parameters to begin with."""
WORKED: Final = ("MKT", "LMT")
"""The types that an algorithm works."""
SCALE: Final = ("scale_first", "scale_further", "scale_increment")
OCA_TYPES: Final = {1: "Cancel the others", 2: "Reduce, one at a time", 3: "Reduce, all at once"}
CONDITION_KINDS: Final = {
    "price": "Price", "time": "Time", "margin": "Margin cushion, %", "volume": "Volume",
    "change": "Change, %", "execution": "Execution of",
}  # fmt: skip
OF_CONTRACT: Final = ("price", "volume", "change", "execution")
SAMPLE_TIME: Final = "20261224 09:30:00 US/Eastern"
Form = Mapping[str, Any]


def kinds_of(security_type: str) -> dict[str, str]:
    """The order types of a security type, with their titles; "" stands for a common one."""
    return {
        name: kind.title for name, kind in KINDS.items() if not kind.of or security_type in kind.of
    }


def labels(kind: str) -> Mapping[str, str]:
    """The prices of an order type: field -> label."""
    found = KINDS[kind]
    return {**found.needs, **found.may}


def parameters_of(text: str) -> dict[str, str] | None:
    """The parameters of an algorithm out of ``tag=value, tag=value``; None where they are not."""
    found: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        tag, sign, value = (word.strip() for word in part.partition("="))
        if not (tag and sign and value):
            return None
        found[tag] = value
    return found


def lacking(form: Form) -> str:
    """What is missing in a form or cannot be; "" when it is complete."""
    quantity = form["quantity"]
    if not quantity or quantity != int(quantity) or not 1 <= quantity <= MOST:
        return f"Quantity is a whole number from 1 to {MOST:,}."
    kind = KINDS[form["order_type"]]
    for name, label in kind.needs.items():
        value = form[name]
        if value is None or (name == "limit_price" and value <= 0):
            article = "An" if kind.title[0] in "AEIOU" else "A"
            bound = " above 0" if name == "limit_price" else ""
            return f"{article} {kind.title.lower()} order needs a {label.lower()}{bound}."
    if "trailing_percent" in kind.may:
        given = [name for name in ("aux_price", "trailing_percent") if form[name]]
        if len(given) != 1:
            return "A trailing order needs a trail amount or a trail percent, one of them."
    if form.get("algorithm") and form["order_type"] not in WORKED:
        return "An algorithm works market and limit orders."
    if form.get("algorithm") and parameters_of(form["algorithm_parameters"]) is None:
        return (
            "Parameters of an algorithm are written as adaptivePriority=Normal, one after another."
        )
    scaled = [name for name in SCALE if form.get(name)]
    if scaled and (len(scaled) < len(SCALE) or form["order_type"] != "LMT"):
        return "A scale is for limit orders and needs all three: first size, later sizes and step."
    if form["tif"] == "GTD" and not form["good_till"]:
        return f"Good till date needs a date, such as {SAMPLE_TIME}."
    if form["tif"] == "Minutes" and not form["minutes"]:
        return "The time in force “For minutes” needs a number of minutes."
    return ""


def body_of(form: Form) -> dict[str, Any]:
    """The body of ``POST /orders``: fields that the type and the time in force have, and those
    that are set."""
    kind, tif = form["order_type"], form["tif"]
    left_out = {name for name in PRICES if name not in labels(kind)}
    if tif != "GTD":
        left_out.add("good_till")
    if tif != "Minutes":
        left_out.add("minutes")
    if not form["oca_group"]:
        left_out.add("oca_type")
    if not form["conditions"]:
        left_out |= {"conditions_cancel", "conditions_any_hours"}
    body = {
        name: value
        for name, value in form.items()
        if name not in left_out and value not in (None, "", False, [])
    }
    if "algorithm" in body:
        body["algorithm_parameters"] = parameters_of(form["algorithm_parameters"]) or {}
    else:
        body.pop("algorithm_parameters", None)
    for name in ("scale_first", "scale_further"):
        if name in body:
            body[name] = int(body[name])
    body["quantity"] = int(form["quantity"])
    return body


def condition_text(condition: Form, symbol: str) -> str:
    """A condition in words: ``Price of SPY ≥ 500.00``."""
    kind, sign = condition["kind"], "≥" if condition["more"] else "≤"
    title = CONDITION_KINDS[kind]
    if kind == "execution":
        return f"Execution of {condition['symbol']}"
    if kind == "time":
        return f"Time {'after' if condition['more'] else 'before'} {condition['time']}"
    level = size(condition["level"]) if kind == "volume" else price(condition["level"])
    whose = f" of {symbol}" if kind in OF_CONTRACT else ""
    return f"{title.removesuffix(', %')}{whose} {sign} {level}{'%' if title.endswith('%') else ''}"
