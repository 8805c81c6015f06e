"""Every handler: importing this module registers them."""

from . import (
    account,
    calculators,
    config,
    contracts,
    display,
    history,
    market,
    orders,
    profit,
    real_time_bars,
    reference,
    session,
    verify,
)

MODULES = (
    account, calculators, config, contracts, display, history, market, orders, profit,
    real_time_bars, reference, session, verify,
)  # fmt: skip
