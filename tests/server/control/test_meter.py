"""Rates and lags out of what is seen when somebody looks."""

from types import SimpleNamespace
from typing import Any

from papertape.server.control.meter import KEPT, Meter
from papertape.server.sessions.session import Session
from papertape.server.timing import Timing


class Wire:
    """Stands for a session: its counters alone are read."""

    received = sent = bytes_out = 0


def meter() -> tuple[Meter, Any]:
    return Meter(), Wire()


def test_a_rate_needs_two_looks_and_is_that_of_the_last_seconds() -> None:
    read, wire = meter()
    assert read.read(wire, 0, 100.0)[:2] == (None, None)
    wire.received, wire.sent = 10, 100
    assert read.read(wire, 0, 100.1)[:2] == (None, None)  # too close to tell
    assert read.read(wire, 0, 101.0)[:2] == (10, 100)
    wire.sent = 600
    assert read.read(wire, 0, 105.0)[:2] == (2, 120)
    assert read.read(wire, 0, 110.0)[:2] == (0, 0)  # what was before five seconds ago is past


def test_after_a_long_pause_the_rate_is_that_of_the_pause() -> None:
    read, wire = meter()
    read.read(wire, 0, 0.0)
    wire.sent = 6000
    assert read.read(wire, 0, 60.0).out_per_s == 100


def test_a_lag_is_the_age_of_the_oldest_unsent_byte_as_far_as_was_noticed() -> None:
    read, wire = meter()
    for second in range(10):
        wire.bytes_out += 1000
        assert read.read(wire, 0, float(second)).lag_s == 0
    wire.bytes_out += 500
    assert read.read(wire, 500, 10.0).lag_s == 0  # it came after the last look
    assert read.read(wire, 501, 11.0).lag_s == 2  # one byte of the look at 9
    assert read.read(wire, 3500, 12.0).lag_s == 5
    assert read.read(wire, 0, 13.0).lag_s == 0


def test_what_is_remembered_is_bounded_and_ends_with_the_session() -> None:
    read, wire = meter()
    for second in range(2 * KEPT):
        read.read(wire, 0, float(second))
        read.read(wire, 0, second + 0.1)
    (looks,) = read._looks.values()
    assert len(looks) == KEPT and looks[-1].time == 2 * KEPT - 1
    del wire, looks
    assert not read._looks


def test_a_session_has_the_counters() -> None:
    transport: Any = SimpleNamespace(write=lambda data: None)
    session = Session(1, "test:1", transport, 226, Timing(0))
    session.answer(b"abc")
    session.flush()
    assert (session.bytes_out, session.queued) == (3, 0)
    assert Meter().read(session, 0, 1.0).lag_s == 0
