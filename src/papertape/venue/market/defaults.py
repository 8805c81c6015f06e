"""What the synthetic tape of known instruments starts from.

Invented prices of no particular day, of the order of magnitude of late 2025; volatility is that of
a day, beta that of a few years. They only have to look like the instrument.
"""

from collections.abc import Mapping
from typing import Any

from ..units import price_units
from .currencies import PairSpec
from .interpolate import Style
from .sources import Spec
from .synthetic import SyntheticSpec


def _stock(price: float, **changes: Any) -> SyntheticSpec:
    return SyntheticSpec(price_units(price, 10_000), **changes)


DEFAULTS: Mapping[int, Spec] = {
    # AAPL
    265598: _stock(270.0, volatility=0.015, beta=1.1, volume=50_000_000),
    # SPY
    756733: _stock(680.0, volatility=0.0092, beta=1.0, volume=80_000_000, style=Style(depth=8)),
    # IBM
    8314: _stock(300.0, volatility=0.014, beta=0.7, volume=4_500_000, style=Style(spread=4)),
    # BAC
    10098: _stock(53.0, volatility=0.014, beta=1.0, volume=38_000_000, style=Style(depth=20)),
    # TSLA
    76792991: _stock(430.0, volatility=0.033, beta=1.9, volume=80_000_000, style=Style(spread=3)),
    # MSFT
    272093: _stock(490.0, volatility=0.014, beta=1.0, volume=22_000_000, style=Style(spread=3)),
    # AMZN
    3691937: _stock(230.0, volatility=0.018, beta=1.2, volume=42_000_000),
    # AMD
    4391: _stock(215.0, volatility=0.033, beta=1.8, volume=40_000_000, style=Style(spread=3)),
    # NVDA
    4815747: _stock(180.0, volatility=0.026, beta=1.8, volume=190_000_000, style=Style(depth=6)),
    # GOOG
    208813720: _stock(310.0, volatility=0.017, beta=1.1, volume=20_000_000, style=Style(spread=2)),
    # GOOGL
    208813719: _stock(310.0, volatility=0.017, beta=1.1, volume=32_000_000, style=Style(spread=2)),
    # QQQ
    320227571: _stock(615.0, volatility=0.012, beta=1.2, volume=50_000_000, style=Style(depth=4)),
    # META
    107113386: _stock(640.0, volatility=0.02, beta=1.2, volume=14_000_000, style=Style(spread=6)),
    12087792: PairSpec(base="EUR"),
}
