"""The order as the server shows it: the client's record with the server's defaults filled in."""

from decimal import Decimal

import msgspec

from papertape.model import UNSET_INT, Contract, Order

from .instruments import contract_of
from .profile import Profile
from .times import eastern_text
from .units import Nanos
from .validation import Ticket

SHAREHOLDER = "Not an insider or substantial shareholder"


def echo_contract(ticket: Ticket) -> Contract:
    """The contract of openOrder: ``?`` where an instrument has no right, as on the wire."""
    contract = contract_of(ticket.listing.instrument, ticket.listing.exchange, primary=False)
    contract.right = "?"
    contract.strike = 0.0
    return contract


def echo_order(
    order: Order,
    ticket: Ticket,
    profile: Profile,
    *,
    ids: tuple[int, int, int],
    auto_cancel: Nanos | None = None,
) -> Order:
    """A new record with the defaults of a real gateway; the caller's is left alone.

    ``ids`` are (clientId, orderId, permId); ``auto_cancel`` is when a GTC order lapses.
    """
    limit = order.lmtPrice if ticket.limit is not None else 0.0
    return msgspec.structs.replace(
        order,
        clientId=ids[0],
        orderId=ids[1],
        permId=ids[2],
        action=order.action.upper(),
        account=ticket.account,
        tif=ticket.tif,
        lmtPrice=limit,
        auxPrice=order.auxPrice or 0.0,
        trailStopPrice=limit + 1.0 if profile.echo_quirks and limit else order.trailStopPrice,
        ocaType=order.ocaType or 3,
        openClose=order.openClose or "?",
        clearingIntent=order.clearingIntent or "IB",
        deltaNeutralOrderType=order.deltaNeutralOrderType or "None",
        adjustedOrderType=order.adjustedOrderType or "None",
        volatilityType=order.volatilityType or 0,
        referencePriceType=order.referencePriceType or 0,
        displaySize=order.displaySize or UNSET_INT,
        dontUseAutoPriceForHedge=True,
        shareholder=order.shareholder or SHAREHOLDER,
        submitter=order.submitter or profile.user_name,
        usePriceMgmtAlgo=bool(order.usePriceMgmtAlgo),
        seekPriceImprovement=order.seekPriceImprovement or 0,
        filledQuantity=Decimal(0),
        autoCancelDate=eastern_text(auto_cancel) if auto_cancel else "",
    )
