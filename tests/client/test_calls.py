"""The calls of a session over a TWS in memory, with a clock that jumps (S19, S24)."""

import asyncio
import threading
from decimal import Decimal
from typing import Any

import pytest

from client.memory import Memory, quoting, run
from papertape.client.aio import connect
from papertape.client.contracts import LimitOrder, Stock
from papertape.client.streams import Gap, Stale
from papertape.errors import DeadlineExceeded
from papertape.model import Bar, Contract, ContractDetails
from papertape.wire.catalogue import (
    account,
    contract,
    history,
    market,
    orders,
    reports,
    session,
    ticks,
)
from papertape.wire.catalogue.session import NextValidId, StartApi


def test_s19_a_program_reads_from_top_to_bottom() -> None:
    """One coroutine, one thread: each line has its answer before the next one asks."""
    tws = Memory()
    quoting(tws)
    row = contract.ContractData
    tws.answers[contract.ReqContractDetails] = lambda m: [
        row(m.reqId, contractDetails=ContractDetails(longName="SPDR S&P 500")),
        contract.ContractDataEnd(m.reqId),
    ]
    status = ("Filled", Decimal(1), Decimal(0), 10.0, 9, 0, 10.0, 1, "", 0.0)
    tws.answers[orders.PlaceOrder] = lambda m: [reports.OrderStatus(m.orderId, *status)]
    threads = threading.enumerate()

    async def main() -> None:
        async with connect() as session_:
            tws.received.clear()
            assert await session_.current_time() == 1_700_000_000
            (found,) = await session_.contract_details(Stock("SPY"))
            assert found.longName == "SPDR S&P 500"
            async with session_.quotes(Stock("SPY")) as line:
                assert (await line.next()).bid == 10.0
            trade = session_.place_order(Stock("SPY"), LimitOrder("BUY", 1, 10.0))
            assert (await session_.until(trade, "Filled", timeout=5)).filled == 1
            assert threading.enumerate() == threads

    run(tws, main)
    asked = [type(request) for request in tws.received]
    assert asked == [
        session.ReqCurrentTime, contract.ReqContractDetails,
        market.ReqMktData, market.CancelMktData, orders.PlaceOrder,
    ]  # fmt: skip


def test_several_wait_on_one_thing_and_leave_in_any_order() -> None:
    tws = Memory()
    quoting(tws)

    async def main() -> None:
        async with connect() as session_, session_.quotes(Stock("SPY")) as line:
            trade = session_.place_order(Stock("SPY"), LimitOrder("BUY", 1, 1.0))
            with pytest.raises(DeadlineExceeded):
                async with asyncio.timeout(30):
                    first = asyncio.create_task(session_.until(trade, "Submitted", timeout=1))
                    second = asyncio.create_task(session_.until(trade, "Filled", timeout=20))
                    await first
            status = (1, "Filled", Decimal(1), Decimal(0), 1.0, 9, 0, 1.0, 1, "", 0.0)
            tws.send(reports.OrderStatus(*status))
            assert (await second).status == "Filled"
            await line.next()

    run(tws, main)


def test_every_event_of_an_item_line_comes_in_its_order() -> None:
    tws = Memory()
    row = lambda i: account.Position("DU1", Contract(conId=i), Decimal(i), 1.0)  # noqa: E731
    tws.answers[account.ReqPositions] = lambda _: [row(1), row(2), account.PositionEnd()]

    async def main() -> None:
        async with connect() as session_, session_.position_updates() as line:
            await line.complete()
            assert set(line.held) == {("DU1", 1), ("DU1", 2)}
            tws.tell(1100)
            await asyncio.sleep(1)
            tws.tell(1101)
            await asyncio.sleep(1)
            found: list[Any] = []
            async for event in line.events():
                found.append(event)
                if len(found) == 6:
                    break
            kinds = [type(event) for event in found]
            data = account.Position
            assert kinds == [data, data, Stale, Gap, data, data]
            assert found[3].renewed

    run(tws, main)
    assert len(tws.all(account.CancelPositions)) == 1


