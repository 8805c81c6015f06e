"""Every handler: importing this module registers them."""

from . import account, config, contracts, history, market, orders, reference, session

MODULES = (account, config, contracts, history, market, orders, reference, session)
