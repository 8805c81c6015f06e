"""Verification of third-party programs; the pairs with ``AndAuth`` never became protobuf.

That a program announced extra authentication when it connected is the session's business.
"""

from ..layout import f, version
from ..message import Message, request, response


@request(65, version(1), protobuf=213, callback="verifyRequest", secret=True)
class VerifyRequest(Message):
    """Begins the verification of a program."""

    apiName: str = ""
    apiVersion: str = ""


@request(66, version(1), protobuf=213, proto_name="VerifyMessageRequest",
         callback="verifyMessage", secret=True)  # fmt: skip
class VerifyMessage(Message):
    """Answers the server's challenge."""

    apiData: str = ""


@request(72, version(1), callback="verifyAndAuthRequest", secret=True)
class VerifyAndAuthRequest(Message):
    """Begins verification and authentication."""

    apiName: str = ""
    apiVersion: str = ""
    opaqueIsvKey: str = ""


@request(73, version(1), callback="verifyAndAuthMessage", secret=True)
class VerifyAndAuthMessage(Message):
    """Answers the server's challenge."""

    apiData: str = ""
    xyzResponse: str = ""


@response(65, version(1), protobuf=213, escaped=153, callback="verifyMessageAPI", secret=True)
class VerifyMessageApi(Message):
    """The server's challenge."""

    apiData: str = ""


@response(66, version(1), f("isSuccessful", "bool_word"), "errorText", protobuf=213, escaped=153,
          callback="verifyCompleted")  # fmt: skip
class VerifyCompleted(Message):
    """The outcome; in text the words ``true`` and ``false``."""

    isSuccessful: bool = False
    errorText: str = ""


@response(69, version(1), escaped=153, callback="verifyAndAuthMessageAPI", secret=True)
class VerifyAndAuthMessageApi(Message):
    """The server's challenge."""

    apiData: str = ""
    xyzChallange: str = ""


@response(70, version(1), f("isSuccessful", "bool_word"), "errorText", escaped=153,
          callback="verifyAndAuthCompleted")  # fmt: skip
class VerifyAndAuthCompleted(Message):
    """The outcome; the words ``true`` and ``false``."""

    isSuccessful: bool = False
    errorText: str = ""
