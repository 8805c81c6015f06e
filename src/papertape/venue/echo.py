"""The order as the server shows it: the client's record with the server's defaults filled in.

What an order has no use for stays unset; how text fills such a field is the wire's business.
"""

import msgspec

from papertape.model import Contract, Order

from .instruments import contract_of
from .profile import Profile
from .units import SizeUnits, size_decimal
from .validation import OVERNIGHT_DAY, Ticket

SHAREHOLDER = "Not an insider or substantial shareholder"
MIN_COMPETE_SIZE, COMPETE_OFFSET = 100, 0.02
"""What the broker fills in for a market order that buys."""


def echo_contract(ticket: Ticket) -> Contract:
    """The contract of openOrder."""
    return contract_of(ticket.listing.instrument, ticket.listing.exchange, primary=False)


def echo_order(
    order: Order,
    ticket: Ticket,
    profile: Profile,
    *,
    ids: tuple[int, int, int],
    filled: SizeUnits = 0,
) -> Order:
    """A new record with the defaults of a real gateway; the caller's is left alone.

    ``ids`` are (clientId, orderId, permId).
    """
    limit = order.lmtPrice if ticket.limit is not None else None
    competes = limit is None and ticket.side > 0
    return msgspec.structs.replace(
        order,
        clientId=ids[0],
        orderId=ids[1],
        permId=ids[2],
        action=order.action.upper(),
        account=ticket.account,
        tif=OVERNIGHT_DAY if ticket.overnight else ticket.tif,
        outsideRth=order.outsideRth or ticket.overnight,
        includeOvernight=order.includeOvernight or ticket.overnight,
        lmtPrice=limit or 0.0,
        auxPrice=order.auxPrice or 0.0,
        trailStopPrice=order.trailStopPrice if limit is None else limit + 1.0,
        minCompeteSize=MIN_COMPETE_SIZE if competes else order.minCompeteSize,
        competeAgainstBestOffset=COMPETE_OFFSET if competes else order.competeAgainstBestOffset,
        ocaType=order.ocaType or 3,
        clearingIntent=order.clearingIntent or "IB",
        deltaNeutralOrderType=order.deltaNeutralOrderType or "None",
        adjustedOrderType=order.adjustedOrderType or "None",
        volatilityType=order.volatilityType or 0,
        referencePriceType=order.referencePriceType or 0,
        displaySize=order.displaySize or None,
        dontUseAutoPriceForHedge=True,
        shareholder=order.shareholder or SHAREHOLDER,
        submitter=order.submitter or profile.user_name,
        usePriceMgmtAlgo=bool(order.usePriceMgmtAlgo),
        seekPriceImprovement=order.seekPriceImprovement or 0,
        routeMarketableToBbo=order.routeMarketableToBbo or 0,
        whatIfType=order.whatIfType or (1 if order.whatIf else None),
        filledQuantity=size_decimal(filled),
        autoCancelDate="",
    )
