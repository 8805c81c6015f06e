"""Display groups: the coloured windows of TWS that show the same contract."""

from ..layout import version
from ..message import Message, request, response


@request(67, version(1), protobuf=213, proto_name="QueryDisplayGroupsRequest",
         callback="queryDisplayGroups")  # fmt: skip
class QueryDisplayGroups(Message):
    """Asks which groups there are."""

    reqId: int = 0


@request(68, version(1), protobuf=213, proto_name="SubscribeToGroupEventsRequest",
         callback="subscribeToGroupEvents", lasting=True)  # fmt: skip
class SubscribeToGroupEvents(Message):
    """Subscribes to the contract that a group shows."""

    reqId: int = 0
    groupId: int = 0


@request(69, version(1), protobuf=213, proto_name="UpdateDisplayGroupRequest",
         callback="updateDisplayGroup", lasting=True)  # fmt: skip
class UpdateDisplayGroup(Message):
    """Makes a group show a contract: ``none``, an id, or ``id@exchange``."""

    reqId: int = 0
    contractInfo: str = ""


@request(70, version(1), protobuf=213, proto_name="UnsubscribeFromGroupEventsRequest",
         callback="unsubscribeFromGroupEvents", cancels=SubscribeToGroupEvents)  # fmt: skip
class UnsubscribeFromGroupEvents(Message):
    """Ends the subscription to a group."""

    reqId: int = 0


@response(67, version(1), protobuf=213, escaped=153, callback="displayGroupList")
class DisplayGroupList(Message):
    """Group numbers joined by ``|``."""

    reqId: int = 0
    groups: str = ""


@response(68, version(1), protobuf=213, escaped=153, callback="displayGroupUpdated")
class DisplayGroupUpdated(Message):
    """What a group shows: ``none``, ``combo`` or ``id@exchange``."""

    reqId: int = 0
    contractInfo: str = ""
