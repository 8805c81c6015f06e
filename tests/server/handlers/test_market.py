"""reqMktData: the opening burst, snapshots, and what is refused."""

import pytest

from papertape.model import Contract
from papertape.server.market_data.generic_ticks import legal_ticks
from papertape.server.market_data.quotes import QuoteLine
from papertape.wire.catalogue import market as wire
from papertape.wire.catalogue.session import ErrorMessage
from server.pair import VERSIONS, Client, Hall
from server.shown import expected, lines
from walks import walk

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


def ready(version: int = 226) -> tuple[Hall, Client]:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    hall.trade("AAPL 257.67*100")
    return hall, hall.client(1, version)


@walk("version", VERSIONS)
def test_parameters_then_type_then_the_known_state(version: int) -> None:
    _, client = ready(version)
    got = lines(client.send(wire.ReqMktData(1, AAPL)).got())
    lot = 100 if version < 159 else 1
    volume = 1 if version < 220 else 100
    burst = expected(f"""
        tickReqParams 1 0.01
        marketDataType 1 1
        tickPrice 1 BID 257.66 {1000 // lot};  tickSize 1 BID_SIZE {1000 // lot}
        tickString 1 BID_EXCH
        tickPrice 1 ASK 257.68 {1000 // lot};  tickSize 1 ASK_SIZE {1000 // lot}
        tickString 1 ASK_EXCH
        tickPrice 1 LAST 257.67 {100 // lot};  tickSize 1 LAST_SIZE {100 // lot}
        tickSize 1 VOLUME {volume}
        tickPrice 1 HIGH 257.67 0; tickPrice 1 LOW 257.67 0
        tickPrice 1 CLOSE 255 0; tickPrice 1 OPEN 257.67 0
        tickString 1 LAST_TIMESTAMP
    """)
    assert got == (burst if version >= 114 else burst[1:])


def test_bid_and_ask_say_that_they_can_execute() -> None:
    _, client = ready()
    client.send(wire.ReqMktData(1, AAPL))
    masks = {m.tickType: m.attrMask for m in client.of(wire.TickPrice)}
    assert (masks[1], masks[2], masks[4]) == (1, 1, 0)


def test_the_parameters_name_a_venue_key_and_permissions() -> None:
    _, client = ready()
    client.send(wire.ReqMktData(1, AAPL))
    (told,) = client.of(wire.TickReqParams)
    assert (told.minTick, told.bboExchange, told.snapshotPermissions) == (0.01, "9c0001", 4)


def test_a_snapshot_ends_and_leaves_no_line() -> None:
    hall, client = ready()
    got = lines(client.send(wire.ReqMktData(1, AAPL, "", True)).got())
    assert got[:2] == ["marketDataType 1 1", "tickReqParams 1 0.01"]
    assert got[-1] == "tickSnapshotEnd 1"
    hall.quote("AAPL 257.00 x 257.68")
    assert client.got() == []
    client.send(wire.ReqMktData(1, AAPL, "", True))
    assert client.of(ErrorMessage) == []


def test_a_regulatory_snapshot_is_one_too() -> None:
    _, client = ready()
    got = client.send(wire.ReqMktData(1, AAPL, "", False, True)).got()
    assert isinstance(got[-1], wire.TickSnapshotEnd)


def test_the_contract_may_be_named_by_its_number() -> None:
    _, client = ready()
    client.send(wire.ReqMktData(1, Contract(conId=265598, exchange="SMART")))
    assert lines(client.got())[2] == "tickPrice 1 BID 257.66 1000"


def test_currencies_have_their_own_tick_and_no_trades() -> None:
    hall, client = ready()
    hall.quote("EUR 1.08501*1000000 x 1.08502*500000")
    pair = Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD")
    got = lines(client.send(wire.ReqMktData(1, pair)).got())
    assert got[0] == "tickReqParams 1 1e-05"
    assert "tickPrice 1 BID 1.08501 1000000" in got
    assert not [line for line in got if "LAST" in line or "VOLUME" in line]


def test_a_side_without_a_quote_is_minus_one() -> None:
    hall, client = ready()
    hall.quote("AAPL - x 257.68")
    got = lines(client.send(wire.ReqMktData(1, AAPL)).got())
    assert "tickPrice 1 BID -1 0" in got


INVALID = "Error validating request.-'bN' : cause - "
PARTS = {"symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD"}


def of(**parts: object) -> wire.ReqMktData:
    """A request for Apple with other parts."""
    return wire.ReqMktData(7, Contract(**PARTS | parts))  # type: ignore[arg-type]


