"""The two option calculators: the answer comes at once, as a tick of the type for them."""

from collections.abc import Callable

from ...venue.market.calculator import OptionCalculator
from ...venue.reference.instruments import Purpose, Refusal
from ...wire.catalogue import options as wire
from ..market_data.computations import calculator_of
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
    price, spot = message.optionPrice, message.underPrice

    def answer(model: OptionCalculator) -> wire.TickOptionComputation:
        found = model.volatility(price, spot)
        return wire.TickOptionComputation(
            message.reqId, CALCULATED, BY_RETURNS, found, optPrice=price, undPrice=spot
        )

    _calculate(tws, session, message, answer)


@handles(wire.CalculateOptionPrice)
def calculate_option_price(
    tws: Services, session: Session, message: wire.CalculateOptionPrice
) -> None:
    """The price at a volatility, and its greeks; 322 for what cannot be one."""
    volatility, spot = message.volatility, message.underPrice

    def answer(model: OptionCalculator) -> wire.TickOptionComputation:
        found = model.at(volatility, spot)
        return wire.TickOptionComputation(
            message.reqId, CALCULATED, BY_RETURNS, volatility, found.delta, found.value,
            gamma=found.gamma, vega=found.vega, theta=found.theta, undPrice=spot,
        )  # fmt: skip

    _calculate(tws, session, message, answer)


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


def _calculate(
    tws: Services,
    session: Session,
    message: wire.CalculateImpliedVolatility | wire.CalculateOptionPrice,
    answer: Callable[[OptionCalculator], wire.TickOptionComputation],
) -> None:
    """Send what the model of the contract answers, or the refusal of the contract or a number."""
    found = tws.resolve(message.contract, Purpose.QUOTES)
    if isinstance(found, Refusal):
        session.refuse(message.reqId, found)
        return
    try:
        model = calculator_of(found.instrument, tws.venue.instruments, tws.timing.now)
        if model is None:
            raise ValueError(NO_OPTION)
        session.send(answer(model))
    except (ValueError, OverflowError) as error:
        session.error(message.reqId, 322, cause=str(error))
