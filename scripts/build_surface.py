"""Write tests/ibapi/surface.json: the public surface of the official Python client.

Run it with an interpreter that has the official package (PyPI `ibapi-latest`), from the root of
the repository::

    PEER/bin/python scripts/build_surface.py

Only names, parameters, defaults and constants are taken, by introspection of the imported package;
nothing of its source is read. `papertape.ibapi` is generated from and tested against the file.
"""

from __future__ import annotations

import enum
import importlib
import importlib.metadata
import inspect
import json
import pkgutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibapi.protobuf

import ibapi

TARGET = Path(__file__).parent.parent / "tests/ibapi/surface.json"
SIMPLE = (bool, int, float, str, type(None))


def value_of(value: Any) -> Any:
    """Return a default or a constant in JSON's types."""
    if isinstance(value, enum.Enum):
        return {"enum": f"{type(value).__name__}.{value.name}"}
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return {"float": repr(value)}
    if isinstance(value, SIMPLE):
        return value
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, (list, dict, set, tuple)) and not value:
        return {"empty": type(value).__name__}
    if type(value).__name__ == "CodeMsgPair":
        return {"code": value.code(), "text": value.msg()}
    if type(value).__name__ == "Enum":
        numbers = {k: v for k, v in vars(value).items() if k != "idx2name"}
        return {"numbers": numbers, "names": vars(value)["idx2name"]}
    return {"object": type(value).__name__}


def annotation_of(hint: Any) -> str:
    """Return the plain name of an annotation, "" without one."""
    if hint is inspect.Parameter.empty:
        return ""
    text = hint if isinstance(hint, str) else getattr(hint, "__name__", str(hint))
    return text.rpartition(".")[2]


