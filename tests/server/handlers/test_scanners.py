"""Scanners: what there is, who comes first, what is refused, the end of a subscription."""

from functools import cache
from itertools import count
from typing import Any
from xml.etree import ElementTree

import pytest

from papertape.model import Contract, ScannerSubscription, TagValue
from papertape.server.research.scanners import MOST_SCANS, Scanners
from papertape.server.research.scans import FILTERS, LOCATIONS, MOST_ROWS, SCANNERS
from papertape.venue.market.prices import Prices
from papertape.venue.market.tape import open_market
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import MINUTE, SECOND
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue import scanner as wire
from papertape.wire.catalogue.legacy import FundamentalData, ReqFundamentalData
from papertape.wire.catalogue.market import (
    CancelMktData,
    ReqMktData,
    TickGeneric,
    TickSize,
)
from papertape.wire.catalogue.session import ErrorMessage
from server.pair import VERSIONS, Client, Hall, Stopwatch
from venue.scenario import START
from walks import walk

TRADES = {
    "AAPL": ("260.00*100", "258.00*300"),  # opened high, fell, is up: volume 400
    "IBM": ("250.00*500", "254.00*600"),  # a gap down, has risen: volume 1100
    "MSFT": ("255.00*50", "280.00*50"),  # most up: volume 100
    "AMZN": ("255.00*10", "240.00*20"),  # most down
}


CON_IDS = {"AAPL": 265598, "IBM": 8314, "MSFT": 272093, "AMZN": 3691937}
VOLATILITIES = {"AAPL": (0.30, 30), "IBM": (0.20, 5), "MSFT": (0.25, 10), "AMZN": (0.40, 20)}
"""Of options, and how far the closes of the days before are apart, in thousandths."""


def hall(**options: Any) -> Hall:
    """A station on which four stocks have traded in the last minute."""
    found = Hall(**options)
    for symbol, prints in TRADES.items():
        for place, one in enumerate(prints):
            found.put(f"trade {symbol} {one}", START + (1 + place) * SECOND)
    for symbol, (implied, move) in VOLATILITIES.items():
        con_id = CON_IDS[symbol]
        found.market.volatilities[con_id] = implied
        found.market.closes[con_id] = [1000 + move * (day % 2) for day in range(31)]
    found.wait(60)
    return found


@cache
def reader(version: int) -> Client:
    """A client for who only scans; all of them look at one station."""
    return floor().client(version, version)


@cache
def floor() -> Hall:
    return hall()


NUMBERS = count(3)


def scanned(asked: ScannerSubscription, version: int = MAX_SERVER) -> wire.ScannerData:
    """The first answer to a scan, which ends with it."""
    client, number = reader(version), next(NUMBERS)
    client.send(wire.ReqScannerSubscription(number, asked))
    (answer,) = client.of(wire.ScannerData)
    client.send(wire.CancelScannerSubscription(number)).got()
    assert answer.reqId == number
    return answer


def wanted(code: str = "TOP_PERC_GAIN", **more: Any) -> ScannerSubscription:
    fields: dict[str, Any] = {"instrument": "STK", "locationCode": "STK.US.MAJOR"}
    return ScannerSubscription(**{**fields, "scanCode": code, **more})


def symbols(answer: wire.ScannerData) -> list[str]:
    assert [row.rank for row in answer.scannerDataElement] == list(
        range(len(answer.scannerDataElement))
    )
    return [row.contract.symbol for row in answer.scannerDataElement]


