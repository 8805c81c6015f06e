"""Corporate events: described first, of a contract or a filter, in a window; refusals."""

import json
from datetime import date
from typing import Any

from papertape.wire.catalogue import wsh as wire
from server.pair import VERSIONS, Client, Hall
from walks import walk

AAPL, IBM, SPY, EURUSD = 265598, 8314, 756733, 12087792
KEYS = {
    "event_type", "event_key", "index_date", "index_date_type", "conids", "data", "source",
    "filterSource", "status", "tooltips",
}  # fmt: skip


def ready(version: int = VERSIONS[-1]) -> Client:
    """A client that knows what events there are."""
    client = Hall().client(1, version)
    client.send(wire.ReqWshMetaData(3))
    client.got()
    return client


def events(client: Client, **fields: Any) -> list[dict[str, Any]]:
    client.send(wire.ReqWshEventData(7, **fields))
    (answer,) = client.got()
    assert answer.reqId == 7
    found: list[dict[str, Any]] = json.loads(answer.dataJson)
    return found


@walk("version", [version for version in VERSIONS if version >= 161])
def test_events_are_described_and_then_told(version: int) -> None:
    client = Hall().client(1, version)
    client.send(wire.ReqWshEventData(7, AAPL))
    assert client.errors() == [(7, 10282, "WSH metadata not requested")]
    client.send(wire.ReqWshMetaData(3))
    (answer,) = client.got()
    types = {one["tag"]: one for one in json.loads(answer.dataJson)["meta_data"]["event_types"]}
    rows = events(client, conId=AAPL)
    assert {row["event_type"] for row in rows} == types.keys()
    for row in rows:
        assert row.keys() == KEYS and row["conids"] == [str(AAPL)]
        columns = {one["tag"] for one in types[row["event_type"]]["columns"]}
        assert row["data"].keys() == {"company", *columns}
        assert row["data"]["company"]["contract"] == "AAPL"
    days = [row["index_date"] for row in rows]
    assert days == sorted(days) and len({row["event_key"] for row in rows}) == len(rows)
    client.send(wire.CancelWshMetaData(3), wire.CancelWshEventData(7))
    assert client.got() == []


def test_earnings_come_on_weekdays_after_their_quarter_and_far_ones_are_inferred() -> None:
    rows = events(ready(), conId=AAPL)
    earnings = [row["data"] for row in rows if row["event_type"] == "wshe_ed"]
    assert len(earnings) == 17
    for one in earnings:
        day, end = (
            date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:]}")
            for text in (one["earnings_date"], one["quarter_end_date"])
        )
        assert 18 <= (day - end).days <= 50 and day.isoweekday() <= 5
        assert one["wshe_earnings_date_status"] == (
            "CONFIRMED" if day <= date(2026, 5, 4) else "INFERRED"
        )
    assert {one["wshe_earnings_date_status"] for one in earnings} == {"CONFIRMED", "INFERRED"}


def test_a_window_a_limit_and_a_filter_narrow_them() -> None:
    client = ready()
    everything = events(client, conId=AAPL)
    within = events(client, conId=AAPL, startDate="20260401", endDate="20260701")
    assert within == [row for row in everything if "20260401" <= row["index_date"] <= "20260701"]
    assert within and events(client, conId=AAPL, startDate="20300101") == []
    assert events(client, conId=AAPL, totalLimit=3) == everything[:3]
    both = {"country": "All", "watchlist": [str(AAPL), str(IBM)], "wshe_ed": "true"}
    rows = events(client, filter=json.dumps(both))
    assert {row["event_type"] for row in rows} == {"wshe_ed"}
    assert {row["conids"][0] for row in rows} == {str(AAPL), str(IBM)}
    assert events(client, filter=json.dumps({**both, "limit": 2})) == rows[:2]
    last = json.dumps({**both, "wshe_qe": "true"})
    assert {row["event_type"] for row in events(client, filter=last)} == {"wshe_qe"}
    assert events(client, conId=AAPL, fillWatchlist=True) == everything


@walk("con_id", [SPY, EURUSD, 99])
def test_what_is_no_company_has_none(con_id: int) -> None:
    assert events(ready(), conId=con_id) == []


WRONG: list[dict[str, Any]] = [
    {},
    {"fillWatchlist": True, "fillPortfolio": True},
    {"conId": AAPL, "filter": "{}"},
    {"filter": "{}", "startDate": "20260101"},
    {"filter": "{"},
    {"filter": "[]"},
    {"filter": "[" * 4000},
    {"filter": '{"watchlist": ' + "[" * 4000},
    {"filter": '{"watchlist": ["x"]}'},
    {"filter": '{"watchlist": "8314"}'},
    {"filter": '{"limit": -1}'},
    {"filter": '{"moon": true}'},
    {"filter": '{"country": "MOON"}'},
    {"filter": json.dumps({"watchlist": list(range(101))})},
    {"conId": AAPL, "startDate": "2026-01-01"},
    {"conId": AAPL, "endDate": "20261301"},
]


@walk("fields", WRONG, ids=lambda fields: str(fields)[:50])
def test_a_request_that_contradicts_itself_is_refused(fields: dict[str, Any]) -> None:
    client = ready()
    client.send(wire.ReqWshEventData(7, **fields))
    assert client.errors() == [(7, 10309, "Invalid WSH event data request.")]
