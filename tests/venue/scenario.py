"""Text tables that drive the engine: one step per row, the expected events at the row's end.

    quote   AAPL 257.66 x 257.68              both sides show 1000 shares
    quote   AAPL 257.66*300 x -               sizes after *, a dash for a side without a quote
    trade   AAPL 257.00*500                   a print on the tape; or a number for the symbol
    submit  #7 BUY 100 AAPL LMT 250 GTC       client 1; c2#7 is client 2; then field=value
    submit  #8 SELL 1 AAPL STP_LMT 249 248.5  a stop, then the limit
    cancel  #7                                one order
    cancel  all                               reqGlobalCancel
    clock   20260413 23:59:59                 New York time; every other row takes one second
    quote   ESM6 5000.25 x 5000.50            a future, and AAPL_C260 a call: ``CONTRACTS``

Rows end in ``-> event; event`` or ``-> .``; a row of its own that begins with ``->`` goes on
with the expectation. Every scenario also checks the invariants after each row, and at its end
that the journal, once through its bytes, rebuilds the same state without a market.
"""

import math
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo

import msgspec

from papertape import codes
from papertape.model import Contract, Order
from papertape.server.present import events as e
from papertape.server.present.presenter import Presenter
from papertape.server.present.queries import Queries
from papertape.server.present.views import Views
from papertape.venue import entries
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import CancelAll, CancelApiOrder, Command, SubmitOrder
from papertape.venue.engine import Engine, Happened
from papertape.venue.entries import Entry
from papertape.venue.invariants import check
from papertape.venue.market.depth import depth
from papertape.venue.market.port import MarketSource
from papertape.venue.market.source import DayStats, Depth, PriceBar, Print, Quote
from papertape.venue.reference.instruments import Instrument, Instruments, Listing, Purpose
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import SECOND, Nanos, price_units, size_units

SYMBOLS = {entry.symbol: entry for entry in reversed(list(CATALOGUE))}
"""The first listing of each symbol: the American one."""
CONTRACTS = {
    "ESM6": Contract(
        symbol="ES", secType="FUT", exchange="CME", currency="USD",
        lastTradeDateOrContractMonth="202606",
    ),
    "AAPL_C260": Contract(
        symbol="AAPL", secType="OPT", exchange="SMART", currency="USD", right="C", strike=260.0,
        lastTradeDateOrContractMonth="20260515",
    ),
    "AAPL_P260": Contract(
        symbol="AAPL", secType="OPT", exchange="SMART", currency="USD", right="P", strike=260.0,
        lastTradeDateOrContractMonth="20260515",
    ),
}  # fmt: skip
"""What is no stock, by the name that rows have for it."""
NEW_YORK = ZoneInfo("US/Eastern")
PLAIN_SIZE = 1000


def at(text: str) -> Nanos:
    """``20260413 15:27:04`` in New York as nanoseconds."""
    local = datetime.strptime(text, "%Y%m%d %H:%M:%S").replace(tzinfo=NEW_YORK)
    return int(local.timestamp()) * SECOND


START = at("20260413 10:00:00")


class ScriptedMarket(MarketSource):
    """A market source whose tape a test writes."""

    def __init__(self, instruments: Iterable[Instrument] = CATALOGUE) -> None:
        self.tape: dict[int, list[Quote | Print]] = {e.conId: [] for e in instruments}
        self.closes: dict[int, int] = {}
        """Yesterday's last prices."""
        self.asked: list[int] = []
        """Instruments whose ticks were walked: the engine should ask for no others."""
        self.volatilities: dict[int, float] = {}

    def con_ids(self) -> Iterable[int]:
        return list(self.tape)

    def __contains__(self, con_id: int) -> bool:
        return con_id in self.tape

    def add(self, tick: Quote | Print) -> None:
        self.tape.setdefault(tick.conId, []).append(tick)

    def quote(self, con_id: int, now: Nanos) -> Quote:
        quotes = [t for t in self.tape[con_id] if isinstance(t, Quote) and t.time <= now]
        return quotes[-1] if quotes else Quote(con_id, 0, 0, 0, 0, 0)

    def day(self, con_id: int, now: Nanos) -> DayStats:
        trades = [t for t in self.tape[con_id] if isinstance(t, Print) and t.time <= now]
        last = trades[-1] if trades else Print(con_id, 0, 0, 0)
        volume = sum(trade.size for trade in trades)
        close = self.closes.get(con_id, 0)
        return DayStats(0, 0, 0, close, volume, last.price, last.size, last.time)

    def ticks(self, con_id: int, after: Nanos, until: Nanos) -> Iterator[Quote | Print]:
        self.asked.append(con_id)
        return iter([tick for tick in self.tape.get(con_id, ()) if after < tick.time <= until])

    def next_tick(self, con_id: int, after: Nanos) -> Nanos | None:
        return min((t.time for t in self.tape.get(con_id, ()) if t.time > after), default=None)

    def depth(self, con_id: int, now: Nanos, levels: int) -> Depth:
        return depth(self.quote(con_id, now), now, step=(100, 1_000_000), levels=levels, seed=7)

    def volatility(self, con_id: int, now: Nanos) -> float | None:
        return self.volatilities.get(con_id)

    def head(self, con_id: int) -> Nanos:
        return 0

    def bars(
        self, con_id: int, *, start: Nanos, end: Nanos, step: Nanos, what: str
    ) -> list[PriceBar]:
        raise NotImplementedError("a scripted market has no bars")