RANKS = [
    ("TOP_PERC_GAIN", "MSFT AAPL"),
    ("TOP_PERC_LOSE", "AMZN IBM"),
    ("MOST_ACTIVE", "IBM AAPL MSFT AMZN"),
    ("MOST_ACTIVE_USD", "IBM AAPL MSFT AMZN"),
    ("HOT_BY_VOLUME", "IBM AAPL MSFT AMZN"),
    ("HOT_BY_PRICE", "MSFT AMZN AAPL IBM"),
    ("TOP_TRADE_COUNT", "AAPL MSFT AMZN IBM"),
    ("TOP_TRADE_RATE", "AAPL MSFT AMZN IBM"),
    ("TOP_VOLUME_RATE", "IBM AAPL MSFT AMZN"),
    ("TOP_OPEN_PERC_GAIN", "MSFT IBM"),
    ("TOP_OPEN_PERC_LOSE", "AMZN AAPL"),
    ("HIGH_OPEN_GAP", "AAPL"),
    ("LOW_OPEN_GAP", "IBM"),
    ("HIGH_OPT_IMP_VOLAT", "AMZN AAPL MSFT IBM"),
    ("LOW_OPT_IMP_VOLAT", "IBM MSFT AAPL AMZN"),
    ("HIGH_OPT_IMP_VOLAT_OVER_HIST", "IBM MSFT AMZN AAPL"),
    ("LOW_OPT_IMP_VOLAT_OVER_HIST", "AAPL AMZN MSFT IBM"),
    ("HOT_BY_OPT_VOLUME", "IBM AAPL MSFT AMZN"),
    ("OPT_VOLUME_MOST_ACTIVE", "IBM AAPL MSFT AMZN"),
    ("OPT_OPEN_INTEREST_MOST_ACTIVE", "AAPL IBM MSFT AMZN"),
    ("HIGH_OPT_VOLUME_PUT_CALL_RATIO", "IBM"),
    ("LOW_OPT_VOLUME_PUT_CALL_RATIO", "IBM"),
]


@pytest.mark.long
@walk(("code", "order"), RANKS)
def test_stocks_are_ranked_by_the_tape(code: str, order: str) -> None:
    assert symbols(scanned(wanted(code))) == order.split()
    assert {name for name, _ in RANKS} == SCANNERS.keys()


@walk("version", VERSIONS)
def test_a_row_has_the_contract(version: int) -> None:
    (row,) = scanned(wanted("MOST_ACTIVE", numberOfRows=1), version).scannerDataElement
    found = row.contract
    assert (found.conId, found.symbol, found.secType) == (8314, "IBM", "STK")
    assert (found.exchange, found.currency, found.localSymbol) == ("SMART", "USD", "IBM")
    assert (row.marketName, found.tradingClass) == ("IBM", "IBM")


@pytest.mark.long
def test_it_comes_again_every_half_a_minute_with_new_ranks_until_it_is_cancelled() -> None:
    here = hall()
    client = here.client()
    client.send(wire.ReqScannerSubscription(3, wanted()))
    assert symbols(client.of(wire.ScannerData)[0]) == ["MSFT", "AAPL"]
    here.put("trade AMZN 300.00*10", here.now + SECOND)
    here.wait(29)
    assert client.got() == []
    here.wait(62)
    told = client.of(wire.ScannerData)
    assert len(told) == 3 and symbols(told[-1]) == ["AMZN", "MSFT", "AAPL"]
    client.send(wire.CancelScannerSubscription(3))
    text = "Historical Market Data Service error message:API scanner subscription cancelled: 3"
    assert client.errors() == [(3, 162, text)]
    here.wait(90)
    assert client.got() == []
    client.send(wire.CancelScannerSubscription(3))
    assert client.errors() == [(3, 365, "No scanner subscription found for ticker id:3")]


FILTERED = [
    ({"abovePrice": 250.0}, "MSFT AAPL"),
    ({"abovePrice": 260.0}, "MSFT"),
    ({"belowPrice": 260.0}, "AAPL"),
    ({"aboveVolume": 400}, "AAPL"),
    ({"numberOfRows": 1}, "MSFT"),
    ({"stockTypeFilter": "STOCK"}, "MSFT AAPL"),
    ({"locationCode": "STK.NASDAQ, STK.NYSE"}, "MSFT AAPL"),
    ({"scannerSubscriptionFilterOptions": [TagValue("changePercAbove", "5")]}, "MSFT"),
    ({"scannerSubscriptionFilterOptions": [TagValue("usdPriceBelow", "270")]}, "AAPL"),
    ({"scannerSubscriptionFilterOptions": [TagValue("stkTypes", "exc:ETF")]}, "MSFT AAPL"),
]


@pytest.mark.long
@walk(("fields", "order"), FILTERED, ids=repr)
def test_limits_narrow_the_result(fields: dict[str, Any], order: str) -> None:
    assert symbols(scanned(wanted(**fields))) == order.split()


