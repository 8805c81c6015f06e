"""The six conditions that an order can wait for, in the official shape."""

from collections.abc import Iterator
from typing import Any, Self

from . import comm
from .const import UNSET_DOUBLE
from .enum_implem import Enum
from .object_implem import Object
from .utils import decode

__all__ = [
    "UNSET_DOUBLE",
    "ContractCondition",
    "Create",
    "Enum",
    "ExecutionCondition",
    "MarginCondition",
    "Object",
    "OperatorCondition",
    "OrderCondition",
    "PercentChangeCondition",
    "PriceCondition",
    "TimeCondition",
    "VolumeCondition",
    "comm",
    "decode",
]


class OrderCondition(Object):
    """Base of the conditions; ``And()`` and ``Or()`` say how it joins the next one."""

    Price = 1
    Time = 3
    Margin = 4
    Execution = 5
    Volume = 6
    PercentChange = 7

    def __init__(self, condType: int | None) -> None:
        self.condType = condType
        self.isConjunctionConnection = True

    def type(self) -> int | None:
        """The kind: one of the constants of this class."""
        return self.condType

    def And(self) -> Self:
        """Both this and the next condition must hold."""
        self.isConjunctionConnection = True
        return self

    def Or(self) -> Self:
        """This or the next condition must hold."""
        self.isConjunctionConnection = False
        return self

    def decode(self, fields: Iterator[bytes]) -> None:
        """Take what the fields of a text message tell, in their order; the kind stands before."""
        self.isConjunctionConnection = decode(str, fields) == "a"

    def make_fields(self) -> list[str]:
        """The fields of a text message, each with its NUL. Raises ``ValueError`` for None."""
        return [comm.make_field("a" if self.isConjunctionConnection else "o")]

    def __str__(self) -> str:
        return "<AND>" if self.isConjunctionConnection else "<OR>"


class ExecutionCondition(OrderCondition):
    """A trade of a symbol."""

    def __init__(
        self, secType: str | None = None, exch: str | None = None, symbol: str | None = None
    ) -> None:
        super().__init__(OrderCondition.Execution)
        self.secType = secType
        self.exchange = exch
        self.symbol = symbol

    def decode(self, fields: Iterator[bytes]) -> None:
        """As in ``OrderCondition``; then security type, exchange and symbol."""
        super().decode(fields)
        self.secType = decode(str, fields)
        self.exchange = decode(str, fields)
        self.symbol = decode(str, fields)

    def make_fields(self) -> list[str]:
        """As in ``OrderCondition``; then security type, exchange and symbol."""
        own = (self.secType, self.exchange, self.symbol)
        return [*super().make_fields(), *map(comm.make_field, own)]

    def __str__(self) -> str:
        return (
            f"trade occurs for {self.symbol} symbol on {self.exchange} exchange "
            f"for {self.secType} security type"
        )


class OperatorCondition(OrderCondition):
    """Base of the conditions that compare something with a value."""

    _subject = ""
    _value = ""

    def __init__(self, condType: int | None = None, isMore: bool | None = None) -> None:
        super().__init__(condType)
        self.isMore = isMore

    def valueToString(self) -> str:
        """The value as text."""
        if not self._value:
            raise NotImplementedError(f"{type(self).__name__} compares nothing")
        return str(getattr(self, self._value))

    def setValueFromString(self, text: str) -> None:
        """Set the value from text."""
        if not self._value:
            raise NotImplementedError(f"{type(self).__name__} compares nothing")
        setattr(self, self._value, self._read(text))

    def decode(self, fields: Iterator[bytes]) -> None:
        """As in ``OrderCondition``; then whether more is wanted, and the value."""
        super().decode(fields)
        self.isMore = decode(bool, fields)
        self.setValueFromString(decode(str, fields))

    def make_fields(self) -> list[str]:
        """As in ``OrderCondition``; then whether more is wanted, and the value."""
        more = comm.make_field(self.isMore)
        value = getattr(self, self._value) if self._value else self.valueToString()
        return [*super().make_fields(), more, comm.make_field(value)]

    def _read(self, text: str) -> Any:
        return float(text)

    def _told(self) -> str:
        return self._subject

    def __str__(self) -> str:
        return f"{self._told()} is  {'>=' if self.isMore else '<='}  {self.valueToString()}"


