"""Writes the tables of docs/guides/settings.md from src/papertape/server/config_table.py.

    python scripts/build_settings.py            write
    python scripts/build_settings.py --check    fail if the page is not what would be written

Each table stands between ``<!-- GROUP -->`` and ``<!-- end -->``; the rest is written by hand.
"""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "guides" / "settings.md"
sys.path.insert(0, str(ROOT / "tests"))

from papertape.server.config_table import QUESTIONS, TABLE, Setting, Value  # noqa: E402
from server.test_every_setting import PROOFS  # noqa: E402
from written_page import finish  # noqa: E402

HEAD = "| # | name | default | acts | meaning | test |\n|---|---|---|---|---|---|\n"
ASKED = "| # | about | when | text |\n|---|---|---|---|\n"


def shown(value: Value) -> str:
    """A value as the file would say it."""
    if value is None or value == "":
        return "blank"
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) else json.dumps(value)


def row(setting: Setting) -> str:
    """One line of a table."""
    default = shown(setting.default)
    if setting.fresh is not msgspec.UNSET:
        default += f" (a new Gateway: {shown(setting.fresh)}; {setting.reason})"
    acts = f"does not apply: {setting.idle}" if setting.idle else "yes"
    line = setting.line.replace("``", "`")
    proof = "" if setting.idle else f"[{_file(setting)}](../../tests/{_file(setting)})"
    return f"| {setting.number} | `{setting.name}` | {default} | {acts} | {line} | {proof} |\n"


def _file(setting: Setting) -> str:
    """Where the test stands that shows what a setting does."""
    return PROOFS[setting.name].partition("::")[0]


def question_rows() -> Iterable[str]:
    """One line for each warning that must be accepted."""
    for one in QUESTIONS:
        when = "any change" if one.when is msgspec.UNSET else f"set to {shown(one.when)}"
        if one.name == "resetAPIOrderSequence":
            when = "asked for"
        yield f"| {one.number} | `{one.name}` | {when} | {one.text} |\n"


def table(group: str) -> str:
    """A table with its head."""
    if group == "questions":
        return ASKED + "".join(question_rows())
    return HEAD + "".join(row(one) for one in TABLE if one.group == group)


def render(page: str) -> str:
    """The page with its tables rewritten."""
    return re.sub(
        r"<!-- (\w+) -->\n.*?<!-- end -->",
        lambda found: f"<!-- {found[1]} -->\n{table(found[1])}<!-- end -->",
        page,
        flags=re.DOTALL,
    )


def main() -> int:
    """Write the page, or with --check say whether it is what would be written."""
    return finish(PAGE, render(PAGE.read_text("utf-8")))


if __name__ == "__main__":
    sys.exit(main())
