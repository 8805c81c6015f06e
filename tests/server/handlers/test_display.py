"""Display groups: listed, followed, updated, left; identity checks end."""

import pytest

from papertape.versions import MAX_SERVER
from papertape.wire.catalogue import display as wire
from papertape.wire.catalogue import verify
from papertape.wire.message import Message
from server.pair import VERSIONS, Hall
from walks import walk


@pytest.mark.long
@walk("version", VERSIONS)
def test_followers_receive_what_a_group_shows(version: int) -> None:
    hall = Hall()
    one, two = hall.client(1, version), hall.client(2)
    one.send(wire.QueryDisplayGroups(3))
    assert one.got() == [wire.DisplayGroupList(3, "1|2|3|4|5|6|7")]
    one.send(wire.SubscribeToGroupEvents(4, 2))
    two.send(wire.SubscribeToGroupEvents(9, 2))
    assert one.got() == [wire.DisplayGroupUpdated(4, "none")]
    assert two.got() == [wire.DisplayGroupUpdated(9, "none")]
    one.send(wire.UpdateDisplayGroup(4, "8314"), wire.UpdateDisplayGroup(4, "8314@SMART"))
    assert one.got() == [wire.DisplayGroupUpdated(4, "8314@SMART")]
    assert two.got() == [wire.DisplayGroupUpdated(9, "8314@SMART")]
    one.send(wire.UnsubscribeFromGroupEvents(4), wire.QueryDisplayGroups(3))
    two.send(wire.UpdateDisplayGroup(9, "combo"))
    assert one.got() == [wire.DisplayGroupList(3, "2|1|3|4|5|6|7")]
    assert two.got() == [wire.DisplayGroupUpdated(9, "combo")]


REFUSED = [
    (wire.SubscribeToGroupEvents(4, 8), 322),
    (wire.UpdateDisplayGroup(4, "8314@SMART"), 322),
]


@pytest.mark.parametrize(("message", "code"), REFUSED, ids=repr)
def test_what_there_is_not_is_refused(message: Message, code: int) -> None:
    assert [found[:2] for found in Hall().client().send(message).errors()] == [(4, code)]


@walk(("shown", "code"), [("x", 322), ("", 322), ("999999999", 200), ("8314@MOON", 200)])
def test_what_no_contract_is_is_refused(shown: str, code: int) -> None:
    client = Hall().client()
    client.send(wire.SubscribeToGroupEvents(4, 1), wire.UpdateDisplayGroup(4, shown))
    assert [found[:2] for found in client.errors()] == [(4, code)]


CHECKS = (
    verify.VerifyRequest("x", "1"), verify.VerifyMessage("x"),
    verify.VerifyAndAuthRequest("x", "1", "k"), verify.VerifyAndAuthMessage("x", "y"),
)  # fmt: skip


@walk("message", CHECKS, ids=lambda one: type(one).__name__)
def test_an_identity_check_fails_and_says_why(message: Message) -> None:
    version = min(MAX_SERVER, type(message).spec.until - 1)
    (answer,) = Hall().client(1, version).send(message).got()
    assert isinstance(answer, verify.VerifyCompleted | verify.VerifyAndAuthCompleted)
    assert not answer.isSuccessful and answer.errorText
