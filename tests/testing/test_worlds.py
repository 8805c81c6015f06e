"""Worlds in a test: the fixture plays them, a program is steered and asked what it sent."""

import asyncio
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

import papertape
from lanes import ANOTHER, HANGS_S
from papertape import LimitOrder, Stock
from papertape.errors import WorldError
from papertape.testing import RunningStation, serve

pytestmark = pytest.mark.network
SPY = Stock("SPY", "SMART", "USD")


def test_a_world_founds_the_station_and_is_played(tws: RunningStation) -> None:
    tws.pause()
    tws.play("start 2026-04-10 15:40 US/Eastern\naccount DU1000001 cash 25,000 USD")
    port = tws.port

    async def main() -> list[str]:
        client = await papertape.connect(tws.host, tws.port, 1)
        accounts = list(client.report.accounts)
        await client.disconnect()
        return accounts

    assert asyncio.run(main()) == ["DU1000001"] == [tws.account]
    assert tws.port == port
    with pytest.raises(WorldError, match=r"line 1, column 1: 'start .* founds a station"):
        tws.play("start 2026-04-10 15:40")


def test_a_name_that_no_request_has_is_no_nought(tws: RunningStation) -> None:
    with pytest.raises(WorldError, match="Did you mean placeOrder"):
        tws.requests.count("PlaceOrdr")
    with pytest.raises(WorldError, match="Did you mean symbol"):
        tws.requests.count("reqMktData", contract__symbl="SPY")
    with pytest.raises(WorldError, match="no request"):
        tws.expect("no requests cancelOrdr")


def test_a_fill_is_corrected_and_busted(tws: RunningStation) -> None:
    tws.start("2026-04-10 15:40 US/Eastern")
    tws.pause()
    tws.market.quote("SPY", 170.08, 170.10, size=300)
    tws.orders.hold(symbol="SPY")

    async def main() -> None:
        client = await papertape.connect(tws.host, tws.port, 7)
        trade = client.place_order(SPY, LimitOrder("BUY", 100, 171.0))
        order = await tws.orders.arrives(symbol="SPY")
        order.fill(60, at="168.30")
        order.fill(40, at=168.31)
        order.correct(39, at=168.29)
        order.correct(at=168.20, fill=1)
        with pytest.raises(WorldError, match="2 executions"):
            order.correct(1, fill=3)
        assert (tws.position("SPY"), order.filled) == (99, 99)
        order.bust(fill=1)
        assert tws.position("SPY") == 39
        async with asyncio.timeout(HANGS_S):
            while len(trade.fills) < 4 or not trade.charged:
                await asyncio.sleep(0.01)
        told = [
            (e.execId[-2:], e.shares, e.price) for e in (f.execution for f in trade.fills.values())
        ]
        assert [(f.execution.shares, f.execution.price) for f in trade.standing] == [
            (60, 168.2), (39, 168.29)]  # fmt: skip
        assert round(trade.commission, 6) == round(1.00018 + 0.000117, 6)
        assert told == [
            ("01", 60, 168.3),
            ("01", 40, 168.31),
            ("02", 39, 168.29),
            ("02", 60, 168.2),
        ]
        await client.disconnect()

    asyncio.run(main())


def test_companies_act_on_what_is_held(tws: RunningStation) -> None:
    tws.start("2026-04-10 15:40 US/Eastern")
    tws.pause()
    tws.market.quote("AAPL", 100, 100)
    tws.market.quote("MSFT", 400, 400)
    tws.cash(0)
    tws.hold("AAPL", 40, 100)
    tws.companies.dividend("AAPL", "0.25")
    assert tws.run_until("cash 10 USD", within=1)
    tws.companies.spin_off("AAPL", "MSFT", new=1, old=4, cost=12.5)
    tws.companies.rename("AAPL", "APLX")
    tws.companies.split("APLX", 2, 1)
    assert (tws.position("AAPL"), tws.position("APLX"), tws.position("MSFT")) == (80, 80, 10)
    tws.companies.merger("APLX", "MSFT", new=1, old=8, cash="0.5")
    assert (tws.position("AAPL"), tws.position("MSFT")) == (0, 20)
    assert tws.run_until("cash 50 USD", within=1)
    with pytest.raises(WorldError, match="another company"):
        tws.companies.spin_off("MSFT", "AAPL", new=1, old=1, cost=1)
    with pytest.raises(WorldError, match="at most a million"):
        tws.companies.dividend("MSFT", 2_000_000)


