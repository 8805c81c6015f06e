"""Answers and bodies about a station, its clock, sessions, settings, farms, drills, log."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from ...clock import HIGHEST
from .base import NoticeView, Problem, View


class StationView(View):
    """One station."""

    name: str
    host: str
    port: int
    gateway: bool
    """Whether it behaves as IB Gateway instead of TWS."""
    server_version: int
    accounts: list[str]
    time: datetime
    """Market time."""
    speed: float
    """The market's speed as a multiple of real time."""
    sessions: int
    waiting: int
    notice: NoticeView | None
    """The last notice about the API's socket: 1300, sent when the port changes; null before."""


class ClockView(View):
    """The market's clock."""

    time: datetime
    """Market time."""
    speed: float
    """As a multiple of real time; 0 while the market is paused."""
    max: bool
    """Whether it runs as fast as clients follow; ``speed`` is then how fast that has been."""


class SpeedBody(View):
    """Another speed of the market's clock."""

    speed: (
        Annotated[float, Field(ge=0, le=HIGHEST, strict=True, allow_inf_nan=False)] | Literal["max"]
    )
    """As a multiple of real time; 0 pauses the market, ``max`` is as fast as clients follow."""


class StepBody(View):
    """A jump of the market's clock."""

    seconds: Annotated[float, Field(gt=0, le=86_400, strict=True, allow_inf_nan=False)]
    """Of market time; it takes as long as what falls due on the way."""


class SessionView(View):
    """One connection."""

    number: int
    client_id: int | None
    """Null before START_API."""
    address: str
    version: int
    """Negotiated server version; 0 before the handshake."""
    format: str
    """``protobuf`` where the version supports it, else ``text``."""
    since: datetime
    received: int
    sent: int
    in_per_s: float | None
    """Messages per second, over the last seconds; null until the second request for it."""
    out_per_s: float | None
    unsent_bytes: int
    """Unsent bytes, because the client does not read."""
    lag_s: float
    """How long the oldest unsent byte has waited, as sampled at each request."""
    lines: int
    """Market data lines."""
    subscriptions: int
    """Active subscriptions: lines, bars, positions, account values."""
    paused: bool
    """The client reads more slowly than the station sends; quotes wait."""


class WaitingView(View):
    """A connection that waits for the user's decision."""

    number: int
    client_id: int
    address: str
    version: int
    """Negotiated server version."""
    since: datetime
    until: datetime
    """When the station rejects it without a decision."""


class AcceptBody(View):
    """How to accept a connection."""

    always: bool = False
    """Accept the address without a decision from now on."""


class SettingView(View):
    """One setting of the API."""

    group: str
    number: int
    name: str
    value: bool | int | str | list[str] | None
    default: bool | int | str | list[str] | None
    source: str
    """``default``, ``given`` at the start, or ``changed`` while running."""
    acts: bool
    """Whether the setting has an effect yet."""
    note: str
    """Why it has no effect yet."""
    meaning: str
    place: str
    """Its page in the Global Configuration of TWS."""
    type: Literal["switch", "number", "choice", "text", "list"]
    choices: list[str]
    lowest: int | None
    """The least value of a number."""
    highest: int | None
    longest: int | None
    """Maximum characters of a text, or entries of a list."""
    blank: bool
    """Whether it may be null."""


Change = bool | int | Annotated[str, Field(max_length=4000)] | list[str] | None


class BlameView(Problem):
    """Why settings were not changed."""

    errors: dict[str, str]
    """Name as given -> why its value is not valid."""


class ChangedView(View):
    """The result of a change of settings."""

    changed: list[str]


class FarmView(View):
    """The state of a farm."""

    name: str
    kind: str
    status: str
    """``inactive``, ``connecting``, ``ok`` or ``broken``."""
    notice: NoticeView | None
    """The last notice about the farm."""


class LinkView(View):
    """The broker link."""

    up: bool
    competing: bool
    """Whether the same user is logged in elsewhere."""
    held_orders: int
    notice: NoticeView | None
    """The last notice about the link, such as 1100; null before the first loss."""


class NewsView(View):
    """One event at the station."""

    number: int
    time: datetime
    kind: str
    facts: dict[str, Any]


class LogView(View):
    """One line of the station's log."""

    number: int
    time: datetime
    """Time of the computer's clock."""
    level: str
    logger: str
    message: str
    error: str
    """The traceback; empty without one."""


class OptionView(View):
    """An option of a drill."""

    name: str
    type: str
    default: str
    """Empty when the option is required."""


class DrillView(View):
    """A drill that can be started."""

    name: str
    summary: str
    explanation: str
    options: list[OptionView]
    issues: list[str]
    """Public issues that the drill reproduces."""


class DrillBody(View):
    """A drill as a command line."""

    text: str = Field(max_length=1000, examples=["farm-blip usfarm ms=2000"])


Option = bool | int | float | Annotated[str, Field(max_length=200)] | None


RunState = Literal["acts by itself", "waits for a client", "over"]


class DrillRunView(View):
    """A drill that was started."""

    number: int
    name: str
    options: dict[str, Any]
    began: datetime
    ended: datetime | None
    """None while it runs."""
    state: RunState
    acts_at: datetime | None
    """When it acts next; null when it is over or waits for a client."""
