"""Display groups: the numbered colours by which windows of TWS show the same contract.

A station has no windows, so what its groups show is what API clients put there. The captured
gateway lists groups 1 to 7, each of which shows "none" at the start.
"""

from typing import Final

from ..wire.catalogue.display import DisplayGroupUpdated
from .sessions.registry import Sessions
from .sessions.session import Session
from .sessions.subscriptions import Subscription

NONE: Final = "none"
GROUPS: Final = range(1, 8)
MOST_GROUP_SUBSCRIPTIONS: Final = 100
"""Of one client; TWS has no such limit, but its user opens no more windows."""


class GroupSubscription(Subscription):
    """subscribeToGroupEvents."""

    __slots__ = ("group",)

    def __init__(self, request_id: int, group: int) -> None:
        super().__init__(request_id)
        self.group = group


class DisplayGroups:
    """What each group shows, and the clients that follow it."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._shown = dict.fromkeys(GROUPS, NONE)
        self._uses = dict.fromkeys(GROUPS, 0)

    def listed(self) -> str:
        """The numbers joined by ``|``, the most used first."""
        return "|".join(map(str, sorted(GROUPS, key=lambda group: (-self._uses[group], group))))

    def follow(self, session: Session, request_id: int, group: int) -> None:
        """Follow a group: what it shows now, then every change. The same id follows another group
        from then on. Raises ``KeyError`` for a group that there is not."""
        shown = self._shown[group]
        session.subscriptions.add(GroupSubscription(request_id, group))
        session.send(DisplayGroupUpdated(request_id, shown))

    def show(self, group: int, contract: str) -> None:
        """Let a group show a contract; its followers receive it if it is another one. Raises
        ``KeyError`` for a group that there is not."""
        self._uses[group] += 1
        if self._shown[group] == contract:
            return
        self._shown[group] = contract
        for session in self._sessions:
            for request_id, one in session.subscriptions.of(GroupSubscription).items():
                if one.group == group:
                    session.send(DisplayGroupUpdated(request_id, contract))
