"""Plan -> specialised encoder and decoder of the text format.

``encoder(cls, version)`` gives ``message -> frame body`` (without the message id) and
``decoder(cls, version)`` gives ``tokens -> message``. Each is generated Python, one template per
step, no decisions; the source is kept in ``linecache`` under a descriptive name, so that a
traceback shows it. Built on first use. When one fails, ``oracle.py`` finds out what was wrong.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from .caches import CACHES
from .codecs import NAMESPACE
from .codegen import compiled
from .emit_decoder import DecoderEmitter
from .emit_encoder import Writer
from .layout import Step, Switch
from .message import Message, hints
from .plan import bare, is_record

Encoder = Callable[[Any], str]
Decoder = Callable[[list[str]], Any]


@cache
def encoder(cls: type[Message], version: int) -> Encoder:
    """The function that writes this message's fields for a server version."""
    return _function(cls, f"encode_{cls.__name__}_{version}", Writer(cls).source(version))


@cache
def decoder(cls: type[Message], version: int) -> Decoder:
    """The function that reads this message's tokens (without the id) for a server version."""
    return _function(cls, f"decode_{cls.__name__}_{version}", DecoderEmitter(cls).source(version))


def source_of(cls: type[Message], version: int, *, reading: bool) -> str:
    """The generated source."""
    return (DecoderEmitter(cls) if reading else Writer(cls)).source(version)


def _function(cls: type[Message], name: str, source: str) -> Callable[[Any], Any]:
    return compiled(name, source, dict(_scope(cls)))


@cache
def _scope(cls: type[Message]) -> dict[str, Any]:
    """The globals of generated source: codecs, the message, its records and their defaults."""
    scope: dict[str, Any] = {**NAMESPACE, **CACHES, "Message": cls}
    for record in _inside(cls) | _named(cls.spec.layout or ()):
        scope[record.__name__] = record
        if all(field.required is False for field in msgspec.structs.fields(record)):
            scope[f"DEFAULT_{record.__name__}"] = record()
    return scope


def _inside(record: Any) -> set[type[Any]]:
    """The records that a record holds, at any depth."""
    held = {bare(hint) for hint in hints(record).values() if is_record(hint)}
    return held.union(*map(_inside, held))


def _named(steps: tuple[Step, ...]) -> set[type[Any]]:
    """The records that steps name."""
    found: set[type[Any]] = set()
    for step in steps:
        if (record := getattr(step, "record", None)) is not None:
            found |= {record} | _inside(record)
        cases = step.cases if isinstance(step, Switch) else ((0, getattr(step, "steps", ())),)
        for _, inner in cases:
            found |= _named(inner)
    return found
