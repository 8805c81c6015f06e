"""reqPositions; the figures of accounts are in ../test_accounts."""

import pytest

from papertape.wire.catalogue import account as wire
from server.pair import VERSIONS, Hall
from server.shown import lines
from server.test_station import order
from walks import walk


@pytest.mark.long
@walk("version", VERSIONS)
def test_positions_then_the_end_then_changes(version: int) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client(1, version)
    assert lines(client.send(wire.ReqPositions()).got()) == ["positionEnd"]
    client.send(order(1, "BUY 100 AAPL MKT"))
    assert lines(client.got())[-1] == "position AAPL 100"
    client.send(wire.CancelPositions(), order(2, "SELL 100 AAPL MKT"))
    assert not any(text.startswith("position") for text in lines(client.got()))
    client.send(wire.ReqPositions())
    assert lines(client.got()) == ["position AAPL 0", "positionEnd"]
