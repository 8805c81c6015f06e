"""Every handler: importing this module registers them."""

from . import (
    account,
    config,
    contracts,
    depth,
    history,
    market,
    orders,
    past_ticks,
    real_time_bars,
    reference,
    session,
    tick_by_tick,
)

MODULES = (
    account, config, contracts, depth, history, market, orders, past_ticks, real_time_bars,
    reference, session, tick_by_tick,
)  # fmt: skip
