"""Messages to test with, made from the catalogue alone.

``samples(cls)`` gives the default, the unset and a distinctive instance (every field a value of
its own), the last once for each value that a condition or a switch of the layout asks for.
``random_message(cls, seed)`` gives any. What of them must arrive is said in ``views.py``.
"""

import ast
import re
import typing
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

import msgspec
from hypothesis import strategies as st

from papertape.model import Long, TagValue
from papertape.versions import MAX_SERVER, MIN_SERVER
from papertape.wire import catalogue
from papertape.wire.layout import (
    ALWAYS,
    Each,
    Field,
    Gate,
    Optional,
    Part,
    Step,
    Switch,
    When,
)
from papertape.wire.message import Message, hints
from papertape.wire.plan import bare, gates, is_record, plain

BESIDE = (100, 120, 145, 151, 163, 176, 187, 200, 201, 203, 206, 208, 213, 226)
ALL: tuple[type[Message], ...] = (
    *(catalogue.REQUESTS[number] for number in sorted(catalogue.REQUESTS)),
    *(catalogue.RESPONSES[number] for number in sorted(catalogue.RESPONSES)),
)
TEXT = tuple(cls for cls in ALL if cls.spec.layout is not None)
PROTO = tuple(cls for cls in ALL if cls.spec.protobuf < ALWAYS)
Literals = dict[str, list[Any]]


def name_of(cls: type[Message]) -> str:
    """The name of a test case."""
    return cls.__name__


@cache
def versions(cls: type[Message]) -> tuple[int, ...]:
    """Every gate of the message and both its neighbours, and the versions of known peers."""
    near = {gate + step for gate in gates(cls) for step in (-1, 0, 1)} | set(BESIDE)
    lowest = max(cls.spec.since, MIN_SERVER)
    return tuple(sorted(v for v in near if lowest <= v <= MAX_SERVER and v < cls.spec.until))


@cache
def sides(cls: type[Message]) -> tuple[int, ...]:
    """Of these the fewest that show each of its forms: both sides of every gate, and the ends."""
    known = versions(cls)
    near = {gate + step for gate in gates(cls) for step in (-1, 0)} | {*known[:1], *known[-1:]}
    return tuple(version for version in known if version in near)


def text_versions(cls: type[Message]) -> tuple[int, ...]:
    """The versions at which the message has a text form: all of them, even where it is unusual."""
    return versions(cls) if cls.spec.layout is not None else ()


def proto_versions(cls: type[Message]) -> tuple[int, ...]:
    """The versions at which the message travels as protobuf."""
    return tuple(v for v in versions(cls) if v >= cls.spec.protobuf)


# ---------------------------------------------------------------- making instances


class Maker:
    """Values for fields. ``_scalar`` decides; the rest walks the types."""

    def __init__(self, cls: type[Message], literals: Literals) -> None:
        self.cls = cls
        self.literals = literals

    def record(self, kind: type[Any], at: str = "") -> Any:
        found = {name: self.value(hint, f"{at}{name}") for name, hint in hints(kind).items()}
        return kind(**found)

    def value(self, hint: Any, path: str) -> Any:
        if path in self.literals:
            return self.literal(self.literals[path])
        python = plain(hint)
        if typing.get_origin(python) is list:
            return self.items(typing.get_args(python)[0], path)
        if is_record(python):
            return self.nested(bare(python), python is not bare(python), path)
        return self.scalar(hint, path)

    def items(self, element: Any, path: str) -> list[Any]:
        if not is_record(element):
            return [self.scalar(element, path) for _ in range(self.count(path))]
        count = max(self.count(path), self._cases(path))
        return [self._element(element, path, i) for i in range(count)]

    def _cases(self, path: str) -> int:
        """How many elements show every case of them."""
        inside = (v for at, v in self.literals.items() if at.startswith(f"{path}[]."))
        return max(map(len, inside), default=0)

    def _element(self, element: Any, path: str, i: int) -> Any:
        made = self.record(element, f"{path}[].")
        for at, values in self.literals.items():
            if at.startswith(f"{path}[]."):
                setattr(made, at.rpartition(".")[2], values[i % len(values)])
        return made

    def literal(self, values: list[Any]) -> Any:
        return values[0]

    def nested(self, kind: type[Any], nullable: bool, path: str) -> Any:
        return self.record(kind, f"{path}.")

    def count(self, path: str) -> int:
        return 2

    def scalar(self, hint: Any, path: str) -> Any:
        raise NotImplementedError