def test_a_list_does_not_end_the_line_of_the_same_kind() -> None:
    tws = Memory()

    async def main() -> None:
        async with connect() as session_, session_.position_updates() as line:
            await line.complete()
            await session_.positions()
            assert tws.all(account.CancelPositions) == []
            tws.send(account.Position("DU1", Contract(conId=3), Decimal(5), 1.0))
            assert (await line.next()).position == 5

    run(tws, main)
    assert len(tws.all(account.CancelPositions)) == 1


def test_codes_can_be_overridden_on_the_session() -> None:
    tws = Memory()

    async def main() -> None:
        async with connect() as session_:
            session_.override_codes({201: {"severity": "info", "terminal": False}})
            assert session_.codes.lookup(201).severity == "info"
            trade = session_.place_order(Stock("SPY"), LimitOrder("BUY", 1, 1.0))
            tws.tell(201, "only a remark", about=trade.orderId)
            await asyncio.sleep(1)
            assert not trade.done

    run(tws, main)


def test_orders_beyond_the_rate_go_when_there_is_room() -> None:
    tws = Memory()

    async def main() -> None:
        async with connect() as session_:
            for _ in range(100):
                session_.place_order(Stock("SPY"), LimitOrder("BUY", 1, 1.0))
            assert session_.waiting == 100 - 39, "START_API was the first of 40"
            await asyncio.sleep(3)
            assert session_.waiting == 0

    run(tws, main)
    assert [m.orderId for m in tws.all(orders.PlaceOrder)] == list(range(1, 101))


def test_a_session_is_ready_again_as_soon_as_a_silent_server_speaks() -> None:
    tws = Memory()
    tws.answers[session.ReqCurrentTime] = lambda _: []

    async def main() -> None:
        async with connect() as session_:
            await asyncio.sleep(13)
            assert "silent" in session_.not_ready
            asyncio.get_running_loop().call_later(1.0, tws.tell, 2104)
            await session_.ready(timeout=2)

    run(tws, main)


def test_two_accounts_asked_for_at_once_do_not_mix() -> None:
    tws = Memory()
    tws.answers[StartApi] = lambda _: [session.ManagedAccounts("DU1,DU2"), NextValidId(1)]
    value = lambda code: account.AccountValue("Cash", f"of {code}", "USD", code)  # noqa: E731
    tws.answers[account.ReqAccountUpdates] = lambda m: (
        [value(m.acctCode), account.AccountDataEnd(m.acctCode)] if m.subscribe else []
    )

    async def main() -> None:
        async with connect() as session_:
            found = await asyncio.gather(session_.account("DU1"), session_.account("DU2"))
            assert [one.values for one in found] == [
                {("Cash", "USD"): "of DU1"},
                {("Cash", "USD"): "of DU2"},
            ]

    run(tws, main)


def test_lines_of_bars_and_of_account_figures() -> None:
    tws = Memory()
    bar = Bar("20260413 10:00:00", 1.0, 2.0, 0.5, 1.5, Decimal(3), Decimal(1), 2)
    five = lambda m: [ticks.RealTimeBarTick(m.reqId, 1_700_000_000, 1.0, 2.0, 0.5, 1.5)]  # noqa: E731
    tws.answers[ticks.ReqRealTimeBars] = five
    tws.answers[history.ReqHistoricalData] = lambda m: [
        history.HistoricalData(m.reqId, historicalDataBars=[bar]),
        history.HistoricalDataUpdate(m.reqId, bar),
    ]
    figure = account.AccountValue("Cash", "1", "USD", "DU1")
    tws.answers[account.ReqAccountUpdates] = lambda m: [figure] if m.subscribe else []

    async def main() -> None:
        async with connect() as session_:
            async with session_.real_time_bars(Stock("SPY")) as fives:
                assert (await fives.next()).time == 1_700_000_000
            async with session_.bars(Stock("SPY")) as bars:
                assert [(await bars.next()).close for _ in range(2)] == [1.5, 1.5]
            async with session_.account_updates() as figures:
                assert await figures.next() == figure

    run(tws, main)
    cancels = [ticks.CancelRealTimeBars, history.CancelHistoricalData]
    assert [len(tws.all(kind)) for kind in cancels] == [1, 1]
    assert [m.subscribe for m in tws.all(account.ReqAccountUpdates)] == [True, False]
