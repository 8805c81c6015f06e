"""Emits the source of a text decoder: token positions are literals up to the first condition.

One template per step; nothing is decided here (see ``plan.py``). Requests are read strictly,
to the last token; replies leniently, so that a server may append fields.
"""

from typing import Any

from .codecs import CODECS
from .codegen import Source
from .layout import Const, Each, Field, Optional, Part, Step, Switch, Variant, When
from .limits import MOST_ELEMENTS
from .message import Message, hints
from .plan import bare, default_value, is_record, plan, strict_reading

_FILLED = {
    "int(@ or 0)": ("INTS[t]", "0"),
    "float(@ or 0)": ("FLOATS[t]", "0.0"),
    "lenient_float(@)": ("lenient_float(t)", "None"),
    "optional_long(@)": ("optional_long(t)", "None"),
    "plain_float(@)": ("plain_float(t)", "0.0"),
    "read_decimal(@)": ("DECIMALS[t]", "None"),
}
"""Lenient reading of a token that is not empty, and the value of an empty one: most tokens of a
large message are empty, and a call costs more than the rest. Repeated values are looked up."""
_SHORTER = {"(@ != '0' and @ != '')": "(@ not in ('0', ''))"}
"""The same, with a single test of the token."""


class DecoderEmitter:
    """Emits the decoder: token positions are literals until the first conditional part."""

    def __init__(self, cls: type[Message]) -> None:
        self.cls = cls
        self.strict = cls.spec.request
        self.out = Source()
        self.floating = False
        self.offset = 0
        self.loops = 0

    def source(self, version: int) -> str:
        self.out.lines.append("def function(f):")
        assigned: set[str] = set()
        self._steps(plan(self.cls, version), self.cls, "", assigned)
        if self.strict:
            end = f"i + {self.offset}" if self.floating else str(self.offset)
            # After the last field there is nothing, or there are empty fields.
            odd = f"len(f) != {end} + 1 and (len(f) <= {end} or any(f[{end}:]))"
            self.out.add(f"if f[-1] or {odd}: raise ValueError('extra fields')")
        self.out.add(f"return {self._build(self.cls, 'Message', assigned, '')}")
        return self.out.text()

    def _token(self) -> str:
        at = f"f[i + {self.offset}]" if self.floating else f"f[{self.offset}]"
        self.offset += 1
        return at

    def _settle(self) -> None:
        """Make the position a variable, because what follows may be absent."""
        if not self.floating:
            self.out.add(f"i = {self.offset}")
            self.floating = True
        elif self.offset:
            self.out.add(f"i += {self.offset}")
        self.offset = 0

    def _steps(self, steps: tuple[Step, ...], record: Any, prefix: str, assigned: set[str]) -> None:
        for step in steps:
            self._step(step, record, prefix, assigned)

    def _step(self, step: Step, record: Any, prefix: str, assigned: set[str]) -> None:
        if isinstance(step, Const):
            self._token()
        elif isinstance(step, Field):
            self.out.add(f"{prefix}{_local(step.path)} = {self._value(step, record)}")
            assigned.add(step.path)
        elif isinstance(step, When):
            values = [prefix + _local(path) for path in step.condition.paths]
            head = f"if {step.condition.expression.format(*values)}:"
            self._branch([(head, step.steps)], record, prefix, assigned)
        elif isinstance(step, Each):
            self._each(step, prefix, assigned)
        elif isinstance(step, Optional):
            self._optional(step, prefix, assigned)
        elif isinstance(step, Part):
            self._part(step, prefix, assigned)
        elif isinstance(step, Variant):
            self._settle()
            count = "(f[i].isdigit() or f[-2])"  # else the extra token is an empty one at the end
            self.out.add(f"if len(f) > i + {step.rest + 1} and {count}: i += 1")
        elif isinstance(step, Switch):
            selector = prefix + _local(step.path)
            heads = [
                (f"{'elif' if i else 'if'} {selector} == {value!r}:", inner)
                for i, (value, inner) in enumerate(step.cases)
            ]
            self._branch(heads, record, prefix, assigned)
            self.out.add("else: raise ValueError('unknown case')")

    def _value(self, step: Field, record: Any) -> str:
        """The expression that reads the next token."""
        codec, token = CODECS[step.codec], self._token()
        if self.strict:
            return strict_reading(step, record).replace("@", token)
        if codec.read in _FILLED:
            filled, empty = _FILLED[codec.read]
            filled = "int(t)" if codec.name == "long" else filled  # times do not repeat
            return f"({filled} if (t := {token}) else {empty})"
        return _SHORTER.get(codec.read, codec.read).replace("@", token)

    def _branch(
        self,
        heads: list[tuple[str, tuple[Step, ...]]],
        record: Any,
        prefix: str,
        assigned: set[str],
    ) -> None:
        self._settle()
        paths = sorted({p for _, inner in heads for p in _assigned(inner)} - assigned)
        for path in paths:
            self.out.add(f"{prefix}{_local(path)} = {default_value(record, path)!r}")
        for head, inner in heads:
            self.out.add(head)
            self.out.depth += 1
            self._steps(inner, record, prefix, assigned)
            self.out.add(f"i += {self.offset}")
            self.offset = 0
            self.out.depth -= 1
        assigned.update(paths)

    def _each(self, step: Each, prefix: str, assigned: set[str]) -> None:
        self.loops += 1
        count, inner = f"n{self.loops}", f"e{self.loops}_"
        read = "strict_int" if self.strict else "int"
        self.out.add(f"{count} = {read}({self._token()} or 0)")
        self._settle()
        items = prefix + _local(step.path)
        most = f"min({MOST_ELEMENTS}, len(f))" if self.strict else "len(f)"
        self.out.add(f"if not 0 <= {count} <= {most}: raise ValueError('count')")
        self.out.add(f"{items} = []")
        self.out.add(f"for _ in range({count}):")
        self.out.depth += 1
        own: set[str] = set()
        self._steps(step.steps, step.record, inner, own)
        if self.offset:
            self.out.add(f"i += {self.offset}")
            self.offset = 0
        if step.record is None:
            self.out.add(f"{items}.append({inner}{_local('')})")
        else:
            built = self._build(step.record, step.record.__name__, own, inner)
            self.out.add(f"{items}.append({built})")
        self.out.depth -= 1
        assigned.add(step.path)

    def _optional(self, step: Optional, prefix: str, assigned: set[str]) -> None:
        self.loops += 1
        inner, own = f"e{self.loops}_", set[str]()
        flag = CODECS["bool"].strict if self.strict else CODECS["bool"].read
        self.out.add(f"present = {flag.replace('@', self._token())}")
        self._settle()
        local = prefix + _local(step.path)
        self.out.add(f"{local} = None")
        self.out.add("if present:")
        self.out.depth += 1
        self._steps(step.steps, step.record, inner, own)
        self.out.add(f"i += {self.offset}")
        self.offset = 0
        self.out.add(f"{local} = {self._build(step.record, step.record.__name__, own, inner)}")
        self.out.depth -= 1
        assigned.add(step.path)

    def _part(self, step: Part, prefix: str, assigned: set[str]) -> None:
        self.loops += 1
        inner, own = f"e{self.loops}_", set[str]()
        self._steps(step.steps, step.record, inner, own)
        built = self._build(step.record, step.record.__name__, own, inner)
        self.out.add(f"{prefix}{_local(step.path)} = {built}")
        assigned.add(step.path)

    def _build(
        self, record: Any, name: str, assigned: set[str], prefix: str, *, at: str = ""
    ) -> str:
        """The expression that builds a record from the local variables."""
        fields = hints(record)
        direct = all(f"{at}{field}" in assigned for field in fields)
        parts: list[str] = []
        for field, hint in fields.items():
            path = f"{at}{field}"
            label = "" if direct else f"{field}="
            if path in assigned:
                parts.append(f"{label}{prefix}{_local(path)}")
            elif is_record(hint) and any(p.startswith(path + ".") for p in assigned):
                kind = bare(hint)
                nested = self._build(kind, kind.__name__, assigned, prefix, at=path + ".")
                parts.append(f"{field}={nested}")
        return f"{name}({', '.join(parts)})"


def _assigned(steps: tuple[Step, ...]) -> set[str]:
    """Every path that reading these steps may set."""
    found: set[str] = set()
    for step in steps:
        if isinstance(step, Field | Each | Optional | Part):
            found.add(step.path)
        elif isinstance(step, When):
            found |= _assigned(step.steps)
        elif isinstance(step, Switch):
            for _, inner in step.cases:
                found |= _assigned(inner)
    return found


def _local(path: str) -> str:
    return "v_" + path.replace(".", "_")
