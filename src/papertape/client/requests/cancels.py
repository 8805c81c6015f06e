"""Which request cancels which, as the catalogue declares it."""

from functools import cache

from ...wire import catalogue
from ...wire.message import Message


def cancel_of(message: Message) -> Message | None:
    """The request that cancels this one by its id alone; None where there is none."""
    cls = _cancels().get(type(message))
    return None if cls is None else cls(getattr(message, "reqId"))  # noqa: B009


@cache
def _cancels() -> dict[type[Message], type[Message]]:
    return {
        cls.spec.cancels: cls
        for cls in catalogue.REQUESTS.values()
        if cls.spec.cancels is not None and cls.__struct_fields__ == ("reqId",)
    }
