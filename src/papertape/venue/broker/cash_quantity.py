"""Orders that say how much money they spend instead of how much they buy (``cashQty``).

Currency pairs, crypto currencies and funds take them; anything else gets 10244. A crypto currency
is bought at the market by ``cashQty`` alone (10289, 10290 for a size) and sold, or bought with a
limit, by size. The size is what the amount pays for at the limit, or at the touch of now, in whole
units of a currency, in thousandths of a fund and in ten-thousandths of a crypto currency, which is
as fine as sizes are here; 434 where that is nothing, or nobody knows a price. A fund is bought by
money or by shares (427 for neither) and sold by shares (428); its price is that of the close, at
which the size is reckoned again. A size beside the amount is not read: what a client is shown has
both.
"""

from decimal import Decimal
from typing import Final

import msgspec

from papertape.model import Order

from ..exchange.matching import touch
from ..facts import Terms
from ..market.source import Quote
from ..reference.instruments import Instrument, Refusal
from ..units import CASH_SCALE, SIZE_SCALE, CashMicros, PriceUnits, SizeUnits

KINDS = ("CASH", "CRYPTO", "FUND")
LEAST_PART: Final = {"CASH": SIZE_SCALE, "FUND": SIZE_SCALE // 1_000}
"""What sizes are whole multiples of."""
MOST = 10.0**12


def unfit_cash(order: Order, entry: Instrument) -> Refusal | None:
    """Return why an order cannot be by money, or must be; None when it is fit."""
    if entry.secType == "CRYPTO" and order.orderType == "MKT" and order.action.upper() == "BUY":
        if not order.cashQty:
            return Refusal(10290 if order.totalQuantity else 10289)
    elif entry.secType == "FUND":
        if order.action.upper() == "SELL":
            return Refusal(428) if order.cashQty or not order.totalQuantity else None
        if not order.cashQty:
            return None if order.totalQuantity else Refusal(427)
    elif order.cashQty and (entry.secType not in KINDS or entry.secType == "CRYPTO"):
        return Refusal(10244)
    return None if not order.cashQty or 0 < order.cashQty <= MOST else Refusal(10244)


def sized(terms: Terms, order: Order, entry: Instrument, quote: Quote) -> Terms | Refusal:
    """Return the terms with the size that the money of an order pays for; those of an order without
    ``cashQty`` as they are."""
    if not order.cashQty:
        return terms
    price = terms.limit or touch(terms.side, quote)
    if not price:
        return Refusal(434)
    size = size_for(cash_of(order), price, entry)
    return msgspec.structs.replace(terms, quantity=size) if size else Refusal(434)


def cash_of(order: Order) -> CashMicros:
    """Return the money of an order by money; 0 of any other."""
    return int(Decimal(repr(order.cashQty)) * CASH_SCALE) if order.cashQty else 0


def size_for(cash: CashMicros, price: PriceUnits, entry: Instrument) -> SizeUnits:
    """Return what money pays for at a price."""
    size = cash * entry.money_scale * SIZE_SCALE // (price * CASH_SCALE)
    return size - size % LEAST_PART.get(entry.secType, 1)
