"""Puts a Python program on the clock of a Papertape station, before its first import.

The folder of this file stands first in ``PYTHONPATH`` of a program that ``run_in_market_time``
starts; ``site`` imports it. It acts only where ``PAPERTAPE_MARKET_TIME`` names a gate, and leaves
neither itself nor that variable to the programs that the program starts.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def _leave() -> None:
    """Let the program, and what it starts, not see this folder."""
    sys.path[:] = [one for one in sys.path if os.path.abspath(one or ".") != HERE]
    places = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    left = [one for one in places if one and os.path.abspath(one) != HERE]
    if left:
        os.environ["PYTHONPATH"] = os.pathsep.join(left)
    else:
        os.environ.pop("PYTHONPATH", None)


def _shadowed() -> None:
    """Load the ``sitecustomize`` that would have been loaded without this one."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is not None and spec.loader is not None:
        module = module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


if __name__ == "sitecustomize":
    kept = {n: os.environ.get(n, "") for n in ("PAPERTAPE_MARKET_TIME", "PYTHONPATH")}
    gate = os.environ.pop("PAPERTAPE_MARKET_TIME", "")
    try:
        if gate:
            if HERE not in sys.path:
                sys.path.insert(0, HERE)
            import importlib

            importlib.import_module("papertape_market_clock.installing").install(gate, kept)
    finally:
        _leave()
    _shadowed()
