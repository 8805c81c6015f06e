"""A live quote from its ticks."""

from decimal import Decimal

from papertape.client.quotes import QuoteStream
from papertape.wire.catalogue.market import (
    MarketDataType,
    RerouteMarketDataRequest,
    TickGeneric,
    TickPrice,
    TickReqParams,
    TickSize,
    TickSnapshotEnd,
    TickString,
)
from papertape.wire.catalogue.options import TickOptionComputation


def fed(*messages: object) -> QuoteStream:
    quote = QuoteStream(1)
    for message in messages:
        quote.feed(message)
    return quote


def test_prices_bring_their_sizes() -> None:
    quote = fed(TickPrice(1, 1, 10.5, Decimal(300)), TickPrice(1, 2, 10.6, Decimal(200)))
    assert (quote.bid, quote.bidSize, quote.ask, quote.askSize) == (10.5, 300, 10.6, 200)


def test_high_low_open_and_close_have_no_size() -> None:
    quote = fed(*(TickPrice(1, kind, float(kind), Decimal(0)) for kind in (6, 7, 9, 14)))
    assert (quote.high, quote.low, quote.close, quote.open) == (6.0, 7.0, 9.0, 14.0)


def test_minus_one_means_that_there_is_no_price() -> None:
    quote = fed(TickPrice(1, 1, 10.5, Decimal(300)), TickPrice(1, 1, -1.0, Decimal(0)))
    assert (quote.bid, quote.bidSize) == (None, 0)


def test_sizes_alone() -> None:
    quote = fed(TickSize(1, 0, Decimal(5)), TickSize(1, 8, Decimal(1000)))
    assert (quote.bidSize, quote.volume) == (5, 1000)


def test_delayed_ticks_fill_the_same_figures() -> None:
    quote = fed(TickPrice(1, 68, 9.9, Decimal(370)), TickSize(1, 74, Decimal(8)))
    assert (quote.last, quote.lastSize, quote.volume) == (9.9, 370, 8)


def test_other_ticks_are_kept_by_their_type() -> None:
    quote = fed(TickGeneric(1, 49, 0.0), TickString(1, 32, "PQ"), TickString(1, 45, "1700000000"))
    assert quote.generic == {49: 0.0, 32: "PQ"}
    assert quote.lastTimestamp == "1700000000"


def test_the_line_tells_its_parameters_and_its_type() -> None:
    quote = fed(TickReqParams(1, 0.01, "9c0001", 4), MarketDataType(1, 3))
    assert (quote.minTick, quote.bboExchange, quote.marketDataType) == (0.01, "9c0001", 3)


def test_a_snapshot_ends() -> None:
    quote = fed(TickPrice(1, 1, 10.5, Decimal(300)), TickSnapshotEnd(1))
    assert quote.complete and quote.done and quote.updates == 2


def test_sizes_of_other_types_are_kept_too() -> None:
    assert fed(TickSize(1, 89, Decimal(7))).generic == {89: 7}


def test_an_option_has_computations_live_or_delayed() -> None:
    live, late = TickOptionComputation(1, 13, 0, 0.3, 0.5), TickOptionComputation(1, 80, 0, 0.2)
    quote = fed(live, TickOptionComputation(1, 10, 0, 0.25), late)
    assert quote.greeks is live and quote.computations[10] is late
    quote.began()
    assert quote.greeks is None


def test_a_line_says_which_contract_has_its_data() -> None:
    told = RerouteMarketDataRequest(1, 8314, "SMART")
    assert fed(told).rerouted is told


def test_a_halt_is_told() -> None:
    assert fed().halted is None
    told = (TickGeneric(1, 49, 2.0), TickGeneric(1, 49, 0.0), TickGeneric(1, 49, 1.0))
    assert [fed(*told[:n]).halted for n in (1, 2, 3)] == [2, 0, 1]
    assert fed(TickGeneric(1, 90, 1.0)).halted == 1
