"""What happens to accounts, and to what they hold when nobody trades: days, interest, actions
of companies."""

import msgspec

from ..units import CashMicros, Nanos, PriceUnits, SizeUnits
from .fact import Fact


class AdvisorGroup(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Accounts among which an advisor divides orders."""

    name: str
    method: str
    """How, where the order does not say (``broker.allocation``)."""
    members: tuple[tuple[str, int], ...]
    """Accounts with their ratio, percentage, amount or size, in millionths; 0 without one."""


class AccountOpened(Fact, frozen=True, tag=40):
    """An account was opened."""

    account: str
    currency: str
    """Its base currency."""
    advisor: bool = False
    """Whether it is the account of a financial advisor, who manages the others."""


class CashMoved(Fact, frozen=True, tag=41):
    """Money was deposited or withdrawn."""

    account: str
    currency: str
    amount: CashMicros
    equity: CashMicros
    """The same in the account's base currency: not a profit of the day."""


class MarginModelChanged(Fact, frozen=True, tag=42):
    """The margin model of an account changed."""

    account: str
    model: str


class FeePlanChanged(Fact, frozen=True, tag=43):
    """The fee plan of an account changed."""

    account: str
    plan: str


class DayBegan(Fact, frozen=True, tag=44):
    """A trading day began; it ends at ``end``."""

    end: Nanos
    month: int = 0
    """Its calendar month in New York, 202604; with another one than before, what was traded in a
    month begins at nothing. 0 in journals that do not know it."""


class DayOpened(Fact, frozen=True, tag=45):
    """The value of an account at the start of a day: the base of the day's profit."""

    account: str
    equity: CashMicros
    values: tuple[tuple[int, CashMicros], ...]
    """Market value by contract number, in the instrument's currency."""
    sma: CashMicros = 0
    """The special memorandum account of a Reg T account then."""
    carried: tuple[tuple[int, CashMicros, CashMicros], ...] = ()
    """What profits and realized ones bring along from the day before, by contract number."""
    carriedEquity: CashMicros = 0
    """The same of the account's profit, in the base currency."""


class ProfitsBegan(Fact, frozen=True, tag=82):
    """The profits of some instruments of an account began at nothing."""

    account: str
    carried: tuple[tuple[int, CashMicros, CashMicros], ...]
    """By contract number what its profit and its realized profit have from then on besides those of
    the trading day."""
    equity: CashMicros
    """The same of the account's profit, in the base currency."""


class FutureSettled(Fact, frozen=True, tag=46):
    """A future was settled for the day: what it gained or lost since then is in the cash."""

    account: str
    conId: int
    price: PriceUnits
    settled: CashMicros
    """Signed value of the holdings at that price."""
    cash: tuple[tuple[str, CashMicros], ...]


class CashSettled(Fact, frozen=True, tag=48):
    """The proceeds of sales that were to settle on a day have settled."""

    account: str
    day: int


class PositionMoved(Fact, frozen=True, tag=47):
    """Holdings changed without a trade: a contract ended, an option was exercised or assigned."""

    account: str
    conId: int
    cause: str
    """``exercised``, ``lapsed``, ``assigned``, ``automatic`` exercise, ``expired``, ``matured`` or
    ``settled``: an option that a split has ended."""
    execution: int
    """Its number among the executions, which show it."""
    size: SizeUnits
    """Signed change of the holdings."""
    price: PriceUnits
    """Of the settlement, or the strike of delivered shares; 0 for what became shares or lapsed."""
    value: CashMicros
    """Of the change at that price."""
    realized: CashMicros | None
    """Profit; None where it becomes part of the cost of shares, or opens."""
    position: SizeUnits
    """The holdings afterwards, signed, with their cost and, of a future, settled value."""
    cost: CashMicros
    settled: CashMicros
    cash: tuple[tuple[str, CashMicros], ...]
    """Cash change of the account by currency."""
    exchange: str
    permId: int = 0
    """The order that asked for it; 0 when it came about by itself."""
    settles: int = 0
    """The day on which what it brings in settles; 0 for at once."""


class PositionAdjusted(Fact, frozen=True, tag=49):
    """Holdings changed without a trade and without an execution: they were transferred, a company
    divided its shares, or a world says what an account holds."""

    account: str
    conId: int
    cause: str
    """``received``, ``delivered``, ``split``, ``merger``, ``spin-off`` or ``set``."""
    size: SizeUnits
    """Signed change of the holdings."""
    position: SizeUnits
    """The holdings afterwards, with their cost and, of a future, settled value."""
    cost: CashMicros
    settled: CashMicros
    value: CashMicros = 0
    """Market value of the change, in the instrument's currency: not a profit of the day."""
    equity: CashMicros = 0
    """What it adds to equity with loan value, in the account's base currency: no profit either."""
    realized: CashMicros = 0
    """Profit of a fraction of a share, or of a share, that was paid in cash."""


class CashBooked(Fact, frozen=True, tag=50):
    """Cash changed without a trade and without a deposit; what it brings is profit."""

    account: str
    cause: str
    """``converted``, ``coupon``, ``dividend``, ``lieu``, ``merger`` or ``spin-off``."""
    cash: tuple[tuple[str, CashMicros], ...]
    """Change by currency."""
    memo: CashMicros = 0
    """Change of the special memorandum account of a Reg T account."""


class InterestAccrued(Fact, frozen=True, tag=55):
    """An account has earned interest, or owes it; it is booked on ``day``."""

    account: str
    day: int
    cash: tuple[tuple[str, CashMicros], ...]
    """By currency; negative for what is owed."""


class InterestBooked(Fact, frozen=True, tag=56):
    """Interest that had accrued until its ``day`` is cash now."""

    account: str
    day: int
    cash: tuple[tuple[str, CashMicros], ...]
    """All that had accrued, by currency."""
    memo: CashMicros = 0
    """Change of the special memorandum account of a Reg T account."""


class SharesMerged(Fact, frozen=True, tag=57):
    """A company was taken over: its shares, and what is derived from them, are found no more."""

    conId: int


class SharesRenamed(Fact, frozen=True, tag=58):
    """Shares have another symbol, with what is derived from them; their number stays."""

    conId: int
    symbol: str


class ScheduleKept(Fact, frozen=True, tag=54):
    """Coupons, splits and dividends of an instrument have been carried out up to an instant; what
    they did are the facts before it."""

    conId: int
    until: Nanos


class AdvisorGroupsReplaced(Fact, frozen=True, tag=51):
    """An advisor replaced the groups of accounts."""

    groups: tuple[AdvisorGroup, ...]


class AccountAliasesReplaced(Fact, frozen=True, tag=52):
    """An advisor replaced the names of accounts."""

    aliases: tuple[tuple[str, str], ...]
    """Account and alias."""
