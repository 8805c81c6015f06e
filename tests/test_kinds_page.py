"""docs/reference/kinds.md shows the rates as they are, and tests that there are."""

import re
from pathlib import Path

from papertape.venue.broker.schedules import MARGIN_MODELS
from papertape.venue.reference.securities import KINDS
from venue.kinds_tested import COLUMNS, TESTED
from walks import walk

ROOT = Path(__file__).parent.parent
UNTRADED = {"IND", "NEWS", "CONTFUT"}
"""What nobody trades, or trades as what it stands for."""


def test_every_kind_that_trades_has_a_row() -> None:
    assert set(TESTED) == set(KINDS) - UNTRADED
    for model in MARGIN_MODELS.values():
        assert set(model.maintenance) <= set(TESTED)


@walk("kind", TESTED)
def test_every_cell_names_a_test_that_there_is_or_says_why_not(kind: str) -> None:
    assert len(TESTED[kind]) == len(COLUMNS)
    for text in TESTED[kind]:
        proof = text.rpartition(": ")[2]
        if "::" not in proof:
            assert text == "does not end"
            continue
        path, name = proof.split("::")
        source = (ROOT / "tests/venue" / path).read_text("utf-8")
        assert re.search(rf"^def {name}\(", source, re.MULTILINE), proof
