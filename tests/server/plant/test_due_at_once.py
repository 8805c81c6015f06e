"""What is due at the very instant of the command that brought it."""

from papertape.venue.agenda import Alarm
from papertape.wire.catalogue.orders import ReqGlobalCancel
from server.pair import Hall


def test_what_a_command_makes_due_at_its_own_instant_is_carried_out_then() -> None:
    """On a clock that stands still a station would turn round and round on it."""
    hall = Hall()
    client = hall.client()
    client.send(ReqGlobalCancel())
    hall.station.engine._agenda.add(hall.now, Alarm.ACT, 5)
    hall.station.engine._agenda.add(hall.now + 1, Alarm.ACT, 6)
    hall.station.engine._contracts._scheduled.add(7)
    hall.station.act()
    for _ in range(2):
        hall.station.step(hall.now)
    assert hall.station.next_due() == hall.now + 1
