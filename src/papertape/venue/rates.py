"""Commission, margin and currency rates: data, with sources; the logic is in fees and margin."""

import msgspec

from .ratios import RATE_SCALE, Rate, rate
from .units import CASH_SCALE, CashMicros


class StockRates(msgspec.Struct, frozen=True):
    """A per-share schedule with a minimum and a cap per order, and fees passed through."""

    per_share: Rate
    minimum: CashMicros
    cap: Rate
    """Of the order's value."""
    audit_per_share: Rate
    """Consolidated audit trail, both sides."""
    sec_per_proceeds: Rate
    """SEC fee on sales, of the proceeds."""
    taf_per_share: Rate
    """FINRA trading activity fee on sales."""


class ValueRates(msgspec.Struct, frozen=True):
    """A schedule on the value of the trade with a minimum per order."""

    of_value: Rate
    minimum: CashMicros


US_STOCK = StockRates(
    per_share=rate("0.005"),
    minimum=1 * CASH_SCALE,
    cap=rate("0.01"),
    audit_per_share=rate("0.000003"),
    sec_per_proceeds=rate("0.0000206"),
    taf_per_share=rate("0.000195"),
)
"""IBKR Pro fixed, 2026; verified to the last digit against paper executions of April 2026."""

OTHER_STOCK = ValueRates(of_value=rate("0.0005"), minimum=4 * CASH_SCALE)
"""A plain stand-in for foreign listings, in their currency; no captured execution backs it."""

FOREX = ValueRates(of_value=rate("0.00002"), minimum=2 * CASH_SCALE)
"""0.20 basis points, at least 2.00."""

MAINTENANCE = {"STK": rate("0.15"), "CASH": rate("0.025")}
"""Maintenance margin of the position's value: portfolio-margin accounts, stocks as captured."""

INITIAL_OVER_MAINTENANCE = rate("1.1")
"""Exact in a 2022 account dump and in a 2026 what-if."""

BUYING_POWER_RATE = rate("0.15")
"""BuyingPower = AvailableFunds / 0.15, exact in the dump."""

REFERENCE_RATES = {
    "AUD": rate("0.65"),
    "CAD": rate("0.72"),
    "CHF": rate("1.24"),
    "EUR": rate("1.15"),
    "MXN": rate("0.054"),
    "USD": RATE_SCALE,
}
"""US dollars per unit, for currencies that the market does not quote."""