class Stage:
    """An engine over a scripted market, driven row by row."""

    def __init__(
        self,
        profile: Profile | None = None,
        instruments: Instruments = CATALOGUE,
        market: ScriptedMarket | None = None,
    ) -> None:
        self.market = market or ScriptedMarket(instruments)
        self.profile = profile
        self.engine = Engine(self.market, profile, instruments)
        self.now = START
        views = Views(self.engine.instruments, self.engine.profile)
        self.presenter = Presenter(views)
        self.queries = Queries(self.engine, views)
        self.engine.open_accounts(START)
        self.journal: list[Entry] = self.engine.drain_journal()

    def play(self, table: str) -> "Stage":
        """Run the rows of a table and compare what happened with what each row expects."""
        for row, expected in rows_of(table):
            happened = shown(self.step(row))
            check(self.engine)
            self.journal += self.engine.drain_journal()
            assert happened == expected, f"{row}\n  expected {expected}\n  happened {happened}"
        self.assert_replays()
        return self

    def assert_replays(self) -> None:
        """The journal, once through its bytes, rebuilds the same state under other rules."""
        twin = Engine(None, Profile(duplicate_pairs=False, price_band=False))
        twin.replay(entries.decode(entries.encode(entry)) for entry in self.journal)
        assert twin.state_hash() == self.engine.state_hash()

    def step(self, row: str) -> tuple[e.Event, ...]:
        """Carry out one row."""
        verb, _, rest = row.partition(" ")
        words = rest.split()
        if verb == "clock":
            self.now = at(rest.strip())
            return self.told(self.engine.advance(self.now))
        self.now += SECOND
        if verb in ("quote", "trade"):
            self.market.add(tick(verb, words, self.now))
            return self.told(self.engine.advance(self.now))
        return self.told(self.engine.submit(command(verb, words), self.now))

    def submit(self, asked: Command) -> tuple[e.Event, ...]:
        """Carry out a command at the present instant."""
        return self.told(self.engine.submit(asked, self.now))

    def told(self, happened: list[Happened]) -> tuple[e.Event, ...]:
        """What clients are told of it."""
        return self.presenter.events(happened)


def scenario(table: str, profile: Profile | None = None) -> Stage:
    """Play a table on a fresh stage and return the stage for further questions."""
    return Stage(profile).play(table)


def command(verb: str, words: list[str]) -> Command:
    """The command of a ``submit`` or ``cancel`` row."""
    if words == ["all"]:
        return CancelAll(1)
    client_id, order_id = _ids(words[0])
    if verb == "cancel":
        return CancelApiOrder(client_id, order_id)
    plain = [word for word in words[1:] if "=" not in word]
    action, size, symbol, kind, *more = plain
    kind = kind.replace("_", " ")
    prices = [float(more.pop(0)) for _ in range(2) if more and more[0][0].isdigit()]
    stop = prices.pop(0) if kind.startswith(("STP", "MIT", "LIT")) and prices else None
    order = Order(
        action=action,
        totalQuantity=Decimal(size),
        orderType=kind,
        lmtPrice=prices[0] if prices else None,
        auxPrice=stop,
        tif=more[0] if more else "DAY",
    )
    contract = Contract(symbol=symbol, secType="STK", exchange="SMART", currency="USD")
    if symbol in CONTRACTS:
        contract = msgspec.structs.replace(CONTRACTS[symbol])
    strict = False
    for name, _, value in (word.partition("=") for word in words[1:] if "=" in word):
        if name == "strict":
            strict = True
            continue
        record = contract if name in Contract.__struct_fields__ and name != "account" else order
        setattr(record, name, _value(type(record), name, value))
    return SubmitOrder(client_id, order_id, contract, order, strict)


def _value(record: type, name: str, text: str) -> Any:
    """A field's value as its record has it; "inf", which JSON lacks, is a number as well. The words
    of a type are joined by ``_``."""
    if text == "inf":
        return math.inf
    if name.endswith("OrderType"):
        text = text.replace("_", " ")
    if text.startswith(("[", "{")):
        return msgspec.json.decode(text, type=_types(record)[name])
    return msgspec.convert(text, _types(record)[name], strict=False)


