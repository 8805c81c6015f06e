"""How an advisor's order is divided among the accounts of a group.

The shares of the accounts are found when the order is accepted, and each fill is divided so that
every account comes as near to its part as whole units allow; together they are what was filled.

=================  ==============================================================================
Equal              the same for each; the first ones get what is left over
NetLiq             by NetLiquidation
AvailableEquity    by AvailableFunds, of those who have any
Ratio              by the numbers in the group
MonetaryAmount     by the amounts of money in the group
Percent            by the percentages in the group, which must be 100 together (10012)
ContractsOrShares  what the group says; the order must be as large as all of it (144)
PctChange          ``faPercentage`` of what each holds; the order has no size of its own
=================  ==============================================================================

``EqualQuantity`` is Equal's older name. Source: IBKR's pages on allocation methods for advisors.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

import msgspec

from papertape.model import Order

from ..facts import AdvisorGroup, Terms
from ..reference.instruments import Refusal
from ..units import CASH_SCALE, SIZE_SCALE, CashMicros, SizeUnits, scaled
from .ledger import Account
from .margin import MarginCalculator

EQUAL, NET, AVAILABLE, RATIO, MONEY, PERCENT, SHARES, CHANGE = (
    "Equal", "NetLiq", "AvailableEquity", "Ratio", "MonetaryAmount", "Percent",
    "ContractsOrShares", "PctChange",
)  # fmt: skip
ALIASES: Final[Mapping[str, str]] = {"EqualQuantity": EQUAL}
METHODS: Final = (EQUAL, NET, AVAILABLE, RATIO, MONEY, PERCENT, SHARES, CHANGE)
OWN_NUMBERS: Final = frozenset((RATIO, MONEY, PERCENT, SHARES))
"""Methods by the numbers that stand in the group."""
ALL: Final = "All"
"""The group of all accounts, which every advisor has."""


class AdvisorState(Protocol):
    """The part of the state that allocation reads."""

    accounts: dict[str, Account]
    advisor_groups: dict[str, AdvisorGroup]


def method_named(name: str) -> str | None:
    """Return the method of a name; None for an unknown one."""
    name = ALIASES.get(name, name)
    return name if name in METHODS else None


def master_of(accounts: Mapping[str, Account]) -> str:
    """Return the code of the advisor's own account; "" where there is none."""
    return next((code for code, account in accounts.items() if account.advisor), "")


def clients_of(accounts: Mapping[str, Account]) -> list[str]:
    """Return the codes of the accounts that an advisor manages."""
    return [code for code, account in accounts.items() if not account.advisor]


