"""``papertape demo``: the journey's end is its exit code."""

from pathlib import Path

import pytest

from cli.process import busy_port, closed_port, holding, papertape, station

pytestmark = pytest.mark.network


def test_a_closed_port_is_told_and_ends_with_1(tmp_path: Path) -> None:
    port = closed_port()
    done = papertape("demo", "--port", port, cwd=tmp_path, code=1)
    assert "1. Connect" in done.stdout
    assert "stopped: " in done.stdout
    assert f"127.0.0.1:{port}" in done.stdout


def test_a_silent_server_is_told_after_the_time_out(tmp_path: Path) -> None:
    with busy_port() as port:
        done = papertape("demo", "--port", port, "--timeout", 0.3, cwd=tmp_path, code=1)
    assert "no answer within 0.3 s" in done.stdout


@pytest.mark.parametrize("words", [("--timeout", 0), ("--timeout", "soon"), ("--max-version", 99)])
def test_a_bad_value_ends_with_2(words: tuple[object, ...], tmp_path: Path) -> None:
    done = papertape("demo", *words, cwd=tmp_path, code=2)
    assert str(words[0]) in done.stderr


@pytest.mark.process
def test_of_several_accounts_the_first_is_the_one_that_trades(tmp_path: Path) -> None:
    with station(tmp_path, "--ephemeral", "--account", "DU1,DU2") as running:
        done = papertape("demo", "--port", running.port, cwd=tmp_path)
    assert "orders are for DU1, the first of them" in done.stdout
    assert "The journey is complete." in done.stdout


@pytest.mark.process
def test_a_journey_against_a_station(tmp_path: Path) -> None:
    with station(tmp_path, "--ephemeral") as running:
        with holding(running.port, 77):
            done = papertape("demo", "--port", running.port, cwd=tmp_path, code=1)
            assert "77" in done.stdout and "in use" in done.stdout
        done = papertape("demo", "--port", running.port, "--max-version", 176, cwd=tmp_path)
        assert "The journey is complete." in done.stdout
        assert "server version 176" in done.stdout
        done = papertape("demo", "--port", running.port, "--every", cwd=tmp_path)
        assert "→ reqCurrentTime" in done.stdout
        assert "← currentTime" in done.stdout
        assert "server version 226" in done.stdout
        code, _, log = running.stop()
        assert code == 0
        assert "client id 77 is in use" in log and log.count("\n") == 1
