"""The sentences of the news."""

from typing import Any

from papertape.console.pages.news import sentence, shown, tone
from walks import walk

ENDED = {"number": 3, "client_id": None, "reason": "its address is rejected"}


@walk(
    ("kind", "facts", "text", "colour"),
    [
        ("opened", {"number": 3, "address": "127.0.0.2:5"},
         "Connection 3 from 127.0.0.2:5 opened", ""),
        ("started", {"number": 3, "client_id": 0, "version": 187},
         "Client 0 started at server version 187", "good"),
        ("ended", ENDED, "Connection 3 ended: its address is rejected", ""),
        ("ended", {"number": 3, "client_id": 7, "reason": ""}, "Client 7 ended", ""),
        ("waiting", {"number": 3, "address": "10.0.0.9", "client_id": 7},
         "10.0.0.9 asks to connect as client 7", "warn"),
        ("decided", {"number": 3, "accepted": True, "reason": ""},
         "Connection 3 accepted", "good"),
        ("decided", {"number": 3, "accepted": False, "reason": "rejected"},
         "Connection 3 rejected", ""),
        ("decided", {"number": 3, "accepted": False, "reason": "no decision in time"},
         "Connection 3 rejected: no decision in time", ""),
        ("setting", {"name": "readOnlyApi", "value": True},
         "Setting readOnlyApi changed to on", ""),
        ("farm", {"name": "usfarm", "status": "broken"}, "Data farm usfarm: broken", "bad"),
        ("farm", {"name": "usfarm", "status": "ok"}, "Data farm usfarm: ok", "good"),
        ("link", {"up": False}, "The link to the broker is lost", "bad"),
        ("link", {"up": True, "data_lost": True},
         "The link to the broker is back, data lost", "good"),
        ("drill", {"number": 1, "name": "freeze", "state": "began"}, "Drill freeze begins", "warn"),
        ("drill", {"number": 1, "name": "freeze", "state": "over"}, "Drill freeze is over", "warn"),
        ("drill", {"number": 1, "name": "freeze", "running": True}, "", "warn"),
        ("order", {"perm_id": 5}, "", ""),
    ],
)  # fmt: skip
def test_news_are_told_in_a_sentence(
    kind: str, facts: dict[str, Any], text: str, colour: str
) -> None:
    news = {"kind": kind, "facts": facts}
    assert (sentence(news), tone(news)) == (text, colour)


@walk(
    ("value", "text"),
    [(True, "on"), (False, "off"), (None, "blank"), ("", "blank"), ([], "blank"), (0, "0"),
     (["127.0.0.1", "::1"], "127.0.0.1, ::1"), ("UTF-8", "UTF-8")],
)  # fmt: skip
def test_values_are_shown_as_people_read_them(value: Any, text: str) -> None:
    assert shown(value) == text
