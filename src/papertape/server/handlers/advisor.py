"""requestFA and replaceFA: the groups and aliases of an advisor's login."""

from typing import Final

from ...venue.broker.accounts_refused import AccountRefused
from ...venue.broker.advisor import UnknownAccounts
from ...venue.commands import ReplaceAccountAliases, ReplaceAdvisorGroups
from ...wire.catalogue import fa
from ..sessions.session import Session
from . import handles
from .advisor_xml import (
    ALIASES,
    GROUPS,
    HEAD,
    NotReadable,
    aliases_text,
    groups_text,
    read_aliases,
    read_groups,
)
from .services import Services

OF_GROUPS, OF_PROFILES, OF_ALIASES = 1, 2, 3
"""Kinds of data; profiles are groups since server version 177."""
EMPTY: Final = {OF_GROUPS: GROUPS, OF_PROFILES: "ListOfAllocationProfiles", OF_ALIASES: ALIASES}
NO_LINK: Final = "No connection to the broker; the request has not been sent"
DONE: Final = "success"


@handles(fa.RequestFA)
def request_fa(tws: Services, session: Session, message: fa.RequestFA) -> None:
    """The groups (1) or the aliases (3) as XML; profiles (2) are an empty list.

    To another login 321, and an empty list: the request has no id, so that no error ends it in its
    client.
    """
    kind = message.faDataType
    if not tws.queries.advisor():
        session.error(-1, 321, variant="not_advisor")
    elif kind == OF_GROUPS:
        session.send(fa.ReceiveFA(kind, groups_text(tws.queries.groups())))
        return
    elif kind == OF_ALIASES:
        session.send(fa.ReceiveFA(kind, aliases_text(tws.queries.aliases())))
        return
    name = EMPTY.get(kind, GROUPS)
    session.send(fa.ReceiveFA(kind, f"{HEAD}<{name}></{name}>"))


@handles(fa.ReplaceFA)
def replace_fa(tws: Services, session: Session, message: fa.ReplaceFA) -> None:
    """Replace all groups (1) or aliases (3): 103 when it is done; 10231 for unknown accounts, 321
    for what cannot be read or is no group, and to another login."""
    about, master = message.reqId, tws.queries.advisor()
    if not master:
        session.error(about, 321, variant="not_advisor")
    elif not tws.link.up:
        session.error(about, 321, cause=NO_LINK)
    elif message.faDataType not in (OF_GROUPS, OF_ALIASES):
        session.error(about, 321, cause="Groups (1) and aliases (3) can be replaced")
    else:
        _replace(tws, session, message, master)


def _replace(tws: Services, session: Session, message: fa.ReplaceFA, master: str) -> None:
    try:
        if message.faDataType == OF_GROUPS:
            tws.link.submit(ReplaceAdvisorGroups(master, read_groups(message.xml)))
        else:
            tws.link.submit(ReplaceAccountAliases(master, read_aliases(message.xml)))
    except UnknownAccounts as unknown:
        session.error(message.reqId, 10231, list=",".join(code[:40] for code in unknown.codes))
    except (AccountRefused, NotReadable) as refused:
        session.error(message.reqId, 321, cause=str(refused))
    else:
        session.send(fa.ReplaceFAEnd(message.reqId, DONE))
