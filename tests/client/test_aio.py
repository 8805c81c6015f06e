"""The asyncio driver over a TWS in memory, with a clock that jumps (S19, S24, S29, S32)."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from client.memory import Memory, quoting, run
from papertape.client.aio import connect
from papertape.client.contracts import LimitOrder, Stock
from papertape.client.settings import Backoff, ClientSettings
from papertape.errors import (
    ClientIdInUse,
    ConnectionFailed,
    ConnectionLost,
    DeadlineExceeded,
    NotConnected,
    NotReady,
)
from papertape.model import Contract
from papertape.wire.catalogue import account, market, orders, session
from papertape.wire.catalogue.session import NextValidId, StartApi

AGAIN = ClientSettings(reconnect=Backoff(first_s=1.0))


# ---------------------------------------------------------------- connect


def test_s29_connect_gives_a_session_and_its_report() -> None:
    tws = Memory(version=176)

    async def main() -> None:
        async with connect(client_id=5) as session_:
            report = session_.report
            assert (report.serverVersion, report.accounts, report.nextValidId) == (176, ("DU1",), 1)
            assert report.connectionTime == "20260413 21:27:03 EST"
            assert report.missing == () and set(report.came) == {
                "version",
                "managedAccounts",
                "nextValidId",
            }
            assert await session_.current_time() == 1_700_000_000

    run(tws, main)
    assert tws.all(StartApi) == [StartApi(5)]
    assert tws.dialed == [(1000.0, "127.0.0.1", 7497)]


def failing(tws: Memory, **more: Any) -> BaseException:
    """How a connect ends that does not succeed, and after which time."""
    caught: list[BaseException] = []

    async def main() -> None:
        with pytest.raises(Exception) as info:  # the caller looks at it
            await connect(timeout=8.0, **more)
        caught.append(info.value)
        info.value.after = asyncio.get_running_loop().time() - 1000.0  # type: ignore[attr-defined]

    run(tws, main)
    return caught[0]


def test_s6_a_refused_connection_is_a_typed_error() -> None:
    tws = Memory()
    tws.reachable = False
    error = failing(tws)
    assert isinstance(error, ConnectionFailed) and "refused" in str(error)


def test_s7_no_answer_at_all_ends_in_time() -> None:
    tws = Memory()
    tws.reachable = None
    error: Any = failing(tws)
    assert isinstance(error, ConnectionFailed) and "no answer in 8 s" in str(error)
    assert error.after == 8.0


def test_a_server_that_says_nothing() -> None:
    tws = Memory()
    tws.greets = False
    error: Any = failing(tws)
    assert isinstance(error, DeadlineExceeded)
    assert "missing: version, managedAccounts, nextValidId" in str(error)
    assert error.report.serverVersion == 0 and error.after == 8.0


def test_s25_a_server_that_waits_for_somebody_to_accept() -> None:
    tws = Memory()
    tws.answers[StartApi] = lambda _: []
    error: Any = failing(tws)
    assert isinstance(error, DeadlineExceeded) and error.report.serverVersion == 226
    assert "accept" in error.__notes__[0]


def test_s30_a_client_id_in_use() -> None:
    tws = Memory()
    tws.answers[StartApi] = lambda _: [session.ErrorMessage(-1, 0, 326, "in use")]
    assert isinstance(failing(tws), ClientIdInUse)


def test_s30_a_server_that_hangs_up_during_the_handshake() -> None:
    tws = Memory()

    def hang_up(_: Any) -> list[Any]:
        tws.restart()
        return []

    tws.answers[StartApi] = hang_up
    assert isinstance(failing(tws), ConnectionLost)


def test_what_is_not_required_is_only_reported() -> None:
    tws = Memory()
    tws.answers[StartApi] = lambda _: [NextValidId(4)]
    settings = ClientSettings(require=("nextValidId",))

    async def main() -> None:
        async with connect(timeout=3.0, settings=settings) as session_:
            assert session_.report.missing == ("managedAccounts",)
            with pytest.raises(NotReady, match="managedAccounts"):
                session_.place_order(Stock("SPY"), LimitOrder("BUY", 1, 1.0))

    run(tws, main)
    assert tws.all(orders.PlaceOrder) == []


def test_what_connect_fetches_is_told_one_by_one() -> None:
    tws = Memory()
    position = account.Position("DU1", Contract(conId=3), Decimal(5), 1.0)
    tws.answers[account.ReqPositions] = lambda _: [position, account.PositionEnd()]
    tws.answers[orders.ReqExecutions] = lambda m: [
        session.ErrorMessage(m.reqId, 0, 321, "Error validating request.-'b7' : cause - no")
    ]
    settings = ClientSettings(fetch=("positions", "executions", "openOrders", "account"))

    async def main() -> None:
        async with connect(timeout=6.0, settings=settings) as session_:
            report = session_.report
            states = {name: one.state for name, one in report.fetched.items()}
            assert states == {
                "positions": "came",
                "executions": "refused",
                "openOrders": "came",
                "account": "missing",
            }
            assert report.missing == ("executions", "account")
            assert report.fetched["positions"].items == [position]
            assert "cause - no" in str(report.fetched["executions"].error)

    run(tws, main)
    assert tws.all(account.CancelPositions) and not tws.all(account.ReqAccountUpdates)[-1].subscribe


def test_a_fetch_may_be_required() -> None:
    tws = Memory()
    settings = ClientSettings(fetch=("account",), require=("nextValidId", "account"))
    error: Any = failing(tws, settings=settings)
    assert isinstance(error, DeadlineExceeded) and "missing: account" in str(error)
    assert error.report.accounts == ("DU1",)


# ---------------------------------------------------------------- living with interruptions


def test_s32_a_restart_is_survived() -> None:
    """Streams go on with one gap, questions are asked again, orders wait for the comparison."""
    tws = Memory()
    quoting(tws)
    seen: list[Any] = []

    async def watch(line: Any) -> None:
        async for event in line.events():
            seen.append(type(event).__name__)  # noqa: PERF401  # it is cancelled

    async def main() -> None:
        async with connect(settings=AGAIN) as session_, session_.quotes(Stock("SPY")) as line:
            await line.next()
            watching = asyncio.create_task(watch(line))
            await asyncio.sleep(1)
            tws.reachable = False
            tws.restart(ConnectionResetError(104, "Connection reset by peer"))
            await asyncio.sleep(1)
            assert not session_.connected and session_.lost is None
            assert "reset by peer" in line.stale
            with pytest.raises(NotReady, match="refused"):
                session_.place_order(Stock("SPY"), LimitOrder("BUY", 1, 1.0))
            asked = asyncio.create_task(session_.positions(timeout=300))
            await asyncio.sleep(100)
            tws.reachable = True
            await session_.ready(timeout=120)
            assert await asked == []
            assert line.stale == "" and len(line.gaps) == 1
            assert session_.place_order(Stock("SPY"), LimitOrder("BUY", 1, 1.0)).orderId == 1
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    run(tws, main)
    assert seen == ["Stale", "Gap", "QuoteStream"]
    pauses = [b - a for (a, *_), (b, *_) in zip(tws.dialed[1:], tws.dialed[2:], strict=False)]
    assert len(pauses) >= 5 and pauses[3] > pauses[0] and max(pauses) <= 60.0


def test_a_frozen_server_is_found_left_and_met_again() -> None:
    """SIGSTOP on the other side: the socket stays open and nothing comes any more."""
    tws = Memory()
    quoting(tws)

    async def main() -> None:
        async with connect(settings=AGAIN) as session_, session_.quotes(Stock("SPY")) as line:
            await line.next()
            tws.frozen = True
            await asyncio.sleep(31)
            assert not session_.connected, "found within three heartbeats"
            tws.frozen = False
            await session_.ready(timeout=60)
            assert await line.next() and len(line.gaps) == 1

    run(tws, main)


def test_disconnecting_from_a_frozen_server_does_not_take_for_ever() -> None:
    tws = Memory()

    async def main() -> None:
        session_ = await connect()
        tws.frozen = True
        began = asyncio.get_running_loop().time()
        await session_.disconnect()
        assert asyncio.get_running_loop().time() - began <= 1.0

    run(tws, main)


def test_disconnecting_while_it_connects_again_leaves_nothing() -> None:
    tws = Memory()

    async def main() -> None:
        session_ = await connect(settings=AGAIN)
        tws.reachable = None
        tws.restart()
        await asyncio.sleep(2)
        await session_.disconnect()
        with pytest.raises(NotConnected):
            session_.place_order(Stock("SPY"), LimitOrder("BUY", 1, 1.0))
        with pytest.raises(ConnectionLost, match="by this program"):
            await session_.ready()

    run(tws, main)


def test_a_new_connection_that_never_becomes_ready_is_tried_again() -> None:
    tws = Memory()

    async def main() -> None:
        async with connect(settings=AGAIN, timeout=5.0) as session_:
            tws.greets = False
            tws.restart()
            await asyncio.sleep(20)
            assert session_.not_ready != ""
            tws.greets = True
            await session_.ready(timeout=60)

    run(tws, main)
    assert len(tws.dialed) >= 3


def test_s32_without_reconnect_everyone_who_waits_learns_it() -> None:
    tws = Memory()
    tws.answers[market.ReqMktData] = lambda _: []
    tws.answers[account.ReqPositions] = lambda _: []

    async def main() -> None:
        async with connect() as session_, session_.quotes(Stock("SPY")) as line:
            trade = session_.place_order(Stock("SPY"), LimitOrder("BUY", 1, 1.0))
            waiting = [
                asyncio.create_task(one)
                for one in (line.next(), session_.positions(), session_.until(trade, "Filled"))
            ]
            await asyncio.sleep(1)
            tws.restart()
            found = await asyncio.gather(*waiting, return_exceptions=True)
            assert [type(one) for one in found] == [ConnectionLost] * 3
            assert isinstance(session_.lost, ConnectionLost)

    run(tws, main)
