"""``papertape explain``: every input, both outputs, the exit code."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cli.process import environment, invoke, papertape
from lanes import HANGS_S
from papertape.cli.explain import explain
from papertape.model import Contract, Order
from papertape.wire.catalogue.market import TickPrice
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.session import ManagedAccounts, NextValidId
from papertape.wire.connection import encode
from papertape.wire.handshake import version_reply

LINE = "20:54:49:921 -> ---54-2--1-2104-Market data farm connection is OK:usfarm-"
STREAM = version_reply(226, "20260405 12:00:00 CET") + b"".join(
    encode(message, 226) for message in (ManagedAccounts("DU1"), NextValidId(5))
)
BROKEN = (9).to_bytes(4) + b"9\x001\0five\0"


def test_a_log_line_is_told_field_by_field(tmp_path: Path) -> None:
    done = papertape("explain", LINE, cwd=tmp_path)
    assert "ErrorMessage (4)  server → client, text" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["24", "2", "id", "'-1'", "-1"] in rows
    assert ["27", "5", "errorCode", "'2104'", "2104"] in rows
    assert "read as an API message log: 1 message, nothing wrong" in done.stdout


def test_a_stream_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "capture.bin").write_bytes(STREAM)
    done = papertape("explain", "capture.bin", cwd=tmp_path)
    for part in ("VersionAnswer", "ManagedAccounts (15)", "NextValidId (9)", "server version 226",
                 "protobuf since 213", "#1 varint"):  # fmt: skip
        assert part in done.stdout
    assert "a stream of bytes: 3 messages, nothing wrong" in done.stdout


@pytest.mark.parametrize("direction", ["server", "auto"])
def test_hexadecimal_on_the_command_line(tmp_path: Path, direction: str) -> None:
    words = (encode(NextValidId(5), 176).hex(), "--from", direction, "--server-version", 176)
    done = papertape("explain", *words, cwd=tmp_path)
    assert "NextValidId (9)" in done.stdout
    assert ("guessed" in done.stdout) == (direction == "auto")


def test_standard_input(tmp_path: Path) -> None:
    done = invoke(["explain", "-"], input=STREAM)
    assert done.exit_code == 0
    assert "ManagedAccounts" in done.stdout


def test_json_is_one_object_a_line(tmp_path: Path) -> None:
    (tmp_path / "capture.bin").write_bytes(STREAM)
    done = papertape("explain", "capture.bin", "--json", cwd=tmp_path)
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["name"] for one in objects] == ["VersionAnswer", "ManagedAccounts", "NextValidId"]
    last = objects[-1]
    assert {key: last[key] for key in ("sender", "id", "format", "version", "problem")} == {
        "sender": "server", "id": 9, "format": "protobuf", "version": 226, "problem": None,
    }  # fmt: skip
    (row,) = last["fields"]
    assert row == {
        "offset": len(STREAM) - 2, "body_offset": 0, "name": "orderId", "raw": "08 05",
        "value": 5, "gate": "protobuf since 213", "number": 1, "wire_type": "varint",
    }  # fmt: skip


def test_a_broken_frame_ends_with_1_and_the_next_is_read(tmp_path: Path) -> None:
    (tmp_path / "capture.bin").write_bytes(BROKEN + encode(NextValidId(7), 176) + b"\0\0\0\x09x")
    options = ("--from", "server", "--server-version", 176)
    done = papertape("explain", "capture.bin", *options, cwd=tmp_path, code=1)
    assert "wrong: NextValidId.orderId: is not a valid int (offset 8, found 'five')" in done.stdout
    assert "'7'" in done.stdout
    assert "the stream ends within a frame: 8 of its 9 bytes are missing" in done.stdout
    assert "3 messages, 2 with something wrong" in done.stdout
    done = papertape("explain", "capture.bin", "--json", *options, cwd=tmp_path, code=1)
    problem = json.loads(done.stdout.splitlines()[0])["problem"]
    assert problem == {
        "reason": "is not a valid int", "offset": 8, "message": "NextValidId", "field": "orderId",
        "body_offset": 2, "found": "five",
    }  # fmt: skip


def test_a_recording_of_a_station(tmp_path: Path) -> None:
    lines = (
        '{"client":1,"session":1,"dir":"in","name":"PlaceOrder","version":176,"format":"text",'
        '"fields":{"orderId":3,"contract":{"symbol":"IBM"},"order":{"totalQuantity":"5"}}}\n'
    )
    (tmp_path / "wire.jsonl").write_text(lines, encoding="utf-8")
    done = papertape("explain", "wire.jsonl", cwd=tmp_path)
    assert "PlaceOrder (3)  client → server, text, server version 176" in done.stdout
    assert "order.totalQuantity" in done.stdout
    assert "read as a wire log" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothing.bin",), "no file 'nothing.bin'"),
        (("",), "nothing to read"),
        (("00", "--server-version", 99), "--server-version"),
        (("00", "--from", "nobody"), "--from"),
        ((), "source"),
    ],
)
def test_a_bad_command_line_ends_with_2(
    words: tuple[object, ...], said: str, tmp_path: Path
) -> None:
    done = papertape("explain", *words, cwd=tmp_path, code=2)
    assert said.lower() in done.stderr.lower()


def test_an_empty_file_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert "empty" in papertape("explain", "empty", cwd=tmp_path, code=2).stderr


def test_help_shows_examples(tmp_path: Path) -> None:
    done = papertape("explain", "--help", cwd=tmp_path)
    assert "--payload" in done.stdout and "Example" in done.stdout
    assert "---#4-2--1-2104-" in done.stdout


def test_the_examples_of_the_help_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "capture.bin").write_bytes(STREAM)
    examples = re.findall(r"Example: `papertape (.*?)(?: \|.*)?`", explain.__doc__ or "")
    assert len(examples) == 3
    for example in examples:
        papertape(*shlex.split(example), cwd=tmp_path)


def test_the_samples_of_the_guide_are_what_is_printed(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs/guides/explain.md").read_text("utf-8")
    samples = re.findall(r"^```\n\$ papertape (.*?)\n(.*?)\n```$", guide, re.MULTILINE | re.DOTALL)
    assert len(samples) == 4
    for command, printed in samples:
        code = 1 if "wrong:" in printed else 0
        done = papertape(*shlex.split(command), cwd=tmp_path, code=code)
        assert done.stdout.rstrip() == printed


def test_a_long_value_is_shortened_and_may_be_shown_whole(tmp_path: Path) -> None:
    data = encode(ManagedAccounts("DU1234567," * 50), 176).hex()
    words = ("explain", data, "--from", "server", "--server-version", 176)
    assert "(500 characters)" in papertape(*words, cwd=tmp_path).stdout
    whole = papertape(*words, "--max-length", 1000, cwd=tmp_path).stdout
    assert "DU1234567," * 50 in whole.replace("\n", "")


def test_what_a_peer_sent_cannot_move_the_cursor(tmp_path: Path) -> None:
    data = encode(ManagedAccounts("\x1b[2J[red]x[/red]\r"), 176).hex()
    done = papertape("explain", data, "--from", "server", "--server-version", 176, cwd=tmp_path)
    assert "\x1b" not in done.stdout
    assert r"\x1b[2J[red]x[/red]\r" in done.stdout


@pytest.mark.process
def test_piped_lines_are_never_broken(tmp_path: Path) -> None:
    order = PlaceOrder(5, Contract(symbol="IBM"), Order(orderRef="r" * 150))
    words = [encode(order, 176).hex(), "--server-version", "176", "--no-color"]
    done = subprocess.run(
        [sys.executable, "-m", "papertape", "explain", *words],
        capture_output=True, text=True, cwd=tmp_path, check=True, timeout=HANGS_S,
        env={**environment(COLUMNS="40"), "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    (line,) = [line for line in done.stdout.splitlines() if "order.orderRef" in line]
    assert line.count("r" * 150) == 2


@pytest.mark.long
def test_a_large_file_is_read_in_pieces(tmp_path: Path) -> None:
    (tmp_path / "large.bin").write_bytes(encode(TickPrice(1, 1, 100.5), 226) * 3000)
    done = papertape("explain", "large.bin", "--from", "server", "--json", cwd=tmp_path)
    assert done.stdout.count("\n") == 3000
