"""Programs beside a station leave nothing running, whenever an interrupt comes."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from papertape.errors import SettingsError
from papertape.testing import programs
from papertape.testing.programs import running

FOREVER = "import time\nwhile True:\n    time.sleep(0.05)"
pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform != "linux", reason="children are told by /proc"),
]


def children() -> list[int]:
    return [pid for pid in programs._children() if _lives(pid)]


def _lives(pid: int) -> bool:
    try:
        return FOREVER.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@pytest.mark.parametrize("when", ["started", "starting"])
def test_an_interrupt_while_a_program_starts_leaves_none(
    when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **more: Any) -> None:
        raise KeyboardInterrupt

    kept: list[Any] = []
    if when == "started":
        monkeypatch.setattr(threading.Thread, "start", interrupted)
    else:
        real = subprocess.Popen

        def popen(*words: Any, **more: Any) -> None:
            kept.append(real(*words, **more))
            raise KeyboardInterrupt

        monkeypatch.setattr(subprocess, "Popen", popen)
    with (
        pytest.raises(KeyboardInterrupt),
        running([sys.executable, "-c", FOREVER], "127.0.0.1", 1),
    ):
        pytest.fail("it was interrupted before")
    assert children() == []
    for one in kept:
        one.stdout.close()
        one.wait()


def test_a_command_that_cannot_be_started_is_told() -> None:
    with (
        pytest.raises(SettingsError, match="cannot be started"),
        running(["no-such-command"], "127.0.0.1", 1),
    ):
        pytest.fail("there is no such command")
