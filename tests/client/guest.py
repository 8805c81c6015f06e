"""A client's core as a guest of a station, both in memory: one clock, no sockets."""

from papertape.client.report import Phase
from papertape.client.session import ClientSession
from papertape.client.settings import Backoff, ClientSettings
from papertape.errors import ConnectionFailed, ConnectionLost
from papertape.venue.units import SECOND
from server.pair import Hall, Pipe

AGAIN = ClientSettings(reconnect=Backoff(first_s=0.5, jitter=0.0))
TICK_S = 0.05


class Guest:
    """Carries bytes between a core and a station, and loses them where a test says so."""

    def __init__(self, hall: Hall, client_id: int = 7, settings: ClientSettings = AGAIN) -> None:
        self.hall = hall
        self.core = ClientSession(client_id, settings=settings)
        self.outbox: list[bytes] = []
        """What the core has sent and the station has not got yet."""
        self.open()

    @property
    def now(self) -> float:
        """The driver's clock: that of the market, in seconds."""
        return self.hall.now / SECOND

    def open(self) -> None:
        """Connect."""
        self.pipe = Pipe()
        self.outbox.clear()
        session = self.hall.station.open("test:7", self.pipe, self.hall.now)
        if session is None:
            error = ConnectionFailed(host="memory", port=0, cause="refused")
            self.core.refused(error, self.now)
            return
        self.session = session
        self.core.opened(self.outbox.append, self.now)
        self.settle()

    def settle(self) -> None:
        """Carry everything to where it belongs until nothing is left."""
        while self.outbox or self.pipe.data:
            self.carry_out()
            self.carry_in()
        if self.pipe.closed and self.core.write is not None:
            self.core.at(self.now).closed(ConnectionLost("the server closed the connection"))

    def carry_out(self) -> None:
        """To the station."""
        while self.outbox:
            self.hall.station.receive(self.session, self.outbox.pop(0), self.hall.now)
            self.hall.settle()

    def carry_in(self) -> None:
        """To the core."""
        data, self.pipe.data = self.pipe.data, b""
        if data:
            self.core.receive(data, self.now)

    def cut(self) -> None:
        """The connection is gone; what was on its way is lost."""
        self.outbox.clear()
        self.pipe.data = b""
        self.hall.station.lost(self.session, "", self.hall.now)
        self.hall.settle()
        self.core.at(self.now).closed(ConnectionLost("reset by peer"))

    def wait(self, seconds: float) -> None:
        """Time passes for both."""
        for _ in range(round(seconds / TICK_S)):
            self.hall.wait(TICK_S)
            self.settle()
            self.core.step(self.now)
            if self.core.write is None and not self.pipe.closed:
                self.hall.station.lost(self.session, "", self.hall.now)
                self.pipe = Pipe()
                self.pipe.closed = True
            self.settle()
            if self.core.redial.due(self.now):
                self.open()

    def ready(self, seconds: float = 60.0) -> "Guest":
        """Wait until orders may be sent."""
        for _ in range(round(seconds)):
            if not self.core.why_not_ready():
                return self
            self.wait(1.0)
        raise AssertionError(self.core.why_not_ready())

    def drill(self, text: str) -> None:
        """Start a drill of the station."""
        self.hall.station.drills.begin(text)
        self.hall.settle()
        self.settle()

    @property
    def away(self) -> bool:
        """Whether the connection is lost and will be made again."""
        return self.core.phase is Phase.AWAY
