"""Plays the requests of captured sessions against a station, and compares what the station tells.

    python -m golden.captures FOLDER [--all]

FOLDER has transcripts of ibkr-go (``data/README.md``). Sessions that name no capture of theirs are
passed over, as those of the accounts DU12345 and DU99999 are: they are written by hand. So are
those without requests about orders. How the rest is played, ``played.py`` says.

The callbacks are compared one by one, in the fields that the recording has: numbers as numbers,
times as instants, permanent ids and execution ids by which is which. What may be told more or less
often, ``REASONS`` says; the rest is a difference. Ends with 1 if there is one.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

from golden.played import CAPTURED, TOLD, Stage, concerns, instant, is_evidence, legs_of
from golden.shapes import built, codecs, places, shape_of
from golden.transcripts import DATA, general
from papertape.wire.catalogue import reports, session
from papertape.wire.codecs import CODECS, evaluate
from papertape.wire.message import Message

WHICH: Final = ("permId", "order.permId", "execId", "execution.execId")
"""Fields of which only the identity counts."""
TIMES: Final = ("execution.time",)
OF_THE_RECORDER: Final = frozenset(
    ("open_order filled", "open_order remaining", "completed_order remaining")
)
TELLS_LESS: Final = "left out"
REPEATS: Final = "repeated"
RACE: Final = "on its way"
ROWS: Final = "rows"
FEE: Final = "fee"
REASONS: Final = {
    TELLS_LESS: "the recorder kept one half of a pair, or no commission report, or no error",
    REPEATS: "we tell once more what was told, as TWS does in other captures",
    RACE: "the state before the exchange has answered (PreSubmitted, PendingCancel) is told or "
    "not: both are captured for the same request, on one day",
    ROWS: "the recorder kept one row of completedOrder, with the quantity before it filled; whole "
    "frames of the same gateway have all rows, and 0",
    FEE: "a micro future cost 0.62 a side in April and 0.61 in July 2026, which is ours",
}
KNOWN: Final = {
    ("CompletedOrder", "order.totalQuantity", "0", "5"): ROWS,
    ("CommissionReport", "commissionAndFees", "0.61", "0.62"): FEE,
    ("CommissionReport", "realizedPNL", "-2.47", "-2.49"): FEE,
}
"""Message, field, ours, captured: why they differ."""
EARLY: Final = ("PreSubmitted", "PendingCancel")


class Line(msgspec.Struct, frozen=True):
    """A callback, with the fields that are compared."""

    kind: str
    facts: dict[str, Any]
    order_id: int = 0

    @property
    def place(self) -> tuple[str, int]:
        """Its kind and its order."""
        return self.kind, self.order_id

    def __str__(self) -> str:
        shown = (f"{name.rpartition('.')[2]}={value}" for name, value in self.facts.items())
        return f"{self.kind}({', '.join(shown)})"


class Result(msgspec.Struct):
    """What came of a session."""

    name: str
    callbacks: int = 0
    """How many the recording has."""
    allowed: Counter[str] = msgspec.field(default_factory=Counter)
    """What differs for a reason, by the reason."""
    difference: str = ""
    """The first one without a reason."""
    captured: list[Line] = []
    ours: list[Line] = []

    @property
    def verdict(self) -> str:
        """``equal``, ``equal but`` or ``differs``."""
        if self.difference:
            return "differs"
        return "equal but" if self.allowed else "equal"

    def __str__(self) -> str:
        why = ", ".join(f"{reason} {count}x" for reason, count in sorted(self.allowed.items()))
        shown = f"{self.name:46} {self.callbacks:3}  {self.verdict:10} {why} {self.difference}"
        return shown.rstrip()


# ---------------------------------------------------------------- comparing


def captured_lines(path: Path) -> list[Line]:
    """The callbacks of a recording."""
    found = []
    for leg in legs_of(path):
        for step in leg.steps:
            if step.side != "server":
                continue
            shape = shape_of(step)
            if not issubclass(shape.message, TOLD):
                continue
            message = built(step, CAPTURED)
            if not concerns(message):
                continue
            known = codecs(shape.message, CAPTURED)
            facts = {
                ours: evaluate(CODECS[known[general(ours)]].read, text)
                for theirs, (ours, text) in places(step).items()
                if general(ours) in known and f"{step.name} {theirs}" not in OF_THE_RECORDER
            }
            found.append(Line(shape.message.__name__, facts, _order_id(message)))
    return found


def line_of(message: Message, names: Iterable[str]) -> Line:
    """A message of ours in the fields of a captured line."""
    facts = {}
    for name in names:
        value: Any = message
        for part in name.split("."):
            value = getattr(value, part)
        facts[name] = value
    return Line(type(message).__name__, facts, _order_id(message))


def _order_id(message: Any) -> int:
    if isinstance(message, session.ErrorMessage):
        return message.id
    if isinstance(message, reports.ExecutionDetails):
        return int(message.execution.orderId)
    return int(getattr(message, "orderId", 0))


class Same:
    """Whether two values mean the same; remembers which id of theirs is which of ours."""

    def __init__(self, allowed: Counter[str]) -> None:
        self._pairs: dict[tuple[str, Any], Any] = {}
        self._allowed = allowed

    def lines(self, theirs: Line, ours: Message) -> str:
        """What differs first without a reason; "" for nothing."""
        if theirs.kind != type(ours).__name__:
            return f"{type(ours).__name__}, not {theirs.kind}"
        mine, reasons = line_of(ours, theirs.facts), []
        for name, value in theirs.facts.items():
            found = mine.facts[name]
            if not self.values(name, value, found):
                why = KNOWN.get((theirs.kind, name, _plain(found), _plain(value)))
                if why is None:
                    return f"{theirs.kind} #{theirs.order_id} {name} {found!r}, not {value!r}"
                reasons.append(why)
        self._allowed.update(reasons)
        return ""

    def values(self, name: str, theirs: Any, ours: Any) -> bool:
        """Whether two values of a field mean the same."""
        if name in WHICH:
            kind = name.rpartition(".")[2]
            return bool(self._pairs.setdefault((kind, theirs), ours) == ours)
        if name in TIMES:
            return instant(theirs) == instant(ours)
        if name == "errorTime":
            return True  # the recorder's clock
        if name == "realizedPNL":
            return _pnl(theirs, ours)
        if isinstance(theirs, str) or isinstance(ours, str):
            return bool(theirs == ours)
        one, other = Decimal(str(theirs or 0)), Decimal(str(ours or 0))
        return one == round(other, max(0, -int(one.as_tuple().exponent)))


def _plain(value: Any) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _pnl(theirs: float | None, ours: float | None) -> bool:
    """The recorder writes 0 for none."""
    if not theirs or theirs > 1e300:
        return ours is None
    return ours is not None and round(ours, 2) == round(theirs, 2)


def compared(path: Path) -> Result:
    """Play a session and compare."""
    return held_against(path.stem, captured_lines(path), Stage(legs_of(path)).play())


def held_against(name: str, theirs: list[Line], messages: list[Message]) -> Result:
    """Compare what a session was told with what a station tells."""
    names: dict[str, dict[str, Any]] = {}
    for line in theirs:
        names.setdefault(line.kind, line.facts)
    ours = [line_of(one, names.get(type(one).__name__, ())) for one in messages]
    result = Result(name, len(theirs), captured=theirs, ours=ours)
    same = Same(result.allowed)
    told: dict[tuple[str, int], Line] = {}
    """What the two have said last, by kind and order."""
    i = j = 0
    while i < len(theirs) or j < len(ours):
        captured, mine = theirs[i : i + 1], ours[j : j + 1]
        problem = same.lines(captured[0], messages[j]) if captured and mine else "the end"
        if not problem:
            told[ours[j].place] = ours[j]
            i, j = i + 1, j + 1
        elif mine and (why := _says_nothing_new(ours[j], told, theirs[i:])):
            result.allowed[why] += 1
            told[ours[j].place] = ours[j]
            j += 1
        elif captured and mine and _on_its_way(theirs[i], ours[j]):
            result.allowed[RACE] += 1
            told[ours[j].place] = ours[j]
            i, j = i + 1, j + 1
        elif captured and _may_lack(theirs[i], theirs[:i], ours[j:]):
            result.allowed[RACE] += 1
            i += 1
        else:
            shown = (
                str(mine[0]) if mine else "nothing",
                str(captured[0]) if captured else "nothing",
            )
            result.difference = problem if captured and mine else f"{shown[0]}, not {shown[1]}"
            break
    return result


def _says_nothing_new(line: Line, told: dict[tuple[str, int], Line], rest: list[Line]) -> str:
    """Why a callback of ours that the recording lacks is no difference; "" when it is one."""
    mine = [one for one in rest if one.order_id == line.order_id]
    before = told.get(line.place)
    if before is not None and before.facts == line.facts != {}:
        return REPEATS
    if line.kind == "OpenOrder" and mine and mine[0].kind == "OrderStatus":
        return TELLS_LESS  # one half of a pair
    if line.kind == "CommissionReport":
        paid = {one.facts["execId"] for one in rest if one.kind == line.kind}
        following = [one for one in rest if one.kind in ("CommissionReport", "ExecutionDetails")]
        if not paid or (following and following[0].kind == "ExecutionDetails"):
            return TELLS_LESS
    if line.kind == "CompletedOrder" and mine and mine[0].kind.startswith("CompletedOrder"):
        return ROWS
    if line.kind == "ErrorMessage" and not any(one.kind == line.kind for one in mine):
        return TELLS_LESS
    following = [one for one in mine if one.kind == "OrderStatus"]
    if line.facts.get("status") in EARLY and following and _alike(following[0], line):
        return RACE
    return ""


def _alike(theirs: Line, ours: Line) -> bool:
    """Whether two callbacks differ at most in the state of the order."""
    if theirs.place != ours.place:
        return False
    same = Same(Counter())
    states = ("status", "orderState.status")
    return all(
        same.values(name, value, ours.facts[name])
        for name, value in theirs.facts.items()
        if name not in states and name not in WHICH
    )


def _on_its_way(theirs: Line, ours: Line) -> bool:
    """Whether two callbacks differ only in whether the exchange has taken the order."""
    name = "status" if "status" in theirs.facts else "orderState.status"
    states = {line.facts.get(name) for line in (theirs, ours)}
    return states == {"PreSubmitted", "Submitted"} and _alike(theirs, ours)


def _may_lack(line: Line, before: list[Line], rest: list[Line]) -> bool:
    """Whether we may tell nothing of a captured callback: it says that an order is on its way, or
    repeats the pair of that."""
    following = [one for one in rest if one.place == ("OrderStatus", line.order_id)]
    if line.kind == "OrderStatus":
        early = line.facts["status"] in EARLY and bool(following)
        return early and following[0].facts["status"] not in EARLY and _alike(line, following[0])
    again = [one for one in before if one.place == line.place]
    return line.kind == "OpenOrder" and bool(following and again) and again[-1].facts == line.facts


# ---------------------------------------------------------------- the command


def main() -> int:
    """Compare all sessions of a folder and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=DATA)
    parser.add_argument("--all", action="store_true", help="both sequences of each that differs")
    options = parser.parse_args()
    paths = sorted(options.folder.glob("*.txt"))
    results = [compared(path) for path in paths if is_evidence(path)]
    for result in results:
        print(result)
        if options.all and result.verdict != "equal":
            print("  captured", *result.captured, sep="\n    ")
            print("  ours", *result.ours, sep="\n    ")
    differing = sum(bool(result.difference) for result in results)
    whole = sum(result.verdict == "equal" for result in results)
    print(
        f"{len(paths)} sessions, {len(results)} captured and about orders: {whole} equal,"
        f" {len(results) - whole - differing} equal but for what follows, {differing} differ"
    )
    for reason, text in REASONS.items():
        print(f"  {reason}: {text}")
    return 1 if differing or not results else 0


if __name__ == "__main__":
    sys.exit(main())
