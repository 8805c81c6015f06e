"""The parser: the text of a world to its steps.

A line is ``[+TIME] VERB …``; ``#`` begins a comment. Lines that stand further in belong to the
line above them, which is ``on order …`` or a moment alone. The moments of the world count from its
beginning, those of a rule from the order's arrival; that of a block is added to those in it.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from ..errors import WorldError
from ..venue.units import Nanos
from .broker_verbs import RULE, read_rule
from .steps import (
    ActStep,
    ExpectStep,
    HoursStep,
    PlacedStep,
    RuleAct,
    RuleStep,
    SeedStep,
    StartStep,
    World,
    WorldStep,
)
from .verbs import VERBS, Verb
from .words import LONGEST, Word, Words, cut, nearest

MOST_BYTES: Final = 1 << 20
MOST_LINES: Final = 20_000
DEEPEST: Final = 8
"""Blocks in blocks."""
MOST_RULE_ACTS: Final = 1_000
MOST_PROBLEMS: Final = 100
"""What is told of a world that is wrong in more places."""
replace = msgspec.structs.replace


class _Line(msgspec.Struct):
    """A line with those that belong to it."""

    number: int
    text: str
    words: list[Word]
    inner: "list[_Line]" = []

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip(" "))


def read_world(text: str, name: str = "") -> World:
    """Read a whole world. Raises ``WorldError`` at the first thing that is wrong."""
    world, problems = read_all(text, name)
    if problems:
        raise problems[0]
    return world


def read_all(text: str, name: str = "") -> tuple[World, list[WorldError]]:
    """Read what can be read of a whole world; the lines that cannot, each with what is wrong, at
    most ``MOST_PROBLEMS``. A line that cannot be read is left out with its block."""
    wrong: list[WorldError] = []
    steps: list[PlacedStep] = []
    for line in _tree(text, wrong):
        try:
            steps += _steps([line], None)
        except WorldError as error:
            wrong.append(error)
    late = False
    for one in steps:
        if isinstance(one.step, StartStep) and late:
            wrong.append(
                WorldError(
                    "begins the world, so it stands first", line=one.line, column=one.column,
                    found="start", legal="start as the first line",
                )
            )  # fmt: skip
        late = late or not isinstance(one.step, HoursStep | SeedStep)
    wrong.sort(key=lambda error: (error.line, error.column))
    return World(steps=tuple(steps), name=name), wrong[:MOST_PROBLEMS]


def read_steps(text: str) -> tuple[PlacedStep, ...]:
    """Read lines for a station that runs already. Raises ``WorldError``."""
    wrong: list[WorldError] = []
    lines = _tree(text, wrong)
    if wrong:
        raise wrong[0]
    return tuple(_steps(lines, None))


def _tree(text: str, wrong: list[WorldError]) -> list[_Line]:
    """The lines by their indentation; those that are none go to ``wrong``."""
    if len(text) > MOST_BYTES:
        raise WorldError(f"a world has at most {MOST_BYTES} characters, this one {len(text)}")
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise WorldError(f"a world has at most {MOST_LINES} lines, this one {len(lines)}")
    top: list[_Line] = []
    above: list[_Line] = []
    margin = _margin(lines)
    for number, raw in enumerate(lines, 1):
        try:
            line = _line(raw, number)
        except WorldError as error:
            wrong.append(error)
            continue
        if not line.words:
            continue
        while above and above[-1].indent >= line.indent:
            above.pop()
        if line.indent <= margin:
            above.clear()
        (above[-1].inner if above else top).append(line)
        above.append(line)
        if len(above) > DEEPEST:
            raise WorldError(
                f"stands more than {DEEPEST} blocks deep", line=number,
                column=line.words[0].column, found=line.words[0].text,
            )  # fmt: skip
    return top


def _line(raw: str, number: int) -> _Line:
    """A line in its words. Raises ``WorldError`` for a tab before them, and a quote left open."""
    tab = raw.find("\t")
    if tab >= 0 and not raw[:tab].strip():
        raise WorldError(
            "indents a line", line=number, column=tab + 1, found="a tab", legal="spaces"
        )
    words = cut(raw, number)
    last = words[-1] if words else Word("", 1)
    end = last.column - 1 + len(last.text) + 2 * last.quoted
    return _Line(number, raw[:end], words, [])


def _margin(lines: Sequence[str]) -> int:
    """How far all lines stand in, as in a test's triple quotes."""
    indents = [
        len(line) - len(line.lstrip(" "))
        for line in lines
        if line.strip() and line.strip()[0] != "#"
    ]
    return min(indents, default=0)


def _steps(lines: Sequence[_Line], base: Nanos | None) -> list[PlacedStep]:
    """The steps of lines whose block begins at ``base``; None: at the beginning."""
    found: list[PlacedStep] = []
    for line in lines:
        words = Words(line.words, line.number, line.text)
        moment = _moment(words, base)
        if not words.more:
            found += _block(line, words, moment)
            continue
        verb = _verb(words)
        if verb.name.startswith("on "):
            rule = replace(read_rule(words), every=verb.name == "on every")
            steps: list[WorldStep] = [_filled(rule, line)]
        else:
            if line.inner:
                raise _stray(line.inner[0])
            if verb.name in ("hold", "late"):
                raise words.wrong("stands in a rule only", f"in the block of {RULE}", back=1)
            steps = verb.read(words)
        said = _said(line, verb, len(steps))
        for step, text in zip(steps, said):
            _check_place(step, verb, moment, line)
            found.append(replace(_placed(step, moment, line), text=text))
    return found


