"""Constructors of contracts and orders: ``Stock("AAPL")``, ``LimitOrder("BUY", 100, 187.5)``."""

from decimal import Decimal
from typing import TypeVar

from ..model import Contract, Order


def Stock(symbol: str, exchange: str = "SMART", currency: str = "USD") -> Contract:
    """A stock or ETF."""
    return Contract(symbol=symbol, secType="STK", exchange=exchange, currency=currency)


def Forex(pair: str, exchange: str = "IDEALPRO") -> Contract:
    """A currency pair such as ``EURUSD``. Raises ``ValueError`` for any other form."""
    plain = pair.replace(".", "").replace("/", "")
    if len(plain) != 6:
        raise ValueError(f"{pair!r} is not a currency pair such as 'EURUSD'")
    return Contract(symbol=plain[:3], secType="CASH", exchange=exchange, currency=plain[3:])


def Option(
    symbol: str,
    expiry: str,
    strike: float,
    right: str,
    exchange: str = "SMART",
    currency: str = "USD",
    **fields: object,
) -> Contract:
    """An option: ``Option("SPY", "20261218", 680, "C")``. ``expiry`` is ``yyyymmdd``, or ``yyyymm``
    where a search may find several; ``right`` is C or P. Further fields, as ``tradingClass`` or
    ``multiplier``, are those of ``Contract``; raises ``TypeError`` for one that it has not."""
    named = {"lastTradeDateOrContractMonth": expiry, "strike": strike, "right": right}
    return _contract(symbol, "OPT", exchange, currency, named | fields)


def Future(
    symbol: str, expiry: str, exchange: str, currency: str = "USD", **fields: object
) -> Contract:
    """A future: ``Future("ES", "202612", "CME")``. ``expiry`` is ``yyyymm`` or ``yyyymmdd``;
    further fields as of ``Option``."""
    named = {"lastTradeDateOrContractMonth": expiry}
    return _contract(symbol, "FUT", exchange, currency, named | fields)


def Index(symbol: str, exchange: str, currency: str = "USD") -> Contract:
    """An index: ``Index("SPX", "CBOE")``. It has values, and no quotes or orders."""
    return Contract(symbol=symbol, secType="IND", exchange=exchange, currency=currency)


def Crypto(symbol: str, exchange: str = "PAXOS", currency: str = "USD") -> Contract:
    """A crypto currency: ``Crypto("BTC")``."""
    return Contract(symbol=symbol, secType="CRYPTO", exchange=exchange, currency=currency)


def MarketOrder(action: str, quantity: float | Decimal, **fields: object) -> Order:
    """A market order."""
    return _order(action, quantity, {"orderType": "MKT", **fields})


def LimitOrder(action: str, quantity: float | Decimal, price: float, **fields: object) -> Order:
    """A limit order: trades at this price or better."""
    return _order(action, quantity, {"orderType": "LMT", "lmtPrice": price, **fields})


def _contract(
    symbol: str, kind: str, exchange: str, currency: str, fields: dict[str, object]
) -> Contract:
    contract = Contract(symbol=symbol, secType=kind, exchange=exchange, currency=currency)
    return _with(contract, fields)


def _order(action: str, quantity: float | Decimal, fields: dict[str, object]) -> Order:
    order = Order(action=action, totalQuantity=Decimal(str(quantity)), tif="DAY")
    return _with(order, fields)


Record = TypeVar("Record", Contract, Order)


def _with(record: Record, fields: dict[str, object]) -> Record:
    for name, value in fields.items():
        if name not in record.__struct_fields__:
            raise TypeError(f"{type(record).__name__} has no field {name!r}")
        setattr(record, name, value)
    return record
