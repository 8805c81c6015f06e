"""exerciseOptions: the request becomes an order that is carried out at the cut-off."""

from typing import Final

from ...venue.commands import SubmitExercise
from ...wire.catalogue import options as wire
from ..present.order_defaults import exercise_echo
from ..sessions.session import Session
from . import handles
from .services import Services

NO_LINK: Final = "No connection to the broker; the request has not been sent"
HIGHEST_ID: Final = (1 << 31) - 2
"""The id of the request becomes an order id."""


@handles(wire.ExerciseOptions)
def exercise_options(tws: Services, session: Session, message: wire.ExerciseOptions) -> None:
    """Exercise an option that the account holds, at 17:30 in New York, or let it lapse.

    10349, then the order (LMT, price 0, PreSubmitted), which ``cancelOrder`` takes back until then.
    322 without an order where an option out of the money is exercised without ``override``; the
    order with 322 and its end where the broker refuses (``Exercises.submit``). The link to the
    broker must be up: such a request is not held.
    """
    assert session.client_id is not None
    if message.reqId > HIGHEST_ID:
        session.error(message.reqId, 10149, orderId=message.reqId)
    elif not tws.link.up:
        session.error(message.reqId, 322, cause=NO_LINK)
    else:
        tws.link.submit(
            SubmitExercise(
                clientId=session.client_id,
                orderId=message.reqId,
                contract=message.contract,
                action=message.exerciseAction,
                quantity=message.exerciseQuantity,
                account=message.account,
                override=message.override == 1,
                order=exercise_echo(
                    message.exerciseQuantity,
                    manualOrderTime=message.manualOrderTime,
                    customerAccount=message.customerAccount,
                    professionalCustomer=message.professionalCustomer,
                ),
            )
        )
