"""What nobody serves is refused with a final code and its name."""

from typing import Any
from xml.etree import ElementTree

import pytest

from papertape.model import FamilyCode
from papertape.server.handlers import HANDLERS
from papertape.venue.broker.profile import Profile
from papertape.versions import MAX_SERVER
from papertape.wire import catalogue
from papertape.wire.catalogue import (
    fa,
    history,
    reference,
    ticks,
)
from papertape.wire.message import Message
from server.pair import Client, Hall
from walks import walk

WARNINGS = {105, 110, 165, 321, 329, 399, 404, 434, 492, 10167, *range(2100, 2200)}
"""What at least one client library takes for a warning, so that its call never ends."""
WITHOUT = [cls for cls in catalogue.REQUESTS.values() if cls not in HANDLERS]


def asked(message: Message, **options: Any) -> Client:
    version = min(MAX_SERVER, type(message).spec.until - 1)
    return Hall(**options).client(1, version).send(message)


@pytest.mark.parametrize("cls", WITHOUT, ids=lambda cls: cls.__name__)
def test_a_request_with_an_id_is_ended_by_name(cls: type[Message]) -> None:
    message = cls()
    setattr(message, cls.spec.id_field, 7)
    ((about, code, text),) = asked(message).errors()
    assert about == 7 and code not in WARNINGS
    assert text.endswith(f"{cls.spec.callback} is not served by this station yet.")


def test_every_request_but_one_is_served() -> None:
    assert {cls.__name__ for cls in WITHOUT} <= {"ExerciseOptions"}


def test_what_nobody_serves_does_not_wait_for_a_farm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(HANDLERS, ticks.ReqHeadTimeStamp)
    hall = Hall()
    client = hall.client()
    hall.station.farms.breaks(hall.station.farms.named("ushmds"))
    hall.settle()
    client.got()
    client.send(ticks.ReqHeadTimeStamp(7), history.CancelHistoricalData(8))
    assert [(about, code) for about, code, _ in client.errors()] == [(7, 322), (8, 366)]


# ---------------------------------------------------------------- what a plain login has none of


def test_a_plain_login_has_no_branding_no_tiers_and_no_family() -> None:
    assert asked(reference.ReqUserInfo(7)).got() == [reference.UserInfo(7, "")]
    assert asked(reference.ReqSoftDollarTiers(7)).got() == [reference.SoftDollarTiers(7, [])]
    profile = Profile(accounts=("DU1", "DU2"))
    families = [FamilyCode("DU1", ""), FamilyCode("DU2", "")]
    got = asked(reference.ReqFamilyCodes(), profile=profile).got()
    assert got == [reference.FamilyCodes(families)]


@walk(("kind", "root"), [(1, "ListOfGroups"), (3, "ListOfAccountAliases"), (9, "ListOfGroups")])
def test_a_plain_login_is_no_advisor(kind: int, root: str) -> None:
    error, answer = asked(fa.RequestFA(kind)).got()
    said = (
        "Error validating request.-'bN' : cause - FA data operations ignored for non FA customers."
    )
    assert (error.id, error.errorCode, error.errorMsg) == (-1, 321, said)
    assert answer.faDataType == kind
    tree = ElementTree.fromstring(answer.xml)
    assert tree.tag == root and not len(tree)
    assert asked(fa.ReplaceFA(7, 1, "")).errors() == [(7, 321, said)]
