"""A lock names its holder, ends with it, and is never left behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from papertape.errors import JournalError
from papertape.store.lock import FileLock


def test_the_holder_is_named_until_it_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "made" / "journal"
    lock = FileLock(path)
    with pytest.raises(JournalError, match="is in use") as caught:
        FileLock(path)
    assert (caught.value.pid, caught.value.path) == (os.getpid(), str(path))
    lock.release()
    lock.release()
    FileLock(path).release()


@pytest.mark.process
def test_the_lock_of_a_dead_process_is_free(tmp_path: Path) -> None:
    script = (
        "import os, sys, pathlib; from papertape.store.lock import FileLock\n"
        "lock = FileLock(pathlib.Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    path = tmp_path / "journal"
    died = subprocess.run([sys.executable, "-c", script, path], check=False)
    assert died.returncode == -9
    FileLock(path).release()


def test_a_holder_that_has_not_signed_yet_stays_unnamed(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    lock = FileLock(path)
    Path(f"{path}.lock").write_text("")
    with pytest.raises(JournalError) as caught:
        FileLock(path)
    assert caught.value.pid is None
    lock.release()
