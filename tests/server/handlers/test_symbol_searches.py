"""Searches for symbols: one a second of a client where they are paced."""

from typing import Any

import pytest

from papertape.server.research.symbol_searches import MOST_WAITING
from papertape.server.settings import StationSettings
from papertape.wire.catalogue.reference import ReqMatchingSymbols, SymbolSamples
from papertape.wire.catalogue.session import ErrorMessage
from server.pair import Client, Hall


def hall(**settings: Any) -> Hall:
    return Hall(settings=StationSettings(max_message_rate=0, **settings))


def answered(client: Client) -> list[int]:
    return [one.reqId for one in client.of(SymbolSamples)]


def test_without_pacing_all_are_answered_at_once() -> None:
    client = hall().client()
    client.send(*(ReqMatchingSymbols(number, "SP") for number in range(5)))
    assert answered(client) == [0, 1, 2, 3, 4]


def test_with_it_one_a_second_and_each_client_has_its_own() -> None:
    here = hall(symbol_search_pacing=True)
    one, two = here.client(1), here.client(2)
    one.send(*(ReqMatchingSymbols(number, "SP") for number in range(3)))
    two.send(ReqMatchingSymbols(7, "SP"))
    assert (answered(one), answered(two)) == ([0], [7])
    here.wait(0.9)
    assert answered(one) == []
    here.wait(0.1)
    assert answered(one) == [1]
    here.wait(1)
    assert answered(one) == [2]
    here.wait(1)
    one.send(ReqMatchingSymbols(3, "SP"))
    assert answered(one) == [3]


@pytest.mark.long
def test_many_at_once_are_bounded_and_a_client_that_leaves_is_forgotten() -> None:
    here = hall(symbol_search_pacing=True)
    one, two = here.client(1), here.client(2)
    one.send(*(ReqMatchingSymbols(number, "SP") for number in range(10_000)))
    refused = [error.id for error in one.of(ErrorMessage) if error.errorCode == 321]
    assert refused == list(range(MOST_WAITING + 1, 10_000))
    two.send(ReqMatchingSymbols(1, "SP"), ReqMatchingSymbols(2, "SP"))
    two.leave()
    here.wait(MOST_WAITING + 10)
    assert answered(one) == list(range(1, MOST_WAITING + 1))  # the first was answered at once
    assert here.station.next_due() is None or here.station.next_due() > here.now
