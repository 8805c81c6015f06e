"""The two option calculators: the answer comes at once, as a tick of the type for them."""

from collections.abc import Callable

from ...venue.market.calculator import OptionCalculator
from ...venue.reference.instruments import Purpose, Refusal
from ...venue.reference.securities import Instrument, OptionContract, Warrant
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
        session.send(answer(_model(tws, found.instrument)))
    except (ValueError, OverflowError) as error:
        session.error(message.reqId, 322, cause=str(error))


def _model(tws: Services, entry: Instrument) -> OptionCalculator:
    """The calculator of an option. Raises ``ValueError`` for another contract and an expired
    one."""
    if isinstance(entry, OptionContract) and not isinstance(entry, Warrant):
        under = tws.venue.instruments.get(entry.under)
        if under is not None:
            return OptionCalculator(entry, under, tws.timing.now)
    raise ValueError(NO_OPTION)
