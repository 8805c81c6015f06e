"""A market with an instrument of every kind that the synthetic tape knows."""

from papertape.venue.market.currencies import PairSpec
from papertape.venue.market.functions import Appearance
from papertape.venue.market.indices import IndexSpec
from papertape.venue.market.interpolate import Style
from papertape.venue.market.kinds import BondSpec, FutureSpec, OptionSpec
from papertape.venue.market.synthetic import SyntheticSpec
from papertape.venue.market.tape import Market, open_market
from papertape.venue.reference.calendars import calendar_of
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import DAY, MINUTE
from venue.days import ANCHOR

STOCK, OTHER, THIRD, INDEX, FUTURE, YIELD, BOND = 1, 2, 3, 10, 11, -840, 12
CALL, PUT, INDEX_CALL, LAST_DAY, CHEAP, ON_FUTURE = 13, 14, 15, 16, 17, 18
EURUSD, GBPUSD, EURGBP, USDJPY, EURJPY = 20, 21, 22, 23, 24
MEMBERS = ((STOCK, 0.01), (OTHER, 0.02), (THIRD, 0.005))
EXPIRY = ANCHOR + 60 * DAY

SPECS = {
    STOCK: SyntheticSpec(2_700_000, volatility=0.015, beta=1.1),
    OTHER: SyntheticSpec(530_000, volatility=0.014, beta=1.0, style=Style(depth=8)),
    THIRD: SyntheticSpec(6_400_000, volatility=0.02, beta=1.2, style=Style(spread=6)),
    INDEX: IndexSpec(members=MEMBERS),
    FUTURE: FutureSpec(
        underlying=INDEX, expiry=EXPIRY, scale=100, underlying_scale=100,
        look=Appearance(25, 0.0, busy=250),
    ),
    YIELD: SyntheticSpec(42_000, Style(tick=1, trades=False), volatility=0.012),
    BOND: BondSpec(underlying=YIELD, coupon=0.0425, maturity=ANCHOR + 3_500 * DAY),
    CALL: OptionSpec(underlying=STOCK, strike=275.0, call=True, expiry=EXPIRY),
    PUT: OptionSpec(underlying=STOCK, strike=270.0, call=False, expiry=EXPIRY, dividend=0.01),
    INDEX_CALL: OptionSpec(
        underlying=INDEX, strike=700.0, call=True, expiry=EXPIRY, american=False,
        underlying_scale=100,
    ),
    LAST_DAY: OptionSpec(
        underlying=STOCK, strike=270.0, call=False, expiry=ANCHOR + 200 * MINUTE
    ),
    CHEAP: OptionSpec(underlying=STOCK, strike=400.0, call=True, expiry=EXPIRY),
    ON_FUTURE: OptionSpec(
        underlying=FUTURE, strike=690.0, call=False, expiry=EXPIRY, rate=0.04, dividend=0.04,
        underlying_scale=100, scale=100, look=Appearance(5, 1.0, busy=60),
    ),
    EURUSD: PairSpec(base="EUR"),
    GBPUSD: PairSpec(base="GBP"),
    EURGBP: PairSpec(base="EUR", quote="GBP"),
    USDJPY: PairSpec(base="USD", quote="JPY", scale=10_000),
    EURJPY: PairSpec(base="EUR", quote="JPY", scale=10_000),
}  # fmt: skip
KINDS = tuple(con_id for con_id in SPECS if con_id > 0)


def market(seed: int = 0, *, exchange: bool = False) -> Market:
    """All of them, open at any hour or at those of exchanges."""
    stock, pair = (calendar_of(CATALOGUE[con_id]) for con_id in (272093, 12087792))
    calendars = {one: pair if one in range(20, 30) else stock for one in SPECS} if exchange else {}
    return open_market(ANCHOR, synthetic=SPECS, seed=seed, calendars=calendars)
