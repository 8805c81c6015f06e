"""Facts about the login, of which a plain account has none: the answers have nothing in them."""

from ...model import FamilyCode
from ...wire.catalogue import reference as wire
from ..sessions.session import Session
from . import handles
from .services import Services


@handles(wire.ReqUserInfo)
def req_user_info(tws: Services, session: Session, message: wire.ReqUserInfo) -> None:
    """No white branding."""
    session.send(wire.UserInfo(message.reqId))


@handles(wire.ReqSoftDollarTiers)
def req_soft_dollar_tiers(
    tws: Services, session: Session, message: wire.ReqSoftDollarTiers
) -> None:
    """No tiers."""
    session.send(wire.SoftDollarTiers(message.reqId))


@handles(wire.ReqFamilyCodes)
def req_family_codes(tws: Services, session: Session, message: wire.ReqFamilyCodes) -> None:
    """Every account, without a family."""
    codes = [FamilyCode(account) for account in tws.queries.accounts()]
    session.send(wire.FamilyCodes(codes))
