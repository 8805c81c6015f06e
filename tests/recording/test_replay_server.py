"""A replay on a port, for our client and for bytes that are none of its business."""

import asyncio
from collections.abc import Callable, Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.process import papertape
from lanes import HANGS_S, tries
from papertape.client.aio import connect
from papertape.client.contracts import LimitOrder, Stock
from papertape.errors import ApiError, RecordingError
from papertape.model import Contract
from papertape.recording import replaying
from papertape.recording.format import (
    RecordingHeader,
    WireRecording,
    line_of,
    parse,
    write,
)
from papertape.recording.replay import Replay
from papertape.wire.catalogue.account import Position, PositionEnd, ReqPositions
from papertape.wire.catalogue.contract import ContractData, ContractDataEnd, ReqContractDetails
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime
from papertape.wire.handshake import greeting
from recording.said import Script, recording

pytestmark = pytest.mark.network
SPY = Contract(symbol="SPY", secType="STK", exchange="SMART", currency="USD", conId=756733)


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(main(), HANGS_S))


def session(version: int = 226) -> Script:
    return (
        Script(version)
        .say(ReqCurrentTime(), at=10)
        .say(CurrentTime(1_800_000_000), at=11)
        .say(ReqContractDetails(3, Contract(symbol="SPY", secType="STK")), at=20)
        .say(ContractData(3, SPY), ContractDataEnd(3), at=21)
        .say(ReqPositions(), at=30)
        .say(Position("DU1234567", SPY, Decimal(7)), PositionEnd(), at=31)
    )


@pytest.mark.parametrize("version", [176, 226])
def test_our_client_is_answered_and_told_what_is_unknown(version: int, tmp_path: Path) -> None:
    file = tmp_path / "a.recording"
    write(recording(session(version)), file)

    async def main() -> None:
        async with replaying(file) as tws:
            async with connect(port=tws.port, client_id=7) as program:
                assert program.report.accounts == ("DU1234567",)
                assert await program.current_time() == 1_800_000_000
                [found] = await program.contract_details(Stock("SPY"))
                assert found.contract.conId == 756733
                with pytest.raises(ApiError, match="the recording does not know"):
                    await program.contract_details(Stock("QQQ"))
                trade = program.place_order(SPY, LimitOrder("BUY", 1, 5.0))
                while not trade.done:
                    await asyncio.sleep(0.001)
                assert trade.status == "Inactive"
                assert "does not know placeOrder BUY 1 SPY" in str(trade.errors[0])
            unknown = [one.request.split()[0] for one in tws.report.unknown]
            assert unknown.count("placeOrder") == 1 and unknown.count("reqContractDetails") == 1

    run(main)


def test_the_recorded_end_ends_the_connection(tmp_path: Path) -> None:
    script = session().say(ReqCurrentTime(), at=40).mark("reset", "server", at=41)

    async def main() -> None:
        async with replaying(recording(script)) as tws:
            reader, writer = await asyncio.open_connection("127.0.0.1", tws.port)
            writer.write(b"".join(
                e.data for e in script.events if e.sender == "client" and e.event == "bytes"
            ))  # fmt: skip
            with pytest.raises(ConnectionResetError):
                while await reader.read(1000):
                    pass
            writer.close()

    run(main)


@given(st.one_of(st.binary(max_size=100), st.binary(max_size=60).map(greeting(100, 226).__add__)))
@tries(25)
def test_bytes_that_are_no_api_end_their_connection_and_no_other(data: bytes) -> None:
    async def main() -> None:
        async with replaying(recording(session())) as tws:
            _, writer = await asyncio.open_connection("127.0.0.1", tws.port)
            writer.write(data)
            await writer.drain()
            async with connect(port=tws.port, client_id=7) as program:
                assert await program.current_time() == 1_800_000_000
            writer.close()

    run(main)


def test_many_answers_come_whole_although_the_program_reads_slowly() -> None:
    script = Script(226).say(ReqPositions(), at=1)
    script.say(*(Position("DU1", SPY, Decimal(n)) for n in range(30_000)), at=2)
    script.say(PositionEnd(), at=3)

    async def main() -> None:
        async with replaying(recording(script)) as tws:
            reader, writer = await asyncio.open_connection("127.0.0.1", tws.port, limit=1000)
            sent = [e.data for e in script.events if e.sender == "client" and e.event == "bytes"]
            wanted = b"".join(
                e.data for e in script.events if e.sender == "server" and e.event == "bytes"
            )
            writer.write(b"".join(sent))
            got = await reader.readexactly(len(wanted))
            assert got == wanted
            writer.close()

    run(main)


def test_a_recording_without_a_session_is_refused_with_the_reason() -> None:
    empty = WireRecording(RecordingHeader(1), [], "line 2: is damaged")
    with pytest.raises(RecordingError, match="no session that can be replayed: line 2: is damaged"):
        Replay(empty)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("none.recording",), "cannot be read"),
        (("a.recording", "--speed", "0"), "is neither a number above 0 nor max"),
        (("a.recording", "--speed", "nan"), "is neither a number above 0 nor max"),
        (("a.recording", "--port", "x"), "is not PORT or HOST:PORT"),
        (("empty.recording",), "no session that can be replayed"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    write(recording(session()), tmp_path / "a.recording")
    write(WireRecording(RecordingHeader(1), []), tmp_path / "empty.recording")
    assert said in papertape("replay", *words, cwd=tmp_path, code=2).output


@given(cut=st.floats(0, 1), byte=st.integers(0, 255), damage=st.booleans())
@tries(60)
def test_a_recording_that_is_cut_or_damaged_plays_to_there_and_says_so(
    cut: float, byte: int, damage: bool
) -> None:
    found = recording(session())
    whole = line_of(found.header) + b"".join(map(line_of, found.events))
    place = int(cut * (len(whole) - 1))
    data = whole[:place] + bytes([byte]) + whole[place + 1 :] if damage else whole[:place]
    try:
        replay = Replay(parse(data.splitlines(keepends=True)), speed=None)
    except RecordingError as error:
        assert str(error)
        return
    one = replay.session()
    sent = [e.data for e in found.events if e.sender == "client"]
    out = one.receive(b"".join(sent), 0)
    while (due := one.next_due()) is not None and due <= 0:
        out += [frame for frame in one.due(0) if isinstance(frame, bytes)]
    assert out
    if not damage and place < len(whole) - 1 and whole[place - 1 : place] != b"\n":
        left = whole[:place].rpartition(b"\n")[2]
        assert replay.problems or left.endswith(b"}")
