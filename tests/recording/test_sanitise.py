"""No identity is left in a masked recording, and the same mask stands for it everywhere."""

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.process import papertape
from lanes import tries
from papertape.model import Contract, Execution, Order
from papertape.recording.conversation import conversations
from papertape.recording.format import RecordedEvent, read, write
from papertape.recording.identities import Masks
from papertape.recording.sanitise import _fields, sanitise
from papertape.wire.catalogue.account import AccountSummary
from papertape.wire.catalogue.fa import ReceiveFA
from papertape.wire.catalogue.identities import Identity
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.reports import (
    CommissionReport,
    ExecutionDetails,
    OpenOrder,
    OrderStatus,
)
from papertape.wire.catalogue.session import ErrorMessage
from papertape.wire.catalogue.verify import VerifyRequest
from papertape.wire.connection import encode
from papertape.wire.message import Message
from recording.said import Script, heard, payloads, recording
from walks import walk
from wire.messages import ALL, for_text, name_of, samples

ACCOUNT, OTHER, PERM = "DU7654321", "U1112223", 987654321
NAMES = {
    Identity.ACCOUNT: ACCOUNT,
    Identity.NAME: "Mallory-Q7x",
    Identity.REFERENCE: "secret ref/77",
    Identity.EXECUTION: "0000e0d5.deadbeef.01.02",
    Identity.ADDRESS: "203.0.113.77",
}
ORIGINALS = [*NAMES.values(), "deadbeef", "Mallory", OTHER, str(PERM)]


def personal(cls: type[Message]) -> Any:
    """A message whose every identity is unmistakable, and whose texts quote them."""
    message: Any = copy.deepcopy(samples(cls)[-1])
    for record, row in _fields(message):
        if row.shape == "number":
            setattr(record, row.name, PERM)
        elif row.shape in ("text", "texts") and row.identity in NAMES:
            value = NAMES[row.identity]
            setattr(record, row.name, [value] if row.shape == "texts" else value)
        elif row.shape == "text" and row.name in QUOTING:
            setattr(record, row.name, f"{ACCOUNT}: (permId={PERM}) {NAMES[Identity.REFERENCE]}")
    return message


QUOTING = {"errorMsg", "warningText", "rejectReason", "advancedOrderRejectJson", "headline"}
KNOWN = [
    cls for cls in ALL
    if not cls.spec.secret and cls.__name__ not in ("StartApi", "ReceiveFA", "ReplaceFA")
]  # fmt: skip


def met(version: int) -> Script:
    """A session in which every identity has been said in a field of its own."""
    order = Order(
        account=ACCOUNT, orderRef=NAMES[Identity.REFERENCE], permId=PERM,
        faGroup=NAMES[Identity.NAME], clearingAccount=OTHER,
    )  # fmt: skip
    return Script(version).say(OpenOrder(1, Contract(), order))


@walk("version", [176, 226])
@walk("cls", KNOWN, ids=name_of, check=7)
def test_no_identity_is_left_in_any_message(cls: type[Message], version: int) -> None:
    version = min(max(version, cls.spec.since), cls.spec.until - 1)
    if cls.spec.layout is None:
        version = max(version, cls.spec.protobuf)
    message = personal(cls)
    script = met(version).say(for_text(message) if version < cls.spec.protobuf else message)
    done = sanitise(recording(script))
    assert not done.dropped
    left = payloads(done.recording)
    for original in ORIGINALS:
        assert original.encode() not in left, original
    [conversation] = conversations(done.recording)
    assert not conversation.unread
    for item in conversation.said:
        for record, row in _fields(item.message):
            assert getattr(record, row.name) != PERM
    assert type(conversation.said[-1].message) is cls


@pytest.mark.parametrize("version", [176, 226])
def test_the_same_mask_stands_in_both_directions_and_in_texts(version: int) -> None:
    mine = {"orderRef": "leg/one", "permId": PERM}
    script = Script(version).say(
        PlaceOrder(5, Contract(symbol="SPY"), Order(account=ACCOUNT, orderRef="leg/one")),
        OpenOrder(5, Contract(symbol="SPY"), Order(account=ACCOUNT, **mine)),
        OrderStatus(5, "Submitted", permId=PERM),
        ExecutionDetails(
            -1, Contract(symbol="SPY"),
            Execution(execId="0000e0d5.1.01.01", acctNumber=ACCOUNT, **mine),
        ),
        CommissionReport("0000e0d5.1.01.01"),
        CommissionReport("0000e0d5.1.01.02"),
        AccountSummary(1, ACCOUNT, "AccountType", f"INDIVIDUAL {ACCOUNT}"),
        ErrorMessage(5, 0, 201, f"Order rejected for {ACCOUNT} and {OTHER}."),
    )  # fmt: skip
    [found] = conversations(sanitise(recording(script)).recording)
    _, placed = heard(found, "client")
    managed, _, opened, status, execution, first, second, summary, error = heard(found, "server")
    mask = placed.order.account
    assert mask.startswith("DU") and mask not in (ACCOUNT, managed.accountsList)
    assert managed.accountsList.startswith("DU")
    assert (
        placed.order.orderRef == opened.order.orderRef == execution.execution.orderRef != "leg/one"
    )
    assert opened.order.permId == status.permId == execution.execution.permId != PERM
    assert opened.order.account == execution.execution.acctNumber == summary.account == mask
    assert first.execId == execution.execution.execId
    assert first.execId.rpartition(".")[0] == second.execId.rpartition(".")[0]
    assert second.execId.endswith(".02")
    assert summary.value == f"INDIVIDUAL {mask}"
    assert error.errorMsg.startswith(f"Order rejected for {mask} and U9")
    assert (placed.orderId, placed.contract.symbol) == (5, "SPY")


