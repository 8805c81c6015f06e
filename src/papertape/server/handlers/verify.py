"""Identity checks of programs of IB's partners: a station knows none, so every check fails."""

from typing import Final

from ...wire.catalogue import verify as wire
from ..sessions.session import Session
from . import handles
from .services import Services

UNKNOWN: Final = "The program is not known to this login"
NONE_PENDING: Final = "No verification is pending"


@handles(wire.VerifyRequest)
def verify_request(tws: Services, session: Session, message: wire.VerifyRequest) -> None:
    """The check has failed: the program is not known."""
    session.send(wire.VerifyCompleted(False, UNKNOWN))


@handles(wire.VerifyMessage)
def verify_message(tws: Services, session: Session, message: wire.VerifyMessage) -> None:
    """The check has failed: nothing was asked that this could answer."""
    session.send(wire.VerifyCompleted(False, NONE_PENDING))


@handles(wire.VerifyAndAuthRequest)
def verify_and_auth_request(
    tws: Services, session: Session, message: wire.VerifyAndAuthRequest
) -> None:
    """The check has failed: the program is not known."""
    session.send(wire.VerifyAndAuthCompleted(False, UNKNOWN))


@handles(wire.VerifyAndAuthMessage)
def verify_and_auth_message(
    tws: Services, session: Session, message: wire.VerifyAndAuthMessage
) -> None:
    """The check has failed: nothing was asked that this could answer."""
    session.send(wire.VerifyAndAuthCompleted(False, NONE_PENDING))