class Distinctive(Maker):
    """Every field holds a value that no other field holds; flags are the reverse of usual."""

    def __init__(self, cls: type[Message], literals: Literals) -> None:
        super().__init__(cls, literals)
        self.last = 100

    def scalar(self, hint: Any, path: str) -> Any:
        self.last += 1
        kind = kind_of(hint, path)
        return {
            "int": self.last,
            "long": 2**40 + self.last,
            "float": self.last + 0.25,
            "bool": default_at(self.cls, path) is not True,
            "decimal": Decimal(self.last),
            "number": str(self.last),
            "str": f"s{self.last}",
        }[kind]


class Unset(Maker):
    """Nothing is set: ``None`` where that is possible, else empty, zero, false."""

    def scalar(self, hint: Any, path: str) -> Any:
        if is_nullable(hint):
            return None
        if default_at(self.cls, path) == 0:
            return default_at(self.cls, path)  # 0 and 0.0 are different texts
        return {"int": 0, "long": 0, "float": 0.0, "bool": False, "decimal": None}.get(
            kind_of(hint, path), ""
        )

    def nested(self, kind: type[Any], nullable: bool, path: str) -> Any:
        return None if nullable else self.record(kind, f"{path}.")

    def count(self, path: str) -> int:
        return 0


class Hollow(Unset):
    """Nothing is set, but lists of records have elements."""

    def items(self, element: Any, path: str) -> list[Any]:
        if element is TagValue or not is_record(element):
            return []
        return [self._element(element, path, i) for i in range(max(1, self._cases(path)))]


class Randomly(Maker):
    """Anything that a program may put into the fields."""

    def __init__(self, cls: type[Message], literals: Literals, random: Random) -> None:
        super().__init__(cls, literals)
        self.random = random
        self.letters = ASCII if cls.spec.request else ASCII + EXOTIC

    def literal(self, values: list[Any]) -> Any:
        return self.random.choice(values)

    def record(self, kind: type[Any], at: str = "") -> Any:
        if kind is TagValue:  # options have no escapes for their separators
            return TagValue(*("".join(self.random.choices(PLAIN, k=n)) for n in (3, 5)))
        return super().record(kind, at)

    def nested(self, kind: type[Any], nullable: bool, path: str) -> Any:
        if nullable and self.random.random() < 0.4:
            return None
        return self.record(kind, f"{path}.")

    def count(self, path: str) -> int:
        return self.random.choice((0, 1, 1, 2, 5))

    def scalar(self, hint: Any, path: str) -> Any:
        draw = self.random
        if is_nullable(hint) and draw.random() < 0.3:
            return None
        kind = kind_of(hint, path)
        if kind == "int":
            return draw.choice((0, 1, -1, draw.randrange(-(2**31), 2**31 - 1)))
        if kind == "long":
            return draw.choice((0, draw.randrange(-(2**62), 2**62)))
        if kind == "float":
            return draw.choice((0.0, 1.0, draw.uniform(0, 1e4), draw.uniform(0, 1) * 1e-7, 1e21))
        if kind == "bool":
            return draw.random() < 0.5
        if kind == "decimal":
            return Decimal(draw.randrange(-(10**9), 10**9)).scaleb(-draw.randrange(9))
        if kind == "number":
            return draw.choice(("", "1", "100", "0.5"))
        return "".join(draw.choice(self.letters) for _ in range(draw.choice((0, 1, 4, 12))))


ASCII = "".join(map(chr, range(32, 127))) + "\t\n\r"
EXOTIC = "äß€汉😀\\\\\\u00e9"
PLAIN = "abcdefgXYZ0123456789 ._-"


def kind_of(hint: Any, path: str) -> str:
    """What kind of scalar a field holds."""
    if hint is Long or Long in typing.get_args(hint):
        return "long"
    name = bare(plain(hint)).__name__
    return "number" if name == "str" and path.rpartition(".")[2] == "multiplier" else name.lower()


def is_nullable(hint: Any) -> bool:
    """Whether ``None`` says that the field is not set."""
    python = plain(hint)
    return python is Decimal or bare(python) is not python


