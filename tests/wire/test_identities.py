"""Every text and every 64-bit number of the protocol is an identity or known to be none."""

import typing
from collections.abc import Iterator
from typing import Any

import pytest

from papertape.model import Long, TagValue
from papertape.wire.catalogue.identities import IDENTITIES, Identity, identity_of, tables
from papertape.wire.message import hints
from papertape.wire.plan import bare, is_record, plain
from walks import walk
from wire.messages import ALL


def fields(cls: Any, seen: set[Any]) -> Iterator[tuple[Any, str]]:
    """The fields of a record and of what it holds that could say who somebody is."""
    if cls in seen:
        return
    seen.add(cls)
    for name, hint in hints(cls).items():
        kind = plain(hint)
        element = kind.__args__[0] if typing.get_origin(kind) is list else kind
        if is_record(element):
            if element is not TagValue:
                yield from fields(bare(element), seen)
        elif str in (element, *typing.get_args(element)) or hint in (Long, Long | None):
            yield cls, name


SEEN: set[Any] = set()
FIELDS = [pair for cls in ALL for pair in fields(cls, SEEN)]


@walk(("cls", "name"), FIELDS, ids=lambda x: getattr(x, "__name__", x))
def test_every_field_stands_in_a_table(cls: type[Any], name: str) -> None:
    identity_of(cls, name)


def test_the_tables_name_what_there_is_and_nothing_twice() -> None:
    identities, harmless = tables()
    assert not identities & harmless
    there = {name for _, name in FIELDS} | {f"{cls.__name__}.{name}" for cls, name in FIELDS}
    assert {name for name in identities | harmless if name not in there} == {
        "parentPermId",
        "value",
    } - there


def test_a_field_that_is_in_no_table_is_not_taken_for_harmless() -> None:
    class Person:
        pass

    with pytest.raises(LookupError, match=r"Person\.mother is in no table"):
        identity_of(Person, "mother")


def test_a_secret_message_has_secrets() -> None:
    texts = {(cls, name) for cls, name in FIELDS if getattr(cls, "spec", None) and cls.spec.secret}
    assert {IDENTITIES[name] for _, name in texts} == {Identity.SECRET}
