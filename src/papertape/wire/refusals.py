"""What a client does not send, because the server is too old for it (code 503).

The gates stand in the layouts (``since(…, refuse=…)``), in the messages (``since=``) and in
``proto_gates``; this module only asks them, in the order of the versions.
"""

from functools import cache
from typing import Any

from ..errors import FeatureNotSupported
from .layout import ALWAYS
from .message import Message
from .plan import annotation, default_value


@cache
def _checks(cls: type[Message], version: int) -> tuple[tuple[str, Any, int, str], ...]:
    """(path, value that passes, needed version, feature) of every gate above this version."""
    spec = cls.spec
    if version >= spec.protobuf:
        gates = [(need, path, path.rpartition(".")[2]) for path, need in spec.proto_gates.items()]
    else:
        gates = [(r.below, r.path, r.feature.lstrip("!")) for r in spec.refusals]
    return tuple(
        (path, _harmless(cls, path), need, feature)
        for need, path, feature in sorted(gates, key=lambda gate: gate[0])
        if version < need < ALWAYS
    )


def _harmless(cls: type[Message], path: str) -> Any:
    if annotation(cls, path) == bool | None:
        return (None, False)  # only True asks for the feature
    value = default_value(cls, path)
    return (value, "", None) if value in ("", None) else (value,)


def refuse(message: Message, version: int) -> None:
    """Raises ``FeatureNotSupported`` when the server lacks the request or a field that is set."""
    cls = type(message)
    if version < cls.spec.since:
        raise FeatureNotSupported(
            cls.spec.callback or cls.__name__,
            server_version=version,
            needed_version=cls.spec.since,
            message=cls.__name__,
        )
    for path, harmless, need, feature in _checks(cls, version):
        value: Any = message
        for name in path.split("."):
            value = getattr(value, name, None)
            if value is None:
                break
        if value not in harmless and value != []:
            raise FeatureNotSupported(
                feature, server_version=version, needed_version=need,
                message=cls.__name__, field=path,
            )  # fmt: skip
