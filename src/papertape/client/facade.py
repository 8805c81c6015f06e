"""What a program sees of its session: what the server has sent, whether it is ready, its end."""

from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self

from ..codes import CodeTable
from ..errors import (
    ApiError,
    ConnectionLost,
    DeadlineExceeded,
    NotConnected,
    NotReady,
    PapertapeError,
)
from .report import Fetched, Report
from .requests import questions
from .requests.asks import Ask
from .session import ClientSession
from .settings import READY
from .subscriptions import Clock, Wait
from .trades import Trade

DEADLINE_S = 10.0


class SessionFacade:
    """The state of a session, without its requests. ``Tws`` adds those."""

    def __init__(
        self, core: ClientSession, wait: Wait, close: Callable[[], Awaitable[None]], clock: Clock
    ) -> None:
        self._core = core
        self._wait = wait
        self._close = close
        self._clock = clock

    async def __aenter__(self) -> Self:
        if self._core.lost is not None:
            raise NotConnected() from self._core.lost
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.disconnect()

    # -- the session --------------------------------------------------------------------------

    @property
    def report(self) -> Report:
        """What the server has sent (version, time, accounts, next id, notices), what is missing."""
        return self._core.report

    @property
    def connected(self) -> bool:
        """Whether requests can be sent."""
        return self._core.online

    @property
    def not_ready(self) -> str:
        """Why orders cannot be sent at the moment; "" when they can."""
        return self._now().why_not_ready()

    @property
    def lost(self) -> PapertapeError | None:
        """Why the session has ended; None while it is open or reconnects."""
        return self._core.lost

    @property
    def waiting(self) -> int:
        """How many messages the rate limit is holding back."""
        return len(self._core.limiter)

    @property
    def trades(self) -> tuple[Trade, ...]:
        """All orders of this client that the session knows, working or not."""
        return tuple(self._core.trades.values())

    @property
    def codes(self) -> CodeTable:
        """The table that decides what each error code means for this session."""
        return self._core.codes

    def override_codes(self, overrides: Mapping[int, Mapping[str, Any]]) -> None:
        """Override the meaning of codes from now on: ``{10349: {"severity": "info"}}``.

        Raises ``ValueError`` for an unknown field or an invalid value.
        """
        self._core.codes = self._core.codes.with_overrides(overrides)

    def trace(self, observer: Callable[[str, Any], None] | None) -> None:
        """Call ``observer("out", request)`` and ``observer("in", message)`` for all messages."""
        self._core.trace = observer

    async def ready(self, *, timeout: float = DEADLINE_S) -> None:
        """Wait until orders can be sent.

        Raises ``NotReady`` with the reason on timeout, or what has ended the session."""
        core = self._core
        try:
            await self._wait(core, lambda: core.lost is not None or not self.not_ready, "", timeout)
        except DeadlineExceeded:
            raise NotReady(self.not_ready) from None
        if core.lost is not None:
            raise core.lost

    async def disconnect(self) -> None:
        """Close the connection. Open requests raise ``ConnectionLost``."""
        self._now().closed(ConnectionLost("disconnected by this program"), final=True)
        await self._close()

    async def begin(self, since: float, timeout: float) -> None:
        """Complete ``connect`` once the socket is open: wait, fetch, check what is missing.

        ``since`` is the time at which ``connect`` was called; ``timeout`` counts from there.
        """
        core, until = self._core, since + timeout
        late: DeadlineExceeded | None = None
        try:
            came = lambda: core.lost is not None or core.report.ready  # noqa: E731
            await self._wait(core, came, "connect", until - self._clock())
        except DeadlineExceeded as error:
            late = error
        if core.lost is not None:
            raise core.lost
        await self._fetch(max(0.1, until - self._clock()))
        required = {"version", *core.settings.require}
        missing = [name for name in core.report.missing if name in required]
        if missing:
            told = DeadlineExceeded(f"connect (missing: {', '.join(missing)})", timeout)
            told.report = core.report
            if core.report.serverVersion and set(missing) & set(READY):
                told.add_note("the server speaks, but someone may have to accept the connection")
            raise told from late

    async def _fetch(self, timeout: float) -> None:
        """Fetch concurrently what the settings ask for, and record the outcome in the report."""
        core, began = self._now(), self._clock()
        fetched = core.report.fetched
        if not core.report.ready:
            for name in core.settings.fetch:
                fetched[name] = Fetched("missing", 0.0)
            return
        asked = {name: questions.FETCH[name](core, timeout) for name in core.settings.fetch}
        for name, ask in asked.items():
            error: PapertapeError | None = None
            items: list[Any] = []
            try:
                items = (await self._answer(ask)).result
            except (ApiError, DeadlineExceeded) as failure:
                error = failure
            state = "came" if error is None else "missing"
            fetched[name] = Fetched(
                "refused" if isinstance(error, ApiError) else state,  # type: ignore[arg-type]
                self._clock() - began,
                items,
                error,
            )
        for name in asked:
            questions.finish(self._now(), name)

    def _now(self) -> ClientSession:
        return self._core.at(self._clock())

    async def _answer(self, ask: Ask) -> Any:
        """Wait for the answer to a request. Raises its error."""
        try:
            await self._wait(ask, lambda: ask.done, ask.name, None)
        finally:
            ask.finish()
        if ask.error is not None:
            raise ask.error
        return ask.winner
