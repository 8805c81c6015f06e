"""The generated text codec, against what must arrive and against the interpreter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes import thinned, tries
from papertape.model import (
    DepthMktDataDescription,
    HistoricalTick,
    HistoricalTickBidAsk,
    HistoricalTickLast,
    TagValue,
    TickAttribBidAsk,
    TickAttribLast,
)
from papertape.wire import oracle, text
from papertape.wire.catalogue.depth import MarketDepthExchanges
from papertape.wire.catalogue.fa import ReplaceFA
from papertape.wire.catalogue.legacy import ReqFundamentalData
from papertape.wire.catalogue.options import TickOptionComputation
from papertape.wire.catalogue.pnl import PnL
from papertape.wire.catalogue.ticks import (
    HistoricalTicksBidAsk,
    HistoricalTicksLast,
    TickByTickData,
)
from papertape.wire.catalogue.verify import VerifyCompleted
from papertape.wire.catalogue.wsh import ReqWshEventData
from papertape.wire.message import Message
from papertape.wire.plan import plan
from walks import walk
from wire.messages import TEXT, for_text, instances, name_of, samples, text_versions
from wire.views import differences, text_view


def round_trip(message: Message, version: int) -> None:
    """Write and read with both twins: same bytes, same message, and nothing lost on the way."""
    cls = type(message)
    message = for_text(message)
    written = text.encoder(cls, version)(message)
    assert written == oracle.write_text(message, version)
    tokens = written.split("\0")
    expected = text_view(message, version)
    assert differences(text.decoder(cls, version)(list(tokens)), expected) == []
    read, seen = oracle.read_text(cls, version, tokens)
    assert differences(read, expected) == []
    assert [token.text for token in seen] == tokens[:-1]


@pytest.mark.long
@walk("cls", TEXT, ids=name_of, check=11, test=3)
def test_round_trip_at_every_gate_and_beside_it(cls: type[Message]) -> None:
    plans = set()
    for version in thinned(text_versions(cls), check=3):
        known = plan(cls, version) in plans  # then one sample will do
        for message in samples(cls)[2:3] if known else samples(cls):
            round_trip(message, version)
        plans.add(plan(cls, version))


BELOW = TickAttribBidAsk(bidPastLow=True)
GOLDEN: list[tuple[Message, int, str]] = [
    (HistoricalTicksBidAsk(1, [HistoricalTickBidAsk(5, BELOW, 1.5, 2.5)], True), 176,
     "1|1|5|2|1.5|2.5|||1|"),
    (TickByTickData(1, 3, None, HistoricalTickBidAsk(5, BELOW, 1.5, 2.5)), 176,
     "1|3|5|1.5|2.5|||1|"),
    (TickByTickData(1, 4, historicalTickMidPoint=HistoricalTick(5, 1.5)), 176, "1|4|5|1.5|"),
    (HistoricalTicksLast(1, [HistoricalTickLast(5, TickAttribLast(True, True), 1.5)]), 176,
     "1|1|5|3|1.5||||0|"),
    (TickOptionComputation(1, 13, 1, delta=0.5), 155, "6|1|13|-1|0.5|-1|-1|-2|-2|-2|-1|"),
    (TickOptionComputation(1, 13, 1, delta=0.5), 156, "1|13|1|-1|0.5|-1|-1|-2|-2|-2|-1|"),
    (PnL(1, 5.5), 127, "1|5.5|"),
    (PnL(1, 5.5), 135, "1|5.5|1.7976931348623157E308|1.7976931348623157E308|"),
    (VerifyCompleted(True, "a\\b"), 153, "1|true|a\\\\b|"),
    (MarketDepthExchanges([DepthMktDataDescription("IEX", "STK")]), 119, "1|IEX|STK|0|"),
    (MarketDepthExchanges([DepthMktDataDescription("IEX", "STK")]), 120,
     "1|IEX|STK|||2147483647|"),
    (ReplaceFA(7, 1, "<x/>"), 156, "1|1|<x/>|"),
    (ReplaceFA(7, 1, "<x/>"), 157, "1|1|<x/>|7|"),
    (ReqWshEventData(7), 170, "7|2147483647|"),
    (ReqFundamentalData(7, reportType="R", fundamentalDataOptions=[TagValue("a", "1")]), 176,
     "2|7|0|||||||R|1|a=1;|"),
]  # fmt: skip


@walk(("message", "version", "frame"), GOLDEN)
def test_frames_as_the_protocol_describes_them(message: Message, version: int, frame: str) -> None:
    assert text.encoder(type(message), version)(message).replace("\0", "|") == frame


@pytest.mark.long
@walk("cls", TEXT, ids=name_of, check=11, test=3)
def test_round_trip_of_anything(cls: type[Message]) -> None:
    @tries(8, fixed=True)
    @given(instances(cls), st.sampled_from(text_versions(cls)))
    def any_message(message: Message, version: int) -> None:
        round_trip(message, version)

    any_message()
