"""Recordings of others become ours: their messages are read, what is lost is named."""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.process import papertape
from golden.shapes import built, merged
from golden.transcripts import SESSIONS, Step, steps
from lanes import HANGS_S, tries
from papertape.client.aio import connect
from papertape.client.contracts import LimitOrder, Stock
from papertape.errors import RecordingError
from papertape.model import Contract
from papertape.recording import replaying
from papertape.recording.conversation import RecordedConversation, Said, conversations
from papertape.recording.format import write
from papertape.recording.imports import load, transcripts, wire_log
from papertape.recording.imports.transcript_steps import STEPS, fields
from papertape.recording.replay import Replay
from papertape.wire import catalogue
from papertape.wire.catalogue.account import Position, PositionEnd, ReqPositions
from papertape.wire.catalogue.market import ReqMktData, TickPrice
from papertape.wire.catalogue.session import (
    CurrentTime,
    ManagedAccounts,
    NextValidId,
    ReqCurrentTime,
    StartApi,
)
from papertape.wire.connection import encode
from recording.said import Script, heard, recording
from walks import walk
from wire.messages import ALL, name_of, samples

SPY = Contract(symbol="SPY", secType="STK", exchange="SMART", currency="USD")


# ---------------------------------------------------------------- transcripts of ibkr-go


def said(path: Path) -> list[Said]:
    found = load(path)
    assert not found.problem and all(event.event != "dropped" for event in found.events)
    return [item for one in conversations(found) for item in one.said]


def known(step: Step) -> Any:
    """The message of a step, read by the table that other tests have."""
    return built(step, 200)


@pytest.mark.long
@walk("path", SESSIONS, ids=lambda path: path.stem)
def test_every_captured_transcript_is_read_as_its_messages(path: Path) -> None:
    found = [item for item in said(path) if not isinstance(item.message, StartApi)]
    wanted = [step for step in merged(steps(path)) if step.side != "handshake"]
    assert len(found) == len(wanted)
    for item, step in zip(found, wanted):
        if step.frame:
            assert item.payload == step.frame[4:]
            continue
        missing = list(lacking("", msgspec.to_builtins(known(step)), item.message))
        assert not missing, (step.at, missing)


def lacking(at: str, wanted: Any, found: Any) -> Iterator[str]:
    """The values that a message should have and has not; ids and ``$endtime`` aside."""
    if isinstance(wanted, dict):
        for name, value in wanted.items():
            if name not in ("reqId", "id", "clientId") and value != "$endtime":
                yield from lacking(f"{at}.{name}", value, getattr(found, name))
    elif isinstance(wanted, list):
        assert len(wanted) == len(found), at
        for one, other in zip(wanted, found):
            yield from lacking(f"{at}[]", one, other)
    elif str(found) != str(wanted) and found != wanted:
        yield f"{at}: {wanted!r}, found {found!r}"


@pytest.mark.network
def test_a_transcript_is_replayed_to_a_program() -> None:
    [path] = [one for one in SESSIONS if one.stem == "api_order_rest_cancel_aapl"]

    async def main() -> None:
        async with replaying(path) as tws, connect(port=tws.port, client_id=4) as program:
            trade = program.place_order(Stock("AAPL"), LimitOrder("BUY", 1, 10.0))
            while trade.status != "Submitted":
                await asyncio.sleep(0.001)
            program.cancel_order(trade)
            while not trade.done:
                await asyncio.sleep(0.001)
            assert trade.history[-3:] == ["Submitted", "PendingCancel", "Cancelled"]
            assert trade.permId == 12345

    asyncio.run(asyncio.wait_for(main(), HANGS_S))


@walk("name", STEPS)
def test_every_kind_of_step_is_a_message_of_its_direction(name: str) -> None:
    step = STEPS[name]
    assert step.message.spec.request == (
        name.startswith(("req_", "cancel_", "place_", "global_", "query_", "subscribe_"))
        or name in ("update_display_group", "unsubscribe_group_events")
    )


