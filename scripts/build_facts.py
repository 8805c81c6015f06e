"""Builds tests/wire/facts/*.json, a compact copy of what the protocol's description says.

    python scripts/build_facts.py FOLDER      (needs PyYAML)

FOLDER holds requests_text.yaml, responses_text.yaml and protobuf_messages.json. The copies keep
names, ids, gates and the order of fields for server versions 100 to 226; the test of the catalogue
(tests/wire/test_facts.py) needs nothing else.

A field is [name, since, until]; 0 stands for "always". "#name" is a list, counted, and its
elements' fields follow; "?name" is a record with a flag, and its fields follow; a list of names in
place of a name are fields of which the value of an earlier field selects some.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

LOWEST, HIGHEST = 100, 226
TARGET = Path(__file__).resolve().parents[1] / "tests" / "wire" / "facts"
Row = list[Any]


def last(path: str) -> str:
    """The name at the end of a dotted path."""
    return path.rpartition(".")[2]


def gated(rows: Iterable[Row], entry: dict[str, Any]) -> Iterator[Row]:
    """The rows with the entry's own gate added; rows outside of the known versions are gone."""
    since, until = entry.get("since", 0), entry.get("until", 0)
    for name, first, end in rows:
        first = max(first, since if since > LOWEST else 0)
        end = min(end or until, until or end)
        if (not end or end > LOWEST) and first <= HIGHEST:
            yield [name, first, 0 if end > HIGHEST else end]


def flat(entries: list[dict[str, Any]]) -> list[Row]:
    """The fields of a text layout, one row each."""
    rows: list[Row] = []
    for selector, group in groupby(entries, key=selecting):
        members = list(group)
        if selector and len(members) > 1:
            names = {name for entry in members for name, _, _ in flat(entry["fields"])}
            rows.append([sorted(names), 0, 0])
        else:
            for entry in members:
                rows += gated(one(entry), entry)
    return rows


def selecting(entry: dict[str, Any]) -> str:
    """The field whose value selects this group, when it is one of several such groups."""
    when = entry.get("when")
    if isinstance(when, dict) and when["op"] in ("eq", "in") and "fields" in entry:
        return str(when["field"])
    return ""


def one(entry: dict[str, Any]) -> list[Row]:
    """The rows of one entry, without its gate."""
    if "switch" in entry:
        names = {name for case in entry["cases"].values() for name, _, _ in flat(case)}
        return [[sorted(names), 0, 0]]
    if "repeat" in entry:
        inner = flat(entry["fields"]) if "fields" in entry else []
        if inner and inner[0][0] == "item":  # a list of scalars
            inner = []
        return [[f"#{last(entry['repeat'])}", 0, 0], *inner]
    if "fields" in entry:
        return flat(entry["fields"])
    if "include" in entry:
        return flat(entry["include"])
    if entry.get("role") == "count":
        return []  # told by the list itself
    if entry.get("role") == "flag":
        return [[f"?{entry['name'].removesuffix('Present')}", 0, 0]]
    if entry.get("present"):
        return [[f"?{last(entry['path'])}", 0, 0]]
    name = entry["name"] if entry.get("count") else last(entry.get("path", entry["name"]))
    return [[name, 0, 0]]


def refusals(request: dict[str, Any]) -> list[Row]:
    """[below, from, whether it is reported with id -1, whether it is the whole request]."""
    return [
        [r.get("below", 0), r.get("from", 0), r["id"] == -1, r["when"] == "always"]
        for r in request["refusals"]
        if r.get("below", 0) > LOWEST or r.get("from")
    ]


def requests(sheet: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": r["name"],
            "id": r["id"],
            "since": r["min_server_version"] or 0,
            "protobuf": r["protobuf_since"],
            "message": r["protobuf_message"],
            "text": not r.get("protobuf_only", False),
            "refusals": refusals(r),
            "fields": flat(r["fields"]),
        }
        for r in sheet["requests"]
    ]


def responses(sheet: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": m["message"],
            "id": m["id"],
            "since": m.get("available_since") or 0,
            "protobuf": m["protobuf_since"],
            "message": m["protobuf_message"],
            "text": m["fields"] is not None,
            "escaped": m["mode"] == "signature" and has_text(m["fields"]),
            "callbacks": [call["call"].partition("(")[0] for call in m["callbacks"]],
            "fields": flat(m["fields"] or []),
        }
        for m in sheet["messages"]
    ]


def has_text(fields: list[dict[str, Any]]) -> bool:
    return any(entry.get("type") == "str" for entry in fields)


def protobuf(messages: dict[str, Any]) -> dict[str, list[Row]]:
    """Name -> [number, name, type, repeated] of each field."""
    return {
        name: [[f["no"], f["name"], f["type"], f.get("repeated", False)] for f in m["fields"]]
        for name, m in messages.items()
    }


def write(name: str, facts: Any) -> None:
    """One line for each message: small, and a change shows where it is."""
    items = facts.items() if isinstance(facts, dict) else None
    lines = (
        [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in items] if items else map(json.dumps, facts)
    )
    first, end = "{}" if items else "[]"
    (TARGET / name).write_text(f"{first}\n" + ",\n".join(lines) + f"\n{end}\n")


def main(folder: Path) -> None:
    TARGET.mkdir(exist_ok=True)
    write("requests.json", requests(yaml.safe_load((folder / "requests_text.yaml").read_text())))
    write("responses.json", responses(yaml.safe_load((folder / "responses_text.yaml").read_text())))
    write("protobuf.json", protobuf(json.loads((folder / "protobuf_messages.json").read_text())))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
