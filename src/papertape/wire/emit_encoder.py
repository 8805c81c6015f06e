"""Emits the source of a text encoder: runs of fields become one f-string, the rest statements.

One template per step; nothing is decided here (see ``plan.py``).
"""

from .codecs import CODECS
from .codegen import Source
from .layout import Const, Each, Field, Optional, Part, Step, Switch, Variant, When
from .message import Message
from .plan import plan

SEP = "\\x00"
"""The end of a field in generated source ("\\0" before a digit would be octal)."""

_SHORTER = {"{printable(@)}": "{'' if @ == '' else printable(@)}"}
"""The same, without a call for empty text, as most of a large message is."""


def written(step: Field, value: str, request: bool) -> str:
    """A field with its end, as a piece of an f-string; ``value`` is an expression."""
    codec = CODECS[step.codec]
    expression = codec.write if request else codec.write_response
    return _SHORTER.get(expression, expression).replace("@", value) + SEP


class Writer:
    """Emits the encoder: runs of fields become one f-string, the rest are plain statements."""

    def __init__(self, cls: type[Message]) -> None:
        self.cls = cls
        self.request = cls.spec.request
        self.out = Source()
        self.piece = ""
        self.roots: dict[str, str] = {}
        self.loops = 0

    def source(self, version: int) -> str:
        self.out.lines.append("def function(m):")
        body = plan(self.cls, version)
        self._bind(body)
        self.out.add("s = ''")
        self._steps(body, "m")
        self._flush()
        self.out.add("return s")
        return self.out.text()

    def _bind(self, steps: tuple[Step, ...]) -> None:
        """Give every record on the way to a field a local name."""
        for path in sorted(_paths(steps)):
            names = path.split(".")[:-1]
            for i in range(len(names)):
                prefix = ".".join(names[: i + 1])
                if prefix not in self.roots:
                    self._bind_one(prefix)

    def _bind_one(self, prefix: str) -> None:
        parent, _, name = prefix.rpartition(".")
        owner = self.roots[parent] if parent else "m"
        local = "r_" + prefix.replace(".", "_")
        self.out.add(f"{local} = {owner}.{name}")
        self.roots[prefix] = local

    def _value(self, path: str, base: str) -> str:
        if base != "m":
            return f"{base}.{path}" if path else base
        parent, _, name = path.rpartition(".")
        return f"{self.roots[parent]}.{name}" if parent else f"m.{name}"

    def _flush(self) -> None:
        if self.piece:
            self.out.add(f's += f"{self.piece}"')
            self.piece = ""

    def _steps(self, steps: tuple[Step, ...], base: str) -> None:
        for step in steps:
            self._step(step, base)

    def _step(self, step: Step, base: str) -> None:
        if isinstance(step, Field):
            self.piece += written(step, self._value(step.path, base), self.request)
        elif isinstance(step, Const):
            self.piece += step.token + SEP
        elif isinstance(step, When):
            values = [self._value(path, base) for path in step.condition.paths]
            self._block(f"if {step.condition.expression.format(*values)}:", step.steps, base)
        elif isinstance(step, Each):
            self._each(step, base)
        elif isinstance(step, Optional):
            self._optional(step, base)
        elif isinstance(step, Part):
            self._part(step, base)
        elif isinstance(step, Variant):
            self._steps(step.steps, base)
        elif isinstance(step, Switch):
            self._flush()
            for i, (value, inner) in enumerate(step.cases):
                word = "elif" if i else "if"
                self._block(f"{word} {self._value(step.path, base)} == {value!r}:", inner, base)
            self.out.add("else: raise ValueError('unknown case')")

    def _block(self, head: str, steps: tuple[Step, ...], base: str) -> None:
        self._flush()
        self.out.add(head)
        self.out.depth += 1
        self._steps(steps, base)
        self._flush()
        self.out.add("pass")
        self.out.depth -= 1

    def _each(self, step: Each, base: str) -> None:
        self.loops += 1
        items, item = f"list{self.loops}", f"item{self.loops}"
        self._flush()
        self.out.add(f"{items} = {self._value(step.path, base)} or ()")
        self.piece += f"{{len({items})}}" + SEP
        self._block(f"for {item} in {items}:", step.steps, item)

    def _optional(self, step: Optional, base: str) -> None:
        self.loops += 1
        item = f"item{self.loops}"
        self._flush()
        self.out.add(f"{item} = {self._value(step.path, base)}")
        self.piece += f"{{'0' if {item} is None else '1'}}" + SEP
        self._block(f"if {item} is not None:", step.steps, item)

    def _part(self, step: Part, base: str) -> None:
        self.loops += 1
        item = f"item{self.loops}"
        self._flush()
        value = self._value(step.path, base)
        self.out.add(f"{item} = {value} or DEFAULT_{step.record.__name__}")
        self._steps(step.steps, item)
        self._flush()


def _paths(steps: tuple[Step, ...]) -> set[str]:
    """Every path, from the message, that these steps name outside of elements."""
    found: set[str] = set()
    for step in steps:
        if isinstance(step, Field | Each | Optional | Part):
            found.add(step.path)
        elif isinstance(step, Variant):
            found |= _paths(step.steps)
        elif isinstance(step, When):
            found.update(step.condition.paths)
            found |= _paths(step.steps)
        elif isinstance(step, Switch):
            found.add(step.path)
            for _, inner in step.cases:
                found |= _paths(inner)
    return found
