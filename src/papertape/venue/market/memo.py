"""Answers of a function that are kept, where a thousand functions are made and asked a few times.

``functools.lru_cache`` answers as fast, but to make one costs as much as some answers do.
"""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


class Memo(dict[Key, Answer], Generic[Key, Answer]):
    """Answers by what was asked for, at most so many: ``memo[key]``. When there are more, all are
    forgotten, which changes no answer."""

    __slots__ = ("_make", "_most")

    def __init__(self, most: int, make: Callable[[Key], Answer]) -> None:
        self._most = most
        self._make = make

    def __missing__(self, key: Key) -> Answer:
        if len(self) >= self._most:
            self.clear()
        found = self[key] = self._make(key)
        return found
