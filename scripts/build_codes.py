"""Build the table of API codes: src/papertape/codes.json and docs/reference/codes.md.

Facts (number, text, severity, requests, meaning) come from a sheet, rules (scope, terminal,
retry, variants, corrected texts) from code_rules.toml beside this script. Without ``--sheet`` the
facts are read back from codes.json, so that a change of the rules needs nothing else:

    python scripts/build_codes.py                     apply the rules again
    python scripts/build_codes.py --check             fail when the committed files are stale
    python scripts/build_codes.py --sheet codes.yaml  import a new sheet (needs PyYAML)
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from papertape.codes import Code, Evidence

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "src/papertape/codes.json"
DOCS = ROOT / "docs/reference/codes.md"
RULES = Path(__file__).with_name("code_rules.toml")

ORDER_REQUESTS = {"placeOrder", "cancelOrder", "exerciseOptions"}
EVIDENCE: dict[str, Evidence] = {
    "code": "recorded",
    "code+forum": "recorded",
    "forum": "reported",
    "doc+forum": "reported",
    "inferred": "inferred",
}

SAYS_ITSELF = "order validation: condition named by the template"

Rules = dict[str, Any]


def main() -> int:
    """Write both files, or with --check say whether they are what the rules give."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sheet", type=Path, help="YAML sheet to import the facts from")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when stale")
    options = parser.parse_args()
    rules = tomllib.loads(RULES.read_text("utf-8"))
    codes = build(read_sheet(options.sheet) if options.sheet else read_data(), rules)
    stale = [path for path, text in outputs(codes).items() if not holds(path, text)]
    if options.check:
        print(*(f"stale: {path.relative_to(ROOT)}" for path in stale), sep="\n")
        return 1 if stale else 0
    for path, text in outputs(codes).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    print(f"{len(codes)} codes; changed: {[path.name for path in stale]}")
    return 0


def holds(path: Path, text: str) -> bool:
    """Say whether the file exists with exactly this text."""
    return path.exists() and path.read_text("utf-8") == text


def outputs(codes: Iterable[Code]) -> dict[Path, str]:
    """Give the text of every generated file."""
    codes = list(codes)
    return {DATA: render_data(codes), DOCS: render_docs(codes)}


def read_data() -> list[Code]:
    """Read the facts back from the committed table."""
    return msgspec.json.decode(DATA.read_bytes(), type=list[Code])


def read_sheet(path: Path) -> list[Code]:
    """Read the facts from a YAML sheet of codes."""
    # Only importing a sheet needs it, so it is no dependency.
    import yaml  # type: ignore[import-untyped]

    return [_fact(row) for row in yaml.safe_load(path.read_text("utf-8"))["codes"]]


def _fact(row: Mapping[str, Any]) -> Code:
    requests = re.split(r",\s*|\s*/\s*", row["request"])
    return Code(
        number=row["code"],
        template=row["template"],
        severity=row["severity"],
        origin=row["origin"],
        requests=tuple(requests),
        meaning="" if row["when"] == SAYS_ITSELF else row["when"],
        evidence=EVIDENCE.get(row["conf"], "documented"),
        legacy=row.get("legacy", False),
        closes="closes" in row,
    )


def build(facts: Iterable[Code], rules: Rules) -> list[Code]:
    """Apply the rules to the facts; the result is sorted by number."""
    extra = msgspec.convert(rules["extra"], list[Code])
    merged = {code.number: code for code in (*facts, *extra)}
    _reject_strangers(rules, merged)
    return [_ruled(merged[number], rules) for number in sorted(merged)]


def _reject_strangers(rules: Rules, known: Mapping[int, Code]) -> None:
    by_number = ("text", "variants", "retry_word")
    named = {int(number) for table in by_number for number in rules[table]}
    named |= {
        n for table in ("scope", "terminal", "retry") for ns in rules[table].values() for n in ns
    }
    if strangers := sorted(named - known.keys()):
        raise SystemExit(f"{RULES.name} names codes that do not exist: {strangers}")


def _ruled(code: Code, rules: Rules) -> Code:
    number, terminal = code.number, rules["terminal"]
    ends = code.severity == "error" or number in terminal["yes"]
    return msgspec.structs.replace(
        code,
        template=rules["text"].get(str(number), code.template),
        scope=_scope(code, rules["scope"]),
        terminal=ends and number not in terminal["no"],
        retry=number in rules["retry"]["yes"],
        retry_word=rules["retry_word"].get(str(number), ""),
        variants=tuple(rules["variants"].get(str(number), {}).items()),
    )


def _scope(code: Code, scopes: Mapping[str, list[int]]) -> Any:
    for scope, numbers in scopes.items():
        if code.number in numbers:
            return scope
    if code.requests[0].partition("(")[0] in ORDER_REQUESTS:
        return "order"
    return "session" if code.requests == ("unsolicited",) else "request"


def render_data(codes: Iterable[Code]) -> str:
    """Render one code a line, so that a change shows as the lines it changes."""
    return "[\n" + ",\n".join(_line(code) for code in codes) + "\n]\n"


def _line(code: Code) -> str:
    # The encoder recognises a default by identity, which a text read from a file does not have.
    unset = msgspec.structs.asdict(Code(code.number))
    facts = {
        name: value for name, value in msgspec.structs.asdict(code).items() if value != unset[name]
    }
    return msgspec.json.encode({"number": code.number, **facts}).decode()


HEAD = """\
# API codes

Errors, warnings and notices travel in one message; severity is not on the wire, it belongs to the
code. Generated by `scripts/build_codes.py`: change `scripts/code_rules.toml` and run it.

- **Scope**: what the id in the message names. `session` and `farm` messages carry id −1.
- **Ends?** Whether the code ends what it names: the request; the order, if nothing was heard of it
  yet (afterwards its status decides); for `session`, the connection.
- **Retry?** Whether the same request may succeed later although nothing in it changes.
- **Text**: `{words}` are filled in, ⏎ is a line feed. *Italics* name the variants of a text.
  † marks an obsolete feature.

A code that is not listed counts as an error that ends what it names; 2100 to 2199 count as warnings
that do not. A program can change any of it:
`CodeTable.with_overrides({10349: {"terminal": False}})`.

| Code | Severity | Scope | Ends? | Retry? | Text |
|---|---|---|---|---|---|
"""


def render_docs(codes: Iterable[Code]) -> str:
    """Render the reference page: what servers send first, then what clients raise themselves."""
    codes = list(codes)
    server = "".join(_row(code) for code in codes if code.origin == "server")
    client = "".join(_row(code) for code in codes if code.origin == "client")
    table = HEAD[HEAD.index("| Code") :]
    title = "\n## Raised by client libraries, never on the wire\n\n"
    return HEAD + server + title + table + client


def _row(code: Code) -> str:
    texts = [_cell(code.template), *(f"*{name}:* {_cell(text)}" for name, text in code.variants)]
    mark = " †" if code.legacy else ""
    ends, retry = ("yes" if flag else "no" for flag in (code.terminal, code.retry))
    text = "<br>".join(texts)
    return f"| {code.number}{mark} | {code.severity} | {code.scope} | {ends} | {retry} | {text} |\n"


def _cell(text: str) -> str:
    return "`" + text.replace("\n", "⏎").replace("|", "\\|") + "`"


if __name__ == "__main__":
    sys.exit(main())
