"""Contracts: a start with ten thousand of a user's own, and the details of a chain of as many.

A market folder has 10,000 contracts in its ``contracts.csv``: the time from the command to
listening and the memory then, beside a station without them. Then a client asks for the details of
all options of a class, over a socket as text: the time to the first row and to the end. Another
client's orders are timed meanwhile, and alone: from the bytes sent to the first orderStatus.
"""

import asyncio
import statistics
from pathlib import Path

from papertape.model import Contract
from papertape.wire.catalogue.contract import ContractData, ContractDataEnd, ReqContractDetails

from .common import clock, folder, processor_s, resident_mb, show, station
from .services import Guest, felt, orders

OWN, ROUNDS = 10_000, 5
CLASSES = ("SPY", "AAPL", "NVDA", "QQQ", "TSLA", "SPX")
FIRST = 2_130_000_000
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def run() -> None:
    """Measure, print, keep."""
    with folder() as home:
        market = Path(home) / "market"
        market.mkdir()
        (market / "contracts.csv").write_text("symbol,price,conId\n" + "".join(_rows()))
        starts = [_started("no contracts of its own"), _started("10,000", "--market", str(market))]
        head = ("station", "listening after s", "at best", "processor s", "at best", "MB")
        show("Contracts: a start", head, starts, "contracts_start")
    with station() as (port, process):
        asyncio.run(_chains(port, process.pid))


def _rows() -> list[str]:
    """Symbols of four letters and prices, under numbers of their own."""
    return [
        f"{LETTERS[n // 676 % 26]}{LETTERS[n // 26 % 26]}{LETTERS[n % 26]}Z{n // 17_576},"
        f"{n % 97 + 3},{FIRST + n}\n"
        for n in range(OWN)
    ]


def _started(name: str, *options: str) -> list[object]:
    times, used, memory = [], [], 0.0
    for _ in range(ROUNDS):
        began = clock()
        with station(*options) as (_, process):
            times.append(clock() - began)
            used.append(processor_s(process.pid))
            memory = resident_mb(process.pid)
    return [name, statistics.median(times), min(times), statistics.median(used), min(used), memory]


async def _chains(port: int, pid: int) -> None:
    asks, trades = await Guest(1).open(port), await Guest(2).open(port)
    alone = felt("alone", await orders(trades, 1))
    rows: list[list[object]] = []
    told = [[*alone, 0.0]]
    for number, symbol in enumerate(CLASSES, 1):
        # SPX's classes have the chain's size; the others show the rest.
        wanted = Contract(symbol=symbol, secType="OPT", exchange="SMART", currency="USD")
        before = processor_s(pid)
        _, _, count = await asked(asks, wanted, number)
        used = (processor_s(pid) - before) * 10_000 / count
        trading = asyncio.create_task(orders(trades, number * 10_000_000))
        await asyncio.sleep(0.2)
        firsts: list[float] = []
        wholes: list[float] = []
        while not trading.done() or not wholes:
            first, whole, count = await asked(asks, wanted, number)
            firsts.append(first)
            wholes.append(whole)
        row = felt(f"beside {symbol}, again and again", await trading)
        told.append([*row, row[2] - alone[2]])  # type: ignore[operator]
        rows.append([symbol, count, statistics.median(firsts), max(firsts),
                     statistics.median(wholes) / 1e3, max(wholes) / 1e3, used])  # fmt: skip
    asks.close()
    trades.close()
    head = ("options of", "rows", "first row ms, median", "most", "all of them s, median", "most",
            "processor s for 10,000, alone")  # fmt: skip
    show("Contracts: the details of a chain", head, rows, "contracts_chain")
    head = ("orders of another client", "ms, median", "ms, p99", "ms, most", "p99 more than alone")
    show("Contracts: what others feel of it", head, told, "contracts_felt")


async def asked(guest: Guest, wanted: Contract, number: int) -> tuple[float, float, int]:
    """The milliseconds to the first row and to the end, and how many rows there were."""
    began = guest.send(ReqContractDetails(number, wanted))
    first, count = 0.0, 0
    while True:
        at, message = await guest.next()
        if isinstance(message, ContractData):
            count += 1
            first = first or (at - began) * 1e3
        elif isinstance(message, ContractDataEnd):
            return first, (at - began) * 1e3, count
