"""Caches of token values: a lookup costs a quarter of parsing.

Ids, tick types, prices and sizes repeat in every stream. A cache that exceeds its limit is emptied,
and tokens longer than any number are not kept, so a peer cannot fill it.
"""

from collections.abc import Callable
from typing import Any

from .codecs import plain_decimal, read_decimal

CACHED, LONGEST = 4096, 32


class TokenCache(dict[Any, Any]):
    """Token -> value, parsed on first use. Raises what parsing raises."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, token: Any) -> Any:
        if len(token) > LONGEST:
            return self.make(token)
        if len(self) >= CACHED:
            self.clear()
        value = self[token] = self.make(token)
        return value


CACHES: dict[str, Any] = {
    "INTS": TokenCache(int),
    "FLOATS": TokenCache(float),
    "DECIMALS": TokenCache(read_decimal),
    "WRITTEN_DECIMALS": TokenCache(plain_decimal),
}
"""The caches for tokens that are not empty, by their names in generated functions."""