def parameters(function: Any) -> list[list[Any]] | None:
    """Return [name, annotation] or [name, annotation, default] of each parameter."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    found = []
    for p in signature.parameters.values():
        star = "*" if p.kind is p.VAR_POSITIONAL else ""
        row = [star + p.name, annotation_of(p.annotation)]
        found.append(row if p.default is p.empty else [*row, value_of(p.default)])
    return found


def class_of(kind: type) -> dict[str, Any]:
    """Describe a class: parents, constructor, methods, attributes and their defaults."""
    parents = [b.__name__ for b in kind.__bases__ if b is not object]
    if issubclass(kind, enum.Enum):
        members = {m.name: tuple_of(m.value) for m in kind}
        return {"kind": "enum", "bases": parents, "members": members, "methods": methods(kind)}
    told: dict[str, Any] = {"kind": "class", "bases": parents, "init": parameters(kind)}
    told["methods"] = methods(kind)
    told["constants"] = {
        name: value_of(value)
        for name, value in vars(kind).items()
        if not name.startswith("_") and isinstance(value, (*SIMPLE, Decimal))
    }
    if issubclass(kind, Exception) or "Thread" in parents:
        return told
    try:
        made = kind()
    except (TypeError, ValueError):  # needs arguments
        return told
    told["attributes"] = {n: value_of(v) for n, v in vars(made).items() if not n.startswith("_")}
    try:
        told["shown"] = str(made) if "object at 0x" not in str(made) else None
    except (AttributeError, TypeError, NotImplementedError):
        told["shown"] = None  # cannot show itself before it is filled
    return told


def methods(kind: type) -> dict[str, Any]:
    """Describe the public methods that a class itself defines."""
    return {
        name: parameters(getattr(kind, name))
        for name, value in vars(kind).items()
        if not name.startswith("_") and callable(value) and not inspect.isclass(value)
    }


def tuple_of(value: Any) -> Any:
    return [tuple_of(item) for item in value] if isinstance(value, tuple) else value


def home_of(value: Any) -> str | None:
    """Return the official module that defines a class or a function, or None."""
    package, _, module = (getattr(value, "__module__", None) or "").partition(".")
    return module.partition(".")[0] if package == "ibapi" and module else None


def module_of(name: str) -> dict[str, Any]:
    module = importlib.import_module(f"ibapi.{name}")
    told: dict[str, Any] = {}
    for key, value in vars(module).items():
        if key.startswith("_") or inspect.ismodule(value) or key == "logger":
            continue
        value = getattr(value, "__func__", value)  # a static method that stands in a module
        made_here = inspect.isclass(value) or inspect.isfunction(value)
        home = home_of(value) if made_here else None
        if made_here and home is None and value.__module__ != "builtins":
            told[key] = {"kind": "foreign", "module": value.__module__}
        elif home not in (None, name):
            told[key] = {"kind": "import", "home": home}
        elif inspect.isclass(value) and value.__module__ == "builtins":
            told[key] = {"kind": "alias", "of": value.__name__}
        elif inspect.isclass(value):
            told[key] = class_of(value)
        elif inspect.isfunction(value):
            told[key] = {"kind": "function", "parameters": parameters(value)}
        else:
            told[key] = {"kind": "constant", "value": value_of(value)}
    return told


def handlers() -> dict[str, Any]:
    """Which callback or method of the decoder takes a message, by its id."""
    decoder = importlib.import_module("ibapi.decoder").Decoder
    text, protobuf = decoder.msgId2handleInfo, decoder.msgId2handleInfoProtoBuf
    named = lambda table, part: {  # noqa: E731
        str(int(number)): method.__name__
        for number, info in table.items()
        if (method := getattr(info, part)) is not None
    }
    return {
        "callbacks": named(text, "wrapperMeth"),
        "text": named(text, "processMeth"),
        "protobuf": named(protobuf, "processMeth"),
        "protobuf_callbacks": protobuf_callbacks(decoder),
    }


def protobuf_callbacks(decoder: Any) -> dict[str, list[str]]:
    """What a protobuf message without a field calls back, by its id."""
    called: list[str] = []

    class Wrapper:
        def __getattr__(self, name: str) -> Any:
            return lambda *args: called.append(name)

    found = {}
    for number in decoder.msgId2handleInfoProtoBuf:
        called.clear()
        decoder(Wrapper(), 226).processProtoBuf(b"", int(number))
        found[str(int(number))] = list(called)
    return found


def messages() -> dict[str, dict[str, int]]:
    """The fields and their numbers of each protobuf message."""
    found = {}
    for entry in pkgutil.iter_modules(ibapi.protobuf.__path__):
        module = importlib.import_module(f"ibapi.protobuf.{entry.name}")
        name = entry.name.removesuffix("_pb2")
        found[name] = {f.name: f.number for f in getattr(module, name).DESCRIPTOR.fields}
    return found


def client_attributes() -> dict[str, Any]:
    """The attributes of a fresh client."""
    wrapper = importlib.import_module("ibapi.wrapper").EWrapper()
    made = importlib.import_module("ibapi.client").EClient(wrapper)
    return {n: value_of(v) for n, v in vars(made).items() if not n.startswith("_")}


def main() -> None:
    version = importlib.metadata.version("ibapi-latest")
    modules = [m.name for m in pkgutil.iter_modules(ibapi.__path__) if not m.ispkg]
    surface = {
        "package": f"ibapi-latest {version}",
        "modules": {m: module_of(m) for m in modules},
        "client_attributes": client_attributes(),
        "handlers": handlers(),
        "protobuf": messages(),
    }
    text = "\n".join(lines(surface)) + "\n"
    assert json.loads(text) == json.loads(json.dumps(surface))
    TARGET.write_text(text, "utf-8")
    print(f"{TARGET.name}: {len(text)} bytes")


def lines(value: Any, depth: int = 0) -> list[str]:
    """Return JSON with a line for each name, so that a change shows as a few lines."""
    flat = json.dumps(value)
    if depth > 4 or not isinstance(value, dict) or len(flat) < 96:
        return [flat]
    out = ["{"]
    for i, (key, item) in enumerate(value.items()):
        first, *rest = lines(item, depth + 1)
        out.append(f" {json.dumps(key)}: {first}")
        out += [f" {line}" for line in rest]
        if i < len(value) - 1:
            out[-1] += ","
    return [*out, "}"]


if __name__ == "__main__":
    main()
