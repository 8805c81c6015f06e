"""Emits functions that build the official objects of a large text message without records.

They follow the steps of the catalogue's decoder and use its codecs; only the objects differ. A
message that they cannot read goes to the catalogue's decoder, which reports what is wrong.
Decision 16 has the measurement.
"""

import typing
from collections.abc import Callable
from functools import cache
from typing import Any

from ..model import UNSET_INT, OrderCondition, TickAttribBidAsk, TickAttribLast
from ..wire.caches import CACHES
from ..wire.codecs import NAMESPACE
from ..wire.emit_decoder import DecoderEmitter
from ..wire.layout import Field
from ..wire.message import Message, hints
from ..wire.plan import annotation, bare, default_value, is_record, plan
from . import convert
from .callbacks import WRITTEN_OUT, calls, filled, local, used
from .emit import SCOPE, declared, needs_message
from .source import compiled

__all__ = ["from_text"]


@cache
def from_text(cls: type[Message], version: int, raw: bool) -> Callable[..., Any] | None:
    """The function ``make(w, slow)`` that returns the handler ``payload -> None`` of a message.

    None where the callback needs the message itself. ``raw``: the payload has no id in front.
    The handler passes a payload that it cannot read to ``slow``.
    """
    statements = tuple(
        call for call in calls(cls, version, True) if not call.startswith(_ALREADY_WRITTEN)
    )
    if cls.spec.layout is None or needs_message(statements):
        return None
    emitted = _Objects(cls, raw)
    source = emitted.make(version, statements)
    return compiled(f"objects_{cls.__name__}_{version}", source, emitted.scope)


_MARKS: dict[str, Any] = {
    "mask_last": TickAttribLast, "mask_bid_ask": TickAttribBidAsk, "mask_ask_bid": TickAttribBidAsk,
}  # fmt: skip
_ALREADY_WRITTEN = "unset("
"""Starts the statement whose work is done while the object is built."""


class _Objects(DecoderEmitter):
    """Builds official objects where the catalogue's reader builds records."""

    def __init__(self, cls: type[Message], raw: bool) -> None:
        super().__init__(cls)
        self.offset = 0 if raw else 1
        self.scope: dict[str, Any] = {**NAMESPACE, **convert.SCOPE, **SCOPE, **CACHES}
        self.built = 0

    def make(self, version: int, statements: tuple[str, ...]) -> list[str]:
        """The lines of the function."""
        name, assigned = self.cls.spec.callback, set[str]()
        self.out.depth = 3
        self.out.add("f = str(b, 'utf-8', 'backslashreplace').split('\\0')")
        self._steps(plan(self.cls, version), self.cls, "", assigned)
        for path in used(statements):
            self._bind(path, assigned)
        return [
            "def function(w, slow):",
            f"    def {name}(b):",
            "        try:",
            *self.out.lines,
            "        except ERRORS:",
            "            return slow(b)",
            *(f"        {call}" for call in filled(statements)),
            f"    return {name}",
        ]

    def _bind(self, path: str, assigned: set[str]) -> None:
        """Assign the official value of a field to the name that the calls use."""
        name = local(path)
        if is_record(hint := annotation(self.cls, path)):
            if path not in assigned:
                kind = bare(hint)
                built = self._build(kind, kind.__name__, assigned, "", at=path + ".")
                self.out.add(f"{name} = {built}")
        elif path not in assigned:  # this version lacks it
            self.scope[f"default{name}"] = default_value(self.cls, path)
            self.out.add(f"{name} = {'[]' if _is_list(hint) else f'default{name}'}")
        elif not _is_list(hint):
            value = convert.giving(declared(self.cls, path), name, self.scope, True)
            if value != name:
                self.out.add(f"{name} = {value}")

    def _value(self, step: Field, record: Any) -> str:
        """Attributes packed into a number become official objects."""
        value = super()._value(step, record)
        if step.codec in _MARKS:
            record = _MARKS[step.codec]
            self.scope[f"from_{record.__name__}"] = convert.from_record(record)
            return f"from_{record.__name__}({value})"
        return value

    def _build(
        self, record: Any, name: str, assigned: set[str], prefix: str, *, at: str = ""
    ) -> str:
        """Add the statements that make the official object, and return its name."""
        if record is OrderCondition:
            self.scope |= {"from_condition": convert.from_condition, name: record}
            return f"from_condition({super()._build(record, name, assigned, prefix, at=at)})"
        self.built += 1
        d, o = f"d{self.built}", f"o{self.built}"
        made = convert.official(record)
        template = vars(convert.from_record(record)(record()))
        template |= {
            attribute: UNSET_INT
            for attribute in WRITTEN_OUT.get(self.cls.__name__, ())
            if attribute in template and getattr(record(), attribute) is None
        }
        self.scope |= {f"new_{name}": made.__new__, name: made, f"template_{name}": template}
        self.out.add(f"{d} = template_{name}.copy()")
        fields = {convert.ATTRIBUTES.get((name, f), f): (f, h) for f, h in hints(record).items()}
        for attribute, default in template.items():
            field, hint = fields.get(attribute, ("", None))
            value = prefix + local(at + field)
            if field and at + field in assigned:
                self._set(d, attribute, hint, value, default)
            elif field and is_record(hint) and any(p.startswith(f"{at}{field}.") for p in assigned):
                kind = bare(hint)
                inner = self._build(kind, kind.__name__, assigned, prefix, at=f"{at}{field}.")
                self.out.add(f"{d}[{attribute!r}] = {inner}")
            elif (new := convert.fresh(attribute, default, self.scope)) is not None:
                self.out.add(f"{d}[{attribute!r}] = {new}")
        self.out.add(f"{o} = new_{name}({name})")
        self.out.add(f"{o}.__dict__ = {d}")
        return o

    def _set(self, d: str, attribute: str, hint: Any, value: str, default: Any) -> None:
        """One attribute, where it differs from the template."""
        kind, nullable = convert.kind_of(hint)
        setting = f"{d}[{attribute!r}] = "
        if _is_list(kind):
            # Elements are official already; an empty list may be shown as None.
            self.out.add(f"{setting}{value}" if isinstance(default, list)
                         else f"if {value}: {setting}{value}")  # fmt: skip
        elif is_record(kind):
            self.out.add(f"{setting}{value}")
        else:
            unset = attribute in WRITTEN_OUT.get(self.cls.__name__, ())
            official = convert.of_set(hint, value, default, self.scope, True)
            when = f"if {value} is not None: " if nullable else ""
            self.out.add(f"{when}{setting}{official}")
            if unset and nullable:
                self.out.add(f"else: {setting}UNSET_INT")


def _is_list(hint: Any) -> bool:
    return typing.get_origin(hint) is list
