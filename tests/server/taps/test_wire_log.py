"""The wire log: every message a line of JSON, and no reason to stop trading."""

import io
import json
from pathlib import Path

import pytest

from papertape.server.taps.wire_log import BoundedFile, WireLog
from papertape.wire.catalogue import session
from papertape.wire.catalogue.session import ReqCurrentTime
from server.pair import Hall
from server.test_station import order


def logged(out: io.StringIO) -> Hall:
    hall = Hall()
    hall.station.taps.wire = WireLog(out)
    hall.station.taps._watch_all()
    return hall


def test_every_message_is_a_line_with_its_fields() -> None:
    out = io.StringIO()
    hall = logged(out)
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client(4, 176)
    client.send(order(1, "BUY 100 AAPL LMT 250"))
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(line["dir"], line["name"]) for line in lines] == [
        ("in", "StartApiRequest"),
        ("out", "ManagedAccounts"), ("out", "NextValidId"),
        ("out", "ErrorMessage"), ("out", "ErrorMessage"), ("out", "ErrorMessage"),
        ("in", "PlaceOrderRequest"),
        ("out", "OpenOrder"), ("out", "OrderStatus"), ("out", "OpenOrder"), ("out", "OrderStatus"),
    ]  # fmt: skip
    assert {line["client"] for line in lines} == {4}
    assert {(line["version"], line["format"]) for line in lines} == {(176, "text")}
    assert lines[6]["fields"]["order"]["totalQuantity"] == "100"
    assert lines[8]["fields"]["status"] == "Submitted"


@pytest.mark.parametrize(("version", "form"), [(200, "text"), (226, "protobuf")])
def test_the_format_is_that_of_the_version(version: int, form: str) -> None:
    out = io.StringIO()
    hall = logged(out)
    hall.client(1, version)
    assert {json.loads(line)["format"] for line in out.getvalue().splitlines()} == {form}


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk_ends_the_log_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    hall = logged(FullDisk())
    client = hall.client()
    assert client.send(session.ReqCurrentTime()).of(session.CurrentTime)
    assert client.send(session.ReqCurrentTime()).of(session.CurrentTime)
    assert caplog.messages == ["the wire log stops: No space left on device"]


def test_a_file_has_a_bound_and_its_lines_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "wire.jsonl"
    with BoundedFile(path, 2000) as out:
        hall = Hall()
        hall.station.taps.wire = WireLog(out)
        hall.station.taps._watch_all()
        client = hall.client(1, 176)
        for _ in range(50):
            client.send(ReqCurrentTime())
        out.flush()
    before = path.with_name("wire.jsonl.1")
    sizes = [one.stat().st_size for one in (before, path)]
    assert max(sizes) <= 1000 and min(sizes) > 0
    lines = [json.loads(line) for one in (before, path) for line in one.read_text().splitlines()]
    assert lines[-1]["name"] == "CurrentTime"


def test_a_line_longer_than_the_bound_has_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "wire.jsonl"
    with BoundedFile(path, 20) as out:
        for text in ("a\n", "b" * 50 + "\n", "c\n"):
            out.write(text)
    assert path.read_text() == "c\n"
    assert path.with_name("wire.jsonl.1").read_text() == "b" * 50 + "\n"
