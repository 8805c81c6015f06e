"""The terminal's lines as JSON: one object a line, those of the command itself too."""

import json
import signal
from pathlib import Path

import pytest

from cli.process import holding, papertape, station


@pytest.mark.process
@pytest.mark.network
def test_every_line_is_an_object_with_the_fields_of_the_log(tmp_path: Path) -> None:
    with station(tmp_path, "--ephemeral", "-v", "--log-format", "json") as running:
        with holding(running.port, 7):
            pass
        code, out, log = running.stop(signal.SIGTERM)
    told = [json.loads(line) for line in [*running.told, *out.splitlines(), *log.splitlines()]]
    assert code == 0
    assert all({"time", "level", "logger", "message", "event"} <= set(line) for line in told)
    messages = [line["message"] for line in told]
    assert f"listening on 127.0.0.1:{running.port}" in messages
    [started] = [line for line in told if "started at server version" in line["message"]]
    assert started["event"] == "%s started at server version %d"
    assert started["values"][1] == 176 and started["station"] == "station"


@pytest.mark.process
def test_the_environment_and_the_file_say_it_too(tmp_path: Path) -> None:
    (tmp_path / "papertape.toml").write_text('[station]\nlog_format = "json"\n', encoding="utf-8")
    with station(tmp_path, "--ephemeral") as running:
        assert all(json.loads(line) for line in running.told)
    with station(tmp_path, "--ephemeral", PAPERTAPE_LOG_FORMAT="text") as running:
        assert running.told[0].startswith("Papertape station")


def test_another_form_is_refused(tmp_path: Path) -> None:
    done = papertape("serve", "--log-format", "yaml", cwd=tmp_path, code=2)
    assert "log_format" in done.output
