"""Both ends of the protocol in memory: a station and its clients, without sockets or sleep.

``Hall`` is a station over a scripted market; ``hall.client(1, 176)`` connects a client of that
version, whose ``got()`` gives the messages since the last call. The test moves the clock.
"""

from typing import Any

from papertape.server.config import Config
from papertape.server.persistence import Keeper
from papertape.server.research.library import ResearchLibrary
from papertape.server.sessions.session import Session
from papertape.server.settings import StationSettings
from papertape.server.station import Station
from papertape.store.journal import Journal
from papertape.venue.broker.profile import Profile
from papertape.venue.engine import Engine
from papertape.venue.reference.instruments import Instruments
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import SECOND, Nanos
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue.session import ErrorMessage, StartApi
from papertape.wire.connection import ClientConnection, Negotiated
from papertape.wire.message import Message
from server.market import WrittenMarket
from venue.scenario import START, tick

VERSIONS = (100, 157, 176, 178, 193, 200, 203, 206, 213, MAX_SERVER)
"""Of real clients, and where families of messages turn to protobuf."""
UNPACED = StationSettings(max_message_rate=0)
"""Settings of tests whose subject is not the message rate."""


class Stopwatch:
    """Lets every look at it take so many seconds: a station that works on while time goes by."""

    def __init__(self, seconds: float) -> None:
        self._step = int(seconds * SECOND)
        self._time = 0

    def __call__(self) -> Nanos:
        self._time += self._step
        return self._time


class Pipe:
    """The station's end of an in-memory socket."""

    def __init__(self) -> None:
        self.data = b""
        self.writes: list[int] = []
        self.closed = False
        self.was_reset = False

    def write(self, data: bytes) -> None:
        assert not self.closed, "written after the close"
        self.data += data
        self.writes.append(len(data))

    def close(self) -> None:
        self.closed = True

    def reset(self) -> None:
        self.closed = self.was_reset = True


class Client:
    """A client: its connection, its session in the station, what it was sent."""

    def __init__(self, hall: "Hall", client_id: int, version: int, name: str) -> None:
        self.hall = hall
        self.client_id = client_id
        self.connection = ClientConnection(highest=version)
        self.pipe = Pipe()
        opened = hall.station.open(name, self.pipe, hall.now)
        self.refused = opened is None
        self.session: Session = opened  # type: ignore[assignment]

    def greet(self) -> "Client":
        """Send the greeting and take the version answer."""
        self.raw(self.connection.initiate())
        (answer,) = self.got()
        assert isinstance(answer, Negotiated)
        return self

    def start(self) -> "Client":
        """Greet and send START_API."""
        self.greet()
        self.send(StartApi(self.client_id))
        return self

    def send(self, *messages: Message) -> "Client":
        """Send requests in one segment."""
        return self.raw(b"".join(self.connection.send(message) for message in messages))

    def raw(self, data: bytes) -> "Client":
        """Send bytes."""
        self.hall.station.receive(self.session, data, self.hall.now)
        self.hall.turn()
        return self

    def got(self) -> list[Any]:
        """What has come since the last call."""
        data, self.pipe.data = self.pipe.data, b""
        return self.connection.receive_data(data)

    def of(self, kind: type[Any]) -> list[Any]:
        """What has come of one kind."""
        return [message for message in self.got() if isinstance(message, kind)]

    def errors(self) -> list[tuple[int, int, str]]:
        """Id, code and text of the errors that have come."""
        return [(e.id, e.errorCode, e.errorMsg) for e in self.of(ErrorMessage)]

    def leave(self) -> None:
        """The socket is gone."""
        self.hall.station.lost(self.session, "", self.hall.now)
        self.hall.settle()


class Hall:
    """A station over a market, and a clock that only the test moves."""

    def __init__(
        self,
        *,
        settings: StationSettings = UNPACED,
        api: dict[str, Any] | None = None,
        profile: Profile | None = None,
        journal: Journal | None = None,
        market: Any = None,
        now: Nanos = START,
        library: ResearchLibrary | None = None,
        instruments: Instruments = CATALOGUE,
    ) -> None:
        self.market: Any = market or WrittenMarket()
        self.now = now
        self.keeper = Keeper(journal)
        engine = Engine(self.market, profile, instruments)
        self.recovered = self.keeper.recover(engine)
        engine.skip(now)
        engine.open_accounts(engine.clock)
        self.keeper.commit(engine)
        config = Config(api, kept=self.keeper.config(), keep=self.keeper.keep_config)
        self.station = Station(engine, self.market, self.keeper, settings, None, config, library)

    def client(
        self, client_id: int = 1, version: int = MAX_SERVER, *, quiet: bool = True
    ) -> Client:
        """A client that has started; ``quiet`` throws away what the start brought."""
        client = Client(self, client_id, version, f"test:{client_id}").start()
        if quiet:
            client.got()
        return client

    def newcomer(self, version: int = MAX_SERVER, *, client_id: int = 1) -> Client:
        """A client that has only connected."""
        return Client(self, client_id, version, "test:0")

    def settle(self) -> None:
        """The test has acted on the station: let everything that follows at this instant happen."""
        self.station.act()
        self.turn()

    def turn(self) -> None:
        """Flush, and give the station the turns that it asks for at this instant."""
        self.station.flush()
        while (due := self.station.next_due()) is not None and due <= self.now:
            self.station.step(self.now)
            self.station.flush()

    def wait(self, seconds: float) -> None:
        """Let time pass as a leap does: a step whenever the station asks for one."""
        self.station.act()
        end, on = self.now + int(seconds * SECOND), False
        while (due := self.station.next_due()) is not None and due <= end:
            self.now = max(due, self.now)
            self.station.step(self.now, on=on)
            self.station.flush()
            on = True
        self.now = end
        self.settle()

    def quote(self, text: str) -> None:
        """A quote a second later: ``AAPL 257.66 x 257.68*300``."""
        self.put(f"quote {text}", self.now + SECOND)
        self.wait(1)

    def trade(self, text: str) -> None:
        """A print a second later: ``AAPL 257.00*500``."""
        self.put(f"trade {text}", self.now + SECOND)
        self.wait(1)

    def put(self, row: str, at: Nanos) -> None:
        """Write ``quote …`` or ``trade …`` on the tape at an instant; no time passes."""
        verb, *words = row.split()
        self.market.add(tick(verb, words, at))
        self.station.act()
