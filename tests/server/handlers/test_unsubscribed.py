"""A user who has not subscribed to a service: its requests end with the codes of TWS."""

import pytest

from papertape.errors import SettingsError
from papertape.model import Contract
from papertape.server.settings import SERVICES, StationSettings
from papertape.wire.catalogue import legacy, market, news, scanner, wsh
from papertape.wire.message import Message
from server.handlers.test_scanners import wanted
from server.pair import Hall
from walks import walk

AAPL = Contract(conId=265598, symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
ENDS: list[tuple[str, Message, int]] = [
    ("scanners", scanner.ReqScannerSubscription(7, wanted()), 490),
    ("news", news.ReqHistoricalNews(7, 265598, "BRFG"), 10276),
    ("news", news.ReqNewsArticle(7, "BRFG", "BRFG$1"), 10276),
    ("news", market.ReqMktData(7, AAPL, "mdoff,292"), 321),
    ("fundamentals", legacy.ReqFundamentalData(7, AAPL, "ReportSnapshot"), 10358),
    ("events", wsh.ReqWshMetaData(7), 10276),
    ("events", wsh.ReqWshEventData(7, 265598), 10276),
]


def hall(service: str) -> Hall:
    """A station whose user has not subscribed to a service."""
    rules = {f"service:{service}": "none"}
    return Hall(settings=StationSettings(max_message_rate=0, entitlements=rules))  # type: ignore[arg-type]


@walk(("service", "message", "code"), ENDS, ids=repr)
def test_a_request_ends_with_its_code(service: str, message: Message, code: int) -> None:
    assert [one[:2] for one in hall(service).client().send(message).errors()] == [(7, code)]
    assert {name for name, _, _ in ENDS} == set(SERVICES)


def test_without_news_there_are_no_providers_and_no_bulletins() -> None:
    here = hall("news")
    client = here.client()
    client.send(news.ReqNewsProviders(), news.ReqNewsBulletins(True))
    assert client.got() == [news.NewsProviders([])]
    here.wait(48 * 3600)
    assert client.got() == []


@pytest.mark.parametrize("rule", [{"service:moon": "none"}, {"service:news": "delayed"}])
def test_a_rule_that_means_nothing_is_refused(rule: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        StationSettings(entitlements=rule)  # type: ignore[arg-type]
