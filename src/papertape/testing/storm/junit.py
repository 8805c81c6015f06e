"""JUnit XML: a test case for each seed, a failure for each finding."""

import re
from typing import Final
from xml.etree import ElementTree

from .campaign import SeedResult, StormFound, StormResult

UNFIT: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot have."""


def junit(result: StormResult, command: str) -> bytes:
    """The report; a program's output in it is cut as it was kept."""
    failed = [one for one in result.seeds if one.findings]
    errors = [one for one in result.seeds if one.error]
    suite = ElementTree.Element(
        "testsuite", name="papertape storm", tests=str(len(result.seeds) + 1),
        failures=str(len(failed)), errors=str(len(errors) + bool(result.trouble)), skipped="0",
        time=f"{result.wall_s:.3f}",
    )  # fmt: skip
    control = _case(suite, "control", result.control.wall_s, command)
    if result.trouble:
        ElementTree.SubElement(control, "error", message=_text(result.trouble))
        ElementTree.SubElement(control, "system-out").text = _text(result.control.output)
    for one in result.seeds:
        case = _case(suite, f"seed {one.seed}", one.wall_s, command)
        if one.error:
            ElementTree.SubElement(case, "error", message=_text(one.error))
        elif one.findings:
            _failed(case, one, result)
    found: bytes = ElementTree.tostring(suite, "utf-8", xml_declaration=True)
    return found


def _case(suite: ElementTree.Element, name: str, seconds: float, of: str) -> ElementTree.Element:
    facts = {"classname": _text(of), "name": name, "time": f"{seconds:.3f}"}
    return ElementTree.SubElement(suite, "testcase", facts)


def _failed(case: ElementTree.Element, one: SeedResult, result: StormResult) -> None:
    first = one.findings[0]
    found = next((f for f in result.found if f.finding.key == first.key), None)
    failure = ElementTree.SubElement(case, "failure", type=first.judge, message=_text(str(first)))
    failure.text = _text("\n".join([*map(str, one.findings), "", *_world(found, one)]))
    if one.record is not None:
        ElementTree.SubElement(case, "system-out").text = _text(one.record.output)


def _world(found: StormFound | None, one: SeedResult) -> list[str]:
    if found is None:
        return list(one.faults)
    if found.result.seed != one.seed:
        return [f"shrunk with seed {found.result.seed}", *one.faults]
    return [found.world]


def _text(text: str) -> str:
    return UNFIT.sub("\ufffd", text)