class Allocator:
    """Finds the shares of an order's accounts; changes nothing."""

    def __init__(self, state: AdvisorState, margin: MarginCalculator) -> None:
        self._state = state
        self._margin = margin

    def allocated(self, terms: Terms, order: Order) -> Terms | Refusal:
        """Return the terms with the shares of the group's accounts; those of an order without a
        group as they are."""
        if not order.faGroup:
            return terms
        if order.cashQty:
            return Refusal(10244)
        if terms.extras.combo is not None:
            return Refusal(345)
        if order.hedgeType not in ("", "None"):  # its size is that of another order's fills
            return Refusal(201, {"what": "A hedge for a group of accounts"}, "not_served")
        group = self.group(order.faGroup)
        if group is None:
            return Refusal(332)
        method = method_named(order.faMethod or group.method)
        if method is None or any(code not in self._state.accounts for code, _ in group.members):
            return Refusal(332)
        if method == CHANGE:
            return self._changed(terms, group, order.faPercentage)
        if order.faPercentage:
            return Refusal(10012)
        if not terms.quantity:
            return Refusal(434)
        weights = self._weights(group, method)
        if method == PERCENT and sum(weights) != 100 * CASH_SCALE:
            return Refusal(10012)
        if method == SHARES:
            return self._exact(terms, group, weights)
        if sum(weights) <= 0:
            return Refusal(333)
        sizes = divided(terms.quantity, weights)
        return _with(terms, group, sizes)

    def group(self, name: str) -> AdvisorGroup | None:
        """Return a group by its name; None for an unknown one."""
        if name == ALL and name not in self._state.advisor_groups:
            members = tuple((code, 0) for code in clients_of(self._state.accounts))
            return AdvisorGroup(ALL, EQUAL, members)
        return self._state.advisor_groups.get(name)

    def _weights(self, group: AdvisorGroup, method: str) -> list[int]:
        if method in OWN_NUMBERS:
            return [number for _, number in group.members]
        if method == EQUAL:
            return [1] * len(group.members)
        return [max(self._worth(code, method), 0) for code, _ in group.members]

    def _worth(self, code: str, method: str) -> CashMicros:
        """Return what counts of an account, in the master's base currency."""
        account = self._state.accounts[code]
        worth = self._margin.value(account)
        amount = worth.net if method == NET else worth.available
        base = self._state.accounts[master_of(self._state.accounts)].currency
        return scaled(amount, self._margin.rate(account.currency, base))

    def _exact(self, terms: Terms, group: AdvisorGroup, numbers: list[int]) -> Terms | Refusal:
        if any(number % CASH_SCALE for number in numbers):
            return Refusal(10251)
        sizes = [number // CASH_SCALE * SIZE_SCALE for number in numbers]
        if sum(sizes) != terms.quantity:
            return Refusal(144)
        return _with(terms, group, sizes)

    def _changed(self, terms: Terms, group: AdvisorGroup, percentage: str) -> Terms | Refusal:
        """Change what each account holds by a percentage; who holds nothing has no share."""
        percent = _percent(percentage)
        if percent is None or terms.quantity:
            return Refusal(10012 if percent is None else 144)
        accounts = self._state.accounts
        held = [abs(accounts[code].quantity(terms.conId)) for code, _ in group.members]
        sizes = [one * percent // 100 // SIZE_SCALE * SIZE_SCALE for one in held]
        if not sum(sizes):
            return Refusal(333)
        return _with(msgspec.structs.replace(terms, quantity=sum(sizes)), group, sizes)


def _with(terms: Terms, group: AdvisorGroup, sizes: Iterable[SizeUnits]) -> Terms:
    pairs = zip((code for code, _ in group.members), sizes, strict=True)
    return msgspec.structs.replace(
        terms, shares=tuple((code, size) for code, size in pairs if size)
    )


def _percent(text: str) -> int | None:
    """Return a percentage as a whole number, whatever its sign: the side says which way."""
    digits = text.strip().removeprefix("-")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 4:
        return None
    return int(digits) or None


def divided(size: SizeUnits, weights: list[int]) -> list[SizeUnits]:
    """Divide whole units by weights: each gets what is whole of its part, and those with the
    largest rest one more, the first ones before the later."""
    total, units = sum(weights), size // SIZE_SCALE
    parts = [units * weight // total for weight in weights]
    rests = sorted(range(len(weights)), key=lambda at: -(units * weights[at] % total))
    for at in rests[: units - sum(parts)]:
        parts[at] += 1
    return [part * SIZE_SCALE for part in parts]


def next_parts(
    shares: tuple[tuple[str, SizeUnits], ...], given: tuple[SizeUnits, ...], fill: SizeUnits
) -> list[SizeUnits]:
    """Divide a fill: none gets more than its share, and each what it lacks most."""
    given = given or (0,) * len(shares)
    total = sum(size for _, size in shares)
    filled = sum(given) + fill
    lacks = [size * filled - had * total for (_, size), had in zip(shares, given, strict=True)]
    room = [max(size - had, 0) for (_, size), had in zip(shares, given, strict=True)]
    room[0] += max(fill - sum(room), 0)  # an order that has grown: the first one takes it
    parts, left = [0] * len(shares), fill
    for at in sorted(range(len(shares)), key=lambda at: -lacks[at]):
        whole = max(lacks[at] // total // SIZE_SCALE * SIZE_SCALE, 0)
        parts[at] = min(whole, room[at], left)
        left -= parts[at]
    order = sorted(range(len(shares)), key=lambda at: parts[at] * total - lacks[at])
    while left:
        for at in order:
            more = min(SIZE_SCALE, room[at] - parts[at], left)
            parts[at] += more
            left -= more
    return parts
