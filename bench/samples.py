"""The messages that are measured: what a server sends for an ordinary stock, at any version."""

from decimal import Decimal
from random import Random

from papertape.model import Bar, Contract, ContractDetails, Order, OrderState, TagValue
from papertape.model.market import HistoricalTickLast
from papertape.versions import HISTORY_END_MESSAGE
from papertape.wire.catalogue.contract import ContractData, ContractDataEnd
from papertape.wire.catalogue.history import HistoricalData, HistoricalDataEnd
from papertape.wire.catalogue.market import TickPrice, TickSize
from papertape.wire.catalogue.reports import OpenOrder, OpenOrdersEnd
from papertape.wire.catalogue.ticks import TickByTickData
from papertape.wire.connection import encode
from papertape.wire.message import Message

STOCK = Contract(
    conId=756733, symbol="SPY", secType="STK", strike=0.0, right="?", exchange="SMART",
    primaryExchange="ARCA", currency="USD", localSymbol="SPY", tradingClass="SPY",
)  # fmt: skip
_VENUES = (
    "SMART,AMEX,NYSE,CBOE,PHLX,ISE,CHX,ARCA,NASDAQ,DRCTEDGE,BEX,BATS,EDGEA,BYX,IEX,EDGX,"
    "FOXRIVER,PEARL,NYSENAT,LTSE,MEMX,IBEOS,OVERNIGHT,PSX"
)
_HOURS = ";".join(f"202611{day}:0400-202611{day}:2000" for day in range(23, 29))
_ORDER_TYPES = (
    "ACTIVETIM,AD,ADJUST,ALERT,ALGO,ALLOC,AON,AVGCOST,BASKET,BENCHPX,CASHQTY,COND,CONDORDER,"
    "DARKONLY,DARKPOLL,DAY,DEACT,DEACTDIS,DEACTEOD,DIS,DUR,GAT,GTC,GTD,GTT,HID,IBKRATS,ICE,IMB,"
    "IOC,LIT,LMT,LOC,MIDPX,MIT,MKT,MOC,MTL,NGCOMB,NODARK,NONALGO,OCA,OPG,OPGREROUT,PEGBENCH,"
    "PEGMID,POSTATS,POSTONLY,PREOPGRTH,REL,RPI,RTH,SCALE,SNAPMID,SNAPMKT,STP,STPLMT,SWEEP,TRAIL,"
    "TRAILLIT,TRAILLMT,TRAILMIT,WHATIF"
)
DETAILS = ContractDetails(
    marketName="SPY", minTick=0.01, orderTypes=_ORDER_TYPES, validExchanges=_VENUES,
    priceMagnifier=1, longName="SS SPDR S&P 500 ETF TRUST-US", timeZoneId="US/Eastern",
    tradingHours=_HOURS, liquidHours=_HOURS, secIdList=[TagValue("ISIN", "US78462F1030")],
    aggGroup=1, marketRuleIds=",".join(["26"] * 24), stockType="ETF", minSize=Decimal("0.0001"),
    sizeIncrement=Decimal("0.0001"), suggestedSizeIncrement=Decimal(100),
)  # fmt: skip


def order(number: int) -> Order:
    """A working limit order as the server tells it."""
    return Order(
        clientId=1, orderId=number, permId=1_000_000_000 + number, action="BUY",
        totalQuantity=Decimal(100), displaySize=None, orderType="LMT", lmtPrice=168.25,
        auxPrice=0.0, tif="DAY", account="DU1234567", clearingIntent="IB", ocaType=3,
        volatilityType=0, referencePriceType=0, deltaNeutralOrderType="None", openClose="?",
        adjustedOrderType="None", dontUseAutoPriceForHedge=True, filledQuantity=Decimal(0),
        shareholder="Not an insider or substantial shareholder", usePriceMgmtAlgo=False,
    )  # fmt: skip


def tick_prices(number: int, count: int) -> list[Message]:
    """Quotes whose price and size change all the time."""
    return [
        TickPrice(number, 1 + i % 2, 168 + i % 50 / 100, Decimal(100 + i % 30 * 100), 1)
        for i in range(count)
    ]


def tick_sizes(number: int, count: int) -> list[Message]:
    """Sizes of bid and ask."""
    return [TickSize(number, 3 * (i % 2), Decimal(100 + i % 30 * 100)) for i in range(count)]


def trades(number: int, count: int) -> list[Message]:
    """Every trade, tick by tick."""
    return [
        TickByTickData(
            number, 2,
            HistoricalTickLast(1795000000 + i // 7, price=168 + i % 50 / 100,
                               size=Decimal(1 + i % 30), exchange="ARCA"),
        )
        for i in range(count)
    ]  # fmt: skip


def open_orders(count: int) -> list[Message]:
    """The working orders, and the end."""
    state = OrderState(status="Submitted")
    orders = [OpenOrder(i, STOCK, order(i), state) for i in range(1, count + 1)]
    return [*orders, OpenOrdersEnd()]


def details(number: int, count: int) -> list[Message]:
    """The contracts that fit, and the end."""
    return [*[ContractData(number, STOCK, DETAILS)] * count, ContractDataEnd(number)]


def history(number: int, count: int, version: int) -> list[Message]:
    """One answer of that many minutes, and its end where that is a message of its own."""
    random = Random(1)
    price, bars = 168.0, list[Bar]()
    for i in range(count):
        price = round(price + random.randint(-4, 4) / 100, 2)
        bars.append(_bar(i, price, random))
    span = ("20261122 00:00:00 US/Eastern", "20261128 23:59:00 US/Eastern")
    answer: list[Message] = [HistoricalData(number, bars, *span)]
    if version >= HISTORY_END_MESSAGE:
        answer.append(HistoricalDataEnd(number, *span))
    return answer


def _bar(i: int, start: float, random: Random) -> Bar:
    """A minute of an ordinary walk: prices in cents, volumes that hardly ever repeat."""
    date = f"202611{22 + i // 1440:02} {i // 60 % 24:02}:{i % 60:02}:00 US/Eastern"
    high, low = start + random.randint(0, 9) / 100, start - random.randint(0, 9) / 100
    close = round(random.choice((high, low, start)), 2)
    wap = Decimal(f"{(high + low + close) / 3:.3f}")
    volume = Decimal(random.randint(1000, 90_000))
    count = random.randint(20, 400)
    return Bar(date, start, round(high, 2), round(low, 2), close, volume, wap, count)


def frames(messages: list[Message], version: int) -> bytes:
    """The messages as they travel."""
    return b"".join(encode(message, version) for message in messages)
