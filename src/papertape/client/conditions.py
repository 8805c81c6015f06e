"""Conditions of an order as plain objects, joined with ``&`` and ``|``.

TWS joins conditions one after another, from the first to the last, and knows no brackets: ``a & b``
and ``a & b | c`` can be told to it, ``a | (b & c)`` cannot and raises ``TypeError``.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from ..errors import LocalProtocolError
from ..model import Contract, Order, OrderCondition
from .given import described, ordered
from .moments import moment

PRICE, TIME, MARGIN, EXECUTION, VOLUME, PERCENT_CHANGE = 1, 3, 4, 5, 6, 7
_MESSAGE: Final = "PlaceOrder"

NO_WORDS: Final = (
    "conditions are joined with & and |: of `a and b` Python would keep one, and TWS never hear of"
    " the other"
)
Level = TypeVar("Level")


class AnyCondition(msgspec.Struct, frozen=True):
    """Base of the conditions: something that is met or not, and can be joined with others."""

    def record(self) -> OrderCondition:
        """The condition as the protocol has it. Raises ``LocalProtocolError``."""
        raise NotImplementedError

    def __bool__(self) -> bool:
        raise TypeError(NO_WORDS)

    def __and__(self, other: "AnyCondition") -> "ConditionChain":
        return ConditionChain((self,), ()) & other

    def __or__(self, other: "AnyCondition") -> "ConditionChain":
        return ConditionChain((self,), ()) | other


class ConditionChain(msgspec.Struct, frozen=True):
    """Conditions, each joined with the one before it; what ``a & b | c`` makes."""

    conditions: tuple[AnyCondition, ...]
    joints: tuple[bool, ...]
    """How each is joined with the next: True is "and"."""

    def __bool__(self) -> bool:
        raise TypeError(NO_WORDS)

    def __and__(self, other: AnyCondition) -> "ConditionChain":
        return self._with(other, conjunction=True)

    def __or__(self, other: AnyCondition) -> "ConditionChain":
        return self._with(other, conjunction=False)

    def _with(self, other: AnyCondition, *, conjunction: bool) -> "ConditionChain":
        if not isinstance(other, AnyCondition):
            told = "TWS evaluates conditions from the first to the last: write a & b | c, without"
            raise TypeError(f"{told} brackets and with single conditions on the right")
        return ConditionChain((*self.conditions, other), (*self.joints, conjunction))

    def records(self) -> Iterator[OrderCondition]:
        """The conditions as the protocol has them, in order."""
        for one, joint in zip(self.conditions, (*self.joints, True), strict=True):
            record = one.record()
            record.isConjunctionConnection = joint
            yield record


Conditions = AnyCondition | ConditionChain


class WhenPrice(AnyCondition, frozen=True, kw_only=True):
    """The price of a contract is at least ``above``, or at most ``below``; give one of them.

    ``trigger_method``: which price counts, as of stop orders; 0 leaves it to the instrument.
    """

    contract: Contract
    above: float | None = None
    below: float | None = None
    trigger_method: int = 0

    def record(self) -> OrderCondition:
        """Like that of every condition."""
        level, more = _level(self.above, self.below)
        made = _of_contract(PRICE, self.contract, more=more)
        made.price, made.triggerMethod = level, self.trigger_method
        return made


class WhenTime(AnyCondition, frozen=True, kw_only=True):
    """It is later than ``after``, or earlier than ``before``; give one of them.

    A time is a timezone-aware ``datetime``, or text as TWS takes it: ``20261224 09:30:00
    US/Eastern``.
    """

    after: datetime | str | None = None
    before: datetime | str | None = None

    def record(self) -> OrderCondition:
        """Like that of every condition."""
        at, more = _level(self.after, self.before)
        field = "after" if more else "before"
        return OrderCondition(type=TIME, isMore=more, time=moment(at, field, _MESSAGE))


class WhenMargin(AnyCondition, frozen=True, kw_only=True):
    """The account's margin cushion is at least ``above`` percent, or at most ``below``."""

    above: int | None = None
    below: int | None = None

    def record(self) -> OrderCondition:
        """Like that of every condition."""
        percent, more = _level(self.above, self.below)
        return OrderCondition(type=MARGIN, isMore=more, percent=_whole(percent, "percent"))


