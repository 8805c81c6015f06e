"""Every handler: importing this module registers them."""

from . import (
    account,
    advisor,
    calculators,
    config,
    contracts,
    depth,
    display,
    exercise,
    fundamentals,
    history,
    market,
    news,
    orders,
    past_ticks,
    profit,
    real_time_bars,
    reference,
    scanners,
    session,
    tick_by_tick,
    verify,
    wsh,
)

MODULES = (
    account, advisor, calculators, config, contracts, depth, display, exercise, fundamentals,
    history, market, news, orders, past_ticks, profit, real_time_bars, reference, scanners, session,
    tick_by_tick, verify, wsh,
)  # fmt: skip
