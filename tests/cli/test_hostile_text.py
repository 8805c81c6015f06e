"""No command prints to the terminal what a peer, a station or a file wrote, as it came."""

import json
import tomllib
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from rich.console import Console

from cli.process import invoke, papertape
from papertape.cli import control, doctor
from papertape.cli.demo import Story
from papertape.client.doctor import Diagnosis
from papertape.model import Contract, Order
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.session import ManagedAccounts
from papertape.wire.connection import encode
from walks import walk

HOSTILE = "\x1b[2J\x07\u009b31m\u202e\u2066\r\nforged"
VISIBLE = r"\x1b[2J\x07\x9b31m\u202e\u2066\r\nforged"


def assert_visible(printed: str) -> None:
    lines = printed.split("\n")
    assert len(lines) > 1
    assert not [line for line in lines if not line.isprintable() or line.startswith("forged")]


ROW = {
    "number": 1, "client_id": 2, "address": HOSTILE, "version": 176, "format": HOSTILE,
    "since": HOSTILE, "until": HOSTILE, "received": 1, "sent": 1, "lines": HOSTILE, "name": HOSTILE,
    "kind": HOSTILE, "status": HOSTILE, "summary": HOSTILE, "began": HOSTILE, "ended": None,
}  # fmt: skip
ANSWERS: dict[str, Any] = {
    "": {"gateway": False, "name": HOSTILE, "host": HOSTILE, "port": 1, "accounts": [HOSTILE],
         "server_version": 176, "time": HOSTILE, "speed": 1.0},
    "/link": {"up": True},
    "/drills": [ROW | {"options": [{"name": HOSTILE, "default": HOSTILE}]}],
    "/drills/runs": [ROW],
}  # fmt: skip


class Remote:
    """A control API that is not to be trusted."""

    def __init__(self, port: int | None) -> None:
        pass

    def get(self, path: str) -> Any:
        return ANSWERS.get(path, [ROW])

    def post(self, path: str, body: Any = None) -> Any:
        return ROW | {"options": {HOSTILE: HOSTILE}}


COMMANDS = (
    "status", "status --json", "accept", "accept --list", "accept --reject",
    "drill", "drill x", "drill --stop 1",
)  # fmt: skip


@walk("words", COMMANDS)
def test_what_the_control_api_answers(words: str) -> None:
    with patch.object(control, "ControlClient", Remote):
        done = invoke(words.split(), env={"COLUMNS": "400"})
    assert done.exit_code == 0, done.output
    assert_visible(done.output)


@walk("code", [0, 12])
@walk("form", [(), ("--json",)])
def test_what_a_server_tells_the_doctor(code: int, form: tuple[str, ...]) -> None:
    found = Diagnosis(
        host=HOSTILE, port=1, case=HOSTILE, exit_code=code, what=HOSTILE, advice=[HOSTILE],
        accounts=[HOSTILE], notices=[(1, HOSTILE)], connection_time=HOSTILE,
    )  # fmt: skip
    with patch.object(doctor, "examine", lambda *_, **__: found):
        done = invoke(["doctor", "127.0.0.1:1", *form])
    assert done.exit_code == code, done.output
    assert_visible(done.output)
    if form:
        assert json.loads(done.output)["what"] == HOSTILE, "JSON means the same"


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_what_is_explained(form: tuple[str, ...], tmp_path: Path) -> None:
    order = PlaceOrder(5, Contract(symbol="IBM"), Order(orderRef="M" * 8))
    for version, message in ((176, ManagedAccounts(HOSTILE)), (226, ManagedAccounts(HOSTILE))):
        words = (encode(message, version).hex(), "--from", "server", "--server-version", version)
        assert_visible(papertape("explain", *words, *form, cwd=tmp_path).stdout)
    data = encode(order, 226).replace(b"M" * 8, "\u009b\u202e\x1b\r\n".encode()).hex()
    done = papertape("explain", data, "--server-version", 226, *form, cwd=tmp_path)
    assert_visible(done.stdout)


def test_what_the_demo_tells(capsys: pytest.CaptureFixture[str]) -> None:
    story = Story(Console(width=400, highlight=False), every=True)
    story.observe("in", ManagedAccounts(HOSTILE))
    story = Story(Console(width=400, highlight=False), every=False)
    story.observe("out", ManagedAccounts(HOSTILE))
    story.fact(HOSTILE)
    story.finish()
    assert_visible(capsys.readouterr().out)


FILES = {
    "a table": f"[{json.dumps(HOSTILE)}]\na = 1\n",
    "a name": f"[station]\n{json.dumps(HOSTILE)} = 1\n",
    "a value": f"[station]\naccount = {json.dumps(HOSTILE)}\n",
    "a number": f"[station]\nmax_clients = {json.dumps(HOSTILE)}\n",
    "a path": f"[station]\nmarket = {json.dumps(HOSTILE)}\ndata_dir = false\n",
    "a station": f"[station.{json.dumps(HOSTILE)}]\nport = 1\n",
    "a setting of the API": f"[api]\n{json.dumps(HOSTILE)} = {json.dumps(HOSTILE)}\n",
    "an address": f"[station]\ntrusted_ips = [{json.dumps(HOSTILE)}]\n",
    "a drill": f"[station]\ndata_dir = ''\ndrills = [{json.dumps(HOSTILE)}]\n",
    "no TOML": f"[station\n{HOSTILE}",
}


@pytest.mark.parametrize("case", FILES)
def test_what_stands_in_a_settings_file(case: str, tmp_path: Path) -> None:
    (tmp_path / "papertape.toml").write_text(FILES[case].replace("\\u009b", "\u009b"))
    if case != "no TOML":
        tomllib.loads(FILES[case])
    done = papertape("serve", "--ephemeral", "--port", "0", cwd=tmp_path, code=2)
    assert_visible(done.output)
