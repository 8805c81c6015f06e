"""Option computations: what the prices of an option mean, as the calculators say it too."""

import pytest

from papertape.model import Contract
from papertape.server.assembly import open_tape
from papertape.server.clock import MarketClock
from papertape.server.market_data.channels import SLICE
from papertape.server.persistence import MarketFacts
from papertape.server.settings import StationSettings
from papertape.venue.market.source import Quote
from papertape.venue.units import SECOND
from papertape.wire.catalogue import market as wire
from papertape.wire.catalogue.options import (
    CalculateImpliedVolatility,
    CalculateOptionPrice,
    TickOptionComputation,
)
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime
from server.pair import VERSIONS, Client, Hall, Stopwatch
from server.test_every_kind import hall as whole_market
from venue.scenario import at
from walks import walk

CALL = Contract(localSymbol="SPY   260618C00680000", secType="OPT", exchange="SMART")
STOCK = Contract(symbol="SPY", secType="STK", exchange="SMART", currency="USD")
FIELDS = ("impliedVol", "delta", "optPrice", "pvDividend", "gamma", "vega", "theta", "undPrice")


def computed(client: Client) -> dict[int, TickOptionComputation]:
    """The last computation of each type that has come."""
    return {tick.tickType: tick for tick in client.of(TickOptionComputation)}


def figures(tick: TickOptionComputation) -> list[float | None]:
    return [getattr(tick, name) for name in FIELDS]


def scripted(bid: float, ask: float) -> tuple[Hall, Client, int]:
    """A market in which a test writes the quotes of the call; SPY is at 690."""
    hall = Hall()
    found = hall.station.venue.instruments.resolve(CALL, now=hall.now)
    number = found.instrument.conId  # type: ignore[union-attr]
    hall.market.tape[number] = []
    hall.market.volatilities[number] = 0.2
    hall.quote("SPY 689.99 x 690.01")
    write(hall, number, bid, ask)
    return hall, hall.client(), number


def write(hall: Hall, number: int, bid: float, ask: float) -> None:
    """A quote of the option, an instant later."""
    hall.now += 1
    units = (round(price * 10_000) for price in (bid, ask))
    bids, asks = units
    quote = Quote(number, hall.now, bids, 10_000 if bids else 0, asks, 10_000 if asks else 0)
    hall.market.add(quote)
    hall.station.act()


# ---------------------------------------------------------------- what they say


@walk("version", VERSIONS, check=5)
def test_bid_ask_last_and_model_in_every_form_of_the_wire(version: int) -> None:
    client = whole_market().client(1, version)
    client.send(wire.ReqMktData(1, CALL))
    got = client.got()
    prices = {m.tickType: m.price for m in got if isinstance(m, wire.TickPrice)}
    ticks = {m.tickType: m for m in got if isinstance(m, TickOptionComputation)}
    assert list(ticks) == [10, 11, 12, 13]
    assert got.index(ticks[10]) > max(got.index(m) for m in got if isinstance(m, wire.TickPrice))
    for kind, of in ((10, 1), (11, 2), (12, 4)):
        assert ticks[kind].optPrice == pytest.approx(prices[of], rel=1e-6)
    for tick in ticks.values():
        assert tick.reqId == 1 and tick.undPrice == ticks[13].undPrice
        assert tick.pvDividend == ticks[13].pvDividend
        assert None not in figures(tick)
        assert 0.0 < tick.delta < 1.0 < 5.0 < tick.optPrice  # type: ignore[operator]
        assert tick.gamma > 0.0 < tick.vega and tick.theta < 0.0  # type: ignore[operator]
        assert tick.tickAttrib == (0 if version >= 156 else None)
    assert ticks[10].impliedVol < ticks[13].impliedVol < ticks[11].impliedVol  # type: ignore[operator]


def test_the_calculators_say_the_same() -> None:
    client = whole_market().client()  # at a whole minute: both look at one instant
    ticks = computed(client.send(wire.ReqMktData(1, CALL)))
    for tick in (ticks[10], ticks[11], ticks[12]):
        assert tick.optPrice is not None and tick.undPrice is not None
        client.send(CalculateImpliedVolatility(2, CALL, tick.optPrice, tick.undPrice))
        (implied,) = client.got()
        assert implied.impliedVol == pytest.approx(tick.impliedVol, rel=1e-5)
    for tick in ticks.values():
        assert tick.impliedVol is not None and tick.undPrice is not None
        client.send(CalculateOptionPrice(3, CALL, tick.impliedVol, tick.undPrice))
        (priced,) = client.got()
        assert priced.optPrice == pytest.approx(tick.optPrice, rel=1e-6)
        greeks = ("delta", "gamma", "vega", "theta")
        assert [getattr(priced, name) for name in greeks] == [getattr(tick, n) for n in greeks]


def test_an_option_on_a_future_has_no_dividends() -> None:
    client = whole_market().client()
    option = Contract(
        symbol="ES", secType="FOP", exchange="CME", lastTradeDateOrContractMonth="20260618",
        strike=6800.0, right="C", tradingClass="ES",
    )  # fmt: skip
    ticks = computed(client.send(wire.ReqMktData(1, option)))
    assert ticks[13].pvDividend == 0.0 and 0.05 < (ticks[13].impliedVol or 0.0) < 1.0


