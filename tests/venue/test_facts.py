"""State and facts hold integers, texts and each other: the types are walked, down to every leaf."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_args

import msgspec
from msgspec import inspect

from papertape.venue import facts
from papertape.venue.broker.orders import FillRow, LiveOrder
from papertape.venue.entries import Entry
from papertape.venue.facts import AnyFact, Fact
from papertape.venue.state import State
from walks import walk

EXACT = (
    inspect.IntType,
    inspect.StrType,
    inspect.BoolType,
    inspect.NoneType,
    inspect.LiteralType,
    inspect.BytesType,
)
FACTS = get_args(AnyFact)


def offenders(kind: Any) -> Iterator[str]:
    """The leaves of a type that are not exact, each by the way that leads to it."""
    root = inspect.type_info(kind)
    yield from _walk(root, getattr(kind, "__name__", str(kind)), [])


def _walk(node: inspect.Type, name: str, above: list[Any]) -> Iterator[str]:
    match node:
        case inspect.StructType(cls=cls, fields=fields):
            if cls not in above:
                for field in fields:
                    yield from _walk(field.type, f"{name}.{field.name}", [*above, cls])
        case inspect.UnionType(types=types):
            for one in types:
                yield from _walk(one, _of(one, name), above)
        case inspect.DictType(key_type=key, value_type=value):
            yield from _walk(key, f"{name} (key)", above)
            yield from _walk(value, f"{name}[]", above)
        case inspect.TupleType(item_types=types):
            for at, one in enumerate(types):
                yield from _walk(one, f"{name}[{at}]", above)
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            yield from _walk(item, f"{name}[]", above)
        case _ if not isinstance(node, EXACT):
            yield f"{name} is {type(node).__name__.removesuffix('Type').lower()}"


def _of(node: inspect.Type, name: str) -> str:
    """A way that says which member of a union it goes through, where that is a record."""
    return f"{name}|{node.cls.__name__}" if isinstance(node, inspect.StructType) else name


@walk("kind", [State, LiveOrder, FillRow, Entry, *FACTS])
def test_no_float_no_decimal_and_nothing_unknown(kind: Any) -> None:
    found = list(offenders(kind))
    assert not found, "\n" + "\n".join(found)


class Inner(msgspec.Struct):
    price: float
    names: set[str]


class Outer(msgspec.Struct):
    good: dict[str, tuple[int, ...]]
    size: Decimal | None
    rows: dict[float, list[Inner]]
    other: tuple[int, Any]
    inner: Inner | None


def test_every_offender_is_named_with_its_way() -> None:
    assert list(offenders(Outer)) == [
        "Outer.size is decimal",
        "Outer.rows (key) is float",
        "Outer.rows[][].price is float",
        "Outer.rows[][].names is set",
        "Outer.other[1] is any",
        "Outer.inner|Inner.price is float",
        "Outer.inner|Inner.names is set",
    ]


def test_every_kind_of_fact_is_one_of_any_fact() -> None:
    ours = facts.__name__  # a test may make kinds of its own
    made = {kind for kind in Fact.__subclasses__() if kind.__module__.startswith(f"{ours}.")}
    assert made == set(FACTS)
    tags = [kind.__struct_config__.tag for kind in FACTS]
    assert len(set(tags)) == len(tags)


@walk("kind", FACTS)
def test_a_fact_is_immutable_and_an_array_on_disk(kind: type[Fact]) -> None:
    for one in (kind, Entry, LiveOrder, FillRow):
        assert one.__struct_config__.frozen and one.__struct_config__.array_like
