"""reqMktDepth: the book of a venue and of SMART, its changes, what is refused, what resets it."""

from decimal import Decimal
from typing import Any

import pytest

from lanes import many
from papertape.model import ComboLeg, Contract, MarketDepthData
from papertape.server.market_data.books import (
    DELETE,
    INSERT,
    UPDATE,
    BookRow,
    BookState,
    DepthLine,
    changes,
)
from papertape.server.settings import StationSettings
from papertape.venue.units import SIZE_SCALE
from papertape.wire.catalogue import depth as wire
from papertape.wire.catalogue import market
from server.handlers.test_entitlements import quoted
from server.handlers.test_past_ticks import AAPL, AAPL_ID, EUR, ready, tape
from server.pair import VERSIONS, Client, Hall
from server.shown import lines
from server.test_every_kind import hall as every_kind
from venue.scenario import at
from walks import walk

IBM_CFD = Contract(symbol="IBM", secType="CFD", exchange="SMART", currency="USD")
ARCA = Contract(symbol="AAPL", secType="STK", exchange="ARCA", currency="USD")
NASDAQ = Contract(symbol="AAPL", secType="STK", exchange="NASDAQ", currency="USD")


class Book:
    """What a client makes of the changes; no side ever has more rows than it asked for."""

    def __init__(self, rows: int) -> None:
        self.sides: tuple[list[Any], list[Any]] = ([], [])
        self.most = rows

    def take(self, data: MarketDepthData) -> None:
        side = self.sides[data.side]
        row = (data.price, data.size, data.marketMaker)
        if data.operation == INSERT:
            side.insert(data.position, row)
        elif data.operation == UPDATE:
            side[data.position] = row
        else:
            assert data.operation == DELETE
            del side[data.position]
        assert len(side) <= self.most


def follow(client: Client, book: Book) -> Book:
    for message in client.got():
        if isinstance(message, wire.MarketDepth | wire.MarketDepthL2):
            book.take(message.marketDepthData)
    return book


def check(book: Book, hall: Hall, *, each: int = SIZE_SCALE) -> None:
    """The best price of a side and what is shown at it are those of the quote."""
    quote = hall.market.quote(AAPL_ID, hall.now)
    for side, price, size in zip(
        book.sides, (quote.ask, quote.bid), (quote.askSize, quote.bidSize)
    ):
        assert side and round(side[0][0] * 10_000) == price
        assert sum(row[1] for row in side if row[0] == side[0][0]) * each == size
    asks, bids = ([row[0] for row in side] for side in book.sides)
    assert asks == sorted(asks) and bids == sorted(bids, reverse=True)


@walk("version", VERSIONS)
def test_a_venue_without_market_makers(version: int) -> None:
    hall, client = ready(version)
    got = client.send(wire.ReqMktDepth(5, ARCA, 4)).got()
    assert {type(message) for message in got} == {wire.MarketDepth}
    data = [message.marketDepthData for message in got]
    assert [(one.side, one.position, one.operation) for one in data] == [
        *((0, row, INSERT) for row in range(4)), *((1, row, INSERT) for row in range(4)),
    ]  # fmt: skip
    book = Book(4)
    for one in data:
        book.take(one)
    check(book, hall, each=SIZE_SCALE * (100 if version < 159 else 1))


def test_a_venue_that_names_who_quotes() -> None:
    _, client = ready()
    got = client.send(wire.ReqMktDepth(5, NASDAQ, 3)).got()
    assert {type(message) for message in got} == {wire.MarketDepthL2}
    assert {message.marketDepthData.marketMaker for message in got} == {"NSDQ"}
    assert not any(message.marketDepthData.isSmartDepth for message in got)


@pytest.mark.long
@walk("version", [version for version in VERSIONS if version >= 146])
def test_the_book_of_all_venues(version: int) -> None:
    hall, client = ready(version)
    notice, *rows = client.send(wire.ReqMktDepth(5, AAPL, 10, True)).got()
    assert (notice.id, notice.errorCode) == (5, 2152)
    depth, _, top = notice.errorMsg.partition("; Top: ")
    assert depth.startswith("Exchanges - Depth: ") and "ARCA" in depth and "SMART" not in depth
    assert "ARCA" not in top
    assert {type(message) for message in rows} == {wire.MarketDepthL2}
    assert all(message.marketDepthData.isSmartDepth for message in rows)
    venues = {message.marketDepthData.marketMaker for message in rows}
    assert len(venues) > 1 and all(f"{name};" in f"{depth};".replace(": ", "; ") for name in venues)
    book = Book(10)
    for message in rows:
        book.take(message.marketDepthData)
    check(book, hall, each=SIZE_SCALE * (100 if version < 159 else 1))


