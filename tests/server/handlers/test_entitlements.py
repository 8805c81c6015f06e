"""What the user has subscribed to: live data, delayed ones, or none; regulatory snapshots."""

from decimal import Decimal
from typing import Any

import pytest

from papertape.errors import SettingsError
from papertape.model import Contract
from papertape.server.market_data.entitlements import Entitlements, told_contract
from papertape.server.settings import StationSettings
from papertape.venue.reference.instruments import Listing, Purpose
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import MINUTE
from papertape.wire.catalogue import market as wire
from papertape.wire.catalogue.depth import ReqMktDepth
from papertape.wire.catalogue.history import HistoricalData, ReqHistoricalData
from papertape.wire.catalogue.options import TickOptionComputation
from papertape.wire.catalogue.session import ErrorMessage
from papertape.wire.catalogue.ticks import (
    HistoricalTicksBidAsk,
    ReqHeadTimeStamp,
    ReqHistoricalTicks,
    ReqRealTimeBars,
    ReqTickByTickData,
)
from server.market import TapeMarket
from server.pair import VERSIONS, Client, Hall
from server.test_every_kind import hall as whole_market
from venue.scenario import at
from walks import walk

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
IBM = Contract(symbol="IBM", secType="STK", exchange="SMART", currency="USD")
CALL = Contract(localSymbol="SPY   260618C00680000", secType="OPT", exchange="SMART")
PRICES = (wire.TickPrice, wire.TickSize, wire.TickString)


def hall_of(market: Any = None, now: int = 0, **settings: Any) -> Hall:
    given = {"max_message_rate": 0, "market_data": "delayed"} | settings
    place = {"market": market, "now": now} if market is not None else {"market": TapeMarket()}
    return Hall(settings=StationSettings(**given), **place)


def quoted(**settings: Any) -> tuple[Hall, Client]:
    """Apple's quote and trade, and twenty minutes later others."""
    hall = hall_of(**settings)
    hall.quote("AAPL 257.66 x 257.68*300")
    hall.trade("AAPL 257.67*100")
    hall.wait(20 * 60)
    hall.quote("AAPL 260.00 x 260.02")
    return hall, hall.client()


def values(client: Client) -> dict[int, Any]:
    """Prices, sizes and texts by their types."""
    return {
        tick.tickType: tick.price if isinstance(tick, wire.TickPrice) else getattr(tick, "size", "")
        for tick in client.got()
        if isinstance(tick, PRICES)
    }


# ---------------------------------------------------------------- lines and snapshots


@pytest.mark.long
@walk("version", VERSIONS)
def test_delayed_data_are_those_of_fifteen_minutes_ago_under_their_own_types(version: int) -> None:
    hall, _ = quoted()
    client = hall.client(2, version)
    client.send(wire.ReqMarketDataType(3), wire.ReqMktData(1, AAPL))
    got = client.got()
    assert [m.marketDataType for m in got if isinstance(m, wire.MarketDataType)] == [3]
    text = "Requested market data is not subscribed. Displaying delayed market data."
    assert [(m.errorCode, m.errorMsg) for m in got if isinstance(m, ErrorMessage)] == [
        (10167, text)
    ]
    kinds = [type(m) for m in got]
    assert kinds.index(ErrorMessage) == kinds.index(wire.MarketDataType) + 1
    prices = {m.tickType: m.price for m in got if isinstance(m, wire.TickPrice)}
    assert prices == {
        66: 257.66, 67: 257.68, 68: 257.67, 72: 257.67, 73: 257.67, 75: 255.0, 76: 257.67,
    }  # fmt: skip
    assert {m.tickType for m in got if isinstance(m, wire.TickSize)} == {69, 70, 71, 74}
    assert [m.tickType for m in got if isinstance(m, wire.TickString)] == [88]
    assert {m.attrMask for m in got if isinstance(m, wire.TickPrice)} == {0}


@pytest.mark.long
@pytest.mark.parametrize("interval", [0, 250])
def test_they_follow_the_market_fifteen_minutes_late(interval: int) -> None:
    hall, client = quoted(quote_interval_ms=interval)
    client.send(wire.ReqMarketDataType(3), wire.ReqMktData(1, AAPL)).got()
    hall.wait(15 * 60 - 1)
    assert client.got() == []
    hall.wait(1)
    assert values(client) == {66: 260.0, 69: Decimal(1000), 67: 260.02, 70: Decimal(1000)}


def test_a_shorter_delay_can_be_chosen() -> None:
    hall, client = quoted(delay_minutes=1)
    client.send(wire.ReqMarketDataType(3), wire.ReqMktData(1, AAPL)).got()
    hall.wait(60)
    assert values(client)[66] == 260.0


