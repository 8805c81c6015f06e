"""The two option calculators: the answer comes at once, as a tick of the type for them."""

from ...model import Contract
from ...venue.market.calculator import OptionCalculator
from ...venue.reference.instruments import Purpose, Refusal
from ...venue.reference.securities import OptionContract, Warrant
from ...wire.catalogue import options as wire
from ..sessions.session import Session
from . import handles
from .services import Services

CALCULATED, BY_RETURNS = 53, 0
"""The type of such a tick, and its attribute."""
NO_OPTION = "The contract is no option on a contract that is known"


@handles(wire.CalculateImpliedVolatility)
def calculate_implied_volatility(
    tws: Services, session: Session, message: wire.CalculateImpliedVolatility
) -> None:
    """The volatility that explains a price; none in the answer where none does. 322 for what
    cannot be a price."""
    model = _model(tws, session, message.reqId, message.contract)
    if model is None:
        return
    price, spot = message.optionPrice, message.underPrice
    try:
        found = model.volatility(price, spot)
    except (ValueError, OverflowError) as error:
        session.error(message.reqId, 322, cause=str(error))
        return
    session.send(
        wire.TickOptionComputation(
            message.reqId, CALCULATED, BY_RETURNS, found, optPrice=price, undPrice=spot
        )
    )


@handles(wire.CalculateOptionPrice)
def calculate_option_price(
    tws: Services, session: Session, message: wire.CalculateOptionPrice
) -> None:
    """The price at a volatility, and its greeks; 322 for what cannot be one."""
    model = _model(tws, session, message.reqId, message.contract)
    if model is None:
        return
    volatility, spot = message.volatility, message.underPrice
    try:
        found = model.at(volatility, spot)
    except (ValueError, OverflowError) as error:
        session.error(message.reqId, 322, cause=str(error))
        return
    session.send(
        wire.TickOptionComputation(
            message.reqId, CALCULATED, BY_RETURNS, volatility, found.delta, found.value,
            gamma=found.gamma, vega=found.vega, theta=found.theta, undPrice=spot,
        )
    )  # fmt: skip


@handles(wire.CancelCalculateImpliedVolatility)
def cancel_implied_volatility(
    tws: Services, session: Session, message: wire.CancelCalculateImpliedVolatility
) -> None:
    """Silent: the answer has been sent."""


@handles(wire.CancelCalculateOptionPrice)
def cancel_option_price(
    tws: Services, session: Session, message: wire.CancelCalculateOptionPrice
) -> None:
    """Silent: the answer has been sent."""


def _model(
    tws: Services, session: Session, request_id: int, contract: Contract
) -> OptionCalculator | None:
    """The calculator of a contract; None when the request has been refused."""
    found = tws.resolve(contract, Purpose.QUOTES)
    if isinstance(found, Refusal):
        session.refuse(request_id, found)
        return None
    entry = found.instrument
    under = None
    if isinstance(entry, OptionContract) and not isinstance(entry, Warrant):
        under = tws.venue.instruments.get(entry.under)
    if under is None or not isinstance(entry, OptionContract):
        session.error(request_id, 322, cause=NO_OPTION)
        return None
    try:
        return OptionCalculator(entry, under, tws.timing.now)
    except ValueError as error:
        session.error(request_id, 322, cause=str(error))
        return None