@pytest.mark.long
@pytest.mark.sample(3)
@pytest.mark.parametrize(("contract", "smart"), [(ARCA, False), (AAPL, True)])
@pytest.mark.parametrize("rows", [1, 5, 20])
def test_the_book_follows_the_tape(contract: Contract, smart: bool, rows: int) -> None:
    hall, client = tape(at("20260413 10:00:00"))
    client.send(wire.ReqMktDepth(5, contract, rows, smart))
    book = follow(client, Book(rows))
    late = hall.client(2)
    for _ in range(many(test=30, check=10)):
        hall.wait(0.7)
        follow(client, book)
        if rows > 3 or not smart:  # one row of SMART is a part of the touch
            check(book, hall)
    late.send(wire.ReqMktDepth(5, contract, rows, smart))
    assert follow(late, Book(rows)).sides == book.sides


@pytest.mark.long
def test_a_closed_market_has_no_book() -> None:
    hall, client = tape(at("20260413 19:59:58"))
    client.send(wire.ReqMktDepth(5, ARCA, 5))
    book = follow(client, Book(5))
    assert all(book.sides)
    hall.wait(3)
    assert follow(client, book).sides == ([], [])
    other = hall.client(2)
    assert other.send(wire.ReqMktDepth(5, ARCA, 5)).got() == []
    hall.wait(8.5 * 3600)
    assert len(follow(client, book).sides[0]) == len(follow(other, Book(5)).sides[1]) == 5


def test_a_farm_that_comes_back_resets_the_book() -> None:
    hall, client = ready()
    client.send(wire.ReqMktDepth(5, ARCA, 3))
    book = follow(client, Book(3))
    farm = hall.station.farms.named("usfarm")
    hall.station.farms.breaks(farm)
    hall.settle()
    client.got()
    hall.quote("AAPL 250.00 x 251.00")
    assert client.got() == []
    hall.station.farms.mends(farm)
    hall.wait(5)
    got = client.got()
    reset = next(place for place, one in enumerate(got) if getattr(one, "errorCode", 0) == 317)
    assert got[reset].id == 5 and got[reset].errorMsg.startswith(
        "Market depth data has been RESET."
    )
    rows = [one for one in got if isinstance(one, wire.MarketDepth)]
    assert all(got.index(row) > reset for row in rows)
    book = Book(3)
    for row in rows:
        book.take(row.marketDepthData)
    check(book, hall)


OVERNIGHT = Contract(symbol="AAPL", secType="STK", exchange="OVERNIGHT", currency="USD")
LEGS = [ComboLeg(265598, 1, "BUY", "SMART"), ComboLeg(8314, 1, "SELL", "SMART")]
PAIR = Contract(symbol="AAPL,IBM", secType="BAG", exchange="SMART", currency="USD", comboLegs=LEGS)
BUSY = "Deep market data is not supported for this combination of security type/exchange"
REFUSED = {
    "SMART without saying so": (wire.ReqMktDepth(9, AAPL, 5), 10092, BUSY),
    "a venue as SMART": (wire.ReqMktDepth(9, ARCA, 5, True), 10092, BUSY),
    "no rows": (wire.ReqMktDepth(9, ARCA, 0), 322, "0 is no number of rows"),
    "less than none": (wire.ReqMktDepth(9, ARCA, -5), 322, "-5 is no number of rows"),
    "less than all": (wire.ReqMktDepth(9, AAPL, -(2**31), True), 322, "is no number of rows"),
    "a venue that tells no book": (wire.ReqMktDepth(9, OVERNIGHT, 5), 10092, BUSY),
    "a venue that there is not": (
        wire.ReqMktDepth(9, Contract(symbol="AAPL", secType="STK", exchange="MOON",
            currency="USD"), 5), 200, "is Invalid"),
    "no venue": (wire.ReqMktDepth(9, Contract(symbol="AAPL", secType="STK", currency="USD"), 5),
        321, "Please enter exchange"),
    "a combination": (wire.ReqMktDepth(9, PAIR, 5), 10092, BUSY),
    "a combination as SMART": (wire.ReqMktDepth(9, PAIR, 5, True), 10092, BUSY),
    "a combination without legs": (
        wire.ReqMktDepth(9, Contract(symbol="AAPL", secType="bag", exchange="SMART"), 5), 10092,
        BUSY),
    "no such contract": (wire.ReqMktDepth(9, Contract(symbol="NOSUCH", secType="STK",
        exchange="SMART", currency="USD"), 5, True), 200, "No security definition"),
}  # fmt: skip


