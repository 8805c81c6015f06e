"""The steps of a world as commands: names are looked up, numbers become units.

A step that cannot be carried out raises ``WorldError``; nothing has changed then.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ...errors import SettingsError, WorldError
from ...venue import script
from ...venue.broker.accounts_refused import AccountRefused
from ...venue.broker.profile import Profile
from ...venue.commands import (
    AccountCommand,
    CorporateCommand,
    Deposit,
    OpenAccount,
    SetFeePlan,
    SetMarginModel,
)
from ...venue.reference.instruments import Instrument
from ...venue.script import OrderRule, ScriptAct, ScriptRefused, TapeMark
from ...venue.units import RATE_SCALE, SECOND, Nanos
from ...worlds import steps
from ..drills import Drills
from ..plant.broker_link import BrokerLink
from ..settings import StationSettings
from ..timing import Timing
from ..venue_port import Venue
from .amounts import cash_of, nano_of, price_of, size_of
from .companies import CompanyStep, corporate_command
from .names import Names
from .wrongs import world_error

STEPS_OF_RAMP: Final = 5_000


class WorldTarget(Protocol):
    """The parts of a station that a world acts on."""

    link: BrokerLink
    drills: Drills
    timing: Timing
    settings: StationSettings

    @property
    def venue(self) -> Venue:
        """The venue's port."""

    def carry_out(self, command: AccountCommand | CorporateCommand) -> None:
        """Open or change an account, or let a company act."""


