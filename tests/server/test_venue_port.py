"""The port to a venue: commands in, facts out, a read model out of the facts."""

from typing import Any

import pytest

from papertape.server.embedded_venue import EmbeddedVenue
from papertape.server.persistence import Keeper
from papertape.server.present.queries import Queries
from papertape.server.present.views import Views
from papertape.server.venue_port import ReadModel, Venue
from papertape.venue.commands import SubmitOrder
from papertape.venue.engine import Engine
from papertape.wire.catalogue import orders
from server.pair import Hall
from server.test_station import order


def traded() -> Hall:
    """A station on which orders rest, fill, and are cancelled."""
    hall = Hall()
    hall.quote("AAPL 257.66*300 x 257.68*300")
    client = hall.client(1)
    client.send(order(1, "BUY 100 AAPL LMT 250"), order(2, "BUY 500 AAPL LMT 257.70"))
    client.send(orders.CancelOrder(1))
    hall.quote("AAPL 257.60*300 x 257.62*300")
    return hall


def test_a_read_model_that_is_folded_from_the_facts_answers_as_the_venue_does() -> None:
    hall = traded()
    venue: Venue = hall.station.venue
    second = Engine(None)
    second.replay(venue.entries())
    assert second.state_hash() == hall.station.engine.state_hash()
    model: ReadModel = second
    answers = Queries(model, Views(model.instruments, model.profile))
    assert answers.orders() == hall.station.queries.orders()
    assert answers.executions() == hall.station.queries.executions()
    assert answers.positions() == hall.station.queries.positions()


def test_facts_since_an_entry_bring_a_model_that_knows_the_rest_up_to_date() -> None:
    hall = traded()
    venue: Venue = hall.station.venue
    entries = list(venue.entries())
    assert len(entries) >= 5
    second = Engine(None)
    second.replay(entries[:3])
    assert second.state_hash() != hall.station.engine.state_hash()
    second.replay(venue.entries(after=3))
    assert second.state_hash() == hall.station.engine.state_hash()


def test_a_command_that_fails_leaves_the_venue_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = traded()
    venue: Any = hall.station.venue
    before = hall.station.engine.state_hash()

    def broken(*_: object) -> object:
        raise ZeroDivisionError("in the middle")

    monkeypatch.setattr(hall.station.engine, "submit", broken)
    message = order(9, "BUY 100 AAPL LMT 250")
    command = SubmitOrder(1, 9, message.contract, message.order)
    with pytest.raises(ZeroDivisionError):
        venue.submit(command, hall.now)
    assert hall.station.engine.state_hash() == before
    assert venue.state is hall.station.engine.state, "the port stands for the engine of now"
    assert venue.submit(command, hall.now)


def test_an_embedded_venue_is_a_venue() -> None:
    hall = Hall()
    venue: Venue = EmbeddedVenue(Engine(hall.market), Keeper(None), hall.market)
    assert venue.next_due() is None and venue.commit() == 0
