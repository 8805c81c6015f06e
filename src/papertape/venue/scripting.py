"""How the facts of a world change the state."""

from collections.abc import Callable
from typing import Any, Protocol

from .facts import ActDone, MatchingSet, RuleMatched, RuleSet, TapeWritten
from .script import Script, WaitingAct, laid
from .units import Nanos


class ScriptedBooks(Protocol):
    """The part of the state that a world changes."""

    script: Script


class ScriptFold:
    """The rules of the fold for the facts of a world."""

    def __init__(self, state: ScriptedBooks) -> None:
        self._state = state
        self.rules: dict[type[Any], Callable[[Any, Nanos], None]] = {
            TapeWritten: self._written,
            RuleSet: self._set,
            RuleMatched: self._matched,
            ActDone: self._done,
            MatchingSet: self._matching,
        }

    def _written(self, fact: TapeWritten, now: Nanos) -> None:
        tape = self._state.script.tape
        tape[fact.conId] = laid(tape.get(fact.conId, []), fact.marks)

    def _set(self, fact: RuleSet, now: Nanos) -> None:
        script = self._state.script
        script.rules[fact.number] = fact.rule
        script.set = fact.number

    def _matched(self, fact: RuleMatched, now: Nanos) -> None:
        script = self._state.script
        rule = script.rules[fact.number]
        if not rule.every:
            del script.rules[fact.number]
        if rule.rejects is not None:
            return
        for act in rule.acts:
            script.acts += 1
            script.waiting[script.acts] = WaitingAct(now + act.after, fact.permId, act)

    def _matching(self, fact: MatchingSet, now: Nanos) -> None:
        self._state.script.matching = fact.rules

    def _done(self, fact: ActDone, now: Nanos) -> None:
        self._state.script.waiting.pop(fact.number, None)
