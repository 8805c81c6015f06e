"""Brackets, OCA groups, cancelling all and what-if: against a TWS in memory, and at a station."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

import papertape as pt
from client.memory import Memory, run
from lanes import HANGS_S
from papertape.client.aio import connect
from papertape.client.families import Bracket, OcaType
from papertape.client.trades import Trade
from papertape.errors import LocalProtocolError, OrderRejected
from papertape.model import Order, OrderState
from papertape.testing import RunningStation, serve
from papertape.wire.catalogue import orders, reports
from papertape.wire.message import Message
from walks import walk

AAPL = pt.Stock("AAPL")
LIMIT = pt.LimitOrder("BUY", 10, 100.0)
BRACKET = Bracket(*(Trade(number, AAPL, LIMIT) for number in (1, 2, 3)))


def status(order_id: int, text: str, filled: int = 0) -> reports.OrderStatus:
    return reports.OrderStatus(
        order_id, text, Decimal(filled), Decimal(10 - filled), permId=1, clientId=1
    )


# ---------------------------------------------------------------- what is sent


def test_a_bracket_is_three_orders_of_which_the_last_transmits() -> None:
    tws = Memory()
    entry = pt.LimitOrder("BUY", 10, 100.0, account="DU1", orderRef="x", outsideRth=True)

    async def main() -> None:
        async with connect() as session:
            family = session.bracket(AAPL, entry, take_profit=110.0, stop_loss=95.0)
            assert [trade.orderId for trade in family] == [1, 2, 3]
            await asyncio.sleep(1)
            session.modify_order(family.entry, lmtPrice=101.0)
            await asyncio.sleep(1)

    run(tws, main)
    first, profit, stop, changed = (one.order for one in tws.all(orders.PlaceOrder))
    assert [one.transmit for one in (first, profit, stop)] == [False, False, True]
    assert [one.parentId for one in (first, profit, stop)] == [0, 1, 1]
    assert (profit.orderType, profit.lmtPrice, profit.action) == ("LMT", 110.0, "SELL")
    assert (stop.orderType, stop.auxPrice, stop.action) == ("STP", 95.0, "SELL")
    for child in (profit, stop):
        assert (child.totalQuantity, child.account, child.tif) == (10, "DU1", "DAY")
        assert child.outsideRth and child.orderRef == "x"
    assert changed.lmtPrice == 101.0 and changed.transmit
    assert entry.transmit


def test_an_order_of_ones_own_is_a_child_and_an_entry_may_wait() -> None:
    tws = Memory()
    trail = Order(orderType="TRAIL", trailingPercent=2.0, tif="GTC")
    entry = pt.LimitOrder("SELL", 5, 100.0, transmit=False)

    async def main() -> None:
        async with connect() as session:
            session.bracket(AAPL, entry, take_profit=90.0, stop_loss=trail)
            await asyncio.sleep(1)

    run(tws, main)
    first, profit, stop = (one.order for one in tws.all(orders.PlaceOrder))
    assert [first.transmit, profit.transmit, stop.transmit] == [False] * 3
    assert (stop.orderType, stop.trailingPercent, stop.tif) == ("TRAIL", 2.0, "GTC")
    assert (stop.action, stop.totalQuantity, stop.parentId) == ("BUY", 5, 1)
    assert (trail.action, trail.parentId) == ("", 0)


@walk(("tif", "waits"), [("IOC", "DAY"), ("FOK", "DAY"), ("GTC", "GTC")])
def test_children_have_a_time_in_force_in_which_they_can_wait(tif: str, waits: str) -> None:
    """TWS refuses a stop of any other with 111, and then its family never works."""
    tws = Memory()
    trail = Order(orderType="TRAIL", trailingPercent=2.0)

    async def main() -> None:
        async with connect() as session:
            entry = pt.LimitOrder("BUY", 5, 100.0, tif=tif, account="DU1")
            session.bracket(AAPL, entry, take_profit=110.0, stop_loss=trail)
            await asyncio.sleep(1)

    run(tws, main)
    first, profit, stop = (one.order for one in tws.all(orders.PlaceOrder))
    assert (first.tif, profit.tif, stop.tif) == (tif, waits, waits)
    assert stop.account == profit.account == "DU1"


def test_what_cannot_be_sent_whole_is_not_left_in_part() -> None:
    tws = Memory(version=177)  # before overnight orders
    odd = Order(orderType="STP", auxPrice=95.0, includeOvernight=True)

    async def main() -> None:
        async with connect() as session:
            with pytest.raises(pt.FeatureNotSupported):
                session.bracket(
                    AAPL, pt.LimitOrder("BUY", 10, 100.0), take_profit=110.0, stop_loss=odd
                )
            await asyncio.sleep(1)
            with pytest.raises(LocalProtocolError, match="needs an order"):
                session.oca([])

    run(tws, main)
    assert [one.orderId for one in tws.all(orders.PlaceOrder)] == [1, 2]
    assert [one.orderId for one in tws.all(orders.CancelOrder)] == [1, 2]


def test_an_entry_that_fills_while_it_is_cancelled_leaves_no_child() -> None:
    tws = Memory()

    def cancelled(message: Any) -> list[Message]:
        if message.orderId == 1:
            return [status(1, "Filled", 10)]
        return [status(2, "Cancelled"), status(3, "Cancelled")]

    tws.answers[orders.CancelOrder] = cancelled
    tws.answers[orders.PlaceOrder] = lambda m: [status(m.orderId, "Submitted")]

    async def main() -> None:
        async with connect() as session:
            entry = pt.LimitOrder("BUY", 10, 100.0)
            family = session.bracket(AAPL, entry, take_profit=110.0, stop_loss=95.0)
            await session.until(family.stop, "Submitted")
            await session.cancel_family(family)
            assert [trade.status for trade in family] == ["Filled", "Cancelled", "Cancelled"]

    run(tws, main)
    assert [one.orderId for one in tws.all(orders.CancelOrder)] == [1, 2]


@pytest.mark.parametrize("action", ["BUY", "buy", "SELL", "Sell"])
def test_the_children_trade_the_other_side_however_the_side_is_spelled(action: str) -> None:
    tws = Memory()
    levels = (110.0, 95.0) if action.upper() == "BUY" else (95.0, 110.0)

    async def main() -> None:
        async with connect() as session:
            entry = pt.LimitOrder(action, 10, 100.0)
            session.bracket(AAPL, entry, take_profit=levels[0], stop_loss=levels[1])
            await asyncio.sleep(1)

    run(tws, main)
    _, *children = (one.order.action for one in tws.all(orders.PlaceOrder))
    assert children == ["SELL" if action.upper() == "BUY" else "BUY"] * 2


WRONG: dict[str, tuple[str, Callable[[pt.Tws], object]]] = {
    "no stop": (
        "None is neither a price nor an Order",
        lambda tws: tws.bracket(AAPL, LIMIT, take_profit=1.0, stop_loss=None),  # type: ignore[arg-type]
    ),
    "a text": (
        "'110' is neither a price",
        lambda tws: tws.bracket(AAPL, LIMIT, take_profit="110", stop_loss=1.0),  # type: ignore[arg-type]
    ),
    "not a number": (
        "nan is neither a price",
        lambda tws: tws.bracket(AAPL, LIMIT, take_profit=float("nan"), stop_loss=1.0),
    ),
    "the wrong sides": (
        "an entry that buys takes its profit above its stop_loss 110.0, not at 95.0",
        lambda tws: tws.bracket(AAPL, LIMIT, take_profit=95.0, stop_loss=110.0),
    ),
    "one price for both": (
        "an entry that sells takes its profit below",
        lambda tws: tws.bracket(AAPL, pt.MarketOrder("SELL", 1), take_profit=9.0, stop_loss=9.0),
    ),
    "the order first": (
        "the contract comes first",
        lambda tws: tws.place_order(LIMIT, AAPL),  # type: ignore[arg-type]
    ),
    "a symbol": (
        r"a contract is needed, such as pt.Stock\('IBM'\), not a str",
        lambda tws: tws.place_order("IBM", LIMIT),  # type: ignore[arg-type]
    ),
    "no order": (
        "an order is needed, such as .*, not None",
        lambda tws: tws.place_order(AAPL, None),  # type: ignore[arg-type]
    ),
    "a pair swapped": (
        "the contract comes first",
        lambda tws: tws.oca([(LIMIT, AAPL)]),  # type: ignore[list-item]
    ),
    "orders alone": (
        "pairs of a contract and an order",
        lambda tws: tws.oca([AAPL, LIMIT]),  # type: ignore[list-item]
    ),
    "a family": (
        "modify_order takes a Trade, .*, not a Bracket: .*family.stop",
        lambda tws: tws.modify_order(BRACKET, lmtPrice=1.0),  # type: ignore[arg-type]
    ),
    "an id": (
        "cancel_order takes a Trade, as place_order returns one, not an int$",
        lambda tws: tws.cancel_order(7),  # type: ignore[arg-type]
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_order_is_told_before_anything_is_sent(what: str) -> None:
    tws = Memory()
    told, call = WRONG[what]

    async def main() -> None:
        async with connect() as session:
            with pytest.raises(LocalProtocolError, match=told):
                call(session)
            await asyncio.sleep(1)

    run(tws, main)
    assert not tws.all(orders.PlaceOrder)


def test_whoever_waits_for_a_family_or_misnames_a_kind_is_told() -> None:
    async def main() -> None:
        async with connect() as session:
            with pytest.raises(LocalProtocolError, match="until takes a Trade"):
                await session.until(BRACKET, "Filled")  # type: ignore[arg-type]
            with pytest.raises(LocalProtocolError, match="cancel_order a trade"):
                await session.cancel_family(BRACKET.entry)  # type: ignore[arg-type]
            with pytest.raises(ValueError, match="'reduce' is not a valid OcaType"):
                session.oca([(AAPL, LIMIT)], kind="reduce")  # type: ignore[arg-type]
            with pytest.raises(LocalProtocolError, match="an order is needed"):
                await session.what_if(AAPL, AAPL)  # type: ignore[arg-type]

    run(Memory(), main)


def test_a_group_gets_a_name_that_no_other_has_had() -> None:
    tws = Memory()
    cheap = pt.LimitOrder("BUY", 1, 1.0)

    async def main() -> None:
        async with connect(client_id=3) as session:
            one = session.oca([(AAPL, cheap), (AAPL, cheap)])
            two = session.oca([(AAPL, cheap)], kind=OcaType.REDUCE_ALL)
            mine = session.oca([(AAPL, cheap)], name="mine")
            assert [one.name, two.name, mine.name] == ["papertape-3-1", "papertape-3-3", "mine"]
            session.cancel_all()
            await asyncio.sleep(1)

    run(tws, main)
    told = [(one.order.ocaGroup, one.order.ocaType) for one in tws.all(orders.PlaceOrder)]
    assert told == [("papertape-3-1", 1)] * 2 + [("papertape-3-3", 3), ("mine", 1)]
    assert len(tws.all(orders.ReqGlobalCancel)) == 1 and cheap.ocaGroup == ""


def test_a_what_if_is_no_order() -> None:
    tws = Memory()
    state = OrderState(
        status="PreSubmitted", initMarginBefore=Decimal("1.5"), initMarginChange=Decimal(2),
        marginCurrency="USD", minCommissionAndFees=0.5, maxCommissionAndFees=1.0,
        commissionAndFeesCurrency="EUR", warningText="careful",
    )  # fmt: skip

    def answer(message: orders.PlaceOrder) -> list[Message]:
        echo = reports.OpenOrder(message.orderId, message.contract, message.order, state)
        echo.order.clientId = 1
        other = reports.OpenOrder(message.orderId, message.contract, Order(clientId=9), state)
        return [other, echo]

    tws.answers[orders.PlaceOrder] = answer

    async def main() -> None:
        async with connect() as session:
            found = await session.what_if(AAPL, pt.MarketOrder("BUY", 10, parentId=7))
            assert found.initial.before == pt.Money(Decimal("1.5"), "USD")
            assert found.initial.after is None and found.commission is None
            assert str(found.least_commission) == "0.5 EUR" and found.warning == "careful"
            assert session.trades == ()

    run(tws, main)
    (asked,) = tws.all(orders.PlaceOrder)
    assert (asked.orderId, asked.order.whatIf, asked.order.parentId) == (1, True, 0)


def test_a_what_if_that_is_refused_raises() -> None:
    tws = Memory()

    def refuse(message: orders.PlaceOrder) -> list[Message]:
        tws.tell(201, "Order rejected - reason: no", message.orderId)
        return []

    tws.answers[orders.PlaceOrder] = refuse

    async def main() -> None:
        async with connect() as session:
            with pytest.raises(OrderRejected, match="no"):
                await session.what_if(AAPL, pt.MarketOrder("BUY", 10))

    run(tws, main)


# ---------------------------------------------------------------- at a station


@pytest.fixture(scope="module")
def station() -> Iterator[RunningStation]:
    with serve() as found:
        yield found


def at(station: RunningStation, main: Callable[[pt.Tws], Awaitable[None]]) -> None:
    async def connected() -> None:
        async with pt.connect(station.host, station.port, 1) as tws, asyncio.timeout(HANGS_S):
            await main(tws)

    asyncio.run(connected())


async def last_price(tws: pt.Tws) -> float:
    async with tws.quotes(AAPL) as line:
        async for quote in line:
            if quote.ask is not None:
                return quote.ask
    raise AssertionError


@pytest.mark.network
def test_a_bracket_protects_its_entry_and_ends_as_a_family(station: RunningStation) -> None:
    async def main(tws: pt.Tws) -> None:
        price = await last_price(tws)
        family: Bracket = tws.bracket(
            AAPL,
            pt.MarketOrder("BUY", 10),
            take_profit=round(price * 2),
            stop_loss=round(price / 2),
        )
        await tws.until(family.entry, "Filled")
        await tws.until(family.profit, "Submitted")
        await tws.until(family.stop, "PreSubmitted")
        await tws.cancel_family(family)
        assert [trade.status for trade in family] == ["Filled", "Cancelled", "Cancelled"]

    at(station, main)


@pytest.mark.network
def test_a_bracket_of_an_immediate_entry_works(station: RunningStation) -> None:
    async def main(tws: pt.Tws) -> None:
        price = await last_price(tws)
        entry = pt.LimitOrder("BUY", 5, round(price * 1.01, 2), tif="IOC")
        trail = Order(orderType="TRAIL", trailingPercent=20.0)
        family = tws.bracket(AAPL, entry, take_profit=round(price * 2), stop_loss=trail)
        await tws.until(family.entry, "Filled")
        await tws.until(family.stop, "PreSubmitted")
        await tws.cancel_family(family)
        assert [trade.status for trade in family] == ["Filled", "Cancelled", "Cancelled"]

    at(station, main)


@pytest.mark.network
def test_a_family_that_was_never_transmitted_ends_too(station: RunningStation) -> None:
    async def main(tws: pt.Tws) -> None:
        entry = pt.LimitOrder("BUY", 5, 1.0, transmit=False)
        family = tws.bracket(AAPL, entry, take_profit=2.0, stop_loss=0.5)
        await tws.cancel_family(family)
        assert [trade.status for trade in family] == ["Cancelled"] * 3

    at(station, main)


@pytest.mark.network
def test_a_fill_of_a_group_cancels_the_rest(station: RunningStation) -> None:
    async def main(tws: pt.Tws) -> None:
        group = tws.oca([(AAPL, pt.LimitOrder("BUY", 1, 1.0)), (AAPL, pt.MarketOrder("BUY", 1))])
        cheap, now = group.trades
        await tws.until(now, "Filled")
        await tws.until(cheap, "Cancelled")

    at(station, main)


@pytest.mark.network
def test_an_order_waits_for_its_conditions(station: RunningStation) -> None:
    async def main(tws: pt.Tws) -> None:
        price = await last_price(tws)
        aapl = await tws.qualify(AAPL)
        met = pt.WhenPrice(contract=aapl, above=price / 2)
        never = pt.WhenPrice(contract=aapl, above=price * 2)
        waits = tws.place_order(AAPL, pt.conditional(pt.MarketOrder("BUY", 1), met & never))
        goes = tws.place_order(AAPL, pt.conditional(pt.MarketOrder("BUY", 1), never | met))
        await tws.until(goes, "Filled")
        assert not waits.done and len(waits.order.conditions) == 2
        tws.cancel_all()
        await tws.until(waits, "Cancelled")

    at(station, main)
