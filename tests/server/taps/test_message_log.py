"""The API message log (L1, L2): names, lines, days, what is left out; no reason to stop trading.

The example of a real line is that of the specification.
"""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from papertape.model import Contract
from papertape.quoting import masked
from papertape.server.taps import message_log
from papertape.server.taps.message_log import MAX_FILES, MessageLog
from papertape.server.taps.wire_log import WireLog
from papertape.venue.units import DAY
from papertape.wire.catalogue import REQUESTS, RESPONSES, market, verify
from papertape.wire.catalogue.session import ReqCurrentTime, StartApi
from papertape.wire.message import Message
from server.pair import Client, Hall

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


MADE: list[MessageLog] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while MADE:
        MADE.pop().switch(False)


def logging(folder: Path, *, on: bool = True, data: bool = False, size: int = 1 << 20) -> Hall:
    hall = Hall(api={"createApiMessageLogFile": on, "includeMarketDataInLogFile": data})
    hall.quote("AAPL 257.66 x 257.68")
    keep(hall, folder, size)
    return hall


def keep(hall: Hall, folder: Path, size: int = 1 << 20) -> None:
    zone = hall.station.settings.time_zone
    made = MessageLog(folder, lambda: hall.station.now, zone, max_bytes=size)
    MADE.append(made)
    hall.station.taps.keep(made)


def text(folder: Path, name: str = "api.7.Mon.log") -> list[str]:
    return (folder / name).read_text("latin-1").splitlines()


def bodies(lines: list[str]) -> list[str]:
    """Arrow and frame, without the time."""
    return [line.partition(" ")[2] for line in lines]


def session(hall: Hall, client_id: int = 7, version: int = 176) -> Client:
    return hall.client(client_id, version)


# ---------------------------------------------------------------- lines


def test_a_line_is_the_time_an_arrow_and_the_frame_with_its_length(tmp_path: Path) -> None:
    hall = logging(tmp_path)
    session(hall).send(ReqCurrentTime())
    lines = text(tmp_path)
    assert all(line[:13] == "10:00:01:000 " for line in lines)
    body = bodies(lines)
    assert body[0] == "<- ---.71-2-7--"
    assert "-> ---64-2--1-2104-Market data farm connection is OK:usfarm--" in body
    assert body[-2:] == ["<- ---.49-1-", f"-> ---.49-1-{hall.now // 10**9}-"]


def test_a_frame_of_53_bytes_has_the_length_that_the_record_shows() -> None:
    message = b"4\0002\0-1\0002104\0Market data farm connection is OK:usfarm\0"
    framed = len(message).to_bytes(4) + message
    assert masked(framed.translate(message_log._NULS)) == (
        b"---54-2--1-2104-Market data farm connection is OK:usfarm-"
    )


def test_protobuf_stays_on_one_line_and_obeys_no_terminal(tmp_path: Path) -> None:
    hall = logging(tmp_path)
    session(hall, version=226).send(market.ReqMktData(10, AAPL, "\x1b[31m\n\r"))
    raw = (tmp_path / "api.7.Mon.log").read_bytes()
    assert not any(byte < 0x20 and byte != 0x0A for byte in raw)
    assert all(line[2:3] == b":" for line in raw.splitlines())


def test_a_request_that_is_too_long_is_shown_in_part(tmp_path: Path) -> None:
    hall = logging(tmp_path, size=1 << 30)
    body = b"49\0" + b"x" * (1 << 20) + b"\0"
    session(hall).raw(len(body).to_bytes(4) + body)
    (line,) = [line for line in bodies(text(tmp_path)) if line.startswith("<-") and "x" in line]
    assert len(line) < message_log.LONGEST_LINE + 100
    assert line.endswith(f"xxx ... ({len(body)} bytes)")


def test_letters_beyond_ascii_are_written_as_they_travelled(tmp_path: Path) -> None:
    hall = logging(tmp_path)
    request = b"9\x001\x000\x00Z\xc3\xbcrich\x00"
    session(hall).raw(len(request).to_bytes(4) + request)
    assert "Zürich".encode() in (tmp_path / "api.7.Mon.log").read_bytes()


# ---------------------------------------------------------------- what is left out


