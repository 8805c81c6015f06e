"""Chance, the order of sets, signals, other programs, and modules that are replaced when they are
imported."""

from __future__ import annotations

import _random
import os
import signal
import sys
import threading
from collections.abc import Callable
from importlib.machinery import ModuleSpec, PathFinder
from itertools import count
from types import ModuleType

from .baton import Baton

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

UVLOOP = "uvloop is replaced by asyncio's own loop: the market's clock does not reach into it"


def install_others(baton: Baton, seed: int, kept: dict[str, str]) -> None:
    """Replace them; ``kept`` is what the environment had for the clock to be taken."""
    source = _random.Random(seed)

    def urandom(size: int, /) -> bytes:
        """As ``os.urandom``, the same in each run of a seed."""
        return source.getrandbits(8 * size).to_bytes(size, "big") if size else b""

    real_urandom = os.urandom
    os.urandom = lambda size, /: real_urandom(size) if baton.off else urandom(size)
    hook = Hook({"queue": _queue, "random": lambda module: _seeded(module, seed, source)})
    hook.works["subprocess"] = lambda module: _subprocess(module, baton)
    hook.works["functools"] = _functools
    hook.works["asyncio.windows_events"] = _windows_events
    hook.works["asyncio.futures"] = _futures
    hook.works["asyncio.tasks"] = _tasks
    hook.works["concurrent.futures._base"] = lambda module: _numbered(module.Future)
    _numbered(threading.Thread)
    hook.stubs["uvloop"] = lambda: _uvloop(baton)
    for name, work in hook.works.items():
        if name in sys.modules:
            work(sys.modules[name])
    sys.meta_path.insert(0, hook)
    _install_waiting(baton)
    _install_exec(baton, kept)


class Hook:
    """Replaces what is in modules when they have been imported."""

    def __init__(self, works: dict[str, Callable[[Any], None]]) -> None:
        self.works = works
        self.stubs: dict[str, Callable[[], ModuleType]] = {}
        """Modules that stand in for others."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """See ``importlib.abc.MetaPathFinder``."""
        work, stub = self.works.get(name), self.stubs.get(name)
        if work is None and stub is None:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        if stub is not None:
            return ModuleSpec(name, _StubLoader(stub))  # type: ignore[arg-type]
        load = spec.loader.exec_module

        def loaded(module: ModuleType) -> None:
            load(module)
            assert work is not None
            work(module)

        spec.loader.exec_module = loaded  # type: ignore[method-assign]
        return spec


class _StubLoader:
    def __init__(self, make: Callable[[], ModuleType]) -> None:
        self._make = make

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._make()

    def exec_module(self, module: ModuleType) -> None:
        return None


def _numbered(cls: Any) -> Any:
    """Let a set have instances in an order of the seed: addresses depend on what the process has
    done before, such as compiling a module in its first run only."""
    numbers = count()

    def __hash__(self: Any) -> int:
        try:
            return self._market_time_hash  # type: ignore[no-any-return]
        except AttributeError:
            self._market_time_hash = found = hash(str(next(numbers)))
            return found

    cls.__hash__ = __hash__
    return cls


def _numbered_subclass(module: Any, name: str) -> None:
    """The same for a class that is written in C."""
    real = getattr(module, name)
    replaced = _numbered(type(name, (real,), {"__doc__": real.__doc__, "__module__": "_asyncio"}))
    setattr(module, name, replaced)


def _futures(module: Any) -> None:
    _numbered_subclass(module, "Future")


def _tasks(module: Any) -> None:
    _numbered_subclass(module, "Task")
    if hasattr(module, "create_eager_task_factory"):
        module.eager_task_factory = module.create_eager_task_factory(module.Task)


def _queue(module: Any) -> None:
    module.SimpleQueue = module._PySimpleQueue


def _functools(module: Any) -> None:
    if hasattr(module, "RLock"):
        module.RLock = threading.RLock


def _windows_events(module: Any) -> None:
    """Windows' own loop waits in C: the one that selects takes its place."""
    for name in ("", "_"):
        selects = getattr(module, f"{name}WindowsSelectorEventLoopPolicy", None)
        if selects is not None:
            setattr(module, f"{name}DefaultEventLoopPolicy", selects)


