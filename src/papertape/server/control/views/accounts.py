"""Answers and bodies about accounts, their money and their positions."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from ....venue.broker.schedules import FEE_PLANS, MARGIN_MODELS
from .base import View


class PositionView(View):
    """One position at market prices."""

    account: str
    con_id: int
    symbol: str
    currency: str
    position: Decimal
    average_cost: float
    market_price: float
    market_value: float
    unrealized_pnl: float
    realized_pnl: float


class AccountRow(View):
    """The main figures of an account, in its base currency, at market prices."""

    account: str
    currency: str
    """Its base currency."""
    margin_model: str
    fee_plan: str
    net_liquidation: float
    cash: float
    buying_power: float
    available_funds: float
    excess_liquidity: float
    gross_position_value: float
    initial_margin: float
    maintenance_margin: float
    daily_pnl: float
    unrealized_pnl: float
    realized_pnl: float


# The venue decides what is valid, with its own texts: these bounds only exclude absurd values.
Code = Annotated[str, Field(max_length=200, examples=["DU2"])]
Amount = Annotated[str, Field(max_length=200, examples=["50000", "-250.50"])]
"""Money as decimal text, which keeps every digit; at most six decimals."""
Currency = Annotated[str, Field(max_length=200, examples=["EUR"])]
Model = Annotated[str, Field(max_length=200, examples=list(MARGIN_MODELS))]
Plan = Annotated[str, Field(max_length=200, examples=list(FEE_PLANS))]


PositionText = Annotated[str, Field(max_length=200, examples=["SPY 100 @ 430", "756733 -20"])]
"""The symbol of an American stock or a contract number, the size and, after @, what each has cost;
without it the market price."""


class AccountBody(View):
    """An account to open; an omitted field is as in the accounts of a new station."""

    account: Code
    currency: Currency | None = None
    """Its base currency."""
    cash: Amount | None = None
    margin_model: Model | None = None
    fee_plan: Plan | None = None
    positions: Annotated[list[PositionText], Field(max_length=1000)] = []
    """What it holds from the beginning, unpaid."""


Share = Annotated[str, Field(max_length=200, examples=["AAPL", "265598"])]
"""The symbol of an American stock, or a contract number."""


class DividendBody(View):
    """A dividend to pay to whoever holds the shares; who is short pays it."""

    share: Share
    amount: Amount
    """For a share, in its currency."""
    account: Code | None = None
    """The only account that it is paid to."""


class SplitBody(View):
    """A split of shares in all accounts; orders for them are cancelled."""

    share: Share
    ratio: Annotated[str, Field(max_length=200, examples=["2:1", "1:10"])]
    """New shares for old ones."""


class MergerBody(View):
    """The end of a share whose company is taken over, in all accounts; orders are cancelled."""

    share: Share
    terms: Annotated[str, Field(max_length=200, examples=["1:2 XYZ", "12.50", "1:2 XYZ 12.50"])]
    """New shares for old ones, cash for each old one, or both."""


class SpinOffBody(View):
    """Shares of a part of the company for whoever holds the shares; orders are cancelled."""

    share: Share
    terms: Annotated[str, Field(max_length=200, examples=["1:4 XYZ"])]
    """New shares for old ones, which stay, and what they are shares of."""
    cost: Annotated[str, Field(max_length=40, examples=["0.25"])]
    """The part of the cost that goes to the new shares."""


class SymbolBody(View):
    """Another symbol for a share, and for what is derived from it; its number stays."""

    share: Share
    symbol: Annotated[str, Field(max_length=200, examples=["META"])]


class PositionBody(View):
    """A position to bring in, or to take out where its size is opposite to what is held."""

    position: PositionText


class TransferBody(View):
    """Cash or a position to move to another account."""

    to: Code
    what: Annotated[str, Field(max_length=200, examples=["5000", "SPY 100"])]
    """An amount of money, or a position, whose cost moves with it."""
    currency: Currency | None = None
    """The default is the account's base currency."""


class ConversionBody(View):
    """Cash to convert at the rate of the market."""

    amount: Amount
    currency: Currency
    into: Currency


class DepositBody(View):
    """A deposit; a negative amount is a withdrawal."""

    amount: Amount
    currency: Currency | None = None
    """The default is the account's base currency."""


class MarginModelBody(View):
    """The margin model to set."""

    model: Model


class FeePlanBody(View):
    """The fee plan to set."""

    plan: Plan


class AccountValueRow(View):
    """One value of an account."""

    key: str
    value: str
    currency: str