def _said(line: _Line, verb: Verb, count: int) -> list[str]:
    """What each of the steps of a line says; one of several conditions stands for itself."""
    whole = " ".join(line.text.split())
    parts = whole.removeprefix(f"{verb.name} ").split(";") if verb.name == "at end" else []
    if len(parts) != count:
        return [whole] * count
    return [f"{verb.name} {part.strip()}" for part in parts]


def _block(line: _Line, words: Words, moment: Nanos | None) -> list[PlacedStep]:
    if not line.inner:
        raise words.unfit("a verb", listed())
    return _steps(line.inner, moment)


def _moment(words: Words, base: Nanos | None) -> Nanos | None:
    """The moment that a line begins with, from the beginning of its outermost block."""
    own = words.moment()
    if own is None:
        return base
    moment = (base or 0) + own
    if moment > LONGEST:
        raise words.wrong("is later than a world lasts", "31 days at most", back=1)
    return moment


def _verb(words: Words) -> Verb:
    """Take the verb of a line. Raises ``WorldError`` for one that is none."""
    first = words.peek()
    for name in (*[n for n in VERBS if " " in n], first):
        verb = VERBS.get(name)
        if verb is not None and words.take(*name.split()):
            break
    else:
        starts = dict.fromkeys(name.partition(" ")[0] for name in VERBS)
        raise words.wrong("is no verb", listed(), near=nearest(first, starts))
    if verb.name == "on every":
        words.need("order", RULE)
    return verb


def listed() -> str:
    """The verbs, for an error."""
    return ", ".join(VERBS)


def _filled(rule: RuleStep, head: _Line) -> RuleStep:
    """The rule with the lines of its block."""
    acts: list[RuleAct] = []
    then: list[PlacedStep] = []
    late = 0
    for line, moment in _flat(head.inner, 0):
        words = Words(line.words, line.number, line.text)
        words.moment()
        verb = _verb(words)
        if verb.name == "hold":
            words.end("hold")
        elif verb.name == "late":
            late = words.span()
            words.end("late TIME")
        elif verb.founding or verb.owner == "test" or verb.name.startswith("on "):
            raise words.wrong("has no place in a rule", "an act, a market verb or a drill", back=1)
        else:
            for step in verb.read(words):
                if isinstance(step, ActStep) and step.name in ("", rule.name):
                    acts.append(RuleAct(after=moment, act=replace(step, name="")))
                else:
                    then.append(_placed(step, moment, line))
        if len(acts) + len(then) > MOST_RULE_ACTS:
            raise words.wrong(f"is more than {MOST_RULE_ACTS} lines of a rule", back=1)
    acts.sort(key=lambda act: act.after)
    return replace(rule, acts=tuple(acts), then=tuple(then), late=late)


def _flat(lines: Sequence[_Line], base: Nanos) -> list[tuple[_Line, Nanos]]:
    """The lines of a rule with their moments, those of moments alone resolved."""
    found: list[tuple[_Line, Nanos]] = []
    for line in lines:
        words = Words(line.words, line.number, line.text)
        moment = _moment(words, base) or 0
        if words.more:
            if line.inner:
                raise _stray(line.inner[0])
            found.append((line, moment))
        elif line.inner:
            found += _flat(line.inner, moment)
        else:
            raise words.unfit("a verb", listed())
    return found


def _check_place(step: WorldStep, verb: Verb, moment: Nanos | None, line: _Line) -> None:
    """What has no moment cannot have one, and the other way round."""
    column = line.words[0].column
    if verb.founding and moment is not None:
        raise WorldError(
            "has a moment before it", line=line.number, column=column, found=verb.name,
            legal=f"{verb.usage}, which is said at the beginning only",
        )  # fmt: skip
    if verb.name == "at end" and moment is not None:
        raise WorldError(
            "has a moment before it", line=line.number, column=column, found="at end",
            legal="at end …, or +TIME expect …",
        )  # fmt: skip
    if verb.name == "end" and moment is None:
        raise WorldError(
            "has no moment", line=line.number, column=column, found="end", legal=verb.usage
        )
    if isinstance(step, ActStep) and not step.name:
        raise WorldError(
            "names no order", line=line.number, column=column, found=verb.name,
            legal=f"{verb.usage.replace('[NAME]', 'NAME')}, the name of a rule's `as NAME`",
        )  # fmt: skip
    if isinstance(step, ExpectStep) and moment is not None and step.within is not None:
        raise WorldError(
            "has a moment of its own and `within`", line=line.number, column=column, found="expect",
            legal="expect … within 3s of +5s, or +8s expect …",
        )  # fmt: skip


def _placed(step: WorldStep, moment: Nanos | None, line: _Line) -> PlacedStep:
    return PlacedStep(
        step=step,  # type: ignore[arg-type]
        after=moment,
        line=line.number,
        column=line.words[0].column,
        text=" ".join(line.text.split()),
        source=line.text,
    )


def _stray(line: _Line) -> WorldError:
    return WorldError(
        "stands further in than the line above, which has no block", line=line.number,
        column=line.words[0].column, found=line.words[0].text,
        legal="the same indentation, or a block of `on order …` or of a moment alone",
    )  # fmt: skip
