"""``python -m bench [SUITE [OPTION …] …]``: run suites of measurements and print their tables.

Without a suite those run that take no more than minutes. ``SUITE --help`` says what is measured and
how, and which options there are. ``markdown`` prints what was measured last, for
``docs/performance.md``.
"""

import ast
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from papertape.errors import PapertapeError

from .common import console, markdown

SUITES = {
    "talk": "2 minutes",
    "decode": "5 minutes",
    "messages": "5 minutes",
    "protobuf": "seconds",
    "imports": "2 minutes",
    "fan": "1 minute",
    "bars": "seconds",
    "start": "1 minute",
    "way": "seconds",
    "order": "1 minute",
    "short_ways": "seconds",
    "services": "1 minute",
    "contracts": "2 minutes",
    "jump": "seconds",
    "instruments": "1 minute",
}
LONG = {
    "leaks": "5 minutes",
    "load": "15 minutes",
    "halfopen": "5 minutes",
    "profit": "seconds",
    "figures": "1 minute",
    "bigday": "3 minutes",
    "console": "20 minutes",
    "venue": "20 minutes",
    "options": "1 minute",
    "chain": "1 minute",
    "everytick": "2 minutes",
    "whole_day": "2 minutes",
    "many_bars": "1 minute",
    "long_history": "2 minutes",
    "beside": "3 minutes",
    "crowd_quotes": "1 minute",
    "tape": "2 minutes",
    "market_time": "2 minutes",
    "storm": "1 minute",
}
"""Suites that run only when they are named."""
HAVE_OPTIONS = ("messages", "short_ways", "way", "order", *LONG)
"""Their ``run`` takes options."""


def main(arguments: list[str]) -> int:
    """Run the suites named, or all that are short. Gives the exit status."""
    if arguments == ["markdown"]:
        print(markdown())
        return 0
    if arguments[:1] in (["-h"], ["--help"]):
        print(usage())
        return 0
    chosen = split(arguments) if arguments else [(name, []) for name in SUITES]
    for name, options in chosen:
        if wrong := refusal(name, options):
            say(wrong)
            return 2
    for name, options in chosen:
        if status := measured(name, options):
            return status
    return 0


def measured(name: str, options: list[str]) -> int:
    """Run a suite. Gives the exit status: 1 when it cannot be measured here, 130 after Ctrl-C."""
    try:
        if name in HAVE_OPTIONS:
            import_module(f"bench.{name}").run(options)
        elif options:
            print(document(name))
        else:
            import_module(f"bench.{name}").run()
    except KeyboardInterrupt:
        say(f"{name}: interrupted; nothing of it was kept")
        return 130
    except BrokenPipeError:  # nobody reads on
        raise
    except (OSError, RuntimeError, subprocess.SubprocessError, PapertapeError) as error:
        say(f"{name}: {error}")
        return 1
    return 0


def say(text: str) -> None:
    """Tell something as it stands."""
    console.print(text, markup=False, highlight=False)


def split(arguments: list[str]) -> list[tuple[str, list[str]]]:
    """Suites, each with the options behind its name; a word behind an option is its value."""
    found: list[tuple[str, list[str]]] = []
    before = ""
    for word in arguments:
        if not found or (word in SUITES | LONG and not before.startswith("-")):
            found.append((word, []))
        else:
            found[-1][1].append(word)
        before = word
    return found


def refusal(name: str, options: list[str]) -> str:
    """What is wrong with a suite and its options; "" when nothing is, or the suite will tell."""
    if name not in SUITES | LONG:
        kind = "option" if name.startswith("-") else "suite"
        return f"no {kind} {name!r}; there are the suites {', '.join(SUITES | LONG)}, and --help"
    if name not in HAVE_OPTIONS and options and options not in (["-h"], ["--help"]):
        return f"{name} has no options, but {' '.join(options)!r} was given; it has --help"
    return ""


def usage() -> str:
    """What there is to measure, and how long it takes."""
    lines = [__doc__ or "", "Suites, and about how long they take on two cores:", ""]
    for name, long in (SUITES | LONG).items():
        mark = "" if name in SUITES else ", only when named"
        lines += [f"  {name} ({long}{mark})", f"    {document(name).splitlines()[0]}"]
    return "\n".join(lines)


def document(name: str) -> str:
    """The docstring of a suite, which is not imported."""
    source = (Path(__file__).parent / f"{name}.py").read_text()
    return ast.get_docstring(ast.parse(source)) or ""


def program() -> int:
    """``main`` for a shell: whoever reads may stop reading, as ``head`` does."""
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


if __name__ == "__main__":
    sys.exit(program())
