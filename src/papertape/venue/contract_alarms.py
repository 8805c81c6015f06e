"""The alarms of contracts that somebody holds or orders: their end, and what comes to them before.

They are built again from the state after a start, so nothing here is kept.
"""

from .agenda import Agenda, Alarm
from .broker.contract_ends import ContractEnds
from .broker.scheduled import ScheduledActions
from .reference.instruments import Instruments
from .reference.securities import Cfd, Dated
from .units import Nanos


class ContractAlarms:
    """Lets the agenda follow the contracts."""

    def __init__(
        self,
        agenda: Agenda,
        instruments: Instruments,
        ends: ContractEnds,
        actions: ScheduledActions,
    ) -> None:
        self._agenda = agenda
        self._instruments = instruments
        self._ends = ends
        self._actions = actions
        self.followed: set[int] = set()
        """Contracts that somebody has held or ordered."""
        self._ending: set[int] = set()
        """Those of them that are yet to end."""
        self._scheduled: set[int] = set()
        """Those to which a coupon, a split or a dividend is yet to come."""

    def __bool__(self) -> bool:
        """Whether any alarm of a contract waits."""
        return bool(self._ending or self._scheduled)

    def follow(self, con_id: int, since: Nanos, soonest: Nanos) -> None:
        """Set the alarms for what comes to a contract after ``since``, and for its end. That of
        a contract which has ended already, elsewhere, is set to ``soonest``."""
        if con_id in self.followed:
            return
        self.followed.add(con_id)
        due = self._ends.due(con_id)
        if due:
            self._ending.add(con_id)
            self._agenda.add(max(due, soonest), Alarm.CONTRACT, con_id)
        self.schedule(con_id, since)
        entry = self._instruments.get(con_id)
        if isinstance(entry, Dated | Cfd) and entry.under:  # a split ends it
            self.follow(entry.under, since, soonest)

    def schedule(self, con_id: int, since: Nanos) -> None:
        """Set the alarm for the next coupon, split or dividend of a contract."""
        due = self._actions.next_due(con_id, since)
        if due:
            self._scheduled.add(con_id)
            self._agenda.add(due, Alarm.SCHEDULED, con_id)
        else:
            self._scheduled.discard(con_id)

    def end(self, con_id: int) -> None:
        """Expect no further end of a contract."""
        self._ending.discard(con_id)
