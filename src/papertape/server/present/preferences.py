"""What the settings of the API say about how things are shown."""

from decimal import Decimal

from ...model import Contract
from ...versions import INSTRUMENT_TIME_ZONE
from ..config import Config
from ..config_table import OPERATOR, UTC
from ..settings import StationSettings
from ..venue_port import ReadModel


class Preferences:
    """The zone of times, and what is left out."""

    def __init__(self, config: Config, settings: StationSettings, venue: ReadModel) -> None:
        self._config = config
        self._venue = venue
        self.operator_zone = settings.time_zone
        """The zone of the TWS user."""

    def zone(self, con_id: int, version: int) -> str:
        """The zone in which a client of this version reads an instrument's times."""
        chosen = self._config.settings.sendInstrumentTimezone
        if chosen == OPERATOR or version < INSTRUMENT_TIME_ZONE:
            return self.operator_zone
        return UTC if chosen == UTC else self._venue.hours.zone_id(self._venue.instruments[con_id])

    def shows(self, account: str, contract: Contract, size: Decimal) -> bool:
        """Whether a position is told: those in currency pairs are virtual, and of those that are
        closed perhaps only what was opened today."""
        chosen = self._config.settings
        if contract.secType == "CASH" and not chosen.includeVirtualFxPositions:
            return False
        if size or not chosen.sendZeroPositionsForTodayOnly:
            return True
        opened = self._venue.state.accounts[account].opening_quantity
        return not opened.get(contract.conId)
