"""Drills behind TWS: the broker's link, the data farms, another login of the same user."""

from ...wire.catalogue.contract import ContractData, ContractDataEnd
from ...wire.catalogue.session import ErrorMessage
from ...wire.message import Message
from ..sessions.session import Session
from .base import Aimed, Drill, Milliseconds
from .base import Options as Plain

DETAILS_KEPT = 100
"""Contract details of one session that are told again; the latest ones."""


class LinkLost(Drill):
    """The link between TWS and the broker is lost: 1100, then the farms' notices. The API socket
    stays open. Quotes stop, orders are held with status PendingSubmit, executions happen but are
    not heard of. A program that connects meanwhile gets 2110.

    With ``ms`` the link returns by itself with the data kept (1102); without, ``link-restored``
    brings it back."""

    name = "link-lost"
    summary = "1100: the link to the broker is lost, the socket stays open"
    issues = (
        "QuantConnect/Lean.Brokerages.InteractiveBrokers#249",
        "erdewit/ib_insync#256",
        "nautechsystems/nautilus_trader#4564",
    )
    order = ("ms",)

    class Options(Plain, frozen=True, kw_only=True):
        """``ms``: for how long; none: until ``link-restored``."""

        ms: Milliseconds | None = None

    def start(self) -> None:
        """Lose it."""
        self.tws.link.lose()
        if self.options.ms is None:
            self.finish()
        else:
            self.due = self.after(self.options.ms)

    def act(self) -> None:
        """Bring it back."""
        self.tws.link.restore()
        self.finish()

    def stop(self) -> None:
        """Bring it back at once."""
        self.tws.link.restore()


class LinkRestored(Drill):
    """The broker's link is back. With ``data_lost`` the code is 1101: every subscription to data
    is gone, and the program must ask again. Without, it is 1102 with the list of farms, and data
    goes on by itself. In both cases executions that happened meanwhile are told, and orders that
    were held are sent.

    Loses the link first if it is up, so that it can be run alone."""

    name = "link-restored"
    summary = "1101 or 1102: the link to the broker is back, data lost or kept"
    issues = (
        "erdewit/ib_insync#411",
        "erdewit/ib_insync#699",
        "nautechsystems/nautilus_trader#1533",
        "stoqey/ib#240",
    )

    class Options(Plain, frozen=True, kw_only=True):
        """``data_lost``: whether the subscriptions are gone."""

        data_lost: bool = False

    def start(self) -> None:
        """Bring it back."""
        self.tws.link.lose()
        self.tws.link.restore(data_lost=self.options.data_lost)
        self.finish()


class RepeatedDetails(Drill):
    """When the broker's link is back with the data kept (1102), TWS tells the contract details that
    it has told before once more, under the ids of requests that ended long ago: a program that
    has forgotten them must not stumble. With ``end`` each request ends once more as well.

    Tells again what was told while it ran, at every 1102, until it is stopped. ``link-restored``,
    or ``link-lost`` with a time, brings the 1102."""

    name = "repeated-details"
    summary = "contract details are told again when the link is back (1102)"
    issues = ("ib-api-reloaded/ib_async#219",)

    class Options(Aimed, frozen=True, kw_only=True):
        """``end``: whether contractDetailsEnd comes again too."""

        end: bool = False

    def start(self) -> None:
        """Remember from now on."""
        self._told: dict[int, list[ContractData]] = {}
        self._repeating = False

    def gives(self, session: Session, message: Message) -> bool:
        """Remember details; repeat them right before 1102."""
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
        """Forget it."""
        self._told.pop(session.number, None)


class FarmBlip(Drill):
    """A data farm's connection breaks and returns: 2103, 2119, 2104 for market data; 2105, 2106
    for history; 2157, 2158 for security definitions. Quote lines resume by themselves; bars that
    are kept up to date end with 10182 and do not return; history queries wait (165), half a
    minute at most (162).

    ``name`` is the farm's, as the notices spell it: ``usfarm``, ``ushmds``, ``secdefnj``."""

    name = "farm-blip"
    summary = "a data farm breaks and returns"
    issues = (
        "nautechsystems/nautilus_trader#3968",
        "nautechsystems/nautilus_trader#1933",
        "IbcAlpha/IBC#143",
    )
    order = ("name", "ms")

    class Options(Plain, frozen=True, kw_only=True):
        """``name`` of the farm; ``ms`` until it begins to connect again."""

        name: str
        ms: Milliseconds = 3000.0

    def start(self) -> None:
        """Break it."""
        self._farm = self.tws.farms.named(self.options.name)
        self.tws.farms.breaks(self._farm)
        self.due = self.after(self.options.ms)

    def act(self) -> None:
        """Let it connect again."""
        self.tws.farms.mends(self._farm)
        self.finish()

    def stop(self) -> None:
        """Let it connect again at once."""
        self.tws.farms.mends(self._farm)


class CompetingSession(Drill):
    """The same user logs in elsewhere and takes the data: every quote line ends with 10197, live
    bars with 420 and 162, and new requests for data are refused (10189 too). When the other session
    is over nothing is said: the program must ask again."""

    name = "competing-session"
    summary = "10197: another login of the same user takes the market data"
    issues = (
        "IbcAlpha/IBC#15",
        "gnzsnz/ib-gateway-docker#142",
        "QuantConnect/Lean.Brokerages.InteractiveBrokers#140",
    )
    order = ("ms",)

    class Options(Plain, frozen=True, kw_only=True):
        """``ms``: for how long."""

        ms: Milliseconds = 10_000.0

    def start(self) -> None:
        """Take the data."""
        self.tws.competition.begin()
        self.due = self.after(self.options.ms)

    def act(self) -> None:
        """Let go of it."""
        self.tws.competition.end()
        self.finish()

    def stop(self) -> None:
        """Let go of it at once."""
        self.tws.competition.end()
