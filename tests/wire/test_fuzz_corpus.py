"""The fuzzer's corpora, replayed without the fuzzer, and that they reach what they are for."""

from pathlib import Path

import pytest
from fuzz import targets
from fuzz.targets import BORROWED, KINDS, TARGETS, VERSIONS, chosen, codecs, messages, payload_of

from papertape.wire.connection import Undecodable
from walks import walk

CORPUS = Path(targets.__file__).parent / "corpus"


def inputs(target: str) -> list[bytes]:
    folders = (CORPUS / name for name in BORROWED.get(target, (target,)))
    return [file.read_bytes() for folder in folders for file in sorted(folder.iterdir())]


@pytest.mark.long
@walk("target", TARGETS, check=3)
def test_replay(target: str) -> None:
    found = inputs(target)
    assert found
    for data in found:
        TARGETS[target](data)


@walk("target", TARGETS)
def test_short_inputs(target: str) -> None:
    for data in (b"", b"\0", b"\xff", b"\0\0", b"\xff\xff", b"\xff\xff\xff"):
        TARGETS[target](data)


@walk("kind", KINDS)
def test_every_message_has_a_seed_that_is_read(kind: str) -> None:
    read = set()
    for data in inputs(kind):
        cls, version, body = targets.choose(data, kind)
        if not isinstance(
            codecs(version, kind).decode(payload_of(cls, version, kind, body)), Undecodable
        ):
            read.add(cls)
    assert read == set(messages(kind))


@walk("kind", KINDS)
def test_an_input_says_what_it_is(kind: str) -> None:
    for cls in messages(kind):
        data = chosen(cls, VERSIONS[-1], kind, b"body")
        assert targets.choose(data, kind) == (cls, VERSIONS[-1], b"body")
        assert KINDS[data[0] >> 6] == kind


def test_a_finding_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgets(self: object, data: bytes) -> list[bytes]:
        return []

    data = CORPUS / "framing" / sorted(file.name for file in (CORPUS / "framing").iterdir())[0]
    monkeypatch.setattr(targets.FrameReader, "feed", forgets)
    with pytest.raises(targets.Finding):
        TARGETS["framing"](data.read_bytes())


def test_the_corpora_are_small() -> None:
    sizes = [file.stat().st_size for file in CORPUS.rglob("*") if file.is_file()]
    assert 100 < len(sizes) < 2000
    assert sum(sizes) < 2**20