def test_values_of_requests_are_compared_with_all_of_their_digits(tws: RunningStation) -> None:
    async def main() -> None:
        async with papertape.connect(tws.host, tws.port, 7) as client:
            trade = client.place_order(SPY, LimitOrder("BUY", 100, 171.00001))  # between two steps
            async with asyncio.timeout(HANGS_S):
                while not trade.done:
                    await asyncio.sleep(0.01)

    asyncio.run(main())
    for limit, count in ((171.00001, 1), (171, 0), (171.00002, 0), (Decimal("171.00001"), 1)):
        assert tws.requests.count("placeOrder", order__lmtPrice=limit) == count, limit


def test_a_program_is_steered_and_asked_what_it_sent(tws: RunningStation, tmp_path: Path) -> None:
    tws.start("2026-04-10 15:40 US/Eastern")
    tws.pause()
    tws.market.quote("SPY", 170.08, 170.10, size=300)
    tws.orders.hold(symbol="SPY")

    async def main() -> None:
        client = await papertape.connect(tws.host, tws.port, 7)
        trade = client.place_order(SPY, LimitOrder("BUY", 100, 171.0))
        order = await tws.orders.arrives(symbol="SPY")
        assert (await tws.requests.arrives("placeOrder")).client == 7
        assert (order.client, order.filled, order.status) == (7, 0, "Submitted")
        order.fill(60, at="168.30")
        tws.advance(2)
        order.fill(at=168.31)
        async with asyncio.timeout(HANGS_S):
            while not trade.done:
                await asyncio.sleep(0.01)
        assert trade.filled == 100
        await client.disconnect()

    asyncio.run(main())
    assert tws.requests.count("placeOrder", order__action="BUY", contract__symbol="SPY") == 1
    assert tws.requests.next("PlaceOrder").client == 7
    assert tws.position("SPY") == Decimal(100)
    with pytest.raises(AssertionError, match="no order symbol=GME within 0 s\n  came    BUY 100"):
        tws.orders.next(symbol="GME", within=0)
    with pytest.raises(AssertionError, match="no cancelOrder within 0 s"):
        tws.requests.next("cancelOrder", within=0)
    assert any("PlaceOrder" in line for line in tws.wire_log)
    file = tmp_path / "sent.txt"
    tws.requests.same_as(file)
    tws.requests.same_as(file)
    assert "client 7  PlaceOrder(orderId=1, contract=Contract(symbol='SPY'" in file.read_text()
    file.write_text(file.read_text().replace("'BUY'", "'SELL'"))
    with pytest.raises(AssertionError, match="the program sent something else") as differs:
        tws.requests.same_as(file)
    assert any(line.startswith("+client 7  PlaceOrder") for line in str(differs.value).splitlines())


FAILING = """
def test_it(tws):
    tws.play('''
        quote SPY 170 x 170.02
        expect order BUY 100 SPY
    ''')
    import socket
    with socket.create_connection((tws.host, tws.port)) as s:
        s.sendall(b"API\\0\\0\\0\\0\\x09v100..176")
        s.recv(100)
        s.sendall(b"\\0\\0\\0\\x08" + b"71\\x002\\x001\\0\\0")
        s.recv(100)
"""


@pytest.mark.process
def test_a_failed_expectation_fails_the_test_with_a_diff_and_the_messages(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(FAILING)
    command = [sys.executable, *ANOTHER, "test_it.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    told = run.stdout
    for line in (
        "line 3: expect order BUY 100 SPY", "wanted  BUY 100 SPY", "came    nothing",
        "messages of station 1", "<- StartApi(clientId=1)", "1 failed",
    ):  # fmt: skip
        assert line in told, told


def test_without_pytest_a_world_is_checked_by_name() -> None:
    with serve() as tws:
        tws.play("expect orders 1")
        with pytest.raises(AssertionError, match="wanted  1 order"):
            tws.check()


def test_a_halved_clock_and_run_until(tws: RunningStation) -> None:
    tws.pause()
    tws.play("quote SPY 170 x 170.02\n+30s quote SPY 160 x 160.02")
    before = tws.now
    assert tws.run_until(
        lambda station: station.market.quote(756733, station.now).bid == 1_600_000, within=60
    )
    assert tws.now - before == 30 * 10**9
    assert not tws.run_until(lambda station: False, within=5)


BOT = """
import os, socket, time
s = socket.create_connection((os.environ["PAPERTAPE_HOST"], int(os.environ["PAPERTAPE_PORT"])))
s.sendall(b"API\\0\\0\\0\\0\\x09v100..176")
print(len(s.recv(100)) > 10, flush=True)
time.sleep(600)
"""


@pytest.mark.process
def test_a_program_finds_the_station_and_is_ended(tws: RunningStation, tmp_path: Path) -> None:
    script = tmp_path / "bot.py"
    script.write_text(BOT)
    with tws.program([sys.executable, str(script)]) as bot:
        while "True" not in bot.output:
            assert bot.poll() is None
        assert bot.poll() is None
    assert bot.poll() is not None
