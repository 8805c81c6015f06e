"""What a station is told when it is built: plain values, checked, no sources.

Where they come from (file, environment, flags) is the command line's business.
"""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ..errors import SettingsError
from ..versions import MAX_SERVER, MIN_SERVER


class StationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one station."""

    max_server_version: int = MAX_SERVER
    """The version it offers at most; a lower one makes an older TWS."""
    max_clients: int = 32
    """Clients at once, as TWS allows."""
    max_lines: int = 100
    """Quote lines of one client at once; TWS allows its user so many for all clients together."""
    time_zone: str = "US/Eastern"
    """Zone of the times that the server writes."""
    quote_interval_ms: int = 250
    """How often a quote line may change; TWS samples stocks at about 250 ms. 0: every tick."""
    start_api_timeout_s: float = 30.0
    """How long a connection may take to send START_API."""
    account_interval_s: float = 180.0
    """How often unchanged account figures are sent again, as TWS does."""
    open_orders_on_connection: bool = True
    """Report working orders of the client id, unasked, before its accounts and next id."""
    max_buffer_mb: int = 64
    """Unsent bytes at which a client that does not read is disconnected."""
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
        self._within("account_interval_s", 1, 86_400)
        self._within("max_buffer_mb", 1, 1024)
        self._known_zone()

    def _within(self, name: str, lowest: float, highest: float) -> None:
        value = getattr(self, name)
        if not lowest <= value <= highest:
            raise SettingsError(
                "is out of range",
                setting=name,
                found=value,
                advice=f"Choose a number from {lowest} to {highest}",
            )

    def _known_zone(self) -> None:
        try:
            ZoneInfo(self.time_zone)
        except (ValueError, OSError, ZoneInfoNotFoundError) as error:
            raise SettingsError(
                "is no time zone",
                setting="time_zone",
                found=self.time_zone,
                advice="Choose a name such as US/Eastern or Europe/London",
            ) from error