@pytest.mark.long
def test_a_market_capitalisation_is_that_of_the_shares_in_the_report() -> None:
    client = hall().client()
    shares = {}
    for number, symbol in enumerate(("AAPL", "MSFT"), 1):
        stock = Contract(symbol=symbol, secType="STK", exchange="SMART", currency="USD")
        client.send(ReqFundamentalData(number, stock, "ReportSnapshot"))
        (report,) = client.of(FundamentalData)
        found = ElementTree.fromstring(report.data).findtext("CoGeneralInfo/SharesOut")
        shares[symbol] = float(found or 0)
    assert shares["AAPL"] * 250 > shares["MSFT"] * 300 > 1e12
    between = (shares["AAPL"] * 250 + shares["MSFT"] * 300) / 2  # AAPL is 250 to 260, MSFT above
    option = [TagValue("marketCapAbove", str(between))]
    for number, (fields, expected) in enumerate(
        (
            ({"marketCapAbove": between}, ["AAPL"]),
            ({"marketCapBelow": between}, ["MSFT"]),
            ({"scannerSubscriptionFilterOptions": option}, ["AAPL"]),
            (_filter("usdMarketCapAbove", between / 1e6), ["AAPL"]),
            (_filter("marketCapBelow1e6", between / 1e6), ["MSFT"]),
        ),
        3,
    ):
        client.send(wire.ReqScannerSubscription(number, wanted(**fields)))
        (answer,) = client.of(wire.ScannerData)
        assert symbols(answer) == expected


def _filter(tag: str, value: float) -> dict[str, Any]:
    return {"scannerSubscriptionFilterOptions": [TagValue(tag, str(value))]}


@walk("name", FILTERS, check=5)
def test_every_filter_of_the_parameters_acts(name: str) -> None:
    """A limit that all figures are beyond leaves nothing, its opposite everything."""
    far = 1e15
    nothing, all_ = (-far, far) if FILTERS[name].below else (far, -far)
    found = [
        set(symbols(scanned(wanted(**{"scanCode": "MOST_ACTIVE", **_filter(name, value)}))))
        for value in (nothing, all_)
    ]
    assert found == [set(), set(TRADES)]


@walk("name", ["impVolatAbove", "peRatioBelow", "floatSharesBelow", "haltedIs", "MKTCAP"])
def test_a_filter_that_the_parameters_have_not_is_refused_by_name(name: str) -> None:
    client = hall().client()
    client.send(wire.ReqScannerSubscription(3, wanted(**_filter(name, 1.0))))
    ((about, code, text),) = client.errors()
    assert (about, code) == (3, 162) and f"{name} filter is disabled" in text


NONE = [
    {"stockTypeFilter": "ETF"},
    {"locationCode": "STK.NYSE"},  # IBM is down
    {"scannerSubscriptionFilterOptions": [TagValue("stkTypes", "inc:ETF")]},
]


@pytest.mark.long
@walk("fields", NONE, ids=repr)
def test_an_empty_result_is_told(fields: dict[str, Any]) -> None:
    client = hall().client()
    client.send(wire.ReqScannerSubscription(3, wanted(**fields)))
    notice, answer = client.got()
    text = "Historical Market Data Service query message:no items retrieved"
    assert (notice.id, notice.errorCode, notice.errorMsg) == (3, 165, text)
    assert answer == wire.ScannerData(3, [])


REFUSED = [
    ({"scanCode": "TOP_OF_THE_POPS"}, "TOP_OF_THE_POPS"),
    ({"scanCode": "X" * 200}, "X" * 64),
    ({"instrument": "BOND"}, "BOND"),
    ({"locationCode": "STK.MOON"}, "not configured"),
    ({"locationCode": "STK.NYSE,STK.EU"}, "different regions"),
    ({"moodyRatingAbove": "AA"}, "moodyRatingAbove filter is disabled"),
    ({"scannerSettingPairs": "Annual,true"}, "scannerSettingPairs"),
    ({"stockTypeFilter": "MOON"}, "MOON"),
    ({"scannerSubscriptionFilterOptions": [TagValue("mktCapAbove", "1")]}, "mktCapAbove"),
    ({"scannerSubscriptionFilterOptions": [TagValue("priceAbove", "x")]}, "priceAbove"),
    ({"scannerSubscriptionFilterOptions": [TagValue("priceAbove", "nan")]}, "priceAbove"),
    ({"scannerSubscriptionOptions": [TagValue("speed", "1")]}, "speed"),
]


