"""Programs in the official style for the tests: they keep what is called back, and where."""

import threading
import time
from collections.abc import Callable
from typing import Any

from lanes import HANGS_S
from papertape.ibapi.client import EClient
from papertape.ibapi.wrapper import EWrapper

PATIENCE = float(HANGS_S)


class App(EWrapper, EClient):
    """Keeps (name, arguments, thread) of every callback; ``on`` runs something in one."""

    def __init__(self, **hooks: Callable[..., None]) -> None:
        EClient.__init__(self, wrapper=self)
        self.calls: list[tuple[str, tuple[Any, ...], str]] = []
        self.hooks = hooks
        self.timeout = PATIENCE

    def names(self) -> list[str]:
        """The callbacks so far."""
        return [name for name, _, _ in self.calls]

    def of(self, name: str) -> list[tuple[Any, ...]]:
        """The arguments of every call of this name."""
        return [arguments for called, arguments, _ in self.calls if called == name]

    def errors(self) -> list[tuple[int, int]]:
        """Id and code of every error."""
        return [(arguments[0], arguments[2]) for arguments in self.of("error")]

    def threads(self) -> set[str]:
        """The threads on which callbacks ran."""
        return {thread for _, _, thread in self.calls}


def _keeping(name: str) -> Callable[..., None]:
    def callback(self: App, *arguments: Any) -> None:
        self.calls.append((name, arguments, threading.current_thread().name))
        if name in self.hooks:
            self.hooks[name](*arguments)

    return callback


for _name in dir(EWrapper):
    if not _name.startswith("_") and not _name.endswith("ProtoBuf"):
        setattr(App, _name, _keeping(_name))


def wait_until(condition: Callable[[], Any], seconds: float = PATIENCE) -> None:
    """Wait for something that another thread does; fails when it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


def running(app: App) -> threading.Thread:
    """A thread that is in ``run()``."""
    thread = threading.Thread(target=app.run, name="loop", daemon=True)
    thread.start()
    return thread
