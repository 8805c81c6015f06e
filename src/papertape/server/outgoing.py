"""How messages look to clients: their encoding, and the names of exchanges in them."""

from .config import Config
from .config_table import ENCODINGS
from .present.compatibility import with_island
from .sessions.registry import Sessions
from .sessions.session import Session

SETTINGS = ("encodeApiMessages", "compatibilityModeNasdaqStocks")


class OutgoingForm:
    """Applies ``encodeApiMessages`` and ``compatibilityModeNasdaqStocks`` to every session.

    The encoding is that of texts; messages in protobuf are UTF-8, which the format demands.
    """

    def __init__(self, sessions: Sessions, config: Config) -> None:
        self._sessions = sessions
        self._config = config
        for name in SETTINGS:
            config.watch(name, self._changed)

    def opened(self, session: Session) -> None:
        """Let a new session send messages in the form of the settings."""
        chosen = self._config.settings
        renames = with_island if chosen.compatibilityModeNasdaqStocks else None
        session.show(renames, ENCODINGS[chosen.encodeApiMessages])

    def _changed(self, _value: object) -> None:
        for session in self._sessions.connections():
            self.opened(session)
