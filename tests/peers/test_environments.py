"""Environments are built once, side by side, and a failure to build is told apart from no network.

No test here needs a registry: the pins are empty, or the index is a port where nobody listens.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from peers import environments
from peers.environments import (
    PEERS,
    BuildFailed,
    Peer,
    RegistryUnreachable,
    classify,
    ensure,
    ensure_all,
    fingerprint,
)

pytestmark = pytest.mark.process


def peer_with(folder: Path, pins: str) -> Peer:
    (folder / "small.txt").write_text(pins)
    return Peer("small", "none.py", "none", folder=folder)


@pytest.fixture
def small(tmp_path: Path) -> Peer:
    return peer_with(tmp_path, "# nothing to install\n")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Peer, Path, Path]:
    """A peer, a cache, and the peer's Python, built there; the tests leave them as they are."""
    folder = tmp_path_factory.mktemp("built")
    peer, cache = peer_with(folder, "# nothing to install\n"), folder / "cache"
    return peer, cache, ensure(peer, cache)


def test_an_environment_runs_and_is_built_once(built: tuple[Peer, Path, Path]) -> None:
    peer, cache, python = built
    prefix = subprocess.run(
        [python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True
    )
    assert Path(prefix.stdout.strip()) == python.parents[1]
    made = python.parents[1].stat().st_ino
    assert ensure(peer, cache).parents[1].stat().st_ino == made


def test_a_warm_cache_starts_nothing(
    built: tuple[Peer, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    peer, cache, python = built
    monkeypatch.setattr(environments, "subprocess", None)  # no process, so neither uv nor pip
    assert ensure(peer, cache) == python


def test_concurrent_runs_build_once(
    small: Peer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []
    build = environments._build
    monkeypatch.setattr(
        environments, "_build", lambda peer, home: (built.append(home), build(peer, home))
    )
    with ThreadPoolExecutor(max_workers=4) as pool:
        pythons = set(pool.map(lambda _: ensure(small, cache), range(4)))
    assert len(pythons) == len(built) == 1


def test_a_half_built_environment_is_built_anew(small: Peer, cache: Path) -> None:
    home = cache / f"small-{fingerprint(small)}"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python").touch()
    rest = cache / ".building-small-1234"
    rest.mkdir()
    assert ensure(small, cache) == home / "bin" / "python"
    assert (home / "pyvenv.cfg").exists()
    assert not rest.exists()


def test_an_environment_without_its_python_is_built_anew(
    built: tuple[Peer, Path, Path], tmp_path: Path
) -> None:
    small, made, python = built
    cache = shutil.copytree(made, tmp_path / "cache", symlinks=True)
    python = cache / python.relative_to(made)
    python.unlink()
    python.symlink_to("/nowhere/python")
    assert ensure(small, cache).resolve() == Path(sys.executable).resolve()


def test_other_pins_make_another_environment(small: Peer, tmp_path: Path) -> None:
    before = fingerprint(small)
    assert fingerprint(peer_with(tmp_path, "# other pins\n")) != before


def test_a_registry_that_does_not_answer_is_told_apart(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreachable(monkeypatch)
    peer = peer_with(tmp_path, f"nothing==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(RegistryUnreachable, match="cannot be reached"):
        ensure(peer, cache)
    assert [path.name for path in cache.iterdir()] == ["small.lock"]


@pytest.mark.repeats(quick=True)
def test_a_package_is_installed_with_its_hash_and_refused_with_another(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreachable(monkeypatch)
    wheel = tiny_wheel(tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    python = ensure(peer_with(tmp_path, f"nothing==1.0 --hash=sha256:{right}\n"), cache)
    subprocess.run([python, "-c", "import nothing"], check=True)
    with pytest.raises(BuildFailed, match="DO NOT MATCH THE HASHES"):
        ensure(peer_with(tmp_path, f"nothing==1.0 --hash=sha256:{'0' * 64}\n"), cache)


def tiny_wheel(folder: Path) -> Path:
    wheel = folder / "nothing-1.0-py3-none-any.whl"
    info = "nothing-1.0.dist-info"
    files = {
        "nothing.py": "",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: nothing\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheel


def test_one_failure_leaves_the_others(
    small: Peer, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Peer("broken", "none.py", "none", folder=tmp_path)
    broken.pins.write_text("not a requirement at all!\n")
    monkeypatch.setattr(environments, "_pip", not_installed)  # uv says so quickly, pip slowly
    results = ensure_all((small, broken), cache)
    assert isinstance(results["small"], Path)
    assert isinstance(results["broken"], BuildFailed)


def not_installed(peer: Peer, *_: object) -> None:
    raise BuildFailed(peer.name, "Invalid requirement")


def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Point pip at a port of this machine where nobody listens; uv may ask nobody."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setattr(environments, "PATIENCE", ("--retries", "1", "--timeout", "2"))


RETRY = "WARNING: Retrying (Retry(total=1)) after NewConnectionError('refused'): /simple/x/\n"


@pytest.mark.parametrize(
    ("output", "kind"),
    [
        (RETRY + "ERROR: No matching distribution found for x==1.0", RegistryUnreachable),
        ("ERROR: HTTP error 503 while getting x", RegistryUnreachable),
        ("ERROR: No matching distribution found for x==1.0", BuildFailed),
        ("ERROR: HTTP error 404 while getting x", BuildFailed),
        (RETRY + "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE FILE", BuildFailed),
        (RETRY + "ERROR: Failed building wheel for x", BuildFailed),
        ("No module named pip", BuildFailed),
    ],
)
def test_pips_words_are_understood(output: str, kind: type[Exception]) -> None:
    assert type(classify("x", output)) is kind


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_pins_have_hashes_and_no_addresses(peer: Peer) -> None:
    text = peer.pins.read_text()
    source = peer.pins.with_suffix(".in").read_text().strip()
    assert source.replace("_", "-") in text
    assert "://" not in text
    assert text.count("==") <= text.count("--hash=sha256:")
