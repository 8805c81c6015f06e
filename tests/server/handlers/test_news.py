"""News: made up or out of a file, past and as they appear, and what is refused."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from papertape.errors import MarketDataError
from papertape.model import Contract
from papertape.server.research.headlines import HOUR, ODDS
from papertape.server.research.library import read_library
from papertape.server.research.news import FREE
from papertape.server.research.news_file import read_news
from papertape.server.settings import StationSettings
from papertape.venue.units import MINUTE, SECOND
from papertape.wire.catalogue import market
from papertape.wire.catalogue import news as wire
from server.pair import VERSIONS, Client, Hall, Stopwatch
from venue.scenario import START
from walks import walk

AAPL, IBM = 265598, 8314
ALL = "+".join(FREE)
STOCK = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
FILE = """
[[provider]]
code = "BRFG"
name = "Morning notes"
[[provider]]
code = "DJNL"
name = "Letters"
[[article]]
provider = "BRFG"
id = "a1"
time = 13:45:00
headline = "Sample: one"
text = "<p>One.</p>"
contracts = ["AAPL", 8314]
extra = "K:0.40"
[[article]]
provider = "DJNL"
id = "b2"
time = 2026-04-13T12:00:00Z
headline = "Sample: two"
text = "Two."
contracts = ["AAPL"]
[[bulletin]]
time = 13:00:00
text = "Sample: the session begins soon."
exchange = "NYSE"
[[bulletin]]
time = 2026-04-13T14:30:00Z
type = 2
text = "Sample: no exchange."
exchange = "ARCA"
"""


def written(folder: Path, text: str = FILE) -> Hall:
    """A station at 14:00 UTC with the news of a file."""
    (folder / "news.toml").write_text(text)
    return Hall(library=read_library(folder))


def past(client: Client, **fields: Any) -> tuple[list[wire.HistoricalNews], bool]:
    """The headlines of a question about Apple, and whether there are more."""
    asked: dict[str, Any] = {"conId": AAPL, "providerCodes": ALL, "totalResults": 10} | fields
    client.send(wire.ReqHistoricalNews(7, **asked))
    *rows, end = client.got()
    assert isinstance(end, wire.HistoricalNewsEnd) and end.reqId == 7
    return rows, end.hasMore


def instant(row: wire.HistoricalNews) -> int:
    moment = datetime.strptime(row.time, "%Y-%m-%d %H:%M:%S.0").replace(tzinfo=UTC)
    return int(moment.timestamp()) * SECOND


@pytest.mark.long
@walk("version", [version for version in VERSIONS if version > 116])
def test_providers_headlines_and_articles_are_one_world(version: int) -> None:
    client = Hall().client(1, version)
    client.send(wire.ReqNewsProviders())
    (told,) = client.got()
    assert {one.code: one.name for one in told.newsProviders} == FREE
    rows, more = past(client)
    assert len(rows) == 10 and more
    assert [instant(row) for row in rows] == sorted(map(instant, rows), reverse=True)
    for row in rows:
        assert instant(row) <= START and row.providerCode in FREE
        assert row.articleId.startswith(f"{row.providerCode}$") and "Sample: " in row.headline
        client.send(wire.ReqNewsArticle(8, row.providerCode, row.articleId))
        (article,) = client.got()
        assert (article.reqId, article.articleType) == (8, 0)
        assert row.headline.rpartition("}")[2] in article.articleText


@pytest.mark.long
def test_the_same_seed_has_the_same_news_and_other_stocks_have_others() -> None:
    rows, _ = past(Hall().client(), totalResults=300)
    assert rows == past(Hall().client(), totalResults=300)[0] and len(rows) == 300
    others, _ = past(Hall().client(), totalResults=300, conId=IBM)
    assert not {row.articleId for row in rows} & {row.articleId for row in others}
    hours = (instant(rows[0]) - instant(rows[-1])) / HOUR
    assert ODDS * 250 < hours < ODDS * 350


def test_a_span_holds_what_lies_in_it() -> None:
    client = Hall().client()
    rows, _ = past(client, totalResults=20)
    start, end = rows[9].time, rows[3].time
    found, more = past(client, startDateTime=start, endDateTime=end, totalResults=300)
    assert found == rows[3:9] and not more  # the start does not count, the end does
    assert past(client, startDateTime=start, endDateTime=end, totalResults=6) == (found, False)
    assert past(client, startDateTime=start, endDateTime=end, totalResults=5) == (found[:5], True)
    one, _ = past(client, providerCodes="BRFG", totalResults=300)
    assert {row.providerCode for row in one} == {"BRFG"}
    assert past(client, endDateTime=end.partition(".")[0])[0][0] == rows[3]
    dashed = end.partition(".")[0].replace("-", "").replace(" ", "-")
    assert past(client, endDateTime=dashed)[0][0] == rows[3]


@walk(("total", "count"), [(0, 1), (-5, 1), (1, 1), (301, 300), (10**6, 300)])
def test_headlines_are_one_to_three_hundred(total: int, count: int) -> None:
    assert len(past(Hall().client(), totalResults=total)[0]) == count


def test_what_has_not_been_yet_is_not_told() -> None:
    hall = Hall()
    client = hall.client()
    future = "2026-06-01 00:00:00.0"
    rows, _ = past(client, endDateTime=future, totalResults=1)
    assert instant(rows[0]) <= hall.now
    hall.wait(48 * 3600)
    latest, _ = past(client, totalResults=1)
    assert latest[0].articleId != rows[0].articleId
    early = (
        Hall().client().send(wire.ReqNewsArticle(7, latest[0].providerCode, latest[0].articleId))
    )
    assert early.errors() == [(7, 10172, "Failed to request news article:No data available")]


REFUSED = [
    (wire.ReqHistoricalNews(7, 99, ALL), 200),
    (wire.ReqHistoricalNews(7, AAPL, ""), 10276),
    (wire.ReqHistoricalNews(7, AAPL, "BRFG+MOON"), 10276),
    (wire.ReqHistoricalNews(7, AAPL, "BRFG", "yesterday"), 10314),
    (wire.ReqHistoricalNews(7, AAPL, "BRFG", "", "2026-13-40 00:00:00.0"), 10314),
    (wire.ReqNewsArticle(7, "MOON", "MOON$1"), 10276),
    (wire.ReqNewsArticle(7, "BRFG", ""), 10172),
    (wire.ReqNewsArticle(7, "BRFG", "BRFG$1"), 10172),
    (wire.ReqNewsArticle(7, "BRFG", "x" * 300), 10172),
    (wire.ReqNewsArticle(7, "BRFG", "BRFG$" + "f" * 16), 10172),
    (wire.ReqNewsArticle(7, "BRFG", "BRFG$٣٣٣٣٣٣٣٣"), 10172),
]


@walk(("message", "code"), REFUSED, ids=lambda value: repr(value)[:60])
def test_what_there_is_not_is_refused(message: Any, code: int) -> None:
    assert [one[:2] for one in Hall().client().send(message).errors()] == [(7, code)]


def test_a_span_of_long_ago_is_reached_step_by_step() -> None:
    hall = Hall()
    hall.station.timing.stopwatch = Stopwatch(0.001)
    rows, _ = past(hall.client(), startDateTime="2025-05-01 00:00:00",
                   endDateTime="2025-07-02 00:00:00", totalResults=300)  # fmt: skip
    assert rows and all("2025-05-01" <= row.time[:10] <= "2025-07-02" for row in rows)


@pytest.mark.long
@pytest.mark.parametrize(
    ("generic", "hours"),
    [("292", 4), ("mdoff,292", 48), ("mdoff,292:BRFG+DJNL+BRFUPDN", 48)],  # quotes cost time
)
def test_headlines_come_as_ticks_when_they_appear(generic: str, hours: int) -> None:
    hall = Hall()
    hall.put("quote AAPL 250.00 x 250.01", START)
    client = hall.client()
    client.send(market.ReqMktData(7, STOCK, generic))
    assert client.of(wire.TickNews) == []
    hall.wait(hours * 3600)
    ticks = client.of(wire.TickNews)
    rows, _ = past(client, startDateTime="2026-04-13 14:00:00.0", totalResults=300)
    assert [(one.timestamp * 1_000_000, one.providerCode, one.articleId) for one in ticks] == [
        (instant(row), row.providerCode, row.articleId) for row in reversed(rows)
    ]
    assert ticks and all(one.reqId == 7 and one.headline.startswith("Sample") for one in ticks)
    client.send(market.CancelMktData(7))
    client.got()
    hall.wait(hours * 3600)
    assert client.got() == []


@pytest.mark.parametrize("right", ["delayed", "none"])
def test_headlines_alone_take_no_subscription_to_quotes(right: str) -> None:
    rights = StationSettings(max_message_rate=0, market_data=right)  # type: ignore[arg-type]
    hall = Hall(settings=rights)
    hall.put("quote AAPL 250.00 x 250.01", START)
    client = hall.client()
    client.send(market.ReqMarketDataType(3), market.ReqMktData(7, STOCK, "mdoff,292"))
    assert client.errors() == []
    hall.wait(48 * 3600)
    got = client.got()
    assert {type(one) for one in got} == {wire.TickNews}
    assert client.send(market.CancelMktData(7)).got() == []


def test_the_tape_of_a_provider_is_a_contract() -> None:
    hall = Hall()
    client = hall.client()
    feed = Contract(symbol="BRFG:BRFG_ALL", secType="NEWS", exchange="BRFG")
    client.send(market.ReqMktData(7, feed, "mdoff,292"))
    client.got()
    hall.wait(48 * 3600)
    assert {one.providerCode for one in client.of(wire.TickNews)} == {"BRFG"}
    client.send(market.ReqMktData(8, feed, ""))
    paid = Contract(symbol="BZ:BZ_ALL", secType="NEWS", exchange="BZ")
    client.send(market.ReqMktData(9, paid, "mdoff,292"))
    assert [one[:2] for one in client.errors()] == [(8, 354), (9, 354)]


def test_a_provider_that_there_is_not_is_no_tick_type() -> None:
    client = Hall().client()
    client.send(market.ReqMktData(7, STOCK, "mdoff,292:MOON"))
    ((about, code, text),) = client.errors()
    assert (about, code) == (7, 321) and text.endswith("Invalid tick type")


def test_a_file_takes_the_place_of_what_is_made_up(tmp_path: Path) -> None:
    hall = written(tmp_path)
    client = hall.client()
    client.send(wire.ReqNewsProviders())
    assert [one.code for one in client.got()[0].newsProviders] == ["BRFG", "DJNL"]
    rows, more = past(client, providerCodes="BRFG+DJNL", totalResults=3)
    assert [(row.time, row.articleId, row.headline) for row in rows] == [
        ("2026-04-13 13:45:00.0", "BRFG$a1", "{K:0.40}Sample: one"),
        ("2026-04-13 12:00:00.0", "DJNL$b2", "Sample: two"),
        ("2026-04-12 13:45:00.0", "BRFG$a1", "{K:0.40}Sample: one"),
    ]
    assert more
    assert len(past(client, conId=IBM, providerCodes="DJNL")[0]) == 0
    client.send(wire.ReqNewsArticle(8, "DJNL", "b2"), wire.ReqNewsArticle(9, "BRFG", "b2"))
    article, error = client.got()
    assert article.articleText == "Two." and (error.id, error.errorCode) == (9, 10172)
    client.send(market.ReqMktData(7, STOCK, "mdoff,292"))
    client.got()
    hall.wait(48 * 3600)
    assert [one.articleId for one in client.of(wire.TickNews)] == ["BRFG$a1"] * 2


def test_bulletins_come_when_it_is_time_and_those_of_today_on_request(tmp_path: Path) -> None:
    hall = written(tmp_path)
    one, two = hall.client(1), hall.client(2)
    one.send(wire.ReqNewsBulletins(True))
    two.send(wire.ReqNewsBulletins(False))
    (early,) = one.got()
    assert (early.newsMsgType, early.originatingExch) == (1, "NYSE")
    assert early.newsMessage == "Sample: the session begins soon." and two.got() == []
    hall.wait(31 * MINUTE / SECOND)
    (late,) = one.got()
    assert two.got() == [late]
    assert (late.newsMsgType, late.originatingExch) == (2, "ARCA") and late.newsMsgId
    one.send(wire.CancelNewsBulletins())
    hall.wait(24 * 3600)
    assert one.got() == []
    (tomorrow,) = two.got()
    assert tomorrow.newsMessage == early.newsMessage and tomorrow.newsMsgId != early.newsMsgId


def test_a_station_without_a_file_has_a_bulletin_a_day() -> None:
    hall = Hall()
    client = hall.client()
    client.send(wire.ReqNewsBulletins(True))
    hall.wait(24 * 3600)
    assert [one.newsMsgType for one in client.got()] == [1, 1]


WRONG = [
    ("[[provider]]\ncode='x'\nname='y'", "'x' is no code"),
    ("[[article]]\nprovider='A'\nid='1'\ntime=10:00:00\nheadline=''\ntext=''", "'A'"),
    ("[[bulletin]]\ntime=2026-04-13T12:00:00\ntext=''", "has no zone"),
    ("[[bulletin]]\ntime=12:00:00\ntext=''\ntype=4", "4 is no type"),
    ("[[bulletin]]\ntime=12:00:00\ntext=''\nmoon=4", "moon"),
    ("[[bulletin]]\ntime='noon'\ntext=''", "'noon' is no time"),
    ("[[bulletin", "]]"),
]


@pytest.mark.parametrize(("text", "named"), WRONG, ids=[named for _, named in WRONG])
def test_a_file_that_is_wrong_is_refused_with_the_place(
    tmp_path: Path, text: str, named: str
) -> None:
    with pytest.raises(MarketDataError, match=r"news\.toml") as refusal:
        written(tmp_path, text)
    assert named in str(refusal.value)
    assert read_news(tmp_path / "nowhere") is None