def test_values_of_transcripts_arrive() -> None:
    handshake = 'handshake {"server_version":200,"connection_time":"20260405 12:00:00 CET"}'
    lines = [
        handshake,
        'client req_quote {"req_id":"$req1","generic_ticks":["233","236"],"snapshot":true}',
        'server tick_price {"req_id":"$req1","field":1,"price":"189.10"}',
        "server historical_ticks_bid_ask "
        + json.dumps(
            {
                "req_id": "$req2",
                "done": True,
                "ticks": [
                    {"time": "5", "tick_attrib": 1},
                    {"time": "6", "tick_attrib": 2, "ask_size": "7"},
                ],
            }
        ),
        'server matching_symbols {"symbols":[{"con_id":7,"derivative_sec_types":["OPT"]}]}',
        'server realtime_bar {"req_id":"$req1","time":"2026-04-05T12:00:00Z","open":"189.00"}',
        'server api_error {"req_id":-1,"code":2104,"message":"x","error_time_ms":""}',
        "sleep 100ms",
        "disconnect",
        handshake,
    ]
    found = transcripts.convert("\n".join(lines))
    first, second = conversations(found)
    start, asked, price, ticks, symbols, bar, error = (item.message for item in first.said)
    assert start == StartApi(1) and len(second.said) == 1
    assert (asked.reqId, asked.genericTickList, asked.snapshot) == (9001, "233,236", True)
    assert price == TickPrice(9001, 1, 189.1)
    assert ticks.reqId == 9002 and ticks.isDone
    assert [one.tickAttribBidAsk.bidPastLow for one in ticks.historicalTicksBidAsk] == [True, False]
    assert ticks.historicalTicksBidAsk[1].sizeAsk == 7
    assert symbols.contractDescriptions[0].derivativeSecTypes == ["OPT"]
    assert bar.time == 1775390400
    assert (error.id, error.errorTime) == (-1, 0)
    assert [item.event for item in first.items if not hasattr(item, "message")] == ["opened", "end"]


@walk(
    ("line", "wrong"),
    [
        ("sing", "'sing' is no step"),
        ("sleep long", "'long' is no time"),
        ("client tick_price {}", "tick_price is not sent by the client"),
        ('server tick_price {"colour":1}', "TickPrice has no field 'colour'"),
        ('server tick_price {"price":"x"}', "Expected `float`"),
        ("server tick_price [1]", "a step has an object"),
        ("server tick_price {", "Expecting"),
        ("raw server !", "is no base64"),
        ("raw nobody AAAA", "is neither client nor server"),
    ],
)
def test_a_wrong_line_of_a_transcript_is_named(line: str, wrong: str) -> None:
    start = 'handshake {"server_version":200,"connection_time":"x"}\n'
    with pytest.raises(RecordingError) as info:
        transcripts.convert(start + line)
    assert str(info.value).startswith("line 2: ") and wrong in str(info.value)


def test_an_unknown_step_is_left_out_by_name() -> None:
    start = 'handshake {"server_version":200,"connection_time":"x"}\n'
    found = transcripts.convert(start + 'server weather {"wind":3}')
    assert found.events[-1].event == "dropped" and "weather" in found.events[-1].note


# ---------------------------------------------------------------- the wire log of a station


def logged(message: Any, version: int, session: int = 1) -> str:
    fields = None if message.spec.secret else message
    line = {
        "client": 7, "session": session, "dir": "in" if message.spec.request else "out",
        "name": message.spec.proto_name, "version": version, "format": "text", "fields": fields,
    }  # fmt: skip
    return msgspec.json.Encoder(decimal_format="string").encode(line).decode()


def test_a_wire_log_is_read(tmp_path: Path) -> None:
    file = tmp_path / "wire.jsonl"
    messages = [
        StartApi(7), ManagedAccounts("DU1"), NextValidId(1), ReqPositions(),
        Position("DU1", SPY, Decimal(5)), PositionEnd(),
    ]  # fmt: skip
    file.write_text("".join(logged(one, 226) + "\n" for one in messages))
    [found] = conversations(load(file))
    assert [item.message for item in found.said] == messages
    assert (found.version, found.client_id) == (226, 7)


