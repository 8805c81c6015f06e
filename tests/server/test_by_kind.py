"""Every request for market data, for a contract of every kind: an answer, or TWS's refusal."""

from itertools import count

import pytest

from server.by_kind import KINDS, REQUESTS, measured, table
from server.pair import Hall
from server.test_every_kind import hall as whole_market

CLIENTS = count(1)


@pytest.fixture(scope="module", name="hall")
def _hall() -> Hall:
    return whole_market()


def test_the_table_has_every_request_and_kind() -> None:
    assert list(table()) == list(REQUESTS)
    assert {len(row) for row in table().values()} == {len(KINDS)}


@pytest.mark.sample(1, test=5)
@pytest.mark.long
@pytest.mark.parametrize("request_name", REQUESTS)
def test_each_request_brings_what_the_table_says(hall: Hall, request_name: str) -> None:
    found = []
    for kind in KINDS:
        client = hall.client(next(CLIENTS) % 30 + 1)
        found.append(measured(hall, client, kind, 7, request_name))
        client.leave()
    assert tuple(found) == table()[request_name]
