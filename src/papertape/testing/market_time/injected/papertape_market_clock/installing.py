"""Puts it all in place: the first thing that happens in the program."""

from __future__ import annotations

import atexit
import os
import sys

from .baton import Baton
from .clocks import install_clocks
from .gateline import GateLine
from .polls import install_polls


def install(given: str, kept: dict[str, str]) -> None:
    """Connect with the gate of ``host port token station-port seed``, and take its clock.

    ``kept`` is the environment that this needs."""
    host, port, token, station, seed = given.split()
    gate = GateLine(host, int(port), token, sys.version.split()[0], int(station))
    baton = Baton(gate, *gate.hello())
    gate.told = baton.now
    baton.watch()
    install_polls(baton)
    # Each of these builds on what is there when it is imported.
    from .threads import install_threads

    install_threads(baton)
    from .locks import install_locks

    install_locks(baton)
    install_clocks(baton)
    from .sockets import install_sockets

    install_sockets(baton)
    from .others import install_others

    install_others(baton, int(seed), kept)
    atexit.register(lambda: None if baton.off else gate.bye(baton.now))
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: _left(baton))


def _left(baton: Baton) -> None:
    """A process that was forked lives by the wall clock."""
    baton.off = True
    baton.gate.close()