@cache
def default_at(cls: type[Message], path: str) -> Any:
    """The default of the field at a path; "[]" stands for an element."""
    record: Any = cls
    *parents, name = path.split(".")
    for parent in parents:
        record = plain(hints(record)[parent.removesuffix("[]")])
        record = bare(typing.get_args(record)[0] if parent.endswith("[]") else record)
    return next((f.default for f in msgspec.structs.fields(record) if f.name == name), None)


@cache
def literals(cls: type[Message]) -> Literals:
    """The values that conditions and switches of the layout ask for, by path."""
    found: Literals = {}

    def walk(steps: tuple[Step, ...], at: str) -> None:
        for step in steps:
            if isinstance(step, When):
                for i, path in enumerate(step.condition.paths):
                    found.setdefault(at + path, []).extend(compared(step.condition.expression, i))
            if isinstance(step, Switch):
                found.setdefault(at + step.path, []).extend(value for value, _ in step.cases)
                for _, inner in step.cases:
                    walk(inner, at)
            inside = f"{at}{step.path}[]." if isinstance(step, Each) else at
            if isinstance(step, Optional | Part):
                inside = f"{at}{step.path}."
            if isinstance(step, When | Each | Optional | Part | Gate):
                walk(step.steps, inside)

    walk(cls.spec.layout or (), "")
    return {path: sorted(set(values), key=str) for path, values in found.items() if values}


@cache
def switches(cls: type[Message]) -> set[str]:
    """The fields of the message itself that a switch depends on: they must hold a known case."""
    return {step.path for step in cls.spec.layout or () if isinstance(step, Switch)}


def compared(expression: str, place: int) -> list[Any]:
    """The literals that the value at this place is compared with."""
    hits = re.findall(
        rf"\{{{place}\}} (?:==|in) (\([^)]*\)|'[^']*'|-?\d+|float\('inf'\))", expression
    )
    values: list[Any] = []
    for hit in hits:
        value = float("inf") if hit.startswith("float") else ast.literal_eval(hit)
        values += value if isinstance(value, tuple) else [value]
    return values


@cache
def hollow(cls: type[Message]) -> tuple[Message, ...]:
    """Lists of elements in which nothing is set; none for a message without lists of records."""
    always = {path: values for path, values in literals(cls).items() if "[]" in path}
    made = Hollow(cls, always).record(cls)
    return () if made == Unset(cls, {}).record(cls) else (made,)


@cache
def samples(cls: type[Message]) -> tuple[Message, ...]:
    """Default, unset, and distinctive once for each way through the layout. Do not change them."""
    wanted = literals(cls)
    always = {path: wanted[path] for path in wanted if "[]" in path or path in switches(cls)}
    outer = {path: values for path, values in wanted.items() if "[]" not in path}
    found = [cls(), Unset(cls, {}).record(cls), Distinctive(cls, always).record(cls)]
    for i in range(max(map(len, outer.values()), default=0)):
        chosen = {path: [values[i % len(values)]] for path, values in outer.items()}
        some = {path: chosen[path] for path in outer if i % 2 or len(outer[path]) > 1}
        found.append(Distinctive(cls, always | some).record(cls))
    return tuple(found)


def random_message(cls: type[Message], seed: int) -> Any:
    """Any instance of the message, from a seed."""
    random = Random(seed)
    wanted = literals(cls)
    always = {path for path in wanted if "[]" in path or path in switches(cls)}
    some = {path: v for path, v in wanted.items() if path in always or random.random() < 0.5}
    return Randomly(cls, some, random).record(cls)


@cache
def kept_message(cls: type[Message], seed: int) -> Any:
    """As ``random_message``, made once. Do not change it."""
    return random_message(cls, seed)


def instances(cls: type[Message]) -> st.SearchStrategy[Any]:
    """Any instance. Drawn from a seed: an order has 150 fields, and drawing each takes too long."""
    return st.integers(0, 2**40).map(lambda seed: random_message(cls, seed))


def for_text(message: Message) -> Any:
    """The message without the options that text has no form for, which it refuses to send."""
    reserved = {
        step.path
        for step in message.spec.layout or ()
        if isinstance(step, Field) and step.codec == "reserved"
    }
    return msgspec.structs.replace(message, **{name: [] for name in reserved})
