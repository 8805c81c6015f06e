"""Facts about the login, of which a plain account has none: the answers have nothing in them."""

from ...model import FamilyCode
from ...wire.catalogue import fa
from ...wire.catalogue import reference as wire
from ..sessions.session import Session
from . import handles
from .services import Services

NO_GROUPS = {1: "ListOfGroups", 2: "ListOfAllocationProfiles", 3: "ListOfAccountAliases"}


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


@handles(fa.RequestFA, partly="advisor logins")
def request_fa(tws: Services, session: Session, message: fa.RequestFA) -> None:
    """321, and an empty list: the request has no id, so that no error ends it in its client."""
    session.error(-1, 321, variant="not_advisor")
    name = NO_GROUPS.get(message.faDataType, NO_GROUPS[1])
    empty = f'<?xml version="1.0" encoding="UTF-8"?><{name}></{name}>'
    session.send(fa.ReceiveFA(message.faDataType, empty))


@handles(fa.ReplaceFA, partly="advisor logins")
def replace_fa(tws: Services, session: Session, message: fa.ReplaceFA) -> None:
    """321: this login is no advisor's."""
    session.error(message.reqId, 321, variant="not_advisor")