@walk(("fields", "named"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_there_is_not_is_refused_by_name(fields: dict[str, Any], named: str) -> None:
    client = Hall().client()
    client.send(wire.ReqScannerSubscription(3, wanted(**fields)))
    ((about, code, text),) = client.errors()
    assert (about, code) == (3, 162) and named in text and len(text) < 300


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"scanCode": "X" * 9999}, 321), ({"abovePrice": float("nan")}, 320)],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_no_field_may_be_is_refused(fields: dict[str, Any], code: int) -> None:
    client = Hall().client()
    client.send(wire.ReqScannerSubscription(3, wanted(**fields)))
    assert [one[:2] for one in client.errors()] == [(3, code)]


def test_too_many_filters_are_refused() -> None:
    client = Hall().client(1, 176)
    options = [TagValue("priceAbove", str(number)) for number in range(33)]
    scan = wanted(scannerSubscriptionFilterOptions=options)
    client.send(wire.ReqScannerSubscription(3, scan))
    ((about, code, text),) = client.errors()
    assert (about, code) == (3, 162) and text.endswith("At most 32 filters")


@pytest.mark.long
def test_an_id_in_use_and_too_many_are_refused() -> None:
    client = Hall().client()
    for number in range(MOST_SCANS + 1):
        client.send(wire.ReqScannerSubscription(number, wanted()))
    assert [one[:2] for one in client.errors() if one[1] != 165] == [(MOST_SCANS, 322)]
    client.send(wire.ReqScannerSubscription(0, wanted()))
    assert [one[:2] for one in client.errors()] == [(0, 385)]


@pytest.mark.sample(1, test=5)
@pytest.mark.long
@pytest.mark.parametrize("rows", [-1, 0, 51, 2**31 - 1, None])
def test_rows_are_fifty_at_most(rows: int | None) -> None:
    market = open_market(START, synthetic=Prices(CATALOGUE), seed=3)
    client = Hall(market=market, now=START + 10 * MINUTE).client()
    scan = wanted("MOST_ACTIVE", locationCode="STK.EU", instrument="STOCK.EU", numberOfRows=rows)
    client.send(wire.ReqScannerSubscription(3, scan))
    (answer,) = client.of(wire.ScannerData)
    assert len(answer.scannerDataElement) == MOST_ROWS


@pytest.mark.long
def test_ranks_are_those_of_the_markets_own_day() -> None:
    market = open_market(START, synthetic=Prices(CATALOGUE), seed=3)
    here = Hall(market=market, now=START + 47 * MINUTE)
    client = here.client()
    scan = wanted("TOP_PERC_GAIN", locationCode="STK.EU.SBF", instrument="STOCK.EU")
    client.send(wire.ReqScannerSubscription(3, scan))
    (answer,) = client.of(wire.ScannerData)
    at = here.now // MINUTE * MINUTE - 1
    changes = []
    for entry in CATALOGUE.everything():
        if entry.secType == "STK" and entry.primaryExchange == "SBF":
            day = market.day(entry.conId, at)
            changes.append((day.last / day.close - 1.0, entry.symbol))
    gainers = [symbol for change, symbol in sorted(changes, reverse=True) if change > 0]
    assert len(gainers) > 5 and symbols(answer) == gainers


BY_TICKS = [
    ("HIGH_OPT_IMP_VOLAT", lambda ticks: ticks[24]),
    ("LOW_OPT_IMP_VOLAT", lambda ticks: -ticks[24]),
    ("HIGH_OPT_IMP_VOLAT_OVER_HIST", lambda ticks: ticks[24] / ticks[23]),
    ("LOW_OPT_IMP_VOLAT_OVER_HIST", lambda ticks: -ticks[24] / ticks[23]),
    ("OPT_VOLUME_MOST_ACTIVE", lambda ticks: ticks[29] + ticks[30]),
    ("HIGH_OPT_VOLUME_PUT_CALL_RATIO", lambda ticks: ticks[30] / ticks[29]),
    ("LOW_OPT_VOLUME_PUT_CALL_RATIO", lambda ticks: -ticks[30] / ticks[29]),
]


