"""What a test is told that fails: by its program, by the station, in a report that can be read."""

import asyncio
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

import papertape
from lanes import ANOTHER, HANGS_S
from papertape import LimitOrder, Stock
from papertape.errors import WorldError
from papertape.testing import RunningStation

pytestmark = pytest.mark.network
SPY = Stock("SPY", "SMART", "USD")


def test_a_condition_is_a_text_or_a_function(tws: RunningStation) -> None:
    tws.pause()
    tws.play("quote SPY 170 x 170.02\n+30s account DU1234567 holds 100 SPY @ 170")
    before = tws.now
    assert tws.run_until("position SPY 100", within=60)
    assert tws.now - before == 30 * 10**9 - 1  # since the world began
    assert tws.run_until(lambda: tws.position("SPY") == 100, within=1)
    assert not tws.run_until("orders 1 BUY", within=1)
    assert tws.run_until(lambda station: bool(station.sessions()) is False, within=1)
    assert tws.outcomes == []  # nothing was decided by asking
    with pytest.raises(WorldError, match="line 1, column 8: 'positoin' is not what is expected"):
        tws.run_until("positoin SPY 100")
    with pytest.raises(WorldError, match="NOSUCH"):
        tws.run_until("position NOSUCH 100")


def test_an_order_that_the_market_has_filled_says_what_keeps_it_from_that(
    tws: RunningStation,
) -> None:
    tws.start("2026-04-10 15:40 US/Eastern")
    tws.market.quote("SPY", 170.08, 170.10, size=300)

    async def main() -> None:
        client = await papertape.connect(tws.host, tws.port, 7)
        trade = client.place_order(SPY, LimitOrder("BUY", 100, 171.0))
        order = await tws.orders.arrives(symbol="SPY")
        await client.until(trade, "Filled")
        with pytest.raises(
            WorldError, match=r"is Filled\. tws\.orders\.hold\(\) before it"
        ) as told:
            order.fill(60)
        assert told.value.__cause__ is None
        await client.disconnect()

    asyncio.run(asyncio.wait_for(main(), HANGS_S))


def test_a_log_for_readers_has_one_line_for_the_values_of_an_account(tws: RunningStation) -> None:
    async def main() -> None:
        client = await papertape.connect(tws.host, tws.port, 7)
        await client.account()
        await client.disconnect()

    asyncio.run(asyncio.wait_for(main(), HANGS_S))
    values = [one for one in tws.wire_log if "AccountValue(" in one]
    shown = [one for one in tws.wire_digest if "AccountValue(" in one]
    assert len(values) > 100 and len(shown) <= 3
    assert f"… {len(values) - 1} more like it, to " in "\n".join(tws.wire_digest)
    assert any("<- " in one and "StartApi" in one for one in tws.wire_digest)


@pytest.mark.process
def test_who_waits_for_a_program_hears_that_it_has_ended(tws: RunningStation) -> None:
    with tws.program([sys.executable, "-c", "raise SystemExit(7)"]) as bot:
        assert bot.wait(HANGS_S) == 7
        with pytest.raises(AssertionError, match=r"no order symbol=SPY .*\n.*\n.*ended with 7"):
            tws.orders.next(symbol="SPY", within=0)
        with pytest.raises(AssertionError, match="ended with 7"):
            tws.requests.next("placeOrder", within=0)


CRASHING = """
import sys

def test_it(tws):
    with tws.program([sys.executable, "-c", "raise SystemExit('no file config.yml')"]) as bot:
        bot.wait(60)
        tws.orders.next(within=0)
"""


@pytest.mark.process
def test_a_failed_test_shows_what_its_program_wrote_and_nothing_of_the_inside(
    tmp_path: Path,
) -> None:
    (tmp_path / "test_it.py").write_text(CRASHING)
    command = [sys.executable, *ANOTHER, "test_it.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "no file config.yml" in run.stdout.partition("output of ")[2], run.stdout
    assert "(ended with 1)" in run.stdout
    assert "concurrent/futures" not in run.stdout


DIP = """
import asyncio, os, papertape

async def main():
    host, port = os.environ["PAPERTAPE_HOST"], int(os.environ["PAPERTAPE_PORT"])
    async with papertape.connect(host, port, 1) as tws:
        spy = papertape.Stock("SPY")
        async with tws.quotes(spy) as line:
            async for quote in line:
                if quote.ask and quote.ask <= 168.30:
                    break
        tws.place_order(spy, papertape.LimitOrder("BUY", 100, quote.ask))
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.process
def test_the_whole_test_of_the_guide_passes_twice(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs/guides/testing.md").read_text("utf-8")
    (whole,) = (
        block for block in re.findall(r"```python\n(.*?)```", guide, re.S) if '"dip.py"' in block
    )
    (tmp_path / "dip.py").write_text(DIP)
    (tmp_path / "test_it.py").write_text(whole)
    command = [sys.executable, *ANOTHER, "test_it.py"]
    for _ in range(2):  # the second compares what was sent with the file
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout
    assert "PlaceOrder(" in (tmp_path / "dip.txt").read_text("utf-8")


def test_an_auction_prints_at_its_time(tws: RunningStation) -> None:
    tws.start("2026-04-10 15:49 US/Eastern")
    tws.pause()
    tws.market.quote("SPY", 170.40, 170.42)
    tws.market.auction("SPY", 170.55, at="16:00", size=500, imbalance=120_000)

    async def main() -> float:
        client = await papertape.connect(tws.host, tws.port, 7)
        trade = client.place_order(
            SPY,
            papertape.Order(action="BUY", totalQuantity=Decimal(10), orderType="MOC", tif="DAY"),
        )
        await tws.orders.arrives(type="MOC")
        assert not tws.run_until("position SPY 10", within=600)
        assert tws.run_until("position SPY 10", within=120)
        await client.until(trade, "Filled")
        await client.disconnect()
        return float(trade.avgFillPrice)

    assert asyncio.run(asyncio.wait_for(main(), HANGS_S)) == 170.55
    with pytest.raises(WorldError, match="'4pm' is no time of the day"):
        tws.market.auction("SPY", 170.55, at="4pm")