@pytest.mark.long
@walk("case", REFUSED)
def test_refusals(case: str) -> None:
    request, code, text = REFUSED[case]
    _, client = ready()
    ((about, found, said),) = client.send(request).errors()
    assert (about, found) == (9, code) and text in said
    assert client.session.subscriptions.of(DepthLine) == {}


def test_what_has_no_book() -> None:
    client = every_kind().client()
    index = Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD")
    assert [error[:2] for error in client.send(wire.ReqMktDepth(9, index, 5)).errors()] == [
        (9, 10092)
    ]


def test_a_pair_has_one() -> None:
    hall, client = ready()
    hall.quote("EUR 1.08501*1000000 x 1.08502*500000")
    rows = client.send(wire.ReqMktDepth(9, EUR, 2)).of(wire.MarketDepth)
    best = rows[0].marketDepthData
    assert (best.price, best.size) == (1.08502, Decimal(500_000)) and len(rows) == 4


def test_more_rows_than_there_are_levels() -> None:
    _, client = ready()
    assert len(client.send(wire.ReqMktDepth(9, ARCA, 10**9)).of(wire.MarketDepth)) == 120


def test_three_books_and_ids_that_are_in_use() -> None:
    hall, client = ready()
    client.send(*(wire.ReqMktDepth(number, ARCA, 1) for number in (1, 1, 2, 3, 4)))
    said = "Max number (3) of market depth requests has been reached"
    assert client.errors() == [(1, 102, "Duplicate ticker ID."), (4, 309, said)]
    client.send(wire.CancelMktDepth(2), wire.CancelMktDepth(77), wire.ReqMktDepth(4, ARCA, 1))
    text = "Can't find the subscribed market depth with tickerId:77"
    assert client.errors() == [(77, 310, text)]
    hall.quote("AAPL 250.00 x 251.00")
    assert {one.reqId for one in client.of(wire.MarketDepth)} == {1, 3, 4}


@pytest.mark.parametrize("smart", [False, True])
def test_a_book_is_cancelled_as_what_it_was_asked_for(smart: bool) -> None:
    _, client = ready()
    client.send(wire.ReqMktDepth(1, AAPL if smart else ARCA, 1, smart)).got()
    client.send(wire.CancelMktDepth(1, not smart))
    text = "Can't find the subscribed market depth with tickerId:1"
    assert client.errors() == [(1, 310, text)]
    assert 1 in client.session.subscriptions.of(DepthLine)
    assert client.send(wire.CancelMktDepth(1, smart), wire.CancelMktDepth(1, smart)).errors() == [
        (1, 310, text)
    ]


@pytest.mark.parametrize("version", [100, 145])
def test_older_clients_do_not_say_which_book_they_cancel(version: int) -> None:
    _, client = ready(version)
    client.send(wire.ReqMktDepth(1, ARCA, 1)).got()
    assert client.send(wire.CancelMktDepth(1)).got() == []


NEED = "Need additional market data permissions - Depth: "


@walk(
    ("rules", "usual", "code", "available"),
    [
        ({"exchange:ARCA": "none"}, "live", 354, "Delayed market data is not available."),
        ({"exchange:ARCA": "delayed"}, "live", 354, "Delayed market data is available."),
        ({"exchange:NASDAQ": "live"}, "none", 354, "Delayed market data is not available."),
        ({"exchange:ARCA": "live"}, "none", 0, ""),
        ({"symbol:AAPL": "live", "exchange:ARCA": "none"}, "live", 0, ""),
    ],
)
def test_the_book_of_a_venue_takes_a_subscription_to_it(
    rules: Any, usual: Any, code: int, available: str
) -> None:
    _, client = quoted(market_data=usual, entitlements=rules)
    got = client.send(wire.ReqMktDepth(1, ARCA, 3)).got()
    told = [(one.errorCode, one.errorMsg) for one in got if hasattr(one, "errorCode")]
    assert [number for number, _ in told] == ([code] if code else [])
    assert not code or f".{available}AAPL NASDAQ.NMS/" in told[0][1]
    assert any(isinstance(one, wire.MarketDepth) for one in got) == (not code)


