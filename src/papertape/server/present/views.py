"""Orders, fills and positions of the venue as the records of the protocol.

The only place that makes them: integers become floats and decimals here, and instants texts.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from msgspec.structs import replace

from ...model import CommissionAndFeesReport, Contract, Execution, OrderState
from ...venue.broker import lifecycle
from ...venue.broker.orders import FillRow, LiveOrder
from ...venue.broker.profile import Profile
from ...venue.broker.risk import Effect
from ...venue.commands import TWS_USER
from ...venue.reference.combinations import combination_contract
from ...venue.reference.instruments import Instrument, Instruments, contract_of
from ...venue.reference.securities import Combination
from ...venue.reference.times import eastern_text
from ...venue.units import (
    CASH_SCALE,
    SECOND,
    SIZE_SCALE,
    CashMicros,
    PriceUnits,
    SizeUnits,
    cash_decimal,
    price_float,
    size_decimal,
)
from .events import OrderView
from .order_defaults import echo_contract, echo_order, shown_filled

MarginNumbers = Mapping[str, Decimal | float | str]
NO_MARGIN: MarginNumbers = MappingProxyType({})
BY_TRADER = "Cancelled by Trader"
BY_SYSTEM = "Cancelled by System:\n"
CHANGE_PLACES = 5
"""Decimals of the change of equity that a preview tells, as captured of 1.0003 dollars in an
account in euros: -0.85098; what stands before and after has two, and so have margins."""
NOT_EXERCISED = -1
QUIRKY, QUIRK = ("STP", "TRAIL"), 0.03
"""Whose first echo has a limit, and how much it is above the stop."""
EXERCISE_TYPES: Mapping[str, int] = MappingProxyType(
    {
        "exercised": 1,
        "lapsed": 2,
        "assigned": 100,
        "automatic": 101,
        "expired": 102,
        "matured": 102,
        "settled": 102,
    }
)
"""``Execution.optExerciseOrLapseType`` by the cause of a ``PositionMoved``: the constants that the
API's reference lists. That bonds paid back and options ended by a split count as expired is
ours."""


def money(micros: CashMicros) -> float:
    """Micro-units as the nearest float."""
    return micros / CASH_SCALE


def average_cost(quantity: SizeUnits, cost: CashMicros) -> float:
    """Cost per share, or per contract with its multiplier; 0 when flat."""
    return 0.0 if quantity == 0 else cost * SIZE_SCALE / (quantity * CASH_SCALE)


def average_price(
    filled: SizeUnits, value: CashMicros, last: PriceUnits, entry: Instrument
) -> float:
    """Average fill price without commissions; 0 until something filled."""
    if filled == 0:
        return 0.0
    multiplier = entry.multiplier
    if value * entry.money_scale * SIZE_SCALE == last * filled * multiplier * CASH_SCALE:
        return price_float(last, entry.scale)
    parts = filled * multiplier * CASH_SCALE * entry.scale
    return value * SIZE_SCALE * entry.money_scale / parts


class Views:
    """Makes the protocol's records of one venue."""

    def __init__(self, instruments: Instruments, profile: Profile) -> None:
        self._instruments = instruments
        self._profile = profile
        self._latest: tuple[LiveOrder, Instrument, OrderView] | None = None
        """An order is often told once more as it stands: then the view is the same one. Its
        instrument may have another symbol by then."""

    def order(self, order: LiveOrder, margin: MarginNumbers = NO_MARGIN) -> OrderView:
        """An order; ``margin`` are the OrderState fields of a what-if."""
        if margin is not NO_MARGIN:
            return self._view(order, margin)
        entry, latest = self._instruments[order.terms.conId], self._latest
        if latest is None or latest[0] is not order or latest[1] is not entry:
            latest = self._latest = order, entry, self._view(order, margin)
        return latest[2]

    def first(self, order: LiveOrder) -> OrderView:
        """An order as its first openOrder shows it."""
        view, stop = self.order(order), order.stop
        if not self._profile.echo_quirks or stop is None or order.terms.orderType not in QUIRKY:
            return view
        shown = price_float(stop, self._instruments[order.terms.conId].scale) + QUIRK
        return replace(view, order=replace(view.order, lmtPrice=shown))

    def _view(self, order: LiveOrder, margin: MarginNumbers) -> OrderView:
        terms = order.terms
        entry = self._instruments[terms.conId]
        echo = echo_order(order, entry, self._profile)
        return OrderView(
            account=terms.account,
            clientId=echo.clientId,
            orderId=echo.orderId,
            permId=order.permId,
            parentId=echo.parentId,
            contract=echo_contract(entry, terms, self._instruments),
            order=echo,
            state=_state(order, entry, margin),
            filled=size_decimal(order.filled),
            remaining=size_decimal(order.remaining),
            avgFillPrice=average_price(order.filled, order.value, order.lastPrice, entry),
            lastFillPrice=price_float(order.lastPrice, entry.scale),
            whyHeld=order.whyHeld,
            lapses=order.expires if terms.tif == "GTC" else 0,
        )

    def completed(self, order: LiveOrder) -> OrderView:
        """A finished order as completedOrder shows it."""
        view = self.order(order)
        if order.remaining:
            return view
        return replace(view, order=shown_filled(view.order))

    def execution(self, fill: FillRow) -> tuple[Contract, Execution]:
        """The contract and the record of execDetails; the exchange is the venue of the fill."""
        entry = self._instruments[fill.conId]
        unbound = fill.clientId == TWS_USER
        execution = Execution(
            orderId=0 if unbound else fill.orderId,
            execId=execution_id(fill),
            time=eastern_text(fill.time),
            acctNumber=fill.account,
            exchange=fill.exchange,
            side="BOT" if fill.side > 0 else "SLD",
            shares=size_decimal(fill.size),
            price=price_float(fill.price, entry.scale),
            permId=fill.permId,
            clientId=0 if unbound else fill.clientId,
            cumQty=size_decimal(fill.filled),
            avgPrice=average_price(fill.filled, fill.total, fill.price, entry),
            orderRef=fill.ref,
            modelCode=fill.model,
            lastLiquidity=fill.liquidity,
            submitter=fill.submitter or self._profile.user_name,
            optExerciseOrLapseType=EXERCISE_TYPES.get(fill.moved, NOT_EXERCISED),
        )
        if isinstance(entry, Combination):
            return combination_contract(entry, fill.exchange, legs=False), execution
        return contract_of(entry, fill.exchange, primary=False), execution

    def report(self, fill: FillRow) -> CommissionAndFeesReport:
        """What a fill cost, and what it earned."""
        return CommissionAndFeesReport(
            execId=execution_id(fill),
            commissionAndFees=money(fill.charged[1] if fill.charged else fill.fee),
            currency=fill.charged[0] if fill.charged else self._instruments[fill.conId].currency,
            realizedPNL=None if fill.realized is None else money(fill.realized),
        )

    def margin_numbers(self, order: LiveOrder, effect: Effect) -> dict[str, Decimal | float | str]:
        """The OrderState fields of a what-if answer."""
        before, after = effect.before, effect.after
        rows = (
            ("initMargin", before.initial, after.initial),
            ("maintMargin", before.maintenance, after.maintenance),
            ("equityWithLoan", before.equity, after.equity),
        )
        numbers: dict[str, Decimal | float | str] = {}
        for name, old, new in rows:
            numbers[f"{name}Before"] = cash_decimal(old)
            places = CHANGE_PLACES if name == "equityWithLoan" else 2
            numbers[f"{name}Change"] = cash_decimal(new - old, places)
            numbers[f"{name}After"] = cash_decimal(new)
        currency = self._instruments[order.terms.conId].currency
        paid_in, paid = effect.charged or (currency, effect.fee)
        if effect.least is None:
            numbers["commissionAndFees"] = money(paid)
        else:
            numbers["minCommissionAndFees"] = money(effect.least)
            numbers["maxCommissionAndFees"] = money(paid)
        numbers["commissionAndFeesCurrency"] = paid_in
        numbers["marginCurrency"] = effect.currency
        return numbers