REFUSED = {
    "an unknown symbol": (of(symbol="NOSUCH"), 200,
        "No security definition has been found for the request"),
    "an ambiguous symbol": (of(currency=""), 200,
        "The contract description specified for AAPL is ambiguous"),
    "a number and another symbol": (of(conId=265598, symbol="IBM"), 478,
        ("Parameters in request conflicts with contract parameters received by contract id: "
        "requested symbol IBM, in contract AAPL;")),
    "no exchange": (of(exchange=""), 321, INVALID + "Please enter exchange"),
    "a number alone": (wire.ReqMktData(7, Contract(conId=265598)), 321,
        INVALID + "Please enter exchange"),
    "no type": (of(secType=""), 321, INVALID + "Please enter a valid security type"),
    "no such type": (of(secType="FOO"), 321, INVALID + "Please enter a valid security type"),
    "no symbol": (of(symbol=""), 321,
        INVALID + "The symbol or the local-symbol or the security id must be entered"),
    "no such exchange": (of(exchange="MKT"), 200,
        "The destination or exchange selected is Invalid."),
    "generic ticks in a snapshot": (wire.ReqMktData(7, AAPL, "233", True), 321,
        ("Error validating request.-'bN' : cause - Snapshot market data subscription is not "
        "applicable to generic ticks")),
}  # fmt: skip


@walk("case", REFUSED)
def test_refusals(case: str) -> None:
    request, code, text = REFUSED[case]
    _, client = ready()
    assert client.send(request).errors() == [(7, code, text)]
    assert client.session.subscriptions.of(QuoteLine) == {}


def test_a_number_in_use_is_refused_and_the_line_goes_on() -> None:
    hall, client = ready()
    client.send(wire.ReqMktData(1, AAPL)).got()
    client.send(wire.ReqMktData(1, AAPL))
    assert client.errors() == [(1, 102, "Duplicate ticker ID.")]
    hall.quote("AAPL 257.00 x 257.68")
    assert lines(client.got()) == expected(
        "tickPrice 1 BID 257 1000; tickSize 1 BID_SIZE 1000; tickString 1 BID_EXCH"
    )


def test_a_client_may_have_a_hundred_lines() -> None:
    hall, client = ready()
    client.send(*(wire.ReqMktData(number, AAPL) for number in range(100)))
    client.got()
    client.send(wire.ReqMktData(100, AAPL))
    assert client.errors() == [(100, 101, "Max number of tickers has been reached.")]
    client.send(wire.ReqMktData(101, AAPL, "", True))
    assert lines(client.got())[-1] == "tickSnapshotEnd 101"
    client.send(wire.CancelMktData(0), wire.ReqMktData(100, AAPL))
    assert client.errors() == []
    assert lines(hall.client(2).send(wire.ReqMktData(1, AAPL)).got())[0] == "tickReqParams 1 0.01"


def test_cancel_is_silent_and_an_unknown_number_is_told() -> None:
    hall, client = ready()
    client.send(wire.ReqMktData(1, AAPL)).got()
    assert client.send(wire.CancelMktData(1)).got() == []
    hall.quote("AAPL 257.00 x 257.68")
    assert client.got() == []
    client.send(wire.CancelMktData(1))
    assert client.errors() == [(1, 300, "Can't find EId with tickerId:1")]


@walk("kind", [1, 2, 3, 4, 99])
def test_the_data_type_is_a_silent_wish_and_live_data_is_preferred(kind: int) -> None:
    _, client = ready()
    assert client.send(wire.ReqMarketDataType(kind)).got() == []
    client.send(wire.ReqMktData(1, AAPL))
    assert [m.marketDataType for m in client.of(wire.MarketDataType)] == [1]


# ---------------------------------------------------------------- the generic tick list

STOCK = (
    "100(Option Volume),101(Option Open Interest),105(Average Opt Volume),106(impvolat),"
    "165(Misc. Stats),221/220(Creditman Mark Price),225(Auction),232/221(Pl Price),233(RTVolume),"
    "236(inventory),258/47(Fundamentals),292(Wide_news),293(TradeCount),294(TradeRate),"
    "295(VolumeRate),318(LastRTHTrade),375(RTTrdVolume),411(rthistvol),456/59(IBDividends),"
    "460(Bond Factor Multiplier),577(EtfNavLast(navlast)),586(IPOHLMPRC),587(Pl Price Delayed),"
    "588(Futures Open Interest),595(Short-Term Volume X Mins),614(EtfNavMisc(high/low)),"
    "619(Creditman Slow Mark Price),623(EtfFrozenNavLast(fznavlast))"
)
"""As recorded from a gateway, for a list that ended in ``292:``."""
PAIR = Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD")


