"""What cannot be read is told at once to whom it concerns, is logged, and takes bounded memory."""

import logging
from decimal import Decimal
from typing import Any

import pytest

from client.fake_server import Served
from client.memory import Memory, run
from papertape.client.aio import connect
from papertape.client.connectivity import FARMS_KEPT, Health
from papertape.client.contracts import Stock
from papertape.client.conversations import Call, Collect, History
from papertape.client.quotes import GENERIC, QuoteStream
from papertape.client.streams import BarStream, ItemStream, StreamSource
from papertape.client.unread import KEPT, LOGGED, LONGEST
from papertape.errors import RemoteProtocolError, ServerOutdated
from papertape.model import Bar
from papertape.wire.catalogue import account, history, market, session
from papertape.wire.connection import encode
from papertape.wire.message import Message
from walks import walk

BAR = Bar(date="20260413", open=1.25, high=7.75, low=1.0, close=1.5, volume=Decimal(5), wap=None)


def broken(message: Message, version: int, good: bytes = b"7.75", bad: bytes = b"?.??") -> bytes:
    """A message as a frame, one field of which is no number."""
    data = encode(message, version)
    assert data.count(good) == 1
    return data.replace(good, bad)


def bars(number: int) -> history.HistoricalData:
    return history.HistoricalData(number, historicalDataBars=[BAR])


def damaged(message: Message, version: int) -> bytes:
    """As protobuf: the last field is cut, and the length says so."""
    body = encode(message, version)[4:-3]
    return len(body).to_bytes(4) + body


@pytest.mark.parametrize("version", [176, 195])
def test_a_bar_that_cannot_be_read_ends_the_question_at_once(
    version: int, caplog: pytest.LogCaptureFixture
) -> None:
    tws = Memory(version)
    tws.answers[history.ReqHistoricalData] = lambda m: (
        tws.line.raw(broken(bars(m.reqId), version)) or []  # type: ignore[func-returns-value]
    )
    caught: list[RemoteProtocolError] = []

    async def main() -> None:
        async with connect() as tws_:
            with pytest.raises(RemoteProtocolError) as info:
                await tws_.historical_bars(Stock("SPY"))
            caught.append(info.value)
            assert await tws_.current_time() == 1_700_000_000

    with caplog.at_level(logging.WARNING, "papertape"):
        run(tws, main)
    error = caught[0]
    assert (error.message, error.field) == ("HistoricalData", "historicalDataBars[0].high")
    assert "'?.??'" in str(error) and str(error) in caplog.text
    assert len(tws.all(history.ReqHistoricalData)) == 1


def test_as_protobuf_too() -> None:
    served = Served().ready()
    asked = History(served.core.request_id(), split=True)
    served.core.begin(asked, session.ReqCurrentTime())
    served.core.receive(damaged(bars(asked.request_id), 226))
    assert asked.done and isinstance(asked.error, RemoteProtocolError)
    assert asked.error.message == "HistoricalData"


def test_an_answer_without_an_id_ends_those_who_asked_for_its_kind() -> None:
    served = Served(176).ready()
    asked = Collect("reqPositions", account.PositionEnd)
    other = Call("reqCurrentTime")
    served.core.begin(asked, account.ReqPositions())
    served.core.begin(other, session.ReqCurrentTime())
    row = account.Position("DU1", position=Decimal(5), avgCost=7.75)
    served.core.receive(broken(row, 176))
    assert isinstance(asked.error, RemoteProtocolError) and not other.done


def test_a_stream_lacks_one_update_and_goes_on() -> None:
    served = Served(176).ready()
    source = StreamSource(
        "", lambda n: session.ReqCurrentTime(), lambda n: session.ReqCurrentTime()
    )
    quote = QuoteStream(served.core.request_id(), source)
    items = ItemStream("reqRealTimeBars", served.core.request_id(), source)
    for stream in (quote, items):
        served.core.subscribe(stream)
        tick = market.TickPrice(stream.request_id, 1, 7.75, Decimal(3))
        served.core.receive(broken(tick, 176))
        assert not stream.done
    assert items.lost == 1 and served.core.unread.count == 2
    served.send(market.TickPrice(quote.request_id, 1, 8.0, Decimal(3)))
    assert quote.bid == 8.0


def test_bars_that_are_kept_up_to_date_lack_no_whole_answer() -> None:
    served = Served(176).ready()
    source = StreamSource(
        "", lambda n: session.ReqCurrentTime(), lambda n: session.ReqCurrentTime()
    )
    stream = BarStream("bars", served.core.request_id(), source)
    served.core.subscribe(stream)
    update = history.HistoricalDataUpdate(stream.request_id, BAR)
    served.core.receive(broken(update, 176))
    assert not stream.done
    served.core.receive(broken(bars(stream.request_id), 176))
    assert isinstance(stream.error, RemoteProtocolError)


def test_what_is_kept_and_logged_of_them_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    served = Served(176).ready()
    body = b"9999\0" + b"x" * (3 * LONGEST)
    with caplog.at_level(logging.WARNING, "papertape"):
        served.core.receive((len(body).to_bytes(4) + body) * (KEPT + 50))
    unread = served.core.unread
    assert (len(unread), unread.count) == (KEPT, KEPT + 50)
    assert max(len(event.body) for event in unread) == LONGEST
    assert len(caplog.messages) == LOGGED + 1 and "unknown id 9999" in caplog.messages[0]


def test_what_a_quote_and_the_health_keep_is_bounded() -> None:
    quote, health = QuoteStream(1), Health()
    for i in range(10_000):
        quote.feed(market.TickGeneric(1, 1000 + i, 1.0))
        quote.feed(market.TickString(1, 1000 + i, "x"))
        health.read(2103, f"Market data farm connection is broken:farm{i}")
    assert (len(quote.generic), len(health.broken)) == (GENERIC, FARMS_KEPT)
    quote.feed(market.TickGeneric(1, 1000, 2.0))
    assert quote.generic[1000] == 2.0


@walk("version", [0, 50, -1])
def test_a_server_that_is_too_old_for_everything(version: int) -> None:
    tws = Memory()
    answer = f"{version}\0now\0".encode()

    async def main() -> None:
        with pytest.raises(ServerOutdated) as info:
            await connect()
        assert (info.value.version, info.value.needed) == (version, 100)

    class Old(Memory):
        async def connect(self, loop: Any, factory: Any, host: str, port: int) -> Any:
            made = await super().connect(loop, factory, host, port)
            self.line.raw(len(answer).to_bytes(4) + answer)
            return made

    tws = Old()
    tws.greets = False
    run(tws, main)
