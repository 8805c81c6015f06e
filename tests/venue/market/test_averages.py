"""The average price of a bar lies in it and is that of its trades, also of parts of a share."""

import pytest

from papertape.venue.market.prices import Prices
from papertape.venue.market.source import Print
from papertape.venue.market.tape import open_market
from papertape.venue.market.ticks import price_bar
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import DAY, MINUTE, SECOND, SIZE_SCALE
from venue.scenario import at
from walks import walk

NOW = at("20261125 12:00:00")
COINS = [
    one for symbol in ("BTC", "ETH", "LTC", "BCH") for one in CATALOGUE.of(symbol)
    if one.secType == "CRYPTO"
]  # fmt: skip
MARKET = open_market(NOW - DAY, synthetic=Prices(CATALOGUE), seed=5)


@pytest.mark.long
@walk("entry", COINS, ids=lambda one: f"{one.symbol} {one.primaryExchange}", check=3)
@walk("step", [5 * SECOND, MINUTE, 5 * MINUTE, 60 * MINUTE, DAY])
def test_coins_are_weighed_with_their_fractions(entry: object, step: int) -> None:
    con_id = entry.conId  # type: ignore[attr-defined]
    start = NOW - (2 * DAY if step == DAY else min(20 * step, DAY // 4))
    bars = MARKET.bars(con_id, start=start, end=NOW, step=step, what="TRADES")
    assert bars
    for bar in bars:
        assert bar.low <= bar.wap <= bar.high
    if step <= 5 * MINUTE:
        for bar in bars[:-1]:
            ticks = MARKET.ticks(con_id, bar.start - 1, bar.start + step - 1)
            traded = [(one.price, one.size) for one in ticks if isinstance(one, Print)]
            exact = sum(price * size for price, size in traded) / sum(size for _, size in traded)
            assert bar.wap == pytest.approx(exact, abs=bar.high - bar.low + 1)


def test_five_coins_and_a_half_are_not_five() -> None:
    """5.5 at 100 are 550, and 550 a share of 5.5 is 100 again."""
    size, price = 55 * SIZE_SCALE // 10, 1_000_000
    bar = price_bar(0, price, price, price, price, size, price * size // SIZE_SCALE, 1)
    assert bar.wap == price
    least = price_bar(0, 7, 7, 7, 7, 1, 0, 1)
    assert least.wap == 7
