"""What the simulated broker does where real gateways differ: one frozen record of switches.

A journal does not depend on them: they decide what happens from now on.
"""

from decimal import Decimal

import msgspec

from ..reference.sessions import ALWAYS, WhenOpen
from ..units import CASH_SCALE, CashMicros, Rate, rate


class Profile(msgspec.Struct, frozen=True):
    """The behaviour of one venue, fixed when it is built."""

    accounts: tuple[str, ...] = ("DU1234567",)
    """Accounts that are opened where they do not exist yet."""
    base_currency: str = "USD"
    """Of accounts that are opened without saying so."""
    opening_cash: CashMicros = 1_000_000 * CASH_SCALE
    """What they are opened with."""
    user_name: str = "papertape"
    """Echoed as ``Order.submitter``."""
    duplicate_pairs: bool = True
    """Send the openOrder + orderStatus pair of a resting or replaced order twice, as TWS does."""
    price_band: bool = True
    """Cancel limit prices that are too aggressive for the market."""
    price_band_percent: Decimal = Decimal("2.94")
    margin_check: bool = True
    """Refuse orders whose initial margin the account cannot carry."""
    hours: WhenOpen = ALWAYS
    """``always`` open, or open at the hours of each ``exchange``."""
    first_perm_id: int = 1_000_000_001
    first_execution: int = 0x0000E0D5
    """First eight hex digits of the first execution id."""

    @property
    def band_width(self) -> Rate:
        """The price band as a fraction of the price."""
        return rate(str(self.price_band_percent / 100))
