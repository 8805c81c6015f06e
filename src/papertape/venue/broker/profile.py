"""Options of the simulated broker where real gateways differ.

A journal does not depend on them: they affect later decisions only.
"""

from decimal import Decimal

import msgspec

from ..reference.sessions import ALWAYS, WhenOpen
from ..script import PAPER, FillRule, MatchingRules
from ..units import CASH_SCALE, CashMicros, Nanos, Rate, rate


class Profile(msgspec.Struct, frozen=True):
    """The options of one venue, fixed when it is built."""

    accounts: tuple[str, ...] = ("DU1234567",)
    """Accounts to open when they do not exist yet."""
    base_currency: str = "USD"
    """Base currency of accounts that are opened without one."""
    opening_cash: CashMicros = 1_000_000 * CASH_SCALE
    """Initial cash of such accounts."""
    advisor: str = ""
    """The account of the financial advisor who manages them; "" for none."""
    positions: tuple[str, ...] = ()
    """What such accounts hold at first, as texts: ``SPY 100 @ 430``."""
    interest: bool = False
    """Whether cash, loans and the proceeds of short sales bear interest."""
    benchmarks: dict[str, Rate] = {}
    """Benchmark rates of a year by currency, in place of those of ``interest_rates``."""
    liquidation: bool = False
    """Close positions of accounts that break their maintenance margin."""
    user_name: str = "papertape"
    """Echoed as ``Order.submitter``."""
    duplicate_pairs: bool = True
    """Send the openOrder + orderStatus pair of a resting or replaced order twice, as TWS does."""
    echo_quirks: bool = False
    """Echo the first openOrder of a stop with a limit 0.03 above it, as gateways of April 2026 did
    and those of July no more."""
    price_band: bool = True
    """Cancel limit prices that are too aggressive for the market."""
    price_band_percent: Decimal = Decimal("2.94")
    margin_check: bool = True
    """Refuse orders whose initial margin the account cannot carry."""
    fill_rule: FillRule = PAPER
    """How orders fill: ``paper``, ``queue`` or ``instant`` (``exchange.matching``)."""
    ack_latency: Nanos = 0
    """How long what a client asks of an order is on its way to the broker."""
    fill_latency: Nanos = 0
    """How long an order is on its way to its exchange before it trades."""
    latency_spread: Rate = 0
    """By which part of itself each of these times may be longer or shorter."""
    seed: int = 1
    """Draws the times within that spread."""
    hours: WhenOpen = ALWAYS
    """Whether markets are ``always`` open, or at the hours of each ``exchange``."""
    first_perm_id: int = 1_000_000_001
    first_execution: int = 0x0000E0D5
    """First eight hex digits of the first execution id."""

    @property
    def matching(self) -> MatchingRules:
        """How orders meet the market, as long as no world says otherwise."""
        return MatchingRules(
            self.fill_rule, self.ack_latency, self.fill_latency, self.latency_spread
        )

    @property
    def band_width(self) -> Rate:
        """The price band as a fraction of the price."""
        return rate(str(self.price_band_percent / 100))
