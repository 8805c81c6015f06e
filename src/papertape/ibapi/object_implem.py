"""Base of the official records: mutable, readable, all attributes in ``vars()``."""

from typing import Any, Self

from .utils import shown


class Object:
    """Shows its attributes as ``Name: value``; what is not set is blank."""

    def __str__(self) -> str:
        pairs = [f"{name[:1].upper()}{name[1:]}: {shown(v)}" for name, v in vars(self).items()]
        return ", ".join(pairs)

    def __repr__(self) -> str:
        try:
            fresh = vars(type(self)())
        except (TypeError, ValueError):  # needs arguments: show everything
            fresh = {}
        nothing = object()
        pairs = [
            f"{name}={value!r}"
            for name, value in vars(self).items()
            if repr(value) != repr(fresh.get(name, nothing))
        ]
        return f"{type(self).__name__}({', '.join(pairs)})"

    def _fill(self, values: dict[str, Any]) -> Self:
        vars(self).update(values)
        return self
