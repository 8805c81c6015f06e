"""Two quiet weeks, then a day and a half of a small venue: every kind of order, account and fact.

It is the same every time, whoever plays it, so that what one release has kept can be compared with
what another one makes of it.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import msgspec

from papertape.model import ComboLeg, Contract, Order
from papertape.server.persistence import Keeper
from papertape.server.present.queries import Queries
from papertape.server.present.views import Views
from papertape.store.journal import Journal
from papertape.venue import entries
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import (
    BindOrders,
    CancelByUser,
    Command,
    ConvertCash,
    Deposit,
    MergeShares,
    OpenAccount,
    ReceivePosition,
    RenameShares,
    ReplaceAccountAliases,
    ReplaceAdvisorGroups,
    ResetOrderIds,
    SetFeePlan,
    SetMarginModel,
    StartingPosition,
    SubmitManualOrder,
    SubmitOrder,
)
from papertape.venue.engine import Engine
from papertape.venue.entries import OLDEST, SCHEMA
from papertape.venue.facts import AnyFact
from papertape.venue.market.actions import ActionsAhead, Dividend
from papertape.venue.market.laid import WorldTape
from papertape.venue.market.source import Print, Quote
from papertape.venue.reference.instruments import Instrument
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.script import (
    BustExecution,
    CorrectExecution,
    OrderRule,
    ScriptAct,
    SetHolding,
    SetMatching,
    SetRule,
    TapeMark,
    WriteTape,
)
from papertape.venue.units import SECOND
from venue.scenario import START, ScriptedMarket, command

HALF = (ScriptAct("fill", 0, 50_000, 255 * 10**9), ScriptAct("cancel", 3600 * SECOND))
"""An order is filled by half; the rest waits for an hour."""
CLIENTS = (-1, 0, 1, 2, 4, 5)
DAY_S = 86_400
QUIET_DAYS = 13
"""Before the first order: over the third business day of a month, on which interest is booked."""
AFTER_HOURS_S = 7 * 3600
"""From the morning on which it begins to when American stocks have closed."""
EURUSD = next(entry for entry in CATALOGUE if entry.secType == "CASH")
AAPL, IBM = 265598, 8314
CALL = CATALOGUE[1224801197]
"""On Apple at 190, ends on the first day."""
LATER_CALL = 1224817709
"""At 260, ends four days later."""
MES = CATALOGUE[770561194]
"""The one of June."""
SCALES = {
    2: "scaleRandomPercent=true",
    3: "scaleProfitOffset=0.10 scaleAutoReset=true scalePriceAdjustValue=0.01 "
    "scalePriceAdjustInterval=7200",
}
FIRST_DAY = (
    "quote AAPL 257.66 257.68",
    "submit #1 BUY 100 AAPL MKT orderRef=first",
    "submit #2 BUY 2500 AAPL MKT",
    "submit #3 SELL 30 AAPL LMT 257.60 IOC",
    "submit #4 SELL 5000 AAPL LMT 257.66 FOK",
    "submit #5 BUY 100 AAPL LMT 250 GTC",
    "submit #6 BUY 10 AAPL LMT 251 transmit=0",
    "submit #7 BUY 11 AAPL LMT 252 transmit=0",
    "submit #7 BUY 11 AAPL LMT 252",
    "submit #8 BUY 12 AAPL LMT 251 transmit=0",
    "cancel #8",
    "submit #9 SELL 50 AAPL STP 256",
    "submit #10 SELL 60 AAPL STP_LMT 256.5 256.2 GTC",
    "submit #11 BUY 1 AAPL LMT 250 whatIf=true",
    "submit #12 BUY 100000000 AAPL MKT",
    "submit c2#1 SELL 40 AAPL LMT 258.10 GTC account=DU7",
    "submit c2#2 BUY 40 AAPL MKT account=DU7",
    "submit #5 BUY 120 AAPL LMT 251 GTC",
    "quote AAPL 257.00*30 257.20",
    "trade AAPL 256.40*300",
    "quote AAPL 256.30*20 256.60*10",
    "trade AAPL 255.90*100",
    "quote AAPL 255.80*40 256.00",
    "cancel #7",
    "submit #13 BUY 30 AAPL LMT 255.90 transmit=0",
    "submit #14 SELL 30 AAPL LMT 258 parentId=13 transmit=0",
    "submit #15 SELL 30 AAPL TRAIL auxPrice=2 parentId=13",
    "quote AAPL 255.80 255.90*60",
    "trade AAPL 256.00",
    "trade AAPL 257.50",
    "quote AAPL 258.00*12 258.10",
    "trade AAPL 255.50",
    "submit #16 SELL 9 AAPL STP 250 triggerPrice=260 adjustedOrderType=STP adjustedStopPrice=258",
    "trade AAPL 260.00",
    "submit #17 BUY 7 AAPL REL auxPrice=0.02 GTC",
    "submit c5#1 BUY 8 AAPL LMT 230 DTC account=DU7",
    *(
        f"submit c5#{number} BUY 30 AAPL LMT 255.80 GTC account=DU7 scaleInitLevelSize=10 "
        f"scalePriceIncrement=0.05 {more}"
        for number, more in SCALES.items()
    ),
    "quote AAPL 255.60 255.70*40",
    "quote AAPL 255.95 256.00",
)
SECOND_DAY = (
    "quote AAPL 258.20*25 258.30",
    "submit #20 SELL 100 AAPL MKT",
    "submit #21 BUY 100 AAPL LMT 257.90",
    "quote AAPL 257.50*25 257.80*70",
    "submit c2#7 BUY 5 AAPL STP 300 GTC account=DU7",
    "submit c2#8 BUY 6 AAPL LMT 240 GTC account=DU7 transmit=0",
)
AFTER_THE_SNAPSHOT = (
    "submit c2#9 BUY 5 AAPL STP 257.40 GTC account=DU7 triggerMethod=1",
    "submit c2#10 BUY 60 AAPL MKT account=DU7 algoStrategy=Twap",
    "submit #22 SELL 10 AAPL MKT",
    "submit #23 BUY 10 AAPL LMT 257.10 GTC",
    "cancel #21",
    "quote AAPL 257.00*25 257.10*7",
)


class PayingMarket(ScriptedMarket):
    """A written market that knows of a dividend on Apple, in the first night."""

    def actions_ahead(self, con_id: int, after: int) -> ActionsAhead | None:
        paid = ActionsAhead(START + 14 * 3600 * SECOND, (Dividend(20260414, 260_000),))
        return paid if con_id == AAPL and after < paid.time else None


class World:
    """An engine over a written market, and the keeper that follows it."""

    def __init__(self, journal: Journal | None, *, keep_history: bool = False) -> None:
        self.market = PayingMarket()
        self.engine = Engine(WorldTape(self.market), Profile(interest=True))
        self.keeper = Keeper(journal, keep_history=keep_history)
        self.now = START - QUIET_DAYS * DAY_S * SECOND
        self.keeper.recover(self.engine)
        self.engine.open_accounts(self.now)
        self.keeper.commit(self.engine)

    def ask(self, asked: Command) -> None:
        """Carry out a command, a second later."""
        self.now += SECOND
        self.engine.submit(asked, self.now)
        self.keeper.commit(self.engine)

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.now += seconds * SECOND
        self.engine.advance(self.now)
        self.keeper.commit(self.engine)

    def keep_hours(self, kept: bool) -> None:
        """Let markets keep the hours of their exchanges, as after a start with that option."""
        self.engine.hours.exchange = kept

    def play(self, *rows: str) -> None:
        """Rows as ``venue.scenario`` has them; a quote has no ``x``, an account may be left out."""
        for row in rows:
            verb, *words = row.split()
            if verb == "submit" and "account=" not in row:
                words.append("account=DU1234567")
            if verb in ("submit", "cancel"):
                self.ask(command(verb, words))
            else:
                self.now += SECOND
                self.market.add(self._tick(verb, words))
                self.wait(0)

    def _tick(self, verb: str, words: list[str]) -> Quote | Print:
        sides = [word.partition("*")[::2] for word in words[1:]]
        units = [n for price, size in sides for n in (_units(price), int(size or 1000) * 10_000)]
        return Quote(AAPL, self.now, *units) if verb == "quote" else Print(AAPL, self.now, *units)

    def save(self) -> None:
        """A snapshot of now, written to its end."""
        self.keeper.begin_snapshot(self.engine)
        self.keeper.step()

    def rows(self) -> dict[str, Any]:
        """What queries answer."""
        return told(self.engine)


def _units(price: str) -> int:
    return int(Decimal(price) * 10_000)


def history(world: World) -> Iterator[None]:
    """All of it, with a pause wherever something may be done in between."""
    world.wait(QUIET_DAYS * DAY_S)
    world.ask(OpenAccount("DU7", "USD", 500_000_000_000))
    world.ask(Deposit("DU7", "EUR", 1_000_000_000))
    world.ask(Deposit("DU1234567", "USD", -250_000_000))
    world.ask(ConvertCash("DU7", "EUR", 500_000_000, "USD"))
    world.ask(ReceivePosition("DU7", StartingPosition(IBM, 70_000, 2_000_000)))
    world.play("submit #1 BUY 1 AAPL LMT 200", "cancel #1")
    world.ask(ResetOrderIds())
    world.play(*FIRST_DAY)
    _script(world)
    _ways(world)
    yield
    _user(world, "LMT", 200.0, "no")
    _user(world, "LMT", 201.0, "negative")
    _user(world, "LMT", 202.0, "next")
    world.ask(BindOrders(negative=True))
    _user(world, "LMT", 203.0, "no")
    world.ask(CancelByUser(world.engine.state.next_perm_id - 1))
    world.market.add(Quote(EURUSD.conId, world.now, 108_000, 10**10, 108_010, 10**10))
    contract = Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD")
    order = Order(action="BUY", totalQuantity=Decimal(25_000), orderType="MKT", account="DU7")
    world.ask(SubmitOrder(2, 3, contract, order))
    world.ask(SetMarginModel("DU7", "portfolio"))
    world.ask(SetFeePlan("DU7", "none"))
    world.play("submit c2#4 BUY 40 AAPL MKT account=DU7")
    _trade(world, MES, Quote(MES.conId, world.now, 68_000_000, 10**7, 68_002_500, 10**7), 5)
    _trade(world, CALL, Quote(CALL.conId, world.now, 677_000, 10**7, 678_000, 10**7), 6)
    _combine(world, 1, "MKT", None, CALL.conId)
    _combine(world, 2, "LMT", -10.0, CALL.conId)
    _combine(world, 3, "LMT", -11.0, LATER_CALL)
    yield
    world.keep_hours(True)
    world.play("submit #18 BUY 13 AAPL LMT 240 GTC")
    world.wait(AFTER_HOURS_S)
    world.play("submit #19 BUY 14 AAPL LMT 240")
    world.wait(DAY_S - AFTER_HOURS_S)
    world.keep_hours(False)
    world.play(*SECOND_DAY)
    yield
    world.play(*AFTER_THE_SNAPSHOT)
    _user(world, "MKT", None, "no")
    world.ask(OpenAccount("F1", "USD", advisor=True))
    world.ask(ReplaceAdvisorGroups("F1", (("both", "Ratio", (("DU7", 2), ("DU1234567", 1))),)))
    world.ask(ReplaceAccountAliases("F1", (("DU7", "Ann"),)))
    world.play("quote AAPL 257.00 257.10", "submit c2#40 BUY 9 AAPL MKT account= faGroup=both")
    world.ask(MergeShares(IBM, AAPL, 1, 2, 3_500_000))
    world.ask(RenameShares(AAPL, "APLX"))


def _script(world: World) -> None:
    """What a world can say, but for the market: that follows the tape of the test."""
    world.ask(SetHolding("DU7", AAPL, 30_000, 250 * 10**9))
    world.ask(SetRule(OrderRule("half", 1, AAPL, ref="half", acts=HALF)))
    world.play("submit c3#1 BUY 10 AAPL LMT 255 orderRef=half")
    world.ask(SetRule(OrderRule("no", client=3, acts=(ScriptAct("reject", 0, 0, 0, 201, "no"),))))
    world.play("submit c3#2 BUY 10 AAPL LMT 255")
    corrected, busted = [fill.execution for fill in world.engine.archive.fills()][:2]
    world.ask(CorrectExecution(corrected, 990_000, 2575 * 10**8))
    world.ask(BustExecution(busted))
    marks = (TapeMark(world.now + 2 * SECOND, 1, 1_000_000, 10_000, 1_000_100, 10_000),)
    world.ask(WriteTape(EURUSD.conId, marks))


def _ways(world: World) -> None:
    """The other ways in which orders meet the market."""
    world.ask(SetMatching("queue", 200_000_000, 300_000_000))
    world.play("quote AAPL 255.40 255.60", "submit c3#5 BUY 10 AAPL LMT 255.40")
    world.wait(2)
    world.play("trade AAPL 255.40*5000", "submit c3#6 BUY 10 AAPL MKT")
    world.wait(2)
    world.ask(SetMatching("paper", 0, 0))
    world.play("submit c3#7 BUY 3 AAPL LMT 240 DTC")


def _trade(world: World, entry: Instrument, quote: Quote, order_id: int) -> None:
    """Buy two of what the market's catalogue does not list."""
    world.market.tape.setdefault(entry.conId, []).append(quote)
    order = Order(action="BUY", totalQuantity=Decimal(2), orderType="MKT", account="DU7")
    world.ask(SubmitOrder(2, order_id, Contract(conId=entry.conId, exchange=entry.home), order))


