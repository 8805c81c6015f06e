"""A recorded day as SVG."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from papertape.data.importing import ImportOptions, import_frame
from papertape.data.picture import WIDTH, picture
from papertape.errors import MarketDataError

SAMPLE = Path(__file__).parents[2] / "market" / "sample"
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def points(svg: str, style: str) -> list[tuple[float, float]]:
    found = re.search(rf'<polyline class="{style}" points="([^"]*)"', svg)
    assert found is not None
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in found[1].split())]


@pytest.mark.long
def test_a_day_of_ticks_shows_price_spread_and_volume() -> None:
    drawn = picture(SAMPLE, "IBM")
    assert drawn.title == "IBM, 2013-10-07"
    told = texts(drawn.svg)
    assert {"price, USD", "spread", "volume", "10:00", "16:00"} <= set(told)
    line = points(drawn.svg, "p")
    assert len(line) == 390
    assert all(0 <= x <= WIDTH for x, _ in line)
    assert [x for x, _ in line] == sorted(x for x, _ in line)
    # The spread is widest in the first minutes: high is small.
    spread = points(drawn.svg, "s")
    assert min(y for _, y in spread[:10]) == min(y for _, y in spread)


def test_a_rising_price_is_drawn_rising(tmp_path: Path) -> None:
    rows = {"date": [f"2024-01-{day:02}" for day in (8, 9, 10, 11, 12)], "open": [1, 2, 3, 4, 5]}
    rows |= dict.fromkeys(("high", "low", "close"), rows["open"]) | {"volume": [0] * 5}
    import_frame(rows, tmp_path, ImportOptions(symbol="GME"))
    drawn = picture(tmp_path, "gme")
    assert drawn.title == "GME, daily bars"
    heights = [y for _, y in points(drawn.svg, "p")]
    assert heights == sorted(heights, reverse=True)
    assert "volume" not in texts(drawn.svg)
    assert "2024-01-12" in texts(drawn.svg)


@pytest.mark.long
def test_another_day_and_one_that_is_not_there() -> None:
    assert picture(SAMPLE, "IBM", 20131004).title == "IBM, 2013-10-04"
    with pytest.raises(MarketDataError, match="20131003 is not recorded by ticks or minutes"):
        picture(SAMPLE, "IBM", 20131003)


def test_a_symbol_cannot_write_into_the_picture(tmp_path: Path) -> None:
    rows = {"date": ["2024-01-05"], "open": [1], "high": [1], "low": [1], "close": [1]}
    import_frame(rows, tmp_path, ImportOptions(symbol="<B>&"))
    drawn = picture(tmp_path, "<b>&")
    assert texts(drawn.svg)[0] == "<B>&, daily bars"


@pytest.mark.long
def test_years_of_bars_make_a_small_picture() -> None:
    drawn = picture(SAMPLE, "EUR.USD")
    assert len(drawn.svg) < 200_000
