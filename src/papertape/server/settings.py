"""The settings of a station when it is built: plain, checked values.

The command line collects them from file, environment and flags.
"""

import re
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ..errors import SettingsError
from ..venue.broker.profile import Profile
from ..venue.script import FILL_RULES, MOST_LATENCY, FillRule
from ..venue.units import RATE_SCALE
from ..versions import MAX_SERVER, MIN_SERVER
from .addresses import network

Verdict = Literal["accept", "ask", "reject"]
"""What happens to a connection from an address."""
Entitlement = Literal["live", "delayed", "none"]
"""Which market data of a contract the user has subscribed to."""
ENTITLEMENTS: tuple[Entitlement, ...] = ("live", "delayed", "none")
ApiDefaults = Literal["testing", "precautions", "fresh"]
"""Which defaults the settings of the API have."""
API_DEFAULTS: tuple[ApiDefaults, ...] = ("testing", "precautions", "fresh")
DELAYED_NOTICES = (10167, 2186)
SERVICES = ("scanners", "news", "fundamentals", "events")
"""What ``service:news`` among the entitlements may name; it is ``live`` or ``none``."""
_RULE = re.compile(rf"((symbol|exchange|type):\S+( \S+)*|service:({'|'.join(SERVICES)}))\Z")
VERDICTS: tuple[Verdict, ...] = ("accept", "ask", "reject")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")


LONGEST_ZONE_NAME = 100
"""Characters; the longest name of Windows has 35."""


class StationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one station."""

    max_server_version: int = MAX_SERVER
    """The highest server version to offer; a lower one makes an older TWS."""
    max_clients: int = 32
    """Maximum concurrent clients; the default is that of TWS."""
    max_lines: int = 100
    """Maximum quote lines of one client; TWS limits all clients of its user together."""
    max_depth: int | None = None
    """Maximum books of one client; None: by ``max_lines``, as in TWS (3 of 100); 0: no limit."""
    max_tick_by_tick: int | None = None
    """The same of lines tick by tick."""
    time_zone: str = "US/Eastern"
    """Zone of the times that the server writes."""
    time_zone_name: str = ""
    """The zone's name in the version answer, as Windows or a localized system may have it:
    ``British Summer Time``; "": its abbreviation."""
    quote_interval_ms: int = 250
    """The interval of a quote line; TWS samples stocks at about 250 ms. 0: every tick."""
    market_data: Entitlement = "live"
    """Which market data the user has subscribed to: live, those of ``delay_minutes`` ago for who
    asks for delayed ones, or none."""
    entitlements: dict[str, Entitlement] = {}
    """The same by ``symbol:AAPL``, ``exchange:CME`` or ``type:OPT``; the most specific applies.
    ``service:news``, or another of ``SERVICES``, with ``none``: the user has not subscribed."""
    slow_reader_s: float = 10.0
    """At speed ``max``: how long the market waits for a client that does not read, in real seconds;
    then it goes on without it until it reads again."""
    delayed_enabled: bool = True
    """Whether the user has enabled delayed data; else a contract without live ones gets 10168."""
    delayed_notice: int = 10167
    """The code that tells of delayed data: 10167, or 2186 as in later builds."""
    tick_by_tick_pacing: bool = False
    """Whether a client may ask for an instrument's ticks one by one only every 15 seconds."""
    symbol_search_pacing: bool = False
    """Whether a client's searches for symbols are answered one a second; the others wait."""
    delay_minutes: int = 15
    """How old delayed market data are."""
    start_api_timeout_s: float = 30.0
    """How long a connection may take to send START_API."""
    account_interval_s: float = 180.0
    """The interval at which unchanged account values are sent again, as TWS does."""
    max_message_rate: int | None = None
    """Requests of a client per second of market time; None: half of ``max_lines``, as in TWS; 0:
    no limit."""
    history_pacing: bool | None = None
    """Whether requests for bars of 30 seconds or less and for ticks of the past are paced as in
    TWS (162, 420); None: where ``message_rate`` limits clients too."""
    client_id_linger_s: float = 0.0
    """How long a client id stays in use after its connection has ended; about 0.5 in TWS."""
    acceptance: Verdict = "ask"
    """The verdict for addresses that no rule names."""
    acceptance_rules: dict[str, Verdict] = {}
    """Address or network -> verdict; the most specific one applies."""
    acceptance_timeout_s: float = 60.0
    """How long a connection waits for the user's decision before it is rejected."""
    dead_peer_s: int = 120
    """The time after which a peer that vanished without FIN is detected."""
    max_buffer_mb: int = 64
    """Unsent bytes at which a client that does not read is disconnected."""
    current_time_silence_s: float = 0.0
    """How long after an answer to reqCurrentTime the next such request gets none; real gateways
    were observed to answer none for one to four seconds (behaviour K8)."""
    max_log_mb: int = 1024
    """Maximum bytes on disk of the API message logs, and of the wire log; the oldest go first."""
    seed: int = 1
    """Seed of the random choices of drills, and of latency."""
    fill_rule: FillRule = "paper"
    """How orders fill: ``paper`` at the touch, up to the size that it shows; ``queue`` behind the
    size at their price, as prints come; ``instant`` whole and at once."""
    ack_latency_ms: float = 0.0
    """How long a new order is on its way to the broker, who acknowledges it then: about 190 ms to
    IB. Meanwhile it is PendingSubmit."""
    fill_latency_ms: float = 0.0
    """How long an acknowledged order is on its way to its exchange, where it trades then: about
    40 ms."""
    latency_spread: float = 0.0
    """By how many percent of itself each of these times may be longer or shorter, by the seed."""
    gateway: bool = False
    """Behave as IB Gateway: farms for quotes and history connect on the first request for them."""
    api_defaults: ApiDefaults = "testing"
    """Which settings of the API hold that nobody has chosen: those that let tests pass; the same
    with the precautions of a newly installed TWS; or all of a newly installed TWS."""
    preset_take_profit: float = 0.0
    """How far an attached profit taker is from its parent's price, in the contract's currency; 0:
    the preset has none (10355), as in a fresh TWS."""
    preset_stop_loss: float = 0.0
    """The same of an attached stop loss; TWS proposes 1.00 for both."""
    precaution_percentage: int = 3
    """How far a limit price may be from the market, in percent, where order precautions are not
    bypassed; 0, here and below: no such limit. The numbers are those of a newly installed TWS."""
    precaution_ticks: int = 20
    """The same of options, in ticks."""
    precaution_size: int = 500
    """The most shares of an order."""
    precaution_value: int = 100_000
    """The most that an order may be worth, in the base currency of its account."""
    farm_connect_ms: int = 200
    """How long a data farm takes to connect."""
    farm_idle_s: float = 900.0
    """Gateway: how long a farm stays connected without any request; 0: for ever."""
    daily_restart: str = ""
    """``HH:MM`` in ``time_zone`` at which TWS restarts; "": never."""
    daily_logoff: str = ""
    """``HH:MM`` in ``time_zone`` at which TWS logs off, which ends the station; "": never."""
    restart_down_s: float = 30.0
    """How long TWS is away in a daily restart."""
    market_farm: str = "usfarm"
    history_farm: str = "ushmds"
    definition_farm: str = "secdefnj"

    def __post_init__(self) -> None:
        """Raises ``SettingsError`` naming the setting, its value and what is allowed."""
        self._within("max_server_version", MIN_SERVER, MAX_SERVER)
        self._within("max_clients", 1, 1024)
        self._within("max_lines", 1, 100_000)
        self._within("quote_interval_ms", 0, 60_000)
        self._within("start_api_timeout_s", 0.01, 3600)
        self._within("delay_minutes", 1, 60)
        self._within("slow_reader_s", 0, 3600)
        self._within("account_interval_s", 1, 86_400)
        self._within("max_buffer_mb", 1, 1024)
        self._within("client_id_linger_s", 0, 3600)
        self._within("current_time_silence_s", 0, 60)
        self._within("ack_latency_ms", 0, MOST_LATENCY / 1e6)
        self._within("fill_latency_ms", 0, MOST_LATENCY / 1e6)
        self._within("latency_spread", 0, 100)
        if self.fill_rule not in FILL_RULES:
            raise SettingsError(
                "is no fill rule",
                setting="fill_rule",
                found=self.fill_rule,
                advice="Choose one of: " + ", ".join(FILL_RULES),
            )
        self._within("farm_connect_ms", 0, 60_000)
        self._within("farm_idle_s", 0, 86_400)
        self._within("restart_down_s", 0, 86_400)
        self._within("acceptance_timeout_s", 0.01, 86_400)
        self._within("dead_peer_s", 4, 86_400)
        self._within("max_log_mb", 1, 1 << 20)
        self._within("precaution_percentage", 0, 1000)
        self._within("preset_take_profit", 0, 1_000_000)
        self._within("preset_stop_loss", 0, 1_000_000)
        for name in ("precaution_ticks", "precaution_size", "precaution_value"):
            self._within(name, 0, 1_000_000_000)
        for name in ("max_depth", "max_tick_by_tick"):
            if getattr(self, name) is not None:
                self._within(name, 0, 100_000)
        if self.max_message_rate is not None:
            self._within("max_message_rate", 0, 1_000_000)
        if self.api_defaults not in API_DEFAULTS:
            raise SettingsError(
                "is not a set of defaults",
                setting="api_defaults",
                found=self.api_defaults,
                advice="Choose one of: " + ", ".join(API_DEFAULTS),
            )
        if self.delayed_notice not in DELAYED_NOTICES:
            raise SettingsError(
                "is no code of delayed data",
                setting="delayed_notice",
                found=self.delayed_notice,
                advice="Choose 10167 or 2186",
            )
        self._known_zone()
        self._known_verdicts()
        self._known_entitlements()
        for name in ("daily_restart", "daily_logoff"):
            self._time_of_day(name)

    def shaped(self, profile: Profile) -> Profile:
        """The profile of a broker with these fill rule and latencies."""
        return msgspec.structs.replace(
            profile,
            fill_rule=self.fill_rule,
            ack_latency=round(self.ack_latency_ms * 1e6),
            fill_latency=round(self.fill_latency_ms * 1e6),
            latency_spread=round(self.latency_spread * RATE_SCALE / 100),
            seed=self.seed,
        )

    def has_service(self, name: str) -> bool:
        """Whether the user has subscribed to one of ``SERVICES``."""
        return self.entitlements.get(f"service:{name}") != "none"

    @property
    def message_rate(self) -> int:
        """Requests of a client per second; 0: no limit."""
        rate = self.max_message_rate
        return max(1, self.max_lines // 2) if rate is None else rate

    @property
    def paces_history(self) -> bool:
        """Whether fine requests to the history farm are paced."""
        return bool(self.message_rate) if self.history_pacing is None else self.history_pacing

    @property
    def depth_limit(self) -> int:
        """Books of a client at the same time; 0: no limit."""
        return self._by_lines if self.max_depth is None else self.max_depth

    @property
    def tick_by_tick_limit(self) -> int:
        """Lines tick by tick of a client at the same time; 0: no limit."""
        return self._by_lines if self.max_tick_by_tick is None else self.max_tick_by_tick

    @property
    def _by_lines(self) -> int:
        """3 below 400 lines, 4 below 500 and so on, 60 at most, as the vendor documents it."""
        return min(max(self.max_lines // 100, 3), 60)

    def _within(self, name: str, lowest: float, highest: float) -> None:
        value = getattr(self, name)
        if not lowest <= value <= highest:
            raise SettingsError(
                "is out of range",
                setting=name,
                found=value,
                advice=f"Choose a number from {lowest} to {highest}",
            )

    def _time_of_day(self, name: str) -> None:
        value = getattr(self, name)
        if value and not _CLOCK.match(value):
            raise SettingsError(
                "is not a time of day", setting=name, found=value, advice="Write it as 23:45"
            )

    def _known_zone(self) -> None:
        try:
            ZoneInfo(self.time_zone)
        except (ValueError, OSError, ZoneInfoNotFoundError) as error:
            raise SettingsError(
                "is not a time zone",
                setting="time_zone",
                found=self.time_zone,
                advice="Choose a name such as US/Eastern or Europe/London; what the version answer"
                " calls it, for instance British Summer Time, is time_zone_name",
            ) from error
        name = self.time_zone_name
        if not name.isprintable() or len(name) > LONGEST_ZONE_NAME:
            raise SettingsError(
                f"has unprintable characters, or more than {LONGEST_ZONE_NAME}",
                setting="time_zone_name",
                found=name[:LONGEST_ZONE_NAME],
            )

    def _known_entitlements(self) -> None:
        for name, chosen in {"market_data": self.market_data, **self.entitlements}.items():
            if chosen not in ENTITLEMENTS:
                advice = "Choose one of: " + ", ".join(ENTITLEMENTS)
                raise SettingsError(
                    "is not an entitlement", setting=name, found=chosen, advice=advice
                )
        for name in self.entitlements:
            if not _RULE.match(name):
                raise SettingsError(
                    "names no contracts",
                    setting="entitlements",
                    found=name,
                    advice="Write symbol:AAPL, exchange:CME, type:OPT or service:news",
                )
        for name, chosen in self.entitlements.items():
            if name.startswith("service:") and chosen == "delayed":
                raise SettingsError(
                    "is not an entitlement", setting=name, found=chosen,
                    advice="A service is live or none",
                )  # fmt: skip

    def _known_verdicts(self) -> None:
        for name, verdict in {"acceptance": self.acceptance, **self.acceptance_rules}.items():
            if verdict not in VERDICTS:
                advice = "Choose one of: " + ", ".join(VERDICTS)
                raise SettingsError("is not a verdict", setting=name, found=verdict, advice=advice)
        for name in self.acceptance_rules:
            try:
                network(name)
            except ValueError as error:
                raise SettingsError(
                    "is not an address or a network",
                    setting="acceptance_rules",
                    found=name,
                    advice="Choose one such as 10.0.0.7 or 10.0.0.0/8",
                ) from error
