"""How each client says what was meant: other names, other ways to say "not set", and its quirks.

A dialect is a fact of a library's interface. A quirk is where a client reports something else than
what was meant; each has its reason, and a quirk that nothing shows any more is an error.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from peers.corpus import Frame
from peers.meant import Call, Difference, Sentinels, Thing, Unset

Instead = Callable[[Any, Frame], Any]
"""What is meant and the frame -> what comes instead, as the drivers render it."""


def always(value: Any) -> Instead:
    return lambda meant, frame: value


def nothing(meant: Any, frame: Frame) -> Any:
    """What the attribute is in a new object."""
    return {str: "", bool: False}.get(type(meant))


@dataclass(frozen=True)
class Quirk:
    """What a client is known to report otherwise."""

    where: str  # "Message path", a regular expression for all of it
    why: str
    instead: Instead
    when: Callable[[Frame], bool] = lambda frame: True

    def explains(self, frame: Frame, difference: Difference) -> bool:
        """Whether this is the reason of a difference."""
        place = f"{frame.cls.__name__} {difference.path}"
        if not re.fullmatch(self.where, place) or not self.when(frame):
            return False
        return bool(difference.came == self.instead(difference.meant, frame))


@dataclass(frozen=True)
class Dialect:
    """A client's names and ways."""

    sentinels: Sentinels
    callbacks: Mapping[str, str] = field(default_factory=dict)  # ours: theirs
    classes: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)  # "Class.ours": theirs
    drops: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # arguments it lacks
    joined_ticks: bool = False  # a price and its size come in one callback
    quirks: tuple[Quirk, ...] = ()

    def spoken(self, calls: list[Call], frame: Frame) -> list[Call]:
        """The callbacks in the names of this client."""
        if self.joined_ticks and frame.cls.__name__ == "TickPrice":
            known = calls[0].args[:3]
            return [Call("priceSizeTick", (*known, ("size", unset(frame.view.size))))]
        return [self._call(call) for call in calls]

    def _call(self, call: Call) -> Call:
        left = self.drops.get(call.name, ())
        args = tuple((name, self._value(v)) for name, v in call.args if name not in left)
        return Call(self.callbacks.get(call.name, call.name), args)

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if not isinstance(value, Thing):
            return value
        name = value.name
        fields = {
            self.attributes.get(f"{name}.{key}", key): self._value(item)
            for key, item in value.fields.items()
        }
        if name.endswith("Condition") and self.joined_ticks:
            fields["conjunction"] = "a" if fields.pop("isConjunctionConnection") else "o"
        return Thing(self.classes.get(name, name), fields)


def unset(size: Any) -> Any:
    return Unset("Decimal") if size is None else size


EXECUTED = 1769787986  # seconds since the epoch of the executions in the corpus
INT, LONG, DOUBLE = 2**31 - 1, 2**63 - 1, sys.float_info.max
WHOLE: Sentinels = {"int": (INT, LONG, None), "float": (DOUBLE, None), "bool": (None,)}


def text(frame: Frame) -> bool:
    return frame.form == "text"


def protobuf(frame: Frame) -> bool:
    return frame.form == "protobuf"


def at(*versions: int) -> Callable[[Frame], bool]:
    return lambda frame: frame.version in versions


def bench(frame: Frame) -> bool:
    return bool(frame.view.order.orderType == "PEGBENCH")


def zoned(frame: Frame) -> bool:
    return bool(last_trade(0, frame).endswith("US/Central"))


def dashed(frame: Frame) -> bool:
    return "-" in last_trade(0, frame)


def no_size(frame: Frame) -> bool:
    """The size or position of the message is not set."""
    depth = getattr(frame.view, "marketDepthData", frame.view)
    return getattr(depth, "size" if hasattr(depth, "size") else "position") is None


def own_id(meant: Any, frame: Frame) -> Any:
    return frame.view.orderId


def flag(meant: Any, frame: Frame) -> bool:
    return bool(meant)


def word(meant: Any, frame: Frame) -> str:
    return str(meant).lower()


def last_trade(meant: Any, frame: Frame) -> Any:
    return frame.view.contract.lastTradeDateOrContractMonth


def moment(meant: Any, frame: Frame) -> str:
    return f"moment {meant}"


def by_number(meant: Any, frame: Frame) -> Any:
    """By number; a letter that is not there is a blank."""
    components = frame.view.smartComponents
    return {str(c.bitNumber): [c.exchange, c.exchangeLetter or " "] for c in components}


def as_new(meant: Any, frame: Frame) -> Any:
    """A new condition has None, a new reason has the word."""
    return "None" if hasattr(frame.view, "contractDetails") else None


def priceless(meant: Any, frame: Frame) -> Any:
    """A price for each leg, none of them set."""
    price = {"_": "OrderComboLeg", "price": f"float {DOUBLE!r}"}
    return [price] * len(frame.view.contract.comboLegs)


# ---------------------------------------------------------------- the official shape

OURS = Dialect(
    sentinels=WHOLE | {"Decimal": (float(2**127 - 1),)},
    attributes={"IneligibilityReason.id": "id_"},
    quirks=(
        Quirk("OpenOrder order.orderId", "the id of the message", own_id, text),
        Quirk("SmartComponents smartComponents", "a dictionary", by_number, protobuf),
        Quirk("BondContractData .*lastTradeDateOrContractMonth",
              "the date stays in the contract too", last_trade, protobuf),
        Quirk("CompletedOrder order.routeMarketableToBbo", "a flag", flag, text),
        Quirk("(Open|Completed)Order order.orderComboLegs",
              "one for each leg", priceless, protobuf),
        Quirk("(Open|Completed)Order order.conditions.(exchange|secType|symbol|time)|"
              "(Bond)?ContractData contractDetails.ineligibilityReasonList.(id_|description)",
              "as in a new object if absent", as_new, protobuf),
    ),
)  # fmt: skip

