"""The requests of every captured session get the captured callbacks; what differs has a reason.

The page says what the reasons of ``captures.py`` excuse in each session: neither more nor less.
"""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from golden import captures
from golden.captures import Line, Result, captured_lines, compared, held_against
from golden.played import Stage, is_evidence, legs_of
from golden.transcripts import DATA, SESSIONS
from papertape.wire.message import Message

PAGE = DATA.parents[2] / "docs/internals/captures.md"
PATHS = [path for path in SESSIONS if is_evidence(path)]


def excused(result: Result) -> str:
    """What a session needed, as the table has it."""
    return ", ".join(f"{reason} {count}" for reason, count in sorted(result.allowed.items()))


@pytest.fixture(scope="module", name="played")
def _played() -> dict[str, tuple[list[Line], list[Message]]]:
    """Captured callbacks and ours, by session."""
    return {p.stem: (captured_lines(p), Stage(legs_of(p)).play()) for p in PATHS}


@pytest.mark.long
def test_every_captured_session_about_orders_gets_its_callbacks(
    played: dict[str, tuple[list[Line], list[Message]]],
) -> None:
    results = [held_against(name, *both) for name, both in played.items()]
    assert [f"{one.name}: {one.difference}" for one in results if one.difference] == []
    rows = re.findall(r"^\| (\w+) \| (\d+) \| ?(.*?) ?\|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [(one.name, str(one.callbacks), excused(one)) for one in results] == rows
    equal = sum(one.verdict == "equal" for one in results)
    counts = (
        f"Of {len(results)} sessions {equal} is equal in every callback, {len(results) - equal}"
    )
    assert f"\n{counts} are equal but for the reasons below, and 0 differ.\n" in PAGE.read_text(
        "utf-8"
    )


def test_the_page_explains_every_reason() -> None:
    text = PAGE.read_text("utf-8")
    assert all(f"\n| {reason} | " in text for reason in captures.REASONS)


def test_sessions_that_are_written_by_hand_are_no_evidence(tmp_path: Path) -> None:
    text = (DATA / "direct_cancel_order.txt").read_text("utf-8")
    by_hand = tmp_path / "by_hand.txt"
    by_hand.write_text(text.replace("captures/", "nothing/"), "utf-8")
    assert not is_evidence(by_hand)
    by_hand.write_text(text.replace("DU9000001", "DU12345"), "utf-8")
    assert not is_evidence(by_hand)
    assert is_evidence(DATA / "direct_cancel_order.txt")


# ---------------------------------------------------------------- the comparison can fail


def changed(value: Any) -> Any:
    """Another value of a field."""
    return f"{value}1" if isinstance(value, str) else (value or 0) + 1


IDENTITIES = (*captures.WHICH, "errorTime", "execution.time")


@pytest.mark.long
def test_any_other_value_of_any_captured_field_is_a_difference(
    played: dict[str, tuple[list[Line], list[Message]]],
) -> None:
    unseen = []
    for name, (theirs, ours) in played.items():
        for at, line in enumerate(theirs):
            for field in line.facts:
                if field in IDENTITIES:
                    continue
                facts = {**line.facts, field: changed(line.facts[field])}
                other = msgspec.structs.replace(line, facts=facts)
                result = held_against(name, [*theirs[:at], other, *theirs[at + 1 :]], ours)
                if not result.difference:
                    unseen.append((name, at, line.kind, field))
    assert unseen == []


def test_a_callback_that_we_lack_is_a_difference(
    played: dict[str, tuple[list[Line], list[Message]]],
) -> None:
    """All but pairs that are told twice, and states on the way."""
    kinds = ("ExecutionDetails", "CommissionReport", "ErrorMessage", "OpenOrdersEnd")
    for name, (theirs, ours) in played.items():
        wanted = {line.kind for line in theirs}
        for at, message in enumerate(ours):
            ended = getattr(message, "status", "") in ("Filled", "Cancelled", "Inactive")
            if ended:  # told twice where a fee follows
                twins = [n for n, o in enumerate(ours) if n != at and o == message]
                rest = [one for n, one in enumerate(ours) if n != at and n not in twins]
                assert held_against(name, theirs, rest).difference, (name, at)
            elif type(message).__name__ in kinds and type(message).__name__ in wanted:
                one_less = [*ours[:at], *ours[at + 1 :]]
                assert held_against(name, theirs, one_less).difference or _unrecorded(
                    message, theirs
                ), (name, at)


def _unrecorded(message: Any, theirs: list[Line]) -> bool:
    """Whether the recorder kept fewer messages of this kind than we send."""
    kind = type(message).__name__
    return kind == "CommissionReport" and sum(line.kind == kind for line in theirs) < sum(
        line.kind == "ExecutionDetails" for line in theirs
    )


def test_a_callback_too_many_is_a_difference(
    played: dict[str, tuple[list[Line], list[Message]]],
) -> None:
    theirs, ours = played["api_dollar_cost_averaging_aapl"]
    fill = next(one for one in ours if type(one).__name__ == "ExecutionDetails")
    other = msgspec.structs.replace(fill.execution, execId="another")  # type: ignore[attr-defined]
    twice = [*ours, msgspec.structs.replace(fill, execution=other)]
    assert "ExecutionDetails" in held_against("", theirs, twice).difference


# ---------------------------------------------------------------- the command


def test_the_command_says_what_differs_and_ends_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (DATA / "direct_cancel_order.txt").read_text("utf-8")
    (tmp_path / "as_it_is.txt").write_text(text, "utf-8")
    monkeypatch.setattr("sys.argv", ["captures", str(tmp_path), "--all"])
    assert captures.main() == 0
    assert "1 sessions, 1 captured and about orders: 0 equal, 1 equal but" in (
        told := capsys.readouterr().out
    )
    assert "OrderStatus(orderId=1, status=Cancelled" in told
    (tmp_path / "other.txt").write_text(text.replace('"Cancelled"', '"Inactive"'), "utf-8")
    assert captures.main() == 1
    assert "status 'Cancelled', not 'Inactive'" in capsys.readouterr().out


def test_a_folder_without_sessions_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["captures", str(tmp_path)])
    assert captures.main() == 1


def test_one_session_alone(tmp_path: Path) -> None:
    result = compared(DATA / "place_order_invalid_type_live_error.txt")
    assert (result.verdict, result.callbacks) == ("equal", 1)
