"""What a test says to its station: the market, the broker, what is expected.

Every call makes the record of a step and carries it out, as a line of a world would.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final

from ..errors import WorldError
from ..server.station import Station
from ..server.worlds.expecting import WorldOutcome
from ..server.worlds.founding import accounts_of
from ..server.worlds.player import WorldPlayer
from ..venue.units import SECOND, Nanos, size_decimal
from ..worlds import steps
from ..worlds.reading import read_steps, read_world
from ..worlds.words import is_clock
from .companies import CompanyHands
from .numbers import Number, number
from .orders import OrderHands
from .programs import Program, running
from .requests import RequestHands

FOUNDS: Final = (*steps.FOUNDING, steps.ContractStep, steps.ChainStep)
LONGEST_LINE: Final = 400


class MarketHands:
    """What the market does; prices and sizes may be numbers or texts."""

    def __init__(self, take: Callable[[steps.WorldStep], None]) -> None:
        self._take = take

    def quote(
        self,
        symbol: str,
        bid: Number | None,
        ask: Number | None,
        *,
        size: Number = 100,
        ask_size: Number | None = None,
    ) -> None:
        """Quote both sides from now on; None is a side that nobody quotes. Raises ``WorldError``
        for a name or a price that cannot be."""
        self._take(
            steps.QuoteStep(
                symbol=symbol,
                bid=None if bid is None else number(bid),
                ask=None if ask is None else number(ask),
                bidSize=number(size),
                askSize=number(size if ask_size is None else ask_size),
            )
        )

    def print(self, symbol: str, price: Number, *, size: Number = 100) -> None:
        """Print a trade of others."""
        self._take(steps.PrintStep(symbol=symbol, price=number(price), size=number(size)))

    def ramp(
        self,
        symbol: str,
        *,
        over: float,
        percent: Number | None = None,
        to: Number | None = None,
        every: float = 1.0,
    ) -> None:
        """Move both sides evenly, by a percentage or to a price, in so many seconds."""
        self._take(
            steps.RampStep(
                symbol=symbol,
                over=nanos(over),
                every=nanos(every),
                percent=None if percent is None else number(percent),
                to=None if to is None else number(to),
            )
        )

    def halt(self, symbol: str, seconds: float | None = None, *, volatility: bool = False) -> None:
        """Stop trading, for so many seconds or until ``resume``; ``volatility`` makes it a pause
        for that. Orders wait, and the market goes on after it."""
        lasts = None if seconds is None else nanos(seconds)
        self._take(steps.HaltStep(symbol=symbol, lasts=lasts, volatility=volatility))

    def resume(self, symbol: str) -> None:
        """Let trading go on."""
        self._take(steps.ResumeStep(symbol=symbol))

    def depth(
        self,
        symbol: str,
        bids: list[tuple[Number, Number]],
        asks: list[tuple[Number, Number]],
    ) -> None:
        """Show a whole book, the best levels first, each a price and a size."""
        self._take(steps.DepthStep(symbol=symbol, bids=levels(bids), asks=levels(asks)))

    def auction(
        self,
        symbol: str,
        price: Number,
        *,
        at: str,
        size: Number = 100,
        opening: bool = False,
        imbalance: Number = 0,
    ) -> None:
        """Let an auction print at the next ``16:00`` of the world's zone, where orders for it fill;
        until then generic tick 225 tells price, size and imbalance, which is negative of sellers.
        Raises ``WorldError``."""
        if not is_clock(at):
            raise WorldError("is no time of the day", found=at, legal="16:00 or 16:00:30")
        self._take(
            steps.AuctionStep(
                symbol=symbol,
                price=number(price),
                at=at,
                size=number(size),
                opening=opening,
                imbalance=number(imbalance),
            )
        )


class WorldHands:
    """The part of a running station with which a test steers its world."""

    _played = False
    _given: set[tuple[int, int]]
    """The orders that ``orders.next`` has given."""
    programs: list[tuple[str, Program]]
    """The programs that ``program`` has run, with their commands."""

    # What the station has.
    call: Any
    advance: Any
    host: str
    port: int
    account: str

    def _found(self, world: steps.World) -> None:
        raise NotImplementedError

    # -- whole worlds -----------------------------------------------------------------------------

    def play(self, text: str, name: str = "") -> None:
        """Play a world from now on; see docs/guides/worlds.md.

        What founds a station (start, hours, seed, contract, accounts) makes it anew, at the same
        address, which only one that no program has connected to can be. Expectations are decided
        on the way, and at the end of the test; a failed one fails it. Raises ``WorldError`` with
        the line of what is wrong.
        """
        self.play_world(read_world(text, name))

    def start(self, when: str) -> None:
        """Begin at a market time: ``2026-04-10 15:40 US/Eastern``. As ``play`` with that line."""
        self.play_world(steps.World(steps=(steps.PlacedStep(step=steps.StartStep(text=when)),)))

    def play_world(self, world: steps.World) -> None:
        """The same of a world that was read."""
        founding = any(isinstance(one.step, FOUNDS) for one in world.steps)
        accounts = accounts_of(world)
        fresh = not self._played and self.call(_untouched)
        if founding and not fresh:
            one = next(o for o in world.steps if isinstance(o.step, FOUNDS))
            raise WorldError(
                "founds a station, and a program has connected to this one already",
                line=one.line, column=one.column, found=one.text,
            )  # fmt: skip
        founded = fresh and (founding or bool(accounts))
        if founded:
            self._found(world)
            if accounts:
                self.account = accounts[0]
        self._played = True
        self.call(lambda station: station.world.load(world, founded=founded))
        self._tick()

    def say(self, text: str) -> None:
        """Take more lines of a world. Raises ``WorldError``."""
        placed = read_steps(text)
        self.call(lambda station: station.world.place_all(placed))
        self._tick()

    def expect(self, condition: str) -> None:
        """Expect something: a line behind ``expect``; decided as in a world."""
        self.say(f"expect {condition}")

    def report(self, name: str, value: Number | str) -> None:
        """Say what the program under test knows, for ``expect report``: ``position AAPL``, 100.
        Raises ``WorldError`` for more than a thousand names."""
        self.call(lambda station: station.world.report(name, str(value)))

    def check(self) -> None:
        """End the world: decide what is left. Raises ``AssertionError`` with what was wanted and
        what came."""
        __tracebackhide__ = True
        outcomes: list[WorldOutcome] = self.call(lambda station: station.world.finish())
        failed = [one for one in outcomes if not one.passed]
        if failed:
            raise AssertionError("\n" + "\n".join(map(str, failed)))

    @property
    def outcomes(self) -> list[WorldOutcome]:
        """What has been decided so far."""
        return list(self.call(lambda station: station.world.outcomes))

    @property
    def wire_log(self) -> list[str]:
        """The latest messages of all clients, one a line."""
        return list(
            self.call(lambda station: [_logged(station.world, f) for f in _frames(station)])
        )

    @property
    def wire_digest(self) -> list[str]:
        """The same for a reader: of messages of one kind in a row, such as the values of an
        account, the first alone, and how many more there were."""
        return list(self.call(lambda station: digest(station.world, _frames(station))))

    # -- parts ------------------------------------------------------------------------------------

    @property
    def market(self) -> MarketHands:
        """What the market does."""
        return MarketHands(self._take)

    @property
    def companies(self) -> CompanyHands:
        """What companies do."""
        return CompanyHands(self._take)

    @property
    def orders(self) -> OrderHands:
        """The orders of all clients, and what the broker does with them."""
        return OrderHands(self.call, self._take, self._tick, self._given, self._ends)

    @property
    def requests(self) -> RequestHands:
        """What all clients have sent."""
        return RequestHands(self.call, self._ends)

    def position(self, symbol: str, account: str = "") -> Decimal:
        """What an account holds, signed; of all accounts together without one. Raises
        ``WorldError`` for a name that there is not."""

        def held(station: Station) -> Decimal:
            con_id = station.world.runner.instrument(symbol).conId
            accounts = station.venue.state.accounts
            found = [one for code, one in accounts.items() if account in ("", code)]
            return sum((size_decimal(one.quantity(con_id)) for one in found), Decimal(0))

        return Decimal(self.call(held))

    def cash(self, amount: Number, currency: str = "USD", account: str = "") -> None:
        """Let an account have exactly so much money."""
        code = account or self.account
        self._take(steps.AccountStep(account=code, cash=number(amount), currency=currency))

    def hold(
        self, symbol: str, quantity: Number, cost: Number | None = None, account: str = ""
    ) -> None:
        """Let an account hold so much of an instrument, without a trade."""
        self._take(
            steps.HoldingStep(
                account=account or self.account,
                symbol=symbol,
                quantity=number(quantity),
                price=None if cost is None else number(cost),
            )
        )

    @contextmanager
    def program(self, command: list[str], **more: Any) -> Iterator[Program]:
        """Run a program beside the test, which finds the station by ``PAPERTAPE_HOST`` and
        ``PAPERTAPE_PORT``; it and its children are ended behind the block."""
        with running(command, self.host, self.port, **more) as program:
            self.programs.append((" ".join(command), program))
            yield program

    def _ends(self) -> list[str]:
        """Which programs have ended, for who waits for them."""
        ends = [(command, program.poll()) for command, program in self.programs]
        return [
            f"  the program {one} has ended with {code}" for one, code in ends if code is not None
        ]

    def _take(self, step: steps.WorldStep) -> None:
        placed = steps.PlacedStep(step=step)  # type: ignore[arg-type]
        self.call(lambda station: station.world.place_all((placed,)))
        self._tick()

    def _tick(self) -> None:
        """What has been said takes effect a nanosecond later, also on a clock that stands still."""
        self.advance(1e-9)


def _untouched(station: Station) -> bool:
    return not station.connections() and not station.world.seen.total


def _frames(station: Station) -> list[Any]:
    return list(station.world.seen.frames)


def _logged(world: WorldPlayer, frame: Any) -> str:
    return f"{world.expecting.shown(frame.time)}  {frame}"


def digest(world: WorldPlayer, frames: list[Any]) -> list[str]:
    """Lines of a wire log, those of one kind in a row as two."""
    found: list[str] = []
    kind: Any = None
    more, last = 0, 0

    def end() -> None:
        if more:
            found.append(f"… {more} more like it, to {world.expecting.shown(last)}")

    for frame in frames:
        same = (frame.client, frame.sent, type(frame.message))
        if frame.sent and same == kind:
            more, last = more + 1, frame.time
            continue
        end()
        kind, more = same, 0
        found.append(f"{_logged(world, frame):.{LONGEST_LINE}}")
    end()
    return found


def nanos(seconds: float) -> Nanos:
    """Seconds as nanoseconds."""
    return round(seconds * SECOND)


def levels(book: list[tuple[Number, Number]]) -> tuple[steps.BookLevel, ...]:
    """The levels of one side."""
    return tuple(steps.BookLevel(price=number(p), size=number(s)) for p, s in book)
