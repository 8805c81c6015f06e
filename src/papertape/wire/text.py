"""Plan -> specialised encoder and decoder of the text format.

``encoder(cls, version)`` gives ``message -> frame body`` (without the message id) and
``decoder(cls, version)`` gives ``tokens -> message``. Each is generated Python, one template per
step, no decisions; the source stands in ``linecache`` under a speaking name, so that a traceback
shows it. Built on first use. When one fails, ``oracle.py`` says what was wrong.
"""

import linecache
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from .codecs import CODECS, NAMESPACE
from .layout import Const, Each, Field, Optional, Step, Switch, When
from .message import Message, hints
from .plan import annotation, bare, default_value, is_record, plan

Encoder = Callable[[Any], str]
Decoder = Callable[[list[str]], Any]
SEP = "\\x00"
"""The end of a field, as it stands in generated source ("\\0" before a digit would be octal)."""


@cache
def encoder(cls: type[Message], version: int) -> Encoder:
    """The function that writes this message's fields for a server version."""
    return _compile(cls, f"encode_{cls.__name__}_{version}", _Writer(cls).source(version))


@cache
def decoder(cls: type[Message], version: int) -> Decoder:
    """The function that reads this message's tokens (without the id) for a server version."""
    return _compile(cls, f"decode_{cls.__name__}_{version}", _Reader(cls).source(version))


def source_of(cls: type[Message], version: int, *, reading: bool) -> str:
    """The generated source, for people."""
    return (_Reader(cls) if reading else _Writer(cls)).source(version)


def _compile(cls: type[Message], name: str, source: str) -> Callable[[Any], Any]:
    filename = f"<papertape wire: {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    scope: dict[str, Any] = dict(NAMESPACE)
    scope["Message"] = cls
    for record in _records(cls, cls.spec.layout or ()):
        scope[record.__name__] = record
        if all(field.required is False for field in msgspec.structs.fields(record)):
            scope[f"DEFAULT_{record.__name__}"] = record()
    exec(compile(source, filename, "exec"), scope)
    function: Callable[[Any], Any] = scope["function"]
    return function


def _records(cls: Any, steps: tuple[Step, ...]) -> set[type[Any]]:
    found: set[type[Any]] = set()
    for hint in hints(cls).values():
        if is_record(hint):
            found |= {bare(hint)} | _records(bare(hint), ())
    for step in steps:
        record = getattr(step, "record", None)
        if record is not None:
            found |= {record}
        if isinstance(step, Switch):
            for _, inner in step.cases:
                found |= _records_in(inner)
        else:
            found |= _records_in(getattr(step, "steps", ()))
    return found


def _records_in(steps: tuple[Step, ...]) -> set[type[Any]]:
    found: set[type[Any]] = set()
    for step in steps:
        if (record := getattr(step, "record", None)) is not None:
            found.add(record)
        found |= _records_in(getattr(step, "steps", ()))
    return found