@pytest.mark.parametrize("enabled", [True, False])
def test_delayed_data_are_available_where_they_are_enabled(enabled: bool) -> None:
    _, client = quoted(delayed_enabled=enabled)
    ((_, code, text),) = client.send(wire.ReqMktDepth(1, AAPL, 3, True)).errors()
    assert code == 354 and ("Delayed market data is not available." in text) == (not enabled)


def test_the_book_of_smart_has_the_venues_that_are_subscribed_to() -> None:
    _, client = quoted(market_data="live", entitlements={"exchange:ARCA": "none"})
    notice, *rows = client.send(wire.ReqMktDepth(1, AAPL, 20, True)).got()
    assert (notice.errorCode, NEED + "ARCA; " in notice.errorMsg) == (2152, True)
    assert "ARCA" not in notice.errorMsg.partition("; Need")[0]
    venues = {message.marketDepthData.marketMaker for message in rows}
    assert len(venues) > 1 and "ARCA" not in venues


def test_the_book_of_smart_of_one_venue() -> None:
    _, client = quoted(market_data="delayed", entitlements={"exchange:NASDAQ": "live"})
    notice, *rows = client.send(wire.ReqMktDepth(1, AAPL, 5, True)).got()
    assert notice.errorMsg.startswith("Exchanges - Depth: NASDAQ; Top: ")
    assert NEED in notice.errorMsg and "ARCA" in notice.errorMsg.partition(NEED)[2]
    assert {message.marketDepthData.marketMaker for message in rows} == {"NASDAQ"}


@walk(("settings", "most"), [({}, 3), ({"max_lines": 500}, 5), ({"max_depth": 0}, 0)])
def test_the_limit_is_a_setting(settings: dict[str, int], most: int) -> None:
    assert StationSettings(**settings).depth_limit == most


@pytest.mark.parametrize("version", [125, 226])
def test_a_cfd_on_a_share_has_the_data_of_the_share(version: int) -> None:
    client = every_kind().client(1, version)
    (told,) = client.send(wire.ReqMktDepth(9, IBM_CFD, 5)).got()
    assert (told.reqId, told.conId, told.exchange) == (9, 8314, "SMART")
    (told,) = client.send(market.ReqMktData(9, IBM_CFD)).got()
    assert isinstance(told, market.RerouteMarketDataRequest)
    assert (told.reqId, told.conId, told.exchange) == (9, 8314, "SMART")
    client.send(market.ReqMktData(9, Contract(conId=8314, exchange="SMART")))
    assert "tickReqParams 9 0.01" in lines(client.got())


@pytest.mark.parametrize("version", [100, 124])
def test_who_cannot_be_told_has_the_quotes_of_the_cfd(version: int) -> None:
    client = every_kind().client(1, version)
    assert "marketDataType 9 1" in lines(client.send(market.ReqMktData(9, IBM_CFD)).got())


# ---------------------------------------------------------------- changes, against a slow twin


def side(text: str) -> tuple[BookRow, ...]:
    cells = (cell.split("*") for cell in text.split())
    return tuple(BookRow(int(price), int(size)) for price, size in cells)


@walk(
    ("before", "now", "told"),
    [
        ("", "9*1 8*2", [(INSERT, 0), (INSERT, 1)]),
        ("9*1 8*2", "9*1 8*2", []),
        ("9*1 8*2", "9*5 8*2", [(UPDATE, 0)]),
        ("9*1 8*2", "10*5 9*1", [(UPDATE, 0), (UPDATE, 1)]),
        ("9*1 8*2", "10*5 9*1 8*2", [(UPDATE, 0), (UPDATE, 1), (INSERT, 2)]),
        ("9*1 8*2 7*3", "9*1 7*4", [(DELETE, 2), (UPDATE, 1)]),
        ("9*1 8*2", "", [(DELETE, 1), (DELETE, 0)]),
    ],
)
def test_both_readings_of_an_insert_lead_from_book_to_book(
    before: str, now: str, told: list[Any]
) -> None:
    one, two = BookState((), side(before)), BookState((), side(now))
    found = list(changes(one, two))
    assert [(change.operation, change.position) for change in found] == told
    rows, placed = list(one.bids), dict(enumerate(one.bids))
    for change in found:
        if change.operation == DELETE:
            del placed[change.position]
        else:
            placed[change.position] = change.row  # as ib_async does
        if change.operation == DELETE:
            del rows[change.position]
        elif change.operation == INSERT:
            rows.insert(change.position, change.row)
        else:
            rows[change.position] = change.row
    assert tuple(rows) == tuple(placed.values()) == two.bids