def test_a_snapshot_has_the_recorded_order_and_no_sizes_beside_prices() -> None:
    _, client = quoted()
    client.send(wire.ReqMarketDataType(3), wire.ReqMktData(1, AAPL, "", True))
    got = client.got()
    types = [getattr(m, "tickType", type(m).spec.callback) for m in got]
    assert types == [
        "marketDataType", "tickReqParams", 66, 67, 68, 88, 72, 73, 74, 75, 76, "tickSnapshotEnd",
    ]  # fmt: skip


@walk("wish", [1, 2])
@walk("snapshot", [False, True])
def test_who_does_not_ask_for_them_is_told_that_there_are_some(wish: int, snapshot: bool) -> None:
    _, client = quoted()
    client.send(wire.ReqMarketDataType(wish), wire.ReqMktData(1, AAPL, "", snapshot))
    got = client.got()
    assert [type(m) for m in got] == [wire.TickReqParams, ErrorMessage]
    text = (
        "Requested market data requires additional subscription for API. See link in 'Market Data "
        "Connections' dialog for more details.Delayed market data is available.AAPL "
        "NASDAQ.NMS/TOP/ALL"
    )
    assert (got[1].errorCode, got[1].errorMsg) == (10089, text)
    assert client.send(wire.CancelMktData(1)).errors()[0][1] == 300  # there is no line


@pytest.mark.parametrize("wish", [1, 3])
def test_where_there_are_none_nobody_gets_any(wish: int) -> None:
    _, client = quoted(market_data="none")
    client.send(wire.ReqMarketDataType(wish), wire.ReqMktData(1, AAPL))
    text = "Requested market data is not subscribed.Delayed market data is not available."
    assert client.errors() == [(1, 354, text + "AAPL NASDAQ.NMS/TOP/ALL")]


def test_live_data_are_preferred_where_there_are_some() -> None:
    hall, client = quoted(entitlements={"symbol:IBM": "live"})
    hall.quote("IBM 290.00 x 290.10")
    client.send(wire.ReqMarketDataType(3), wire.ReqMktData(1, IBM), wire.ReqMktData(2, AAPL))
    got = client.got()
    assert {m.reqId: m.marketDataType for m in got if isinstance(m, wire.MarketDataType)} == {
        1: 1,
        2: 3,
    }
    assert [m.id for m in got if isinstance(m, ErrorMessage)] == [2]


RULES = [
    ({"symbol:AAPL": "live", "exchange:NASDAQ": "none"}, 1),
    ({"exchange:NASDAQ": "live", "type:STK": "none"}, 1),
    ({"type:STK": "live"}, 1),
    ({"type:OPT": "live", "symbol:IBM": "live", "exchange:NYSE": "live"}, 3),
]


@walk(("rules", "kind"), RULES)
def test_the_most_specific_rule_applies(rules: dict[str, str], kind: int) -> None:
    _, client = quoted(entitlements=rules)
    client.send(wire.ReqMarketDataType(3), wire.ReqMktData(1, AAPL))
    assert [m.marketDataType for m in client.of(wire.MarketDataType)] == [kind]


