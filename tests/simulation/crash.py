"""A station under load in a process of its own, and the ways for it to die by ``kill -9``.

The child is forked: the station's core with its journal, and clients that place, modify, cancel
and fill orders of every kind at random (``order_kinds``), each life under a fill rule and latencies
of its own. Every byte that a client would be sent goes into a pipe, so what has
reached the pipe was told. The seed decides what is traded and where the process dies:

* ``anytime``: the parent kills it after so many microseconds;
* ``database``: it kills itself inside SQLite, after so many steps of its virtual machine;
* ``sending``: it kills itself between the commit and a write, or half way through the write;
* ``marking``: it kills itself between the commit and the journal's mark, or right after it;
* ``saving``: it kills itself around or inside a step of a snapshot, or of dropping what one made
  superfluous. Snapshots come often here, in small pieces, one for each turn.
"""

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from papertape.errors import ProtocolError
from papertape.model import Contract, Order
from papertape.server import persistence
from papertape.server.assembly import Composed, compose
from papertape.server.market_settings import MarketSettings
from papertape.server.sessions.session import Session
from papertape.server.settings import StationSettings
from papertape.venue import snapshots
from papertape.venue.reference.instruments import Purpose, Refusal
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import SECOND
from papertape.wire.catalogue import account, orders, session
from papertape.wire.connection import ClientConnection, encode
from papertape.wire.message import Message
from simulation.order_kinds import OrderMaker, Subject
from simulation.order_worlds import OTHERS
from simulation.type_rows import of_row
from venue.scenario import at
from venue.type_recipes import RECIPES

WAYS = ("anytime", "database", "sending", "marking", "saving")
SNAPSHOT_FACTS, PIECE, DROPPED = 40, 5, 7
"""So small that a short life has many snapshots, and each takes many turns."""
ROWS = Random(0).sample(sorted(RECIPES), len(RECIPES))
"""The rows of the page of order types, in no order."""
ROWS_A_LIFE = 8
"""About so many of them are sent in a life; the next life goes on behind them."""
OPENING = at("20260413 10:00:00")
CYCLE_S = 20
UNPACED = StationSettings(max_message_rate=0)
"""The load sends as fast as it can."""
CLIENTS = {1: 226, 2: 176, 3: 203, 4: 100}
"""Client ids and the versions that they speak."""
SYMBOLS = {"SPY": 450.0, "TSLA": 240.0, "BAC": 34.0}
EXPIRED_FIELDS = 176
"""Below this version most kinds of orders cannot be told."""


def settings_of(seed: int) -> StationSettings:
    """The station of a life: how its orders fill, and how long they are on their way."""
    chance = Random(seed)
    slow = chance.random() < 0.3
    return msgspec.structs.replace(
        UNPACED,
        fill_rule=chance.choice(("paper", "paper", "queue", "instant")),
        ack_latency_ms=chance.choice((0, 90, 2_000)) if slow else 0,
        fill_latency_ms=chance.choice((40, 700)) if slow else 0,
        latency_spread=25.0 if slow else 0.0,
        seed=seed,
    )


def subjects() -> list[Subject]:
    """What the load trades besides its three stocks: a future, options, a pair of currencies."""
    stock = [
        (name, Contract(symbol=name, secType="STK", exchange="SMART", currency="USD"), price, 0.01)
        for name, price in SYMBOLS.items()
    ]
    found = []
    for name, contract, price, tick in (*stock, *OTHERS):
        listing = CATALOGUE.resolve(contract, Purpose.ORDER, OPENING)
        assert not isinstance(listing, Refusal), (name, listing)
        found.append(Subject(name, contract, price, tick, listing.instrument.conId))
    return found


class Line:
    """A client's socket: what is written goes into the pipe, marked with the client's id."""

    def __init__(self, client: int, pipe: int, load: "Load") -> None:
        self.client = client
        self.pipe = pipe
        self.load = load

    def write(self, data: bytes) -> None:
        framed = self.client.to_bytes(2) + len(data).to_bytes(4) + data
        self.load.before_write(framed)
        while framed:
            framed = framed[os.write(self.pipe, framed) :]

    def close(self) -> None:
        raise AssertionError(f"client {self.client} was closed")


