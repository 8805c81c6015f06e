"""Chains of a world: options that follow what the world writes of their underlying."""

from decimal import Decimal
from typing import Any

import pytest

from papertape.errors import WorldError
from papertape.model import Contract, Order
from papertape.server.assembly import Composed, compose
from papertape.server.market_settings import MarketSettings
from papertape.server.settings import StationSettings
from papertape.server.worlds.founding import check_world, founded
from papertape.venue.broker.profile import Profile
from papertape.venue.market.options.model import Option, horizon, value
from papertape.venue.units import SECOND
from papertape.wire.catalogue import contract, market, options
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.worlds.reading import read_steps, read_world
from server.pair import Client, Hall
from walks import walk

GME = """
start      2026-04-10 10:00 US/Eastern
contract   GMEX  STK NYSE USD  tick 0.01
chain      GMEX  2026-05-15  strikes 10..40 by 2.5  vol 90%
quote      GMEX  25.00 x 25.02
+10s       ramp   GMEX  -30% over 60s
+75s       halt   GMEX  for 5m
"""


class Founded(Hall):
    """A station that a world has founded, over the market that a started one has."""

    def __init__(self, text: str) -> None:
        world = read_world(text)
        assert check_world(world) == []
        chosen, profile = founded(world, MarketSettings(), Profile(), "US/Eastern")
        assert chosen.start is not None
        self.composed: Composed = compose(
            wall=0, data_dir=None, market=chosen, profile=profile,
            settings=StationSettings(max_message_rate=0),
        )  # fmt: skip
        self.station = self.composed.station
        self.now = chosen.start
        self.station.act()
        self.station.world.load(world, founded=True)
        self.wait(1e-6)


def option(right: str, strike: float, symbol: str = "GMEX") -> Contract:
    return Contract(
        symbol=symbol, secType="OPT", exchange="SMART", currency="USD", strike=strike, right=right,
        lastTradeDateOrContractMonth="20260515",
    )  # fmt: skip


def sides(client: Client) -> dict[int, dict[int, float]]:
    """The latest price of each tick type, by request."""
    found: dict[int, dict[int, float]] = {}
    for one in client.got():
        if isinstance(one, market.TickPrice):
            found.setdefault(one.reqId, {})[one.tickType] = one.price
    return found


@pytest.mark.long
def test_every_line_of_the_example_is_played_and_the_options_follow_the_ramp() -> None:
    hall = Founded(GME)
    client = hall.client(1, 176)
    client.send(market.ReqMktData(1, option("C", 25.0)), market.ReqMktData(2, option("P", 25.0)))
    hall.wait(1)
    before = sides(client)
    ahead = horizon(hall.now, hall.now + 35 * 86_400 * SECOND + 6 * 3600 * SECOND, rate=0.04,
                    dividend=0.005)  # fmt: skip
    for number, call in ((1, True), (2, False)):
        fair = value(Option(25.0, call, american=True), 25.01, 0.9, ahead)
        bid, ask = before[number][1], before[number][2]
        assert bid < fair < ask, (bid, fair, ask)
        assert ask - bid < 0.25
    hall.wait(72)
    after = sides(client)
    assert after[1][2] < before[1][1] / 3  # 17.50: the call is far out of the money
    assert after[2][1] > 7.0  # the put is worth what it pays
    hall.wait(10)
    assert hall.station.venue.quote(_id(hall, "C", 25.0), hall.now).ask == 0  # halted
    hall.composed.close()


def _id(hall: Hall, right: str, strike: float) -> int:
    found = hall.station.venue.instruments.resolve(option(right, strike), now=hall.now)
    return int(found.instrument.conId)  # type: ignore[union-attr]