@pytest.mark.sample(11)
@pytest.mark.parametrize("cls", [c for c in ALL if c is not StartApi], ids=name_of)
def test_every_message_of_a_wire_log_comes_back_or_is_named(cls: Any, tmp_path: Path) -> None:
    version = min(max(cls.spec.since, 226 if cls.spec.protobuf <= 226 else 176), cls.spec.until - 1)
    file = tmp_path / "wire.jsonl"
    message = samples(cls)[0]
    file.write_text(logged(StartApi(7), version) + "\n" + logged(message, version) + "\n")
    recorded = load(file)
    assert not recorded.problem
    if cls.spec.secret:
        assert [event.note for event in recorded.events if event.event == "dropped"]
    else:
        [found] = conversations(recorded)
        # Two messages share a name in protobuf, and their fields.
        assert found.said[-1].message.spec.proto_name == cls.spec.proto_name


@given(st.integers(0, 10**6))
@tries(40)
def test_a_wire_log_that_is_cut_is_read_to_there_and_says_so(cut: int) -> None:
    text = "".join(logged(one, 226) + "\n" for one in (StartApi(7), NextValidId(1), PositionEnd()))
    cut %= len(text)
    try:
        found = wire_log.convert(text[:cut])
    except RecordingError:
        assert "\n" not in text[: max(0, cut - 1)]
        return
    left = text[:cut].rpartition("\n")[2]
    assert bool(found.problem) == bool(left and not left.endswith("}}")) or left.endswith("}}")


# ---------------------------------------------------------------- rust-ibapi


def test_a_folder_of_rust_ibapi_is_read_and_what_it_lost_is_named(tmp_path: Path) -> None:
    texts = encode(ManagedAccounts("DU1"), 200)[4:], encode(CurrentTime(99), 200)[4:]
    files = {
        "0000-request.msg": encode(StartApi(100), 220)[4:],
        "0001-response.msg": b"215|",
        "0002-request.msg": encode(ReqMktData(7, SPY), 220)[4:],
        "0003-response.msg": b"201|",
        "0004-request.msg": encode(ReqCurrentTime(), 220)[4:],
        "0005-response.msg": b"249|",
        "readme.txt": texts[0],
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    recorded = load(tmp_path)
    [found] = conversations(recorded)
    assert not found.unread and found.client_id == 100
    assert [type(item.message) for item in found.said] == [StartApi, ReqMktData, ReqCurrentTime]
    dropped = [event.note for event in recorded.events if event.event == "dropped"]
    assert dropped == ["an answer in protobuf, of which only the number was kept"] * 3


@pytest.mark.long
@pytest.mark.parametrize("version", [173, 200])
def test_a_folder_of_text_is_read_at_the_version_that_fits(version: int, tmp_path: Path) -> None:
    messages = [
        StartApi(100), ManagedAccounts("DU1"), ReqMktData(7, SPY), TickPrice(7, 1, 170.5),
        ReqPositions(), Position("DU1", SPY, Decimal(5)), PositionEnd(),
    ]  # fmt: skip
    for number, message in enumerate(messages):
        kind = "request" if message.spec.request else "response"
        text = encode(message, version)[4:].replace(b"\0", b"|")
        (tmp_path / f"{number:04d}-{kind}.msg").write_bytes(text)
    for told in (None, version):
        [found] = conversations(load(tmp_path, version=told))
        told_now = [encode(item.message, version) for item in found.said]
        assert told_now == [encode(message, version) for message in messages]


def test_the_interactions_of_rust_ibapi_are_read(tmp_path: Path) -> None:
    file = tmp_path / "tws_interactions.yaml"
    row = encode(Position("ACCOUNT_ID", SPY, Decimal(5)), 173)[4:].decode().replace("\0", "\\0")
    file.write_text(
        "header:\n  server_version: 173\n"
        '  recorded_at: "2025-01-31 17:12:01.123456 +00:00:00"\n'
        "interactions:\n- name: positions\n  request:\n"
        '    raw: "61\\01\\0"\n    fields:\n    - name: id\n      value: "61"\n'
        "  responses:\n"
        f'  - raw: "{row}"\n'
        '    fields:\n    - name: x\n      value: "1"\n'
        '  - raw: "62\\01\\0"\n    fields: []\n'
    )
    recorded = load(file)
    [found] = conversations(recorded)
    assert not found.unread and recorded.header.began.startswith("2025-01-31")
    start, asked, position, end = (item.message for item in found.said)
    assert (start, asked, end) == (StartApi(0), ReqPositions(), PositionEnd())
    assert (position.account, position.contract.conId, position.position) == (
        "ACCOUNT_ID",
        0,
        5,
    )
    assert Replay(recorded).highest == 173


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"\xff\xfe", "is no recording"),
        (b"hello", "is no recording of a kind that is known"),
        (b"", "is no recording of a kind that is known"),
        (b"header:\n  server_version: 220\ninteractions:\n", "has server version 220"),
        (
            b"header:\n  server_version: 173\ninteractions:\n- request:\n    raw: 61\n",
            "line 5: raw",
        ),
        (b'{"dir":"in","session":"x"}', "line 1: Expected `int`"),
    ],
)
def test_what_is_no_recording_is_named_with_its_file(
    content: bytes, wrong: str, tmp_path: Path
) -> None:
    file = tmp_path / "thing"
    file.write_bytes(content)
    with pytest.raises(RecordingError) as info:
        load(file)
    assert wrong in str(info.value) and str(file) in str(info.value)


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="has no messages"):
        load(tmp_path)


