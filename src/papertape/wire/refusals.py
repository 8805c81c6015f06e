"""What a client does not send, because the server is too old for it (503) or too new (585).

The gates stand in the layouts (``since(…, refuse=…)``), in the messages (``since=``, ``refuse=``)
and in ``proto_gates``; this module only asks them, in the order of the versions. As the official
client does, a message that goes as protobuf is held back by ``proto_gates`` alone.
"""

from functools import cache
from typing import Any

from ..errors import FeatureNotSupported, FeatureWithdrawn, LocalProtocolError
from .layout import ALWAYS
from .message import Message, VersionRefusal
from .plan import annotation, default_value


def refuse(message: Message, version: int) -> None:
    """Raises ``FeatureNotSupported`` when the server lacks the request or a field that is set.

    Raises ``FeatureWithdrawn`` when the server no longer knows a value.
    """
    cls = type(message)
    if version < cls.spec.since:
        raise FeatureNotSupported(
            cls.spec.callback or cls.__name__,
            server_version=version,
            needed_version=cls.spec.since,
            message=cls.__name__,
        )
    for refusal, harmless in _active(cls, version):
        value = _find(message, refusal.path)
        if value in refusal.values or not (refusal.values or value in harmless or value == []):
            raise _refused(refusal, version, cls.__name__)


def may_be_refused(cls: type[Message], version: int) -> frozenset[str]:
    """The fields of which some value is refused at this version."""
    return frozenset(refusal.path for refusal, _ in _active(cls, version))


def reported_id(message: Message, error: LocalProtocolError) -> int:
    """The id with which the official client reports this refusal: the request's, or -1."""
    spec = message.spec
    if error.field is None:
        anonymous = not spec.blames_id
    else:
        anonymous = any(r.anonymous for r in spec.refusals if r.path == error.field)
    found = getattr(message, spec.id_field, None) if spec.id_field else None
    return -1 if anonymous or found is None else int(found)


def _refused(refusal: VersionRefusal, version: int, name: str) -> LocalProtocolError:
    if version >= refusal.gone:
        return FeatureWithdrawn(
            refusal.feature, server_version=version, last_version=refusal.gone - 1,
            message=name, field=refusal.path,
        )  # fmt: skip
    return FeatureNotSupported(
        refusal.feature, server_version=version, needed_version=refusal.below,
        message=name, field=refusal.path,
    )  # fmt: skip


@cache
def _active(cls: type[Message], version: int) -> tuple[tuple[VersionRefusal, tuple[Any, ...]], ...]:
    """Every refusal that applies to this version, and the values that pass it."""
    spec = cls.spec
    if version >= spec.protobuf:
        gates = (
            VersionRefusal(need, path, path.rpartition(".")[2])
            for path, need in spec.proto_gates.items()
        )
        found = sorted(gates, key=lambda gate: gate.below)
    else:
        found = list(spec.refusals)
    return tuple(
        (refusal, _harmless(cls, refusal))
        for refusal in found
        if version < refusal.below < ALWAYS or version >= refusal.gone
    )


def _harmless(cls: type[Message], refusal: VersionRefusal) -> tuple[Any, ...]:
    if annotation(cls, refusal.path) == bool | None:
        return (None, False)  # only True asks for the feature
    value = default_value(cls, refusal.path)
    own = (value, "", None) if value in ("", None) else (value,)
    return own + refusal.harmless


def _find(message: Message, path: str) -> Any:
    value: Any = message
    for name in path.split("."):
        value = getattr(value, name, None)
        if value is None:
            break
    return value
