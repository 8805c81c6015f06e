"""The metrics as Prometheus reads them, by its own parser."""

import asyncio
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from papertape.server.control import metrics as module
from papertape.server.control.metrics import ALL, CONTENT_TYPE, MetricsPage, page
from server.control.api import controlled
from server.sockets import run, serving

pytestmark = pytest.mark.network

MOST_BYTES = 128 * 1024
"""Of the page of one station, whatever its clients do."""


def samples(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Name of a sample -> its labels without the station -> its value."""
    found: dict[str, Any] = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            labels = {name: text for name, text in one.labels.items() if name != "station"}
            found.setdefault(one.name, {})[tuple(sorted(labels.items()))] = one.value
    return found


def test_the_page_is_what_prometheus_reads() -> None:
    async def main() -> None:
        async with controlled() as api:
            assert "papertape_messages_total" not in samples(page({"tws": api.served.server}))
            client = await api.served.client(1)
            assert await client.answers()
            answer = await api._client.get("/metrics")
            assert answer.status_code == 200
            assert answer.headers["content-type"] == CONTENT_TYPE
            found = samples(answer.text)
            assert found["papertape_sessions"][("state", "started"),] == 1
            assert found["papertape_ready"][()] == 1
            assert found["papertape_connections_total"][()] == 1
            sent = found["papertape_messages_total"]
            assert sent[("direction", "in"), ("kind", "CurrentTimeRequest")] == 1
            assert sent[("direction", "out"), ("kind", "CurrentTime")] == 1
            assert found["papertape_errors_total"][("code", "2104"),] > 0
            assert found["papertape_turn_seconds_count"][()] >= 2
            buckets = found["papertape_turn_seconds_bucket"]
            assert buckets[("le", "+Inf"),] == found["papertape_turn_seconds_count"][()]
            told = {family.name for family in text_string_to_metric_families(answer.text)}
            declared = {metric.name.removesuffix("_total") for metric in ALL}
            assert told <= declared and len(told) > len(declared) - 3

    run(main)


def test_it_needs_the_token() -> None:
    async def main() -> None:
        async with controlled() as api:
            answer = await api._client.get("/metrics", headers={"Authorization": ""})
            assert answer.status_code == 401

    run(main)


def test_hostile_clients_do_not_make_names() -> None:
    """Unknown message ids, client ids, request ids and symbols: the page grows by none."""

    async def main() -> None:
        async with serving() as served:
            page({"tws": served.server})
            client = await served.client(1, 176)
            for number in range(300):
                body = b"%d\0001\0%d\0" % (900 + number, number)
                await client.write(len(body).to_bytes(4) + body)
            assert await client.answers()
            text = page({"tws": served.server})
            assert len(text) < MOST_BYTES
            kinds = {
                dict(labels)["kind"]: value
                for labels, value in samples(text)["papertape_messages_total"].items()
                if dict(labels)["direction"] == "in"
            }
            assert set(kinds) <= {"StartApiRequest", "CurrentTimeRequest"}

    run(main)


def test_a_name_cannot_break_a_line() -> None:
    found = MetricsPage()
    found.add(module.UP, 1, station='a"b\\c\nd')
    [family] = text_string_to_metric_families(found.text())
    assert family.samples[0].labels == {"station": 'a"b\\c\nd'}


def test_a_page_without_samples_has_no_headers() -> None:
    assert MetricsPage().text() == "\n"
    assert asyncio.iscoroutinefunction(module.metrics)