class MarginCondition(OperatorCondition):
    """The cushion of the account in percent."""

    _subject, _value = "the margin cushion percent", "percent"

    def __init__(self, isMore: bool | None = None, percent: int | None = None) -> None:
        super().__init__(OrderCondition.Margin, isMore)
        self.percent = percent


class ContractCondition(OperatorCondition):
    """Base of the conditions about one contract."""

    def __init__(
        self,
        condType: int | None = None,
        conId: int | None = None,
        exch: str | None = None,
        isMore: bool | None = None,
    ) -> None:
        super().__init__(condType, isMore)
        self.conId = conId
        self.exchange = exch

    def valueToString(self) -> Any:
        """The value as text; None here, where nothing is compared."""
        return super().valueToString() if self._value else None

    def setValueFromString(self, text: str) -> None:
        """Set the value from text, where there is one."""
        if self._value:
            super().setValueFromString(text)

    def decode(self, fields: Iterator[bytes]) -> None:
        """As in ``OperatorCondition``; then contract id and exchange."""
        super().decode(fields)
        self.conId = decode(int, fields)
        self.exchange = decode(str, fields)

    def make_fields(self) -> list[str]:
        """As in ``OperatorCondition``; then contract id and exchange."""
        return [*super().make_fields(), *map(comm.make_field, (self.conId, self.exchange))]

    def _told(self) -> str:
        return f"{self._subject} of {self.conId} on {self.exchange}"


class TimeCondition(OperatorCondition):
    """A time, ``YYYYMMDD HH:MM:SS`` with an optional zone."""

    _subject, _value = "time", "time"

    def __init__(self, isMore: bool | None = None, time: str | None = None) -> None:
        super().__init__(OrderCondition.Time, isMore)
        self.time = time

    def _read(self, text: str) -> str:
        return text


class PriceCondition(ContractCondition):
    """The price of a contract."""

    TriggerMethodEnum = Enum(
        "Default",
        "DoubleBidAsk",
        "Last",
        "DoubleLast",
        "BidAsk",
        "N/A1",
        "N/A2",
        "LastBidAsk",
        "MidPoint",
    )
    _subject, _value = "price", "price"

    def __init__(
        self,
        triggerMethod: int | None = None,
        conId: int | None = None,
        exch: str | None = None,
        isMore: bool | None = None,
        price: float | None = None,
    ) -> None:
        super().__init__(OrderCondition.Price, conId, exch, isMore)
        self.price = price
        self.triggerMethod = triggerMethod

    def decode(self, fields: Iterator[bytes]) -> None:
        """As in ``ContractCondition``; then the trigger method."""
        super().decode(fields)
        self.triggerMethod = decode(int, fields)

    def make_fields(self) -> list[str]:
        """As in ``ContractCondition``; then the trigger method."""
        return [*super().make_fields(), comm.make_field(self.triggerMethod)]

    def _told(self) -> str:
        method = (
            "" if self.triggerMethod is None else self.TriggerMethodEnum.toStr(self.triggerMethod)
        )
        return f"{method} {super()._told()}".lstrip()


class PercentChangeCondition(ContractCondition):
    """The change of a contract since the last close, in percent."""

    _subject, _value = "percent change", "changePercent"

    def __init__(
        self,
        conId: int | None = None,
        exch: str | None = None,
        isMore: bool | None = None,
        changePercent: float = UNSET_DOUBLE,
    ) -> None:
        super().__init__(OrderCondition.PercentChange, conId, exch, isMore)
        self.changePercent = changePercent


class VolumeCondition(ContractCondition):
    """The volume of a contract today."""

    _subject, _value = "volume", "volume"

    def __init__(
        self,
        conId: int | None = None,
        exch: str | None = None,
        isMore: bool | None = None,
        volume: int | None = None,
    ) -> None:
        super().__init__(OrderCondition.Volume, conId, exch, isMore)
        self.volume = volume

    def _read(self, text: str) -> int:
        return int(text)


_KINDS: dict[int, Any] = {
    OrderCondition.Price: PriceCondition,
    OrderCondition.Time: TimeCondition,
    OrderCondition.Margin: MarginCondition,
    OrderCondition.Execution: ExecutionCondition,
    OrderCondition.Volume: VolumeCondition,
    OrderCondition.PercentChange: PercentChangeCondition,
}


def Create(condType: int) -> Any:
    """A fresh condition of this kind, None when there is no such kind."""
    kind = _KINDS.get(condType)
    return kind() if kind else None