def test_what_cannot_be_masked_or_read_is_left_out_by_name() -> None:
    script = Script(226).say(ReceiveFA(1, f"<xml>{ACCOUNT}</xml>"), VerifyRequest("me", "1"))
    script.raw("server", (8).to_bytes(4) + (999).to_bytes(4) + b"DU76")
    bad = encode(OrderStatus(1, "Filled"), 226)
    script.raw("server", bad[:-1] + b"\xff")
    done = sanitise(recording(script))
    assert sorted(name.partition(":")[0].partition(",")[0] for name in done.dropped) == [
        "OrderStatus cannot be decoded", "message 799 is unknown", "receiveFA", "verifyRequest",
    ]  # fmt: skip
    notes = [event.note for event in done.recording.events if event.event == "dropped"]
    assert len(notes) == 4 and b"DU76" not in payloads(done.recording)


def test_fields_that_the_catalogue_does_not_know_are_left_out_by_name() -> None:
    data = encode(OrderStatus(1, "Filled"), 226)[4:] + b"\xfa\x3f\x09DU7654321"
    script = Script(226).raw("server", len(data).to_bytes(4) + data)
    done = sanitise(recording(script))
    assert dict(done.dropped) == {"orderStatus: field 1023, unknown field, passed over": 1}
    assert b"DU7654321" not in payloads(done.recording)


def test_what_is_no_tws_api_is_left_out_whole() -> None:
    script = Script(226)
    script.events = script.events[:1]
    script.raw("client", b"GET /DU7654321 HTTP/1.1\r\n\r\n")
    done = sanitise(recording(script))
    assert payloads(done.recording) == b""
    assert list(done.dropped) == ["the client does not speak the TWS API"]


def test_addresses_and_peers_are_not_told() -> None:
    script = Script(226)
    script.events[0] = RecordedEvent(0, 1, "opened", note="203.0.113.77:50000")
    found = sanitise(recording(script)).recording
    assert found.header.to == "" and all(not event.note for event in found.events)


@given(st.lists(st.sampled_from([ACCOUNT, OTHER, "DF123456", "U1", "U900001"]), max_size=6))
@tries(50)
def test_masks_are_one_to_one_and_repeat(values: list[str]) -> None:
    masks, again = Masks(), Masks()
    made = {value: masks.text(Identity.ACCOUNT, value) for value in values}
    assert len(set(made.values())) == len(made)
    assert made == {value: again.text(Identity.ACCOUNT, value) for value in made}
    for value, mask in made.items():
        assert masks.text(Identity.ACCOUNT, value) == mask != value


def test_numbers_that_mean_not_set_stay() -> None:
    masks = Masks()
    assert [masks.number(n) for n in (0, -1, 2**31 - 1, 2**63 - 1)] == [0, -1, 2**31 - 1, 2**63 - 1]


def test_the_command_masks_a_file_and_says_what_it_left_out(tmp_path: Path) -> None:
    script = Script(176).say(ReceiveFA(1, "<xml/>")).raw("server", b"\0\0\0\1")
    write(recording(script), tmp_path / "a.recording")
    out = papertape("record", "sanitise", "a.recording", "b.recording", cwd=tmp_path).output
    assert "b.recording: 5 messages, 1 identities masked" in out.replace("\n", " ")
    assert "left out 1x: receiveFA, which cannot be masked" in out
    assert "left out 1x: the server ends within a message" in out
    assert b"DU1234567" not in payloads(read(tmp_path / "b.recording"))


def test_a_recording_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"no")
    out = papertape("record", "sanitise", "a", "b", cwd=tmp_path, code=2).output
    assert "is no recording of a kind that is known" in out and not (tmp_path / "b").exists()