@cache
def _types(record: type) -> dict[str, Any]:
    return get_type_hints(record)


def shown(events: tuple[e.Event, ...]) -> list[str]:
    """Events as the tables write them; position and account notices are left out."""
    quiet = (e.PositionChanged, e.AccountChanged)
    return [_shown(event) for event in events if not isinstance(event, quiet)]


def _shown(event: e.Event) -> str:
    name = _name(event)
    match event:
        case e.OrderAccepted():
            return f"{name} accepted {event.view.status}" + _why(event.view)
        case e.OrderAcknowledged():
            return f"{name} again {event.view.status}" + _why(event.view)
        case e.OrderReplacedEvent():
            return f"{name} replaced {event.view.status}" + _why(event.view)
        case e.OrderElected():
            return f"{name} elected {event.view.status}"
        case e.LegTraded(execution=execution, contract=contract):
            fill = f"{execution.side} {execution.shares} @ {execution.price:g}"
            return f"{name} leg {contract.conId} {fill}"
        case e.VolatilityRepriced():
            return f"{name} repriced {event.view.status}"
        case e.Traded(execution=execution):
            fill = f"{execution.side} {execution.shares} @ {execution.price:g}"
            return f"{name} {fill} {event.view.status}"
        case e.CommissionCharged(report=report) | e.LegCharged(report=report):
            profit = "" if report.realizedPNL is None else f" pnl {report.realizedPNL:.7g}"
            return f"{name} fee {report.commissionAndFees:.7g}{profit}"
        case e.CancelPending():
            return f"{name} {event.view.status}"
        case e.OrderCancelled() | e.OrderRejectedEvent():
            reason = text_of(event).partition("reason:")[2]
            return f"{name} {event.view.status}" + (f": {reason}" if reason else "")
        case e.OrderInactive() | e.WhatIfAnswered():
            kind = type(event).__name__.removesuffix("Event")
            return f"{name} {kind} {event.view.status}"
        case e.RequestRefusedEvent(code=code):
            assert text_of(event)
            return f"{name} refused {code}"
        case e.OrderWarnedEvent(code=code):
            assert text_of(event)
            return f"{name} warned {code}"
    raise AssertionError(f"a scenario cannot show {event}")


def _why(view: e.OrderView) -> str:
    return f" {view.whyHeld}" if view.whyHeld else ""


def text_of(event: e.Event) -> str:
    """The text of the error that an event brings."""
    assert isinstance(
        event, e.OrderCancelled | e.OrderRejectedEvent | e.RequestRefusedEvent | e.OrderWarnedEvent
    )
    return codes.text(event.code, event.variant, **{"tag": "bN", **event.facts})


def _name(event: e.Event) -> str:
    told = isinstance(event, e.RequestRefusedEvent | e.OrderWarnedEvent)
    owner = event if told else event.view  # type: ignore[union-attr]
    prefix = "" if owner.clientId == 1 else f"c{owner.clientId}"
    return f"{prefix}#{owner.orderId}"


def _ids(word: str) -> tuple[int, int]:
    client, _, order = word.rpartition("#")
    return int(client.removeprefix("c") or 1), int(order)


def tick(verb: str, words: list[str], now: Nanos) -> Quote | Print:
    """The tick of a ``quote`` or ``trade`` row."""
    entry = SYMBOLS.get(words[0]) or _derivative(words[0])
    sides = [_side(word, entry.scale) for word in words[1:] if word != "x"]
    if verb == "trade":
        return Print(entry.conId, now, *sides[0])
    return Quote(entry.conId, now, *sides[0], *sides[1])


def _derivative(name: str) -> Instrument:
    if name.isdecimal():
        return CATALOGUE[int(name)]
    found = CATALOGUE.resolve(CONTRACTS[name], Purpose.ORDER, START)
    assert isinstance(found, Listing), found
    return found.instrument


def _side(word: str, scale: int) -> tuple[int, int]:
    if word == "-":
        return 0, 0
    price, _, size = word.partition("*")
    return price_units(float(price), scale), size_units(int(size or PLAIN_SIZE))


def rows_of(table: str) -> list[tuple[str, list[str]]]:
    """The rows of a table, each with the events that it expects."""
    rows: list[tuple[str, list[str]]] = []
    for line in table.strip().splitlines():
        row, arrow, outcome = line.strip().partition("->")
        expected = [part.strip() for part in outcome.split(";") if part.strip() not in ("", ".")]
        if row.strip():
            assert arrow or row.split()[0] in ("quote", "clock"), f"no expectation in {line!r}"
            rows.append((row.strip(), expected))
        elif line.strip():
            rows[-1][1].extend(expected)
    return rows