@given(st.binary(max_size=200))
@tries(50)
def test_a_damaged_message_of_a_folder_harms_no_other(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        damaged(folder, data)
        [found] = conversations(load(folder, version=200))
    assert [type(one) for one in heard(found, "client")] == [StartApi, ReqPositions]


def damaged(folder: Path, data: bytes) -> None:
    (folder / "0000-request.msg").write_bytes(encode(StartApi(100), 200)[4:])
    (folder / "0001-response.msg").write_bytes(data)
    (folder / "0002-request.msg").write_bytes(encode(ReqPositions(), 200)[4:])


# ---------------------------------------------------------------- the command


def test_the_command_converts_and_says_what_is_lost(tmp_path: Path) -> None:
    start = 'handshake {"server_version":200,"connection_time":"x"}\n'
    (tmp_path / "a.txt").write_text(
        start + 'server weather {}\nserver next_valid_id {"order_id":1}'
    )
    out = papertape("record", "import", "a.txt", "a.recording", cwd=tmp_path).output
    assert "a.recording: 4 messages of transcript of ibkr-go" in out.replace("\n", " ")
    assert "left out 1x: weather, which is unknown" in out
    [found] = conversations(load(tmp_path / "a.recording"))
    assert heard(found, "server") == [NextValidId(1)]
    assert "has no messages" in papertape("record", "import", ".", "b", cwd=tmp_path, code=2).output


def test_a_recording_of_ours_is_taken_as_it_is(tmp_path: Path) -> None:
    write(recording(Script()), tmp_path / "a.recording")
    assert load(tmp_path / "a.recording") == recording(Script())


def test_partial_requests_leave_open_what_they_do_not_say() -> None:
    lines = [
        'handshake {"server_version":200,"connection_time":"x"}',
        'client req_tick_by_tick {"req_id":"$req1"}',
        'server tick_by_tick {"req_id":"$req1","tick_type":1,"time":"5","price":"1"}',
    ]
    replay = Replay(transcripts.convert("\n".join(lines)), speed=None)
    player = replay.player(1, 200)
    player.ask(StartApi(1), 0)
    player.ask(catalogue.REQUESTS[97](3, SPY, "AllLast", 0, True), 0)
    assert not player.unknown and len(list(player.due(0))) == 1


def test_fields_of_a_step_are_those_of_the_message() -> None:
    told = json.loads('{"req_id":3,"field":4,"price":""}')
    assert fields(STEPS["tick_price"], told) == {"reqId": 3, "tickType": 4}
    assert isinstance(conversations(recording(Script()))[0], RecordedConversation)
