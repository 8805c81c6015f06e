"""`papertape.ibapi` has the official client's names, parameters, defaults and constants.

The expected surface is surface.json, taken from the official package by scripts/build_surface.py.
"""

import enum
import importlib
import importlib.util
import inspect
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from papertape.ibapi.decoder import Decoder
from papertape.ibapi.protobuf import named, names
from papertape.ibapi.wrapper import EWrapper
from walks import walk

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SURFACE: dict[str, Any] = json.loads((HERE / "surface.json").read_text())
MODULES: dict[str, dict[str, Any]] = SURFACE["modules"]

# Modules that a program has no use for; each with its reason.
LEFT_OUT: dict[str, str] = {
    "orderdecoder": "the steps of one method, each of which leaves the fields to the next",
    "decoder_utils": "how the official callbacks make their objects; a program gets the objects",
}
FOREIGN = {"Message"}  # a class of protobuf's runtime, for an annotation
PRIVATE = {"Connection"}  # its methods are no program's


def cases() -> list[tuple[str, str]]:
    return [
        (module, name)
        for module, names in MODULES.items()
        for name, entry in names.items()
        if not {module, entry.get("home")} & set(LEFT_OUT) and name not in FOREIGN
    ]


def plain(value: Any) -> Any:
    """A value as surface.json writes it."""
    if isinstance(value, enum.Enum):
        return {"enum": f"{type(value).__name__}.{value.name}"}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return {"float": repr(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | dict | set | tuple) and not value:
        return {"empty": type(value).__name__}
    if type(value).__name__ == "CodeMsgPair":
        return {"code": value.code(), "text": value.msg()}
    if type(value).__name__ == "Enum":
        numbers = {k: v for k, v in vars(value).items() if k != "idx2name"}
        return {"numbers": numbers, "names": {str(k): v for k, v in value.idx2name.items()}}
    return {"object": type(value).__name__}


def parameters(function: Any) -> list[list[Any]]:
    """Names and defaults, without annotations."""
    found = []
    for p in inspect.signature(function).parameters.values():
        star = "*" if p.kind is p.VAR_POSITIONAL else ""
        found.append([star + p.name] if p.default is p.empty else [p.name, plain(p.default)])
    return found


def expected(rows: list[list[Any]]) -> list[list[Any]]:
    return [[row[0], *row[2:]] for row in rows]


@walk(("module", "name"), cases(), ids=lambda x: x)
def test_a_name(module: str, name: str) -> None:
    entry = MODULES[module][name]
    ours = getattr(importlib.import_module(f"papertape.ibapi.{module}"), name)
    kind = entry["kind"]
    if kind == "constant":
        assert plain(ours) == entry["value"]
    elif kind == "function":
        assert parameters(ours) == expected(entry["parameters"])
    elif kind == "foreign" and entry["module"].endswith("_pb2"):
        message = entry["module"].removesuffix("_pb2")
        assert ours is named(message) and name in (f"{message}Proto", message)
    elif kind == "import":
        home = importlib.import_module(f"papertape.ibapi.{entry['home']}")
        assert ours is getattr(home, name)
    elif kind == "enum":
        assert {m.name: _list(m.value) for m in ours} == entry["members"]
        check_methods(ours, entry)
    elif kind == "class":
        check_class(name, ours, entry)


def _list(value: Any) -> Any:
    return [_list(item) for item in value] if isinstance(value, tuple) else value


def check_class(name: str, ours: Any, entry: dict[str, Any]) -> None:
    assert [b.__name__ for b in ours.__mro__ if b.__name__ in entry["bases"]] == entry["bases"]
    if entry["init"] is not None:
        assert parameters(ours) == expected(entry["init"])
    for constant, value in entry["constants"].items():
        assert plain(getattr(ours, constant)) == value
    if name not in PRIVATE:
        check_methods(ours, entry)
    official_object = importlib.import_module("papertape.ibapi.object_implem").Object
    if "attributes" in entry and (issubclass(ours, official_object) or name == "OrderState"):
        attributes = {k: plain(v) for k, v in vars(ours()).items()}
        assert attributes == entry["attributes"]
        assert list(attributes) == list(entry["attributes"])


def check_methods(ours: Any, entry: dict[str, Any]) -> None:
    for method, rows in entry["methods"].items():
        if rows is not None:
            assert parameters(getattr(ours, method)) == expected(rows), method


def test_a_client_has_the_attributes_that_programs_read() -> None:
    from papertape.ibapi.client import EClient
    from papertape.ibapi.wrapper import EWrapper

    ours = EClient(EWrapper())
    for name, value in SURFACE["client_attributes"].items():
        found = plain(vars(ours)[name])
        assert found == value or name == "msg_queue", name


def test_every_module_is_there_or_left_out_for_a_reason() -> None:
    missing = [
        name for name in MODULES if importlib.util.find_spec(f"papertape.ibapi.{name}") is None
    ]
    assert set(missing) == set(LEFT_OUT)


@walk("name", sorted(SURFACE["protobuf"]))
def test_a_protobuf_message(name: str) -> None:
    module = importlib.import_module(f"papertape.ibapi.protobuf.{name}_pb2")
    made = getattr(module, name)
    fields = {field.name: field.number for field in made.DESCRIPTOR.fields}
    assert fields == SURFACE["protobuf"][name] and made is named(name)


def test_there_is_no_other_protobuf_message() -> None:
    assert names() == sorted(SURFACE["protobuf"])
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("papertape.ibapi.protobuf.Nonsense_pb2")
    with pytest.raises(AttributeError):
        client_module = importlib.import_module("papertape.ibapi.client")
        assert client_module.NonsenseProto


@pytest.mark.long
@walk(("number", "called"), SURFACE["handlers"]["protobuf_callbacks"].items())
def test_the_callback_that_takes_a_message_as_protobuf(number: str, called: list[str]) -> None:
    """An empty message of every kind; the official client may leave out the plain callback."""
    calls: list[str] = []
    decoder = Decoder(listening(calls), 226)
    decoder.processProtoBuf(b"", int(number))
    assert [name for name in calls if name.endswith("ProtoBuf")] == called[:1]


def listening(calls: list[str]) -> EWrapper:
    """A wrapper whose callbacks are all overridden."""
    keep = lambda name: lambda self, *arguments: calls.append(name)  # noqa: E731
    own = {name: keep(name) for name in dir(EWrapper) if not name.startswith("_")}
    made: EWrapper = type("Listening", (EWrapper,), own)()
    return made


@walk("module", ["client", "wrapper", "contract", "order", "common"])
def test_a_star_import_brings_what_programs_take_from_it(module: str) -> None:
    scope: dict[str, Any] = {}
    exec(f"from papertape.ibapi.{module} import *", scope)
    wanted = {
        name
        for name, entry in MODULES[module].items()
        if entry["kind"] in ("class", "import", "alias", "enum")
        and entry.get("home") not in LEFT_OUT
    }
    assert wanted <= set(scope)


def test_every_public_method_says_what_it_does() -> None:
    from papertape.ibapi.client import EClient
    from papertape.ibapi.wrapper import EWrapper

    for cls in (EClient, EWrapper):
        silent = [
            name
            for name in dir(cls)
            if not name.startswith("_") and callable(v := getattr(cls, name)) and not v.__doc__
        ]
        assert silent == []


@pytest.mark.process
def test_the_generated_modules_are_current() -> None:
    command = [sys.executable, str(ROOT / "scripts/build_ibapi.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
