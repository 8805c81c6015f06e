"""Which precautions TWS takes with an order, by the settings."""

from ...venue.commands import Precautions
from .services import Services


def chosen(tws: Services) -> Precautions | None:
    """The precautions that are not bypassed; None when all are."""
    bypass, limits = tws.config.precautions, tws.settings
    found = Precautions(
        limits=not bypass.bypassOrderPrecautions,
        redirect=not bypass.bypassRedirectOrderWarning,
        overfill=not bypass.bypassNoOverfillProtection,
        pairs=not bypass.bypassSameActionPairTradeWarning,
        volatility=not bypass.bypassPriceBasedVolatilityWarning,
        marketable=not bypass.bypassRouteMarketableToBBO,
        percentage=limits.precaution_percentage,
        ticks=limits.precaution_ticks,
        size=limits.precaution_size,
        value=limits.precaution_value,
    )
    taken = (
        found.limits, found.redirect, found.overfill, found.pairs, found.volatility,
        found.marketable,
    )  # fmt: skip
    return found if any(taken) else None