def test_market_data_is_left_out_unless_it_is_wanted(tmp_path: Path) -> None:
    for data in (False, True):
        hall = logging(tmp_path / str(data), data=data)
        client = session(hall)
        client.send(market.ReqMktData(1, AAPL))
        body = bodies(text(tmp_path / str(data)))
        assert any(line.startswith("<- ") and "AAPL" in line for line in body)
        assert any("-257.66-" in line for line in body) == data


def test_market_data_is_every_message_of_a_stream_of_prices() -> None:
    assert {kind.spec.callback for kind in RESPONSES.values() if kind.spec.market_data} == {
        "historicalDataUpdate", "realtimeBar", "tickByTick", "tickEFP", "tickGeneric",
        "tickOptionComputation",
        "tickPrice", "tickSize", "tickSnapshotEnd", "tickString", "updateMktDepth",
        "updateMktDepthL2",
    }  # fmt: skip


def test_what_proves_who_somebody_is_is_not_shown(tmp_path: Path) -> None:
    hall = logging(tmp_path)
    client = session(hall)
    client.send(verify.VerifyMessage("the-secret"), ReqCurrentTime())
    client.session.send(verify.VerifyMessageApi("the-challenge"))
    hall.settle()
    whole = (tmp_path / "api.7.Mon.log").read_text("latin-1")
    assert "secret" not in whole and "challenge" not in whole
    assert sum("(not shown)" in line for line in whole.splitlines()) == 2


def test_every_message_that_carries_a_proof_is_secret() -> None:
    proofs = {"apiData", "xyzResponse", "xyzChallenge", "apiVersion", "apiName", "opaqueIsvKey"}
    named = {"apiData", "xyzResponse", "xyzChallenge", "opaqueIsvKey"}
    kinds: list[type[Message]] = [*REQUESTS.values(), *RESPONSES.values()]
    carriers = {kind for kind in kinds if named & set(kind.__struct_fields__)}
    secret = {kind for kind in kinds if kind.spec.secret}
    assert carriers <= secret and all(proofs & set(kind.__struct_fields__) for kind in secret)


# ---------------------------------------------------------------- files and days


def test_each_client_has_a_file_of_its_own_from_its_first_message_on(tmp_path: Path) -> None:
    hall = logging(tmp_path)
    session(hall, 1)
    session(hall, 123)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "api.1.Mon.log", "api.123.Mon.log",
    ]  # fmt: skip
    assert "71-2-123-" in text(tmp_path, "api.123.Mon.log")[0]


def test_the_day_is_that_of_the_station_s_zone_and_a_new_one_has_a_new_file(tmp_path: Path) -> None:
    hall = logging(tmp_path)
    client = session(hall)
    hall.wait(14 * 3600)
    client.send(ReqCurrentTime())
    assert (tmp_path / "api.7.Tue.log").exists()
    assert "49-1-" in text(tmp_path, "api.7.Tue.log")[0]


def test_a_file_of_today_is_continued_and_one_of_last_week_begins_anew(tmp_path: Path) -> None:
    hall = logging(tmp_path)
    session(hall).leave()
    first = len(text(tmp_path))
    session(hall).leave()
    assert len(text(tmp_path)) == 2 * first
    later = Hall(now=hall.now + 7 * DAY, api={"createApiMessageLogFile": True})
    keep(later, tmp_path)
    session(later)
    assert len(text(tmp_path)) == first


def test_files_carry_the_market_s_date(tmp_path: Path) -> None:
    hall = logging(tmp_path)
    session(hall).leave()
    assert os.stat(tmp_path / "api.7.Mon.log").st_mtime == hall.now / 1e9


def test_a_file_that_is_full_becomes_the_older_one(tmp_path: Path) -> None:
    hall = logging(tmp_path, size=2000)
    client = session(hall)
    for _ in range(100):
        client.send(ReqCurrentTime())
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["api.7.Mon.1.log", "api.7.Mon.log"]
    assert all(path.stat().st_size < 2100 for path in tmp_path.iterdir())