class WhenVolume(AnyCondition, frozen=True, kw_only=True):
    """The day's volume of a contract is at least ``above``, or at most ``below``."""

    contract: Contract
    above: int | None = None
    below: int | None = None

    def record(self) -> OrderCondition:
        """Like that of every condition."""
        volume, more = _level(self.above, self.below)
        made = _of_contract(VOLUME, self.contract, more=more)
        made.volume = _whole(volume, "volume")
        return made


class WhenChange(AnyCondition, frozen=True, kw_only=True):
    """A contract has changed by at least ``above`` percent since the close of the day before, or
    by at most ``below``."""

    contract: Contract
    above: float | None = None
    below: float | None = None

    def record(self) -> OrderCondition:
        """Like that of every condition."""
        percent, more = _level(self.above, self.below)
        made = _of_contract(PERCENT_CHANGE, self.contract, more=more)
        made.changePercent = percent
        return made


class WhenTraded(AnyCondition, frozen=True, kw_only=True):
    """An order for a symbol has traded, on one exchange or, without one, on any."""

    symbol: str
    secType: str = "STK"
    exchange: str = "SMART"

    def record(self) -> OrderCondition:
        """Like that of every condition."""
        return OrderCondition(
            type=EXECUTION, symbol=self.symbol, secType=self.secType, exchange=self.exchange
        )


def conditional(
    order: Order, conditions: Conditions, *, cancels: bool = False, any_hours: bool = False
) -> Order:
    """Return a copy of an order that waits until its conditions are met.

    ``cancels``: it works at once and is cancelled when they are met. ``any_hours``: they are
    looked at outside the regular hours too. TWS takes conditions on LMT, MKT, MIDPRICE, REL and
    SNAP orders, and cancelling ones on LMT and MIDPRICE (code 148).

    Raises ``LocalProtocolError`` for a condition without a level, with two, or of a contract
    without ``conId``: ``qualify`` it first. Example::

        spy = await tws.qualify(pt.Stock("SPY"))
        calm = pt.WhenPrice(contract=spy, above=1.0) & pt.WhenMargin(above=10)
        wanted = calm | pt.WhenTraded(symbol="IBM")
        order = pt.conditional(pt.LimitOrder("BUY", 10, 1.0), wanted)
        trade = tws.place_order(spy, order)
        await tws.until(trade, "PreSubmitted", "Submitted")
    """
    order = ordered(order)
    chain = conditions
    if isinstance(chain, AnyCondition):
        chain = ConditionChain((chain,), ())
    if not isinstance(chain, ConditionChain):
        told = f"conditions are needed, joined with & and |, not a {type(chain).__name__}"
        raise LocalProtocolError(told, message=_MESSAGE, field="conditions")
    return msgspec.structs.replace(
        order,
        conditions=list(chain.records()),
        conditionsCancelOrder=cancels,
        conditionsIgnoreRth=any_hours,
    )


def _level(above: Level | None, below: Level | None) -> tuple[Level, bool]:
    """The level of a condition, and whether more than it is wanted."""
    if above is not None and below is None:
        return above, True
    if below is not None and above is None:
        return below, False
    told = "a condition has one level, above (after) or below (before)"
    raise LocalProtocolError(told, message=_MESSAGE, field="conditions")


def _whole(value: object, field: str) -> int:
    """A whole number: 10 is ten percent, and TWS has nothing between it and eleven."""
    with suppress(TypeError, ValueError, OverflowError):
        whole = int(value)  # type: ignore[call-overload]  # NumPy's too
        if whole == value and not isinstance(value, str | bool):
            return int(whole)
    told = f"{value!r:.80} is no whole number, and TWS takes nothing else here"
    raise LocalProtocolError(told, message=_MESSAGE, field=f"conditions.{field}")


def _of_contract(kind: int, contract: Contract, *, more: bool) -> OrderCondition:
    contract = described(contract, _MESSAGE)
    if not contract.conId:
        told = f"a condition needs the conId of {contract.symbol or 'its contract'}: qualify it"
        raise LocalProtocolError(told, message=_MESSAGE, field="conditions.conId")
    exchange = contract.exchange or "SMART"
    return OrderCondition(type=kind, isMore=more, conId=contract.conId, exchange=exchange)
