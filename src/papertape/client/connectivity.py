"""Reads connectivity notices: the server's link to the broker, and its farms.

The client's own socket stays open meanwhile. Each notice is interpreted once, here, and passed on
as a ``Change``.
"""

from enum import Enum, auto
from typing import Final, NamedTuple


class What(Enum):
    """Kinds of change."""

    LINK_LOST = auto()
    """1100, 2110: the server has no link to the broker."""
    LINK_BACK = auto()
    """1102: the link is back, subscriptions were kept."""
    DATA_LOST = auto()
    """1101: the link is back, subscriptions were lost."""
    FARM_BROKEN = auto()
    FARM_BACK = auto()


class Change(NamedTuple):
    """A change, and for a farm what it serves ("market", "history", "definition") and its name."""

    what: What
    serves: str = ""
    farm: str = ""


FARMS: Final = {
    2103: ("market", False),
    2104: ("market", True),
    2108: ("market", True),
    2105: ("history", False),
    2106: ("history", True),
    2107: ("history", True),
    2157: ("definition", False),
    2158: ("definition", True),
}
"""Code -> what the farm serves, and whether it does. Inactive (2107, 2108) counts as serving:
such a farm connects when it is needed."""
FARMS_KEPT: Final = 100
"""Most broken farms that are remembered; IB has some dozens."""
CONNECTED: Final = frozenset((2104, 2106, 2158))


class Health:
    """Whether the broker link and each farm are up, as far as notices have said."""

    def __init__(self) -> None:
        self.link = True
        """Whether the server has a link to the broker; True until it says otherwise."""
        self.broken: dict[str, str] = {}
        """Farms that are broken, and what they serve."""
        self._announced = False

    def reset(self) -> None:
        """Start a new connection: the server reports everything again."""
        self.link, self._announced = True, False
        self.broken.clear()

    def read(self, code: int, text: str) -> list[Change]:
        """Return the changes that a notice announces."""
        if code in (1100, 2110):
            return self._lost(announced=code == 2110)
        if code in (1101, 1102):
            self.link, self._announced = True, False
            return [Change(What.DATA_LOST if code == 1101 else What.LINK_BACK)]
        if code not in FARMS:
            return []
        serves, well = FARMS[code]
        farm = farm_name(text)
        changes = []
        if self._announced and code in CONNECTED:
            # After 2110 no notice may announce the link's return; a farm that works proves it.
            self.link, self._announced = True, False
            changes.append(Change(What.LINK_BACK))
        if well:
            if self.broken.pop(farm, None) is not None:
                changes.append(Change(What.FARM_BACK, serves, farm))
        elif farm in self.broken or len(self.broken) < FARMS_KEPT:
            self.broken[farm] = serves
            changes.append(Change(What.FARM_BROKEN, serves, farm))
        return changes

    def _lost(self, *, announced: bool) -> list[Change]:
        self._announced = announced and (self._announced or self.link)
        self.link = False
        return [Change(What.LINK_LOST)]


def farm_name(text: str) -> str:
    """The farm name at the end of a notice, after a colon or after "upon demand."."""
    _, found, name = text.rpartition("demand.")
    return name.strip() if found else text.rpartition(":")[2].strip()
