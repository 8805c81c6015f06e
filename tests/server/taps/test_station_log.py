"""The station's log as JSON lines: levels, rotation, what a client cannot forge."""

import contextlib
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from papertape.errors import SettingsError
from papertape.server.taps.station_log import KEPT, LEVELS, Prefixed, log_file, speaking
from papertape.wire.catalogue import verify
from server.pair import Hall
from server.sockets import LOOPS, eventually, run, serving

STATION = logging.getLogger("papertape.station")


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Path]:
    """A folder that the station's log is written to."""
    handler = log_file(tmp_path / "logs", "info", max_bytes=4000)
    before = STATION.level
    STATION.addHandler(handler)
    STATION.setLevel("DEBUG")
    yield tmp_path / "logs"
    STATION.removeHandler(handler)
    STATION.setLevel(before)
    handler.close()


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "station.log").read_text().splitlines()]


def test_a_session_is_a_line_at_its_start_and_at_its_end(logs: Path) -> None:
    Hall().client(4, 176).leave()
    first, last = lines(logs)
    assert (first["level"], first["logger"]) == ("info", "papertape.station")
    assert first["message"] == "client 4 at test:4 started at server version 176"
    assert first["event"] == "%s started at server version %d"
    assert first["values"] == ["client 4 at test:4", 176]
    assert last["message"].startswith("client 4 at test:4 disconnected")
    assert first["time"].endswith("+00:00") and len(first["time"]) == 29


def test_a_failure_has_its_traceback_in_one_line(logs: Path) -> None:
    try:
        raise ValueError("boom")
    except ValueError as error:
        STATION.error("%s failed", "it", exc_info=error)
    (line,) = lines(logs)
    assert line["error"].splitlines()[-1] == "ValueError: boom"


def test_a_line_cannot_be_forged(logs: Path) -> None:
    STATION.warning("a client said %r and %s", 'x"\n{"level":"error"}', "\x1b[2J\n{}")
    (line,) = lines(logs)
    assert line["level"] == "warning"
    assert "\x1b" not in (logs / "station.log").read_text()


def test_the_level_is_a_threshold(logs: Path) -> None:
    STATION.debug("nothing")
    STATION.info("something %s", object)
    assert [line["event"] for line in lines(logs)] == ["something %s"]


@pytest.mark.long
def test_full_files_are_kept_for_a_while(logs: Path) -> None:
    for number in range(400):
        STATION.info("line %d", number)
    names = sorted(path.name for path in logs.iterdir())
    assert names == ["station.log", *[f"station.log.{n}" for n in range(1, KEPT + 1)]]
    assert all(path.stat().st_size <= 4000 for path in logs.iterdir())
    assert lines(logs)[-1]["values"] == [399]


def test_what_proves_who_somebody_is_is_not_told_at_any_level(logs: Path) -> None:
    hall = Hall(api={"loggingLevel": "detail"})
    hall.client().send(verify.VerifyMessage("the-secret"))
    whole = (logs / "station.log").read_text()
    assert "VerifyMessage" in whole and "secret" not in whole


def refused(line: dict[str, Any]) -> bool:
    return "refused" in line["message"]


@pytest.mark.network
@pytest.mark.parametrize("loop", LOOPS)
def test_of_several_stations_every_line_says_whose_it_is(logs: Path, loop: str) -> None:
    async def main() -> None:
        async with serving(name="one") as one, serving(name="two") as two:
            for number, each in ((1, one), (2, two)):
                client = await each.client(number)
                each.server.act(lambda station: station.drills.begin("freeze"))
                each.server.act(lambda station: station.drills.stop_all())
                client.close()
                station = each.hall.station
                await eventually(lambda found=station: not list(found.connections()))
                station.registry.away = True
                with contextlib.suppress(ConnectionError):
                    await (await each.raw()).end()
                await eventually(lambda wanted=number: sum(map(refused, lines(logs))) == wanted)

    run(main, loop)
    told = [(line["station"], re.sub(r" at 127.*", "", line["message"])) for line in lines(logs)]
    for name, number in (("one", 1), ("two", 2)):
        texts = [text for station, text in told if station == name]
        assert texts[0] == f"client {number}"
        assert {"drill 1 begins: freeze seconds=10.0", "drill 1 is over: freeze"} <= set(texts)
        assert any("refused" in text for text in texts)
        assert not any(f"client {3 - number}" in text for text in texts)


def test_a_line_that_no_station_speaks_has_no_name(logs: Path) -> None:
    STATION.info("all of us")
    with speaking("one"), speaking("two"):
        STATION.info("the inner one")
    STATION.info("by itself", extra={"station": "three"})
    assert [line.get("station") for line in lines(logs)] == [None, "two", "three"]


@pytest.mark.parametrize(("name", "text"), [("one", "one: it began"), ("", "it began")])
def test_on_a_terminal_the_name_stands_before_the_line(
    name: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    with speaking(name):
        STATION.warning("it %s", "began")
    (record,) = caplog.records
    assert Prefixed("%(message)s").format(record) == text


@pytest.mark.parametrize("level", ["loud", ""])
def test_a_level_that_is_none_is_told(tmp_path: Path, level: str) -> None:
    with pytest.raises(SettingsError, match=f"is not a log level.*{LEVELS[0]}"):
        log_file(tmp_path, level)


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be written"):
        log_file(tmp_path / "file" / "logs")
