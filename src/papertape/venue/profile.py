"""What the simulated broker does where real gateways differ: one frozen record of switches."""

from decimal import Decimal

import msgspec

from .units import CASH_SCALE, CashMicros


class Profile(msgspec.Struct, frozen=True):
    """The behaviour of one venue, fixed when it is built and part of what a journal assumes."""

    accounts: tuple[str, ...] = ("DU1234567",)
    """Account codes; the first one takes orders that name none when it is the only one."""
    base_currency: str = "USD"
    opening_cash: CashMicros = 1_000_000 * CASH_SCALE
    user_name: str = "papertape"
    """Echoed as ``Order.submitter``."""
    duplicate_pairs: bool = True
    """Send the openOrder + orderStatus pair of a resting or replaced order twice, as TWS does."""
    price_band: bool = True
    """Cancel limit prices that are too aggressive for the market."""
    price_band_percent: Decimal = Decimal("2.94")
    margin_check: bool = True
    """Refuse orders whose initial margin the account cannot carry."""
    first_perm_id: int = 1_000_000_001
    first_execution: int = 0x0000E0D5
    """First eight hex digits of the first execution id."""
