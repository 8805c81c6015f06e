"""Drills behind TWS: the broker link, the data farms, another login of the same user."""

from ...wire.catalogue.contract import ContractData, ContractDataEnd
from ...wire.catalogue.session import ErrorMessage
from ...wire.message import Message
from ..sessions.session import Session
from .base import Aimed, Drill, Milliseconds
from .base import Options as Plain

DETAILS_KEPT = 100
"""The number of contract details of one session that are sent again; the latest ones."""


class LinkLost(Drill):
    """TWS loses the link to the broker: 1100, then the farms' notices. The API socket stays open.
    Quotes stop, orders are held with status PendingSubmit, executions happen but are not
    reported. A program that connects meanwhile gets 2110.

    With ``ms`` the link returns by itself with the data kept (1102); without it, ``link-restored``
    restores it."""

    name = "link-lost"
    summary = "1100: the link to the broker is lost, the socket stays open"
    issues = (
        "QuantConnect/Lean.Brokerages.InteractiveBrokers#249",
        "erdewit/ib_insync#256",
        "nautechsystems/nautilus_trader#4564",
    )
    order = ("ms",)

    class Options(Plain, frozen=True, kw_only=True):
        """``ms`` until the link returns; none: until ``link-restored``."""

        ms: Milliseconds | None = None

    def start(self) -> None:
        """Drop the broker link: 1100 to every session; orders are held until it returns."""
        self.tws.link.lose()
        if self.options.ms is None:
            self.finish()
        else:
            self.due = self.after(self.options.ms)

    def act(self) -> None:
        """Restore the link with the data kept: 1102."""
        self.tws.link.restore()
        self.finish()

    def stop(self) -> None:
        """Restore the link immediately."""
        self.tws.link.restore()


class LinkRestored(Drill):
    """The broker link returns. With ``data_lost`` the code is 1101: every market data subscription
    is gone, and the program must request it again. Otherwise it is 1102 with the list of farms,
    and data resumes by itself. In both cases TWS reports the executions that happened meanwhile
    and sends the orders that it held.

    Drops the link first if it is up, so that it can be run alone."""

    name = "link-restored"
    summary = "1101 or 1102: the link to the broker is back, data lost or kept"
    issues = (
        "erdewit/ib_insync#411",
        "erdewit/ib_insync#699",
        "nautechsystems/nautilus_trader#1533",
        "stoqey/ib#240",
    )

    class Options(Plain, frozen=True, kw_only=True):
        """``data_lost``: whether subscriptions are lost (1101)."""

        data_lost: bool = False

    def start(self) -> None:
        """Restore the link: 1101 or 1102."""
        self.tws.link.lose()
        self.tws.link.restore(data_lost=self.options.data_lost)
        self.finish()


class RepeatedDetails(Drill):
    """When the broker link returns with the data kept (1102), TWS sends contract details again,
    under the ids of requests that ended long ago: a program that no longer knows those ids must
    ignore them. With ``end`` TWS sends contractDetailsEnd again too.

    Repeats what was sent while the drill ran, at every 1102, until it is stopped.
    ``link-restored`` or ``link-lost`` with ``ms`` causes the 1102."""

    name = "repeated-details"
    summary = "contract details are sent again when the link is back (1102)"
    issues = ("ib-api-reloaded/ib_async#219",)

    class Options(Aimed, frozen=True, kw_only=True):
        """``end``: whether contractDetailsEnd is sent again too."""

        end: bool = False

    def start(self) -> None:
        """Record contract details from now on."""
        self._told: dict[int, list[ContractData]] = {}
        self._repeating = False

    def gives(self, session: Session, message: Message) -> bool:
        """Record contract details; repeat them right before 1102."""
        if self._repeating or not self.aims_at(session):
            return True
        if isinstance(message, ContractData):
            told = self._told.setdefault(session.number, [])
            told.append(message)
            del told[:-DETAILS_KEPT]
        elif isinstance(message, ErrorMessage) and message.errorCode == 1102:
            self._repeating = True
            self._repeat(session)
            self._repeating = False
        return True

    def _repeat(self, session: Session) -> None:
        told = self._told.get(session.number, [])
        for place, row in enumerate(told):
            session.send(row)
            last = place + 1 == len(told) or told[place + 1].reqId != row.reqId
            if last and self.options.end:
                session.send(ContractDataEnd(row.reqId))

    def left(self, session: Session) -> None:
        """Drop the record of the session."""
        self._told.pop(session.number, None)


class FarmBlip(Drill):
    """A data farm's connection breaks and returns: 2103, 2119, 2104 for market data; 2105, 2106
    for history; 2157, 2158 for security definitions. Quote lines resume by themselves; bars that
    are kept up to date end with 10182 and do not resume; history requests wait (165), half a
    minute at most (162).

    ``name`` is the farm's name in the notices: ``usfarm``, ``ushmds``, ``secdefnj``."""

    name = "farm-blip"
    summary = "a data farm breaks and returns"
    issues = (
        "nautechsystems/nautilus_trader#3968",
        "nautechsystems/nautilus_trader#1933",
        "IbcAlpha/IBC#143",
    )
    order = ("name", "ms")

    class Options(Plain, frozen=True, kw_only=True):
        """``name`` of the farm; ``ms`` until it starts to reconnect."""

        name: str
        ms: Milliseconds = 3000.0

    def start(self) -> None:
        """Break the farm's connection."""
        self._farm = self.tws.farms.named(self.options.name)
        self.tws.farms.breaks(self._farm)
        self.due = self.after(self.options.ms)

    def act(self) -> None:
        """Let the farm reconnect."""
        self.tws.farms.mends(self._farm)
        self.finish()

    def stop(self) -> None:
        """Let the farm reconnect immediately."""
        self.tws.farms.mends(self._farm)


class CompetingSession(Drill):
    """The same user logs in elsewhere and takes the market data: every quote line ends with 10197,
    live bars with 420 and 162, and new requests for data are refused (10189 too). When the other
    session ends TWS sends no notice: the program must request its data again."""

    name = "competing-session"
    summary = "10197: another login of the same user takes the market data"
    issues = (
        "IbcAlpha/IBC#15",
        "gnzsnz/ib-gateway-docker#142",
        "QuantConnect/Lean.Brokerages.InteractiveBrokers#140",
    )
    order = ("ms",)

    class Options(Plain, frozen=True, kw_only=True):
        """``ms`` until the other session ends."""

        ms: Milliseconds = 10_000.0

    def start(self) -> None:
        """Start the competing session."""
        self.tws.competition.begin()
        self.due = self.after(self.options.ms)

    def act(self) -> None:
        """End the competing session."""
        self.tws.competition.end()
        self.finish()

    def stop(self) -> None:
        """End the competing session immediately."""
        self.tws.competition.end()