def _seeded(module: Any, seed: int, source: Any) -> None:
    real = module.Random.seed

    def seeded(self: Any, a: Any = None, version: int = 2) -> None:
        real(self, source.getrandbits(256) if a is None else a, version)

    module.Random.seed = seeded
    module.seed(seed)


def _subprocess(module: Any, baton: Baton) -> None:
    """Programs that the program starts live by the wall clock, and so does the wait for them."""

    def beside(name: str) -> None:
        real = getattr(module.Popen, name)

        def replaced(self: Any, *args: Any, **kwargs: Any) -> Any:
            with baton.outside():
                return real(self, *args, **kwargs)

        replaced.__name__ = replaced.__qualname__ = name
        setattr(module.Popen, name, replaced)

    beside("wait")
    beside("communicate")


def _uvloop(baton: Baton) -> ModuleType:
    import asyncio

    baton.gate.note(UVLOOP)
    module: Any = ModuleType("uvloop", UVLOOP)
    module.__version__ = "0.0.0"
    module.Loop = module.new_event_loop = asyncio.SelectorEventLoop
    module.run = asyncio.run
    module.install = lambda: None
    if sys.version_info < (3, 14):
        module.EventLoopPolicy = asyncio.DefaultEventLoopPolicy
    return module  # type: ignore[no-any-return]


def _install_handlers(baton: Baton) -> None:
    """Handlers of signals run when the main thread has its turn."""
    ours: Any = signal
    real, real_get = signal.signal, signal.getsignal
    given: dict[Any, tuple[Any, Any]] = {}

    def known(signalnum: Any, handler: Any) -> Any:
        own, put = given.get(signalnum, (None, None))
        return own if put is not None and handler is put else handler

    def replaced(signalnum: Any, handler: Any, /) -> Any:
        put = handler
        if callable(handler) and not isinstance(handler, signal.Handlers):
            put = lambda *told: baton.interrupt(lambda: handler(*told))  # noqa: E731
        before = known(signalnum, real(signalnum, put))
        given[signalnum] = (handler, put)
        return before

    real_raise, real_kill = signal.raise_signal, os.kill

    def raise_signal(signalnum: int, /) -> None:
        real_raise(signalnum)
        if not baton.plain:
            baton.poke()

    def kill(pid: int, signalnum: int, /) -> None:
        own = pid == os.getpid() and given.get(signalnum, (None, None))[1] is not None
        if own and not baton.plain:
            raise_signal(signalnum)  # in this thread, and so at this moment
        else:
            real_kill(pid, signalnum)

    ours.raise_signal, os.kill = raise_signal, kill
    ours.signal = replaced
    ours.getsignal = lambda signalnum, /: known(signalnum, real_get(signalnum))


def _install_exec(baton: Baton, kept: dict[str, str]) -> None:
    """A program that becomes another one hands its clock on."""
    ours: Any = os
    real = os.execve

    def execve(path: Any, argv: Any, env: Any) -> None:
        if not baton.off:
            baton.gate.bye(baton.now)
        real(path, argv, env if baton.off else {**env, **kept})

    ours.execve = execve
    ours.execv = lambda path, argv, /: execve(path, argv, os.environ)


def _install_waiting(baton: Baton) -> None:
    """Waits for signals and for other processes."""
    _install_handlers(baton)
    ours: Any = signal
    if hasattr(ours, "sigtimedwait"):
        real_timed = ours.sigtimedwait

        def sigtimedwait(sigset: Any, timeout: float, /) -> Any:
            if baton.plain:
                return real_timed(sigset, timeout)
            return baton.park(baton.deadline(timeout), lambda: real_timed(sigset, 0))

        def sigwaitinfo(sigset: Any, /) -> Any:
            return baton.park(None, lambda: real_timed(sigset, 0))

        def sigwait(sigset: Any, /) -> Any:
            return sigwaitinfo(sigset).si_signo

        ours.sigtimedwait, ours.sigwaitinfo, ours.sigwait = sigtimedwait, sigwaitinfo, sigwait
    if hasattr(ours, "pause"):

        def pause() -> None:
            before = baton.handled
            baton.park(None, lambda: baton.handled != before)

        ours.pause = pause
    if hasattr(os, "waitpid"):
        real_waitpid = os.waitpid

        def waitpid(pid: int, options: int, /) -> tuple[int, int]:
            if options or baton.plain:
                return real_waitpid(pid, options)
            with baton.outside():
                return real_waitpid(pid, options)

        os.waitpid = waitpid
