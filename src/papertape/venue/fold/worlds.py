"""Folds what a test's world does."""

from ..archive import Archive
from ..facts import ActDone, MatchingSet, RuleMatched, RuleSet, TapeWritten
from ..script import WaitingAct, laid
from ..state import State
from ..units import Nanos
from .part import FoldPart, Rules


class WorldFold(FoldPart):
    """Folds what a test's world does."""

    def __init__(self, state: State, archive: Archive) -> None:
        super().__init__(state, archive)
        self.rules: Rules = {
            TapeWritten: self._written,
            RuleSet: self._set,
            RuleMatched: self._matched,
            ActDone: self._done,
            MatchingSet: self._matching,
        }

    def _written(self, fact: TapeWritten, now: Nanos) -> None:
        tape = self.state.script.tape
        tape[fact.conId] = laid(tape.get(fact.conId, []), fact.marks)

    def _set(self, fact: RuleSet, now: Nanos) -> None:
        script = self.state.script
        script.rules[fact.number] = fact.rule
        script.set = fact.number

    def _matched(self, fact: RuleMatched, now: Nanos) -> None:
        script = self.state.script
        rule = script.rules[fact.number]
        if not rule.every:
            del script.rules[fact.number]
        if rule.rejects is not None:
            return
        for act in rule.acts:
            script.acts += 1
            script.waiting[script.acts] = WaitingAct(now + act.after, fact.permId, act)

    def _matching(self, fact: MatchingSet, now: Nanos) -> None:
        self.state.script.matching = fact.rules

    def _done(self, fact: ActDone, now: Nanos) -> None:
        self.state.script.waiting.pop(fact.number, None)
