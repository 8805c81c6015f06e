"""The vocabulary of text layouts: how the fields of a message stand in a text frame.

A layout is a tuple of steps. A plain string is a field, named by its path in the message, with
the codec that its type implies. The other steps::

    f("order.lmtPrice", "float_empty")      a field with a codec of its own
    const("version", "6")                   a constant; skipped when read
    since(103, …)   until(177, …)           only for these server versions (since <= v < until)
    when(filled("order.hedgeType"), …)      only if the condition on earlier fields holds
    each("contract.comboLegs", ComboLeg, …) a count, then the fields of every element
    optional("contract.deltaNeutralContract", DeltaNeutralContract, …)   a flag, then its fields
    part("historicalTickLast", HistoricalTickLast, …)   the fields of a record that is there
    switch("type", {1: (…), 3: (…)})        fields that depend on the value of one field
    variant("optionsCount")                 a token that only some peers send; skipped when read

Gates stand beside the field, never in control flow. ``since(v, …, refuse="feature")`` adds that
a client refuses to send a non-default value to an older server (code 503); a feature that
begins with "!" is reported with id -1.
"""

from collections.abc import Mapping
from typing import Any

import msgspec


class Step(msgspec.Struct, frozen=True):
    """Base of the layout steps."""


class Field(Step, frozen=True):
    """One token: the value at ``path``, written and read by ``codec`` ("" = from the type)."""

    path: str
    codec: str = ""
    gate: str = ""
    """The gates that put it here, in readable form; filled in by the plan."""


class Const(Step, frozen=True):
    """One token that carries no value: a message version, a retired field."""

    name: str
    token: str
    gate: str = ""


class Gate(Step, frozen=True):
    """Steps that exist only for server versions ``since <= v < until``."""

    since: int
    until: int
    steps: tuple[Step, ...]
    refuse: str = ""
    harmless: tuple[Any, ...] = ()
    """Values besides the default that an older server may get."""


class Condition(msgspec.Struct, frozen=True):
    """A test on one or more fields; ``{0}``, ``{1}`` stand for the values at ``paths``."""

    expression: str
    paths: tuple[str, ...]


class When(Step, frozen=True):
    """Steps that are present only if the condition holds."""

    condition: Condition
    steps: tuple[Step, ...]


class Each(Step, frozen=True):
    """A count, then the steps for each element of the list at ``path``.

    ``record`` is None for a list of scalars; then the only step is a ``Field`` with path "".
    """

    path: str
    record: type[Any] | None
    steps: tuple[Step, ...]
    gate: str = ""


class Optional(Step, frozen=True):
    """A flag token, then the steps of the record at ``path`` if there is one."""

    path: str
    record: type[Any]
    steps: tuple[Step, ...]
    gate: str = ""


class Part(Step, frozen=True):
    """The steps of the record at ``path``, which exists exactly where this step is reached."""

    path: str
    record: type[Any]
    steps: tuple[Step, ...]


class Variant(Step, frozen=True):
    """One token that some peers send and others do not, in front of a fixed number of tokens.

    It is present when the frame is one token longer than the rest needs, unless the extra token is
    an empty field at the end, which any request may have. Its value is ignored.
    """

    name: str
    steps: tuple[Step, ...]
    """What we write for it: nothing, or one step."""
    rest: int = 0
    """How many tokens follow; filled in by the plan."""


class Switch(Step, frozen=True):
    """The steps of the case that the value at ``path`` selects."""

    path: str
    cases: tuple[tuple[int, tuple[Step, ...]], ...]


Item = Step | str
ALWAYS = 1 << 30


def f(path: str, codec: str = "") -> Field:
    """A field with a codec of its own."""
    return Field(path, codec)


def const(name: str, token: str) -> Const:
    """A constant token."""
    return Const(name, token)


def version(number: int) -> Const:
    """The message version that most old messages carry as first field."""
    return Const("version", str(number))


def since(number: int, *items: Item, refuse: str = "", harmless: tuple[Any, ...] = ()) -> Gate:
    """Fields of servers from this version on."""
    return Gate(number, ALWAYS, steps(items), refuse, harmless)


def until(number: int, *items: Item) -> Gate:
    """Fields that later servers (this version on) no longer have."""
    return Gate(0, number, steps(items))


def between(first: int, last: int, *items: Item) -> Gate:
    """Fields of servers ``first <= version < last``."""
    return Gate(first, last, steps(items))


def when(condition: Condition, *items: Item) -> When:
    """Fields that depend on earlier ones."""
    return When(condition, steps(items))


def each(path: str, record: type[Any] | None, *items: Item) -> Each:
    """A list with its count."""
    return Each(path, record, steps(items) if items else (Field(""),))


def optional(path: str, record: type[Any], *items: Item) -> Optional:
    """A record that may be absent, with its flag."""
    return Optional(path, record, steps(items))


def part(path: str, record: type[Any], *items: Item) -> Part:
    """A record without a flag: a condition or a switch around it decides whether it is present."""
    return Part(path, record, steps(items))


def variant(name: str, *items: Item) -> Variant:
    """A token that peers write differently; ``items`` is what we write."""
    return Variant(name, steps(items))


def switch(path: str, cases: Mapping[int, tuple[Item, ...]]) -> Switch:
    """Fields that depend on the value of one field."""
    return Switch(path, tuple((value, steps(items)) for value, items in cases.items()))


def filled(path: str) -> Condition:
    """The text, number or list at ``path`` is neither empty nor zero."""
    return Condition("{0}", (path,))


def equals(path: str, value: object) -> Condition:
    """The value at ``path`` is this one."""
    return Condition(f"{{0}} == {value!r}", (path,))


def one_of(path: str, *values: object) -> Condition:
    """The value at ``path`` is one of these."""
    return Condition(f"{{0}} in {values!r}", (path,))


def positive(path: str) -> Condition:
    """The number at ``path`` is set and greater than zero."""
    return Condition("({0} is not None and {0} > 0)", (path,))


def steps(items: tuple[Item, ...]) -> tuple[Step, ...]:
    """Layout items to steps: strings become fields, nested tuples are not allowed."""
    return tuple(Field(item) if isinstance(item, str) else item for item in items)


def fields(*paths: str, prefix: str = "") -> tuple[Step, ...]:
    """Several plain fields, optionally below one record."""
    return tuple(Field(f"{prefix}{path}") for path in paths)
