"""One connection of a client of the official shape: its classes, its callbacks, its waits.

What differs between the versions is found out by looking at it: the arity of `error`,
`commissionReport` or `commissionAndFeesReport`, the arguments of `cancelOrder`.
"""

from __future__ import annotations

import importlib
import inspect
import threading
import time
from collections.abc import Callable
from typing import Any

import tracing
from tracing import Event, Failed, Trace, need

COMMISSIONS = {"commissionReport", "commissionAndFeesReport"}


class Library:
    """The peer's modules: the classes that a program takes from them."""

    def __init__(self, name: str, max_version: int | None) -> None:
        def load(module: str) -> Any:
            return importlib.import_module(f"{name}.{module}")

        self.client = load("client")
        self.EClient = self.client.EClient
        self.EWrapper = load("wrapper").EWrapper
        self.Contract = load("contract").Contract
        self.Order = load("order").Order
        self.ExecutionFilter = load("execution").ExecutionFilter
        if max_version is not None:
            need(hasattr(self.client, "MAX_CLIENT_VER"), "the client's maximum cannot be lowered")
            self.client.MAX_CLIENT_VER = max_version

    def cancel_arguments(self) -> tuple[Any, ...]:
        """Return what `cancelOrder` takes after the order id."""
        names = list(inspect.signature(self.EClient.cancelOrder).parameters)[2:]
        if "orderCancel" in names:
            module = importlib.import_module(self.client.__name__.replace("client", "order_cancel"))
            return (module.OrderCancel(),)
        return ("",) * len(names)


def callbacks(wrapper: type) -> list[str]:
    """Return the names of the callbacks; the raw protobuf ones repeat what these say."""
    names = [name for name in dir(wrapper) if not name.startswith(("_", "logAnswer"))]
    return [n for n in names if callable(getattr(wrapper, n)) and not n.endswith("ProtoBuf")]


def recording(wrapper: type, trace: Trace) -> type:
    """Return the wrapper class with every callback writing to the trace."""

    def recorder(name: str) -> Callable[..., None]:
        official = getattr(wrapper, name)

        def record(*args: Any, **kwargs: Any) -> None:
            trace.received(name, tracing.bind(official, args, kwargs))

        return record

    return type("Recorder", (wrapper,), {name: recorder(name) for name in callbacks(wrapper)})


class Peer:
    """One connection: a client, the thread that runs it, and waits with a deadline."""

    def __init__(self, library: Library, trace: Trace, options: Any) -> None:
        self.trace = trace
        self.options = options
        self.began = len(trace.events)
        self.client = library.EClient(recording(library.EWrapper, trace)())
        self.thread = threading.Thread(target=self.client.run, name="messages", daemon=True)

    def connect(self, client_id: int) -> None:
        """Connect within the deadline: the official `connect` itself waits without end."""
        target = (self.options.host, self.options.port, client_id)
        opening = threading.Thread(target=self.client.connect, args=target, daemon=True)
        opening.start()
        opening.join(self.options.deadline)
        if opening.is_alive():
            raise Failed(
                f"no answer to the handshake within {self.options.deadline:g} s",
                waiting_for="the version answer",
            )
        need(self.client.isConnected(), "not connected", **self.last_error())
        self.trace.connected(self.client.serverVersion())
        self.thread.start()

    def last_error(self) -> dict[str, Any]:
        errors = [error_parts(e) for e in self.since(self.began) if e.name == "error"]
        return {"error": list(errors[-1])} if errors else {}

    def call(self, name: str, *args: Any) -> int:
        """Call a request and return where the events stood before it."""
        mark = len(self.trace.events)
        method = getattr(self.client, name)
        given = dict(zip(inspect.signature(method).parameters, args))
        self.trace.sent(name, given)
        method(*args)
        return mark

    def since(self, mark: int) -> list[Event]:
        return self.trace.events[mark:]

    def wait(
        self,
        what: str,
        found: Callable[[Event], Any],
        *,
        since: int,
        about: int | None = None,
        deadline: float | None = None,
    ) -> Event:
        """Return the first event that fits; `about` is the id whose errors end the wait."""
        limit = deadline or self.options.deadline
        end = time.monotonic() + limit
        at = since
        while True:
            with self.trace.changed:
                new = self.trace.events[at:]
                if not new:
                    left = end - time.monotonic()
                    if left <= 0 or not self.trace.changed.wait(left):
                        raise Failed(f"no {what} within {limit:g} s", waiting_for=what)
                    continue
            for event in new:
                at += 1
                if found(event):
                    return event
                stop_on(event, about, what)

    def wait_all(self, what: str, done: Callable[[], Any], *, since: int, about: int) -> None:
        """Wait until a condition over all events so far holds."""
        if not done():
            self.wait(what, lambda _: done(), since=since, about=about)

    def fence(self) -> None:
        """Wait for an answer, before which everything sent earlier must have come."""
        mark = self.call("reqCurrentTime")
        self.wait("currentTime", named("currentTime"), since=mark)


def named(name: str, first: Any = None) -> Callable[[Event], bool]:
    return lambda e: e.name == name and (first is None or e.args[0] == first)


def error_parts(event: Event) -> tuple[int, int, str]:
    """Return id, code and text of an error in any of its arities."""
    args = event.args
    timed = len(args) > 3 and isinstance(args[2], int)
    return (args[0], args[2], args[3]) if timed else (args[0], args[1], args[2])


def error(code: int, about: int) -> Callable[[Event], bool]:
    return lambda e: e.name == "error" and error_parts(e)[:2] == (about, code)


def stop_on(event: Event, about: int | None, what: str) -> None:
    """Fail at once when the wait cannot end well any more."""
    if event.name == "connectionClosed":
        raise Failed(f"connection closed while waiting for {what}", waiting_for=what)
    if event.name != "error":
        return
    ident, code, text = error_parts(event)
    about_all = ident == -1 and not 1100 <= code < 3000
    if about_all or (about is not None and ident == about and not 2100 <= code < 2200):
        raise Failed(f"error {code} ({text}) while waiting for {what}", waiting_for=what)
