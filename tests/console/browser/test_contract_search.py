"""The search of contracts in a ticket: kinds, expiries, pairs, and what there is not."""

import pytest

from console.browser.harness import Browser, expect
from console.started import Started

# what is typed, and what an offer says
OFFERED = {
    "SPY": "SPY STK",
    "SPY 20261218 C 680": "SPY SPY 261218C00680000 · OPT",
    "ES fut": "· FUT",
    "EUR.USD": "EUR EUR.USD · CASH",
}


@pytest.mark.parametrize("width", [1280, 1920])
def test_a_search_offers_contracts_of_every_kind(
    browser: Browser, stations: dict[str, Started], width: int
) -> None:
    browser.enter(stations["desk"])
    with browser.tab("trading") as tab:
        tab.set_viewport_size({"width": width, "height": 900})
        box = tab.get_by_role("combobox", name="Symbol").first
        for text, words in OFFERED.items():
            box.fill(text)
            expect(tab.get_by_role("option").filter(has_text=words).first).to_be_visible()
        box.fill("QQQQZZ")
        expect(tab.get_by_text("No instrument of this name").first).to_be_visible()