class StepRunner:
    """Carries out single steps of a world."""

    def __init__(self, tws: WorldTarget) -> None:
        self._tws = tws
        self._names = Names()
        self.zone = tws.settings.time_zone
        """Where times of the day are."""

    def carry_out(self, step: steps.WorldStep) -> None:
        """Carry out a step of the clock, an account, the market or a drill. Raises
        ``WorldError``."""
        try:
            self._carry_out(step)
        except (ScriptRefused, AccountRefused) as error:
            raise WorldError(str(error)) from error
        except SettingsError as error:
            raise world_error(error) from error

    def _carry_out(self, step: steps.WorldStep) -> None:
        match step:
            case steps.AccountStep():
                self._account(step)
            case steps.HoldingStep():
                self._hold(step)
            case _ if isinstance(step, CompanyStep):
                self._tws.carry_out(corporate_command(step, self.number))
            case steps.QuoteStep():
                self._write(step.symbol, self._quote(step))
            case steps.DepthStep():
                self._write(step.symbol, self._book(step))
            case steps.PrintStep():
                self._write(step.symbol, self._print(step.symbol, step.price, step.size))
            case steps.AuctionStep():
                self._write(step.symbol, *self._auction(step))
            case steps.RampStep():
                self._write(step.symbol, *self._ramp(step))
            case steps.HaltStep():
                kind = script.VOLATILITY if step.volatility else script.GENERAL
                marks = [TapeMark(self._next, script.HALTED, kind)]
                if step.lasts is not None:
                    marks.append(TapeMark(self._next + max(step.lasts, 1), script.RESUMED))
                self._write(step.symbol, *marks)
            case steps.ResumeStep():
                self._write(step.symbol, TapeMark(self._next, script.RESUMED))
            case steps.FillsStep() | steps.LatencyStep():
                self._tws.link.play(_matching(step))
            case steps.DrillStep():
                self._tws.drills.begin(step.text)
            case steps.StopDrillsStep():
                self._tws.drills.stop_all()
            case _:
                raise WorldError(f"a running station cannot take {type(step).__name__}")

    # -- names and numbers ------------------------------------------------------------------------

    @property
    def _next(self) -> Nanos:
        """When a mark takes effect."""
        return self._tws.timing.now + 1

    def expect(self, placed: Iterable[steps.PlacedStep]) -> None:
        """Know the symbols that steps to come will give."""
        self._names.expect(placed, self._tws.venue.instruments, self._tws.timing.now)

    def instrument(self, name: str) -> Instrument:
        """The instrument of a name: a conId, a pair such as EUR.USD, a symbol, a local symbol.

        Raises ``WorldError`` for one that there is not.
        """
        return self._names.instrument(name, self._tws.venue.instruments, self._tws.timing.now)

    def number(self, name: str) -> int:
        """The conId of a name. Raises ``WorldError``."""
        return self.instrument(name).conId

    def clock(self, text: str) -> Nanos:
        """The next time that the clock of the station's zone shows ``15:50``."""
        return next_clock(text, self._tws.timing.now, self.zone)

    # -- market -----------------------------------------------------------------------------------

    def _write(self, name: str, *marks: TapeMark) -> None:
        self._tws.link.play(script.WriteTape(self.instrument(name).conId, marks))

    def _quote(self, step: steps.QuoteStep) -> TapeMark:
        entry = self.instrument(step.symbol)
        bid, bid_size = _side(entry, step.bid, step.bidSize)
        ask, ask_size = _side(entry, step.ask, step.askSize)
        if bid and ask and bid > ask:
            raise WorldError(f"the bid of {step.bid} is above the ask of {step.ask}")
        return TapeMark(self._next, script.QUOTED, bid, bid_size, ask, ask_size)

    def _book(self, step: steps.DepthStep) -> TapeMark:
        entry = self.instrument(step.symbol)
        if max(len(step.bids), len(step.asks)) > script.MOST_BOOK:
            raise WorldError(f"a side of a book has {script.MOST_BOOK} levels at most")
        bids = tuple(_side(entry, level.price, level.size) for level in step.bids)
        asks = tuple(_side(entry, level.price, level.size) for level in step.asks)
        best_bid, best_ask = (bids or ((0, 0),))[0], (asks or ((0, 0),))[0]
        if bids and asks and best_bid[0] > best_ask[0]:
            raise WorldError("the book is crossed")
        return TapeMark(self._next, script.QUOTED, *best_bid, *best_ask, bids, asks)

    def _print(self, name: str, price: Decimal, size: Decimal, at: Nanos | None = None) -> TapeMark:
        units, shares = _side(self.instrument(name), price, size)
        return TapeMark(self._next if at is None else at, script.TRADED, units, shares)

    def _auction(self, step: steps.AuctionStep) -> list[TapeMark]:
        """What is told of an auction from now on, its print, and that it is over."""
        at = self.clock(step.at)
        printed = self._print(step.symbol, step.price, step.size, at)
        left = size_of(step.imbalance)
        told = TapeMark(
            self._next, script.AUCTIONED, printed.bid, printed.bidSize, int(step.opening), left
        )  # fmt: skip
        return [told, printed, TapeMark(at, script.AUCTIONED)]

    def _ramp(self, step: steps.RampStep) -> list[TapeMark]:
        entry = self.instrument(step.symbol)
        quote = self._tws.venue.quote(entry.conId, self._next)  # with what was said at this moment
        if not quote.bid or not quote.ask:
            raise WorldError(f"{step.symbol} has no quote that could move; say one first")
        if (step.percent is None) == (step.to is None) or step.over <= 0 or step.every <= 0:
            raise WorldError("a ramp moves by a percentage or to a price, in a time above 0")
        middle = quote.bid + quote.ask  # twice
        to = 2 * price_of(entry, step.to) if step.to is not None else 0
        if step.percent is not None:
            to = int(middle * (100 + step.percent) / 100)
        count = max(step.over // step.every, 1)
        if count > STEPS_OF_RAMP:
            raise WorldError(f"a ramp has {STEPS_OF_RAMP} steps at most, not {count}")
        marks = []
        for number in range(1, count + 1):
            moved = (to - middle) * number // count // 2 // entry.tick * entry.tick
            bid, ask = quote.bid + moved, quote.ask + moved
            if bid <= 0:
                raise WorldError(f"the ramp leaves {step.symbol} without a price")
            at = self._tws.timing.now + step.over * number // count
            marks.append(
                TapeMark(max(at, self._next), script.QUOTED, bid, quote.bidSize, ask, quote.askSize)
            )
        return marks

    # -- accounts ---------------------------------------------------------------------------------

    def _account(self, step: steps.AccountStep) -> None:
        """Open an account, or bring one to what it should have."""
        account = self._tws.venue.state.accounts.get(step.account)
        cash = None if step.cash is None else cash_of(step.cash)
        if account is None:
            profile: Profile = self._tws.venue.profile
            opened = OpenAccount(
                step.account, step.currency, profile.opening_cash if cash is None else cash
            )
            self._tws.carry_out(opened)
        elif cash is not None and cash != account.cash.get(step.currency, 0):
            amount = cash - account.cash.get(step.currency, 0)
            self._tws.carry_out(Deposit(step.account, step.currency, amount))
        if step.margin:
            self._tws.carry_out(SetMarginModel(step.account, step.margin))
        if step.plan:
            self._tws.carry_out(SetFeePlan(step.account, step.plan))

    def _hold(self, step: steps.HoldingStep) -> None:
        entry = self.instrument(step.symbol)
        price = 0 if step.price is None else nano_of(step.price)
        shares = size_of(step.quantity)
        self._tws.link.play(script.SetHolding(step.account, entry.conId, shares, price))

    # -- broker -----------------------------------------------------------------------------------

    def rule(self, step: steps.RuleStep) -> OrderRule:
        """A rule in the venue's units. Raises ``WorldError``."""
        return OrderRule(
            name=step.name,
            side={"BUY": 1, "SELL": -1}.get(step.side, 0),
            conId=self.instrument(step.symbol).conId if step.symbol else 0,
            orderType=step.orderType,
            client=step.client,
            ref=step.ref,
            account=step.account,
            every=step.every,
            late=step.late,
            acts=tuple(self.act(one.act, one.after) for one in step.acts),
        )

    def act(self, step: steps.ActStep, after: Nanos = 0) -> ScriptAct:
        """An act in the venue's units. Raises ``WorldError``."""
        if step.kind not in steps.ACTS:
            raise WorldError(f"{step.kind!r} is no act of the broker: {', '.join(steps.ACTS)}")
        return ScriptAct(
            step.kind,
            after,
            0 if step.size is None else size_of(step.size),
            0 if step.price is None else nano_of(step.price),
            step.code,
            rejected_text(step.code, step.text) if step.kind == "reject" else step.text,
            step.if_working,
        )

    def correction(self, step: steps.CorrectionStep, execution: int) -> script.ScriptCommand:
        """The command of a correction or a bust. Raises ``WorldError``."""
        if step.bust:
            return script.BustExecution(execution)
        size = 0 if step.size is None else size_of(step.size)
        price = 0 if step.price is None else nano_of(step.price)
        return script.CorrectExecution(execution, size, price)

    def play(self, command: script.ScriptCommand) -> None:
        """Carry out a command of the venue. Raises ``WorldError``."""
        try:
            self._tws.link.play(command)
        except ScriptRefused as error:
            raise WorldError(str(error)) from error


def _matching(step: steps.FillsStep | steps.LatencyStep) -> script.SetMatching:
    """The command of a step about fills or latency."""
    if isinstance(step, steps.FillsStep):
        if step.rule not in script.FILL_RULES:
            legal = ", ".join(script.FILL_RULES)
            raise WorldError("is no fill rule", found=step.rule, legal=legal)
        return script.SetMatching(fill_rule=step.rule)
    spread = None if step.spread is None else int(step.spread * RATE_SCALE / 100)
    return script.SetMatching(acknowledged=step.ack, routed=step.fill, spread=spread)


def next_clock(text: str, now: Nanos, zone: str) -> Nanos:
    """The next time that a clock in a zone shows ``15:50``, strictly after now. Raises
    ``WorldError`` for a zone that there is not."""
    try:
        place = ZoneInfo(zone)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise WorldError(f"there is no time zone {zone!r}") from None
    hour, minute, second = map(int, f"{text}:00".split(":")[:3])
    today = datetime.fromtimestamp(now // SECOND, place)
    for days in range(3):
        day = today.date() + timedelta(days=days)
        local = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=place)
        at = int(local.timestamp()) * SECOND
        if at > now:
            return at
    raise WorldError(f"{text} does not come")


def rejected_text(code: int, text: str) -> str:
    """The whole text of a rejection: 201 begins as it does in TWS."""
    head = "Order rejected - reason:"
    return text if code != 201 or text.startswith(head) else head + text


def _side(entry: Instrument, price: Decimal | None, size: Decimal) -> tuple[int, int]:
    return (0, 0) if price is None else (price_of(entry, price), size_of(size))