OF_CONTRACT = {"includeExpired", "secId", "secIdType"}
OF_ORDER = {
    "advancedErrorOverride", "algoId", "manualOrderTime", "mifid2DecisionAlgo",
    "mifid2DecisionMaker", "mifid2ExecutionAlgo", "mifid2ExecutionTrader", "orderMiscOptions",
    "overridePercentageConstraints", "scaleTable",
}  # fmt: skip
UNREAD = OF_CONTRACT | OF_ORDER
"""What the official client does not read from protobuf, though the schema has it."""

LATEST = Dialect(
    sentinels=OURS.sentinels,
    attributes=OURS.attributes,
    quirks=(
        *OURS.quirks,
        Quirk("FundamentalData callbacks", "no longer known: error 505", always(["error"])),
        Quirk("Verify(AndAuth)?Completed isSuccessful", "the word of the text", word, text),
        Quirk(rf".*[cC]ontract\.({'|'.join(sorted(OF_CONTRACT))})", "not read", nothing, protobuf),
        Quirk(rf".*Order order\.({'|'.join(sorted(OF_ORDER))})", "not read", nothing, protobuf),
        Quirk("(Open|Completed)Order order.usePriceMgmtAlgo", "a number", always(1), protobuf),
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 9.81

EARLIER = {
    "OrderState.commissionAndFees": "commission",
    "OrderState.minCommissionAndFees": "minCommission",
    "OrderState.maxCommissionAndFees": "maxCommission",
    "OrderState.commissionAndFeesCurrency": "commissionCurrency",
    "CommissionAndFeesReport.commissionAndFees": "commission",
    "BarData.wap": "average",
    "HistogramData.size": "count",
}
REPORT = {"commissionAndFeesReport": "commissionReport"}
REPORT_CLASS = {"CommissionAndFeesReport": "CommissionReport"}

SPELLING = Quirk(
    "(Open|Completed)Order callbacks", "knows the spelling PEG BENCH only", always([]), bench
)

OLD = Dialect(
    sentinels=WHOLE | {"Decimal": (0,)},  # sizes are plain numbers there, and none is zero
    callbacks=REPORT,
    classes=REPORT_CLASS,
    attributes=EARLIER,
    drops={"error": ("errorTime", "advancedOrderRejectJson")},
    quirks=(
        Quirk("OpenOrder order.orderId", "the id of the message", own_id),
        Quirk(r"OpenOrder order\.(eTradeOnly|firmQuoteOnly)",
              "retired: true in a new order, and told as false by the message", always(False)),
        Quirk("(Bond)?ContractData contractDetails.mdSizeMultiplier",
              "retired: told as 1 by the message", always(1)),
        Quirk("CompletedOrder order.routeMarketableToBbo", "a flag", flag),
        Quirk("Verify(AndAuth)?Completed isSuccessful", "the word of the text", word),
        Quirk("(TickSize|MarketDepth) callbacks",
              "an empty size is an error there", always([]), no_size),
        SPELLING,
        Quirk(r"ContractData contractDetails\.contract\.lastTradeDateOrContractMonth",
              "takes dates apart at spaces only", last_trade, dashed),
        Quirk("BondContractData contractDetails.maturity", "likewise", last_trade, dashed),
        Quirk(r"(Bond)?ContractData contractDetails\.(lastTradeTime|timeZoneId)",
              "likewise", always(""), dashed),
    ),
)  # fmt: skip

# ---------------------------------------------------------------- ib_async, ib_insync

ASYNC = Dialect(
    sentinels=WHOLE | {"Decimal": (0, DOUBLE)},
    callbacks=REPORT,
    classes=REPORT_CLASS,
    attributes=EARLIER | {
        f"{kind}Condition.exchange": "exch"
        for kind in ("Price", "Execution", "Volume", "PercentChange")
    },
    drops={"error": ("errorTime",)},
    joined_ticks=True,
    quirks=(
        Quirk("OpenOrder order.orderId", "the id of the message", own_id),
        Quirk("OpenOrder order.duration", "read from 159 on", always(INT), at(158)),
        Quirk("CompletedOrder order.routeMarketableToBbo", "a flag", flag),
        Quirk("PortfolioValue callbacks", "an empty size is an error there", always([]), no_size),
        Quirk("Verify(AndAuth)?Completed callbacks", "wants 0 or 1, not a word", always([])),
        Quirk("ContractData contractDetails.timeZoneId",
              "the zone of the last trade date wins", always("US/Central"), zoned),
        Quirk("ContractData contractDetails.suggestedSizeIncrement",
              "keeps the smallest size, which is retired", always("float 1.0"), at(163)),
        Quirk("ExecutionDetails execution.time", "a moment", always(f"moment {EXECUTED}")),
        Quirk(r"HistoricalTicks(Last|BidAsk)? historicalTicks\w*\.time", "a moment", moment),
        Quirk("SecDefOptParameter underlyingConId", "left as text", word),
        Quirk("TickOptionComputation (impliedVol|optPrice|pvDividend|undPrice)",
              "hands on the -1 that means not set", always("float -1.0")),
        Quirk("TickOptionComputation (delta|gamma|vega|theta)",
              "hands on the -2 that means not set", always("float -2.0")),
    ),
)  # fmt: skip

INSYNC = replace(
    ASYNC,
    quirks=(
        *(quirk for quirk in ASYNC.quirks if not quirk.where.endswith("timeZoneId")),
        SPELLING,
    ),
)
