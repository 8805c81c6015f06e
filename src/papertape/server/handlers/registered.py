"""Every handler: importing this module registers them."""

from . import (
    account,
    config,
    contracts,
    history,
    market,
    orders,
    past_ticks,
    real_time_bars,
    reference,
    session,
)

MODULES = (
    account, config, contracts, history, market, orders, past_ticks, real_time_bars, reference,
    session,
)  # fmt: skip
