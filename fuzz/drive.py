"""One target under atheris: ``python -m fuzz.drive TARGET [libFuzzer options] [corpora]``.

Only ``papertape.wire`` is instrumented, the code that it generates included; but not the slow
interpreter, which says what is wrong: nothing new is behind the many places where a body may end.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import atheris

SLOW_S = 1.0
"""Processor time after which one input is a finding; the wall clock of a busy machine is none."""

INTERPRETER = [f"papertape.wire.oracle{part}" for part in ("", "_proto", "_proto_writer")]
OTHERS = [f"papertape.{name}" for name in ("codes", "errors", "model", "versions")]
UNTRACED = [*INTERPRETER, *OTHERS]

with atheris.instrument_imports(include=["papertape.wire"], exclude=UNTRACED):
    from papertape.wire import codegen

    _plain = codegen.compiled

    def _instrumented(name: str, source: str, scope: dict[str, Any]) -> Callable[[Any], Any]:
        function: Callable[[Any], Any] = atheris.instrument_func(_plain(name, source, scope))
        return function

    codegen.compiled = _instrumented  # before the emitters import it
    from fuzz.targets import TARGETS, Finding


def main(arguments: list[str]) -> None:
    """Fuzz until libFuzzer's own options end it."""
    target = TARGETS[arguments[1]]

    def one_input(data: bytes) -> None:
        began = time.thread_time()
        target(data)
        took = time.thread_time() - began
        if took > SLOW_S:
            raise Finding(f"took {took:.1f} s")

    atheris.Setup([arguments[0], *arguments[2:]], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
