"""Messages on their way, as a station's feed tells them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from papertape.console.messages.frames import Frame
from papertape.model.contract import Contract
from papertape.model.order import Order
from papertape.wire.catalogue.market import TickPrice
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.connection import encode
from papertape.wire.message import Message

STOCK = Contract(symbol="SPY", secType="STK", exchange="SMART", currency="USD")
LIMIT = Order(
    action="BUY", totalQuantity=Decimal(100), orderType="LMT", lmtPrice=99.5, tif="DAY"
)  # fmt: skip
PLACE = PlaceOrder(orderId=7, contract=STOCK, order=LIMIT)
QUOTE = TickPrice(reqId=3, tickType=1, price=101.25, size=Decimal(200))


@dataclass
class Feed:
    """Makes frames as a station tells them."""

    version: int = 176
    serial: int = 0

    def __call__(self, message: Message, **facts: Any) -> Frame:
        """The message on its way in the right direction."""
        self.serial += 1
        data = encode(message, self.version)
        request = type(message).spec.request
        usual: dict[str, Any] = {
            "number": self.serial, "serial": self.serial, "session": 1, "client_id": 4,
            "time": f"2026-01-05T14:30:{self.serial % 60:02d}.250000Z", "version": self.version,
            "direction": "in" if request else "out", "length": len(data), "hex": data.hex(),
        }  # fmt: skip
        return Frame(**usual | facts)