@walk(
    "settings",
    [{"market_data": "some"}, {"entitlements": {"AAPL": "live"}},
     {"entitlements": {"symbol:AAPL": "maybe"}}, {"delay_minutes": 0}],
)  # fmt: skip
def test_wrong_settings_are_named(settings: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        StationSettings(**settings)


def test_options_and_generic_ticks_are_delayed_too() -> None:
    whole = whole_market()
    hall = hall_of(whole.market, whole.now)
    live = hall_of(whole.market, whole.now - 15 * MINUTE, market_data="live")
    late, now = hall.client(), live.client()
    late.send(wire.ReqMarketDataType(3), wire.ReqMktData(1, CALL, "232"))
    now.send(wire.ReqMktData(1, CALL, "232"))
    got, wanted = late.got(), now.got()

    def computed(messages: list[Any]) -> dict[int, float | None]:
        ticks = [m for m in messages if isinstance(m, TickOptionComputation)]
        return {m.tickType: m.impliedVol for m in ticks}

    assert computed(got) == {tick + 70: found for tick, found in computed(wanted).items()}
    assert len(computed(got)) == 4
    mark = [m.price for m in got if isinstance(m, wire.TickPrice) and m.tickType == 37]
    assert mark == [m.price for m in wanted if isinstance(m, wire.TickPrice) and m.tickType == 37]


UNDERLYINGS = [
    ("none", 1, []),
    ("delayed", 1, []),
    ("delayed", 3, []),
    ("live", 1, [10, 11, 12, 13]),
]


@pytest.mark.long
@walk(("right", "wish", "ticks"), UNDERLYINGS)
@walk("snapshot", [False, True])
def test_live_computations_take_live_data_of_the_underlying(
    right: str, wish: int, ticks: list[int], snapshot: bool
) -> None:
    whole = whole_market()
    rules = {"type:OPT": "live", "type:STK": right}
    client = hall_of(whole.market, whole.now, entitlements=rules).client()
    client.send(wire.ReqMarketDataType(wish), wire.ReqMktData(1, CALL, "", snapshot))
    got = client.got()
    assert [m.tickType for m in got if isinstance(m, TickOptionComputation)] == ticks
    hint = "Delayed market data is available." if right == "delayed" else ""
    text = (
        "Part of requested market data requires additional subscription for API. See link in "
        f"'Market Data Connections' dialog for more details.{hint}SPY ARCA/TOP/ALL"
    )
    told = [(m.errorCode, m.errorMsg) for m in got if isinstance(m, ErrorMessage)]
    assert told == ([] if ticks else [(10091, text)])
    assert {1, 2} <= {m.tickType for m in got if isinstance(m, wire.TickPrice)}


def test_delayed_computations_are_content_with_delayed_data() -> None:
    whole = whole_market()
    client = hall_of(whole.market, whole.now, entitlements={"type:STK": "delayed"}).client()
    client.send(wire.ReqMarketDataType(3), wire.ReqMktData(1, CALL))
    assert [m.tickType for m in client.of(TickOptionComputation)] == [80, 81, 82, 83]


def test_an_option_is_told_where_it_trades_and_goes_by_the_rule_of_that_place() -> None:
    """SMART is a router: nobody subscribes to its data."""
    found = CATALOGUE.resolve(CALL, Purpose.DETAILS, at("20260413 10:00:00"))
    assert isinstance(found, Listing)
    entry = found.instrument
    assert told_contract(entry) == "SPY AMEX"
    rules = {"exchange:AMEX": "delayed", "exchange:SMART": "none"}
    assert Entitlements(StationSettings(entitlements=rules)).of(entry) == "delayed"


# ---------------------------------------------------------------- the other requests


def codes(client: Client, *messages: Any) -> list[int]:
    client.send(*messages)
    client.hall.wait(0)
    return [code for _, code, _ in client.errors()]


def bars(end: str = "", **more: Any) -> ReqHistoricalData:
    return ReqHistoricalData(1, AAPL, end, "1 min", "600 S", 0, "MIDPOINT", **more)


def past(end: str) -> ReqHistoricalTicks:
    return ReqHistoricalTicks(2, AAPL, "", end, 10, "BID_ASK", 0)


@pytest.mark.parametrize("right", ["delayed", "none"])
def test_nothing_else_tells_live_data(right: str) -> None:
    _, client = quoted(market_data=right)
    late = right == "delayed"
    client.send(wire.ReqMarketDataType(3))
    assert codes(client, ReqTickByTickData(1, AAPL, "Last")) == [10189]
    assert codes(client, ReqTickByTickData(1, AAPL, "BidAsk")) == [10089]
    assert codes(client, ReqRealTimeBars(1, AAPL, 5, "TRADES")) == [420]
    assert codes(client, ReqRealTimeBars(1, AAPL, 5, "MIDPOINT")) == [10089]
    assert codes(client, ReqMktDepth(1, AAPL, 5, True)) == [354]
    assert codes(client, bars()) == codes(client, bars(keepUpToDate=True))
    assert codes(client, bars()) == [2188 if late else 162]
    assert codes(client, past("20260413 10:20:00 US/Eastern")) == [10187]
    assert codes(client, ReqHeadTimeStamp(4, AAPL, 1, "TRADES", 1)) == ([] if late else [162])


def test_the_past_of_delayed_data_is_open() -> None:
    _, client = quoted()
    client.send(bars("20260413 10:05:00 US/Eastern"), past("20260413 10:05:00 US/Eastern"))
    client.hall.wait(0)
    got = client.got()
    assert [type(m) for m in got if isinstance(m, HistoricalData | HistoricalTicksBidAsk)] == [
        HistoricalData,
        HistoricalTicksBidAsk,
    ]


# ---------------------------------------------------------------- regulatory snapshots


def cash(hall: Hall) -> Decimal:
    (account,) = hall.station.engine.state.accounts.values()
    return Decimal(account.cash["USD"]) / 1_000_000


@walk("right", ["live", "delayed", "none"])
def test_a_regulatory_snapshot_is_the_live_quote_for_a_cent(right: str) -> None:
    hall, client = quoted(market_data=right)
    before = cash(hall)
    got = client.send(wire.ReqMktData(1, AAPL, "", False, True)).got()
    ticks = [m for m in got if getattr(m, "reqId", 0) == 1]
    types = [getattr(m, "tickType", type(m).spec.callback) for m in ticks]
    assert types == ["marketDataType", "tickReqParams", 1, 2, 85, "tickSnapshotEnd"]
    assert (ticks[0].marketDataType, ticks[2].price, ticks[3].price) == (1, 260.0, 260.02)
    assert int(ticks[4].value) == hall.now // 1_000_000
    assert before - cash(hall) == Decimal("0.01")


def test_a_client_may_have_one_a_second() -> None:
    hall, client = quoted()
    before = cash(hall)
    ask = wire.ReqMktData(1, AAPL, "", False, True)
    assert [code for _, code, _ in client.send(ask, ask).errors()] == [322]
    hall.wait(1)
    assert client.send(ask).errors() == []
    assert before - cash(hall) == Decimal("0.02")


@walk(
    "contract",
    [
        Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD"),
        Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD"),
        Contract(symbol="SIE", secType="STK", exchange="IBIS", currency="EUR"),
    ],
)
def test_what_has_no_national_quote_is_refused_and_costs_nothing(contract: Contract) -> None:
    whole = whole_market()
    hall = hall_of(whole.market, whole.now)
    client, before = hall.client(), cash(hall)
    client.send(wire.ReqMktData(1, contract, "", False, True))
    assert [code for _, code, _ in client.errors()] == [322] and cash(hall) == before


# ---------------------------------------------------------------- what else TWS tells


def test_later_builds_warn_of_delayed_data_in_other_words() -> None:
    _, client = quoted(delayed_notice=2186)
    client.send(wire.ReqMarketDataType(3), wire.ReqMktData(1, AAPL))
    ((_, code, text),) = client.errors()
    assert code == 2186 and text.endswith("more details.AAPL NASDAQ.NMS/TOP/ALL")
    assert "You elected to receive delayed market data instead." in text


@walk("version", VERSIONS)
def test_delayed_data_that_are_not_enabled(version: int) -> None:
    hall, _ = quoted(delayed_enabled=False)
    client = hall.client(2, version)
    client.send(wire.ReqMarketDataType(3), wire.ReqMktData(1, AAPL))
    ((number, code, text),) = client.errors()
    assert (number, code) == (1, 10168 if version >= 150 else 354)
    if code == 10168:
        assert text == (
            "Requested market data is not subscribed. Delayed market data is not enabled."
        )
    client.send(wire.CancelMktData(1))
    assert [code for _, code, _ in client.errors()] == [300]


@pytest.mark.parametrize("rights", ["delayed", "none"])
def test_ticks_without_a_subscription_go_on_alone(rights: str) -> None:
    _, client = quoted(market_data=rights)
    client.send(wire.ReqMktData(1, AAPL, "233,236"))
    got = client.got()
    ((code, text),) = [(m.errorCode, m.errorMsg) for m in got if isinstance(m, ErrorMessage)]
    hint = "Delayed market data is available." if rights == "delayed" else ""
    assert code == 10090 and text == (
        "Part of requested market data is not subscribed. Subscription-independent ticks are still"
        f" active.{hint}AAPL NASDAQ.NMS/TOP/ALL"
    )
    told = {m.tickType for m in got if isinstance(m, (*PRICES, wire.TickGeneric))}
    assert told == {46}
    client.send(wire.CancelMktData(1))
    assert client.errors() == []


@pytest.mark.parametrize("paced", [True, False])
def test_an_instrument_s_ticks_one_by_one_once_in_fifteen_seconds(paced: bool) -> None:
    hall, client = quoted(market_data="live", tick_by_tick_pacing=paced)
    other = hall.client(9)
    for number, one in ((1, client), (2, client), (3, other)):
        one.send(ReqTickByTickData(number, AAPL, "BidAsk"))
    told = [(number, code) for number, code, _ in client.errors()]
    assert told == ([(2, 10189)] if paced else [])
    assert other.errors() == []
    hall.wait(15)
    client.send(ReqTickByTickData(4, AAPL, "BidAsk"))
    assert client.errors() == []


def test_another_code_of_delayed_data_is_refused() -> None:
    with pytest.raises(SettingsError, match="10167 or 2186"):
        StationSettings(delayed_notice=354)