def test_client_ids_cannot_fill_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_FILES >= 100
    monkeypatch.setattr(message_log, "MAX_FILES", 3)
    hall = logging(tmp_path)
    for number in range(6):
        session(hall, number).leave()
    assert len(list(tmp_path.iterdir())) == 3
    session(hall, 1).leave()  # its file is there already


# ---------------------------------------------------------------- switching


def test_it_is_off_by_default_and_can_be_switched_while_the_station_runs(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    hall = logging(folder, on=False)
    client = session(hall)
    client.send(ReqCurrentTime())
    assert not folder.exists()
    hall.station.config.update({"createApiMessageLogFile": True})
    client.send(ReqCurrentTime())
    session(hall, 8)
    assert bodies(text(folder)) == [f"-> ---.49-1-{hall.now // 10**9}-"]
    assert "71-2-8-" in text(folder, "api.8.Mon.log")[0]
    hall.station.config.update({"createApiMessageLogFile": False})
    before = text(folder, "api.8.Mon.log")
    hall.station.client(8)
    session(hall, 9)
    assert text(folder, "api.8.Mon.log") == before
    assert not (folder / "api.9.Mon.log").exists()


def test_market_data_can_be_switched_on_as_well(tmp_path: Path) -> None:
    hall = logging(tmp_path)
    client = session(hall)
    client.send(market.ReqMktData(1, AAPL))
    hall.station.config.update({"includeMarketDataInLogFile": True})
    hall.quote("AAPL 258.00 x 258.02")
    assert any("-258-" in line or "-258.0-" in line for line in text(tmp_path))


def test_beside_the_wire_log_both_see_everything(tmp_path: Path) -> None:
    hall = Hall(api={"createApiMessageLogFile": True})
    out = io.StringIO()
    hall.station.taps.wire = WireLog(out)
    keep(hall, tmp_path)
    session(hall)
    assert len(out.getvalue().splitlines()) == len(text(tmp_path))


def test_the_wire_log_shows_no_proof_either() -> None:
    hall, out = Hall(), io.StringIO()
    hall.station.taps.wire = WireLog(out)
    session(hall).send(verify.VerifyMessage("the-secret"))
    assert "verify" in out.getvalue().lower() and "secret" not in out.getvalue()


# ---------------------------------------------------------------- hostile and broken


def test_a_connection_that_never_starts_leaves_nothing(tmp_path: Path) -> None:
    hall = logging(tmp_path)
    client = hall.newcomer().greet()
    client.raw(b"\0\0\0\x02xx")
    client.leave()
    assert list(tmp_path.iterdir()) == []
    assert not hall.station.taps.messages._readers  # type: ignore[union-attr]
    assert not hall.station.taps.messages._early  # type: ignore[union-attr]


def test_a_client_id_in_use_does_not_write_into_the_other_s_file(tmp_path: Path) -> None:
    hall = logging(tmp_path)
    session(hall)
    before = text(tmp_path)
    second = hall.newcomer(176, client_id=7).greet()
    second.send(StartApi(7))
    assert text(tmp_path) == before


def test_a_full_disk_ends_the_log_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    hall = logging(tmp_path / "file")  # no folder can be made here
    client = session(hall)
    assert client.send(ReqCurrentTime()).got()
    assert [m for m in caplog.messages if "message log stops" in m] == [
        "the API message log stops: File exists"
    ] or len(caplog.messages) == 1


def test_all_files_together_have_a_bound_and_the_oldest_go(tmp_path: Path) -> None:
    old = tmp_path / "api.3.Tue.log"
    old.write_bytes(b"x" * 3000)
    os.utime(old, (1, 1))
    other = tmp_path / "notes.log"
    other.write_bytes(b"x" * 9000)
    hall = Hall(api={"createApiMessageLogFile": True})
    made = MessageLog(tmp_path, lambda: hall.station.now, "US/Eastern", max_total=6000)
    MADE.append(made)
    hall.station.taps.keep(made)
    for client_id in range(1, 5):
        one = session(hall, client_id)
        for _ in range(60):
            one.send(ReqCurrentTime())
            together = sum(path.stat().st_size for path in tmp_path.glob("api.*.log"))
            assert together <= 6000 + 200
    assert not old.exists() and other.exists()
    assert (tmp_path / "api.4.Mon.log").exists(), "the latest stay"
