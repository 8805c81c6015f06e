"""Answers of a function that are kept, where a thousand functions are made and asked a few times.

``functools.lru_cache`` answers as fast, but to make one costs as much as some answers do; so does
the lock that ``functools.cached_property`` takes before Python 3.12.
"""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")
Owner = TypeVar("Owner")


class kept(Generic[Owner, Answer]):
    """An attribute that is worked out when it is first asked for."""

    def __init__(self, make: Callable[[Owner], Answer]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type[Owner], name: str) -> None:
        self._name = name

    def __get__(self, one: Owner, owner: type[Owner] | None = None) -> Answer:
        found = one.__dict__[self._name] = self._make(one)
        return found


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
