"""Messages as the feed tells them: names, what a row shows, the search, the place of each byte."""

from decimal import Decimal
from typing import Any

import pytest

from console.sent import PLACE, QUOTE, STOCK, Feed
from lanes import many
from papertape.console.messages.capture import Rate, Ring, Sampler
from papertape.console.messages.dissect import between, line, opened
from papertape.console.messages.frames import about, decode, name, pairs, plain, tone, values
from papertape.console.messages.inspector import ROWS, Rates, moment, told, turned
from papertape.console.messages.search import Filter, Term, terms
from papertape.explain.frames import explain
from papertape.explain.input import reader
from papertape.model.order import Execution
from papertape.wire import catalogue
from papertape.wire.catalogue.market import ReqMktData
from papertape.wire.catalogue.reports import ExecutionDetails
from papertape.wire.catalogue.session import ErrorMessage
from walks import walk


@pytest.fixture(params=[176, 213], ids=["text", "protobuf"])
def feed(request: pytest.FixtureRequest) -> Feed:
    return Feed(request.param)


# ---------------------------------------------------------------- rows


def test_a_message_is_named_and_told_in_short(feed: Feed) -> None:
    frame = feed(PLACE)
    message = decode(frame)
    assert name(frame) == "PlaceOrder"
    assert pairs(frame, message)[:3] == [
        ("orderId", "7"), ("contract", "SPY STK SMART USD"), ("order", "BUY 100 LMT 99.5 DAY"),
    ]  # fmt: skip
    assert about(frame, message) == ("orderId", 7)
    assert tone(frame, message) == "order"


def test_a_tick_has_its_name(feed: Feed) -> None:
    frame = feed(QUOTE, market_data=True)
    told = dict(pairs(frame, decode(frame)))
    assert told["tickType"] == "1 BID"
    assert told["price"] == "101.25"
    assert tone(frame, decode(frame)) == "quiet"


def test_every_message_there_is_can_be_shown() -> None:
    for table in (catalogue.REQUESTS, catalogue.RESPONSES):
        for cls in table.values():
            spec = cls.spec
            if spec.layout is None and spec.protobuf > 226:
                continue
            frame = Feed(min(226, spec.until - 1))(cls())
            assert name(frame) == cls.__name__
            assert all(isinstance(word, str) for pair in pairs(frame, cls()) for word in pair)


@walk(("code", "look"), [(2104, "quiet"), (202, "warn"), (201, "bad"), (1100, "bad")])
def test_an_error_looks_like_one(code: int, look: str) -> None:
    frame = Feed()(ErrorMessage(errorCode=code, errorMsg="told"))
    assert tone(frame, decode(frame)) == look


def test_what_cannot_be_read_says_why() -> None:
    make = Feed()
    hidden = make(PLACE, hidden=True)
    cut = make(PLACE, length=100_000)
    wrong = make(QUOTE, hex=b"\0\0\0\x0a1\x006\x00x\x00y\x00z\x00".hex(), length=14)
    unknown = make(QUOTE, hex=b"\0\0\0\x05999\x00\x00".hex(), length=9)
    assert [decode(one) for one in (hidden, cut, wrong, unknown)] == [None] * 4
    assert "credentials" in pairs(hidden, None)[0][1]
    assert "of 100,000 bytes" in pairs(cut, None)[0][1]
    assert "cannot be read" in pairs(wrong, None)[0][1]
    assert (name(wrong), name(unknown)) == ("TickPrice", "unknown message")
    assert (tone(cut, None), tone(wrong, None)) == ("quiet", "bad")


def test_a_long_text_is_short_in_a_row() -> None:
    frame = Feed()(ErrorMessage(errorCode=321, errorMsg="x" * 5000))
    assert len(dict(pairs(frame, decode(frame)))["errorMsg"]) == 60


@walk(
    ("value", "shown"),
    [(100.0, "100"), (99.5, "99.5"), (Decimal("1E+2"), "100"), (None, ""), (True, "True")],
)
def test_plain_values(value: Any, shown: str) -> None:
    assert plain(value) == shown


def test_every_value_has_its_path() -> None:
    message = ExecutionDetails(reqId=1, contract=STOCK, execution=Execution(execId="a.1"))
    told = dict(values(message))
    assert told["contract.symbol"] == "SPY"
    assert told["execution.execId"] == "a.1"


# ---------------------------------------------------------------- search


def test_the_words_of_a_search() -> None:
    assert terms('Open orderId=7 -tick note="two words" price>1') == (
        Term("open"), Term("7", "orderid", "="), Term("tick", wanted=False),
        Term("two words", "note", "="), Term("1", "price", ">"),
    )  # fmt: skip
    assert terms("") == terms("   ") == ()