def test_a_price_that_no_volatility_explains_has_no_greeks() -> None:
    _, client, _ = scripted(1.00, 32.00)
    ticks = computed(client.send(wire.ReqMktData(1, CALL)))
    # The option is worth ten dollars if it is exercised at once.
    assert figures(ticks[10])[:2] == [None, None] and ticks[10].optPrice == 1.0
    assert ticks[10].undPrice == 690.0 and ticks[10].gamma is None
    assert None not in figures(ticks[11])
    assert 12 not in ticks and ticks[13].impliedVol == 0.2


@pytest.mark.parametrize("version", [176, 226])
def test_a_side_that_is_no_more_quoted_has_nothing(version: int) -> None:
    hall, _, number = scripted(25.00, 25.40)
    client = hall.client(2, version)
    assert 10 in computed(client.send(wire.ReqMktData(1, CALL)))
    write(hall, number, 0.0, 25.40)
    hall.wait(1)
    ticks = computed(client)
    assert list(ticks) == [10] and figures(ticks[10]) == [None] * 8
    hall.wait(5)
    assert computed(client) == {}
    write(hall, number, 25.10, 25.40)
    hall.wait(1)
    assert list(computed(client)) == [10]


def test_what_moves_is_told_once_a_second() -> None:
    hall, client, _ = scripted(25.00, 25.40)
    before = computed(client.send(wire.ReqMktData(1, CALL)))
    hall.quote("SPY 691.99 x 692.01")
    hall.wait(1)
    after = computed(client)
    assert set(after) == {10, 11, 13}
    assert after[10].optPrice == before[10].optPrice and after[10].undPrice == 692.0
    assert (after[10].impliedVol or 0) < (before[10].impliedVol or 0)  # dearer share, same price
    hall.wait(10)
    assert computed(client) == {}
    client.send(wire.CancelMktData(1))
    hall.quote("SPY 689.99 x 690.01")
    hall.wait(2)
    assert client.got() == []


def test_only_options_with_default_ticks_have_any() -> None:
    hall, client, _ = scripted(25.00, 25.40)
    client.send(wire.ReqMktData(1, STOCK), wire.ReqMktData(2, CALL, "mdoff"))
    hall.wait(2)
    assert computed(client) == {}


def test_a_snapshot_has_them_before_its_end() -> None:
    _, client, _ = scripted(25.00, 25.40)
    got = client.send(wire.ReqMktData(5, CALL, "", True)).got()
    kinds = [type(m) for m in got]
    assert kinds[-4:] == [TickOptionComputation] * 3 + [wire.TickSnapshotEnd]
    assert {m.reqId for m in got} == {5}


# ---------------------------------------------------------------- closed markets


def night(wish: int) -> dict[int, TickOptionComputation]:
    """What a client gets after the close, having asked for a type of data."""
    now = at("20260413 22:00:00")
    facts = MarketFacts(now, 5, MarketClock(now, now, 1.0))
    hall = Hall(market=open_tape(None, facts, "exchange"), now=now)
    client = hall.client()
    client.send(wire.ReqMarketDataType(wish), wire.ReqMktData(1, CALL))
    hall.wait(2)
    return computed(client)


def test_nothing_is_computed_while_nobody_quotes() -> None:
    assert night(1) == {}


def test_frozen_quotes_are_computed() -> None:
    assert {10, 11, 13} <= set(night(2))


# ---------------------------------------------------------------- many of them


def chain(count: int) -> list[Contract]:
    """Calls and puts around the money, of as many expiries as it takes."""
    found = [
        Contract(
            symbol="SPY", secType="OPT", exchange="SMART", currency="USD", strike=float(strike),
            right=right, lastTradeDateOrContractMonth=day, tradingClass="SPY", multiplier="100",
        )
        for day in ("20260515", "20260618")
        for strike in range(630, 730)
        for right in "CP"
    ]  # fmt: skip
    return found[:count]


@pytest.mark.long
def test_four_hundred_options_are_told_in_slices() -> None:
    hall = whole_market()
    hall = Hall(
        market=hall.market, now=hall.now,
        settings=StationSettings(max_lines=500, max_message_rate=0),
    )  # fmt: skip
    client, other = hall.client(1), hall.client(2)
    contracts = chain(400)
    client.send(*(wire.ReqMktData(number, one) for number, one in enumerate(contracts)))
    opened = {m.reqId for m in client.of(TickOptionComputation) if m.tickType == 13}
    assert len(opened) == 400
    hall.wait(1.9)  # the share moves in the second second
    client.got()
    # Every look at the clock takes a tenth of a slice: forty slices for four hundred options.
    hall.station.timing.stopwatch = Stopwatch(SLICE / 10 / SECOND)
    hall.now += SECOND // 10
    told: list[int] = []
    while (due := hall.station.next_due()) is not None and due <= hall.now:
        hall.station.step(hall.now)
        hall.station.flush()
        told.append(len({m.reqId for m in client.of(TickOptionComputation)}))
        data = other.connection.send(ReqCurrentTime())
        hall.station.receive(other.session, data, hall.now)
        hall.station.flush()
        assert CurrentTime in [type(m) for m in other.got()]
    assert max(told) <= 12 and len([one for one in told if one]) >= 35


def test_expired_options_have_none() -> None:
    gone = Contract(localSymbol="SPY   260410C00680000", secType="OPT", exchange="SMART")
    client = whole_market().client()
    client.send(wire.ReqMktData(1, gone))
    assert computed(client) == {}