def test_the_chain_is_listed_and_each_option_can_be_bought() -> None:
    hall = Founded(GME)
    client = hall.client(1)
    (under,) = [one for one in hall.station.venue.instruments if one.symbol == "GMEX"
                and one.secType == "STK"]  # fmt: skip
    client.send(options.ReqSecDefOptParams(1, "GMEX", "", "STK", under.conId))
    *rows, end = client.got()
    assert isinstance(end, options.SecDefOptParameterEnd)
    assert [row.exchange for row in rows] == ["CBOE", "SMART"]
    assert rows[0].expirations == ["20260515"]
    assert rows[0].strikes == [10 + 2.5 * n for n in range(13)]
    client.send(
        contract.ReqContractDetails(2, Contract(symbol="GMEX", secType="OPT", exchange="SMART"))
    )
    details = client.of(contract.ContractData)
    assert len(details) == 26
    assert {one.contract.localSymbol for one in details} >= {"GMEX  260515C00025000"}
    order = Order(action="BUY", totalQuantity=Decimal(2), orderType="MKT", tif="DAY")
    client.send(PlaceOrder(5, option("C", 25.0), order))
    hall.wait(1)
    account = next(iter(hall.station.venue.state.accounts.values()))
    assert account.quantity(_id(hall, "C", 25.0)) == 20_000
    hall.composed.close()


def test_options_of_the_catalogue_follow_a_stock_that_the_world_quotes() -> None:
    text = "start 2026-04-10 10:00 US/Eastern\nquote SPY 170.00 x 170.02\n"
    hall = Founded(text)
    call = _listed(hall, "SPY")
    con_id, strike = call.conId, call.exercise / call.scale
    quote = hall.station.venue.quote(con_id, hall.now)
    intrinsic = max(0.0, 170.0 - strike)
    assert quote.ask / call.scale >= intrinsic
    hall.wait(1)
    hall.station.step(hall.now)
    hall.station.world.place_all(read_steps("quote SPY 200.00 x 200.02"))
    hall.wait(0.5)
    later = hall.station.venue.quote(con_id, hall.now)
    assert later.bid > quote.ask or strike > 250
    assert hall.station.venue.quote(con_id, hall.now - SECOND).ask == quote.ask
    hall.composed.close()


def _listed(hall: Hall, symbol: str) -> Any:
    instruments = hall.station.venue.instruments
    wanted = Contract(symbol=symbol, secType="OPT", exchange="SMART", currency="USD", right="C",
                      lastTradeDateOrContractMonth="20260515")  # fmt: skip
    found = [one.instrument for one in instruments.match(wanted, now=hall.now)]  # type: ignore[union-attr]
    return min(found, key=lambda one: abs(one.exercise / one.scale - 170))


def test_a_chain_on_a_listed_stock_has_its_own_volatility() -> None:
    text = (
        "start 2026-04-10 10:00 US/Eastern\nquote AAPL 210.00 x 210.02\n"
        "chain AAPL 2026-05-15 strikes 200..220 by 10 vol {}%\n"
    )
    prices = {}
    for told in (20, 90):
        hall = Founded(text.format(told))
        prices[told] = hall.station.venue.quote(_id_of(hall, 210.0), hall.now).ask
        hall.composed.close()
    assert prices[90] > 3 * prices[20]


def _id_of(hall: Hall, strike: float) -> int:
    found = hall.station.venue.instruments.resolve(option("C", strike, "AAPL"), now=hall.now)
    return int(found.instrument.conId)  # type: ignore[union-attr]


@walk(
    ("line", "why"),
    [
        ("chain GMEX 2026-05-15 strikes 10..40 by 2.5", "'vol'"),
        ("chain GMEX 2026-05-15 strikes 40..10 by 2.5 vol 90%", "are no strikes"),
        ("chain GMEX 2026-05-15 strikes 1..4000 by 1 vol 90%", "more than 500 strikes"),
        ("chain GMEX 2026-15-15 strikes 1..4 by 1 vol 90%", "is no date"),
        ("chain GMEX 2026-05-15 strikes 1..4 by 1 vol 9000%", "is no volatility"),
        ("chain NOTHING 2026-05-15 strikes 1..4 by 1 vol 90%", "is the name of no contract"),
        ("chain EUR.USD 2026-05-15 strikes 1..4 by 1 vol 90%", "is nothing that options"),
        ("chain GMEX 2026-05-15 strikes 0.00001..0.00002 by 0.00001 vol 90%", "is no good"),
    ],
)
def test_a_wrong_chain_is_refused_where_it_is_wrong(line: str, why: str) -> None:
    try:
        text = f"contract GMEX STK NYSE USD\n{line}"
        problems = [str(one) for one in check_world(read_world(text))]
    except WorldError as error:
        problems = [str(error)]
    assert why in problems[0] and "line 2" in problems[0], problems