def execution_id(fill: FillRow) -> str:
    """The id of an execution: its number, the second in which it happened, its revision.

    That of a leg has the number of the combination's execution and a segment more.
    """
    if fill.leg:
        number, second = fill.execution - fill.leg, fill.time // SECOND
        return f"{number:08x}.{second:08x}.{fill.leg + 1:02d}.01.01"
    return f"{fill.execution:08x}.{fill.time // SECOND:08x}.01.{fill.revision:02d}"


def execution_number(exec_id: str) -> int:
    """The number of an execution by its id, in any revision; -1 for a text that is none."""
    parts = exec_id.split(".")
    plain = len(parts) == 4 and all(len(one) == wide for one, wide in zip(parts, (8, 8, 2, 2)))
    try:
        return int(parts[0], 16) if plain else -1
    except ValueError:
        return -1


def _state(order: LiveOrder, entry: Instrument, margin: MarginNumbers) -> OrderState:
    state = OrderState(status=order.status)
    if order.done:
        state.completedTime = eastern_text(order.ended)
        state.completedStatus = BY_SYSTEM if order.bySystem else BY_TRADER
        if order.status == lifecycle.FILLED:
            state.completedStatus = f"Filled Size: {size_decimal(order.filled)}"
    if order.fees:
        paid_in, paid = order.charged or (entry.currency, order.fees)
        state.commissionAndFees = money(paid)
        state.commissionAndFeesCurrency = paid_in
    for name, value in margin.items():
        setattr(state, name, value)
    return state