@pytest.mark.long
def test_scans_by_options_rank_what_generic_ticks_tell() -> None:
    """The first row, one in the middle and the last: ticks are some seconds later than the scan."""
    market = open_market(START, synthetic=Prices(CATALOGUE), seed=3)
    here = Hall(market=market, now=START + 47 * MINUTE)
    client = here.client()
    for code, figure in BY_TICKS:
        scan = wanted(code, locationCode="STK.ARCA", numberOfRows=50)
        client.send(wire.ReqScannerSubscription(3, scan))
        (answer,) = client.of(wire.ScannerData)
        client.send(wire.CancelScannerSubscription(3)).got()
        rows = [row.contract.conId or 0 for row in answer.scannerDataElement]
        assert len(rows) == 50, code
        figures = [figure(ticks_of(here, client, rows[place])) for place in (0, 24, 49)]
        assert figures == sorted(figures, reverse=True), code


def ticks_of(here: Hall, client: Client, con_id: int) -> dict[int, float]:
    """Generic ticks of a stock, as a client receives them."""
    client.send(ReqMktData(9, Contract(conId=con_id, exchange="SMART"), "mdoff,100,104,106"))
    here.wait(1)
    told = client.got()
    client.send(CancelMktData(9))
    sizes = {one.tickType: float(one.size) for one in told if isinstance(one, TickSize)}
    return sizes | {one.tickType: one.value for one in told if isinstance(one, TickGeneric)}


@pytest.mark.long
def test_the_work_comes_in_slices_between_which_others_are_served() -> None:
    market = open_market(START, synthetic=Prices(CATALOGUE), seed=3)
    here = Hall(market=market, now=START + 10 * MINUTE)
    one, two = here.client(1), here.client(2)
    here.station.timing.stopwatch = Stopwatch(0.001)
    scan = wanted(locationCode="STK.EU", instrument="STOCK.EU")
    data = one.connection.send(wire.ReqScannerSubscription(3, scan))
    here.station.receive(one.session, data, here.now)
    here.station.flush()
    steps = 0
    while not one.pipe.data:
        assert here.station.next_due() == here.now
        here.station.step(here.now)
        here.station.flush()
        steps += 1
    assert steps > 50  # three looks at the watch each: hundreds of stocks
    assert symbols(one.of(wire.ScannerData)[0])
    assert two.got() == []


@pytest.mark.long
def test_equal_scans_are_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    here, ranked = hall(), []
    real = Scanners._rank
    monkeypatch.setattr(Scanners, "_rank", lambda *args: ranked.append(1) or real(*args))
    here.station.timing.stopwatch = Stopwatch(0.001)
    clients = [here.client(number) for number in (1, 2, 3)]
    for client in clients:
        data = client.connection.send(wire.ReqScannerSubscription(3, wanted()))
        here.station.receive(client.session, data, here.now)
    here.settle()
    assert [symbols(one.of(wire.ScannerData)[0]) for one in clients] == [["MSFT", "AAPL"]] * 3
    assert len(ranked) == 1


def test_a_failure_ends_the_scan_of_those_who_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    here = hall()
    client = here.client()
    monkeypatch.setattr(here.market, "glimpse", lambda con_id, now: 1 // 0)
    client.send(wire.ReqScannerSubscription(3, wanted()))
    assert [one[:2] for one in client.errors()] == [(3, 323)]
    client.send(wire.CancelScannerSubscription(3))
    assert [one[:2] for one in client.errors()] == [(3, 365)]


def test_a_scanner_pauses_with_the_history_farm_and_goes_on() -> None:
    here = hall()
    client = here.client()
    client.send(wire.ReqScannerSubscription(3, wanted()))
    client.got()
    here.station.drills.start("farm-blip", name="ushmds", ms=5000)
    here.settle()
    assert 165 in [code for _, code, _ in client.errors()]
    here.wait(4)
    assert client.of(wire.ScannerData) == []
    here.wait(10)
    assert len(client.of(wire.ScannerData)) == 1


def test_the_parameters_are_the_tables() -> None:
    client = Hall().client()
    client.send(wire.ReqScannerParameters())
    (answer,) = client.got()
    assert not isinstance(answer, ErrorMessage)
    root = ElementTree.fromstring(answer.xml)
    assert [one.text for one in root.iterfind(".//scanCode")] == list(SCANNERS)
    codes = {one.text for one in root.iterfind("LocationTree//locationCode")}
    assert codes >= LOCATIONS.keys()
    assert {one.text for one in root.iterfind(".//RangeFilter/AbstractField/code")} == set(FILTERS)
    assert {one.text for one in root.iterfind(".//Instrument/type")} == {
        one.instrument for one in LOCATIONS.values()
    }