class Load:
    """Clients that trade at random, as fast as they can."""

    def __init__(self, composed: Composed, chance: Random, pipe: int, first: int = 0) -> None:
        self.station = composed.station
        self.chance = chance
        self.now = composed.clock.market
        self.before_write: Callable[[bytes], object] = len
        self.sessions: dict[int, Session] = {}
        self.ids: dict[int, int] = {}
        self.rows = [*ROWS[first % len(ROWS) :], *ROWS[: first % len(ROWS)]]
        """What comes next of the page of order types; every row comes before one comes again."""
        self.maker = OrderMaker(chance, subjects(), self._clock, self._middle)
        for client, version in CLIENTS.items():
            self._connect(client, version, pipe)

    def _connect(self, client: int, version: int, pipe: int) -> None:
        line = Line(client, pipe, self)
        opened = self.station.open(f"load:{client}", line, self.now)
        assert opened is not None
        self.sessions[client] = opened
        hello = ClientConnection(highest=version)
        self.station.receive(opened, hello.initiate(), self.now)
        self.station.flush()
        self._send(client, session.StartApi(client), account.ReqPositions())
        self.station.flush()
        self.ids[client] = self.station.queries.next_valid_id(client)

    def _send(self, client: int, *messages: Message) -> None:
        version = CLIENTS[client]
        data = b"".join(encode(message, version) for message in messages)
        self.station.receive(self.sessions[client], data, self.now)

    def turn(self) -> None:
        """What one turn of an event loop brings: requests of some clients, then a flush."""
        self.now += self.chance.randrange(1, SECOND // 4)
        for client in self.chance.sample(sorted(CLIENTS), self.chance.randint(1, 3)):
            count = self.chance.randint(1, 4)
            for _ in range(count):
                self._send(client, *self._requests(client))
        if self.chance.random() < 0.5:
            self.station.step(self.now)
        self.station.flush()

    def _request(self, client: int) -> Message:
        kind = self.chance.random()
        if kind < 0.62 or self.ids[client] < 3:
            return self._place(client)
        if kind < 0.75:
            return self._modify(client)
        if kind < 0.90:
            return orders.CancelOrder(self._some_id(client))
        if kind < 0.91:
            return orders.ReqGlobalCancel()
        if kind < 0.95:
            return orders.ReqExecutions(1 << 20)
        return self.chance.choice((session.ReqIds(), orders.ReqOpenOrders()))

    def _some_id(self, client: int) -> int:
        return self.chance.randint(max(1, self.ids[client] - 12), self.ids[client] + 1)

    def _clock(self, minutes: float) -> str:
        at = datetime.fromtimestamp(self.now / SECOND + minutes * 60, UTC)
        return at.strftime("%Y%m%d-%H:%M:%S")

    def _middle(self, subject: Subject) -> float:
        quote = self.station.venue.quote(subject.con_id, self.now)
        scale = self.station.venue.instruments[subject.con_id].scale
        return (quote.bid + quote.ask) / 2 / scale if quote.bid and quote.ask else subject.price

    def _requests(self, client: int) -> list[Message]:
        """One request, or the orders of a bracket or a group."""
        if CLIENTS[client] < EXPIRED_FIELDS or self.chance.random() < 0.9:
            return [self._request(client)]
        first = self.ids[client]
        bracket = self.chance.random() < 0.6
        family = self.maker.bracket(first) if bracket else self.maker.group()
        made: list[Message] = [
            orders.PlaceOrder(first + place, *one) for place, one in enumerate(family)
        ]
        if not all(self._speaks(client, one) for one in made):
            return [self._place(client)]
        self.ids[client] += len(made)
        return made

    def _speaks(self, client: int, message: Message) -> bool:
        """Whether a client's version has every field of an order."""
        try:
            encode(message, CLIENTS[client])
        except ProtocolError:
            return False
        return True

    def _place(self, client: int) -> Message:
        number = self.ids[client]
        self.ids[client] += 1
        kind = self.chance.random() if CLIENTS[client] >= EXPIRED_FIELDS else 1
        parent = max(number - self.chance.randint(1, 3), 1)
        if kind < 0.55:
            self.rows.append(row := self.rows.pop(0))
            message = orders.PlaceOrder(number, *of_row(self.maker, row, parent))
            if self._speaks(client, message):
                return message
        elif kind < 0.8:
            contract, order = self.maker.any(parent)
            order.whatIf = False
            message = orders.PlaceOrder(number, contract, order)
            if self._speaks(client, message):
                return message
        return orders.PlaceOrder(number, *self._terms())

    def _modify(self, client: int) -> Message:
        view = self.station.queries.order(client, self._some_id(client))
        if view is None:
            return session.ReqIds()
        if view.contract.secType != "STK" or view.contract.symbol not in SYMBOLS:
            order = msgspec.structs.replace(view.order, transmit=True)
            order.totalQuantity = (order.totalQuantity or 0) + 1  # type: ignore[assignment]
            message = orders.PlaceOrder(view.orderId, view.contract, order)
            return message if self._speaks(client, message) else session.ReqIds()
        contract, order = self._terms(view.contract.symbol)
        order.action, order.tif = view.order.action, "GTC"
        order.orderType = "MKT" if order.lmtPrice is None else "LMT"
        return orders.PlaceOrder(view.orderId, contract, order)

    def _terms(self, symbol: str = "") -> tuple[Contract, Order]:
        symbol = symbol or self.chance.choice(sorted(SYMBOLS))
        away = self.chance.choice((-0.02, -0.001, -0.0002, 0.0002, 0.001, 0.02))
        kind = self.chance.choice(("MKT", "LMT", "LMT", "LMT", "STP"))
        order = Order(
            action=self.chance.choice(("BUY", "SELL")),
            totalQuantity=self.chance.choice((1, 7, 100, 400)),  # type: ignore[arg-type]
            orderType=kind,
            lmtPrice=round(SYMBOLS[symbol] * (1 + away), 2) if kind == "LMT" else None,
            tif=self.chance.choice(("DAY", "DAY", "GTC", "IOC", "FOK")),
            transmit=self.chance.random() > 0.05,
        )
        return Contract(symbol=symbol, secType="STK", exchange="SMART", currency="USD"), order


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def save_often(composed: Composed) -> None:
    """Let snapshots be frequent, their pieces small, and every turn have time for one only."""
    persistence.SNAPSHOT_FACTS, persistence.DROPPED, snapshots.PIECE = (
        SNAPSHOT_FACTS,
        DROPPED,
        PIECE,
    )  # type: ignore[misc]
    looks = count(0, persistence.SLICE)
    composed.station.timing.stopwatch = lambda: next(looks)


def die_saving(journal: Any, chance: Random) -> None:
    """Die before, inside or after one of the next steps of a snapshot and its clearing."""
    left, moment = chance.randint(0, 40), chance.choice(("before", "inside", "after"))

    def fatal(step: Callable[..., Any]) -> Callable[..., Any]:
        def taken(*values: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0 and moment == "before":
                die()
            if left < 0 and moment == "inside":
                steps = iter(range(chance.randint(1, 30)))
                journal._connection.set_progress_handler(
                    lambda: die() if next(steps, None) is None else None, 3
                )
            answer = step(*values)
            return die() if left < 0 else answer

        return taken

    for owner, name in (
        (journal._snapshots, "keep"), (journal._snapshots, "finish"),
        (journal._snapshots, "clear"), (journal, "drop"),
    ):  # fmt: skip
        setattr(owner, name, fatal(getattr(owner, name)))


def child(folder: Path, pipe: int, *, cycle: int, seed: int, way: str) -> None:
    """Recover, connect everyone, trade until death."""
    chance = Random(seed)
    wall = OPENING + cycle * CYCLE_S * SECOND
    settings = settings_of(seed)
    composed = compose(wall=wall, data_dir=folder, market=MarketSettings(seed=3), settings=settings)
    load = Load(composed, chance, pipe, seed * ROWS_A_LIFE)
    journal: Any = composed.station.venue._keeper._journal
    save_often(composed)
    if way == "saving":
        die_saving(journal, chance)
    if way == "database":
        steps = iter(range(chance.randint(1, 200), 0, -1))
        raw = journal._connection
        raw.set_progress_handler(lambda: die() if next(steps, None) is None else None, 7)
    if way == "sending":
        writes = iter(range(chance.randint(0, 40), 0, -1))

        def cut(framed: bytes) -> None:
            if next(writes, None) is None:
                os.write(pipe, framed[: chance.randrange(len(framed))])
                die()

        load.before_write = cut
    if way == "marking":
        mark = journal._mark
        marks, write, late = chance.randint(0, 40), mark.write, chance.random() < 0.5

        def last(content: Any) -> None:
            nonlocal marks
            marks -= 1
            if marks >= 0 or late:
                write(content)
            if marks < 0:
                die()

        mark.write = last
    while load.now < wall + CYCLE_S * SECOND:  # then the next life begins, however late the kill
        load.turn()
    die()
