"""Display groups: their numbers, what they show, and what a client wants them to show."""

from typing import Final

from ...wire.catalogue import display as wire
from ..display_groups import GROUPS, MOST_GROUP_SUBSCRIPTIONS, NONE, GroupSubscription
from ..sessions.session import Session
from . import handles
from .services import Services

COMBO: Final = "combo"


@handles(wire.QueryDisplayGroups)
def query_display_groups(tws: Services, session: Session, message: wire.QueryDisplayGroups) -> None:
    """The numbers, the most used first."""
    session.send(wire.DisplayGroupList(message.reqId, tws.groups.listed()))


@handles(wire.SubscribeToGroupEvents)
def subscribe_to_group_events(
    tws: Services, session: Session, message: wire.SubscribeToGroupEvents
) -> None:
    """What a group shows, now and whenever it changes; 322 for a group that there is not."""
    held = session.subscriptions.of(GroupSubscription)
    if message.groupId not in GROUPS:
        session.error(message.reqId, 322, cause=f"No display group has the id {message.groupId}")
    elif message.reqId not in held and len(held) >= MOST_GROUP_SUBSCRIPTIONS:
        cause = f"At most {MOST_GROUP_SUBSCRIPTIONS} subscriptions to display groups"
        session.error(message.reqId, 322, cause=cause)
    else:
        tws.groups.follow(session, message.reqId, message.groupId)


@handles(wire.UpdateDisplayGroup)
def update_display_group(tws: Services, session: Session, message: wire.UpdateDisplayGroup) -> None:
    """Show a contract in the group that the id follows; its followers receive it, this one too.

    322 for an id that follows none and for what is no ``none``, ``combo``, id or ``id@exchange``;
    200 for an id that no contract has.
    """
    found = session.subscriptions.of(GroupSubscription).get(message.reqId)
    if found is None:
        session.error(message.reqId, 322, cause="No display group is subscribed under this id")
        return
    wanted = message.contractInfo.strip()
    if wanted in (NONE, COMBO):
        tws.groups.show(found.group, wanted)
        return
    number, _, exchange = wanted.partition("@")
    if not (number.isascii() and number.isdigit() and len(number) <= 10):
        session.error(message.reqId, 322, cause="Invalid contract of a display group")
        return
    entry = tws.venue.instruments.get(int(number))
    place = exchange.strip().upper()
    if entry is None or place not in ("", *entry.exchanges):
        session.error(message.reqId, 200)
        return
    tws.groups.show(found.group, f"{entry.conId}@{place or entry.home}")


@handles(wire.UnsubscribeFromGroupEvents)
def unsubscribe_from_group_events(
    tws: Services, session: Session, message: wire.UnsubscribeFromGroupEvents
) -> None:
    """No more changes of a group; silent."""
    session.subscriptions.remove(GroupSubscription, message.reqId)
