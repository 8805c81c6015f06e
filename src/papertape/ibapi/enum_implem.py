"""The official enumeration of numbered names, older than ``enum``."""

from typing import Any


class Enum:
    """Names numbered from 0 in the order given, as attributes; ``toStr`` goes back."""

    def __init__(self, *args: str) -> None:
        self.idx2name = dict(enumerate(args))
        for index, name in self.idx2name.items():
            setattr(self, name, index)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"there is no {name!r} in this enumeration")

    def toStr(self, idx: int) -> str:
        """The name of a number, "NOTFOUND" when it has none."""
        return self.idx2name.get(idx, "NOTFOUND")
