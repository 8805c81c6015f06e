"""docs/guides/settings.md shows the table of settings as it is."""

import re

from build_settings import PAGE
from papertape.server.config_table import TABLE


def test_the_page_has_every_setting_and_says_of_each_whether_it_acts() -> None:
    page = PAGE.read_text("utf-8")
    for row in TABLE:
        pattern = rf"^\| {row.number} \| `{row.name}` \|.*\| (?:yes|does not apply:.*) \|.*$"
        (line,) = re.findall(pattern, page, re.MULTILINE)
        assert ("| yes |" in line) is (not row.idle)
        assert row.idle in line