@walk(
    ("text", "fits"),
    [
        ("placeorder", True), ("PLACE spy", True), ("spy -place", False), ("IBM", False),
        ("orderId=7", True), ("orderId=70", False), ("order.lmtPrice=99.50", True),
        ("lmtPrice>99", True), ("lmtPrice>100", False), ("lmtPrice<100", True),
        ("lmtprice", True), ("permId", False),
        ("symbol>5", False), ("contract.symbol=spy", True), ("tract.symbol=spy", False),
        ("-orderId=7", False), ("-orderId=8", True), ('"100 LMT"', True), ('"LMT 100"', False),
        ("(", False), ("=", False),
    ],
)  # fmt: skip
def test_a_search_looks_into_names_and_values(feed: Feed, text: str, fits: bool) -> None:
    assert Filter(terms=terms(text)).fits(feed(PLACE)) is fits


def test_choices_need_no_decoding() -> None:
    make = Feed()
    place, quote = make(PLACE), make(QUOTE, market_data=True, client_id=5)
    nonsense = make(PLACE, hex="00")
    assert Filter(client_id=5).fits(quote) and not Filter(client_id=5).fits(place)
    assert Filter(direction="in").fits(place) and not Filter(direction="in").fits(quote)
    assert Filter(market_data=False).fits(place) and not Filter(market_data=False).fits(quote)
    assert Filter(names=frozenset({"TickPrice"})).fits(quote)
    assert not Filter(names=frozenset({"TickPrice"})).fits(place)
    assert Filter().fits(nonsense)


# ---------------------------------------------------------------- byte by byte


def test_every_byte_belongs_to_one_field(feed: Feed) -> None:
    one = opened(feed(PLACE), [])
    at = 0
    for start, end, *_ in one["fields"]:
        assert start == at
        at = end
    assert at == len(one["hex"]) // 2
    assert not one["problem"]
    told = {name: value for _, _, name, _, value, *_ in one["fields"]}
    assert (told["orderId"], told["contract.symbol"]) == ("7", "SPY")


