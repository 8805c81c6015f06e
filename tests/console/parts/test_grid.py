"""What a table sends: the rows that have changed, and the order when that has."""

import json
import random
from typing import Any

from papertape.console.parts.grid import Cell, Patch, Row, _plain, difference


def row(key: str, *cells: str | Cell, act: str = "") -> Row:
    return Row(key, cells, act)


def keyed(rows: list[Row]) -> dict[str, Row]:
    return {one.key: one for one in rows}


A, B, C = row("a", "1"), row("b", "2"), row("c", "3")


def test_nothing_is_sent_when_nothing_has_changed() -> None:
    assert difference({}, []) is None
    assert difference(keyed([A, B]), [A, row("b", "2")]) is None


def test_only_the_changed_row_is_sent() -> None:
    fresh = row("b", Cell("+5.00", "pt-up"))
    assert difference(keyed([A, B, C]), [A, fresh, C]) == Patch([fresh], None)


def test_a_row_whose_button_has_gone_is_a_changed_row() -> None:
    gone = row("a", "1", act="")
    assert difference(keyed([row("a", "1", act="Cancel")]), [gone]) == Patch([gone], None)


def test_new_missing_and_moved_rows_send_the_order() -> None:
    assert difference(keyed([A, B]), [C, A, B]) == Patch([C], ["c", "a", "b"])
    assert difference(keyed([A, B]), [B]) == Patch([], ["b"])
    assert difference(keyed([A, B]), [B, A]) == Patch([], ["b", "a"])
    assert difference(keyed([A, B]), []) == Patch([], [])


def applied(old: list[Row], patch: Patch | None) -> list[Row]:
    """What grid.js makes of a patch."""
    rows = keyed(old)
    if patch is None:
        return old
    rows.update(keyed(patch.changed))
    return [rows[key] for key in (patch.order if patch.order is not None else keyed(old))]


def test_patches_lead_from_any_rows_to_any_others() -> None:
    chance = random.Random(7)
    old: list[Row] = []
    for _ in range(300):
        keys = chance.sample("abcdefgh", chance.randrange(9))
        new = [row(key, chance.choice("xyz")) for key in keys]
        assert applied(old, difference(keyed(old), new)) == new
        old = new


def test_a_row_travels_as_plain_lists() -> None:
    sent: Any = _plain(row("1", Cell("Filled", "good"), "SPY", act="Cancel"))
    assert json.loads(json.dumps(sent)) == sent == ["1", [["Filled", "good"], "SPY"], "Cancel", ""]
