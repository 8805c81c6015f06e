"""The wire log: every message a line of JSON, and no reason to stop trading."""

import io
import json

import pytest

from papertape.server.wirelog import WireLog
from papertape.wire.catalogue import session
from server.pair import Hall
from server.test_station import order


def logged(out: io.StringIO) -> Hall:
    hall = Hall()
    hall.station.traces.wire = WireLog(out)
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
    assert caplog.messages == ["the wire log ends here: No space left on device"]