def _combine(world: World, order_id: int, kind: str, limit: float | None, call: int) -> None:
    """Order a hundred shares less a call on them, good till cancelled."""
    legs = [ComboLeg(AAPL, 100, "BUY", "SMART"), ComboLeg(call, 1, "SELL", "SMART")]
    contract = Contract(symbol="AAPL", secType="BAG", exchange="SMART", currency="USD")
    contract.comboLegs = legs
    order = Order(
        action="BUY", totalQuantity=Decimal(1), orderType=kind, lmtPrice=limit, tif="GTC",
        account="DU7",
    )  # fmt: skip
    world.ask(SubmitOrder(4, order_id, contract, order))


def _user(world: World, kind: str, price: float | None, bind: Any) -> None:
    contract = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
    order = Order(action="BUY", totalQuantity=Decimal(3), orderType=kind, lmtPrice=price, tif="GTC")
    order.account = "DU1234567"
    world.ask(SubmitManualOrder(contract, order, bind))


def opened(path: Path, **more: Any) -> Journal:
    return Journal.open(path, schema_version=SCHEMA, oldest=OLDEST, **more)


def recovered(path: Path, **more: Any) -> Engine:
    """The venue as a journal has it, without any market."""
    with opened(path, **more) as journal:
        engine = Engine(None)
        Keeper(journal).recover(engine)
        return engine


def replayed(path: Path) -> Engine:
    """The same out of the entries alone, from the first one on."""
    with opened(path) as journal:
        engine = Engine(None)
        engine.replay(entries.decode(entry.payload) for entry in journal.entries())
        return engine


def kinds(path: Path) -> set[type]:
    """The kinds of facts that a journal holds."""
    with opened(path) as journal:
        found = [entries.decode(entry.payload) for entry in journal.entries()]
    return {type(fact) for entry in found for fact in entry.facts}


EVERY_KIND = set(get_args(AnyFact))


def told(engine: Engine) -> dict[str, Any]:
    """What clients are told of a venue when they ask, as plain values."""
    queries = Queries(engine, Views(engine.instruments, engine.profile))
    answers = {
        "next ids": {str(client): queries.next_valid_id(client) for client in CLIENTS},
        "open": queries.open_orders(),
        "completed": list(queries.completed_orders()),
        "executions": list(queries.executions()),
        "positions": queries.positions(),
        "cash": {code: account.cash for code, account in engine.state.accounts.items()},
        "rules": {code: (a.margin, a.plan) for code, a in engine.state.accounts.items()},
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(answers))
    return plain
