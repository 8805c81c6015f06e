"""An advisor's groups and aliases in the asyncio client: read, replaced, refused."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from client.memory import Memory, run
from client.test_every_request import given
from papertape.client.advisors import AllocationGroup
from papertape.client.aio import connect
from papertape.client.api import Tws
from papertape.errors import FeatureNotSupported, RemoteProtocolError, RequestRefused
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue import fa
from papertape.wire.catalogue.session import ErrorMessage
from server.handlers.test_advisor import PROFILE
from server.pair import Hall
from walks import walk

GROUPS = [
    AllocationGroup("even", "Equal", {"DU1": Decimal(0), "DU2": Decimal(0)}),
    AllocationGroup("percent", "Percent", {"DU1": Decimal("60.5"), "DU3": Decimal("39.5")}),
]


@walk("version", [157, 176, MAX_SERVER])
def test_what_is_replaced_is_read_again(version: int) -> None:
    async def both(tws: Tws) -> Any:
        await tws.replace_allocation_groups(GROUPS)
        await tws.replace_account_aliases({"DU1": "first & <best>", "DU3": "third"})
        return await tws.allocation_groups(), await tws.account_aliases()

    (groups, aliases), tws = given(both, Hall(profile=PROFILE), version)
    assert groups == GROUPS
    assert {code: aliases[code] for code in ("DU1", "DU3")} == {
        "DU1": "first & <best>", "DU3": "third",
    }  # fmt: skip
    assert len(tws.all(fa.ReplaceFA)) == 2


@pytest.mark.parametrize(
    ("groups", "code"),
    [
        ([AllocationGroup("far", "Equal", {"DU99": Decimal(0)})], 10231),
        ([AllocationGroup("odd", "ByMood", {"DU1": Decimal(0)})], 321),
    ],
)
def test_what_the_server_refuses_is_raised(groups: list[AllocationGroup], code: int) -> None:
    with pytest.raises(RequestRefused) as refusal:
        given(lambda tws: tws.replace_allocation_groups(groups), Hall(profile=PROFILE))
    assert refusal.value.code == code


def test_another_login_has_none_and_replaces_none() -> None:
    groups, _ = given(lambda tws: tws.allocation_groups(), Hall())
    assert groups == []
    with pytest.raises(RequestRefused) as refusal:
        given(lambda tws: tws.replace_account_aliases({"DU1": "one"}), Hall())
    assert refusal.value.code == 321


def test_a_server_that_confirms_no_replacement_is_not_asked_for_one() -> None:
    with pytest.raises(FeatureNotSupported, match="157"):
        given(lambda tws: tws.replace_allocation_groups(GROUPS), Hall(profile=PROFILE), 156)


AMOUNT = "<Account><acct>DU1</acct><amount>{}</amount></Account>"
LISTED = "<ListOfGroups><Group><name>a</name><ListOfAccts>{}</ListOfAccts></Group></ListOfGroups>"


@walk(
    "text",
    [
        "", "<a", "<!DOCTYPE x><ListOfGroups/>", "<a>&b;</a>", "\x00",
        LISTED.format(AMOUNT.format("x")),
    ],
)  # fmt: skip
def test_what_is_no_list_of_groups_is_told_as_such(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        answered(lambda tws: tws.allocation_groups(), text)


def test_members_in_their_older_form_are_read() -> None:
    text = LISTED.format("<String>DU1</String><String>DU2</String>")
    (group,) = answered(lambda tws: tws.allocation_groups(), text)
    assert group == AllocationGroup("a", "", {"DU1": Decimal(0), "DU2": Decimal(0)})


@walk("code", [344, 585, 10230, 10238])
def test_what_tws_refuses_without_an_id_ends_without_waiting_for_the_deadline(code: int) -> None:
    tws = Memory()
    tws.answers[fa.RequestFA] = lambda m: [ErrorMessage(-1, errorCode=code, errorMsg="no advisor")]

    async def main() -> None:
        async with connect() as here:
            with pytest.raises(RequestRefused, match=str(code)):
                await here.allocation_groups(timeout=3600)

    run(tws, main)


def answered(call: Callable[[Tws], Awaitable[Any]], text: str) -> Any:
    """What a call gives at a TWS that answers with a text, after one about another kind."""
    tws = Memory()
    tws.answers[fa.RequestFA] = lambda m: [
        fa.ReceiveFA(2, "<ListOfAllocationProfiles/>"), fa.ReceiveFA(m.faDataType, text),
    ]  # fmt: skip
    found: list[Any] = []

    async def main() -> None:
        async with connect() as here:
            found.append(await call(here))

    run(tws, main)
    return found[0]