def test_a_field_tells_raw_text_and_gate() -> None:
    one = opened(Feed()(QUOTE), [])
    rows = {row[2]: row for row in one["fields"]}
    assert rows["price"][3:5] == ["101.25", "101.25"]
    assert rows["length"][4] == str(len(one["hex"]) // 2 - 4)
    assert rows["message id"][4] == "1"
    gated = [row for row in opened(Feed()(PLACE), [])["fields"] if row[5].startswith("since")]
    assert gated


def test_what_is_wrong_is_told_and_what_is_cut_is_not_wrong() -> None:
    make = Feed()
    wrong = make(QUOTE, hex=b"\0\0\0\x0a1\x006\x00x\x00y\x00z\x00".hex(), length=14)
    assert "TickPrice" in opened(wrong, [])["problem"]
    whole = make(PLACE)
    cut = make(PLACE, hex=whole.hex[:80], length=whole.length)
    one = opened(cut, [])
    assert one["problem"] == "" and one["command"] == ""
    assert "the first 40 of its" in one["notes"][-1]


def test_the_conversation_of_a_request() -> None:
    make = Feed()
    asked = make(ReqMktData(reqId=3, contract=STOCK))
    other = make(ReqMktData(reqId=4, contract=STOCK))
    elsewhere = make(QUOTE, session=2)
    answers = [make(QUOTE) for _ in range(40)]
    kept = [asked, other, elsewhere, *answers]
    links = opened(answers[-1], kept)["links"]
    assert links[0] == [asked.serial, "ReqMktData", "in", between(answers[-1].time, asked.time)]
    assert len(links) == 12
    shown = {link[0] for link in links}
    assert not shown & {other.serial, elsewhere.serial, answers[-1].serial}
    assert opened(asked, kept)["only"] == ["reqId=3"]


@pytest.mark.parametrize(
    ("first", "then", "gap"),
    [
        ("2026-01-05T14:30:00Z", "2026-01-05T14:30:00.001500Z", "+1.5 ms"),
        ("2026-01-05T14:30:02.500000Z", "2026-01-05T14:30:00Z", "-2.5 s"),
    ],
)
def test_the_time_between_two(first: str, then: str, gap: str) -> None:
    assert between(first, then) == gap


def test_a_saved_message_is_read_back_the_same(feed: Feed) -> None:
    frames = [feed(PLACE), feed(QUOTE), feed(ReqMktData(reqId=1, contract=STOCK))]
    saved = b"".join(line(frame) or b"" for frame in frames)
    reading = reader(saved)
    back = reading.feed(saved) + reading.finish()
    assert [one.name for one in back] == [name(frame) for frame in frames]
    assert all(one.clean for one in back)
    for frame, one in zip(frames, back, strict=True):
        sent = explain(frame.data[4:], frame.sender, frame.version).fields
        assert [(row.name, row.value) for row in one.fields] == [
            (row.name, row.value) for row in sent
        ]


def test_what_has_no_values_is_not_saved() -> None:
    assert line(Feed()(PLACE, hidden=True)) is None


def test_the_command_explains_the_same(feed: Feed) -> None:
    frame = feed(PLACE)
    command = opened(frame, [])["command"].split()
    assert command[:2] == ["papertape", "explain"]
    assert command[3:] == ["--from", "client", "--server-version", str(feed.version)]
    assert bytes.fromhex(command[2]) == frame.data


# ---------------------------------------------------------------- how much is kept and shown


def test_a_ring_is_bounded_by_number_and_by_size() -> None:
    make = Feed()
    few, small = Ring(most=3), Ring(most=100, letters=600)
    for _ in range(10):
        few.add(make(QUOTE))
        small.add(make(QUOTE))
    assert [frame.serial for frame in few.frames] == [15, 17, 19]
    assert sum(len(frame.hex) for frame in small.frames) <= 600
    assert small.frames[-1].serial == 20


def test_a_rate_is_of_the_last_second() -> None:
    rate = Rate()
    for i in range(20):
        rate.add(100, i / 10)
    assert rate.at(2.0) == pytest.approx(1000)
    assert rate.at(3.5) == 0
    assert rate.total == 2000


def test_what_is_rare_is_shown_whole() -> None:
    make, sample = Feed(), Sampler(50, 200)
    for _ in range(150):
        sample.offer(make(PLACE))
    assert len(sample.take(0.25)) == 150
    assert sample.take(0.25) == []
    assert sample.skipped == 0


@pytest.mark.long
def test_of_a_flood_a_few_are_shown_and_orders_first() -> None:
    make, sample = Feed(), Sampler(50, 200)
    shown = []
    for _ in range(100):  # 25 seconds of 1,000 quotes a second
        for _ in range(250):
            sample.offer(make(QUOTE, market_data=True))
        shown += sample.take(0.25)
    assert len(shown) + sample.skipped == 25_000
    assert 45 <= (len(shown) - 200) / 25 <= 55
    for _ in range(100):
        sample.offer(make(PLACE))
        sample.offer(make(QUOTE, market_data=True))
    burst = sample.take(0.25)
    assert sum(not frame.market_data for frame in burst) == 100
    assert [frame.serial for frame in burst] == sorted(frame.serial for frame in burst)


def test_a_flood_of_orders_is_sampled_too() -> None:
    make, sample = Feed(), Sampler(50, 200)
    shown, looks = 0, many(test=100, check=30)
    for _ in range(looks):
        for _ in range(100):
            sample.offer(make(PLACE))
        shown += len(sample.take(0.25))
    assert shown <= 200 + looks * 12.5


# ---------------------------------------------------------------- what the page says


@walk(
    ("rates", "text"),
    [
        (Rates(0, 0, 0), "Nothing travels at the moment."),
        (Rates(12, 12, 12), "12 a second, all shown."),
        (Rates(1000, 900, 50, skipped=True),
         "Showing 50 of 1,000 a second. Pause to see all that is kept."),
        (Rates(5000, 1000, 50, dropped=True, skipped=True),
         "Showing 50 of 5,000 a second. Pause to see all that is kept."),
        (Rates(900, 20, 20, filtered=True), "20 of 900 a second fit."),
        (Rates(900, 400, 50, filtered=True, skipped=True),
         "400 of 900 a second fit, 50 of them are shown."),
        (Rates(5000, 20, 20, filtered=True, dropped=True),
         "20 of 5,000 a second fit. The station sends a sample of all."),
    ],
)  # fmt: skip
def test_the_page_says_that_it_samples(rates: Rates, text: str) -> None:
    assert told(rates) == text


def test_turning_pages_first_shows_what_a_sample_left_out() -> None:
    make = Feed()
    kept = [make(QUOTE) for _ in range(1000)]
    sampled = list(range(600, 1000, 2))
    older = turned(kept, sampled, -1)
    assert [frame.serial for frame in older] == list(range(799, 999))
    serials = [frame.serial for frame in older]
    assert [frame.serial for frame in turned(kept, serials, -1)] == list(range(599, 799))
    assert [frame.serial for frame in turned(kept, serials, 1)] == [999, 1000]
    assert turned(kept, [frame.serial for frame in kept[:ROWS]], -1) == []


def test_the_time_of_day() -> None:
    assert moment("2026-01-05T14:30:00Z") == "14:30:00.000"
    assert moment("2026-01-05T14:30:00.123456Z") == "14:30:00.123"
