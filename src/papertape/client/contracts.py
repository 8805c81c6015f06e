"""Constructors of contracts and orders: ``Stock("AAPL")``, ``LimitOrder("BUY", 100, 187.5)``."""

from decimal import Decimal

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


def MarketOrder(action: str, quantity: float | Decimal, **fields: object) -> Order:
    """A market order."""
    return _order(action, quantity, {"orderType": "MKT", **fields})


def LimitOrder(action: str, quantity: float | Decimal, price: float, **fields: object) -> Order:
    """A limit order: trades at this price or better."""
    return _order(action, quantity, {"orderType": "LMT", "lmtPrice": price, **fields})


def _order(action: str, quantity: float | Decimal, fields: dict[str, object]) -> Order:
    order = Order(action=action, totalQuantity=Decimal(str(quantity)), tif="DAY")
    for name, value in fields.items():
        if name not in Order.__struct_fields__:
            raise TypeError(f"Order has no field {name!r}")
        setattr(order, name, value)
    return order