@walk("asked", ["9999", "233,999", "mdoff,292:", "162", "RTVolumes", "233:x", "-233", "233;236"])
def test_one_word_that_is_no_generic_tick_refuses_the_request(asked: str) -> None:
    _, client = ready()
    said = (
        f"Error validating request.-'bN' : cause - Incorrect generic tick list of {asked}.  "
        f"Legal ones for (STK) are: {STOCK}"
    )
    assert client.send(wire.ReqMktData(7, AAPL, asked)).errors() == [(7, 321, said)]
    assert client.session.subscriptions.of(QuoteLine) == {}


def test_what_is_legal_depends_on_the_type_of_security() -> None:
    _, client = ready()
    ((_, code, text),) = client.send(wire.ReqMktData(7, PAIR, "456")).errors()
    assert code == 321 and "Legal ones for (CASH) are: 100(Option Volume),101(Option" in text
    assert "456/59" not in text and "595(" not in text
    # Public programs quote the lists for options and futures: they are those for stocks.
    assert [legal_ticks(sec_type) for sec_type in ("OPT", "FOP", "FUT")] == [STOCK] * 3


def test_a_long_list_is_told_in_short() -> None:
    _, client = ready()
    ((_, code, text),) = client.send(wire.ReqMktData(7, AAPL, "9" * 100_000)).errors()
    assert code == 321 and len(text) < 2000


@walk("asked", ["258", "233,258", "47", "fundamentals"])
def test_fundamentals_are_not_allowed(asked: str) -> None:
    _, client = ready()
    refused = [(7, 10358, "Fundamentals data is not allowed.")]
    assert client.send(wire.ReqMktData(7, AAPL, asked)).errors() == refused


MISSING = {"225,,225": "225(Auction)", "232,auction": "225(Auction)"}


@pytest.mark.parametrize("asked", MISSING)
def test_a_generic_tick_that_the_market_has_not_is_named(asked: str) -> None:
    _, client = ready()
    said = (
        f"Error validating request.-'bN' : cause - The generic tick list {MISSING[asked]} is not "
        "served by this station yet."
    )
    assert client.send(wire.ReqMktData(7, PAIR, asked)).errors() == [(7, 321, said)]
    assert client.session.subscriptions.of(QuoteLine) == {}


def test_news_alone_open_a_line_without_quotes() -> None:
    hall, client = ready()
    client.send(wire.ReqMktData(7, AAPL, "mdoff,292:BRFG+DJNL"))
    assert lines(client.got()) == ["tickReqParams 7 0.01", "marketDataType 7 1"]
    hall.quote("AAPL 257.00 x 257.68")
    assert client.got() == [] and 7 in client.session.subscriptions.of(QuoteLine)


WORDS = {"232": 37, "pl price": 37, "221": 37, "59": 59, "IBDividends": 59, "106 , 236": 46}


@walk("asked", WORDS)
def test_a_generic_tick_goes_by_its_numbers_and_its_name(asked: str) -> None:
    _, client = ready()
    client.send(wire.ReqMktData(7, AAPL, f"mdoff,{asked}"))
    kinds = (wire.TickPrice, wire.TickGeneric, wire.TickString)
    assert {m.tickType for m in client.got() if isinstance(m, kinds)} == {WORDS[asked]}


@pytest.mark.parametrize("asked", ["mdoff", " MDOFF ,"])
def test_mdoff_switches_the_default_ticks_off(asked: str) -> None:
    hall, client = ready()
    got = lines(client.send(wire.ReqMktData(1, AAPL, asked)).got())
    assert got == ["tickReqParams 1 0.01", "marketDataType 1 1"]
    hall.quote("AAPL 257.00 x 257.68")
    assert client.got() == []
    client.send(wire.ReqMktData(2, AAPL, " , "))  # a list of nothing is none
    assert "tickPrice 2 BID 257 1000" in lines(client.got())
    assert client.send(wire.CancelMktData(1)).got() == []


def test_generic_ticks_in_a_regulatory_snapshot_are_refused_too() -> None:
    _, client = ready()
    client.send(wire.ReqMktData(7, AAPL, "233", False, True))
    assert [code for _, code, _ in client.errors()] == [321]