class _Source:
    """Lines with indentation."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 1

    def add(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


class _Writer:
    """Emits the encoder: runs of fields become one f-string, the rest are plain statements."""

    def __init__(self, cls: type[Message]) -> None:
        self.cls = cls
        self.request = cls.spec.request
        self.out = _Source()
        self.piece = ""
        self.roots: dict[str, str] = {}
        self.loops = 0

    def source(self, version: int) -> str:
        self.out.lines.append("def function(m):")
        body = plan(self.cls, version)
        self._bind(body)
        self.out.add("s = ''")
        self._steps(body, self.cls, "", "m")
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
        hint = annotation(self.cls, prefix)
        fallback = "" if bare(hint) is hint else f" or DEFAULT_{bare(hint).__name__}"
        self.out.add(f"{local} = {owner}.{name}{fallback}")
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

    def _steps(self, steps: tuple[Step, ...], record: Any, path: str, base: str) -> None:
        for step in steps:
            self._step(step, record, base)

    def _step(self, step: Step, record: Any, base: str) -> None:
        if isinstance(step, Field):
            codec = CODECS[step.codec]
            expression = codec.write if self.request else codec.write_response
            self.piece += expression.replace("@", self._value(step.path, base)) + SEP
        elif isinstance(step, Const):
            self.piece += step.token + SEP
        elif isinstance(step, When):
            values = [self._value(path, base) for path in step.condition.paths]
            self._block(f"if {step.condition.expression.format(*values)}:", step.steps, base)
        elif isinstance(step, Each):
            self._each(step, base)
        elif isinstance(step, Optional):
            self._optional(step, base)
        elif isinstance(step, Switch):
            self._flush()
            for i, (value, inner) in enumerate(step.cases):
                word = "elif" if i else "if"
                self._block(f"{word} {self._value(step.path, base)} == {value!r}:", inner, base)

    def _block(self, head: str, steps: tuple[Step, ...], base: str) -> None:
        self._flush()
        self.out.add(head)
        self.out.depth += 1
        self._steps(steps, None, "", base)
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


def _paths(steps: tuple[Step, ...]) -> set[str]:
    """Every path, from the message, that these steps name outside of elements."""
    found: set[str] = set()
    for step in steps:
        if isinstance(step, Field | Each | Optional):
            found.add(step.path)
        elif isinstance(step, When):
            found.update(step.condition.paths)
            found |= _paths(step.steps)
        elif isinstance(step, Switch):
            found.add(step.path)
            for _, inner in step.cases:
                found |= _paths(inner)
    return found


class _Reader:
    """Emits the decoder: token positions are literals until the first conditional part."""

    def __init__(self, cls: type[Message]) -> None:
        self.cls = cls
        self.strict = cls.spec.request
        self.out = _Source()
        self.floating = False
        self.offset = 0
        self.loops = 0

    def source(self, version: int) -> str:
        self.out.lines.append("def function(f):")
        assigned: set[str] = set()
        self._steps(plan(self.cls, version), self.cls, "", assigned)
        if self.strict:
            end = f"i + {self.offset + 1}" if self.floating else str(self.offset + 1)
            self.out.add(f"if len(f) != {end}: raise ValueError('extra fields')")
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
            codec = CODECS[step.codec]
            expression = codec.strict if self.strict else codec.read
            self.out.add(f"{prefix}{_local(step.path)} = {expression.replace('@', self._token())}")
            assigned.add(step.path)
        elif isinstance(step, When):
            values = [prefix + _local(path) for path in step.condition.paths]
            head = f"if {step.condition.expression.format(*values)}:"
            self._branch([(head, step.steps)], record, prefix, assigned)
        elif isinstance(step, Each):
            self._each(step, prefix, assigned)
        elif isinstance(step, Optional):
            self._optional(step, prefix, assigned)
        elif isinstance(step, Switch):
            selector = prefix + _local(step.path)
            heads = [
                (f"{'elif' if i else 'if'} {selector} == {value!r}:", inner)
                for i, (value, inner) in enumerate(step.cases)
            ]
            self._branch(heads, record, prefix, assigned)
            self.out.add("else: raise ValueError('unknown case')")

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
        self.out.add(f"if not 0 <= {count} <= len(f): raise ValueError('count')")
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

    def _build(self, record: Any, name: str, assigned: set[str], prefix: str, at: str = "") -> str:
        """The expression that makes a record out of the local variables."""
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
                nested = self._build(kind, kind.__name__, assigned, prefix, path + ".")
                parts.append(f"{field}={nested}")
        return f"{name}({', '.join(parts)})"


def _assigned(steps: tuple[Step, ...]) -> set[str]:
    """Every path that reading these steps may set."""
    found: set[str] = set()
    for step in steps:
        if isinstance(step, Field | Each | Optional):
            found.add(step.path)
        elif isinstance(step, When):
            found |= _assigned(step.steps)
        elif isinstance(step, Switch):
            for _, inner in step.cases:
                found |= _assigned(inner)
    return found


def _local(path: str) -> str:
    return "v_" + path.replace(".", "_")
