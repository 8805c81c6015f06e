"""What clients with strict readers need of an answer, whatever other libraries are content with.

A client that turns each field into a number, a date or a word of a list ends its stream, or itself,
at the first that is none. Which client needs what stands in docs/peers.md.
"""

import pytest

from papertape.wire.catalogue import account
from server.pair import Hall
from server.test_station import order

TEXTS = (100, 151, 173, 178, 200)
"""Versions whose account rows are text; 151 is that of nimIBApi, 173 that of the Rust crate 2."""


def tokens(data: bytes) -> list[list[str]]:
    """The fields of each message, by hand; protobuf is not among them."""
    found = []
    while data:
        length = int.from_bytes(data[:4], "big")
        found.append(data[4 : 4 + length].decode().split("\0")[:-1])
        data = data[4 + length :]
    return found


@pytest.mark.parametrize("version", TEXTS)
def test_a_portfolio_row_has_a_right_that_is_a_number_or_a_letter(version: int) -> None:
    hall = Hall()
    for row in ("AAPL 257.66 x 257.68", "AAPL_C260 5.00 x 5.20"):
        hall.quote(row)
    client = hall.client(1, version)
    client.send(order(1, "BUY 100 AAPL MKT"), order(2, "BUY 1 AAPL_C260 MKT")).got()
    client.send(account.ReqAccountUpdates(True, ""))
    rows = [each for each in tokens(client.pipe.data) if each[0] == "7"]
    assert [(each[4], each[7]) for each in rows] == [("STK", "0"), ("OPT", "C")]
