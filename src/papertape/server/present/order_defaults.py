"""The order as TWS shows it: the client's record with TWS's defaults filled in.

The venue keeps the client's record as text and what counts of it in units; here both become one
record again. A new one is made each time it is told, and nobody may change it.
"""

from decimal import Decimal
from typing import Any

import msgspec

from ...model import Contract, DeltaNeutralContract, Order
from ...venue.broker.orders import LiveOrder
from ...venue.broker.pegging import TO_BEST, TO_STOCK
from ...venue.broker.price_terms import UP_TO_MIDDLE
from ...venue.broker.profile import Profile
from ...venue.broker.terms import OVERNIGHT_DAY
from ...venue.commands import TWS_USER
from ...venue.facts import Terms
from ...venue.reference.combinations import combination_contract
from ...venue.reference.instruments import Instrument, Instruments, contract_of
from ...venue.reference.securities import Combination
from ...venue.units import RATE_SCALE, price_float, size_decimal
from .order_times import times_shown

SHAREHOLDER = "Not an insider or substantial shareholder"
MIN_COMPETE_SIZE, COMPETE_OFFSET = 100, 0.02

_record = msgspec.json.Decoder(Order).decode


def echo_contract(entry: Instrument, terms: Terms, instruments: Instruments) -> Contract:
    """The contract of openOrder."""
    if isinstance(entry, Combination):
        contract, hedge = combination_contract(entry, terms.exchange, legs=True), terms.extras.delta
        if hedge is not None and hedge.delta is not None:
            price = price_float(hedge.price, instruments[hedge.conId].scale)
            neutral = DeltaNeutralContract(hedge.conId, hedge.delta / RATE_SCALE, price)
            contract = msgspec.structs.replace(contract, deltaNeutralContract=neutral)
        return contract
    return contract_of(entry, terms.exchange, primary=False)


def echo_order(order: LiveOrder, entry: Instrument, profile: Profile) -> Order:
    """The order's record with the defaults of a real gateway, as captured."""
    terms = order.terms
    extras, stop = terms.extras, order.stop
    given = _record(terms.text)
    unbound = order.clientId == TWS_USER
    # Of a peg, the cap, of a scale order its first price: a client that sends back what it is
    # shown must not fix the price.
    moves = extras.peg is not None or extras.components is not None
    units = terms.limit if moves else order.limit
    limit = None if units is None else price_float(units, entry.scale)
    trail, oca = given.trailStopPrice, given.ocaGroup
    if stop is not None:
        trail = price_float(stop, entry.scale)
    elif limit is not None and extras.combo is None:
        trail = limit + 1.0
    peg, offset = extras.peg, given.competeAgainstBestOffset
    competes = terms.orderType == "MKT" and terms.side > 0
    if peg is not None and peg.to == TO_BEST and peg.half is not None:
        offset = UP_TO_MIDDLE  # JSON, which keeps the record, has no such number
    start, reference = given.startingPrice, given.stockRefPrice
    if peg is not None and peg.to == TO_STOCK and peg.start and peg.reference:
        start, reference = (
            price_float(peg.start, entry.scale),
            price_float(peg.reference, entry.scale),
        )
    special = terms.special
    if special is not None and (
        special.begins or special.ends or special.conditions or special.algo is not None
    ):
        given = msgspec.structs.replace(given, **times_shown(given, terms, entry))
    return msgspec.structs.replace(
        given,
        clientId=0 if unbound else order.clientId,
        orderId=0 if unbound else order.orderId,
        permId=order.permId,
        parentId=0 if unbound else given.parentId,
        action="BUY" if terms.side > 0 else "SELL",
        account=terms.account,
        orderType=terms.orderType,
        tif=OVERNIGHT_DAY if terms.overnight else terms.tif,
        outsideRth=given.outsideRth or terms.overnight,
        includeOvernight=given.includeOvernight or terms.overnight,
        lmtPrice=limit if extras.combo is not None else limit or 0.0,
        auxPrice=given.auxPrice or 0.0,
        trailStopPrice=trail,
        minCompeteSize=MIN_COMPETE_SIZE if competes else given.minCompeteSize,
        startingPrice=start,
        stockRefPrice=reference,
        competeAgainstBestOffset=COMPETE_OFFSET if competes else offset,
        totalQuantity=size_decimal(terms.quantity),
        parentPermId=order.parent or extras.made or None,
        ocaGroup=oca or (str(order.parent) if order.parent else ""),
        ocaType=given.ocaType or 3,
        clearingIntent=given.clearingIntent or "IB",
        deltaNeutralOrderType=given.deltaNeutralOrderType or "None",
        adjustedOrderType=given.adjustedOrderType or "None",
        volatilityType=given.volatilityType or 0,
        referencePriceType=given.referencePriceType or 0,
        displaySize=given.displaySize or None,
        dontUseAutoPriceForHedge=True,
        shareholder=given.shareholder or SHAREHOLDER,
        submitter=given.submitter or profile.user_name,
        usePriceMgmtAlgo=bool(given.usePriceMgmtAlgo),
        seekPriceImprovement=given.seekPriceImprovement or 0,
        routeMarketableToBbo=given.routeMarketableToBbo or 0,
        whatIfType=given.whatIfType or (1 if given.whatIf else None),
        filledQuantity=size_decimal(order.filled),
        autoCancelDate="",
    )


def shown_filled(echo: Order) -> Order:
    """A filled order as completedOrder shows it: it has no quantity left."""
    return msgspec.structs.replace(echo, totalQuantity=Decimal(0))


def exercise_echo(quantity: int, **given: str | bool) -> Order:
    """The record of an order that exercises options, as captured, with what was ``given``."""
    size = Decimal(quantity)
    more: dict[str, Any] = given
    return Order(
        totalQuantity=size, minCompeteSize=1, competeAgainstBestOffset=COMPETE_OFFSET, **more
    )
