"""Runs a program of the official shape unchanged, and writes down every callback that it gets.

    python traced_program.py --module ibapi --trace calls.jsonl program.py --port 7497

Standard library only besides the package. Every class that the program derives from `EWrapper`
gets its callbacks wrapped, its own and the inherited ones; nothing else is touched. One JSON object
a line, in the order of the calls: the callback, its arguments, and the thread it ran on (``main``,
the name that the program gave, or ``other``). The exit code is the program's.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import inspect
import json
import re
import runpy
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from callback_traces import render

UNNAMED = re.compile(r"Thread-\d+|Dummy-\d+|papertape-\w+")
"""Threads that a library or Python named, not the program."""


class Recorder:
    """Wraps the callbacks of a class and keeps what they are called with."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._inside = threading.local()

    def wrap(self, cls: type[Any], names: list[str]) -> None:
        """Record the named callbacks of objects of this class."""
        for name in names:
            original = getattr(cls, name)
            setattr(cls, name, self._recording(name, original))

    def _recording(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def callback(wrapper: Any, *args: Any, **kwargs: Any) -> Any:
            inside = self._inside.__dict__.setdefault("names", [])
            if name in inside:  # an override that calls its base: one callback, not two
                return original(wrapper, *args, **kwargs)
            self._keep(name, [*args, *kwargs.values()])
            inside.append(name)
            try:
                return original(wrapper, *args, **kwargs)
            finally:
                inside.remove(name)

        return callback

    def _keep(self, name: str, args: list[Any]) -> None:
        call = {"thread": thread(), "name": name, "args": render(args)}
        self.lines.append(json.dumps(call))


def thread() -> str:
    """The thread we are on, in words that two packages share."""
    current = threading.current_thread()
    if current is threading.main_thread():
        return "main"
    return "other" if UNNAMED.match(current.name) else current.name


def callbacks(base: type[Any]) -> list[str]:
    """The callbacks that a program may override; protobuf ones come beside the plain ones."""
    found = inspect.getmembers(base, inspect.isfunction)
    return [name for name, _ in found if not name.startswith("_") and not name.endswith("ProtoBuf")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--module", required=True, help="ibapi or papertape.ibapi")
    parser.add_argument("--trace", type=Path, required=True, help="file to write")
    parser.add_argument("program", help="the script, followed by its own arguments")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    told = parser.parse_args()
    recorder = Recorder()
    base = importlib.import_module(f"{told.module}.wrapper").EWrapper
    names = callbacks(base)
    base.__init_subclass__ = classmethod(lambda cls: recorder.wrap(cls, names))
    sys.argv = [told.program, *told.arguments]
    code: Any = 0
    try:
        runpy.run_path(told.program, run_name="__main__")
    except SystemExit as ended:
        code = ended.code
    told.trace.write_text("".join(f"{line}\n" for line in recorder.lines), "utf-8")
    if isinstance(code, str):
        print(code, file=sys.stderr)
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    sys.exit(main())
