"""Financial advisors: groups and aliases as XML. Profiles (type 2) are gone since server 177."""

from ..layout import since, version
from ..message import Message, gone, request, response

PROFILES = 2
_FEATURE = "financial advisor profiles"


@request(18, version(1), protobuf=211, proto_name="FARequest", callback="requestFA",
         refuse=(gone(177, "faDataType", PROFILES, _FEATURE, anonymous=True),))  # fmt: skip
class RequestFA(Message):
    """Asks for the advisor's groups (1) or aliases (3)."""

    faDataType: int = 1


@request(19, version(1), "faDataType", "xml", since(157, "reqId"), protobuf=211,
         proto_name="FAReplace", callback="replaceFA", lasting=True,
         refuse=(gone(177, "faDataType", PROFILES, _FEATURE),))  # fmt: skip
class ReplaceFA(Message):
    """Replaces the advisor's groups or aliases."""

    reqId: int = 0
    faDataType: int = 1
    xml: str = ""


@response(16, version(1), protobuf=211, escaped=153, callback="receiveFA")
class ReceiveFA(Message):
    """The advisor's groups or aliases."""

    faDataType: int = 1
    xml: str = ""


@response(103, since=157, protobuf=211, callback="replaceFAEnd")
class ReplaceFAEnd(Message):
    """The replacement is done."""

    reqId: int = 0
    text: str = ""
